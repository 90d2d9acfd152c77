"""What our own daemon, and a person beside it, do in processes of their own."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from child import asked, serve
from held import wall_clock
from measure import memory
from ready import PROGRAM

from escalation.channels import Message
from escalation.core.entries import Entry, Note
from escalation.daemon import Daemon
from escalation.engine import Engine, Loaded
from escalation.store import Store

EVERY = 0.03
"""Seconds between two commands of a person who is in a hurry."""


@contextmanager
def at_work(path: Path) -> Iterator[int]:
    """`escalation daemon run` on a store, as a user has it; its process id."""
    words = [PROGRAM, "daemon", "run", "--store", str(path), "--no-backup", "--log-level", "warning"]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(words, stdin=nowhere, stdout=nowhere, stderr=nowhere) as running:
        try:
            yield running.pid
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=60)


def notes(path: str, ref: str, plainly: bool = False) -> list[float]:
    """One durable note after another until asked for something else: how long each took.

    `plainly`: waiting for others is left to SQLite, as programs do that do not care.
    """
    store = Store.open(path)
    if plainly:
        store.run("PRAGMA busy_timeout = 30000")
    engine, waits = Engine(store), []

    def make(case: Loaded, seq: int, now: datetime) -> Entry:
        return Note(seq=seq, recorded_at=now, occurred_at=now, text="打过一次电话")

    while not asked():
        start = time.perf_counter()
        engine.append(ref, make, wall_clock())
        waits.append(time.perf_counter() - start)
        time.sleep(max(0.0, EVERY - waits[-1]))
    store.close()
    return waits


def catch_up(path: str) -> float:
    """As the daemon does after an outage; the seconds it took."""
    return _with_daemon(path, lambda daemon: daemon.tick(wall_clock()))


def one_by_one(path: str) -> float:
    """One case a commit and no pause: the obvious daemon."""

    def work(daemon: Daemon) -> None:
        while daemon.engine.advance_due(wall_clock(), 1).cases:
            pass
        daemon.tick(wall_clock())

    return _with_daemon(path, work)


def _with_daemon(path: str, work: Callable[[Daemon], object]) -> float:
    store = Store.open(path)
    daemon = Daemon(store, send=_nowhere, id="bench", nightly=False)
    start = time.perf_counter()
    work(daemon)
    took = time.perf_counter() - start
    daemon.sending.finish(wall_clock(), seconds=60)
    daemon.sending.close()
    store.close()
    return took


def year(path: str, days: int) -> dict[str, Any]:
    """A tick every simulated hour, a backup every night: KiB held at the end of each month, and what was done."""
    store = Store.open(path)
    now = begins = wall_clock()
    sent: list[str] = []
    daemon = Daemon(store, send=lambda *_: sent.append(""), id="bench")
    held, used = [], time.process_time()
    while now < begins + timedelta(days=days):
        daemon.calendar_changed()
        did = daemon.tick(now)
        while did.anything or daemon.sending.busy:
            daemon.sending.finish(now, seconds=10)
            did = daemon.tick(now)
        now += timedelta(hours=1)
        hours = (now - begins) // timedelta(hours=1)
        if hours % 24 == 0:
            daemon.back_up(now)
        if hours % (30 * 24) == 0:
            held.append(memory())
    daemon.sending.close()
    store.close()
    return {"held": held, "counts": daemon.counts, "sent": len(sent), "cpu": time.process_time() - used}


def _nowhere(kind: str, address: str, message: Message) -> None:
    """A channel that takes everything."""


if __name__ == "__main__":
    serve({"notes": notes, "stop": lambda: None, "catch_up": catch_up, "one_by_one": one_by_one, "year": year})
