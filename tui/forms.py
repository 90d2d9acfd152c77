"""What a form asks, and what people type into it: values, days, instants, paths. Nothing here knows Textual.

People do not type ISO 8601. A day may be 今天, 前天, 周五, 上周三, 3天前, 11-20, 11月20日, 20号, yesterday or friday,
with a time behind it or without; `read` says how it was understood, so that it can be shown beside what was typed.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec

from escalation.core.values import Wrong, read_value, storable
from escalation.wording import Wording
from states.model import Value

Data = Mapping[str, Any]
Lean = Literal["past", "near"]
"""Which Friday is meant by "Friday": the last one, or the one that is nearest."""

AT, NOTE, FILES = ".at", ".note", ".files"
"""Fields of every form: no ask can have such a name."""


class Field(NamedTuple):
    """One thing that a form asks."""

    name: str
    title: str
    type: str
    """A type of the procedure format, or `when`, `past` (a day that has come), `note`, `files`."""
    required: bool = False
    of: tuple[str, ...] = ()
    limits: Data = MappingProxyType({})
    """`min`, `max`, `max_length`, where there are any."""


class Problem(NamedTuple):
    """Why something typed cannot be taken: a key of the `form` or the `expected` sentences."""

    key: str
    limit: str | None = None
    meant: str | None = None


class Read(NamedTuple):
    """What something typed means."""

    value: Any = None
    """As the library takes it; None: nothing was said (of a `when`: now)."""
    shown: str | None = None
    """The day or the instant that was understood, as ISO text."""
    problem: Problem | None = None


class Answers(NamedTuple):
    """A whole form, read."""

    values: dict[str, Any]
    at: str | None
    note: str | None
    shown: dict[str, str]
    """By field: the day or the instant that was understood."""
    problems: dict[str, Problem]
    missing: tuple[str, ...]
    """Required fields with nothing in them."""

    @property
    def ready(self) -> bool:
        """Whether it can be put to the library."""
        return not self.problems and not self.missing


def fields_of(asks: Mapping[str, Data]) -> tuple[Field, ...]:
    """The fields of an event's asks, in the shape of docs/command-line.md."""
    return tuple(
        Field(
            name, ask.get("title") or name, ask["type"], bool(ask.get("required")), tuple(ask.get("of") or ()),
            {k: ask[k] for k in ("min", "max", "max_length") if ask.get(k) is not None},
        )
        for name, ask in asks.items()
    )  # fmt: skip


def read_form(fields: Sequence[Field], typed: Mapping[str, str], now: datetime) -> Answers:
    """Everything that was typed, at once. `now` is local to the procedure's zone."""
    answers = Answers({}, None, None, {}, {}, tuple(f.name for f in fields if f.required and not _said(typed, f)))
    at = note = None
    for field in fields:
        if field.type == "files":
            continue
        found = read(field, typed.get(field.name, ""), now)
        if found.shown is not None:
            answers.shown[field.name] = found.shown
        if found.problem is not None:
            answers.problems[field.name] = found.problem
        elif field.name == AT:
            at = found.value
        elif field.name == NOTE:
            note = found.value
        elif found.value is not None:
            answers.values[field.name] = found.value
    return answers._replace(at=at, note=note)


def _said(typed: Mapping[str, str], field: Field) -> bool:
    return bool(typed.get(field.name, "").strip())


def read(field: Field, text: str, now: datetime) -> Read:
    """What was typed into one field."""
    if field.type == "when":
        return _when(text, now)
    if not text.strip():
        return Read()
    if field.type == "past":
        return _past(text, now.date())
    shown = None
    given: str = text
    if field.type == "note":
        return Read(text) if storable(text) else Read(problem=Problem("text"))
    if field.type == "date":
        day = read_day(text, now.date())
        if day is None:
            return Read(problem=Problem("day"))
        given = shown = day.isoformat()
    elif field.type != "text":
        given = text.strip()
    defined = msgspec.convert({"type": field.type, "of": list(field.of) or None, **field.limits}, Value)
    found = read_value(defined, given)
    if isinstance(found, Wrong):
        return Read(shown=shown, problem=Problem(found.expected, found.limit, found.meant))
    return Read(found, shown)


# -- days and instants -----------------------------------------------------------------------------------

