"""Raw sqlite3 with the very statements, and the very values, that our engine ran."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

Ran = list[tuple[str, Any, bool]]
"""Statement, values, and whether it was `executemany`."""


class Recorder:
    """Stands where a store's connection stands, and writes down what it is asked."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.ran: Ran = []

    def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
        self.ran.append((statement, values, False))
        return self._connection.execute(statement, values)

    def executemany(self, statement: str, values: Any) -> sqlite3.Cursor:
        listed = list(values)
        self.ran.append((statement, listed, True))
        return self._connection.executemany(statement, listed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def connect(path: Path) -> sqlite3.Connection:
    """As our store connects."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    connection.execute("PRAGMA busy_timeout = 30000")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def run(connection: sqlite3.Connection, ran: Ran) -> None:
    """The same again."""
    execute, executemany = connection.execute, connection.executemany
    for statement, values, many in ran:
        if many:
            executemany(statement, values)
        elif statement.startswith("SELECT"):
            execute(statement, values).fetchone()
        else:
            execute(statement, values)
