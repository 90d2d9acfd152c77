"""Goal 4: what many loaded cases weigh. Each way in a process of its own, which says how much it grew."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import NOW
from measure import Row, Table, in_turn, memory, ratios
from ready import FEW, MANY, store, the_table

PEERS = 10_000


def light(cases: int) -> object:
    """What the engine needs to take a step of each: a subject with its state, seen through one view."""
    import decide

    from escalation.core.machine import Subject

    table = the_table()
    view = decide.seen(table, "waiting")
    return [Subject("waiting", view) for _ in range(cases)]


def streamed(path: str) -> object:
    """Every case of a store as a full snapshot at NOW, one after another, as `list` and `due` read them."""
    from escalation.api import open_store

    with open_store(path, now=NOW) as desk:
        return sum(1 for _ in desk.snapshots())


def rows(path: str) -> object:
    """Every case row of a store held at once, kept snapshots and all; no command does this."""
    from escalation.api import open_store

    with open_store(path, now=NOW) as desk:
        return list(desk.engine.store.cases())


def registered(cases: int) -> object:
    """`add_model` for each."""
    from peers import bare_transitions

    machine = bare_transitions.machine()
    for _ in range(cases):
        machine.add_model(bare_transitions.Model())
    return machine


def _child(name: str, argument: str) -> None:
    """Say how many KiB the process grew: at its peak, once everything is imported."""
    given = int(argument) if argument.isdigit() else argument
    works: dict[str, Callable[[Any], object]] = {
        "light": light, "streamed": streamed, "rows": rows, "registered": registered,
    }  # fmt: skip
    work = works[name]
    if name in ("streamed", "rows"):
        pass
    else:
        work(1)
    before = memory()
    held = work(given)
    print(memory("VmHWM") - before)
    del held


def _grown(name: str, argument: object) -> float:
    done = subprocess.run(
        [sys.executable, __file__, name, str(argument)], cwd=Path(__file__).parent, check=True, capture_output=True
    )
    return float(done.stdout)


def measure(quick: bool) -> list[Table]:
    many, models, rounds = (FEW, FEW // 10, 2) if quick else (MANY, PEERS, 3)
    built = store(many)
    found = in_turn(
        {
            "light": lambda: _grown("light", many),
            "streamed": lambda: _grown("streamed", built.path),
            "rows": lambda: _grown("rows", built.path),
            "registered": lambda: _grown("registered", models),
        },
        rounds,
    )
    peer = found["registered"]
    return [
        Table(
            f"Memory of {many:,} cases over {models:,} registered by add_model ({peer[0] / models:.2f} KiB each)",
            [
                Row("4", "held, light, ready to decide", ratios(found["light"], peer)),
                Row("4", "streamed from a store as whole snapshots", ratios(found["streamed"], peer)),
                Row("-", "all rows of a store held, snapshots too", ratios(found["rows"], peer)),
            ],
        )
    ]


if __name__ == "__main__":
    _child(*sys.argv[1:])
