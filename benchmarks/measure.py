"""Candidates side by side: in turn, round by round; what counts is the ratio inside each round."""

from __future__ import annotations

import gc
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

Turn = Callable[[], float]
"""Does its share of one round and says what it cost: seconds, or whatever is compared."""

GOALS = {
    "1": (">= 0.8", ">= 0.65"),
    "2a": (">= 6", ">= 4"),
    "2b": (">= 4", ">= 3"),
    "3a": (">= 15", ">= 8"),
    "3b": (">= 1.8", ">= 1.5"),
    "4": ("<= 0.5", "<= 0.7"),
    "5": (">= 0.7", ">= 0.6"),
    "6": ("<= 1.7", "<= 2.0"),
    "7": (">= 5", ">= 4"),
    "8a": (">= 15", ">= 10"),
    "8b": (">= 8", ">= 6"),
    "9a": (">= 7", ">= 5"),
    "9b": (">= 3", ">= 2.5"),
    "10": (">= 1.2", ">= 1.0"),
    "11": (">= 2.5", ">= 2"),
    "12": ("<= 1", "<= 1"),
    "13": ("<= 1.2", "<= 1.5"),
    "14a": ("<= 1.3", "<= 1.6"),
    "14b": ("<= 2", "<= 2.5"),
    "15a": (">= 4", ">= 2"),
    "15b": (">= 20", ">= 10"),
    "15c": (">= 25", ">= 10"),
    "16": ("<= 1.2", "<= 1.5"),
    "17a": ("<= 0.1", "<= 0.2"),
    "17b": ("<= 100", "<= 150"),
    "18": (">= 1.3", ">= 1.0"),
    "19": (">= 6", ">= 4"),
    "20": (">= 1.4", ">= 1.2"),
    "21": (">= 5", ">= 4"),
    "22": ("<= 4", "<= 5"),
    "23": ("<= 0.15", "<= 0.2"),
    "24": ("<= 7", "<= 9"),
    "25": ("<= 0.4", "<= 0.6"),
    "26": ("<= 1.3", "<= 1.5"),
    "27": ("<= 0.05", "<= 0.1"),
    "28": ("<= 0.6", "<= 1.0"),
    "29": ("<= 25", "<= 40"),
    "30a": (">= 300", ">= 100"),
    "30b": (">= 20", ">= 10"),
    "31a": ("<= 0.05", "<= 0.15"),
    "31b": ("<= 60", "<= 150"),
    "year": ("<= 1.05", "<= 1.1"),
    "big": ("<= 1.1", "<= 1.3"),
}
"""What is promised, and the looser bound below which something broke. Numbers as in README.md."""


class Row(NamedTuple):
    """One line of a table."""

    goal: str
    """Of `GOALS`; `-` for what is only told."""
    what: str
    ratios: tuple[float, ...]
    """One a round."""

    @property
    def promise(self) -> str:
        """`>= 0.8`; empty where nothing is promised."""
        return GOALS.get(self.goal, ("", ""))[0]

    @property
    def gate(self) -> str:
        """The looser bound."""
        return GOALS.get(self.goal, ("", ""))[1]

    @property
    def middle(self) -> float:
        return median(self.ratios)

    @property
    def verdict(self) -> str:
        """`ok`, `gate` (only the looser bound holds), `SHORT`, or nothing where nothing is promised."""
        if not self.promise:
            return ""
        if _holds(self.middle, self.promise):
            return "ok"
        return "gate" if _holds(self.middle, self.gate) else "SHORT"

    def plain(self) -> dict[str, Any]:
        return {
            "goal": self.goal, "what": self.what, "median": self.middle, "min": min(self.ratios),
            "max": max(self.ratios), "rounds": len(self.ratios), "promise": self.promise, "gate": self.gate,
            "verdict": self.verdict,
        }  # fmt: skip


class Table(NamedTuple):
    """What one module measured."""

    title: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()


def in_turn(candidates: Mapping[str, Turn], rounds: int) -> dict[str, list[float]]:
    """What each candidate cost in each round. One round more comes first and is thrown away."""
    found: dict[str, list[float]] = {name: [] for name in candidates}
    order = list(candidates)
    for i in range(rounds + 1):
        for name in order:
            gc.collect()
            cost = candidates[name]()
            if i:
                found[name].append(cost)
        order = [*order[1:], order[0]]  # nobody always comes first
    return found


def ratios(over: Sequence[float], under: Sequence[float]) -> tuple[float, ...]:
    """Round by round."""
    return tuple(a / b for a, b in zip(over, under, strict=True))


def timed(work: Callable[[], object]) -> Turn:
    """Wall time of a call."""

    def turn() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return turn


def worked(work: Callable[[], object]) -> Turn:
    """CPU time of a call: for what only computes, so that others on the machine matter less."""

    def turn() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return turn


def process(command: Sequence[str], env: Mapping[str, str] | None = None, code: int = 0) -> Turn:
    """Wall time of a whole process, from spawn to exit. Raises: RuntimeError for another exit code."""

    def turn() -> float:
        return run_process(command, env, code)

    return turn


def run_process(command: Sequence[str], env: Mapping[str, str] | None = None, code: int = 0) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    took = time.perf_counter() - start
    if done.returncode != code:
        raise RuntimeError(f"{list(command)}: {done.returncode}\n{done.stderr.decode()}")
    return took


def show(table: Table) -> None:
    """Print a table."""
    print(f"\n{table.title}")
    width = max(len(row.what) for row in table.rows)
    for row in table.rows:
        spread = f"{number(row.middle)} ({number(min(row.ratios))}..{number(max(row.ratios))})"
        print(f"  {row.goal:>4}  {row.what:<{width}}  {spread:<26} {row.promise:<8} {row.gate:<8} {row.verdict}")
    for note in table.notes:
        print(f"        {note}")


def number(value: float) -> str:
    """Three digits that say something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def memory(field: str = "VmRSS") -> int:
    """KiB that this process holds (`VmRSS`) or ever held (`VmHWM`)."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field + ":"))


def _holds(found: float, bound: str) -> bool:
    sign, value = bound.split()
    return found >= float(value) if sign == ">=" else found <= float(value)
