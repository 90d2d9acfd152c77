"""Clocks that run ahead and are set back, nights without the machine, backups that fail: the daemon goes on."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from places import Place

from escalation import Desk, open_store
from escalation.channels import Message
from escalation.daemon import Daemon, Loop
from escalation.store import Store

ZONE = ZoneInfo("Asia/Shanghai")
Opener = Callable[[str], Desk]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def look(place: Place, heard: list[str]) -> Callable[[str], list[str]]:
    """A daemon that looks at an instant and ends, as cron starts it; what it said then."""
    with open_store(place.url(), now="2026-03-01T09:00") as desk:
        columns = {
            "name": "phone", "kind": "log", "address": "log", "secret": "none", "lang": "en", "privacy": "titles",
            "zone": "Asia/Shanghai", "quiet_from": None, "quiet_to": None, "client": None, "person": None,
            "digest": "none", "digest_at": "08:00", "least": 0, "created_at": 0,
        }  # fmt: skip
        Daemon(desk.engine.store, nightly=False).deliveries.add_channel(**columns)

    def send(kind: str, address: str, message: Message) -> None:
        heard.append(f"{message.title} | {message.body}")

    def at_once(now: str) -> list[str]:
        heard.clear()
        with closing(Store.open(place.url())) as store:
            daemon = Daemon(store, send=send, nightly=False)
            daemon.once(lambda: at(now))
            daemon.sending.close()
        return list(heard)

    return at_once


def sued(desk: Opener) -> str:
    """A case in which I must answer the court by 17 March."""
    there = desk("2026-03-02T10:00")
    case = there.open("court-papers", title="Sued")
    there.record(case, "papers_received", {"kind": "suit", "claimed": "12000", "case_number": "(2026)0106-1234"})
    return case


def test_what_was_told_under_a_clock_that_ran_ahead_is_taken_back_and_every_reminder_still_comes(
    desk: Opener, look: Callable[[str], list[str]]
) -> None:
    case = sued(desk)
    ahead = look("2026-04-20T10:00")
    back = look("2026-03-03T10:00")
    days = [f"2026-03-{day:02}T10:00" for day in range(4, 19)]
    told = [(day[:10], said) for day in days for said in look(day)]
    shown = desk("2026-03-03T11:00").show(case)

    assert any("verdue" in said for said in ahead)
    assert any("Not overdue" in said for said in back)
    assert [d["status"] for d in shown["deadlines"] if d["owed_by"] == "me"] == ["running"]
    assert any("today" in said for day, said in told if day == "2026-03-17")
    assert any("verdue" in said for day, said in told if day == "2026-03-18")
    assert len(told) == len(set(told))


def test_a_clock_that_was_right_all_along_turns_nothing_back(desk: Opener, look: Callable[[str], list[str]]) -> None:
    case = sued(desk)
    look("2026-03-18T10:00")

    with desk("2026-03-18T11:00") as there:
        assert there.engine.ahead_of(there.now()) == []
        assert there.engine.ahead_of(at("2026-03-10T10:00")) == [case]


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def test_a_daemon_that_runs_while_the_clock_is_set_back_looks_at_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("escalation.daemon.notify", told.append)
    clock = Clock(at("2026-03-10T12:00"))
    store = Store.open(place.url())
    loop = Loop(Daemon(store, send=lambda *_: None, id="mine", nightly=False), now=clock)

    def beats() -> list[datetime]:
        with closing(Store.open(place.url())) as other:
            return [from_row for (from_row,) in other.run("SELECT beat_at FROM daemon")]

    def until(ready: Callable[[], bool]) -> bool:
        end = time.monotonic() + 20
        while not ready() and time.monotonic() < end:
            threading.Event().wait(0.02)
        return ready()

    seen: list[bool] = []

    def watch() -> None:
        seen.append(until(lambda: len(beats()) == 1))
        first = beats()
        told.clear()
        clock.now = at("2026-03-10T02:00")
        seen.append(until(lambda: beats() != first))
        seen.append(until(lambda: "WATCHDOG=1" in told))
        loop.stop.set()

    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    watcher = threading.Thread(target=watch)
    watcher.start()
    loop.run()
    watcher.join()
    store.close()
    for each, handler in before.items():
        signal.signal(each, handler)

    assert seen == [True, True, True]


def test_a_machine_that_is_off_at_night_makes_its_backup_in_the_morning(desk: Opener, place: Place) -> None:
    sued(desk)
    with closing(Store.open(place.url())) as store:
        daemon = Daemon(store, send=lambda *_: None)
        folder = Path(store.folder) / "backups"
        daemon.back_up(at("2026-03-10T02:00"))
        early = folder.exists()
        for moment in ("2026-03-10T09:00", "2026-03-10T18:00", "2026-03-12T09:00"):
            daemon.back_up(at(moment))
        daemon.sending.close()

        assert not early
        assert [file.name[-17:-7] for file in sorted(folder.glob("*.tar.gz"))] == ["2026-03-10", "2026-03-12"]


def test_a_backup_that_fails_is_told_and_tried_again_and_nobody_loses_a_reminder_by_it(
    desk: Opener, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    sued(desk)
    with closing(Store.open(place.url())) as store:
        daemon = Daemon(store, send=lambda *_: None)
        blocked = Path(store.folder) / "backups"
        blocked.write_text("not a folder")
        with caplog.at_level(logging.ERROR, "escalation.daemon"):
            daemon.back_up(at("2026-03-10T09:00"))
        failed = store.setting("backup_failed")
        blocked.unlink()
        daemon.back_up(at("2026-03-10T09:30"))
        early = blocked.exists()
        daemon.back_up(at("2026-03-10T09:00") + timedelta(hours=1))
        daemon.sending.close()

        assert [record.message for record in caplog.records] == ["backup_failed"]
        assert failed is not None
        assert datetime.fromisoformat(failed) == at("2026-03-10T09:00")
        assert not early
        assert store.setting("backup_failed") == ""
        assert len(list(blocked.glob("*.tar.gz"))) == 1
