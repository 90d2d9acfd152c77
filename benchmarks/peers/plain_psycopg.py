"""Plain psycopg with the statements, and the values, that our engine asked its store for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from escalation.postgres import PostgresDatabase
from escalation.postgres_statements import TELL

Ran = list[tuple[str, Sequence[Any]]]
"""Statement and values."""


class Recorder:
    """Stands where a store's database stands, and writes down what it is asked, in psycopg's words."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self.ran: Ran = []

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        self.ran.append((statement.replace("?", "%s"), tuple(values)))
        return self._database.execute(statement, values)

    def execute_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self.execute(statement, row)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection that prepares every statement at once. It begins transactions itself."""
    connection = psycopg.connect(url)
    connection.prepare_threshold = 0
    return connection


def run(connection: psycopg.Connection[Any], cursor: psycopg.Cursor[Any], ran: Ran, tell: bool) -> None:
    """The same again, one statement after another, and a commit; with `tell`, so that others hear of it."""
    for statement, values in ran:
        cursor.execute(statement, values)
        if statement.startswith("SELECT"):
            cursor.fetchone()
    if tell:
        cursor.execute(TELL[0])
    connection.commit()
