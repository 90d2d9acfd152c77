"""Read-only answers for the command line, the screens and programs alike, as plain data.

`show` has the shape of docs/command-line.md; the others have theirs there too. Texts are in one
language, instants in the procedure's zone with their offset. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from escalation.core.entries import Attach, Check, Entry, EventEntry, FactsEntry, Opened
from escalation.core.evaluate import Book, possibilities
from escalation.core.guards import unticked_items
from escalation.core.preview import Preview
from escalation.core.reminders import length, nudges
from escalation.core.snapshot import Inapplicable, Missing, Run, Snapshot, TrackState, plain_missing
from escalation.core.table import Table
from escalation.core.values import DESCRIBES
from escalation.wording import wording
from states.calendar import Calendar
from states.model import CLOCK, Ask, Basis, Fact, Procedure, State, Value, words

Data = dict[str, Any]


def show(book: Book, snapshot: Snapshot, ref: str, head: int, lang: str, all_deadlines: bool = False) -> Data:
    """The case: states, deadlines, what can be done, what is missing."""
    table = book(snapshot.definition)
    procedure = table.procedure
    runs = [run for run in snapshot.deadlines if all_deadlines or run.standing]
    return {
        "case": ref,
        "title": snapshot.title,
        "procedure": {"id": procedure.procedure, "version": procedure.version, "hash": snapshot.definition},
        "as_of": local(snapshot.as_of, table),
        "head": head,
        "open": snapshot.open,
        "tracks": [_track(track, table) for track in snapshot.tracks],
        "deadlines": [deadline(run, table, lang) for run in sorted(runs, key=_by_lapse)],
        "follow_ups": follow_ups(snapshot, table, lang),
        "facts": {name: value for name, value in snapshot.facts.items() if name in procedure.facts},
        "checklists": checklists(snapshot, table),
        "possible": [_possible(event, lacks, table, lang) for event, lacks in possibilities(book, snapshot).items()],
        "inapplicable": [inapplicable(each) for each in snapshot.inapplicable],
        "history": [
            {
                "at": local(row.at, table),
                "event": row.event,
                "by": row.by,
                "track": row.track,
                "to": row.to,
                "seq": row.seq,
            }
            for row in snapshot.history
        ],
    }


def local(at: datetime | None, table: Table) -> str | None:
    """An instant in the procedure's zone, with its offset."""
    return None if at is None else at.astimezone(table.clock.zone).isoformat()


def deadline(run: Run, table: Table, lang: str) -> Data:
    """One deadline in the shape of docs/command-line.md."""
    rule = known_rule(run, table)
    return {
        "id": run.id,
        "track": run.track,
        "title": words(rule.title, lang) if rule else run.id,
        "owed_by": rule.owed_by if rule else "",
        "status": run.status,
        "started_at": local(run.started_at, table),
        "due": run.due,
        "lapses_at": local(run.lapses_at, table),
        "provisional": run.provisional,
        "length": run.length,
        "other_reading": run.other_reading,
        "basis": basis(rule.basis) if rule else None,
    }


def known_rule(run: Run, table: Table) -> Any:
    """The definition of a run's deadline; None if a migration took it away."""
    found = table.procedure.deadline(run.id)
    return found


def basis(given: Basis | None) -> Data | None:
    """What a period rests on."""
    if given is None:
        return None
    return {"source": given.source, "article": given.article, "certainty": given.certainty}


def basis_in_full(given: Basis | None, table: Table, lang: str, run: Run | None = None) -> Data | None:
    """What a period rests on, with the source as people cite it.

    With a running of the deadline also `in_force`: whether the source was, on the day that it started.
    """
    if given is None:
        return None
    source = table.procedure.sources.get(given.source or "")
    cited: Data = {
        "title": words(source.title, lang),
        "issuer": words(source.issuer, lang),
        "number": words(source.number, lang),
        "effective": source.effective,
        "until": source.until,
        "url": source.url,
    } if source else {}  # fmt: skip
    if source is not None and run is not None:
        day = table.clock.day(run.started_at).isoformat()
        cited |= {"started_on": day, "in_force": source.effective <= day <= (source.until or day)}
    return {**(basis(given) or {}), **cited}


def follow_ups(snapshot: Snapshot, table: Table, lang: str) -> list[Data]:
    """The next nudge of each running state that has one, and the person's own follow-ups."""
    found: list[Data] = []
    for track in snapshot.tracks:
        follow_up = _state(track, table).follow_up if not track.final else None
        if follow_up is not None:
            found.append(
                {
                    "n": None,
                    "due": _next_nudge_day(track, follow_up.every, snapshot.as_of, table).isoformat(),
                    "text": words(follow_up.do, lang),
                    "from": "state",
                    "repeats": follow_up.every,
                    "status": "open",
                }
            )
    found += [
        {"n": f.n, "due": f.due, "text": f.text, "from": "user", "repeats": f.every, "status": f.status}
        for f in snapshot.follow_ups
    ]
    return found


