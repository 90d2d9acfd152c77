"""A SQLite file read where nothing can be written beside it, or nothing may be: no file made, no lock file touched.

SQLite makes `-wal` and `-shm` beside a file that it only reads. So: a file that nobody has open is read as one that
cannot change; one that somebody has open, or had when the machine went down, with the lock file read-only; what was
left without its lock file is read in a private copy.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

Sign = tuple[tuple[int, int, int] | None, ...]
_BESIDE = ("", "-wal", "-journal")


class AsItLies:
    """A connection that cannot write to the file at `path`. Raises: sqlite3.Error, OSError."""

    def __init__(self, path: str, patience: float) -> None:
        """`patience`: seconds to wait for whoever holds the file."""
        self.path = os.path.realpath(path)
        self._patience = patience
        self._closed = False
        self._room: TemporaryDirectory[str] | None = None
        self._sign: Sign | None = _sign(self.path)
        """How the file was; None where the connection sees by itself what others write."""
        self._last, self._versions = self._sign, 0
        self.connection = self._opened()

    @property
    def moved(self) -> bool:
        """Whether somebody has written since: what this connection reads may not hold any more, or not fit."""
        return self._closed or (self._sign is not None and _sign(self.path) != self._sign)

    @property
    def version(self) -> int:
        """A number that moves when somebody has written. SQLite's own moves all the time where it has no lock file."""
        now = _sign(self.path)
        self._versions += now != self._last
        self._last = now
        return self._versions

    def close(self) -> None:
        """Give everything back."""
        self._closed = True
        self.connection.close()
        if self._room is not None:
            self._room.cleanup()

    def _opened(self) -> sqlite3.Connection:
        if not self._left_over():
            for how in self._ways():
                connection = self._connected(Path(self.path).as_uri() + how)
                if connection is not None:
                    self._sign = None if "readonly_shm" in how else self._sign
                    return connection
        return self._copied()

    def _left_over(self) -> bool:
        """Whether what was written last stands beside the file, and nothing tells how far it goes."""
        return bool(self._size("-journal") or (self._size("-wal") and not self._size("-shm")))

    def _ways(self) -> list[str]:
        """Who has it open has made the lock file, which is never empty, and the other beside it."""
        ways = ["?mode=ro&readonly_shm=1"] if self._size("-shm") else []
        return ways if self._size("-wal") else [*ways, "?mode=ro&immutable=1"]

    def _size(self, end: str) -> int:
        try:
            return os.path.getsize(self.path + end)
        except OSError:
            return 0

    def _connected(self, uri: str) -> sqlite3.Connection | None:
        """None where SQLite cannot read it in that way."""
        connection = sqlite3.connect(
            uri, uri=True, timeout=self._patience, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA temp_store = MEMORY")  # there may be no room for a file to sort in, either
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
                return None
            raise
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _copied(self) -> sqlite3.Connection:
        room = TemporaryDirectory(prefix="escalation-")
        try:
            copy = os.path.join(room.name, "cases.db")
            for end in _BESIDE:
                if os.path.exists(self.path + end):
                    shutil.copyfile(self.path + end, copy + end)
            connection = self._connected(Path(copy).as_uri() + "?mode=rw")
            if connection is None:
                raise sqlite3.OperationalError("unable to open database file")
        except BaseException:
            room.cleanup()
            raise
        self._room = room
        return connection


def _sign(path: str) -> Sign:
    """What changes when somebody writes."""
    return tuple(_stat(path + end) for end in _BESIDE)


def _stat(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    # Who tries to open it in vain may leave an empty one.
    return (found.st_ino, found.st_size, found.st_mtime_ns) if found.st_size else None
