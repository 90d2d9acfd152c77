"""Reminders that never come: found where it is certain, and never of one that can."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from patched import Change, Rule, assert_found, assert_near, findings

from escalation.core.days import REMIND_AT, Clock, reckon, reminder_at
from states.calendar import load_calendar
from states.checks_deadlines import REMINDER_HOUR
from states.lengths import parse_length, parse_offset

DEFENCE = "states.served.deadlines.defence.remind[0]"
HEARD = "states.waiting.deadlines.answer.remind[0]"
DAY = "        within: 15 days\n        remind: [7 days before, 1 day before, on the day]\n"
EXTENDED = "        extends: {extension_notified: 15 days}\n"
PAUSED = "        pauses: {papers_requested: papers_sent}\n"
ANSWER = "        within: 7 days\n        remind: [2 days before, on the day]\n"
CHINA = Clock(load_calendar("CN"), ZoneInfo("Asia/Shanghai"))


def defence(within: str, remind: str, roll: str = "none") -> Change:
    """What I owe, with another length and one reminder."""
    return DAY, f"        within: {within}\n        remind: [{remind}]\n        roll: {roll}\n"


def answer(within: str, remind: str) -> Change:
    """What the other side owes, which rolls."""
    return ANSWER, f"        within: {within}\n        remind: [{remind}]\n"


def never(within: str, remind: str, near: str, roll: str = "none", code: str = "reminder-never") -> Rule:
    """A reminder that never comes, and the nearest that does."""
    return Rule(
        code, (defence(within, remind, roll),), DEFENCE, remind, (defence(within, near, roll),), severity="warning"
    )  # fmt: skip


def seldom(within: str, remind: str, near: str) -> Rule:
    """One that comes only where the deadline starts at the right hour."""
    return never(within, remind, near, code="reminder-seldom")


RULES = (
    never("15 days", "30 days before", "14 days before"),
    never("2 weeks", "15 days before", "13 days before"),
    never("15 days", "30 days before", "29 days before", "next working day"),
    never("10 working days", "11 working days before", "9 working days before"),
    never("15 days", "16 working days before", "15 working days before"),
    never("1 month", "32 days before", "31 days before"),
    never("1 month", "2 months before", "4 weeks before"),
    never("1 year", "13 months before", "11 months before"),
    never("27 days", "1 month before", "26 days before"),
    never("36 hours", "2 days before", "35 hours before"),
    never("36 hours", "36 hours before", "35 hours before"),
    never("36 hours", "1 week before", "on the day"),
    never("[{when: \"facts.loss > 5\", length: 3 days}, {length: 10 days}]", "11 days before", "9 days before"),
    seldom("15 days", "15 days before", "14 days before"),
    seldom("10 working days", "10 working days before", "9 working days before"),
    seldom("36 hours", "1 day before", "on the day"),
    Rule("reminder-never", (answer("7 days", "30 days before"), (PAUSED, "")), HEARD, "30 days before",
         (answer("7 days", "29 days before"), (PAUSED, "")), "warning"),
    Rule("reminder-never", (answer("7 days", "22 days before"), (PAUSED, ""), (EXTENDED, "")), HEARD, "22 days before",
         (answer("7 days", "22 days before"), (PAUSED, "")), "warning"),
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda r: " ".join(r.changes[0][1].split()))
def test_a_reminder_that_never_comes_is_found(rule: Rule) -> None:
    assert_found(rule)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: " ".join(r.changes[0][1].split()))
def test_one_near_it_is_not(rule: Rule) -> None:
    assert_near(rule)


def test_nothing_is_said_of_a_deadline_that_can_pause() -> None:
    assert not findings(answer("7 days", "90 days before"))


def test_the_check_knows_the_reminder_time() -> None:
    assert (REMIND_AT.hour, REMIND_AT.minute) == (REMINDER_HOUR, 0)


units = st.sampled_from(("hour", "day", "working day", "week", "month", "year"))
texts = st.builds(lambda n, unit: f"{n} {unit}s", st.integers(1, 40), units)
hours = st.integers(0, 24 * 365 * 7)


@settings(max_examples=40)  # each reads a whole file
@given(texts, texts, st.booleans(), hours)
@example("1 day", "15 days", True, 26_785)  # into ten days off
@example("36 hours", "2 days", False, 80_331)
def test_what_is_said_to_never_come_comes_at_no_start(within: str, before: str, rolls: bool, after: int) -> None:
    start = datetime(2017, 1, 1, tzinfo=UTC) + timedelta(hours=after)
    change = defence(within, f"{before} before", "next working day" if rolls else "none")
    said = {f.code for f in findings(change)}
    length, offset = parse_length(within), parse_offset(f"{before} before")
    assert length is not None
    assert offset is not None
    found = reckon(start, length, rolls, (), CHINA)
    day = found.due or CHINA.day(found.lapses_at)
    at = reminder_at(day, found.lapses_at, found.due is None, offset, CHINA)

    assert not ("reminder-never" in said and start < at < found.lapses_at)