def _next_nudge_day(track: TrackState, every: str, now: datetime, table: Table) -> date:
    """The first nudge that is not before today: one of this morning is still today's."""
    since = table.clock.start_of(table.clock.day(now))
    return next(nudges(track.entered_at, length(every), table, since))[1]


def checklists(snapshot: Snapshot, table: Table) -> Data:
    """Each checklist: complete or not, and what is still to tick."""
    found = {}
    for name, each in table.procedure.checklists.items():
        missing = unticked_items(each, name, snapshot.checks)
        found[name] = {"complete": not missing, "missing": list(missing)}
    return found


def inapplicable(entry: Inapplicable) -> Data:
    """An entry without effect, and why."""
    return {"seq": entry.seq, "event": entry.event, "missing": plain_missing(entry.missing)}


def _possible(event: str, missing: tuple[Missing, ...], table: Table, lang: str) -> Data:
    defined = table.procedure.events[event]
    return {
        "event": event,
        "by": defined.by,
        "ready": not missing,
        "missing": plain_missing(missing),
        "asks": {name: ask_of(ask, lang) for name, ask in defined.asks.items()},
    }


def ask_of(ask: Ask, lang: str) -> Data:
    """What is asked when an event is recorded."""
    data: Data = msgspec.to_builtins(ask)
    return {**data, "title": title_of(ask, lang) or None, "required": ask.required}


def title_of(value: Fact | Ask, lang: str) -> str:
    """What a value is called. A list of its choices in the title (「哪一种（suit 起诉，…）」) is for who types them."""
    title = words(value.title, lang)
    return title.partition("（")[0] if listed_choices(value, title) else title


def listed_choices(value: Value, title: str) -> dict[str, str]:
    """The choices that a title lists at its end, in its words; empty if it does not list them all."""
    if value.type != "choice" or not title.endswith("）"):
        return {}
    pairs = (each.partition(" ") for each in title.partition("（")[2].removesuffix("）").split("，"))
    found = {id: said.strip() for id, _, said in pairs if said}
    return found if found.keys() == set(value.of or ()) else {}


def recordable(table: Table, lang: str) -> list[Data]:
    """All events that a person can record at one time or another."""
    return [
        {
            "event": id,
            "title": words(event.title, lang),
            "by": event.by,
            "asks": {name: ask_of(ask, lang) for name, ask in event.asks.items()},
        }
        for id, event in table.procedure.events.items()
        if event.by != CLOCK
    ]


def asks_of(entry: Entry, table: Table, lang: str) -> Data:
    """What the values of an entry are made of: those of its event, the facts, what is said of a file, or of a tick."""
    match entry:
        case EventEntry():
            event = table.event(entry.event)
            return {name: ask_of(ask, lang) for name, ask in event.asks.items()} if event is not None else {}
        case FactsEntry() | Opened():
            facts = table.procedure.facts.items()
            return {
                name: {**msgspec.to_builtins(f), "title": title_of(f, lang), "required": f.required}
                for name, f in facts
            }
        case Check():
            return {"done": {"type": "boolean", "title": None, "required": True}}
        case Attach():
            from escalation.wording import wording  # whoever shows a case as JSON does without sentences

            titles = {name: wording(lang).say(f"exhibit.{name}") for name in DESCRIBES}
            return {
                name: {**msgspec.to_builtins(each), "title": titles[name], "required": False}
                for name, each in DESCRIBES.items()
            }
    return {}


def _track(track: TrackState, table: Table) -> Data:
    return {
        "track": track.track,
        "state": track.state,
        "stage": _state(track, table).stage,
        "entered_at": local(track.entered_at, table),
        "final": track.final,
        "outcome": track.outcome,
    }


def _state(track: TrackState, table: Table) -> State:
    """The definition of a track's state; a finished track may stand in one that a migration took away."""
    found = table.procedure.states.get(track.state)
    return found or State(stage="", title=track.state, final=True)


def _by_lapse(run: Run) -> tuple[bool, datetime]:
    return run.lapses_at is None, run.lapses_at or run.started_at


def previewed(book: Book, preview: Preview, ref: str, head: int, lang: str) -> Data:
    """Before and after one more entry: what moves, what is undone, what would become impossible."""
    table = book(preview.after.definition)
    return {
        "before": show(book, preview.before, ref, head, lang),
        "after": show(book, preview.after, ref, head + 1, lang),
        "moved": [
            {
                **{k: v for k, v in msgspec.structs.asdict(m).items() if not isinstance(v, datetime)},
                "lapses_before": local(m.lapses_before, table),
                "lapses_after": local(m.lapses_after, table),
            }
            for m in preview.moved
        ],
        "undone": [{"id": u.id, "lapsed_at": local(u.lapsed_at, table), "event": u.event} for u in preview.undone],
        "conflicts": [inapplicable(each) for each in preview.conflicts],
    }


