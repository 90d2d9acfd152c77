"""A procedure made ready to run: by state and event, what can be taken, and what starts and stops.

Compiled lazily, state by state: a case looks at a handful of the states of a long procedure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from escalation.core.days import Clock
from states.calendar import Calendar
from states.expressions import Expression, read_expression
from states.lengths import Length, Offset, parse_length, parse_offset
from states.model import (
    CLOCK,
    Deadline,
    Event,
    LengthBranch,
    Procedure,
    StandingDeadline,
    State,
    Transition,
    branches,
)


class Branch(NamedTuple):
    """One transition, with its guard read."""

    to: str | None
    requires: tuple[str, ...]
    when: Expression | None
    because: str | dict[str, str] | None
    """The reason it names, as plain data."""


class Rule(NamedTuple):
    """One deadline, with its lengths read."""

    id: str
    state: str | None
    """The state it belongs to; None for one of the procedure."""
    order: tuple[int, int, int]
    """Which of two that lapse at one instant comes first: states by track, then as listed, then the procedure's."""
    owed_by: str
    lengths: tuple[tuple[Expression | None, Length | None], ...]
    """Conditional lengths in order; empty with `due_on`; a None length: there is no deadline then."""
    due_on: str | None
    rolls: bool
    remind: tuple[Offset, ...]
    lapses: str | None
    extends: Mapping[str, Length]
    pauses: Mapping[str, str]
    restarts: frozenset[str]
    definition: Deadline


class Table:
    """A procedure, its calendar and its zone, by what running a case asks of them."""

    def __init__(self, procedure: Procedure, calendar: Calendar, hash: str) -> None:
        self.procedure = procedure
        self.hash = hash
        self.clock = Clock(calendar, ZoneInfo(procedure.timezone))
        self.tracks = procedure.track_names()
        self.begun_by: dict[str, tuple[str, ...]] = {}
        """Tracks that each event starts."""
        for name, track in procedure.tracks.items():
            for event in track.starts:
                self.begun_by[event] = (*self.begun_by.get(event, ()), name)
        self.started_by, self.stopped_by = self._standing_events()
        listed = [procedure.deadlines.values(), *(s.deadlines.values() for s in procedure.states.values())]
        self.date_rules = frozenset(d.due_on for deadlines in listed for d in deadlines if d.due_on)
        """Facts whose change moves a deadline."""
        self._moves: dict[str, dict[str, tuple[Branch, ...]]] = {}
        self._rules: dict[str | None, dict[str, Rule]] = {}
        self._read: dict[tuple[str, str | None], Expression] = {}

    def moves(self, state: str) -> dict[str, tuple[Branch, ...]]:
        """The transitions of a state by event: its own, then its track's. Empty in a final state."""
        known = self._moves.get(state)
        if known is None:
            known = self._moves[state] = self._compile_moves(state)
        return known

    def rules(self, state: str | None) -> dict[str, Rule]:
        """The deadlines of a state, or of the procedure (None), as listed."""
        known = self._rules.get(state)
        if known is None:
            known = self._rules[state] = self._compile_rules(state)
        return known

    def rule(self, id: str, state: str | None) -> Rule:
        """The rule of one running."""
        return self.rules(state)[id]

    def state(self, name: str) -> State:
        """The definition of a state."""
        return self.procedure.states[name]

    def event(self, name: str) -> Event | None:
        """The definition of an event, if there is one of that name."""
        return self.procedure.events.get(name)

    def by(self, event: str) -> str:
        """Who causes an event."""
        defined = self.procedure.events.get(event)
        return defined.by if defined else CLOCK

    def expression(self, text: str, event: str | None) -> Expression:
        """The expression that a checked procedure holds.

        Raises: ValueError if it was never checked (a mistake in our code).
        """
        key = (text, event)
        known = self._read.get(key)
        if known is None:
            read = read_expression(text, self.procedure, self.procedure.events.get(event) if event else None)
            if isinstance(read, list):
                raise ValueError(f"unchecked expression {text!r}: {read}")
            known = self._read[key] = read
        return known

    def _compile_moves(self, state: str) -> dict[str, tuple[Branch, ...]]:
        defined = self.procedure.states[state]
        if defined.final:
            return {}
        general = self.procedure.transitions_of(defined.track)
        events = dict.fromkeys((*defined.transitions, *general))
        return {
            event: tuple(
                self._branch(each, event) for each in (*branches(defined.transitions, event), *branches(general, event))
            )
            for event in events
        }

    def _branch(self, transition: Transition, event: str) -> Branch:
        when = self.expression(transition.when, event) if transition.when is not None else None
        return Branch(transition.to, tuple(transition.requires), when, msgspec.to_builtins(transition.because))

    def _compile_rules(self, state: str | None) -> dict[str, Rule]:
        if state is None:
            listed: Mapping[str, Deadline] = self.procedure.deadlines
            group, track = 1, 0
        else:
            defined = self.procedure.states[state]
            listed, group, track = defined.deadlines, 0, self.tracks.index(defined.track)
        return {id: self._rule(id, each, state, (group, track, i)) for i, (id, each) in enumerate(listed.items())}

    def _rule(self, id: str, deadline: Deadline, state: str | None, order: tuple[int, int, int]) -> Rule:
        return Rule(
            id=id,
            state=state,
            order=order,
            owed_by=deadline.owed_by,
            lengths=tuple(self._lengths(deadline.within)),
            due_on=deadline.due_on,
            rolls=deadline.rolls,
            remind=tuple(o for o in map(parse_offset, deadline.remind) if o),
            lapses=deadline.lapses,
            extends={event: _length(text) for event, text in deadline.extends.items()},
            pauses=deadline.pauses,
            restarts=frozenset(deadline.restarts),
            definition=deadline,
        )

    def _lengths(self, within: Any) -> list[tuple[Expression | None, Length | None]]:
        if within is None:
            return []
        listed = [LengthBranch(length=within)] if isinstance(within, str) else within
        return [
            (
                self.expression(each.when, None) if each.when is not None else None,
                None if each.length == "none" else _length(each.length),
            )
            for each in listed
        ]

    def _standing_events(self) -> tuple[dict[str, tuple[str, ...]], dict[str, frozenset[str]]]:
        starts: dict[str, tuple[str, ...]] = {}
        stops: dict[str, frozenset[str]] = {}
        standing: Mapping[str, StandingDeadline] = self.procedure.deadlines
        for id, deadline in standing.items():
            for event in deadline.starts:
                starts[event] = (*starts.get(event, ()), id)
            for event in deadline.stops:
                stops[event] = stops.get(event, frozenset()) | {id}
        return starts, stops


def _length(text: str) -> Length:
    length = parse_length(text)
    if length is None:
        raise ValueError(f"unchecked length {text!r}")
    return length
