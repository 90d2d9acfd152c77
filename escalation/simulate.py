"""What many made-up lives of a procedure come to: how they end, after how long, and what none of them reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from random import Random
from typing import Any

from escalation.core import lives as made
from escalation.core.lives import Life, lives
from escalation.core.snapshot import MET, MISSED, Snapshot
from escalation.core.table import Table
from escalation.errors import BadInput, FieldProblem
from escalation.views import event_title, local, state_title
from escalation.wording import Wording, wording
from states.errors import near_miss
from states.model import CLOCK, MAIN, words

Data = dict[str, Any]
Progress = Callable[[int, int], None]

OPENED = "2026-01-05T10:00"
"""Local to the procedure: a Monday. Every life begins here unless another instant is said."""
MOST_CASES = 100_000
LOOP = 5
"""Visits of a state in one life, above which the state is told as one that goes round."""
_OFTEN_TOLD = 50
"""Lives between two signs of progress."""


def simulate(
    table: Table,
    lang: str,
    *,
    cases: int,
    seed: int,
    silent: Sequence[str],
    opened_at: datetime | None,
    progress: Progress | None,
) -> Data:
    """Made-up lives of a procedure, counted. The same arguments give the same answer.

    `silent`: parties that never act. Raises: BadInput.
    """
    _check(table, cases, seed, silent)
    opened_at = opened_at or datetime.fromisoformat(OPENED).replace(tzinfo=table.clock.zone)
    tally = _Tally(table, lang)
    for n, life in enumerate(lives(table, Random(seed), opened_at, cases, silent), 1):
        tally.count(life)
        if progress is not None and (n % _OFTEN_TOLD == 0 or n == cases):
            progress(n, cases)
    procedure = table.procedure
    return {
        "procedure": {
            "id": procedure.procedure, "version": procedure.version, "hash": table.hash,
            "title": words(procedure.title, lang),
        },
        "cases": cases,
        "seed": seed,
        "opened_at": local(opened_at, table),
        "silent": [{"party": each, "title": words(procedure.parties[each].title, lang)} for each in silent],
        "assumptions": list(_assumptions(wording(lang))),
        **tally.data(),
    }  # fmt: skip


def _check(table: Table, cases: int, seed: int, silent: Sequence[str]) -> None:
    parties = table.procedure.parties
    wrong = [
        FieldProblem(name, str(value), "integer")
        for name, value in (("cases", cases), ("seed", seed))
        if not isinstance(value, int)
    ]
    if wrong:
        raise BadInput(*wrong)
    if cases < 1:
        wrong.append(FieldProblem("cases", cases, "min", limit="1"))
    if cases > MOST_CASES:
        wrong.append(FieldProblem("cases", cases, "max", limit=str(MOST_CASES)))
    if seed < 0:
        wrong.append(FieldProblem("seed", seed, "min", limit="0"))
    known = " | ".join(parties)
    wrong += [
        FieldProblem("silent", each, "choice", near_miss(each, parties), limit=known)
        for each in silent
        if each not in parties
    ]
    if wrong:
        raise BadInput(*wrong)


def _assumptions(said: Wording) -> Iterable[str]:
    """What was made up, in words."""
    numbers = {
        "mine": made.MY_DAYS, "theirs": made.THEIR_DAYS, "often": made.OFTEN, "years": made.YEARS,
        "mine_in_time": f"{made.MINE_IN_TIME:.0%}", "theirs_in_time": f"{made.THEIRS_IN_TIME:.0%}",
    }  # fmt: skip
    for key in ("no_prediction", "steps", "facts", "gaps", "in_time", "clock", "end"):
        yield said.say(f"simulate.assume_{key}", **numbers)


class _Tally:
    """What has been seen in the lives so far; of the lives themselves only a few are kept."""

    def __init__(self, table: Table, lang: str) -> None:
        self.table = table
        self.lang = lang
        self.cases = 0
        self.ends: dict[tuple[str, str], list[int]] = {}
        """Days from the opening, by track and final state."""
        self.stuck: dict[tuple[str, str, str], int] = {}
        """By track, state and reason."""
        self.examples: dict[tuple[str, str, str], Snapshot] = {}
        self.started: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.entered: set[str] = set()
        self.taken: set[str] = set()
        self.rounds: dict[str, list[int]] = {}
        """Visits of a state that are more than `LOOP`, one number a life."""
        self.shortest: Snapshot | None = None
        self.longest: Snapshot | None = None

    def count(self, life: Life) -> None:
        """One life more."""
        case = life.snapshot
        self.cases += 1
        for track in case.tracks:
            if track.final:
                days = self._days(case, track.entered_at)
                self.ends.setdefault((track.track, track.state), []).append(days)
        if life.why is not None:
            self._count_stuck(case, life.why)
        else:
            self._compare(case)
        for run in case.deadlines:
            self.started[run.id] += 1
            self.met[run.id] += run.status == MET
            self.missed[run.id] += run.status == MISSED
        self.entered.update(case.visits)
        self.taken.update(row.event for row in case.history)
        for state, n in case.visits.items():
            if n > LOOP:
                self.rounds.setdefault(state, []).append(n)

    def _count_stuck(self, case: Snapshot, why: str) -> None:
        where = next(track for track in case.tracks if not track.final)
        key = (where.track, where.state, why)
        self.stuck[key] = self.stuck.get(key, 0) + 1
        self.examples.setdefault(key, case)

    def _compare(self, case: Snapshot) -> None:
        """Kept if no life before was as short, or as long."""
        length = case.as_of - case.opened_at
        if self.shortest is None or length < self.shortest.as_of - self.shortest.opened_at:
            self.shortest = case
        if self.longest is None or length > self.longest.as_of - self.longest.opened_at:
            self.longest = case

    def _days(self, case: Snapshot, at: datetime) -> int:
        """Local days from the opening."""
        day = self.table.clock.day
        return (day(at) - day(case.opened_at)).days

    # -- told ----------------------------------------------------------------------------------------

    def data(self) -> Data:
        """All of it as plain data."""
        procedure = self.table.procedure
        return {
            "ends": self._ends(),
            "not_ended": self._not_ended(),
            "deadlines": self._deadlines(),
            "never_entered": [
                {"state": name, "title": words(state.title, self.lang), "track": state.track}
                for name, state in procedure.states.items()
                if name not in self.entered
            ],
            "never_taken": [
                {"event": name, "title": words(event.title, self.lang), "by": event.by}
                for name, event in procedure.events.items()
                if name not in self.taken
            ],
            "loops_over": LOOP,
            "loops": [
                {
                    "state": name, "title": self._state(name), "track": procedure.states[name].track,
                    "cases": len(self.rounds[name]), "most": max(self.rounds[name]),
                }
                for name in procedure.states
                if name in self.rounds
            ],
            "shortest": self._story(self.shortest),
            "longest": self._story(self.longest),
        }  # fmt: skip

    def _ends(self) -> list[Data]:
        """Main track first, then as listed; of one track the commonest first."""
        order = list(self.table.procedure.states)
        tracks = list(self.table.tracks)
        found = sorted(self.ends.items(), key=lambda e: (tracks.index(e[0][0]), -len(e[1]), order.index(e[0][1])))
        return [
            {
                "track": track, "track_title": self._track(track), "state": state,
                "outcome": self.table.state(state).outcome,
                "title": self._state(state), "cases": len(days), "share": self._share(len(days)), "days": spread(days),
            }
            for (track, state), days in found
        ]  # fmt: skip

    def _not_ended(self) -> list[Data]:
        told = []
        for key, n in sorted(self.stuck.items(), key=lambda e: (-e[1], e[0])):
            track, state, why = key
            events = [e for e in self.table.moves(state) if self.table.by(e) != CLOCK]
            waiting = [{"event": e, "title": self._event(e), "by": self.table.by(e)} for e in events]
            told.append(
                {
                    "track": track, "track_title": self._track(track), "state": state, "title": self._state(state),
                    "why": why, "cases": n, "share": self._share(n), "waiting_for": waiting,
                    "example": self._story(self.examples[key]),
                }
            )  # fmt: skip
        return told

    def _deadlines(self) -> list[Data]:
        """Those of states in the order of the file, then the procedure's."""
        procedure = self.table.procedure
        listed = [pair for state in procedure.states.values() for pair in state.deadlines.items()]
        return [
            {
                "id": id, "title": words(each.title, self.lang), "owed_by": each.owed_by,
                "party": words(procedure.parties[each.owed_by].title, self.lang), "started": self.started[id],
                "met": self.met[id], "missed": self.missed[id],
                "share": round(self.missed[id] / self.started[id], 4) if self.started[id] else None,
            }
            for id, each in [*listed, *procedure.deadlines.items()]
        ]  # fmt: skip

    def _story(self, case: Snapshot | None) -> Data | None:
        """A life as its events, each with the day it happened on, counted from the opening."""
        if case is None:
            return None
        return {
            "days": self._days(case, case.as_of),
            "steps": [
                {
                    "day": self._days(case, row.at), "at": local(row.at, self.table), "event": row.event,
                    "title": self._happened(row.event), "by": row.by, "track": row.track, "to": row.to,
                    "to_title": self._state(row.to) if row.to else None,
                }
                for row in case.history
            ],
        }  # fmt: skip

    def _happened(self, name: str) -> str:
        return wording(self.lang).say("simulate.opened") if name == "opened" else self._event(name)

    def _track(self, name: str) -> str | None:
        return None if name == MAIN else words(self.table.procedure.tracks[name].title, self.lang)

    def _state(self, name: str) -> str:
        return state_title(self.table, name, self.lang)

    def _event(self, name: str) -> str:
        return event_title(self.table, name, self.lang)

    def _share(self, n: int) -> float:
        return round(n / self.cases, 4)


def spread(days: Sequence[int]) -> dict[str, int]:
    """How days are spread: each number is one that occurred (the nearest rank)."""
    ordered = sorted(days)

    def at(percent: int) -> int:
        return ordered[max(-(-percent * len(ordered) // 100), 1) - 1]

    return {"median": at(50), "p10": at(10), "p90": at(90), "min": ordered[0], "max": ordered[-1]}
