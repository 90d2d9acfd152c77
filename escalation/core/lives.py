"""Many made-up lives of a procedure: logs that nobody lived, each worked out by the real evaluation.

What can happen, and what follows, is asked of `Live` alone, which `evaluate` asks, too. Made up is only who acts
and when (see `Life`), by the dice that the caller hands in: the same dice give the same lives.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation.core.entries import Check, Entry, EventEntry, FactsEntry, Opened
from escalation.core.guards import unticked_items
from escalation.core.live import Live
from escalation.core.made_up import MadeUp
from escalation.core.snapshot import RUNNING, Run, Snapshot
from escalation.core.table import Branch, Table
from states.model import CLOCK, ME

if TYPE_CHECKING:
    from random import Random

YEARS = 10
HORIZON = timedelta(days=3653)
"""A life that has not ended by then is left."""
MY_DAYS, THEIR_DAYS = 14, 30
"""Whoever owes no period acts within so many days."""
MINE_IN_TIME, THEIRS_IN_TIME = 0.9, 0.5
"""How often a period is kept by the party that owes it."""
OFTEN = 20
"""A step that a state lists itself, and that does not give up, is so many times likelier than any other."""
MOST_ROUNDS = 5_000
"""In one life: enough for ten years of an act every day."""
TRIES = 24
"""Of made-up answers, for the way out that is meant."""
_WAIT = timedelta(days=30)
"""Where only a guard on the days in a state keeps everybody from acting."""


class Life(NamedTuple):
    """One made-up life: until no track runs, or nothing can happen any more, or ten years are over.

    Round by round one of the events by people that can be recorded is picked: all that the present states list are
    alike; what can happen in any state (giving up, a letter from a court) is rarer by `OFTEN`, and so is what ends
    as withdrawn. Of its transitions one is meant, all alike, and the answers that lead there are given; what its
    checklists want is ticked. Its party acts within `MY_DAYS` or `THEIR_DAYS`. Of each period it is settled, by the
    chances above, whether the party that owes it keeps it: then that party does what ends it in time, if it can; else
    not before it is over. If a deadline lapses first, it does, and everybody thinks again.
    """

    log: tuple[Entry, ...]
    snapshot: Snapshot
    """At its end."""
    why: str | None
    """Why it has not ended: `horizon`, `silent`, `guards` or `nothing`; None if it has."""


def lives(table: Table, dice: Random, opened_at: datetime, cases: int, silent: Collection[str] = ()) -> Iterator[Life]:
    """So many lives, one after the other. `silent`: parties that never act."""
    made_up = MadeUp(table, dice)
    for _ in range(cases):
        yield _Living(table, made_up, opened_at, silent).life()


class _Act(NamedTuple):
    """What somebody is going to do."""

    event: str
    at: datetime
    ticks: tuple[str, ...]
    data: dict[str, Any]


class _Living:
    """A life while it is lived."""

    def __init__(self, table: Table, made_up: MadeUp, opened_at: datetime, silent: Collection[str]) -> None:
        self.table = table
        self.made_up = made_up
        self.silent = silent
        self.now = opened_at
        self.end = opened_at + HORIZON
        self.kept: dict[tuple[str, datetime], bool] = {}
        """Whether the party that owes it keeps a period, by deadline and start."""
        procedure = table.procedure
        opened = Opened(
            seq=1, recorded_at=opened_at, occurred_at=opened_at, procedure=procedure.procedure,
            version=procedure.version, definition=table.hash, facts=made_up.facts_at_opening(opened_at),
        )  # fmt: skip
        self.log: list[Entry] = [opened]
        self.live = Live.opened(lambda hash: table, opened, None)

    def life(self) -> Life:
        """Lived to its end."""
        why = self._lived()
        return Life(tuple(self.log), self.live.at(self.now), why)

    def _lived(self) -> str | None:
        for _ in range(MOST_ROUNDS):
            if not self._running():
                return None
            self._find_dates()
            act, lapse, run = self._chosen(), None, self._next_to_lapse()
            if run is not None and run.lapses_at is not None and (act is None or act.at >= run.lapses_at):
                lapse, act = run.lapses_at, self._in_time(run, run.lapses_at)
            if act is None and lapse is not None:
                self.now = lapse
                self.live.at(lapse)
            elif act is None:
                if not self._days_may_help():
                    return self._stuck()
                self.now += _WAIT
            elif act.at > self.end:
                break
            else:
                self._do(act)
        self.now = self.end
        return "horizon"

    # -- who acts, and when ------------------------------------------------------------------------

    def _chosen(self) -> _Act | None:
        """What somebody does next: of all events that can be recorded, one. None if there is none."""
        waiting = {event: n for event, n in self._events().items() if self.table.by(event) not in self.silent}
        while waiting:
            event = self._picked(waiting)
            act = self._prepared(event, self._when(event))
            if act is not None:
                return act
            del waiting[event]
        return None

    def _picked(self, waiting: dict[str, int]) -> str:
        left = self.made_up.one(sum(waiting.values()))
        return next(event for event, n in waiting.items() if (left := left - n) < 0)

    def _events(self) -> dict[str, int]:
        """Those by people that have a transition now or start a track, and how likely each is beside the others."""
        running = self._running()
        found: dict[str, int] = {}
        for state in running.values():
            for event, listed in self.table.moves(state).items():
                found[event] = max(found.get(event, 1), self._often(state, event, listed))
        for event, tracks in self.table.begun_by.items():
            if any(track not in running for track in tracks):
                found.setdefault(event, 1)
        return {event: n for event, n in found.items() if self.table.by(event) != CLOCK}

    def _often(self, state: str, event: str, listed: tuple[Branch, ...]) -> int:
        if event not in self.table.state(state).transitions:
            return 1
        gives_up = all(b.to is not None and self.table.state(b.to).outcome == "withdrawn" for b in listed)
        return 1 if gives_up else OFTEN

    def _in_time(self, run: Run, lapse: datetime) -> _Act | None:
        """What ends a period at last, by a party that keeps it; None where it does not, or cannot."""
        party = self._owed_by(run)
        if party in self.silent or not self._keeps(run, party):
            return None
        at = self.now + self._part_of(lapse - self.now)
        waiting = {e: n for e, n in self._events().items() if self.table.by(e) == party and self._ends(e, run)}
        while waiting:
            event = self._picked(waiting)
            act = self._prepared(event, at)
            if act is not None:
                return act
            del waiting[event]
        return None

    def _prepared(self, event: str, at: datetime) -> _Act | None:
        """The event with what it needs, for one of its transitions if that can be; None if it cannot be recorded."""
        ways = [branch for state in self._running().values() for branch in self.table.moves(state).get(event, ())]
        meant = ways[self.made_up.one(len(ways))] if ways else None
        ticks = self._ticks(meant) if meant is not None else ()
        checks = self.live.checks
        before = dict(checks)
        checks.update(dict.fromkeys(ticks, True))
        found = None
        try:
            for _ in range(TRIES if self.made_up.decides(event, ways) else 1):
                data = self.made_up.answers(event, at)
                chosen, begun = self.live.choices(event, data, at)
                if chosen or begun:
                    found = _Act(event, at, ticks, data)
                    if meant is None or any(branch is meant for _, branch in chosen):
                        break
        finally:
            checks.clear()
            checks.update(before)
        return found

    def _ticks(self, branch: Branch) -> tuple[str, ...]:
        """The items that keep a transition's checklists from being complete."""
        names = branch.when.names if branch.when is not None else ()
        defined = self.table.procedure.checklists
        wanted = dict.fromkeys((*branch.requires, *(n for n in defined if f"checklists.{n}" in names)))
        return tuple(
            f"{name}.{item}" for name in wanted for item in unticked_items(defined[name], name, self.live.checks)
        )

    def _when(self, event: str) -> datetime:
        """When the party of an event gets round to it."""
        party = self.table.by(event)
        usual = timedelta(days=MY_DAYS if party == ME else THEIR_DAYS)
        owed = [run for run in self._deadlines() if self._owed_by(run) == party and self._ends(event, run)]
        first = min(owed, key=lambda run: run.lapses_at or self.end, default=None)
        if first is None or first.lapses_at is None:
            return self.now + self._part_of(usual)
        if self._keeps(first, party):
            return self.now + self._part_of(min(usual, first.lapses_at - self.now))
        return first.lapses_at + self._part_of(usual)

    def _part_of(self, length: timedelta) -> timedelta:
        return timedelta(seconds=self.made_up.one(int(length.total_seconds())))

    def _keeps(self, run: Run, party: str) -> bool:
        """Settled once for each running of a deadline."""
        key = (run.id, run.started_at)
        if key not in self.kept:
            self.kept[key] = self.made_up.dice.random() < (MINE_IN_TIME if party == ME else THEIRS_IN_TIME)
        return self.kept[key]

    def _owed_by(self, run: Run) -> str:
        return self.table.rule(run.id, run.state).owed_by

    def _ends(self, event: str, run: Run) -> bool:
        """Whether an event is what a deadline waits for: listed by its state to leave it, or among its `stops`."""
        if run.state is None:
            return run.id in self.table.stopped_by.get(event, ())
        defined = self.table.state(run.state).transitions
        return event in defined and any(branch.to is not None for branch in self.table.moves(run.state)[event])

    # -- what happens ------------------------------------------------------------------------------

    def _do(self, act: _Act) -> None:
        self.now = act.at
        for item in act.ticks:
            self._log(Check(seq=len(self.log) + 1, recorded_at=act.at, occurred_at=act.at, item=item, done=True))
        seq = len(self.log) + 1
        self._log(EventEntry(seq=seq, recorded_at=act.at, occurred_at=act.at, event=act.event, data=act.data))

    def _find_dates(self) -> None:
        """A deadline on a date that nobody has told gets one."""
        for run in list(self._deadlines()):
            fact = self.table.rule(run.id, run.state).due_on
            if fact is None or self.live.facts.get(fact) is not None:
                continue
            day = self.made_up.day_for(fact, self.now)
            if day is not None:
                at = self.now
                self._log(FactsEntry(seq=len(self.log) + 1, recorded_at=at, occurred_at=at, facts={fact: day}))

    def _log(self, entry: Check | EventEntry | FactsEntry) -> None:
        self.log.append(entry)
        refusal = self.live.take(entry)
        assert refusal is None, f"a made-up entry was refused: {refusal}"

    # -- how the case stands -----------------------------------------------------------------------

    def _running(self) -> dict[str, str]:
        """State by running track."""
        tracks = self.live.tracks
        return {t: tracks[t].state for t in self.table.tracks if t in tracks and not tracks[t].final}

    def _deadlines(self) -> Iterator[Run]:
        """Those that run."""
        for i in self.live.runs.standing.values():
            run = self.live.runs.all[i]
            if run.status == RUNNING:
                yield run

    def _next_to_lapse(self) -> Run | None:
        """The deadline that lapses first, within the horizon."""
        found, first = None, self.end
        for run in self._deadlines():
            if run.lapses_at is not None and (run.lapses_at < first or (found is None and run.lapses_at == first)):
                found, first = run, run.lapses_at
        return found

    def _days_may_help(self) -> bool:
        """Whether something that cannot be recorded now could be later, without anybody's doing."""
        waits = any(
            branch.when is not None and "case.days_in_state" in branch.when.names
            for state in self._running().values()
            for event, listed in self.table.moves(state).items()
            if self.table.by(event) not in self.silent
            for branch in listed
        )
        return waits and self.now + _WAIT <= self.end

    def _stuck(self) -> str:
        """Why nobody can do anything, and no deadline runs that could lapse."""
        events = self._events()
        if not events:
            return "nothing"
        return "silent" if any(self.table.by(event) in self.silent for event in events) else "guards"
