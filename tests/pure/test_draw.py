"""The drawings: exact lanes of a small procedure, and that no title breaks any of the four."""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import states
from states.cells import LONGEST, cells, clean, wrapped
from states.draw import dot, lanes, mermaid
from states.draw_svg import svg
from states.model import Procedure
from states.reader import read_procedure
from states.saying import Edge, edges

Drawing = Callable[[Procedure, str], str]

TINY = """\
procedure: tiny
version: "1"
title: {zh: 退货, en: Return}
timezone: Asia/Shanghai
calendar: CN
initial: asking
stages:
  talk: {title: {zh: 协商, en: Talk}}
  done: {title: {zh: 结束, en: Done}}
parties:
  me: {title: {zh: 我, en: Me}}
  shop: {title: {zh: 商家, en: Shop}}
facts:
  paid: {type: money, title: {zh: 已付, en: Paid}}
checklists:
  papers: {title: {zh: 凭证, en: Papers}, items: {bill: {title: {zh: 小票, en: Bill}}}}
events:
  asked: {title: {zh: 已要求退货, en: Asked}, by: me}
  answered: {title: {zh: 商家答复, en: Answered}, by: shop, asks: {sum: {type: money, required: true}}}
  silent: {title: {zh: 没有答复, en: No answer}, by: clock}
  called: {title: {zh: 打了电话, en: Called}, by: me}
  dropped: {title: {zh: 算了, en: Dropped}, by: me}
  posted: {title: {zh: 已寄出, en: Posted}, by: me}
  arrived: {title: {zh: 已签收, en: Arrived}, by: shop}
states:
  asking:
    stage: talk
    title: {zh: 准备, en: Asking}
    transitions: {asked: {to: waiting, requires: [papers]}}
  waiting:
    stage: talk
    title: {zh: 等答复, en: Waiting}
    follow_up: {every: 2 working days, do: {zh: 问一问, en: Ask again}}
    deadlines:
      answer:
        title: {zh: 答复, en: Answer}
        owed_by: shop
        within: 7 days
        lapses: silent
        extends: {called: 10 days}
    transitions:
      answered:
        - {to: paid_back, when: "event.sum >= facts.paid and not checklists.papers"}
        - {to: lost, because: {zh: 给得少, en: Too little}}
      silent: {to: lost}
      called: {}
  paid_back: {stage: done, title: {zh: 已退款, en: Paid back}, final: true, outcome: success}
  lost: {stage: done, title: {zh: 没退, en: Not paid}, final: true, outcome: failure}
  on_the_way: {stage: talk, track: parcel, title: {zh: 在路上, en: On the way}, transitions: {arrived: {to: there}}}
  there: {stage: done, track: parcel, title: {zh: 到了, en: There}, final: true, outcome: success}
transitions:
  dropped: {to: lost}
tracks:
  parcel: {title: {zh: 退件, en: Parcel}, initial: on_the_way, starts: [posted]}
deadlines:
  law: {title: {zh: 时效, en: Limitation}, owed_by: me, within: 3 years, starts: [asked], stops: [answered]}
"""
TINY_ZH = """\
退货 (tiny, 版本 1)

== 协商 ========================================================================
 [ ] 准备 (asking), 开始
     已要求退货 -> 等答复  条件: 凭证齐全
 [ ] 等答复 (waiting)
     期限 答复: 7 天, 责任方 商家; 打了电话后改为 10 天
     每 2 个工作日跟进: 问一问
     商家答复 -> 已退款  条件: sum >= 已付 且 非 凭证齐全
     商家答复 -> 没退  其他情况 (给得少)
     没有答复 (到期) -> 没退
     打了电话 -> (状态不变)
-- 支线 退件 (parcel), 与主线并行 ----------------------------------------------
 [ ] 在路上 (on_the_way), 开始
     已签收 -> 到了

== 结束 ========================================================================
 (*) 已退款 (paid_back), 结束: 成功
 (*) 没退 (lost), 结束: 未成
-- 支线 退件 (parcel), 与主线并行 ----------------------------------------------
 (*) 到了 (there), 结束: 成功

== 任何未结束的状态 ============================================================
     算了 -> 没退

== 支线 退件 (parcel), 与主线并行 ==============================================
     开始: 已寄出 -> 在路上

== 整个流程的期限 ==============================================================
     期限 时效: 3 年, 责任方 我; 已要求退货时起; 商家答复时止
"""
TINY_EN = """\
Return (tiny, version 1)
>>> now   [x] been here   [ ] not yet   (*) end   => taken
-> possible

== Talk ====================================================
 [x] Asking (asking), start
     Asked => Waiting [taken]  if Papers complete
 [x] Waiting (waiting)
     deadline Answer: 7 days, owed by Shop; 10 days after
       Called
     follow-up every 2 working days: Ask again
     Answered -> Paid back  if sum >= Paid and not Papers
       complete
     Answered => Not paid [taken]  otherwise (Too little)
     No answer (at lapse) -> Not paid
     Called => (stays) [taken]
-- Track Parcel (parcel), beside the main track ------------
 >>> On the way (on_the_way) <<< now, start
     Arrived -> There

== Done ====================================================
 (*) Paid back (paid_back), end: success
 >>> Not paid (lost) <<< now, end: failure
-- Track Parcel (parcel), beside the main track ------------
 (*) There (there), end: success

== In every state that is not an end =======================
     Dropped -> Not paid

== Track Parcel (parcel), beside the main track ============
     start: Posted => On the way [taken]

== Deadlines of the whole procedure ========================
     deadline Limitation: 3 years, owed by Me; from Asked;
       until Answered
"""
PARCEL = (Path(__file__).parents[1] / "procedures" / "parcel-dispute.yaml").read_text(encoding="utf-8")
SHIPPED = sorted(
    path for path in (Path(str(states.__file__)).parent / "procedures").glob("*.yaml") if ".stories" not in path.name
)
DRAWINGS: tuple[Drawing, ...] = (lanes, mermaid, dot, svg)
HOSTILE = (
    '"; end note',
    "a --> b : c",
    '%%{init: {"theme": "x"}}%%',
    "<script>alert(1)</script> & &amp; ]]>",
    "[*] } { ` ** # #quot; \\n \\",
    "line\nstate x {\r\n\t%% end",
    "\u202egnp.exe\u2066\u200b",
    "\U0001f600\U0001f468\u200d\U0001f469 \ufe0f \U0001f1e8\U0001f1f3",
    "e" + "\u0301" * 500,
    "长" * 10_000,
    "x" * 10_000,
    "\x00\x1b[31m\x7f\x85",
    "\ud800\uffff\ue000",
    "",
    " \t ",
    "{0} {x} %s",
)
SVG = "{http://www.w3.org/2000/svg}"


