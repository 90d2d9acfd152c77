"""A month: which days are off, which weekends are worked, and on which something is due. Arrows choose a day."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from escalation.wording import Wording

if TYPE_CHECKING:
    from tui.app import EscalationApp

WIDE = 7
"""Cells of a day: chosen, its number, off or worked, what is due, a blank."""
SIGNS = {"missed": "!!", "mine": "! ", "late": ". ", "theirs": ". "}
"""Of what is due on a day, the gravest: mine that is overdue, mine, theirs."""


class Year(NamedTuple):
    """What the calendar says of a year."""

    days: Mapping[str, Mapping[str, Any]]
    provisional: bool


class Month(Widget, can_focus=True):
    """One month; the day that is chosen, if any."""

    DEFAULT_CSS = """
    Month { height: auto; width: 1fr; padding: 0 1; background: $panel; }
    Month:focus { background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", show=False),
        Binding("right", "move(1)", show=False),
        Binding("up", "move(-7)", show=False),
        Binding("down", "move(7)", show=False),
        Binding("pageup", "turn(-1)", show=False),
        Binding("pagedown", "turn(1)", show=False),
    ]
    app: EscalationApp

    class Day(Message):
        """A day was chosen; None: none any more."""

        def __init__(self, day: date | None) -> None:
            self.day = day
            super().__init__()

    class Turned(Message):
        """Another month is shown."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.today = date(2000, 1, 1)
        self.first: date | None = None
        """The first day of the month that is shown."""
        self.chosen: date | None = None
        self._signs: Mapping[str, str] = {}
        self._years: Mapping[int, Year | None] = {}

    def put(self, today: date, signs: Mapping[str, str], years: Mapping[int, Year | None]) -> None:
        """What is known of its days. `signs`: a key of `SIGNS` by day."""
        self.today, self._signs, self._years = today, signs, years
        if self.first is None:
            self.first = today.replace(day=1)
        self.refresh(layout=True)

    def render(self) -> Text:
        if self.first is None:
            return Text("")
        return month_text(
            self.app.words, self.first, self.today, self.chosen, self._signs, self._years.get(self.first.year)
        )

    def choose(self, day: date | None) -> None:
        """Choose a day, in its month."""
        self.chosen = day
        if day is not None:
            self.show(day.replace(day=1))
        self.refresh()
        self.post_message(self.Day(day))

    def show(self, first: date) -> None:
        """Another month."""
        if first != self.first:
            self.first = first
            self.post_message(self.Turned())
        self.refresh(layout=True)

    def action_move(self, by: int) -> None:
        if self.first is not None:
            base = self.chosen or (self.today if self.today.replace(day=1) == self.first else self.first)
            self.choose(base + timedelta(days=by) if self.chosen else base)

    def action_turn(self, by: int) -> None:
        if self.first is not None:
            self.show(turned(self.first, by))

    def on_click(self, event: events.Click) -> None:
        """A day, or the arrows beside the month's name."""
        meta = event.style.meta
        if "turn" in meta:
            self.action_turn(meta["turn"])
        elif "day" in meta:
            day = date.fromisoformat(meta["day"])
            self.choose(None if day == self.chosen else day)


def turned(first: date, by: int) -> date:
    """The first day of another month."""
    months = first.year * 12 + first.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)


def month_text(
    words: Wording, first: date, today: date, chosen: date | None, signs: Mapping[str, str], year: Year | None
) -> Text:  # fmt: skip
    """A month as lines: its name, the weekdays, the weeks, what the signs mean."""
    name = words.say("day.months").split()[first.month - 1]
    text = Text(no_wrap=True, overflow="crop")
    text.append(" < ", Style(bold=True, meta={"turn": -1}))
    text.append(words.say("month.title", year=first.year, month=name), Style(bold=True))
    text.append(" > ", Style(bold=True, meta={"turn": 1}))
    if year is None or year.provisional:
        text.append(" " + words.say("month.unknown" if year is None else "month.provisional"))
    text.append("\n")
    for each in words.say("month.weekdays").split():
        text.append(" " + each + " " * (WIDE - 1 - cell_len(each)))
    for week in Calendar().monthdatescalendar(first.year, first.month):
        text.append("\n")
        for day in week:
            if day.month != first.month:
                text.append(" " * WIDE)
                continue
            _day(text, words, day, today, chosen, signs, year)
    text.append("\n" + words.say("month.legend"), Style(dim=True))
    return text


def _day(
    text: Text, words: Wording, day: date, today: date, chosen: date | None, signs: Mapping[str, str],
    year: Year | None,
) -> None:  # fmt: skip
    known = year.days.get(day.isoformat()) if year is not None else None
    working = known["working"] if known else day.weekday() < 5
    label = ""
    if known and not working and known["name"]:
        label = words.say("month.off")
    elif working and day.weekday() >= 5:
        label = words.say("month.work")
    sign = SIGNS.get(signs.get(day.isoformat(), ""), "  ")
    left = ">" if day == chosen else "=" if day == today else " "
    style = Style(
        bold=day == today or bool(sign.strip()), dim=not working and not sign.strip(), reverse=day == chosen,
        meta={"day": day.isoformat()},
    )  # fmt: skip
    said = f"{left}{day.day:2}{label}{' ' * (2 - cell_len(label))}{sign}"
    text.append(said + " " * (WIDE - cell_len(said)), style)
