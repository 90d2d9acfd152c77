"""Where a live case goes if nobody acts, or if certain things happen: the same evaluation, further on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from escalation.core.announce import next_lapse
from escalation.core.entries import EventEntry
from escalation.core.evaluate import Book, advance, step
from escalation.core.snapshot import MISSED, Refusal, Snapshot
from escalation.errors import Refused, Then
from escalation.views import deadline, event_title, local, state_title

Data = dict[str, Any]

FAR = timedelta(days=3653)
MOST_STEPS = 200


class Supposed(NamedTuple):
    """An event that is supposed to happen."""

    event: str
    at: datetime
    data: dict[str, Any]


def forecast(
    book: Book, snapshot: Snapshot, ref: str, lang: str, supposed: Sequence[Supposed] = (), horizon: timedelta = FAR
) -> Data:
    """What the clock does from here on, with the supposed events at their instants.

    Raises: Refused if a supposed event could not be recorded then. Writes nothing.
    """
    table = book(snapshot.definition)
    start, end = snapshot, snapshot.as_of + horizon
    rows: list[Data] = []
    waiting = sorted(supposed, key=lambda each: each.at)
    for _ in range(MOST_STEPS):
        lapse = next_lapse(snapshot)
        if waiting and (lapse is None or lapse > waiting[0].at):
            each = waiting.pop(0)
            states = {t.track: t.state for t in start.tracks if not t.final}
            then = Then(ref, states, start.as_of, table.clock.zone)
            before, snapshot = snapshot, _taken(book, snapshot, each, len(rows), then)
        elif lapse is not None and lapse <= end:
            before, snapshot = snapshot, advance(book, snapshot, lapse)
        else:
            break
        rows.append(_row(before, snapshot, book, lang))
    return {
        "case": ref,
        "title": snapshot.title,
        "from": local(start.as_of, table),
        "forecast": True,
        "steps": rows,
        "ends": {
            "open": snapshot.open,
            "tracks": [
                {
                    "track": t.track, "state": t.state, "title": state_title(table, t.state, lang),
                    "since": local(t.entered_at, table), "final": t.final, "outcome": t.outcome,
                }
                for t in snapshot.tracks
            ],
            "deadlines": [deadline(run, table, lang) for run in snapshot.deadlines if run.standing],
        },
    }  # fmt: skip


def _taken(book: Book, snapshot: Snapshot, supposed: Supposed, n: int, then: Then) -> Snapshot:
    at = max(supposed.at, snapshot.as_of)
    entry = EventEntry(seq=10**9 + n, recorded_at=at, occurred_at=at, event=supposed.event, data=supposed.data)
    found = step(book, snapshot, entry, at)
    if isinstance(found, Refusal):
        raise Refused(found, then)
    return found


def _row(before: Snapshot, after: Snapshot, book: Book, lang: str) -> Data:
    """What changed at one instant."""
    table = book(after.definition)
    was = {(r.id, r.started_at): r.status for r in before.deadlines}
    lapsed = [r for r in after.deadlines if r.status == MISSED and was.get((r.id, r.started_at)) != MISSED]
    started = [r for r in after.deadlines if (r.id, r.started_at) not in was and r.standing]
    return {
        "at": local(after.as_of, table),
        "lapsed": [deadline(r, table, lang) for r in lapsed],
        "events": [
            {
                "event": row.event, "title": event_title(table, row.event, lang), "by": row.by, "track": row.track,
                "to": row.to, "to_title": state_title(table, row.to, lang) if row.to else None,
            }
            for row in after.history[len(before.history) :]
        ],
        "started": [deadline(r, table, lang) for r in started],
    }  # fmt: skip
