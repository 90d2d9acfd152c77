"""Logs made quickly: a case of the small procedure, told in local time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from escalation.core.entries import (
    Amend,
    Check,
    Entry,
    EventEntry,
    FactsEntry,
    FollowUp,
    Migrate,
    Note,
    Opened,
    Withdraw,
)
from escalation.core.evaluate import evaluate
from escalation.core.snapshot import Announced, Run, Snapshot
from escalation.core.table import Table
from states.calendar import load_calendar
from states.checks import check
from states.reader import Reading, read_procedure

ZONE = ZoneInfo("Asia/Shanghai")
PARCEL = Path(__file__).parent / "procedures" / "parcel-dispute.yaml"


def instant(text: str) -> datetime:
    """`2026-03-02T10:00` in Shanghai, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def table_of(text: str | bytes, *, strict: bool = True) -> Table:
    """The table of a definition's text; `strict`: it must check without errors."""
    reading = read_procedure(text)
    errors = [f for f in check(reading) if f.severity == "error"]
    assert not (strict and errors), errors
    return table_of_reading(reading)


def table_of_reading(reading: Reading) -> Table:
    """The table of a definition that was read."""
    return Table(reading.procedure, load_calendar(reading.procedure.calendar), reading.hash)


class Case:
    """A log that grows by short calls, and what it means."""

    def __init__(self, opened: str, *tables: Table, facts: dict[str, Any] | None = None) -> None:
        self.tables = {t.hash: t for t in tables}
        self.log: list[Entry] = []
        first, at = tables[0], instant(opened)
        procedure = first.procedure
        self.log.append(
            Opened(
                seq=1, recorded_at=at, occurred_at=at, procedure=procedure.procedure, version=procedure.version,
                definition=first.hash, facts=facts or {},
            )
        )  # fmt: skip

    def book(self, hash: str) -> Table:
        return self.tables[hash]

    def _add(self, kind: type[Any], at: str, recorded: str | None, **fields: Any) -> Case:
        occurred_at = instant(at)
        recorded_at = max(instant(recorded) if recorded else occurred_at, self.log[-1].recorded_at)
        self.log.append(kind(seq=len(self.log) + 1, recorded_at=recorded_at, occurred_at=occurred_at, **fields))
        return self

    def event(self, name: str, at: str, data: dict[str, Any] | None = None, recorded: str | None = None) -> Case:
        return self._add(EventEntry, at, recorded, event=name, data=data or {})

    def facts(self, at: str, **values: Any) -> Case:
        return self._add(FactsEntry, at, None, facts=values)

    def check(self, item: str, at: str, done: bool = True) -> Case:
        return self._add(Check, at, None, item=item, done=done)

    def note(self, text: str, at: str) -> Case:
        return self._add(Note, at, None, text=text)

    def follow_up(self, at: str, action: str, n: int, **fields: Any) -> Case:
        return self._add(FollowUp, at, None, action=action, n=n, **fields)

    def migrate(self, at: str, to: Table, **mapping: str) -> Case:
        self.tables[to.hash] = to
        procedure = to.procedure
        return self._add(
            Migrate, at, None, procedure=procedure.procedure, version=procedure.version, definition=to.hash, map=mapping
        )

    def amend(self, target: int, recorded: str, at: str | None = None, **data: Any) -> Case:
        moved = instant(at) if at else None
        entry = Amend(seq=len(self.log) + 1, recorded_at=instant(recorded), target=target, at=moved, data=data)
        self.log.append(entry)
        return self

    def withdraw(self, target: int, recorded: str) -> Case:
        self.log.append(Withdraw(seq=len(self.log) + 1, recorded_at=instant(recorded), target=target))
        return self

    def at(self, now: str, known: str | None = None, tell: list[Announced] | None = None) -> Snapshot:
        known_at = instant(known) if known else None
        return evaluate(self.book, self.log, instant(now), known_at, tell)


def parcel(opened: str = "2026-03-02T10:00") -> Case:
    """A case of the small procedure, with its papers together."""
    case = Case(opened, table_of(PARCEL.read_bytes()))
    minute = timedelta(minutes=1)
    at = datetime.fromisoformat(opened)
    for i, item in enumerate(("evidence.waybill", "evidence.photos"), 1):
        case.check(item, (at + i * minute).isoformat())
    return case


def state(snapshot: Snapshot, track: str = "main") -> str | None:
    """Where a track is."""
    found = snapshot.track(track)
    return found.state if found else None


def run(snapshot: Snapshot, id: str) -> Run | None:
    """The standing running of a deadline, or its last one."""
    found = [r for r in snapshot.deadlines if r.id == id]
    return next((r for r in found if r.standing), found[-1] if found else None)
