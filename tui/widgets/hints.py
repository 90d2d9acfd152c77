"""The bottom line: what can be done here, each with its key, each to be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.widget import Widget

from tui.commands import COMMANDS
from tui.messages import RunCommand

if TYPE_CHECKING:
    from tui.app import EscalationApp

ALWAYS = ("back", "palette")
"""What stands there however narrow the screen is: whoever has only a mouse gets away, and to all the others."""


class Hints(Widget):
    """Keys and what they do; as many as fit."""

    app: EscalationApp

    def __init__(self, commands: Sequence[str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._commands = (*commands, *(c for c in ("help", "language", "palette", "quit") if c not in commands))

    def render(self) -> Text:
        """From the left as many as fit; the way back, and the palette, which has all of them, always."""
        shown = [id for id in self._commands if COMMANDS[id].hint]
        parts = {id: self._part(id) for id in shown}
        room = self.size.width - sum(parts[id].cell_len for id in ALWAYS if id in parts)
        text = Text(no_wrap=True, overflow="ellipsis")
        for id in shown:
            if id not in ALWAYS:
                room -= parts[id].cell_len
            if id in ALWAYS or room >= 0:
                text.append_text(parts[id])
        return text

    def _part(self, id: str) -> Text:
        meta = Style(meta={"command": id})
        part = Text(f" [{COMMANDS[id].shown}] ", Style(bold=True) + meta)
        part.append(self.app.words.say(f"command.{id}"), meta)
        return part

    def on_click(self, event: Click) -> None:
        """Do what was clicked."""
        id = event.style.meta.get("command")
        if id:
            self.post_message(RunCommand(id))
