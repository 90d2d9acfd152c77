"""Messages while the store is away, others are in the way, clocks differ: nothing is forgotten, nothing said twice."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from crashing import opened
from places import Place

from escalation import open_store
from escalation.channels import Message
from escalation.daemon import Daemon, status
from escalation.database import Database, Rows
from escalation.deliveries import LEASE, Deliveries
from escalation.delivery_rows import ChannelRow
from escalation.errors import DeliveryFailed, StoreBusy
from escalation.sqlite import SqliteDatabase
from escalation.store import Store

ROOT = Path(__file__).parent.parent.parent
PARCEL = ROOT / "tests" / "procedures" / "parcel-dispute.yaml"
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 5, 9, 2, tzinfo=ZONE)
"""Two minutes after there is something to say."""
MINUTE = timedelta(minutes=1)
CHANNEL = {
    "kind": "log", "address": "log", "secret": "none", "lang": "en", "privacy": "titles", "zone": "Asia/Shanghai",
    "quiet_from": "22:00", "quiet_to": "08:00", "client": None, "person": None, "digest": "none", "digest_at": "08:00",
    "least": 0, "created_at": 0,
}  # fmt: skip


class Shaky:
    """A database that is away for some statements."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.away: Callable[[str], bool] = lambda _: False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        if self.away(sql):
            raise StoreBusy(self._database.name, "away")
        return self._database.execute(sql, values)


class Machine:
    """A daemon with a connection and a clock of its own, and what it said."""

    def __init__(self, place: Place, id: str, skew: timedelta = timedelta(0), more: str = "") -> None:
        database = opened(place.url() + (more if place.server is not None else ""))
        if isinstance(database, SqliteDatabase):
            database.patience = 0.05
        database.skew = skew  # type: ignore[misc]  # as if that had been found out
        self.database = Shaky(database)
        self.store = Store(self.database)
        self.deliveries = Deliveries(self.store)
        self.heard: list[Message] = []
        self.may_go = Event()
        self.may_go.set()
        self.broken: DeliveryFailed | None = None
        self.daemon = Daemon(self.store, send=self._send, id=id, nightly=False)

    def _send(self, kind: str, address: str, message: Message) -> None:
        self.may_go.wait(60)
        if self.broken is not None:
            raise self.broken
        self.heard.append(message)

    def said(self, now: datetime) -> int:
        """How many messages it sends at that instant, until nothing is left to do."""
        before = len(self.heard)
        self.daemon.once(lambda: now)
        return len(self.heard) - before

    def channel(self) -> ChannelRow:
        return self.deliveries.channel("phone")

    def close(self) -> None:
        self.may_go.set()
        self.daemon.sending.close()
        self.store.close()


Machines = Callable[..., Machine]


@pytest.fixture
def machines(place: Place) -> Iterator[Machines]:
    """Makes machines on one store, in which something is to be said on 5 March."""
    made: list[Machine] = []
    with open_store(place.url(), now="2026-03-02T10:00") as desk:
        case = desk.open(str(PARCEL), title="Lost parcel")
        desk.follow_up(case, "add", due="2026-03-05", text="ring them")
        Deliveries(desk.engine.store).add_channel(name="phone", **CHANNEL)

    def make(id: str, skew: timedelta = timedelta(0), more: str = "") -> Machine:
        made.append(Machine(place, id, skew, more))
        return made[-1]

    yield make
    for each in made:
        each.close()


