"""What a case and a person give a template, and what is missing, each with where it could come from. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, NamedTuple

from escalation.core.entries import Entry, EventEntry
from escalation.core.snapshot import MISSED, Run, Snapshot
from escalation.core.table import Table
from escalation.core.values import Wrong, read_value
from escalation.letters.render import clean
from escalation.wording import wording
from states.model import MAIN, Value, words
from states.template import Template, value_of

CONTACT = "contact_logged"
"""The event that a procedure has for a talk on the phone or in the app: `contacts` lists them."""
TALK = ("direction", "who", "company", "ticket", "said", "said_by_me", "promise", "promised_on")

Data = dict[str, Any]


class Known(NamedTuple):
    """What there is to fill a letter from."""

    ref: str
    table: Table
    snapshot: Snapshot
    entries: Sequence[Entry]
    """The effective history."""
    exhibits: Sequence[Mapping[str, Any]]
    """`no`, `title`, `day` (ISO or None) and `proves` of each, in the order of their numbers."""
    capacity: Mapping[str, Any] | None
    """`income`, `costs`, `debts`, `left`, `likely` a month; None where nothing is known."""
    lang: str
    """Of the letter: `zh` or `en`."""

    @property
    def today(self) -> date:
        """In the procedure's zone."""
        return self.table.clock.day(self.snapshot.as_of)


class Lack(NamedTuple):
    """Something that the letter says and the case does not."""

    name: str
    kind: str
    """`fact`, `ask`, `event`, `deadline`, `exhibits`, `contacts`, `timeline` or `capacity`."""
    required: bool
    how: str
    """The command that would put it there, without the program's name; empty where nothing can be done."""


def fields(template: Template, table: Table) -> dict[str, Value]:
    """The type of each field. Shape: only of a template that fits the procedure (`states.template.unfit`)."""
    found = {name: value_of(name, field, table.procedure) for name, field in template.head.fields.items()}
    return {name: value for name, value in found.items() if value is not None}


def from_case(template: Template, known: Known) -> Data:
    """The values that the case's facts give the fields, as they are stored."""
    found: Data = {}
    for name, value in fields(template, known.table).items():
        fact = known.snapshot.facts.get(name)
        if fact is not None and not isinstance(read := read_value(value, fact), Wrong):
            found[name] = read
    return found


def lacking(template: Template, known: Known, values: Mapping[str, Any]) -> list[Lack]:
    """What is not there, required things first. `values`: all that is known of the fields."""
    found = []
    for name, field in template.head.fields.items():
        if values.get(name) is None:
            how = f"facts {known.ref} {name}=..." if field.ask is None else f"--set {name}=..."
            found.append(Lack(name, "ask" if field.ask else "fact", field.required, how))
    found += (lack for need in template.head.needs if (lack := _need(need, known)) is not None)
    return sorted(found, key=lambda each: not each.required)


def names(template: Template, known: Known, values: Mapping[str, Any]) -> Data:
    """Everything that the text can say, by name."""
    state = known.snapshot.track(MAIN)
    happened = dict(_happened(known))
    types = fields(template, known.table)
    return {
        "today": known.today,
        "case": SimpleNamespace(
            id=known.ref, title=clean(known.snapshot.title), client=_text(known.snapshot.client)
        ),
        "state": state.state if state else "",
        "last": _Named({event: each[-1] for event, each in happened.items()}),
        "first": _Named({event: each[0] for event, each in happened.items()}),
        "deadlines": _Named(_deadlines(known)),
        "timeline": list(_timeline(known)),
        "exhibits": [
            SimpleNamespace(no=e["no"], title=clean(e["title"]), day=_day(e["day"]), proves=_text(e["proves"]))
            for e in known.exhibits
        ],
        "contacts": _contacts(known),
        "capacity": _capacity(known.capacity),
        **{name: spoken(types[name], values.get(name)) for name in template.head.fields if name in types},
    }  # fmt: skip


def spoken(value: Value, stored: Any) -> Any:
    """A value as a template reckons with it: Decimal, date, int, bool or text. None: not there."""
    if stored is None or stored == "":
        return None
    match value.type:
        case "money" | "percent":
            return Decimal(stored)
        case "date":
            return date.fromisoformat(stored)
        case "text":
            return clean(stored).strip() or None
    return stored


class _Named:
    """Things by name; one that is not there is None, so that a template can ask."""

    def __init__(self, things: Mapping[str, Any]) -> None:
        self._things = things

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._things.get(name)


