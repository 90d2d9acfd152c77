"""Being told: the daemon, the ways out, what was put aside, what was said lately, and the status line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from stage import NOW, SMALL, WIDE, press, settled, shown, stage
from textual.widgets import OptionList

from escalation import Desk, open_store
from escalation.daemon import Daemon
from escalation.deliveries import Deliveries
from escalation.errors import DeliveryFailed
from escalation.rows import to_int
from escalation.standing import ONCE
from tui.screens.channel import ChannelScreen
from tui.screens.channel_adding import AddChannelScreen

PARCEL = Path(__file__).parent.parent / "procedures" / "parcel-dispute.yaml"


def refuse(kind: str, address: str, message: object) -> None:
    raise DeliveryFailed("the service refused it", permanent=True)


def take(kind: str, address: str, message: object) -> None:
    """A service that takes everything."""


def overdue(desk: Desk, send: object = take, channel: bool = True) -> str:
    """A case that nobody went on with, which was announced by a daemon that then went away."""
    case = desk.open(str(PARCEL), title="花瓶碎了", at="2026-11-10T09:00")
    if channel:
        add_channel(desk)
    daemon = Daemon(desk.engine.store, send=send, nightly=False)  # type: ignore[arg-type]
    then = desk.now() - timedelta(days=3)
    daemon.beat(then)
    daemon.once(desk.now)
    Deliveries(desk.engine.store).beat(daemon.id, "desk", 1, "0", then)
    return case


def add_channel(desk: Desk) -> None:
    Deliveries(desk.engine.store).add_channel(
        name="phone", kind="log", address="log", secret="none:", lang="zh", privacy="discreet",
        zone="Asia/Shanghai", quiet_from=None, quiet_to=None, client=None, person=None, digest="none",
        digest_at="08:00", least=0, created_at=to_int(desk.now()),
    )  # fmt: skip


async def test_nobody_minds_the_days_yet(tmp_path: Path) -> None:
    async with stage(tmp_path, lambda desk: desk.open(str(PARCEL))) as pilot:
        await press(pilot, "f8")
        said = shown(pilot)
        assert "后台还没有运行过" in said
        assert "escalation daemon install" in said
        assert "加一个渠道" in said
        assert "后台没开" in said.splitlines()[0]


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_where_nothing_was_announced_the_keys_work_at_once(tmp_path: Path, lang: str) -> None:
    async with stage(tmp_path, lambda desk: desk.open(str(PARCEL)), lang=lang) as pilot:
        await press(pilot, "f8", "enter")
        assert isinstance(pilot.app.screen, AddChannelScreen)


async def test_with_a_channel_down_and_enter_work_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path, add_channel) as pilot:
        await press(pilot, "f8")
        ways = pilot.app.screen.query_one("#ways", OptionList)
        assert ways.has_focus
        assert ways.highlighted == 0
        await press(pilot, "down")
        assert ways.highlighted == 1
        await press(pilot, "up", "enter")
        assert isinstance(pilot.app.screen, ChannelScreen)
        await press(pilot, "escape", "down", "enter")
        assert isinstance(pilot.app.screen, AddChannelScreen)


async def test_a_daemon_that_stopped_is_said_once_at_the_start(tmp_path: Path) -> None:
    async with stage(tmp_path, overdue, size=WIDE) as pilot:
        assert "后台已停 3 天" in shown(pilot).splitlines()[0]
        assert [n.message for n in pilot.app._notifications if "后台已停 3 天" in n.message]


async def test_what_was_said_and_what_became_of_it(tmp_path: Path) -> None:
    async with stage(tmp_path, overdue, size=WIDE) as pilot:
        await press(pilot, "f8")
        said = shown(pilot)
        assert "花瓶碎了" in said
        assert "准备" in said
        assert "已送到" in said
        await press(pilot, "0")
        assert "知道了" in shown(pilot)
        await press(pilot, "f4")
        said = shown(pilot)
        assert "花瓶碎了" not in said
        assert "准备" not in said


async def test_without_a_channel_it_is_on_the_screen_only(tmp_path: Path) -> None:
    async with stage(tmp_path, lambda desk: overdue(desk, channel=False), lang="en", size=WIDE) as pilot:
        await press(pilot, "f8")
        assert "on the screen only" in shown(pilot)


async def test_what_could_not_be_delivered_is_tried_again(tmp_path: Path) -> None:
    async with stage(tmp_path, lambda desk: overdue(desk, refuse), size=WIDE) as pilot:
        await press(pilot, "f8")
        assert "那边没有收下" in shown(pilot)
        assert "没送到" in shown(pilot)
        await press(pilot, "ctrl+r")
        with open_store(str(tmp_path / "cases.db"), now=NOW) as desk:
            assert desk.daemon_status()["parked"] == []
        assert "再送一次" not in shown(pilot).split("[^R]")[0]


async def test_the_mouse_tries_again(tmp_path: Path) -> None:
    async with stage(tmp_path, lambda desk: overdue(desk, refuse), size=WIDE) as pilot:
        await press(pilot, "f8")
        await pilot.click("#retry")
        await settled(pilot)
        with open_store(str(tmp_path / "cases.db"), now=NOW) as desk:
            assert desk.daemon_status()["deliveries"]["parked"] == 0


async def test_the_place_is_kept_in_another_language(tmp_path: Path) -> None:
    def two(desk: Desk) -> None:
        overdue(desk)
        desk.open(str(PARCEL), title="second", at="2026-11-11T09:00")
        Daemon(desk.engine.store, send=take, nightly=False).once(desk.now)  # type: ignore[arg-type]

    async with stage(tmp_path, two, size=WIDE) as pilot:
        await press(pilot, "f8", "down")
        chosen = pilot.app.screen.query_one("#told", OptionList).highlighted
        await press(pilot, "f2")
        assert "Reminders and the background" in shown(pilot)
        assert pilot.app.screen.query_one("#told", OptionList).highlighted == chosen == 1


async def test_what_is_announced_meanwhile_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path, lambda desk: desk.open(str(PARCEL), title="花瓶碎了", at="2026-11-10T09:00")) as pilot:
        pilot.app.look()  # type: ignore[attr-defined]
        await settled(pilot)
        with open_store(str(tmp_path / "cases.db"), now=NOW) as desk:
            desk.open(str(PARCEL), title="茶杯碎了", at="2026-11-10T09:00")
        pilot.app.look()  # type: ignore[attr-defined]
        await settled(pilot)
        assert "茶杯碎了：准备" in " ".join(n.message for n in pilot.app._notifications)


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_it_holds_on_a_small_screen(tmp_path: Path, lang: str) -> None:
    async with stage(tmp_path, overdue, lang=lang, size=SMALL) as pilot:
        await press(pilot, "f8")
        assert all(len(line) <= 40 for line in shown(pilot).splitlines())
        assert ("后台已停 3 天" if lang == "zh" else "stopped 3 days") in shown(pilot)


def test_the_library_answers_the_same(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "cases.db"), now=NOW) as desk:
        case = overdue(desk, refuse)
        [told] = desk.announcements()
        assert (told["case"], told["status"], told["what"], told["acknowledged"]) == (case, "parked", "Drafting", False)
        assert desk.announcements(case)[0]["id"] == told["id"]
        assert desk.announcements(after=told["id"]) == []
        assert desk.announcements(days=0) == [] or desk.announcements(days=0)[0]["at"] >= "2026-11-22"
        [channel] = desk.channels()
        assert (channel["name"], channel["error"], channel["elsewhere"]) == ("phone", "the service refused it", False)
        assert "id" not in channel
        assert desk.daemon_status()["last_tick"] == desk.now() - timedelta(days=3)
        assert desk.retry("phone") == 1
        assert desk.announcements()[0]["status"] == "routed"
        desk.acknowledge(case)
        assert desk.announcements()[0]["acknowledged"]


async def test_cases_that_cannot_be_worked_out_are_told_with_what_to_do(tmp_path: Path) -> None:
    def broken(desk: Desk) -> None:
        overdue(desk)
        with desk.engine.store.writing():
            row = desk.engine.store.case(desk.first_refs(1)[0])
            desk.engine.store.put_off(row.id, desk.now() + timedelta(hours=1))

    async with stage(tmp_path, broken, size=WIDE) as pilot:
        await press(pilot, "f8")
        said = shown(pilot)

    assert "1 个案件现在算不出来" in said
    assert "escalation doctor" in said


@pytest.mark.parametrize(("lang", "says"), [("zh", "后台 2 分钟前看过"), ("en", "looked 2 minutes ago")])
async def test_a_daemon_that_cron_starts_now_and_then_is_not_called_stopped(
    tmp_path: Path, lang: str, says: str
) -> None:
    def by_cron(desk: Desk) -> None:
        desk.open(str(PARCEL), title="花瓶碎了", at="2026-11-10T09:00")
        then = desk.now() - timedelta(minutes=2)
        daemon = Daemon(desk.engine.store, send=take, nightly=False, id=f"{ONCE}desk-1")
        daemon.once(lambda: then)
        daemon.sending.close()
        daemon.deliveries.stopped(daemon.id, then)

    stopped = {"zh": "已停", "en": "stopped for"}[lang]
    async with stage(tmp_path, by_cron, lang=lang, size=WIDE) as pilot:
        first = shown(pilot)
        await press(pilot, "f8")
        page = shown(pilot)

    assert says in first.splitlines()[0]
    assert stopped not in first + page
    assert "daemon install" not in page
    assert {"zh": "隔一阵看一次", "en": "now and then"}[lang] in page


async def test_a_channel_that_took_no_test_message_is_shown_as_failing(tmp_path: Path) -> None:
    def fill(desk: Desk) -> None:
        desk.open(str(PARCEL), title="花瓶碎了", at="2026-11-10T09:00")
        desk.add_channel("phone", "json://127.0.0.1:1/", test=False, keep="file")
        with pytest.raises(DeliveryFailed):
            desk.test_channel("phone")

    async with stage(tmp_path, fill, size=WIDE) as pilot:
        await press(pilot, "f8")
        page = shown(pilot)

    assert "起送不到" in page
