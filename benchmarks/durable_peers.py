"""Goals 8, 9 and 10: one event made durable by us, and one step of what others offer for the same need.

Everyone holds as many cases, jobs, tasks or workflows, on the disk that is there, and syncs each commit.
The peers do less for it (APScheduler and huey keep neither state nor log) or more (DBOS keeps inputs and outputs).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from child import Child, costs
from durable import append, events, sync_time, warm
from measure import Row, Table, Turn, in_turn, ratios
from ready import FEW, FOLDER, copy_of, store

from escalation.engine import Engine
from escalation.store import Store

HELD = 10_000
PEERS: dict[str, tuple[str, tuple[str, ...], int]] = {
    "DBOS": ("peers.dbos_peer", ("as it comes",), 4),
    "DBOS, WAL": ("peers.dbos_peer", ("wal",), 4),
    "APScheduler": ("peers.apscheduler_store", ("as it comes",), 2),
    "APScheduler, WAL": ("peers.apscheduler_store", ("wal",), 2),
    "huey": ("peers.huey_peer", (), 1),
}
"""Module, settings, and by how much fewer of its steps make a round as long as ours."""


class Sides:
    """Turns that also keep the CPU seconds of one step."""

    def __init__(self) -> None:
        self.cpu: dict[str, list[float]] = {}

    def turn(self, name: str, step: Callable[[], list[float]]) -> Turn:
        """Seconds of one step, the mean of a round."""
        kept = self.cpu.setdefault(name, [])

        def take() -> float:
            wall, used = step()
            kept.append(used)
            return wall

        return take


def _ours(path: Path, chunk: int, rounds: int, built_cases: int) -> tuple[Store, Callable[[], list[float]]]:
    built = store(built_cases)
    listed = events(built, chunk * (rounds + 1))
    kept = Store.open(str(copy_of(built, path)))
    engine = Engine(kept)
    warm(engine, listed[0])
    left = iter(listed)
    return kept, lambda: costs(lambda _: append(engine, next(left)), chunk)


def measure(quick: bool) -> list[Table]:
    held, chunk, rounds = (FEW, 40, 2) if quick else (HELD, 200, 9)
    sides, turns = Sides(), dict[str, Turn]()
    with TemporaryDirectory(dir=FOLDER.path) as made, ExitStack() as stack:
        folder = Path(made)
        kept, step = _ours(folder / "ours.db", chunk, rounds, held)
        stack.callback(kept.close)
        turns["ours"] = sides.turn("ours", step)
        for i, (name, (module, settings, fewer)) in enumerate(PEERS.items()):
            child = stack.enter_context(Child(module, folder / f"{i}.db", *settings, held))
            turns[name] = sides.turn(name, _asking(child, "apply", chunk // fewer))
            if name == "huey":
                turns["no result"] = sides.turn("no result", _asking(child, "leave_nothing", chunk))
        time.sleep(2)  # who has just started has more to do
        found = in_turn(turns, rounds)
        sync = sync_time(folder)
    ours = found["ours"]
    rows = [
        Row("8a", "DBOS workflow of one step, SQLite as it comes", ratios(found["DBOS"], ours)),
        Row("8b", "DBOS workflow of one step, file in WAL", ratios(found["DBOS, WAL"], ours)),
        Row("9a", "APScheduler re-armed job, SQLite as it comes", ratios(found["APScheduler"], ours)),
        Row("9b", "APScheduler re-armed job, file in WAL", ratios(found["APScheduler, WAL"], ours)),
        Row("10", "huey enqueue + take + run, its result kept", ratios(found["huey"], ours)),
        Row("-", "huey without a result: nothing is left of it", ratios(found["no result"], ours)),
        *(Row("-", f"{name}, CPU over ours", ratios(sides.cpu[name], sides.cpu["ours"])) for name in PEERS),
    ]
    rate = {name: 1 / median(took) for name, took in found.items()}
    notes = [
        f"a sync takes {sync * 1e3:.2f} ms here; each second: "
        + ", ".join(f"{name} {each:,.0f}" for name, each in rate.items()),
        f"CPU of ours: {median(sides.cpu['ours']) * 1e6:.0f} us",
    ]
    return [Table(f"One durable event with {held:,} held, on this disk: a peer's time over ours", rows, notes)]


def _asking(child: Child, what: str, many: int) -> Callable[[], list[float]]:
    def step() -> list[float]:
        wall, used = child.ask(what, many)
        return [wall, used]

    return step
