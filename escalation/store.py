"""Open, load, commit: the only place where rows become values.

The statements run in SQLite (`sqlite`) or in PostgreSQL (`postgres`). Whatever writes is one transaction
that holds the case from before its first read, so two writers never decide on the same past.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import json

from escalation import statements as sql
from escalation.core.entries import Entry, decode_entry
from escalation.core.loudness import subject_of_lapse
from escalation.errors import NotFound, StoreDamaged, StoreError
from escalation.rows import CaseRow as CaseRow
from escalation.rows import DefinitionRow as DefinitionRow
from escalation.rows import Posted as Posted
from escalation.rows import Standing as Standing
from escalation.rows import case_row, chain, from_int, or_none, to_int, updated
from escalation.sqlite import SqliteDatabase
from states.model import UNREADABLE

if TYPE_CHECKING:
    from escalation.database import Database, Rows

T = TypeVar("T")
POSTGRES = ("postgresql://", "postgres://")
PAUSES = (0.2, 1.0)
"""Seconds before each further try, where a connection was lost."""
BACKUP_FAILED = "backup_failed"
"""The setting that says since when the nightly backup fails."""
PUT_OFF_SIGN = 999_983
"""Microseconds of a timer that was put off. What a law or a person sets ends on a whole minute, or hardly ever so."""
REFUSE_NOW = "refuse_now"
"""The setting under which nobody can say another time than the present one."""
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Of case ids: none that look alike."""


