"""What a person is told, when, and how often: the daemon's steps at instants of our choosing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from escalation import Desk
from escalation.channels import Message
from escalation.daemon import Daemon, status
from escalation.deliveries import wait
from escalation.errors import DeliveryFailed

ZONE = ZoneInfo("Asia/Shanghai")
CLAIM = {"amount": "300", "channel": "app"}
Opener = Callable[[str], Desk]


def at(text: str) -> datetime:
    """`2026-03-10T08:05` in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


class Heard(NamedTuple):
    at: datetime
    message: Message


class House:
    """One person's daemon: her channels, and what came out of them."""

    def __init__(self, desk: Opener) -> None:
        self.open = desk
        self.heard: list[Heard] = []
        self.broken: DeliveryFailed | None = None
        self.now = at("2026-03-02T09:00")
        self.names = 0

    def daemon(self, now: str, id: str = "one") -> Daemon:
        self.now = at(now)
        there = self.open(now)
        return Daemon(there.engine.store, send=self._send, id=id, nightly=False)

    def _send(self, kind: str, address: str, message: Message) -> None:
        if self.broken is not None:
            raise self.broken
        self.heard.append(Heard(self.now, message))

    def channel(self, **columns: Any) -> None:
        self.names += 1
        given = {
            "name": f"channel-{self.names}", "kind": "log", "address": "log", "secret": "none", "lang": "en",
            "privacy": "titles", "zone": "Asia/Shanghai", "quiet_from": "22:00", "quiet_to": "08:00", "client": None,
            "person": None, "digest": "none", "digest_at": "08:00", "least": 0, "created_at": 0,
        }  # fmt: skip
        self.daemon(self.now.strftime("%Y-%m-%dT%H:%M")).deliveries.add_channel(**{**given, **columns})

    def hear(self, now: str, id: str = "one") -> list[str]:
        """What is said at that instant: titles and bodies."""
        before = len(self.heard)
        daemon = self.daemon(now, id)
        daemon.once(lambda: self.now)
        daemon.sending.close()
        return [f"{m.title} | {m.body}" for _, m in self.heard[before:]]

    def between(self, first: str, last: str, step: timedelta = timedelta(hours=1)) -> list[tuple[str, str]]:
        """What is said, and at which local minute, when the daemon looks every `step`."""
        found = []
        moment = at(first)
        while moment < at(last):
            text = moment.strftime("%Y-%m-%dT%H:%M")
            found += [(text, said) for said in self.hear(text)]
            moment += step
        return found


@pytest.fixture
def house(desk: Opener) -> House:
    made = House(desk)
    made.channel()
    return made


def waiting(house: House, parcel: Path, title: str = "Lost parcel", client: str | None = None) -> str:
    """A case whose other side must answer by 9 March; reminders two days before and on the day."""
    there = house.open("2026-03-02T10:00")
    case = there.open(str(parcel), title=title, client=client)
    for item in ("waybill", "photos"):
        there.attach(case, parcel, item=item)
        there.done(case, item)
    house.open("2026-03-02T11:00").record(case, "claim_sent", CLAIM)
    return case


def sued(house: House) -> str:
    """A case in which I must answer the court by 17 March."""
    there = house.open("2026-03-02T10:00")
    case = there.open("court-papers", title="Sued")
    there.record(case, "papers_received", {"kind": "suit", "claimed": "12000", "case_number": "(2026)0106-1234"})
    return case


def outbox(house: House, kind: str | None = None) -> list[tuple[str, str]]:
    rows = house.open(house.now.strftime("%Y-%m-%dT%H:%M")).engine.store.outbox(1)
    return [(p.kind, p.status) for p in rows if kind in (None, p.kind)]


def test_each_thing_is_told_once_in_time_and_never_at_midnight(house: House, parcel: Path) -> None:
    waiting(house, parcel)

    told = house.between("2026-03-02T11:05", "2026-03-12T00:00")

    assert [moment for moment, _ in told] == ["2026-03-07T09:05", "2026-03-09T09:05", "2026-03-10T08:05"]
    assert "Lost parcel" in told[0][1]
    assert house.between("2026-03-10T08:10", "2026-03-10T20:00") == []


