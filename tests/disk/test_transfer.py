"""What leaves a store and what enters it: export and import are each other's inverse, and tell all that is wrong."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cases import PARCEL, ZONE
from hypothesis import given
from hypothesis import strategies as st
from places import Place

from escalation import Desk, open_store
from escalation.cli import run as main
from escalation.engine import Engine
from escalation.errors import BadInput, FieldProblem, ImportStopped, StoreError
from escalation.intake import Imported, import_jsonl, part_of
from escalation.store import Store
from escalation.transfer import export_csv, export_json, export_jsonl
from escalation.wording import error_lines
from states.model import content, content_hash
from states.reader import read_procedure

_OPEN: list[Store] = []


def opened(url: str) -> Engine:
    """An engine on a store, closed when the test is over."""
    _OPEN.append(Store.open(url))
    return Engine(_OPEN[-1])


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _OPEN:
        _OPEN.pop().close()


NOW = datetime(2026, 4, 1, 9, tzinfo=ZONE)
Line = dict[str, Any]


@pytest.fixture
def engine(place: Place) -> Iterator[Engine]:
    """A new store in which the small procedure is known by name."""
    made = new_engine(place.url("in"))
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The same for many tests that let nothing in."""
    made = new_engine(str(tmp_path_factory.mktemp("empty") / "in.db"))
    yield made
    made.store.close()


def new_engine(url: str) -> Engine:
    """For a fixture, which closes it."""
    engine = Engine(Store.open(url))
    engine.shelf.install(PARCEL, NOW)
    return engine


def given_case(case: Any = "a1") -> list[Line]:
    """A case in the shape of docs/command-line.md, up to the claim."""
    return [
        {"case": case, "kind": "opened", "procedure": "parcel-dispute", "at": "2026-03-02T10:00:00+08:00"},
        {"case": case, "kind": "check", "item": "evidence.waybill", "done": True, "at": "2026-03-02T10:05"},
        {"case": case, "kind": "check", "item": "evidence.photos", "done": True, "at": "2026-03-02T10:06"},
        {"case": case, "kind": "event", "event": "claim_sent", "data": {"amount": "300", "channel": "app"},
         "at": "2026-03-02T11:00"},
    ]  # fmt: skip


def file_of(lines: list[Any]) -> io.BytesIO:
    """Lines as a file; bytes stand as they are."""
    return io.BytesIO(b"".join((x if isinstance(x, bytes) else json.dumps(x).encode()) + b"\n" for x in lines))


def taken(engine: Engine, lines: list[Any], **options: Any) -> Imported:
    return import_jsonl(engine, file_of(lines), NOW, **options)


def problems(found: Imported) -> list[tuple[int | None, str, str]]:
    return [(p.line, p.field, p.expected) for _, each in found.skipped for p in each]


def hashes(engine: Engine) -> list[list[str]]:
    return [[hash for _, hash in engine.store.raw_log(row.id)] for row in engine.store.cases()]


def shown(url: str) -> list[Any]:
    """Every case as `show` has it, but for the id."""
    with open_store(url, now=NOW) as desk:
        return [{**each, "case": ""} for each in desk.cases()]


def rich_store(place: Place) -> Engine:
    """Cases with every kind of entry, made the usual way."""

    def at(now: str) -> Desk:
        return open_store(place.url("out"), now=now)

    with at("2026-03-02T10:00") as desk:
        case = desk.open(str(PARCEL), title="花瓶 '=1+1", client="王", facts={"loss": "12"})
        desk.attach(case, PARCEL, title="waybill", item="waybill")
        desk.done(case, "waybill")
        desk.done(case, "photos")
        untitled = desk.open(str(PARCEL), title="")
        desk.note(untitled, 'a "quoted" line\n and 中文 😀')
    with at("2026-03-02T11:00") as desk:
        desk.record(case, "claim_sent", {"amount": "300", "channel": "app"}, key="k1", note="")
        desk.follow_up(case, "add", due="2026-03-09", text="ring", every="1 weeks")
        desk.follow_up(case, "move", n=1, due="2026-03-10")
        desk.set_facts(case, {"pickup_on": "2026-03-20"})
        desk.record(case, "pickup_agreed")
    with at("2026-03-20T09:00") as desk:
        desk.record(case, "complained")
        desk.record(case, "offer_made", {"amount": "300"}, at="2026-03-08T10:00", accept=[10])
        desk.amend(case, 5, data={"amount": "250"}, note="less")
        desk.withdraw(case, 12)
        desk.withdraw(case, 11, note="that was another case")
        desk.amend(case, 9, data={"day": "2026-03-21"})
        desk.amend(case, 9, data={"day": ""})
    longer = place.folder / "longer.yaml"
    text = PARCEL.read_text().replace('version: "1"', 'version: "2"')
    longer.write_text(text.replace("within: 7 days", "within: 9 days"))
    with at("2026-03-21T09:00") as desk:
        desk.migrate(untitled, str(longer), note="new rules")
        desk.record(untitled, "dropped_by_me", at="2026-03-21T09:00")
    return opened(place.url("out"))


