"""What was said, by a command or a program, read and checked: instants, values, items, days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from escalation.core.instants import read_instant
from escalation.core.table import Table
from escalation.core.values import Wrong, read_answers, read_values, storable
from escalation.errors import BadInput, FieldProblem, NotFound
from states.errors import near_miss
from states.lengths import parse_length
from states.model import Event, Value, words

Data = dict[str, Any]
When = datetime | str | None
"""An aware instant, or text as the command line takes it; None for now."""


T = TypeVar("T")


class Together:
    """Says everything that is wrong with an entry at once."""

    def __init__(self) -> None:
        self._problems: list[FieldProblem] = []

    def read(self, question: Callable[[], T]) -> T | None:
        """The answer, or None where it is wrong: then it is told by `done`."""
        try:
            return question()
        except BadInput as error:
            self._problems += error.problems
            return None

    def done(self) -> None:
        """Raises: BadInput with every problem so far, if there is any."""
        if self._problems:
            raise BadInput(*self._problems)


def not_future(at: datetime, said: When, now: datetime) -> datetime:
    """The instant, which must have come. Raises: BadInput, in the words in which it was said."""
    if at > now:
        raise BadInput(FieldProblem("at", str(said), "not_future"))
    return at


def instant(field: str, at: When, zone: ZoneInfo, now: datetime, opened_at: datetime | None) -> datetime:
    if at is None:
        return now
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise BadInput(FieldProblem(field, str(at), "instant"))
        return at
    found = read_instant(at, zone, now, opened_at) if isinstance(at, str) else None
    if found is None:
        raise BadInput(FieldProblem(field, str(at), "instant"))
    return found


def typed(defined: Mapping[str, Value], given: Mapping[str, Any], require: bool) -> Data:
    """Typed values. Raises: BadInput with every field that is wrong."""
    values, wrong = read_values(defined, given, require)
    if wrong:
        raise BadInput(*(_problem(name, given.get(name), each) for name, each in wrong.items()))
    return values


def answers(table: Table, event: Event, given: Mapping[str, Any], require: bool = True) -> Data:
    """An event's data, typed. Raises: BadInput with every answer that is wrong."""
    values, wrong = read_answers(table.procedure, event, given, require)
    if wrong:
        raise BadInput(*(_problem(name, given.get(name), each) for name, each in wrong.items()))
    return values


def _problem(name: str, value: Any, wrong: Wrong) -> FieldProblem:
    return FieldProblem(name, value, wrong.expected, wrong.meant, limit=wrong.limit)


def check_values(data: Mapping[str, Any]) -> Data:
    done = Value(type="boolean")
    return typed({"done": done}, data, require=False)


def item_of(table: Table, item: str) -> str:
    """The full name of a checklist item. Raises: NotFound, also where it is in several lists."""
    known = [f"{name}.{id}" for name, c in table.procedure.checklists.items() for id in c.items]
    if item in known:
        return item
    found = [name for name in known if name.partition(".")[2] == item]
    if len(found) == 1:
        return found[0]
    short = {name.partition(".")[2]: name for name in known}
    meant = near_miss(item, known) or short.get(near_miss(item, short) or "")
    raise NotFound("item", item, meant, tuple(found or known))


def follow_up_day(action: str, due: str | None, table: Table, now: datetime) -> str | None:
    if action not in ("add", "move"):
        return None
    try:
        day = date.fromisoformat(due or "")
    except ValueError:
        raise BadInput(FieldProblem("date", due, "date")) from None
    if action == "move" and day < table.clock.day(now):
        raise BadInput(FieldProblem("date", due, "not_past"))
    return day.isoformat()


def storable_texts(**texts: str | None) -> None:
    """Raises: BadInput for text that cannot be kept."""
    wrong = [FieldProblem(name, "", "text") for name, text in texts.items() if text is not None and not storable(text)]
    if wrong:
        raise BadInput(*wrong)


def days_ahead(text: str) -> int:
    """Days ahead: `7d`, `2w`, or a length in days or weeks."""
    if not isinstance(text, str):
        raise BadInput(FieldProblem("within", str(text), "within"))
    short = {"d": 1, "w": 7}
    if len(text) > 1 and text[:-1].isdigit() and text[-1] in short and len(text) < 7:
        return int(text[:-1]) * short[text[-1]]
    length = parse_length(text)
    if length is None or length.unit not in ("days", "weeks"):
        raise BadInput(FieldProblem("within", text, "within"))
    return length.n * (7 if length.unit == "weeks" else 1)


def title_of(table: Table, lang: str) -> str:
    return words(table.procedure.title, lang)
