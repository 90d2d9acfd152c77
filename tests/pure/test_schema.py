"""The JSON Schema: takes what is shipped, and refuses nothing that the reader and the checks take."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from patched import PARCEL, Change, patched
from ruamel.yaml import YAML

import states
from states.checks import check
from states.errors import ProcedureError
from states.reader import read_procedure
from states.schema import json_schema

SHIPPED = sorted(
    path for path in (Path(str(states.__file__)).parent / "procedures").glob("*.yaml") if ".stories" not in path.name
)
WITHIN = "        within: 7 days\n"
SETTLED = "en: Settled}, final: true, outcome: success}"
BROKEN: dict[str, Change] = {
    "unknown key of the file": ('version: "1"', 'version: "1"\nauthor: me'),
    "unknown key of a state": ("    title: {zh: 准备, en: Drafting}", "    title: Drafting\n    colour: red"),
    "unknown key of a transition": ("complained: {to: complaint}", "complained: {too: complaint}"),
    "missing title": ("title: {zh: 快递纠纷, en: Parcel dispute}\n", ""),
    "missing stage": ("  refused:\n    stage: outside\n", "  refused:\n"),
    "number for a text": ('version: "1"', "version: 1"),
    "id in capitals": ("procedure: parcel-dispute", "procedure: Parcel Dispute"),
    "name with a space": ("  company: {title", "  the company: {title"),
    "no length at all": (WITHIN, ""),
    "two lengths": (WITHIN, WITHIN + "        due_on: pickup_on\n"),
    "length in a unit of its own": (WITHIN, "        within: 7 fortnights\n"),
    "length as a number": (WITHIN, "        within: 7\n"),
    "no branch of a length": (WITHIN, "        within: []\n"),
    "branch without a length": ("{length: 7 working days}", "{}"),
    "extension that is no length": ("{extension_notified: 15 days}", "{extension_notified: later}"),
    "reminder that is none": ("[2 days before, on the day]", "[2 days ago]"),
    "unknown certainty": ('article: "27", certainty: statute', 'article: "27", certainty: sure'),
    "article as a number": ('article: "27"', "article: 27"),
    "day of another shape": ("effective: 2018-05-01", "effective: 1 May 2018"),
    "unknown type": ("loss: {type: money", "loss: {type: amount"),
    "choice without choices": ("type: choice, of: [hotline, app, letter]", "type: choice"),
    "choices of no choice": ("loss: {type: money,", "loss: {type: money, of: [a],"),
    "choice twice": ("of: [hotline, app, letter]", "of: [hotline, hotline]"),
    "end without an outcome": (SETTLED, "en: Settled}, final: true}"),
    "unknown outcome": (SETTLED, "en: Settled}, final: true, outcome: won}"),
    "outcome of no end": (
        "    stage: outside\n    title: {zh: 被拒, en: Refused}",
        "    stage: outside\n    title: {zh: 被拒, en: Refused}\n    outcome: failure",
    ),
    "end that goes on": (
        SETTLED,
        "en: Settled}, final: true, outcome: success, transitions: {decided: {to: dropped}}}",
    ),
    "checklist without items": (
        "      waybill: {title: {zh: 运单, en: Waybill}, why: {zh: 证明寄过, en: Shows it was sent}, "
        "attachment: required}\n"
        "      photos: {title: {zh: 照片, en: Photos}}\n"
        "      value: {title: {zh: 价值证明, en: Value}, optional: true}\n",
        "      {}\n",
    ),
    "text in a third language": ("title: {zh: 快递纠纷, en: Parcel dispute}", "title: {fr: Colis}"),
    "key without a value": ("complained: {to: complaint}", "complained: {to: }"),
    "party called clock": ("  company: {title", "  clock: {title: Clock}\n  company: {title"),
    "track called main": ("\ntracks:\n", "\ntracks:\n  main: {title: Main, initial: served, starts: [decided]}\n"),
    "list for a mapping": ("checklists:\n  evidence:\n", "checklists:\n  - evidence\n  evidence:\n"),
}
VALIDATOR = Draft202012Validator(json_schema())


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())

    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json_schema()["$id"] == "urn:escalation:procedure:1"


@pytest.mark.parametrize("text", [PARCEL, *(p.read_text(encoding="utf-8") for p in SHIPPED)], ids=lambda t: t[:40])
def test_what_is_shipped_is_valid(text: str) -> None:
    assert _problems(text) == []


@pytest.mark.parametrize("change", [c for n, c in BROKEN.items() if not n.startswith("list")], ids=str)
def test_what_is_broken_is_refused_here_and_by_the_reader_or_the_checks(change: Change) -> None:
    text = patched(change)

    assert _problems(text)
    assert _refused(text)


def test_an_empty_text_is_refused() -> None:
    assert _problems(patched(("title: {zh: 快递纠纷, en: Parcel dispute}", "title: {}")))


def test_every_shape_refuses_keys_that_it_does_not_know() -> None:
    parts = json_schema()["$defs"]

    assert [name for name, part in parts.items() if part["additionalProperties"] is not False] == []
    assert [name for name, part in parts.items() if not part["description"].endswith(".")] == []


def test_no_key_takes_null() -> None:
    assert '"null"' not in json.dumps(json_schema())
    assert "null" not in json.dumps(json_schema())


def test_what_is_said_at_a_key_is_said_at_a_key_there_is() -> None:
    from states.schema import _SAID

    parts = json_schema()["$defs"]
    parts["Value"] = parts["Fact"]
    said = {name.partition(".")[::2]: text for name, text in _SAID.items()}

    assert said == {(name, key): parts[name]["properties"][key].get("description") for name, key in said}


def test_it_is_new_each_time() -> None:
    json_schema()["$defs"].clear()

    assert json_schema()["$defs"]


def _problems(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(_data(text))]


def _data(text: str) -> Any:
    """What an editor sees: days are text."""

    def plain(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: plain(each) for key, each in part.items()}
        if isinstance(part, list):
            return [plain(each) for each in part]
        return part.isoformat() if isinstance(part, date) else part

    return plain(YAML(typ="safe", pure=True).load(io.StringIO(text)))


def _refused(text: str) -> bool:
    try:
        reading = read_procedure(text)
    except ProcedureError:
        return True
    return any(finding.severity == "error" for finding in check(reading))
