"""What leaves a store as a file: JSON lines that can be imported again, JSON, CSV. Case by case."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from escalation.core.entries import Migrate, Opened, decode_entry
from escalation.core.snapshot import MISSED, RUNNING, Run, Snapshot
from escalation.core.table import Table
from escalation.engine import Engine
from escalation.errors import NotFound
from escalation.store import CaseRow
from escalation.views import deadline, local, show, state_title
from states.model import MAIN, words

COLUMNS = (
    "case", "title", "client", "procedure", "state", "stage", "open", "outcome", "opened_at", "deadline", "due",
    "days_left", "overdue", "state_title", "stage_title", "deadline_title",
)  # fmt: skip
"""Of the CSV: ids first, then what people call them."""

_FORMULA = frozenset("=+-@＝＋－＠")


def export_jsonl(engine: Engine, rows: Iterable[CaseRow]) -> Iterator[bytes]:
    """The logs of cases as `import` takes them, each definition before the first case that uses it.

    Shape: one line each, with its end. Entries stand as they are stored, with their hash.
    """
    told: set[str] = set()
    for row in rows:
        case = b'{"case":' + msgspec.json.encode(row.ref) + b","
        for body, hash in engine.store.raw_log(row.id):
            if b'"kind":"opened"' in body or b'"kind":"migrate"' in body:
                entry = decode_entry(body)
                if isinstance(entry, Opened | Migrate) and entry.definition not in told:
                    told.add(entry.definition)
                    yield _definition(engine, entry.definition)
                if isinstance(entry, Opened) and not entry.title:
                    # What is left out would be given the file's case key.
                    body = body[:-1] + b',"title":""}'
            yield case + body[1:-1] + b',"hash":"' + hash.encode() + b'"}\n'


def _definition(engine: Engine, hash: str) -> bytes:
    table = engine.shelf.table(hash)
    kept = engine.store.definition(hash)
    assert kept is not None
    line = {
        "kind": "definition", "hash": hash, "procedure": table.procedure.procedure,
        "version": table.procedure.version, "definition": msgspec.Raw(kept[2]),
    }  # fmt: skip
    return msgspec.json.encode(line) + b"\n"


def export_json(engine: Engine, rows: Iterable[CaseRow], lang: str, now: datetime) -> Iterator[bytes]:
    """One JSON array: of each case the `show` object, with its log as it is stored."""
    before = b"["
    for row, snapshot in _snapshots(engine, rows, now):
        shown = show(engine.shelf.table, snapshot, row.ref, row.head, lang)
        shown["log"] = [msgspec.Raw(body) for body, _ in engine.store.raw_log(row.id)]
        yield before + b"\n" + msgspec.json.encode(shown)
        before = b","
    yield b"\n]\n" if before == b"," else b"[]\n"


def export_csv(engine: Engine, rows: Iterable[CaseRow], lang: str, now: datetime) -> Iterator[str]:
    """One row per case, for spreadsheets: with a byte order mark, and no cell that could be a formula."""
    yield "\ufeff" + _line(COLUMNS)
    for row, snapshot in _snapshots(engine, rows, now):
        yield _line(_cells(row, snapshot, engine.shelf.table(snapshot.definition), lang))


def _snapshots(engine: Engine, rows: Iterable[CaseRow], now: datetime) -> Iterator[tuple[CaseRow, Snapshot]]:
    """What each case means now; those opened later (with `--now`) are left out, as by `list`."""
    for row in rows:
        try:
            yield row, engine.snapshot(row, now)
        except NotFound:
            continue


def _cells(row: CaseRow, snapshot: Snapshot, table: Table, lang: str) -> list[Any]:
    main = snapshot.track(MAIN)
    assert main is not None
    state = table.procedure.states.get(main.state)
    stage = state.stage if state else ""
    next_one = _next_deadline(snapshot)
    told = deadline(next_one, table, lang) if next_one else {}
    missed = [run.id for run in snapshot.deadlines if run.standing and run.status == MISSED]
    return [
        row.ref, snapshot.title, snapshot.client, table.procedure.procedure, main.state, stage,
        "true" if snapshot.open else "false", main.outcome, local(snapshot.opened_at, table), told.get("id"),
        told.get("due") or told.get("lapses_at"), _days_left(next_one, snapshot, table), " ".join(missed),
        state_title(table, main.state, lang), _stage_title(table, stage, lang), told.get("title"),
    ]  # fmt: skip


def _stage_title(table: Table, id: str, lang: str) -> str:
    found = table.procedure.stages.get(id)
    return words(found.title, lang) if found else id


def _next_deadline(snapshot: Snapshot) -> Run | None:
    """The one that lapses next."""
    running = [run for run in snapshot.deadlines if run.status == RUNNING and run.standing and run.lapses_at]
    return min(running, key=lambda run: run.lapses_at or run.started_at, default=None)


def _days_left(run: Run | None, snapshot: Snapshot, table: Table) -> int | None:
    if run is None or run.lapses_at is None:
        return None
    day = table.clock.day(run.lapses_at).isoformat() if run.due is None else run.due
    return (datetime.fromisoformat(day).date() - table.clock.day(snapshot.as_of)).days


def _line(cells: Iterable[Any]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    return written.getvalue()


def harmless(cell: str) -> str:
    """The cell as text: a spreadsheet takes one that begins with these for a formula."""
    first = cell.lstrip(" ")[:1]
    return "'" + cell if first in _FORMULA or (first and not first.isprintable()) else cell
