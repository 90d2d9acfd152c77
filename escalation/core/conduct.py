"""How one was collected from: every contact of a log, counted by day and held against what is recommended. Pure.

Source: states/ground/conduct.toml; the events are those of docs/evidence.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from escalation.core.entries import EventEntry, Worldly
from states.conduct import Conduct, Rule

COLLECTED, LOGGED = "collector_contacted", "contact_logged"
"""The events that tell of a contact, by name, in whatever procedure."""
COLLECTOR = "collector"
"""The channel of a logged contact that makes it one of collecting."""


class Contact(Struct, frozen=True):
    """One contact, with everything that a complaint asks of it."""

    seq: int
    at: datetime
    """Local."""
    event: str
    theirs: bool | None
    """Whether they got in touch; None where that was not noted."""
    data: dict[str, Any]
    """What was noted, by the names of the event."""
    nth: int
    """Of the contacts of its local day, from 1."""
    lacks: tuple[str, ...]
    """What a complaint asks for and the entry does not say."""
    note: str | None = None

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def collecting(self) -> bool:
        """Whether it was to collect, and by them."""
        return self.event == COLLECTED or (self.data.get("channel") == COLLECTOR and self.theirs is True)

    @property
    def called(self) -> bool:
        """Whether it was a call. Of a `contact_logged` nobody knows how a collector came, so it is not counted."""
        return self.event == COLLECTED and self.data.get("channel") == "call"

    @property
    def to(self) -> str:
        """Whom they contacted; the person unless it was noted otherwise."""
        return str(self.data.get("to_whom") or "me")


class Mark(Struct, frozen=True):
    """A day or a contact that a rule speaks of."""

    rule: str
    day: date
    seqs: tuple[int, ...]
    """The contacts that make it so."""
    weight: str
    """`exceeds` what is recommended, or worth a `look`."""
    count: int | None = None
    most: int | None = None


class Day(Struct, frozen=True):
    """What one local day had of collecting."""

    day: date
    contacts: int
    answered: int
    unanswered: int
    unclear: int
    """Calls of which it was not noted whether they were answered; they count for no limit."""
    others: int
    """Contacts of somebody else."""
    marks: tuple[str, ...]
    """Rules, in the order of the file."""


def contacts(history: Iterable[Worldly], zone: ZoneInfo) -> list[Contact]:
    """Every contact of an effective history, in its order."""
    found: list[Contact] = []
    days: Counter[date] = Counter()
    for entry in history:
        if isinstance(entry, EventEntry) and entry.event in (COLLECTED, LOGGED):
            at = entry.occurred_at.astimezone(zone)
            days[at.date()] += 1
            found.append(
                Contact(
                    entry.seq, at, entry.event, _theirs(entry), entry.data, days[at.date()], _lacks(entry), entry.note
                )
            )
    return found


def _theirs(entry: EventEntry) -> bool | None:
    if entry.event == COLLECTED:
        return True
    direction = entry.data.get("direction")
    return None if direction is None else direction == "theirs"


def _lacks(entry: EventEntry) -> tuple[str, ...]:
    """Source: what a record of a contact should hold, docs/evidence.md."""
    data = entry.data
    if entry.event == COLLECTED:
        wanted = ["company", "who", "said"]
        if data.get("channel") in ("call", "sms"):
            wanted.append("from_number")
        if data.get("channel") == "call":
            wanted.append("connected")
    else:
        wanted = ["channel", "direction", "who", "said"]
        if data.get("channel") in ("app", "hotline", "counter"):
            wanted.append("ticket")
    if data.get("promise"):
        wanted.append("promised_on")
    # A call that nobody answered has neither words nor a speaker.
    silent = data.get("connected") is False
    return tuple(name for name in wanted if data.get(name) is None and not (silent and name in ("who", "said")))


# -- held against the rules ---------------------------------------------------------------------------------


def marks(found: Sequence[Contact], rules: Conduct) -> list[Mark]:
    """What exceeds the rules that were in force that day, by day, then in the order of the rules."""
    collecting = [each for each in found if each.collecting]
    made: list[Mark] = []
    for day in sorted({each.day for each in collecting}):
        today = [each for each in collecting if each.day == day]
        for id, rule in rules.at(day).items():
            made += _of_rule(id, rule, day, today)
    return made


def _of_rule(id: str, rule: Rule, day: date, today: Sequence[Contact]) -> list[Mark]:
    if rule.kind == "count":
        return _counted(id, rule, day, today)
    hits = tuple(each.seq for each in today if _speaks_of(rule, each))
    return [Mark(id, day, hits, rule.weight)] if hits else []


def _counted(id: str, rule: Rule, day: date, today: Sequence[Contact]) -> list[Mark]:
    """The limits are for one debtor and one number; of calls to others nobody knows whether it was one."""
    seqs = tuple(
        each.seq for each in today if each.called and each.to == "me" and each.data.get("connected") is rule.connected
    )
    return [Mark(id, day, seqs, rule.weight, len(seqs), rule.most)] if len(seqs) > rule.most else []


def _speaks_of(rule: Rule, contact: Contact) -> bool:
    data = contact.data
    if rule.kind == "said":
        return data.get(rule.answer) is True
    if rule.kind == "whom":
        return data.get("to_whom") in rule.whom
    if data.get(rule.unless or "") is True or rule.begins is None or rule.ends is None:
        return False
    # How a collector came is not known of a `contact_logged`; the hour holds for all ways but a letter.
    if contact.event == COLLECTED and data.get("channel") not in rule.channels:
        return False
    hour = contact.at.time()
    over_midnight = rule.begins > rule.ends
    inside = hour >= rule.begins or hour < rule.ends if over_midnight else rule.begins <= hour < rule.ends
    return inside


def days(found: Sequence[Contact], made: Sequence[Mark]) -> list[Day]:
    """Each local day on which they came to collect, in order."""
    rows = []
    for day in sorted({each.day for each in found if each.collecting}):
        today = [each for each in found if each.collecting and each.day == day]
        calls = [each.data.get("connected") for each in today if each.called]
        rows.append(
            Day(
                day=day,
                contacts=len(today),
                answered=sum(c is True for c in calls),
                unanswered=sum(c is False for c in calls),
                unclear=sum(c is None for c in calls),
                others=sum(each.to != "me" for each in today),
                marks=tuple(dict.fromkeys(m.rule for m in made if m.day == day)),
            )
        )
    return rows
