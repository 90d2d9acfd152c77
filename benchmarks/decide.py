"""Goals 1 and 2: one decision, guards and transition, nothing stored."""

from __future__ import annotations

from collections.abc import Callable

from machine import PAPERS, WALK
from measure import Row, Table, in_turn, ratios, worked
from peers import bare_transitions, sismic_1, statemachine_3
from ready import the_table

from escalation.core.guards import Checklists, first_that_holds
from escalation.core.machine import Machines
from escalation.core.table import Table as Compiled
from states.expressions import View


def seen(table: Compiled, state: str) -> View:
    """What the guards of a case see in `state`."""
    checks = {f"papers.{item}": True for item in PAPERS}
    return View(
        facts={"amount": 500}, event={}, state=state, days_in_state=0, visits={}, tracks={"main": state},
        checklists=Checklists(table.procedure.checklists, checks),
    )  # fmt: skip


def ours(table: Compiled, walks: int) -> Callable[[], None]:
    """The engine's own way of taking a step: `Machines.choose`, a fresh subject each time."""
    choose = Machines(table).choose
    views = {state: seen(table, state) for state in table.procedure.states}

    def work() -> None:
        state = "preparing"
        for _ in range(walks):
            for event in WALK:
                branch = choose(state, event, table.moves(state)[event], views[state])
                assert branch is not None
                assert branch.to is not None
                state = branch.to
        assert state == "preparing"

    return work


def compiled(table: Compiled, walks: int) -> Callable[[], None]:
    """The compiled table, which replays and forecasts."""
    views = {state: seen(table, state) for state in table.procedure.states}

    def work() -> None:
        state = "preparing"
        for _ in range(walks):
            for event in WALK:
                branch = first_that_holds(state, event, table.moves(state)[event], views[state])
                assert branch is not None
                assert branch.to is not None
                state = branch.to
        assert state == "preparing"

    return work


def bare(walks: int) -> Callable[[], None]:
    """`machine.events[e].trigger(case)`, the same case all along."""
    events = bare_transitions.machine().events
    case = bare_transitions.Case()

    def work() -> None:
        for _ in range(walks):
            for event in WALK:
                assert events[event].trigger(case)
        assert case.state == "preparing"

    return work


def _statemachine(walks: int) -> Callable[[], None]:
    peer = statemachine_3.Eight()

    def work() -> None:
        for _ in range(walks):
            for event in WALK:
                peer.send(event)
        assert peer.preparing.is_active

    return work


def _sismic(walks: int) -> Callable[[], None]:
    peer = sismic_1.interpreter()

    def work() -> None:
        for _ in range(walks):
            for event in WALK:
                peer.queue(event)
                peer.execute_once()
        assert "preparing" in peer.configuration

    return work


def measure(quick: bool) -> list[Table]:
    table = the_table()
    walks, rounds = (100, 5) if quick else (400, 7)
    found = in_turn(
        {
            "ours": worked(ours(table, walks)),
            "bare": worked(bare(walks)),
            "statemachine": worked(_statemachine(walks)),
            "sismic": worked(_sismic(walks)),
            "compiled": worked(compiled(table, walks)),
        },
        rounds,
    )
    mine = found["ours"]
    return [
        Table(
            "Decide: guards and transition, nothing stored (8 states, 11 edges, 2 guards); decisions/s over the peer's",
            [
                Row("1", "bare transitions, machine.events[e].trigger", ratios(found["bare"], mine)),
                Row("2a", "python-statemachine 3, one instance", ratios(found["statemachine"], mine)),
                Row("2b", "sismic, one interpreter", ratios(found["sismic"], mine)),
                Row("-", "our compiled table over our machine", ratios(mine, found["compiled"])),
            ],
        )
    ]
