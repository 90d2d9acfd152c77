"""Several statements in one round trip: libpq's pipeline, with every statement prepared once.

On a network the number of round trips is the price of an entry. psycopg has pipelines too, but pays
for each statement in Python what the server pays for running it; here it connects, waits and decodes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial
from struct import Struct
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, TransactionStatus
from psycopg.waiting import Ready, Wait

Command = tuple[str, Sequence[Any]]
"""A statement with `?` for values, and the values."""
Found = list[tuple[Any, ...]]

MOST_PREPARED = 200
"""Statements kept ready on the server; beyond that they are sent as they are."""


class Lost(Exception):
    """The connection is gone. Unless a COMMIT was under way, nothing of its transaction will be kept."""


class Failed(Exception):
    """The server refused a statement; those after it in the same exchange were not run."""

    def __init__(self, state: str, reason: str) -> None:
        self.state = state
        """SQLSTATE."""
        self.reason = reason
        super().__init__(f"{state}: {reason}")


class Link:
    """One connection, which stays in pipeline mode."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.round_trips = 0
        self._libpq = connection.pgconn
        self._libpq.enter_pipeline_mode()
        self._loader = Transformer(connection)
        self._prepared: dict[str, bytes] = {}
        self._named = 0

    @property
    def pid(self) -> int:
        """Of the server's process at the other end."""
        return self._libpq.backend_pid

    @property
    def idle(self) -> bool:
        """Whether no transaction is on."""
        return self._libpq.transaction_status == TransactionStatus.IDLE

    def exchange(self, commands: Sequence[Command]) -> list[Found]:
        """Send all, then read all: one round trip. Shape: the rows of each command.

        Raises: Lost; Failed for the first that failed; ValueError for values that have no place in a table.
        """
        new: dict[str, bytes] = {}
        sends = [send for sql, values in commands for send in self._sends(sql, values, new)]
        self.round_trips += 1
        try:
            results = self.connection.wait(self._talk(sends))
        except psycopg.Error as error:
            self.close()
            raise Lost(_first_line(str(error))) from error
        except BaseException:
            self.close()  # whatever is still under way, nobody will read it
            raise
        return self._read(commands, new, results)

    def close(self) -> None:
        """Give it back."""
        self.connection.close()

    def _sends(self, sql: str, values: Sequence[Any], new: dict[str, bytes]) -> list[Callable[[], None]]:
        texts = [_DUMP[type(value)](value) for value in values]
        formats = [1 if type(value) is bytes or _oid(value) else 0 for value in values]
        name = self._prepared.get(sql) or new.get(sql)
        if name is not None:
            return [partial(self._libpq.send_query_prepared, name, texts, formats, 1)]
        if self._named >= MOST_PREPARED:
            return [partial(self._libpq.send_query_params, numbered(sql), texts, None, formats, 1)]
        self._named += 1
        name = new[sql] = b"s%d" % self._named
        return [
            partial(self._libpq.send_prepare, name, numbered(sql)),
            partial(self._libpq.send_query_prepared, name, texts, formats, 1),
        ]

    def _talk(self, sends: Sequence[Callable[[], None]]) -> Generator[Wait, Ready | int, list[Any]]:
        for send in sends:
            send()
        self._libpq.pipeline_sync()
        while self._libpq.flush():
            if (yield Wait.RW) & Ready.R:
                self._libpq.consume_input()
        results: list[Any] = []
        while True:
            while self._libpq.is_busy():
                yield Wait.R
                self._libpq.consume_input()
            result = self._libpq.get_result()
            if result is None:
                if self._libpq.status == ConnStatus.BAD:
                    return results
            elif result.status == ExecStatus.PIPELINE_SYNC:
                return results
            else:
                results.append(result)

    def _read(self, commands: Sequence[Command], new: dict[str, bytes], results: Sequence[Any]) -> list[Found]:
        """Results stand in the order of what was sent: a statement that was new has two."""
        found: list[Found] = []
        ready = iter(results)
        for sql, _ in commands:
            if sql in new:
                self._fit(next(ready, None))
                self._prepared[sql] = new.pop(sql)
            result = self._fit(next(ready, None))
            if result.status == ExecStatus.TUPLES_OK:
                self._loader.set_pgresult(result)
                found.append(self._loader.load_rows(0, result.ntuples, tuple))
            else:
                found.append([])
        return found

    def _fit(self, result: Any) -> Any:
        """The result, if it is one of success."""
        if result is not None and result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            return result
        state = result.error_field(DiagnosticField.SQLSTATE) if result is not None else None
        severity = result.error_field(DiagnosticField.SEVERITY_NONLOCALIZED) if result is not None else None
        said = result.error_field(DiagnosticField.MESSAGE_PRIMARY) if result is not None else None
        reason = (said or b"the connection was closed").decode("utf-8", "replace")
        if state is None or severity in (b"FATAL", b"PANIC") or self._libpq.status == ConnStatus.BAD:
            self.close()
            raise Lost(reason)
        raise Failed(state.decode(), reason)


def numbered(sql: str) -> bytes:
    """The statement with `$1`, `$2` … for its question marks."""
    first, *rest = sql.split("?")
    return (first + "".join(f"${i}{part}" for i, part in enumerate(rest, 1))).encode()


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _str(value: str) -> bytes:
    if "\0" in value:
        raise ValueError("a zero character cannot be kept")
    return value.encode()


def _oid(value: Any) -> int:
    """The type of the elements where an array is sent in binary; 0 where anything else is sent."""
    if type(value) is not list:
        return 0
    first = next((each for each in value if each is not None), None)
    return _BINARY.get(type(first), 0)


def _list(values: Sequence[Any]) -> bytes:
    """A PostgreSQL array. Snapshots and texts in binary: quoted, they are twice as long, and both sides pay."""
    oid = _oid(values)
    dumped = [_DUMP[type(value)](value) for value in values]
    if not oid:  # numbers, whose width only the statement knows
        return b"{%b}" % b",".join(b"NULL" if each is None else each for each in dumped)
    parts = [_ARRAY.pack(1, None in dumped, oid, len(dumped), 1)]
    for each in dumped:
        parts += (_NULL,) if each is None else (len(each).to_bytes(4, "big"), each)
    return b"".join(parts)


_BINARY: dict[type, int] = {bytes: 17, str: 25}
"""OIDs of `bytea` and `text`."""
_ARRAY = Struct(">iiIii")
"""Dimensions, whether a NULL is among them, type, length, first index."""
_NULL = b"\xff\xff\xff\xff"

_DUMP: dict[type, Callable[[Any], bytes | None]] = {
    str: _str,
    int: lambda value: b"%d" % value,
    bool: lambda value: b"t" if value else b"f",
    bytes: lambda value: value,
    type(None): lambda value: None,
    list: _list,
}
