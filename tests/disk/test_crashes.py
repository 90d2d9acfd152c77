"""A daemon that is killed two hundred times does and tells what one does that was never disturbed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from signal import SIGKILL
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pytest
from crashing import End, Life
from places import Place

from escalation import Desk, open_store
from escalation.channels import Message
from escalation.copying import copy
from escalation.core.snapshot import Announced
from escalation.daemon import Daemon
from escalation.deliveries import LEASE, Deliveries
from escalation.store import Store

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be killed")

ROOT = Path(__file__).parent.parent.parent
PARCEL = ROOT / "tests" / "procedures" / "parcel-dispute.yaml"
ZONE = ZoneInfo("Asia/Shanghai")
NAMES = ("Li", "Wu", "Xu", "Ye", "Yu", "Zhu")
"""Clients. The last has one case only, so that at times there is nothing at all to tell her."""
CASES = 40
SUIT = {"kind": "suit", "claimed": "12000", "case_number": "(2026)0106-1234"}
STEPS = ("recompute", "advance", "insist", "digests", "route", "claim", "sent", "dropped", "beat")
PLACES = ("before", "commit", "after")


def at(text: str) -> datetime:
    """`2026-03-10T08:05` in Shanghai, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def instants(first: str, last: str) -> list[datetime]:
    """When the daemon looks: every morning and every night, on some days in the afternoon and in the evening.

    At night nobody is disturbed. Nothing falls due in the minutes after: who is late by a lease finds nothing new.
    """
    days = (at(last) - at(first)).days
    found = [(at(first) + timedelta(days=n), n) for n in range(days)]
    hours = [(0.5, 1), (9.0, 1), (14.0, 2), (19.0, 4)]
    return [day + timedelta(hours=h, minutes=2) for day, n in found for h, every in hours if n % every == 0]


MIDDLE = at("2026-03-16T07:30")
MONTH = instants("2026-03-05T00:00", "2026-04-04T00:00")
LEGS = ([now for now in MONTH if now < MIDDLE], [now for now in MONTH if now > MIDDLE])
"""Between the two, before anybody was told what lapsed at midnight, people write down a few things."""
END = at("2026-04-05T00:00")


# -- cases ---------------------------------------------------------------------------------------------------------


def furnish(url: str) -> None:
    """Forty cases of eight kinds, opened on five days, channels of six clients, and a calendar that came later."""
    for n in range(CASES):
        with open_store(url, now=at(f"2026-03-0{2 + n // 16}T1{n % 8}:{n // 8}0")) as desk:
            open_case(desk, n)
    with open_store(url, now="2026-03-04T20:00") as desk:
        deliveries = Deliveries(desk.engine.store)
        for name in NAMES:
            deliveries.add_channel(**channel(name, client=name, lang="zh" if name == "Wu" else "en"))
        deliveries.add_channel(**channel("morning", digest="daily", least=9, privacy="discreet"))
        text = (ROOT / "states" / "calendars" / "CN" / "2026.toml").read_text("utf-8")
        file = Path(desk.engine.store.folder) / "2026.toml"
        file.write_text(text.replace("2026-04-04, to = 2026-04-06", "2026-04-01, to = 2026-04-06"), "utf-8")
        desk.install_calendar(file)


def channel(name: str, **columns: Any) -> dict[str, Any]:
    """A way out whose address is its name."""
    given = {
        "name": name, "kind": "command", "address": name, "secret": f"env:CHANNEL_{name}", "lang": "en",
        "privacy": "titles", "zone": "Asia/Shanghai", "quiet_from": "22:00", "quiet_to": "08:00", "client": None,
        "person": None, "digest": "none", "digest_at": "08:00", "least": 0, "created_at": 0,
    }  # fmt: skip
    return given | columns


def open_case(desk: Desk, n: int) -> None:
    """A case of one of eight kinds: who waits for whom, on one track or two, with reminders of one's own or without."""
    client, kind = NAMES[5 if n == 2 else n % 5], n % 8
    if kind == 0:
        case = desk.open("court-papers", title=f"Case {n:02}", client=client)
        desk.record(case, "papers_received", SUIT)
        return
    case = desk.open(str(PARCEL), title=f"Case {n:02}", client=client)
    if kind == 1:
        desk.follow_up(case, "add", due="2026-03-06", text="ring them", every="3 days")
    if kind == 2:
        desk.record(case, "pickup_agreed", {"day": "2026-03-15"})
    if kind >= 3:
        for item in ("waybill", "photos"):
            desk.attach(case, PARCEL, item=item)
            desk.done(case, item)
        desk.record(case, "claim_sent", {"amount": "1000", "channel": "app"})
    if kind == 4:
        desk.record(case, "court_papers_received")
    if kind >= 6:
        desk.record(case, "offer_made", {"amount": "300"})
        desk.record(case, "complained")


