"""Goals 18 to 21: the same engine on PostgreSQL, on a server that is started for it.

Every candidate has a database of its own, made from the same template. Plain psycopg runs the statements, with
the values, that the engine asked for on a further one. What counts is the time on the wall with the server's files on
this disk, each commit synced. The same in memory is told, and what the CPU time of both sides says of a network.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, cast

import psycopg
from child import Child
from durable import BATCH, MEMORY, Event, append, events, sync_time, warm
from held import Held
from machine import NOW, WALK
from measure import Row, Table, Turn, in_turn, ratios
from peers import plain_psycopg
from ready import FEW, FOLDER, Built, store
from server import NETWORK, Candidate, Cost, Server, running

from escalation.core.entries import Entry, EventEntry
from escalation.engine import Engine, Loaded, Recorded
from escalation.postgres import PostgresDatabase
from escalation.rows import to_int
from escalation.store import Store

CASES = 10_000


def measure(quick: bool) -> list[Table]:
    tables = []
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        with running(MEMORY) as server:
            how = _How(server, "in memory", quick, 2 if quick else 7, in_memory=True)
            tables += [_one_event(how), _a_hundred(how), _two_daemons(how)]
    with running(None) as server:
        sync = sync_time(FOLDER.path)
        how = _How(
            server, f"on this disk, where a sync takes {sync * 1e3:.2f} ms", quick, 4 if quick else 15, in_memory=False
        )
        tables += [_one_event(how), _a_hundred(how), _two_daemons(how)]
    return tables


class _How(NamedTuple):
    """One pass over everything."""

    server: Server
    where: str
    quick: bool
    rounds: int
    in_memory: bool
    """Then nothing is held against a promise."""

    @property
    def cases(self) -> int:
        return FEW if self.quick else CASES

    def row(self, goal: str, what: str, over: Sequence[float], under: Sequence[float]) -> Row:
        """Seconds of a peer over ours."""
        if self.in_memory:
            return Row("-", f"{goal}: {what}", ratios(over, under))
        return Row(goal, what, ratios(over, under))

    def on_a_network(self, goal: str, over: Cost, under: Cost) -> list[Row]:
        """What the work of both sides says, with a sync for each commit."""
        if not self.in_memory:
            return []
        return [
            Row("-", f"{goal}: CPU of both sides, and syncs", ratios(over.added_up(0), under.added_up(0))),
            Row("-", f"{goal}: the same over a network", ratios(over.added_up(NETWORK), under.added_up(NETWORK))),
        ]


# -- 18 and 21: one event a commit -----------------------------------------------------------------------


def _one_event(how: _How) -> Table:
    server, chunk = how.server, 40 if how.quick else 100
    built = store(how.cases)
    template = server.filled(built.path)
    listed = events(built, chunk * (how.rounds + 1))
    ran = _recorded(server.url(server.new(template)), listed)
    with ExitStack() as stack:
        ours = stack.enter_context(closing(Store.open(server.url(server.new(template)))))
        peers = [
            stack.enter_context(closing(plain_psycopg.connect(server.url(server.new(template))))) for _ in range(2)
        ]
        dbos = stack.enter_context(Child("peers.dbos_postgres", server.url(server.new())))
        pids = [peer.info.backend_pid for peer in peers]
        trips = len(ran[0]) + 2  # BEGIN and COMMIT
        sides = {
            "ours": _ours(ours, listed, chunk),
            "psycopg": Candidate(_psycopg(peers[0], ran, tell=True), pids[0], 1, trips + 1, chunk),
            "without NOTIFY": Candidate(_psycopg(peers[1], ran, tell=False), pids[1], 1, trips, chunk),
        }
        few = chunk // 4
        turns = cast("dict[str, Turn]", sides) | {"DBOS": lambda: dbos.ask("apply", few)[0] * chunk}
        found = in_turn(turns, how.rounds)
        heads = {_heads(peer) for peer in peers} | {ours.run(HEADS).fetchone()[0]}
        assert len(heads) == 1, heads
    costs = {name: side.cost(found[name], chunk) for name, side in sides.items()}
    dbos_wall = [seconds / chunk for seconds in found["DBOS"]]
    rows = _of_one_event(how, costs, dbos_wall)
    notes = [
        f"{len(ran[0]) + 1} statements an event, NOTIFY among them, and COMMIT; round trips: "
        + ", ".join(f"{name} {cost.trips:.0f}" for name, cost in costs.items()),
        _rates({name: cost.wall for name, cost in costs.items()} | {"DBOS": dbos_wall}),
        _work(costs),
    ]
    title = f"One durable event on PostgreSQL, {how.cases:,} cases, {how.where}: a peer's time over ours"
    return Table(title, rows, notes)


def _of_one_event(how: _How, costs: dict[str, Cost], dbos: list[float]) -> list[Row]:
    ours, plain, silent = costs["ours"], costs["psycopg"], costs["without NOTIFY"]
    return [
        how.row("18", "psycopg, the same statements and values + commit", plain.wall, ours.wall),
        Row("-", "the same without NOTIFY", ratios(silent.wall, ours.wall)),
        *how.on_a_network("18", plain, ours),
        how.row("21", "a DBOS workflow of one step", dbos, ours.wall),
    ]


def _rates(wall: dict[str, list[float]]) -> str:
    return "each second on the wall: " + ", ".join(f"{name} {1 / median(each):,.0f}" for name, each in wall.items())


def _work(costs: dict[str, Cost]) -> str:
    each = (f"{name} {median(c.client) * 1e6:.0f} + {median(c.server) * 1e6:.0f}" for name, c in costs.items())
    return "us of CPU an event, client + server: " + ", ".join(each)


HEADS = 'SELECT sum(head) FROM "case"'


def _heads(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(HEADS).fetchone()
    assert row is not None
    return int(row[0])


def _recorded(url: str, listed: list[Event]) -> list[plain_psycopg.Ran]:
    """What the engine asks of the database for each event."""
    database = PostgresDatabase.open(url)
    recorder = plain_psycopg.Recorder(database)
    engine, found = Engine(Store(recorder)), []
    warm(engine, listed[0])
    for event in listed:
        recorder.ran = []
        append(engine, event)
        found.append(recorder.ran)
    database.close()
    return found


def _ours(kept: Store, listed: list[Event], chunk: int) -> Candidate:
    engine = Engine(kept)
    warm(engine, listed[0])
    pid, trips = _link(kept)
    append(engine, listed[0])  # to see what it takes; the first round, which does not count, has one less
    return Candidate(lambda i: append(engine, listed[i]) if i else None, pid, 1, _link(kept)[1] - trips, chunk)


def _link(kept: Store) -> tuple[int, int]:
    """The server's process, and the round trips so far."""
    database = kept._db
    assert isinstance(database, PostgresDatabase)
    return database._linked().pid, database.round_trips


