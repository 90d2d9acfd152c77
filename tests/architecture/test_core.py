"""What the import contracts cannot see: nobody below the shell reads a clock, draws lots or looks around."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PURE = [
    *(ROOT / "escalation" / "core").glob("*.py"),
    *(p for p in (ROOT / "states").glob("*.py") if p.name != "library.py"),
]
CLOCKS = {"now", "utcnow", "today", "time_ns", "monotonic", "perf_counter", "getenv", "urandom"}


@pytest.mark.parametrize("path", PURE, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_call_reads_a_clock(path: Path) -> None:
    calls = [
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]

    assert CLOCKS.isdisjoint(calls)


def test_only_the_clock_reads_the_clock() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "escalation").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "utcnow", "today")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("datetime", "date")
    ]

    assert readers == ["escalation/clock.py"]
