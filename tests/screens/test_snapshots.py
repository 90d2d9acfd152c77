"""Every screen as text, held against what was looked at and found good: in both languages, at 80x24 and wide.

The files lie in `snapshots/`. After a change that is meant, ESCALATION_SNAPSHOTS=write in the environment of this test
writes them anew; read the difference before it is kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

import pytest
from stage import NOW, USUAL, WIDE, settled, shown, stage
from textual.pilot import Pilot

from escalation import Desk, open_store
from escalation.daemon import Daemon
from escalation.deliveries import Deliveries
from escalation.demo import fill
from escalation.errors import DeliveryFailed
from escalation.rows import to_int
from tui.screens.home import HomeScreen

PARCEL = Path(__file__).parent.parent / "procedures" / "parcel-dispute.yaml"
KEPT = Path(__file__).parent / "snapshots"
OVERDUE = "2026-04-24T10:00"
WRITE = os.environ.get("ESCALATION_SNAPSHOTS") == "write"
SUIT = {"kind": "suit", "claimed": "12000", "case_number": "1"}


class Picture(NamedTuple):
    """How a screen is come to: what the store holds, and the keys; after `=`, `zh:` or `en:` what is typed."""

    fill: Callable[[Desk], object] | None
    keys: tuple[str, ...] = ()
    now: str = NOW
    home: bool = False


def one(desk: Desk) -> None:
    """A case that waits for the lender's answer, with a bit of everything."""
    case = desk.open("alipay-repayment", title="花呗欠款", at="2026-11-16T09:00", facts={"amount_owed": "12000"})
    desk.done(case, "hardship.statement", at="2026-11-16T10:00")
    desk.record(case, "proposal_sent", {"channel": "app", "monthly": "600"}, at="2026-11-18T09:00")
    desk.note(case, "客服说三天内回电", at="2026-11-19T15:20")
    desk.follow_up(case, "add", due="2026-11-25", text="没回电就再打一次", at="2026-11-19T15:21")


def overdue(desk: Desk) -> None:
    """The association's seven days are over, and one's own reminder is as well."""
    case = desk.open("alipay-repayment", title="花呗欠款", at="2026-03-01T09:00", facts={"amount_owed": "12000"})
    told: list[tuple[str, tuple[str, ...], str, dict[str, str]]] = [
        ("2026-03-02", ("hardship.statement",), "proposal_sent", {"channel": "app", "monthly": "600"}),
        ("2026-03-20", (), "complaint_considered", {}),
        ("2026-03-26", ("contract", "reasonable"), "complaint_decided", {"respondent": "consumer_finance"}),
        ("2026-03-27", ("complaint",), "complaint_sent", {"channel": "app", "ticket": "T1"}),
        ("2026-04-14", (), "help_sought", {}),
        ("2026-04-15", ("help_papers", "genuine_association"), "association_contacted", {"place": "zhejiang"}),
    ]
    for day, lists, event, data in told:
        for name in lists:
            known = desk.titles(case)["item"] if "." not in name else [name]
            for item in known:
                if item.startswith(name) and (name != "contract" or item != "contract.rate_sheet"):
                    desk.done(case, item, at=f"{day}T09:00")
        desk.record(case, event, data, at=f"{day}T10:00")
    desk.follow_up(case, "add", due="2026-04-20", text="问问消协进展", at="2026-04-15T11:00")


def refused(desk: Desk) -> None:
    """The lender said no."""
    one(desk)
    desk.record(desk.first_refs(1)[0], "proposal_rejected", {"reason": "policy"}, at="2026-11-20T09:00")


def sued(desk: Desk) -> None:
    case = desk.open("court-papers", title="法院来的文书", at="2026-11-20T09:00")
    desk.record(case, "papers_received", SUIT, at="2026-11-20T10:00")


def provisional(desk: Desk) -> None:
    """Working days of a year whose holidays nobody has announced."""
    case = desk.open("alipay-repayment", title="花呗欠款", at="2026-12-28T09:00")
    desk.done(case, "hardship.statement", at="2026-12-28T10:00")
    desk.record(case, "proposal_sent", {"channel": "app", "monthly": "600"}, at="2026-12-29T09:00")


def finished(desk: Desk) -> None:
    case = desk.open("alipay-repayment", title="花呗欠款", at="2026-11-16T09:00")
    desk.record(case, "dropped_by_me", at="2026-11-17T09:00")


def corrected(desk: Desk) -> None:
    one(desk)
    case = desk.first_refs(1)[0]
    desk.amend(case, 3, data={"monthly": "650"})
    desk.withdraw(case, 4)


def refuse(kind: str, address: str, message: object) -> None:
    raise DeliveryFailed("the service refused it", permanent=True)


