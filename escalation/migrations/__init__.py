"""Bring a store's schema up to date. Alembic is imported only when a store is new or behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from escalation.errors import StoreTooNew

VERSION = 2
"""Of the schema; kept in SQLite's `user_version`, so that a look at one integer tells whether to import Alembic."""


FOLDER = os.path.dirname(__file__)
SCHEMA = os.path.join(FOLDER, "schema.sql")
"""What the migrations make of a new file, as one script: a first start need not import Alembic."""


LOCK = 0x65736361
"""Of PostgreSQL's advisory locks, the one that whoever upgrades holds."""


def too_new(name: str, version: int) -> None:
    """Raises: StoreTooNew if the tables are of a later version than this program knows."""
    if version > VERSION:
        raise StoreTooNew(name, f"schema {version}, this program knows {VERSION}")


def upgrade(url: str, connect: Callable[[], Any] | None = None) -> None:
    """Create or upgrade the schema of the store at an SQLAlchemy URL, in one transaction.

    `connect` makes the DBAPI connection where the URL does not say enough. Of several that upgrade at once
    the first does it. Children keep their parents: in SQLite, foreign keys are off while a table is rebuilt,
    and checked after.
    """
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, event

    engine = create_engine(url, creator=connect) if connect else create_engine(url)
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:

        @event.listens_for(engine, "connect")
        def _plain(connection, _record) -> None:  # type: ignore[no-untyped-def]
            connection.isolation_level = None
            connection.execute("PRAGMA busy_timeout = 30000")
            connection.execute("PRAGMA foreign_keys = OFF")

        @event.listens_for(engine, "begin")
        def _begin(connection) -> None:  # type: ignore[no-untyped-def]
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    config = Config()
    config.set_main_option("script_location", FOLDER.replace("%", "%%"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            if not sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            command.upgrade(config, "head")
            if sqlite:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                assert not broken, "the migration lost parents of rows"
                connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    finally:
        engine.dispose()  # also where it went wrong: a connection that stays open keeps its locks