def due_rows(book: Book, snapshot: Snapshot, ref: str, lang: str, until: date, owed_by: str | None) -> list[Data]:
    """The deadlines and follow-ups of a case up to a day, overdue ones included."""
    table = book(snapshot.definition)
    today = table.clock.day(snapshot.as_of)
    rows: list[Data] = []
    for run in snapshot.deadlines:
        if not run.standing or run.lapses_at is None:
            continue
        rule = known_rule(run, table)
        day = date.fromisoformat(run.due) if run.due else table.clock.day(run.lapses_at)
        if day > until or rule is None or (owed_by is not None and rule.owed_by != owed_by):
            continue
        row = deadline(run, table, lang)
        rows.append(
            {
                "day": day.isoformat(), "days_left": (day - today).days, "case": ref, "title": snapshot.title,
                "kind": "deadline", "id": run.id, "text": row["title"], "track": run.track, "owed_by": rule.owed_by,
                "party": party(table, rule.owed_by, lang), "status": run.status, "lapses_at": row["lapses_at"],
                "provisional": run.provisional, "other_reading": run.other_reading, "basis": row["basis"],
            }
        )  # fmt: skip
    if owed_by not in (None, "me"):
        return rows
    for each in follow_ups(snapshot, table, lang):
        day = date.fromisoformat(each["due"])
        if each["status"] == "open" and day <= until:
            rows.append(
                {
                    "day": each["due"], "days_left": (day - today).days, "case": ref, "title": snapshot.title,
                    "kind": "follow_up", "id": each["n"], "text": each["text"], "track": None, "owed_by": "me",
                    "party": party(table, "me", lang), "status": "missed" if day < today else "running",
                    "lapses_at": None, "provisional": False, "other_reading": None, "basis": None,
                }
            )  # fmt: skip
    return rows


def party(table: Table, id: str, lang: str) -> str:
    """A party as people call it."""
    found = table.procedure.parties.get(id)
    return words(found.title, lang) if found else id


def event_title(table: Table, id: str, lang: str) -> str:
    """An event as people call it."""
    found = table.procedure.events.get(id)
    return words(found.title, lang) if found else id


def state_title(table: Table, id: str, lang: str) -> str:
    """A state as people call it."""
    found = table.procedure.states.get(id)
    return words(found.title, lang) if found else id


def titles(table: Table, lang: str) -> Mapping[str, Mapping[str, str]]:
    """What people call everything that has an id; a choice by `FACT=ID`, or `EVENT.ASK=ID`."""
    procedure = table.procedure
    items = {
        f"{name}.{id}": words(item.title, lang)
        for name, checklist in procedure.checklists.items()
        for id, item in checklist.items.items()
    }
    return {
        "state": {id: words(s.title, lang) for id, s in procedure.states.items()},
        "stage": {id: words(s.title, lang) for id, s in procedure.stages.items()},
        "event": {id: words(e.title, lang) for id, e in procedure.events.items()},
        "party": {id: words(p.title, lang) for id, p in procedure.parties.items()},
        "fact": {id: title_of(f, lang) for id, f in procedure.facts.items()},
        "checklist": {id: words(c.title, lang) for id, c in procedure.checklists.items()},
        "track": {id: words(t.title, lang) for id, t in procedure.tracks.items()},
        "deadline": {
            **{id: words(d.title, lang) for s in procedure.states.values() for id, d in s.deadlines.items()},
            **{id: words(d.title, lang) for id, d in procedure.deadlines.items()},
        },
        "ask": {
            f"{event}.{id}": title_of(ask, lang) or id
            for event, each in procedure.events.items()
            for id, ask in each.asks.items()
        },
        "item": items,
        "choice": {**_choices(procedure.facts, "", lang), **_asked_choices(procedure, lang)},
    }


def _choices(defined: Mapping[str, Fact] | Mapping[str, Ask], before: str, lang: str) -> dict[str, str]:
    """`NAME=CHOICE` in words, where there are any: those of the title before ours, for it knows what is meant."""
    said, found = wording(lang), dict[str, str]()
    for name, each in defined.items():
        if each.type == "choice":
            ours = {id: said.say(f"choice.{id}") for id in each.of or () if said.has(f"choice.{id}")}
            own = listed_choices(each, words(each.title, lang))
            found |= {f"{before}{name}={id}": text for id, text in (ours | own).items()}
    return found


def _asked_choices(procedure: Procedure, lang: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for event, each in procedure.events.items():
        found |= _choices(each.asks, f"{event}.", lang)
    return found


def calendar_year(calendar: Calendar, year: int) -> Data:
    """Every day of a year, in the shape of docs/command-line.md."""
    found = calendar.year(year)
    return {
        "calendar": calendar.name,
        "year": year,
        "provisional": found.provisional,
        "source": found.source,
        "days": [{"date": d.date.isoformat(), "working": d.working, "name": d.name} for d in found.days],
    }
