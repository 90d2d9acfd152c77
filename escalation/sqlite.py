"""A store in one SQLite file. Files are private (0600).

Whatever writes is one `BEGIN IMMEDIATE` transaction: it holds the whole file from before its first read.

A file that cannot be written to is read as it lies: on the evening when the disk is full, one wants to see what is
due. Each write tries once more whether there is room again.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from escalation.errors import StoreBusy, StoreError, StoreReadOnly
from escalation.migrations import SCHEMA, VERSION, too_new, upgrade
from escalation.sqlite_errors import DAMAGE, as_store_error, code_of, is_locked, is_unwritable, why_unwritable

if TYPE_CHECKING:
    from escalation.as_it_lies import AsItLies

BUSY_SECONDS = 30
GAP_SECONDS = 0.001
POLL_SECONDS = 0.08
"""Between two looks at whether another process has committed: 5 µs each."""
OLDER = "an earlier version wrote it, and it cannot be brought up to date where nothing can be written"
_APART = 1 << 32
"""Between the data versions of two connections: each counts its own from the beginning."""


class SqliteDatabase:
    """One connection to one file."""

    kind = "sqlite"
    lock = ""
    skew = timedelta(0)
    each = "SELECT value FROM json_each(?)"

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self.connection = connection
        self.name = path
        self.patience = float(BUSY_SECONDS)
        """Seconds to wait for others that hold the file."""
        self.read_only: str | None = None
        """Why nothing can be written."""
        self._lying: AsItLies | None = None
        """What reads the file then."""
        self._seen: int | None = None
        """The data version that `wait` or `changes` saw last."""
        self._before = 0
        """Added to data versions."""

    @classmethod
    def open(cls, path: str) -> SqliteDatabase:
        """The file at `path`, created or brought up to date where necessary.

        One that nothing can be written to is opened to be read: then `read_only` says why.
        Raises: StoreTooNew, StoreBusy, StoreBroken, StoreError; the file is then as it was.
        """
        try:
            return cls(_opened(path), path)
        except (OSError, sqlite3.Error) as error:
            if not is_unwritable(error) or not os.path.exists(path):
                raise as_store_error(error, path) from error
            why = why_unwritable(error, path)
        lying = _lying(path, why)
        database = cls(lying.connection, path)
        database.read_only, database._lying = why, lying
        return database

    @classmethod
    def nothing(cls, path: str) -> SqliteDatabase:
        """As an empty file at `path` would be, where there is none, and none is to be made. It cannot be written to."""
        connection = _connect(":memory:")
        _create(connection)
        connection.set_authorizer(_reading_only)
        return cls(connection, path)

    @property
    def folder(self) -> str:
        return os.path.dirname(os.path.realpath(self.name))

    @property
    def in_transaction(self) -> bool:
        return self.connection.in_transaction

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        if self._lying is not None and self._lying.moved and not self.in_transaction:
            self._open_again()
        try:
            return self.connection.execute(sql, values)
        except sqlite3.Error as error:
            if self.connection.in_transaction or not is_locked(error):
                raise self._failed(error) from error
        return self._patiently(sql, values)

    def _open_again(self) -> None:
        """Somebody has written: there may be room again, and what this connection reads may not fit any more."""
        seen = self._lying.version if self._lying is not None and not self._lying.moved else None
        if self._lying is not None:
            # First: who shares its lock file with one that reads, within a process, reads only, too.
            self._lying.close()
        again = SqliteDatabase.open(self.name)
        self.connection, self.read_only, self._lying = again.connection, again.read_only, again._lying
        if seen is None or self._lying is None:
            self._before += _APART
        else:
            self._before += seen - self._lying.version

    def _must_write(self) -> None:
        """Raises: StoreReadOnly, unless there is room again."""
        if self.read_only is not None:
            self._open_again()
        if self.read_only is not None:
            raise StoreReadOnly(self.name, self.read_only)

    def _failed(self, error: sqlite3.Error) -> StoreError:
        if self._lying is not None and self._lying.moved:
            return StoreBusy(self.name, str(error))  # what was read did not stand still: that is no damage
        return as_store_error(error, self.name)

    def _patiently(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        """Again and again while others hold the file, as long as `patience` lasts.

        SQLite's own back-off soon sleeps a tenth of a second at a time: while a daemon catches up, a person's command
        would find every pause between two of its transactions closed again.
        """
        until = time.monotonic() + self.patience
        while True:
            time.sleep(GAP_SECONDS)
            try:
                return self.connection.execute(sql, values)
            except sqlite3.Error as error:
                if not is_locked(error) or time.monotonic() >= until:
                    raise self._failed(error) from error

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        try:
            self.connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise as_store_error(error, self.name) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        self._must_write()
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise as_store_error(error, self.name) from error
        except BaseException:
            self._roll_back()
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        self.execute("BEGIN")
        try:
            yield
        finally:
            self._roll_back()

    def _roll_back(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def skip_locked(self, *tables: str) -> str:
        return ""  # one process writes at a time

    def write_copy(self, path: str) -> bool:
        try:
            if self._lying is None:
                with closing(_connect(self.name)) as connection:
                    connection.execute("VACUUM INTO ?", (path,))
            else:
                with closing(_lying(self.name, self.read_only or "")) as lying:
                    lying.connection.execute("PRAGMA query_only = OFF")  # the copy is written through it
                    lying.connection.execute("VACUUM INTO ?", (path,))
        except sqlite3.Error as error:
            raise as_store_error(error, self.name) from error
        return True

    def faults(self) -> list[str]:
        found = [str(text) for (text,) in self.execute("PRAGMA integrity_check(10)")]
        orphans = [f"{row[0]}: a row without its {row[2]}" for row in self.execute("PRAGMA foreign_key_check")]
        foreign = self.execute("SELECT type || ' ' || name FROM sqlite_master WHERE type IN ('view', 'trigger')")
        return [text for text in found if text != "ok"] + orphans + [f"{each} is not ours" for (each,) in foreign]

    def keep_others_out(self, tables: Sequence[str]) -> None:
        """BEGIN IMMEDIATE did it."""

    def ids_were_copied(self, tables: Sequence[str]) -> None:
        """An INTEGER PRIMARY KEY goes on after the largest by itself."""

    def bring_calendars(self) -> bool:
        return False  # the file lies on one machine

    def check_version(self) -> None:
        too_new(self.name, int(self.execute("PRAGMA user_version").fetchone()[0]))

    def changes(self) -> int:
        found = self.execute("PRAGMA data_version").fetchone()[0]
        version = (int(found) if self._lying is None else self._lying.version) + self._before
        if self._seen is None:
            self._seen = version
        return version

    def wait(self, seconds: float) -> bool:
        until, before = time.monotonic() + seconds, self._seen
        while (version := self.changes()) == before:
            left = until - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, POLL_SECONDS))
        self._seen = version
        return True

    def close(self) -> None:
        self.connection.close()
        if self._lying is not None:
            self._lying.close()


def _opened(path: str) -> sqlite3.Connection:
    """Created or brought up to date where necessary."""
    _private_file(path)
    connection = _connect(path)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        too_new(path, version)
        if version < VERSION:
            _migrate(path)
        connection.execute("PRAGMA busy_timeout = 0")  # from here on `_patiently` waits
    except BaseException:
        connection.close()
        raise
    return connection


def _lying(path: str, why: str) -> AsItLies:
    """The file as it lies. `why`: it cannot be opened otherwise."""
    from escalation.as_it_lies import AsItLies  # only who has no room pays for it

    try:
        lying = AsItLies(path, BUSY_SECONDS)
    except (OSError, sqlite3.Error) as error:
        raise as_store_error(error, path) if code_of(error) in DAMAGE else StoreError(path, why) from error
    try:
        version = lying.connection.execute("PRAGMA user_version").fetchone()[0]
        too_new(path, version)
        if version < VERSION:
            raise StoreError(path, OLDER if version else why)
        lying.connection.execute("PRAGMA busy_timeout = 0")
    except sqlite3.Error as error:
        lying.close()
        raise as_store_error(error, path) from error
    except BaseException:
        lying.close()
        raise
    return lying


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
            _create(connection)
        connection.execute("COMMIT")
    if 0 < version < VERSION:
        _copy_before_upgrade(path, version)
        upgrade(f"sqlite:///{path}")


def _reading_only(action: int, *_: object) -> int:
    writes = (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE)
    return sqlite3.SQLITE_DENY if action in writes else sqlite3.SQLITE_OK


def _create(connection: sqlite3.Connection) -> None:
    with open(SCHEMA, encoding="utf-8") as script:
        for statement in script.read().split(";\n"):
            connection.execute(statement)


def _copy_before_upgrade(path: str, version: int) -> None:
    copy = f"{path}.before-schema-{VERSION}-was-{version}"
    if os.path.exists(copy):
        return
    with closing(_connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (copy,))
    os.chmod(copy, 0o600)


def _private_file(path: str) -> None:
    """The file and a new folder for it, readable by nobody else. Raises: OSError."""
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        os.makedirs(folder, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
