"""A reading and what every loading check looks up in it: places, the graph, the expressions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from states.errors import Finding
from states.expressions import Expression, Fault, read_expression
from states.graph import Branch, Path, graph, lapses, listed, outward, track_path
from states.lengths import Length, parse_length
from states.model import Deadline, LengthBranch, Procedure, StandingDeadline, Transitions
from states.reader import Reading, dotted

DAYS_OF = {"hours": 1 / 24, "days": 1.0, "working days": 1.4, "weeks": 7.0, "months": 30.0, "years": 365.0}
"""Nominal days of a unit: enough to compare lengths, never to say a date."""


class Owned(NamedTuple):
    """A deadline, whose it is, and where it stands."""

    id: str
    deadline: Deadline
    state: str | None
    """None for a deadline of the procedure."""
    path: Path


class Subject:
    """What is checked. Read-only."""

    def __init__(self, reading: Reading, templates: Collection[str] | None, today: str | None) -> None:
        self.reading = reading
        self.procedure = reading.procedure
        self.templates = templates
        self.today = today
        self.graph = graph(self.procedure)
        self.ways = outward(self.graph)
        self.lapses = lapses(self.procedure)
        self.deadlines = tuple(_deadlines(self))
        self.lists = tuple(_lists(self))
        """Every list of transitions, its event first; empty ones left out."""
        self.expressions: dict[Path, Expression] = {}
        """By the path of the transition or length that they guard; faulty ones are not here."""
        self.faults: list[tuple[Path, str, Fault]] = []
        self._read_expressions()

    def error(self, code: str, path: Path, **facts: str | None) -> Finding:
        """A finding that no case can live with."""
        return self._finding(code, "error", path, facts)

    def warning(self, code: str, path: Path, **facts: str | None) -> Finding:
        """A finding worth another look."""
        return self._finding(code, "warning", path, facts)

    def _finding(self, code: str, severity: str, path: Path, facts: dict[str, str | None]) -> Finding:
        known = path
        while known not in self.reading.places:  # () is always there
            known = known[:-1]
        given = {k: v for k, v in facts.items() if v is not None}
        return Finding(code, severity, self.reading.file, *self.reading.places[known], dotted(path), given)

    def by(self, event: str) -> str | None:
        """Who causes an event; None if it is not defined."""
        known = self.procedure.events.get(event)
        return known.by if known is not None else None

    def states_of(self, track: str) -> list[str]:
        """The states of a track, in the order of the file."""
        return [name for name, state in self.procedure.states.items() if state.track == track]

    def _read_expressions(self) -> None:
        for event, branches in self.lists:
            for path, transition in branches:
                self._read(path, transition.when, event)
        for owned in self.deadlines:
            for path, length in length_branches(owned):
                self._read(path, length.when, None)

    def _read(self, path: Path, text: str | None, event: str | None) -> None:
        if text is None:
            return
        known = self.procedure.events.get(event) if event is not None else None
        if event is not None and known is None:
            return  # an undefined event is reported as such; its data cannot be known
        found = read_expression(text, self.procedure, known)
        if isinstance(found, list):
            self.faults += [((*path, "when"), text, fault) for fault in found]
        else:
            self.expressions[path] = found


def length_branches(owned: Owned) -> Iterator[tuple[Path, LengthBranch]]:
    """The branches of a conditional length, with their places; none for a plain one."""
    if isinstance(owned.deadline.within, list):
        for i, branch in enumerate(owned.deadline.within):
            yield (*owned.path, "within", i), branch


def lengths(owned: Owned) -> Iterator[tuple[Path, str]]:
    """Every length that a deadline can have, as text; `none` left out."""
    if isinstance(owned.deadline.within, str):
        yield (*owned.path, "within"), owned.deadline.within
    for path, branch in length_branches(owned):
        if branch.length != "none":
            yield (*path, "length"), branch.length


def nominal(length: Length) -> float:
    """About how many days."""
    return length.n * DAYS_OF[length.unit]


def parsed(text: str | list[LengthBranch] | None) -> Length | None:
    """The length of a deadline that has just one."""
    return parse_length(text) if isinstance(text, str) else None


def _deadlines(subject: Subject) -> Iterator[Owned]:
    for name, state in subject.procedure.states.items():
        for id, deadline in state.deadlines.items():
            yield Owned(id, deadline, name, ("states", name, "deadlines", id))
    for id, standing in subject.procedure.deadlines.items():
        yield Owned(id, standing, None, ("deadlines", id))


def all_transitions(procedure: Procedure) -> Iterator[tuple[Path, Transitions]]:
    """Everything under a key `transitions`, and where it stands."""
    for name, state in procedure.states.items():
        yield ("states", name, "transitions"), state.transitions
    for track in procedure.track_names():
        yield track_path(track), procedure.transitions_of(track)


def _lists(subject: Subject) -> Iterator[tuple[str, tuple[Branch, ...]]]:
    for path, transitions in all_transitions(subject.procedure):
        yield from ((event, branches) for event, branches in listed(transitions, path) if branches)


def standing(owned: Owned) -> StandingDeadline | None:
    """The deadline as one of the procedure, if it is."""
    return owned.deadline if isinstance(owned.deadline, StandingDeadline) else None
