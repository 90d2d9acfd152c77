"""Last days: lengths, pauses and rolling, on a calendar, counted out line by line.

`reckon` is the only place where a legal length becomes a day. With `trace` it also tells each step,
which is what `why CASE deadline ID` shows: the explanation cannot differ from the count.
Source: semantics §2, §3 and §5 (`pauses`); 民法典 201–203.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from escalation.core.snapshot import Pause
from states.calendar import Calendar
from states.lengths import Length, Offset

REMIND_AT = time(9)
"""The reminder time of a case that sets none."""

_DAY = timedelta(days=1)


class Clock(NamedTuple):
    """What days are counted on: a calendar and a zone."""

    calendar: Calendar
    zone: ZoneInfo
    remind_at: time = REMIND_AT

    def day(self, at: datetime) -> date:
        """The local date of an instant."""
        return at.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The first instant of a local day, in UTC."""
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)

    def reminder(self, day: date) -> datetime:
        """The reminder time of a local day, in UTC."""
        return datetime.combine(day, self.remind_at, self.zone).astimezone(UTC)


class Reckoned(NamedTuple):
    """A last day, and when the deadline lapses."""

    due: date | None
    """None for hours."""
    lapses_at: datetime
    provisional: bool
    other_reading: date | None
    """The last day if it were rolled where it is not, or not where it is; None if that is the same."""


class Step(NamedTuple):
    """One line of the explanation. `kind` names the sentence, `facts` fill it."""

    kind: str
    facts: dict[str, Any]


def reckon(
    start: datetime,
    length: Length,
    rolls: bool,
    pauses: Sequence[Pause],
    clock: Clock,
    trace: list[Step] | None = None,
) -> Reckoned:
    """The last day of a period that starts at `start`, and the instant it lapses.

    The day of `start` is not counted. Every pause must be over: a paused deadline has no last day.

    Shape: instants aware; `lapses_at` in UTC, the first instant of the local day after the last day.
    Units: as `length` says; hours lapse exactly that long after the start and are never rolled.
    """
    if length.unit == "hours":
        return _reckon_hours(start, length, pauses, trace)
    asked = _Asked(clock.calendar)
    unrolled, plain_rest = _unrolled(start, length, pauses, clock, asked, trace)
    due = asked.next_working(unrolled) if rolls else unrolled
    if trace is not None and rolls:
        kind = "not_rolled" if due == unrolled else "rolled"
        trace.append(Step(kind, {"from": unrolled, "to": due, "names": off_days(unrolled, due, clock.calendar)}))
    other = unrolled if rolls else clock.calendar.next_working(unrolled)
    provisional = asked.provisional
    lapses_at = clock.start_of(due + _DAY)
    if trace is not None:
        trace.append(Step("lapses", {"due": due, "at": lapses_at, "provisional": provisional, "plain": plain_rest}))
    return Reckoned(due, lapses_at, provisional, None if other == due else other)


def reckon_date(day: date, rolls: bool, floor: datetime, clock: Clock, trace: list[Step] | None = None) -> Reckoned:
    """The same for a day that a fact holds; it lapses no earlier than `floor`, when it became known."""
    asked = _Asked(clock.calendar)
    due = asked.next_working(day) if rolls else day
    other = day if rolls else clock.calendar.next_working(day)
    lapses_at = max(clock.start_of(due + _DAY), floor)
    if trace is not None:
        if due != day:
            trace.append(Step("rolled", {"from": day, "to": due, "names": off_days(day, due, clock.calendar)}))
        trace.append(Step("lapses", {"due": due, "at": lapses_at, "provisional": asked.provisional, "plain": True}))
    return Reckoned(due, lapses_at, asked.provisional, None if other == due else other)


def after(day: date, length: Length, calendar: Calendar) -> date:
    """The day that lies `length` after `day`; `working days` by the calendar. Not for hours."""
    n = length.n
    if length.unit == "days":
        return day + timedelta(days=n)
    if length.unit == "weeks":
        return day + timedelta(weeks=n)
    if length.unit == "working days":
        return calendar.nth_working_day(day, n)
    return add_months(day, n * (12 if length.unit == "years" else 1))


def reminder_at(due: date, lapses_at: datetime, hours: bool, offset: Offset, clock: Clock) -> datetime:
    """When a reminder falls: the reminder time of a day seen from the last day; hours exactly."""
    length = offset.length
    if length is not None and length.unit == "hours" and hours:
        return lapses_at + offset.direction * timedelta(hours=length.n)
    if length is None or length.unit == "hours":
        day = due
    elif offset.direction > 0:
        day = after(due, length, clock.calendar)
    elif length.unit == "working days":
        day = clock.calendar.nth_working_day(due, -length.n)
    elif length.unit in ("days", "weeks"):
        day = due - timedelta(days=length.n * (7 if length.unit == "weeks" else 1))
    else:
        day = add_months(due, -length.n * (12 if length.unit == "years" else 1))
    return clock.reminder(day)


