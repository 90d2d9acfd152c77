"""Which transitions of a procedure its stories take, by their place in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from escalation.core.guards import Chooser
from escalation.core.machine import Machines
from escalation.core.snapshot import Snapshot
from escalation.core.table import Branch, Table
from states.model import MAIN, Procedure, branches


class Coverage:
    """The transitions of a procedure, and which of them were taken."""

    def __init__(self, table: Table) -> None:
        self.places = tuple(_places(table.procedure))
        self.taken: set[str] = set()
        self._table = table
        self._machines: Chooser = Machines(table).choose
        self._chosen: list[tuple[str, str, Branch]] = []

    def begin(self) -> None:
        """Forget what was chosen by steps before."""
        self._chosen.clear()

    def choose(self, state: str, event: str, listed: tuple[Branch, ...], view: Any) -> Branch | None:
        """As the engine's own machine chooses."""
        branch = self._machines(state, event, listed, view)
        if branch is not None:
            self._chosen.append((state, event, branch))
        return branch

    def count(self, snapshot: Snapshot, known: int) -> None:
        """What took effect after the first `known` rows of history: a choice alone may be a question only."""
        for row in snapshot.history[known:]:
            for state, event, branch in self._chosen:
                track = self._table.state(state).track
                if (event, track, branch.to, branch.because) == (row.event, row.track, row.to, row.because):
                    self.taken.add(self._place(state, event, branch))
                    break

    def _place(self, state: str, event: str, branch: Branch) -> str:
        procedure = self._table.procedure
        index = next(i for i, each in enumerate(self._table.moves(state)[event]) if each is branch)
        own = procedure.states[state].transitions
        listed = len(branches(own, event))
        if index < listed:
            return _place(f"states.{state}", own, event, index)
        track = procedure.states[state].track
        return _place(_owner(track), procedure.transitions_of(track), event, index - listed)


def _places(procedure: Procedure) -> Iterator[str]:
    owned = [(_owner(track), procedure.transitions_of(track)) for track in procedure.track_names()]
    for owner, transitions in [*((f"states.{id}", s.transitions) for id, s in procedure.states.items()), *owned]:
        for event in transitions:
            for i in range(len(branches(transitions, event))):
                yield _place(owner, transitions, event, i)


def _owner(track: str) -> str:
    return "" if track == MAIN else f"tracks.{track}"


def _place(owner: str, transitions: Mapping[str, Any], event: str, index: int) -> str:
    """`states.waiting.transitions.offer_made[1]`; no number where there is no list."""
    number = f"[{index}]" if isinstance(transitions[event], list) else ""
    return f"{owner}.transitions.{event}{number}".lstrip(".")