def test_export_and_import_are_each_others_inverse(place: Place) -> None:
    made = rich_store(place)
    first = list(export_jsonl(made, made.store.cases()))
    other = opened(place.url("other"))
    found = import_jsonl(other, io.BytesIO(b"".join(first)), NOW)

    assert problems(found) == []
    assert (len(found.cases), found.entries) == (2, len(first) - 2)
    assert hashes(made) == hashes(other)
    assert shown(place.url("out")) == shown(place.url("other"))
    second = b"".join(export_jsonl(other, other.store.cases()))
    for key, ref, _ in found.cases:
        second = second.replace(f'"case":"{ref}"'.encode(), f'"case":"{key}"'.encode())
    assert second == b"".join(first)
    with open_store(place.url("other"), now=NOW) as desk:
        assert all(row["ok"] for row in desk.verify())


def test_a_definition_is_written_once_before_the_first_case_that_uses_it(place: Place) -> None:
    made = rich_store(place)
    kinds = [json.loads(line)["kind"] for line in export_jsonl(made, made.store.cases())]

    assert kinds[:2] == ["definition", "opened"]
    assert kinds.count("definition") == 2
    assert kinds[kinds.index("migrate") - 1] == "definition"


def test_lines_keep_the_order_of_keys_of_nothing_but_their_own(place: Place) -> None:
    """A reader that writes its JSON otherwise does no harm: keys in any order, spaces, a byte order mark."""
    made = rich_store(place)
    lines = [json.loads(line) for line in export_jsonl(made, made.store.cases())]
    again = [json.dumps(dict(reversed(line.items())), separators=(" , ", " : ")) + "\r" for line in lines]
    other = opened(place.url("other"))
    found = import_jsonl(other, io.BytesIO(b"\xef\xbb\xbf" + "\n\n".join(again).encode()), NOW)

    assert problems(found) == []
    assert hashes(made) == hashes(other)


def test_the_documented_lines_go_in_from_a_path(engine: Engine, tmp_path: Path) -> None:
    lines = [
        *given_case(),
        {**EVENT, "event": "papers_requested", "at": "2026-03-03", "recorded_at": "2026-03-05T08:00"},
        {"case": "a1", "kind": "amend", "target": 5, "at": "2026-03-04T09:00"},
        {"case": "a1", "kind": "withdraw", "target": 5},
    ]  # fmt: skip
    path = tmp_path / "cases.jsonl"
    path.write_bytes(file_of(lines).getvalue())
    told: list[tuple[int, int | None]] = []
    found = import_jsonl(engine, path, NOW, progress=lambda done, total: told.append((done, total)))
    log = engine.store.log(1)

    assert found.skipped == []
    assert [(key, head) for key, _, head in found.cases] == [("a1", 7)]
    assert told[-1] == (path.stat().st_size, path.stat().st_size)
    assert engine.store.case(found.cases[0][1]).title == "a1"
    recorded = [e.recorded_at.astimezone(ZONE).isoformat()[:16] for e in log]
    assert recorded[3:] == ["2026-03-02T11:00", "2026-03-05T08:00", "2026-03-05T08:00", "2026-03-05T08:00"]


def test_local_times_are_those_of_the_procedure_and_a_day_alone_means_noon(engine: Engine) -> None:
    lines = given_case()
    lines[0]["at"] = "2026-03-02T09:00"
    taken(engine, [*lines, {"case": "a1", "kind": "note", "text": "x", "at": "2026-03-05"}])
    log = engine.store.log(1)

    assert log[0].recorded_at.isoformat() == "2026-03-02T01:00:00+00:00"
    assert log[4].recorded_at.isoformat() == "2026-03-05T04:00:00+00:00"


