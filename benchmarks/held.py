"""Stores that hold many cases waiting for the clock, written row by row; and cases made due on them.

Two genuine cases are made by the engine; all others are copies of their rows. A case that is made due waits
for an answer whose last day has passed: the daemon finds it at the instant its timer says, applies the lapse,
announces it and arms the next deadline.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from machine import PAPERS, PROCEDURE

from escalation.api import open_store
from escalation.store import Store, to_int

FAR = timedelta(days=3000)
_COPIED = "title, client, definition, opened_at, head, head_hash, open, state, stage, overdue, next_lapse, calendar"


class Held:
    """A store of so many cases, none of them due, and the row of one that is about to lapse."""

    def __init__(self, path: Path, cases: int, now: datetime, past: int = 0, whole: bool = True) -> None:
        """`past`: so many announcements that were told, and deliveries that were sent.

        `whole`: every case has its snapshot. Without, all but those made due have none, to save the disk.
        """
        self.path, self.cases, self.now = path, cases, now
        self._about_to_lapse, waits = _genuine(path, now)
        self._lots = random.Random(5)
        row = dict(zip([*_COPIED.split(", "), "snapshot"], waits, strict=True))
        if not whole:
            row["snapshot"] = b"{}"
        with closing(self.connected()) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            _write_cases(connection, row, range(2, cases + 1), to_int(now + FAR))
            _write_past(connection, past, cases, to_int(now - timedelta(days=1)))
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def connected(self) -> sqlite3.Connection:
        """As another process would."""
        return sqlite3.connect(self.path, timeout=30, isolation_level=None)

    def some(self, many: int) -> list[int]:
        """Other cases each time."""
        return self._lots.sample(range(2, self.cases + 1), many)

    def make_due(self, ids: Iterable[int], at: int) -> float:
        """These cases at that instant, in one commit; when that was done. What was written is in the file itself."""
        ids = list(ids)
        sets = ", ".join(f"{name} = ?" for name in [*_COPIED.split(", "), "snapshot"])
        with closing(self.connected()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("DELETE FROM outbox WHERE case_id = ?", ((id,) for id in ids))
            connection.executemany(
                f'UPDATE "case" SET {sets} WHERE id = ?', ((*self._about_to_lapse, id) for id in ids)
            )
            connection.executemany("UPDATE timer SET at = ? WHERE case_id = ?", ((at, id) for id in ids))
            connection.execute("COMMIT")
            done = time.time()
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return done

    def due_query(self) -> Sequence[Any]:
        """How many are not done, and how many that should be, as the peers say it."""
        return [f"SELECT count(*) FROM timer WHERE at <= {to_int(self.now + FAR / 100)}", 0]

    @property
    def first(self) -> str:
        """The id of the one genuine case, whose log is whole."""
        with closing(self.connected()) as connection:
            return str(connection.execute('SELECT ref FROM "case" WHERE id = 1').fetchone()[0])


def _genuine(path: Path, now: datetime) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The first case of the store: its row just before a lapse that has passed, and its row now."""
    began = now - timedelta(days=40)
    with open_store(path, now=began) as desk:
        ref = desk.open(str(PROCEDURE), title="借款", client="c1", facts={"amount": 500})
        for item in PAPERS:
            desk.done(ref, f"papers.{item}")
        desk.record(ref, "sent")
        engine = desk.engine
        reminder = engine.store.next_timer()
        assert reminder is not None
        engine.advance(ref, reminder)
        before = _row(engine.store)
        lapse = engine.store.next_timer()
        assert lapse is not None
        assert reminder < lapse < now
        engine.advance(ref, now)
        with engine.store.writing():
            engine.store.run("DELETE FROM outbox")
        return before, _row(engine.store)


def live(path: Path, cases: int, days: int, now: datetime) -> None:
    """A store of genuine cases that wait for an answer, each with a follow-up of its own that comes every month.

    They were sent over the last `days` days, so that they fall due one after another.
    """
    for i in range(cases):
        began = now - timedelta(days=days) * (i + 1) / cases
        with open_store(path, now=began) as desk:
            ref = desk.open(str(PROCEDURE), title=f"借款 {i}", client=f"c{i % 7}", facts={"amount": 500})
            for item in PAPERS:
                desk.done(ref, f"papers.{item}")
            desk.record(ref, "sent")
            due = (now + timedelta(days=1 + i % 28)).date().isoformat()
            desk.follow_up(ref, "add", due=due, text="打个电话", every="1 month")


def _row(store: Store) -> tuple[Any, ...]:
    row: tuple[Any, ...] = store.run(f'SELECT {_COPIED}, snapshot FROM "case" WHERE id = 1').fetchone()
    return row


def _write_cases(connection: sqlite3.Connection, row: dict[str, Any], ids: range, far: int) -> None:
    names = ["id", "ref", *row]
    connection.executemany(
        f'INSERT INTO "case" ({", ".join(names)}) VALUES ({", ".join("?" * len(names))})',
        ((id, f"c{id:07}", *row.values()) for id in ids),
    )
    connection.executemany("INSERT INTO timer (at, case_id) VALUES (?, ?)", ((far + id, id) for id in ids))


def _write_past(connection: sqlite3.Connection, many: int, cases: int, at: int) -> None:
    """Announcements and deliveries that nobody has to look at any more."""
    told = (
        "INSERT INTO outbox (case_id, key, kind, at, status, body, created_at, level, told_at)"
        " VALUES (?, ?, 'reminder', ?, 'told', '{}', ?, 1, ?)"
    )
    connection.executemany(told, ((i % cases + 1, f"past:{i}", at - i, at - i, at - i) for i in range(many)))
    if many:
        connection.execute(
            "INSERT INTO channel (id, name, kind, address, secret, lang, privacy, zone, digest, digest_at, least,"
            " created_at) VALUES (1, 'log', 'log', 'log', 'none', 'zh', 'titles', 'Asia/Shanghai', 'none', '08:00',"
            " 0, 0)"
        )
    sent = (
        "INSERT INTO delivery (channel_id, kind, level, status, created_at, next_at, attempts, first_tried_at,"
        " done_at) VALUES (1, 'announcements', 1, 'sent', ?, ?, 1, ?, ?)"
    )
    connection.executemany(sent, ((at - i, at - i, at - i, at - i) for i in range(many)))


def late(path: Path, query: Sequence[Any], at: float, most: float = 60.0) -> float:
    """Seconds from that instant until a store's own file says that all is done.

    Raises: RuntimeError if it never does.
    """
    statement, wanted = query
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        time.sleep(max(0.0, at - time.time()))
        while connection.execute(statement).fetchone()[0] != wanted:
            if time.time() > at + most:
                raise RuntimeError(f"{path.name}: not done after {most} s")
            time.sleep(0.0005)
        return time.time() - at


def moment(ahead: float) -> Iterator[float]:
    """Instants a little ahead of the present, at no particular point of anybody's interval."""
    lots = random.Random(11)
    while True:
        yield time.time() + ahead + lots.random()


def wall_clock() -> datetime:
    """The present, for what runs in other processes, which look at the clock themselves."""
    return datetime.fromtimestamp(time.time(), UTC)
