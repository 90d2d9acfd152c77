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


def load(
    path: Path, calendars: Sequence[str | Path] = (), today: str | None = None, *, letters: bool = True
) -> Checked:  # fmt: skip
    """The procedure in a file, read strictly and checked.

    `calendars`: folders with calendar files a person installed. `today` (ISO): sources that have
    ended by then are warned of. `letters`: its templates are read as well, which takes as long again.
    Raises: ProcedureError with every error; OSError if there is no file.
    """
    text = path.read_bytes()
    reading = read_procedure(text, str(path))
    folder = path.parent
    written = _letters(reading, folder) if letters else _Letters([], set())
    found = check(reading, templates=_templates(folder), today=today)
    used = [f for f in found if (f.code, f.found) not in written.used]
    findings = [*used, *_calendar(reading, calendars), *written.findings]
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


def template_file(folder: Path, name: str) -> Path | None:
    """Where a template lies that a procedure in `folder` names: beside it, or in `templates` there."""
    found = (base / name for base in (folder, folder / "templates"))
    return next((file for file in found if file.is_file() and "/" not in name and "\\" not in name), None)


def in_english(name: str) -> str:
    """What the English reading version of a template is called: `complaint.en.md`."""
    return f"{name.removesuffix('.md')}.en.md"


class _Letters(NamedTuple):
    """What a procedure's templates say of themselves."""

    findings: list[Finding]
    used: set[tuple[str, str]]
    """The facts and sources that they name, as the findings about unused ones call them."""


def _letters(reading: Reading, folder: Path) -> _Letters:
    """The templates that a procedure offers, each read in its own file."""
    found = _Letters([], set())
    named = {document.template: id for id, document in reading.procedure.documents.items()}
    for name, id in named.items():
        path = template_file(folder, name)
        if path is None:
            continue  # the check of names says that there is none
        if not name.endswith(".md"):
            line, column = reading.places.get(("documents", id, "template"), (1, 1))
            key = f"documents.{id}.template"
            found.findings.append(Finding("template-kind", "error", reading.file, line, column, key, {"found": name}))
            continue
        _add_letter(found, path, template_file(folder, in_english(name)), reading)
    return found


def _add_letter(to: _Letters, path: Path, english: Path | None, reading: Reading) -> None:
    from states.template import differing, read_template, unfit  # only procedures with letters pay for Jinja

    read = []
    for each in (path, english) if english else (path,):
        try:
            read.append(read_template(each.read_bytes(), str(each)))
        except ProcedureError as error:
            to.findings.extend(error.problems)
        else:
            to.findings.extend(unfit(read[-1], reading.procedure))
            to.used.update(("unused-fact", name) for name in read[-1].head.fields)
            to.used.update(("unused-source", basis.source) for basis in read[-1].head.basis if basis.source)
    if len(read) == 2:
        to.findings.extend(differing(*read))


def _calendar(reading: Reading, folders: Sequence[str | Path]) -> list[Finding]:
    name = reading.procedure.calendar
    try:
        load_calendar(name, folders)
    except UnknownCalendar as unknown:
        facts = {"found": name} | ({"meant": unknown.meant[0]} if unknown.meant else {})
        line, column = reading.places.get(("calendar",), (1, 1))
        return [Finding("unknown-calendar", "error", reading.file, line, column, "calendar", facts)]
    return []
