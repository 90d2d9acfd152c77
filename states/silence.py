"""The silence test: where the main track goes when nobody else ever answers."""

from __future__ import annotations

from typing import NamedTuple

from states.expressions import Expression, View, read_expression
from states.graph import Graph
from states.lengths import Length, parse_length
from states.model import MAIN, ME, Deadline, Procedure, Transition, branches
from states.subject import nominal

MOST_STEPS = 200


class Step(NamedTuple):
    """One state on the way of silence, and what leads out of it."""

    state: str
    event: str | None
    """None in the last state."""
    waited: str
    """The length that the clock had to run; empty where I act at once."""


class Silence(NamedTuple):
    """The silence test: nobody else ever answers, the clock does, and I do my first listed step at once.

    Where a period of others runs that leads on when it lapses, I wait for that: to give up there is a step, too,
    but not what silence is about.
    """

    steps: tuple[Step, ...]
    ends: str
    """`final`; `rests`: nothing more happens unless somebody else acts; `goes-round`: it never comes to rest."""
    waited: tuple[str, ...]
    days: float
    """Nominal: a month is 30 days, a working day 1.4."""


class _Next(NamedTuple):
    """One step to take, and when."""

    event: str
    target: str
    waited: str
    at: float
    lapsed: frozenset[str]
    """Deadlines of the procedure that have lapsed by then."""


class Walk:
    """The main track walked, with nobody else acting. Nothing is known of facts; checklists are complete."""

    def __init__(self, procedure: Procedure, table: Graph) -> None:
        self.procedure = procedure
        self.table = table
        self.elapsed = 0.0
        self.visits: dict[str, int] = {}
        self.steps: list[Step] = []
        self.running: dict[str, float] = {}
        """When each deadline of the procedure started, in nominal days."""
        self.longest: dict[str, float] = {}
        """How long each ran."""
        self._read: dict[str, Expression | None] = {}

    def silence(self) -> Silence:
        """The whole way. Walks it: to be called once."""
        ends = self._go()
        waited = tuple(step.waited for step in self.steps if step.waited)
        for id in list(self.running):
            self._ran(id)
        return Silence(tuple(self.steps), ends, waited, self.elapsed)

    def length(self, deadline: Deadline, state: str) -> Length | None:
        """The length in force when nothing is known; None for a date and for no deadline."""
        if not isinstance(deadline.within, list):
            return parse_length(deadline.within) if deadline.within is not None else None
        for branch in deadline.within:
            if branch.when is None or self._holds(branch.when, state, None):
                return parse_length(branch.length)
        return None

    def _go(self) -> str:
        used: set[tuple[str, str]] = set()
        lapsed: set[str] = set()
        state = self.procedure.initial
        self._enter(state)
        while len(self.steps) < MOST_STEPS:
            known = self.procedure.states.get(state)
            if known is None or known.final:
                self.steps.append(Step(state, None, ""))
                return "final" if known is not None else "rests"
            mine, clock = self._mine(state, used), self._by_clock(state, lapsed)
            step = clock if clock is not None and (mine is None or self._awaits(state, clock.event)) else mine
            if step is None:
                self.steps.append(Step(state, None, ""))
                return "rests"
            self.steps.append(Step(state, step.event, step.waited))
            self.elapsed = step.at
            used.add((state, step.event))
            lapsed |= step.lapsed
            self._apply(step.event, lapsed)
            if step.target in self.procedure.states:
                state = step.target
                self._enter(state)
        return "goes-round"

    def _mine(self, state: str, used: set[tuple[str, str]]) -> _Next | None:
        """My first listed step out of a state; the next one where I come back, or I would go round for ever."""
        transitions = self.procedure.states[state].transitions
        for event in transitions:
            known = self.procedure.events.get(event)
            if known is None or known.by != ME or (state, event) in used:
                continue
            listed = branches(transitions, event)
            chosen = self._holding(listed, state, event) or next(iter(listed), None)
            if chosen is not None and chosen.to not in (None, state):
                return _Next(event, str(chosen.to), "", self.elapsed, frozenset())
        return None

    def _by_clock(self, state: str, lapsed: set[str]) -> _Next | None:
        """The next lapse that moves the case; those that do not are let pass."""
        ends: list[tuple[float, str, Length, str]] = []
        for id, deadline in self.procedure.states[state].deadlines.items():
            length = self.length(deadline, state)
            if length is not None and deadline.lapses is not None:
                ends.append((self.elapsed + nominal(length), id, length, deadline.lapses))
        for id, start in self.running.items():
            standing = self.procedure.deadlines[id]
            length = self.length(standing, state)
            if length is not None and standing.lapses is not None and id not in lapsed:
                ends.append((max(self.elapsed, start + nominal(length)), id, length, standing.lapses))
        passed: set[str] = set()
        for end, id, length, event in sorted(ends, key=lambda e: e[0]):
            if id in self.running:
                passed.add(id)
            listed = tuple(b.transition for b in self.table.moves[state].get(event, ()))
            chosen = self._holding(listed, state, event)
            if chosen is not None and chosen.to is not None:
                return _Next(event, chosen.to, str(length), end, frozenset(passed))
        return None

    def _awaits(self, state: str, event: str) -> bool:
        """Whether a period that somebody else owes leads on by `event`."""
        deadlines = self.procedure.states[state].deadlines.values()
        return any(d.lapses == event and d.owed_by != ME for d in deadlines)

    def _enter(self, state: str) -> None:
        self.visits[state] = self.visits.get(state, 0) + 1

    def _apply(self, event: str, lapsed: set[str]) -> None:
        """What an event does to the deadlines of the procedure. Restarts are for those that have not lapsed."""
        for id, deadline in self.procedure.deadlines.items():
            restarts = event in deadline.restarts and id in self.running and id not in lapsed
            if id in self.running and (restarts or event in (*deadline.stops, *deadline.starts)):
                self._ran(id)
            if event in deadline.starts or (restarts and event not in deadline.stops):
                self.running[id] = self.elapsed
                lapsed.discard(id)
            elif event in deadline.stops:
                self.running.pop(id, None)

    def _ran(self, id: str) -> None:
        self.longest[id] = max(self.longest.get(id, 0.0), self.elapsed - self.running[id])

    def _holding(self, listed: tuple[Transition, ...], state: str, event: str) -> Transition | None:
        return next((t for t in listed if t.when is None or self._holds(t.when, state, event)), None)

    def _holds(self, text: str, state: str, event: str | None) -> bool:
        key = f"{event} {text}"
        if key not in self._read:
            found = read_expression(text, self.procedure, self.procedure.events.get(event) if event else None)
            self._read[key] = found if isinstance(found, Expression) else None
        expression = self._read[key]
        view = View({}, {}, state, 0, self.visits, {MAIN: state}, dict.fromkeys(self.procedure.checklists, True))
        return expression is not None and expression.holds(view)
