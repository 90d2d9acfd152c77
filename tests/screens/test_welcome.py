"""The first start: from plain answers to a case that stands where the person does, and the demo."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from stage import NOW, SMALL, USUAL, WIDE, press, settled, shown, stage
from textual.pilot import Pilot

from escalation import Desk, open_store
from tui.forms import read_form
from tui.screens.case import CaseScreen
from tui.screens.opening import PLACES, Notes, Opened, carry_out, plan, when, whom
from tui.screens.welcome import WelcomeScreen


def read(folder: Path) -> list[dict[str, Any]]:
    """The cases that another process finds in the store."""
    with open_store(folder / "cases.db", now=NOW, lang="zh") as desk:
        return [desk.show(ref) for ref in desk.first_refs(9)]


def page(pilot: Pilot[None]) -> WelcomeScreen:
    assert isinstance(pilot.app.screen, WelcomeScreen)
    return pilot.app.screen


async def write(pilot: Pilot[None], field: str, text: str) -> None:
    page(pilot).form.focus_field(field)
    await settled(pilot)
    await pilot.press(*text)
    await settled(pilot)


@pytest.mark.parametrize(("lang", "size"), [("zh", USUAL), ("en", USUAL), ("zh", WIDE), ("en", SMALL)])
async def test_the_first_question(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    async with stage(tmp_path, lang=lang, size=size) as pilot:
        assert isinstance(pilot.app.screen, WelcomeScreen)
        assert ("快还不上了" if lang == "zh" else "I soon cannot pay") in shown(pilot)
        assert "English" in shown(pilot)


async def test_asked_and_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await press(pilot, "2")
        await write(pilot, "name", "huabei")
        await write(pilot, "amount", "1.8万")
        await press(pilot, "ctrl+s")
        await write(pilot, "refused", "11-20")
        assert "11月20日 周五" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert "11月20日 周五：对方没有同意" in shown(pilot)
        assert "金额（元）：18000.00" in shown(pilot)
        assert "F8" in shown(pilot)
        assert read(tmp_path) == []  # nothing is written before it is agreed
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, CaseScreen)
    [case] = read(tmp_path)
    assert (case["title"], case["facts"]) == ("huabei", {"amount_owed": "18000.00"})
    assert case["tracks"][0]["state"] == "rejected_policy"
    assert case["history"][-1]["at"].startswith("2026-11-20")


async def test_papers_count_from_the_day_they_came(tmp_path: Path) -> None:
    async with stage(tmp_path, lang="en") as pilot:
        await press(pilot, "5", "2", "ctrl+s")
        await write(pilot, "received", "11-19")
        await press(pilot, "ctrl+s", "ctrl+s")
        assert isinstance(pilot.app.screen, CaseScreen)
    [case] = read(tmp_path)
    assert case["tracks"][0]["state"] == "order_open"
    assert any(d["due"] == "2026-12-04" for d in case["deadlines"])


async def test_every_question_can_be_skipped(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await press(pilot, "3")
        await write(pilot, "name", "huabei")
        for _ in range(2):
            await pilot.click("#skip")
            await settled(pilot)
        assert "今天（没有写日子）" in shown(pilot)
        assert "huabei" not in shown(pilot)
        assert "还没填「放款的是」" in shown(pilot)
        await press(pilot, "escape", "escape")
        assert "huabei" in shown(pilot)  # nothing is lost
        await press(pilot, "ctrl+s", "ctrl+s", "ctrl+s")
        assert isinstance(pilot.app.screen, CaseScreen)
    [case] = read(tmp_path)
    # The complaint must name the lender, which nobody said: it is kept as a note, and the case waits before it.
    assert case["tracks"][0]["state"] == "weighing_complaint"
    with open_store(tmp_path / "cases.db", now=NOW, lang="zh") as desk:
        notes = [row["text"] for row in desk.log(case["case"]) if row["kind"] == "note"]
    assert any("想清楚了，要投诉" in each for each in notes)


async def test_esc_goes_back_a_question_and_a_wrong_day_is_not_let_by(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await press(pilot, "2", "ctrl+s")
        await write(pilot, "refused", "明天")
        await press(pilot, "ctrl+s")
        assert "还没有到" in shown(pilot)
        await press(pilot, "escape", "escape")
        assert "快还不上了" in shown(pilot)
        await press(pilot, "2", "ctrl+s")
        assert "明天" in shown(pilot)


async def test_the_language_is_chosen_on_the_first_question(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await pilot.click("#lang", offset=(12, 0))
        await settled(pilot)
        assert "Where are you now?" in shown(pilot)
        await press(pilot, "2")
        page(pilot).form.focus_field("name")
        await press(pilot, "a", "b", "f2")
        assert "怎么称呼这件事" in shown(pilot)
        assert page(pilot).typed["name"] == "ab"


async def test_by_mouse_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await pilot.click("#places", offset=(5, 6))
        await settled(pilot)
        assert "哪一家报错的" in shown(pilot)
        await pilot.click("#forward")
        await settled(pilot)
        await pilot.click("#forward")
        await settled(pilot)
        assert isinstance(pilot.app.screen, CaseScreen)
    assert read(tmp_path)[0]["procedure"]["id"] == "credit-record-objection"


async def test_the_demo_is_marked_and_leaves_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        real = pilot.app.bridge  # type: ignore[attr-defined]
        await press(pilot, "8")
        assert "示例：" in shown(pilot)
        assert "全部案件" in shown(pilot)
        await press(pilot, "enter")
        assert "示例：" in shown(pilot)
        while not isinstance(pilot.app.screen, WelcomeScreen):
            await press(pilot, "escape")
        assert "示例：" not in shown(pilot)
        assert pilot.app.bridge is real  # type: ignore[attr-defined]
    assert read(tmp_path) == []


SAID = {
    "respondent": "consumer_finance", "amount": "18000.00", "asked": "2026-09-01", "refused": "2026-09-10",
    "filed": "2026-09-21", "above": "2026-11-10", "received": "2026-11-19", "kind": "suit", "found": "2026-11-01",
    "contacted": "2026-11-03", "where": "regulator", "reason": "policy",
}  # fmt: skip


def go(desk: Desk, place: str, said: dict[str, str]) -> Opened:
    """Open what was said; only the fields that the place asks for, as the screen has it."""
    asked = [field.name for field in (*whom(place, str), *when(place, str))]
    made = plan(place, {name: value for name, value in said.items() if name in asked})
    return desk.at_once(lambda: carry_out(desk, made, Notes(lambda title, day: f"{day} {title}", ", ".join)))


@pytest.mark.parametrize(
    ("place", "state", "notes"),
    [
        ("not_yet", "preparing", 0), ("refused", "rejected_policy", 0), ("filed", "silent", 0),
        ("papers", "suit_defence", 0), ("bought", "preparing", 1), ("credit", "getting_report", 0),
    ],
)  # fmt: skip
def test_each_place_on_the_path(tmp_path: Path, place: str, state: str, notes: int) -> None:
    with open_store(tmp_path / "cases.db", now=NOW, lang="zh") as desk:
        opened = go(desk, place, SAID)
        assert desk.show(opened.case)["tracks"][0]["state"] == state
        assert len(opened.kept) == notes


def test_the_regulator_needs_the_receipt_first(tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db", now=NOW, lang="zh") as desk:
        opened = go(desk, "above", SAID)
        tracks = {t["track"]: t["state"] for t in desk.show(opened.case)["tracks"]}
        assert tracks["regulator"] == "regulator_preparing"
        assert [each.title for each in opened.kept] == ["已向监管投诉（时间写对方收到那天）"]


def test_the_association_is_asked_where_it_sits(tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db", now=NOW, lang="zh") as desk:
        opened = go(desk, "above", {**SAID, "where": "association", "place": "zhejiang"})
        assert desk.show(opened.case)["tracks"][0]["state"] == "association_pending"


def test_every_answer_can_be_left_out() -> None:
    now = datetime.fromisoformat(f"{NOW}+08:00")
    for place in PLACES[:-1]:
        assert read_form((*whom(place, str), *when(place, str)), {}, now).ready
        assert plan(place, {}).procedure
