"""Points that stand for all values of a name: as many as the constants it is compared with can tell apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any, NamedTuple

from states.model import CLOCK, MAIN, Ask, Fact, Number, Procedure, Value

NUMBERS = frozenset(("money", "percent", "integer"))
STEPS = {"integer": Decimal(1), "date": Decimal(1), "money": Decimal("0.01"), "percent": Decimal("0.000001")}
"""No two values of a type are closer than this."""

_EXACT = Decimal(10) ** 15
"""Steps above this are not looked at: no case holds such a value."""


class Other:
    """A text or a choice that no guard names. One value: `OTHER`."""

    def __repr__(self) -> str:
        return "…"


OTHER = Other()


class Point(NamedTuple):
    """One value, or all the values between two constants."""

    value: Any
    """Text, boolean, OTHER; a number where low and high are the same; None for values between, and for unset."""
    low: Decimal | None = None
    high: Decimal | None = None
    set: bool = True


UNSET = Point(None, set=False)


class Domain(NamedTuple):
    """What a name can be at all."""

    kind: str
    """`number`, `date`, `boolean` or `text`."""
    low: Decimal | None = None
    high: Decimal | None = None
    step: Decimal | None = None
    """None where there is a value between any two."""
    choices: tuple[str, ...] | None = None
    """All there are; None for any text."""
    unset: bool = True
    """Whether it can be without a value."""
    never: bool = False
    """Whether it is always without one."""


ANY_NUMBER = Domain("number", unset=False)


class Limits(NamedTuple):
    """The bounds of a value, as numbers or days; None where there is none or it is not readable."""

    low: Decimal | date | None
    high: Decimal | date | None


def limits(value: Value) -> Limits:
    """The bounds of a number, or of a date, that can be read."""
    return Limits(bound(value, value.min), bound(value, value.max))


def bound(value: Value, given: Number | None) -> Decimal | date | None:
    """One bound in the value's own type; None if there is none, or none of that type."""
    if given is None:
        return None
    if value.type == "date":
        return day(given) if isinstance(given, str) else None
    if value.type not in NUMBERS:
        return None
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        return None
    whole = number.is_finite() and (value.type != "integer" or number == number.to_integral_value())
    return number if whole else None


def day(text: str | None) -> date | None:
    """The day that ISO text says; None for no text and for what is no day."""
    try:
        return date.fromisoformat(text) if text is not None and len(text) == 10 else None
    except ValueError:
        return None


def domain(procedure: Procedure, name: str, state: str, event: str) -> Domain:
    """What the dotted `name` can be when `event` is offered to the track of `state`. Any unknown name: anything."""
    space, _, rest = name.partition(".")
    track, known = procedure.states[state].track, procedure.events.get(event)
    if space == "facts" and rest in procedure.facts:
        answers = known.asks.values() if known is not None and known.by != CLOCK else ()
        return _of_value(procedure.facts[rest], unset=not any(a.required and a.sets == rest for a in answers))
    if space == "event" and known is not None and rest in known.asks:
        ask = known.asks[rest]
        if known.by == CLOCK:
            return _of_value(ask, unset=True)._replace(never=True)
        return _of_value(ask, unset=not ask.required)
    if space == "checklists":
        return Domain("boolean", unset=False)
    if name == "case.state" or name == f"tracks.{track}":
        return Domain("text", choices=(state,), unset=False)
    if space == "tracks":
        states = tuple(s for s, each in procedure.states.items() if each.track == rest)
        return Domain("text", choices=states if rest == MAIN else ("", *states), unset=False)
    if name == "case.days_in_state":
        return Domain("number", Decimal(0), None, Decimal(1), unset=False)
    if name.startswith("case.visits."):
        visited = name.removeprefix("case.visits.")
        been = visited in (state, procedure.initial) or visited == _initial(procedure, track)
        return Domain("number", Decimal(int(been)), None, Decimal(1), unset=False)
    return Domain("text")


def answered(procedure: Procedure, event: str) -> dict[str, str]:
    """`event.X` -> `facts.Y` where the answer X is always given and is what the fact Y is now."""
    known = procedure.events.get(event)
    if known is None or known.by == CLOCK:
        return {}
    sets = [ask.sets for ask in known.asks.values()]
    return {
        f"event.{name}": f"facts.{ask.sets}"
        for name, ask in known.asks.items()
        if ask.required and ask.sets in procedure.facts and sets.count(ask.sets) == 1
    }


def answered_domain(fact: Fact, ask: Ask) -> Domain:
    """What a fact can be that an answer has just set: inside the bounds of both."""
    one, other = _of_value(fact, unset=False), _of_value(ask, unset=False)
    lows = [d.low for d in (one, other) if d.low is not None]
    highs = [d.high for d in (one, other) if d.high is not None]
    choices = one.choices
    if choices is not None and other.choices is not None:
        choices = tuple(c for c in choices if c in other.choices)
    return one._replace(low=max(lows, default=None), high=min(highs, default=None), choices=choices)