def _need(need: str, known: Known) -> Lack | None:
    """What is missing of one thing that the letter needs."""
    space, _, name = need.partition(".")
    match space:
        case "last" | "first":
            there = any(event == name for event, _ in _happened(known))
            return None if there else Lack(name, "event", True, f"record {known.ref} {name}")
        case "deadlines":
            id, _, lapsed = name.partition(".")
            run = _deadlines(known).get(id)
            return None if run is not None and (run.lapsed or not lapsed) else Lack(id, "deadline", True, "")
        case "exhibits":
            return None if known.exhibits else Lack(need, need, True, f"attach {known.ref} FILE")
        case "contacts":
            return None if _contacts(known) else Lack(need, need, True, f"record {known.ref} {CONTACT}")
        case "capacity":
            return None if known.capacity else Lack(need, need, True, f"facts {known.ref} {_income(known)}=...")
    return None if any(_timeline(known)) else Lack(need, need, True, "")


def _income(known: Known) -> str:
    return next((name for name in known.table.procedure.facts if name.startswith("income_")), "income")


def _happened(known: Known) -> Iterator[tuple[str, list[SimpleNamespace]]]:
    """The events in effect, each with its times in order: the day, and what was answered."""
    answered = {entry.seq: entry.data for entry in known.entries if isinstance(entry, EventEntry)}
    seen: dict[str, dict[tuple[datetime, int | None], SimpleNamespace]] = {}
    for row in known.snapshot.history:
        event = known.table.event(row.event)
        if event is None:
            continue
        data = answered.get(row.seq or 0, {})
        asked = {name: spoken(ask, data.get(name)) for name, ask in event.asks.items()}
        day = known.table.clock.day(row.at)
        seen.setdefault(row.event, {})[row.at, row.seq] = SimpleNamespace(**(asked | {"day": day}))
    for name, times in seen.items():
        yield name, list(times.values())


def _deadlines(known: Known) -> dict[str, SimpleNamespace]:
    """The latest running of each deadline."""
    return {run.id: _deadline(run, known) for run in known.snapshot.deadlines}


def _deadline(run: Run, known: Known) -> SimpleNamespace:
    rule = known.table.procedure.deadline(run.id)
    return SimpleNamespace(
        started=known.table.clock.day(run.started_at),
        due=_day(run.due),
        title=words(rule.title, known.lang) if rule else run.id,
        lapsed=run.status == MISSED,
    )


def _timeline(known: Known) -> Iterator[SimpleNamespace]:
    """What moved the case, in order of happening: not what was only noted."""
    answered = {entry.seq: entry for entry in known.entries if isinstance(entry, EventEntry)}
    told: set[tuple[datetime, int | None, str]] = set()
    for row in known.snapshot.history:
        event, key = known.table.event(row.event), (row.at, row.seq, row.event)
        if event is None or row.to is None or key in told:
            continue
        told.add(key)
        entry = answered.get(row.seq or 0)
        party = known.table.procedure.parties.get(event.by)
        yield SimpleNamespace(
            day=known.table.clock.day(row.at),
            who=words(party.title, known.lang) if party else "",
            what=words(event.title, known.lang),
            detail=_detail(entry, known) if entry else "",
            event=row.event,
            by=event.by,
        )


def _detail(entry: EventEntry, known: Known) -> str:
    """What was answered, in words."""
    said = wording(known.lang)
    event = known.table.event(entry.event)
    parts = []
    for name, ask in event.asks.items() if event else ():
        value = entry.data.get(name)
        if value in (None, ""):
            continue
        text = _in_words(ask, value, known.lang)
        title = words(ask.title, known.lang) or name
        parts.append(said.say("letter.pair", name=title, value=text))
    return said.say("letter.joint").join(parts)


def _in_words(ask: Value, value: Any, lang: str) -> str:
    from escalation.letters.render import day, money

    said = wording(lang)
    match ask.type:
        case "money":
            return money(value)
        case "date":
            return day(value, lang)
        case "percent":
            return f"{value}%"
        case "boolean":
            return said.say("word.yes" if value else "word.no")
        case "choice":
            return channel(value, lang)
    return clean(str(value))


def channel(id: str, lang: str) -> str:
    """A choice in words, where the wording has some."""
    said = wording(lang)
    return said.say(f"choice.{id}") if said.has(f"choice.{id}") else id


def _contacts(known: Known) -> list[SimpleNamespace]:
    found = []
    for event, times in _happened(known):
        if event != CONTACT:
            continue
        for each in times:
            facts = {name: getattr(each, name, None) for name in TALK}
            way = getattr(each, "channel", None)
            found.append(SimpleNamespace(day=each.day, channel=channel(way, known.lang) if way else None, **facts))
    return found


def _capacity(found: Mapping[str, Any] | None) -> SimpleNamespace | None:
    if not found:
        return None
    return SimpleNamespace(**{name: None if value is None else Decimal(value) for name, value in found.items()})


def _day(iso: str | None) -> date | None:
    return date.fromisoformat(iso[:10]) if iso else None


def _text(text: str | None) -> str | None:
    return clean(text).strip() or None if text else None
