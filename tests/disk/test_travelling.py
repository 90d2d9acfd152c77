"""Several ways out, of which some fail, sleep or are taken away: each tells what it should; nothing is left lying."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from places import Place
from ways import AT_NIGHT, DOWN, WRONG, House

from escalation import Desk
from escalation.daemon import status
from escalation.errors import DeliveryFailed

Opener = Callable[[str], Desk]


@pytest.fixture
def house(desk: Opener, place: Place, monkeypatch: pytest.MonkeyPatch) -> House:
    desk("2026-03-02T09:00")
    return House(place, monkeypatch)


@pytest.fixture
def case(desk: Opener, house: House, parcel: Path) -> str:
    """A case in which the other side must answer by 9 March."""
    there = desk("2026-03-02T10:00")
    case = there.open(str(parcel), title="Lost parcel")
    for item in ("waybill", "photos"):
        there.attach(case, parcel, item=item)
        there.done(case, item)
    desk("2026-03-02T11:00").record(case, "claim_sent", {"amount": "300", "channel": "app"})
    return case


@pytest.fixture
def sued(desk: Opener, house: House) -> str:
    """A case in which I must answer the court by 17 March."""
    there = desk("2026-03-02T10:00")
    case = there.open("court-papers", title="Sued")
    there.record(case, "papers_received", {"kind": "suit", "claimed": "12000", "case_number": "(2026)0106-1234"})
    return case


def waits(desk: Desk) -> dict[str, int]:
    """Announcements that are not settled."""
    found = status(desk.engine.store, desk.now())["outbox"]
    return {name: n for name, n in found.items() if n}


# -- one fails, the other does not ------------------------------------------------------------------------------------


def test_a_channel_that_gives_up_at_night_takes_nothing_from_one_that_waits_for_the_morning(
    house: House, desk: Opener, case: str
) -> None:
    house.channel("phone")
    house.channel("pager", **AT_NIGHT)
    house.broken["pager"] = WRONG
    house.look("2026-03-10T00:30")

    there = desk("2026-03-10T00:31")

    assert [each["channel"] for each in status(there.engine.store, there.now())["parked"]] == ["pager"]
    assert [name for name, _ in house.look("2026-03-10T08:05")] == ["phone"]


def test_what_is_urgent_is_tried_again_even_where_the_channel_says_that_it_is_hopeless(
    house: House, desk: Opener, sued: str
) -> None:
    house.channel("phone")
    house.look("2026-03-16T09:00")
    house.broken["phone"] = WRONG
    house.look("2026-03-17T09:00")
    house.broken.clear()

    assert [name for name, _ in house.look("2026-03-17T11:00")] == ["phone"]


# -- taken away -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [DOWN, WRONG])
def test_what_waited_for_a_channel_that_is_taken_away_goes_to_another(
    house: House, desk: Opener, case: str, failure: DeliveryFailed
) -> None:
    house.channel("old", **AT_NIGHT)
    house.broken["old"] = failure
    house.look("2026-03-10T09:00")
    house.channel("new")
    desk("2026-03-10T09:10").remove_channel("old")

    assert [name for name, _ in house.look("2026-03-10T09:11")] == ["new"]
    assert waits(desk("2026-03-10T09:12")) == {}


@pytest.mark.parametrize("failure", [DOWN, WRONG])
def test_without_another_channel_it_is_kept_for_the_screens(
    house: House, desk: Opener, case: str, failure: DeliveryFailed
) -> None:
    house.channel("old")
    house.broken["old"] = failure
    house.look("2026-03-10T09:00")
    desk("2026-03-10T09:10").remove_channel("old")
    house.look("2026-03-10T09:11")
    there = desk("2026-03-10T09:12")

    assert waits(there) == {}
    assert {each["status"] for each in there.announcements()} == {"kept"}


def test_a_channel_that_was_told_already_hears_nothing_when_another_is_taken_away(
    house: House, desk: Opener, case: str
) -> None:
    house.channel("phone")
    house.channel("old")
    house.broken["old"] = WRONG
    assert [name for name, _ in house.look("2026-03-10T09:00")] == ["phone"]
    desk("2026-03-10T09:10").remove_channel("old")

    assert house.look("2026-03-10T09:11") == []
    assert waits(desk("2026-03-10T09:12")) == {}


# -- not overdue after all --------------------------------------------------------------------------------------------


def test_only_who_was_told_of_a_lapse_is_told_that_it_was_none(house: House, desk: Opener, case: str) -> None:
    house.channel("phone")
    house.channel("pager", **AT_NIGHT)
    night = house.look("2026-03-10T00:30")
    desk("2026-03-10T01:00").record(case, "offer_made", {"amount": "300"}, at="2026-03-09T15:00")
    sorry = house.look("2026-03-10T01:01")
    morning = house.look("2026-03-10T08:05")

    assert [name for name, _ in night] == ["pager"]
    assert [name for name, _ in sorry] == ["pager"]
    assert morning == []


def test_a_lapse_that_was_left_out_of_the_mornings_message_is_not_taken_back_later(
    house: House, desk: Opener, case: str
) -> None:
    """The phone never told of it, though a message went out that it was to be part of."""
    house.channel("phone")
    house.channel("pager", **AT_NIGHT)
    desk("2026-03-10T00:10").follow_up(case, "add", due="2026-03-10", text="ring them")
    house.look("2026-03-10T00:30")
    desk("2026-03-10T01:00").record(case, "offer_made", {"amount": "300"}, at="2026-03-09T15:00")
    house.look("2026-03-10T01:01")
    said = [*house.look("2026-03-10T08:05"), *house.look("2026-03-10T09:05")]

    assert "phone" in [name for name, _ in said]
    assert not any("overdue" in title.lower() for name, title in said if name == "phone")


# -- tried again ------------------------------------------------------------------------------------------------------


def failing(house: House) -> None:
    """A message whose next attempt is an hour off."""
    house.channel("phone")
    house.broken["phone"] = DOWN
    for minute in (0, 1, 3, 6, 11, 20, 37):
        house.look(f"2026-03-10T10:{minute:02}")
    house.broken.clear()
    assert house.look("2026-03-10T10:38") == []


def test_what_failed_and_waits_is_tried_at_once_when_a_person_asks_for_it(
    house: House, desk: Opener, case: str
) -> None:
    failing(house)
    there = desk("2026-03-10T10:38")
    found = there.retry("phone")

    assert found == 1
    assert status(there.engine.store, there.now())["deliveries"]["late"] == 0
    assert [name for name, _ in house.look("2026-03-10T10:39")] == ["phone"]


def test_a_test_message_that_was_taken_sends_what_waits_after_it(
    house: House, desk: Opener, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(house)
    monkeypatch.setenv("WAY_PHONE", "true")  # a program that takes everything
    desk("2026-03-10T10:38").test_channel("phone")

    assert [name for name, _ in house.look("2026-03-10T10:39")] == ["true"]


def test_a_test_message_in_the_quiet_hours_wakes_nobody(
    house: House, desk: Opener, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.channel("phone")
    house.look("2026-03-10T00:30")
    monkeypatch.setenv("WAY_PHONE", "true")
    desk("2026-03-10T00:40").test_channel("phone")

    assert house.look("2026-03-10T00:41") == []
    assert [name for name, _ in house.look("2026-03-10T08:05")] == ["true"]
