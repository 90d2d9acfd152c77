"""Deadlines by day, and the month they lie in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from stage import SMALL, USUAL, WIDE, press, settled, shown, stage

from escalation import Desk
from escalation.demo import fill
from tui.screens.board import BoardScreen
from tui.screens.case import CaseScreen
from tui.widgets.due_table import DueTable, columns, group_of, mark_of
from tui.widgets.month import Month, Year, month_text, turned
from tui.words import words

PARCEL = str(Path(__file__).parent.parent / "procedures" / "parcel-dispute.yaml")
TODAY = date(2026, 11, 22)


def row(**more: object) -> dict[str, object]:
    return {
        "day": "2026-11-22", "days_left": 0, "kind": "deadline", "status": "running", "owed_by": "me", "case": "a1",
        "id": "x", "provisional": False, **more,
    }  # fmt: skip


def test_what_they_owe_is_never_my_delay() -> None:
    late = row(status="missed", day="2026-11-01", days_left=-21)
    assert (group_of(late, TODAY), mark_of(late)) == ("mine", "missed")
    theirs = {**late, "owed_by": "lender"}
    assert (group_of(theirs, TODAY), mark_of(theirs)) == ("theirs", "late")
    assert mark_of(row(owed_by="lender", day="2026-11-23", days_left=1)) == "theirs"


def test_a_day_stands_in_its_group() -> None:
    assert group_of(row(), TODAY) == "today"
    assert group_of(row(day="2026-11-23"), TODAY) == "later"  # today is a Sunday
    assert group_of(row(day="2026-11-23"), date(2026, 11, 17)) == "later"
    assert group_of(row(day="2026-11-22"), date(2026, 11, 17)) == "week"
    assert group_of(row(kind="follow_up", status="missed", day="2026-11-01"), TODAY) == "today"


def test_a_month_says_what_is_off_and_what_is_worked() -> None:
    days = {
        "2026-10-01": {"working": False, "name": "国庆节"},
        "2026-10-10": {"working": True, "name": None},
        "2026-10-11": {"working": False, "name": None},
    }
    said = month_text(
        words("zh"), date(2026, 10, 1), date(2026, 10, 9), date(2026, 10, 8), {"2026-10-12": "missed"}, Year(days, True)
    ).plain
    assert " 1休" in said
    assert "10班" in said
    assert "11休" not in said
    assert "12  !!" in said
    assert "= 9" in said
    assert "> 8" in said
    assert "放假安排还没公布" in said


def test_months_go_round_the_year() -> None:
    assert turned(date(2026, 12, 1), 1) == date(2027, 1, 1)
    assert turned(date(2026, 1, 1), -1) == date(2025, 12, 1)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", [USUAL, WIDE, SMALL])
async def test_each_size_shows_what_is_due(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    async with stage(tmp_path, fill, lang=lang, size=size) as pilot:
        await press(pilot, "f7")
        assert isinstance(pilot.app.screen, BoardScreen)
        said = shown(pilot)
        assert ("期限看板" if lang == "zh" else "Deadlines") in said
        assert "11-23" in said
        if size != SMALL:
            assert ("2026年11月" if lang == "zh" else "Nov 2026") in said


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_more_room_shows_more_of_what_is_to_be_done_and_in_which_case(tmp_path: Path, lang: str) -> None:
    seen: dict[int, int] = {}
    async with stage(tmp_path, fill, lang=lang) as pilot:
        await press(pilot, "f7")
        for width, height in ((60, 20), (80, 24), (120, 40), (172, 40), (200, 50)):
            await pilot.resize_terminal(width, height)
            await settled(pilot)
            said = shown(pilot)
            listed = pilot.app.screen.query_one(DueTable)
            texts = [r[name] for r in listed._rows if not isinstance(r, str) for name in ("text", "title")]
            seen[width] = sum(max(n for n in range(len(each) + 1) if each[:n] in said) for each in texts)
            if width == 120:
                longest = "选一步走：回去谈、找调解，或者先看看自己。" if lang == "zh" else "Ask 12368 how it is going."
                assert longest in said
                assert ("三周后才补记的答复，撤销了逾期" if lang == "zh" else "The whole way") in said
    assert seen[60] < seen[80] < seen[120] <= seen[172] <= seen[200]


async def test_all_counts_are_seen_where_the_line_is_short(tmp_path: Path) -> None:
    async with stage(tmp_path, fill, lang="en", size=(60, 20)) as pilot:
        await press(pilot, "f7")
        assert "Later 10" in shown(pilot)


def test_columns_leave_what_they_do_not_need() -> None:
    rows = [row(text="回复", title="一" * 30, party="lender", basis=None), row(text="回复", title="短", basis=None)]
    wide = columns(words("zh"), rows, 120, 2026, False)
    assert wide["case"] == 60
    rows = [row(text="回" * 60, title="短", basis=None)]
    wide = columns(words("zh"), rows, 120, 2026, False)
    assert wide["case"] == 2
    assert sum(wide.values()) + len(wide) + 2 == 120
    assert "case" not in columns(words("zh"), rows, 40, 2026, False)


async def test_enter_opens_the_case_and_escape_returns(tmp_path: Path) -> None:
    async with stage(tmp_path, fill) as pilot:
        await press(pilot, "f7", "down", "enter")
        assert isinstance(pilot.app.screen, CaseScreen)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, BoardScreen)


async def test_only_mine(tmp_path: Path) -> None:
    async with stage(tmp_path, fill) as pilot:
        await press(pilot, "f7")
        assert "等对方" in shown(pilot)
        await press(pilot, "ctrl+n")
        assert "等对方" not in shown(pilot)
        assert "只看我的" in shown(pilot)


async def test_a_day_of_the_month_narrows_the_list(tmp_path: Path) -> None:
    async with stage(tmp_path, fill) as pilot:
        await press(pilot, "f7")
        month = pilot.app.screen.query_one(Month)
        month.focus()
        await press(pilot, "right", "right")
        assert month.chosen == date(2026, 11, 23)
        assert "只看 11月23日" in shown(pilot)
        assert "12-21" not in shown(pilot)
        await press(pilot, "escape")
        assert "12-21" in shown(pilot)
        assert isinstance(pilot.app.screen, BoardScreen)


async def test_a_later_month_brings_its_days(tmp_path: Path) -> None:
    async with stage(tmp_path, fill) as pilot:
        await press(pilot, "f7")
        assert "2027-02-19" not in shown(pilot)
        await press(pilot, "right", "right", "right")
        assert "2027年2月" in shown(pilot)
        await press(pilot, "ctrl+end")
        assert "2027-02-19" in shown(pilot)
        await press(pilot, "home")
        assert "2026年11月" in shown(pilot)


async def test_nothing_due_is_said(tmp_path: Path) -> None:
    def closed(desk: Desk) -> None:
        desk.open(PARCEL, title="花瓶", facts={"loss": "900"}, at="2026-11-20")

    async with stage(tmp_path, closed) as pilot:
        await press(pilot, "f7")
        listed = pilot.app.screen.query_one(DueTable)
        assert listed.count > 0 or "没有期限" in shown(pilot)


async def test_the_language_changes_and_the_row_stays(tmp_path: Path) -> None:
    async with stage(tmp_path, fill) as pilot:
        await press(pilot, "f7", "down", "down")
        listed = pilot.app.screen.query_one(DueTable)
        before = listed.chosen
        await press(pilot, "f2")
        after = listed.chosen
        assert before is not None
        assert after is not None
        assert before["case"] == after["case"]
        assert "Deadlines" in shown(pilot)