def people(url: str) -> None:
    """What people wrote down in the middle of the month: replies that came late, and things that were done."""
    with open_store(url, now=MIDDLE) as desk:
        cases = {case["title"]: case["case"] for case in desk.cases()}
        for n in (3, 11):
            desk.record(cases[f"Case {n:02}"], "offer_made", {"amount": "1000"}, at="2026-03-08T15:00")
        desk.record(cases["Case 05"], "claim_sent", {"amount": "1000", "channel": "letter"})
        desk.follow_up(cases["Case 01"], "done", n=1)
        desk.record(cases["Case 02"], "picked_up", at="2026-03-15T18:00")
        desk.record(cases["Case 12"], "defence_sent")
        desk.acknowledge(cases["Case 08"])


# -- what is left ----------------------------------------------------------------------------------------------------


class Left(NamedTuple):
    """What there is after a month."""

    shown: list[dict[str, Any]]
    cases: list[Any]
    announced: list[Any]
    deliveries: Counter[Any]


def left(url: str) -> Left:
    """All that people see of the cases, what is kept, what was announced, and what became of it."""
    with open_store(url, now=END) as desk:
        store = desk.engine.store
        assert len(list(desk.verify())) == CASES

        def rows(statement: str) -> list[Any]:
            return [tuple(row) for row in store.run(statement).fetchall()]

        return Left(
            list(desk.cases()),
            rows('SELECT * FROM "case" ORDER BY id') + rows("SELECT case_id, at FROM timer ORDER BY case_id"),
            rows("SELECT case_id, key, kind, at, status, level, until, body FROM outbox ORDER BY case_id, key, at"),
            Counter(rows("SELECT channel_id, kind, key, status FROM delivery")),
        )


def in_flight(url: str, daemon: str) -> Counter[str]:
    """The cases in the messages that a daemon had claimed when it died; an empty title is a digest."""
    store = Store.open(url)
    claimed = (
        "SELECT d.id, c.title FROM delivery d LEFT JOIN delivery_item i ON i.delivery_id = d.id"
        ' LEFT JOIN outbox o ON o.id = i.outbox_id LEFT JOIN "case" c ON c.id = o.case_id WHERE d.claim = ?'
    )
    found = {(delivery, title or "") for delivery, title in store.run(claimed, (daemon,)).fetchall()}
    store.close()
    return Counter(title for _, title in found)


def heard(file: Path) -> Counter[tuple[str, str, str]]:
    """The messages that arrived: address, title, text."""
    lines = file.read_bytes().splitlines() if file.exists() else []
    return Counter(msgspec.json.decode(line, type=tuple[str, str, str]) for line in lines)


def mentions(messages: Counter[tuple[str, str, str]]) -> Counter[str]:
    """How often each case was mentioned; digests under an empty title."""
    found: Counter[str] = Counter()
    for (address, _, body), times in messages.items():
        titles = ("",) if address == "morning" else {f"Case {n:02}" for n in range(CASES) if f"Case {n:02}" in body}
        for title in titles:
            found[title] += times
    return found


# -- lives -----------------------------------------------------------------------------------------------------------


class House:
    """Stores of one kind, and the process whose forks are daemons."""

    def __init__(self, place: Place, forks: subprocess.Popen[str]) -> None:
        self.place, self._forks = place, forks
        self._lives = 0

    def fresh(self, name: str) -> str:
        """A copy of the furnished store."""
        source, target = Store.open(self.place.url("base")), Store.open(self.place.url(name))
        copy(source, target)
        source.close()
        target.close()
        return self.place.url(name)

    def heard(self, name: str) -> Path:
        return self.place.folder / f"{name}.heard"

    def lived(self, name: str, left: Sequence[datetime], at: str = "", times: int = 1) -> tuple[End, str]:
        """One daemon's life, and its id."""
        self._lives += 1
        life = Life(self.place.url(name), str(self.heard(name)), f"life-{self._lives}", list(left), at, times, SIGKILL)
        assert self._forks.stdin is not None
        assert self._forks.stdout is not None
        self._forks.stdin.write(msgspec.json.encode(life).decode() + "\n")
        self._forks.stdin.flush()
        end = msgspec.json.decode(self._forks.stdout.readline() or "null", type=End)
        if end.signal and self.place.server is not None:
            self.place.server.cut(self.place.database(name))  # until the server knows, the dead holds its locks
        return end, life.id


