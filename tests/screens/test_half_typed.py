"""Leaving with something half typed: asked, kept across programs in a private file, offered again, or thrown away."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from stage import NOW, SMALL, USUAL, WIDE, press, settled, shown, stage
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from escalation import Desk, open_store
from tui.screens.case import CaseScreen
from tui.screens.drafts import Drafts
from tui.screens.half_typed import HalfTypedScreen
from tui.screens.home import HomeScreen
from tui.screens.quitting import QuittingScreen
from tui.screens.record import RecordScreen
from tui.screens.welcome import WelcomeScreen

CASES: list[str] = []


def two(desk: Desk) -> None:
    CASES[:] = [desk.open("alipay-repayment", title=name, at="2026-11-10") for name in ("花呗", "借呗")]


def there(pilot: Pilot[None], screen: type[Screen[None]]) -> bool:
    """Whether that is the screen that is shown."""
    return isinstance(pilot.app.screen, screen)


async def half(pilot: Pilot[None], text: str = "工号 17") -> None:
    """A contact, half typed."""
    pilot.app.push_screen(RecordScreen(CASES[0], "contact_logged"))
    await settled(pilot)
    pilot.app.screen.query_one("#in-a-who", Input).value = text
    await settled(pilot)


def log(folder: Path) -> list[dict[str, Any]]:
    with open_store(folder / "cases.db", now=NOW) as desk:
        return desk.log(CASES[0])


def file(folder: Path) -> Path:
    return folder / "cases.db.drafts.json"


@pytest.mark.parametrize(("lang", "size"), [("zh", USUAL), ("en", WIDE), ("en", SMALL)])
async def test_quitting_asks_and_stays_unless_one_says_otherwise(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    async with stage(tmp_path, two, lang=lang, size=size) as pilot:
        await half(pilot)
        for stay in ("enter", "escape", "1"):
            await press(pilot, "ctrl+q")
            assert ("写了一半，还没有保存" if lang == "zh" else "half typed and not") in shown(pilot)
            await press(pilot, "ctrl+q", stay)  # asked once, however often one presses
            assert there(pilot, RecordScreen)
            assert pilot.app.screen.query_one("#in-a-who", Input).value == "工号 17"
    assert not file(tmp_path).exists()


async def test_nothing_typed_is_not_asked_about(tmp_path: Path) -> None:
    async with stage(tmp_path, two) as pilot:
        await half(pilot, "")
        await press(pilot, "ctrl+q")
        assert not there(pilot, QuittingScreen)
    assert not list(tmp_path.glob("*draft*"))


async def test_a_draft_outlives_the_program_and_is_offered_again(tmp_path: Path) -> None:
    async with stage(tmp_path, two) as pilot:
        await half(pilot)
        await press(pilot, "ctrl+q", "right", "enter")
    assert stat.S_IMODE(file(tmp_path).stat().st_mode) == 0o600
    async with stage(tmp_path) as pilot:
        assert there(pilot, HalfTypedScreen)
        assert "记一件事：记下一次联系  花呗" in shown(pilot)
        await press(pilot, "f4")
        assert "花呗" not in shown(pilot)
        await press(pilot, "f4", "enter")
        assert "工号 17" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert there(pilot, HomeScreen)  # nothing is left to be offered
    assert log(tmp_path)[-1]["data"]["who"] == "工号 17"
    assert not file(tmp_path).exists()
    async with stage(tmp_path) as pilot:
        assert there(pilot, HomeScreen)


async def test_by_mouse_alone(tmp_path: Path) -> None:
    async with stage(tmp_path, two) as pilot:
        await half(pilot)
        pilot.app.screen.query_one("#hints")
        await press(pilot, "ctrl+q")
        await pilot.click("#stay")
        await settled(pilot)
        assert there(pilot, RecordScreen)
        await press(pilot, "ctrl+q")
        await pilot.click("#keep")
    async with stage(tmp_path) as pilot:
        await pilot.click("#later")
        await settled(pilot)
        assert there(pilot, HomeScreen)
    async with stage(tmp_path) as pilot:
        await pilot.click("#none")
        await settled(pilot)
        assert "找不回来" in shown(pilot)
        await pilot.click("#no")
        await settled(pilot)
        assert file(tmp_path).exists()
        await pilot.click("#none")
        await settled(pilot)
        await pilot.click("#yes")
        await settled(pilot)
        assert there(pilot, HomeScreen)
    assert not file(tmp_path).exists()


async def test_what_is_thrown_away_is_gone(tmp_path: Path) -> None:
    async with stage(tmp_path, two) as pilot:
        await half(pilot)
        await press(pilot, "escape", "tab", "enter")  # a draft of this program
        assert file(tmp_path).exists()
        await half(pilot, "工号 18")
        await press(pilot, "ctrl+q", "3")
    assert not file(tmp_path).exists()


async def test_a_draft_kept_with_esc_is_there_next_time(tmp_path: Path) -> None:
    async with stage(tmp_path, two, lang="en") as pilot:
        await half(pilot)
        await press(pilot, "escape", "tab", "enter")
    async with stage(tmp_path, lang="en") as pilot:
        await press(pilot, "escape")
        assert there(pilot, HomeScreen)
        await half(pilot, "工号 17")
        assert "工号 17" in shown(pilot)
        await press(pilot, "escape", "tab", "tab", "enter")
    assert not file(tmp_path).exists()


async def test_the_guided_opening_goes_on_where_it_was(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await press(pilot, "2")
        assert there(pilot, WelcomeScreen)
        pilot.app.screen.query_one("#in-a-name", Input).value = "花呗"
        await settled(pilot)
        await press(pilot, "ctrl+s", "ctrl+q", "2")
    async with stage(tmp_path) as pilot:
        assert there(pilot, WelcomeScreen)
        assert "3/4" in shown(pilot)
        await press(pilot, "escape")
        assert "花呗" in shown(pilot)
        await press(pilot, "ctrl+s", "ctrl+s", "ctrl+s")
        assert there(pilot, CaseScreen)
    assert not file(tmp_path).exists()


async def test_where_no_file_can_be_written_one_is_told_before_it_is_too_late(tmp_path: Path) -> None:
    async with stage(tmp_path, two) as pilot:
        await half(pilot)
        file(tmp_path).mkdir()
        await press(pilot, "ctrl+q", "2")
        assert "草稿没能存下来" in shown(pilot)
        await press(pilot, "escape")
        assert pilot.app.screen.query_one("#in-a-who", Input).value == "工号 17"
        file(tmp_path).rmdir()


async def test_a_draft_of_a_case_that_is_gone_can_be_thrown_away(tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db", now=NOW) as desk:
        two(desk)
    assert Drafts(str(tmp_path / "cases.db")).keep(("record", "nosuchcase", "contact_logged"), {"who": "x"})
    async with stage(tmp_path) as pilot:
        assert "这个案件现在读不到" in shown(pilot)
        await press(pilot, "enter", "escape")
        pilot.app.screen.query_one("#none").focus()
        await press(pilot, "enter", "tab", "enter")
        assert there(pilot, HomeScreen)


def test_drafts_of_two_stores_and_two_programs_are_kept_apart(tmp_path: Path) -> None:
    here, again, other = (Drafts(str(tmp_path / name)) for name in ("a.db", "a.db", "b.db"))
    here.keep(("record", "1", "x"), {"who": "甲"})
    again.keep(("correct", "1", 3), {"who": "乙"})
    assert here.all() == {("record", "1", "x"): {"who": "甲"}, ("correct", "1", 3): {"who": "乙"}}
    assert other.all() == {}
    here.drop(("record", "1", "x"))
    assert list(again.all()) == [("correct", "1", 3)]


@pytest.mark.parametrize("said", ["", "not json", "[1]", '{"x": {"who": "y"}}', '{"[\\"record\\"]": {"who": 3}}'])
def test_a_file_that_is_no_such_file_holds_no_draft(tmp_path: Path, said: str) -> None:
    file(tmp_path).write_text(said)
    assert Drafts(str(tmp_path / "cases.db")).all() == {}


async def test_half_a_note_is_asked_about_and_is_there_again_where_it_was_typed(tmp_path: Path) -> None:
    async with stage(tmp_path, two) as pilot:
        pilot.app.push_screen(CaseScreen(CASES[0]))
        await settled(pilot)
        await press(pilot, "8")
        pilot.app.screen.query_one("#entry", Input).value = "客服说月底前"
        await press(pilot, "ctrl+q")
        asked = there(pilot, QuittingScreen)
        await pilot.click("#keep")
        await settled(pilot)
    kept = Drafts(str(tmp_path / "cases.db")).all()
    async with stage(tmp_path) as pilot:
        pilot.app.push_screen(CaseScreen(CASES[0]))
        await settled(pilot)
        await press(pilot, "8")
        again = pilot.app.screen.query_one("#entry", Input).value
        await press(pilot, "enter")
        await settled(pilot)

    assert asked
    assert kept == {("note", CASES[0]): {"note": "客服说月底前"}}
    assert again == "客服说月底前"
    assert [row["text"] for row in log(tmp_path) if row["kind"] == "note"] == ["客服说月底前"]
    assert Drafts(str(tmp_path / "cases.db")).all() == {}
