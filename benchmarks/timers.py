"""Goals 12, 13, 14 and 16: a daemon that holds a million cases, or a hundred thousand, against one with a thousand.

Beside the cases, the store holds as many announcements that were told and deliveries that were sent.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from held import Held, late, moment, wall_clock
from measure import Row, Table, Turn, in_turn, ratios
from ours import at_work
from ready import FOLDER

from escalation import delivery_statements as delivering
from escalation import statements
from escalation.daemon import Daemon
from escalation.sqlite import SqliteDatabase
from escalation.store import Store, to_int

MANY, FEW = 1_000_000, 1_000
DUE = 100
URGENT = 3


class Side:
    """A daemon on a store of so many cases, driven from outside."""

    def __init__(self, path: Path, cases: int) -> None:
        self.held = Held(path, cases, wall_clock(), past=cases, whole=False)
        self.store = Store.open(str(path))
        self.daemon = Daemon(self.store, nightly=False)
        start = time.perf_counter()
        self.daemon.tick(self.held.now)
        self.first = time.perf_counter() - start
        start = time.perf_counter()
        self.daemon.calendar_changed()
        self.calendar = time.perf_counter() - start

    def idle(self) -> None:
        """One tick with nothing to do, and when to look again."""
        self.daemon.tick(self.held.now)
        self.daemon.next_look(self.held.now)

    def steps(self, work: Callable[[], object]) -> int:
        """How often SQLite's virtual machine came by the place where it counts its steps."""
        ran = 0

        def count() -> int:
            nonlocal ran
            ran += 1
            return 0

        database = self.store._db
        assert isinstance(database, SqliteDatabase)
        database.connection.set_progress_handler(count, 1)
        work()
        database.connection.set_progress_handler(None, 0)
        return ran

    def idling(self, ticks: int) -> Turn:
        def turn() -> float:
            start = time.perf_counter()
            for _ in range(ticks):
                self.idle()
            return (time.perf_counter() - start) / ticks

        return turn

    def firing(self, at_once: int) -> Turn:
        """A hundred random cases become due; the time until all of them have been advanced."""

        def turn() -> float:
            self.held.make_due(self.held.some(DUE), to_int(self.held.now))
            self.store.due_count(self.held.now)  # see that another wrote; the cache is empty on both sides
            start = time.perf_counter()
            done = sum(self.daemon.engine.advance_due(self.held.now, at_once).announced for _ in range(DUE // at_once))
            took = time.perf_counter() - start
            assert done == DUE, done
            self.daemon.tick(self.held.now)  # what was announced is routed: idle again
            return took

        return turn

    def queries(self) -> dict[str, Callable[[], object]]:
        now = to_int(self.held.now)
        listed = {
            "due": (statements.DUE_CASES, (now, DUE)),
            "when next": (statements.NEXT_TIMER, ()),
            "next delivery": (delivering.next_delivery(0, 0), (now, now, "ours")),
            "when the next delivery": (delivering.next_delivery_at(0), (0,)),
            "to route": (delivering.PENDING, (now, 500)),
            "urgent and unanswered": (delivering.UNANSWERED, ("told", URGENT, now, now)),
        }
        return {name: (lambda q=each: self.store.run(*q).fetchall()) for name, each in listed.items()}  # type: ignore[misc]


def measure(quick: bool) -> list[Table]:
    many, ticks, pairs, rounds = (20_000, 10, 5, 3) if quick else (MANY, 10, 15, 9)
    with TemporaryDirectory(dir=FOLDER.path) as made:
        start = time.perf_counter()
        big, small = Side(Path(made) / "big.db", many), Side(Path(made) / "small.db", FEW)
        built = time.perf_counter() - start
        tables = [_steps(big, small), _times(big, small, ticks, pairs, rounds, built)]
        for side in (big, small):
            side.store.close()
    return [*tables, _lateness(quick)]


def _steps(big: Side, small: Side) -> Table:
    of_big, of_small = big.queries(), small.queries()
    found = {"a whole idle tick": (big.steps(big.idle), small.steps(small.idle))}
    found |= {name: (big.steps(of_big[name]), small.steps(of_small[name])) for name in of_big}
    rows = [Row("12", f"{name} ({b:,} / {s:,})", (b / s if s else float(b + 1),)) for name, (b, s) in found.items()]
    return Table(f"Steps of SQLite's virtual machine: {big.held.cases:,} cases over {small.held.cases:,}", rows)


def _times(big: Side, small: Side, ticks: int, pairs: int, rounds: int, built: float) -> Table:
    idle = in_turn({"big": big.idling(ticks), "small": small.idling(ticks)}, pairs)
    one = in_turn({"big": big.firing(1), "small": small.firing(1)}, rounds)
    together = in_turn({"big": big.firing(DUE), "small": small.firing(DUE)}, rounds)
    rows = [
        Row("13", "an idle tick", ratios(idle["big"], idle["small"])),
        Row("14a", f"{DUE} due, one commit each", ratios(one["big"], one["small"])),
        Row("14b", f"{DUE} due, one commit", ratios(together["big"], together["small"])),
    ]
    sizes = f"{big.held.cases:,} and {small.held.cases:,}"
    notes = [
        f"ms, {sizes}: idle tick {_ms(idle)}; {DUE} due, one commit each {_ms(one)}, one commit {_ms(together)}",
        f"ms, at the start of a daemon: first tick {big.first * 1e3:,.0f} and {small.first * 1e3:,.1f}; every ten "
        f"minutes: calendar {big.calendar * 1e3:,.0f} and {small.calendar * 1e3:,.1f}",
        f"built in {built:.0f} s; the file of the big one is {big.held.path.stat().st_size / 2**20:,.0f} MiB",
    ]
    return Table(f"Time: {big.held.cases:,} cases over {small.held.cases:,}", rows, notes)


def _lateness(quick: bool) -> Table:
    many, rounds = (5_000, 2) if quick else (100_000, 15)
    with TemporaryDirectory(dir=FOLDER.path) as made, ExitStack() as stack:
        turns = {}
        for cases in (many, FEW):
            held = Held(Path(made) / f"{cases}.db", cases, wall_clock(), past=cases)
            stack.enter_context(at_work(held.path))
            turns[str(cases)] = lateness(held)
        time.sleep(3)
        found = in_turn(turns, rounds)
    rows = [Row("16", f"{DUE} due at one moment, until the last is durable", ratios(found[str(many)], found[str(FEW)]))]
    worst = {name: max(took) * 1e3 for name, took in found.items()}
    notes = [f"ms, {many:,} and {FEW:,}: {_ms(found)}; worst {worst[str(many)]:.0f} and {worst[str(FEW)]:.0f}"]
    return Table(f"Lateness of `escalation daemon run`: {many:,} cases held over {FEW:,}", rows, notes)


def lateness(held: Held) -> Turn:
    """A hundred random cases come due together, at no particular point of the daemon's wait; seconds until durable."""
    moments = moment(1.0)

    def turn() -> float:
        at = next(moments)
        held.make_due(held.some(DUE), int(at * 1e6))
        return late(held.path, held.due_query(), at)

    return turn


def _ms(found: dict[str, list[float]]) -> str:
    return " and ".join(f"{statistics.median(took) * 1e3:.3g}" for took in found.values())