@pytest.fixture
def house(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    for name in (*NAMES, "morning"):
        monkeypatch.setenv(f"CHANNEL_{name}", name)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    program = [sys.executable, str(ROOT / "tests" / "crashing.py")]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as forks:
        furnish(place.url("base"))
        yield House(place, forks)


class Kill(NamedTuple):
    """Where a daemon is to die."""

    boundary: str
    times: int


def undisturbed(house: House) -> tuple[Left, Counter[tuple[str, str, str]], Counter[str]]:
    """What is left and heard after a month that nothing disturbed, and the boundaries that were passed."""
    url, passed = house.fresh("calm"), Counter[str]()
    for leg in LEGS:
        if leg is LEGS[1]:
            people(url)
        end, _ = house.lived("calm", leg)
        passed.update(end.passed)
    return left(url), heard(house.heard("calm")), passed


def disturbed(house: House, name: str, kills: list[Kill]) -> tuple[Counter[str], Counter[str]]:
    """A month on a fresh store with as many kills as there is room for, taken from the end of `kills`.

    The next daemon goes on at the instant of death, and looks again when the lease of the dead one is over.
    Returns the boundaries where one died, and how often each case was in a message that might be sent again.
    """
    url = house.fresh(name)
    died, flights = Counter[str](), Counter[str]()
    for leg in LEGS:
        ahead = list(leg)
        if leg is LEGS[1]:
            people(url)
            kills += [Kill(f"dropped {where}", 1) for where in reversed(PLACES)]  # it happens there, and only there
        while ahead:
            kill = kills.pop() if kills else Kill("", 1)
            end, daemon = house.lived(name, ahead, *kill)
            if not end.signal:
                kills.insert(0, kill)
                break
            died[kill.boundary] += 1
            flights.update(in_flight(url, daemon))
            now = ahead[end.begun - 1]
            ahead = sorted({now + LEASE + timedelta(minutes=2), *ahead[end.begun - 1 :]})
    return died, flights


def test_killed_two_hundred_times_it_leaves_and_tells_the_same(house: House) -> None:
    calm, said, passed = undisturbed(house)
    random = Random(20260302)
    steps = sorted(each for each in passed if each != "statement" and not each.startswith("dropped"))
    kills = [Kill(each, random.randint(1, 4) if passed[each] > 50 else 1) for each in steps * 4]
    kills += [Kill("statement", random.randint(1, passed["statement"] // 25)) for _ in range(200 - len(kills))]
    random.shuffle(kills)
    died = Counter[str]()
    for name in (f"run-{n}" for n in range(12)):
        more, flights = disturbed(house, name, kills)
        told = heard(house.heard(name))
        died += more

        assert left(house.place.url(name)) == calm
        assert set(told) == set(said)
        assert mentions(told) - mentions(said) <= flights
        if died.total() >= 200:
            break
    assert died.total() >= 200
    assert {f"{step} {where}" for step in STEPS for where in PLACES} <= set(died)
    assert {"send before", "send after", "statement"} <= set(died)


def test_newer_calendar_data_reaches_the_cases_of_every_procedure_in_one_look(house: House) -> None:
    url = house.fresh("moved")
    house.lived("moved", [at("2026-03-05T09:02")])
    store = Store.open(url)
    stamps = store.run('SELECT definition, calendar FROM "case" WHERE open = ?', (True,)).fetchall()
    moved = [row[0] for row in store.run("SELECT status FROM outbox WHERE kind = 'moved'").fetchall()]
    store.close()

    assert len({definition for definition, _ in stamps}) == 2
    assert len({calendar for _, calendar in stamps}) == 1
    assert moved == ["told"] * (CASES // 4)


# -- often and rarely ------------------------------------------------------------------------------------------------


def looked(url: str, first: datetime, last: datetime, every: timedelta) -> None:
    """A daemon that looks every so often, and at the end."""
    store = Store.open(url)

    def send(kind: str, address: str, message: Message) -> None:
        pass

    daemon = Daemon(store, send=send, id="one", nightly=False)
    for n in range((last - first) // every):
        daemon.tick(first + n * every)
        while daemon.sending.busy:
            daemon.sending.finish(first + n * every, seconds=60.0)
    daemon.once(lambda: last)
    daemon.sending.close()
    store.close()


def foremost(url: str) -> dict[tuple[Any, ...], tuple[str, str, str]]:
    """Of each run of a deadline what was told of it last: kind, day and offset."""
    store = Store.open(url)
    told = "SELECT case_id, body FROM outbox WHERE status = 'told' AND kind IN ('reminder', 'lapse')"
    found = {}
    for case, body in store.run(f"{told} ORDER BY told_at, at").fetchall():
        said = msgspec.json.decode(bytes(body), type=Announced)
        found[case, said.subject, said.track, said.started_at] = (said.kind, said.due or "", said.offset)
    store.close()
    return found


@pytest.mark.parametrize(
    ("last", "often"),
    [("2026-03-10T12:00", timedelta(minutes=1)), ("2026-04-04T12:00", timedelta(hours=1))],
    ids=["every minute of days when time is up", "every hour of a month"],
)
def test_however_often_it_looks_the_cases_and_the_last_word_on_each_deadline_are_the_same(
    house: House, last: str, often: timedelta
) -> None:
    end = at(last)
    shown, words = [], []
    for name, every in (("often", often), ("rarely", timedelta(hours=7)), ("once", timedelta(days=100))):
        url = house.fresh(name)
        looked(url, end if name == "once" else at("2026-03-08T08:00"), end, every)
        with open_store(url, now=end) as desk:
            shown.append(list(desk.cases()))
        words.append(foremost(url))

    assert len(words[0]) > CASES / 3
    assert shown[0] == shown[1] == shown[2]
    assert words[0] == words[1] == words[2]
