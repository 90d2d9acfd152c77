"""A whole store into another one, of whatever database: row by row, and held against the original before it counts.

Only standard SQL is used and each value is given its type, so the same rows have the same digest in every
database. Heartbeats of daemons are not copied, and what opens a channel is never in a store.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from escalation.beside import calendars_of, calendars_put, new_files
from escalation.core.entries import Attach, chained, decode_entry
from escalation.errors import BadInput, Damaged, DefinitionDamaged, FieldProblem, StoreDamaged, StoreError
from escalation.store import Store
from states.model import UNREADABLE, content_hash

Progress = Callable[[str, int, int], None]
"""Table (or `files`), how many are done, how many there are."""
Row = tuple[Any, ...]

BATCH = 500
HEX = re.compile(r"[0-9a-f]{64}")


class Table(NamedTuple):
    """What copying must know of a table; tests hold it against `tables`."""

    name: str
    key: tuple[str, ...]
    rest: tuple[str, ...]
    flags: frozenset[str] = frozenset()
    """Booleans, which SQLite keeps as numbers."""
    whole: int = 0
    """How many columns of the key, from the first, are numbers; by text, databases sort differently."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.key + self.rest


def _table(name: str, key: str, rest: str, flags: str = "", whole: int = 0) -> Table:
    return Table(name, tuple(key.split()), tuple(rest.split()), frozenset(flags.split()), whole)


TABLES = (
    _table("definition", "hash", "procedure version body source installed_at current by_user", "current by_user"),
    _table("setting", "name", "value"),
    _table(
        "case", "id", "ref title client person definition opened_at head head_hash open state stage overdue next_lapse"
        " snapshot calendar", "open overdue", 1,
    ),
    _table("entry", "case_id seq", "body hash key", whole=2),
    _table("timer", "at case_id", "", whole=2),
    _table("outbox", "id", "case_id key kind at status body created_at level until told_at", whole=1),
    _table("acknowledged", "case_id subject", "level at", whole=1),
    _table(
        "channel", "id", "name kind address secret lang privacy zone quiet_from quiet_to client person digest"
        " digest_at least created_at ok_at failing_since error", whole=1,
    ),
    _table(
        "delivery", "id", "channel_id kind key level status created_at next_at claim attempts first_tried_at done_at"
        " error", whole=1,
    ),
    _table("delivery_item", "channel_id outbox_id", "delivery_id", whole=2),
    _table("calendar_file", "name", "body installed_at"),
)  # fmt: skip
"""Parents before children."""
NUMBERED = ("case", "outbox", "channel", "delivery")
"""Tables whose ids the database gives out."""
_BYTES = frozenset({"body", "snapshot"})
_USED = (
    'SELECT 1 FROM "case" LIMIT 1',
    'SELECT 1 FROM "channel" LIMIT 1',
    'SELECT 1 FROM "calendar_file" LIMIT 1',
    'SELECT 1 FROM "definition" WHERE "by_user" = ? LIMIT 1',
)
"""What no program puts there by itself: cases, channels, calendars and procedures that a person installed."""
_SECRETS = """SELECT "name" FROM "channel" WHERE "secret" != 'none' ORDER BY "id\""""


class Sum(msgspec.Struct, frozen=True):
    """What a table holds."""

    rows: int
    sha256: str
    """Over its rows in the order of their keys; the same in every database."""


class Copied(msgspec.Struct, frozen=True):
    """What a copy holds, as it was read again."""

    tables: dict[str, Sum]
    files: int
    """Attached files that are there."""
    missing_files: list[str]
    """SHA-256 of attached files that were not there to be copied, or had another content."""
    calendars: list[str]
    """Calendar files that lie beside the store."""
    kept_calendars: list[str]
    """Those of the target that were left as they are, though they differ."""
    channels: list[str]
    """The names of channels whose secret must be set again where the keyring or the environment is another."""


class Seen(NamedTuple):
    """What was found by reading every row of a store."""

    tables: dict[str, Sum]
    attached: frozenset[str]
    """SHA-256 of the files that its cases hold."""
    channels: list[str]
    broken: Callable[[str], Damaged] | None
    """The error, for the store at a path, of the first procedure or log that does not fit its hashes."""

    def damage(self, path: str) -> Damaged | None:
        """The error that `broken` stands for."""
        return self.broken(path) if self.broken else None


