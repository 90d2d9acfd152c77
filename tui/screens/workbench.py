"""What else can be done about a case, each in a screen of its own: money, evidence, letters, law, who is genuine."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from rich.style import Style
from rich.text import Text
from textual.screen import Screen

from escalation.wording import Wording
from tui.commands import COMMANDS

PLACES = {"plan": "PlanScreen", "evidence": "EvidenceScreen", "letters": "LettersScreen", "ground": "GroundScreen",
          "trust": "TrustScreen"}  # fmt: skip
"""By command: the screen of the module of that name."""


@cache
def places() -> tuple[str, ...]:
    """Those that this program has; nothing is imported by asking."""
    return tuple(id for id in PLACES if id in COMMANDS and find_spec(f"tui.screens.{id}") is not None)


def screen_of(id: str, case: str) -> Screen[Any]:
    """One of them, for a case. What it needs is imported now."""
    found: Screen[Any] = getattr(import_module(f"tui.screens.{id}"), PLACES[id])(case)
    return found


def row(words: Wording, width: int) -> Text:
    """The line of them, as many as fit: each with its key, each to be clicked. Empty where there are none.

    Its name gives way first; the palette has them all.
    """
    line = Text(no_wrap=True, overflow="ellipsis")
    parts = []
    for id in places():
        meta = Style(meta={"place": id})
        part = Text(f" [{COMMANDS[id].shown}] ", Style(bold=True) + meta, end="")
        parts.append(part.append(words.say(f"command.{id}"), Style(bold=False) + meta))
    name = Text(words.say("case.workbench") + " ", "bold")
    if parts and name.cell_len + sum(part.cell_len for part in parts) <= width:
        line.append_text(name)
    for part in parts:
        if line.cell_len + part.cell_len > width:
            break
        line.append_text(part)
    return line
