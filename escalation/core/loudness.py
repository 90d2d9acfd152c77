"""How loud an announcement is: the nearer and the graver what happens otherwise, the louder. And when it may be said.

Levels are small whole numbers, so that a channel can ask for those from one level on.
Source: semantics §8; docs/daemon.md, "How loud".
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from escalation.core.snapshot import MISSED, Announced, Run, Snapshot
from escalation.core.table import Rule, Table
from states.model import ME

QUIET, NORMAL, LOUD, URGENT = range(4)
LEVELS = ("quiet", "normal", "loud", "urgent")
_DAY = timedelta(days=1)
_RULES = ("statute", "local")
"""Certainties of what a law says: to miss such a day has consequences that nobody at the other end can waive."""


class Loudness(NamedTuple):
    """How loud an announcement is, and until when there is still something to be done about it."""

    level: int
    until: datetime | None = None
    """Of an urgent one only: the instant of the lapse."""


def loudness(announced: Announced, after: Snapshot, table: Table) -> Loudness:
    """How loud an announcement of a case is, as the case stands in `after`."""
    if announced.kind == "follow_up":
        return Loudness(QUIET)
    if announced.kind in ("user_follow_up", "retracted"):
        return Loudness(NORMAL)
    run = run_of(announced, after)
    rule = None if run is None else table.rules(run.state).get(run.id)
    if run is None or rule is None or rule.owed_by != ME:
        return Loudness(QUIET if announced.kind == "reminder" else NORMAL)
    if announced.kind != "reminder" or run.lapses_at is None:
        return Loudness(LOUD)
    left = run.lapses_at - after.as_of
    if timedelta(0) < left <= _DAY:
        return Loudness(URGENT, run.lapses_at) if grave(rule) else Loudness(LOUD)
    return Loudness(LOUD if left <= 2 * _DAY else NORMAL)


def grave(rule: Rule) -> bool:
    """Whether missing it does something by itself, or a law has it."""
    basis = rule.definition.basis
    return rule.lapses is not None or (basis is not None and basis.certainty in _RULES)


def run_of(announced: Announced, snapshot: Snapshot) -> Run | None:
    """The running of a deadline that an announcement is about, if the case still knows it."""
    return next(
        (
            run
            for run in reversed(snapshot.deadlines)
            if (run.id, run.track, run.started_at) == (announced.subject, announced.track, announced.started_at)
        ),
        None,
    )


def subject_of(announced: Announced) -> str:
    """What a person has seen when they have seen this: later ones about the same that are no louder fall silent.

    What comes after a lapse is another matter than what came before it; each nudge is its own.
    """
    begun = announced.started_at.isoformat()
    if announced.kind == "lapse" or (announced.kind == "reminder" and announced.offset.endswith(" after")):
        return f"lapse:{announced.subject}:{begun}"
    if announced.kind == "reminder":
        return f"reminder:{announced.subject}:{begun}"
    return announced.key


def subject_of_lapse(key: str) -> str | None:
    """The same, of an announcement's key; None of one that is no lapse."""
    return key.rsplit(":", 2)[0] if key.startswith("lapse:") else None


def overtaken(announced: Announced, now: Snapshot) -> bool:
    """Whether what was to be said is no longer so: done, left, or moved in the meantime."""
    if announced.kind == "reminder":
        run = run_of(announced, now)
        return run is None or not run.standing or run.due != announced.due
    if announced.kind == "follow_up":
        track = now.track(announced.track or "")
        return (
            track is None or track.final or (track.state, track.entered_at) != (announced.subject, announced.started_at)
        )
    if announced.kind == "user_follow_up":
        return not any(str(f.n) == announced.subject and f.status == "open" for f in now.follow_ups)
    if announced.kind == "lapse":
        run = run_of(announced, now)
        answered = run is not None and run.lapses_at and run.stopped_at and run.stopped_at > run.lapses_at
        return bool(answered) or not now.open
    if announced.kind == "retracted":  # that there was no lapse
        runs = [run for run in now.deadlines if (run.id, run.track) == (announced.subject, announced.track)]
        about = (run for run in runs if run is runs[-1] or run.started_at == announced.started_at)
        return any(run.status == MISSED for run in about)
    return False


def may_be_said(at: datetime, zone: ZoneInfo, quiet: tuple[time, time] | None, until: datetime | None) -> datetime:
    """When something may be said that is ready at `at`: then, or when the quiet hours end.

    What can be acted on only before they end is said at once. Source: semantics §8.
    """
    if quiet is None:
        return at
    begins, ends = quiet
    local = at.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    wraps = begins > ends
    if not (clock >= begins or clock < ends if wraps else begins <= clock < ends):
        return at
    day = local.date() + _DAY if wraps and clock >= begins else local.date()
    morning = datetime.combine(day, ends, zone).astimezone(at.tzinfo)
    return at if until is not None and at < until <= morning else morning