def _psycopg(connection: psycopg.Connection[Any], ran: list[plain_psycopg.Ran], tell: bool) -> Callable[[int], None]:
    cursor = connection.cursor()
    return lambda i: plain_psycopg.run(connection, cursor, ran[i], tell)


# -- 19: a hundred cases in one transaction ----------------------------------------------------------------


def _a_hundred(how: _How) -> Table:
    server, turns = how.server, 1 if how.quick else 3
    chunk = turns * BATCH
    built = store(how.cases)
    template = server.filled(built.path)
    batches = _batches(built, turns * (how.rounds + 1))
    with ExitStack() as stack:
        single, many = (stack.enter_context(closing(Store.open(server.url(server.new(template))))) for _ in range(2))
        sides = {
            "one per commit": _ours(single, [event for batch in batches for event in batch], chunk),
            "together": _together(many, batches, turns),
        }
        found = in_turn(cast("dict[str, Turn]", sides), how.rounds)
        heads = {each.run(HEADS).fetchone()[0] for each in (single, many)}
        assert len(heads) == 1, heads
    costs = {name: side.cost(found[name], chunk) for name, side in sides.items()}
    one, together = costs.values()
    rows = [how.row("19", "our own, one per commit", one.wall, together.wall), *how.on_a_network("19", one, together)]
    notes = [_rates({name: cost.wall for name, cost in costs.items()}), _work(costs)]
    return Table(f"{BATCH} cases in one transaction on PostgreSQL, {how.where}: events/s over", rows, notes)


