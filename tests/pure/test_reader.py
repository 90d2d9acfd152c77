"""Strict reading: every slip in a file is named with its line, what was expected, and what was meant."""

from __future__ import annotations

import pytest
from cases import PARCEL

from states.checks import check
from states.errors import Finding, ProcedureError
from states.findings import sentence
from states.reader import read_procedure

TEXT = PARCEL.read_text()


def findings(text: str | bytes) -> list[Finding]:
    """All errors of a text, of shape or of sense."""
    try:
        return [f for f in check(read_procedure(text, "p.yaml")) if f.severity == "error"]
    except ProcedureError as error:
        return list(error.problems)


def patched(old: str, new: str) -> tuple[str, int]:
    """The valid text with one change, and the line of the change."""
    assert TEXT.count(old) >= 1
    return TEXT.replace(old, new, 1), TEXT[: TEXT.index(old)].count("\n") + 1


SHAPE = [
    # what is replaced, by what, the code, what was meant
    ("calendar: CN", "calender: CN", "unknown-key", "calendar"),
    ("initial: drafting\n", "", "missing-key", None),
    ('version: "1"', "version: 1", "wrong-value", None),
    ("owed_by: company", "owed-by: company", "unknown-key", "owed_by"),
    ("type: money, title: {zh: 损失金额", "type: mony, title: {zh: 损失金额", "wrong-value", "money"),
    ("final: true, outcome: success", "final: yes, outcome: success", "wrong-value", None),
    ("outcome: withdrawn", "outcome: withdrew", "wrong-value", "withdrawn"),
    ("every: 1 week", "every: weekly", "wrong-value", None),
    ("remind: [2 days before, on the day]", "remind: [2 days early]", "wrong-value", None),
    ("restarts: [new_facts_sent]", "restarts: new_facts_sent", "wrong-value", None),
    ("effective: 2018-05-01", "effective: May 2018", "wrong-value", None),
    ("certainty: statute", "certainty: certain", "wrong-value", None),
    ('article: "27"', "article: 27", "wrong-value", None),
    ("procedure: parcel-dispute", "procedure: Parcel Dispute", "wrong-value", None),
    ("  papers_sent: {title", "  papers sent: {title", "bad-name", None),
    ("complained: {to: complaint}", "complained: {to: complaint, when: 3}", "wrong-value", None),
    ("title: {zh: 我, en: Me}", "title: {zh: 我, fr: Moi}", "unknown-key", None),
    ("requires: [evidence]", "requires: [[evidence]]", "wrong-value", None),
    ("required: true", "required: maybe", "wrong-value", None),
    ("timezone: Asia/Shanghai", "timezone: [Asia/Shanghai]", "wrong-value", None),
    ("extends: {extension_notified: 15 days}", "extends: {extension_notified: longer}", "wrong-value", None),
    ("complained: {title: {zh: 已申诉, en: Complained}, by: me}", "complained: !secret x", "tag", None),
]


@pytest.mark.parametrize(("old", "new", "code", "meant"), SHAPE, ids=[new or old for old, new, _, _ in SHAPE])
def test_a_slip_in_the_shape(old: str, new: str, code: str, meant: str | None) -> None:
    text, line = patched(old, new)
    found = next(f for f in findings(text) if f.code == code)

    assert found.file == "p.yaml"
    assert found.line == (1 if code == "missing-key" else line)
    if meant is not None:
        assert found.meant == meant
    assert sentence(found, "zh") != sentence(found, "en")


@pytest.mark.parametrize(
    ("old", "code"),
    [
        ("facts.offered >= facts.los", "expression-name"),
        ("facts.offered >=", "expression-syntax"),
        ("facts.offered", "expression-type"),
        ("facts.offered >= 'much'", "expression-types"),
        ("print(facts.offered)", "expression-unknown"),
        ("facts.offered ** 2 > 1", "expression-unknown"),
        ("facts.offered is facts.loss", "expression-unknown"),
        ("[facts.offered for x in 1]", "expression-unknown"),
        ("case.visits.nowhere > 1", "expression-name"),
        ("tracks.nowhere == ''", "expression-name"),
        ("event.amonut > 1", "expression-name"),
        ("facts.__class__ == 1", "expression-name"),
        ("1" + " + 1" * 240 + " > 3", "expression-size"),
    ],
)
def test_a_slip_in_a_guard(old: str, code: str) -> None:
    text, line = patched("facts.offered >= facts.loss", old)
    found = findings(text)

    assert code in [f.code for f in found]
    assert {f.line for f in found if f.code == code} == {line}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "empty"),
        (b"# nothing but a remark\n", "empty"),
        (b"procedure: [", "not-yaml"),
        (b"procedure: \xff\xfe", "not-utf8"),
        (b"\tprocedure: x", "not-yaml"),
        (b"a: 1\n---\nb: 2\n", "several-documents"),
        (b"- a list\n", "wrong-value"),
        (b"just words", "wrong-value"),
        (b"x" * 2_000_001, "too-large"),
        (b"a: &a [x]\nb: *c\n", "not-yaml"),
        (TEXT.replace("events:\n", "events:\n  claim_sent: {title: x, by: me}\n", 1).encode(), "duplicate-key"),
    ],
    ids=["empty", "remark", "bracket", "bytes", "tab", "two", "list", "words", "large", "alias", "twice"],
)
def test_a_file_that_is_none(text: bytes, code: str) -> None:
    assert code in [f.code for f in findings(text)]


def test_aliases_of_aliases_are_not_worth_a_gigabyte() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]

    assert findings("\n".join(lines))


def test_all_problems_are_told_at_once_and_in_the_order_of_the_file() -> None:
    text = TEXT.replace("calendar: CN", "calender: CN").replace("type: money", "type: mony")
    found = findings(text)

    assert len(found) > 3
    assert [f.line for f in found] == sorted(f.line for f in found)


def test_the_hash_keeps_the_order_of_keys_and_forgets_remarks() -> None:
    tracks = (
        "stages:\n  direct: {title: {zh: 直接协商, en: Direct}}\n  outside: {title: {zh: 外部救济, en: Outside help}}\n"
    )
    turned = (
        "stages:\n  outside: {title: {zh: 外部救济, en: Outside help}}\n  direct: {title: {zh: 直接协商, en: Direct}}\n"
    )
    assert tracks in TEXT

    assert read_procedure("# a remark\n" + TEXT).hash == read_procedure(TEXT).hash
    assert read_procedure(TEXT.replace(tracks, turned)).hash != read_procedure(TEXT).hash
