"""What enters a store as a file: JSON lines, each an entry of a case. A case goes in whole or not at all.

The file is read twice: first to see where each case ends and which definitions it brings, then case
by case, so that a file of any length takes little memory as long as its cases are not interleaved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
from msgspec import Struct

from escalation.core.entries import Entry
from escalation.core.evaluate import evaluate
from escalation.core.snapshot import Announced, Missing, Snapshot
from escalation.core.values import Wrong
from escalation.engine import Engine
from escalation.errors import FieldProblem, ImportStopped, NotFound, StoreError, StoreUnsure
from escalation.fields import Said
from escalation.lines import LogReader
from escalation.store import Posted
from states.calendar import UnknownCalendar, YearOutOfRange, load_calendar
from states.checks import check
from states.errors import ProcedureError
from states.model import content, content_hash
from states.reader import Reading, read_procedure

Key = str | int | float
"""What a file calls a case."""
Problems = list[FieldProblem]
Progress = Callable[[int, int | None], None]

BATCH = 200
"""Cases in one transaction."""
MOST_ENTRIES = 20_000
"""In one transaction, and of one case in memory together with it."""
PAUSES = (0.2, 1.0, 5.0, 15.0, 30.0)
"""Seconds before each further try of a transaction: a server that is started anew takes no longer."""

_MARK = b"\xef\xbb\xbf"
_CASE = re.compile(rb'"case"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?)')
_PROCEDURE = re.compile(r"[a-z0-9-]+")
_DEFINITION = frozenset(("kind", "hash", "procedure", "version", "definition"))


class Imported(NamedTuple):
    """What became of a file."""

    cases: list[tuple[Key, str, int]]
    """The file's key, the id here and the head of each case that went in."""
    skipped: list[tuple[Key | None, Problems]]
    """Each case that did not, and why; None: lines that belong to no case."""
    entries: int


def import_jsonl(
    engine: Engine,
    source: Path | BinaryIO,
    now: datetime,
    *,
    accept_inapplicable: bool = False,
    progress: Progress | None = None,
    pauses: Sequence[float] = PAUSES,
) -> Imported:
    """Take cases in from a file, or anything binary that can be read twice.

    `accept_inapplicable`: also those that hold entries without effect. `progress` is told the bytes
    done and in all, about every 200 cases. A store that is lost is waited for, `pauses` seconds before each try.
    Raises: StoreError if nothing went in; ImportStopped if it was lost for good after some had.
    """
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
        survey = _Survey(file)
        definitions = _Definitions(engine, now, pauses)
        for line, body in survey.definitions(file):
            definitions.take(line, body)
        intake = _Intake(engine, definitions, now, accept_inapplicable, pauses)
        intake.skip(None, [*definitions.problems, *survey.stray])
        try:
            for key, lines, done in survey.cases(file):
                intake.take(key, lines)
                if intake.full():
                    intake.write()
                    if progress is not None:
                        progress(done, survey.size)
            intake.write()
        except StoreError as error:
            raise intake.stopped(error, survey.keys) from error
        if progress is not None:
            progress(survey.size, survey.size)
    return Imported(intake.cases, intake.skipped, intake.entries)


def part_of(file: BinaryIO, keys: Collection[Key]) -> Iterator[bytes]:
    """The lines of these cases and every definition: what is left of a file after ImportStopped, as a file."""
    survey = _Survey(file)
    for _, body in survey.definitions(file):
        yield _whole(body)
    for key, lines, _ in survey.cases(file):
        if key in keys:
            yield from (_whole(body) for _, body in lines)


def _whole(line: bytes) -> bytes:
    return line.removeprefix(_MARK).removesuffix(b"\n") + b"\n"


class _Head(Struct):
    """What tells lines apart."""

    case: Key | None = None
    kind: Any = None


_HEAD = msgspec.json.Decoder(_Head)
_ANY = msgspec.json.Decoder()
_KEY = msgspec.json.Decoder(Key)