def _batches(built: Built, many: int) -> list[list[Event]]:
    """Batches of different cases at one instant each; every case takes the next event of its walk."""
    walked = dict(built.fresh())
    refs, found = list(walked), list[list[Event]]()
    for i in range(many):
        batch = [refs[(i * BATCH + j) % len(refs)] for j in range(BATCH)]
        at = NOW + timedelta(seconds=i + 1)
        found.append([Event(ref, WALK[walked[ref] % len(WALK)], at) for ref in batch])
        for ref in batch:
            walked[ref] += 1
    return found


def _together(kept: Store, batches: list[list[Event]], turns: int) -> Candidate:
    engine = Engine(kept)
    warm(engine, batches[0][0])

    def take(i: int) -> None:
        names = {event.ref: event.name for event in batches[i]}

        def make(case: Loaded, seq: int, now: datetime) -> Entry:
            return EventEntry(seq=seq, recorded_at=now, occurred_at=now, event=names[case.row.ref])

        done = engine.append_many(list(names), make, batches[i][0].at)
        assert all(isinstance(each, Recorded) for each in done), done

    pid, trips = _link(kept)
    take(0)
    trips = _link(kept)[1] - trips
    return Candidate(lambda i: take(i) if i else None, pid, 1 / BATCH, trips / BATCH, turns)


# -- 20: two daemons ---------------------------------------------------------------------------------------


def _two_daemons(how: _How) -> Table:
    cases = 1_000 if how.quick else 4_000
    template = _due(how.server, cases)
    with Child("advancing") as first, Child("advancing") as second:

        def turn(children: Sequence[Child]) -> Turn:
            return lambda: _caught_up(how.server, template, children, cases - 1)

        found = in_turn({"one": turn([first]), "two": turn([first, second])}, how.rounds)
    rows = [how.row("20", "one daemon process; each case announced once", found["one"], found["two"])]
    rates = ", ".join(f"{name} {cases / median(each):,.0f}" for name, each in found.items())
    return Table(
        f"{cases:,} due cases on PostgreSQL, {how.where}: two daemons over", rows, [f"cases a second: {rates}"]
    )


def _due(server: Server, cases: int) -> str:
    """A database whose cases are all due but the first."""
    with tempfile.TemporaryDirectory(dir=FOLDER.path) as made:
        held = Held(Path(made) / "due.db", cases, NOW)
        held.make_due(range(2, cases + 1), to_int(NOW))
        return server.filled(held.path)


def _caught_up(server: Server, template: str, children: Sequence[Child], due: int) -> float:
    """Seconds until nothing is due, on a new database. Raises: AssertionError for a case told twice, or never."""
    name = server.new(template)
    url = server.url(name)
    for child in children:
        child.ask("connect", url)
    server.admin.execute("CHECKPOINT")
    start = time.perf_counter()
    for child in children:
        child.begin("advance", to_int(NOW))
    did = [child.end() for child in children]
    took = time.perf_counter() - start
    for child in children:
        child.ask("close")
    with psycopg.connect(url) as there:
        ((told, cases),) = there.execute(ANNOUNCED).fetchall()
    assert sum(c for c, _ in did) == cases == due, (did, cases, due)
    assert sum(a for _, a in did) == told == due, (did, told, due)
    server.drop(name)
    return took


ANNOUNCED = "SELECT count(*), count(DISTINCT case_id) FROM outbox"
