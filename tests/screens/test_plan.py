"""Money on the screen: a budget, plans side by side, the agreed plan and its payments; by keys and by mouse."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from stage import NOW, SMALL, USUAL, WIDE, press, settled, shown, stage
from textual.pilot import Pilot
from textual.widgets import Button

from escalation import Desk, open_store
from tui.screens.case import CaseScreen
from tui.screens.plan import PlanScreen
from tui.screens.record import RecordScreen

CASES: list[str] = []
FACTS = {
    "amount_owed": "23600", "income_wages": "5200", "cost_food": "3600", "monthly_offer": "1000", "months_offer": "24",
    "offered_monthly": "2139.73", "offered_months": "12", "respondent": "bank",
}  # fmt: skip


def offered(desk: Desk) -> None:
    """Both sides have said what they want."""
    CASES[:] = [desk.open("alipay-repayment", title="花呗", at="2026-11-10", facts=FACTS)]


def agreed(desk: Desk) -> None:
    """A plan of four instalments, the first due on 20 November, two days ago."""
    case = desk.open("alipay-repayment", title="花呗", at="2026-11-01", facts={"amount_owed": "1200"})
    desk.record(case, "offer_made", {"monthly": "300"}, at="2026-11-02")
    for name in ("budget", "terms"):
        for item in desk.show(case)["checklists"][name]["missing"]:
            desk.done(case, f"{name}.{item}", at="2026-11-02T13:00")
    terms = {"first_due_on": "2026-11-20", "principal": "1200", "monthly": "300", "months": "4"}
    desk.record(case, "agreement_signed", terms, at="2026-11-03")
    CASES[:] = [case]


@asynccontextmanager
async def plans(
    folder: Path, fill: Callable[[Desk], None] = offered, tab: str | None = None, **options: Any
) -> AsyncIterator[Pilot[None]]:
    async with stage(folder, fill, **options) as pilot:
        pilot.app.push_screen(PlanScreen(CASES[0], tab))
        await settled(pilot)
        yield pilot


def page(pilot: Pilot[None]) -> PlanScreen:
    assert isinstance(pilot.app.screen, PlanScreen)
    return pilot.app.screen


def read(folder: Path, question: Callable[[Desk], Any]) -> Any:
    """What another process finds in the store."""
    with open_store(folder / "cases.db", now=NOW, lang="zh") as desk:
        return question(desk)


async def write(pilot: Pilot[None], field: str, text: str) -> None:
    """Go to a field, take out what is there, and type."""
    page(pilot).form(page(pilot).tab).focus_field(field)
    await press(pilot, "end", "ctrl+u")
    await pilot.press(*text)
    await settled(pilot)


async def click(pilot: Pilot[None], button: str) -> None:
    await pilot.click(f"#{button}")
    await settled(pilot)


def told(pilot: Pilot[None]) -> list[str]:
    return [each.message for each in pilot.app._notifications]


def said(pilot: Pilot[None], id: str) -> str:
    """All that a part of the page says, seen or scrolled away."""
    return str(page(pilot).query_one(f"#{id}").render())


# -- the budget ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "size"), [("zh", USUAL), ("en", USUAL), ("zh", WIDE), ("en", WIDE), ("zh", (60, 20))])
async def test_the_budget_says_what_can_be_paid(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    async with plans(tmp_path, lang=lang, size=size) as pilot:
        assert "1,440.00" in said(pilot, "capacity")
        assert ("工资" if lang == "zh" else "Wages") in shown(pilot)
        assert ("留在案件里" if lang == "zh" else "Keep in the case") in shown(pilot)


async def test_the_smallest_screen_shows_pages_and_acts(tmp_path: Path) -> None:
    async with plans(tmp_path, size=SMALL) as pilot:
        assert "收支" in shown(pilot)
        assert "留在案件里" in shown(pilot)
        await press(pilot, "2")
        assert "还欠 23,600.00" in shown(pilot)


async def test_a_budget_is_worked_out_while_one_types_and_kept_on_demand(tmp_path: Path) -> None:
    async with plans(tmp_path) as pilot:
        await write(pilot, "income_wages", "6000")
        assert "2,160.00" in said(pilot, "capacity")
        assert read(tmp_path, lambda desk: desk.show(CASES[0]))["facts"]["income_wages"] == "5200.00"
        await press(pilot, "ctrl+s")
        assert read(tmp_path, lambda desk: desk.show(CASES[0]))["facts"]["income_wages"] == "6000.00"
        assert "收支留在案件里了" in told(pilot)


async def test_what_changes_elsewhere_comes_into_fields_that_nobody_touched(tmp_path: Path) -> None:
    async with plans(tmp_path) as pilot:
        await write(pilot, "cost_food", "3000")
        read(tmp_path, lambda desk: desk.set_facts(CASES[0], {"income_wages": "7000", "cost_food": "100"}))
        pilot.app.look()  # type: ignore[attr-defined]
        await settled(pilot)
        assert "7000.00" in shown(pilot)
        assert page(pilot).form("budget").typed["cost_food"] == "3000"


async def test_a_sum_that_is_none_is_said_beside_its_field_and_not_kept(tmp_path: Path) -> None:
    async with plans(tmp_path) as pilot:
        await write(pilot, "income_wages", "12x")
        assert "要一个金额" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert read(tmp_path, lambda desk: desk.show(CASES[0]))["facts"]["income_wages"] == "5200.00"


async def test_what_was_typed_is_there_again_after_leaving(tmp_path: Path) -> None:
    async with plans(tmp_path) as pilot:
        await write(pilot, "cost_food", "3000")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, PlanScreen)  # the first one leaves the field
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, PlanScreen)
        assert "没存的先替你留着，回来还在" in told(pilot)
        pilot.app.push_screen(PlanScreen(CASES[0]))
        await settled(pilot)
        assert "1,980.00" in said(pilot, "capacity")
        assert read(tmp_path, lambda desk: desk.show(CASES[0]))["facts"]["cost_food"] == "3600.00"


# -- plans side by side ----------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_plans_stand_side_by_side_with_their_burden(tmp_path: Path, lang: str) -> None:
    async with plans(tmp_path, lang=lang) as pilot:
        await press(pilot, "2")
        text = shown(pilot)
        for part in ("1 我提的" if lang == "zh" else "1 mine", "25,676.76", "15.86%", "17.07%"):
            assert part in text
        assert "x" * 5 in said(pilot, "comparison")
        assert ("管不到" if lang == "zh" else "does not apply") in said(pilot, "comparison")


async def test_the_rest_of_a_page_comes_by_keys(tmp_path: Path) -> None:
    async with plans(tmp_path) as pilot:
        await press(pilot, "2")
        assert "四倍LPR" not in shown(pilot)
        await press(pilot, "pagedown", "pagedown")
        assert "四倍LPR" in shown(pilot)
        await press(pilot, "pageup", "pageup", "up")
        assert "几种还法放在一起看" in shown(pilot)


async def test_a_plan_of_ones_own_by_keys(tmp_path: Path) -> None:
    async with plans(tmp_path) as pilot:
        await press(pilot, "2", "ctrl+s")
        assert page(pilot).tab == "offer"
        await write(pilot, "name", "slow")
        await write(pilot, "months", "48")
        await write(pilot, "rate", "30")
        await press(pilot, "ctrl+s")
        assert page(pilot).tab == "compare"
        assert "slow" in said(pilot, "comparison")
        assert "超过了「全部息费加起来" in said(pilot, "comparison")


async def test_a_plan_of_ones_own_by_mouse(tmp_path: Path) -> None:
    async with plans(tmp_path, size=WIDE) as pilot:
        await pilot.click("#tabs", offset=(30, 0))
        await settled(pilot)
        assert page(pilot).tab == "offer"
        await pilot.click("#in-a-months")
        await pilot.press(*"24")
        await settled(pilot)
        await click(pilot, "save")
        assert "4 不计息平分" in said(pilot, "comparison")
        await click(pilot, "clear")
        assert "4 不计息平分" not in said(pilot, "comparison")


async def test_a_plan_that_cannot_be_says_why_and_stays_typed(tmp_path: Path) -> None:
    async with plans(tmp_path, tab="offer") as pilot:
        await write(pilot, "months", "12")
        await write(pilot, "monthly", "100")
        await press(pilot, "ctrl+s")
        assert page(pilot).tab == "offer"
        assert "还差 22,400.00" in shown(pilot)
        assert page(pilot).form("offer").typed["months"] == "12"


async def test_where_nothing_is_known_it_says_what_to_fill_in(tmp_path: Path) -> None:
    def bare(desk: Desk) -> None:
        CASES[:] = [desk.open("alipay-repayment", title="花呗")]

    async with plans(tmp_path, bare) as pilot:
        assert "填上收入和开支" in shown(pilot)
        await press(pilot, "2")
        assert "没有可比的方案" in shown(pilot)
        await press(pilot, "4")
        assert "还没有谈定的还款安排" in shown(pilot)


# -- the agreed plan -------------------------------------------------------------------------------------


async def test_a_missed_instalment_is_seen_and_paid(tmp_path: Path) -> None:
    async with plans(tmp_path, agreed, "agreed") as pilot:
        assert "!! 没有还" in shown(pilot)
        assert "有 300.00 到期没还上" in shown(pilot)
        assert "会记成「这一期还了」" in shown(pilot)  # the missing sum stands in the field
        await write(pilot, "amount", "100")
        assert "第 1 期还差 200.00" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert "!  还了一部分" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert "ok 晚了，补上了" in shown(pilot)
        events = [row["event"] for row in read(tmp_path, lambda desk: desk.log(CASES[0])) if row["kind"] == "event"]
        assert events[-2:] == ["instalment_part_paid", "instalment_paid"]


async def test_the_mouse_alone_logs_a_payment_that_was_previewed(tmp_path: Path) -> None:
    async with plans(tmp_path, agreed) as pilot:
        await pilot.click("#tabs", offset=(42, 0))
        await settled(pilot)
        assert page(pilot).tab == "agreed"
        assert "会记成「这一期还了」" in shown(pilot)
        assert read(tmp_path, lambda desk: desk.plans.schedule(CASES[0]))["instalments"][0]["paid"] == "0.00"
        await click(pilot, "save")

    assert read(tmp_path, lambda desk: desk.plans.schedule(CASES[0]))["instalments"][0]["paid"] == "300.00"


async def test_the_smallest_screen_says_what_is_late_and_what_comes_next(tmp_path: Path) -> None:
    async with plans(tmp_path, agreed, "agreed", size=SMALL) as pilot:
        assert "有 300.00 到期" in shown(pilot)
        assert "会记成" in shown(pilot)


async def test_a_payment_of_an_earlier_day_is_in_time(tmp_path: Path) -> None:
    async with plans(tmp_path, agreed, "agreed", size=WIDE) as pilot:
        page(pilot).form("agreed").query_one("#in-xat").focus()
        await pilot.press(*"11-20")
        await settled(pilot)
        assert "11月20日" in shown(pilot)
        await click(pilot, "save")
        assert "ok 按时还了" in shown(pilot)


async def test_more_than_is_left_is_not_logged(tmp_path: Path) -> None:
    async with plans(tmp_path, agreed, "agreed") as pilot:
        head = read(tmp_path, lambda desk: desk.show(CASES[0]))["head"]
        await write(pilot, "amount", "5000")
        assert "全部还清只要 1200.00" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert read(tmp_path, lambda desk: desk.show(CASES[0]))["head"] == head


async def test_a_payment_from_elsewhere_is_seen_and_what_is_typed_stays(tmp_path: Path) -> None:
    async with plans(tmp_path, agreed, "agreed") as pilot:
        await write(pilot, "amount", "120")
        read(tmp_path, lambda desk: desk.plans.pay(CASES[0], "300"))
        pilot.app.look()  # type: ignore[attr-defined]
        await settled(pilot)
        assert "ok 晚了，补上了" in shown(pilot)
        assert page(pilot).form("agreed").typed["amount"] == "120"


# -- everywhere ------------------------------------------------------------------------------------------


async def test_the_language_changes_and_what_is_typed_stays(tmp_path: Path) -> None:
    async with plans(tmp_path) as pilot:
        await write(pilot, "cost_food", "3000")
        await press(pilot, "f2")
        assert "You can pay" in said(pilot, "capacity")
        assert "1,980.00" in said(pilot, "capacity")
        assert "Keep in the case" in shown(pilot)


async def test_sums_are_covered_where_somebody_looks_on(tmp_path: Path) -> None:
    async with plans(tmp_path) as pilot:
        await press(pilot, "f4")
        assert "1,440.00" not in shown(pilot)
        assert "花呗" not in shown(pilot)
        await press(pilot, "2")
        assert "25,676.76" not in shown(pilot)


async def test_the_table_goes_to_a_private_file_and_never_over_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with plans(tmp_path) as pilot:
        await press(pilot, "2", "ctrl+e", "ctrl+e")
        first, second = tmp_path / f"plans-{CASES[0]}.csv", tmp_path / f"plans-{CASES[0]}-2.csv"
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_mode & 0o077 == 0
        assert ",25676.76," in first.read_text("utf-8")
        assert "-699.73" in first.read_text("utf-8")


async def test_every_act_can_be_clicked(tmp_path: Path) -> None:
    async with plans(tmp_path, agreed, size=SMALL) as pilot:
        for tab in "1234":
            page(pilot).query_one("#tabs").focus()
            await press(pilot, tab)
            for button in page(pilot).query(Button):
                if button.display:
                    assert button.region.height == 1
                    assert button.region.bottom <= 11
        await click(pilot, "back")
        assert not isinstance(pilot.app.screen, PlanScreen)


async def test_the_way_in_is_from_the_case(tmp_path: Path) -> None:
    async with stage(tmp_path, offered) as pilot:
        assert isinstance(pilot.app.screen, CaseScreen)
        await press(pilot, "ctrl+g")
        assert isinstance(pilot.app.screen, PlanScreen)


def bare(desk: Desk) -> None:
    """Nothing is known yet."""
    CASES[:] = [desk.open("alipay-repayment", title="花呗", at="2026-11-10")]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("tab", ["compare", "agreed"])
async def test_where_there_is_nothing_yet_no_command_and_no_name_of_a_fact_is_shown(
    tmp_path: Path, lang: str, tab: str
) -> None:
    async with plans(tmp_path, bare, tab, lang=lang) as pilot:
        text = shown(pilot)

    for sign in ("--", "amount_owed", "monthly_offer", "escalation record", "agreement_signed"):
        assert sign not in text
    assert {"zh": "还没有", "en": "yet"}[lang] in text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("tab", ["budget", "compare", "agreed"])
async def test_a_procedure_without_plans_sends_nobody_to_what_it_has_not(tmp_path: Path, lang: str, tab: str) -> None:
    def planless(desk: Desk) -> None:
        CASES[:] = [desk.open("court-papers", title="传票", at="2026-11-10")]

    async with plans(tmp_path, planless, tab, lang=lang) as pilot:
        text = shown(pilot)
        agree = pilot.app.screen.query_one("#agree", Button).display

    for sign in ("记下谈定", "还欠多少", "Record the agreement", "What is owed", "--"):
        assert sign not in text
    assert not agree
    assert {"zh": "方案", "en": "plan"}[lang] in text


@pytest.mark.parametrize("by_mouse", [False, True])
async def test_from_the_empty_schedule_one_goes_to_recording_the_agreement(tmp_path: Path, by_mouse: bool) -> None:
    async with plans(tmp_path, bare, "agreed") as pilot:
        if by_mouse:
            await click(pilot, "agree")
        else:
            await press(pilot, "shift+tab", "shift+tab", "enter")
        found = pilot.app.screen

        assert isinstance(found, RecordScreen)
        assert found.event == "agreement_signed"


async def test_a_budget_half_typed_is_there_when_the_program_starts_again(tmp_path: Path) -> None:
    async with plans(tmp_path, bare) as pilot:
        await write(pilot, "income_wages", "5200")
        await press(pilot, "escape", "escape")
    async with stage(tmp_path) as pilot:
        await pilot.app.push_screen(PlanScreen(CASES[0]))
        await settled(pilot)
        assert page(pilot).form("budget").typed["income_wages"] == "5200"
        await press(pilot, "ctrl+s")
        assert not pilot.app.drafts_of(str(tmp_path / "cases.db")).all()  # type: ignore[attr-defined]
    assert read(tmp_path, lambda desk: desk.show(CASES[0])["facts"]["income_wages"]) == "5200.00"
