"""Why a last day is that day, and why an event cannot be recorded: line by line, with the article."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from msgspec.structs import replace

from escalation.core.days import Step, reckon, reckon_date
from escalation.core.evaluate import Book, possibilities
from escalation.core.reminders import length as length_of
from escalation.core.snapshot import PAUSED, Pause, Run, Snapshot, plain_missing
from escalation.core.table import Table
from escalation.errors import NotFound
from escalation.views import basis_in_full, deadline, event_title, known_rule, local, party
from states.errors import near_miss
from states.lengths import Length
from states.model import Deadline, StandingDeadline, words

Data = dict[str, Any]


def why_deadline(book: Book, snapshot: Snapshot, ref: str, id: str, lang: str) -> Data:
    """How the last day of a deadline was counted: its lines in order, and what it rests on.

    Raises: NotFound if the case has no such deadline, running or past.
    """
    table = book(snapshot.definition)
    runs = [run for run in snapshot.deadlines if run.id == id]
    if not runs:
        known = tuple(dict.fromkeys(run.id for run in snapshot.deadlines))
        raise NotFound("deadline", id, near_miss(id, known), known)
    run = runs[-1]
    rule = known_rule(run, table)
    return {
        "case": ref,
        "deadline": deadline(run, table, lang),
        "party": party(table, rule.owed_by, lang) if rule else None,
        "lines": [_line(each, table, lang) for each in _steps(run, snapshot, runs[:-1], table)],
        "basis": basis_in_full(rule.basis, table, lang, run) if rule else None,
        "as_if_resumed_at": local(snapshot.as_of, table) if run.status == PAUSED else None,
        "as_of": local(snapshot.as_of, table),
    }


def _steps(run: Run, snapshot: Snapshot, earlier: list[Run], table: Table) -> list[Step]:
    """The steps of the count that `evaluate` made, by the same functions."""
    steps: list[Step] = []
    steps += [
        Step("restarted", {"at": old.stopped_at, "event": old.stopped_by, "from": old.started_at})
        for old in earlier
        if old.stopped_at is not None and old.stopped_at == run.started_at
    ]
    definition = table.procedure.deadline(run.id)
    steps.append(Step("started", {"at": run.started_at, "event": _starter(run, snapshot, definition)}))
    rolls = definition.rolls if definition else False
    if run.length is None:
        fact = definition.due_on if definition else None
        value = snapshot.facts.get(fact or "")
        steps.append(Step("due_on", {"fact": fact, "day": value}))
        if value is not None and run.lapses_at is not None:
            floor = run.floor or run.started_at
            reckon_date(date.fromisoformat(value), rolls, max(floor, run.started_at), table.clock, steps)
        return steps
    steps += [
        Step("extended", {"at": e.at, "event": e.event, "before": e.before, "after": e.after}) for e in run.extensions
    ]
    pauses = run.pauses
    if run.status == PAUSED:
        pauses = (*pauses[:-1], replace(pauses[-1], resumed_at=snapshot.as_of))
        steps.append(Step("stands_still", {"at": pauses[-1].paused_at, "by": pauses[-1]}))
    found = reckon(run.started_at, length_of(run.length), rolls, pauses, table.clock, steps)
    if run.floor is not None and found.lapses_at < run.floor:
        steps.append(Step("floor", {"at": run.floor}))
    if found.other_reading is not None and run.status != PAUSED:
        steps.append(Step("other_reading", {"day": found.other_reading, "rolls": rolls}))
    return steps


def _starter(run: Run, snapshot: Snapshot, definition: Deadline | None) -> str | None:
    """The event that started a running: what entered its state, or one of the deadline's `starts`."""
    rows = [row for row in snapshot.history if row.at == run.started_at]
    if isinstance(definition, StandingDeadline):
        rows = [row for row in rows if row.event in definition.starts]
    elif any(row.track == run.track and row.to == run.state for row in rows):
        rows = [row for row in rows if row.track == run.track and row.to == run.state]
    elif definition is not None:
        rows = [row for row in rows if row.event in definition.restarts]
    return rows[-1].event if rows else None


def _line(step: Step, table: Table, lang: str) -> Data:
    """A step as plain data: dates as ISO text, events with the names people use."""
    return {"kind": step.kind, **{key: _plain(value, table, lang) for key, value in step.facts.items()}} | _names(
        step, table, lang
    )


def _names(step: Step, table: Table, lang: str) -> Data:
    event = step.facts.get("event")
    if event:
        return {"event_title": event_title(table, event, lang)}
    fact = step.facts.get("fact")
    if fact in table.procedure.facts:
        return {"fact_title": words(table.procedure.facts[fact].title, lang)}
    return {}


def _plain(value: Any, table: Table, lang: str) -> Any:
    if isinstance(value, datetime):
        return local(value, table)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Length):
        return str(value)
    if isinstance(value, Pause):
        return {
            "paused_by": value.paused_by,
            "paused_by_title": event_title(table, value.paused_by, lang),
            "resumed_by": value.resumed_by,
            "resumed_by_title": event_title(table, value.resumed_by, lang),
        }
    if isinstance(value, list):
        return [_plain(each, table, lang) for each in value]
    if isinstance(value, tuple):
        return [_plain(each, table, lang) for each in value]
    return value


def why_event(book: Book, snapshot: Snapshot, ref: str, event: str, lang: str) -> Data:
    """What an event still lacks now. Raises: NotFound if the procedure has no such event."""
    table = book(snapshot.definition)
    defined = table.event(event)
    if defined is None:
        known = tuple(table.procedure.events)
        raise NotFound("event", event, near_miss(event, known), known)
    possible = possibilities(book, snapshot)
    missing = possible.get(event)
    return {
        "case": ref,
        "event": event,
        "title": words(defined.title, lang),
        "by": defined.by,
        "ready": missing == (),
        "has_transition": missing is not None,
        "missing": plain_missing(missing or ()),
        "states": {t.track: t.state for t in snapshot.tracks if not t.final},
        "taken_in": [name for name in table.procedure.states if event in table.moves(name)],
        "possible": [name for name, lacks in possible.items() if not lacks],
        "as_of": local(snapshot.as_of, table),
    }