def test_cases_may_be_interleaved_and_keys_be_numbers(engine: Engine) -> None:
    mixed = [line for pair in zip(given_case(1), given_case("1"), given_case(2.5), strict=True) for line in pair]
    found = taken(engine, mixed)

    assert found.skipped == []
    assert [key for key, _, _ in found.cases] == [1, "1", 2.5]
    assert found.entries == 12


def test_a_wrong_case_is_left_out_whole_and_the_others_go_in(engine: Engine) -> None:
    bad = given_case("bad")
    bad[3]["data"] = {"amount": "a lot", "chanel": "app"}
    found = taken(engine, [*given_case("a"), *bad, *given_case("c")])

    assert [key for key, _, _ in found.cases] == ["a", "c"]
    assert [key for key, _ in found.skipped] == ["bad"]
    assert sorted(problems(found)) == [(8, "amount", "money"), (8, "chanel", "unknown"), (8, "channel", "required")]
    assert engine.store.count() == 2


def test_every_problem_of_a_case_is_told_at_once(engine: Engine) -> None:
    lines = given_case()
    lines[1]["item"] = "evidence.waybil"
    lines[2]["at"] = "soon"
    found = taken(
        engine, [*lines, b'{"case": "a1", "kind": "note", "text', {"case": "a1", "kind": "withdraw", "target": 1}]
    )

    assert found.cases == []
    assert problems(found) == [
        (2, "item", "unknown"), (3, "at", "instant"), (5, "line", "json"), (6, "target", "not_opened"),
    ]  # fmt: skip
    assert found.skipped[0][1][0].meant == "evidence.waybill"


CLAIM = given_case()[3]
AFTER = {"case": "a1", "at": "2026-03-03T10:00"}
EVENT = {**AFTER, "kind": "event"}
NOTE = {**AFTER, "kind": "note", "text": "x"}
CHECK = {**AFTER, "kind": "check", "item": "evidence.photos", "done": True}
FACTS = {**AFTER, "kind": "facts"}
AMEND = {"case": "a1", "kind": "amend", "target": 4}
MIGRATE = {**AFTER, "kind": "migrate", "procedure": "parcel-dispute"}
FOLLOW_UP = {**AFTER, "kind": "follow_up", "action": "add", "due": "2026-03-09", "text": "ring"}
ATTACH = {**AFTER, "kind": "attach", "sha256": "a" * 64, "size": 3, "name": "x.pdf"}
UNKNOWN_HASH = "ab" * 32

