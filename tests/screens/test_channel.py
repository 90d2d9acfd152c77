"""Ways to be told, from the screens: added once they work, tried, taken away; the address is seen by nobody."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from stage import NOW, SMALL, USUAL, WIDE, press, settled, shown, stage, title
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Input

from escalation import Desk, open_store
from tui.screens.channel_adding import ADDRESS, AddChannelScreen
from tui.screens.delivery import DeliveryScreen

TOKEN = "tk9f3secret7"
TAKES = json.dumps([sys.executable, "-c", f"import sys; open('got', 'wb').write(sys.stdin.buffer.read()); '{TOKEN}'"])
REFUSES = json.dumps([sys.executable, "-c", f"raise SystemExit(3) # {TOKEN}"])


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.chdir(tmp_path)


def two(desk: Desk) -> None:
    for name in "甲乙":
        desk.open("alipay-repayment", title=name)


def logged(desk: Desk) -> None:
    two(desk)
    desk.add_channel("日志", kind="log")


def channels(folder: Path) -> list[dict[str, Any]]:
    with open_store(folder / "cases.db", now=NOW) as desk:
        return desk.channels()


def there(pilot: Pilot[None], screen: type[Screen[None]]) -> bool:
    """Whether that is the screen that is shown."""
    return isinstance(pilot.app.screen, screen)


def told(pilot: Pilot[None]) -> str:
    return "\n".join(each.message for each in pilot.app._notifications)


async def paste(pilot: Pilot[None], text: str) -> None:
    """What a terminal sends when somebody pastes, or an input method commits."""
    from textual.events import Paste

    assert pilot.app.screen.focused is not None
    pilot.app.screen.focused.post_message(Paste(text))
    await settled(pilot)


@pytest.mark.parametrize(("lang", "size"), [("zh", USUAL), ("en", WIDE)])
async def test_by_keys_alone(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    async with stage(tmp_path, two, lang=lang, size=size) as pilot:
        await press(pilot, "f8", "1")
        await paste(pilot, "手机")
        await press(pilot, "tab", "2", "tab")
        await paste(pilot, TAKES)
        assert TOKEN not in shown(pilot)
        await press(pilot, "tab", "2")
        await press(pilot, "ctrl+s")
        assert there(pilot, DeliveryScreen)
        assert "手机" in shown(pilot)
        assert ("说是哪件案子" if lang == "zh" else "which case") in shown(pilot)
        assert TOKEN not in shown(pilot) + told(pilot)
    [channel] = channels(tmp_path)
    assert (channel["name"], channel["kind"], channel["privacy"]) == ("手机", "command", "titles")
    assert channel["lang"] == lang
    assert (channel["quiet_from"], channel["quiet_to"], channel["digest_at"]) == ("22:00", "08:00", "08:00")
    assert channel["ok_at"] is not None
    assert ("测试消息" if lang == "zh" else "test") in (tmp_path / "got").read_text("utf-8")
    (kept,) = (tmp_path / "channels").glob("手机.*")
    assert kept.read_text("utf-8") == TAKES
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert TOKEN.encode() not in (tmp_path / "cases.db").read_bytes()


async def test_by_mouse_alone(tmp_path: Path) -> None:
    async with stage(tmp_path, two, size=(80, 40)) as pilot:
        await press(pilot, "f8")
        await pilot.click("#ways", offset=(5, 0))
        await settled(pilot)
        await pilot.click("#in-a-channel_name")
        await paste(pilot, "记录")  # the mouse can paste, too
        await pilot.click("#in-a-channel_kind", offset=(1, 1))
        await settled(pilot)
        await pilot.click("#save")
        await settled(pilot)
        await pilot.click("#ways", offset=(4, 0))
        await settled(pilot)
        assert "渠道「记录」" in title(pilot)
        await pilot.click("#try")
        await settled(pilot)
        assert "收下了" in told(pilot)
        await pilot.click("#drop")
        await settled(pilot)
        assert "要去掉「记录」吗" in shown(pilot)
        await pilot.click("#no")
        await settled(pilot)
        assert len(channels(tmp_path)) == 1
        await pilot.click("#drop")
        await settled(pilot)
        await pilot.click("#yes")
        await settled(pilot)
        assert "还没有渠道" in shown(pilot)
    assert channels(tmp_path) == []


async def test_what_does_not_take_the_test_is_not_kept_and_nothing_typed_is_lost(tmp_path: Path) -> None:
    async with stage(tmp_path, two) as pilot:
        await press(pilot, "f8", "1")
        await paste(pilot, "phone")
        await press(pilot, "tab", "2", "tab")
        await paste(pilot, REFUSES)
        await press(pilot, "ctrl+s")
        assert "「phone」没有收下测试消息" in shown(pilot)
        assert "渠道没有留下" in shown(pilot)
        assert TOKEN not in shown(pilot)
        assert channels(tmp_path) == []
        assert there(pilot, AddChannelScreen)
        await pilot.click("#untested")
        await settled(pilot)
        assert "还没有试过" in told(pilot)
    assert channels(tmp_path)[0]["ok_at"] is None


async def test_everything_that_is_wrong_is_said_beside_its_field(tmp_path: Path) -> None:
    async with stage(tmp_path, logged, size=(80, 60)) as pilot:
        await press(pilot, "f8", "1", "ctrl+s")
        assert "先填好「叫什么」" in shown(pilot)
        await paste(pilot, "日志")
        form = pilot.app.screen.query_one(f"#in-a-{ADDRESS}", Input)
        form.value = f"dingding://{TOKEN}"
        pilot.app.screen.query_one("#in-a-channel_quiet", Input).value = "22点"
        await settled(pilot)
        await press(pilot, "ctrl+s")
        said = shown(pilot)
        assert "已经有一个渠道叫这个名字" in said
        assert "dingtalk://" in said
        assert "写成 22:00-08:00 这样" in said
        assert TOKEN not in said
    assert len(channels(tmp_path)) == 1


async def test_an_address_from_the_environment_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICE_ROBOT", TAKES)
    async with stage(tmp_path, two, size=(80, 60)) as pilot:
        await press(pilot, "f8", "1")
        await paste(pilot, "office")
        await press(pilot, "tab", "2")
        pilot.app.screen.query_one("#in-a-channel_env", Input).value = "OFFICE_ROBOT"
        pilot.app.screen.query_one("#in-a-channel_client", Input).value = "王"
        pilot.app.screen.query_one("#in-a-channel_quiet", Input).value = ""
        await settled(pilot)
        await press(pilot, "ctrl+s")
    [channel] = channels(tmp_path)
    assert (channel["secret"], channel["client"], channel["quiet_from"]) == ("env:OFFICE_ROBOT", "王", None)
    assert not (tmp_path / "channels").exists()


async def test_a_channel_that_fails_now_stays_and_says_why(tmp_path: Path) -> None:
    def refusing(desk: Desk) -> None:
        two(desk)
        desk.add_channel("phone", REFUSES, kind="command", test=False)

    async with stage(tmp_path, refusing, lang="en") as pilot:
        await press(pilot, "f8", "shift+tab")
        pilot.app.screen.query_one("#ways").focus()
        await press(pilot, "enter", "1")
        assert "did not take" in shown(pilot)
        await press(pilot, "2", "enter")  # the focus is on no
        assert len(channels(tmp_path)) == 1
        await press(pilot, "2", "tab", "enter")
    assert channels(tmp_path) == []
    assert not list((tmp_path / "channels").glob("phone.*"))


async def test_another_language_and_hidden_names_keep_what_is_typed(tmp_path: Path) -> None:
    async with stage(tmp_path, logged, size=(80, 40)) as pilot:
        await press(pilot, "f8", "1")
        await paste(pilot, "手机")
        await press(pilot, "f2")
        assert "Quiet hours" in shown(pilot)
        assert "手机" in shown(pilot)
        await press(pilot, "f4")
        assert "手机" not in shown(pilot)
        await press(pilot, "f4", "f2")
        assert "手机" in shown(pilot)
        assert pilot.app.screen.query_one("#save", Button).label == "发一条试试，收下就留住"


async def test_a_draft_never_holds_the_address(tmp_path: Path) -> None:
    async with stage(tmp_path, logged) as pilot:
        await press(pilot, "f8", "1")
        await paste(pilot, "phone")
        await press(pilot, "tab", "tab")
        await paste(pilot, f"json://127.0.0.1:1/{TOKEN}")
        await press(pilot, "ctrl+q", "2")
    [draft] = tmp_path.glob("*drafts*")
    assert "phone" in draft.read_text("utf-8")
    assert TOKEN not in draft.read_text("utf-8")
    async with stage(tmp_path) as pilot:
        assert "加一个渠道" in shown(pilot)
        await press(pilot, "enter")
        assert "phone" in shown(pilot)


@pytest.mark.parametrize(("lang", "size"), [("zh", SMALL), ("en", SMALL), ("zh", WIDE)])
async def test_it_holds_on_every_size(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    async with stage(tmp_path, logged, lang=lang, size=size) as pilot:
        await press(pilot, "f8")
        pilot.app.screen.query_one("#ways").focus()
        await press(pilot, "enter")
        assert ("试一下" if lang == "zh" else "Try it") in shown(pilot)
        await press(pilot, "escape", "1")
        for each in pilot.app.screen.query(Input):
            each.focus()
            each.scroll_visible(animate=False)
            await settled(pilot)
            box = each.region.intersection(pilot.app.screen.query_one("#form").region)
            assert box.height > 0
            assert box.bottom <= size[1] - 2


def test_the_library_says_what_it_keeps(tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db", now=NOW) as desk:
        added = desk.add_channel("phone", f"json://127.0.0.1:1/{TOKEN}", test=False, keep="file", privacy="full")
        assert added["address"] == "json://127.0.0.1:1/…"
        assert TOKEN not in str(added)
        assert desk.remove_channel("phone") == "file"
        assert desk.folder == str(tmp_path.resolve())
