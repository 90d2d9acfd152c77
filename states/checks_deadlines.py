"""Deadlines: their lengths, what they rest on, and what two of them do at one instant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from states.errors import Finding, near_miss
from states.graph import Path
from states.lengths import UNITS, Length, parse_length, parse_offset
from states.model import Deadline
from states.samples import day
from states.subject import Owned, Subject, length_branches, lengths, nominal, parsed

LONGEST = 36_525
"""Days. No period that a person waits for is longer than a hundred years."""
LONGEST_BREAK = 14
"""Days. No calendar that is known has had more days off in a row: twelve; China's own longest was ten, in 2020."""
REMINDER_HOUR = 9
"""The reminder time of a case, local (semantics, section 5)."""
_NUMBER = re.compile(r"\s*([0-9]{1,9})\s*(.*)")


def within_or_due_on(subject: Subject) -> Iterator[Finding]:
    """Exactly one of the two; `due_on` names a date, which nothing pauses and nothing extends."""
    for owned in subject.deadlines:
        deadline, path = owned.deadline, owned.path
        if deadline.within is None and deadline.due_on is None:
            yield subject.error("no-length", path, deadline=owned.id, expected="within | due_on")
        elif deadline.within is not None and deadline.due_on is not None:
            yield subject.error("two-lengths", (*path, "due_on"), deadline=owned.id, expected="within | due_on")
        if deadline.due_on is None:
            continue
        fact = subject.procedure.facts.get(deadline.due_on)
        if fact is not None and fact.type != "date":
            yield subject.error("due-on-no-date", (*path, "due_on"), found=deadline.due_on, type=fact.type)
        for key in ("pauses", "extends"):
            if getattr(deadline, key):
                yield subject.error("due-on-changed", (*path, key), deadline=owned.id, found=key)


def readable_lengths(subject: Subject) -> Iterator[Finding]:
    """Every length says one, and no longer than anybody lives to see."""
    for path, text in _all_lengths(subject):
        length = parse_length(text)
        if length is None:
            yield subject.error(
                "bad-length", path, found=text, expected="7 days | 10 working days | 3 months | 48 hours",
                meant=_meant(text),
            )  # fmt: skip
        elif nominal(length) > LONGEST:
            yield subject.error("absurd-length", path, found=text, expected="100 years")


def conditional_lengths(subject: Subject) -> Iterator[Finding]:
    """The last branch of a conditional length has no `when`, and only the last."""
    for owned in subject.deadlines:
        branches = list(length_branches(owned))
        if not branches and isinstance(owned.deadline.within, list):
            yield subject.error("length-no-last", (*owned.path, "within"), deadline=owned.id)
        for i, (path, branch) in enumerate(branches):
            last = i == len(branches) - 1
            if last and branch.when is not None:
                yield subject.error("length-no-last", (*path, "when"), deadline=owned.id)
            elif not last and branch.when is None:
                yield subject.error("length-never", branches[i + 1][0], deadline=owned.id)


def reminders(subject: Subject) -> Iterator[Finding]:
    """Reminders can be read; one counted in hours needs a length in hours."""
    for owned in subject.deadlines:
        hourly = any((found := parse_length(text)) and found.unit == "hours" for _, text in lengths(owned))
        for i, text in enumerate(owned.deadline.remind):
            offset = parse_offset(text)
            path = (*owned.path, "remind", i)
            if offset is None:
                yield subject.error("bad-offset", path, found=text, expected="3 days before | on the day")
            elif offset.length is not None and offset.length.unit == "hours" and not hourly:
                yield subject.error("reminder-hours", path, found=text, deadline=owned.id)


def reminders_in_vain(subject: Subject) -> Iterator[Finding]:
    """A reminder that falls at or before the start of its deadline, whatever case it is, is never made.

    Said only where it is certain of every length that the deadline can have; nothing of one that can pause, for the
    longest pause is not known. Source: semantics §5.
    """
    for owned in subject.deadlines:
        deadline = owned.deadline
        found = [parse_length(text) for text in (*(t for _, t in lengths(owned)), *deadline.extends.values())]
        known = [length for length in found if length is not None]
        if not known or len(known) < len(found) or deadline.pauses or deadline.due_on is not None:
            continue
        for i, text in enumerate(deadline.remind):
            offset = parse_offset(text)
            if offset is None or offset.length is None or offset.direction > 0:
                continue
            each = {_comes(offset.length, length, deadline.rolls) for length in known}
            if "always" not in each:
                code = "reminder-never" if each == {"never"} else "reminder-seldom"
                longest = str(max(known, key=nominal))
                path = (*owned.path, "remind", i)
                yield subject.warning(code, path, found=text, deadline=owned.id, length=longest)