BROKEN: list[tuple[str, Any, str]] = [
    # what stands in the fifth line; then field, expected and, if there is one, the near miss
    ("broken json", b'{"case": "a1", "kind": "note", ', "line json"),
    ("trailing words", b'{"case": "a1", "kind": "note", "text": "x", "at": "2026-03-03"} and', "line json"),
    ("no utf-8", b'{"case": "a1", "kind": "note", "text": "\xff", "at": "2026-03-03"}', "line utf8"),
    ("lone surrogate", b'{"case": "a1", "kind": "note", "text": "\\ud800", "at": "2026-03-03"}', "line json"),
    ("no kind", AFTER, "kind required"),
    ("unknown kind", {**AFTER, "kind": "evnt"}, "kind kind event"),
    ("kind no text", {**AFTER, "kind": 3}, "kind kind"),
    ("unknown key", {**EVENT, "event": "papers_requested", "nots": "x"}, "nots unknown note"),
    ("key of another kind", {**NOTE, "item": "y"}, "item unknown"),
    ("no event", EVENT, "event required"),
    ("unknown event", {**EVENT, "event": "offer_mode"}, "event unknown offer_made"),
    ("event no text", {**EVENT, "event": ["offer_made"]}, "event text"),
    ("the clock's event", {**EVENT, "event": "no_answer"}, "event not_clock"),
    ("no transition", {**EVENT, "event": "decided"}, "event applicable"),
    ("no at", {"case": "a1", "kind": "event", "event": "papers_requested"}, "at required"),
    ("at no instant", {**EVENT, "event": "papers_requested", "at": "yesterday"}, "at instant"),
    ("at a number", {**EVENT, "event": "papers_requested", "at": 1772445600}, "at instant"),
    ("at in the future", {**EVENT, "event": "papers_requested", "at": "2026-04-02"}, "at not_future"),
    ("at after recorded_at", {**NOTE, "recorded_at": "2026-03-03T09:00"}, "at not_future"),
    ("recorded in the future", {**NOTE, "recorded_at": "2026-05-01"}, "recorded_at not_future"),
    ("recorded before the one before",
     {**NOTE, "at": "2026-03-02T10:30", "recorded_at": "2026-03-02T10:31"}, "recorded_at not_sooner"),
    ("before the opening", {**NOTE, "at": "2026-03-01"}, "at not_before_opening"),
    ("required data", {**EVENT, "event": "offer_made"}, "amount required"),
    ("money", {**EVENT, "event": "offer_made", "data": {"amount": "1.005"}}, "amount money"),
    ("unknown data", {**EVENT, "event": "offer_made", "data": {"amount": 1, "amout": 1}}, "amout unknown amount"),
    ("data no mapping", {**EVENT, "event": "papers_requested", "data": [1]}, "data mapping"),
    ("choice", {**CLAIM, "data": {"amount": "1", "channel": "ap"}}, "channel choice app"),
    ("note no text", {**EVENT, "event": "papers_requested", "note": 3}, "note text"),
    ("unknown fact", {**FACTS, "facts": {"los": 3}}, "los unknown loss"),
    ("fact out of bounds", {**FACTS, "facts": {"loss": -1}}, "loss min"),
    ("empty fact", {**FACTS, "facts": {"loss": ""}}, "loss required"),
    ("no facts", {**FACTS, "facts": {}}, "facts required"),
    ("fact of a far year", {**FACTS, "facts": {"pickup_on": "3026-01-01"}}, "pickup_on date"),
    ("unknown item", {**CHECK, "item": "evidence.photo"}, "item unknown evidence.photos"),
    ("done missing", {**AFTER, "kind": "check", "item": "evidence.photos"}, "done required"),
    ("done no boolean", {**CHECK, "done": "perhaps"}, "done boolean"),
    ("blank note", {**AFTER, "kind": "note", "text": "  "}, "text required"),
    ("note with nul", {**AFTER, "kind": "note", "text": "a\0b"}, "text text"),
    ("bad sha256", {**ATTACH, "sha256": "A" * 64}, "sha256 sha256"),
    ("negative size", {**ATTACH, "size": -1}, "size min"),
    ("size no number", {**ATTACH, "size": "3"}, "size integer"),
    ("attached to nothing", {**ATTACH, "item": "evidence.foto"}, "item unknown evidence.photos"),
    ("follow-up action", {**FOLLOW_UP, "action": "ad"}, "action choice add"),
    ("follow-up number", {**FOLLOW_UP, "n": 2}, "n follow_up_next"),
    ("follow-up without day", {**AFTER, "kind": "follow_up", "action": "add", "text": "x"}, "due required"),
    ("follow-up without text", {**AFTER, "kind": "follow_up", "action": "add", "due": "2026-03-09"}, "text required"),
    ("follow-up day", {**FOLLOW_UP, "due": "next week"}, "due date"),
    ("follow-up in hours", {**FOLLOW_UP, "every": "3 hours"}, "every length"),
    ("follow-up that is not there", {**AFTER, "kind": "follow_up", "action": "done", "n": 1}, "n unknown"),
    ("follow-up unnamed", {**AFTER, "kind": "follow_up", "action": "drop"}, "n required"),
    ("opened twice", given_case()[0], "kind opened_once"),
    ("seq", {**NOTE, "seq": 7}, "seq seq"),
    ("seq no number", {**NOTE, "seq": True}, "seq integer"),
    ("hash", {**NOTE, "hash": "0" * 64}, "hash hash"),
    ("key no text", {**NOTE, "key": 1}, "key text"),
    ("amends nothing", AMEND, "data something_to_amend"),
    ("amends without target", {"case": "a1", "kind": "amend", "note": "x"}, "target required"),
    ("amends what is to come", {"case": "a1", "kind": "amend", "target": 5, "note": "x"}, "target unknown"),
    ("amends data", {**AMEND, "data": {"channel": "fax"}}, "channel choice"),
    ("takes out what is required", {**AMEND, "data": {"amount": None}}, "amount required"),
    ("amends done", {**AMEND, "target": 3, "data": {"done": None}}, "done required"),
    ("amends what a tick has not", {**AMEND, "target": 3, "data": {"item": "x"}}, "item unknown"),
    ("amended into the future",
     {**AMEND, "at": "2026-03-04T09:00", "recorded_at": "2026-03-03T09:00"}, "at not_future"),
    ("amended before the opening", {**AMEND, "at": "2026-03-01"}, "at not_before_opening"),
    ("withdraws the opening", {"case": "a1", "kind": "withdraw", "target": 1}, "target not_opened"),
    ("withdraws itself", {"case": "a1", "kind": "withdraw", "target": 5}, "target unknown"),
    ("withdraws text", {"case": "a1", "kind": "withdraw", "target": "4"}, "target integer"),
    ("withdraws what a later entry needs", {"case": "a1", "kind": "withdraw", "target": 3}, "event applicable"),
    ("migrates to nothing", {**AFTER, "kind": "migrate"}, "procedure required"),
    ("migrates to what is not there",
     {**AFTER, "kind": "migrate", "procedure": "parcel-disputes"}, "procedure unknown parcel-dispute"),
    ("migrates to an unknown hash", {**AFTER, "kind": "migrate", "definition": UNKNOWN_HASH}, "definition definition"),
    ("maps to no state", {**MIGRATE, "map": {"x": "wating"}}, "map unknown waiting"),
    ("another version", {**MIGRATE, "version": "9"}, "version of_definition"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "problem"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_a_broken_line_is_named_by_line_and_field(empty: Engine, line: Any, problem: str) -> None:
    found = taken(empty, [*given_case(), line])
    told = [p for _, each in found.skipped for p in each]

    assert [" ".join(filter(None, (p.field, p.expected, p.meant))) for p in told] == [problem]
    assert told[0].line == (4 if line == BROKEN_BEFORE else 5)
    assert (found.cases, empty.store.count()) == ([], 0)


def test_instants_of_a_broken_line_are_said_as_written_or_by_the_zone_of_the_case(empty: Engine) -> None:
    late = {**AMEND, "at": "2026-03-04T09:00", "recorded_at": "2026-03-03T09:00"}
    early = {**NOTE, "at": "2026-03-01T02:00:00Z"}
    nobody = {"case": "a1", "kind": "opened", "at": "2036-03-02T10:00", "recorded_at": "2036-03-02T10:00"}
    found = [
        taken(empty, lines).skipped[0][1][-1] for lines in ([*given_case(), late], [*given_case(), early], [nobody])
    ]

    assert found[0].value == "2026-03-04T09:00"
    assert (found[1].value, found[1].limit) == ("2026-03-01T10:00:00+08:00", "2026-03-02T10:00:00+08:00")
    assert str(found[2].limit).endswith("+08:00")


def test_a_line_before_the_opening_is_answered_without_a_command_about_a_case_that_is_not_in(empty: Engine) -> None:
    problem = taken(empty, [*given_case(), {**NOTE, "at": "2026-03-01"}]).skipped[0][1][0]
    en, zh = ("\n".join(error_lines(BadInput(problem), lang)) for lang in ("en", "zh"))

    assert "move the line of the opening first" in en
    assert "先把开案那一行的时间改早" in zh
    assert "amend" not in en + zh


BROKEN_BEFORE = {"case": "a1", "kind": "withdraw", "target": 3}
"""What is impossible then is the claim, a line before."""

BROKEN_OPENINGS: list[tuple[str, Line, str]] = [
    ("unknown procedure", {"procedure": "parcel-disput"}, "procedure unknown parcel-dispute"),
    ("a path", {"procedure": str(PARCEL)}, "procedure unknown"),
    ("no procedure", {"procedure": None}, "procedure required"),
    ("unknown hash", {"definition": UNKNOWN_HASH}, "definition definition"),
    ("no opening", {"kind": "note", "text": "x", "procedure": None}, "kind opened_first"),
    ("title", {"title": "a\0"}, "title text"),
    ("client", {"client": 3}, "client text"),
    ("fact", {"facts": {"loss": "much"}}, "loss money"),
    ("instant", {"at": "2026-13-01"}, "at instant"),
]


@pytest.mark.parametrize(("change", "problem"), [b[1:] for b in BROKEN_OPENINGS], ids=[b[0] for b in BROKEN_OPENINGS])
def test_a_broken_opening_is_named(empty: Engine, change: Line, problem: str) -> None:
    opening = {k: v for k, v in {**given_case()[0], **change}.items() if v is not None}
    found = taken(empty, [opening, *given_case()[1:]])
    told = [p for _, each in found.skipped for p in each]

    assert problem in [" ".join(filter(None, (p.field, p.expected, p.meant))) for p in told]
    assert {p.line for p in told} == {1}
    assert found.cases == []


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ({"kind": "note", "text": "x", "at": "2026-03-03"}, "case", "required"),
        ({"case": True, "kind": "note", "text": "x", "at": "2026-03-03"}, "case", "case_key"),
        ({"case": ["a1"], "kind": "note", "text": "x", "at": "2026-03-03"}, "case", "case_key"),
        ([1, 2], "line", "object"),
        (b"nothing of the kind", "line", "json"),
        (b"\xff\xfe", "line", "utf8"),
    ],
)
def test_a_line_without_a_case_is_of_the_case_around_it_or_of_none(
    engine: Engine, line: Any, field: str, expected: str
) -> None:
    lines = given_case("a")
    between = taken(engine, [*lines, line, *given_case("b")])
    within = taken(engine, [*lines[:2], line, *lines[2:], *given_case("b")])

    assert [key for key, _, _ in between.cases] == ["a", "b"]
    assert [key for key, _ in between.skipped] == [None]
    assert problems(between) == [(5, field, expected)]
    assert [key for key, _, _ in within.cases] == ["b"]
    assert [key for key, _ in within.skipped] == ["a"]
    assert problems(within) == [(3, field, expected)]


