"""What was said, or was about to be, turns out otherwise: each channel's last word is the truth, once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from conftest import PROCEDURES
from places import Place
from ways import AT_NIGHT, DOWN, WRONG, ZONE, House

from escalation import Desk, open_store
from escalation.daemon import Daemon, status
from escalation.rows import to_int
from escalation.store import Store

REPLYING = str(PROCEDURES / "replying.yaml")
Opener = Callable[[str], Desk]


@pytest.fixture
def house(desk: Opener, place: Place, monkeypatch: pytest.MonkeyPatch) -> House:
    desk("2026-03-02T09:00")
    return House(place, monkeypatch)


def opened(desk: Opener, title: str = "Sued") -> str:
    return desk("2026-03-02T10:00").open(REPLYING, title=title)


def begun(desk: Opener, at: str = "2026-03-02T11:00", title: str = "Sued", event: str = "start_mine") -> str:
    """A case in which I must reply within five days, by 7 March."""
    case = opened(desk, title)
    desk(at).record(case, event)
    return case


def titles(said: list[tuple[str, str]]) -> list[str]:
    return [title for _, title in said]


# -- overdue, or not --------------------------------------------------------------------------------------------------


def test_not_overdue_after_all_is_not_said_once_it_is_overdue_again(house: House, desk: Opener) -> None:
    house.channel("phone", **AT_NIGHT)
    case = begun(desk)
    first = house.look("2026-03-08T00:01")
    house.broken["phone"] = WRONG
    found = desk("2026-03-08T09:00").record(case, "answered", at="2026-03-06T10:00")
    house.look("2026-03-08T09:01")
    desk("2026-03-08T10:00").withdraw(case, found["seq"])
    house.broken.clear()

    assert titles(first) == ["Overdue: Reply"]
    assert [*house.look("2026-03-08T10:01"), *house.look("2026-03-08T10:02")] == []


def test_a_start_that_was_a_day_earlier_is_overdue_and_nothing_else(house: House, desk: Opener) -> None:
    house.channel("phone", **AT_NIGHT)
    case = opened(desk)
    found = desk("2026-03-03T11:00").record(case, "start_mine")
    house.look("2026-03-09T00:01")
    desk("2026-03-09T09:00").amend(case, found["seq"], at="2026-03-02T11:00")

    assert titles(house.look("2026-03-09T09:01")) == ["Overdue: Reply"]


def test_a_correction_that_was_undone_before_it_was_said_leaves_it_at_the_first_word(
    house: House, desk: Opener
) -> None:
    house.channel("phone")
    case = begun(desk)
    first = house.look("2026-03-08T09:00")
    found = desk("2026-03-08T23:00").record(case, "answered", at="2026-03-06T10:00")
    desk("2026-03-08T23:10").withdraw(case, found["seq"])

    assert titles(first) == ["Overdue: Reply"]
    assert house.look("2026-03-09T08:00") == []


def test_what_was_seen_and_taken_back_is_said_when_it_is_so_again(house: House, desk: Opener) -> None:
    house.channel("phone", **AT_NIGHT)
    case = begun(desk)
    house.look("2026-03-08T00:01")
    desk("2026-03-08T09:00").acknowledge(case)
    found = desk("2026-03-08T09:30").record(case, "answered", at="2026-03-06T10:00")
    house.look("2026-03-08T09:31")
    desk("2026-03-08T10:00").withdraw(case, found["seq"])

    assert titles(house.look("2026-03-08T10:01")) == ["Overdue: Reply"]


@pytest.mark.parametrize("change", ["least", "person", "removed"])
def test_who_was_told_of_a_lapse_is_told_that_it_was_none_whatever_changed_meanwhile(
    house: House, desk: Opener, change: str
) -> None:
    house.channel(
        "phone", **AT_NIGHT, least=2 if change == "least" else 0, person="ann" if change == "person" else None
    )
    case = begun(desk)
    desk("2026-03-02T11:00").assign([case], "ann")
    told = house.look("2026-03-08T00:01")
    if change == "person":
        desk("2026-03-08T09:00").assign([case], "bob")
    if change == "removed":
        desk("2026-03-08T09:00").remove_channel("phone")
        house.channel("phone", **AT_NIGHT)
    desk("2026-03-08T09:30").record(case, "answered", at="2026-03-06T10:00")

    assert titles(told) == ["Overdue: Reply"]
    assert titles(house.look("2026-03-08T09:31")) == ["Not overdue after all: Reply"]


def test_nothing_is_overdue_in_a_case_that_was_closed_before_the_morning(house: House, desk: Opener) -> None:
    house.channel("phone")
    case = begun(desk)
    house.look("2026-03-08T00:01")
    desk("2026-03-08T07:00").record(case, "close")

    assert house.look("2026-03-08T08:00") == []


# -- the last day -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told_at", ["09:00", None])
def test_the_last_day_is_told_again_when_a_mistaken_answer_is_taken_back(
    house: House, desk: Opener, told_at: str | None
) -> None:
    house.channel("phone")
    case = begun(desk)
    house.look("2026-03-06T09:00")
    if told_at:
        house.look(f"2026-03-07T{told_at}")
    found = desk("2026-03-07T12:30").record(case, "answered")
    meanwhile = house.look("2026-03-07T13:01")
    desk("2026-03-07T13:40").withdraw(case, found["seq"])

    assert meanwhile == []
    assert titles(house.look("2026-03-07T14:00")) == ["Due today: Reply"]
    assert titles(house.look("2026-03-07T18:00")) == ["Due today: Reply"]


def test_a_reminder_that_no_network_took_before_the_mistake_is_said_after_it(house: House, desk: Opener) -> None:
    house.channel("phone")
    case = begun(desk)
    house.look("2026-03-06T09:00")
    house.broken["phone"] = DOWN
    house.look("2026-03-07T09:00")
    found = desk("2026-03-07T09:10").record(case, "answered")
    house.broken.clear()
    meanwhile = house.look("2026-03-07T10:00")
    desk("2026-03-07T11:00").withdraw(case, found["seq"])

    assert meanwhile == []
    assert titles(house.look("2026-03-07T11:01")) == ["Due today: Reply"]


def test_what_was_missed_long_ago_does_not_swallow_todays_last_day(house: House, desk: Opener) -> None:
    house.channel("phone")
    case = begun(desk)
    found = desk("2026-03-03T11:00").record(case, "answered")
    desk("2026-03-09T10:00").record(case, "start_mine")
    house.look("2026-03-13T12:00")
    desk("2026-03-14T09:30").amend(case, found["seq"], at="2026-03-08T11:00")

    assert titles(house.look("2026-03-14T09:31")) == ["1 thing is due today, 1 overdue"]


def test_two_reminders_of_one_deadline_that_waited_are_one_message(house: House, desk: Opener) -> None:
    """A laptop that is opened at night only, and then by day."""
    house.channel("phone")
    begun(desk)
    nights = [*house.look("2026-03-05T01:00"), *house.look("2026-03-06T23:00")]

    assert nights == []
    assert titles(house.look("2026-03-07T10:00")) == ["Due today: Reply"]


def test_what_is_not_urgent_stays_for_the_morning_though_it_waited_with_what_was(house: House, desk: Opener) -> None:
    house.channel("phone")
    other = opened(desk, "Other")
    desk("2026-03-02T10:01").follow_up(other, "add", due="2026-03-03", text="ring them")
    case = begun(desk, "2026-03-03T06:30", event="start_hours")
    house.broken["phone"] = DOWN
    for hour in ("09:00", "20:00", "21:50", "23:30"):
        house.look(f"2026-03-03T{hour}")
    desk("2026-03-03T23:32").record(case, "answered")
    house.broken.clear()

    assert house.look("2026-03-03T23:50") == []
    assert titles(house.look("2026-03-04T08:00")) == ["Follow up: ring them"]


# -- clocks, and cases that went wrong --------------------------------------------------------------------------------


def test_what_a_clock_made_wait_that_ran_a_year_ahead_goes_out_when_it_is_right(house: House, desk: Opener) -> None:
    house.channel("phone")
    begun(desk)
    house.look("2026-03-07T09:00")
    ahead = house.look("2027-03-08T01:00")

    assert ahead == []
    assert titles(house.look("2026-03-08T09:00")) == ["Overdue: Reply"]


def test_what_a_daemon_had_claimed_that_was_killed_under_such_a_clock_goes_out(
    house: House, desk: Opener, place: Place
) -> None:
    house.channel("phone")
    begun(desk)
    ahead = datetime(2027, 3, 8, 9, tzinfo=ZONE)
    store = Store.open(place.url())
    killed = Daemon(store, nightly=False)
    killed.engine.advance_due(datetime(2026, 3, 8, tzinfo=ZONE), 100)
    killed.deliveries.route(ahead)
    claimed = killed.deliveries.claim(ahead, "killed")
    killed.sending.close()
    store.close()

    assert claimed is not None
    assert titles(house.look("2026-03-08T09:00")) == ["Overdue: Reply"]


def test_a_channel_added_under_such_a_clock_has_its_digest(house: House, desk: Opener) -> None:
    made = datetime(2027, 3, 2, 10, tzinfo=ZONE)
    house.channel("phone", digest="daily", created_at=to_int(made))
    begun(desk)

    assert len(house.look("2026-03-03T08:00")) == 1


def test_one_case_that_cannot_be_worked_out_silences_no_other(house: House, desk: Opener) -> None:
    house.channel("phone")
    bad = begun(desk, title="Bad")
    begun(desk, "2026-03-03T11:00", title="Good")
    house.look("2026-03-08T00:01")  # that the first is overdue waits for the morning
    store = desk("2026-03-08T07:00").engine.store
    with store.writing():
        store.run('UPDATE "case" SET snapshot = ? WHERE ref = ?', (b"0", bad))
        store.run('UPDATE entry SET body = ? WHERE case_id = (SELECT id FROM "case" WHERE ref = ?)', (b"0", bad))
    said = [house.look(f"2026-03-08T{hour}") for hour in ("08:00", "08:30", "09:00")]
    there = desk("2026-03-08T09:01")

    assert titles(said[0]) == ["Due today: Reply"]
    assert "Overdue: Reply" not in titles(said[1] + said[2])
    assert status(there.engine.store, there.now())["channels"]["failing"] == 0


def test_a_late_digest_is_no_reason_to_ring_in_the_quiet_hours(house: House, desk: Opener) -> None:
    house.channel("phone", digest="daily", digest_at="21:30", least=3)
    begun(desk)
    house.broken["phone"] = DOWN
    house.look("2026-03-03T21:30")
    house.broken.clear()

    assert house.look("2026-03-03T22:21") == []
    assert len(house.look("2026-03-04T08:00")) == 1


def test_what_was_put_aside_and_taken_back_since_is_no_trouble_any_more(house: House, desk: Opener) -> None:
    house.channel("phone", **AT_NIGHT)
    case = begun(desk)
    house.broken["phone"] = WRONG
    house.look("2026-03-08T09:00")
    before = status(desk("2026-03-08T09:05").engine.store, datetime(2026, 3, 8, 9, 5, tzinfo=ZONE))["parked"]
    there = desk("2026-03-08T09:10")
    there.record(case, "answered", at="2026-03-05T09:00")
    house.look("2026-03-08T09:11")

    assert len(before) == 1
    assert status(there.engine.store, there.now())["parked"] == []


LONG_HOLIDAY = """\
calendar = "CN"
year = 2027
off = [{from = 2027-01-01, to = 2027-01-06, name = "x"}]
working = []
[source]
title = "t"
number = "n"
url = "https://www.gov.cn/x"
published = 2026-11-25
"""


def test_a_day_that_newer_holidays_moved_in_the_night_is_told(house: House, desk: Opener, tmp_path: Path) -> None:
    working_days = tmp_path / "working.yaml"
    text = Path(REPLYING).read_text("utf-8").replace("within: 5 days", "within: 5 working days")
    working_days.write_text(text, "utf-8")
    holidays = tmp_path / "CN-2027.toml"
    holidays.write_text(LONG_HOLIDAY)
    house.channel("phone")
    case = desk("2026-12-28T10:00").open(str(working_days), title="Sued")
    desk("2026-12-29T11:00").record(case, "start_mine")
    before = house.look("2027-01-06T09:00")
    house.look("2027-01-07T00:01")  # that it lapsed waits for the morning
    desk("2027-01-07T01:00").install_calendar(holidays)
    night = house.look("2027-01-07T01:01")

    assert titles(before) == ["Due today: Reply"]
    assert night == []
    assert titles(house.look("2027-01-07T08:00")) == ["New date: Reply"]


# -- whose address ----------------------------------------------------------------------------------------------------


def test_a_machine_that_keeps_a_former_address_sends_nothing_to_it(
    place: Place, desk: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An office: a channel was taken away and added again, under its name, on another machine."""
    heard: list[str] = []
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    monkeypatch.setenv("ESCALATION_FILES", str(mine))
    with open_store(place.url(), now="2026-03-02T09:00") as there:
        there.add_channel("phone", "ntfys://ntfy.sh/former", test=False, keep="file", quiet_hours=None)
    begun(desk)
    shutil.copytree(Path(there.folder) / "channels", theirs)
    with open_store(place.url(), now="2026-03-03T09:00") as there:
        there.remove_channel("phone")
        there.add_channel("phone", "ntfys://ntfy.sh/present", test=False, keep="file", quiet_hours=None)
        shutil.rmtree(Path(there.folder) / "channels")
        shutil.copytree(theirs, Path(there.folder) / "channels")  # as the other machine has it
    with closing(Store.open(place.url())) as store:
        daemon = Daemon(store, send=lambda _, address, __: heard.append(address), nightly=False)
        daemon.once(lambda: datetime(2026, 3, 8, 9, tzinfo=ZONE))
        daemon.sending.close()
        away = status(store, datetime(2026, 3, 8, 9, tzinfo=ZONE))["channels"]["away"]

    assert heard == []
    assert away == ["phone"]
