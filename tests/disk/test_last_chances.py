"""A channel that is down at the worst moment: what still holds is told as soon as it works again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from places import Place

from escalation import Desk, open_store
from escalation.channels import Message
from escalation.daemon import Daemon, status
from escalation.errors import DeliveryFailed
from escalation.store import Store
from states.calendar import known_calendars

ZONE = ZoneInfo("Asia/Shanghai")
Opener = Callable[[str], Desk]


class Phone:
    """One channel and whether it works; a daemon that looks at an instant and ends."""

    def __init__(self, place: Place) -> None:
        self.place, self.works = place, True
        self.heard: list[str] = []
        columns = {
            "name": "phone", "kind": "log", "address": "log", "secret": "none", "lang": "en", "privacy": "titles",
            "zone": "Asia/Shanghai", "quiet_from": "22:00", "quiet_to": "08:00", "client": None, "person": None,
            "digest": "none", "digest_at": "08:00", "least": 0, "created_at": 0,
        }  # fmt: skip
        with open_store(place.url(), now="2026-03-01T09:00") as desk:
            Daemon(desk.engine.store, nightly=False).deliveries.add_channel(**columns)

    def look(self, now: str) -> list[str]:
        """What is said at that instant."""
        self.heard.clear()
        with closing(Store.open(self.place.url())) as store:
            daemon = Daemon(store, send=self._send, nightly=False)
            daemon.once(lambda: datetime.fromisoformat(now).replace(tzinfo=ZONE))
            daemon.sending.close()
        return list(self.heard)

    def _send(self, kind: str, address: str, message: Message) -> None:
        if not self.works:
            raise DeliveryFailed("no network")
        self.heard.append(f"{message.title} | {message.body}")


def standing(desk: Desk) -> dict[str, Any]:
    return status(desk.engine.store, desk.now())


@pytest.fixture
def phone(place: Place) -> Phone:
    return Phone(place)


@pytest.fixture
def case(desk: Opener, phone: Phone) -> str:
    """A case in which I must answer the court by 17 March."""
    there = desk("2026-03-02T10:00")
    case = there.open("court-papers", title="Sued")
    there.record(case, "papers_received", {"kind": "suit", "claimed": "12000", "case_number": "(2026)0106-1234"})
    return case


def test_a_lapse_is_told_though_the_last_urgent_reminder_could_not_be(phone: Phone, case: str) -> None:
    phone.look("2026-03-16T09:00")
    phone.works = False
    phone.look("2026-03-17T09:00")
    phone.works = True
    said = phone.look("2026-03-18T08:30")

    assert len(said) == 1
    assert "verdue" in said[0]


def test_what_is_urgent_is_never_put_aside_while_there_is_time(phone: Phone, desk: Opener, case: str) -> None:
    phone.works = False
    for now in ("2026-03-16T09:00", "2026-03-17T09:01", "2026-03-17T10:30"):
        phone.look(now)
    parked = standing(desk("2026-03-17T10:31"))["parked"]
    phone.works = True
    said = phone.look("2026-03-17T13:00")

    assert parked == []
    assert len(said) == 1
    assert "today" in said[0]


def test_a_machine_that_slept_for_a_day_has_not_tried_for_a_day(phone: Phone, desk: Opener, case: str) -> None:
    phone.works = False
    phone.look("2026-03-10T09:00")
    phone.look("2026-03-12T09:00")
    found = standing(desk("2026-03-12T09:01"))

    assert found["parked"] == []
    assert found["deliveries"]["waiting"] == 1


def test_what_was_put_aside_and_still_holds_is_told_when_the_channel_works_again(
    phone: Phone, desk: Opener, case: str
) -> None:
    phone.works = False
    for day in ("18", "19", "20"):
        for hour in range(8, 22):
            phone.look(f"2026-03-{day}T{hour:02}:00")
    parked = standing(desk("2026-03-20T22:00"))["parked"]
    phone.works = True
    desk("2026-03-20T22:01").follow_up(case, "add", due="2026-03-21", text="ring the court")
    said = [*phone.look("2026-03-21T09:01"), *phone.look("2026-03-21T09:02")]

    assert len(parked) == 1
    assert any("verdue" in each for each in said)
    assert standing(desk("2026-03-21T09:03"))["parked"] == []


def test_what_was_seen_while_it_waited_for_the_morning_is_not_said(phone: Phone, desk: Opener, case: str) -> None:
    phone.look("2026-03-16T09:00")
    desk("2026-03-17T08:59").acknowledge(case)
    phone.look("2026-03-17T09:00")
    desk("2026-03-17T09:30").acknowledge(case)
    night = phone.look("2026-03-18T00:30")
    seen = desk("2026-03-18T01:00").acknowledge(case)
    morning = phone.look("2026-03-18T08:30")

    assert night == []
    assert seen
    assert morning == []


def test_a_case_that_cannot_be_evaluated_is_not_well(phone: Phone, desk: Opener, case: str) -> None:
    there = desk("2026-03-15T09:00")
    phone.look("2026-03-15T09:00")
    before = standing(there)
    calendars = Path(there.engine.shelf.calendars[0])
    calendars.mkdir(mode=0o700, exist_ok=True)
    (calendars / "CN-2026.toml").write_text("days off: none")
    phone.look("2026-03-17T09:00")
    broken = standing(desk("2026-03-17T09:01"))
    (calendars / "CN-2026.toml").unlink()
    phone.look("2026-03-17T09:02")
    after = standing(desk("2026-03-17T09:03"))

    assert (before["put_off"], broken["put_off"], after["put_off"]) == (0, 1, 0)
    assert (before["well"], broken["well"], after["well"]) == (True, False, True)
    assert broken["calendar_missing"] == 2026


def test_a_daemon_that_runs_looks_again_once_the_calendar_file_is_mended(phone: Phone, desk: Opener, case: str) -> None:
    def at(minute: int) -> datetime:
        return datetime(2026, 3, 17, 9, minute, tzinfo=ZONE)

    calendars = Path(desk("2026-03-15T09:00").engine.shelf.calendars[0])
    calendars.mkdir(mode=0o700, exist_ok=True)
    (calendars / "CN-2026.toml").write_text("days off: none")
    with closing(Store.open(phone.place.url())) as store:
        daemon = Daemon(store, nightly=False)
        daemon.calendar_changed()
        broken = daemon.tick(at(0))
        (calendars / "CN-2026.toml").unlink()
        waiting = daemon.tick(at(1))
        mended = daemon.calendar_changed()
        told = daemon.tick(at(2))
        daemon.sending.close()

    assert mended
    assert [each.announced for each in (broken, waiting)] == [0, 0]
    assert told.announced > 0


def test_a_calendar_file_that_went_bad_counts_for_no_year(tmp_path: Path) -> None:
    known = known_calendars()[0].last
    (tmp_path / f"CN-{known + 1}.toml").write_text("days off: none")

    assert known_calendars([tmp_path])[0].last == known
