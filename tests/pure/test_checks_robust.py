"""Whatever is broken in a file, reading and checking say so and do not crash; and they do it fast."""

from __future__ import annotations

import copy
import io
import re
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patched import PARCEL, TEMPLATES, TODAY, findings
from ruamel.yaml import YAML

import states
from states.checks import check
from states.checks_values import TEXTS
from states.errors import Finding, ProcedureError
from states.findings import SENTENCES, sentence
from states.graph import graph
from states.model import Procedure, Words
from states.reader import Reading, read_procedure
from states.told import lines, told

SHIPPED = Path(states.__file__).parent / "procedures"
WORDS = st.sampled_from(
    ["waiting", "settled", "no_answer", "claim_sent", "main", "clock", "me", "court", "loss", "pickup_on", "3 days",
     "none", "", "facts.loss >= 1", "case.visits.waiting > 1", "checklists.evidence", "choice", "date", "nothing"],
)  # fmt: skip
VALUES = st.one_of(
    WORDS, st.booleans(), st.none(), st.integers(-3, 3), st.just({}), st.just([]), WORDS.map(lambda w: [w]),
    WORDS.map(lambda w: {w: w}), st.just([{"to": "waiting"}, {"when": "facts.loss > 1"}]),
)  # fmt: skip


def written(data: Any) -> str:
    out = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.dump(data, out)
    return out.getvalue()


def places_in(data: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of the data."""
    found: list[tuple[Any, Any]] = []
    keys = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in keys:
        found += [(data, key), *places_in(data[key])]
    return found


PLAIN = YAML(typ="safe", pure=True).load(re.sub(r"effective: ([0-9-]+)", r'effective: "\1"', PARCEL))


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_broken_data_never_crashes(data: st.DataObject) -> None:
    broken = copy.deepcopy(PLAIN)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places_in(broken)))
        change = data.draw(st.sampled_from(["delete", "rename", "replace"]))
        if change == "rename" and isinstance(container, dict):
            container[data.draw(WORDS) or "x"] = container.pop(key)
        elif change == "replace":
            container[key] = data.draw(VALUES)
        else:
            del container[key]
    try:
        reading = read_procedure(written(broken))
    except ProcedureError as error:
        found = error.problems
    else:
        found = check(reading, TEMPLATES, TODAY)
        lines(told(reading.procedure), reading.procedure, "zh")
    for each in found:
        assert each.code in SENTENCES
        assert sentence(each, "zh")


@given(st.data())
@settings(deadline=None)
def test_names_and_values_in_wrong_places_never_crash(data: st.DataObject) -> None:
    """Closer to a procedure than the other: most of these have the right shape."""
    broken = copy.deepcopy(PLAIN)
    for _ in range(data.draw(st.integers(1, 4))):
        container, key = data.draw(st.sampled_from(places_in(broken)))
        other, name = data.draw(st.sampled_from(places_in(broken)))
        if type(container[key]) is type(other[name]):
            container[key] = copy.deepcopy(other[name])
    try:
        procedure = msgspec.convert(broken, Procedure)
    except msgspec.ValidationError:
        return
    found = check(placeless(procedure), TEMPLATES, TODAY)

    assert {f.code for f in found} <= set(SENTENCES)
    assert lines(told(procedure), procedure, "en")


def placeless(procedure: Procedure) -> Reading:
    """As if it had been read from one line."""
    return Reading(procedure, b"", "", "f", {(): (1, 1)})


def test_every_code_that_is_said_has_a_sentence() -> None:
    source = "".join(p.read_text(encoding="utf-8") for p in Path(states.__file__).parent.glob("*.py"))
    said = set(re.findall(r'(?:error|warning|fault|add|stop)\(\s*"([a-z0-9-]+)"', source))

    assert len(said) > 50
    assert said <= set(SENTENCES)


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_without_its_facts_is_still_one(code: str) -> None:
    bare = Finding(code, "error", "f", 1, 1, "k", {})
    meant = Finding(code, "error", "f", 1, 1, "k", {"meant": "that"})

    assert all(SENTENCES[code])
    assert sentence(bare, "zh").endswith(("。", "}", "…"))
    assert sentence(meant, "zh").endswith("是不是想写 that？")
    assert sentence(meant, "en").endswith("Did you mean that?")


def test_a_sentence_fills_in_what_was_found() -> None:
    (found, *_) = findings(("lapses: no_answer", "lapses: no_anser"))

    assert sentence(found, "zh") == "没有叫 no_anser 的事件。是不是想写 no_answer？"
    assert sentence(found, "en") == "There is no event no_anser. Did you mean no_answer?"


def test_a_code_from_elsewhere_is_said_by_its_name() -> None:
    assert sentence(Finding("new-code", "error", "f", 1, 1, "a.b", {}), "en") == "new-code: a.b"


def test_the_fields_that_people_read_are_those_of_the_model() -> None:
    source = (Path(states.__file__).parent / "model.py").read_text(encoding="utf-8")

    assert set(re.findall(r"^    (\w+): Text\b", source, re.MULTILINE)) == TEXTS
    assert Words.__struct_fields__ == ("zh", "en")


@pytest.mark.parametrize("path", [p for p in SHIPPED.glob("*.yaml") if ".stories" not in p.name], ids=lambda p: p.stem)
def test_the_shipped_procedures_have_no_errors(path: Path) -> None:
    reading = read_procedure(path.read_text(encoding="utf-8"), path.name)

    assert [f for f in check(reading, None, TODAY) if f.severity == "error"] == []


def test_a_long_procedure_is_checked_within_a_second() -> None:
    reading = long_procedure(80)
    assert len(reading.procedure.states) > 300
    start = time.perf_counter()
    found = check(reading, TEMPLATES, TODAY)

    assert time.perf_counter() - start < 1
    assert not [f for f in found if f.severity == "error"]


def long_procedure(copies: int) -> Reading:
    """Many disputes one after the other, some 25 lines for each state."""
    data = copy.deepcopy(PLAIN)
    chain = ["drafting", "waiting", "refused", "complaint"]
    for i in range(copies):
        for name in chain:
            state = copy.deepcopy(PLAIN["states"][name])
            state["deadlines"] = {f"{id}{i}": d for id, d in state.get("deadlines", {}).items()}
            for taken in state["transitions"].values():
                for branch in taken if isinstance(taken, list) else [taken]:
                    if branch.get("to") in chain:
                        branch["to"] += str(i)
            data["states"][f"{name}{i}"] = state
        before = "complaint" + (str(i - 1) if i else "")
        data["states"][before]["transitions"]["claim_sent"] = {"to": f"drafting{i}"}
    return placeless(msgspec.convert(data, Procedure))


def test_the_table_leaves_references_to_nothing_out() -> None:
    procedure: Procedure = read_procedure(
        PARCEL.replace("complained: {to: complaint}", "complained: {to: nowhere}")
    ).procedure
    table = graph(procedure)

    assert "complained" in table.moves["refused"]
    assert "complained" not in {e.event for e in table.edges["refused"]}
    assert table.begins == {"court_papers_received": ("court",)}
    assert table.moves["settled"] == {}
