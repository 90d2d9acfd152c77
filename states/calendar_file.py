"""The file of one year's days off and make-up working days: read strictly, or with all that is wrong in it.

Shipped and installed files have one format (described for users in `docs/calendars.md`):

    calendar = "CN"
    year = 2027
    off = [
      {from = 2027-02-05, to = 2027-02-11, name = "春节"},
    ]
    working = [2027-01-31, 2027-02-20]          # weekend days worked instead

    [source]                                    # and [[amended_by]], for a later notice
    title = "…"                                 # number, url, published: where known
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

YEARS = range(1900, 2101)
FESTIVALS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")

_TOP = {"calendar": str, "year": int, "off": list, "source": dict, "working": list, "amended_by": list}
_SPAN = {"from": date, "to": date, "name": str}
_NOTICE = {"title": str, "number": str, "url": str, "published": date}
_REQUIRED = {"calendar", "year", "off", "source", "from", "to", "name", "title"}
_KINDS = {
    str: "must be text in quotes",
    int: "must be a whole number",
    date: "must be a date without quotes, as 2027-02-05",
    list: "must be a list in [ ]",
    dict: "must be a table",
}
_LONGEST = 31
"""Days. No holiday was ever longer than ten; a longer span is a slip in a month."""


class DaysOff(NamedTuple):
    first: date
    last: date
    name: str


class Notice(NamedTuple):
    title: str
    number: str | None
    url: str | None
    published: date | None


class CalendarFile(NamedTuple):
    calendar: str
    year: int
    off: tuple[DaysOff, ...]
    working: tuple[date, ...]
    notices: tuple[Notice, ...]
    """The year's own notice, then those that amended it."""


class FileProblem(NamedTuple):
    line: int | None
    """From 1; None where no line can be named."""
    key: str
    """As `off[2].from`, counted from 1; empty where the whole file is meant."""
    message: str


