"""APScheduler 3 with its jobs in SQLite, as it comes or with the file in WAL; a late job is run, not dropped."""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from child import costs, serve

FAR = datetime(2040, 1, 1, tzinfo=UTC)


def job() -> None:
    """What is to be done when the time has come."""


class Peer:
    """A scheduler that holds so many jobs of the far future."""

    def __init__(self, path: Path, wal: bool, held: int) -> None:
        if wal:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
        store = SQLAlchemyJobStore(f"sqlite:///{path}")
        self._scheduler = BackgroundScheduler(
            jobstores={"default": store}, timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )  # fmt: skip
        self._scheduler.start(paused=True)
        self._add("held-0", FAR)
        with closing(sqlite3.connect(path)) as connection, connection:
            (genuine,) = connection.execute("SELECT job_state FROM apscheduler_jobs").fetchone()
            connection.executemany(
                "INSERT INTO apscheduler_jobs (id, next_run_time, job_state) VALUES (?, ?, ?)",
                ((f"held-{i}", FAR.timestamp() + i, genuine) for i in range(1, held)),
            )
        self._scheduler.resume()  # who is to run anything runs
        self._turn = 0

    def apply(self, many: int) -> list[float]:
        """Re-arm one deadline: take the job away and add it with another time."""
        return costs(self._apply, many)

    def _apply(self, i: int) -> None:
        self._turn += 1
        self._scheduler.remove_job("held-0")
        self._add("held-0", FAR + timedelta(seconds=self._turn))

    def arm(self, many: int, at: float) -> Sequence[object]:
        """So many jobs for one moment; the query that says how many are not done, and how many that should be."""
        due = datetime.fromtimestamp(at, UTC)
        self._turn += 1
        for i in range(many):
            self._add(f"due-{self._turn}-{i}", due)
        return ["SELECT count(*) FROM apscheduler_jobs WHERE next_run_time <= 2000000000", 0]

    def _add(self, id: str, at: datetime) -> None:
        self._scheduler.add_job(job, "date", run_date=at, id=id)

    def close(self) -> None:
        self._scheduler.shutdown()


def _main(path: str, wal: str, held: str) -> None:
    logging.disable(logging.CRITICAL)
    peer = Peer(Path(path), wal == "wal", int(held))
    serve({"apply": peer.apply, "arm": peer.arm})
    peer.close()


if __name__ == "__main__":
    _main(*sys.argv[1:])
