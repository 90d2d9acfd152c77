"""Open, load, commit: the only place where rows become values.

One kept DBAPI connection runs the statements. Whatever writes is one `BEGIN IMMEDIATE` transaction
from before its first read, so two writers never decide on the same past. Files are private (0600).
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from msgspec import MsgspecError

from escalation import statements as sql
from escalation.core.entries import Entry, canonical, chained, decode_entry
from escalation.errors import NotFound, StoreBusy, StoreDamaged, StoreError, StoreTooNew
from escalation.migrations import SCHEMA, VERSION, upgrade

BUSY_SECONDS = 30
POLL_SECONDS = 0.1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Of case ids: none that look alike."""


class CaseRow(NamedTuple):
    """A case as it is kept: what can be known without reading its log."""

    id: int
    ref: str
    title: str
    client: str | None
    definition: str
    opened_at: datetime
    head: int
    head_hash: str
    open: bool
    overdue: bool
    next_lapse: datetime | None
    snapshot: bytes
    person: str | None
    calendar: str


class Standing(NamedTuple):
    """What is written beside a snapshot, so that lists need not read it."""

    title: str
    client: str | None
    definition: str
    opened_at: datetime
    open: bool
    state: str
    stage: str
    overdue: bool
    next_lapse: datetime | None
    next_moment: datetime | None
    snapshot: bytes
    calendar: str


class DefinitionRow(NamedTuple):
    """A definition that the store holds."""

    hash: str
    procedure: str
    version: str
    source: str
    current: bool
    by_user: bool


class Posted(NamedTuple):
    """A row for the outbox."""

    key: str
    kind: str
    at: datetime
    status: str
    body: bytes
    level: int = 1
    until: datetime | None = None


