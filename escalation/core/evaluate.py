"""evaluate(book, log, now) -> Snapshot, and step(): what a log means. Nothing else decides.

`evaluate` reads the whole effective history; `step` and `advance` carry a Snapshot on by one entry
or by time alone, and must always agree with it (tests/pure/test_properties.py). Nothing here reads
a clock or does I/O. The order in which one event is applied is that of `_Live.apply`, numbered as in
semantics §5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from escalation.core.days import nudge_on_or_after, reckon, reckon_date
from escalation.core.entries import (
    Attach,
    Check,
    Entry,
    EventEntry,
    FactsEntry,
    FollowUp,
    Migrate,
    Opened,
    Worldly,
)
from escalation.core.guards import Checklists, Chooser, first_that_holds, missing_for, unticked_items
from escalation.core.history import effective, order
from escalation.core.reminders import length as length_of
from escalation.core.reminders import nudges, reminders, user_nudges
from escalation.core.reminders import until as up_to
from escalation.core.snapshot import (
    ENDED,
    MET,
    MISSED,
    PAUSED,
    RUNNING,
    Announced,
    Extension,
    HistoryRow,
    Inapplicable,
    Missing,
    Pause,
    Refusal,
    Run,
    Snapshot,
    TrackState,
    UserFollowUp,
)
from escalation.core.table import Branch, Rule, Table
from states.expressions import Expression, View
from states.lengths import Length
from states.model import CLOCK, MAIN, ME

Book = Callable[[str], Table]
"""Gives the table of a definition by its content hash."""

MOST_LAPSES = 100_000
"""In one evaluation. Checked procedures cannot lapse for ever; a store can hold anything."""


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
    live = _Live.opened(book, history[0], tell)
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
    live = _Live.resumed(book, snapshot, tell, choose)
    refusal = live.take(entry)
    return refusal if refusal is not None else live.at(now)


def advance(book: Book, snapshot: Snapshot, now: datetime, tell: list[Announced] | None = None) -> Snapshot:
    """The snapshot at a later instant, when only time has passed."""
    return _Live.resumed(book, snapshot, tell).at(now)


def follows(snapshot: Snapshot, entry: Worldly) -> bool:
    """Whether `step` may take this entry, or the whole log must be read again."""
    return entry.occurred_at >= snapshot.as_of and (snapshot.last is None or order(entry) > snapshot.last)


def possibilities(book: Book, snapshot: Snapshot) -> dict[str, tuple[Missing, ...]]:
    """The events by people that have a transition now or start a track, each with what it lacks.

    Nothing missing: it can be recorded. Main track first, then as listed.
    """
    live = _Live.resumed(book, snapshot, None)
    return live.possibilities(snapshot.as_of)


def lacking(book: Book, snapshot: Snapshot, event: str, data: Mapping[str, Any]) -> Refusal | None:
    """What `event` with this data would lack at the snapshot's instant; None if it would be taken."""
    live = _Live.resumed(book, snapshot, None)
    found = live.choices(event, data, snapshot.as_of)
    return live.refusal(event, data, snapshot.as_of) if not found[0] and not found[1] else None


