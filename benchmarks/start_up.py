"""Goals 22 to 25: a command from the shell, whole processes from spawn to exit, against `python -c pass`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from machine import NOW
from measure import Row, Table, Turn, in_turn, process, ratios, run_process
from peers.taskwarrior import Taskwarrior
from ready import FEW, FOLDER, MANY, PROGRAM, Built, copy_of, drop, store

TYPER = str(Path(__file__).parent / "peers" / "typer_program.py")
TASKS = 10_000


def _record(refs: Iterator[str], path: Path) -> Turn:
    """Each round another case, all in the same state."""

    def turn() -> float:
        words = ["record", next(refs), "papers_requested", "--json", "--store", str(path), "--now", NOW.isoformat()]
        return run_process([PROGRAM, *words])

    return turn


def _candidates(built: Built, written: Path, tasks: int) -> dict[str, Turn]:
    waiting = iter([ref for ref, _ in built.fresh(walked=1)])
    case = built.fresh()[0][0]
    common = ["--store", str(built.path), "--now", NOW.isoformat()]
    found = {
        "python": process([sys.executable, "-c", "pass"]),
        "show --json": process([PROGRAM, "show", case, "--json", *common]),
        "list --json": process([PROGRAM, "list", "--limit", "30", "--json", *common]),
        "next --json": process([PROGRAM, "next", case, "--json", *common]),
        "show": process([PROGRAM, "show", case, *common]),
        "list": process([PROGRAM, "list", "--limit", "30", *common]),
        "next": process([PROGRAM, "next", case, *common]),
        "record": _record(waiting, written),
        "typer list": process([sys.executable, TYPER, "listed", str(built.path)]),
        "typer show": process([sys.executable, TYPER, "shown", str(built.path), case]),
    }
    if Taskwarrior.there():
        peer = Taskwarrior(FOLDER.path / "task", tasks)
        found["task"] = process(peer.list_30, peer.env)
    return found


def measure(quick: bool) -> list[Table]:
    cases, tasks, rounds = (FEW, 300, 4) if quick else (MANY, TASKS, 15)
    built = store(cases)
    written = copy_of(built, FOLDER.path / "written.db")
    found = in_turn(_candidates(built, written, tasks), rounds)
    drop(written)
    python, typer, typer_show = found["python"], found["typer list"], found["typer show"]
    rows = [
        Row("22", "show CASE --json", ratios(found["show --json"], python)),
        Row("22", "list --limit 30 --json", ratios(found["list --json"], python)),
        Row("-", "next CASE --json", ratios(found["next --json"], python)),
        Row("-", "show CASE, laid out for people", ratios(found["show"], python)),
        Row("-", "list --limit 30, laid out for people", ratios(found["list"], python)),
        Row("-", "next CASE, laid out for people", ratios(found["next"], python)),
        Row("24", "record CASE EVENT --json, durable", ratios(found["record"], python)),
    ]
    peers = [
        Row("23", "list --json over its list", ratios(found["list --json"], typer)),
        Row("23", "show --json over its show", ratios(found["show --json"], typer_show)),
        Row("-", "list, laid out, over its list", ratios(found["list"], typer)),
    ]
    notes = []
    if "task" in found:
        what = f"list --json of {cases:,} over task limit:30 list of {tasks:,}"
        peers.append(Row("25", what, ratios(found["list --json"], found["task"])))
        peers.append(Row("-", "list, laid out, over the same", ratios(found["list"], found["task"])))
    else:
        notes = ["25: not measured, `task` is not installed (apt-get install taskwarrior)."]
    return [
        Table(f"A command on {cases:,} cases, from spawn to exit, over python -c pass", rows),
        Table("The same over a Typer + SQLModel + rich program on the same file, and over Taskwarrior", peers, notes),
    ]