class Store:
    """A store of cases. Not for use by several threads at once; open one each."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._db = connection
        self.path = path
        self._seen: int | None = None

    # -- opening ---------------------------------------------------------------------------------

    @classmethod
    def open(cls, path: str) -> Store:
        """The store in the SQLite file at `path`, created or brought up to date where necessary.

        Raises: StoreTooNew, StoreBusy, StoreError; the file is then as it was.
        """
        _private_file(path)
        try:
            connection = _connect(path)
            try:
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if version > VERSION:
                    raise StoreTooNew(path, f"schema {version}, this program knows {VERSION}")
                if version < VERSION:
                    _migrate(path)
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            raise _as_store_error(error, path) from error
        return cls(connection, path)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    @property
    def folder(self) -> str:
        """Where what belongs to the store but is no row lies: calendars, attached files."""
        return os.path.dirname(os.path.realpath(self.path))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that may write: all of it is kept, or nothing."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise _as_store_error(error, self.path) from error
        try:
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise _as_store_error(error, self.path) from error
        except BaseException:
            self._roll_back()
            raise

    @contextmanager
    def writing_or_joining(self) -> Iterator[None]:
        """The transaction that runs, or one of its own."""
        if self._db.in_transaction:
            yield
            return
        with self.writing():
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One transaction that only reads: all of it sees the same moment."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._roll_back()

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _run(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise _as_store_error(error, self.path) from error

    def run(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """One statement of ours, for the parts of the house that keep rows of their own; a cursor."""
        return self._run(statement, values)

    def execute_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """One statement for many rows. Inside `writing`."""
        if rows:
            self._db.executemany(statement, rows)

    def skipping_locked(self, alias: str) -> str:
        """What makes a SELECT claim its rows and pass by those that another process holds."""
        return ""  # BEGIN IMMEDIATE lets one process write at a time

    def changes(self) -> int:
        """A number that moves when another process commits; one cheap question."""
        return int(self._run("PRAGMA data_version").fetchone()[0])

    def wait(self, seconds: float) -> bool:
        """Until another process has committed since the last call, or so many seconds: whether one did."""
        tries = max(1, round(seconds / POLL_SECONDS))
        for _ in range(tries):
            time.sleep(seconds / tries)
            found = self.changes()
            if found != self._seen:
                self._seen = found
                return True
        return False

    # -- cases -----------------------------------------------------------------------------------

    def case(self, ref: str) -> CaseRow:
        """The case of that id or unique prefix. Raises: NotFound, with the candidates if there are several."""
        row = self._run(sql.FIND_CASE, (ref,)).fetchone()
        if row is None:
            found = [r for (r,) in self._run(sql.CASES_BY_PREFIX, (ref, ref + "\U0010ffff"))] if ref else []
            if len(found) != 1:
                raise NotFound("case", ref, known=tuple(found) or self._some_refs())
            row = self._run(sql.FIND_CASE, (found[0],)).fetchone()
        return _case_row(row)

    def _some_refs(self) -> tuple[str, ...]:
        return tuple(r for (r,) in self._run(sql.ALL_REFS, (10,)))

    def cases(
        self, open_only: bool = False, client: str | None = None, person: str | None = None,
        stage: str | None = None, state: str | None = None, overdue: bool = False,
        stale_before: datetime | None = None, moves_by: datetime | None = None, limit: int | None = None,
    ) -> Iterator[CaseRow]:  # fmt: skip
        """Cases in the order of opening here, page by page.

        `stage`, `state` and `overdue` go by what was kept, so with `stale_before` cases whose clock
        has run on since come along for a closer look. `moves_by`: only those that the clock changes
        by then, or that are overdue.
        """
        clauses, values = _clauses(open_only, client, person, stage, state, overdue, stale_before, moves_by)
        statement = sql.list_cases(clauses, limited=True)
        last, page = 0, 500
        while limit is None or limit > 0:
            rows = self._run(statement, (last, *values, page)).fetchall()
            for row in rows[:limit]:
                yield _case_row(row)
            if len(rows) < page:
                return
            last = rows[-1][0]
            limit = None if limit is None else limit - len(rows)

    def count(self) -> int:
        """How many cases there are."""
        return int(self._run(sql.COUNT_CASES).fetchone()[0])

    def log(self, case_id: int) -> list[Entry]:
        """The log of a case, in the order of recording. Raises: StoreDamaged for what is no entry."""
        entries = []
        for seq, (body, _) in enumerate(self.raw_log(case_id), 1):
            try:
                entries.append(decode_entry(body))
            except MsgspecError as error:
                (ref,) = self._run(sql.REF, (case_id,)).fetchone()
                raise StoreDamaged(self.path, ref, seq, "entry") from error
        return entries

    def raw_log(self, case_id: int) -> list[tuple[bytes, str]]:
        """The log as bytes and hashes, for verifying."""
        rows = self._run(sql.LOG, (case_id,))
        return [(body if isinstance(body, bytes) else str(body).encode(), hash) for body, hash in rows]

    def seq_of_key(self, case_id: int, key: str) -> int | None:
        """The entry that was recorded with an idempotency key, if there is one."""
        row = self._run(sql.ENTRY_BY_KEY, (case_id, key)).fetchone()
        return row[0] if row else None

    def new_ref(self) -> str:
        """An id that no case has, as short as the number of cases allows."""
        import secrets  # with its random numbers it costs 3 ms, and only a new case needs it

        length = 4
        while True:
            for _ in range(8):
                ref = "".join(secrets.choice(_LETTERS) for _ in range(length))
                # A digit and a letter: no id is a word, or read as a number.
                if ref.isdigit() or ref.isalpha():
                    continue
                if self._run(sql.REF_TAKEN, (ref,)).fetchone() is None:
                    return ref
            length += 1

    def add_case(self, ref: str, entries: Sequence[Entry], standing: Standing) -> CaseRow:
        """A new case with its log. Inside `writing`."""
        hashes = list(_chain("", entries))
        row = self._run(
            sql.INSERT_CASE,
            (
                ref, standing.title, standing.client, standing.definition, to_int(standing.opened_at),
                entries[-1].seq, hashes[-1][2], standing.open, standing.state, standing.stage, standing.overdue,
                _or_none(standing.next_lapse), standing.snapshot, standing.calendar,
            ),
        ).fetchone()  # fmt: skip
        case_id = int(row[0])
        self._db.executemany(sql.INSERT_ENTRY, [(case_id, *each) for each in hashes])
        if standing.next_moment is not None:
            self._run(sql.INSERT_TIMER, (to_int(standing.next_moment), case_id))
        return self.case(ref)

    def append(self, case: CaseRow, entry: Entry | None, standing: Standing) -> None:
        """One entry, or none when only time has passed, with the snapshot it leads to. Inside `writing`."""
        head, head_hash = case.head, case.head_hash
        if entry is not None:
            ((_, body, head_hash, key),) = _chain(case.head_hash, (entry,))
            head = entry.seq
            self._run(sql.INSERT_ENTRY, (case.id, head, body, head_hash, key))
        self._run(
            sql.UPDATE_CASE,
            (
                standing.title, standing.client, standing.definition, to_int(standing.opened_at), head, head_hash,
                standing.open, standing.state, standing.stage, standing.overdue, _or_none(standing.next_lapse),
                standing.snapshot, standing.calendar, case.id, case.head,
            ),
        )  # fmt: skip
        self._run(sql.DELETE_TIMER, (case.id,))
        if standing.next_moment is not None:
            self._run(sql.INSERT_TIMER, (to_int(standing.next_moment), case.id))

    def append_all(self, moves: Sequence[tuple[CaseRow, Entry | None, Standing]]) -> None:
        """`append` for many cases. Inside `writing`."""
        for case, entry, standing in moves:
            self.append(case, entry, standing)

    # -- announcements ------------------------------------------------------------------------------

    def post(self, case_id: int, new: Sequence[Posted], superseded: Iterable[str], now: datetime) -> None:
        """Rows for the outbox, and keys that a correction took back. Inside `writing`."""
        for key in superseded:
            self._run(sql.SUPERSEDE, (case_id, key))
        if new:
            rows = [
                (case_id, p.key, p.kind, to_int(p.at), p.status, p.body, to_int(now), p.level, _or_none(p.until))
                for p in new
            ]
            self._db.executemany(sql.INSERT_OUTBOX, rows)

    def post_all(self, posts: Sequence[tuple[int, Sequence[Posted], Iterable[str]]], now: datetime) -> None:
        """`post` for many cases. Inside `writing`."""
        for case_id, new, superseded in posts:
            self.post(case_id, new, superseded, now)

    def outbox(self, case_id: int) -> list[Posted]:
        """What was announced about a case, superseded and coalesced ones too."""
        rows = self._run(sql.OUTBOX_OF, (case_id,))
        return [
            Posted(key, kind, from_int(at), status, bytes(body), level, None if until is None else from_int(until))
            for key, kind, at, status, body, level, until in rows
        ]

    # -- the clock -------------------------------------------------------------------------------------

    def due(self, now: datetime, most: int = 100) -> list[CaseRow]:
        """The cases whose next moment has come, earliest first; theirs until the end of this `writing`."""
        return [_case_row(row) for row in self._run(sql.DUE_CASES, (to_int(now), most)).fetchall()]

    def due_count(self, now: datetime) -> tuple[int, datetime | None]:
        """How many cases are due, and since when the first of them."""
        count, first = self._run(sql.DUE_COUNT, (to_int(now),)).fetchone()
        return count, None if first is None else from_int(first)

    def next_timer(self) -> datetime | None:
        """When the next case is due; None if none ever is."""
        row = self._run(sql.NEXT_TIMER).fetchone()
        return from_int(row[0]) if row else None

    def put_off(self, case_id: int, until: datetime) -> None:
        """Look at a case again at `until`, not before. Inside `writing`."""
        self._run(sql.DELETE_TIMER, (case_id,))
        self._run(sql.INSERT_TIMER, (to_int(until), case_id))

    def stale(self, definition: str, calendar: str, most: int = 100) -> list[CaseRow]:
        """Open cases of a definition whose snapshot rests on other calendar data than that."""
        return [_case_row(row) for row in self._run(sql.STALE_CASES, (True, calendar, definition, most)).fetchall()]

    def open_definitions(self) -> list[str]:
        """The definitions that open cases are pinned to."""
        return [hash for (hash,) in self._run(sql.OPEN_DEFINITIONS, (True,))]

    def assign(self, case_id: int, person: str | None) -> None:
        """Who looks after a case. Inside `writing`."""
        self._run(sql.ASSIGN, (person, case_id))

    # -- definitions and settings ---------------------------------------------------------------------

    def definition(self, hash: str) -> tuple[str, str, bytes] | None:
        """Procedure id, version and canonical bytes of a pinned definition."""
        row = self._run(sql.DEFINITION, (hash,)).fetchone()
        return (row[0], row[1], bytes(row[2])) if row else None

    def definitions(self) -> list[DefinitionRow]:
        """Every definition the store holds, by procedure, oldest first."""
        rows = self._run(sql.DEFINITIONS)
        return [DefinitionRow(h, p, v, s, bool(c), bool(u)) for h, p, v, s, c, u in rows]

    def keep_definition(
        self, hash: str, procedure: str, version: str, body: bytes, source: str, now: datetime,
        current: bool = True, by_user: bool = False,
    ) -> None:  # fmt: skip
        """Pin a definition; with `current`, the one that `open` takes from now on. Inside `writing`."""
        if self.definition(hash) is None:
            values = (hash, procedure, version, body, source, to_int(now), current, by_user)
            self._run(sql.INSERT_DEFINITION, values)
        elif current:
            self._run(sql.CURRENT_DEFINITION, (True, by_user, source, hash))
        if current:
            self._run(sql.RETIRE_DEFINITIONS, (False, procedure, hash))

    def setting(self, name: str) -> str | None:
        """What the store was told under that name."""
        row = self._run(sql.SETTING, (name,)).fetchone()
        return row[0] if row else None

    def set(self, name: str, value: str) -> None:
        """Tell the store something about itself. Inside `writing`."""
        self._run(sql.PUT_SETTING, (name, value))

    # -- whole stores: copies and backups ---------------------------------------------------------------

    @property
    def kind(self) -> str:
        """The database behind it: `sqlite` or `postgresql`."""
        return "sqlite"

    def write_copy(self, path: str) -> bool:
        """Write all that is committed into the empty SQLite file at `path`, while others go on writing.

        False where the database cannot: nothing was written, and the rows have to be copied. Raises: StoreError.
        """
        try:
            with closing(_connect(self.path)) as connection:
                connection.execute("VACUUM INTO ?", (path,))
        except sqlite3.Error as error:
            raise _as_store_error(error, self.path) from error
        return True

    def faults(self) -> list[str]:
        """What the database finds wrong with the file it keeps the rows in; empty if nothing. Raises: StoreError."""
        found = [str(text) for (text,) in self._run("PRAGMA integrity_check(10)")]
        orphans = [f"{row[0]}: a row without its {row[2]}" for row in self._run("PRAGMA foreign_key_check")]
        foreign = self._run("SELECT type || ' ' || name FROM sqlite_master WHERE type IN ('view', 'trigger')")
        return [text for text in found if text != "ok"] + orphans + [f"{each} is not ours" for (each,) in foreign]

    def keep_others_out(self, tables: Sequence[str]) -> None:
        """Nobody else writes to these tables before the transaction ends. Inside `writing`, which is enough here."""

    def ids_were_copied(self, tables: Sequence[str]) -> None:
        """Rows of these tables came with their ids: what is added later is numbered after them. Inside `writing`."""


def to_int(at: datetime) -> int:
    """An instant as whole microseconds since 1970 UTC."""
    return (at - _EPOCH) // _MICROSECOND


def from_int(value: int) -> datetime:
    """The instant that `to_int` made the number of."""
    return _EPOCH + timedelta(microseconds=value)


def _or_none(at: datetime | None) -> int | None:
    return None if at is None else to_int(at)


def _case_row(row: Sequence[Any]) -> CaseRow:
    id, ref, title, client, definition, opened, head, head_hash, is_open, overdue, lapse, snapshot, person, calendar = (
        row
    )
    return CaseRow(
        id, ref, title, client, definition, from_int(opened), head, head_hash, bool(is_open), bool(overdue),
        None if lapse is None else from_int(lapse), bytes(snapshot), person, calendar,
    )  # fmt: skip


def _chain(previous: str, entries: Iterable[Entry]) -> Iterator[tuple[int, bytes, str, str | None]]:
    """Seq, bytes, hash and key of each entry, every hash over the one before."""
    for entry in entries:
        body = canonical(entry)
        previous = chained(previous, body)
        yield entry.seq, body, previous, entry.key


def _clauses(
    open_only: bool, client: str | None, person: str | None, stage: str | None, state: str | None, overdue: bool,
    stale_before: datetime | None, moves_by: datetime | None,
) -> tuple[tuple[str, ...], list[Any]]:  # fmt: skip
    clauses: list[str] = []
    values: list[Any] = []
    if open_only:
        clauses.append("open = ?")
        values.append(True)
    if client is not None:
        clauses.append("client = ?")
        values.append(client)
    if person is not None:
        clauses.append("person = ?")
        values.append(person)
    kept: list[tuple[str, Any]] = [(c, v) for c, v in (("stage = ?", stage), ("state = ?", state)) if v is not None]
    if overdue:
        kept.append(("overdue = ?", True))
    if kept:
        same = " AND ".join(c for c, _ in kept)
        values += [v for _, v in kept]
        if stale_before is None:
            clauses.append(f"({same})")
        else:
            clauses.append(f"(({same}) OR next_lapse <= ?)")
            values.append(to_int(stale_before))
    if moves_by is not None:
        clauses.append("(overdue = ? OR id IN (SELECT case_id FROM timer WHERE at <= ?))")
        values += [True, to_int(moves_by)]
    return tuple(clauses), values


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _migrate(path: str) -> None:
    """A new file gets the schema; an older one is copied, then upgraded."""
    with closing(_connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        version = connection.execute("PRAGMA user_version").fetchone()[0]  # another process may have been first
        if version == 0:
            with open(SCHEMA, encoding="utf-8") as script:
                for statement in script.read().split(";\n"):
                    connection.execute(statement)
        connection.execute("COMMIT")
    if 0 < version < VERSION:
        _copy_before_upgrade(path, version)
        upgrade(f"sqlite:///{path}")


def _copy_before_upgrade(path: str, version: int) -> None:
    copy = f"{path}.before-schema-{VERSION}-was-{version}"
    if os.path.exists(copy):
        return
    with closing(_connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (copy,))
    os.chmod(copy, 0o600)


def _private_file(path: str) -> None:
    """The file and a new folder for it, readable by nobody else."""
    folder = os.path.dirname(os.path.abspath(path))
    try:
        if not os.path.isdir(folder):
            os.makedirs(folder, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(path, error.strerror or str(error)) from error


def _as_store_error(error: sqlite3.Error, path: str) -> StoreError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return StoreBusy(path, text)
    return StoreError(path, text)
