"""Find a procedure by name or path, read and check it: what `open`, `procedure check` and stores use."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from states.calendar import UnknownCalendar, load_calendar
from states.checks import check
from states.errors import Finding, ProcedureError
from states.reader import Reading, read_procedure

SHIPPED = Path(__file__).parent / "procedures"
STORIES = ".stories.yaml"


class Checked(NamedTuple):
    """A procedure that a case can use, with what is worth a second look."""

    reading: Reading
    warnings: tuple[Finding, ...]
    source: str
    """SHA-256 of the file's bytes."""


def shipped() -> dict[str, Path]:
    """The procedures that come with the program, by id."""
    return {p.stem: p for p in sorted(SHIPPED.glob("*.yaml")) if not p.name.endswith(STORIES)}


def source_hash(path: Path) -> str:
    """SHA-256 of a file's bytes: a file that did not change need not be read again."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load(path: Path, calendars: Sequence[str | Path] = (), today: str | None = None) -> Checked:
    """The procedure in a file, read strictly and checked.

    `calendars`: folders with calendar files a person installed. `today` (ISO): sources that have
    ended by then are warned of. Raises: ProcedureError with every error; OSError if there is no file.
    """
    text = path.read_bytes()
    reading = read_procedure(text, str(path))
    folder = path.parent
    found = check(reading, templates=_templates(folder), today=today)
    findings = [*found, *_calendar(reading, calendars)]
    errors = [f for f in findings if f.severity == "error"]
    if errors:
        raise ProcedureError(errors)
    return Checked(reading, tuple(findings), hashlib.sha256(text).hexdigest())


def _templates(folder: Path) -> frozenset[str]:
    """The templates beside a procedure file."""
    return frozenset(
        p.relative_to(base).as_posix()
        for base in (folder, folder / "templates")
        if base.is_dir()
        for p in base.glob("*")
        if p.is_file()
    )


def _calendar(reading: Reading, folders: Sequence[str | Path]) -> list[Finding]:
    name = reading.procedure.calendar
    try:
        load_calendar(name, folders)
    except UnknownCalendar as unknown:
        facts = {"found": name} | ({"meant": unknown.meant[0]} if unknown.meant else {})
        line, column = reading.places.get(("calendar",), (1, 1))
        return [Finding("unknown-calendar", "error", reading.file, line, column, "calendar", facts)]
    return []