def add_months(day: date, months: int) -> date:
    """The same day of the month, or the month's last where it has none. Source: 民法典 202."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def nudge_on_or_after(start: date, every: Length, day: date, calendar: Calendar) -> tuple[int, date]:
    """The first k >= 1 with k times `every` after `start` not before `day`, and that date. Not for hours."""
    k = max(1, _periods(start, every, day, calendar) - 1)
    while (found := after(start, Length(every.n * k, every.unit), calendar)) < day:
        k += 1
    return k, found


def _periods(start: date, every: Length, day: date, calendar: Calendar) -> int:
    """About how many times `every` fits between two days; never too many by more than one."""
    if day <= start:
        return 1
    if every.unit == "working days":
        return calendar.count(start, day) // every.n
    months = (day.year - start.year) * 12 + day.month - start.month
    if every.unit == "months":
        return months // every.n
    if every.unit == "years":
        return months // (12 * every.n)
    return (day - start).days // (every.n * (7 if every.unit == "weeks" else 1))


def off_days(first: date, last: date, calendar: Calendar) -> list[tuple[date, str | None]]:
    """The days off in [first, last), with the holiday's name where it has one."""
    days = (first + i * _DAY for i in range((last - first).days))
    return [(d, calendar.day(d).name) for d in days if not calendar.is_working(d)]


class _Asked:
    """A calendar that notes whether a day it was asked for lies in a year that is not certain."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.provisional = False

    def nth_working_day(self, day: date, n: int) -> date:
        found = self.calendar.nth_working_day(day, n)
        self._note(day + _DAY, found)
        return found

    def count(self, first: date, last: date) -> int:
        self._note(first + _DAY, last)
        return self.calendar.count(first, last)

    def next_working(self, day: date) -> date:
        found = self.calendar.next_working(day)
        self._note(day, found)
        return found

    def _note(self, first: date, last: date) -> None:
        self.provisional = self.provisional or self.calendar.any_provisional(first, last)


def _reckon_hours(start: datetime, length: Length, pauses: Sequence[Pause], trace: list[Step] | None) -> Reckoned:
    lapse = start.astimezone(UTC) + timedelta(hours=length.n)
    if trace is not None:
        trace.append(Step("hours", {"start": start, "length": length, "at": lapse}))
    for pause in pauses:
        resumed = _over(pause)
        lapse = max(lapse + (resumed - pause.paused_at), resumed)
        if trace is not None:
            trace.append(Step("paused_hours", {"from": pause.paused_at, "to": resumed, "at": lapse, "by": pause}))
    if trace is not None:
        trace.append(Step("lapses_hours", {"at": lapse}))
    return Reckoned(None, lapse.astimezone(UTC), False, None)


def _unrolled(
    start: datetime, length: Length, pauses: Sequence[Pause], clock: Clock, asked: _Asked, trace: list[Step] | None
) -> tuple[date, bool]:
    """The last day before rolling, and whether no pause was taken into account."""
    day = clock.day(start)
    if trace is not None:
        trace.append(Step("start", {"at": start, "day": day, "length": length}))
    if length.unit in ("months", "years"):
        return _unrolled_months(day, length, pauses, clock, trace), not pauses
    rest = length.n * 7 if length.unit == "weeks" else length.n
    working = length.unit == "working days"
    for pause in pauses:
        paused, resumed = clock.day(pause.paused_at), clock.day(_over(pause))
        used = min(rest, asked.count(day, paused) if working else (paused - day).days)
        rest -= used
        if trace is not None:
            facts = {"from": paused, "to": resumed, "used": used, "rest": rest, "unit": length.unit, "by": pause}
            trace.append(Step("paused", facts))
        day = resumed
    last = asked.nth_working_day(day, rest) if working and rest else day + timedelta(days=rest)
    if trace is not None:
        facts = {"from": day, "rest": rest, "unit": "working days" if working else "days", "to": last}
        if working:
            facts["off"] = off_days(day + _DAY, last, clock.calendar)
            facts["made_up"] = _made_up(day, last, clock.calendar)
        trace.append(Step("counted", facts))
    return last, not pauses


def _unrolled_months(
    day: date, length: Length, pauses: Sequence[Pause], clock: Clock, trace: list[Step] | None
) -> date:
    last = after(day, length, clock.calendar)
    if trace is not None:
        trace.append(Step("counted", {"from": day, "rest": length.n, "unit": length.unit, "to": last}))
    for pause in pauses:
        paused, resumed = clock.day(pause.paused_at), clock.day(_over(pause))
        last = max(last + (resumed - paused), resumed)
        if trace is not None:
            trace.append(Step("paused_months", {"from": paused, "to": resumed, "last": last, "by": pause}))
    return last


def _over(pause: Pause) -> datetime:
    if pause.resumed_at is None:
        raise ValueError("a pause that is not over has no last day")
    return pause.resumed_at


def _made_up(first: date, last: date, calendar: Calendar) -> list[date]:
    """Weekend days in (first, last] that are worked."""
    days = (first + i * _DAY for i in range(1, (last - first).days + 1))
    return [d for d in days if d.weekday() >= 5 and calendar.is_working(d)]
