"""Text by people that would break a screen, and stores that cannot be had: said calmly, nothing lost."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sqlite3
from pathlib import Path

import pytest
from stage import SMALL, press, settled, shown, stage

from escalation import Desk, open_store
from escalation.errors import EscalationError
from tui import screens
from tui.app import EscalationApp
from tui.screens.page import Page

HOSTILE = (
    "[bold red]x[/] [/] [link=https://evil.example]y",
    "\x1b[2J\x1b]0;title\x07\x00\x7f",
    "abc\u202edcba\u2066\u200f",
    "长" * 10_000,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\ufe0f\U0001f3f3\ufe0f\u200d\U0001f308",
    "שלום مرحبا\u0301\u0301\u0301",
    "line\nline\ttab\r%s {n} {} $x",
)
KEYS = ("1", "2", "3", "4", "5", "6")


def case(desk: Desk, text: str) -> str:
    fits = text[:1000].replace("\x00", "")
    made = desk.open("alipay-repayment", title=fits[:200] or "x", client=fits[:200] or "x")
    desk.note(made, fits)
    desk.follow_up(made, "add", due="2026-12-01", text=fits[:200])
    return made


def filled(desk: Desk) -> None:
    for text in HOSTILE:
        try:
            case(desk, text)
        except EscalationError:  # what the library refuses need not be shown
            continue
    assert desk.first_refs(2)


def calm(said: str) -> None:
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "\u2066" not in said
    assert "\x00" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_hostile_text_breaks_no_list(tmp_path: Path, lang: str) -> None:
    async with stage(tmp_path, filled, lang=lang) as pilot:
        calm(shown(pilot))
        for key in ("f7", "escape", "f8", "escape", "f9", "escape", "f1", "escape", "f2", "f4"):
            await press(pilot, key)
            calm(shown(pilot))


@pytest.mark.parametrize("n", range(len(HOSTILE)))
async def test_hostile_text_breaks_no_case(tmp_path: Path, n: int) -> None:
    def one(desk: Desk) -> str:
        try:
            return case(desk, HOSTILE[n])
        except EscalationError:
            return desk.open("alipay-repayment", title="x")

    async with stage(tmp_path, one, size=(80, 24) if n % 2 else SMALL) as pilot:
        for key in (*KEYS, "7"):
            await press(pilot, key)
            calm(shown(pilot))


async def test_markup_is_shown_as_it_was_typed(tmp_path: Path) -> None:
    async with stage(tmp_path, lambda desk: [case(desk, HOSTILE[0]), case(desk, "b")], size=(140, 40)) as pilot:
        assert "[bold re" in shown(pilot)  # the column may be too narrow for all of it


def test_every_screen_is_a_page() -> None:
    for found in pkgutil.iter_modules(screens.__path__):
        module = importlib.import_module(f"tui.screens.{found.name}")
        for each in vars(module).values():
            if isinstance(each, type) and each.__name__.endswith("Screen") and each.__module__ == module.__name__:
                assert issubclass(each, Page) or "Modal" in str(each.__mro__), each


# -- the store ------------------------------------------------------------------------------------------------


async def alone(path: Path, lang: str = "zh") -> str:
    """What is shown of a store that is as it is."""
    app = EscalationApp(str(path), now="2026-11-22T10:00", lang=lang)
    app.animation_level = "none"
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        first = shown(pilot)
        await press(pilot, "f8", "f2", "f9", "escape", "escape", "f5")
        assert app.is_running
        return first


async def test_a_store_of_a_later_version(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    with open_store(str(path)) as desk:
        desk.open("alipay-repayment")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    said = await alone(path)
    assert "更新版本的程序" in said
    assert "请装上新版本再打开" in said
    assert path.read_bytes() == before


async def test_what_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    path.write_text("a letter to the bank " * 500)
    said = await alone(path)
    assert "这个文件读不懂" in said
    assert "escalation restore" in said
    assert path.read_text().startswith("a letter")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anything")
async def test_a_store_that_may_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    with open_store(str(path)) as desk:
        desk.open("alipay-repayment")
    path.chmod(0o400)
    assert "用不了" in await alone(path) or "支付宝" in await alone(path)


async def test_a_store_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "cases.db", tmp_path / "elsewhere.db"

    def two(desk: Desk) -> None:
        desk.open("alipay-repayment", title="甲")
        desk.open("alipay-repayment", title="乙")

    async with stage(tmp_path, two) as pilot:
        path.rename(elsewhere)
        await press(pilot, "f5")
        said = shown(pilot)
        assert "用不了" in said
        assert "甲" in said  # what was shown stays
        assert not path.exists()
        elsewhere.rename(path)
        await press(pilot, "f5")
        assert "用不了" not in shown(pilot)


async def test_a_store_that_another_one_took_the_place_of(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    async with stage(tmp_path, lambda desk: [desk.open("alipay-repayment", title=t) for t in "甲乙"]) as pilot:
        other = tmp_path / "other.db"
        with open_store(str(other), now="2026-11-22T10:00") as desk:
            desk.open("alipay-repayment", title="丙")
        other.replace(path)
        await press(pilot, "f5", "f5")
        assert "丙" in shown(pilot)


async def test_a_busy_store_is_read_all_the_same(tmp_path: Path) -> None:
    async with stage(tmp_path, lambda desk: [desk.open("alipay-repayment", title=t) for t in "甲乙"]) as pilot:
        connection = sqlite3.connect(tmp_path / "cases.db", isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            await press(pilot, "f5", "f8", "escape")
            assert "甲" in shown(pilot)
        finally:
            connection.close()