def test_lanes_in_chinese_at_80_columns() -> None:
    assert lanes(_read(TINY), "zh", width=80) == TINY_ZH


def test_lanes_in_english_at_60_columns_with_the_way_taken() -> None:
    way = [("asking", "asked"), ("waiting", "called"), ("waiting", "answered")]

    assert lanes(_read(TINY), "en", {"main": "lost", "parcel": "on_the_way"}, way, width=60) == TINY_EN


def test_the_present_has_a_sign_and_a_word_and_nothing_else_has() -> None:
    drawn = lanes(_read(TINY), "zh", {"main": "waiting"})

    assert [line for line in drawn.splitlines() if ">>>" in line and "走过" not in line] == [
        " >>> 等答复 (waiting) <<< 现在"
    ]


def test_where_the_way_led_next_tells_the_branch() -> None:
    drawn = lanes(_read(TINY), "en", {"main": "paid_back"}, [("waiting", "answered")])

    assert "Answered => Paid back" in drawn
    assert "Answered -> Not paid" in drawn


def test_where_nothing_tells_the_branch_all_are_marked() -> None:
    drawn = lanes(_read(TINY), "en", None, [("waiting", "answered"), ("gone", "answered")])

    assert drawn.count("Answered => ") == 2


def test_the_way_through_a_transition_of_every_state_is_marked_there() -> None:
    drawn = lanes(_read(TINY), "en", {"main": "lost"}, [("asking", "dropped")])

    assert "Dropped => Not paid [taken]" in drawn
    assert "start: Posted -> On the way" in drawn


def test_a_page_is_never_narrower_than_it_can_be() -> None:
    assert lanes(_read(TINY), "zh", width=30) == lanes(_read(TINY), "zh", width=1)


