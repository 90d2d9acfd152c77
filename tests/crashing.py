"""A daemon in a process of its own that can be told where to die. Run by the tests about crashes and crowds.

    python crashing.py          each line of stdin is a `Life`, lived by a fork; the answer is a line with its `End`
    python crashing.py wait     one line, one life of one instant, or one `Hand`: says `ready`, waits for a line, goes

A boundary is a step and where in it: `route before`, `route commit` (all is written, nothing is kept yet),
`route after`; `send before` and `send after`; `statement`: before any statement. Nothing of the daemon is
replaced: its steps run as they are, between two calls that count.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from escalation import open_store
from escalation.channels import Message
from escalation.daemon import Daemon
from escalation.database import Database, Rows
from escalation.deliveries import Deliveries
from escalation.sqlite import SqliteDatabase
from escalation.store import POSTGRES, Store

STEPS: dict[type[Any], tuple[str, ...]] = {
    Daemon: ("recompute", "advance", "digests", "beat"),
    Deliveries: ("insist", "route", "claim", "sent", "dropped"),
}


class Life(msgspec.Struct, tag=True):
    """What a daemon lives through."""

    url: str
    heard: str
    """The file that gets a line for each message."""
    id: str
    instants: list[datetime]
    at: str = ""
    """The boundary where it ends; none: it lives to the end."""
    times: int = 1
    """At the how manieth passing."""
    signal: int = signal.SIGKILL


class End(msgspec.Struct):
    """How a life ended."""

    begun: int
    """Instants that it began."""
    signal: int
    passed: dict[str, int]
    """How often it passed each boundary; only of a life that was not cut short."""


class Hand(msgspec.Struct, tag=True):
    """A person at the same store: she records an event in each of these cases."""

    url: str
    now: datetime
    event: str
    cases: list[str]


class Fate:
    """Counts the boundaries, and ends the process at one of them."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self.passed: Counter[str] = Counter()
        self.step = ""
        """The step that the daemon's own thread is in."""

    def passes(self, boundary: str) -> None:
        self.passed[boundary] += 1
        if boundary == self._life.at and self.passed[boundary] == self._life.times:
            os.kill(os.getpid(), self._life.signal)


class Watched:
    """A database, with a boundary before each statement and before each commit."""

    def __init__(self, database: Database, fate: Fate) -> None:
        self._database, self._fate = database, fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        self._fate.passes("statement")
        return self._database.execute(sql, values)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._fate.passes("statement")
        self._database.execute_many(sql, rows)

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._database.writing():
            yield
            self._fate.passes("statement")
            self._fate.passes(f"{self._fate.step} commit")


def watch(fate: Fate) -> None:
    """A boundary before and after each step of the daemons of this process."""
    for owner, names in STEPS.items():
        for name in names:
            setattr(owner, name, _between(fate, name, getattr(owner, name)))


def _between(fate: Fate, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
    def watched(*args: Any, **options: Any) -> Any:
        fate.passes(f"{name} before")
        outer, fate.step = fate.step, name
        found = step(*args, **options)
        fate.step = outer
        fate.passes(f"{name} after")
        return found

    return watched


def opened(url: str) -> Database:
    """The database at a URL, as `Store.open` would choose it."""
    if not url.startswith(POSTGRES):
        return SqliteDatabase.open(url)
    from escalation.postgres import PostgresDatabase  # only where it is installed

    return PostgresDatabase.open(url)


def live(life: Life, begins: Callable[[], Any]) -> Fate:
    """One daemon at each of these instants, until nothing is left to do there."""
    fate = Fate(life)
    watch(fate)

    def send(kind: str, address: str, message: Message) -> None:
        fate.passes("send before")
        line = msgspec.json.encode([address, message.title, message.body]) + b"\n"
        file = os.open(life.heard, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, line)
        os.close(file)
        fate.passes("send after")

    store = Store(Watched(opened(life.url), fate))
    daemon = Daemon(store, send=send, id=life.id, nightly=False)
    for now in life.instants:
        begins()
        daemon.once(partial(_same, now))
    daemon.sending.close()
    store.close()
    return fate


def _same(now: datetime) -> datetime:
    return now


def lives() -> None:
    """Each life in a process of its own that needs not start Python anew."""
    for line in sys.stdin:
        life = msgspec.json.decode(line, type=Life)
        if life.url.startswith(POSTGRES):
            import escalation.postgres  # noqa: F401 -- once, so that the forks have it
        hear, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os._exit(_lived(life, tell))
        os.close(tell)
        with open(hear, "rb") as pipe:
            said = pipe.read()
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            sys.exit("a life failed")
        begun, last = said.count(b"\n"), said.rpartition(b"\n")[2]
        ended = End(begun, os.WTERMSIG(status), msgspec.json.decode(last) if last else {})
        _say(msgspec.json.encode(ended).decode())


def _lived(life: Life, tell: int) -> int:
    """A life in its own process: a line for each instant that begins, at the end what was passed; the exit code."""
    try:
        fate = live(life, lambda: os.write(tell, b"\n"))
        os.write(tell, msgspec.json.encode(fate.passed))
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def wait() -> None:
    """One life, or one person, from the moment on when the parent says so."""
    what = msgspec.json.decode(sys.stdin.readline(), type=Life | Hand)
    if isinstance(what, Life):
        live(what, _go)
        return
    with open_store(what.url, now=what.now) as desk:
        _go()
        for case in what.cases:
            desk.record(case, what.event)


def _go() -> None:
    _say("ready")
    sys.stdin.readline()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    wait() if sys.argv[1:] == ["wait"] else lives()
