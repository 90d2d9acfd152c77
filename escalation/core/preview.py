"""Two snapshots compared: what a correction moves, undoes and makes impossible. Source: semantics §6."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from escalation.core.snapshot import Inapplicable, Run, Snapshot


class Moved(Struct, frozen=True, kw_only=True):
    """A deadline that stands before and after with another last day or status, or on one side only."""

    id: str
    track: str | None
    status_before: str | None
    status_after: str | None
    """None where it does not stand."""
    due_before: str | None
    due_after: str | None
    lapses_before: datetime | None
    lapses_after: datetime | None


class Undone(Struct, frozen=True, kw_only=True):
    """A lapse that, as it turns out, never happened."""

    id: str
    lapsed_at: datetime
    event: str | None
    """The event that the clock had applied then."""


class Preview(Struct, frozen=True, kw_only=True):
    """What one more entry would do."""

    before: Snapshot
    after: Snapshot
    moved: tuple[Moved, ...]
    undone: tuple[Undone, ...]
    conflicts: tuple[Inapplicable, ...]
    """Entries that would become inapplicable."""
    restored: tuple[int, ...]
    """Entries that were inapplicable and would apply again."""


def compare(before: Snapshot, after: Snapshot, own: int | None = None) -> Preview:
    """What lies between two snapshots of one case at one instant. `own`: the seq of the new entry."""
    was = {i.seq for i in before.inapplicable}
    now = {i.seq for i in after.inapplicable}
    return Preview(
        before=before,
        after=after,
        moved=_moved(before, after),
        undone=_undone(before, after),
        conflicts=tuple(i for i in after.inapplicable if i.seq not in was and i.seq != own),
        restored=tuple(i.seq for i in before.inapplicable if i.seq not in now),
    )


def _moved(before: Snapshot, after: Snapshot) -> tuple[Moved, ...]:
    old, new = _standing(before), _standing(after)
    found = []
    for id in dict.fromkeys((*old, *new)):
        one, other = old.get(id), new.get(id)
        if one and other and (one.due, one.lapses_at, one.status) == (other.due, other.lapses_at, other.status):
            continue
        either = other or one
        assert either is not None
        found.append(
            Moved(
                id=id,
                track=either.track,
                status_before=one.status if one else None,
                status_after=other.status if other else None,
                due_before=one.due if one else None,
                due_after=other.due if other else None,
                lapses_before=one.lapses_at if one else None,
                lapses_after=other.lapses_at if other else None,
            )
        )
    return tuple(found)


def _standing(snapshot: Snapshot) -> dict[str, Run]:
    return {run.id: run for run in snapshot.deadlines if run.standing}


def _undone(before: Snapshot, after: Snapshot) -> tuple[Undone, ...]:
    still = {(run.id, run.started_at, run.lapses_at) for run in after.deadlines if run.status == "missed"}
    return tuple(
        Undone(id=run.id, lapsed_at=run.lapses_at, event=_applied(before, run))
        for run in before.deadlines
        if run.status == "missed" and run.lapses_at and (run.id, run.started_at, run.lapses_at) not in still
    )


def _applied(snapshot: Snapshot, run: Run) -> str | None:
    """The event that the clock applied when a deadline lapsed, if its history shows one."""
    return next((row.event for row in snapshot.history if row.by == "clock" and row.at == run.lapses_at), None)
