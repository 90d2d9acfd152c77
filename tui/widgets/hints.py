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


class Hints(Widget):
    """Keys and what they do; as many as fit."""

    app: EscalationApp

    def __init__(self, commands: Sequence[str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._commands = (*commands, *(c for c in ("help", "language", "palette", "quit") if c not in commands))

    def render(self) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        for id in self._commands:
            command = COMMANDS[id]
            if not command.hint:
                continue
            meta = Style(meta={"command": id})
            text.append(f" [{command.shown}] ", Style(bold=True) + meta)
            text.append(self.app.words.say(f"command.{id}"), meta)
        return text

    def on_click(self, event: Click) -> None:
        """Do what was clicked."""
        id = event.style.meta.get("command")
        if id:
            self.post_message(RunCommand(id))
