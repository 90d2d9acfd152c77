"""Cases as an event log: valid by the standard's rules, discreet, the same bytes, written as it comes."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from escalation import Desk, open_store
from escalation.cli import run
from escalation.definitions import new_procedure
from escalation.xes import EXTENSION, quoted

KINDS = {"string", "date", "int", "float", "boolean", "id", "list"}
ORDER = ("extension", "global", "classifier", "attribute", "trace")
EXTENSIONS = {
    "concept": "http://www.xes-standard.org/concept.xesext",
    "time": "http://www.xes-standard.org/time.xesext",
    "lifecycle": "http://www.xes-standard.org/lifecycle.xesext",
    "org": "http://www.xes-standard.org/org.xesext",
    "escalation": EXTENSION,
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three cases of the small procedure: one that lapsed, one that ended, one with every kind of private text."""
    file = tmp_path / "my-case.yaml"
    file.write_text(new_procedure("my-case"), "utf-8")
    path = tmp_path / "cases.db"
    with open_store(path, now="2026-03-02T10:00") as desk:
        lapsed = desk.open(str(file), title="Secret title", client="Secret client")
        ended = desk.open(str(file))
    with open_store(path, now="2026-03-03T10:00") as desk:
        for case in (lapsed, ended):
            desk.done(case, "contract", at="2026-03-02T14:00")
            desk.record(case, "request_sent", at="2026-03-02T15:00", note="Secret note")
        desk.record(ended, "answer_received", {"accepted": "true"})
        desk.note(lapsed, "Secret words")
        paper = tmp_path / "Secret file.txt"
        paper.write_text("Secret content")
        desk.attach(lapsed, str(paper), title="Secret paper")
    return path


def log(desk: Desk) -> Element:
    return ElementTree.fromstring(b"".join(desk.export("xes")))


def values(element: Element) -> dict[str, str]:
    """The attributes of a log, a trace or an event, by key."""
    return {each.attrib["key"]: each.attrib["value"] for each in element if each.tag in KINDS}


def events(trace: Element) -> list[dict[str, str]]:
    return [values(each) for each in trace.findall("event")]


def assert_valid(log: Element) -> None:
    """The rules of IEEE 1849-2016, as its schema and its text have them."""
    assert log.tag == "log"
    assert re.fullmatch(r"\d+(\.\d+)?", log.attrib["xes.version"])
    assert set(log.attrib) == {"xes.version", "xes.features"}
    kinds = ["attribute" if each.tag in KINDS else each.tag for each in log]
    assert kinds == sorted(kinds, key=ORDER.index)
    declared = {each.attrib["prefix"]: each.attrib["uri"] for each in log.findall("extension")}
    assert declared == EXTENSIONS
    for each in log.findall("classifier"):
        assert re.fullmatch(r"[A-Za-z]\w*", each.attrib["name"])
        assert each.attrib["scope"] == "event"
    always = {each.attrib["scope"]: set(values(each)) for each in log.findall("global")}
    assert set(always) == {"trace", "event"}
    keys = {key for each in log.findall("classifier") for key in each.attrib["keys"].split()}
    assert keys <= always["event"]
    for trace in log.findall("trace"):
        assert always["trace"] <= set(values(trace))
        tags = [each.tag for each in trace]
        assert tags == sorted(tags, key=lambda tag: tag == "event")
        for event in trace.findall("event"):
            assert always["event"] <= set(values(event))
            assert [each.attrib["key"] for each in event] == list(values(event))
    for each in log.iter():
        if each.tag in KINDS:
            assert_value(each, declared)


def assert_value(attribute: Element, declared: dict[str, str]) -> None:
    assert set(attribute.attrib) == {"key", "value"}
    prefix, _, _ = attribute.attrib["key"].partition(":")
    assert prefix in declared
    value = attribute.attrib["value"]
    if attribute.tag == "date":
        assert datetime.fromisoformat(value).utcoffset() is not None
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d", value)
    elif attribute.tag == "int":
        assert int(value) >= 1
    elif attribute.tag == "boolean":
        assert value in ("true", "false")


def test_it_keeps_the_rules_of_the_standard(store: Path) -> None:
    with open_store(store, now="2026-04-01T10:00") as desk:
        found = log(desk)

    assert_valid(found)
    assert len(found.findall("trace")) == 2


def test_a_trace_is_the_true_history_with_what_the_clock_did(store: Path) -> None:
    with open_store(store, now="2026-04-01T10:00") as desk:
        traces = log(desk).findall("trace")
        shown = list(desk.cases())

    for trace, case in zip(traces, shown, strict=True):
        assert values(trace)["concept:name"] == case["case"]
        assert values(trace)["escalation:hash"] == case["procedure"]["hash"]
        told = [
            (e["concept:name"], e["time:timestamp"], e["org:role"], e["escalation:track"], e.get("escalation:to"),
             int(e["escalation:seq"]) if "escalation:seq" in e else None)
            for e in events(trace)
        ]  # fmt: skip
        assert told == [(r["event"], r["at"], r["by"], r["track"], r["to"], r["seq"]) for r in case["history"]]
    lapsed, ended = traces
    assert [(e["concept:name"], e["org:role"]) for e in events(lapsed)][-1] == ("no_answer", "clock")
    assert "escalation:recorded_at" not in events(lapsed)[-1]
    assert values(lapsed)["escalation:state"] == "preparing"
    assert values(lapsed)["escalation:open"] == "true"
    assert values(ended)["escalation:outcome"] == "success"
    assert values(ended)["escalation:open"] == "false"


