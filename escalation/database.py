"""What `store` asks of a database: the same of SQLite and of PostgreSQL.

Statements have `?` for values and are written once, in `statements`. What the two write differently
is asked of the database: `lock`, `skip_locked`, `each`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Protocol

CALENDARS = "calendars"
"""The folder beside a store that holds calendar files a person installed."""


class Rows(Protocol):
    """What a statement found. Nothing else of a cursor may be used."""

    def fetchone(self) -> Any:
        """The next row, a tuple; None if there is none."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """One connection to one database. All methods raise StoreError, or StoreBusy where others were in the way."""

    @property
    def name(self) -> str:
        """What messages call it: the path, or the URL without its password."""

    @property
    def folder(self) -> str:
        """Where what belongs to the store but is no row lies."""

    @property
    def read_only(self) -> str | None:
        """Why nothing can be written, as the system says it; None where it can. `writing` looks again each time."""

    @property
    def in_transaction(self) -> bool:
        """Whether `writing` or `reading` is on."""

    @property
    def lock(self) -> str:
        """The end of a SELECT whose rows nobody else may change until `writing` ends. Empty outside of it."""

    def skip_locked(self, *tables: str) -> str:
        """The same for these tables of a SELECT, without rows that another process holds."""

    @property
    def each(self) -> str:
        """A subquery whose rows are the texts of one value: a JSON list."""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        """Run a statement. One without rows may be kept back until the next that has some, or the commit."""

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement without rows once for each of `rows`, none of which may depend on another."""

    def writing(self) -> AbstractContextManager[None]:
        """One transaction that may write: all of it is kept, or nothing. Does not nest."""

    def reading(self) -> AbstractContextManager[None]:
        """One transaction that only reads: all of it sees the same moment. Does not nest."""

    def changes(self) -> int:
        """A number that moves when another process commits. The first call begins to watch."""

    def wait(self, seconds: float) -> bool:
        """Sleep; True at once when another process has committed since the last `wait`.

        If nothing was watched yet, anything may have happened: then it is True at once.
        """

    @property
    def skew(self) -> timedelta:
        """How far the clock that all who share the store have in common is ahead of this machine's."""

    def bring_calendars(self) -> bool:
        """Fetch calendar files that were installed on another machine; whether there were any."""

    def check_version(self) -> None:
        """Raises: StoreTooNew if a newer program has changed the tables meanwhile."""

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""

    def write_copy(self, path: str) -> bool:
        """Write all that is committed into an empty SQLite file; False where that has to be done row by row."""

    def faults(self) -> list[str]:
        """What is wrong with the file that keeps the rows."""

    def keep_others_out(self, tables: Sequence[str]) -> None:
        """Nobody else writes to these tables before the transaction ends."""

    def ids_were_copied(self, tables: Sequence[str]) -> None:
        """Number new rows after those that came with an id."""

    def close(self) -> None:
        """Give it back."""
