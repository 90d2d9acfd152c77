"""`transitions` as its README has it: a shared machine, guards by name on the model."""

from __future__ import annotations

import logging

from machine import EDGES, GUARDS, PAPERS, STATES
from transitions import Machine

logging.getLogger("transitions").setLevel(logging.WARNING)


class Case:
    """A light case that no machine knows."""

    __slots__ = ("amount", "checks", "state")

    def __init__(self, state: str = "preparing") -> None:
        self.state = state
        self.amount = 500
        self.checks = dict.fromkeys(PAPERS, True)

    def papers_complete(self) -> bool:
        return all(self.checks.get(item, False) for item in PAPERS)

    def enough(self) -> bool:
        return self.amount >= 100


class Model(Case):
    """What `add_model` can hang its methods on."""

    __slots__ = ("__dict__", "__weakref__")


def machine(model: object | None = None, initial: str = "preparing") -> Machine:
    """The eight states."""
    made = Machine(model=model, states=list(STATES), initial=initial, auto_transitions=False)
    for event, source, dest in EDGES:
        made.add_transition(event, source, dest, conditions=GUARDS.get(event))
    return made
