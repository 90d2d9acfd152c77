"""All deadlines and follow-ups, by day: what is late, today, this week, later; and the month they lie in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Static

from escalation.errors import BadInput, NotFound
from tui.commands import bindings
from tui.screens.page import Page
from tui.widgets.due_table import GROUPS, DueTable, group_of, sign_of
from tui.widgets.hints import Hints
from tui.widgets.lines import Lines
from tui.widgets.month import Month, Year, turned

Data = Mapping[str, Any]

AHEAD = 35
"""Days that are looked at; more when one turns to a later month."""
PART = 50
"""Cases in one question."""
AT_ONCE = 2000
"""Cases that are read before one scrolls on."""
OFTEN = 8
"""Parts after which what has come is shown, the first time."""
_GRAVEST = ("missed", "mine", "theirs")


class BoardScreen(Page):
    """What is due, in a list and in a month."""

    commands: ClassVar[tuple[str, ...]] = ("open", "mine", "earlier", "later", "today", "back")
    name_of_help: ClassVar[str] = "page_board"
    BINDINGS: ClassVar[list[BindingType]] = bindings("earlier", "later", "today", "mine")
    AUTO_FOCUS: ClassVar[str] = "#due"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (56, "-usual"), (172, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]
    DEFAULT_CSS = """
    BoardScreen #counts { height: auto; max-height: 2; padding: 0 1; }
    BoardScreen #both { height: 1fr; }
    BoardScreen #month { dock: bottom; }
    BoardScreen.-wide #month { dock: right; width: 52; height: 100%; }
    BoardScreen.-narrow #month, BoardScreen.-low #month { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._mine = False
        self._day: date | None = None
        self._rows: list[Data] = []
        self._today = date(2000, 1, 1)
        self._years: dict[int, Year | None] = {}
        self._ahead, self._most, self._all = AHEAD, AT_ONCE, True

    def body(self) -> ComposeResult:
        yield Static("", id="counts", markup=False)
        with Container(id="both"):
            yield Month(id="month")
            yield DueTable(id="due")

    # -- showing -----------------------------------------------------------------------------------------

    async def fill(self) -> None:
        self._entitle()
        ahead, most, first = self._ahead, self._most, not self._rows
        today, numbers = await self.ask(lambda desk: (desk.today(), desk.moving(ahead)))
        self._today, self._all = date.fromisoformat(today), len(numbers) <= most
        wanted, rows = numbers[:most], list[Data]()
        for n, at in enumerate(range(0, len(wanted), PART)):
            part = wanted[at : at + PART]
            rows += await self.ask(lambda desk, part=part: desk.due_of(part, ahead))  # type: ignore[misc]
            if n % OFTEN == 0:
                if first:  # it fills as it comes; later all is changed at once, so that nothing jumps
                    self._rows = rows
                    self._show()
                self._count(self.say("board.coming", n=min(at + PART, len(wanted)), of=len(wanted)))
        self._rows = rows
        await self._calendar()
        self._show()

    def _entitle(self) -> None:
        self.entitle(self.say("board.title_mine" if self._mine else "board.title"))

    def _show(self) -> None:
        """What of it is to be seen."""
        rows = [row for row in self._rows if not self._mine or row["owed_by"] == "me"]
        signs: dict[str, str] = {}
        for row in rows:
            sign, before = sign_of(row), signs.get(row["day"])
            if before is None or _GRAVEST.index(sign) < _GRAVEST.index(before):
                signs[row["day"]] = sign
        if self._day is not None:
            day = self._day.isoformat()
            rows = [row for row in rows if row["day"] == day]
        self.query_one("#due", DueTable).show(rows, self._today)
        self.query_one("#month", Month).put(self._today, signs, self._years)
        self._count(self._said(rows))

    def _said(self, rows: list[Data]) -> str:
        if not rows and self._day is not None:
            return self.say("board.none_day", day=self.words.day(self._day.isoformat()))
        if not rows:
            return self.say("board.none_mine" if self._mine and self._rows else "board.none")
        if self._day is not None:
            return self.say("board.only_day", day=self.words.day(self._day.isoformat()))
        numbers = dict.fromkeys(GROUPS, 0)
        for row in rows:
            numbers[group_of(row, self._today)] += 1
        return self.say("board.counts", **numbers) + ("" if self._all else "+")

    def _count(self, text: str) -> None:
        self.query_one("#counts", Static).update(text)

    async def _calendar(self) -> None:
        """The years that the month may show."""
        shown = self.query_one("#month", Month).first or self._today
        for year in {shown.year, self._today.year}:
            if year in self._years:
                continue
            try:
                found = await self.ask(lambda desk, year=year: desk.calendar_year(year))  # type: ignore[misc]
            except (BadInput, NotFound):
                self._years[year] = None
            else:
                self._years[year] = Year({day["date"]: day for day in found["days"]}, found["provisional"])

    async def say_again(self) -> None:
        """In the language that is on, in place: the month, the day and the row stay."""
        self.query_one(Hints).refresh()
        self._entitle()
        self._show()
        self.query_one("#month", Month).refresh(layout=True)
        self.refill()

    # -- what can be done --------------------------------------------------------------------------------

    @on(Lines.Chosen)
    def action_open(self) -> None:
        """The case of the chosen row."""
        from tui.screens.case import CaseScreen

        row = self.query_one("#due", DueTable).chosen
        if row is not None:
            self.app.push_screen(CaseScreen(row["case"]))

    @on(Lines.Moved)
    def _moved(self, message: Lines.Moved) -> None:
        if not self._all and message.at >= message.lines.count - 2 * message.lines.fits:
            self._most += AT_ONCE
            self._all = True  # until the answer says otherwise: one asks once
            self.refill()

    @on(Month.Day)
    def _chose(self, message: Month.Day) -> None:
        self._day = message.day
        self._show()

    @on(Month.Turned)
    def _turned(self) -> None:
        first = self.query_one("#month", Month).first
        if first is not None:
            needed = (turned(first, 1) - self._today).days
            if needed > self._ahead:
                self._ahead = needed
            self.refill()

    def action_earlier(self) -> None:
        self.query_one("#month", Month).action_turn(-1)

    def action_later(self) -> None:
        self.query_one("#month", Month).action_turn(1)

    def action_today(self) -> None:
        """This month, and all days."""
        month = self.query_one("#month", Month)
        month.choose(None)
        month.show(self._today.replace(day=1))

    def action_mine(self) -> None:
        """Only what I owe, or everything again."""
        self._mine = not self._mine
        self._entitle()
        self._show()

    def action_back(self) -> None:
        """First all days again, then to where one came from."""
        if self._day is not None:
            self.query_one("#month", Month).choose(None)
            self.query_one("#due", DueTable).focus()
        else:
            super().action_back()