@contextmanager
def in_the_way(place: Place) -> Iterator[None]:
    """Somebody holds the row of the channel; with SQLite, the file."""
    if place.server is None:
        with closing(sqlite3.connect(place.url(), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    with psycopg.connect(place.url()) as there:
        there.execute("SELECT * FROM channel FOR UPDATE")
        yield


def outbox(machine: Machine) -> set[str]:
    """What became of all that is announced."""
    return {each.status for each in machine.store.outbox(1)}


def lists(sql: str) -> bool:
    """Whether a statement reads a case."""
    return sql.startswith("SELECT") and 'FROM "case"' in sql


# -- idle ---------------------------------------------------------------------------------------------------------


@contextmanager
def watched(place: Place) -> Iterator[Callable[[], tuple[int, int]]]:
    """Asks another connection: how much was written so far, and how many were told of it since the last question."""
    if place.server is None:
        with closing(sqlite3.connect(place.url())) as other:
            yield lambda: (other.execute("PRAGMA data_version").fetchone()[0], 0)
        return
    with psycopg.connect(place.url(), autocommit=True) as there:
        there.execute("LISTEN escalation")

        def asked() -> tuple[int, int]:
            row = there.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
            assert row is not None
            return row[0], len(list(there.notifies(timeout=0)))

        yield asked


def test_a_tick_that_finds_nothing_to_do_writes_nothing_and_wakes_nobody(machines: Machines, place: Place) -> None:
    one = machines("one")
    one.deliveries.add_channel(name="morning", **{**CHANNEL, "digest": "daily", "least": 9})
    assert one.said(NOW) == 2
    found = []
    with watched(place) as asked:
        for n in range(1, 6):
            before, _ = asked()
            assert not one.daemon.tick(NOW + timedelta(seconds=n)).anything
            after, told = asked()
            assert told == 0
            found.append(after - before)
        one.daemon.beat(NOW + MINUTE)
        assert asked()[0] > after

    assert 0 in found  # a server has cleaners of its own, which may come in between once, not each time
    assert place.server is not None or set(found) == {0}


# -- the store is away ----------------------------------------------------------------------------------------------


def test_what_has_gone_out_while_others_held_the_channel_is_noted_later_and_not_said_again(
    machines: Machines, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "escalation.daemon")
    one = machines("one", more="&options=-c%20lock_timeout%3D50ms")
    one.daemon.tick(NOW)
    with in_the_way(place):
        with pytest.raises(StoreBusy):
            one.daemon.finish(NOW, seconds=60)
        with pytest.raises(StoreBusy):
            one.daemon.tick(NOW + timedelta(seconds=1))
    assert one.daemon.counts["delivered"] == 0

    one.daemon.tick(NOW + timedelta(seconds=2))

    assert one.daemon.counts["delivered"] == 1
    assert [each.message for each in caplog.records if each.message == "sent"] == ["sent"]
    assert outbox(one) == {"told"}
    assert one.said(NOW + LEASE + MINUTE) == 0
    assert machines("heir").said(NOW + LEASE + MINUTE) == 0
    assert len(one.heard) == 1


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_who_holds_the_channel_for_longer_than_a_lease_makes_nobody_say_it_again(
    machines: Machines, place: Place
) -> None:
    one, heir = machines("one", more="&options=-c%20lock_timeout%3D50ms"), machines("heir")
    one.daemon.tick(NOW)
    with in_the_way(place):
        for minutes in (0, 2, 4):
            with pytest.raises(StoreBusy):
                one.daemon.finish(NOW + minutes * MINUTE, seconds=60)
        assert heir.said(NOW + 5 * MINUTE) == 0

    assert one.said(NOW + 6 * MINUTE) == 0
    assert outbox(one) == {"told"}
    assert heir.said(NOW + 12 * MINUTE) == 0


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_a_connection_that_is_cut_while_a_message_is_on_its_way_is_made_anew(machines: Machines, place: Place) -> None:
    one = machines("one")
    one.daemon.tick(NOW)
    assert place.server is not None
    assert place.server.cut(place.database()) >= 1

    assert one.daemon.finish(NOW, seconds=60).sent == 1
    assert outbox(one) == {"told"}
    assert machines("heir").said(NOW + LEASE + MINUTE) == 0


def test_what_was_noted_is_logged_and_counted_though_the_store_goes_away_right_after(
    machines: Machines, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "escalation.daemon")
    one = machines("one")
    one.may_go.clear()
    one.daemon.tick(NOW)
    one.may_go.set()
    one.database.away = lambda sql: sql.startswith("SELECT d.id, d.kind")
    for _ in range(1000):
        with pytest.raises(StoreBusy):
            one.daemon.tick(NOW)
        if not one.daemon.sending.busy:
            break

    assert one.daemon.counts["delivered"] == 1
    assert [each.message for each in caplog.records if each.message == "sent"] == ["sent"]


def test_one_that_cron_started_tries_to_note_what_has_gone_out_before_it_gives_up(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("escalation.daemon.PAUSES", (0.0, 0.0))
    one, tries = machines("one"), []

    def away(sql: str) -> bool:
        if sql.startswith("UPDATE delivery SET status"):
            tries.append(sql)
        return sql.startswith("UPDATE delivery SET status") and len(tries) <= 2

    one.database.away = away

    assert one.daemon.once(lambda: NOW).sent == 1
    assert outbox(one) == {"told"}
    assert machines("heir").said(NOW + LEASE + MINUTE) == 0


def test_a_store_that_goes_away_before_a_message_is_written_is_not_the_channels_failure(machines: Machines) -> None:
    one = machines("one")
    one.daemon.advance(NOW)
    one.deliveries.route(NOW)
    one.database.away = lists
    with pytest.raises(StoreBusy):
        one.daemon.sending.begin(NOW)
    one.database.away = lambda _: False

    assert (one.channel().failing_since, one.channel().error) == (None, None)
    assert one.said(NOW) == 1  # at once, not when the lease ends


def test_a_program_that_answers_with_a_zero_character_is_noted_like_any_other(machines: Machines) -> None:
    one = machines("one")
    one.broken = DeliveryFailed("the program failed: a\0b")
    one.daemon.once(lambda: NOW)

    assert one.channel().error == "the program failed: ab"


# -- leases -----------------------------------------------------------------------------------------------------------


def test_a_message_that_is_still_on_its_way_is_taken_over_by_nobody(machines: Machines) -> None:
    one, heir = machines("one"), machines("heir")
    one.may_go.clear()
    one.daemon.tick(NOW)
    one.daemon.tick(NOW + 2 * MINUTE)

    assert heir.said(NOW + 4 * MINUTE) == 0
    one.daemon.tick(NOW + 20 * MINUTE)
    one.may_go.set()
    one.daemon.once(lambda: NOW + 20 * MINUTE)
    assert len(one.heard) == 1
    assert outbox(one) == {"told"}


def test_one_that_was_cut_off_says_nothing_about_a_channel_that_works_for_others(machines: Machines) -> None:
    cut_off, other = machines("cut off"), machines("other")
    cut_off.may_go.clear()
    cut_off.broken = DeliveryFailed("connection timed out")
    cut_off.daemon.tick(NOW)
    assert other.said(NOW + 4 * MINUTE) == 1
    cut_off.may_go.set()
    cut_off.daemon.finish(NOW + 5 * MINUTE, seconds=60)

    assert not cut_off.daemon.sending.busy
    assert (other.channel().failing_since, other.channel().error) == (None, None)
    assert status(other.store, NOW + 4 * MINUTE)["well"]
    assert outbox(other) == {"told"}


def test_the_first_failure_of_a_claim_that_is_still_ours_shows_at_the_channel(machines: Machines) -> None:
    one = machines("one")
    one.broken = DeliveryFailed("connection timed out")
    one.daemon.once(lambda: NOW)

    assert one.channel().error == "connection timed out"
    assert not status(one.store, NOW)["well"]


@pytest.mark.parametrize("ahead", [4 * MINUTE, -4 * MINUTE])
def test_leases_go_by_the_clock_that_all_have_in_common(machines: Machines, ahead: timedelta) -> None:
    """Two machines of which the second's clock is ahead, or behind."""
    one, other = machines("one"), machines("other", skew=-ahead)
    one.daemon.advance(NOW)
    one.deliveries.route(NOW)
    claimed = one.deliveries.claim(NOW, "one")
    assert claimed is not None
    second = timedelta(seconds=1)

    assert other.deliveries.claim(NOW + ahead, "other") is None
    assert other.deliveries.claim(NOW + ahead + LEASE - second, "other") is None
    assert other.deliveries.next_at() == NOW + ahead + LEASE
    taken = other.deliveries.claim(NOW + ahead + LEASE, "other")
    assert taken is not None
    assert taken.id == claimed.id
    assert one.deliveries.claim(NOW + 2 * LEASE - second, "third") is None
    assert one.deliveries.claim(NOW + 2 * LEASE, "third") is not None


@pytest.mark.parametrize("ahead", [4 * MINUTE, -4 * MINUTE])
def test_a_daemon_is_alive_on_a_machine_whose_clock_goes_wrong(machines: Machines, ahead: timedelta) -> None:
    one, other = machines("one"), machines("other", skew=-ahead)
    one.daemon.tick(NOW)
    found = status(other.store, NOW + ahead)

    assert found["alive"]
    assert found["last_tick"] == NOW + ahead
    assert not status(other.store, NOW + ahead + 2 * MINUTE)["alive"]


def test_a_lease_runs_from_the_moment_of_claiming_however_long_the_tick_took_until_then(machines: Machines) -> None:
    one, other = machines("one"), machines("other")
    one.daemon.advance(NOW)
    one.deliveries.route(NOW)
    one.daemon.sending.begin(NOW, late=10 * MINUTE)

    assert other.said(NOW + 11 * MINUTE) == 0
