"""The same machine for sismic."""

from __future__ import annotations

from machine import EDGES, GUARDS, STATES
from sismic.interpreter import Interpreter
from sismic.io.datadict import import_from_dict

_SAID = {"papers_complete": "checks.get('statement', False) and checks.get('proof', False)", "enough": "amount >= 100"}


def interpreter() -> Interpreter:
    """One interpreter, in its first state."""
    states = []
    for name in STATES:
        moves = [
            {"event": event, "target": dest} | ({"guard": _SAID[GUARDS[event]]} if event in GUARDS else {})
            for event, source, dest in EDGES
            if source == name
        ]
        states.append({"name": name, "transitions": moves} if moves else {"name": name, "type": "final"})
    chart = {
        "statechart": {
            "name": "eight",
            "preamble": "checks = {'statement': True, 'proof': True}\namount = 500",
            "root state": {"name": "root", "initial": "preparing", "states": states},
        }
    }
    made = Interpreter(import_from_dict(chart))
    made.execute()
    return made