def test_the_table_has_every_transition_once() -> None:
    table = edges(_read(TINY))

    assert [(e.track, e.source, e.event, e.target, e.starts) for e in table] == [
        ("main", "asking", "asked", "waiting", False),
        ("main", "waiting", "answered", "paid_back", False),
        ("main", "waiting", "answered", "lost", False),
        ("main", "waiting", "silent", "lost", False),
        ("main", "waiting", "called", None, False),
        ("main", None, "dropped", "lost", False),
        ("parcel", None, "posted", "on_the_way", True),
        ("parcel", "on_the_way", "arrived", "there", False),
    ]
    assert [e.otherwise for e in table[:4]] == [False, False, True, False]
    assert [str(d.title.en) for d in table[3].lapses if not isinstance(d.title, str)] == ["Answer"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", [None, *SHIPPED], ids=lambda path: path.stem if path else "parcel-dispute")
def test_every_state_and_every_transition_is_in_every_drawing(path: Path | None, lang: str) -> None:
    procedure = _read(path.read_text(encoding="utf-8") if path else PARCEL)
    table = edges(procedure)

    page = lanes(procedure, lang, width=500)
    for id in procedure.states:
        assert re.search(rf"\({id}\)", page), id
    assert len(table) == len(re.findall(r"^ {5}(?!期限 |deadline ).* -> ", page, re.MULTILINE))
    _holds_everything_in_mermaid(procedure, table, mermaid(procedure, lang))
    _holds_everything_in_dot(procedure, table, dot(procedure, lang))
    _holds_everything_in_svg(procedure, table, svg(procedure, lang))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [30, 80])
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_line_is_wider_than_the_page(path: Path, width: int, lang: str) -> None:
    assert _too_wide(lanes(_read(path.read_text(encoding="utf-8")), lang, width=width), width) == []


@pytest.mark.parametrize("title", HOSTILE, ids=range(len(HOSTILE)))
def test_no_title_breaks_a_drawing(title: str) -> None:
    procedure = _with_every_text(title)
    table = edges(procedure)

    for width in (30, 60, 80):
        assert _too_wide(lanes(procedure, "zh", {"main": "waiting"}, width=width), width) == []
    _holds_everything_in_mermaid(procedure, table, mermaid(procedure, "en"))
    _holds_everything_in_dot(procedure, table, dot(procedure, "en"))
    _holds_everything_in_svg(procedure, table, svg(procedure, "en"))
    for drawing in DRAWINGS:
        drawn = drawing(procedure, "en")
        assert {"Cc"} >= {unicodedata.category(c) for c in drawn} & {"Cc", "Cf", "Cs", "Co", "Cn"}
        assert {"\n"} >= {c for c in drawn if unicodedata.category(c) == "Cc"}
        drawn.encode("utf-8")


@settings(max_examples=25)
@given(st.text(max_size=40))
def test_any_title_keeps_every_drawing_whole(title: str) -> None:
    procedure = _with_every_text(title)
    table = edges(procedure)

    assert _too_wide(lanes(procedure, "zh", width=40), 40) == []
    _holds_everything_in_mermaid(procedure, table, mermaid(procedure, "zh"))
    _holds_everything_in_dot(procedure, table, dot(procedure, "zh"))
    _holds_everything_in_svg(procedure, table, svg(procedure, "zh"))


def test_ids_that_mean_something_to_a_drawing_program_stay_ids() -> None:
    text = TINY.replace("asking", "end").replace("waiting", "wait-ing").replace("lost", "state")
    procedure = _read(text)

    drawn = mermaid(procedure, "en")

    assert "s_end --> s_wait.ing : Asked" in drawn
    _holds_everything_in_mermaid(procedure, edges(procedure), drawn)


def test_what_is_named_but_not_defined_is_drawn_by_its_id() -> None:
    text = TINY.replace("{to: lost}", "{to: nowhere}").replace("stage: done", "stage: attic")
    text = text.replace("owed_by: shop", "owed_by: nobody").replace("requires: [papers]", "requires: [stamps]")
    text = text.replace("event.sum >=", "facts.hidden == event.other or case.days_in_state > case.visits.asking and")
    text = text.replace("lapses: silent", "lapses: quiet")
    procedure = _read(text)

    drawn = lanes(procedure, "en", width=200)

    assert "== attic" in drawn
    assert "Dropped -> nowhere" in drawn
    assert "owed by nobody" in drawn
    assert "if stamps complete" in drawn
    assert "if hidden == other or days in this state > visits to Asking and Paid and not Papers complete" in drawn
    for drawing in DRAWINGS:
        assert drawing(procedure, "en")


@pytest.mark.parametrize(
    ("when", "hint"),
    [
        ("case.state == 'facts.paid'", "if this state == 'facts.paid'"),
        ("tracks.parcel == 'there'", "if Parcel == 'there'"),
        ("tracks.main != ''", "if main track != ''"),
        ("event.sum > 1", "if Paid > 1"),
        ("event.why == 'x' or facts.paid > 1", "if The reason == 'x' or Paid > 1"),
        ("event.none > 1", "if none > 1"),
    ],
)
def test_a_condition_is_hinted_in_titles(when: str, hint: str) -> None:
    asks = "asks: {sum: {type: money, sets: paid}, why: {type: text, title: The reason}}"
    text = TINY.replace("asks: {sum: {type: money, required: true}}", asks)
    text = text.replace("event.sum >= facts.paid and not checklists.papers", when)

    assert f"Answered -> Paid back  {hint}\n" in lanes(_read(text), "en", width=200)


