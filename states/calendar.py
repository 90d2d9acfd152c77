"""Which days are worked: in China by the State Council's notices, year by year; elsewhere by `holidays`.

In a year with a notice a day is worked when it is Monday to Friday and not off, or when it is a make-up day.
In any other year it is worked when it is Monday to Friday and not one of the thirteen statutory days of the
regulation as revised in 2024; such a year is provisional (semantics, section 2).
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from states.calendar_file import (
    YEARS,
    CalendarFile,
    CalendarFileError,
    DaysOff,
    FileProblem,
    install_calendar_file,
    nearest,
    parse_calendar_file,
    read_calendar_file,
)

if TYPE_CHECKING:
    from pathlib import Path  # 8 ms, which a command that reads a date does without

__all__ = [
    "Calendar",
    "CalendarDay",
    "CalendarFile",
    "CalendarFileError",
    "CalendarInfo",
    "CalendarYear",
    "FileProblem",
    "UnknownCalendar",
    "YearOutOfRange",
    "install_calendar_file",
    "known_calendars",
    "load_calendar",
    "read_calendar_file",
]

SHIPPED = range(2004, 2027)
"""The years whose notice is in `calendars/CN/`."""
SHIPPED_STAMP = "9d60767efd13"
"""Hash of all that is in `calendars/`. A test says the new value; computing it here would cost 1 ms."""
MAKE_UP = "调休上班"
"""The name of a make-up working day."""

_DATA = os.path.join(os.path.dirname(__file__), "calendars")
_DAY = timedelta(days=1)


class CalendarDay(NamedTuple):
    date: date
    working: bool
    name: str | None
    """Of the holiday, or `MAKE_UP`; None on ordinary days and weekends."""


class CalendarYear(NamedTuple):
    calendar: str
    year: int
    provisional: bool
    source: str | None
    """None in a provisional year."""
    days: tuple[CalendarDay, ...]
    """Every day of the year, in order."""


class CalendarInfo(NamedTuple):
    name: str
    first: int
    last: int
    """The last year that is not provisional."""
    source: Literal["notices", "holidays"]


class UnknownCalendar(LookupError):
    """No calendar of that name; `meant` holds the nearest names, best first."""

    def __init__(self, name: str, known: Sequence[str] = (), meant: Sequence[str] = ()) -> None:
        hint = f"; did you mean {' or '.join(meant)}?" if meant else ""
        super().__init__(f"there is no calendar {name!r}{hint}")
        self.name, self.known, self.meant = name, tuple(known), tuple(meant)


class YearOutOfRange(ValueError):
    """A day was asked of a year that can be neither looked up nor computed."""

    def __init__(self, calendar: str, year: int, years: range) -> None:
        super().__init__(f"calendar {calendar} knows the years {years[0]} to {years[-1]}, not {year}")
        self.calendar, self.year, self.first, self.last = calendar, year, years[0], years[-1]


def load_calendar(name: str, folders: Sequence[str | Path] = ()) -> Calendar:
    """The calendar `name`: `CN`, or a country by its ISO 3166 code (`DE`), or a part of one (`DE-BY`).

    For `CN`, a file `CN-2027.toml` in one of `folders` wins over what is shipped or computed for its year,
    and a folder over those after it. They are read now: a file installed later needs a new calendar. Other
    countries come from the `holidays` library; all years that it supports are covered, none is provisional.

    Raises: UnknownCalendar.
    """
    return Calendar(name, _China(folders) if name == "CN" else _Country(name))


def known_calendars(folders: Sequence[str | Path] = ()) -> list[CalendarInfo]:
    """All calendars that `load_calendar` knows, `CN` first. Imports `holidays`, which takes 0.1 s."""
    china = _China(folders)
    last = SHIPPED[-1]
    while china.official(last + 1) and china.sound(last + 1):
        last += 1
    countries = _library_years()
    known = [CalendarInfo(name, years[0], years[-1], "holidays") for name, years in sorted(countries.items())]
    return [CalendarInfo("CN", SHIPPED[0], last, "notices"), *known]


class Calendar:
    """Which days are worked, year by year, for one named calendar.

    Days are local dates; a calendar knows no time zone. A year is read when one of its days is first needed,
    and no year is read that is not.

    A year that can be neither looked up nor computed has its fixed holidays and weekends off, and is provisional.

    Raises: CalendarFileError where an installed file went bad.
    """

    def __init__(self, name: str, data: _China | _Country) -> None:
        self.name = name
        self.stamp = data.stamp
        """Changes when a file that this calendar uses is installed or altered, or with the shipped data."""
        self._data = data
        self._years = _Years(data.days)

    def is_working(self, day: date) -> bool:
        return day.toordinal() in self._years[day.year].working

    def nth_working_day(self, after: date, n: int) -> date:
        """The n-th working day after `after`, itself not counted; the n-th before it where n is negative.

        Raises: ValueError for 0, besides those of the class.
        """
        if n > 0:
            return self._forward(after + _DAY, n)
        if n < 0:
            return self._back(after - _DAY, -n)
        raise ValueError("the 0th working day is no day")

    def count(self, after: date, until: date) -> int:
        """How many days in (after, until] are worked; 0 when `until` is not after `after`."""
        if until <= after:
            return 0
        first = after + _DAY
        whole = sum(len(self._years[year].worked) for year in range(first.year, until.year))
        skipped = bisect_left(self._years[first.year].worked, first.toordinal())
        return whole + bisect_right(self._years[until.year].worked, until.toordinal()) - skipped

    def next_working(self, day: date) -> date:
        """`day` itself when it is worked, else the next day that is."""
        return self._forward(day, 1)

    def is_provisional(self, year: int) -> bool:
        """Whether no official data is at hand for `year`. Reads nothing."""
        return not self._data.official(year)

    def any_provisional(self, first: date, last: date) -> bool:
        """Whether [first, last] touches a provisional year; False when it is empty."""
        return last >= first and any(map(self.is_provisional, range(first.year, last.year + 1)))

    def day(self, day: date) -> CalendarDay:
        year = self._years[day.year]
        return CalendarDay(day, day.toordinal() in year.working, year.names.get(day.toordinal()))

    def year(self, year: int) -> CalendarYear:
        """Every day of a year. Raises: YearOutOfRange for one that can be neither looked up nor computed."""
        if year not in self._data.years:
            raise YearOutOfRange(self.name, year, self._data.years)
        days = tuple(self.day(date.fromordinal(ordinal)) for ordinal in _ordinals(year))
        return CalendarYear(self.name, year, self.is_provisional(year), self._data.source(year), days)

    def _forward(self, first: date, n: int) -> date:
        year = first.year
        worked = self._years[year].worked
        index = bisect_left(worked, first.toordinal()) + n - 1
        while index >= len(worked):
            index -= len(worked)
            year += 1
            worked = self._years[year].worked
        return date.fromordinal(worked[index])

    def _back(self, last: date, n: int) -> date:
        year = last.year
        worked = self._years[year].worked
        index = bisect_right(worked, last.toordinal()) - n
        while index < 0:
            year -= 1
            worked = self._years[year].worked
            index += len(worked)
        return date.fromordinal(worked[index])


class _Year(NamedTuple):
    worked: tuple[int, ...]
    """Ordinals of the days that are worked, ascending; `working` holds the same."""
    working: frozenset[int]
    names: Mapping[int, str]


class _Years(dict[int, _Year]):
    """A warm look-up is a plain dict look-up; a year not yet there is read."""

    def __init__(self, read: Callable[[int], _Year]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, year: int) -> _Year:
        found = self[year] = self._read(year)
        return found


class _China:
    """Installed notices before shipped ones before the statutory days."""

    years = YEARS

    def __init__(self, folders: Sequence[str | Path]) -> None:
        self._installed: dict[int, tuple[str, bytes]] = {}
        for folder in reversed(folders):
            for year, path in _files(str(folder)):
                self._installed[year] = path, _content(path)
        self.stamp = _stamp(content for _, (_, content) in sorted(self._installed.items()))

    def official(self, year: int) -> bool:
        return year in SHIPPED or year in self._installed

    def sound(self, year: int) -> bool:
        """Whether the file of `year` can be read."""
        try:
            return bool(self._file(year))
        except CalendarFileError:
            return False

    def days(self, year: int) -> _Year:
        if year in self._installed:
            file = self._file(year)
            return _year(year, file.off, file.working)
        return _shipped(year) if year in SHIPPED else _statutory(year)

    def source(self, year: int) -> str | None:
        if not self.official(year):
            return None
        told = (" ".join(filter(None, notice[:3])) for notice in self._file(year).notices)
        return "; ".join(told)

    def _file(self, year: int) -> CalendarFile:
        shipped = os.path.join(_DATA, "CN", f"{year}.toml")
        path, content = self._installed.get(year) or (shipped, _content(shipped))
        file = parse_calendar_file(path, content)
        if file.year != year:
            fault = f"is {file.year}, not that of the file's name"
            raise CalendarFileError(path, [FileProblem(None, "year", fault)])
        return file


class _Country:
    """What the `holidays` library computes; it is imported only here, as that takes 100 ms."""

    def __init__(self, name: str) -> None:
        from holidays import country_holidays
        from holidays.version import __version__

        code, _, part = name.partition("-")
        try:
            if not (len(code) == 2 and code.isupper()):
                raise NotImplementedError  # as the library does; it would take "Germany" and "DEU" too
            language = country_holidays(code).default_language  # else the names change with LANG
            self._library = country_holidays(code, subdiv=part or None, language=language)
        except NotImplementedError:
            known = ("CN", *sorted(_library_years()))
            raise UnknownCalendar(name, known, nearest(code.upper(), known, 3)) from None
        self._name = name
        self.years = range(self._library.start_year, self._library.end_year + 1)
        self.stamp = f"holidays-{__version__}"

    def official(self, year: int) -> bool:
        return year in self.years

    def days(self, year: int) -> _Year:
        if year not in self.years:
            return _year(year, (), ())
        days = [date.fromordinal(ordinal) for ordinal in _ordinals(year)]
        worked = tuple(day.toordinal() for day in days if self._library.is_working_day(day))
        names = {day.toordinal(): name for day in days if (name := self._library.get(day))}
        return _Year(worked, frozenset(worked), names)

    def source(self, year: int) -> str | None:
        return self.stamp.replace("-", " ") if self.official(year) else None


def _files(folder: str) -> Iterator[tuple[int, str]]:
    """The calendar files of a folder by year; none where there is no folder."""
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        if len(name) == 12 and name.startswith("CN-") and name.endswith(".toml") and name[3:7].isdecimal():
            yield int(name[3:7]), os.path.join(folder, name)


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _library_years() -> dict[str, range]:
    import holidays

    codes = holidays.list_supported_countries(include_aliases=False)
    classes = {code: getattr(holidays, code) for code in codes if code != "CN"}
    return {code: range(country.start_year, country.end_year + 1) for code, country in classes.items()}


def _stamp(contents: Iterable[bytes]) -> str:
    installed = list(contents)
    if not installed:
        return SHIPPED_STAMP
    from hashlib import sha256

    digests = (sha256(content).digest() for content in installed)
    return sha256(SHIPPED_STAMP.encode() + b"".join(digests)).hexdigest()[:12]


@cache
def _shipped(year: int) -> _Year:
    # By columns, without tomllib, whose import takes 5 ms; a test holds this against the strict reader.
    off: list[DaysOff] = []
    working: list[date] = []
    for line in _content(os.path.join(_DATA, "CN", f"{year}.toml")).decode().splitlines():
        if line.startswith("  {from = "):
            off.append(DaysOff(date.fromisoformat(line[10:20]), date.fromisoformat(line[27:37]), line[47:-3]))
        elif line.startswith("working = ["):
            working = [date.fromisoformat(day) for day in line[11:-1].split(", ")]
    return _year(year, off, working)


@cache
def _statutory(year: int) -> _Year:
    fixed = [
        DaysOff(date(year, 1, 1), date(year, 1, 1), "元旦"),
        DaysOff(date(year, 5, 1), date(year, 5, 2), "劳动节"),
        DaysOff(date(year, 10, 1), date(year, 10, 3), "国庆节"),
    ]
    if year not in YEARS:  # a slip of the keyboard, or a period of a century: better some day than none
        return _year(year, fixed, [])
    lines = _content(os.path.join(_DATA, "lunar.txt")).decode().splitlines()
    fields = next(line for line in lines if line.startswith(str(year))).split()[1:]
    eve, clear, dragon, moon = (date(year, int(field[:2]), int(field[2:])) for field in fields)
    off = [  # in this order: where 中秋节 falls into 国庆节, the day bears the name of the latter
        DaysOff(eve, eve + 3 * _DAY, "春节"),
        DaysOff(clear, clear, "清明节"),
        DaysOff(dragon, dragon, "端午节"),
        DaysOff(moon, moon, "中秋节"),
        *fixed,
    ]
    return _year(year, off, [])


def _year(year: int, off: Iterable[DaysOff], working: Iterable[date]) -> _Year:
    names = {o: name for first, last, name in off for o in range(first.toordinal(), last.toordinal() + 1)}
    made_up = {day.toordinal() for day in working}
    # Ordinal 1 was a Monday: Saturdays leave 6, Sundays 0.
    worked = tuple(o for o in _ordinals(year) if (0 < o % 7 < 6 and o not in names) or o in made_up)
    return _Year(worked, frozenset(worked), names | dict.fromkeys(made_up, MAKE_UP))


def _ordinals(year: int) -> range:
    return range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
