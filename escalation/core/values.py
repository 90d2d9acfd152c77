"""What a person says -> a typed value as the log stores it, or what is wrong with it, field by field.

Money is kept as text with two decimals, percent as plain decimal text, dates as ISO text; integers
and booleans as they are in JSON. Source: the procedure format, `type`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from escalation.core.entries import EXHIBIT_TYPES
from states.errors import near_miss
from states.model import Event, Procedure, Value

DESCRIBES: Mapping[str, Value] = {
    "title": Value(type="text"),
    "type": Value(type="choice", of=list(EXHIBIT_TYPES)),
    "dated": Value(type="date"),
    "proves": Value(type="text", max_length=1000),
}
"""What a person can say of an attached file, and correct later."""
LONGEST_TEXT = 10_000
LARGEST = Decimal(10) ** 15
_YES = frozenset(("true", "yes", "y", "是", "1"))
_NO = frozenset(("false", "no", "n", "否", "0"))


class Wrong(NamedTuple):
    """Why a value cannot be taken."""

    expected: str
    """A key of the wording's `expected` table."""
    limit: str | None = None
    meant: str | None = None


def read_values(
    defined: Mapping[str, Value], given: Mapping[str, Any], require: bool
) -> tuple[dict[str, Any], dict[str, Wrong]]:
    """The values as stored, in the order of definition, and what is wrong by field.

    Empty text and None count as not given. `require`: whether required ones must be there.
    """
    known = ", ".join(defined) or None
    wrong = {name: Wrong("unknown", known, near_miss(name, defined)) for name in given if name not in defined}
    values: dict[str, Any] = {}
    for name, each in defined.items():
        raw = given.get(name)
        if raw is None or raw == "":
            if require and each.required:
                wrong[name] = Wrong("required")
            continue
        found = read_value(each, raw)
        if isinstance(found, Wrong):
            wrong[name] = found
        else:
            values[name] = found
    return values, wrong


def read_answers(
    procedure: Procedure, event: Event, given: Mapping[str, Any], require: bool
) -> tuple[dict[str, Any], dict[str, Wrong]]:
    """An event's data as stored. What is also stored as a fact keeps within the fact's bounds, too."""
    values, wrong = read_values(event.asks, given, require)
    for name, ask in event.asks.items():
        fact = procedure.facts.get(ask.sets or "")
        if fact is not None and name in values:
            found = read_value(fact, values[name])
            if isinstance(found, Wrong):
                wrong[name] = found
                del values[name]
    return values, wrong


def read_value(defined: Value, raw: Any) -> Any:
    """The value as stored, or a Wrong. `raw` is text as typed, or a JSON value."""
    found = _READERS[defined.type](defined, raw)
    return found if isinstance(found, Wrong) else _bounded(defined, found)


def storable(text: str) -> bool:
    """Whether text can be kept: no lone surrogates (bytes that were no UTF-8), no NUL."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _text(defined: Value, raw: Any) -> Any:
    if not isinstance(raw, str) or not storable(raw):
        return Wrong("text")
    limit = defined.max_length or LONGEST_TEXT
    return raw if len(raw) <= limit else Wrong("max_length", str(limit))


def _number(raw: Any) -> Decimal | None:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        return None
    text = unicodedata.normalize("NFKC", str(raw)).strip() if isinstance(raw, str) else str(raw)
    if not text.lstrip("+-").replace(".", "", 1).isdigit():
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if abs(number) < LARGEST else None


def _money(defined: Value, raw: Any) -> Any:
    number = read_sum(raw) if isinstance(raw, str) else _number(raw)
    if isinstance(number, Wrong):
        return number
    if number is None or number != round(number, 2):
        return Wrong("money")
    return f"{number:.2f}" if number else "0.00"


def read_sum(text: str) -> Decimal | Wrong:
    """A sum in yuan as people write it: `12000`, `￥1,200`, `１２００ 元`, `350.5块`, `1.2万`, `3千元`.

    Commas stand before every three digits, or not at all. A sign is read, so that whoever asks can say that the sum
    must not be below 0. Other money is not: nobody knows at what rate.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if _FOREIGN.search(plain):
        return Wrong("yuan")
    found = _SUM.fullmatch(plain)
    if found is None or not (found["whole"] or found["cents"].strip(".")):
        return Wrong("money")
    number = Decimal(found["whole"].replace(",", "") + found["cents"]) * _TIMES[found["unit"] or ""]
    if (found["sign"] or found["after"] or "+") != "+":
        number = -number
    return number if abs(number) < LARGEST else Wrong("money")


_SUM = re.compile(
    r"(?:(?P<sign>[-+\u2212])\s*(?:(?:¥|人民币|RMB)\s*)?|(?:¥|人民币|RMB)\s*(?P<after>[-+\u2212])?\s*)?"
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d{0,16})(?P<cents>(?:\.\d{0,12})?)\s*(?P<unit>[万千]?)\s*(?:元整?|块钱?|圆)?",
    re.IGNORECASE,
)
_TIMES = {"": 1, "千": 1_000, "万": 10_000}
_FOREIGN = re.compile(r"[$€£₩]|美元|港币|港元|欧元|日元|USD|HKD|EUR", re.IGNORECASE)


def _percent(defined: Value, raw: Any) -> Any:
    number = _number(raw.rstrip("%％") if isinstance(raw, str) else raw)
    if number is None or number != round(number, 6):
        return Wrong("percent")
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text


def _integer(defined: Value, raw: Any) -> Any:
    number = None if isinstance(raw, float) else _number(raw)
    if number is None or number != int(number) or (isinstance(raw, str) and "." in raw):
        return Wrong("integer")
    return int(number)


def _date(defined: Value, raw: Any) -> Any:
    try:
        day = date.fromisoformat(raw) if isinstance(raw, str) and len(raw) == 10 else None
    except ValueError:
        day = None
    return day.isoformat() if day is not None and 1900 <= day.year <= 2200 else Wrong("date")


def _boolean(defined: Value, raw: Any) -> Any:
    if isinstance(raw, bool):
        return raw
    said = raw.strip().lower() if isinstance(raw, str) else ""
    return True if said in _YES else False if said in _NO else Wrong("boolean")


def _choice(defined: Value, raw: Any) -> Any:
    of = defined.of or []
    if isinstance(raw, str) and raw in of:
        return raw
    return Wrong("choice", " | ".join(of), near_miss(raw, of) if isinstance(raw, str) else None)


_READERS = {
    "text": _text, "money": _money, "percent": _percent, "integer": _integer,
    "date": _date, "boolean": _boolean, "choice": _choice,
}  # fmt: skip


def _bounded(defined: Value, value: Any) -> Any:
    """The value, or the bound that it passes; dates compare as ISO text."""
    if defined.type not in ("money", "percent", "integer", "date"):
        return value
    size: Any = value if defined.type == "date" else Decimal(str(value))
    for name, bound in (("min", defined.min), ("max", defined.max)):
        if bound is None:
            continue
        limit: Any = str(bound) if defined.type == "date" else Decimal(str(bound))
        if (size < limit) if name == "min" else (size > limit):
            return Wrong(name, str(bound))
    return value
