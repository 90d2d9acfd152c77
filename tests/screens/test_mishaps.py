"""What nobody expected to go wrong: the screens go on, say so calmly, and write down where without what."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from stage import SMALL, USUAL, press, settled, shown, stage
from textual import work
from textual.widgets import Button, Input

from escalation import Desk
from tui.screens.page import Page
from tui.screens.quitting import half_typed
from tui.screens.record import RecordScreen

SECRET = "王小明 13800001111"
CASES: list[str] = []


def two(desk: Desk) -> None:
    CASES[:] = [desk.open("alipay-repayment", title=name, at="2026-11-10") for name in ("花呗", "借呗")]


class Breaking(Page):
    """A page that cannot be read while `broken`, with a step beside it that never gets done."""

    broken = True

    async def fill(self) -> None:
        if self.broken:
            raise KeyError(SECRET)
        self.entitle("又好了")

    @work(group="beside")
    async def step(self) -> None:
        raise ZeroDivisionError(SECRET)


class Dying(RecordScreen):
    """A form whose button ends the program."""

    def on_button_pressed(self, event: Button.Pressed) -> None:
        raise ZeroDivisionError(SECRET)


@pytest.mark.parametrize(("lang", "size"), [("zh", USUAL), ("en", SMALL)])
async def test_a_page_that_cannot_be_read_says_so_and_the_others_work(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    async with stage(tmp_path, two, lang=lang, size=size, mishaps=True) as pilot:
        page = Breaking()
        pilot.app.push_screen(page)
        await settled(pilot)
        said = shown(pilot)
        assert "KeyError" in said
        assert ("这一页没能读出来" if lang == "zh" else "could not be read") in said
        assert SECRET not in said
        page.broken = False
        await press(pilot, "f5")
        assert "KeyError" not in shown(pilot)
        assert "又好了" in shown(pilot)
        await press(pilot, "f7", "escape", "escape")
        assert ("全部案件" if lang == "zh" else "All cases") in shown(pilot)
        assert "KeyError" not in shown(pilot)
    log = tmp_path / "screens.log"
    assert "error=KeyError" in log.read_text("utf-8")
    assert "王小明" not in log.read_text("utf-8")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


async def test_a_step_beside_that_fails_leaves_the_rest_at_work(tmp_path: Path) -> None:
    async with stage(tmp_path, two, mishaps=True) as pilot:
        page = Breaking()
        page.broken = False
        pilot.app.push_screen(page)
        await settled(pilot)
        page.step()
        await settled(pilot)
        [told] = [n.message for n in pilot.app._notifications if "ZeroDivisionError" in n.message]
        assert "有一步没有做完" in told
        assert SECRET not in told
        await press(pilot, "escape", "f7")
        assert "期限看板" in shown(pilot)


async def test_the_log_names_the_line_of_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(tmp_path, two, mishaps=True) as pilot:
        monkeypatch.setattr(type(pilot.app.bridge), "_found", lambda self: 1 / 0)  # type: ignore[attr-defined]
        await press(pilot, "f5")
        assert "ZeroDivisionError" in shown(pilot)
        assert "花呗" in shown(pilot)
        monkeypatch.undo()
        await press(pilot, "f5")
    assert "where=tui/bridge.py:" in (tmp_path / "screens.log").read_text("utf-8").splitlines()[0]


async def die(folder: Path) -> None:
    """A form half typed, and then the end of the program."""
    async with stage(folder, two, mishaps=True) as pilot:
        pilot.app.push_screen(Dying(CASES[0], "contact_logged"))
        await settled(pilot)
        pilot.app.screen.query_one("#in-a-who", Input).value = "工号 17"
        await settled(pilot)
        assert half_typed(pilot.app)  # type: ignore[arg-type]
        await pilot.click("#save")
        await settled(pilot)


async def test_what_is_half_typed_is_kept_where_nothing_else_can_be_done(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        await die(tmp_path)
    assert "工号 17" in (tmp_path / "cases.db.drafts.json").read_text("utf-8")
    async with stage(tmp_path) as pilot:
        assert "记下一次联系" in shown(pilot)


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_a_file_that_is_gone_is_said_in_the_language_that_is_on(tmp_path: Path, lang: str) -> None:
    async with stage(tmp_path, two, lang=lang, size=(100, 30)) as pilot:
        (tmp_path / "cases.db").rename(tmp_path / "elsewhere.db")
        await press(pilot, "f5")
        said = shown(pilot)
        assert ("文件不在原来的地方了" if lang == "zh" else "no longer in its place") in said
        assert "the file is no longer there" not in said
        (tmp_path / "elsewhere.db").rename(tmp_path / "cases.db")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("key", ["f7", None])
async def test_a_calendar_file_that_went_bad_is_named_with_what_to_do(
    tmp_path: Path, lang: str, key: str | None
) -> None:
    def damaged(desk: Desk) -> None:
        case = desk.open("court-papers", at="2026-11-20T09:00")
        papers = {"kind": "suit", "claimed": "12000", "case_number": "1"}
        desk.record(case, "papers_received", papers, at="2026-11-20T10:00")
        (tmp_path / "calendars").mkdir(mode=0o700)
        (tmp_path / "calendars" / "CN-2026.toml").write_text("days off: none")

    async with stage(tmp_path, damaged, lang=lang, size=(100, 30)) as pilot:
        if key:
            await press(pilot, key)
        said = " ".join(shown(pilot).split())
        (tmp_path / "calendars" / "CN-2026.toml").unlink()
        await press(pilot, "f5")
        after = shown(pilot)

    assert "CN-2026.toml" in said
    assert {"zh": "把它改好，或者先挪到别处", "en": "Mend it or move it elsewhere"}[lang] in said
    assert "CN-2026.toml" not in after