class Store:
    """A store of cases. Not for use by several threads at once; open one each."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.execute

    # -- opening ---------------------------------------------------------------------------------

    @classmethod
    def open(cls, url: str) -> Store:
        """The store in a SQLite file or at a PostgreSQL URL, created or brought up to date where necessary.

        A file that nothing can be written to or beside can be read all the same: then `read_only` says why.
        Raises: StoreTooNew, StoreBusy, StoreError; the store is then as it was.
        """
        if not url.startswith(POSTGRES):
            return cls(SqliteDatabase.open(url))
        try:
            from escalation.postgres import PostgresDatabase  # with psycopg, a quarter of a second
        except ImportError as error:
            needs = "it needs psycopg: pip install 'escalation[postgres]'"
            raise StoreError(POSTGRES[0] + "…", needs) from error
        return cls(PostgresDatabase.open(url))

    def close(self) -> None:
        """Give the file or the connection back."""
        self._db.close()

    @property
    def path(self) -> str:
        """What messages call it: the file, or the URL without its password."""
        return self._db.name

    @property
    def folder(self) -> str:
        """Where what belongs to the store but is no row lies: calendars, attached files."""
        return self._db.folder

    @property
    def read_only(self) -> str | None:
        """Why nothing can be written, as the system says it; None where it can."""
        return self._db.read_only

    @property
    def in_transaction(self) -> bool:
        """Whether `writing` or `reading` is on."""
        return self._db.in_transaction

    def writing(self) -> AbstractContextManager[None]:
        """One transaction that may write: all of it is kept, or nothing. Raises: StoreReadOnly."""
        return self._db.writing()

    def writing_or_joining(self) -> AbstractContextManager[None]:
        """The transaction that runs, or one of its own."""
        return nullcontext() if self._db.in_transaction else self._db.writing()

    def reading(self) -> AbstractContextManager[None]:
        """One transaction that only reads: all of it sees the same moment."""
        return nullcontext() if self._db.in_transaction else self._db.reading()

    def surely(self, run: Callable[[], T], pauses: Sequence[float] = PAUSES) -> T:
        """Run what is one transaction; again where it was cut off from outside and nothing of it was kept."""
        if self._db.in_transaction:
            return run()
        for pause in pauses:
            try:
                return run()
            except StoreError as error:
                if not error.again:
                    raise
            time.sleep(pause)
        return run()

    def changes(self) -> int:
        """A number that moves when another process commits; one cheap question. The first begins to watch."""
        return self._db.changes()

    @property
    def skew(self) -> timedelta:
        """How far the clock that all who share the store have in common is ahead of this machine's."""
        return self._db.skew

    def bring_calendars(self) -> bool:
        """Fetch calendar files that were installed on another machine; whether there were any."""
        return self._db.bring_calendars()

    def check_version(self) -> None:
        """Raises: StoreTooNew if a newer program has changed the tables meanwhile."""
        self._db.check_version()

    def wait(self, seconds: float) -> bool:
        """Sleep; True at once when another process has committed since the last `wait`.

        If nothing was watched yet, anything may have happened: then it is True at once.
        """
        return self._db.wait(seconds)

    # -- for the parts of the house that keep rows of their own ----------------------------------------

    def run(self, statement: str, values: Sequence[Any] = ()) -> Rows:
        """One statement, with `?` for values."""
        return self._run(statement, values)

    def execute_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows. Inside `writing`."""
        self._db.execute_many(statement, rows)

    def skipping_locked(self, *tables: str) -> str:
        """What makes a SELECT claim its rows of these tables and pass by those that another process holds."""
        return self._db.skip_locked(*tables)

    # -- cases -----------------------------------------------------------------------------------

    def case(self, ref: str) -> CaseRow:
        """The case of that id or unique prefix; inside `writing`, nobody else changes it until that ends.

        Raises: NotFound, with the candidates if there are several.
        """
        find = sql.FIND_CASE + self._db.lock
        row = self._run(find, (ref,)).fetchone()
        if row is None:
            found = [r for (r,) in self._run(sql.CASES_BY_PREFIX, (ref, ref + "\U0010ffff"))] if ref else []
            if len(found) != 1:
                raise NotFound("case", ref, known=tuple(found) or self._some_refs())
            row = self._run(find, (found[0],)).fetchone()
        return case_row(row)

    def cases_of(self, refs: Sequence[str], lock: bool = True) -> list[CaseRow]:
        """The cases of whole ids, in that order, in one question; those that are not there are left out.

        With `lock`, inside `writing`, nobody else changes them until that ends.
        """
        statement = sql.cases_of(self._db.each) + (self._db.lock if lock else "")
        rows = {row[1]: case_row(row) for row in self._run(statement, (json.encode(list(refs)).decode(),))}
        return [rows[ref] for ref in refs if ref in rows]

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
                yield case_row(row)
            if len(rows) < page:
                return
            last = rows[-1][0]
            limit = None if limit is None else limit - len(rows)

    def cases_by_number(self, ids: Sequence[int]) -> list[CaseRow]:
        """The cases of these ids, in no order; those that are gone are left out."""
        if not ids:
            return []
        return [case_row(row) for row in self._run(sql.cases_by_number(len(ids)), tuple(ids))]

    def first_refs(self, most: int) -> list[str]:
        """The first few cases."""
        return [ref for (ref,) in self._run(sql.ALL_REFS, (most,))]

    def count(self) -> int:
        """How many cases there are."""
        return int(self._run(sql.COUNT_CASES).fetchone()[0])

    def log(self, case_id: int) -> list[Entry]:
        """The log of a case, in the order of recording. Raises: StoreDamaged for what is no entry."""
        entries = []
        for seq, (body, _) in enumerate(self.raw_log(case_id), 1):
            try:
                entries.append(decode_entry(body))
            except UNREADABLE as error:
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
        hashes = list(chain("", entries))
        row = self._run(
            sql.INSERT_CASE,
            (
                ref, standing.title, standing.client, standing.definition, to_int(standing.opened_at),
                entries[-1].seq, hashes[-1][2], standing.open, standing.state, standing.stage, standing.overdue,
                or_none(standing.next_lapse), standing.snapshot, standing.calendar,
            ),
        ).fetchone()  # fmt: skip
        case_id = int(row[0])
        self._db.execute_many(sql.INSERT_ENTRY, [(case_id, *each) for each in hashes])
        if standing.next_moment is not None:
            self._run(sql.PUT_TIMER, (to_int(standing.next_moment), case_id))
        return CaseRow(
            case_id, ref, standing.title, standing.client, standing.definition, standing.opened_at, entries[-1].seq,
            hashes[-1][2], standing.open, standing.stage, standing.overdue, standing.next_lapse, standing.snapshot,
            None, standing.calendar,
        )  # fmt: skip

    def append(self, case: CaseRow, entry: Entry | None, standing: Standing) -> None:
        """One entry, or none when only time has passed, with the snapshot it leads to. Inside `writing`."""
        head, head_hash = case.head, case.head_hash
        if entry is not None:
            ((head, body, head_hash, key),) = chain(case.head_hash, (entry,))
            self._run(sql.INSERT_ENTRY, (case.id, head, body, head_hash, key))
        self._run(*updated(case, head, head_hash, standing))
        if standing.next_moment is not None:
            self._run(sql.PUT_TIMER, (to_int(standing.next_moment), case.id))
        else:
            self._run(sql.DELETE_TIMER, (case.id,))

    def append_all(self, changes: Sequence[tuple[CaseRow, Entry | None, Standing]]) -> None:
        """The same for many cases, each of which stands there once, as sets. Inside `writing`."""
        entries, timers, still = [], [], []
        cases: dict[str, list[tuple[Any, ...]]] = {sql.MOVE_CASE: [], sql.UPDATE_CASE: []}
        for case, entry, standing in changes:
            head, head_hash = case.head, case.head_hash
            if entry is not None:
                ((head, body, head_hash, key),) = chain(case.head_hash, (entry,))
                entries.append((case.id, head, body, head_hash, key))
            statement, values = updated(case, head, head_hash, standing)
            cases[statement].append(values)
            if standing.next_moment is not None:
                timers.append((to_int(standing.next_moment), case.id))
            else:
                still.append((case.id,))
        self._db.execute_many(sql.INSERT_ENTRY, entries)
        for statement, listed in cases.items():
            self._db.execute_many(statement, listed)
        self._db.execute_many(sql.PUT_TIMER, timers)
        self._db.execute_many(sql.DELETE_TIMER, still)

    # -- announcements ------------------------------------------------------------------------------

    def post(self, case_id: int, new: Sequence[Posted], superseded: Iterable[str], now: datetime) -> None:
        """Rows for the outbox, and keys that a correction took back. Inside `writing`."""
        self.post_all([(case_id, new, superseded)], now)

    def post_all(self, posts: Iterable[tuple[int, Sequence[Posted], Iterable[str]]], now: datetime) -> None:
        """The same for many cases: id, rows and keys of each. Inside `writing`."""
        at, gone, rows = to_int(now), [], []
        for case_id, new, superseded in posts:
            gone += [(case_id, key) for key in superseded]
            rows += [
                (case_id, p.key, p.kind, to_int(p.at), p.status, p.body, at, p.level, or_none(p.until)) for p in new
            ]
        if gone:
            self._db.execute_many(sql.SUPERSEDE, gone)
            # To have seen a lapse that never was says nothing of a later one.
            seen = [(case_id, subject) for case_id, key in gone if (subject := subject_of_lapse(key))]
            self._db.execute_many(sql.FORGET_SEEN, seen)
        if rows:
            self._db.execute_many(sql.INSERT_OUTBOX, rows)

    def outbox(self, case_id: int) -> list[Posted]:
        """What was announced about a case, superseded and coalesced ones too."""
        rows = self._run(sql.OUTBOX_OF, (case_id,))
        return [
            Posted(key, kind, from_int(at), status, bytes(body), level, None if until is None else from_int(until))
            for key, kind, at, status, body, level, until in rows
        ]

    # -- the clock -------------------------------------------------------------------------------------

    def due(self, now: datetime, most: int = 100) -> list[CaseRow]:
        """The cases whose next moment has come, earliest first.

        Inside `writing` they are this process's, and those of another are left out.
        """
        rows = self._run(sql.DUE_CASES + self._db.skip_locked("c", "t"), (to_int(now), most))
        return [case_row(row) for row in rows]

    def due_count(self, now: datetime) -> tuple[int, datetime | None]:
        """How many cases are due, and since when the first of them."""
        count, first = self._run(sql.DUE_COUNT, (to_int(now),)).fetchone()
        return count, None if first is None else from_int(first)

    def next_timer(self) -> datetime | None:
        """When the next case is due; None if none ever is."""
        row = self._run(sql.NEXT_TIMER).fetchone()
        return from_int(row[0]) if row else None

    def announced_after(self, now: datetime) -> list[str]:
        """The cases of which something was announced that was to come after `now`."""
        return [ref for (ref,) in self._run(sql.ANNOUNCED_AFTER, (to_int(now),))]

    def put_off(self, case_id: int, until: datetime) -> None:
        """Look at a case again at `until`, not before: it could not be evaluated. Inside `writing`."""
        self._run(sql.PUT_TIMER, (to_int(until.replace(microsecond=PUT_OFF_SIGN)), case_id))

    def put_off_count(self) -> int:
        """How many cases could not be evaluated when their moment came, and have not been since."""
        return int(self._run(sql.PUT_OFF_COUNT, (PUT_OFF_SIGN,)).fetchone()[0])

    def bring_forward(self, now: datetime) -> None:
        """Look at once at the cases that were put off: what was in their way may be gone."""
        if self.put_off_count():
            with self.writing():
                at = to_int(now.replace(microsecond=PUT_OFF_SIGN) - timedelta(seconds=1))
                self._run(sql.BRING_FORWARD, (at, PUT_OFF_SIGN, to_int(now)))

    def stale(self, definition: str, calendar: str, most: int = 100) -> list[CaseRow]:
        """Open cases of a definition whose snapshot rests on other calendar data than that.

        Inside `writing` they are this process's, and those of another are left out.
        """
        statement = sql.STALE_CASES + self._db.skip_locked("c")
        return [case_row(row) for row in self._run(statement, (True, calendar, definition, most))]

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

    def calendar_files(self) -> list[tuple[str, bytes]]:
        """Name and content of each calendar file that a person installed."""
        return [(name, bytes(body)) for name, body in self._run(sql.CALENDAR_FILES)]

    def keep_calendar_file(self, name: str, body: bytes, now: datetime) -> None:
        """Keep a calendar file, in place of an older one of that name. Inside `writing`."""
        self._run(sql.PUT_CALENDAR_FILE, (name, body, to_int(now)))

    # -- whole stores ------------------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """The database behind it: `sqlite` or `postgresql`."""
        return self._db.kind

    def write_copy(self, path: str) -> bool:
        """Write all that is committed into the empty SQLite file at `path`, while others go on writing.

        False where the database cannot: nothing was written, and the rows have to be copied. Raises: StoreError.
        """
        return self._db.write_copy(path)

    def faults(self) -> list[str]:
        """What the database finds wrong with what it keeps the rows in; empty if nothing. Raises: StoreError."""
        return self._db.faults()

    def keep_others_out(self, tables: Sequence[str]) -> None:
        """Nobody else writes to these tables before the transaction ends. Inside `writing`."""
        self._db.keep_others_out(tables)

    def ids_were_copied(self, tables: Sequence[str]) -> None:
        """Rows of these tables came with their ids: what is added later is numbered after them. Inside `writing`."""
        self._db.ids_were_copied(tables)


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
