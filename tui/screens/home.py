"""All cases of the store."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.commands import bindings
from tui.screens.case import CaseScreen
from tui.screens.page import Page


class HomeScreen(Page):
    """Every case in a table."""

    commands: ClassVar[tuple[str, ...]] = ("open", "new", "filter", "board", "delivery", "procedures")
    BINDINGS: ClassVar[list[BindingType]] = bindings("new", "filter", "board", "delivery", "procedures")

    def body(self) -> ComposeResult:
        yield OptionList(id="cases", markup=False)

    async def fill(self) -> None:
        self.entitle(self.say("title.home"))
        numbers = await self.ask(lambda desk: desk.find())
        lines = await self.ask(lambda desk: desk.lines(numbers[:50]))
        shown = self.query_one("#cases", OptionList)
        at = shown.highlighted
        shown.clear_options()
        shown.add_options(Option(f"{lines[n]['case']}  {lines[n]['title']}", id=lines[n]["case"]) for n in numbers[:50])
        shown.highlighted = at

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.app.push_screen(CaseScreen(str(event.option_id)))
