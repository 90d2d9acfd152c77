"""How many there are: in all, late, soon; of each stage, of each person. A click on a group finds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from escalation.wording import Wording, visible

if TYPE_CHECKING:
    from tui.app import EscalationApp

Data = Mapping[str, Any]
SIDE = 120
"""Columns from which the groups stand at the side, one a line."""


class Tally(Widget):
    """Counts of what was found, and of what is marked."""

    SCOPED_CSS = False  # where it stands is a class of the screen

    DEFAULT_CSS = """
    Tally { height: auto; max-height: 3; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: clip; }
    .-wide Tally { text-wrap: wrap; }
    """
    app: EscalationApp

    class Group(Message):
        """A group was clicked: find this."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: Data | None = None
        self._marked = 0
        self._note = ""

    def say(self, data: Data | None, marked: int, note: str) -> None:
        """New counts."""
        self._data, self._marked, self._note = data, marked, note
        self.refresh(layout=True)

    def render(self) -> Text:
        if self._data is None:
            return Text(self._note)
        side = self.screen.has_class("-wide")
        return tally_text(
            self.app.words, self._data, self._marked, self._note, side=side, few=self.app.size.width < 60,
            masked=self.app.masked,
        )  # fmt: skip

    def on_click(self, event: Click) -> None:
        text = event.style.meta.get("find")
        if text is not None:
            self.post_message(self.Group(text))


def tally_text(words: Wording, data: Data, marked: int, note: str, *, side: bool, few: bool, masked: bool) -> Text:
    """The counts in one line, the groups in the next; at the side one a line."""
    gap = "\n" if side else "   "
    text = Text(no_wrap=not side, overflow="fold")
    text.append(words.say("home.total", n=data["total"]), Style(bold=True, meta={"find": ""}))
    for key in ("overdue", "soon"):
        if data[key]:
            found = words.say(f"home.find_{key}")
            text.append(gap)
            text.append(words.say(f"home.count_{key}", n=data[key]), Style(meta={"find": found}))
    if marked:
        text.append(gap)
        text.append(words.say("home.count_marked", n=marked), Style(bold=True))
    if note:
        text.append(gap + note)
    if few:
        return text
    stages = [(each["title"], each["n"], found_by(words, "stage", each["title"])) for each in data["stages"]]
    people = [
        (_person(words, each["person"], masked), each["n"], found_by(words, "person", each["person"]))
        for each in data["persons"]
    ]
    if len(stages) > 1 or side:
        _groups(text, words.say("home.stages"), stages, side)
    if any(each["person"] is not None for each in data["persons"]):
        _groups(text, words.say("home.people"), people, side)
    return text


def _groups(text: Text, label: str, groups: list[tuple[str, int, str]], side: bool) -> None:
    text.append(("\n\n" if side else "\n") + label, Style(bold=side))
    for name, n, found in groups:
        text.append("\n " if side else "  ")
        text.append(f"{visible(name)} {n}", Style(meta={"find": found}))


def found_by(words: Wording, kind: str, name: str | None) -> str:
    """What one types to find a group."""
    if name is None:
        name = words.say("home.find_nobody")
    return words.say(f"home.find_{kind}", name=f'"{name}"' if " " in name else name)


def _person(words: Wording, name: str | None, masked: bool) -> str:
    if name is None:
        return words.say("home.nobody")
    if masked:
        from tui.text import masked as stars  # it brings the pages of the command line with it

        return stars(name)
    return name