@pytest.mark.parametrize(
    ("within", "zh", "en"),
    [
        ("within: 1 day", "1 天", "1 day"),
        ("within: 3 working days", "3 个工作日", "3 working days"),
        ("within: 48 hours", "48 小时", "48 hours"),
        ("within: soon", "soon", "soon"),
        ("due_on: paid", "已付当天", "on Paid"),
        (
            "within: [{when: facts.paid > 5, length: none}, {length: 2 months}]",
            "无期限 (条件: 已付 > 5) / 2 个月",
            "no deadline (if Paid > 5) / 2 months",
        ),
    ],
)
def test_a_period_is_said_in_words(within: str, zh: str, en: str) -> None:
    procedure = _read(TINY.replace("within: 7 days", within))

    assert f"期限 答复: {zh}, 责任方 商家" in lanes(procedure, "zh", width=200)
    assert f"deadline Answer: {en}, owed by Shop" in lanes(procedure, "en", width=200)
    assert f", {en.split(' (')[0]}" in dot(procedure, "en")


def test_a_procedure_with_nothing_beside_or_above_its_states_is_drawn() -> None:
    text = TINY[: TINY.index("transitions:\n  dropped")].replace("track: parcel, ", "")
    procedure = _read(text)

    assert lanes(procedure, "en").endswith(" (*) There (there), end: success\n")
    for drawing in DRAWINGS:
        assert "In every state" not in drawing(procedure, "en")


def test_what_moves_a_deadline_is_said() -> None:
    drawn = lanes(_read(PARCEL), "en", width=300)

    assert (
        "deadline Answer: 7 days, owed by Courier; afresh after New facts sent; "
        "15 days after Extension notified; paused from Papers requested to Papers sent\n"
    ) in drawn
    assert "deadline Agreed pick-up: on Pick-up day, owed by Courier; from Pick-up agreed; until Picked up\n" in drawn


def test_the_clock_is_dashed_or_has_its_sign() -> None:
    procedure = _read(TINY)

    assert '"s_waiting" -> "s_lost" [label="No answer, 7 days", style=dashed];' in dot(procedure, "en")
    assert "s_waiting --> s_lost : No answer#44; #9201; 7 days" in mermaid(procedure, "en")
    assert svg(procedure, "en").count('class="edge c3 clock"') == 1


def test_the_svg_is_one_file_that_reaches_for_nothing() -> None:
    drawn = svg(_read(PARCEL), "zh")
    root = ET.fromstring(drawn)

    assert root.findtext(f"{SVG}title") == "快递纠纷 (parcel-dispute, 版本 1)"
    assert lanes(_read(PARCEL), "zh") == root.findtext(f"{SVG}desc")
    assert "prefers-color-scheme:dark" in drawn
    assert not re.search(r"<script|href|url\(|@import|<image|@font-face|\son\w+=", drawn)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_line_of_the_svg_runs_through_a_box(path: Path, lang: str) -> None:
    root = ET.fromstring(svg(_read(path.read_text(encoding="utf-8")), lang))
    boxes = [_numbers(r, "x", "y", "width", "height") for r in root.iter(f"{SVG}rect") if _looks(r, "box")]
    ways = [
        [(float(x), float(y)) for x, y in re.findall(r"[MLQ](\S+?) ([\d.]+)", str(g[1].get("d")))]
        for g in root.iter(f"{SVG}g")
    ]

    assert [
        (a, b)
        for points in ways
        for a, b in pairwise(points)
        for x, y, width, height in boxes
        if _crosses(a, b, (x + 1, y + 1, x + width - 1, y + height - 1))
    ] == []
    assert not any(
        x < other_x + w and other_x < x + width and y < other_y + h and other_y < y + height
        for i, (x, y, width, height) in enumerate(boxes)
        for other_x, other_y, w, h in boxes[:i]
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\r\nc", "a b c"),
        ("  a  b ", "a b"),
        ("\u202eabc\u202c\u200d\ufeff", "abc"),
        ("\ud83d\ue000\uffff", "???"),
        ("☎\ufe0f", "☎"),
        ("x" * LONGEST, "x" * LONGEST),
        ("x" * (LONGEST + 1), "x" * LONGEST + "..."),
    ],
)
def test_a_text_is_cleaned_for_one_line(text: str, shown: str) -> None:
    assert shown == clean(text)


