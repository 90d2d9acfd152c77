"""The whole way of somebody new, by keys alone and by mouse alone: four questions, the first case, its next step
written down, corrected, taken back, acknowledged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stage import NOW, USUAL, press, settled, shown, stage
from textual.command import CommandList
from textual.events import MouseScrollDown, Paste
from textual.pilot import Pilot
from textual.screen import Screen

from escalation import open_store
from tui.screens.case import CaseScreen
from tui.screens.correct import CorrectScreen, UndoScreen
from tui.screens.record import RecordScreen
from tui.screens.welcome import WelcomeScreen
from tui.words import words

BOTH = pytest.mark.parametrize(("lang", "size"), [("zh", USUAL), ("en", (120, 36))])


def log(folder: Path) -> list[dict[str, Any]]:
    with open_store(folder / "cases.db", now=NOW, lang="zh") as desk:
        [case] = desk.first_refs(2)
        return desk.log(case)


def there(pilot: Pilot[None], screen: type[Screen[None]]) -> bool:
    """Whether that is the screen that is shown."""
    return isinstance(pilot.app.screen, screen)


def told(pilot: Pilot[None]) -> str:
    return "\n".join(each.message for each in pilot.app._notifications)


async def commit(pilot: Pilot[None], text: str) -> None:
    """Chinese, as an input method commits it to a terminal: all at once, to whatever has the focus."""
    assert pilot.app.focused is not None
    pilot.app.focused.post_message(Paste(text))
    await settled(pilot)


def check(folder: Path) -> None:
    """What the way has left in the store."""
    rows = log(folder)
    assert rows[0]["title"] == "花呗的事"
    event = next(row for row in rows if row.get("event") == "complaint_considered")
    amend, undone = rows[-2], rows[-1]
    assert (amend["kind"], amend["target"]) == ("amend", event["seq"])
    assert amend["at"].startswith("2026-11-21")
    assert (undone["kind"], undone["target"]) == ("withdraw", amend["seq"])


@BOTH
async def test_by_keys_alone(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    async with stage(tmp_path, lang=lang, size=size) as pilot:
        assert there(pilot, WelcomeScreen)
        await press(pilot, "down", "enter", *"花呗的事")  # key by key, as some terminals send it
        await press(pilot, "tab", "２", "tab")  # a digit as a Chinese input method sends it
        await commit(pilot, "1.8万")
        await press(pilot, "ctrl+s", "tab")
        await commit(pilot, "11月20日")
        await press(pilot, "tab", "3", "ctrl+s", "ctrl+s")
        assert there(pilot, CaseScreen)
        await press(pilot, "enter")
        assert there(pilot, RecordScreen)
        await press(pilot, "ctrl+s")
        assert there(pilot, CaseScreen)
        await press(pilot, "4", "end", "enter")
        assert there(pilot, CorrectScreen)
        for _ in range(12):
            if pilot.app.focused is not None and pilot.app.focused.id == "in-xat-day":
                break
            await press(pilot, "shift+tab")
        await press(pilot, "left")
        await press(pilot, "ctrl+s")
        assert there(pilot, CaseScreen)
        await press(pilot, "ctrl+z")
        assert there(pilot, UndoScreen)
        await press(pilot, "tab", "enter")
        assert there(pilot, CaseScreen)
        await press(pilot, "0")
        assert words(lang).say("case.seen") in told(pilot)
    check(tmp_path)


async def click_meta(pilot: Pilot[None], selector: str, key: str, value: str) -> None:
    """Click the part of a line that stands for something."""
    line = pilot.app.screen.query_one(selector)
    at = next(x for x in range(line.size.width) if line.get_style_at(x, 0).meta.get(key) == value)
    await pilot.click(selector, offset=(at, 0))
    await settled(pilot)


async def click(pilot: Pilot[None], selector: str, offset: tuple[int, int] | None = None) -> None:
    await (pilot.click(selector, offset=offset) if offset else pilot.click(selector))
    await settled(pilot)


async def click_command(pilot: Pilot[None], label: str) -> None:
    """A command, from the palette at the end of the hints: rolled down to, then clicked."""
    await click_meta(pilot, "#hints", "command", "palette")
    for _ in range(60):
        found = pilot.app.screen.query_one(CommandList)
        box = found.region
        for y, line in enumerate(shown(pilot).splitlines()):
            if box.y <= y < box.bottom and line.strip() == label:
                await pilot.click(offset=(4, y))
                await settled(pilot)
                return
        found.post_message(MouseScrollDown(found, 3, 3, 0, 1, 0, False, False, False, 3, 3))
        await settled(pilot)
    raise AssertionError(shown(pilot))


@BOTH
async def test_by_mouse_alone(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    say = words(lang).say
    async with stage(tmp_path, lang=lang, size=size) as pilot:
        await click(pilot, "#places", (4, 1))
        await click(pilot, "#in-a-name")
        await commit(pilot, "花呗的事")
        await click(pilot, "#in-a-respondent", (1, 0))
        await click(pilot, "#in-a-amount")
        await commit(pilot, "1.8万")
        await click(pilot, "#forward")
        await click(pilot, "#in-a-refused")
        await commit(pilot, "11-20")
        await click(pilot, "#forward")
        await click(pilot, "#forward")
        assert there(pilot, CaseScreen)
        await click_meta(pilot, "#hints", "command", "do")
        assert there(pilot, RecordScreen)
        await click(pilot, "#save")
        assert there(pilot, CaseScreen)
        await click_meta(pilot, "#tabs", "tab", "timeline")
        await click(pilot, "#timeline", (6, len(log(tmp_path)) - 1))
        assert there(pilot, CorrectScreen)
        day = pilot.app.screen.query_one("#in-xat-day")
        yesterday = next(x for x in range(day.size.width) if day.get_style_at(x, 0).meta.get("choice") == "yesterday")
        await click(pilot, "#in-xat-day", (yesterday, 0))
        await click(pilot, "#save")
        assert there(pilot, CaseScreen)
        await click_command(pilot, say("command.undo"))
        assert there(pilot, UndoScreen)
        await click(pilot, "#yes_undo")
        assert there(pilot, CaseScreen)
        await click_command(pilot, say("command.seen"))
        assert say("case.seen") in told(pilot)
    check(tmp_path)
