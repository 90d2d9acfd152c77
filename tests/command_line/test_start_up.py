"""What a command imports: a shell user feels it, and no noise moves it. Times are in `benchmarks/`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from escalation import open_store

ROOT = Path(__file__).parent.parent.parent
PARCEL = ROOT / "tests" / "procedures" / "parcel-dispute.yaml"
NOW = "2026-03-03T09:00:00+08:00"

NEVER = {"sqlalchemy", "sqlmodel", "textual", "typer", "pydantic", "psycopg", "alembic", "ruamel", "holidays"}
"""Too heavy for what a person does every day. (0.1 to 0.7 s each.)"""
FOR_PEOPLE = {"rich", "rich_argparse"}
"""Whoever pipes JSON does not pay for layout."""
FOR_EVENTS = {"transitions"}
"""Who only reads takes no step."""

LOADED = """
import json, sys
from escalation.cli import run
try:
    code = run(sys.argv[2:])
except SystemExit as left:
    code = left.code
with open(sys.argv[1], "w") as file:
    json.dump([code, sorted(sys.modules)], file)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store with one case that waits for an answer, and its id."""
    folder = tmp_path_factory.mktemp("start-up")
    with open_store(folder / "cases.db", now="2026-03-02T10:00") as desk:
        case = desk.open(str(PARCEL), title="a vase")
        desk.attach(case, PARCEL, item="waybill")
        desk.done(case, "waybill")
        desk.done(case, "photos")
        desk.record(case, "claim_sent", {"channel": "app", "amount": "300"})
    return folder, case


def loaded(folder: Path, *words: str) -> set[str]:
    """The top-level modules that are there once a command has run, in a process of its own."""
    told = folder / "modules.json"
    told.unlink(missing_ok=True)
    done = python(folder, LOADED, str(told), *words)
    assert told.exists(), done.stderr
    code, modules = json.loads(told.read_text())
    assert code == 0, done.stderr
    return {name.partition(".")[0] for name in modules}


def python(folder: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    there = {**os.environ, "PYTHONPATH": str(ROOT), "ESCALATION_STORE": str(folder / "cases.db"), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True, text=True, env=there, cwd=folder, timeout=60, check=False,
    )  # fmt: skip


READING = ["show CASE", "list --limit 30", "list --overdue", "next CASE", "next", "due --within 7d", "log CASE"]
WRITING = ["record CASE papers_requested", "note CASE hello"]
HELP = ["--help", "record --help", "show --help"]


@pytest.mark.parametrize("words", READING)
def test_for_programs_a_reading_command_loads_neither_layout_nor_the_machine(
    place: tuple[Path, str], words: str
) -> None:
    folder, case = place

    modules = loaded(folder, *words.replace("CASE", case).split(), "--json", "--now", NOW)

    assert modules & (NEVER | FOR_PEOPLE | FOR_EVENTS) == set()


@pytest.mark.parametrize("words", WRITING)
def test_for_programs_a_writing_command_loads_the_machine_at_most(place: tuple[Path, str], words: str) -> None:
    folder, case = place

    modules = loaded(folder, *words.replace("CASE", case).split(), "--preview", "--json", "--now", NOW)
    written = loaded(folder, *words.replace("CASE", case).split(), "--key", words, "--json", "--now", NOW)

    assert (modules | written) & (NEVER | FOR_PEOPLE) == set()


def test_an_event_is_taken_by_the_machine(place: tuple[Path, str]) -> None:
    folder, case = place

    modules = loaded(folder, "record", case, "papers_requested", "--preview", "--json", "--now", NOW)

    assert modules >= FOR_EVENTS


@pytest.mark.parametrize("words", [*READING, "record CASE papers_requested --preview"])
def test_for_people_a_command_loads_layout_at_most(place: tuple[Path, str], words: str) -> None:
    folder, case = place

    modules = loaded(folder, *words.replace("CASE", case).split(), "--now", NOW)

    assert modules & NEVER == set()


@pytest.mark.parametrize("words", HELP)
def test_help_that_is_piped_loads_nothing_heavy(place: tuple[Path, str], words: str) -> None:
    modules = loaded(place[0], *words.split())

    assert modules & (NEVER | FOR_PEOPLE | FOR_EVENTS) == set()


@pytest.mark.parametrize("package", ["escalation", "states", "tui"])
def test_a_package_imports_nothing_of_ours_but_itself(place: tuple[Path, str], package: str) -> None:
    program = f"import sys, json, {package}; json.dump(sorted(sys.modules), sys.stdout)"

    modules = json.loads(python(place[0], program).stdout)

    assert [name for name in modules if name.partition(".")[0] in ("escalation", "states", "tui")] == [package]