def test_after_a_month_asleep_each_deadline_is_told_once_and_the_state_is_as_if_awake(
    house: House, parcel: Path
) -> None:
    case = waiting(house, parcel)
    awake = house.open("2026-04-12T12:00").show(case)

    told = house.hear("2026-04-12T12:00")

    assert len(told) == 1
    assert "1 day" not in told[0]
    assert outbox(house, "reminder") == [("reminder", "coalesced"), ("reminder", "coalesced")]
    assert outbox(house, "lapse") == [("lapse", "told")]
    assert house.open("2026-04-12T12:00").show(case) == awake
    assert house.hear("2026-04-12T12:05") == []


def test_a_reply_that_was_logged_late_takes_back_what_nobody_had_heard_yet(house: House, parcel: Path) -> None:
    case = waiting(house, parcel)
    house.hear("2026-03-10T02:00")  # at night the lapse waits for the morning
    house.open("2026-03-10T07:30").record(case, "offer_made", {"amount": "300"}, at="2026-03-09T15:00")

    assert house.hear("2026-03-10T08:05") == []
    assert outbox(house, "lapse") == [("lapse", "superseded")]


def test_who_was_told_of_a_lapse_that_never_was_is_told_so(house: House, parcel: Path) -> None:
    case = waiting(house, parcel)
    assert len(house.hear("2026-03-10T09:00")) == 1
    house.open("2026-03-12T10:00").record(case, "offer_made", {"amount": "300"}, at="2026-03-09T15:00")

    told = house.hear("2026-03-12T10:01")

    assert len(told) == 1
    assert "Lost parcel" in told[0]
    assert outbox(house) == [
        ("reminder", "coalesced"), ("reminder", "coalesced"), ("lapse", "superseded"), ("retracted", "told")
    ]  # fmt: skip
    assert house.hear("2026-03-12T10:02") == []


def test_what_becomes_true_again_is_told_again(house: House, parcel: Path) -> None:
    case = waiting(house, parcel)
    house.hear("2026-03-10T09:00")
    there = house.open("2026-03-12T10:00")
    there.record(case, "offer_made", {"amount": "300"}, at="2026-03-09T15:00")
    house.hear("2026-03-12T10:01")
    there = house.open("2026-03-12T11:00")
    there.withdraw(case, there.show(case)["head"])

    assert len(house.hear("2026-03-12T11:01")) == 1
    assert outbox(house, "lapse") == [("lapse", "superseded"), ("lapse", "told")]


def test_what_was_done_while_it_waited_for_the_morning_is_not_said(house: House, parcel: Path) -> None:
    case = waiting(house, parcel)
    there = house.open("2026-03-02T12:00")
    there.follow_up(case, "add", due="2026-03-05", text="ring them")
    house.now = at("2026-03-05T08:59")
    house.broken = DeliveryFailed("refused")
    house.hear("2026-03-05T09:01")
    house.broken = None
    house.open("2026-03-05T09:01").follow_up(case, "done", n=1)

    assert house.hear("2026-03-05T12:00") == []
    assert outbox(house) == [("user_follow_up", "overtaken")]


def test_my_own_court_day_is_urgent_and_breaks_the_quiet_hours_when_it_ends_tonight(house: House) -> None:
    sued(house)

    told = house.hear("2026-03-17T22:30")  # the laptop was shut all day; at midnight it is too late

    assert len(told) == 1
    assert house.heard[-1].message.level == 3


def test_who_missed_a_court_day_is_told_what_there_is_to_do_rather_than_to_wait(desk: Opener) -> None:
    house = House(desk)
    house.channel(lang="zh", privacy="full")
    there = house.open("2026-03-02T10:00")
    case = there.open("alipay-repayment", title="Sued")
    there.record(case, "court_papers_received", {"kind": "claim"})
    told = house.hear("2026-03-18T09:00")

    assert "最后一天过了，多半也还有能做的事。" in told[0]
    assert "记下开庭日和举证截止日" in told[0]
    assert "不用做什么" not in told[0]


