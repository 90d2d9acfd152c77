"""Candidates in processes of their own: a line with a name and JSON arguments in, a line of JSON out.

A peer is a module with `serve(...)` at its end, run by `python -m`; the benchmark holds it as a `Child`.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class Child:
    """A process that does what it is asked, one thing at a time. It is ready when this is made."""

    def __init__(self, module: str, *words: object) -> None:
        self._running = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, words)],
            cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.pid = self._running.pid
        self.end()

    def begin(self, name: str, *values: object) -> None:
        """Ask, and go on."""
        assert self._running.stdin is not None
        self._running.stdin.write(json.dumps([name, *values]) + "\n")
        self._running.stdin.flush()

    def end(self) -> Any:
        """The answer. Raises: RuntimeError if the process ended instead."""
        assert self._running.stdout is not None
        line = self._running.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._running.args} ended with {self._running.wait()}")
        return json.loads(line)

    def ask(self, name: str, *values: object) -> Any:
        """Ask, and wait for the answer."""
        self.begin(name, *values)
        return self.end()

    def close(self) -> None:
        """Let it go."""
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        with suppress(BrokenPipeError):  # it ended before
            self._running.stdin.close()
        try:
            self._running.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
        self._running.stdout.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(actions: Mapping[str, Callable[..., Any]]) -> None:
    """Do what is asked until nobody asks any more. What the actions print goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answers.write('"ready"\n')
    answers.flush()
    while line := _line():
        name, *values = json.loads(line)
        answers.write(json.dumps(actions[name](*values)) + "\n")
        answers.flush()
    answers.close()


def _line() -> str:
    """One line, read without a buffer, so that `asked` sees what is left."""
    found = bytearray()
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        found += byte
    return found.decode()


def asked() -> bool:
    """Whether the benchmark has asked for something else meanwhile, in the midst of an action."""
    return bool(select.select([0], [], [], 0)[0])


def costs(work: Callable[[int], object], many: int) -> list[float]:
    """Seconds and CPU seconds of this process for one, of so many."""
    start, used = time.perf_counter(), time.process_time()
    for i in range(many):
        work(i)
    return [(time.perf_counter() - start) / many, (time.process_time() - used) / many]


def cpu(pid: int) -> float:
    """Seconds of CPU that another process has used, its threads and the kernel's work for it included."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
