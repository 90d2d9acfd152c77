"""A store in a PostgreSQL database: two round trips for an entry, sets for batches, lost connections survived.

Inside `writing`, statements without rows are kept back: they travel with the next that has some, or
with the COMMIT. When the answer to a COMMIT is lost, the server is asked what became of that very
transaction (`pg_xact_status`), and whether an entry of it is there: after a crash the server gives the
numbers of transactions out again. So nothing is done twice and nothing is forgotten.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from escalation import clock
from escalation import postgres_statements as own
from escalation.beside import private_folder
from escalation.database import CALENDARS
from escalation.errors import StoreBusy, StoreError, StoreUnsure
from escalation.libpq import Command, Failed, Found, Link, Lost
from escalation.migrations import VERSION, too_new, upgrade
from escalation.postgres_url import reason_of, settings_of, without_password
from escalation.sets import SETS, at_once
from escalation.statements import CALENDAR_FILES, INSERT_ENTRY

PATIENCE = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Seconds between two questions after a COMMIT whose answer was lost."""
MOST_PENDING = 500
"""Statements that are kept back: a whole store that is copied must not wait in memory."""

DUPLICATE_TABLE = "42P07"
UNDEFINED_TABLE, LOCK_TIMEOUT, CANCELLED, DUPLICATE = "42P01", "55P03", "57014", "23505"
OUTDATED_PLAN, FUTURE, SHARED = "0A000", "22023", "42P05"
"""A table was changed under a prepared statement; a number of a transaction that has not been given out; a prepared
statement that somebody else made on this connection."""
AGAIN = {"40001", "40P01"}
"""Serialization failure, deadlock: nothing was kept, and the second try finds another order."""


