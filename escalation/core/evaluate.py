"""evaluate(book, log, now) -> Snapshot, and step(): what a log means. Nothing else decides.

`evaluate` reads the whole effective history; `step` and `advance` carry a Snapshot on by one entry
or by time alone, and must always agree with it (tests/pure/test_properties.py). Nothing here reads
a clock or does I/O.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from escalation.core.entries import Entry, Opened, Worldly
from escalation.core.guards import Chooser, first_that_holds
from escalation.core.history import effective, order
from escalation.core.live import Book, Live
from escalation.core.snapshot import Announced, Missing, Refusal, Snapshot

__all__ = ["Book", "advance", "evaluate", "follows", "lacking", "possibilities", "step"]


def evaluate(
    book: Book,
    log: Sequence[Entry],
    now: datetime,
    known_at: datetime | None = None,
    tell: list[Announced] | None = None,
) -> Snapshot:
    """What a log means at `now`: the effective history up to and including it, and the lapses.

    `known_at`: only with what was recorded by then. `tell`: gets what the clock announced, from the
    opening on. Shape: `log` in the order of seq, its first entry `opened`.
    Raises: LookupError if the case was not open yet at `now`.
    """
    history = [e for e in effective(log, known_at) if e.occurred_at <= now]
    if not history or not isinstance(history[0], Opened):
        raise LookupError("not open yet")
    live = Live.opened(book, history[0], tell)
    for entry in history[1:]:
        live.take(entry)
    return live.at(now)


def step(
    book: Book,
    snapshot: Snapshot,
    entry: Worldly,
    now: datetime,
    choose: Chooser = first_that_holds,
    tell: list[Announced] | None = None,
) -> Snapshot | Refusal:
    """The snapshot carried on by one entry and then to `now`, or the refusal of its event.

    The entry must follow all that the snapshot knows (`follows`). `tell` gets what the clock
    announced since the snapshot.
    """
    live = Live.resumed(book, snapshot, tell, choose)
    refusal = live.take(entry)
    return refusal if refusal is not None else live.at(now)


def advance(book: Book, snapshot: Snapshot, now: datetime, tell: list[Announced] | None = None) -> Snapshot:
    """The snapshot at a later instant, when only time has passed."""
    return Live.resumed(book, snapshot, tell).at(now)


def follows(snapshot: Snapshot, entry: Worldly) -> bool:
    """Whether `step` may take this entry, or the whole log must be read again."""
    return entry.occurred_at >= snapshot.as_of and (snapshot.last is None or order(entry) > snapshot.last)


def possibilities(book: Book, snapshot: Snapshot) -> dict[str, tuple[Missing, ...]]:
    """The events by people that have a transition now or start a track, each with what it lacks.

    Nothing missing: it can be recorded. Main track first, then as listed.
    """
    live = Live.resumed(book, snapshot, None)
    return live.possibilities(snapshot.as_of)


def lacking(book: Book, snapshot: Snapshot, event: str, data: Mapping[str, Any]) -> Refusal | None:
    """What `event` with this data would lack at the snapshot's instant; None if it would be taken."""
    live = Live.resumed(book, snapshot, None)
    found = live.choices(event, data, snapshot.as_of)
    return live.refusal(event, data, snapshot.as_of) if not found[0] and not found[1] else None