def test_a_key_recorded_twice_is_refused(engine: Engine) -> None:
    note = {**NOTE, "key": "k"}

    assert problems(taken(engine, [*given_case(), note, note])) == [(6, "key", "unique_key")]


def test_inapplicable_entries_can_be_accepted(engine: Engine) -> None:
    lines = [*given_case(), {**EVENT, "event": "decided"}]
    refused = taken(engine, lines)
    accepted = taken(engine, lines, accept_inapplicable=True)

    assert refused.skipped[0][1] == [FieldProblem("event", "decided", "applicable", None, 5, "main: waiting")]
    assert [head for _, _, head in accepted.cases] == [5]
    assert [i.seq for i in engine.snapshot(engine.store.case(accepted.cases[0][1]), NOW).inapplicable] == [5]


def test_only_the_finished_history_is_judged(engine: Engine) -> None:
    """What was impossible when it was recorded is fine if a later line explains it."""
    late = {**EVENT, "event": "complained", "at": "2026-03-20T09:00"}
    explained = [*given_case(), late, {"case": "a1", "kind": "withdraw", "target": 5}]
    early = {**EVENT, "event": "decided", "at": "2026-03-04T09:00"}
    amended = [*given_case("b"), {**early, "case": "b"}, {**late, "case": "b"},
               {"case": "b", "kind": "amend", "target": 5, "at": "2026-03-21T09:00"}]  # fmt: skip

    assert problems(taken(engine, [*explained, *amended])) == []


