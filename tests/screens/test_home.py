"""All cases: a table that finds, sorts, marks, opens; the same for many; views."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from stage import SMALL, USUAL, WIDE, press, settled, shown, stage
from textual.widgets import Input

from escalation import Desk, open_store
from escalation.demo import fill
from tui.screens.bulk import BulkScreen
from tui.screens.case import CaseScreen
from tui.screens.home import HomeScreen
from tui.widgets.case_columns import columns
from tui.widgets.case_table import CaseTable

PARCEL = str(Path(__file__).parent.parent / "procedures" / "parcel-dispute.yaml")
NOW = "2026-03-02T10:00"


def some(desk: Desk) -> None:
    for name in ("花瓶", "手机", "[b]书[/b]"):
        desk.open(PARCEL, title=name, client=f"{name}的主人", facts={"loss": "900"})


def many(desk: Desk) -> None:
    for n in range(60):
        desk.open(PARCEL, title=f"parcel{n:03}", facts={"loss": "900"})


def table(pilot: object) -> CaseTable:
    return pilot.app.screen.query_one(CaseTable)  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", [USUAL, WIDE, SMALL])
async def test_each_size_says_what_and_by_when(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    async with stage(tmp_path, fill, lang=lang, size=size) as pilot:
        said = shown(pilot)
        for word in ("状态", "下一步", "最晚") if lang == "zh" else ("Status", "Next", "By"):
            assert word in said
        assert "12-21" in said
        assert max(len(line) for line in said.splitlines()) <= size[0]


@pytest.mark.parametrize("width", range(20, 200))
def test_columns_fit_and_the_last_three_stay(width: int) -> None:
    found = columns(width, 9, clients=True, persons=True)
    names = [column.name for column, _ in found]
    assert {"mark", "next", "by"} <= set(names)
    if width >= 40:
        assert sum(size + 1 for _, size in found) + 3 <= width


async def test_an_empty_store_is_met_kindly(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await press(pilot, "escape")
        while not isinstance(pilot.app.screen, HomeScreen):
            pilot.app.pop_screen()
            await settled(pilot)
        assert "还没有案件" in shown(pilot)


async def test_typing_finds_and_nothing_found_is_said(tmp_path: Path) -> None:
    async with stage(tmp_path, some, now=NOW) as pilot:
        await press(pilot, "slash", "手")
        assert "手机" in shown(pilot)
        assert "花瓶" not in shown(pilot)
        await press(pilot, "x")
        assert "没有符合的案件" in shown(pilot)
        await press(pilot, "escape")
        assert "花瓶" in shown(pilot)


async def test_what_is_not_understood_is_said(tmp_path: Path) -> None:
    async with stage(tmp_path, some, now=NOW, lang="en") as pilot:
        await press(pilot, "ctrl+f", "i", "s", "colon", *"blue")
        assert "not understood: is:blue" in shown(pilot)
        assert "花瓶" in shown(pilot)


async def test_what_was_typed_survives_the_language_and_a_change(tmp_path: Path) -> None:
    async with stage(tmp_path, some, now=NOW) as pilot:
        await press(pilot, "slash", "手", "f2")
        assert pilot.app.screen.query_one("#find", Input).value == "手"
        assert "1 case" in shown(pilot)
        with open_store(str(tmp_path / "cases.db"), now=NOW) as other:
            other.open(PARCEL, title="手套", facts={"loss": "900"})
        pilot.app.refill()  # type: ignore[attr-defined]
        await settled(pilot)
        assert "2 cases" in shown(pilot)
        assert pilot.app.screen.query_one("#find", Input).value == "手"


async def test_the_cursor_stays_on_its_case(tmp_path: Path) -> None:
    async with stage(tmp_path, many, now=NOW) as pilot:
        await press(pilot, "end", "up")
        before = table(pilot).number
        assert "parcel058" in shown(pilot)
        with open_store(str(tmp_path / "cases.db"), now="2026-01-05T10:00") as other:
            other.open(PARCEL, title="older", facts={"loss": "900"})
        pilot.app.refill()  # type: ignore[attr-defined]
        await settled(pilot)
        assert table(pilot).number == before
        await press(pilot, "ctrl+o")
        assert table(pilot).number == before
        await press(pilot, "home")
        assert table(pilot).number != before


async def test_lines_beyond_the_first_screen_are_read_when_seen(tmp_path: Path) -> None:
    async with stage(tmp_path, many, now=NOW) as pilot:
        for key in ("pagedown", "pagedown", "pagedown", "end", "pageup"):
            await press(pilot, key)
            line = table(pilot).chosen
            assert line is not None
            assert line["title"] in shown(pilot)


async def test_enter_and_two_clicks_open_the_case(tmp_path: Path) -> None:
    async with stage(tmp_path, some, now=NOW) as pilot:
        await press(pilot, "down", "enter")
        assert isinstance(pilot.app.screen, CaseScreen)
        await press(pilot, "escape")
        await pilot.click(CaseTable, offset=(20, 3), times=2)
        await settled(pilot)
        assert isinstance(pilot.app.screen, CaseScreen)


async def test_marks_by_key_range_and_mouse(tmp_path: Path) -> None:
    async with stage(tmp_path, some, now=NOW) as pilot:
        await press(pilot, "space")
        assert "已选 1" in shown(pilot)
        await press(pilot, "shift+down")
        assert len(table(pilot).marked) == 3
        await press(pilot, "shift+up")
        assert len(table(pilot).marked) == 2
        await press(pilot, "ctrl+a")
        assert "已选 3" in shown(pilot)
        await pilot.click(CaseTable, offset=(1, 1))
        await settled(pilot)
        assert "已选 2" in shown(pilot)


async def test_a_heading_sorts(tmp_path: Path) -> None:
    async with stage(tmp_path, some, now=NOW, size=WIDE) as pilot:
        heading = shown(pilot).splitlines()[2]
        await pilot.click(CaseTable, offset=(cell_len(heading[: heading.index("标题")]) + 1, 0))
        await settled(pilot)
        assert "按标题排" in shown(pilot)


async def test_names_are_hidden(tmp_path: Path) -> None:
    async with stage(tmp_path, some, now=NOW, size=WIDE) as pilot:
        assert "花瓶" in shown(pilot)
        assert "[b]书[/b]" in shown(pilot)
        await press(pilot, "f4")
        assert "花瓶" not in shown(pilot)
        assert "主人" not in shown(pilot)


async def test_the_same_event_in_all_that_are_marked(tmp_path: Path) -> None:
    async with stage(tmp_path, some, now=NOW) as pilot:
        await press(pilot, "ctrl+a", "ctrl+b")
        assert isinstance(pilot.app.screen, BulkScreen)
        assert "对这 3 件" in shown(pilot)
        await press(pilot, "enter")
        if pilot.app.screen.query_one("#form").display:
            await press(pilot, "ctrl+s")
        assert "3 件都可以记" in shown(pilot)
        with open_store(str(tmp_path / "cases.db"), now=NOW) as desk:
            refs = desk.first_refs(9)
            before = [len(desk.log(ref)) for ref in refs]
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert not table(pilot).marked
        with open_store(str(tmp_path / "cases.db"), now=NOW) as desk:
            assert [len(desk.log(ref)) for ref in refs] == [n + 1 for n in before]


async def test_leaving_writes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, some, now=NOW) as pilot:
        await press(pilot, "ctrl+a", "ctrl+b", "enter", "ctrl+s", "escape", "escape", "escape")
        assert isinstance(pilot.app.screen, HomeScreen)
        with open_store(str(tmp_path / "cases.db"), now=NOW) as desk:
            assert [len(desk.log(ref)) for ref in desk.first_refs(9)] == [1, 1, 1]


async def test_cases_are_given_to_a_person(tmp_path: Path) -> None:
    async with stage(tmp_path, some, now=NOW) as pilot:
        await press(pilot, "ctrl+a", "ctrl+b", "end", "up", "up", "enter", "李", "enter")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert "李 3" in shown(pilot)


async def test_cases_are_exported_to_a_new_file_only(tmp_path: Path) -> None:
    there = tmp_path / "out.jsonl"
    there.write_text("mine")
    async with stage(tmp_path, some, now=NOW) as pilot:
        await press(pilot, "ctrl+a", "ctrl+b", "end", "up", "enter")
        typed = pilot.app.screen.query_one("#text", Input)
        typed.value = str(there)
        await press(pilot, "enter")
        assert "已经有这个文件" in shown(pilot)
        assert there.read_text() == "mine"
        typed.value = str(tmp_path / "new.jsonl")
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, HomeScreen)
    lines = (tmp_path / "new.jsonl").read_text("utf-8").splitlines()
    assert sum('"kind":"opened"' in line for line in lines) == 3
    assert (tmp_path / "new.jsonl").stat().st_mode & 0o077 == 0


async def test_a_view_is_kept_seen_and_dropped(tmp_path: Path) -> None:
    async with stage(tmp_path, some, now=NOW) as pilot:
        await press(pilot, "slash", "手", "enter", "ctrl+e", "shift+tab")
        pilot.app.screen.query_one("#name", Input).focus()
        await press(pilot, "丙", "enter")
        assert "丙  1" in shown(pilot)
        await press(pilot, "escape", "escape", "ctrl+e")
        assert "丙  1   手" in shown(pilot)
        screen = pilot.app.screen
        views = screen.query_one("#views")
        views.highlighted = views.get_option_index("k:丙")  # type: ignore[attr-defined]
        await press(pilot, "delete")
        assert "再按一次" in shown(pilot)
        await press(pilot, "delete")
        assert "丙  1" not in shown(pilot)


async def test_what_the_clock_did_is_found_without_a_daemon(tmp_path: Path) -> None:
    def old(desk: Desk) -> None:
        with open_store(str(tmp_path / "cases.db"), now="2026-01-05T10:00") as before:
            case = before.open(PARCEL, title="花瓶", facts={"loss": "900"})
            before.follow_up(case, "add", due="2026-01-08", text="问一问")

    async with stage(tmp_path, old, now=NOW) as pilot:
        await press(pilot, "escape", "escape")
        with open_store(str(tmp_path / "cases.db"), now=NOW) as desk:
            assert desk.engine.store.due_count(desk.now())[0] == 0