def _comes(before: Length, length: Length, rolls: bool) -> str:
    """Whether what is to come `before` the end of `length` falls after its start: `always`, `never`, or `seldom`.

    `seldom`: at some hours of starting it does not. `always` is also what cannot be told for certain.
    """
    if length.unit == "hours":
        return _comes_in_hours(before, length.n)
    if before.unit == "hours":
        return "always"  # a fault of its own: it would be on the day
    (n, kind), (most, of) = _counted(before), _counted(length)
    if kind == of:
        # A day that rolls comes later by less than a month, and one counted in working days is one.
        spare = LONGEST_BREAK if rolls and kind == "days" else 0
        moved = rolls and kind != "working days"
        return "never" if n > most + spare else "seldom" if n == most and not moved else "always"
    if of == "working days":
        return "always"
    spare = LONGEST_BREAK if rolls else 0
    return "never" if _fewest_days(before) > most * (31 if of == "months" else 1) + spare else "always"


def _comes_in_hours(before: Length, hours: int) -> str:
    """The same for a length in hours, whose reminders by the day fall at the reminder time of a day before its end."""
    if before.unit == "hours":
        return "never" if before.n >= hours else "always"
    back = 24 * _fewest_days(before)
    if hours + REMINDER_HOUR + 1 <= back:  # and one, where the clocks are put forward
        return "never"
    by_days = _counted(before)[1] == "days"
    return "seldom" if by_days and hours < back + 24 - REMINDER_HOUR else "always"


def _counted(length: Length) -> tuple[int, str]:
    """A length by the unit that it can be compared in: a week is seven days, a year twelve months."""
    times, unit = {"weeks": (7, "days"), "years": (12, "months")}.get(length.unit, (1, length.unit))
    return length.n * times, unit


def _fewest_days(length: Length) -> int:
    """How many days a length spans at the least. A working day may be any day: weeks are worked through at times."""
    n, unit = _counted(length)
    return n * (28 if unit == "months" else 1)


def bases(subject: Subject) -> Iterator[Finding]:
    """Every deadline says what it rests on, and that is still in force."""
    today = day(subject.today)
    for owned in subject.deadlines:
        basis = owned.deadline.basis
        if basis is None or (basis.source is None and basis.certainty is None):
            yield subject.warning("no-basis", owned.path, deadline=owned.id)
            continue
        source = subject.procedure.sources.get(basis.source) if basis.source is not None else None
        until = day(source.until) if source is not None else None
        if today is not None and until is not None and until < today:
            path = (*owned.path, "basis", "source")
            yield subject.warning("source-ended", path, deadline=owned.id, found=basis.source, until=str(until))


def same_instant(subject: Subject) -> Iterator[Finding]:
    """Two deadlines of a state that lapse at one instant into different events: their order decides."""
    by_state: dict[str, list[Owned]] = {}
    for owned in subject.deadlines:
        if owned.state is not None and owned.deadline.lapses is not None:
            by_state.setdefault(owned.state, []).append(owned)
    for state, found in by_state.items():
        for one, other in combinations(found, 2):
            first, second = one.deadline, other.deadline
            length = _plain(first)
            if (
                length is not None
                and length == _plain(second)
                and first.rolls == second.rolls
                and first.lapses != second.lapses
            ):
                yield subject.warning(
                    "same-instant", other.path, state=state, deadline=one.id, other=other.id, length=str(length)
                )  # fmt: skip


def _plain(deadline: Deadline) -> Length | None:
    """The one length of a deadline, in units that can be compared: a week is seven days, a year twelve months."""
    length = parsed(deadline.within)
    if length is None:
        return None
    return Length(*_counted(length))


def _all_lengths(subject: Subject) -> Iterator[tuple[Path, str]]:
    for owned in subject.deadlines:
        yield from lengths(owned)
        for event, text in owned.deadline.extends.items():
            yield (*owned.path, "extends", event), text
    for name, state in subject.procedure.states.items():
        if state.follow_up is not None:
            yield ("states", name, "follow_up", "every"), state.follow_up.every


def _meant(text: str) -> str | None:
    """A length that `text` was probably meant to be."""
    match = _NUMBER.fullmatch(text)
    unit = near_miss(match[2].strip().lower(), [*UNITS, *(u[:-1] for u in UNITS)]) if match else None
    length = parse_length(f"{int(match[1])} {unit}") if match and unit else None
    return str(length) if length is not None else None