def test_what_is_urgent_is_said_again_until_it_is_acknowledged(house: House) -> None:
    case = sued(house)

    told = [moment for moment, _ in house.between("2026-03-17T09:05", "2026-03-17T22:00", timedelta(minutes=30))]
    assert told == ["2026-03-17T09:05", "2026-03-17T13:05", "2026-03-17T17:05", "2026-03-17T21:05"]

    house.heard.clear()
    case = sued(house)
    assert len(house.hear("2026-03-17T09:05")) >= 1
    house.open("2026-03-17T09:30").acknowledge(case)
    later = house.between("2026-03-17T10:00", "2026-03-17T22:00", timedelta(minutes=30))
    assert all("Sued" in said for _, said in later)
    assert [p.status for p in house.open("2026-03-17T22:00").engine.store.outbox(2) if ":again:" in p.key] == ["silent"]


def test_after_an_acknowledgement_a_louder_reminder_and_the_lapse_are_still_told(house: House) -> None:
    case = sued(house)
    assert len(house.hear("2026-03-10T09:05")) == 1  # seven days before: normal
    house.open("2026-03-10T10:00").acknowledge(case)

    assert house.hear("2026-03-14T09:05") == []  # three days before: no louder
    assert len(house.hear("2026-03-16T09:05")) == 1  # tomorrow: louder
    house.open("2026-03-16T10:00").acknowledge(case)
    assert len(house.hear("2026-03-17T09:05")) == 1  # today: urgent
    house.open("2026-03-17T10:00").acknowledge(case)
    assert len(house.hear("2026-03-18T08:05")) == 1  # it has lapsed


def test_what_gathered_overnight_for_one_channel_goes_out_as_one_message(house: House, parcel: Path) -> None:
    for n in range(3):
        waiting(house, parcel, title=f"Parcel {n}")
    house.hear("2026-03-09T23:00")

    told = house.hear("2026-03-10T08:00")

    assert len(told) == 1
    assert all(f"Parcel {n}" in told[0] for n in range(3))


def test_what_waited_while_no_daemon_was_there_goes_out_with_what_is_new(house: House, parcel: Path) -> None:
    waiting(house, parcel, title="Of the night")
    there = house.open("2026-03-02T12:00")
    second = there.open(str(parcel), title="Of the morning")
    there.follow_up(second, "add", due="2026-03-10", text="ring them")
    house.hear("2026-03-10T02:00")  # the lapse of the night waits for eight o'clock; then the machine sleeps

    told = house.hear("2026-03-10T09:05")

    assert len(told) == 1
    assert "Of the night" in told[0]
    assert "Of the morning" in told[0]


def test_quiet_hours_are_each_channels_own(house: House, parcel: Path) -> None:
    house.channel(quiet_from=None, quiet_to=None)
    house.channel(quiet_from="12:00", quiet_to="13:00")
    waiting(house, parcel)
    house.hear("2026-03-09T20:00")
    house.heard.clear()

    house.between("2026-03-10T00:05", "2026-03-10T10:00")

    assert [h.at.strftime("%H:%M") for h in house.heard] == ["00:05", "00:05", "08:05"]


def test_a_delivery_whose_moment_was_slept_through_into_the_quiet_hours_waits_for_the_morning(
    house: House, parcel: Path
) -> None:
    waiting(house, parcel)
    house.broken = DeliveryFailed("refused")
    house.hear("2026-03-09T21:50")
    house.broken = None

    assert house.hear("2026-03-09T23:30") == []
    assert len(house.hear("2026-03-10T08:00")) == 1


def test_clients_and_persons_get_what_is_theirs(house: House, parcel: Path) -> None:
    house.channel(name="li", client="Li", lang="en")
    house.channel(name="counsellor", person="Wang")
    waiting(house, parcel, title="Of Li", client="Li")
    second = waiting(house, parcel, title="Of Zhao", client="Zhao")
    house.open("2026-03-03T10:00").assign([second], "Wang")

    told = house.hear("2026-03-10T09:00")

    assert sorted(("Of Li" in said, "Of Zhao" in said) for said in told) == [(False, True), (True, False), (True, True)]


