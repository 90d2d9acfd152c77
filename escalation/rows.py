"""Rows as values: what is kept of a case, and how instants and logs are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from escalation import statements as sql
from escalation.core.entries import Entry, canonical, chained

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CaseRow(NamedTuple):
    """A case as it is kept: what can be known without reading its log."""

    id: int
    ref: str
    title: str
    client: str | None
    definition: str
    opened_at: datetime
    head: int
    head_hash: str
    open: bool
    stage: str
    overdue: bool
    next_lapse: datetime | None
    snapshot: bytes
    person: str | None
    calendar: str


class Standing(NamedTuple):
    """What is written beside a snapshot, so that lists need not read it."""

    title: str
    client: str | None
    definition: str
    opened_at: datetime
    open: bool
    state: str
    stage: str
    overdue: bool
    next_lapse: datetime | None
    next_moment: datetime | None
    snapshot: bytes
    calendar: str


class DefinitionRow(NamedTuple):
    """A definition that the store holds."""

    hash: str
    procedure: str
    version: str
    source: str
    current: bool
    by_user: bool


class Posted(NamedTuple):
    """A row for the outbox."""

    key: str
    kind: str
    at: datetime
    status: str
    body: bytes
    level: int = 1
    until: datetime | None = None


def to_int(at: datetime) -> int:
    """An instant as whole microseconds since 1970 UTC."""
    return (at - _EPOCH) // _MICROSECOND


def from_int(value: int) -> datetime:
    """The instant that `to_int` made the number of."""
    return _EPOCH + timedelta(microseconds=value)


def or_none(at: datetime | None) -> int | None:
    return None if at is None else to_int(at)


def case_row(row: Sequence[Any]) -> CaseRow:
    id, ref, title, client, definition, opened, head, head_hash, is_open, *rest = row
    stage, overdue, lapse, snapshot, person, calendar = rest
    return CaseRow(
        id, ref, title, client, definition, from_int(opened), head, head_hash, bool(is_open), stage,
        bool(overdue),         None if lapse is None else from_int(lapse), bytes(snapshot), person, calendar,
    )  # fmt: skip


def updated(case: CaseRow, head: int, head_hash: str, standing: Standing) -> tuple[str, tuple[Any, ...]]:
    """The statement that brings a case up to date, `UPDATE_CASE` or `MOVE_CASE`, and its values."""
    lapse = or_none(standing.next_lapse)
    if (
        standing.stage == case.stage
        and standing.opened_at == case.opened_at
        and standing.title == case.title
        and standing.client == case.client
        and standing.definition == case.definition
        and standing.calendar == case.calendar
    ):
        moved = (head, head_hash, standing.open, standing.state, standing.overdue, lapse, standing.snapshot)
        return sql.MOVE_CASE, (*moved, case.id, case.head)
    return sql.UPDATE_CASE, (
        standing.title, standing.client, standing.definition, to_int(standing.opened_at), head, head_hash,
        standing.open, standing.state, standing.stage, standing.overdue, lapse, standing.snapshot, standing.calendar,
        case.id, case.head,
    )  # fmt: skip


def chain(previous: str, entries: Iterable[Entry]) -> Iterator[tuple[int, bytes, str, str | None]]:
    """Seq, bytes, hash and key of each entry, every hash over the one before."""
    for entry in entries:
        body = canonical(entry)
        previous = chained(previous, body)
        yield entry.seq, body, previous, entry.key
