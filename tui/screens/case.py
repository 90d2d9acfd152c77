"""One case: what next, by when, why."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from tui.screens.page import Page


class CaseScreen(Page):
    """One case."""

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case

    def body(self) -> ComposeResult:
        yield Static("", id="next", markup=False, classes="box")

    async def fill(self) -> None:
        advised = await self.ask(lambda desk: desk.next(self.case))
        self.entitle(advised["title"])
        self.query_one("#next", Static).update(str(advised["do"]))
