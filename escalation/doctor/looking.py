"""A store opened so that nothing of it changes: no file made, no lock file touched, no schema brought up to date.

SQLite makes `-wal` and `-shm` beside a file that it only reads. So: a file that nobody has open is read as one that
cannot change; one that somebody has open with the lock file read-only; what a crash left is read in a private copy.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from escalation.sqlite import SqliteDatabase
from escalation.store import Store

PATIENCE = 2.0
"""Seconds to wait for whoever holds the file."""
CONNECT_SECONDS = "5"


@contextmanager
def file(path: str) -> Iterator[sqlite3.Connection]:
    """A connection to a SQLite file that is there. Raises: sqlite3.Error, OSError."""
    there = os.path.realpath(path)
    connection = None if _left_over(there) else _as_it_lies(there)
    if connection is not None:
        with closing(connection):
            yield connection
        return
    with TemporaryDirectory(prefix="escalation-") as room:
        copy = os.path.join(room, "cases.db")
        for end in ("", "-wal", "-journal"):
            if os.path.exists(there + end):
                shutil.copyfile(there + end, copy + end)
        with closing(_connected(Path(copy).as_uri() + "?mode=rw")) as connection:
            yield connection


def _as_it_lies(path: str) -> sqlite3.Connection | None:
    """None where SQLite cannot read it without touching the lock file."""
    try:
        return _connected(Path(path).as_uri() + "?" + _how(path))
    except sqlite3.OperationalError as error:
        if "readonly" in str(error) or "unable to open" in str(error):
            return None
        raise


def _left_over(path: str) -> bool:
    """Whether what was written last stands beside the file, and nobody has it open."""
    wal, rollback = (os.path.exists(path + end) and os.path.getsize(path + end) for end in ("-wal", "-journal"))
    return bool(rollback or (wal and not os.path.exists(path + "-shm")))


def _how(path: str) -> str:
    return "mode=ro&readonly_shm=1" if os.path.exists(path + "-shm") else "mode=ro&immutable=1"


def _connected(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


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