def test_a_channel_takes_only_what_is_loud_enough_and_the_rest_is_kept_for_the_screens(
    desk: Opener, parcel: Path
) -> None:
    house = House(desk)
    house.channel(least=1)
    waiting(house, parcel)

    assert house.hear("2026-03-09T09:05") == []  # that their time is up soon is quiet
    assert len(house.hear("2026-03-10T09:00")) == 1
    assert outbox(house) == [("reminder", "coalesced"), ("reminder", "kept"), ("lapse", "told")]


def test_without_a_channel_nothing_waits_for_one_that_comes_a_year_later(desk: Opener, parcel: Path) -> None:
    house = House(desk)
    waiting(house, parcel)
    house.hear("2026-03-10T09:00")
    assert ("lapse", "kept") in outbox(house)
    house.channel()

    assert house.hear("2026-03-10T10:00") == []


def test_a_channel_that_fails_is_tried_again_ever_more_rarely_and_parked_after_a_day(
    house: House, parcel: Path
) -> None:
    waiting(house, parcel)
    house.broken = DeliveryFailed("connection refused")
    tries, moment = 0, at("2026-03-10T09:00")
    while moment < at("2026-03-11T20:00"):
        daemon = house.daemon(moment.strftime("%Y-%m-%dT%H:%M"))
        tries += daemon.once(lambda: house.now).failed
        moment += timedelta(minutes=1)
    found = status(house.open("2026-03-11T20:00").engine.store, house.now)

    assert 20 < tries < 40
    assert [(p["channel"], p["deliveries"], p["reason"]) for p in found["parked"]] == [
        ("channel-1", 1, "connection refused")
    ]
    assert not found["well"]
    assert outbox(house, "lapse") == [("lapse", "parked")]

    house.broken = None
    assert house.daemon("2026-03-12T09:00").deliveries.retry(at("2026-03-12T09:00")) == 1
    assert len(house.hear("2026-03-12T09:00")) == 1
    assert outbox(house, "lapse") == [("lapse", "told")]
    assert status(house.open("2026-03-12T09:01").engine.store, house.now)["parked"] == []


def test_waits_double_up_to_an_hour_and_never_all_at_the_same_instant() -> None:
    waits = [wait(1, n) for n in range(1, 30)]

    assert timedelta(seconds=24) <= waits[0] <= timedelta(seconds=36)
    assert max(waits) <= timedelta(minutes=72)
    assert min(waits[10:]) >= timedelta(minutes=48)
    assert len({wait(n, 5) for n in range(100)}) > 90


def test_a_permanent_failure_is_parked_at_once(house: House, parcel: Path) -> None:
    waiting(house, parcel)
    house.broken = DeliveryFailed("no such command", permanent=True)
    house.hear("2026-03-10T09:00")

    assert outbox(house, "lapse") == [("lapse", "parked")]


def test_what_another_daemon_claimed_and_never_finished_is_taken_over_when_its_lease_ends(
    house: House, parcel: Path
) -> None:
    waiting(house, parcel)
    dead = house.daemon("2026-03-10T09:00", id="dead")
    dead.tick(house.now)  # advanced and routed, and the message given to a channel
    dead.sending.close()  # and then the machine lost its power: nobody noted that it was sent
    first = len(house.heard)

    assert house.hear("2026-03-10T09:01", id="heir") == []
    assert len(house.hear("2026-03-10T09:04", id="heir")) == 1
    assert first <= 1
    assert house.hear("2026-03-10T09:10", id="heir") == []


def test_a_morning_digest_comes_once_and_not_when_the_machine_wakes_in_the_evening(desk: Opener, parcel: Path) -> None:
    house = House(desk)
    house.channel(digest="daily", least=3)
    waiting(house, parcel)

    assert house.hear("2026-03-05T07:59") == []
    assert len(house.hear("2026-03-05T08:00", id="one")) == 1
    assert house.hear("2026-03-05T08:10", id="two") == []
    assert house.hear("2026-03-06T19:00") == []
    assert len(house.hear("2026-03-07T08:30")) == 1


