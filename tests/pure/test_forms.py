"""What is typed into forms, understood as people mean it."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tui.forms import AT, NOTE, Field, Problem, fields_of, paths, read, read_day, read_form, size_said

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Sunday."""
WHEN = Field(AT, "", "when")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("昨天", "2026-11-21"), ("前天", "2026-11-20"), ("大前天", "2026-11-19"), ("yesterday", "2026-11-21"),
        ("周五", "2026-11-20"), ("星期五", "2026-11-20"), ("friday", "2026-11-20"), ("Fri", "2026-11-20"),
        ("上周三", "2026-11-11"), ("上个星期三", "2026-11-11"), ("本周一", "2026-11-16"), ("last friday", "2026-11-20"),
        ("last sunday", "2026-11-15"), ("上上周一", "2026-11-02"),
        ("11-20", "2026-11-20"), ("11/20", "2026-11-20"), ("11月20日", "2026-11-20"), ("11月20号", "2026-11-20"),
        ("１１月２０日", "2026-11-20"), ("12-31", "2025-12-31"), ("20号", "2026-11-20"), ("25号", "2026-10-25"),
        ("2026-11-20", "2026-11-20"), ("2026年11月20日", "2026-11-20"), ("20261120", "2026-11-20"),
        ("3天前", "2026-11-19"), ("2周前", "2026-11-08"), ("3 days ago", "2026-11-19"),
        ("20 nov", "2026-11-20"), ("November 20, 2026", "2026-11-20"), ("Dec 24", "2025-12-24"),
        ("2026-11-20 14:30", "2026-11-20T14:30"), ("2026-11-20T14:30", "2026-11-20T14:30"),
        ("昨天 14:30", "2026-11-21T14:30"), ("昨天下午3点半", "2026-11-21T15:30"), ("周五晚上8点", "2026-11-20T20:00"),
        ("昨天14点05分", "2026-11-21T14:05"), ("yesterday 3pm", "2026-11-21T15:00"),
        ("11-20 9：05", "2026-11-20T09:05"),
        ("9:30", "2026-11-22T09:30"),
        ("", None), ("今天", None), ("today", None), ("2026-11-22", None), ("刚才", None), ("周日", None),
    ],
)  # fmt: skip
def test_an_instant_that_has_come(typed: str, meant: str | None) -> None:
    found = read(WHEN, typed, NOW)
    assert (found.value, found.problem) == (meant, None)
    assert found.shown is not None


@pytest.mark.parametrize("typed", ["明天", "2026-11-23", "2026-11-22 10:01", "中午12点", "下周一", "tomorrow", "3天后"])
def test_what_has_not_come_is_refused(typed: str) -> None:
    assert read(WHEN, typed, NOW).problem == Problem("future")


@pytest.mark.parametrize(
    "typed", ["周八", "13-45", "2026-02-30", "昨天 25:00", "哪天", "99", "20260", "前前天", "0号", "2-29"]
)
def test_what_is_no_day_is_said_to_be_none(typed: str) -> None:
    assert read(WHEN, typed, NOW).problem == Problem("when")


def test_a_day_that_may_lie_ahead_is_the_nearest() -> None:
    today = date(2026, 11, 22)
    assert read_day("12-05", today) == date(2026, 12, 5)
    assert read_day("1月8日", today) == date(2027, 1, 8)
    assert read_day("周五", today) == date(2026, 11, 27)
    assert read_day("下周三", today) == date(2026, 11, 25)
    assert read_day("28号", today) == date(2026, 11, 28)


@pytest.mark.parametrize(
    ("type", "typed", "value"),
    [
        ("money", "12000", "12000.00"), ("money", "¥12,000.5", "12000.50"), ("money", "１２０００元", "12000.00"),
        ("money", "1.2万", "12000.00"), ("money", "¥  3千 元", "3000.00"), ("percent", "7.2%", "7.2"),
        ("integer", " 12 ", 12), ("boolean", "true", True), ("date", "12月5日", "2026-12-05"),
        ("text", " 原话 ", " 原话 "), ("text", "   ", None),
    ],
)  # fmt: skip
def test_values_as_the_library_takes_them(type: str, typed: str, value: object) -> None:
    assert read(Field("x", "", type), typed, NOW).value == value


@pytest.mark.parametrize(
    ("field", "typed", "problem"),
    [
        (Field("x", "", "money"), "很多", Problem("money")),
        (Field("x", "", "money", limits={"min": 0}), "-1", Problem("min", "0")),
        (Field("x", "", "integer", limits={"max": 600}), "601", Problem("max", "600")),
        (Field("x", "", "text", limits={"max_length": 3}), "四个字了", Problem("max_length", "3")),
        (Field("x", "", "choice", of=("app", "letter")), "leter", Problem("choice", "app | letter", "letter")),
        (Field("x", "", "date"), "哪天", Problem("day")),
        (Field("x", "", "money"), "1,2", Problem("money")),
        (Field("x", "", "money"), "$5", Problem("yuan")),
        (Field("x", "", "money"), "x万", Problem("money")),
        (Field(NOTE, "", "note"), "\udcff", Problem("text")),
    ],
)
def test_what_is_wrong_with_a_value(field: Field, typed: str, problem: Problem) -> None:
    assert read(field, typed, NOW).problem == problem


def test_a_form_is_read_at_once() -> None:
    asks: dict[str, dict[str, object]] = {
        "reason": {"type": "choice", "of": ["a", "b"], "required": True, "title": "理由"}, "sum": {"type": "money"},
    }  # fmt: skip
    fields = (WHEN, *fields_of(asks), Field(NOTE, "", "note"))
    empty = read_form(fields, {}, NOW)
    assert empty.missing == ("reason",)
    assert not empty.ready
    full = read_form(fields, {AT: "昨天", "reason": "a", "sum": "5元", NOTE: "hm"}, NOW)
    assert (full.values, full.at, full.note) == ({"reason": "a", "sum": "5.00"}, "2026-11-21", "hm")
    assert full.ready
    wrong = read_form(fields, {AT: "明天", "reason": "a", "sum": "viel"}, NOW)
    assert set(wrong.problems) == {AT, "sum"}


def test_pasted_paths() -> None:
    there = {"/a b/c.pdf", "/x.png", "/it's.txt"}

    def exists(path: str) -> bool:
        return path in there

    assert paths("/a b/c.pdf", exists) == ["/a b/c.pdf"]
    assert paths("'/a b/c.pdf' ", exists) == ["/a b/c.pdf"]
    assert paths(r"/a\ b/c.pdf /x.png", exists) == ["/a b/c.pdf", "/x.png"]
    assert paths('file:///a%20b/c.pdf\n"/x.png"', exists) == ["/a b/c.pdf", "/x.png"]
    assert paths("/it's.txt", exists) == ["/it's.txt"]
    assert paths("/not there.pdf", exists) == ["/not there.pdf"]
    assert paths("\n \n", exists) == []
    assert paths("/x.png\n/x.png", exists) == ["/x.png"]


def test_sizes() -> None:
    assert [size_said(n) for n in (10, 2048, 3 * 1024**2)] == ["10 B", "2.0 KiB", "3.0 MiB"]