class _Survey:
    """Where each case of a file ends, and which lines are definitions or belong to no case."""

    def __init__(self, file: BinaryIO) -> None:
        self.start = file.tell()
        self.stray: Problems = []
        self._last: dict[Key, int] = {}
        """The last line of each case."""
        self._definitions: list[tuple[int, int]] = []
        """Line and offset."""
        self._owner: dict[int, Key] = {}
        """The case of a line that does not say it."""
        self.size = self._read(file)

    @property
    def keys(self) -> list[Key]:
        """What the file calls its cases."""
        return list(self._last)

    def _read(self, file: BinaryIO) -> int:
        offset, key = 0, None
        loose: dict[int, bytes] = {}
        for line, body in enumerate(file, 1):
            found = _head(body)
            if found is not None and found.kind == "definition":
                self._definitions.append((line, offset))
            elif found is not None and found.case is not None:
                self._settle(loose, key, found.case)
                key = found.case
                self._last[key] = line
            elif body.strip() and body != _MARK:
                loose[line] = body
            offset += len(body)
        self._settle(loose, key, None)
        return offset

    def _settle(self, loose: dict[int, bytes], before: Key | None, after: Key | None) -> None:
        """Lines that name no case are those of the case they stand in the midst of, else nobody's."""
        for line, body in loose.items():
            owner = _named(body)
            if owner is None and before == after:
                owner = before
            if owner is None:
                problem = _decoded(line, body)
                self.stray.append(problem if isinstance(problem, FieldProblem) else _no_case(line, problem))
            else:
                self._owner[line] = owner
                self._last[owner] = max(line, self._last.get(owner, 0))
        loose.clear()

    def definitions(self, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
        """The lines that bring a definition."""
        for line, offset in self._definitions:
            file.seek(self.start + offset)
            yield line, file.readline()

    def cases(self, file: BinaryIO) -> Iterator[tuple[Key, list[tuple[int, bytes]], int]]:
        """Each case with its lines as soon as they are complete, and the bytes read by then."""
        file.seek(self.start)
        pending: dict[Key, list[tuple[int, bytes]]] = {}
        done = 0
        for line, body in enumerate(file, 1):
            done += len(body)
            found = _head(body)
            key = found.case if found is not None and found.kind != "definition" else None
            if key is None:
                key = self._owner.get(line)
            if key is None:
                continue
            pending.setdefault(key, []).append((line, body))
            if self._last[key] == line:
                yield key, pending.pop(key), done


def _head(body: bytes) -> _Head | None:
    try:
        return _HEAD.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _HEAD.decode(body[3:]) if body.startswith(_MARK) and _head(body[3:]) is not None else None


def _named(body: bytes) -> Key | None:
    """The case that a broken line names all the same."""
    found = _CASE.search(body)
    try:
        return _KEY.decode(found[1]) if found else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _decoded(line: int, body: bytes) -> Any:
    """What a line holds, or what is wrong with it."""
    try:
        return _ANY.decode(body.removeprefix(_MARK))
    except UnicodeDecodeError:
        return FieldProblem("line", None, "utf8", line=line)
    except msgspec.MsgspecError as error:
        try:
            body.decode()
        except UnicodeDecodeError:
            return FieldProblem("line", None, "utf8", line=line)
        return FieldProblem("line", None, "json", line=line, limit=str(error))


def _no_case(line: int, data: Any) -> FieldProblem:
    if not isinstance(data, dict):
        return FieldProblem("line", data, "object", line=line)
    case = data.get("case")
    return FieldProblem("case", case, "required" if case is None else "case_key", line=line)


class _Definitions:
    """The definitions that a file brings, and those that the store or the program has."""

    def __init__(self, engine: Engine, now: datetime, pauses: Sequence[float]) -> None:
        self.problems: Problems = []
        self._engine = engine
        self._now = now
        self._pauses = pauses
        self._known: dict[tuple[str | None, str | None], str | Wrong] = {}

    def take(self, line: int, body: bytes) -> None:
        """One definition line: read as strictly as a file, checked, and kept."""
        data = _decoded(line, body)
        said = Said(line, data)
        said.keys(_DEFINITION, ("hash", "definition"))
        hash, definition = said.text("hash"), said.mapping("definition")
        if hash is not None and definition is not None:
            self._keep(said, hash, content(definition))
        self.problems += said.problems

    def _keep(self, said: Said, hash: str, body: bytes) -> None:
        if hash != content_hash(body):
            said.wrong("hash", "hash", hash, content_hash(body))
            return
        kept = self._engine.store.definition(hash)
        reading = None if kept is not None else self._checked(said, body)
        if kept is None and reading is None:
            return
        own = kept[:2] if kept is not None else (reading.procedure.procedure, reading.procedure.version)  # type: ignore[union-attr]
        for field, value in zip(("procedure", "version"), own, strict=True):
            if said.text(field) not in (None, value):
                said.wrong(field, "of_definition", said.data[field], value)
        if reading is not None and not said.problems:
            store = self._engine.store

            def keep() -> None:
                with store.writing():
                    store.keep_definition(hash, *own, body, hash, self._now, current=False)

            store.surely(keep, self._pauses)

    def _checked(self, said: Said, body: bytes) -> Reading | None:
        """JSON is YAML: what comes in a file is held to what a procedure file is held to."""
        try:
            reading = read_procedure(body, f"line {said.line}")
            problems = [f for f in check(reading) if f.severity == "error"]
            load_calendar(reading.procedure.calendar, self._engine.shelf.calendars)
        except ProcedureError as error:
            problems = list(error.problems)
        except UnknownCalendar as error:
            said.wrong("definition.calendar", "unknown", error.name, meant=", ".join(error.meant) or None)
            return None
        for each in problems:
            said.wrong(f"definition.{each.key}", each.expected or each.code, each.found, each.code, each.meant)
        return reading if not problems else None

    def find(self, procedure: str | None, hash: str | None) -> str | Wrong:
        """The definition that an entry names, by hash, or else by what its procedure's name means here."""
        found = self._known.get((procedure, hash))
        if found is None:
            found = self._of_hash(hash) if hash is not None else self._named(procedure or "")
            self._known[procedure, hash] = found
        return found

    def _of_hash(self, hash: str) -> str | Wrong:
        return hash if self._engine.store.definition(hash) is not None else Wrong("definition")

    def _named(self, procedure: str) -> str | Wrong:
        # A name that reads as a path would open any file on this machine.
        shelf = self._engine.shelf
        try:
            if _PROCEDURE.fullmatch(procedure):
                return shelf.named(procedure, self._now)
            known = shelf.names()
            return Wrong("unknown", ", ".join(known))
        except NotFound as error:
            return Wrong("unknown", ", ".join(error.known), error.meant)


class _Ready(NamedTuple):
    """A case that goes in."""

    key: Key
    entries: list[Entry]
    snapshot: Snapshot
    told: list[Announced]


class _Intake:
    """Cases on their way in."""

    def __init__(
        self, engine: Engine, definitions: _Definitions, now: datetime, accept_inapplicable: bool,
        pauses: Sequence[float],
    ) -> None:  # fmt: skip
        self.cases: list[tuple[Key, str, int]] = []
        self.skipped: list[tuple[Key | None, Problems]] = []
        self.entries = 0
        self._engine = engine
        self._definitions = definitions
        self._now = now
        self._accept = accept_inapplicable
        self._pauses = pauses
        self._ready: list[_Ready] = []
        self._drawn: list[tuple[Key, str, int]] = []
        """Of the transaction that is on: as in `cases`."""
        self._waiting = 0

    def full(self) -> bool:
        """Whether it is time to write."""
        return len(self._ready) >= BATCH or self._waiting >= MOST_ENTRIES

    def skip(self, key: Key | None, problems: Sequence[FieldProblem]) -> None:
        """What does not go in, where anything is wrong."""
        if problems:
            self.skipped.append((key, sorted(problems, key=lambda p: p.line or 0)))

    def take(self, key: Key, lines: Sequence[tuple[int, bytes]]) -> None:
        """One whole case: read, judged once, and put with those that go in."""
        self._engine.store.surely(lambda: self._take(key, lines), self._pauses)  # a definition may have to be fetched

    def _take(self, key: Key, lines: Sequence[tuple[int, bytes]]) -> None:
        reader = LogReader(str(key), self._engine.shelf.table, self._definitions.find, self._now)
        for line, body in lines:
            data = _decoded(line, body)
            if isinstance(data, FieldProblem):
                reader.lost(data)
            elif not isinstance(data, dict) or type(data.get("case")) not in (str, int, float):
                reader.lost(_no_case(line, data))
            else:
                reader.take(line, data)
        reader.finish()
        ready = self._judged(key, reader) if not reader.problems else None
        if ready is None:
            self.skip(key, reader.problems)
            return
        self._ready.append(ready)
        self._waiting += len(ready.entries)

    def _judged(self, key: Key, reader: LogReader) -> _Ready | None:
        """What the finished history means; nothing if it holds what cannot be."""
        entries, told = reader.entries, list[Announced]()
        try:
            snapshot = evaluate(self._engine.shelf.table, entries, self._now, tell=told)
        except (YearOutOfRange, OverflowError) as error:
            limit = f"{error.first}-{error.last}" if isinstance(error, YearOutOfRange) else None
            reader.problems.append(FieldProblem("case", key, "year", line=reader.line_of[0], limit=limit))
            return None
        if not self._accept:
            reader.problems += [
                FieldProblem("event", i.event, "applicable", None, reader.line_of[i.seq - 1], _lacks(i.missing))
                for i in snapshot.inapplicable
            ]
        return _Ready(key, entries, snapshot, told) if not reader.problems else None

    def write(self) -> None:
        """Everything that is ready, in one transaction."""
        if not self._ready:
            return
        self._engine.store.surely(self._put, self._pauses)
        self.cases += self._drawn
        self.entries += self._waiting
        self._ready, self._waiting = [], 0

    def _put(self) -> None:
        store = self._engine.store
        self._drawn = []
        with store.writing():
            for each in self._ready:
                row = store.add_case(store.new_ref(), each.entries, self._engine.standing(each.snapshot))
                store.post(row.id, _history(each.told, each.snapshot), (), self._now)
                self._drawn.append((each.key, row.ref, row.head))

    def stopped(self, error: StoreError, keys: Sequence[Key]) -> StoreError:
        """What to raise for an error that ends it. `keys`: of all cases of the file."""
        unsure = [(key, ref) for key, ref, _ in self._drawn] if isinstance(error, StoreUnsure) else []
        if not self.cases and not unsure:
            return error  # nothing was changed, as it says
        over = {key for key, *_ in [*self.cases, *self.skipped, *unsure]}
        left = [key for key in keys if key not in over]
        return ImportStopped(error, self.cases, self.entries, self.skipped, left, unsure)


def _history(told: Sequence[Announced], snapshot: Snapshot) -> list[Posted]:
    """What the clock would have told is past: it is kept as said, so that no correction tells it again.

    Every lapse, and the reminders of what still stands; what no correction would tell is left out.
    """
    standing = {(run.id, run.started_at) for run in snapshot.deadlines if run.standing}
    return [
        Posted(each.key, each.kind, each.at, "coalesced", msgspec.json.encode(each))
        for each in told
        if each.kind == "lapse" or (each.kind == "reminder" and (each.subject, each.started_at) in standing)
    ]


def _lacks(missing: Sequence[Missing]) -> str | None:
    """What would have been needed, in ids: items, expressions, or the states that have no such transition.

    None where the case was closed.
    """
    found: dict[str, None] = {}
    for each in missing:
        if not each.transition:
            found[f"{each.track}: {each.state}"] = None
        found.update(dict.fromkeys(f"{name}.{item}" for name, items in each.checklists.items() for item in items))
        if each.when is not None:
            found[each.when] = None
    return ", ".join(found) or None
