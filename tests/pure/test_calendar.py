"""The working-day calendar: against two libraries, day by day, and against files that people get wrong."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import chinese_calendar  # type: ignore[import-untyped]
import holidays
import pytest
from holidays.calendars.chinese import _ChineseLunisolar
from hypothesis import given
from hypothesis import strategies as st
from lunar_python import Lunar, LunarYear, Solar  # type: ignore[import-untyped]

import states.calendar
from states.calendar import (
    Calendar,
    CalendarFileError,
    CalendarInfo,
    UnknownCalendar,
    YearOutOfRange,
    install_calendar_file,
    known_calendars,
    load_calendar,
    read_calendar_file,
)

DATA = Path(states.calendar.__file__).parent / "calendars"
SHIPPED = range(2004, 2027)
CN = load_calendar("CN")
NAMES = {"Tomb-sweeping Day": "清明节", "Dragon Boat Festival": "端午节", "Mid-autumn Festival": "中秋节"}
GOOD = """\
calendar = "CN"
year = 2027
off = [
  {from = 2027-01-01, to = 2027-01-03, name = "元旦"},
  {from = 2027-02-05, to = 2027-02-11, name = "春节"},
]
working = [2027-01-31, 2027-02-20]

[source]
title = "国务院办公厅关于2027年部分节假日安排的通知"
"""

days = st.dates(date(1901, 1, 1), date(2099, 12, 31))
near = st.dates(date(2003, 1, 1), date(2028, 12, 31))


def every_day(first: int, last: int) -> list[date]:
    start = date(first, 1, 1).toordinal()
    return [date.fromordinal(o) for o in range(start, date(last, 12, 31).toordinal() + 1)]


def working(calendar: Calendar, first: int, last: int) -> set[date]:
    return {day for day in every_day(first, last) if calendar.is_working(day)}


def installed(folder: Path, text: str = GOOD, name: str = "CN-2027.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(CalendarFileError) as caught:
        read_calendar_file(installed(folder, text))
    return [(problem.line, problem.key, problem.message) for problem in caught.value.problems]


# Against the libraries


def test_every_covered_day_is_as_in_chinesecalendar_but_the_last_of_2005() -> None:
    expected = {day for day in every_day(2004, 2026) if chinese_calendar.is_workday(day)}

    assert {date(2005, 12, 31)} == expected ^ working(CN, 2004, 2026)


def test_every_covered_day_is_as_in_holidays() -> None:
    library = holidays.country_holidays("CN")
    expected = {day for day in every_day(2004, 2026) if library.is_working_day(day)}

    assert expected == working(CN, 2004, 2026)


def test_names_are_those_of_chinesecalendar() -> None:
    for day, name in chinese_calendar.constants.holidays.items():
        expected = NAMES.get(name) or chinese_calendar.Holiday(name).chinese
        assert expected == CN.day(day).name
    for day in chinese_calendar.constants.workdays:
        assert CN.day(day).name == "调休上班"


@cache
def lunar_days() -> dict[int, tuple[date, ...]]:
    lines = (DATA / "lunar.txt").read_text("utf-8").splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    return {int(year): tuple(date(int(year), int(d[:2]), int(d[2:])) for d in rest) for year, *rest in rows}


def test_computed_days_are_those_of_lunar_python() -> None:
    # Not every year, as each takes 9 ms; the next test sees to the others.
    for year in {*range(1900, 2101, 4), *range(2027, 2041)}:
        lunar = LunarYear.fromYear(year)
        new, dragon, moon = (lunar.getMonth(month).getFirstJulianDay() for month in (1, 5, 8))
        clear = lunar.getJieQiJulianDays()[Lunar.JIE_QI_IN_USE.index("清明")]
        julian = (new - 1, clear, dragon + 4, moon + 14)
        expected = tuple(date.fromisoformat(str(Solar.fromJulianDay(day))) for day in julian)

        assert expected == lunar_days()[year]


def test_computed_days_are_those_of_holidays_but_two() -> None:
    library = _ChineseLunisolar()
    different = set()
    for year, (eve, clear, dragon, moon) in lunar_days().items():
        theirs = {
            "春节": (library.lunar_new_year_date(year)[0], eve + timedelta(days=1)),
            "清明节": (library.qingming_date(year)[0], clear),
            "端午节": (library.dragon_boat_date(year)[0], dragon),
            "中秋节": (library.mid_autumn_date(year)[0], moon),
        }
        different |= {(year, name) for name, (their, our) in theirs.items() if their not in (None, our)}

    # In 2100 the sun reaches 15 degrees at 00:38, which the formula of the library misses.
    assert {(1916, "春节"), (2100, "清明节")} == different


# Shipped data


def test_the_shipped_stamp_is_that_of_the_shipped_files() -> None:
    files = sorted(path for path in DATA.rglob("*") if path.is_file())
    content = b"".join(path.relative_to(DATA).as_posix().encode() + path.read_bytes() for path in files)

    assert sha256(content).hexdigest()[:12] == states.calendar.SHIPPED_STAMP
    assert [f"{year}.toml" for year in SHIPPED] == sorted(path.name for path in (DATA / "CN").iterdir())


@pytest.mark.parametrize("year", SHIPPED)
def test_shipped_files_are_sound_and_say_the_same_to_both_readers(year: int, tmp_path: Path) -> None:
    shipped = DATA / "CN" / f"{year}.toml"
    file = read_calendar_file(shipped)
    install_calendar_file(shipped, tmp_path)
    again = load_calendar("CN", [tmp_path])

    assert (file.calendar, file.year) == ("CN", year)
    assert file.notices[0].number
    assert file.notices[0].title == f"国务院办公厅关于{year}年部分节假日安排的通知"
    assert CN.year(year) == again.year(year)


# Counting


@pytest.mark.parametrize(
    ("after", "n", "expected"),
    [
        ("2026-11-23", 7, "2026-12-02"),
        ("2026-09-30", 7, "2026-10-15"),
        ("2026-02-13", 7, "2026-03-02"),
        ("2026-12-28", 7, "2027-01-07"),
        ("2026-04-29", 10, "2026-05-15"),
        ("2026-10-30", 15, "2026-11-20"),
        ("2026-09-18", 15, "2026-10-15"),
        ("2026-11-22", 1, "2026-11-23"),
        ("2027-01-07", -7, "2026-12-28"),
        ("2026-10-12", -1, "2026-10-10"),
    ],
)
def test_the_nth_working_day(after: str, n: int, expected: str) -> None:
    assert date.fromisoformat(expected) == CN.nth_working_day(date.fromisoformat(after), n)


def test_the_0th_working_day_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="0th"):
        CN.nth_working_day(date(2026, 1, 5), 0)


@given(near, st.integers(1, 800))
def test_counting_undoes_the_nth(after: date, n: int) -> None:
    there = CN.nth_working_day(after, n)

    assert CN.is_working(there)
    assert n == CN.count(after, there)
    assert n - 1 == CN.count(after, there - timedelta(days=1))


@given(near, st.integers(1, 800))
def test_going_back_undoes_going_on_between_working_days(day: date, n: int) -> None:
    start = CN.next_working(day)

    assert start == CN.nth_working_day(CN.nth_working_day(start, n), -n)


@given(days, st.integers(-3, 900))
def test_count_is_the_number_of_days_that_are_worked(after: date, length: int) -> None:
    until = min(after + timedelta(days=length), date(2100, 12, 31))
    inside = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))

    assert sum(map(CN.is_working, inside)) == CN.count(after, until)


@given(days)
def test_the_next_working_day_is_the_first_from_the_day_on(day: date) -> None:
    there = CN.next_working(day)

    assert CN.is_working(there)
    assert not any(CN.is_working(day + timedelta(days=n)) for n in range((there - day).days))


@given(near, st.integers(1, 300))
def test_only_the_years_needed_are_read(after: date, n: int) -> None:
    calendar = load_calendar("CN")
    there = calendar.nth_working_day(after, n)
    calendar.count(after, there)

    assert set(range((after + timedelta(days=1)).year, there.year + 1)) == set(calendar._years)


# Years without a notice


def test_an_uncovered_year_has_the_thirteen_statutory_days() -> None:
    named = [f"{day.date:%m-%d} {day.name}" for day in CN.year(2027).days if day.name]

    assert named == [
        "01-01 元旦",
        *(f"02-{n:02} 春节" for n in (5, 6, 7, 8)),
        "04-05 清明节",
        "05-01 劳动节",
        "05-02 劳动节",
        "06-09 端午节",
        "09-15 中秋节",
        *(f"10-{n:02} 国庆节" for n in (1, 2, 3)),
    ]
    assert not CN.is_working(date(2027, 2, 8))
    assert not CN.is_working(date(2027, 2, 7))
    assert CN.is_working(date(2027, 2, 9))
    assert CN.is_working(date(1999, 12, 31))


def test_a_festival_inside_another_takes_its_name() -> None:
    assert CN.day(date(2031, 10, 1)).name == "国庆节"
    assert lunar_days()[2031][3] == date(2031, 10, 1)


def test_years_before_and_after_the_notices_are_provisional() -> None:
    assert [year for year in (1000, 2003, 2004, 2026, 2027) if not CN.is_provisional(year)] == [2004, 2026]
    assert not CN.any_provisional(date(2026, 1, 1), date(2026, 12, 31))
    assert CN.any_provisional(date(2026, 12, 31), date(2027, 1, 1))
    assert CN.any_provisional(date(2003, 12, 31), date(2004, 1, 1))
    assert CN.any_provisional(date(2026, 1, 1), date.max)
    assert not CN.any_provisional(date(2027, 1, 2), date(2027, 1, 1))


def test_a_year_says_where_it_comes_from() -> None:
    year = CN.year(2026)
    extended = read_calendar_file(DATA / "CN" / "2020.toml").notices[1]

    assert year[:3] == ("CN", 2026, False)
    assert (year.source or "").startswith("国务院办公厅关于2026年部分节假日安排的通知 国办发明电")
    assert (year.source or "").endswith(" https://www.gov.cn/zhengce/content/202511/content_7047090.htm")
    assert every_day(2026, 2026) == [day.date for day in year.days]
    assert (date(2026, 1, 4), True, "调休上班") == year.days[3]
    assert (date(2026, 1, 10), False, None) == year.days[9]
    assert CN.year(2027).source is None
    assert CN.year(2027).provisional
    assert f"; {extended.title} {extended.number} {extended.url}" in (CN.year(2020).source or "")


@pytest.mark.parametrize("year", [1899, 2101])
def test_a_year_that_cannot_be_computed_is_not_shown_but_counted_by_its_fixed_holidays(year: int) -> None:
    with pytest.raises(YearOutOfRange, match=f"knows the years 1900 to 2100, not {year}") as caught:
        CN.year(year)

    assert [CN.is_working(date(year, 10, d)) for d in (1, 2, 3)] == [False, False, False]
    assert CN.is_provisional(year)

    assert (year, 1900, 2100) == (caught.value.year, caught.value.first, caught.value.last)


def test_the_edges_of_what_can_be_computed() -> None:
    last = CN.nth_working_day(date(2100, 12, 30), 1)

    assert date(2100, 12, 31) == last
    assert CN.nth_working_day(date(1899, 12, 31), 1) == date(1900, 1, 2)
    assert CN.nth_working_day(date(2101, 1, 1), -1) == last
    assert CN.nth_working_day(date(2100, 12, 31), 1) == date(2101, 1, 3)


# Installed files


def test_an_installed_file_makes_its_year_certain(tmp_path: Path) -> None:
    installed(tmp_path)
    calendar = load_calendar("CN", [tmp_path / "missing", tmp_path])

    assert CN.is_working(date(2027, 2, 9))
    assert not calendar.is_working(date(2027, 2, 9))
    assert calendar.is_working(date(2027, 1, 31))
    assert calendar.is_working(date(2027, 10, 1))
    assert not calendar.is_provisional(2027)
    assert calendar.is_provisional(2028)
    assert CN.is_provisional(2027)
    assert calendar.year(2027).source == "国务院办公厅关于2027年部分节假日安排的通知"


def test_an_installed_file_wins_over_shipped_data_and_a_folder_over_later_ones(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, name in ((one, "国庆节"), (two, "春节")):
        folder.mkdir()
        text = GOOD.replace("2027", "2026").replace('"元旦"', f'"{name}"').replace("working", "# working")
        installed(folder, text, "CN-2026.toml")

    assert load_calendar("CN", [one, two]).day(date(2026, 1, 1)).name == "国庆节"
    assert load_calendar("CN", [two, one]).day(date(2026, 1, 1)).name == "春节"


def test_the_stamp_changes_with_what_is_installed(tmp_path: Path) -> None:
    before = load_calendar("CN", [tmp_path]).stamp
    installed(tmp_path)
    after = load_calendar("CN", [tmp_path]).stamp
    again = load_calendar("CN", [tmp_path]).stamp
    installed(tmp_path, GOOD.replace("02-11", "02-12"))
    altered = load_calendar("CN", [tmp_path]).stamp
    installed(tmp_path, "", "CN-notes.toml")

    assert before == CN.stamp
    assert after == again
    assert len({before, after, altered}) == 3
    assert altered == load_calendar("CN", [tmp_path]).stamp


def test_installing_writes_a_private_file_under_the_name_that_is_looked_for(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "calendars"
    target = install_calendar_file(installed(tmp_path, name="download (1).toml"), folder)

    assert folder / "CN-2027.toml" == target
    assert target.read_text("utf-8") == GOOD
    assert [target] == list(folder.iterdir())
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not load_calendar("CN", [folder]).is_provisional(2027)


def test_a_bad_file_is_not_installed_and_spoils_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "calendars"
    target = install_calendar_file(installed(tmp_path), folder)
    bad = installed(tmp_path, GOOD.replace("元旦", ""))

    with pytest.raises(CalendarFileError):
        install_calendar_file(bad, folder)
    assert target.read_text("utf-8") == GOOD


def test_a_file_that_cannot_be_put_in_place_leaves_no_draft(tmp_path: Path) -> None:
    folder = tmp_path / "calendars"
    (folder / "CN-2027.toml").mkdir(parents=True)

    with pytest.raises(IsADirectoryError):
        install_calendar_file(installed(tmp_path), folder)
    assert [folder / "CN-2027.toml"] == list(folder.iterdir())


def test_an_installed_file_that_went_bad_is_told_when_its_year_is_needed(tmp_path: Path) -> None:
    installed(tmp_path, GOOD.replace("2027", "2029").replace("working", "# working"))
    installed(tmp_path, "off = [", "CN-2028.toml")
    calendar = load_calendar("CN", [tmp_path])

    assert calendar.is_working(date(2026, 11, 23))
    with pytest.raises(CalendarFileError, match=r"CN-2027\.toml: year is 2029, not that of the file's name"):
        calendar.is_working(date(2027, 1, 4))
    with pytest.raises(CalendarFileError, match=r"CN-2028\.toml: is not TOML"):
        calendar.is_working(date(2028, 1, 4))


def test_everything_a_file_may_say_is_read(tmp_path: Path) -> None:
    own = 'number = "一"\nurl = "https://example.org/#a"\npublished = 2026-11-25\n'
    file = read_calendar_file(installed(tmp_path, f'\ufeff{GOOD}{own}[[amended_by]]\ntitle = "二"\n'))

    assert (date(2027, 2, 5), date(2027, 2, 11), "春节") == file.off[1]
    assert (date(2027, 1, 31), date(2027, 2, 20)) == file.working
    assert ("一", "https://example.org/#a", date(2026, 11, 25)) == file.notices[0][1:]
    assert file.notices[1] == ("二", None, None, None)


def test_make_up_days_may_be_left_out(tmp_path: Path) -> None:
    text = GOOD.replace("working = [2027-01-31, 2027-02-20]\n", "")

    assert read_calendar_file(installed(tmp_path, text)).working == ()


DATE = "must be a date without quotes, as 2027-02-05"
ONLY_WEEKENDS = "only a weekend day can be made up on"
FIRST_SPAN = '{from = 2027-01-01, to = 2027-01-03, name = "元旦"}'
LAST_SPAN = '"春节"},'
OFF = GOOD[GOOD.index("off") : GOOD.index("working")]
SOURCE = GOOD[GOOD.index("[source]") :]
TITLE = "国务院办公厅关于2027年部分节假日安排的通知"


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "message"),
    [
        ('calendar = "CN"', "", None, "calendar", "is missing"),
        ('"CN"', '"DE"', 1, "calendar", 'must be "CN", the only one kept in files'),
        ('"CN"', "1", 1, "calendar", "must be text in quotes"),
        ("year = 2027", 'year = "2027"', 2, "year", "must be a whole number"),
        ("year = 2027", "year = true", 2, "year", "must be a whole number"),
        ("year = 2027", "year = 20270", 2, "year", "must be between 1900 and 2100"),
        (OFF, "", None, "off", "is missing"),
        (OFF, "off = 1\n", 3, "off", "must be a list in [ ]"),
        (FIRST_SPAN, "2027-01-01", 4, "off[1]", "must be a table"),
        (" to = 2027-02-11,", "", 5, "off[2].to", "is missing"),
        ("from = 2027-02-05, ", "", 5, "off[2].from", "is missing"),
        (', name = "春节"', "", 5, "off[2].name", "is missing"),
        ("2027-02-05", '"2027-02-05"', 5, "off[2].from", DATE),
        ("2027-02-05", "2027-02-05T00:00:00", 5, "off[2].from", DATE),
        ("元旦", "", 4, "off[1].name", "is empty"),
        ('"春节"', '"春节", nmae = 1', 5, "off[2].nmae", "is not a known key; did you mean name?"),
        ("working", "workin", 7, "workin", "is not a known key; did you mean working?"),
        ("title", "zzz = 1\ntitle", 10, "source.zzz", "is not a known key"),
        (TITLE, '一"\noff = "', 11, "source.off", "is not a known key; it belongs above [source]"),
        ("{from = 2027-01-01", "{from = 2026-12-31", 4, "off[1].from", "2026-12-31 is not in 2027"),
        ("2027-02-11", "2028-02-11", 5, "off[2].to", "2028-02-11 is not in 2027"),
        ("2027-01-31", "2026-01-31", 7, "working[1]", "2026-01-31 is not in 2027"),
        ("2027-02-11", "2027-02-01", 5, "off[2].to", "2027-02-01 is before from, 2027-02-05"),
        ("2027-02-11", "2027-12-11", 5, "off[2].to", "2027-12-11 makes 310 days off in a row"),
        (
            FIRST_SPAN,
            '{from = 2027-01-02, to = 2027-01-03, name = "周末"}',
            4,
            "off[1]",
            "2027-01-02 is a weekend, off anyway, and '周末' is no festival",
        ),
        (LAST_SPAN, f"{LAST_SPAN}\n  {FIRST_SPAN},", 6, "off[3]", "2027-01-01 is off already, as 元旦"),
        (LAST_SPAN, f"{LAST_SPAN} {FIRST_SPAN},", 5, "off[3]", "2027-01-01 is off already, as 元旦"),
        (
            LAST_SPAN,
            LAST_SPAN + '\n  {from = 2027-02-11, to = 2027-02-12, name = "春节"},',
            6,
            "off[3]",
            "2027-02-11 is off already, as 春节",
        ),
        (
            LAST_SPAN,
            LAST_SPAN + '\n  {from = 2027-02-04, to = 2027-02-05, name = "春节"},',
            6,
            "off[3]",
            "2027-02-05 is off already, as 春节",
        ),
        ("2027-02-20", "2027-02-22", 7, "working[2]", f"2027-02-22 is a Monday: {ONLY_WEEKENDS}"),
        ("2027-02-20", "2027-01-31", 7, "working[2]", "2027-01-31 is listed twice"),
        ("2027-02-20", "2027-02-06", 7, "working[2]", "2027-02-06 is off too, as 春节"),
        ("2027-02-20", "20", 7, "working[2]", DATE),
        (SOURCE, "", None, "source", "is missing"),
        (SOURCE, "source = 1", 9, "source", "must be a table"),
        ("title", "number", 9, "source.title", "is missing"),
        (TITLE, "", 10, "source.title", "is empty"),
        ("[source]", "[amended_by]\ntitle = '一'\n[source]", 9, "amended_by", "must be a list in [ ]"),
        ("[source]", "[[amended_by]]\n[source]", 9, "amended_by[1].title", "is missing"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(
    old: str, new: str, line: int | None, key: str, message: str, tmp_path: Path
) -> None:
    assert old in GOOD

    assert problems(tmp_path, GOOD.replace(old, new)) == [(line, key, message)]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("year = 2027", "year 2027", 2), ("2027-02-11", "2027-02-30", 5), ('通知"\n', "", None)],
)
def test_what_is_not_toml_is_told(old: str, new: str, line: int | None, tmp_path: Path) -> None:
    ((place, key, message),) = problems(tmp_path, GOOD.replace(old, new))

    assert (line, "") == (place, key)
    assert message.startswith("is not TOML: ")


def test_all_problems_are_told_at_once_by_line(tmp_path: Path) -> None:
    text = GOOD.replace('"CN"', '"DE"').replace("2027-02-11", "2026-02-11")
    text = text.replace("2027-01-31", "2027-02-01").replace("title", "titel")

    with pytest.raises(CalendarFileError) as caught:
        read_calendar_file(installed(tmp_path, text))
    assert [problem.line for problem in caught.value.problems] == [1, 5, 7, 9, 10]
    assert str(caught.value).startswith("CN-2027.toml: line 1: calendar must be ")


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "CN-2027.toml"
    path.write_bytes(GOOD.encode("gb18030"))

    with pytest.raises(CalendarFileError, match=r"CN-2027\.toml: is not UTF-8 text"):
        read_calendar_file(path)


# Other countries


@pytest.mark.parametrize(("name", "part"), [("DE", None), ("DE-BY", "BY"), ("FR", None), ("SA", None)])
def test_other_countries_are_as_in_holidays(name: str, part: str | None) -> None:
    library = holidays.country_holidays(name[:2], subdiv=part)
    calendar = load_calendar(name)
    expected = {day for day in every_day(2025, 2028) if library.is_working_day(day)}

    assert name == calendar.name
    assert expected == working(calendar, 2025, 2028)
    assert f"holidays {holidays.__version__}" == calendar.year(2027).source  # type: ignore[attr-defined]
    assert f"holidays-{holidays.__version__}" == calendar.stamp  # type: ignore[attr-defined]


def test_another_country_is_certain_for_the_years_of_the_library() -> None:
    germany = load_calendar("DE")

    assert not germany.any_provisional(date(1991, 1, 1), date(2100, 1, 1))
    assert germany.is_provisional(1990)
    assert germany.day(date(2026, 10, 3)).name == "Tag der Deutschen Einheit"
    assert germany.nth_working_day(date(2026, 12, 23), 2) == date(2026, 12, 28)
    with pytest.raises(YearOutOfRange, match="calendar DE knows the years 1991 to 2100, not 2101"):
        germany.year(2101)
    assert germany.is_working(date(2101, 6, 1))
    assert germany._data.source(1990) is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("cn", "CN"),
        ("DEU", "DE"),
        ("DE-XX", "DE"),
        ("CN-GX", "CN"),
        ("", None),
        ("Germany", None),
        ("XX", None),
    ],
)
def test_an_unknown_calendar_names_the_nearest(name: str, meant: str | None) -> None:
    with pytest.raises(UnknownCalendar, match=f"there is no calendar '{name}'") as caught:
        load_calendar(name)

    assert name == caught.value.name
    assert "CN" in caught.value.known
    assert meant is None or meant in caught.value.meant


def test_known_calendars_say_how_far_they_reach(tmp_path: Path) -> None:
    installed(tmp_path)
    known = known_calendars()

    assert CalendarInfo("CN", 2004, 2026, "notices") == known[0]
    assert CalendarInfo("CN", 2004, 2027, "notices") == known_calendars([tmp_path])[0]
    assert CalendarInfo("DE", 1991, 2100, "holidays") in known
    assert len({info.name for info in known}) == len(known)


def test_nothing_heavy_is_imported_for_china() -> None:
    code = (
        "import sys; from datetime import date; from states.calendar import load_calendar as load;"
        "load('CN').nth_working_day(date(2026, 11, 23), 45); print(*sys.modules)"
    )
    root = Path(states.calendar.__file__).parent.parent
    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert not {"holidays", "lunar_python", "tomllib", "difflib", "dataclasses"} & set(told.stdout.split())