def test_a_digest_that_could_not_be_sent_on_its_day_is_not_sent_beside_the_next(desk: Opener, parcel: Path) -> None:
    house = House(desk)
    house.channel(digest="daily", least=3)
    waiting(house, parcel)
    house.broken = DeliveryFailed("refused")
    house.between("2026-03-05T08:00", "2026-03-06T08:30")
    house.broken = None
    house.daemon("2026-03-06T09:30").deliveries.retry(at("2026-03-06T09:30"))

    assert len(house.hear("2026-03-06T10:00")) == 1
    assert house.hear("2026-03-06T11:30") == []


@pytest.mark.parametrize(
    ("lang", "says"),
    [("zh", "有 1 条通知没能送出去"), ("en", "1 announcement could not be delivered; `escalation daemon status`")],
)
def test_the_digest_tells_of_a_message_that_another_channel_did_not_take(
    desk: Opener, parcel: Path, lang: str, says: str
) -> None:
    house = House(desk)
    house.channel(name="mail", digest="daily", least=3, lang=lang)
    house.channel(name="phone")
    waiting(house, parcel)
    before = house.hear("2026-03-07T08:00")
    house.broken = DeliveryFailed("its address is wrong", permanent=True)
    house.hear("2026-03-07T09:00")
    house.broken = None
    (after,) = house.hear("2026-03-08T08:00")

    assert len(before) == 1
    assert says not in before[0]
    assert says in after.replace("\n", " ")


def test_the_digest_of_an_evening_is_made_though_the_machine_wakes_after_midnight(desk: Opener, parcel: Path) -> None:
    house = House(desk)
    house.channel(digest="daily", digest_at="20:00", least=3)
    waiting(house, parcel)

    assert [house.daemon(now).digests(at(now)) for now in ("2026-03-05T19:00", "2026-03-06T00:10")] == [0, 1]
    assert [house.daemon(now).digests(at(now)) for now in ("2026-03-06T06:10", "2026-03-06T20:00")] == [0, 1]
    assert house.daemon("2026-03-09T06:10").digests(at("2026-03-09T06:10")) == 0


def test_the_digest_of_an_evening_goes_out_in_the_morning_if_the_machine_slept_till_midnight(
    desk: Opener, parcel: Path
) -> None:
    house = House(desk)
    house.channel(digest="daily", digest_at="20:00", least=3)
    waiting(house, parcel)
    heard = [
        house.hear(now) for now in ("2026-03-06T00:10", "2026-03-06T08:05", "2026-03-06T19:30", "2026-03-06T20:05")
    ]

    assert [len(each) for each in heard] == [0, 1, 0, 1]


def test_a_weekly_digest_comes_once_a_week_on_its_first_morning_awake(desk: Opener, parcel: Path) -> None:
    house = House(desk)
    house.channel(digest="weekly", least=3)
    waiting(house, parcel)

    days = [moment[:10] for moment, _ in house.between("2026-03-03T08:30", "2026-03-17T00:00", timedelta(days=1))]
    assert days == ["2026-03-03", "2026-03-09", "2026-03-16"]


