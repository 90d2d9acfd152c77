"""How a last day was counted, line by line, and what it rests on."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.screens.page import Page
from tui.text import told


class BasisScreen(Page):
    """The basis of one deadline of a case, or of all that stand."""

    commands: ClassVar[tuple[str, ...]] = ("back",)
    name_of_help: ClassVar[str] = "basis"

    def __init__(self, case: str, deadline: str | None) -> None:
        super().__init__()
        self.case = case
        self.deadline = deadline

    def body(self) -> ComposeResult:
        with VerticalScroll():
            yield Static("", id="lines", markup=False)

    async def fill(self) -> None:
        self.entitle(self.say("case.basis_title"))
        show, titles = await self.ask(lambda desk: (desk.show(self.case), desk.titles(self.case)))
        ids = [self.deadline] if self.deadline else [d["id"] for d in show["deadlines"]]
        found = await self.ask(lambda desk: [desk.why_deadline(self.case, id) for id in dict.fromkeys(ids)])
        shown = self.query_one("#lines", Static)
        if not found:
            shown.update(self.say("case.no_deadlines"))
            return
        width = max(self.app.size.width - 4, 24)
        text = told("why_deadline", found[0], self.app.lang, width, titles=titles)
        for each in found[1:]:
            text.append("\n\n").append_text(told("why_deadline", each, self.app.lang, width, titles=titles))
        shown.update(text)
