"""When reminders and nudges fall: of deadlines, of states, and the person's own. Source: semantics §5."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import takewhile

from escalation.core.days import Clock, after, nudge_on_or_after, reminder_at
from escalation.core.snapshot import Run, UserFollowUp
from escalation.core.table import Rule, Table
from states.lengths import Length, Offset, parse_length

Nudge = tuple[datetime, date]
"""The instant and the day it is about."""


def reminders(run: Run, rule: Rule, table: Table) -> tuple[tuple[str, datetime], ...]:
    """The reminders of a run that has a lapse, each with its offset; none at or before its start.

    What is to come before it lapses, or on its day, does not come after: of those in hours that lapse early in the day.
    """
    if run.lapses_at is None or not rule.remind:
        return ()
    return _fall(run.due, run.lapses_at, run.started_at, rule.remind, table.clock)


@lru_cache(maxsize=4096)
def _fall(
    due: str | None, lapses_at: datetime, started_at: datetime, remind: tuple[Offset, ...], clock: Clock
) -> tuple[tuple[str, datetime], ...]:
    """Kept, because one entry asks for the same reminders when it tells and when it looks ahead."""
    day = clock.day(lapses_at) if due is None else date.fromisoformat(due)
    found = []
    for each in remind:
        at = reminder_at(day, lapses_at, due is None, each, clock)
        if started_at < at and (at < lapses_at or each.direction > 0):
            found.append((str(each), at))
    return tuple(found)


def nudges(entered_at: datetime, every: Length, table: Table, since: datetime) -> Iterator[Nudge]:
    """When a state's follow-up nudges after `since`: every length from entry, without end."""
    clock = table.clock
    if every.unit == "hours":
        gap = timedelta(hours=every.n)
        at = entered_at + max(1, (since - entered_at) // gap + 1) * gap
        while True:
            yield at, clock.day(at)
            at += gap
    start = clock.day(entered_at)
    k, day = nudge_on_or_after(start, every, clock.day(since), clock.calendar)
    while True:
        at = clock.reminder(day)
        if at > since and at > entered_at:
            yield at, day
        k += 1
        day = after(start, Length(every.n * k, every.unit), clock.calendar)


def user_nudges(follow_up: UserFollowUp, table: Table, since: datetime) -> Iterator[Nudge]:
    """When a person's own follow-up nudges after `since`: on its day, then every length until it is done."""
    clock, due = table.clock, date.fromisoformat(follow_up.due)
    if (at := clock.reminder(due)) > since:
        yield at, due
    if follow_up.every is None:
        return
    every = length(follow_up.every)
    k, day = nudge_on_or_after(due, every, clock.day(since), clock.calendar)
    while True:
        if (at := clock.reminder(day)) > since:
            yield at, day
        k += 1
        day = after(due, Length(every.n * k, every.unit), clock.calendar)


def until(found: Iterator[Nudge], last: datetime) -> Iterator[Nudge]:
    """Those up to and including `last`."""
    return takewhile(lambda nudge: nudge[0] <= last, found)


@lru_cache(maxsize=1024)
def length(text: str | None) -> Length:
    """The length that a checked text says. Raises: ValueError if it says none (a mistake in our code)."""
    found = parse_length(text or "")
    if found is None:
        raise ValueError(f"unchecked length {text!r}")
    return found