def test_newer_calendar_data_moves_what_was_provisional_and_says_so(house: House, tmp_path: Path) -> None:
    there = house.open("2026-12-28T10:00")
    text = (Path(__file__).parent.parent / "procedures" / "parcel-dispute.yaml").read_text("utf-8")
    (tmp_path / "p.yaml").write_text(text.replace("within: 7 days", "within: 5 working days"), "utf-8")
    case = there.open(str(tmp_path / "p.yaml"), title="Lost parcel")
    for item in ("waybill", "photos"):
        there.attach(case, tmp_path / "p.yaml", item=item)
        there.done(case, item)
    shown = there.record(case, "claim_sent", CLAIM)
    before = next(d for d in shown["deadlines"] if d["id"] == "answer")
    assert before["provisional"]
    (tmp_path / "2027.toml").write_text(
        'calendar = "CN"\nyear = 2027\noff = [{from = 2027-01-01, to = 2027-01-05, name = "元旦"}]\nworking = []\n'
        '[source]\ntitle = "test"\nnumber = "1"\nurl = "https://example.org"\npublished = 2026-11-25\n',
        "utf-8",
    )
    house.open("2026-12-29T10:00").install_calendar(tmp_path / "2027.toml")
    daemon = house.daemon("2026-12-29T10:01")
    daemon.once(lambda: house.now)
    daemon.sending.close()
    after = next(d for d in house.open("2026-12-29T10:02").show(case)["deadlines"] if d["id"] == "answer")

    assert after["due"] > before["due"]
    assert not after["provisional"]
    assert outbox(house) == [("moved", "told")]
    assert house.hear("2026-12-29T10:05") == []


def test_a_running_daemon_notices_calendar_data_that_was_installed(house: House, tmp_path: Path, parcel: Path) -> None:
    waiting(house, parcel)
    daemon = house.daemon("2026-03-03T10:00")
    assert not daemon.calendar_changed()
    (tmp_path / "calendars").mkdir()
    source = Path(__file__).parent.parent.parent / "states" / "calendars" / "CN" / "2026.toml"
    (tmp_path / "calendars" / "CN-2026.toml").write_bytes(source.read_bytes())

    assert daemon.calendar_changed()
    assert not daemon.calendar_changed()


def test_one_case_that_cannot_be_evaluated_holds_up_nobody(house: House, parcel: Path) -> None:
    waiting(house, parcel, title="Broken")
    waiting(house, parcel, title="Sound")
    store = house.open("2026-03-03T10:00").engine.store
    with store.writing():
        store.run('UPDATE "case" SET snapshot = ?, definition = definition WHERE id = 1', (b"{",))
        store.run("UPDATE entry SET body = ? WHERE case_id = 1 AND seq = 2", (b"no entry",))
    told = house.hear("2026-03-10T09:00")

    assert len(told) == 1
    assert "Sound" in told[0]
    assert status(house.open("2026-03-10T09:01").engine.store, house.now)["due"] == 0


def test_status_says_whether_somebody_should_look(house: House, parcel: Path) -> None:
    waiting(house, parcel)
    before = status(house.open("2026-03-07T12:00").engine.store, at("2026-03-07T12:00"))
    assert (before["alive"], before["well"], before["due"]) == (False, False, 1)
    assert before["lag_seconds"] == 3 * 3600

    house.hear("2026-03-07T12:00")
    after = status(house.open("2026-03-07T12:00").engine.store, at("2026-03-07T12:00"))
    assert (after["alive"], after["well"], after["due"]) == (True, True, 0)
    later = status(house.open("2026-03-07T12:05").engine.store, at("2026-03-07T12:05"))
    assert not later["alive"]


def test_those_that_cron_starts_every_few_minutes_do_not_pile_up(house: House) -> None:
    for n in range(40):
        house.now += timedelta(minutes=5)
        daemon = house.daemon(house.now.strftime("%Y-%m-%dT%H:%M"), id=f"cron-{n}")
        daemon.once(lambda: house.now)
        daemon.sending.close()
        daemon.deliveries.stopped(daemon.id, house.now)
    found = status(house.open(house.now.strftime("%Y-%m-%dT%H:%M")).engine.store, house.now)

    assert found["daemons"][0]["id"] == "cron-39"
    assert len(found["daemons"]) <= 13
    assert found["last_tick"] == house.now


def test_an_office_lists_the_cases_of_one_person(house: House, parcel: Path) -> None:
    waiting(house, parcel)
    second = waiting(house, parcel)
    there = house.open("2026-03-03T10:00")
    there.assign([second], "Wang")

    assert [c["case"] for c in there.cases(person="Wang")] == [second]
    there.assign([second], None)
    assert list(there.cases(person="Wang")) == []