def test_an_imported_case_does_not_tell_what_is_past(engine: Engine) -> None:
    found = taken(engine, given_case())
    case = found.cases[0][1]
    posted = engine.store.outbox(1)

    assert {p.status for p in posted} == {"coalesced"}
    assert "lapse" in {p.kind for p in posted}
    assert engine.advance(case, NOW).news.new == ()
    desk = Desk(engine.store, now=NOW)
    desk.amend(case, 4, note="corrected")
    assert [p.kind for p in engine.store.outbox(1) if p.status == "pending" and p.kind != "follow_up"] == []


def test_a_file_brings_its_own_definitions_strictly(place: Place) -> None:
    made = rich_store(place)
    lines = [json.loads(line) for line in export_jsonl(made, made.store.cases())]
    definition = lines[0]

    def with_definition(name: str, **change: Any) -> Imported:
        engine = opened(place.url(name))
        return taken(engine, [{**definition, **change}, *lines[1:]])

    def changed(**change: Any) -> dict[str, Any]:
        body = {**definition["definition"], **change}
        return {"definition": body, "hash": content_hash(content(body))}

    assert (1, "hash", "hash") in problems(with_definition("a", hash="0" * 64))
    assert (1, "definition.titel", "procedure, version") not in problems(with_definition("b"))
    typo = with_definition("c", **changed(titel="x")).skipped[0][1][0]
    assert (typo.line, typo.field, typo.meant) == (1, "definition.titel", "title")
    nowhere = with_definition("d", **changed(initial="nowhere")).skipped[0]
    assert nowhere[0] is None
    assert nowhere[1][0].field == "definition.initial"
    assert (1, "version", "of_definition") in problems(with_definition("e", version="7"))
    calendar = with_definition("f", **changed(calendar="XX")).skipped[0][1][0]
    assert (calendar.field, calendar.expected) == ("definition.calendar", "unknown")
    unused = with_definition("g", **changed(initial="nowhere"))
    assert [p.expected for p in unused.skipped[1][1]] == ["definition"]