_NAMED = {
    "今天": 0, "今日": 0, "today": 0, "昨天": -1, "昨日": -1, "昨": -1, "yesterday": -1, "前天": -2, "大前天": -3,
    "明天": 1, "明日": 1, "tomorrow": 1, "后天": 2, "大后天": 3, "the day before yesterday": -2,
}  # fmt: skip
_NOW = ("", "现在", "刚才", "刚刚", "now", "just now")
_WEEKDAYS = {sign: n % 7 for n, sign in enumerate("一二三四五六日1234567")} | {"天": 6}
_ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKS = {"上上": -2, "上": -1, "last ": -1, "本": 0, "这": 0, "this ": 0, "下": 1, "next ": 1}

_WEEKDAY = re.compile(r"(上上|上|本|这|下)?个?(?:周|星期|礼拜)([一二三四五六日天1-7])")
_ENGLISH_DAY = re.compile(r"(last |this |next )?(mon|tue|wed|thu|fri|sat|sun)[a-z]*")
_AGO = re.compile(r"(\d{1,4}) ?(天|周|个星期|days?|weeks?) ?(前|以前|之前|后|以后|之后|ago|later)")
_FULL = re.compile(r"(\d{4})[-/.年 ](\d{1,2})[-/.月 ](\d{1,2})[日号]?|(\d{4})(\d{2})(\d{2})")
_MONTH_DAY = re.compile(r"(\d{1,2})[-/.月](\d{1,2})[日号]?")
_DAY = re.compile(r"(\d{1,2})[日号]")
_ENGLISH = re.compile(r"(?:([a-z]{3,9})\.? (\d{1,2})|(\d{1,2}) ([a-z]{3,9})\.?)(?:,? (\d{4}))?")
_TIME = re.compile(
    r"(?<![\d:])(?P<part>凌晨|早上|上午|中午|下午|傍晚|晚上)? ?(?P<hour>\d{1,2})"
    r"(?::(?P<minute>\d{2})(?::\d{2})?|[点时](?:(?P<past>\d{1,2})分?|(?P<half>半))?|(?= ?[ap]m$)) ?(?P<noon>[ap]m)?$"
)


def read_day(text: str, today: date, lean: Lean = "near") -> date | None:
    """The day that someone means, seen from `today`; None if it says none."""
    said = _plain(text)
    if said in _NAMED:
        return today + timedelta(days=_NAMED[said])
    for pattern, meant in (
        (_AGO, _ago), (_WEEKDAY, _weekday), (_ENGLISH_DAY, _weekday),
        (_FULL, _full), (_MONTH_DAY, _month_day), (_DAY, _month_day), (_ENGLISH, _english),
    ):  # fmt: skip
        found = pattern.fullmatch(said)
        if found:
            try:
                return meant(found, today, lean)
            except (ValueError, OverflowError):
                return None
    return None


def read_moment(text: str, now: datetime) -> tuple[date, time | None] | None:
    """A day that has come, and the time of it where one is said; None if it says none."""
    said = _plain(text)
    if said in _NOW:
        return now.date(), None
    found = _TIME.search(said)
    if found is None:
        day = read_day(said, now.date(), "past")
        return (day, None) if day is not None else None
    at, before = _time(found), said[: found.start()].rstrip(" t,")
    day = read_day(before, now.date(), "past") if before else now.date()
    return (day, at) if day is not None and at is not None else None


def _when(text: str, now: datetime) -> Read:
    moment = read_moment(text, now)
    if moment is None:
        return Read(problem=Problem("when"))
    day, at = moment
    if at is None:
        if day == now.date():  # "today" is as late as it can be: what was written down today comes before it
            return Read(None, now.replace(second=0, microsecond=0).isoformat())
        problem = Problem("future") if day > now.date() else None
        return Read(day.isoformat(), day.isoformat(), problem)
    instant = datetime.combine(day, at, now.tzinfo)
    problem = Problem("future") if instant > now else None
    return Read(f"{day.isoformat()}T{at:%H:%M}", instant.isoformat(), problem)


def _past(text: str, today: date) -> Read:
    day = read_day(text, today, "past")
    if day is None:
        return Read(problem=Problem("day"))
    return Read(day.isoformat(), day.isoformat(), Problem("future") if day > today else None)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def _time(found: re.Match[str]) -> time | None:
    hour = int(found["hour"])
    minute = 30 if found["half"] else int(found["minute"] or found["past"] or 0)
    after = found["noon"] == "pm" or found["part"] in ("下午", "傍晚", "晚上") or (found["part"] == "中午" and hour < 3)
    if after and hour < 12:
        hour += 12
    elif found["noon"] == "am" and hour == 12:
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _ago(found: re.Match[str], today: date, lean: Lean) -> date:
    n = int(found[1]) * (1 if found[2] in ("天", "day", "days") else 7)
    return today + timedelta(days=n if found[3] in ("后", "以后", "之后", "later") else -n)