def test_when_it_happened_and_when_it_was_recorded_are_told_apart(store: Path) -> None:
    with open_store(store, now="2026-03-04T10:00") as desk:
        sent = events(log(desk).findall("trace")[0])[1]

    assert sent["time:timestamp"] == "2026-03-02T15:00:00+08:00"
    assert sent["escalation:recorded_at"] == "2026-03-03T10:00:00+08:00"


def test_what_was_taken_back_is_not_in_it(store: Path) -> None:
    with open_store(store, now="2026-03-04T10:00") as desk:
        case = desk.first_refs(2)[1]
        answered = next(r["seq"] for r in desk.show(case)["history"] if r["event"] == "answer_received")
        desk.withdraw(case, answered)
        names = [e["concept:name"] for e in events(log(desk).findall("trace")[1])]

    assert names == ["opened", "request_sent"]


def test_nothing_that_a_person_wrote_is_in_it(store: Path) -> None:
    with open_store(store, now="2026-04-01T10:00") as desk:
        body = b"".join(desk.export("xes"))

    assert b"Secret" not in body
    assert b"accepted" not in body


def test_the_same_cases_give_the_same_bytes(store: Path) -> None:
    bodies = set()
    for lang in ("zh", "en"):
        with open_store(store, now="2026-03-05T10:00", lang=lang) as desk:
            bodies.add(b"".join(desk.export("xes")))
    with open_store(store, now="2026-03-06T10:00") as desk:  # nothing lapses until then
        bodies.add(b"".join(desk.export("xes")))

    assert len(bodies) == 1


def test_it_is_written_case_by_case(store: Path) -> None:
    with open_store(store, now="2026-04-01T10:00") as desk:
        blocks = list(desk.export("xes"))

    assert [block.count(b"<trace>") for block in blocks] == [0, 1, 1, 0]


def test_a_label_with_any_character_leaves_valid_xml(tmp_path: Path) -> None:
    file = tmp_path / "my-case.yaml"
    label = '1 "<&> \\e\\a\\t\\n\\U0001F600 '
    file.write_text(
        new_procedure("my-case").replace('version: "1"', f'version: "{label.replace(chr(34), chr(92) + chr(34))}"')
    )
    with open_store(tmp_path / "cases.db", now="2026-03-02T10:00") as desk:
        desk.open(str(file))
        version = values(log(desk).findall("trace")[0])["escalation:version"]

    assert version == '1 "<&> \ufffd\ufffd\t\n\U0001f600 '


@pytest.mark.parametrize("text", ["\x00", "a\x1bb", "\ud800", "\ufffe", "\x0b\x0c"])
def test_what_no_xml_can_hold_becomes_a_sign(text: str) -> None:
    found = ElementTree.fromstring(f'<a b="{quoted(text)}"/>').attrib["b"]

    assert "\ufffd" in found
    assert len(found) == len(text)


@pytest.mark.parametrize("text", ["\t\n\r", "<b>&amp;\"'", "花呗\U0010ffff", "\x7f\x85"])
def test_what_xml_can_hold_comes_back(text: str) -> None:
    assert ElementTree.fromstring(f'<a b="{quoted(text)}"/>').attrib["b"] == text


def test_the_file_is_private_and_one_case_is_enough(store: Path, tmp_path: Path) -> None:
    with open_store(store) as desk:
        case = desk.first_refs(1)[0]
    file = tmp_path / "one.xes"

    assert run(["export", case, "--format", "xes", "-o", str(file), "--store", str(store), "--quiet"]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    found = ElementTree.parse(file).getroot()
    assert_valid(found)
    assert [values(trace)["concept:name"] for trace in found.findall("trace")] == [case]


def test_the_extension_is_described_as_it_is_used(store: Path) -> None:
    described = ElementTree.parse(Path(__file__).parents[2] / "docs" / "escalation.xesext").getroot()
    with open_store(store, now="2026-04-01T10:00") as desk:
        found = log(desk)

    assert described.attrib["uri"] == EXTENSION
    for scope in ("trace", "event"):
        part = described.find(scope)
        assert part is not None
        known = {f"escalation:{each.attrib['key']}": each.tag for each in part}
        used = {
            each.attrib["key"]: each.tag
            for element in found.iter(scope)
            for each in element
            if each.attrib.get("key", "").startswith("escalation:")
        }
        assert used == known