def test_an_imported_definition_is_not_what_its_name_means(place: Place) -> None:
    made = rich_store(place)
    other = opened(place.url("other"))
    import_jsonl(other, io.BytesIO(b"".join(export_jsonl(made, made.store.cases()))), NOW)

    assert {(d.procedure, d.current) for d in other.store.definitions()} == {("parcel-dispute", False)}


def test_an_entry_after_a_migration_speaks_the_new_words(engine: Engine, tmp_path: Path) -> None:
    text = PARCEL.read_text().replace("papers_sent", "papers_posted").replace('version: "1"', 'version: "2"')
    new = read_procedure(text)
    definition = {"kind": "definition", "hash": new.hash, "definition": json.loads(new.body)}
    migrate = {"case": "a1", "kind": "migrate", "definition": new.hash, "at": "2026-03-04T10:00"}
    before = [*given_case(), {**EVENT, "event": "papers_requested"}]

    def after(event: str, at: str) -> list[tuple[int | None, str, str]]:
        line = {**EVENT, "event": event, "at": at}
        return problems(taken(engine, [definition, *before, migrate, line]))

    assert after("papers_posted", "2026-03-05T10:00") == []
    assert after("papers_sent", "2026-03-05T10:00") == [(8, "event", "unknown")]
    assert after("papers_sent", "2026-03-03T11:00") == []


def test_many_cases_are_written_in_several_transactions(engine: Engine) -> None:
    done: list[int] = []
    lines = [line for i in range(450) for line in given_case(i)]
    found = taken(engine, lines, progress=lambda bytes, total: done.append(bytes))

    assert (len(found.cases), engine.store.count()) == (450, 450)
    assert done == sorted(done)
    assert len(done) == 3


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_an_import_goes_on_after_its_connection_was_cut(engine: Engine, place: Place) -> None:
    cut: list[int] = []

    def progress(done: int, total: int | None) -> None:
        assert place.server is not None
        cut.append(place.server.cut(place.database("in")))

    found = taken(engine, [line for i in range(450) for line in given_case(i)], progress=progress)

    assert cut[0] >= 1
    assert [key for key, *_ in found.cases] == list(range(450))
    assert sorted(row.title for row in engine.store.cases()) == sorted(map(str, range(450)))


@contextmanager
def lost(place: Place) -> Iterator[Callable[[int, int | None], None]]:
    """Takes the store away when it is first called; at the end it is back."""
    gone: list[bool] = []

    def go(done: int, total: int | None) -> None:
        gone.append(True)
        if place.server is None:
            place.run("CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'no room'); END", "in")
        else:
            name = place.database("in")
            place.server.admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            place.server.cut(name)

    yield go
    assert gone
    if place.server is None:
        place.run("DROP TRIGGER full", "in")
    else:
        place.server.admin.execute(f"ALTER DATABASE {place.database('in')} ALLOW_CONNECTIONS true")


def test_an_import_that_is_given_up_says_what_went_in_and_leaves_the_rest(engine: Engine, place: Place) -> None:
    broken = [{**given_case("bad")[0], "at": "soon"}]
    file = file_of([*broken, *(line for i in range(450) for line in given_case(i))])
    with lost(place) as gone, pytest.raises(ImportStopped) as raised:
        import_jsonl(engine, file, NOW, progress=gone, pauses=())

    stopped = raised.value
    assert [key for key, *_ in stopped.cases] == list(range(200))
    assert {ref for _, ref, _ in stopped.cases} == {row.ref for row in engine.store.cases()}
    assert stopped.left == list(range(200, 450))
    assert [key for key, _ in stopped.skipped] == ["bad"]

    file.seek(0)
    rest = io.BytesIO(b"".join(part_of(file, stopped.left)))
    assert len(import_jsonl(engine, rest, NOW).cases) == 250
    assert sorted(row.title for row in engine.store.cases()) == sorted(map(str, range(450)))


def test_an_import_that_never_began_is_no_import_that_stopped(engine: Engine, place: Place) -> None:
    with lost(place) as gone:
        gone(0, None)
        with pytest.raises(StoreError) as raised:
            import_jsonl(engine, file_of(given_case()), NOW, pauses=())

    assert not isinstance(raised.value, ImportStopped)


