"""Procedures to read: states by stage, periods with what they rest on, a drawing, finding."""

from __future__ import annotations

from pathlib import Path

import pytest
from stage import SMALL, WIDE, press, settled, shown, stage, title
from textual.widgets import Input, OptionList

from escalation import Desk


def one(desk: Desk) -> str:
    return desk.open("alipay-repayment")


async def test_the_procedures_there_are(tmp_path: Path) -> None:
    async with stage(tmp_path, one) as pilot:
        await press(pilot, "f9")
        assert "支付宝借款，协商还款" in shown(pilot)
        assert "自带" in shown(pilot)


async def test_a_state_with_its_period_and_what_it_rests_on(tmp_path: Path) -> None:
    async with stage(tmp_path, one, lang="en", size=WIDE) as pilot:
        await press(pilot, "f9", "enter")
        assert "Alipay" in title(pilot)
        await press(pilot, "slash", *"suggested day")
        said = shown(pilot)
        assert "Waiting for an answer" in said
        assert "7 working days" in said
        assert "no legal limit" in said


async def test_the_sources_are_told(tmp_path: Path) -> None:
    async with stage(tmp_path, one, size=WIDE) as pilot:
        await press(pilot, "f9", "enter", "end")
        assert "银行业保险业消费投诉处理管理办法" in shown(pilot)


async def test_finding_keeps_what_was_typed_and_escape_ends_it(tmp_path: Path) -> None:
    async with stage(tmp_path, one) as pilot:
        await press(pilot, "f9", "／", *"支付宝")
        assert pilot.app.screen.query_one("#list", OptionList).option_count == 1
        await press(pilot, "f2")
        assert pilot.app.screen.query_one("#find", Input).value == "支付宝"
        await press(pilot, "escape")
        assert pilot.app.screen.query_one("#list", OptionList).option_count > 1
        assert "Procedures" in title(pilot)
        await press(pilot, "escape")
        assert "Procedures" not in title(pilot)


async def test_it_is_drawn_and_back(tmp_path: Path) -> None:
    async with stage(tmp_path, one) as pilot:
        await press(pilot, "f9", "enter", "1")
        assert "[ ] 准备 (preparing)" in shown(pilot)
        await press(pilot, "1")
        assert "[ ] 准备 (preparing)" not in shown(pilot)


async def test_the_mouse_opens_one(tmp_path: Path) -> None:
    async with stage(tmp_path, one) as pilot:
        await press(pilot, "f9")
        await pilot.click("#list", offset=(4, 0))
        await settled(pilot)
        assert pilot.app.screen.query("#detail")


@pytest.mark.parametrize("size", [SMALL, (60, 20), WIDE])
async def test_it_holds_on_any_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, one, size=size) as pilot:
        await press(pilot, "f9", "enter", "down")
        assert "提方案" in shown(pilot)