def copy(
    source: Store, target: Store, progress: Progress | None = None,
    attached: Callable[[str, str], Path] | None = None, replace: bool = False,
    sound: bool = True,
) -> Copied:  # fmt: skip
    """All that `source` holds at one moment, into `target`: in one transaction there, or in the one that runs.

    `attached`: where the content of a hash lies in the folder of a store (`evidence.path_of`); attached files
    and calendars come along then. `replace`: what the target holds goes away in the same transaction; without,
    it must hold nothing. `sound`: a source whose logs or procedures do not fit their hashes is refused.
    Raises: BadInput, StoreDamaged or DefinitionDamaged for the source, StoreError; the target is then as it was.
    """
    beside = attached is not None and os.path.realpath(source.folder) != os.path.realpath(target.folder)
    try:
        with ExitStack() as outer:
            outer.enter_context(source.reading())
            calendars = calendars_of(source.folder) if beside else {}
            kept = outer.enter_context(calendars_put(calendars, target.folder, replace or rules(target)))
            put = outer.enter_context(new_files())
            outer.enter_context(target.writing_or_joining())
            seen = _rows_moved(source, target, replace, sound, progress)
            missing = []
            if attached is not None and beside:
                missing = _files_moved(seen.attached, source, target, attached, put, progress)
    except OSError as error:
        raise StoreError(target.folder, error.strerror or str(error)) from error
    files = len(seen.attached) - len(missing) if beside else 0
    return Copied(seen.tables, files, missing, sorted(calendars), kept, seen.channels)


def _rows_moved(source: Store, target: Store, replace: bool, sound: bool, progress: Progress | None) -> Seen:
    make_room(target, replace)
    moved = {table.name: _move(source, target, table, progress) for table in TABLES}
    target.ids_were_copied(NUMBERED)
    seen = look(target)
    for name, found in seen.tables.items():
        if found != moved[name]:
            raise StoreError(target.path, f"the copy of {name} differs from the original")
    if sound and (damage := seen.damage(source.path)):
        raise damage
    return seen


def _files_moved(
    attached: Collection[str], source: Store, target: Store, place: Callable[[str, str], Path],
    put: Callable[[BinaryIO, Path, str], bool], progress: Progress | None,
) -> list[str]:  # fmt: skip
    """Bring attached files along; the answer is those that could not be had."""
    missing = []
    for done, sha256 in enumerate(sorted(attached), 1):
        there = place(sha256, source.folder)
        whole = False
        if there.is_file():
            with there.open("rb") as content:
                whole = put(content, place(sha256, target.folder), sha256)
        if not whole:
            missing.append(sha256)
        if progress is not None:
            progress("files", done, len(attached))
    return missing


def make_room(target: Store, replace: bool) -> None:
    """Everything that is copied goes from `target`. Inside `writing`. Raises: BadInput if that is not allowed."""
    target.keep_others_out([table.name for table in TABLES])
    if not replace and not is_empty(target):
        raise BadInput(FieldProblem("to", target.path, "store_not_empty"))
    for table in reversed(TABLES):
        target.run(f'DELETE FROM "{table.name}"')


def is_empty(store: Store) -> bool:
    """Whether a person would miss nothing if it were gone."""
    return not any(store.run(question, (True,) * question.count("?")).fetchone() for question in _USED)


def rules(store: Store) -> bool:
    """Whether the calendars in its rows go before the files beside it: there they are the same for all machines."""
    return store.kind == "postgresql"


def look(store: Store) -> Seen:
    """Read everything: digests, and each log held against its hash chain."""
    sums: dict[str, Sum] = {}
    chains = _Chains()
    with store.reading():
        for table in TABLES:
            sums[table.name] = _sum(chains.passing(table, _rows(store, table)))
        channels = [name for (name,) in store.run(_SECRETS)]
    chains.end()
    return Seen(sums, frozenset(chains.attached), channels, chains.broken)


