"""Many cases as lines of a table: which there are in what order, and what each line says.

A table of a hundred thousand cases asks once for their numbers, in order, and for the lines that are seen.
What is sought is typed: words anywhere in title, client or id, and `key:value` pairs, `-` before one that must
not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from escalation.advice import advice
from escalation.core.snapshot import MISSED, Snapshot
from escalation.core.table import Table
from escalation.engine import Engine
from escalation.errors import NotFound, StoreDamaged
from escalation.rows import CaseRow, to_int
from escalation.store import Store
from escalation.views import party, state_title
from states.lengths import parse_length
from states.model import MAIN, ME, words

Data = dict[str, Any]

KEYS = ("state", "stage", "client", "person", "procedure", "is", "due")
ORDERS = ("due", "opened", "title", "client", "stage", "person", "changed")
_ORDER = {
    "due": "c.open DESC, c.overdue DESC, c.next_lapse IS NULL, c.next_lapse, c.id",
    "opened": "c.opened_at, c.id",
    "title": "c.title, c.id",
    "client": "c.client IS NULL, c.client, c.id",
    "stage": "c.stage, c.id",
    "person": "c.person IS NULL, c.person, c.id",
    "changed": "c.id DESC",
}
_IS = {"open": "c.open = ?", "closed": "c.open = ?", "overdue": "c.overdue = ?"}


class Sought(NamedTuple):
    """What was typed, as SQL over the table `case` as `c`, and what of it was not understood."""

    clauses: tuple[str, ...]
    values: tuple[Any, ...]
    unknown: tuple[str, ...]


def sought(text: str, now: datetime) -> Sought:
    """`due:<7d stage:talks -client:王 parcel`: words and pairs that must all hold."""
    clauses, values, unknown = [], [], []
    for word in text.split():
        negated = word.startswith("-") and len(word) > 1
        key, sign, value = word.removeprefix("-").partition(":")
        found = _pair(key, value, now) if sign and value else _plain(word.removeprefix("-"))
        if found is None:
            unknown.append(word)
            continue
        clause, given = found
        clauses.append(f"NOT coalesce(({clause}), FALSE)" if negated else f"({clause})")
        values += given
    return Sought(tuple(clauses), tuple(values), tuple(unknown))


def _plain(word: str) -> tuple[str, list[Any]]:
    escaped = word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = f"%{escaped}%"
    columns = ("lower(c.title)", "lower(coalesce(c.client, ''))", "c.ref")
    return " OR ".join(f"{each} LIKE ? ESCAPE '\\'" for each in columns), [pattern] * len(columns)


def _pair(key: str, value: str, now: datetime) -> tuple[str, list[Any]] | None:
    if key in ("state", "stage", "client", "person"):
        return f"c.{key} = ?", [value]
    if key == "procedure":
        return "c.definition IN (SELECT hash FROM definition WHERE procedure = ?)", [value]
    if key == "is" and value in _IS:
        return _IS[value], [value != "closed"]
    if key == "due":
        until = _until(value, now)
        return None if until is None else ("c.next_lapse <= ?", [to_int(until)])
    return None


def _until(value: str, now: datetime) -> datetime | None:
    """`<7d`, `7d`, `2w`, `today`."""
    value = value.removeprefix("<")
    if value == "today":
        return now + timedelta(days=1)
    number, unit = value[:-1], value[-1:]
    if not number.isascii() or not number.isdigit() or unit not in "dw" or len(number) > 4:
        length = parse_length(value.replace("-", " "))
        return now + timedelta(days=length.n) if length is not None and length.unit == "days" else None
    return now + timedelta(days=int(number) * (7 if unit == "w" else 1))


def numbers(store: Store, text: str, order: str, now: datetime) -> list[int]:
    """The numbers of the cases that fit, in order: for `lines`."""
    found = sought(text, now)
    where = f" WHERE {' AND '.join(found.clauses)}" if found.clauses else ""
    rows = store.run(f'SELECT c.id FROM "case" c{where} ORDER BY {_ORDER[order]}', found.values)
    return [row[0] for row in rows.fetchall()]


def counts(store: Store, text: str, now: datetime) -> list[tuple[str, str, int]]:
    """How many cases of those that fit there are of each definition and stage."""
    found = sought(text, now)
    where = f" WHERE {' AND '.join(found.clauses)}" if found.clauses else ""
    statement = f'SELECT c.definition, c.stage, count(*) FROM "case" c{where} GROUP BY c.definition, c.stage'
    return [tuple(row) for row in store.run(statement, found.values).fetchall()]


def lines(engine: Engine, wanted: Sequence[int], now: datetime, lang: str) -> dict[int, Data]:
    """What the lines of a table say, by number. A case that is gone, or damaged, says so little."""
    return {row.id: line(engine, row, now, lang) for row in engine.store.cases_by_number(wanted)}


def line(engine: Engine, row: CaseRow, now: datetime, lang: str) -> Data:
    """One case as one line: where it is, what is next, by when, whose turn."""
    known = {"case": row.ref, "title": row.title, "client": row.client, "person": row.person}
    try:
        snapshot = engine.snapshot(row, now)
    except (NotFound, StoreDamaged):
        return {**known, **_NOTHING, "mark": "damaged"}
    book = engine.shelf.table
    table = book(snapshot.definition)
    main = snapshot.track(MAIN)
    state = main.state if main else ""
    advised = advice(book, snapshot, row.ref, lang)
    by = _by(snapshot, table, lang)
    return {
        **known,
        "state": state,
        "state_title": state_title(table, state, lang),
        "stage_title": _stage(table, state, lang),
        "mark": mark(snapshot, by),
        "do": advised["do"],
        "next": advised["do"].get("text") or advised["do"].get("event_title") or "",
        **by,
    }


_NOTHING: Data = {
    "state": "", "state_title": "", "stage_title": "", "do": {"kind": "wait"}, "next": "", "due": None,
    "days_left": None, "whose": None, "mine": False, "provisional": False,
}  # fmt: skip


def mark(snapshot: Snapshot, by: Data) -> str:
    """How pressing it is: `closed`, `missed`, `today`, `soon`, `provisional`, `running` or `waiting`."""
    if not snapshot.open:
        return "closed"
    if any(run.standing and run.status == MISSED for run in snapshot.deadlines):
        return "missed"
    left = by["days_left"]
    if left is None:
        return "waiting"
    if left <= 0:
        return "today"
    return "soon" if left <= 7 else "provisional" if by["provisional"] else "running"


def _by(snapshot: Snapshot, table: Table, lang: str) -> Data:
    """The nearest last day: an overdue one of mine, else the first that lapses."""
    found = [run for run in snapshot.deadlines if run.standing and run.lapses_at is not None]
    rules = {id(run): table.rules(run.state).get(run.id) for run in found}
    standing = [run for run in found if rules[id(run)] is not None and run.status != MISSED]
    missed = [run for run in found if rules[id(run)] is not None and run.status == MISSED]
    chosen = min(missed or standing, key=lambda run: run.lapses_at or snapshot.as_of, default=None)
    if chosen is None:
        return {"due": None, "days_left": None, "whose": None, "mine": False, "provisional": False}
    rule = rules[id(chosen)]
    assert rule is not None
    assert chosen.lapses_at is not None
    day = chosen.due or table.clock.day(chosen.lapses_at).isoformat()
    left = (datetime.fromisoformat(day).date() - table.clock.day(snapshot.as_of)).days
    return {
        "due": day,
        "days_left": left,
        "whose": party(table, rule.owed_by, lang),
        "mine": rule.owed_by == ME,
        "provisional": chosen.provisional,
    }


def _stage(table: Table, state: str, lang: str) -> str:
    found = table.procedure.states.get(state)
    stage = table.procedure.stages.get(found.stage) if found else None
    return words(stage.title, lang) if stage else ""
