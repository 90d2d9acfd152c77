"""Made-up values where a procedure asks, or where a guard or a length looks: those that can decide differently.

Nothing here draws lots by itself: `dice` comes from whoever asks, so the same dice give the same values.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from escalation.core.table import Branch, Table
from escalation.core.values import Wrong, read_answers, read_value
from states.expressions import Expression
from states.model import CLOCK, Ask, Event, Value
from states.samples import STEPS, Point, answered_domain, domain, points
from states.terms import Terms

if TYPE_CHECKING:
    from random import Random

TEXT = "…"
"""What is said where any text will do."""
SOON, LATER = 7, 60
"""Days: a made-up date lies so far ahead, unless a guard compares it with a day."""
_ANY_SUM = Decimal(10_000)
"""Where a number has no upper bound."""


class MadeUp:
    """Makes up facts and answers for cases of one procedure."""

    def __init__(self, table: Table, dice: Random) -> None:
        self.table = table
        self.dice = dice
        self._terms = Terms({})
        self._read: set[str] = set()
        for expression in _expressions(table):
            self._terms.read(expression.node)
            self._read |= expression.names
        events = table.procedure.events.values()
        asked = {ask.sets for event in events if event.by != CLOCK for ask in event.asks.values()}
        facts = table.procedure.facts
        self._at_opening = [n for n in facts if f"facts.{n}" in self._read and n not in asked]
        self._deciding = {n for n in facts if f"facts.{n}" in self._read} | table.date_rules
        self._asked: dict[str, list[str]] = {}

    def one(self, n: int) -> int:
        """A whole number from 0 up to `n`, which is left out. (`random()` alone is the same on every Python.)"""
        return int(self.dice.random() * n)

    def facts_at_opening(self, at: datetime) -> dict[str, Any]:
        """Those that decide something and that no event asks for."""
        made = {name: self._fact(name, at) for name in self._at_opening}
        return {name: value for name, value in made.items() if value is not None}

    def day_for(self, fact: str, at: datetime) -> Any:
        """The date of a `due_on` deadline; None where its bounds allow none."""
        return self._fact(fact, at)

    def asked(self, event: str) -> list[str]:
        """The answers that are given: those that must be, and those that decide something."""
        known = self._asked.get(event)
        if known is None:
            asks = self.table.procedure.events[event].asks
            known = self._asked[event] = [
                name
                for name, ask in asks.items()
                if ask.required or f"event.{name}" in self._read or ask.sets in self._deciding
            ]
        return known

    def decides(self, event: str, ways: Iterable[Branch]) -> bool:
        """Whether the answers to an event have a say in which of these transitions it takes."""
        asks = self.table.procedure.events[event].asks
        told = {f"event.{name}" for name in asks} | {f"facts.{ask.sets}" for ask in asks.values() if ask.sets}
        return any(branch.when is not None and not told.isdisjoint(branch.when.names) for branch in ways)

    def answers(self, event: str, at: datetime) -> dict[str, Any]:
        """What is said when an event is recorded, as the log stores it."""
        defined: Event = self.table.procedure.events[event]
        said = {}
        for name in self.asked(event):
            made = self._value(defined.asks[name], f"event.{name}", event, at)
            if made is not None:
                said[name] = made
        if not said:
            return said
        values, _ = read_answers(self.table.procedure, defined, said, require=False)
        return values

    def _fact(self, name: str, at: datetime) -> Any:
        found = read_value(defined := self.table.procedure.facts[name], self._value(defined, f"facts.{name}", "", at))
        return None if isinstance(found, Wrong) else found

    def _value(self, defined: Value, dotted: str, event: str, at: datetime) -> Any:
        """A value in the form in which a person would type it; None where there can be none."""
        sets = defined.sets if isinstance(defined, Ask) else None
        fact = self.table.procedure.facts.get(sets or "")
        if fact is not None and isinstance(defined, Ask):
            possible = answered_domain(fact, defined)
        else:
            possible = domain(self.table.procedure, dotted, self.table.procedure.initial, event)
        constants = [c for key in (dotted, f"facts.{sets}") for c in self._terms.constants.get(key, ())]
        if defined.type == "choice":
            choices = possible.choices or ()
            return choices[self.one(len(choices))] if choices else None
        if defined.type == "date" and not constants:
            return self._soon(possible.low, possible.high, at)
        found = [point for point in points(possible, constants) if point.set]
        return self._of(found[self.one(len(found))], defined.type) if found else None

    def _soon(self, low: Decimal | None, high: Decimal | None, at: datetime) -> str:
        day = self.table.clock.day(at) + timedelta(days=SOON + self.one(LATER - SOON + 1))
        first, last = (None if each is None else date.fromordinal(int(each)) for each in (low, high))
        day = day if last is None else min(day, last)
        return (day if first is None else max(day, first)).isoformat()

    def _of(self, point: Point, kind: str) -> Any:
        """One value of a point."""
        if kind == "boolean":
            return point.value
        if kind == "text":
            return point.value if isinstance(point.value, str) else TEXT
        number = point.value if point.value is not None else self._between(point, STEPS[kind])
        if kind == "date":
            return date.fromordinal(max(int(number), 1)).isoformat()
        return int(number) if kind == "integer" else f"{number:f}"

    def _between(self, point: Point, step: Decimal) -> Decimal:
        low, high = point.low, point.high
        if low is None:
            low = Decimal(0) if high is None else high - _ANY_SUM
        high = low + _ANY_SUM if high is None else high
        steps = ((high - low) * self.one(1001) / 1000 / step).to_integral_value(ROUND_FLOOR)
        return low + steps * step


def _expressions(table: Table) -> list[Expression]:
    """Every expression that anything in a procedure looks at."""
    found = [
        branch.when
        for state in table.procedure.states
        for listed in table.moves(state).values()
        for branch in listed
        if branch.when is not None
    ]
    for state in (None, *table.procedure.states):
        for rule in table.rules(state).values():
            found += [when for when, _ in rule.lengths if when is not None]
    return found
