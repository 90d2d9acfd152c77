"""Help on the page and on the field one is in; what is hidden from people who look on; a demo says that it is one."""

from __future__ import annotations

from pathlib import Path

import pytest
from stage import SMALL, USUAL, WIDE, press, settled, shown, stage
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from escalation import Desk
from tui.commands import COMMANDS, EVERYWHERE
from tui.screens.help import HelpScreen
from tui.screens.record import RecordScreen
from tui.words import words

CASES: list[str] = []


def two(desk: Desk) -> None:
    CASES[:] = [desk.open("alipay-repayment", title=name, at="2026-11-10") for name in ("花呗", "借呗")]


@pytest.mark.parametrize(("lang", "size"), [("zh", (80, 60)), ("en", (120, 60))])
async def test_it_names_all_that_can_be_done_and_what_can_be_done_everywhere(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    async with stage(tmp_path, two, lang=lang, size=size) as pilot:
        here = pilot.app.screen.commands  # type: ignore[attr-defined]
        await press(pilot, "f1")
        said = shown(pilot)
        for id in (*here, *EVERYWHERE):
            assert words(lang).say(f"command.{id}") in said
            assert COMMANDS[id].shown in said
        await press(pilot, "f2")
        assert words("en" if lang == "zh" else "zh").say("help.mask")[:20] in shown(pilot)
        await press(pilot, "f1")  # help of the help is the help
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, HelpScreen)


async def test_a_field_is_explained_where_one_is_in_it(tmp_path: Path) -> None:
    async with stage(tmp_path, two, size=(80, 40)) as pilot:
        pilot.app.push_screen(RecordScreen(CASES[0], "offer_made"))
        await settled(pilot)
        for widget, said in (("#in-a-monthly", "1.2万"), ("#in-xat", "上周三"), ("#in-xnote", "可以好几行")):
            pilot.app.screen.query_one(widget).focus()
            await press(pilot, "f1")
            assert said in shown(pilot).splitlines()[1]
            await press(pilot, "f2")
            assert said not in shown(pilot)
            await press(pilot, "f2", "escape")
        assert isinstance(pilot.app.screen, RecordScreen)
        assert pilot.app.focused is pilot.app.screen.query_one("#in-xnote", TextArea)  # where one was


async def click_hint(pilot: Pilot[None], id: str) -> None:
    """Click a hint at the bottom."""
    line = pilot.app.screen.query_one("#hints")
    at = next(x for x in range(line.size.width) if line.get_style_at(x, 0).meta.get("command") == id)
    await pilot.click("#hints", offset=(at, 0))
    await settled(pilot)


@pytest.mark.parametrize(("lang", "size"), [("zh", USUAL), ("en", WIDE)])
async def test_by_mouse_alone(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    async with stage(tmp_path, two, lang=lang, size=size) as pilot:
        await pilot.click("#status")  # how being told stands: a screen whose hints are short
        await settled(pilot)
        pilot.app.push_screen(RecordScreen(CASES[0], "offer_made"))
        await settled(pilot)
        await pilot.click("#in-a-monthly")
        await click_hint(pilot, "help")
        assert isinstance(pilot.app.screen, HelpScreen)
        assert words(lang).say("explain.money")[:20] in shown(pilot)
        await click_hint(pilot, "back")
        assert isinstance(pilot.app.screen, RecordScreen)


@pytest.mark.parametrize("size", [USUAL, SMALL])
async def test_the_palette_is_always_in_reach_of_the_mouse(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, two, size=size) as pilot:
        from tui.screens.case import CaseScreen

        pilot.app.push_screen(CaseScreen(CASES[0]))
        await settled(pilot)
        assert "[^P] 命令" in shown(pilot).splitlines()[-1]


# -- hidden from people who look on ---------------------------------------------------------------------------


async def test_free_text_is_covered_and_comes_back(tmp_path: Path) -> None:
    async with stage(tmp_path, two, size=(80, 60)) as pilot:
        pilot.app.push_screen(RecordScreen(CASES[0], "contact_logged"))
        await settled(pilot)
        pilot.app.screen.query_one("#in-xnote", TextArea).text = "张经理说 ok\n下周再打"
        pilot.app.screen.query_one("#in-a-who", Input).value = "张经理"
        pilot.app.screen.query_one("#in-xfiles", TextArea).text = "/home/wang/录音.mp3"
        await settled(pilot)
        assert shown(pilot).count("张经理") == 2
        await press(pilot, "f4")
        said = shown(pilot)
        for part in ("张经理", "再打", "说 ok", "wang", "录音"):
            assert part not in said
        assert "＊＊＊＊ **" in said
        pilot.app.screen.query_one("#in-xnote", TextArea).focus()
        await press(pilot, "down", "end", "x")
        assert pilot.app.screen.query_one("#in-xnote", TextArea).text == "张经理说 ok\n下周再打x"
        assert "＊＊＊＊*" in shown(pilot)
        await press(pilot, "f4")
        assert "下周再打x" in shown(pilot)


async def test_a_form_that_opens_while_hidden_is_covered_from_the_start(tmp_path: Path) -> None:
    def noted(desk: Desk) -> None:
        two(desk)
        desk.note(CASES[0], "张经理说下周再打")

    from tui.screens.correct import CorrectScreen

    async with stage(tmp_path, noted, size=(80, 30)) as pilot:
        await press(pilot, "f4")
        pilot.app.push_screen(CorrectScreen(CASES[0], 2))
        await settled(pilot)
        assert "张经理" not in shown(pilot)
        await press(pilot, "f4")
        assert "张经理" in shown(pilot)


# -- the demo -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "size"), [("zh", USUAL), ("en", WIDE), ("zh", SMALL)])
async def test_a_demo_says_so_on_the_frame_of_every_screen(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    mark = "示例：编出来的案件" if lang == "zh" else "DEMO: made-up cases"
    async with stage(tmp_path, two, lang=lang, size=size, demo=True) as pilot:
        for key in ("f5", "f7", "escape", "f8", "escape", "f9", "escape", "f1", "escape"):
            await press(pilot, key)
            assert mark in shown(pilot).splitlines()[0]
        await press(pilot, "f2")
        assert mark not in shown(pilot)
        assert ("DEMO" if lang == "zh" else "示例") in shown(pilot).splitlines()[0]


async def test_what_is_no_demo_says_nothing_of_one(tmp_path: Path) -> None:
    async with stage(tmp_path, two) as pilot:
        assert "示例" not in shown(pilot)
