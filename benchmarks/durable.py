"""Goals 5, 6, 7 and 11: one event made durable on SQLite (WAL, FULL), one commit each.

Every candidate has a store of its own with the same cases, and takes the same events of the same random
cases in the same order. Raw sqlite3 runs the statements, with the values, that the engine ran on a third copy.

A disk that takes 4 ms to sync makes all alike, one that takes none is no disk. So all is measured twice: on
the disk that is there, which is told, and in memory by CPU time, with the sync of one disk added to each commit,
`SYNC`: that of the machine on which the promises were made. The second figure is held against them.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

from machine import EDGES, NOW, WALK
from measure import Row, Table, Turn, in_turn, ratios
from peers import by_hand, raw_sqlite
from ready import FEW, FOLDER, MANY, Built, copy_of, store

from escalation.api import Desk
from escalation.core.entries import Entry, EventEntry
from escalation.engine import Engine, Loaded, Make, Recorded
from escalation.sqlite import SqliteDatabase
from escalation.store import Store

BATCH = 100
UTC = ZoneInfo("UTC")
SYNC = 0.15e-3
"""Seconds."""
MEMORY = Path("/dev/shm")


class Event(NamedTuple):
    """One event to make durable."""

    ref: str
    name: str
    at: datetime


def events(built: Built, many: int) -> list[Event]:
    """Random cases, each taking the next event of its walk, a second after the one before. No case twice in a batch."""
    lots = random.Random(41)
    walked = dict(built.fresh())
    refs = list(walked)
    found: list[Event] = []
    while len(found) < many:
        for ref in lots.sample(refs, BATCH):
            found.append(Event(ref, WALK[walked[ref] % len(WALK)], NOW + timedelta(seconds=len(found) + 1)))
            walked[ref] += 1
    return found


def append(engine: Engine, event: Event) -> None:
    """One event through the engine."""
    engine.append(event.ref, _maker(event), event.at)


def warm(engine: Engine, event: Event) -> None:
    """Reads what an engine reads once and keeps."""
    engine.preview(event.ref, _maker(event), event.at)


def _maker(event: Event) -> Make:
    def make(case: Loaded, seq: int, now: datetime) -> Entry:
        return EventEntry(seq=seq, recorded_at=now, occurred_at=now, event=event.name)

    return make


def recorded(built: Built, listed: list[Event], folder: Path) -> list[raw_sqlite.Ran]:
    """What the engine asks of SQLite for each event."""
    path = copy_of(built, folder / "recorded.db")
    kept = Store.open(str(path))
    assert isinstance(kept._db, SqliteDatabase)
    recorder = raw_sqlite.Recorder(kept._db.connection)
    kept._db.connection = recorder  # type: ignore[assignment,unused-ignore]
    engine, found = Engine(kept), []
    warm(engine, listed[0])
    recorder.ran = []
    for event in listed:
        append(engine, event)
        found.append(recorder.ran)
        recorder.ran = []
    kept.close()
    return found


class Side:
    """One candidate: takes a chunk of the events each round, and keeps the CPU time that it cost."""

    def __init__(self, take: Callable[[int], None], chunk: int, first: int = 0) -> None:
        self._take, self._chunk, self._next = take, chunk, first
        self.cpu: list[float] = []

    def __call__(self) -> float:
        start, used = time.perf_counter(), time.process_time()
        for i in range(self._next, self._next + self._chunk):
            self._take(i)
        self.cpu.append(time.process_time() - used)
        self._next += self._chunk
        return time.perf_counter() - start


class _Sides:
    """All candidates in one folder."""

    def __init__(self, built: Built, listed: list[Event], ran: list[raw_sqlite.Ran], chunk: int, folder: Path) -> None:
        self._listed, self._chunk = listed, chunk
        self._kept = {
            name: Store.open(str(copy_of(built, folder / f"{name}.db"))) for name in ("ours", "batched", "library")
        }
        self._raw = raw_sqlite.connect(copy_of(built, folder / "raw.db"))
        self._hand = by_hand.connect(folder / "hand.db")
        state_after = {event: dest for event, _, dest in EDGES}
        state_of = {ref: state_after[WALK[walked - 1]] for ref, walked in built.fresh()}
        by_hand.build(self._hand, [(ref, state_of.get(ref, "settled")) for ref in built.refs.values()], NOW)
        self.of = {
            "ours": Side(self._ours(), chunk),
            "raw": Side(lambda i: raw_sqlite.run(self._raw, ran[i]), chunk),
            "batched": Side(self._batched(), chunk // BATCH),
            "library": Side(self._library(), chunk),
            "hand": Side(self._by_hand, chunk),
        }

    def _ours(self) -> Callable[[int], None]:
        engine = Engine(self._kept["ours"])
        warm(engine, self._listed[0])
        return lambda i: append(engine, self._listed[i])

    def _batched(self) -> Callable[[int], None]:
        engine = Engine(self._kept["batched"])
        warm(engine, self._listed[0])

        def take(batch: int) -> None:
            listed = self._listed[batch * BATCH : (batch + 1) * BATCH]
            names = {event.ref: event.name for event in listed}

            def make(case: Loaded, seq: int, now: datetime) -> Entry:
                return EventEntry(seq=seq, recorded_at=now, occurred_at=now, event=names[case.row.ref])

            for each in engine.append_many(list(names), make, listed[-1].at):
                assert isinstance(each, Recorded), each

        return take

    def _library(self) -> Callable[[int], None]:
        """`Desk.record`, which checks the answers and gives back the whole case."""
        desk = _At(self._kept["library"])

        def take(i: int) -> None:
            ref, name, desk.at = self._listed[i]
            desk.record(ref, name)

        return take

    def _by_hand(self, i: int) -> None:
        ref, name, at = self._listed[i]
        by_hand.apply(self._hand, ref, name, at)

    def close(self) -> None:
        """Give everything back, once it is sure that all did the same."""
        heads = {name: kept._db.execute('SELECT sum(head) FROM "case"').fetchone() for name, kept in self._kept.items()}
        heads["raw"] = self._raw.execute('SELECT sum(head) FROM "case"').fetchone()
        assert len(set(heads.values())) == 1, heads
        for each in (*self._kept.values(), self._raw):
            each.close()
        self._hand.dispose()


class _At(Desk):
    """A desk whose present is set from outside."""

    at = NOW

    def now(self, zone: ZoneInfo = UTC) -> datetime:
        return self.at


class _Pass(NamedTuple):
    """Seconds an event, and seconds of CPU, by candidate and round."""

    wall: dict[str, list[float]]
    cpu: dict[str, list[float]]

    def with_sync(self, name: str) -> list[float]:
        """What an event costs where nothing is waited for, and its share of a sync."""
        return [seconds + (SYNC / BATCH if name == "batched" else SYNC) for seconds in self.cpu[name]]


def _measured(built: Built, chunk: int, rounds: int, folder: Path) -> tuple[_Pass, int]:
    """One pass in a folder, and how many statements an event takes."""
    listed = events(built, chunk * (rounds + 1))
    ran = recorded(built, listed, folder)
    sides = _Sides(built, listed, ran, chunk, folder)
    found = in_turn(cast("dict[str, Turn]", sides.of), rounds)
    sides.close()
    wall = {name: [seconds / chunk for seconds in took] for name, took in found.items()}
    cpu = {name: [seconds / chunk for seconds in side.cpu[1:]] for name, side in sides.of.items()}
    return _Pass(wall, cpu), len(ran[0])


def sync_time(folder: Path) -> float:
    """What a sync of 4 KiB takes here, in seconds."""
    took = []
    with (folder / "sync").open("wb") as file:
        for _ in range(50):
            file.write(bytes(4096))
            file.flush()
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - start)
    return median(took)


def measure(quick: bool) -> list[Table]:
    cases, chunk, rounds = (FEW, 100, 3) if quick else (MANY, 400, 7)
    built = store(cases)
    tables = []
    with TemporaryDirectory(dir=FOLDER.path) as on_disk:
        disk, statements = _measured(built, BATCH, rounds, Path(on_disk))
        sync = sync_time(Path(on_disk))
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        with TemporaryDirectory(dir=MEMORY, prefix="escalation-bench-") as in_memory:
            memory, _ = _measured(built, chunk, rounds, Path(in_memory))
        tables.append(_in_memory(memory, cases, statements))
    tables.append(_on_disk(disk, cases, sync))
    return tables


def _in_memory(found: _Pass, cases: int, statements: int) -> Table:
    ours, raw = found.with_sync("ours"), found.with_sync("raw")
    rows = [
        Row("5", "raw sqlite3, the same statements and values", ratios(raw, ours)),
        Row("7", "a Machine per case and an SQLModel session", ratios(found.with_sync("hand"), ours)),
        Row("11", f"{BATCH} per commit over our own one per commit", ratios(ours, found.with_sync("batched"))),
        Row("-", "5 with no sync at all", ratios(found.cpu["raw"], found.cpu["ours"])),
        Row("-", "Desk.record (answers checked, case given back), raw", ratios(raw, found.with_sync("library"))),
    ]
    notes = [
        f"{statements} statements an event, BEGIN and COMMIT among them; CPU an event: ours {_us(found.cpu['ours'])}, "
        f"raw {_us(found.cpu['raw'])}, Desk.record {_us(found.cpu['library'])}, by hand {_us(found.cpu['hand'])}.",
        f"11: `Engine.append_many` of {BATCH} cases, an event each, in one transaction.",
    ]
    title = f"One durable event, {cases:,} cases, in memory plus {SYNC * 1e3:.2f} ms a commit; events/s over the peer's"
    return Table(title, rows, notes)


def _on_disk(found: _Pass, cases: int, sync: float) -> Table:
    ours, raw = found.wall["ours"], found.wall["raw"]
    rows = [
        Row("6", "CPU over raw sqlite3's, the same statements", ratios(found.cpu["ours"], found.cpu["raw"])),
        Row("-", "5 on this disk", ratios(raw, ours)),
        Row("-", "7 on this disk", ratios(found.wall["hand"], ours)),
        Row("-", "7, CPU over ours", ratios(found.cpu["hand"], found.cpu["ours"])),
        Row("-", "11 on this disk", ratios(ours, found.wall["batched"])),
    ]
    return Table(f"The same on this disk, where a sync takes {sync * 1e3:.2f} ms", rows)


def _us(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1e6:.0f} us"
