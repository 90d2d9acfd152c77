"""Several daemons on one store: a thousand things at one instant, each told once, and people get in between."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP
from zoneinfo import ZoneInfo

import msgspec
import pytest
from crashing import Hand, Life
from places import Place

from escalation import open_store
from escalation.deliveries import LEASE, Deliveries

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be stopped")

ROOT = Path(__file__).parent.parent.parent
PARCEL = ROOT / "tests" / "procedures" / "parcel-dispute.yaml"
OPENED = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
NOW = datetime(2026, 3, 5, 9, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
"""Two minutes after each of the cases wants to be looked at: three working days after it was opened."""
LATER = NOW + LEASE + timedelta(minutes=2)
CASES, EACH = 1000, 10
"""Cases of one client, who has a channel: as many as one message names."""
TITLES = [f"Case {n:04}" for n in range(CASES)]


class Office:
    """A store with a thousand cases that are due at one instant, and the daemons that look after it."""

    def __init__(self, place: Place) -> None:
        self.place, self.url, self.heard = place, place.url(), place.folder / "heard"
        with open_store(self.url, now=OPENED) as desk:
            with desk.engine.batch():
                first = desk.open(str(PARCEL), title=TITLES[0], client="c0")
                hash = desk.show(first)["procedure"]["hash"]  # so that the file is read once
                rest = [desk.open(hash, title=TITLES[n], client=f"c{n // EACH}") for n in range(1, CASES)]
            self.cases = [first, *rest]
            deliveries = Deliveries(desk.engine.store)
            for n in range(CASES // EACH):
                deliveries.add_channel(
                    name=f"channel-{n}", kind="log", address="log", secret="none", lang="en", privacy="titles",
                    zone="Asia/Shanghai", quiet_from="22:00", quiet_to="08:00", client=f"c{n}", person=None,
                    digest="none", digest_at="08:00", least=0, created_at=0,
                )  # fmt: skip

    def daemon(self, id: str, now: datetime = NOW, at: str = "", signal: int = SIGKILL) -> Life:
        return Life(self.url, str(self.heard), id, [now], at, 1, signal)

    def bury(self) -> None:
        """Until the server knows that one is dead, it holds his locks."""
        if self.place.server is not None:
            self.place.server.cut(self.place.database())

    def told(self) -> Counter[str]:
        """How often each case was named in a message."""
        return Counter(re.findall(r"Case \d{4}", self.heard.read_text("utf-8")))

    def outbox(self) -> Counter[tuple[str, str]]:
        """Kinds and statuses of all announcements."""
        with open_store(self.url, now=LATER) as desk:
            rows = desk.engine.store.run("SELECT kind, status FROM outbox").fetchall()
        return Counter((kind, status) for kind, status in rows)

    def deliveries(self) -> list[tuple[int, str, int | None]]:
        """Number, status and end of every message."""
        with open_store(self.url, now=LATER) as desk:
            rows = desk.engine.store.run("SELECT id, status, done_at FROM delivery ORDER BY id").fetchall()
        return [(id, status, done_at) for id, status, done_at in rows]

    def waiting(self) -> int:
        """Messages that are still to be sent, or were claimed and not sent."""
        return sum(status == "waiting" for _, status, _ in self.deliveries())


@pytest.fixture
def office(place: Place, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Office(place)


@contextmanager
def process(what: Life | Hand) -> Iterator[subprocess.Popen[str]]:
    """A process that is ready to do that, and waits. It does not outlive the test."""
    program = [sys.executable, str(ROOT / "tests" / "crashing.py"), "wait"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as made:
        try:
            say(made, msgspec.json.encode(what).decode())
            assert made.stdout is not None
            assert made.stdout.readline() == "ready\n"
            yield made
        finally:
            made.kill()


def say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def together(*whats: Life | Hand) -> list[int]:
    """All of them at the same time, each in a process of its own, until all are through; their exit codes."""
    with ExitStack() as stack:
        processes = [stack.enter_context(process(what)) for what in whats]
        for each in processes:
            say(each, "go")
        return [each.wait(timeout=120) for each in processes]


@pytest.mark.parametrize("daemons", [1, 2, 4])
def test_a_thousand_things_at_one_instant_are_told_once_each(office: Office, daemons: int) -> None:
    codes = together(*(office.daemon(f"daemon-{n}") for n in range(daemons)))

    assert codes == [0] * daemons
    assert office.outbox() == {("follow_up", "told"): CASES}
    assert office.told() == dict.fromkeys(TITLES, 1)
    assert office.waiting() == 0


def test_others_take_over_what_a_killed_daemon_had_claimed_when_its_lease_ends(office: Office) -> None:
    assert together(office.daemon("dead", at="claim after")) == [-SIGKILL]
    assert together(office.daemon("one"), office.daemon("two")) == [0, 0]
    assert sum(office.told().values()) == CASES - EACH
    assert office.waiting() == 1

    assert together(office.daemon("one", LATER), office.daemon("two", LATER)) == [0, 0]

    assert office.told() == dict.fromkeys(TITLES, 1)
    assert office.outbox() == {("follow_up", "told"): CASES}


@pytest.mark.parametrize("boundary", ["advance commit", "route commit", "claim commit", "sent commit"])
def test_one_of_four_dies_and_nothing_is_lost(office: Office, boundary: str) -> None:
    codes = together(office.daemon("dead", at=boundary), *(office.daemon(f"daemon-{n}") for n in range(3)))
    office.bury()
    assert codes[0] in (-SIGKILL, 0)  # the last boundary is passed only if the others leave it something
    assert codes[1:] == [0, 0, 0]
    assert together(office.daemon("heir", LATER)) == [0]

    again = office.told() - Counter(TITLES)
    assert set(office.told()) == set(TITLES)
    assert max(again.values(), default=0) <= 1
    assert again.total() <= 4 * EACH  # as many messages as one daemon has on their way
    assert office.outbox() == {("follow_up", "told"): CASES}


def test_one_that_was_cut_off_and_comes_back_changes_nothing_that_others_have_done(office: Office) -> None:
    with process(office.daemon("cut off", at="claim after", signal=SIGSTOP)) as stopped:
        say(stopped, "go")
        os.waitpid(stopped.pid, os.WUNTRACED)
        assert together(office.daemon("one"), office.daemon("two")) == [0, 0]
        assert together(office.daemon("one", LATER)) == [0]
        before, noted = office.told(), office.deliveries()
        stopped.send_signal(SIGCONT)

        assert stopped.wait(timeout=120) == 0
    assert before == dict.fromkeys(TITLES, 1)
    assert (office.told() - before).total() == EACH  # the one message that it had in hand
    assert office.outbox() == {("follow_up", "told"): CASES}
    assert office.deliveries() == noted


def test_a_person_gets_in_between_and_nothing_of_hers_is_lost(office: Office) -> None:
    hers = office.cases[::-7]
    hand = Hand(office.url, NOW, "dropped_by_me", hers)
    codes = together(hand, *(office.daemon(f"daemon-{n}") for n in range(4)))
    with open_store(office.url, now=LATER) as desk:
        dropped = {case["case"] for case in desk.cases(state="dropped")}
        verified = list(desk.verify())

    assert codes == [0] * 5
    assert dropped == set(hers)
    assert len(verified) == CASES
    found = office.outbox()
    assert found.total() == CASES
    assert {status for _, status in found} <= {"told", "overtaken", "coalesced"}
    assert max(office.told().values()) == 1
    assert set(office.told()) >= {t for t, case in zip(TITLES, office.cases, strict=True) if case not in hers}
