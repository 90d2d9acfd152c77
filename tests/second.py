"""A second reading of "What a case means", written from the page alone to be held against the first.

It is slow and plain on purpose: days are looked at one by one, every last day is found again from the start
whenever it is asked for, and the next lapse is found by scanning. Above each piece of code stands the sentence of
the page that it obeys ("§" is a section of semantics.md, "CLI" is cli.md, "F" is procedure-format.md). Where the
page leaves room, the comment begins with "Read as:".

A log is a list of plain dicts in the shape of the import format, in the order of recording:

    seq (from 1), kind, at (None for an amendment that leaves it), recorded_at
    opened: definition, facts      event: event, data        facts: facts       check: item, done
    amend: target, at, data | facts | done                   withdraw: target   migrate: definition, map
    attach, note, follow_up: nothing that a state, a deadline or a fact depends on

Instants are aware datetimes.
"""

from __future__ import annotations

import calendar as month_lengths
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from states.calendar import Calendar, load_calendar
from states.expressions import Expression, View, read_expression
from states.lengths import Length, parse_length
from states.model import Deadline, Event, LengthBranch, Procedure, StandingDeadline, Transition, branches

ONE_DAY = timedelta(days=1)
Entry = Mapping[str, Any]


# --- §2 Time ------------------------------------------------------------------------------------


def local_date(instant: datetime, zone: str) -> date:
    # §2: "A procedure has a `timezone`; a **day** is a local date in it."
    return instant.astimezone(ZoneInfo(zone)).date()


@cache
def first_instant(day: date, zone: str) -> datetime:
    # §3: "the first instant of the local day". Clocks are changed by whole quarters of an hour.
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=36)
    while local_date(instant, zone) < day:
        instant += timedelta(minutes=15)
    return instant


# --- §3 Lengths and last days -------------------------------------------------------------------


