"""Many cases as lines of a table: which there are in what order, how many of each kind, and what each line says.

A table of a hundred thousand cases asks once for their numbers, in order, and for the lines that are seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from escalation.advice import advice
from escalation.core.evaluate import possibilities
from escalation.core.snapshot import MISSED, RUNNING, Run, Snapshot
from escalation.core.table import Table
from escalation.engine import Engine
from escalation.errors import Damaged, NotFound
from escalation.rows import CaseRow, to_int
from escalation.sought import Sought, end_of, sought
from escalation.store import Store
from escalation.views import ask_of, due_rows, event_title, known_rule, party, state_title
from states.model import CLOCK, MAIN, ME, words

Data = dict[str, Any]

ORDERS = ("due", "opened", "title", "client", "stage", "person", "case")
_ORDER = {
    "due": "c.open DESC, c.overdue DESC, c.next_lapse IS NULL, c.next_lapse, c.id",
    "opened": "c.opened_at DESC, c.id DESC",
    "title": "c.title, c.id",
    "client": "c.client IS NULL, c.client, c.id",
    "stage": "c.definition, c.stage, c.id",
    "person": "c.person IS NULL, c.person, c.id",
    "case": "c.ref",
}
_SOON = timedelta(days=7)
_MANY = 500
"""Numbers in one statement."""


# -- which, and how many ----------------------------------------------------------------------------------


def typed(engine: Engine, text: str, now: datetime) -> Sought:
    """What was typed; states and stages may be called by their titles."""

    def named(kind: str, value: str) -> Iterable[tuple[str, str]]:
        said = value.lower()
        for row in engine.store.definitions():
            procedure = engine.shelf.table(row.hash).procedure
            defined: Any = procedure.states if kind == "state" else procedure.stages
            exact = [id for id in defined if id == value]
            for id in exact or [id for id, each in defined.items() if any(said in t.lower() for t in _texts(each))]:
                yield row.hash, id

    return sought(text, now, named)


def _texts(each: Any) -> tuple[str, ...]:
    return tuple(str(words(each.title, lang)) for lang in ("zh", "en"))


def numbers(store: Store, found: Sought, order: str, most: int | None = None) -> list[int]:
    """The numbers of the cases that fit, in order: for `lines`."""
    statement = f'SELECT c.id FROM "case" c{found.where} ORDER BY {_ORDER[order]}'
    if most is not None:
        return [row[0] for row in store.run(f"{statement} LIMIT ?", (*found.values, most)).fetchall()]
    if store.kind != "sqlite":
        return [row[0] for row in store.run(statement, found.values).fetchall()]
    # One row instead of many: fetching each would hold up whoever draws the screen meanwhile.
    row = store.run(f"SELECT group_concat(id) FROM ({statement})", found.values).fetchone()
    return [int(each) for each in row[0].split(",")] if row[0] else []


def tally(engine: Engine, found: Sought, now: datetime, lang: str) -> Data:
    """How many cases fit: in all, open, overdue, soon due; of each stage; of each person."""
    statement = (
        "SELECT c.definition, c.stage, c.person, count(*), sum(CASE WHEN c.open THEN 1 ELSE 0 END),"
        " sum(CASE WHEN c.overdue THEN 1 ELSE 0 END),"
        " sum(CASE WHEN c.open AND NOT c.overdue AND c.next_lapse <= ? THEN 1 ELSE 0 END), count(c.client)"
        f' FROM "case" c{found.where} GROUP BY c.definition, c.stage, c.person'
    )
    rows = engine.store.run(statement, (to_int(end_of(now.date() + _SOON, now)), *found.values)).fetchall()
    stages: dict[str, int] = {}
    persons: dict[str | None, int] = {}
    for definition, stage, person, n, *_ in sorted(rows, key=lambda r: _place(engine.shelf.table(r[0]), r[1])):
        known = engine.shelf.table(definition).procedure.stages.get(stage)
        title = str(words(known.title, lang)) if known else stage
        stages[title] = stages.get(title, 0) + n
        persons[person] = persons.get(person, 0) + n
    total, opened, overdue, soon, clients = (sum(int(row[i]) for row in rows) for i in range(3, 8))
    return {
        "total": total, "open": opened, "overdue": overdue, "soon": soon, "clients": clients,
        "stages": [{"title": title, "n": n} for title, n in stages.items()],
        "persons": [
            {"person": person, "n": n} for person, n in sorted(persons.items(), key=lambda p: (p[0] is None, -p[1]))
        ],
    }  # fmt: skip


def _place(table: Table, stage: str) -> int:
    stages = list(table.procedure.stages)
    return stages.index(stage) if stage in stages else len(stages)


def refs(store: Store, wanted: Sequence[int]) -> list[str]:
    """The ids of these numbers, in that order; those that are gone are left out."""
    found: dict[int, str] = {}
    for part in _parts(wanted):
        marks = ", ".join("?" * len(part))
        found |= dict(store.run(f'SELECT c.id, c.ref FROM "case" c WHERE c.id IN ({marks})', tuple(part)).fetchall())
    return [found[each] for each in wanted if each in found]


def _parts(wanted: Sequence[int]) -> Iterable[Sequence[int]]:
    return (wanted[at : at + _MANY] for at in range(0, len(wanted), _MANY))


# -- lines -------------------------------------------------------------------------------------------------


def lines(engine: Engine, wanted: Sequence[int], now: datetime, lang: str) -> dict[int, Data]:
    """What the lines of a table say, by number. A case that is gone is left out; a damaged one says so little."""
    rows = (row for part in _parts(wanted) for row in engine.store.cases_by_number(part))
    return {row.id: line(engine, row, now, lang) for row in rows}


def line(engine: Engine, row: CaseRow, now: datetime, lang: str) -> Data:
    """One case as one line: where it is, what is next, by when, whose turn."""
    known = {"case": row.ref, "title": row.title, "client": row.client, "person": row.person}
    try:
        snapshot = engine.snapshot(row, now)
    except (NotFound, Damaged):
        return {**known, **_NOTHING}
    book = engine.shelf.table
    table = book(snapshot.definition)
    main = snapshot.track(MAIN)
    state = main.state if main else ""
    do = advice(book, snapshot, row.ref, lang)["do"]
    by = _by(snapshot, table, lang)
    return {
        **known,
        "state": state,
        "state_title": state_title(table, state, lang),
        "stage_title": _stage(table, state, lang),
        "mark": mark(snapshot, by),
        "do": do,
        "next": do.get("text") or do.get("event_title") or "",
        **by,
    }


_NOWHERE: Data = {"due": None, "days_left": None, "whose": None, "mine": False, "provisional": False}
_NOTHING: Data = {
    "state": "", "state_title": "", "stage_title": "", "mark": "damaged", "do": {"kind": "damaged"}, "next": "",
    **_NOWHERE,
}  # fmt: skip


def mark(snapshot: Snapshot, by: Data) -> str:
    """How pressing it is: `closed`, `missed` (mine), `late` (theirs), `today`, `soon`, `provisional`, `running`,
    `waiting` (no day is known), `damaged`."""
    if not snapshot.open:
        return "closed"
    left = by["days_left"]
    if left is None:
        return "waiting"
    if by["missed"]:
        return "missed" if by["mine"] else "late"
    if left <= 0:
        return "today"
    return "soon" if left <= _SOON.days else "provisional" if by["provisional"] else "running"


def _by(snapshot: Snapshot, table: Table, lang: str) -> Data:
    """The last day that counts: what I missed, else what lapses first, else what the other side missed."""
    found = [
        (run, rule)
        for run in snapshot.deadlines
        if run.standing and run.lapses_at is not None and (rule := known_rule(run, table)) is not None
    ]

    def rank(each: tuple[Run, Any]) -> tuple[int, datetime]:
        run, rule = each
        late = run.status == MISSED
        return (0 if rule.owed_by == ME else 2) if late else 1, run.lapses_at or snapshot.as_of

    chosen = min(found, key=rank, default=None) if snapshot.open else None
    if chosen is None:
        return {**_NOWHERE, "missed": False}
    run, rule = chosen
    assert run.lapses_at is not None
    day = run.due or table.clock.day(run.lapses_at).isoformat()
    return {
        "due": day,
        "days_left": (date.fromisoformat(day) - table.clock.day(snapshot.as_of)).days,
        "whose": party(table, rule.owed_by, lang),
        "mine": rule.owed_by == ME,
        "missed": run.status == MISSED,
        # A day that has come is certain, whatever it once rested on.
        "provisional": run.provisional and run.status == RUNNING,
    }


def _stage(table: Table, state: str, lang: str) -> str:
    found = table.procedure.states.get(state)
    stage = table.procedure.stages.get(found.stage) if found else None
    return words(stage.title, lang) if stage else ""


# -- what is due, part by part -----------------------------------------------------------------------------


def moving(store: Store, now: datetime, days: int) -> list[int]:
    """The numbers of the open cases that the clock changes within that many days, or that are overdue, in order."""
    statement = (
        'SELECT c.id FROM "case" c WHERE c.open = ? AND (c.overdue = ? OR c.id IN'
        " (SELECT case_id FROM timer WHERE at <= ?))"
        " ORDER BY c.overdue DESC, c.next_lapse IS NULL, c.next_lapse, c.id"
    )
    rows = store.run(statement, (True, True, to_int(now + timedelta(days=days + 2))))
    return [row[0] for row in rows.fetchall()]


def due_of(engine: Engine, wanted: Sequence[int], now: datetime, days: int, lang: str) -> list[Data]:
    """The deadlines and follow-ups of these cases within that many days, in no order; damaged cases say nothing."""
    found: list[Data] = []
    for part in _parts(wanted):
        for row in engine.store.cases_by_number(part):
            try:
                snapshot = engine.snapshot(row, now)
            except (NotFound, Damaged):
                continue
            today = engine.shelf.table(snapshot.definition).clock.day(snapshot.as_of)
            until = today + timedelta(days=days)
            if snapshot.open:
                found += due_rows(engine.shelf.table, snapshot, row.ref, lang, until, None)
    return found


# -- the same for many -------------------------------------------------------------------------------------


def possible(engine: Engine, wanted: Sequence[str], now: datetime, lang: str) -> list[Data]:
    """The events that people can record now in some of these cases: in how many, and what is asked.

    Shape: `event`, `title`, `by`, `asks`, `n`; those first that are possible in most.
    """
    found: dict[str, Data] = {}
    for row in engine.store.cases_of(wanted, lock=False):
        snapshot = engine.snapshot(row, now)
        table = engine.shelf.table(snapshot.definition)
        for event, missing in possibilities(engine.shelf.table, snapshot).items():
            defined = table.procedure.events[event]
            if missing or defined.by == CLOCK:
                continue
            asks = {name: ask_of(ask, lang) for name, ask in defined.asks.items()}
            said = {"event": event, "title": event_title(table, event, lang), "by": defined.by, "asks": asks, "n": 0}
            found.setdefault(event, said)["n"] += 1
    return sorted(found.values(), key=lambda each: -each["n"])
