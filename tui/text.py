"""Answers of the library as text of a given width: the very pages of the command line, so both say the same.

Pure: no screen is needed to make them, and none to test them.
"""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from rich.text import Text

from escalation.cli import human
from escalation.cli.human_page import Page, padded, wrapped
from escalation.cli.output import Output
from escalation.wording import Wording, visible

MARKS = {
    "missed": "late", "today": "late", "soon": "soon", "provisional": "soon", "closed": "muted", "running": "",
    "waiting": "muted", "damaged": "late",
}  # fmt: skip
"""The class of each mark; its sign and word are said as well (`mark.ID`)."""


class _Collected(Page):
    """A page whose lines are kept."""

    def __init__(self, out: Output, extra: dict[str, Any], width: int) -> None:
        super().__init__(out, extra)
        self.width = self.full_width = width
        self.lines: list[Text] = []

    def _line(self, text: Text) -> None:
        text.rstrip()
        self.lines.append(text)


def told(kind: str, data: Any, lang: str, width: int, **extra: Any) -> Text:
    """What the command line says to people for an answer of that kind, `width` cells wide.

    `extra` as there: `titles`, `today` and what the function for the kind names.
    """
    page = _Collected(Output(json=False, quiet=True, color=False, lang=lang), extra, max(width, 20))
    human.KINDS[kind](page, data)
    return Text("\n").join(page.lines)


def masked(text: str) -> str:
    """The text with a star for every letter and digit, so that its length alone is seen."""
    return "".join("*" if character.isalnum() else character for character in text)


def fitted(text: str, width: int) -> str:
    """On one line of exactly `width` cells: cut with two dots, or filled up."""
    text = visible(text)
    if cell_len(text) <= width:
        return text + " " * (width - cell_len(text))
    kept = ""
    for character in text:
        if cell_len(kept + character) > width - 2:
            break
        kept += character
    return kept + ".." + " " * (width - 2 - cell_len(kept))


def mark(words: Wording, id: str) -> str:
    """How pressing something is: a sign and a word."""
    return words.say(f"mark.{id}")


def days(words: Wording, left: int | None) -> str:
    """How far off a day is."""
    return "" if left is None else words.days_left(left)


def hung(label: str, text: str, wide: int, width: int, style: str = "") -> list[Text]:
    """A label at the left and its text beside it, wrapped as Chinese and English want it."""
    room = max(width - wide, 8)
    spans = wrapped(text, room, room)
    lines = []
    for i, (start, end) in enumerate(spans):
        line = Text(padded(label, wide) if i == 0 else " " * wide, "bold" if i == 0 else "")
        line.append(text[start:end], style)
        lines.append(line)
    return lines
