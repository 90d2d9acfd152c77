"""DBOS on SQLite, as it comes (rollback journal) or with the file in WAL; a queue polled every 0.1 s."""

from __future__ import annotations

import logging
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from child import costs, serve
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID

FAR = 2_200_000_000_000
"""Milliseconds since 1970."""
QUEUE = "bench"


@DBOS.step()
def step(n: int) -> int:
    return n + 1


@DBOS.workflow()
def workflow(n: int) -> int:
    return step(n)


class Peer:
    """DBOS that holds so many workflows of the far future."""

    def __init__(self, path: Path, wal: bool, held: int) -> None:
        if wal:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
        config = DBOSConfig(
            name="bench", system_database_url=f"sqlite:///{path}", log_level="ERROR", application_version="1",
            executor_id="one",
        )  # fmt: skip
        DBOS(config=config)
        DBOS.launch()
        if held:
            self._queue = DBOS.register_queue(QUEUE, polling_interval_sec=0.1)
            self._delayed("held-0", 10_000_000.0)
            with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
                _copies(connection, held)
        self._turn = 0

    def _delayed(self, id: str, seconds: float) -> None:
        with SetEnqueueOptions(delay_seconds=seconds), SetWorkflowID(id):
            DBOS.enqueue_workflow(QUEUE, workflow, 1)

    def apply(self, many: int) -> list[float]:
        """A workflow with one step."""
        return costs(workflow, many)

    def arm(self, many: int, at: float) -> Sequence[object]:
        """So many workflows for one moment; the query that says how many are done, and how many should be."""
        self._turn += 1
        for i in range(many):
            self._delayed(f"due-{self._turn}-{i}", at - time.time())
        done = f"workflow_uuid LIKE 'due-{self._turn}-%' AND status = 'SUCCESS'"
        return [f"SELECT count(*) FROM workflow_status WHERE {done}", many]


def _copies(connection: sqlite3.Connection, held: int) -> None:
    """The one genuine row again and again."""
    found = connection.execute("SELECT * FROM workflow_status WHERE workflow_uuid = 'held-0'")
    names = [column[0] for column in found.description]
    row = dict(zip(names, found.fetchone(), strict=True))
    slots = ", ".join("?" * len(names))
    connection.executemany(
        f"INSERT INTO workflow_status ({', '.join(names)}) VALUES ({slots})",
        (
            tuple((row | {"workflow_uuid": f"held-{i}", "delay_until_epoch_ms": FAR + i}).values())
            for i in range(1, held)
        ),
    )


def _main(path: str, wal: str, held: str) -> None:
    logging.disable(logging.CRITICAL)
    peer = Peer(Path(path), wal == "wal", int(held))
    serve({"apply": peer.apply, "arm": peer.arm})
    DBOS.destroy()


if __name__ == "__main__":
    _main(*sys.argv[1:])
