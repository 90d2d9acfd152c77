"""Procedure -> `transitions.Machine`, shared by all cases; the only importer of `transitions`.

Every step that is recorded is taken by the library. A machine decides for a subject that it has
never seen and keeps nothing of it: no model is registered, no callback has an effect outside the
subject. What would take a step is asked of the same table, so refusals can say what is missing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from transitions import EventData, Machine, MachineError

from escalation.core.guards import holds
from escalation.core.table import Branch, Table

if TYPE_CHECKING:
    from states.expressions import View

# The library logs every callback at INFO.
logging.getLogger("transitions").setLevel(logging.WARNING)


class Subject:
    """What a machine steps: a state, what guards see, and the branch that was taken."""

    __slots__ = ("state", "taken", "view")

    def __init__(self, state: str, view: View) -> None:
        self.state = state
        self.view = view
        self.taken: Branch | None = None


class _Guard:
    """One branch as a condition: a bound method, never a name looked up at run time."""

    __slots__ = ("branch",)

    def __init__(self, branch: Branch) -> None:
        self.branch = branch

    def __call__(self, event: EventData) -> bool:
        subject = event.model
        assert isinstance(subject, Subject)
        if not holds(self.branch, subject.view):
            return False
        subject.taken = self.branch
        return True


class Machines:
    """The machines of one procedure, one a track, built when first needed."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._built: dict[str, Machine] = {}

    def choose(self, state: str, event: str, listed: tuple[Branch, ...], view: View) -> Branch | None:
        """The branch that the machine takes, or None if every guard says no or there is no transition."""
        subject = Subject(state, view)
        try:
            taken = self.of(self._table.state(state).track).events[event].trigger(subject)
        except (MachineError, KeyError):
            return None
        return subject.taken if taken else None

    def of(self, track: str) -> Machine:
        """The machine of a track."""
        machine = self._built.get(track)
        if machine is None:
            machine = self._built[track] = self._build(track)
        return machine

    def _build(self, track: str) -> Machine:
        states = [name for name, s in self._table.procedure.states.items() if s.track == track]
        machine = Machine(
            model=None,
            states=states,
            initial=self._table.procedure.initial_of(track),
            auto_transitions=False,
            send_event=True,
        )
        for state in states:
            for event, listed in self._table.moves(state).items():
                for branch in listed:
                    arguments: dict[str, Any] = {"dest": branch.to, "conditions": [_Guard(branch)]}
                    machine.add_transition(event, state, **arguments)
        return machine
