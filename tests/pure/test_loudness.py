"""How loud, and when it may be said."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from cases import instant, parcel, table_of
from hypothesis import given
from hypothesis import strategies as st

from escalation.core.announce import Before, again, corrected, moved, retraction, was_due
from escalation.core.loudness import LOUD, NORMAL, QUIET, URGENT, loudness, may_be_said, overtaken, subject_of
from escalation.core.snapshot import Announced
from states.library import shipped

ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Apia")]
NIGHT = (time(22), time(8))
FIRST, LAST = datetime(2020, 1, 1), datetime(2030, 1, 1)  # noqa: DTZ001 (hypothesis asks for naive bounds)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONES[0])


@pytest.mark.parametrize(
    ("at", "quiet", "until", "said"),
    [
        ("2026-03-10T21:59", NIGHT, None, "2026-03-10T21:59"),
        ("2026-03-10T22:00", NIGHT, None, "2026-03-11T08:00"),
        ("2026-03-11T00:00", NIGHT, None, "2026-03-11T08:00"),
        ("2026-03-11T07:59", NIGHT, None, "2026-03-11T08:00"),
        ("2026-03-11T08:00", NIGHT, None, "2026-03-11T08:00"),
        ("2026-03-11T00:00", None, None, "2026-03-11T00:00"),
        ("2026-03-11T12:30", (time(12), time(14)), None, "2026-03-11T14:00"),
        ("2026-03-11T14:00", (time(12), time(14)), None, "2026-03-11T14:00"),
        # too late in the morning: now
        ("2026-03-10T22:30", NIGHT, "2026-03-11T00:00", "2026-03-10T22:30"),
        ("2026-03-10T22:30", NIGHT, "2026-03-11T08:00", "2026-03-10T22:30"),
        # in the morning there is still time
        ("2026-03-10T22:30", NIGHT, "2026-03-11T08:01", "2026-03-11T08:00"),
        # it is too late already
        ("2026-03-11T00:00", NIGHT, "2026-03-11T00:00", "2026-03-11T08:00"),
    ],
)
def test_nothing_is_said_in_the_quiet_hours_unless_the_morning_is_too_late(
    at: str, quiet: tuple[time, time] | None, until: str | None, said: str
) -> None:
    found = may_be_said(local(at), ZONES[0], quiet, local(until) if until else None)

    assert local(said) == found


@given(
    at=st.datetimes(min_value=FIRST, max_value=LAST).map(lambda d: d.replace(tzinfo=UTC)),
    zone=st.sampled_from(ZONES), begins=st.times(), ends=st.times(),
)  # fmt: skip
def test_what_waits_is_said_when_the_quiet_hours_end_and_never_earlier(
    at: datetime, zone: ZoneInfo, begins: time, ends: time
) -> None:
    begins, ends = begins.replace(microsecond=0), ends.replace(microsecond=0)
    if begins == ends:
        return
    found = may_be_said(at, zone, (begins, ends), None)

    assert at <= found <= at + timedelta(hours=26)  # a day on which clocks change may be 25 hours long
    if found > at:
        assert may_be_said(found, zone, (begins, ends), None) == found or found.astimezone(zone).fold == 1


def announcement(kind: str, offset: str = "", due: str | None = "2026-03-09") -> Announced:
    case = parcel().event("claim_sent", "2026-03-02T11:00", {"amount": "300", "channel": "app"})
    run = case.at("2026-03-02T12:00").deadlines[-1]
    return Announced(
        kind=kind, at=instant("2026-03-09T09:00"), subject=run.id, track=run.track, started_at=run.started_at,
        due=due, offset=offset,
    )  # fmt: skip


def test_the_nearer_my_own_last_day_and_the_graver_the_louder() -> None:
    from cases import Case

    table = table_of(shipped()["court-papers"].read_bytes())
    case = Case("2026-03-02T10:00", table)
    case.event("papers_received", "2026-03-02T10:05", {"kind": "suit", "claimed": "12000", "case_number": "1"})
    levels = []
    for now in ("2026-03-10T09:00", "2026-03-16T09:00", "2026-03-17T09:00"):
        told: list[Announced] = []
        snapshot = case.at(now, tell=told)
        found = loudness(next(t for t in reversed(told) if t.kind == "reminder"), snapshot, table)
        levels.append((found.level, found.until))
    lapsed: list[Announced] = []
    after = case.at("2026-03-18T09:00", tell=lapsed)

    assert levels == [(NORMAL, None), (LOUD, None), (URGENT, instant("2026-03-18T00:00"))]
    assert loudness(next(t for t in lapsed if t.kind == "lapse"), after, table).level == LOUD


def test_the_other_sides_days_are_never_urgent() -> None:
    case = parcel().event("claim_sent", "2026-03-02T11:00", {"amount": "300", "channel": "app"})
    table = next(iter(case.tables.values()))
    told: list[Announced] = []
    snapshot = case.at("2026-03-10T09:00", tell=told)

    assert {(t.kind, loudness(t, snapshot, table).level) for t in told} == {("reminder", QUIET), ("lapse", NORMAL)}


def test_what_was_seen_before_a_lapse_does_not_silence_what_comes_after() -> None:
    before, on_the_day = announcement("reminder", "2 days before"), announcement("reminder", "on the day")
    lapse, after = announcement("lapse"), announcement("reminder", "2 days after")

    assert subject_of(before) == subject_of(on_the_day)
    assert subject_of(lapse) == subject_of(after) != subject_of(before)


def test_a_reminder_is_overtaken_once_the_deadline_was_met_or_moved() -> None:
    sent = parcel().event("claim_sent", "2026-03-02T11:00", {"amount": "300", "channel": "app"})
    told: list[Announced] = []
    sent.at("2026-03-09T10:00", tell=told)
    reminder = next(t for t in told if t.kind == "reminder" and t.offset == "on the day")

    assert not overtaken(reminder, sent.at("2026-03-09T10:00"))
    answered = parcel().event("claim_sent", "2026-03-02T11:00", {"amount": "300", "channel": "app"})
    answered.event("offer_made", "2026-03-09T09:30", {"amount": "300"})
    assert overtaken(reminder, answered.at("2026-03-09T10:00"))


def test_only_who_was_told_of_a_lapse_is_told_that_it_never_was() -> None:
    lapse, reminder = announcement("lapse"), announcement("reminder", "on the day")
    snapshot = parcel().at("2026-03-12T10:00")

    heard = corrected({each.key: Before(each, "told") for each in (lapse, reminder)}, [], snapshot)
    unheard = corrected({lapse.key: Before(lapse, "routed")}, [], snapshot)

    assert [a.kind for a, _ in heard.new] == ["retracted"]
    assert set(heard.superseded) == {lapse.key, reminder.key}
    assert unheard.new == ()
    assert unheard.superseded == (lapse.key,)


def test_a_repetition_goes_with_what_it_repeats_and_a_retraction_stays() -> None:
    reminder = announcement("reminder", "on the day")
    key, repeated = again(reminder, instant("2026-03-09T13:00"))
    sorry = retraction(announcement("lapse"), instant("2026-03-12T10:00"))
    snapshot = parcel().at("2026-03-12T10:00")

    posted = {key: Before(repeated, "told"), sorry.key: Before(sorry, "told")}

    assert corrected(posted, [reminder], snapshot).superseded == ()
    assert corrected(posted, [], snapshot).superseded == (key,)


def test_a_day_that_other_calendar_data_moved_is_named_with_the_day_before() -> None:
    from msgspec.structs import replace

    case = parcel().event("claim_sent", "2026-03-02T11:00", {"amount": "300", "channel": "app"})
    before = case.at("2026-03-03T10:00")
    run = next(r for r in before.deadlines if r.id == "answer")
    later = replace(run, due="2026-03-10", lapses_at=instant("2026-03-11T00:00"))
    after = replace(before, deadlines=tuple(later if r is run else r for r in before.deadlines))

    (found,) = moved(before, after)
    assert (found.due, was_due(found)) == ("2026-03-10", "2026-03-09")
    assert moved(before, before) == ()
