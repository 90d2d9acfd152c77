"""All cases of the store: found, sorted, marked, opened."""

from __future__ import annotations

import asyncio
import gc
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Input, Static

from escalation.errors import EscalationError
from states.errors import ProcedureError
from tui.bridge import FirstLook
from tui.commands import bindings
from tui.screens.page import Page
from tui.widgets.case_table import CaseTable
from tui.widgets.hints import Hints
from tui.widgets.tally import SIDE, Tally

Data = dict[str, Any]

ORDERS = ("due", "opened", "title", "client", "stage", "person", "case")
"""As Ctrl+O goes round; those of the library's `find`."""
QUIET = 0.12
"""Seconds after a letter before the store is asked."""
PAINTED = 0.05
"""Seconds for the first lines to be painted before more is asked."""
STEP, BREATH, IDLE = 25, 0.05, 0.4
"""Catching up: cases in one step, seconds between two, seconds without a key before one."""


class HomeScreen(Page):
    """Every case in a table."""

    commands: ClassVar[tuple[str, ...]] = (
        "open", "new", "filter", "sort", "mark", "bulk", "views", "board", "delivery", "procedures",
    )  # fmt: skip
    name_of_help: ClassVar[str] = "page_home"
    BINDINGS: ClassVar[list[BindingType]] = bindings("new", "filter", "sort", "mark", "bulk", "views")
    AUTO_FOCUS: ClassVar[str] = "#cases"
    HORIZONTAL_BREAKPOINTS = [(0, "-usual"), (SIDE, "-wide")]
    DEFAULT_CSS = """
    HomeScreen #find { height: 1; border: none; padding: 0 1; background: $surface; }
    HomeScreen #middle { height: 1fr; }
    HomeScreen #tally { dock: top; }
    HomeScreen.-wide #tally { dock: right; width: 30; height: 100%; max-height: 100%; }
    HomeScreen #kind { display: none; height: auto; padding: 1 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.typed = ""
        """What is sought."""
        self.order = "due"
        self._tally: Data | None = None
        self._unknown: tuple[str, ...] = ()
        self._filled = self._settled = False
        self._last_key = 0.0
        self._catching_up = False

    def body(self) -> ComposeResult:
        yield Input(self.typed, id="find", placeholder=self.say("home.find"), select_on_focus=False)
        with Container(id="middle"):
            yield Tally(id="tally")
            yield CaseTable(id="cases")
            yield Static("", id="kind", markup=False)

    @property
    def table(self) -> CaseTable:
        return self.query_one("#cases", CaseTable)

    # -- showing -----------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """The first frame has cases in it already, where they were looked up in time."""
        self._show_first(self.app.bridge.seen)

    async def fill(self) -> None:
        self.entitle(self.say("title.home"))
        table, text, order = self.table, self.typed, self.order
        if not self._settled and not text:
            begun = await self.app.bridge.begun()
            if not self._filled:
                self._show_first(begun)
            if self._filled:
                await asyncio.sleep(PAINTED)
            self._settle_in()
        found, unknown, year = await self.ask(
            lambda desk: (desk.find(text, order), desk.not_understood(text), int(desk.today()[:4]))
        )
        wanted = table.around(found)
        lines = await self.ask(lambda desk: desk.lines(wanted))
        table.order, table.year, self._unknown = order, year, unknown
        self._show(found, lines)
        tally = await self.ask(lambda desk: desk.tally(text))
        clients, persons = bool(tally["clients"]), any(each["person"] for each in tally["persons"])
        if (clients, persons) != (table.clients, table.persons):
            table.clients, table.persons = clients, persons
            table.forget()
        self._tally = tally
        self._say_tally()
        self._catch_up()

    def _show_first(self, seen: FirstLook | None) -> None:
        if seen is not None:
            self.table.year = seen.year
            self._show(seen.numbers, seen.lines)

    def _settle_in(self) -> None:
        """What was put off until the first frame: other questions, and clearing up."""
        self._settled = True
        self.app.bridge.shown.set()
        if not gc.isenabled():
            gc.freeze()  # what was imported stays anyway
            gc.enable()

    def _show(self, numbers: list[int], lines: dict[int, Data]) -> None:
        self._filled = True
        table, kind = self.table, self.query_one("#kind", Static)
        table.show(numbers, lines)
        kind.update(self.say("home.none_found" if self.typed.strip() else "home.empty"))
        kind.display, table.display = not numbers, bool(numbers)
        if self.focused is None:
            (table if numbers else self.query_one("#find", Input)).focus()

    def _say_tally(self) -> None:
        parts = [self.say("home.sorted", order=self.say(f"home.order_{self.order}"))]
        if self._unknown:
            parts.append(self.say("home.unknown", words=self.words.listed(list(self._unknown))))
        self.query_one("#tally", Tally).say(self._tally, len(self.table.marked), "   ".join(parts))

    async def say_again(self) -> None:
        """In the language that is on, in place: what was typed, marked and chosen stays."""
        self.query_one("#find", Input).placeholder = self.say("home.find")
        self.query_one(Hints).refresh()
        self.table.forget()
        self._say_tally()
        self.refill()

    @on(CaseTable.Wanted)
    def _wanted(self, message: CaseTable.Wanted) -> None:
        self._bring(message.numbers)

    @work(exclusive=True, group="lines")
    async def _bring(self, numbers: list[int]) -> None:
        """Lines that came into sight."""
        try:
            self.table.put(await self.ask(lambda desk: desk.lines(numbers)))
        except (EscalationError, ProcedureError):
            self.table.not_answered()
            self.refill()  # which says what is the matter

    # -- finding -----------------------------------------------------------------------------------------

    @on(Input.Changed, "#find")
    def _typed(self, event: Input.Changed) -> None:
        if event.value != self.typed:
            self.typed = event.value
            self._last_key = asyncio.get_running_loop().time()
            self._soon()

    @work(exclusive=True, group="typed")
    async def _soon(self) -> None:
        await asyncio.sleep(QUIET)
        self.refill()

    @on(Input.Submitted, "#find")
    def _found(self) -> None:
        if self.table.display:
            self.table.focus()

    def find(self, text: str, order: str | None = None) -> None:
        """Find this, as if it had been typed."""
        self.order = order or self.order
        self.typed = text
        self.query_one("#find", Input).value = text
        self.refill()
        self.table.focus()

    @on(Tally.Group)
    def _group(self, message: Tally.Group) -> None:
        self.find(message.text)

    @on(CaseTable.Sort)
    def _sort(self, message: CaseTable.Sort) -> None:
        self.order = message.order
        self.refill()

    @on(CaseTable.Marked)
    def _marked(self) -> None:
        self._say_tally()

    @on(CaseTable.Moved)
    def _moved(self) -> None:
        self._last_key = asyncio.get_running_loop().time()

    # -- what can be done --------------------------------------------------------------------------------

    @on(CaseTable.Chosen)
    def action_open(self) -> None:
        """The chosen case."""
        from tui.screens.case import CaseScreen

        line = self.table.chosen
        if line is not None and self.table.display:
            self.app.push_screen(CaseScreen(line["case"]))

    def action_new(self) -> None:
        from tui.screens.welcome import WelcomeScreen

        self.app.push_screen(WelcomeScreen())

    def action_filter(self) -> None:
        self.query_one("#find", Input).focus()

    def action_back(self) -> None:
        """Out of the finding, with nothing sought any more; then, where one came from somewhere, back there."""
        if self.typed:
            self.find("")
        elif self.table.display and not self.table.has_focus:
            self.table.focus()
        else:
            super().action_back()

    def action_sort(self) -> None:
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self.refill()

    def action_mark(self) -> None:
        self.table.toggle()

    @work(exclusive=True, group="bulk")
    async def action_bulk(self) -> None:
        """The same for all that are marked; else for the chosen one."""
        from tui.screens.bulk import BulkScreen

        table = self.table
        # What is marked and no longer found comes too: it was marked by hand, and is counted.
        seen = [n for n in table.numbers if n in table.marked]
        numbers = [*seen, *sorted(table.marked.difference(seen))] or [n for n in (table.number,) if n is not None]
        try:
            refs = await self.ask(lambda desk: desk.refs(numbers))
        except (EscalationError, ProcedureError):
            self.refill()
            return
        if refs:
            self.app.push_screen(BulkScreen(refs, self._unmark))

    def _unmark(self) -> None:
        self.table.mark_only(())

    def action_views(self) -> None:
        from tui.screens.views import ViewsScreen

        self.app.push_screen(ViewsScreen(self.typed, self.order, self._tally, self.find))

    # -- the clock ---------------------------------------------------------------------------------------

    def _catch_up(self) -> None:
        if not self._catching_up:
            self._catching_up = True
            self._run_on()

    @work(group="catch_up")
    async def _run_on(self) -> None:
        """Cases whose clock has run on since anybody looked, in small steps while nobody types: then counts are right.

        What a person asks meanwhile waits for one step at most.
        """
        clock, taken = asyncio.get_running_loop().time, 0
        try:
            while self.is_mounted:
                while clock() - self._last_key < IDLE:
                    await asyncio.sleep(IDLE)
                step = await self.ask(lambda desk: desk.catch_up(STEP))
                taken += step
                if not step:
                    break
                await asyncio.sleep(BREATH)
        except (EscalationError, ProcedureError):
            taken = 0  # the next reading says what is the matter
        finally:
            self._catching_up = False
        if taken:
            self.refill()