def parked(desk: Desk) -> None:
    """An announcement that a service refused, by a daemon that then went away."""
    desk.open(str(PARCEL), title="花瓶碎了", at="2026-11-10T09:00")
    Deliveries(desk.engine.store).add_channel(
        name="phone", kind="log", address="log", secret="none:", lang="zh", privacy="discreet",
        zone="Asia/Shanghai", quiet_from=None, quiet_to=None, client=None, person=None, digest="none",
        digest_at="08:00", least=0, created_at=to_int(desk.now()),
    )  # fmt: skip
    daemon = Daemon(desk.engine.store, send=refuse, nightly=False)
    then = desk.now() - timedelta(days=3)
    daemon.beat(then)
    daemon.once(desk.now)
    Deliveries(desk.engine.store).beat(daemon.id, "desk", 1, "0", then)


PICTURES = {
    "welcome": Picture(None),
    "home_empty": Picture(None, home=True),
    "home_one": Picture(one, home=True),
    "home_many": Picture(fill),
    "case_next": Picture(one),
    "case_overdue": Picture(overdue, (), OVERDUE),
    "case_refused": Picture(refused),
    "case_provisional": Picture(provisional, ("2",), "2026-12-30T10:00"),
    "case_finished": Picture(finished),
    "case_path": Picture(one, ("3",)),
    "case_corrected": Picture(corrected, ("4",)),
    "case_papers": Picture(one, ("5",)),
    "case_forecast": Picture(sued, ("6",)),
    "case_found": Picture(one, ("4", "slash", "=客服")),
    "record_choose": Picture(sued, ("7",)),
    "record_preview": Picture(one, ("3", "down", "down", "enter", "2")),
    "record_refused": Picture(sued, ("3", "slash", "zh:答辩状", "en:answer filed", "down", "enter")),
    "follow_up": Picture(one, ("ctrl+n", "=打电话", "tab", "=明天")),
    "board": Picture(fill, ("f7",)),
    "delivery_parked": Picture(parked, ("f8",)),
    "procedures": Picture(one, ("f9",)),
    "help": Picture(one, ("f1",)),
}


async def to_home(pilot: Pilot[None]) -> None:
    """Out of whatever opened by itself, to all cases."""
    while not isinstance(pilot.app.screen, HomeScreen):
        pilot.app.pop_screen()
        await settled(pilot)


def faceless(text: str, folder: Path) -> str:
    """Without what is another each time: ids of cases, each as wide as it was, in the order of opening."""
    with open_store(folder / "cases.db", now=NOW) as desk:
        refs = desk.first_refs(99)
    for n, ref in enumerate(refs, 1):
        text = text.replace(ref, f"i{n:03}"[: len(ref)])
    return text.replace(str(folder), "FOLDER")


async def go(pilot: Pilot[None], keys: tuple[str, ...], lang: str) -> None:
    """Press and type what leads to the picture."""
    for key in keys:
        for sign in ("=", f"{lang}:"):
            if key.startswith(sign):
                await pilot.press(*key.removeprefix(sign))
        if not key.startswith(("=", "zh:", "en:")):
            await pilot.press(key)
        await settled(pilot)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", PICTURES)
async def test_the_screen_looks_as_it_did(tmp_path: Path, name: str, lang: str) -> None:
    picture = PICTURES[name]
    async with stage(tmp_path, picture.fill, now=picture.now, lang=lang, size=USUAL) as pilot:
        if picture.home:
            await to_home(pilot)
        await go(pilot, picture.keys, lang)
        for width, height in (USUAL, WIDE):
            await pilot.resize_terminal(width, height)
            pilot.app.clear_notifications()
            await settled(pilot)
            compared(f"{name}.{lang}.{width}x{height}.txt", faceless(shown(pilot), tmp_path) + "\n")


def compared(file: str, found: str) -> None:
    """Hold a screen against the file of that name, or write it where that is asked for."""
    if WRITE:
        KEPT.mkdir(exist_ok=True)
        (KEPT / file).write_text(found, "utf-8")
    assert (KEPT / file).exists(), f"no snapshot yet: {file}. {__doc__}"
    kept = (KEPT / file).read_text("utf-8")
    diff = "\n".join(unified_diff(kept.splitlines(), found.splitlines(), "kept", "found", lineterm="", n=1))
    assert found == kept, f"{file} is another. {__doc__}\n{diff}"


def test_no_snapshot_is_left_over() -> None:
    wanted = {f"{name}.{lang}.{w}x{h}.txt" for name in PICTURES for lang in ("zh", "en") for w, h in (USUAL, WIDE)}

    assert {file.name for file in KEPT.glob("*")} == wanted