def test_what_is_left_of_a_file_keeps_its_definitions_and_ends_every_line() -> None:
    definition = json.dumps({"kind": "definition", "hash": "x", "definition": {}}).encode()
    first, last = (json.dumps({**line, "case": n}).encode() for n, line in enumerate(given_case()[:2], 1))
    file = io.BytesIO(b"\xef\xbb\xbf" + definition + b"\n" + first + b"\n" + last)

    assert b"".join(part_of(file, {2})) == definition + b"\n" + last + b"\n"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_person_whose_import_stopped_is_told_what_is_in_and_given_a_file_of_the_rest(
    place: Place, tmp_path: Path, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    new_engine(place.url("in")).store.close()
    place.run(REFUSE_260[place.kind], "in")
    file = tmp_path / "mine.jsonl"
    file.write_bytes(file_of([line for i in range(300) for line in given_case(i)]).getvalue())
    (tmp_path / "mine.rest.jsonl").touch()

    assert main(["--store", place.url("in"), "--lang", lang, "--now", "2026-04-01T09:00", "import", str(file)]) == 5

    said, rest = capsys.readouterr().err, tmp_path / "mine.rest-2.jsonl"
    assert "200" in said
    assert "100" in said
    assert f"escalation import {rest}" in said
    assert "Nothing in it was changed" not in said
    assert "没有动" not in said
    assert rest.stat().st_mode & 0o777 == 0o600
    assert len(rest.read_bytes().splitlines()) == 400


REFUSE_260 = {
    "sqlite": "CREATE TRIGGER full BEFORE INSERT ON \"case\" WHEN NEW.title = '260'"
    " BEGIN SELECT RAISE(ABORT, 'no room'); END",
    "postgresql": "ALTER TABLE \"case\" ADD CONSTRAINT full_of CHECK (title <> '260')",
}


def test_json_holds_what_show_says_and_the_log(place: Place) -> None:
    made = rich_store(place)
    data = json.loads(b"".join(export_json(made, made.store.cases(), "en", NOW)))
    with open_store(place.url("out"), now=NOW) as desk:
        shown = list(desk.cases())

    assert [{k: v for k, v in each.items() if k != "log"} for each in data] == json.loads(json.dumps(shown))
    assert [entry["kind"] for entry in data[1]["log"]] == ["opened", "note", "migrate", "event"]
    assert b"".join(export_json(made, iter(()), "en", NOW)) == b"[]\n"


def test_a_spreadsheet_gets_one_row_per_case_and_no_formula(place: Place) -> None:
    with open_store(place.url("out"), now="2026-03-02T10:00") as desk:
        first = desk.open(str(PARCEL), title='=HYPERLINK("http://x")', client="+86 1")
        desk.open(str(PARCEL), title=" @x", client="\tx")
        for item in ("waybill", "photos"):
            desk.attach(first, PARCEL, item=item)
            desk.done(first, item)
        desk.record(first, "claim_sent", {"amount": "300", "channel": "app"})
    made = opened(place.url("out"))
    text = "".join(export_csv(made, made.store.cases(), "zh", datetime(2026, 3, 5, 9, tzinfo=ZONE)))
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))

    columns = "case,title,client,procedure,state,stage,open,outcome,opened_at,deadline,due,days_left,overdue"
    assert text.startswith("\ufeff" + columns)
    assert [(r["title"], r["client"]) for r in rows] == [('\'=HYPERLINK("http://x")', "'+86 1"), ("' @x", "'\tx")]
    assert [rows[0][k] for k in ("state", "deadline", "due", "days_left", "overdue", "state_title")] == [
        "waiting", "answer", "2026-03-09", "4", "", "等待答复",
    ]  # fmt: skip
    overdue = "".join(export_csv(made, made.store.cases(), "zh", datetime(2026, 3, 10, tzinfo=ZONE)))
    assert ",limitation,2029-03-02," in overdue


@given(st.binary(max_size=200), st.integers(0, 5))
def test_no_file_whatever_it_holds_breaks_the_import(engine_for_all: Engine, noise: bytes, at: int) -> None:
    lines: list[Any] = given_case("a")
    lines.insert(min(at, 4), noise.replace(b"\n", b" "))
    found = import_jsonl(engine_for_all, file_of(lines), NOW)

    assert len(found.cases) + len(found.skipped) >= 1


@pytest.fixture(scope="module")
def engine_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = new_engine(str(tmp_path_factory.mktemp("noise") / "in.db"))
    yield made
    made.store.close()
