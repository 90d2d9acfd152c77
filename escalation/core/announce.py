"""Before, after -> announcements, each with its key; and when the clock must be looked at next.

What is announced follows from evaluation alone: reminders, lapses and nudges that fell while a
snapshot was carried on. A correction compares two evaluations from the opening on.
Source: semantics §8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from escalation.core.loudness import overtaken
from escalation.core.reminders import length, nudges, reminders, user_nudges
from escalation.core.snapshot import MISSED, RUNNING, Announced, Snapshot
from escalation.core.table import Table

_AGAIN = ":again:"
_URGENCY = {"user_follow_up": 0, "follow_up": 0, "reminder": 1, "lapse": 2}


class News(NamedTuple):
    """What a change announces, and what it takes back."""

    new: tuple[tuple[Announced, bool], ...]
    """Each with whether it is coalesced: said with a more urgent one, or past caring about."""
    superseded: tuple[str, ...]
    """Keys of announcements that, as it turns out, should not have been made."""


def news(told: Sequence[Announced], after: Snapshot) -> News:
    """What the clock told while a snapshot was carried on to `after`."""
    return News(_coalesced(told, after), ())


class Before(NamedTuple):
    """An announcement that was made before, and what became of it."""

    said: Announced
    status: str


def corrected(posted: Mapping[str, Before], told: Sequence[Announced], after: Snapshot) -> News:
    """What a correction announces and takes back.

    `posted`: what was announced before and not superseded, by key; `told`: all that the clock tells in the
    corrected history, from the opening on. A person who was told of a lapse that never was, is told so. What was
    left unsaid because it did not hold is said if, as it turns out, it does.
    """
    implied = {each.key for each in told}
    undone = {key: each for key, each in posted.items() if _origin(key) not in implied and not _stays(key)}
    unsaid = {_origin(key) for key, each in posted.items() if _unsaid(each)}
    anew = {each.key for each, late in _coalesced(told, after) if each.key in unsaid and not late}
    anew -= {each.key for each in told if each.key in anew and overtaken(each, after)}
    fresh = [each for each in told if each.key not in posted or each.key in anew]
    sorry = [
        (retraction(said, after.as_of), False)
        for said, status in undone.values()
        if said.kind == "lapse" and status == "told"
    ]
    again_said = (key for key in posted if _origin(key) in anew)
    return News((*_coalesced(fresh, after), *sorry), (*undone, *again_said))


def _unsaid(before: Before) -> bool:
    """Whether it was left out because it did not hold. Of a case that was imported, what lies behind is past caring."""
    return before.status == "overtaken" or (before.status == "coalesced" and before.said.kind == "reminder")


def retraction(said: Announced, now: datetime) -> Announced:
    """That an announcement was wrong after all."""
    return replace(said, kind="retracted", at=now, offset=f"of {now.isoformat()}")


def again(said: Announced, now: datetime) -> tuple[str, Announced]:
    """An urgent reminder said once more, with its key: it belongs to the first one."""
    return f"{said.key}{_AGAIN}{now.isoformat()}", replace(said, at=now)


def moved(before: Snapshot, after: Snapshot, new: Iterable[Announced] = ()) -> tuple[Announced, ...]:
    """The days that other calendar data moved, of deadlines that stood before and stand now.

    Not where the news say that one had not lapsed after all.
    """
    was = {(run.id, run.track, run.started_at): run for run in before.deadlines if run.active or run.status == MISSED}
    taken_back = {(each.subject, each.track, each.started_at) for each in new if each.kind == "retracted"}
    found = []
    for run in after.deadlines:
        same = (run.id, run.track, run.started_at)
        old = None if same in taken_back else was.get(same)
        if old is not None and run.active and old.due is not None and run.due not in (None, old.due):
            found.append(
                Announced(
                    kind="moved", at=after.as_of, subject=run.id, track=run.track, started_at=run.started_at,
                    due=run.due, offset=f"from {old.due}",
                )
            )  # fmt: skip
    return tuple(found)


def was_due(announced: Announced) -> str | None:
    """The day before it moved, of an announcement that it did."""
    return announced.offset.removeprefix("from ") if announced.kind == "moved" else None


def _origin(key: str) -> str:
    """The key of the announcement that this one repeats, or its own."""
    return key.partition(_AGAIN)[0]


def _stays(key: str) -> bool:
    """Whether the announcement tells what happened to another one, which no history implies."""
    return key.startswith(("moved:", "retracted:"))


def _coalesced(told: Sequence[Announced], after: Snapshot) -> tuple[tuple[Announced, bool], ...]:
    """Of each running of a deadline and each follow-up only the most urgent, the latest of those, is told.

    A reminder of a deadline that no longer stands, or a nudge of a state that was left, is not.
    """
    if not told:
        return ()
    standing = {(run.id, run.started_at) for run in after.deadlines if run.standing}
    present = {(track.state, track.entered_at) for track in after.tracks if not track.final}
    best: dict[tuple[object, ...], Announced] = {}
    for each in told:
        if each.kind == "reminder" and (each.subject, each.started_at) not in standing:
            continue
        if each.kind == "follow_up" and (each.subject, each.started_at) not in present:
            continue
        group: tuple[object, ...] = (each.kind, each.subject)
        if each.kind in ("reminder", "lapse"):
            group = ("deadline", each.subject, each.track, each.started_at)
        known = best.get(group)
        if known is None or (_URGENCY[each.kind], each.at) >= (_URGENCY[known.kind], known.at):
            best[group] = each
    chosen = {id(each) for each in best.values()}
    return tuple((each, id(each) not in chosen) for each in sorted(told, key=lambda a: a.at))


def next_lapse(snapshot: Snapshot) -> datetime | None:
    """When the clock alone changes the case next."""
    return _earliest([r.lapses_at for r in snapshot.deadlines if r.status == RUNNING])


def next_moment(snapshot: Snapshot, table: Table) -> datetime | None:
    """When the clock alone would change something or tell something next; None if never."""
    now, moments = snapshot.as_of, list[datetime | None]()
    for run in snapshot.deadlines:
        if run.stopped_at is None and run.status in (RUNNING, MISSED) and run.lapses_at is not None:
            if run.status == RUNNING:
                moments.append(run.lapses_at)
            moments += [at for _, at in reminders(run, table.rule(run.id, run.state), table) if at > now]
    for track in snapshot.tracks:
        follow_up = None if track.final else table.state(track.state).follow_up
        if follow_up is not None:
            moments.append(next(nudges(track.entered_at, length(follow_up.every), table, now))[0])
    for each in snapshot.follow_ups:
        if each.status == "open":
            moments.append(next((at for at, _ in user_nudges(each, table, now)), None))
    return _earliest(moments)


def _earliest(moments: Sequence[datetime | None]) -> datetime | None:
    known = [at for at in moments if at is not None]
    return min(known) if known else None
