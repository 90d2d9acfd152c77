"""Corrections, broken channels and time in any order: what each channel has heard is true in the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import msgspec
import pytest
from conftest import PROCEDURES
from places import Place
from ways import DOWN, WRONG, ZONE

from escalation import Desk
from escalation.channels import Message
from escalation.core.loudness import URGENT
from escalation.core.snapshot import Announced
from escalation.daemon import Daemon, status
from escalation.deliveries import Deliveries
from escalation.errors import DeliveryFailed, EscalationError
from escalation.store import Store

REPLYING = str(PROCEDURES / "replying.yaml")
BEGIN = datetime(2026, 3, 2, 10, tzinfo=ZONE)
EVENING = datetime(2026, 3, 7, 20, tzinfo=ZONE)
"""Of the last day."""
CHANNELS = {"always": (None, None), "by-day": ("22:00", "08:00")}
STEPS = (timedelta(minutes=20), timedelta(hours=5), timedelta(hours=11), timedelta(days=2))
SENT = (
    "SELECT d.id, c.name, o.case_id, o.body FROM delivery d JOIN channel c ON c.id = d.channel_id"
    " JOIN delivery_item i ON i.delivery_id = d.id JOIN outbox o ON o.id = i.outbox_id"
    " WHERE d.status = 'sent' ORDER BY d.done_at, d.id, o.id"
)
THINGS = (
    ("time",) * 4 + ("look",) * 5 + ("record",) * 3 + ("withdraw",) * 3 + ("amend", "see", "break", "break", "heal")
)


class Word(NamedTuple):
    """Something that a channel said of a lapse."""

    channel: str
    case_id: int
    said: Announced


class Telling:
    """Two cases, two channels, and a daemon that looks when it likes."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.any = store, Random(seed)
        self.now = BEGIN
        self.broken: dict[str, DeliveryFailed] = {}
        self.cases = [self.desk().open(REPLYING, title=title) for title in ("one", "two")]
        self.seqs: dict[str, list[int]] = {case: [] for case in self.cases}
        self.seen: set[int] = set()
        """Numbers of cases of which a person knows by other means."""
        for case in self.cases:
            self.write(case, lambda desk, case=case: desk.record(case, "start_mine"))  # type: ignore[misc]
        self.now = EVENING
        for name, (quiet_from, quiet_to) in CHANNELS.items():
            Deliveries(self.store).add_channel(
                name=name, kind="command", address=name, secret=f"env:ANY_{name.upper()}", lang="en", privacy="titles",
                zone="Asia/Shanghai", quiet_from=quiet_from, quiet_to=quiet_to, client=None, person=None, digest="none",
                digest_at="08:00", least=0, created_at=0,
            )  # fmt: skip

    def desk(self) -> Desk:
        return Desk(self.store, now=self.now, lang="en")

    def write(self, case: str, what: Callable[[Desk], dict[str, Any]]) -> None:
        """One entry; what the procedure refuses is not one."""
        with suppress(EscalationError):
            self.seqs[case].append(what(self.desk())["seq"])

    # -- what happens -------------------------------------------------------------------------------------

    def happens(self) -> None:
        """One thing, by chance."""
        case, seqs = self.any.choice(self.cases), self.seqs
        match self.any.choice(THINGS):
            case "time":
                self.now += self.any.choice(STEPS)
            case "look":
                self.look()
            case "record":
                event, at = self.any.choice(("start_mine", "answered")), self._before(0, 0, 6, 24, 72)
                self.write(case, lambda desk: desk.record(case, event, at=at))
            case "withdraw" if seqs[case]:
                seq = self.any.choice(seqs[case][-2:])
                self.write(case, lambda desk: desk.withdraw(case, seq))
            case "amend" if seqs[case]:
                at = self._before(6, 24, 72, 144)
                self.write(case, lambda desk: desk.amend(case, seqs[case][-1], at=at))
            case "see":
                self.desk().acknowledge(case)
                self.seen.add(self.cases.index(case) + 1)
            case "break":
                self.broken[self.any.choice(sorted(CHANNELS))] = self.any.choice((DOWN, WRONG))
            case "heal":
                self.broken.clear()

    def look(self) -> None:
        """What a daemon does that looks once."""
        daemon = Daemon(self.store, send=self._send, nightly=False)
        daemon.once(lambda: self.now)
        daemon.sending.close()

    def _before(self, *hours: int) -> datetime:
        return self.now - timedelta(hours=self.any.choice(hours))

    # -- what must hold -------------------------------------------------------------------------------------

    def _send(self, kind: str, address: str, message: Message) -> None:
        if address in self.broken:
            raise self.broken[address]
        local = self.now.astimezone(ZONE)
        assert address == "always" or message.level == URGENT or 8 <= local.hour < 22, (local, message.title)

    def words(self) -> list[Word]:
        """Every lapse, and every one taken back, that a channel said, in order."""
        rows = self.store.run(SENT).fetchall()
        said = [(name, case_id, msgspec.json.decode(bytes(body), type=Announced)) for _, name, case_id, body in rows]
        return [Word(*each) for each in said if each[2].kind in ("lapse", "retracted")]

    def ends(self) -> None:
        """All channels work, and a few days pass: then everything was told, and it is true."""
        self.broken.clear()
        self.desk().retry()
        for _ in range(4):
            self.now += timedelta(hours=11)
            self.look()
        self.now = self.now.astimezone(ZONE).replace(hour=12) + timedelta(days=1)
        self.look()
        found = status(self.store, self.now)
        assert not any(found["outbox"].values()), found["outbox"]
        assert found["deliveries"] == {"waiting": 0, "late": 0, "parked": 0}
        self._nobody_was_told_a_thing_twice()
        self._the_last_word_is_true()

    def _nobody_was_told_a_thing_twice(self) -> None:
        last: dict[tuple[Any, ...], str] = {}
        for channel, case_id, said in self.words():
            about = (channel, case_id, said.subject, said.started_at, said.due)
            assert said.kind == "lapse" or last.get(about) == "lapse", ("not overdue, to who never heard", about)
            assert last.get(about) != said.kind, ("twice", about)
            last[about] = said.kind

    def _the_last_word_is_true(self) -> None:
        """Nobody heard last that it was not overdue, of what is."""
        last = {(channel, case_id, said.subject): said for channel, case_id, said in self.words()}
        for (_, case_id, subject), said in last.items():
            if case_id in self.seen:
                continue
            (row,) = self.store.cases_by_number([case_id])
            runs = [run for run in self.desk().engine.snapshot(row, self.now).deadlines if run.id == subject]
            overdue = any(run.status == "missed" and run.started_at == said.started_at for run in runs)
            assert said.kind == "lapse" or not overdue, ("not overdue, though it is", said)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_each_channel_has_heard_the_truth_once(
    place: Place, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in CHANNELS:
        monkeypatch.setenv(f"ANY_{name.upper()}", name)
    with closing(Store.open(place.url())) as store:
        telling = Telling(store, seed)
        for _ in range(40):
            telling.happens()
        telling.ends()