class CalendarFileError(ValueError):
    """A calendar file is wrong; `problems` holds everything that is, by line."""

    def __init__(self, path: str | Path, problems: Iterable[FileProblem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        told = (f"{f'line {p.line}: ' if p.line else ''}{p.key} {p.message}".strip() for p in self.problems)
        super().__init__(f"{os.path.basename(path)}: " + "; ".join(told))


def read_calendar_file(path: Path) -> CalendarFile:
    """The notice in `path`, checked strictly.

    Raises: CalendarFileError with all problems at once; OSError.
    """
    return parse_calendar_file(path, path.read_bytes())


def install_calendar_file(path: Path, folder: Path) -> Path:
    """Check `path` and copy it into `folder` under the name by which it is found, which is returned.

    Raises: CalendarFileError or OSError; what was installed before is then unchanged.
    """
    content = path.read_bytes()
    file = parse_calendar_file(path, content)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"{file.calendar}-{file.year}.toml"
    draft = folder / f".{target.name}.{os.getpid()}"
    draft.unlink(missing_ok=True)
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def parse_calendar_file(path: str | Path, content: bytes) -> CalendarFile:
    """As `read_calendar_file`, of what was read already; `path` is only named in errors."""
    import tomllib  # 5 ms, which the shipped years do without

    try:
        text = content.decode("utf-8-sig")
        data = tomllib.loads(text)
    except UnicodeDecodeError:
        raise CalendarFileError(path, [FileProblem(None, "", "is not UTF-8 text")]) from None
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at line ")
        line = int(place.split(",")[0]) if place else None
        raise CalendarFileError(path, [FileProblem(line, "", f"is not TOML: {message}")]) from None
    if problems := list(_problems(text, data)):
        raise CalendarFileError(path, problems)
    off = tuple(DaysOff(span["from"], span["to"], span["name"]) for span in data["off"])
    notices = (data["source"], *data.get("amended_by", ()))
    told = tuple(Notice(*(notice.get(key) for key in _NOTICE)) for notice in notices)
    return CalendarFile(data["calendar"], data["year"], off, tuple(data.get("working", ())), told)


def nearest(name: str, known: Iterable[str], count: int) -> list[str]:
    """Up to `count` of `known` that `name` may have been meant for, best first."""
    from difflib import get_close_matches

    return get_close_matches(name, list(known), count)


def _problems(text: str, data: dict[str, Any]) -> Iterator[FileProblem]:
    wrong = list(_table(text, "", None, data, _TOP))
    yield from wrong
    amiss = {problem.key for problem in wrong}
    usable = {key: value for key, value in data.items() if key not in amiss}
    if usable.get("calendar", "CN") != "CN":
        yield FileProblem(_line(text, "calendar"), "calendar", 'must be "CN", the only one kept in files')
    year = usable.get("year")
    if year is not None and year not in YEARS:
        yield FileProblem(_line(text, "year"), "year", f"must be between {YEARS[0]} and {YEARS[-1]}")
        year = None
    named: dict[date, str] = {}
    for number, span in enumerate(usable.get("off", ()), 1):
        yield from _span(text, f"off[{number}]", span, year, named)
    yield from _working(text, usable.get("working", ()), year, named)
    if "source" in usable:
        yield from _table(text, "source", _line(text, "source"), usable["source"], _NOTICE)
    place = 0
    for number, notice in enumerate(usable.get("amended_by", ()), 1):
        place = _line(text, "amended_by", place + 1) or place
        yield from _table(text, f"amended_by[{number}]", place, notice, _NOTICE)


def _table(text: str, where: str, place: int | None, table: Any, keys: dict[str, Any]) -> Iterator[FileProblem]:
    """What is wrong with the keys of `table`, which begins on line `place`, and the kinds of their values."""
    if not isinstance(table, dict):
        yield FileProblem(place, where, _KINDS[dict])
        return
    prefix = f"{where}." if where else ""
    for key in [key for key in table if key not in keys]:
        near = nearest(key, keys, 1)
        meant = f"; did you mean {near[0]}?" if near else ""
        above = "; it belongs above [source]" if key in _TOP else ""
        yield FileProblem(_line(text, key, place), prefix + key, f"is not a known key{above or meant}")
    for key, kind in keys.items():
        if key not in table:
            if key in _REQUIRED:
                yield FileProblem(place, prefix + key, "is missing")
        elif type(table[key]) is not kind:
            yield FileProblem(_line(text, key, place), prefix + key, _KINDS[kind])
        elif table[key] == "":
            yield FileProblem(_line(text, key, place), prefix + key, "is empty")


def _span(text: str, where: str, span: Any, year: int | None, named: dict[date, str]) -> Iterator[FileProblem]:
    """What is wrong with one entry of `off`; the days of a sound one are added to `named`."""
    anchor = span.get("from", span.get("to", "off")) if isinstance(span, dict) else span
    place = _line(text, str(anchor)[:10], _line(text, "off"))
    if wrong := list(_table(text, where, place, span, _SPAN)):
        yield from wrong
        return
    first, last, name = span["from"], span["to"], span["name"]
    for key, day in (("from", first), ("to", last)):
        if year is not None and day.year != year:
            yield FileProblem(_line(text, str(day), place), f"{where}.{key}", f"{day} is not in {year}")
            return
    length = (last - first).days + 1
    if not 1 <= length <= _LONGEST:
        fault = f"is before from, {first}" if length < 1 else f"makes {length} days off in a row"
        yield FileProblem(_line(text, str(last), place), f"{where}.to", f"{last} {fault}")
        return
    days = [first + timedelta(days=n) for n in range(length)]
    if all(day.weekday() >= 5 for day in days) and not any(festival in name for festival in FESTIVALS):
        yield FileProblem(place, where, f"{first} is a weekend, off anyway, and {name!r} is no festival")
    if twice := next((day for day in days if day in named), None):
        later = _line(text, str(first), (place or 0) + 1)
        yield FileProblem(later or place, where, f"{twice} is off already, as {named[twice]}")
    named |= dict.fromkeys(days, name)


def _working(text: str, days: list[Any], year: int | None, named: dict[date, str]) -> Iterator[FileProblem]:
    start = _line(text, "working")
    for number, day in enumerate(days, 1):
        where, place = f"working[{number}]", _line(text, str(day), start) or start
        if type(day) is not date:
            yield FileProblem(place, where, _KINDS[date])
        elif year is not None and day.year != year:
            yield FileProblem(place, where, f"{day} is not in {year}")
        elif day.weekday() < 5:
            yield FileProblem(place, where, f"{day} is a {day:%A}: only a weekend day can be made up on")
        elif day in named:
            yield FileProblem(place, where, f"{day} is off too, as {named[day]}")
        elif day in days[: number - 1]:
            yield FileProblem(place, where, f"{day} is listed twice")


def _line(text: str, token: str, start: int | None = None) -> int | None:
    """The first line from `start` on in which `token` stands, comments aside: tomllib tells no lines."""
    import re

    found = re.compile(rf"(?<![\w-]){re.escape(token)}(?![a-z0-9_-])")  # a T may follow a date
    lines = (n for n, line in enumerate(text.splitlines(), 1) if found.search(line.split("#")[0]))
    return next((n for n in lines if n >= (start or 1)), None)
