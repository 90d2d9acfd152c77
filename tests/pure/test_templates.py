"""A template is read strictly, can do little, and takes no value for markup."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letters import CLAIM, HEAD, PROCEDURE

from escalation.letters.blocks import Block, Heading, Paragraph, Right, Table, text_of
from escalation.letters.markdown import plain_text
from escalation.letters.render import capitals, clean, day, money, rendered
from states.errors import ProcedureError
from states.findings import sentence
from states.model import Procedure
from states.reader import read_procedure
from states.template import differing, read_template, unfit

PARCEL = read_procedure(PROCEDURE.read_bytes()).procedure


def found(text: str, procedure: Procedure = PARCEL) -> set[tuple[str, int]]:
    """The codes of all that is wrong, and their lines."""
    try:
        return {(f.code, f.line) for f in unfit(read_template(text), procedure)}
    except ProcedureError as error:
        return {(f.code, f.line) for f in error.problems}


def made(body: str, lang: str = "zh", **values: Any) -> tuple[Block, ...]:
    """The blocks of a text in which these values are said."""
    asked = "".join(f"  {name}: {{ask: text, title: T}}\n" for name in values)
    head = f"---\nto: them\nfields:\n{asked}---\n" if values else "---\nto: them\n---\n"
    return rendered(read_template(head + body), values, lang)


def test_a_template_that_is_right_has_no_findings() -> None:
    assert found(CLAIM) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no front matter", ("template-no-head", 1)),
        ("---\nto: x\n", ("template-no-head", 1)),
        ("---\nto: x\nfeilds: {}\n---\n", ("unknown-key", 3)),
        ("---\nnotes: x\n---\n", ("missing-key", 2)),
        ("---\nto: [\n---\n", ("not-yaml", 3)),
        ("---\nto: x\nfields: {a: {ask: text}}\n---\n{{ a }}", ("missing-key", 3)),
        ("---\nto: x\nfields: {a: {ask: txt, title: A}}\n---\n", ("wrong-value", 3)),
        ("---\nto: x\nfields: {a: {ask: choice, title: A}}\n---\n", ("template-choice", 3)),
        ("---\nto: x\nfields: {today: {ask: date, title: A}}\n---\n", ("reserved-name", 3)),
        ("---\nto: x\nfields: {lost: {required: true}}\n---\n{{ lost }}", ("template-no-fact", 3)),
        ("---\nto: x\nneeds: [exhibit]\n---\n", ("template-need", 3)),
        ("---\nto: x\nneeds: [last.claim_snt]\n---\n", ("undefined-event", 3)),
        ("---\nto: x\nneeds: [deadlines.anser]\n---\n", ("undefined-deadline", 3)),
        ("---\nto: x\nbasis: [{source: express-rule}]\n---\n", ("undefined-source", 3)),
        ("---\nto: x\n---\n\n{{ tody }}", ("template-undefined", 5)),
        ("---\nto: x\n---\n{{ last.claim_snt.day }}", ("undefined-event", 4)),
        ("---\nto: x\n---\n{{ last.claim_sent.amont }}", ("template-undefined", 4)),
        ("---\nto: x\n---\n{{ deadlines.answr.due }}", ("undefined-deadline", 4)),
        ("---\nto: x\n---\n{{ today | dy }}", ("template-filter", 4)),
        ("---\nto: x\n---\n{{ last.claim_sent | default('-') }}", ("template-filter", 4)),
        ("---\nto: x\n---\n{% if today is weekend %}{% endif %}", ("template-test", 4)),
        ("---\nto: x\n---\n{% if today %}", ("template-syntax", 4)),
        ("---\nto: x\n---\n{{ 'a'.upper() }}", ("template-not-allowed", 4)),
        ("---\nto: x\n---\n{% include '/etc/passwd' %}", ("template-not-allowed", 4)),
        ("---\nto: x\n---\n{% macro a() %}{% endmacro %}", ("template-not-allowed", 4)),
        ("---\nto: x\n---\n{% for a in timeline recursive %}{% endfor %}", ("template-not-allowed", 4)),
        ("---\nto: x\n---\n{{ " + "(" * 900 + "1" + ")" * 900 + " }}", ("template-syntax", 1)),
        ("---\nto: x\n---\n" + "x" * 200_001, ("too-large", 1)),
    ],
)
def test_every_slip_is_named_where_it_stands(text: str, expected: tuple[str, int]) -> None:
    assert expected in found(text)


def test_everything_is_named_at_once() -> None:
    text = "---\nto: x\nlimits: 3\n---\n{{ tody }}\n{{ x.y() }}\n{{ today | dy }}\n{% set a = 1 | dz %}"

    assert {code for code, _ in found(text)} == {
        "unknown-key", "template-undefined", "template-not-allowed", "template-filter",
    }  # fmt: skip


def test_a_near_miss_is_offered() -> None:
    with pytest.raises(ProcedureError) as caught:
        read_template("---\nto: x\n---\n{{ tody }}")

    assert "Did you mean today?" in sentence(caught.value.problems[0], "en")


def test_an_event_of_another_procedure_has_only_not_happened() -> None:
    assert found("---\nto: x\n---\n{% if last.judgment_received %}x{% endif %}") == set()


def test_two_languages_that_ask_different_things_are_told() -> None:
    other = read_template(HEAD.replace("required: true}\n  loss", "required: false}\n  loss"), "b")

    (finding,) = differing(read_template(HEAD, "a"), other)
    assert (finding.code, finding.file, finding.found) == ("template-differs", "b", "my_name")
    assert differing(read_template(HEAD), read_template(HEAD)) == ()


def test_a_template_is_no_calculator_for_strangers() -> None:
    for body in ("{{ 'a' * 1000000000 }}", "{{ [1] * 1000000000 }}", "{{ today.__class__ }}"):
        with pytest.raises(ProcedureError) as caught:
            rendered(read_template("---\nto: x\n---\n" + body), {"today": date(2026, 3, 2)}, "zh")
        assert [f.code for f in caught.value.problems] == ["template-fails"]


def test_a_letter_that_grows_without_end_is_stopped() -> None:
    loops = "".join("{% for a in timeline %}" for _ in range(4)) + "xxxxxxxxxx" + "{% endfor %}" * 4
    template = read_template("---\nto: x\n---\n" + loops)

    with pytest.raises(ProcedureError):
        rendered(template, {"timeline": list(range(40))}, "zh")


def test_what_is_missing_is_never_a_blank() -> None:
    for body in ("\n{{ who }}", "\n{{ last.claim_sent }}"):
        template = read_template(f"---\nto: x\nfields: {{who: {{ask: text, title: A}}}}\n---\n{body}")
        with pytest.raises(ProcedureError) as caught:
            rendered(template, {"who": None, "last": type("Last", (), {"claim_sent": None})()}, "zh")
        assert caught.value.problems[0].line == 6


HOSTILE = [
    "**bold** _it_ `code` ~~x~~",
    "# heading\n\n# another",
    "- item\n1. item\n> note\n```right\nx\n```",
    "| a | b |\n|---|---|\n| c | d |",
    "[link](http://x) ![i](y) <script>alert(1)</script> &amp; &lt;",
    "{{ today }} {% for x in y %} {# no #}",
    "#sys.inputs #import \"x\" $1+1$ \\u{41} <label> @ref",
    "]]> <w:p/> &#0; <?xml version='1.0'?>",
    "    four spaces\n\ttab",
    "----\n====\n+++\n***",
    "喆堃𠮷",
    "a" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_a_value_is_text_wherever_it_stands(value: str) -> None:
    body = "# T {{ v }}\n\n{{ v }}\n\n**{{ v }}**\n\n- {{ v }}\n\n| h |\n|---|\n| {{ v }} |\n\n```right\n{{ v }}\n```\n"
    blocks = made(body, v=value)
    flat = " ".join(value.split())

    kinds = [type(block).__name__ for block in blocks]
    assert kinds == ["Heading", "Paragraph", "Paragraph", "Bullets", "Table", "Right"]
    assert all(" ".join(text.split()).removeprefix("T ") == flat for text in texts(blocks))


def texts(blocks: tuple[Block, ...]) -> list[str]:
    found = []
    for block in blocks:
        match block:
            case Heading(_, runs) | Paragraph(runs):
                found.append(text_of(runs))
            case Table(_, rows):
                found.append(text_of(rows[0][0]))
            case Right(lines):
                found.append(text_of(lines[0]))
    return found


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_a_value_passes_through_whatever_it_is(value: str) -> None:
    kept = clean(value).strip()

    blocks = made("{% if v %}x{{ v }}x{% endif %}", v=kept or None)
    assert " ".join(plain_text(blocks, "zh").split()) == (" ".join(f"x{kept}x".split()) if kept else "")


def test_what_cannot_be_seen_is_left_out() -> None:
    assert clean("a\u202eb\x1b[31mc\0d\u200be\r\nf\U0010f041g") == "ab[31mcde\nfg"


def test_a_name_with_a_variant_of_a_character_keeps_it() -> None:
    assert clean("葛\U000e0100") == "葛\U000e0100"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0", "零元整"), ("0.05", "伍分"), ("3.5", "叁元伍角整"), ("3.05", "叁元零伍分"), ("12000", "壹万贰仟元整"),
        ("10010", "壹万零壹拾元整"), ("100001", "壹拾万零壹元整"), ("1000100.50", "壹佰万零壹佰元伍角整"),
        ("10203.05", "壹万零贰佰零叁元零伍分"), ("100000000", "壹亿元整"), ("100200300", "壹亿零贰拾万零叁佰元整"),
        ("10000000001", "壹佰亿零壹元整"), ("23600", "贰万叁仟陆佰元整"), ("-8.12", "负捌元壹角贰分"),
    ],
)  # fmt: skip
def test_sums_in_capitals_are_as_on_a_bill(value: str, said: str) -> None:
    assert capitals(Decimal(value)) == said


_FIGURES = {c: i for i, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
_UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def read_back(text: str) -> Decimal:
    """A sum in capitals, read character by character."""
    cents = total = group = figure = 0
    for c in text.removesuffix("整"):
        if c in _FIGURES:
            figure = _FIGURES[c]
        elif c in _UNITS:
            group, figure = group + figure * _UNITS[c], 0
        elif c in "万亿":
            total, group, figure = (total + (group + figure)) * {"万": 10**4, "亿": 10**8}[c], 0, 0
        elif c == "元":
            total, group, figure = total + group + figure, 0, 0
        else:
            cents, figure = cents + figure * {"角": 10, "分": 1}[c], 0
    return total + Decimal(cents) / 100


@given(st.integers(min_value=0, max_value=10**10 - 1))
def test_sums_in_capitals_can_be_read_back(cents: int) -> None:
    amount = Decimal(cents) / 100

    assert read_back(capitals(amount)) == amount
    assert "零零" not in capitals(amount)


def test_days_and_sums_are_said_in_the_language_of_the_letter() -> None:
    assert day(date(2026, 3, 2), "zh") == "2026年3月2日"
    assert day("2026-03-02", "en") == "2 March 2026"
    assert money("1234567.5") == "1,234,567.50"
    assert texts(made("{{ v }} ", v=date(2026, 3, 2))) == ["2026年3月2日"]
    assert texts(made("{{ v }}", "en", v=True)) == ["yes"]


@pytest.mark.parametrize("value", ["x", True, date(2026, 1, 1), "1" * 20])
def test_a_filter_says_no_to_what_it_is_not_for(value: Any) -> None:
    for name in ("money", "upper") if not isinstance(value, str) else ("upper",):
        with pytest.raises(ProcedureError):
            made(f"{{{{ v | {name} }}}}", v=value)