class PostgresDatabase:
    """One connection to one database, and a second one to hear of what others commit."""

    kind = "postgresql"
    read_only: str | None = None
    each = "SELECT json_array_elements_text(?::json)"

    def __init__(self, url: str, patience: Sequence[float] = PATIENCE) -> None:
        self._settings = settings_of(url)
        self.name = without_password(self._settings)
        self._patience = patience
        self._link: Link | None = None
        self._pending: list[Command] = []
        self._mode = ""
        self._sent = False
        """Whether the server knows of the transaction."""
        self._wrote = False
        self._transaction: tuple[str, int] | None = None
        """The server's number of the transaction that is on, and of the process that runs it."""
        self._orphan: tuple[str, int] | None = None
        """Those of one whose connection was lost."""
        self._proof: tuple[Any, Any, Any] | None = None
        """Case, seq and hash of an entry that the transaction writes."""
        self._known = False
        """Whether the tables were found to be of this program's version."""
        self._started: str | None = None
        """Since when the server runs."""
        self.skew = timedelta(0)
        self._ears: psycopg.Connection[Any] | None = None
        self._heard = self._seen = 0
        self.round_trips = 0
        """So far: what an entry costs on a network."""

    @classmethod
    def open(cls, url: str, patience: Sequence[float] = PATIENCE) -> PostgresDatabase:
        """The database at a URL, its tables created or brought up to date where necessary.

        Raises: StoreTooNew, StoreBusy, StoreError; the database is then as it was.
        """
        made = cls(url, patience)
        try:
            version = made._version()
            too_new(made.name, version)
            if version < VERSION:
                made._upgrade()
            made._known = True
            made.bring_calendars()
        except BaseException:
            made.close()
            raise
        return made

    @cached_property
    def folder(self) -> str:
        """`ESCALATION_FILES`, or one in the user's data folder: every machine has its own."""
        named = os.environ.get("ESCALATION_FILES")
        if named:
            return os.path.abspath(named)
        from hashlib import sha256

        import platformdirs

        info = self._linked().connection.info
        mark = sha256(f"{info.host}\n{info.port}\n{info.dbname}".encode()).hexdigest()[:12]
        return str(platformdirs.user_data_path("escalation", appauthor=False) / f"postgresql-{mark}")

    # -- statements --------------------------------------------------------------------------------

    @property
    def in_transaction(self) -> bool:
        return self._mode != ""

    @property
    def lock(self) -> str:
        return " FOR UPDATE" if self._mode == "writing" else ""

    def skip_locked(self, *tables: str) -> str:
        return f" FOR UPDATE OF {', '.join(tables)} SKIP LOCKED" if self._mode == "writing" else ""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Answer:
        if not self._mode:
            return Answer(self._alone((sql, values)))
        if sql.startswith("SELECT"):
            return Answer(self._flush((sql, values)))
        if "RETURNING" in sql:
            rows = self._flush((sql, values))
            self._wrote = self._wrote or bool(rows)  # others are woken by what has changed only
            return Answer(rows)
        self._wrote = True
        if sql == INSERT_ENTRY:
            self._proof = values[0], values[1], values[3]
        elif sql == SETS[INSERT_ENTRY]:
            self._proof = values[0][0], values[1][0], values[3][0]
        self._pending.append((sql, values))
        if len(self._pending) >= MOST_PENDING:
            self._flush()
        return Answer([])

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        columns = [list(column) for column in zip(*rows, strict=True)]
        if columns and len(columns[0]) > 1 and sql in SETS:
            self.execute(SETS[sql], columns)
            return
        for row in zip(*columns, strict=True):
            self.execute(sql, row)

    def _alone(self, command: Command) -> Found:
        """One statement that is a transaction of its own; what only reads may be asked twice."""
        try:
            return self._exchange([command])[-1]
        except StoreError as error:
            if not error.again or not command[0].startswith("SELECT"):
                raise
            return self._exchange([command])[-1]

    def _flush(self, *more: Command) -> Found:
        commands, self._pending = [*self._pending, *more], []
        first, self._sent = not self._sent, True
        found = self._exchange(commands)
        if first and self._mode == "writing":
            self._transaction = found[1][0]
        return found[-1]

    def _exchange(self, commands: Sequence[Command]) -> list[Found]:
        if self._mode and self._link is None and commands[0] not in (own.BEGIN, own.BEGIN_READING):
            raise self._lost("the connection was lost")
        link = self._linked()
        self.round_trips += 1
        try:
            return link.exchange(commands)
        except Lost as lost:
            self._link = None
            self._orphan = self._transaction
            raise self._lost(str(lost)) from lost
        except Failed as failed:
            if failed.state == OUTDATED_PLAN:
                link.close()
                self._link = None
                raise self._lost(failed.reason) from failed
            raise self._as_store_error(failed) from failed
        except ValueError as error:
            raise StoreError(self.name, str(error)) from error

    # -- transactions ------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        self._begin("writing", own.BEGIN, own.WHICH)
        try:
            yield
            self._commit()
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._mode = ""

    @contextmanager
    def reading(self) -> Iterator[None]:
        self._begin("reading", own.BEGIN_READING)
        try:
            yield
        finally:
            self._roll_back()
            self._mode = ""

    def _begin(self, mode: str, *first: Command) -> None:
        assert not self._mode, "transactions do not nest"
        self._mode, self._pending = mode, list(first)
        self._sent = self._wrote = False
        self._transaction = self._proof = None

    def _commit(self) -> None:
        """All that is left to write and the COMMIT, in one go."""
        if not self._sent:
            if not self._wrote:
                return
            self._flush()  # a COMMIT travels only once the number of its transaction is known
        which = self._transaction
        assert which is not None
        try:
            self._exchange([*at_once(self._pending), *([own.TELL] if self._wrote else []), own.COMMIT])
        except StoreError:
            if self._link is not None or not self._was_kept(which):
                raise

    def _roll_back(self) -> None:
        self._pending = []
        if self._sent and self._link is not None and not self._link.idle:
            try:
                self._link.exchange([own.ROLLBACK])
            except (Lost, Failed):
                self._link = None

    def _was_kept(self, transaction: tuple[str, int]) -> bool:
        """What became of a transaction whose COMMIT was under way when the connection was lost.

        An entry of it that is there, or is not, is the proof. Without one the number must do, unless the server was
        started anew meanwhile: what it then says may be about somebody else's transaction.
        Raises: StoreUnsure if the server does not say.
        """
        number, started = transaction[0], self._started
        for pause in (*self._patience, None):
            try:
                link = self._linked()
                status = self._status(link, number)
                if self._proof is not None and status != "in progress":
                    return bool(link.exchange([(own.IS_THERE, self._proof)])[0][0][0])
                if status == "aborted" or (status == "committed" and started == self._started):
                    return status == "committed"
                if status != "in progress":
                    break
            except Lost:
                self._link = None
            except (Failed, StoreError) as error:
                if not getattr(error, "again", False):
                    break
            if pause is not None:
                time.sleep(pause)
        raise StoreUnsure(self.name, "the connection was lost while it was being kept")

    def _status(self, link: Link, number: str) -> str | None:
        """What the server says of a transaction; one that it has not given out yet was lost in a crash."""
        try:
            found = link.exchange([(own.WHAT_BECAME, (number,))])[0][0][0]
        except Failed as failed:
            if failed.state != FUTURE:
                raise
            return "aborted"
        return None if found is None else str(found)

    # -- whole stores ------------------------------------------------------------------------------

    def write_copy(self, path: str) -> bool:
        return False

    def faults(self) -> list[str]:
        return []  # the server keeps watch over its own files

    def keep_others_out(self, tables: Sequence[str]) -> None:
        names = ", ".join(f'"{name}"' for name in tables)
        # A whole store takes its time, and between two statements files are written.
        self.execute("SET LOCAL statement_timeout = 0")
        self.execute("SET LOCAL idle_in_transaction_session_timeout = '1h'")
        self.execute(f"LOCK TABLE {names} IN EXCLUSIVE MODE")

    def ids_were_copied(self, tables: Sequence[str]) -> None:
        for name in tables:
            sequence = f"pg_get_serial_sequence('\"{name}\"', 'id')"
            self.execute(f'SELECT setval({sequence}, greatest(1, (SELECT coalesce(max(id), 1) FROM "{name}")))')

    # -- connections -------------------------------------------------------------------------------

    def _linked(self) -> Link:
        """The connection, made anew where it was lost."""
        if self._link is None:
            link = Link(self._connect())
            try:
                self._greet(link)
            except (Lost, Failed) as error:
                link.close()
                raise self._lost(str(error)) from error
            except BaseException:
                link.close()
                raise
            self._link = link
        return self._link

    def _greet(self, link: Link) -> None:
        """The first words on a connection. Raises: StoreTooNew if a newer program has changed the tables."""
        more = [(own.END_ORPHAN, self._orphan)] if self._orphan is not None else []
        found = link.exchange([own.HELLO, *more, *([own.VERSION_THERE] if self._known else [])])
        self._orphan = None
        self._started = found[0][0][0]
        self.skew = timedelta(microseconds=found[0][0][1]) - (clock.now() - datetime.fromtimestamp(0, UTC))
        if self._known:
            too_new(self.name, int(found[-1][0][0]))

    def _connect(self, autocommit: bool = True) -> psycopg.Connection[Any]:
        try:
            connection = psycopg.connect(make_conninfo("", **self._settings), autocommit=autocommit)
        except psycopg.Error as error:
            raise self._lost(reason_of(str(error), self._settings.get("password"))) from error
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            connection.close()
            raise StoreError(self.name, f"its encoding is {encoding}; make the database with ENCODING 'UTF8'")
        return connection

    def close(self) -> None:
        for connection in (self._link, self._ears):
            if connection is not None:
                connection.close()
        self._link = self._ears = None

    def _lost(self, reason: str) -> StoreError:
        error = StoreError(self.name, reason)
        error.again = True
        return error

    def _as_store_error(self, failed: Failed) -> StoreError:
        if failed.state == SHARED:
            return StoreError(self.name, "a pooler shares the connection among programs; set its pool_mode = session")
        kind = StoreBusy if failed.state in {*AGAIN, LOCK_TIMEOUT, CANCELLED} else StoreError
        error = kind(self.name, failed.reason)
        # Two that open a case at once may have drawn the same id: the second draws again.
        error.again = failed.state in AGAIN or (failed.state == DUPLICATE and "uq_case_ref" in failed.reason)
        return error

    # -- the schema --------------------------------------------------------------------------------

    def _version(self) -> int:
        """Of the schema; 0 where there are no tables yet."""
        try:
            self.round_trips += 1
            rows = self._linked().exchange([own.VERSION_THERE])[0]
        except Failed as failed:
            if failed.state == UNDEFINED_TABLE:
                return 0
            raise self._as_store_error(failed) from failed
        except Lost as lost:
            raise self._lost(str(lost)) from lost
        version = str(rows[0][0]) if rows else "0"
        if not version.isdigit():
            raise StoreError(self.name, f"the tables of another program are in it (alembic_version {version})")
        return int(version)

    def check_version(self) -> None:
        too_new(self.name, self._version())

    def _upgrade(self) -> None:
        """The migrations, with all other openers waiting until they are through."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            upgrade("postgresql+psycopg://", lambda: self._connect(autocommit=False))
        except SQLAlchemyError as error:
            origin = getattr(error, "orig", None)
            said = getattr(getattr(origin, "diag", None), "message_primary", None)
            if getattr(origin, "sqlstate", None) == DUPLICATE_TABLE:
                said = "the tables of another program are in it; the cases need a database of their own"
            raise StoreError(self.name, said or type(origin or error).__name__) from error

    def bring_calendars(self) -> bool:
        """Calendar files that another machine installed: all must count the same days."""
        there = os.path.join(self.folder, CALENDARS)
        brought = [_bring(os.path.join(there, os.path.basename(n)), body) for n, body in self.execute(CALENDAR_FILES)]
        return any(brought)

    # -- others ------------------------------------------------------------------------------------

    def changes(self) -> int:
        self._listen(0)
        return self._heard

    def wait(self, seconds: float) -> bool:
        if self._ears is None:
            self._listen(0)
            self._heard += 1
        if self._heard == self._seen:
            self._listen(seconds)
        changed, self._seen = self._heard != self._seen, self._heard
        return changed

    def _listen(self, seconds: float) -> None:
        """Count what others tell within that time, at most until the first of them."""
        until = time.monotonic() + seconds
        try:
            if self._ears is None:
                self._ears = self._connect()
                self._ears.execute(f"LISTEN {own.CHANNEL}")
            ours = self._link.pid if self._link is not None else None
            while True:
                left = max(0.0, until - time.monotonic())
                heard = [n.pid for n in self._ears.notifies(timeout=left, stop_after=1) if n.pid != ours]
                self._heard += len(heard)
                if heard or time.monotonic() >= until:
                    return
        except psycopg.Error as error:
            if self._ears is not None:
                self._ears.close()
            self._ears = None
            self._heard += 1  # whatever was told meanwhile was not heard
            raise self._lost(reason_of(str(error), self._settings.get("password"))) from error


class Answer:
    """Rows that have been read."""

    def __init__(self, rows: Found) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows


def _bring(path: str, body: bytes) -> bool:
    """Make a private file hold that, whole or not at all; whether it did not yet. Raises: StoreError."""
    try:
        if os.path.isfile(path):
            with open(path, "rb") as file:
                if file.read() == body:
                    return False
        private_folder(Path(path).parent)
        draft = f"{path}.{os.getpid()}.draft"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(body)
        os.replace(draft, path)
    except OSError as error:
        raise StoreError(path, error.strerror or str(error)) from error
    return True