def _weekday(found: re.Match[str], today: date, lean: Lean) -> date:
    day = _WEEKDAYS[found[2]] if found[2] in _WEEKDAYS else _ENGLISH_DAYS.index(found[2])
    if found[1] == "last ":
        return today - timedelta(days=(today.weekday() - day - 1) % 7 + 1)
    if found[1]:
        return today + timedelta(days=7 * _WEEKS[found[1]] + day - today.weekday())
    if lean == "past":
        return today - timedelta(days=(today.weekday() - day) % 7)
    return today + timedelta(days=(day - today.weekday()) % 7)


def _full(found: re.Match[str], today: date, lean: Lean) -> date:
    year, month, day = found.groups()[:3] if found[1] else found.groups()[3:]
    return date(int(year), int(month), int(day))


def _month_day(found: re.Match[str], today: date, lean: Lean) -> date:
    """Without a year; without a month as well: the one that fits best."""
    if len(found.groups()) == 2:
        years = (today.year - 1, today.year, today.year + 1)
        return _fitting([(year, int(found[1]), int(found[2])) for year in years], today, lean)
    first = today.replace(day=1)
    months = [(first - timedelta(days=1)), first, (first + timedelta(days=31))]
    return _fitting([(m.year, m.month, int(found[1])) for m in months], today, lean)


def _english(found: re.Match[str], today: date, lean: Lean) -> date:
    month = _MONTHS.index((found[1] or found[4])[:3]) + 1
    day = int(found[2] or found[3])
    if found[5]:
        return date(int(found[5]), month, day)
    return _fitting([(year, month, day) for year in range(today.year - 1, today.year + 2)], today, lean)


def _fitting(days: Iterable[tuple[int, int, int]], today: date, lean: Lean) -> date:
    """Of several days the nearest; leaning to the past, of those that have come. Raises: ValueError if none exists."""
    real = []
    for each in days:
        try:
            real.append(date(*each))
        except ValueError:
            continue  # no 29 February that year
    come = [day for day in real if day <= today] if lean == "past" else real
    if not real:
        raise ValueError
    return min(come or real, key=lambda day: abs(day - today))


# -- files -----------------------------------------------------------------------------------------------


def paths(text: str, exists: Callable[[str], bool]) -> list[str]:
    """The files that were typed or pasted, a line each or several in one, as terminals write dragged ones.

    Quotes, escaped blanks and `file://` are taken off; `exists` decides where blanks could be part of a name.
    """
    found: list[str] = []
    for line in (each.strip() for each in text.splitlines()):
        if not line:
            continue
        whole = _path(line)
        if exists(whole):
            found.append(whole)
            continue
        try:
            parts = shlex.split(line) if any(sign in line for sign in "'\"\\ ") else [line]
        except ValueError:
            parts = [line]
        each = [_path(part) for part in parts]
        found += each if any(exists(part) for part in each) else [whole]
    return list(dict.fromkeys(found))


def _path(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return unquote(urlsplit(text).path) if text.startswith("file://") else text


def size_said(size: int) -> str:
    """A size in bytes, for people."""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.1f} KiB" if size < 1024**2 else f"{size / 1024**2:.1f} MiB"


def problem_said(words: Wording, problem: Problem) -> str:
    """What is wrong with what was typed, as a sentence."""
    own = f"form.{problem.key}"
    text = words.say(own if words.has(own) else f"expected.{problem.key}", limit=problem.limit)
    return text + words.say("word.gap") + words.say("error.meant", meant=problem.meant) if problem.meant else text


def shown_said(words: Wording, iso: str, now: datetime) -> str:
    """How a day or an instant was understood, with its weekday."""
    today = now.date().isoformat()
    if "T" not in iso:
        return words.say("form.understood", when=words.day(iso, today))
    at = datetime.fromisoformat(iso)
    key = "form.understood_now" if at == now.replace(second=0, microsecond=0) else "form.understood"
    return words.say(key, when=words.instant(iso, today))
