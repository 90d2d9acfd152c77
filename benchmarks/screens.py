"""Goals 26 to 29: the screens on a store of 100,000 cases, whole processes in a pseudo-terminal of 120 x 40.

A frame is there when the text of a case stands in what the program wrote; a key is answered when the last byte
that follows it has come. Beside it: the least that any Textual program costs, and the toolkit's own DataTable.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from machine import NOW
from measure import Row, Table, ratios
from ready import FEW, MANY, store

PEERS = Path(__file__).parent / "peers"
ROWS, COLUMNS = 40, 120
TITLE = "借款 k".encode()
"""Every case of the store is called so."""
DOWN, NEXT_PAGE, QUIT = b"\x1b[B", b"\x1b[6~", b"\x11"
QUIET = 0.03
"""Seconds without a byte after which a program has said all."""
SETTLED = 1.0
_OURS = "import sys, tui; sys.exit(tui.main(sys.argv[1], now=sys.argv[2], lang='zh'))"


class Found(NamedTuple):
    """What one process cost."""

    frame: float
    """Seconds from spawn to the first frame."""
    down: float
    """Median of a cursor key; 0 where none was pressed."""
    page: float
    """Median of a page key."""
    peak: float
    """MiB that it ever held."""


class Terminal:
    """A program in a pseudo-terminal, which answers as a terminal does."""

    def __init__(self, command: Sequence[str]) -> None:
        self.start = time.perf_counter()
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", COLUMNS=str(COLUMNS), LINES=str(ROWS))
            os.execv(command[0], list(command))
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def read(self, seconds: float) -> bytes:
        """What it writes within so many seconds, as soon as it writes something; empty if nothing."""
        if not select.select([self.handle], [], [], seconds)[0]:
            return b""
        try:
            said = os.read(self.handle, 65536)
        except OSError:
            raise RuntimeError("the program ended") from None
        for _ in range(said.count(b"\x1b[6n")):
            os.write(self.handle, b"\x1b[1;2R")
        return said

    def until(self, text: bytes, seconds: float) -> float:
        """When that text came, since the start."""
        said = b""
        while text not in said:
            if time.perf_counter() - self.start > seconds:
                raise RuntimeError(f"no frame within {seconds} s: {said[-2000:]!r}")
            said += self.read(0.2)
        return time.perf_counter() - self.start

    def settle(self) -> None:
        """Until nothing has come for a while."""
        while self.read(SETTLED):
            pass

    def press(self, key: bytes) -> float:
        """Seconds from a key to the last byte of its answer."""
        start = last = time.perf_counter()
        os.write(self.handle, key)
        waits = 1.0
        while self.read(waits):
            last, waits = time.perf_counter(), QUIET
        return last - start

    def peak(self) -> float:
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024

    def end(self) -> None:
        """Ask it to leave; make it, where it does not."""
        os.write(self.handle, QUIT)
        until = time.perf_counter() + 5
        while time.perf_counter() < until:
            try:
                self.read(0.05)
            except RuntimeError:
                break
        else:
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.handle)


def run(command: Sequence[str], text: bytes, keys: int, seconds: float = 120) -> Found:
    """One process from spawn to its end."""
    shown = Terminal(command)
    try:
        frame = shown.until(text, seconds)
        shown.settle()
        down = [shown.press(DOWN) for _ in range(keys)]
        page = [shown.press(NEXT_PAGE) for _ in range(keys // 2)]
        peak = shown.peak()
    finally:
        shown.end()
    return Found(frame, median(down) if down else 0, median(page) if page else 0, peak)


def measure(quick: bool) -> list[Table]:
    cases, rounds, keys = (FEW, 2, 10) if quick else (MANY, 7, 30)
    path = str(store(cases).path)
    python, table = sys.executable, str(PEERS / "textual_datatable.py")
    candidates = {
        "ours": ([python, "-c", _OURS, path, NOW.isoformat()], TITLE, keys),
        "minimal": ([python, str(PEERS / "textual_minimal.py")], b"ready", 0),
        "datatable 1,000": ([python, table, path, "1000"], TITLE, keys),
    }
    found: dict[str, list[Found]] = {name: [] for name in candidates}
    order = list(candidates)
    for i in range(rounds + 1):
        for name in order:
            cost = run(*candidates[name])
            if i:  # the first round only warms up
                found[name].append(cost)
        order = [*order[1:], order[0]]
    ours, minimal, small = found["ours"], found["minimal"], found["datatable 1,000"]
    whole = [run([python, table, path, str(cases)], TITLE, 0)]
    beside = [run(*candidates["ours"][:2], 0)]
    more = tuple(a.peak - b.peak for a, b in zip(ours, minimal, strict=True))
    rows = [
        Row("26", f"first frame, {cases:,} cases, over a minimal Textual app", _over(ours, minimal, "frame")),
        Row("27", "the same, over a DataTable of those rows", _over(beside, whole, "frame")),
        Row("28", "cursor key to paint, over a DataTable of 1,000 rows", _over(ours, small, "down")),
        Row("-", "page key to paint, over the same", _over(ours, small, "page")),
        Row("29", "peak memory over the minimal app's, MiB", more),
    ]
    middle = {name: Found(*(median(values) for values in zip(*each, strict=True))) for name, each in found.items()}
    notes = [
        f"{name}: {f.frame * 1000:.0f} ms, key {f.down * 1000:.1f}, page {f.page * 1000:.1f}, {f.peak:.0f} MiB"
        for name, f in middle.items()
    ]
    notes.append(f"datatable {cases:,}: {1000 * whole[0].frame:,.0f} ms, {whole[0].peak:.0f} MiB (one round)")
    return [Table(f"The screens on {cases:,} cases, in a terminal of {COLUMNS} x {ROWS}", rows, notes)]


def _over(above: Sequence[Found], below: Sequence[Found], field: str) -> tuple[float, ...]:
    return ratios([getattr(each, field) for each in above], [getattr(each, field) for each in below])
