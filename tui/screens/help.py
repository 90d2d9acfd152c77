"""What can be done on the page one came from, made from its own commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.commands import COMMANDS, EVERYWHERE
from tui.screens.page import Page


class HelpScreen(Page):
    """The help of one page."""

    commands: ClassVar[tuple[str, ...]] = ("back",)

    def __init__(self, commands: Sequence[str], name: str, focused: str | None = None) -> None:
        """`focused`: the sentence about what one was just at, a key of the words."""
        super().__init__()
        self._focused = focused
        self._of = tuple(dict.fromkeys((*commands, *EVERYWHERE)))
        self._name = name

    def body(self) -> ComposeResult:
        with VerticalScroll():
            yield Static("", id="lines", markup=False)

    async def fill(self) -> None:
        self.entitle(self.say("title.help"))
        text = Text()
        if self._focused is not None:
            text.append(self.say(self._focused) + "\n\n", "bold")
        text.append(self.say(f"help.{self._name}") + "\n\n")
        for id in self._of:
            command = COMMANDS[id]
            text.append(f"{command.shown:<8}", "bold")
            text.append(f"{self.say(f'command.{id}')}\n", "bold")
            text.append(f"{'':<8}{self.say(f'help.{id}')}\n")
        self.query_one("#lines", Static).update(text)
