"""What is typed to find cases, as SQL: `期限:<7天 阶段:投诉 -客户:王 花瓶`, `due:<7d stage:talks -client:Li parcel`.

Words stand anywhere in title, client or id; `key:value` pairs say more; `-` stands before what must not hold, and
quotes around what has blanks in it. Everything must hold. What is not understood is named, and left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from escalation.rows import to_int

KEYS = ("state", "stage", "client", "person", "procedure", "is", "due")
_CHINESE = {
    "状态": "state", "现在": "state", "阶段": "stage", "客户": "client", "当事人": "client", "负责": "person",
    "负责人": "person", "流程": "procedure", "是": "is", "期限": "due", "最晚": "due",
}  # fmt: skip
_IS = {
    "open": "c.open = ?", "closed": "c.open = ?", "overdue": "c.overdue = ?",
    "进行中": "c.open = ?", "已结束": "c.open = ?", "结束": "c.open = ?", "逾期": "c.overdue = ?",
}  # fmt: skip
_CLOSED = ("closed", "已结束", "结束")
_NOBODY = ("none", "nobody", "无", "没有", "没人")
_TODAY, _TOMORROW = ("today", "今天"), ("tomorrow", "明天")
_WEEK = ("week", "thisweek", "本周", "这周")

_TOKEN = re.compile(r'-?(?:([^\s:："]+)[:：])?(?:"([^"]*)"?|(\S+))|\S+')
_SPAN = re.compile(r"<?=?(\d{1,4})-?(d|w|day|days|week|weeks|天|日|周)内?")
_DATE = re.compile(r"<?=?(?:(\d{4})-)?(\d{1,2})-(\d{1,2})")

Clause = tuple[str, list[Any]]
Named = Callable[[str, str], Iterable[tuple[str, str]]]
"""The pairs of definition and id of the states (`state`) or stages (`stage`) that people call so."""


class Sought(NamedTuple):
    """What was typed, as SQL over the table `case` as `c`, and what of it was not understood."""

    clauses: tuple[str, ...]
    values: tuple[Any, ...]
    unknown: tuple[str, ...]

    @property
    def where(self) -> str:
        """WHERE ..., or nothing."""
        return f" WHERE {' AND '.join(self.clauses)}" if self.clauses else ""


def sought(text: str, now: datetime, named: Named) -> Sought:
    """What must hold. Shape: `now` in the zone whose midnight ends a day."""
    clauses: list[str] = []
    values: list[Any] = []
    unknown: list[str] = []
    for token in _TOKEN.finditer(text):
        found = _clause(token, now, named)
        if found is None:
            unknown.append(token[0])
            continue
        negated = token[0].startswith("-") and len(token[0]) > 1
        clauses.append(f"NOT coalesce(({found[0]}), FALSE)" if negated else f"({found[0]})")
        values += found[1]
    return Sought(tuple(clauses), tuple(values), tuple(unknown))


def _clause(token: re.Match[str], now: datetime, named: Named) -> Clause | None:
    value = token[2] if token[2] is not None else token[3] or ""
    if token[1] is not None:
        key = token[1].lower()
        return _pair(_CHINESE.get(key, key), value.strip(), now, named) if value.strip() else None
    word = token[0].removeprefix("-") if token[2] is None else value
    if word[-1:] in (":", "："):
        return None  # a pair that is still being typed
    return _anywhere(word, "c.title", "c.client", "c.ref") if word else None


def _anywhere(word: str, *columns: str) -> Clause:
    escaped = word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    clause = " OR ".join(f"lower(coalesce({each}, '')) LIKE ? ESCAPE '\\'" for each in columns)
    return clause, [f"%{escaped}%"] * len(columns)


def _pair(key: str, value: str, now: datetime, named: Named) -> Clause | None:
    if key in ("client", "person"):
        return (f"c.{key} IS NULL", []) if value.lower() in _NOBODY else _anywhere(value, f"c.{key}")
    if key in ("state", "stage"):
        pairs = list(named(key, value))
        if not pairs:
            return f"c.{key} = ?", [value]
        either = " OR ".join([f"(c.definition = ? AND c.{key} = ?)"] * len(pairs))
        return either, [each for pair in pairs for each in pair]
    if key == "procedure":
        return "c.definition IN (SELECT hash FROM definition WHERE procedure = ?)", [value]
    if key == "is" and value.lower() in _IS:
        return _IS[value.lower()], [value.lower() not in _CLOSED]
    return _due(value.lower(), now) if key == "due" else None


def _due(value: str, now: datetime) -> Clause | None:
    """What lapses by the end of a day, and what is late already: both press."""
    if value in _NOBODY:
        return "c.open = ? AND c.next_lapse IS NULL AND c.overdue = ?", [True, False]
    last = _last_day(value, now.date())
    if last is None:
        return None
    return "c.open = ? AND (c.overdue = ? OR c.next_lapse <= ?)", [True, True, to_int(end_of(last, now))]


def end_of(last: date, now: datetime) -> datetime:
    """When a day is over, where it is `now`."""
    return datetime.combine(last + timedelta(days=1), time(), now.tzinfo)


def _last_day(value: str, today: date) -> date | None:
    """`<7d`, `7天`, `2w`, `today`, `本周`, `<12-05`, `2026-12-05`."""
    if value.removeprefix("<") in (*_TODAY, *_TOMORROW):
        return today + timedelta(days=value.removeprefix("<") in _TOMORROW)
    if value.removeprefix("<") in _WEEK:
        return today + timedelta(days=6 - today.weekday())
    span = _SPAN.fullmatch(value)
    if span is not None:
        return today + timedelta(days=int(span[1]) * (7 if span[2] in ("w", "week", "weeks", "周") else 1))
    given = _DATE.fullmatch(value)
    if given is None:
        return None
    try:
        found = date(int(given[1] or today.year), int(given[2]), int(given[3]))
    except ValueError:
        return None
    if given[1] is None and found < today:
        return found.replace(year=today.year + 1) if (found.month, found.day) != (2, 29) else None
    return found