class _Chains:
    """Holds procedures and logs against their hashes while the rows go by, cases before entries."""

    def __init__(self) -> None:
        self.broken: Callable[[str], Damaged] | None = None
        self.attached: set[str] = set()
        self._heads: dict[int, tuple[str, int, str]] = {}
        self._case: int | None = None
        self._seq, self._hash = 0, ""

    def passing(self, table: Table, rows: Iterable[Row]) -> Iterable[Row]:
        if table.name == "definition":
            return self._each(rows, lambda row: self._definition(*row[:4]))
        if table.name == "case":
            ref, head, head_hash = (table.columns.index(c) for c in ("ref", "head", "head_hash"))
            return self._each(rows, lambda row: self._heads.update({row[0]: (row[ref], row[head], row[head_hash])}))
        return self._each(rows, self._entry) if table.name == "entry" else rows

    def _each(self, rows: Iterable[Row], take: Callable[[Row], None]) -> Iterator[Row]:
        for row in rows:
            take(row)
            yield row

    def _definition(self, hash: str, procedure: str, version: str, body: bytes) -> None:
        if content_hash(body) != hash:
            self.broken = self.broken or partial(
                DefinitionDamaged, hash=hash, reason="altered", procedure=procedure, version=version
            )

    def _entry(self, row: Row) -> None:
        case, seq, body, hash, _ = row
        if case != self._case:
            self._finish()
            self._case, self._seq, self._hash = case, 0, ""
        self._seq += 1
        self._hash = chained(self._hash, body)
        if (seq, hash) != (self._seq, self._hash):
            self._break(self._seq, "hash")
        if b'"kind":"attach"' in body:
            try:
                entry = decode_entry(body)
            except UNREADABLE:
                return self._break(self._seq, "entry")
            if isinstance(entry, Attach) and HEX.fullmatch(entry.sha256):
                self.attached.add(entry.sha256)

    def _finish(self) -> None:
        if self._case is not None:
            _, head, head_hash = self._heads.get(self._case, ("", 0, ""))
            if (self._seq, self._hash) != (head, head_hash):
                self._break(min(self._seq, head) + 1, "head")
            self._heads.pop(self._case, None)

    def end(self) -> None:
        self._finish()
        for case in list(self._heads)[:1]:
            self._case = case
            self._break(1, "head")

    def _break(self, seq: int, reason: str) -> None:
        ref, _, _ = self._heads.get(self._case or 0, (str(self._case), 0, ""))
        self.broken = self.broken or partial(StoreDamaged, case=ref, seq=seq, reason=reason)


def _move(source: Store, target: Store, table: Table, progress: Progress | None) -> Sum:
    """Copy one table; the answer is what was read."""
    columns = ", ".join(f'"{c}"' for c in table.columns)
    insert = f'INSERT INTO "{table.name}" ({columns}) VALUES ({", ".join("?" * len(table.columns))})'
    (total,) = source.run(f'SELECT count(*) FROM "{table.name}"').fetchone()
    batch: list[Row] = []
    done = 0

    def put() -> None:
        nonlocal done
        target.execute_many(insert, batch)
        done += len(batch)
        batch.clear()
        if progress is not None:
            progress(table.name, done, total)

    def passing() -> Iterator[Row]:
        for row in _rows(source, table):
            batch.append(row)
            if len(batch) == BATCH:
                put()
            yield row
        if batch:
            put()

    return _sum(passing())


def _sum(rows: Iterable[Row]) -> Sum:
    digest, n = hashlib.sha256(), 0
    pack = msgspec.msgpack.Encoder().encode
    for row in rows:
        digest.update(pack(row))
        n += 1
    return Sum(n, digest.hexdigest())


def _rows(store: Store, table: Table) -> Iterator[Row]:
    """The rows of a table, typed, in an order that does not depend on the database."""
    rows = _paged(store, table)
    if table.whole == len(table.key):
        return rows
    same = groupby(rows, key=lambda row: row[: table.whole])
    return (row for _, some in same for row in sorted(some, key=lambda row: row[: len(table.key)]))


def _paged(store: Store, table: Table) -> Iterator[Row]:
    columns, key = (", ".join(f'"{c}"' for c in names) for names in (table.columns, table.key))
    first = f'SELECT {columns} FROM "{table.name}" ORDER BY {key} LIMIT ?'
    after = first.replace(" ORDER", f" WHERE ({key}) > ({', '.join('?' * len(table.key))}) ORDER")
    typed = [_typed(name in table.flags, name in _BYTES) for name in table.columns]
    last: Sequence[Any] = ()
    while True:
        rows = store.run(after if last else first, (*last, BATCH)).fetchall()
        for row in rows:
            yield tuple(of(value) if of and value is not None else value for of, value in zip(typed, row, strict=True))
        if len(rows) < BATCH:
            return
        last = rows[-1][: len(table.key)]


def _typed(flag: bool, binary: bool) -> Callable[[Any], Any] | None:
    if flag:
        return bool
    return (lambda value: value.encode() if isinstance(value, str) else bytes(value)) if binary else None
