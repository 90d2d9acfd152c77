"""The deadlines of a case while it is being worked out: started, paused, extended, restarted, stopped.

One `Runs` belongs to one `Live` case; what an event does to deadlines, and in which order, is decided
there. Source: semantics §3 and §5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from msgspec.structs import replace

from escalation.core.days import reckon, reckon_date
from escalation.core.reminders import length as length_of
from escalation.core.reminders import reminders
from escalation.core.sight import Sight
from escalation.core.snapshot import ENDED, MET, MISSED, PAUSED, RUNNING, Announced, Extension, Pause, Run
from escalation.core.table import Rule, Table
from states.expressions import Expression, View
from states.lengths import Length


class Runs:
    """Every running of every deadline so far; those that stand by the deadline's id."""

    def __init__(
        self,
        table: Table,
        sight: Sight,
        facts_at: Mapping[str, datetime],
        tell: list[Announced] | None,
        runs: Sequence[Run] = (),
    ) -> None:
        self.table = table
        self._sight = sight
        self._facts_at = facts_at
        self._tell = tell
        self.all = list(runs)
        self.standing = {run.id: i for i, run in enumerate(self.all) if run.stopped_at is None}

    def of_track(self, track: str | None) -> list[str]:
        """The ids of the deadlines of a track that stand; of the procedure's, for None."""
        return [id for id, i in self.standing.items() if self.all[i].track == track]

    def start(self, rule: Rule, track: str | None, at: datetime) -> None:
        """A deadline starts, unless its conditional length says that there is none."""
        length = self._length(rule, track, at)
        if rule.lengths and length is None:
            return
        run = Run(
            id=rule.id,
            track=track,
            state=rule.state,
            started_at=at,
            length=str(length) if length else None,
            told_until=at,
        )
        self.standing[rule.id] = len(self.all)
        self.all.append(self._reckoned(run, rule))

    def stop(self, id: str, at: datetime, event: str | None, by: str | None) -> None:
        """A deadline leaves the case: met if the party that owes it stopped it, else ended, or missed as it was."""
        self.tell(id, at)
        i = self.standing.pop(id)
        run = self.all[i]
        status = run.status
        if run.active:
            status = MET if by is not None and by == self._rule(run).owed_by else ENDED
        self.all[i] = replace(run, status=status, stopped_at=at, stopped_by=event)

    def restart(self, event: str, at: datetime) -> None:
        """Those that run or are paused and name the event start afresh; pauses and extensions are forgotten."""
        for id, i in list(self.standing.items()):
            run = self.all[i]
            rule = self._rule(run)
            if run.active and event in rule.restarts:
                self.stop(id, at, event, None)
                self.start(rule, run.track, at)

    def extend_and_pause(self, event: str, at: datetime) -> None:
        """`extends`, then `pauses` and resumptions; a missed deadline is touched by none of them."""
        for id, i in list(self.standing.items()):
            if not self.all[i].active:
                continue
            rule = self._rule(self.all[i])
            if event in rule.extends:
                self.tell(id, at)
                self._extend(i, rule, event, at)
            run = self.all[i]
            if run.status == PAUSED and run.pauses[-1].resumed_by == event:
                over = replace(run.pauses[-1], resumed_at=at)
                resumed = replace(run, status=RUNNING, pauses=(*run.pauses[:-1], over), told_until=at)
                self.all[i] = self._reckoned(resumed, rule)
            elif run.status == RUNNING and event in rule.pauses:
                self.tell(id, at)
                pause = Pause(paused_at=at, paused_by=event, resumed_by=rule.pauses[event])
                paused = replace(self.all[i], status=PAUSED, pauses=(*run.pauses, pause))
                self.all[i] = self._reckoned(paused, rule)

    def fact_changed(self, name: str, at: datetime) -> None:
        """The day of a `due_on` deadline that runs moves with its fact."""
        for id, i in self.standing.items():
            rule = self._rule(self.all[i])
            if rule.due_on == name and self.all[i].active:
                self.tell(id, at)
                self.all[i] = self._reckoned(self.all[i], rule)

    def next_lapse(self, until: datetime) -> str | None:
        """The first deadline to lapse by `until`; of those at one instant, the first in the order of §5."""
        best: tuple[datetime, tuple[int, int, int]] | None = None
        found = None
        for id, i in self.standing.items():
            run = self.all[i]
            if run.status != RUNNING or run.lapses_at is None or run.lapses_at > until:
                continue
            rank = (run.lapses_at, self._rule(run).order)
            if best is None or rank < best:
                best, found = rank, id
        return found

    def miss(self, id: str) -> tuple[datetime, str | None]:
        """A deadline lapses; the answer is when, and the event that the clock applies then."""
        i = self.standing[id]
        at = self.all[i].lapses_at
        assert at is not None
        self.tell(id, at)
        run = self.all[i] = replace(self.all[i], status=MISSED)
        if self._tell is not None:
            lapse = Announced(kind="lapse", at=at, subject=id, track=run.track, started_at=run.started_at, due=run.due)
            self._tell.append(lapse)
        return at, self._rule(run).lapses

    def tell(self, id: str, until: datetime) -> None:
        """The reminders of a deadline up to `until`, where somebody listens."""
        if self._tell is None:
            return
        i = self.standing[id]
        run = self.all[i]
        if run.told_until >= until:
            return
        if run.status != PAUSED and run.lapses_at is not None:
            self._tell += [
                Announced(
                    kind="reminder", at=at, subject=id, track=run.track, started_at=run.started_at, due=run.due,
                    offset=offset,
                )
                for offset, at in reminders(run, self._rule(run), self.table)
                if run.told_until < at <= until
            ]  # fmt: skip
        self.all[i] = replace(run, told_until=until)

    def carry_over(self, table: Table, states: Mapping[str, str], at: datetime) -> set[tuple[str | None, str]]:
        """Under another definition: those that stay keep their start, those that are gone end.

        `states`: the present state of each running track there. The answer: what stood before, by track and id.
        """
        stood = {(self.all[i].track, id) for id, i in self.standing.items()}
        self.table = table
        for id, i in list(self.standing.items()):
            run = self.all[i]
            state = states.get(run.track) if run.track is not None else None
            rule = table.rules(state).get(id) if state is not None or run.track is None else None
            length = self._length(rule, run.track, at) if rule is not None else None
            if rule is None or (run.active and rule.lengths and length is None):
                del self.standing[id]
                self.all[i] = replace(run, status=ENDED if run.active else run.status, stopped_at=at)
            elif run.active:
                moved = replace(run, state=state, length=str(length) if length else None, floor=at)
                self.all[i] = self._reckoned(moved, rule)
            else:
                self.all[i] = replace(run, state=state)
        return stood

    def _rule(self, run: Run) -> Rule:
        return self.table.rule(run.id, run.state)

    def _length(self, rule: Rule, track: str | None, at: datetime) -> Length | None:
        """The first conditional length that holds now. Source: semantics §3."""
        if len(rule.lengths) == 1 and rule.lengths[0][0] is None:
            return rule.lengths[0][1]
        if not rule.lengths:
            return None
        view = self._sight.look(track, at)
        return next((length for when, length in rule.lengths if _holds(when, view)), None)

    def _reckoned(self, run: Run, rule: Rule) -> Run:
        """The run with its last day counted out."""
        if run.status == PAUSED:
            return replace(run, due=None, lapses_at=None, provisional=False, other_reading=None)
        if rule.due_on is not None:
            value = self._sight.facts.get(rule.due_on)
            if value is None:
                return replace(run, due=None, lapses_at=None, provisional=False, other_reading=None)
            known_at = self._facts_at.get(rule.due_on, run.started_at)
            floor = max(run.floor or run.started_at, run.started_at, known_at)
            found = reckon_date(date.fromisoformat(value), rule.rolls, floor, self.table.clock)
        else:
            found = reckon(run.started_at, length_of(run.length), rule.rolls, run.pauses, self.table.clock)
        lapses_at = found.lapses_at if run.floor is None else max(found.lapses_at, run.floor)
        return replace(
            run,
            due=found.due.isoformat() if found.due else None,
            lapses_at=lapses_at,
            provisional=found.provisional,
            other_reading=found.other_reading.isoformat() if found.other_reading else None,
        )

    def _extend(self, i: int, rule: Rule, event: str, at: datetime) -> None:
        """The longer length from the same start, unless it would lapse earlier, paused or not."""
        run, longer = self.all[i], rule.extends[event]
        if run.length is None:
            return
        pauses = run.pauses
        if run.status == PAUSED:
            pauses = (*pauses[:-1], replace(pauses[-1], resumed_at=at))
        old, new = (
            reckon(run.started_at, each, rule.rolls, pauses, self.table.clock).lapses_at
            for each in (length_of(run.length), longer)
        )
        if new >= old:
            extension = Extension(at=at, event=event, before=run.length, after=str(longer))
            extended = replace(run, length=str(longer), extensions=(*run.extensions, extension))
            self.all[i] = self._reckoned(extended, rule)


def _holds(when: Expression | None, view: View) -> bool:
    return when is None or when.holds(view)
