"""The palette's entries: what the screen can do, then what can be done everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from tui.commands import COMMANDS, EVERYWHERE

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui.app import EscalationApp


def system_commands(app: EscalationApp, screen: Screen[object]) -> Iterator[SystemCommand]:
    """Each command by its words, found by Chinese, pinyin initials or English alike."""
    ids = dict.fromkeys((*getattr(screen, "commands", ()), "board", "delivery", "procedures", *EVERYWHERE))
    for id in ids:
        if id == "palette":
            continue
        title = app.words.say(f"command.{id}")
        also = app.words.say(f"also.{id}") if app.words.has(f"also.{id}") else ""
        shown = f"{title}  {also}".rstrip()
        yield SystemCommand(shown, app.words.say(f"help.{id}"), partial(_run, app, screen, id))


async def _run(app: EscalationApp, screen: Screen[object], id: str) -> None:
    await screen.run_action(COMMANDS[id].action)