class Asked:
    """The calendar, and which of its days were asked for."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.years: set[int] = set()

    def is_working(self, day: date) -> bool:
        self.years.add(day.year)
        return self.calendar.is_working(day)

    @property
    def provisional(self) -> bool:
        # §2: "any date that depends on such a year (a day of it was asked of the calendar to find the last
        # day) is **provisional**".
        return any(self.calendar.is_provisional(year) for year in self.years)


Pause = tuple[datetime, datetime]
"""From when until when the clock stood still."""


def months_on(day: date, months: int) -> date:
    # §3: "the same day of the month N months / years on, or that month's last day if it has none"
    year, month = day.year, day.month
    for _ in range(months):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    return date(year, month, min(day.day, month_lengths.monthrange(year, month)[1]))


def unrolled_last_day(start: datetime, length: Length, pauses: Sequence[Pause], zone: str, asked: Asked) -> date:
    """The last day before `roll`; not for hours."""
    # §3: "A deadline starts at an instant. Let D0 be its local date. The day itself is never counted."
    origin = local_date(start, zone)
    if length.unit in ("months", "years"):
        last = months_on(origin, length.n * (12 if length.unit == "years" else 1))
        for paused, resumed in pauses:
            # §5: "months and years: the unrolled last day moves by the days between"
            p, r = local_date(paused, zone), local_date(resumed, zone)
            last += r - p
            # §5: "The last day is never before R"
            last = max(last, r)
        return last

    # §3: "`N days` / `N weeks` | D0 + N / D0 + 7N"; "`N working days` | the N-th working day after D0"
    # §5: "Days count days, working days count working days"
    rest = length.n * 7 if length.unit == "weeks" else length.n

    def counts(day: date) -> bool:
        return asked.is_working(day) if length.unit == "working days" else True

    for paused, resumed in pauses:
        # §5: "With P the local date of the pause and R of the resumption, the units counted in (D0, P] are used up
        # and the rest is counted from R as in section 3. […] and never more are used up than there are"
        p, r = local_date(paused, zone), local_date(resumed, zone)
        day = origin
        while day < p and rest > 0:
            day += ONE_DAY
            if counts(day):
                rest -= 1
        origin = r
    day = origin
    while rest > 0:
        day += ONE_DAY
        if counts(day):
            rest -= 1
    return day


def rolled(day: date, asked: Asked) -> date:
    # §3: "`roll: next working day` moves a last day that is not a working day to the next one that is"
    while not asked.is_working(day):
        day += ONE_DAY
    return day


def hours_lapse(start: datetime, length: Length, pauses: Sequence[Pause]) -> datetime:
    # §3: "`N hours` | no day: lapses exactly N hours after the start; never rolled"; "Hours are counted in UTC."
    lapse = start.astimezone(UTC) + timedelta(hours=length.n)
    for paused, resumed in pauses:
        # §5: "hours: the lapse by the exact time" … "(hours: the lapse not before the resumption)"
        lapse = max(lapse + (resumed - paused), resumed)
    return lapse


class Reckoned:
    """What a length comes to."""

    def __init__(self, due: date | None, other: date | None, lapse: datetime, provisional: bool) -> None:
        self.due, self.other, self.lapse, self.provisional = due, other, lapse, provisional


def both_readings(day: Callable[[Asked], date], rolls: bool, calendar: Calendar) -> tuple[date, date, bool]:
    """The last day, the other reading of it, and whether the first is provisional."""
    asked = Asked(calendar)
    plain = day(asked)
    due = rolled(plain, asked) if rolls else plain
    # §3: "Screens show the other reading too where the two differ." Read as: what the other reading asks of the
    # calendar does not make the last day provisional.
    other = plain if rolls else rolled(plain, Asked(calendar))
    return due, other, asked.provisional


def second_reckon(
    start: datetime, length: Length, pauses: Sequence[Pause], rolls: bool, zone: str, calendar: Calendar
) -> Reckoned:
    if length.unit == "hours":
        return Reckoned(None, None, hours_lapse(start, length, pauses), False)
    due, other, provisional = both_readings(
        lambda asked: unrolled_last_day(start, length, pauses, zone, asked), rolls, calendar
    )
    # §3: "A deadline **lapses** at the first instant of the local day after its last day."
    # CLI: "`other_reading` is null whenever `due` is, or when both readings agree"
    return Reckoned(due, None if other == due else other, first_instant(due + ONE_DAY, zone), provisional)


def second_due_on(
    day: date, known: datetime, started: datetime, rolls: bool, zone: str, calendar: Calendar
) -> Reckoned:
    # §3: "`due_on: FACT` instead of `within` makes the last day the date held by that fact"
    due, other, provisional = both_readings(lambda asked: day, rolls, calendar)
    # §3: "a date already past lapses when it became known or when the deadline started, whichever is later"
    lapse = max(first_instant(due + ONE_DAY, zone), known, started)
    return Reckoned(due, None if other == due else other, lapse, provisional)


def second_rolls(deadline: Deadline) -> bool:
    # §3: "Unless a deadline says otherwise, what **I** owe is not rolled and what others owe is (hours never are,
    # `due_on` only where it says so)"
    if deadline.roll is not None:
        return deadline.roll == "next working day"
    if deadline.due_on is not None:
        return False
    return deadline.owed_by != "me"


# --- §6 The log and its corrections -------------------------------------------------------------


def is_gone(seq: int, log: Sequence[Entry]) -> bool:
    # §6: "An entry is gone while at least one effective withdrawal names it; a withdrawal, and an amendment, may
    # itself be withdrawn"
    return any(e["kind"] == "withdraw" and e["target"] == seq and not is_gone(e["seq"], log) for e in log)


def is_empty(value: Any) -> bool:
    return value is None or value == ""


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    # §6: "data is merged key by key (an empty value takes a key out)"
    return {key: value for key, value in {**old, **new}.items() if not is_empty(value)}


def effective_history(log: Sequence[Entry], known_at: datetime | None) -> list[dict[str, Any]]:
    # §6: "`as known at R` uses only entries recorded by R"
    known = [e for e in log if known_at is None or e["recorded_at"] <= known_at]
    result = []
    # §6: "The **effective history** is the log with amendments applied and withdrawn entries gone"
    for entry in known:
        if entry["kind"] in ("amend", "withdraw") or is_gone(entry["seq"], known):
            continue
        now = dict(entry)
        # §6: "Amendments apply in the order of seq, the last value of a field wins; data is merged key by key, of a
        # `facts` entry its facts, of a `check` its `done`."
        for amendment in known:
            if amendment["kind"] != "amend" or amendment["target"] != entry["seq"]:
                continue
            if is_gone(amendment["seq"], known):
                continue
            if amendment.get("at") is not None:
                now["at"] = amendment["at"]
            if entry["kind"] == "event" and amendment.get("data"):
                now["data"] = merged(now.get("data") or {}, amendment["data"])
            if entry["kind"] in ("facts", "opened") and amendment.get("facts"):
                now["facts"] = merged(now.get("facts") or {}, amendment["facts"])
            if entry["kind"] == "check" and amendment.get("done") is not None:
                now["done"] = amendment["done"]
        result.append(now)
    # §2: "History is ordered by `(occurred_at, seq)`"
    return sorted(result, key=lambda e: (e["at"], e["seq"]))


# --- the case as it is at one moment --------------------------------------------------------------


class Running:
    """A deadline that stands: running, paused or missed."""

    def __init__(self, id: str, track: str | None, start: datetime, length: Length | None) -> None:
        self.id, self.track, self.start, self.length = id, track, start, length
        self.pauses: list[Pause] = []
        self.paused_at: datetime | None = None
        self.resumed_by = ""
        self.not_before: datetime | None = None
        """The last migration: nothing lapses before what made it lapse."""
        self.missed: Reckoned | None = None


class Case:
    def __init__(self, procedures: Mapping[str, Procedure]) -> None:
        self.procedures = procedures
        self.procedure: Procedure
        self.calendar: Calendar
        self.tracks: dict[str, tuple[str, datetime, bool, str | None]] = {}
        """State, since when, whether final, and its outcome."""
        self.visits: dict[str, int] = {}
        self.facts: dict[str, Any] = {}
        self.known: dict[str, datetime] = {}
        """When a fact took the value that it has."""
        self.ticked: set[str] = set()
        self.standing: list[Running] = []
        self.over: list[tuple[Any, ...]] = []
        """Those that stand no longer: id, track, start, `met`, `ended` or `missed`, and when."""
        self.history: list[tuple[Any, ...]] = []
        self.inapplicable: list[int] = []

    # --- questions ---

    @property
    def owed(self) -> dict[str, str]:
        everywhere: list[Mapping[str, Deadline]] = [self.procedure.deadlines]
        everywhere += [state.deadlines for state in self.procedure.states.values()]
        return {id: deadline.owed_by for listed in everywhere for id, deadline in listed.items()}

    def use(self, hash: str) -> None:
        self.procedure = self.procedures[hash]
        self.calendar = load(self.procedure.calendar)

    def definition(self, running: Running) -> Deadline:
        found = self.procedure.deadline(running.id)
        assert found is not None
        return found

    def is_final(self, track: str) -> bool:
        return self.tracks[track][2]

    def runs(self, track: str) -> bool:
        return track in self.tracks and not self.is_final(track)

    def is_open(self) -> bool:
        # §4: "A case is **open** while any track runs"
        return any(self.runs(track) for track in self.tracks)

    def complete(self, checklist: str) -> bool:
        # §4: "A checklist is complete when every item that is not optional is ticked."
        items = self.procedure.checklists[checklist].items
        return all(item.optional or f"{checklist}.{name}" in self.ticked for name, item in items.items())

    def view(self, track: str, at: datetime, facts: Mapping[str, Any], data: Mapping[str, Any]) -> View:
        # §5: "`case.visits` counts entries into a state, the present one included; `case.state` and
        # `case.days_in_state` (the difference of local dates) speak of the track whose guard or state's deadline asks"
        state, entered_at = self.tracks[track][:2]
        zone = self.procedure.timezone
        return View(
            facts=facts,
            event=data,
            state=state,
            days_in_state=(local_date(at, zone) - local_date(entered_at, zone)).days,
            visits=self.visits,
            # F: "`tracks.NAME` (that track's state, empty before it starts)"
            tracks={name: self.tracks[name][0] if name in self.tracks else "" for name in self.procedure.track_names()},
            checklists={name: self.complete(name) for name in self.procedure.checklists},
        )

    def reckon(self, running: Running, resumed_at: datetime | None = None) -> Reckoned | None:
        """The last day and the lapse, found from the start; None without a date. Hypothetical while paused."""
        definition, zone = self.definition(running), self.procedure.timezone
        if definition.due_on is not None:
            # §3: "no date yet, nothing lapses and the date is asked for"
            if definition.due_on not in self.facts:
                return None
            day = date.fromisoformat(self.facts[definition.due_on])
            known = self.known[definition.due_on]
            found = second_due_on(day, known, running.start, second_rolls(definition), zone, self.calendar)
        else:
            pauses = list(running.pauses)
            if running.paused_at is not None:
                assert resumed_at is not None
                pauses.append((running.paused_at, resumed_at))
            assert running.length is not None
            found = second_reckon(running.start, running.length, pauses, second_rolls(definition), zone, self.calendar)
        if running.not_before is not None:
            found.lapse = max(found.lapse, running.not_before)
        return found

    def in_order(self) -> list[Running]:
        # §5: "those of states, by track and then as the state lists them, before the procedure's, as listed"
        result = []
        for track in self.procedure.track_names():
            if self.runs(track):
                for id in self.procedure.states[self.tracks[track][0]].deadlines:
                    result += [r for r in self.standing if r.id == id and r.track == track]
        for id in self.procedure.deadlines:
            result += [r for r in self.standing if r.id == id and r.track is None]
        assert len(result) == len(self.standing)
        return result

    def next_lapse(self) -> tuple[datetime, Running] | None:
        best: tuple[datetime, Running] | None = None
        for running in self.in_order():
            # §5: "Paused deadlines don't lapse."
            if running.missed is not None or running.paused_at is not None:
                continue
            reckoned = self.reckon(running)
            if reckoned is not None and (best is None or reckoned.lapse < best[0]):
                best = reckoned.lapse, running
        return best

    # --- changes ---

    def set_fact(self, name: str, value: Any, at: datetime) -> None:
        if is_empty(value):
            self.facts.pop(name, None)
            self.known.pop(name, None)
            return
        # §3: "the fact changes, the day moves with it". Read as: the same date said again became known before.
        if self.facts.get(name) != value:
            self.known[name] = at
        self.facts[name] = value

    def choose_length(self, definition: Deadline, track: str, at: datetime) -> Length | str | None:
        """A length, "due_on", or None where there is no deadline."""
        if definition.due_on is not None:
            return "due_on"
        if isinstance(definition.within, str):
            return length_of(definition.within)
        assert definition.within is not None
        return self.first_that_holds(definition.within, track, at)

    def first_that_holds(self, listed: Sequence[LengthBranch], track: str, at: datetime) -> Length | None:
        # §3: "the first that holds when the deadline starts is used (`length: none`: there is no deadline then)"
        # §5: "A conditional length sees the facts as they are after step 2, not `event.X`." "of the main track in a
        # procedure deadline"
        for branch in listed:
            if branch.when is None or expression(branch.when, self.procedure, None).holds(
                self.view(track, at, self.facts, {})
            ):
                return None if branch.length == "none" else length_of(branch.length)
        return None

    def stop(self, running: Running, at: datetime, by: str | None) -> None:
        # §5: "Stopped before it lapses: **met** if the event that stopped it is by the party that owes it, else
        # **ended**. Lapsed: **missed**". Read as: one that starts afresh has ended.
        self.standing.remove(running)
        status = "missed" if running.missed else "met" if by == self.owed[running.id] else "ended"
        self.over.append((running.id, running.track, running.start, status, at))

    def start(self, id: str, track: str | None, at: datetime) -> None:
        definition = self.procedure.deadline(id)
        assert definition is not None
        for running in [r for r in self.standing if r.id == id and r.track == track]:
            self.stop(running, at, None)
        length = self.choose_length(definition, track or "main", at)
        if length is not None:
            self.standing.append(Running(id, track, at, None if isinstance(length, str) else length))

    def enter(self, track: str, state: str, at: datetime) -> None:
        defined = self.procedure.states[state]
        self.tracks[track] = state, at, defined.final, defined.outcome
        self.visits[state] = self.visits.get(state, 0) + 1
        # §5: "A state's deadlines start when the state is entered"
        for id in defined.deadlines:
            self.start(id, track, at)

    def leave(self, track: str, at: datetime, by: str) -> None:
        # §5: "and stop when it is left"; "A missed deadline stays on the case as overdue until the state is left"
        for running in [r for r in self.standing if r.track == track]:
            self.stop(running, at, by)

    def choose(
        self, track: str, event: str, at: datetime, facts: Mapping[str, Any], data: Mapping[str, Any]
    ) -> Transition | None:
        # §4: "A track in a final state takes no event"
        if not self.runs(track):
            return None
        # §4: "The state's own come first; within a list the first whose **guard** holds is taken." "the state's own
        # list and the track's are tried as one list"
        state = self.procedure.states[self.tracks[track][0]]
        for transition in [
            *branches(state.transitions, event),
            *branches(self.procedure.transitions_of(track), event),
        ]:
            # §4: "A guard is `requires` (checklists that must be complete) and `when` (an expression over the case's
            # facts and the event's data). Both must hold."
            if not all(self.complete(name) for name in transition.requires):
                continue
            asked = self.procedure.events[event]
            if transition.when is not None and not expression(transition.when, self.procedure, asked).holds(
                self.view(track, at, facts, data)
            ):
                continue
            return transition
        return None

    def apply(self, event: str, given: Mapping[str, Any], at: datetime, by: str, seq: int | None) -> bool:
        """Applies an event by the order of §5; False, and nothing done, where it is refused."""
        asks = self.procedure.events[event].asks if event in self.procedure.events else {}
        data = {name: value for name, value in given.items() if not is_empty(value)}
        # F: "sets: loss  # also stored as the fact"
        sets = {ask.sets: data[name] for name, ask in asks.items() if ask.sets is not None and name in data}
        # §4: "An event is offered to every running track, main first and then as listed, and each that has a
        # transition for it takes one". "All guards look at the case as it was before the event, with the event's own
        # data already among the facts."
        seen = {**self.facts, **sets}
        names = self.procedure.track_names()
        taken: dict[str, Transition] = {}
        for track in names:
            transition = self.choose(track, event, at, seen, data)
            if transition is not None:
                taken[track] = transition
        # §4: "Then each track that was not running before the event (never started, or in a final state) and names
        # it in its `starts` enters its initial state."
        begun = [t for t in names if t != "main" and not self.runs(t) and event in self.procedure.tracks[t].starts]
        # §4: "An event that no track takes and that starts none is **refused**"
        if not taken and not begun:
            return False
        # §5, 2: "Facts are set by the event's `asks`; dates of `due_on` deadlines follow."
        for fact, value in sets.items():
            self.set_fact(fact, value, at)
        # §5, 3: "`restarts`; then `extends` and `pauses` / resumptions."
        for running in list(self.in_order()):
            self.touch(running, event, at)
        # §5, 4: "Procedure deadlines named by `stops` end."
        for id, standing in self.procedure.deadlines.items():
            if event in standing.stops:
                for running in [r for r in self.standing if r.id == id and r.track is None]:
                    self.stop(running, at, by)
        # §5, 5: "Track by track: the state is left (its deadlines end), the next one entered (its deadlines start)."
        for track, transition in taken.items():
            # §4: "One without `to` is internal: nothing is left or entered, and running deadlines keep running."
            if transition.to is not None:
                self.leave(track, at, by)
                self.enter(track, transition.to, at)
            # CLI: "one row per track that took it (internal: `to` null)"
            self.history.append((at, event, by, track, transition.to, seq))
        # §5, 6: "Tracks begun by the event enter their initial states."
        for track in begun:
            self.enter(track, self.procedure.initial_of(track), at)
            self.history.append((at, event, by, track, self.procedure.initial_of(track), seq))
        # §5, 7: "Procedure deadlines named by `starts` start." "(again: it restarts)"
        for id, standing in self.procedure.deadlines.items():
            if event in standing.starts:
                self.start(id, None, at)
        # §4: "when none runs any longer, the procedure's own deadlines end too"
        if not self.is_open():
            for running in list(self.standing):
                self.stop(running, at, by)
        return True

    def touch(self, running: Running, event: str, at: datetime) -> None:
        definition = self.definition(running)
        # §5, 3: "A missed deadline is touched by none of them."
        if running.missed is not None:
            return
        if event in definition.restarts:
            # §5: "EVENT while the deadline runs (or is paused: it runs again) starts it afresh, at that event's
            # instant"; "A restart forgets pauses and extensions and chooses a conditional length afresh."
            self.start(running.id, running.track, at)
            afresh = [r for r in self.standing if r.id == running.id and r.track == running.track]
            if not afresh:
                return
            running = afresh[0]
        if event in definition.extends:
            # §5: "when EVENT is applied while the deadline runs, its length becomes LENGTH counted from the same
            # start, unless the lapse that gives (paused or not) would be earlier". Read as: what a paused one gives
            # is what it would give if it were resumed now.
            old_length, old = running.length, self.reckon(running, at)
            running.length = length_of(definition.extends[event])
            new = self.reckon(running, at)
            assert old is not None
            assert new is not None
            if new.lapse < old.lapse:
                running.length = old_length
        if running.paused_at is not None:
            # §5: "Only the event paired with the one that began the pause ends it; a pause while paused changes
            # nothing."
            if running.resumed_by == event:
                running.pauses.append((running.paused_at, at))
                running.paused_at = None
        elif event in definition.pauses:
            # §5: "from EVENT_A until EVENT_B the clock stands still"
            running.paused_at, running.resumed_by = at, definition.pauses[event]

    def lapse(self, running: Running) -> None:
        # §5: "Lapsed: **missed**, and if it names `lapses: EVENT`, the clock applies EVENT at exactly that instant,
        # as if someone had recorded it then." "A lapse event that no track takes after all changes nothing (the
        # deadline is missed)."
        reckoned = self.reckon(running)
        assert reckoned is not None
        running.missed = reckoned
        event = self.definition(running).lapses
        if event is not None:
            self.apply(event, {}, reckoned.lapse, "clock", None)

    def lapse_until(self, until: datetime) -> None:
        # §5: "after each, the rest are looked at afresh"
        while (found := self.next_lapse()) is not None and found[0] <= until:
            self.lapse(found[1])

    def migrate(self, entry: Entry) -> bool:
        # §7: "`migrate` moves it to another version […] effective from its instant on"
        new = self.procedures[entry["definition"]]
        renamed: Mapping[str, str] = entry.get("map") or {}
        # §7: "(state, deadlines, conflicts; a mapping for states that went away)". Read as: a track that runs in a
        # state that went away without a mapping cannot be moved; one that is finished is past caring.
        moved: dict[str, tuple[str, datetime, bool, str | None]] = {}
        for track, (state, at, final, outcome) in self.tracks.items():
            now = renamed.get(state, state)
            if final:
                moved[track] = now, at, final, outcome
            elif now in new.states and new.states[now].track == track:
                moved[track] = now, at, new.states[now].final, new.states[now].outcome
            else:
                return False
        self.use(entry["definition"])
        before, self.tracks = list(self.standing), moved
        # Read as: who had been in a state that has another name now has been in that.
        visits: dict[str, int] = {}
        for state, n in self.visits.items():
            visits[renamed.get(state, state)] = visits.get(renamed.get(state, state), 0) + n
        self.visits = visits
        there: list[tuple[str | None, str]] = [
            (track, id) for track in moved if self.runs(track) for id in new.states[moved[track][0]].deadlines
        ]
        there += [(None, id) for id in new.deadlines]
        for kept in before:
            # §7: "A deadline with the same track and id keeps its start, pauses and misses and takes the new length;
            # one that is gone ends". Read as: a missed one is over with, and its length and day stay as they were;
            # a conditional length is chosen by the facts at the migration; what would have lapsed before the
            # migration under the new length lapses at it ("effective from its instant on").
            definition = new.deadline(kept.id)
            if (kept.track, kept.id) in there and definition is not None:
                if kept.missed is not None:
                    continue
                length = self.choose_length(definition, kept.track or "main", entry["at"])
                if length is not None:
                    kept.length = None if isinstance(length, str) else length
                    kept.not_before = entry["at"]
                    continue
            self.standing.remove(kept)
            status = "missed" if kept.missed is not None else "ended"
            self.over.append((kept.id, kept.track, kept.start, status, entry["at"]))
        for where, id in there:
            # §7: "one that is new in the present state starts at the migration". Read as: new is what did not
            # stand before, by its track and id.
            if where is not None and not any((r.track, r.id) == (where, id) for r in before):
                self.start(id, where, entry["at"])
        return True

    def take(self, entry: Entry) -> None:
        kind, at = entry["kind"], entry["at"]
        if kind == "opened":
            self.use(entry["definition"])
            for name, value in (entry.get("facts") or {}).items():
                self.set_fact(name, value, at)
            # §4: "`main` starts when the case is opened"
            self.enter("main", self.procedure.initial, at)
            # CLI: {"event": "opened", "by": "me", "track": "main", "to": …, "seq": 1}
            self.history.append((at, "opened", "me", "main", self.procedure.initial, entry["seq"]))
        elif kind == "event":
            event: Event | None = self.procedure.events.get(entry["event"])
            # §6: "accepted, the impossible entries stay in the log as **inapplicable**, without effect"
            if event is None or not self.apply(entry["event"], entry.get("data") or {}, at, event.by, entry["seq"]):
                self.inapplicable.append(entry["seq"])
        elif kind == "facts":
            # §6: "`facts` (values set)"
            for name, value in entry["facts"].items():
                self.set_fact(name, value, at)
        elif kind == "check":
            # §6: "`check` (a checklist item ticked or unticked)"
            if entry["done"]:
                self.ticked.add(entry["item"])
            else:
                self.ticked.discard(entry["item"])
        elif kind == "migrate" and not self.migrate(entry):
            self.inapplicable.append(entry["seq"])


def second_evaluate(
    procedures: Mapping[str, Procedure], log: Sequence[Entry], now: datetime, known_at: datetime | None = None
) -> dict[str, Any]:
    # §6: "`as of T` evaluates the effective history up to and including T (lapses at T too), with every correction
    # known today"
    case = Case(procedures)
    for entry in effective_history(log, known_at):
        if entry["at"] > now:
            break
        # §5: "A lapse at T comes before an entry whose `occurred_at` is T."
        if case.tracks:
            case.lapse_until(entry["at"])
        case.take(entry)
    if not case.tracks:
        raise LookupError("not open yet")
    case.lapse_until(now)
    return answer(case)


def answer(case: Case) -> dict[str, Any]:
    return {
        # CLI: "`tracks`: those that have started, main first, then as listed; finished ones included."
        "tracks": {name: case.tracks[name] for name in case.procedure.track_names() if name in case.tracks},
        "deadlines": sorted((row(case, running) for running in case.standing), key=lambda r: (str(r[1]), r[0])),
        "over": sorted(case.over, key=lambda r: (r[4], str(r[1]), r[0], r[2])),
        "facts": dict(case.facts),
        "checks": sorted(case.ticked),
        "history": case.history,
        "inapplicable": case.inapplicable,
        "visits": dict(case.visits),
        "open": case.is_open(),
    }


def row(case: Case, running: Running) -> tuple[Any, ...]:
    # CLI: "`due` is null while paused, for lengths in hours, and while a `due_on` date is not known; `lapses_at` is
    # null while paused or without a date, and for a missed one the instant it lapsed"
    paused = running.missed is None and running.paused_at is not None
    found = None if paused else running.missed or case.reckon(running)
    due = found.due.isoformat() if found is not None and found.due is not None else None
    return (
        running.id,
        running.track,
        "missed" if running.missed else "paused" if paused else "running",
        running.start,
        None if running.length is None else str(running.length),
        due,
        None if found is None else found.lapse,
        found is not None and found.provisional,
        found.other.isoformat() if found is not None and found.other is not None else None,
    )


# --- small things -----------------------------------------------------------------------------------


@cache
def load(name: str) -> Calendar:
    return load_calendar(name)


def length_of(text: str) -> Length:
    length = parse_length(text)
    assert length is not None
    return length


_READ: dict[tuple[int, str, int], tuple[Procedure, Event | None, Expression]] = {}


def expression(text: str, procedure: Procedure, event: Event | None) -> Expression:
    # Kept with what it was read for, so that an id stays what it was.
    key = id(procedure), text, id(event)
    if key not in _READ:
        if len(_READ) > 1000:
            _READ.clear()
        read = read_expression(text, procedure, event)
        assert isinstance(read, Expression), (text, read)
        _READ[key] = procedure, event, read
    return _READ[key][2]


__all__ = ["Pause", "StandingDeadline", "second_evaluate", "second_reckon", "second_rolls"]
