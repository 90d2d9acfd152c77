"""A store opened so that nothing of it changes: no file made, no lock file touched, no schema brought up to date."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from escalation.as_it_lies import AsItLies
from escalation.sqlite import SqliteDatabase
from escalation.store import Store

PATIENCE = 2.0
"""Seconds to wait for whoever holds the file."""
CONNECT_SECONDS = "5"


@contextmanager
def file(path: str) -> Iterator[sqlite3.Connection]:
    """A connection to a SQLite file that is there. Raises: sqlite3.Error, OSError."""
    with closing(AsItLies(path, PATIENCE)) as lying:
        yield lying.connection


def store(connection: sqlite3.Connection, path: str) -> Store:
    """What reads the rows behind a connection."""
    database = SqliteDatabase(connection, path)
    database.patience = PATIENCE
    return Store(database)


@contextmanager
def server(url: str) -> Iterator[tuple[Store, int]]:
    """A store in PostgreSQL whose connection cannot write, and its schema: 0 where there is none.

    Raises: StoreError; ImportError where psycopg is missing.
    """
    from psycopg import Error
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    from escalation.errors import StoreError
    from escalation.postgres import PostgresDatabase
    from escalation.postgres_url import UNREADABLE

    try:
        given = conninfo_to_dict(url)
    except Error:
        raise StoreError("postgresql://…", UNREADABLE) from None
    own = given.get("options") or os.environ.get("PGOPTIONS", "")
    given["options"] = f"{own} -c default_transaction_read_only=on".strip()
    given.setdefault("connect_timeout", CONNECT_SECONDS)
    database = PostgresDatabase(make_conninfo("", **given))
    try:
        ((there,),) = database.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'alembic_version'").fetchall()
        found = database.execute("SELECT version_num FROM alembic_version").fetchall() if there else []
        yield Store(database), int(found[0][0]) if found and str(found[0][0]).isdigit() else 0
    finally:
        database.close()
