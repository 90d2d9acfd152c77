"""Know the ground: pages needed now, the contract while it is typed, a guided check; and how a text sounds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from stage import NOW, SMALL, USUAL, WIDE, press, settled, shown, stage, title
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList

from escalation import Desk, open_store
from escalation.calm import check
from tui.screens.contract import ContractScreen
from tui.screens.ground import GroundScreen
from tui.screens.page import Page
from tui.screens.trust import TrustScreen
from tui.widgets.prose import Prose
from tui.widgets.tone import Tone, tone_said
from tui.words import words


def one(desk: Desk) -> str:
    return desk.open("alipay-repayment", title="我的借款", facts={"penalty_owed": "321.00", "monthly_offer": "654.00"})


def kept(folder: Path) -> Desk:
    """The store as another process finds it."""
    return open_store(folder / "cases.db", now=NOW, lang="en")


@asynccontextmanager
async def on(
    folder: Path, screen: type[GroundScreen | ContractScreen | TrustScreen], *, case: bool = True, **options: Any
) -> AsyncIterator[Pilot[None]]:
    """The app on one screen of the only case."""
    async with stage(folder, one, **options) as pilot:
        with kept(folder) as desk:
            ref = desk.first_refs(1)[0]
        await pilot.app.push_screen(screen(ref if case else None))
        await settled(pilot)
        yield pilot


def contract(pilot: Pilot[None]) -> ContractScreen:
    assert isinstance(pilot.app.screen, ContractScreen)
    return pilot.app.screen


async def write(pilot: Pilot[None], field: str, text: str) -> None:
    contract(pilot).form.focus_field(field)
    await settled(pilot)
    await press(pilot, *text)


def found(pilot: Pilot[None], id: str = "found") -> str:
    """All that is told, seen or further down."""
    return str(pilot.app.screen.query_one(f"#{id}", Prose).render())


# -- pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "size"), [("zh", USUAL), ("en", USUAL), ("zh", WIDE), ("zh", (60, 20)), ("en", SMALL)]
)
async def test_what_is_needed_now_comes_first(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    async with on(tmp_path, GroundScreen, lang=lang, size=size) as pilot:
        said = shown(pilot)
        assert ("眼下用得上" if lang == "zh" else "Needed now") in said
        assert ("先看清对方是谁" if lang == "zh" else "First, who the lender is") in said


async def test_a_page_says_what_it_rests_on_and_how_certain_that_is(tmp_path: Path) -> None:
    async with on(tmp_path, GroundScreen, size=WIDE) as pilot:
        said = found(pilot, "part").replace("\n", "")
        assert "银行业保险业消费投诉处理管理办法" in said
        assert "现行规定，读过原文" in said
        assert "不是法律意见" in said


async def test_it_opens_from_a_case(tmp_path: Path) -> None:
    async with stage(tmp_path, one) as pilot:
        await press(pilot, "ctrl+k")
        assert "眼下用得上" in shown(pilot)


async def test_a_page_is_found_by_a_word_of_its_text(tmp_path: Path) -> None:
    async with on(tmp_path, GroundScreen, size=WIDE) as pilot:
        await press(pilot, "／", *"支付令")
        assert "支付令：只说没钱，不算异议" in shown(pilot)
        assert "先看清对方是谁" not in shown(pilot)
        await press(pilot, "escape")
        assert "先看清对方是谁" in shown(pilot)


async def test_the_place_and_what_was_typed_stay_when_the_language_changes(tmp_path: Path) -> None:
    async with on(tmp_path, GroundScreen, size=WIDE) as pilot:
        await press(pilot, "down")
        at = pilot.app.screen.query_one("#list", OptionList).highlighted
        await press(pilot, "f2")
        assert pilot.app.screen.query_one("#list", OptionList).highlighted == at
        assert "Needed now" in shown(pilot)


async def test_amounts_are_covered_while_they_are_hidden(tmp_path: Path) -> None:
    async with on(tmp_path, GroundScreen, size=WIDE) as pilot:
        while "654.00" not in shown(pilot):
            await press(pilot, "down")
        await press(pilot, "f4")
        assert "654.00" not in shown(pilot)


async def test_without_a_case_all_pages_can_be_read(tmp_path: Path) -> None:
    async with on(tmp_path, GroundScreen, case=False, size=WIDE) as pilot:
        said = shown(pilot)
        assert "先看清对方是谁" in said
        assert "投诉之前" not in said


async def test_the_mouse_opens_the_check_and_escape_comes_back(tmp_path: Path) -> None:
    async with on(tmp_path, GroundScreen, size=WIDE) as pilot:
        lines = shown(pilot).splitlines()
        row = next(i for i, line in enumerate(lines) if line.startswith("这个人靠不靠得住"))
        await pilot.click(offset=(2, row))
        await settled(pilot)
        assert "想核对的是哪一类" in shown(pilot)
        await press(pilot, "escape")
        assert "眼下用得上" in shown(pilot)


async def test_what_another_process_writes_brings_its_page(tmp_path: Path) -> None:
    async with on(tmp_path, GroundScreen, size=WIDE) as pilot:
        with kept(tmp_path) as desk:
            desk.record(desk.first_refs(1)[0], "court_papers_received", {"kind": "payment_order"})
        await press(pilot, "f5")
        said = shown(pilot)
        assert said.index("支付令：只说没钱") < said.index("可以做的")


# -- the contract ---------------------------------------------------------------------------------------------------


async def test_the_contract_is_read_while_it_is_typed_and_kept_when_asked_to(tmp_path: Path) -> None:
    async with on(tmp_path, ContractScreen) as pilot:
        await write(pilot, "contract_principal", "1.2万")
        await write(pilot, "received_amount", "11400")
        assert "600.00" in found(pilot)
        with kept(tmp_path) as desk:
            assert "received_amount" not in desk.show(desk.first_refs(1)[0])["facts"]
        await press(pilot, "ctrl+s")
        with kept(tmp_path) as desk:
            assert desk.show(desk.first_refs(1)[0])["facts"]["received_amount"] == "11400.00"


async def test_what_is_wrong_is_said_below_its_field_and_nothing_is_lost(tmp_path: Path) -> None:
    async with on(tmp_path, ContractScreen, size=WIDE) as pilot:
        await write(pilot, "contract_principal", "many")
        assert "要一个金额" in shown(pilot)
        await press(pilot, "f2")
        assert "an amount" in shown(pilot)
        assert contract(pilot).form.typed["contract_principal"] == "many"


async def test_what_was_typed_and_left_is_there_again(tmp_path: Path) -> None:
    async with on(tmp_path, ContractScreen) as pilot:
        await write(pilot, "contract_rate", "36")
        await press(pilot, "escape")
        with kept(tmp_path) as desk:
            ref = desk.first_refs(1)[0]
            assert "contract_rate" not in desk.show(ref)["facts"]
        await pilot.app.push_screen(ContractScreen(ref))
        await settled(pilot)
        assert contract(pilot).form.typed["contract_rate"] == "36"


async def test_the_words_of_a_clause_are_covered_when_somebody_looks_on(tmp_path: Path) -> None:
    async with on(tmp_path, ContractScreen, size=WIDE) as pilot:
        await write(pilot, "jurisdiction_clause", "Wenzhou")
        assert "「Wenzhou」" in found(pilot)
        await press(pilot, "f4")

        assert "Wenzhou" not in shown(pilot)


async def test_a_contract_half_typed_is_there_when_the_program_starts_again(tmp_path: Path) -> None:
    async with on(tmp_path, ContractScreen) as pilot:
        await write(pilot, "signed_on", "12-20")
        await press(pilot, "escape")
        with kept(tmp_path) as desk:
            ref = desk.first_refs(1)[0]
    async with stage(tmp_path) as pilot:
        await pilot.app.push_screen(ContractScreen(ref))
        await settled(pilot)
        assert contract(pilot).form.typed["signed_on"] == "12-20"
        await press(pilot, "ctrl+s")
    with kept(tmp_path) as desk:
        assert desk.show(ref)["facts"]["signed_on"] == "2025-12-20"


@pytest.mark.parametrize("size", [SMALL, (60, 20), WIDE])
async def test_the_contract_holds_on_any_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with on(tmp_path, ContractScreen, size=size) as pilot:
        await write(pilot, "contract_rate", "36")
        assert "合同" in title(pilot)
        assert contract(pilot).form.region.height >= 3


# -- whom to trust ---------------------------------------------------------------------------------------------------


async def go(pilot: Pilot[None], kind: str) -> None:
    """To the first question about a kind."""
    kinds = pilot.app.screen.query_one("#kinds", OptionList)
    kinds.highlighted = kinds.get_option_index(kind)
    await press(pilot, "enter")


async def test_a_check_by_digits_and_enter_ends_on_the_log(tmp_path: Path) -> None:
    async with on(tmp_path, TrustScreen) as pilot:
        await go(pilot, "legal_aid")
        assert "1/" in shown(pilot)
        while not pilot.app.screen.at_end:  # type: ignore[attr-defined]
            await press(pilot, "１", "enter")
        assert "别再往下走了" in shown(pilot)
        await press(pilot, "enter")
        assert "先写上对方叫什么" in shown(pilot)
        await press(pilot, *"ABC", "enter")
        with kept(tmp_path) as desk:
            logged = desk.log(desk.first_refs(1)[0])[-1]
            assert (logged["event"], logged["data"]["name"]) == ("third_party_checked", "ABC")
            assert logged["data"]["verdict"] == "walk_away"


async def test_escape_goes_back_one_and_the_answer_stays_through_a_change_of_language(tmp_path: Path) -> None:
    async with on(tmp_path, TrustScreen) as pilot:
        await go(pilot, "agent")
        await press(pilot, "2", "enter")
        assert "2/" in shown(pilot)
        await press(pilot, "escape", "f2")
        assert "1/" in shown(pilot)
        assert "(*) no" in shown(pilot)


async def test_a_check_by_mouse_alone(tmp_path: Path) -> None:
    async with on(tmp_path, TrustScreen, size=WIDE) as pilot:
        await pilot.click("#kinds", offset=(4, 3))
        await settled(pilot)
        await pilot.click("#answer", offset=(2, 0))
        await settled(pilot)
        assert "(*) 是" in shown(pilot)
        await pilot.click("#forward")
        await settled(pilot)
        assert "2/" in shown(pilot)
        await pilot.click("#before")
        await settled(pilot)
        assert "1/" in shown(pilot)


async def test_without_a_case_the_verdict_is_told_and_nothing_asked_for(tmp_path: Path) -> None:
    async with on(tmp_path, TrustScreen, case=False) as pilot:
        await go(pilot, "court_message")
        while not pilot.app.screen.at_end:  # type: ignore[attr-defined]
            await press(pilot, "enter")
        assert "还说不准" in shown(pilot)
        assert not pilot.app.screen.query_one("#name", Input).display
        assert str(pilot.app.screen.query_one("#forward", Button).label) == "好了"
        await press(pilot, "enter")
        assert not isinstance(pilot.app.screen, TrustScreen)


@pytest.mark.parametrize(("lang", "size"), [("zh", SMALL), ("en", SMALL), ("zh", (60, 20)), ("en", USUAL)])
async def test_question_and_answers_are_seen_on_any_screen(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    async with on(tmp_path, TrustScreen, lang=lang, size=size) as pilot:
        await go(pilot, "lawyer")
        said = shown(pilot)
        assert "( ) 是" in said or "( ) yes" in said
        assert "执业证号" in said or "licence number" in said
        assert isinstance(pilot.app.screen, Page)


# -- how a text sounds ------------------------------------------------------------------------------------------------


def test_a_calm_text_is_said_to_be_calm() -> None:
    assert tone_said(words("zh"), []) == ["ok 语气平和"]


def test_hints_are_few_and_the_others_counted() -> None:
    found = check("混蛋。王八蛋。人渣。骗子公司。高利贷。", "zh")
    said = tone_said(words("zh"), found)

    assert len(said) == 4
    assert said[-1] == "另外还有 2 处"


def test_hidden_words_are_not_repeated_in_a_hint() -> None:
    assert "王八蛋" not in "".join(tone_said(words("zh"), check("王八蛋", "zh"), masked=True))


def test_who_may_be_in_danger_reads_whom_to_call() -> None:
    said = "\n".join(tone_said(words("zh"), check("不想活了，你们这群混蛋", "zh")))

    assert "12356" in said
    assert "混蛋" not in said


class _Alone(App[None]):
    """The widget alone."""

    lang, masked = "zh", False
    words = words("zh")

    def compose(self) -> ComposeResult:
        yield Tone(id="tone")


async def test_the_lines_below_a_text_appear_and_go() -> None:
    async with _Alone().run_test(size=(40, 12)) as pilot:
        tone = pilot.app.query_one("#tone", Tone)
        assert tone.region.height == 0
        tone.tell(check("[b]你们违法[/b]", "zh"))
        await pilot.pause()
        assert tone.region.height > 0
        assert "没凭据的话" in str(tone.render())
        tone.tell(None)
        await pilot.pause()
        assert tone.region.height == 0
