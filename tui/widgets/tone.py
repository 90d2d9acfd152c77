"""How a text sounds, in a few lines below it: `ok` where it is calm, else hints; never in the way of saving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.widgets import Static

from escalation.wording import Wording, visible
from tui.widgets.prose import flowed

if TYPE_CHECKING:
    from tui.app import EscalationApp

Data = Mapping[str, Any]

MOST = 3
"""Hints that are shown; the others are counted."""


class Tone(Static):
    """What `desk.ground.calm` found in the text above. The screen asks and tells; nothing is kept."""

    DEFAULT_CSS = """
    Tone { height: auto; max-height: 8; padding: 0 1; color: $secondary; display: none; }
    Tone.-on { display: block; }
    Tone.-grave { color: $foreground; }
    """
    app: EscalationApp

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self._found: Sequence[Data] | None = None

    def tell(self, found: Sequence[Data] | None) -> None:
        """The findings of the text as it is now. None: there is no text, and nothing to say."""
        self._found = found
        self.set_class(found is not None, "-on")
        self.set_class(bool(found) and found is not None and found[0]["kind"] == "self_harm", "-grave")
        self._say()

    def on_resize(self) -> None:
        self._say()

    def _say(self) -> None:
        if self._found is not None:
            lines = tone_said(self.app.words, self._found, masked=self.app.masked)
            self.update(flowed(Text("\n".join(lines)), max(self.content_size.width, 20)))


def tone_said(words: Wording, found: Sequence[Data], masked: bool = False) -> list[str]:
    """The findings as lines. Who may be in danger hears whom to call, and nothing about the text."""
    if not found:
        return [words.say("tone.fine")]
    if found[0]["kind"] == "self_harm":
        numbers = [f"{row['number']}  {row['what']}".removeprefix("-  ") for row in found[0]["help"]]
        return [found[0]["why"], *numbers]
    lines = []
    for each in found[:MOST]:
        text = "" if masked else words.say("calm.found", found=visible(each["found"]))
        lines.append(f"! {words.say('calm.kind_' + each['kind'])} {text}{words.say('word.colon')}{each['better']}")
    if len(found) > MOST:
        lines.append(words.say("tone.more", n=len(found) - MOST))
    return lines