def test_wide_is_two_cells_and_ambiguous_is_one() -> None:
    assert cells("期限") == 4
    assert cells("…ab") == 3
    assert cells("，ｗ") == 4
    assert cells("e\u0301") == 1


def test_lines_break_between_words_and_wide_characters() -> None:
    assert wrapped("give the money back", 9, "", "  ") == ["give the", "  money", "  back"]
    assert wrapped("等待对方答复", 7) == ["等待对", "方答复"]
    assert wrapped("等待对方。", 9) == ["等待对", "方。"]
    assert wrapped("等待（对）", 7) == ["等待", "（对）"]
    assert wrapped("abcdefghij", 4) == ["abcd", "efgh", "ij"]


@given(st.text(max_size=80), st.integers(6, 40))
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    line = clean(text)
    lines = wrapped(line, width, "* ", "  ")

    assert line.replace(" ", "") == "".join(each[2:] for each in lines).replace(" ", "")
    assert all(cells(each) <= width for each in lines)


@cache
def _read(text: str) -> Procedure:
    return read_procedure(text).procedure


def _with_every_text(title: str) -> Procedure:
    """The procedure of the tests with one title for everything that people read."""

    def filled(part: Any) -> Any:
        if isinstance(part, list):
            return [filled(each) for each in part]
        if not isinstance(part, dict):
            return part
        return {key: title if key in ("title", "because", "do") else filled(each) for key, each in part.items()}

    return msgspec.convert(filled(msgspec.to_builtins(_read(PARCEL))), Procedure)


def _too_wide(page: str, width: int) -> list[str]:
    return [line for line in page.split("\n") if cells(line) > width]


def _moving(table: list[Edge]) -> list[Edge]:
    return [edge for edge in table if edge.target is not None]


def _holds_everything_in_mermaid(procedure: Procedure, table: list[Edge], drawn: str) -> None:
    lines = drawn.splitlines()
    finals = sum(state.final for state in procedure.states.values())
    text = r"(?:[^\x00-\x7f]|[a-zA-Z0-9 ]|#\d+;)+"
    node = r"(?:\[\*\]|(?:s|any)_[A-Za-z0-9_.]+)"
    grammar = (
        rf'    state "{text}" as (s|any|track)_[A-Za-z0-9_.]+( {{)?|    s_\S+ : {text}|    any_\S+ : {text}|    }}'
        rf"|    {node} --> {node}( : {text})?|    accTitle: {text}|    classDef stage\d+ \S+|    class s_\S+ stage\d+"
    )

    assert lines[0] == "stateDiagram-v2"
    assert [line for line in lines[1:] if not re.fullmatch(grammar, line)] == []
    for id in procedure.states:
        assert f" as s_{id.replace('-', '.')}\n" in drawn
    assert len(_moving(table)) + finals + 1 == sum(" --> " in line for line in lines)


def _holds_everything_in_dot(procedure: Procedure, table: list[Edge], drawn: str) -> None:
    """Graphviz reads a string up to a quote that no backslash stands before."""
    bare = re.sub(r'"(?:[^"\\\n]|\\["\\n])*"', "Q", drawn)

    assert '"' not in bare
    assert bare.count("{") == bare.count("}")
    for id in procedure.states:
        assert f'"s_{id}" [' in drawn
    assert len(_moving(table)) + 1 == bare.count("Q -> Q")


def _holds_everything_in_svg(procedure: Procedure, table: list[Edge], drawn: str) -> None:
    root = ET.fromstring(drawn)
    ids = "".join(str(text.text) for text in root.iter(f"{SVG}text") if _looks(text, "id"))
    ways = [group for group in root.iter(f"{SVG}g") if _looks(group, "edge")]
    boxes = [rect for rect in root.iter(f"{SVG}rect") if _looks(rect, "box")]
    loose = {edge.track for edge in table if edge.source is None}

    assert [id for id in procedure.states if id not in ids] == []
    assert len(_moving(table)) == len(ways)
    assert len(procedure.states) + len(loose) == len(boxes)


def _looks(shape: ET.Element, look: str) -> bool:
    return look in str(shape.get("class")).split()


def _numbers(shape: ET.Element, *keys: str) -> tuple[float, ...]:
    return tuple(float(str(shape.get(key))) for key in keys)


def _crosses(a: tuple[float, float], b: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
    """Whether the piece from `a` to `b`, which runs level or upright but for its corners, enters `box`."""
    left, top, right, bottom = box
    return max(a[0], b[0]) > left and min(a[0], b[0]) < right and max(a[1], b[1]) > top and min(a[1], b[1]) < bottom