class _Live:
    """A case while it is being worked out; the only mutable thing in the core."""

    def __init__(self, book: Book, table: Table, tell: list[Announced] | None, choose: Chooser) -> None:
        self.book = book
        self.table = table
        self.tell = tell
        self.choose = choose
        self.tracks: dict[str, TrackState] = {}
        self.visits: dict[str, int] = {}
        self.facts: dict[str, Any] = {}
        self.facts_at: dict[str, datetime] = {}
        self.checks: dict[str, bool] = {}
        self.attached: dict[str, int] = {}
        self.runs: list[Run] = []
        self.standing: dict[str, int] = {}  # deadline id -> index of its one standing run
        self.follow_ups: dict[int, UserFollowUp] = {}
        self.told_until: dict[str, datetime] = {}
        self.history: list[HistoryRow] = []
        self.inapplicable: list[Inapplicable] = []
        self.last: tuple[datetime, int] | None = None
        self.now: datetime
        self.opened_at: datetime
        self.title = ""
        self.client: str | None = None

    @classmethod
    def opened(cls, book: Book, entry: Opened, tell: list[Announced] | None) -> _Live:
        live = cls(book, book(entry.definition), tell, first_that_holds)
        live.now = live.opened_at = entry.occurred_at
        live.title, live.client = entry.title, entry.client
        live.last = order(entry)
        live._set_facts(entry.facts, entry.occurred_at)
        live._enter(MAIN, live.table.procedure.initial, entry.occurred_at)
        initial = live.table.procedure.initial
        row = HistoryRow(at=entry.occurred_at, event="opened", by=ME, track=MAIN, to=initial, seq=entry.seq)
        live.history.append(row)
        return live

    @classmethod
    def resumed(
        cls, book: Book, snapshot: Snapshot, tell: list[Announced] | None, choose: Chooser = first_that_holds
    ) -> _Live:
        live = cls(book, book(snapshot.definition), tell, choose)
        live.tracks = {t.track: t for t in snapshot.tracks}
        live.visits = dict(snapshot.visits)
        live.facts, live.facts_at = dict(snapshot.facts), dict(snapshot.facts_at)
        live.checks, live.attached = dict(snapshot.checks), dict(snapshot.attached)
        live.runs = list(snapshot.deadlines)
        live.standing = {run.id: i for i, run in enumerate(live.runs) if run.stopped_at is None}
        live.follow_ups = {f.n: f for f in snapshot.follow_ups}
        live.told_until = dict(snapshot.told_until)
        live.history, live.inapplicable = list(snapshot.history), list(snapshot.inapplicable)
        live.last, live.now, live.opened_at = snapshot.last, snapshot.as_of, snapshot.opened_at
        live.title, live.client = snapshot.title, snapshot.client
        return live

    def at(self, now: datetime) -> Snapshot:
        """The case at `now`, once time has passed until then."""
        self._pass_time(now)
        if self.tell is not None:
            for id in self.standing:
                self._tell_reminders(id, now)
            for track in self.tracks:
                self._tell_nudges(track, now)
            for n in self.follow_ups:
                self._tell_follow_up(n, now)
        return Snapshot(
            definition=self.table.hash,
            calendar=self.table.clock.calendar.stamp,
            as_of=now,
            opened_at=self.opened_at,
            title=self.title,
            client=self.client,
            tracks=tuple(self.tracks[t] for t in self.table.tracks if t in self.tracks),
            visits=self.visits,
            facts=self.facts,
            facts_at=self.facts_at,
            checks=self.checks,
            attached=self.attached,
            deadlines=tuple(self.runs),
            follow_ups=tuple(self.follow_ups[n] for n in sorted(self.follow_ups)),
            told_until=self.told_until,
            history=tuple(self.history),
            inapplicable=tuple(self.inapplicable),
            last=self.last,
        )

    def take(self, entry: Worldly) -> Refusal | None:
        """One entry, at its own instant. A refused event is kept as inapplicable."""
        at = entry.occurred_at
        self._pass_time(at)
        self.last = order(entry)
        refusal = None
        if isinstance(entry, EventEntry):
            refusal = self.apply(entry.event, entry.data, at, entry.seq)
        elif isinstance(entry, FactsEntry):
            self._set_facts(entry.facts, at)
        elif isinstance(entry, Check):
            self.checks[entry.item] = entry.done
        elif isinstance(entry, Attach):
            if entry.item is not None:
                self.attached[entry.item] = self.attached.get(entry.item, 0) + 1
        elif isinstance(entry, FollowUp):
            self._follow_up(entry)
        elif isinstance(entry, Migrate):
            refusal = self._migrate(entry)
        if refusal is not None:
            self.inapplicable.append(Inapplicable(seq=entry.seq, event=refusal.event, missing=refusal.missing))
        return refusal

    # -- one event -----------------------------------------------------------------------------

    def apply(
        self, event: str, data: Mapping[str, Any], at: datetime, seq: int | None, by: str | None = None
    ) -> Refusal | None:
        """One event at one instant. Source: semantics §5, "The order of application of one event"."""
        chosen, begun = self.choices(event, data, at)  # 1
        if not chosen and not begun:
            return self.refusal(event, data, at)
        by = by or self.table.by(event)
        self._set_facts(self._sets(event, data), at)  # 2
        self._restart(event, at)  # 3
        self._extend_and_pause(event, at)
        stopped = self.table.stopped_by.get(event, frozenset())
        for id in [id for id in self.standing if id in stopped and self.runs[self.standing[id]].track is None]:  # 4
            self._stop(id, at, event, by)
        for track, branch in chosen:  # 5
            self._go(track, branch, event, at, by, seq)
        for track in begun:  # 6
            state = self.table.procedure.initial_of(track)
            self._enter(track, state, at)
            self.history.append(HistoryRow(at=at, event=event, by=by, track=track, to=state, seq=seq))
        for id in self.table.started_by.get(event, ()):  # 7
            if id in self.standing:
                self._stop(id, at, event, None)
            self._start(self.table.rules(None)[id], None, at)
        if all(t.final for t in self.tracks.values()):
            for id in list(self.standing):
                self._stop(id, at, event, by)
        return None

    def choices(
        self, event: str, data: Mapping[str, Any], at: datetime
    ) -> tuple[list[tuple[str, Branch]], list[str]]:
        """The branch that each running track would take, and the tracks that would begin."""
        chosen = []
        running = self._running()
        for track, state in running.items():
            listed = self.table.moves(state).get(event)
            if listed:
                view = self._view(track, at, {**self.facts, **self._sets(event, data)}, data, listed)
                branch = self.choose(state, event, listed, view)
                if branch is not None:
                    chosen.append((track, branch))
        begun = [t for t in self.table.begun_by.get(event, ()) if t not in running]
        return chosen, begun

    def refusal(self, event: str, data: Mapping[str, Any], at: datetime) -> Refusal:
        """What each candidate transition lacks, and what could be recorded instead."""
        possible = self.possibilities(at)
        return Refusal(
            event=event,
            at=at,
            states=self._running(),
            missing=self._missing(event, data, at),
            possible=tuple(name for name, missing in possible.items() if not missing),
        )

    def possibilities(self, at: datetime) -> dict[str, tuple[Missing, ...]]:
        running = self._running()
        events = dict.fromkeys(e for state in running.values() for e in self.table.moves(state))
        events.update(dict.fromkeys(e for e, ts in self.table.begun_by.items() if any(t not in running for t in ts)))
        found: dict[str, tuple[Missing, ...]] = {}
        for event in events:
            if self.table.by(event) == CLOCK:
                continue
            chosen, begun = self.choices(event, {}, at)
            found[event] = () if chosen or begun else self._missing(event, {}, at)
        return found

    def _missing(self, event: str, data: Mapping[str, Any], at: datetime) -> tuple[Missing, ...]:
        unticked = {
            name: unticked_items(each, name, self.checks) for name, each in self.table.procedure.checklists.items()
        }
        found, running = [], self._running()
        for track, state in running.items():
            listed = self.table.moves(state).get(event, ())
            view = self._view(track, at, {**self.facts, **self._sets(event, data)}, data, listed)
            found += [missing_for(branch, track, state, view, unticked) for branch in listed]
        return tuple(found) or tuple(
            Missing(track=track, state=state, transition=False) for track, state in running.items()
        )

    def _sets(self, event: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """The facts that an event's data sets."""
        defined = self.table.event(event)
        if defined is None or not data:
            return {}
        return {
            ask.sets: data[name] for name, ask in defined.asks.items() if ask.sets is not None and name in data
        }

    def _view(
        self,
        track: str,
        at: datetime,
        facts: Mapping[str, Any],
        data: Mapping[str, Any],
        listed: Sequence[Branch] = (),
    ) -> View:
        """What guards see; days are counted only where one of them asks."""
        now = self.tracks[track]
        counts = not listed or any(b.when is not None and "case.days_in_state" in b.when.names for b in listed)
        day = self.table.clock.day
        return View(
            facts=facts,
            event=data,
            state=now.state,
            days_in_state=(day(at) - day(now.entered_at)).days if counts else 0,
            visits=self.visits,
            tracks={name: t.state for name, t in self.tracks.items()},
            checklists=Checklists(self.table.procedure.checklists, self.checks),
        )

    def _running(self) -> dict[str, str]:
        """State by running track, in the order in which an event is offered."""
        tracks = self.tracks
        return {t: tracks[t].state for t in self.table.tracks if t in tracks and not tracks[t].final}

    def _go(self, track: str, branch: Branch, event: str, at: datetime, by: str, seq: int | None) -> None:
        if branch.to is not None:
            self._leave(track, event, at, by)
            self._enter(track, branch.to, at)
        self.history.append(
            HistoryRow(at=at, event=event, by=by, track=track, to=branch.to, seq=seq, because=branch.because)
        )

    def _leave(self, track: str, event: str, at: datetime, by: str) -> None:
        self._tell_nudges(track, at)
        self.told_until.pop(track, None)
        for id in [id for id, i in self.standing.items() if self.runs[i].track == track]:
            self._stop(id, at, event, by)

    def _enter(self, track: str, state: str, at: datetime) -> None:
        defined = self.table.state(state)
        self.visits[state] = self.visits.get(state, 0) + 1
        self.tracks[track] = TrackState(
            track=track, state=state, entered_at=at, final=defined.final, outcome=defined.outcome
        )
        if defined.follow_up is not None:
            self.told_until[track] = at
        for rule in self.table.rules(state).values():
            self._start(rule, track, at)

    # -- facts -----------------------------------------------------------------------------------

    def _set_facts(self, values: Mapping[str, Any], at: datetime) -> None:
        """Values are set; the day of a `due_on` deadline that runs moves with its fact."""
        for name, value in values.items():
            if self.facts.get(name) == value:
                continue
            self.facts[name] = value
            if name not in self.table.date_rules:
                continue
            self.facts_at[name] = at
            for id, i in self.standing.items():
                run = self.runs[i]
                rule = self._rule(run)
                if rule.due_on == name and run.active:
                    self._tell_reminders(id, at)
                    self.runs[i] = self._reckoned(self.runs[i], rule)

    # -- deadlines -------------------------------------------------------------------------------

    def _rule(self, run: Run) -> Rule:
        return self.table.rule(run.id, run.state)

    def _start(self, rule: Rule, track: str | None, at: datetime) -> None:
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
        self.standing[rule.id] = len(self.runs)
        self.runs.append(self._reckoned(run, rule))

    def _length(self, rule: Rule, track: str | None, at: datetime) -> Length | None:
        """The first conditional length that holds now. Source: semantics §3."""
        if len(rule.lengths) == 1 and rule.lengths[0][0] is None:
            return rule.lengths[0][1]
        if not rule.lengths:
            return None
        view = self._view(track or MAIN, at, self.facts, {})
        return next((length for when, length in rule.lengths if _holds(when, view)), None)

    def _reckoned(self, run: Run, rule: Rule) -> Run:
        """The run with its last day counted out."""
        if run.status == PAUSED:
            return replace(run, due=None, lapses_at=None, provisional=False, other_reading=None)
        if rule.due_on is not None:
            value = self.facts.get(rule.due_on)
            if value is None:
                return replace(run, due=None, lapses_at=None, provisional=False, other_reading=None)
            floor = max(run.floor or run.started_at, run.started_at, self.facts_at.get(rule.due_on, run.started_at))
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

    def _stop(self, id: str, at: datetime, event: str | None, by: str | None) -> None:
        """A deadline leaves the case: met, ended, or missed as it was."""
        self._tell_reminders(id, at)
        i = self.standing.pop(id)
        run = self.runs[i]
        status = run.status
        if run.active:
            status = MET if by is not None and by == self._rule(run).owed_by else ENDED
        self.runs[i] = replace(run, status=status, stopped_at=at, stopped_by=event)

    def _restart(self, event: str, at: datetime) -> None:
        for id, i in list(self.standing.items()):
            run = self.runs[i]
            rule = self._rule(run)
            if run.active and event in rule.restarts:
                self._stop(id, at, event, None)
                self._start(rule, run.track, at)

    def _extend_and_pause(self, event: str, at: datetime) -> None:
        for id, i in list(self.standing.items()):
            run = self.runs[i]
            if not run.active:
                continue
            rule = self._rule(run)
            if event in rule.extends:
                self._tell_reminders(id, at)
                self._extend(i, rule, event, at)
            run = self.runs[i]
            if run.status == PAUSED and run.pauses[-1].resumed_by == event:
                over = replace(run.pauses[-1], resumed_at=at)
                resumed = replace(run, status=RUNNING, pauses=(*run.pauses[:-1], over), told_until=at)
                self.runs[i] = self._reckoned(resumed, rule)
            elif run.status == RUNNING and event in rule.pauses:
                self._tell_reminders(id, at)
                run = self.runs[i]
                pause = Pause(paused_at=at, paused_by=event, resumed_by=rule.pauses[event])
                self.runs[i] = self._reckoned(replace(run, status=PAUSED, pauses=(*run.pauses, pause)), rule)

    def _extend(self, i: int, rule: Rule, event: str, at: datetime) -> None:
        """The longer length from the same start, unless it would lapse earlier, paused or not."""
        run, longer = self.runs[i], rule.extends[event]
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
            self.runs[i] = self._reckoned(extended, rule)

    # -- time --------------------------------------------------------------------------------------

    def _pass_time(self, until: datetime) -> None:
        """Lapses up to and including `until`, each at its own instant. Source: semantics §5."""
        for _ in range(MOST_LAPSES):
            due = self._next_lapse(until)
            if due is None:
                break
            self._lapse(due)
        else:
            raise AssertionError("deadlines lapse without end")
        self.now = until

    def _next_lapse(self, until: datetime) -> str | None:
        """The first deadline to lapse by `until`; of those at one instant, the first in the order of §5."""
        best: tuple[datetime, tuple[int, int, int]] | None = None
        found = None
        for id, i in self.standing.items():
            run = self.runs[i]
            if run.status != RUNNING or run.lapses_at is None or run.lapses_at > until:
                continue
            rank = (run.lapses_at, self._rule(run).order)
            if best is None or rank < best:
                best, found = rank, id
        return found

    def _lapse(self, id: str) -> None:
        i = self.standing[id]
        run = self.runs[i]
        at = run.lapses_at
        assert at is not None
        self._tell_reminders(id, at)
        run = self.runs[i] = replace(self.runs[i], status=MISSED)
        self.now = at
        if self.tell is not None:
            self.tell.append(
                Announced(
                    kind="lapse", at=at, subject=id, track=run.track, started_at=run.started_at, due=run.due
                )
            )
        event = self._rule(run).lapses
        if event is not None:
            self.apply(event, {}, at, None, CLOCK)  # refused: the deadline is missed, and nothing else

    # -- follow-ups and reminders --------------------------------------------------------------------

    def _follow_up(self, entry: FollowUp) -> None:
        at = entry.occurred_at
        if entry.action == "add":
            self.follow_ups[entry.n] = UserFollowUp(
                n=entry.n, due=entry.due or "", text=entry.text or "", every=entry.every, told_until=at
            )
            return
        known = self.follow_ups.get(entry.n)
        if known is None:
            return
        self._tell_follow_up(entry.n, at)
        known = self.follow_ups[entry.n]
        if entry.action == "move":
            changed = replace(known, due=entry.due or known.due, status="open", told_until=at)
        elif entry.action == "drop":
            changed = replace(known, status="dropped")
        else:
            changed = self._done(known, at)
        self.follow_ups[entry.n] = changed

    def _done(self, known: UserFollowUp, at: datetime) -> UserFollowUp:
        """Done; one that repeats is open again for its next day."""
        if known.every is None:
            return replace(known, status="done")
        first, today = date.fromisoformat(known.due), self.table.clock.day(at)
        _, due = nudge_on_or_after(
            first, length_of(known.every), max(first, today) + timedelta(days=1), self.table.clock.calendar
        )
        return replace(known, due=due.isoformat(), told_until=at)

    def _tell_reminders(self, id: str, until: datetime) -> None:
        if self.tell is None:
            return
        i = self.standing[id]
        run = self.runs[i]
        if run.status != PAUSED and run.lapses_at is not None:
            for offset, at in reminders(run, self._rule(run), self.table):
                if run.told_until < at <= until:
                    self.tell.append(
                        Announced(
                            kind="reminder",
                            at=at,
                            subject=id,
                            track=run.track,
                            started_at=run.started_at,
                            due=run.due,
                            offset=offset,
                        )
                    )
        self.runs[i] = replace(run, told_until=until)

    def _tell_nudges(self, track: str, until: datetime) -> None:
        if self.tell is None or track not in self.told_until:
            return
        now = self.tracks[track]
        follow_up = self.table.state(now.state).follow_up
        if follow_up is None:
            return
        found = nudges(now.entered_at, length_of(follow_up.every), self.table, self.told_until[track])
        for at, day in up_to(found, until):
            self.tell.append(
                Announced(
                    kind="follow_up",
                    at=at,
                    subject=now.state,
                    track=track,
                    started_at=now.entered_at,
                    due=day.isoformat(),
                )
            )
        self.told_until[track] = until

    def _tell_follow_up(self, n: int, until: datetime) -> None:
        if self.tell is None:
            return
        known = self.follow_ups[n]
        if known.status != "open":
            return
        for at, day in up_to(user_nudges(known, self.table, known.told_until), until):
            self.tell.append(
                Announced(kind="user_follow_up", at=at, subject=str(n), started_at=self.opened_at, due=day.isoformat())
            )
        self.follow_ups[n] = replace(known, told_until=until)

    # -- another definition ----------------------------------------------------------------------------

    def _migrate(self, entry: Migrate) -> Refusal | None:
        """The case under another definition from now on. Source: semantics §7."""
        at, new = entry.occurred_at, self.book(entry.definition)
        states = {track: entry.map.get(state, state) for track, state in self._running().items()}
        lost = [
            Missing(track=track, state=self.tracks[track].state, to=state, transition=False)
            for track, state in states.items()
            if state not in new.procedure.states or new.procedure.states[state].track != track
        ]
        if lost:
            return Refusal(event="migrate", at=at, states=self._running(), missing=tuple(lost), possible=())
        for track in states:
            self._tell_nudges(track, at)
        for id in self.standing:
            self._tell_reminders(id, at)
        old_rules = {id: self._rule(self.runs[i]) for id, i in self.standing.items()}
        self.table = new
        self._rename(entry.map, states)
        self._carry(states, old_rules, at)
        return None

    def _rename(self, mapping: Mapping[str, str], states: Mapping[str, str]) -> None:
        visits: dict[str, int] = {}
        for state, n in self.visits.items():
            name = mapping.get(state, state)
            visits[name] = visits.get(name, 0) + n
        self.visits = visits
        kept = {}
        for name, track in self.tracks.items():
            if name not in self.table.tracks:
                continue
            state = states.get(name, mapping.get(track.state, track.state))
            defined = self.table.procedure.states.get(state)
            if name in states and defined is not None:
                track = replace(track, state=state, final=defined.final, outcome=defined.outcome)
            kept[name] = replace(track, state=state)
        self.tracks = kept

    def _carry(self, states: Mapping[str, str], old_rules: Mapping[str, Rule], at: datetime) -> None:
        """Deadlines that stay, those that are gone, and those that are new in the present states."""
        for id, i in list(self.standing.items()):
            run = self.runs[i]
            state = states.get(run.track) if run.track is not None else None
            rule = self.table.rules(state).get(id) if state is not None or run.track is None else None
            length = self._length(rule, run.track, at) if rule is not None else None
            if rule is None or (run.active and rule.lengths and length is None):
                del self.standing[id]
                status = ENDED if run.active else run.status
                self.runs[i] = replace(run, status=status, stopped_at=at)
            elif run.active:
                moved = replace(run, state=state, length=str(length) if length else None, floor=at)
                self.runs[i] = self._reckoned(moved, rule)
            else:
                self.runs[i] = replace(run, state=state)
        for track, state in states.items():
            if self.table.state(state).follow_up is not None:
                self.told_until.setdefault(track, at)
            for id, rule in self.table.rules(state).items():
                if id not in old_rules:
                    self._start(rule, track, at)
        if all(t.final for t in self.tracks.values()):
            for id in list(self.standing):
                self._stop(id, at, None, None)


def utc(at: datetime) -> datetime:
    """The instant in UTC. Raises: ValueError for a naive one (a mistake in our code)."""
    if at.tzinfo is None:
        raise ValueError("a naive datetime is no instant")
    return at.astimezone(UTC)


def _holds(when: Expression | None, view: View) -> bool:
    return when is None or when.holds(view)
