"""huey on SQLite as it comes: WAL, every commit synced, and its consumer."""

from __future__ import annotations

import logging
import sqlite3
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from child import costs, serve
from huey import SqliteHuey
from huey.consumer import Consumer

FAR = 2_200_000_000.0
"""Seconds since 1970: in the year 2039."""


class Unsignalled(Consumer):
    """A consumer that is no process of its own, so the signals are not its business."""

    def _set_signal_handlers(self) -> None:
        pass


class Peer:
    """A queue that holds so many tasks of the far future."""

    def __init__(self, path: Path, held: int) -> None:
        self._huey = huey = SqliteHuey("bench", filename=str(path), utc=True)
        self._nothing = huey.task(name="nothing")(_nothing)
        self._one = huey.task(name="one")(_one)
        self._nothing.schedule(delay=timedelta(days=4000))
        huey.execute(huey.dequeue())  # an hour or a decade early: the worker files it
        with closing(sqlite3.connect(path)) as connection, connection:
            (genuine,) = connection.execute("SELECT data FROM schedule").fetchone()
            connection.executemany(
                "INSERT INTO schedule (queue, data, timestamp) VALUES ('bench', ?, ?)",
                ((genuine, FAR + i) for i in range(1, held)),
            )
        self._consumer: threading.Thread | None = None
        self._done = 0

    def apply(self, many: int) -> list[float]:
        """Enqueue a task, take it, run it, keep what came of it."""
        return costs(lambda _: self._run(self._one), many)

    def leave_nothing(self, many: int) -> list[float]:
        """Without a result: afterwards nothing says that it was done."""
        return costs(lambda _: self._run(self._nothing), many)

    def _run(self, task: Callable[[], object]) -> None:
        task()
        self._huey.execute(self._huey.dequeue())

    def arm(self, many: int, at: float) -> Sequence[object]:
        """So many tasks for one moment; the query that says how many results there are, and how many should be."""
        if self._consumer is None:
            consumer = Unsignalled(self._huey)
            self._consumer = threading.Thread(target=consumer.run, daemon=True)
            self._consumer.start()
        due = datetime.fromtimestamp(at, UTC)
        for _ in range(many):
            self._one.schedule(eta=due)
        self._done += many
        return ["SELECT count(*) FROM kv", self._done]


def _nothing() -> None:
    """Leaves no result."""


def _one() -> int:
    """Leaves one, which says that it is done."""
    return 1


def _main(path: str, held: str) -> None:
    logging.disable(logging.CRITICAL)
    peer = Peer(Path(path), int(held))
    serve({"apply": peer.apply, "leave_nothing": peer.leave_nothing, "arm": peer.arm})


if __name__ == "__main__":
    _main(*sys.argv[1:])
