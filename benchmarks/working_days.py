"""Goal 30: a last day 45 working days ahead."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

import chinese_calendar
from holidays import country_holidays
from measure import Row, Table, in_turn, ratios, worked

from states.calendar import load_calendar

N = 45


def _starts(many: int) -> list[date]:
    """Working days or not, all with 45 working days of official data after them."""
    lots = random.Random(5)
    return [date(2022, 1, 1) + timedelta(days=lots.randrange(1700)) for _ in range(many)]


def _loop(day: date) -> date:
    left = N
    while left:
        day += timedelta(days=1)
        left -= chinese_calendar.is_workday(day)
    return day


def measure(quick: bool) -> list[Table]:
    many, rounds = (20, 5) if quick else (60, 7)
    days = _starts(many)
    ours, library = load_calendar("CN"), country_holidays("CN")
    same = [ours.nth_working_day(day, N) for day in days]
    assert same == [_loop(day) for day in days] == [library.get_nth_working_day(day, N) for day in days]
    often = 500  # ours, so that there is something to measure

    def times(n: int, last_day: Callable[[date], date]) -> Callable[[], None]:
        def work() -> None:
            for _ in range(n):
                for day in days:
                    last_day(day)

        return work

    found = in_turn(
        {
            "ours": worked(times(often, lambda day: ours.nth_working_day(day, N))),
            "loop": worked(times(1, _loop)),
            "holidays": worked(times(10, lambda day: library.get_nth_working_day(day, N))),
        },
        rounds,
    )
    each = {"ours": often, "loop": 1, "holidays": 10}
    cost = {name: [seconds / each[name] for seconds in took] for name, took in found.items()}
    return [
        Table(
            "45 working days after a day, the same answer from all; answers/s over the peer's",
            [
                Row("30a", "chinese_calendar, a loop over is_workday", ratios(cost["loop"], cost["ours"])),
                Row("30b", "holidays, get_nth_working_day", ratios(cost["holidays"], cost["ours"])),
            ],
        )
    ]
