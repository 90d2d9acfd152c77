"""What a log means at an instant: the Snapshot and its parts, and a refusal.

Frozen values; every instant in them is aware and UTC, every day an ISO date in the procedure's zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a Snapshot."""


class TrackState(Part, frozen=True, kw_only=True):
    """Where one track is. A finished track stays, in its final state."""

    track: str
    state: str
    entered_at: datetime
    final: bool = False
    outcome: str | None = None


class Pause(Part, frozen=True, kw_only=True):
    """The clock of a deadline stood still."""

    paused_at: datetime
    resumed_at: datetime | None = None
    paused_by: str
    resumed_by: str
    """The one event that ends it."""


class Extension(Part, frozen=True, kw_only=True):
    """The length of a deadline became longer."""

    at: datetime
    event: str
    before: str
    after: str


RUNNING, PAUSED, MISSED, MET, ENDED = "running", "paused", "missed", "met", "ended"


class Run(Part, frozen=True, kw_only=True):
    """One running of a deadline, from its start until it is met, missed or ended."""

    id: str
    track: str | None = None
    """None for a deadline of the procedure."""
    state: str | None = None
    started_at: datetime
    length: str | None = None
    """None where a fact holds the day."""
    status: str = RUNNING
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()
    due: str | None = None
    """The last day; None while paused, for hours, and while a date is not known."""
    lapses_at: datetime | None = None
    """When it lapses; of a missed one, when it lapsed."""
    provisional: bool = False
    other_reading: str | None = None
    floor: datetime | None = None
    """It cannot lapse before: what moved its day happened then."""
    stopped_at: datetime | None = None
    stopped_by: str | None = None
    """The event that stopped it; None if the case's end or a migration did."""
    told_until: datetime
    """Reminders up to here have been announced, or were never to be."""

    @property
    def active(self) -> bool:
        """Whether events can still touch it: it runs or is paused."""
        return self.status in (RUNNING, PAUSED)

    @property
    def standing(self) -> bool:
        """Whether it is on the case: running, paused, or missed and not yet answered."""
        return self.stopped_at is None


class UserFollowUp(Part, frozen=True, kw_only=True):
    """A reminder of the person's own, as it stands."""

    n: int
    due: str
    text: str
    every: str | None = None
    status: str = "open"
    """`open`, `done` or `dropped`."""
    told_until: datetime


class HistoryRow(Part, frozen=True, kw_only=True):
    """What took effect: one row per track that took an event."""

    at: datetime
    event: str
    by: str
    track: str
    to: str | None = None
    seq: int | None = None
    because: str | dict[str, str] | None = None
    """The reason the taken branch names, as the definition's text."""


class Reason(Part, frozen=True, kw_only=True):
    """Why an expression does not hold."""

    text: str
    unset: tuple[str, ...] = ()
    left: str | None = None
    right: str | None = None


class Missing(Part, frozen=True, kw_only=True):
    """What one candidate transition lacks. Nothing listed: there is no transition in that state."""

    track: str
    state: str
    to: str | None = None
    transition: bool = True
    """False where the state has no transition for the event."""
    checklists: dict[str, tuple[str, ...]] = {}
    """Items still to tick, by checklist."""
    when: str | None = None
    why: tuple[Reason, ...] = ()


class Refusal(Part, frozen=True, kw_only=True):
    """The answer to an event that no track can take. Nothing was changed."""

    event: str
    at: datetime
    states: dict[str, str]
    """State by running track."""
    missing: tuple[Missing, ...]
    possible: tuple[str, ...]
    """Events that could be recorded instead."""


class Inapplicable(Part, frozen=True, kw_only=True):
    """An entry in the log whose event has no transition where it stands; it has no effect."""

    seq: int
    event: str
    missing: tuple[Missing, ...]


class Snapshot(Part, frozen=True, kw_only=True):
    """What a log means at `as_of`."""

    definition: str
    """Content hash of the definition in force."""
    calendar: str
    """Stamp of the calendar data that the days rest on."""
    as_of: datetime
    opened_at: datetime
    title: str = ""
    client: str | None = None
    tracks: tuple[TrackState, ...] = ()
    visits: dict[str, int] = {}
    facts: dict[str, Any] = {}
    facts_at: dict[str, datetime] = {}
    """When each date fact got its present value."""
    checks: dict[str, bool] = {}
    attached: dict[str, int] = {}
    """How many files, by checklist item."""
    deadlines: tuple[Run, ...] = ()
    """In the order of starting; those that were stopped stay."""
    follow_ups: tuple[UserFollowUp, ...] = ()
    told_until: dict[str, datetime] = {}
    """Nudges of a state's follow-up announced so far, by track."""
    history: tuple[HistoryRow, ...] = ()
    inapplicable: tuple[Inapplicable, ...] = ()
    last: tuple[datetime, int] | None = None
    """`(occurred_at, seq)` of the last effective entry in it."""

    @property
    def open(self) -> bool:
        """Whether any track runs."""
        return any(not t.final for t in self.tracks)

    def track(self, name: str) -> TrackState | None:
        """The track of that name, if it has started."""
        return next((t for t in self.tracks if t.track == name), None)


class Announced(Part, frozen=True, kw_only=True):
    """Something the clock told, or would have: what an announcement is made of."""

    kind: str
    """`reminder`, `lapse`, `follow_up` (of a state), `user_follow_up`; `moved`, `retracted`: what became of another."""
    at: datetime
    subject: str
    """The deadline's id, the state, or the follow-up's number."""
    track: str | None = None
    started_at: datetime
    due: str | None = None
    offset: str = ""

    @property
    def key(self) -> str:
        """Unique within a case: (deadline, start, due, offset). Source: semantics §8."""
        return f"{self.kind}:{self.subject}:{self.started_at.isoformat()}:{self.due or ''}:{self.offset}"


def plain_missing(missing: Iterable[Missing]) -> list[dict[str, Any]]:
    """What candidate transitions lack as plain data, one object each, every key always there."""
    return [
        {
            "track": each.track,
            "state": each.state,
            "to": each.to,
            "transition": each.transition,
            "checklists": {name: list(items) for name, items in each.checklists.items()},
            "when": each.when,
            "why": [
                {"text": why.text, "unset": list(why.unset), "left": why.left, "right": why.right} for why in each.why
            ],
        }
        for each in missing
    ]


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """The bytes that are kept beside a case."""
    return msgspec.json.encode(snapshot)


def decode_snapshot(body: bytes) -> Snapshot:
    """The snapshot that was kept. Raises: one of `UNREADABLE` if another version wrote it."""
    return _DECODER.decode(body)


_DECODER = msgspec.json.Decoder(Snapshot)
