"""A case while it is being worked out: entry by entry, lapse by lapse. The only mutable thing in the core.

`evaluate` makes one, feeds it the effective history and asks for the Snapshot; nobody else sees it.
The order in which one event is applied is that of `Live.apply`, numbered as in semantics §5.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from escalation.core.days import nudge_on_or_after
from escalation.core.entries import Attach, Check, EventEntry, FactsEntry, FollowUp, Migrate, Opened, Worldly
from escalation.core.guards import Chooser, first_that_holds, missing_for, ruled_out, unticked_items
from escalation.core.history import order
from escalation.core.reminders import length as length_of
from escalation.core.reminders import nudges, user_nudges
from escalation.core.reminders import until as up_to
from escalation.core.runs import Runs
from escalation.core.sight import Sight
from escalation.core.snapshot import (
    Announced,
    HistoryRow,
    Inapplicable,
    Missing,
    Refusal,
    Run,
    Snapshot,
    TrackState,
    UserFollowUp,
)
from escalation.core.table import Branch, Table
from states.model import CLOCK, MAIN, ME

Book = Callable[[str], Table]
"""Gives the table of a definition by its content hash."""

MOST_LAPSES = 100_000
"""In one evaluation. Checked procedures cannot lapse for ever; a store can hold anything."""


class Live:
    """A case while it is being worked out; the only mutable thing in the core."""

    def __init__(
        self, book: Book, table: Table, tell: list[Announced] | None, choose: Chooser, runs: Sequence[Run] = ()
    ) -> None:
        self.book = book
        self.table = table
        self.tell = tell
        self.choose = choose
        self.sight = Sight(table)
        self.tracks, self.visits = self.sight.tracks, self.sight.visits
        self.facts, self.checks = self.sight.facts, self.sight.checks
        self.facts_at: dict[str, datetime] = {}
        self.runs = Runs(table, self.sight, self.facts_at, tell, runs)
        self.attached: dict[str, int] = {}
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
    def opened(cls, book: Book, entry: Opened, tell: list[Announced] | None) -> Live:
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
    ) -> Live:
        live = cls(book, book(snapshot.definition), tell, choose, snapshot.deadlines)
        live.tracks.update({t.track: t for t in snapshot.tracks})
        live.visits.update(snapshot.visits)
        live.facts.update(snapshot.facts)
        live.facts_at.update(snapshot.facts_at)
        live.checks.update(snapshot.checks)
        live.attached = dict(snapshot.attached)
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
            for id in self.runs.standing:
                self.runs.tell(id, now)
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
            deadlines=tuple(self.runs.all),
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
            # With every branch: what is kept must not depend on which of them are worth telling.
            every = self._missing(entry.event, entry.data, at) if isinstance(entry, EventEntry) else refusal.missing
            self.inapplicable.append(Inapplicable(seq=entry.seq, event=refusal.event, missing=every))
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
        self.runs.restart(event, at)  # 3
        self.runs.extend_and_pause(event, at)
        stopped = self.table.stopped_by.get(event)
        for id in [id for id in self.runs.of_track(None) if id in stopped] if stopped else ():  # 4
            self.runs.stop(id, at, event, by)
        for track, branch in chosen:  # 5
            self._go(track, branch, event, at, by, seq)
        for track in begun:  # 6
            state = self.table.procedure.initial_of(track)
            self._enter(track, state, at)
            self.history.append(HistoryRow(at=at, event=event, by=by, track=track, to=state, seq=seq))
        for id in self.table.started_by.get(event, ()):  # 7
            if id in self.runs.standing:
                self.runs.stop(id, at, event, None)
            self.runs.start(self.table.rules(None)[id], None, at)
        if all(t.final for t in self.tracks.values()):
            for id in list(self.runs.standing):
                self.runs.stop(id, at, event, by)
        return None

    def choices(self, event: str, data: Mapping[str, Any], at: datetime) -> tuple[list[tuple[str, Branch]], list[str]]:
        """The branch that each running track would take, and the tracks that would begin."""
        chosen = []
        running = self._running()
        for track, state in running.items():
            listed = self.table.moves(state).get(event)
            if listed:
                view = self.sight.view(track, at, self._seen(event, data), data, listed)
                branch = self.choose(state, event, listed, view)
                if branch is not None:
                    chosen.append((track, branch))
        begun = [t for t in self.table.begun_by.get(event, ()) if t not in running]
        return chosen, begun

    def refusal(self, event: str, data: Mapping[str, Any], at: datetime) -> Refusal:
        """What each candidate transition lacks, and what could be recorded instead.

        A branch that the event's own data exclude is left out, unless there is no other.
        """
        possible = self.possibilities(at)
        return Refusal(
            event=event,
            at=at,
            states=self._running(),
            missing=self._missing(event, data, at, within_reach=True) or self._missing(event, data, at),
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

    def _missing(
        self, event: str, data: Mapping[str, Any], at: datetime, within_reach: bool = False
    ) -> tuple[Missing, ...]:
        unticked = {
            name: unticked_items(each, name, self.checks) for name, each in self.table.procedure.checklists.items()
        }
        found, running, candidates = [], self._running(), False
        for track, state in running.items():
            listed = self.table.moves(state).get(event, ())
            view = self.sight.view(track, at, self._seen(event, data), data, listed)
            kept = [branch for branch in listed if not (within_reach and ruled_out(branch, view))]
            found += [missing_for(branch, track, state, view, unticked) for branch in kept]
            candidates = candidates or bool(listed)
        if candidates:
            return tuple(found)
        return tuple(Missing(track=track, state=state, transition=False) for track, state in running.items())

    def _seen(self, event: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The facts as a guard sees them: with what the event's own data sets."""
        sets = self._sets(event, data) if data else None
        return {**self.facts, **sets} if sets else self.facts

    def _sets(self, event: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """The facts that an event's data sets."""
        defined = self.table.event(event)
        if defined is None or not data:
            return {}
        return {ask.sets: data[name] for name, ask in defined.asks.items() if ask.sets is not None and name in data}

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
        for id in self.runs.of_track(track):
            self.runs.stop(id, at, event, by)

    def _enter(self, track: str, state: str, at: datetime) -> None:
        defined = self.table.state(state)
        self.visits[state] = self.visits.get(state, 0) + 1
        self.tracks[track] = TrackState(
            track=track, state=state, entered_at=at, final=defined.final, outcome=defined.outcome
        )
        if defined.follow_up is not None:
            self.told_until[track] = at
        for rule in self.table.rules(state).values():
            self.runs.start(rule, track, at)

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
            self.runs.fact_changed(name, at)

    # -- time --------------------------------------------------------------------------------------

    def _pass_time(self, until: datetime) -> None:
        """Lapses up to and including `until`, each at its own instant. Source: semantics §5."""
        for _ in range(MOST_LAPSES):
            due = self.runs.next_lapse(until)
            if due is None:
                break
            self._lapse(due)
        else:
            raise AssertionError("deadlines lapse without end")
        self.now = until

    def _lapse(self, id: str) -> None:
        at, event = self.runs.miss(id)
        self.now = at
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
        for id in self.runs.standing:
            self.runs.tell(id, at)
        self.table = self.sight.table = new
        self._rename(entry.map, states)
        self._settle(states, self.runs.carry_over(new, states, at), at)
        return None

    def _rename(self, mapping: Mapping[str, str], states: Mapping[str, str]) -> None:
        visits: dict[str, int] = {}
        for state, n in self.visits.items():
            name = mapping.get(state, state)
            visits[name] = visits.get(name, 0) + n
        self.visits.clear()
        self.visits.update(visits)
        kept = {}
        for name, track in self.tracks.items():
            if name not in self.table.tracks:
                continue
            state = states.get(name, mapping.get(track.state, track.state))
            defined = self.table.procedure.states.get(state)
            if name in states and defined is not None:
                track = replace(track, state=state, final=defined.final, outcome=defined.outcome)
            kept[name] = replace(track, state=state)
        self.tracks.clear()
        self.tracks.update(kept)

    def _settle(self, states: Mapping[str, str], stood: Collection[tuple[str | None, str]], at: datetime) -> None:
        """What is new in the present states starts; a case that has thereby come to its end is closed."""
        for track, state in states.items():
            if self.table.state(state).follow_up is not None:
                self.told_until.setdefault(track, at)
            for id, rule in self.table.rules(state).items():
                if (track, id) not in stood:
                    self.runs.start(rule, track, at)
        if all(t.final for t in self.tracks.values()):
            for id in list(self.runs.standing):
                self.runs.stop(id, at, None, None)