def points(domain: Domain, constants: Iterable[Any]) -> tuple[Point, ...]:
    """The points of a domain that `constants` can tell apart, values first, unset last; at least one."""
    if domain.never:
        return (UNSET,)
    if domain.kind == "boolean":
        found = [Point(True), Point(False)]
    elif domain.kind in ("number", "date"):
        found = _number_points(domain, sorted({c for c in constants if isinstance(c, Decimal)}))
    else:
        found = _text_points(domain, dict.fromkeys(c for c in constants if isinstance(c, str)))
    return (*found, UNSET) if domain.unset or not found else tuple(found)


def number(value: Any, kind: str) -> Any:
    """A literal as its domain holds it: days of dates count from the year 1."""
    found = day(value) if kind == "date" and isinstance(value, str) else None
    return Decimal(found.toordinal()) if found is not None else value


def said(name: str, point: Point, kind: str) -> str:
    """`facts.loss > 100`: a point in signs that need no language; `–` where there is no value."""
    if not point.set:
        return f"{name} = –"
    if point.value is not None:
        return f"{name} = {_shown(point.value, kind)}"
    if point.low is None and point.high is None:
        return f"{name} = …"
    if point.low is None:
        return f"{name} ≤ {_shown(point.high, kind)}"
    if point.high is None:
        return f"{name} ≥ {_shown(point.low, kind)}"
    return f"{name} = {_shown(point.low, kind)} … {_shown(point.high, kind)}"


def _shown(value: Any, kind: str) -> str:
    if kind == "date" and isinstance(value, Decimal):
        return date.fromordinal(min(max(int(value), 1), date.max.toordinal())).isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if value == "" else str(value)


def _initial(procedure: Procedure, track: str) -> str | None:
    return procedure.initial_of(track) if track == MAIN or track in procedure.tracks else None


def _of_value(value: Value, unset: bool) -> Domain:
    if value.type == "boolean":
        return Domain("boolean", unset=unset)
    if value.type == "choice":
        return Domain("text", choices=tuple(value.of or ()), unset=unset)
    if value.type not in NUMBERS and value.type != "date":
        return Domain("text", unset=unset)
    low, high = (_ordinal(bound(value, b)) for b in (value.min, value.max))
    if low is not None and high is not None and low > high:
        low = high = None  # reported as bounds out of order
    return Domain("date" if value.type == "date" else "number", low, high, STEPS[value.type], unset=unset)


def _ordinal(value: Decimal | date | None) -> Decimal | None:
    return Decimal(value.toordinal()) if isinstance(value, date) else value


def _number_points(domain: Domain, constants: list[Decimal]) -> list[Point]:
    """The constants that can be had, and what lies between, below and above them."""
    found = []
    edges: list[Decimal | None] = [None, *constants, None]
    for i in range(len(edges) - 1):
        low, high = edges[i], edges[i + 1]
        if low is not None and _inside(domain, low):
            found.append(Point(low, low, low))
        between = _between(domain, low, high)
        if between is not None:
            found.append(between)
    return found


def _inside(domain: Domain, value: Decimal) -> bool:
    return (
        (domain.low is None or value >= domain.low)
        and (domain.high is None or value <= domain.high)
        and (domain.step is None or abs(value) > _EXACT or value % domain.step == 0)
    )


def _between(domain: Domain, low: Decimal | None, high: Decimal | None) -> Point | None:
    """The values above `low` and below `high`, both left out; None if there are none."""
    if domain.step is not None:
        low = _step_from(low, domain.step, 1)
        high = _step_from(high, domain.step, -1)
    closed_low = low if domain.low is None or (low is not None and low >= domain.low) else domain.low
    closed_high = high if domain.high is None or (high is not None and high <= domain.high) else domain.high
    if closed_low is None or closed_high is None:
        return Point(None, closed_low, closed_high)
    if closed_low > closed_high or (domain.step is None and closed_low == closed_high):
        return None
    return Point(closed_low if closed_low == closed_high else None, closed_low, closed_high)


def _step_from(value: Decimal | None, step: Decimal, direction: int) -> Decimal | None:
    """The nearest value of a type above or below `value`; itself where it is too large to say."""
    if value is None or abs(value) > _EXACT:
        return value
    steps = (value / step).to_integral_value(ROUND_FLOOR if direction > 0 else ROUND_CEILING)
    return (steps + direction) * step


def _text_points(domain: Domain, literals: Iterable[str]) -> list[Point]:
    """Each text that is named and can be had, and one that stands for the rest."""
    if domain.choices is None:
        return [*(Point(t) for t in literals if t), Point(OTHER)]  # an empty text is not stored
    named = [Point(c) for c in domain.choices if c in set(literals)]
    rest = [c for c in domain.choices if c not in set(literals)]
    return [*named, Point(rest[0])] if rest else named
