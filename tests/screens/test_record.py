"""Writing things down: by keys and by mouse, previewed before it is kept, and nothing typed is ever lost."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from stage import NOW, SMALL, USUAL, WIDE, press, settled, shown, stage
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from escalation import Desk, open_store
from tui.forms import AT, FILES, NOTE
from tui.screens.correct import CorrectScreen, UndoScreen
from tui.screens.page import Page
from tui.screens.record import RecordScreen
from tui.screens.sheet import Sheet

CASES: list[str] = []


def one_case(desk: Desk) -> None:
    """A proposal was made on Monday the 16th, and is not answered yet."""
    case = desk.open("alipay-repayment", title="花呗", at="2026-11-10", facts={"amount_owed": "18000"})
    desk.done(case, "hardship.statement", at="2026-11-11")
    desk.record(case, "proposal_sent", {"channel": "app", "monthly": "750"}, at="2026-11-16T09:00")
    CASES[:] = [case]


@asynccontextmanager
async def sheet(
    folder: Path, make: Callable[[str], Page], *, fill: Callable[[Desk], None] = one_case, **options: Any
) -> AsyncIterator[Pilot[None]]:
    async with stage(folder, fill, **options) as pilot:
        pilot.app.push_screen(make(CASES[0]))
        await settled(pilot)
        yield pilot


def read(folder: Path, question: Callable[[Desk], Any]) -> Any:
    """What another process finds in the store."""
    with open_store(folder / "cases.db", now=NOW, lang="zh") as desk:
        return question(desk)


def log(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(folder, lambda desk: desk.log(CASES[0]))
    return found


def page(pilot: Pilot[None]) -> Sheet:
    assert isinstance(pilot.app.screen, Sheet)
    return pilot.app.screen


async def write(pilot: Pilot[None], field: str, text: str) -> None:
    """Go to a field and type; what is there goes."""
    form = page(pilot).form
    found = form.query_one("#in-" + (f"x{field[1:]}" if field.startswith(".") else f"a-{field}"))
    found.focus()
    await settled(pilot)
    if isinstance(found, TextArea):
        found.text = ""
    elif isinstance(found, Input):
        found.value = ""
    await pilot.press(*text)
    await settled(pilot)


def told(pilot: Pilot[None]) -> list[str]:
    """The short notices so far."""
    return [each.message for each in pilot.app._notifications]


# -- what happened ----------------------------------------------------------------------------------------


async def test_first_what_happened_by_whom_and_what_is_missing(tmp_path: Path) -> None:
    def fresh(desk: Desk) -> None:
        CASES[:] = [desk.open("alipay-repayment", title="花呗")]

    async with sheet(tmp_path, RecordScreen, fill=fresh, size=(80, 60)) as pilot:
        text = shown(pilot)
        mine, theirs, not_yet = (text.index(word) for word in ("我做的", "放款的机构那边", "现在还不能记"))
        assert mine < text.index("记下一次联系") < theirs < text.index("对方给了方案") < not_yet
        assert text.index("一页实话") > not_yet  # exactly what is missing
        await press(pilot, "enter")
        assert "什么时候" in shown(pilot)
        await press(pilot, "escape")
        assert "我做的" in shown(pilot)


async def test_the_form_shows_what_saving_would_do_and_saves(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "proposal_rejected")) as pilot:
        assert "填好「理由是什么」" in shown(pilot)
        await press(pilot, "3")  # the focus is where something is still asked
        assert "等对方答复" in shown(pilot)
        assert "-> 对方说政策不允许" in shown(pilot)
        before = len(log(tmp_path))
        await press(pilot, "ctrl+s")
        assert len(log(tmp_path)) == before + 1
        assert log(tmp_path)[-1]["data"] == {"reason": "policy"}
        assert not isinstance(pilot.app.screen, RecordScreen)
        assert "已记下" in told(pilot)


async def test_before_and_after_stand_side_by_side_where_there_is_room(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "proposal_rejected"), size=WIDE) as pilot:
        await press(pilot, "3")
        line = next(each for each in shown(pilot).splitlines() if each.startswith(" 状态"))
        assert "等对方答复" in line
        assert "对方说政策不允许" in line


async def test_an_earlier_day_in_plain_words(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "proposal_rejected")) as pilot:
        await press(pilot, "3")
        await write(pilot, AT, "上周五")
        assert "没有" not in shown(pilot).splitlines()[2]
        assert "11月13日 周五" in shown(pilot)  # before the proposal: the library says so
        assert "那时还不能记" in shown(pilot)
        await write(pilot, AT, "周五 14:30")
        assert "11月20日 周五 14:30" in shown(pilot)
        await press(pilot, "ctrl+s")
    assert log(tmp_path)[-1]["occurred_at"].startswith("2026-11-20T14:30")


async def test_quick_choices_of_the_day_and_the_future_is_refused(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "contact_logged")) as pilot:
        page(pilot).query_one("#in-xat-day").focus()
        await press(pilot, "right")
        assert "11月21日 周六" in shown(pilot)
        await write(pilot, AT, "明天")
        assert "还没有到" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, RecordScreen)
        page(pilot).query_one("#in-xat-day").focus()
        await press(pilot, "left", "ctrl+s")
    assert log(tmp_path)[-1]["occurred_at"].startswith("2026-11-21T12:00")


async def test_nothing_is_saved_while_something_required_is_empty(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "proposal_rejected"), lang="en") as pilot:
        before = len(log(tmp_path))
        await press(pilot, "ctrl+s")
        assert 'Fill in "' in shown(pilot)
        assert isinstance(pilot.app.screen, RecordScreen)
    assert len(log(tmp_path)) == before


async def test_values_are_checked_as_they_are_typed(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "offer_made"), size=(80, 30)) as pilot:
        await write(pilot, "monthly", "很多")
        assert "要一个金额" in shown(pilot)
        await write(pilot, "monthly", "1.2万")
        assert "要一个金额" not in shown(pilot)
        await write(pilot, "months", "601")
        assert "不能大于 600" in shown(pilot)
        await write(pilot, "months", "12")
        await press(pilot, "ctrl+s")
    assert log(tmp_path)[-1]["data"] == {"monthly": "12000.00", "months": 12}


async def test_a_refusal_says_what_is_missing(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "complaint_sent"), size=(80, 40)) as pilot:
        assert "现在还不能记" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, RecordScreen)
        assert "没有写入" in shown(pilot)


async def test_files_are_checked_at_once_and_kept(tmp_path: Path) -> None:
    paper = tmp_path / "my letter.txt"
    paper.write_text("hello")
    async with sheet(tmp_path, lambda case: RecordScreen(case, "contact_logged"), size=(80, 60)) as pilot:
        await press(pilot, "ctrl+t")
        await write(pilot, FILES, f"'{paper}'")
        assert "ok my letter.txt  5 B" in shown(pilot)
        await press(pilot, "enter", *"/nowhere.pdf")
        assert "!! 没有找到文件：nowhere.pdf" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, RecordScreen)
        await write(pilot, FILES, paper.as_uri())
        await press(pilot, "ctrl+s")
    assert [row["kind"] for row in log(tmp_path)[-2:]] == ["event", "attach"]


async def test_hostile_text_is_kept_and_shown_as_typed(tmp_path: Path) -> None:
    said = "[red]x[/red] \u202e {y}"
    async with sheet(tmp_path, lambda case: RecordScreen(case, "contact_logged"), size=(80, 30)) as pilot:
        page(pilot).query_one("#in-a-who", Input).value = said
        page(pilot).query_one("#in-xnote", TextArea).text = said
        await settled(pilot)
        assert "[red]x[/red]" in shown(pilot)
        await press(pilot, "ctrl+s")
    assert log(tmp_path)[-1]["data"]["who"] == said
    assert log(tmp_path)[-1]["note"] == said


async def test_by_mouse_alone(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "proposal_rejected")) as pilot:
        choice = page(pilot).query_one("#in-a-reason")
        await pilot.click(choice, offset=(1, 1))
        await settled(pilot)
        assert "(*) 没说理由" in shown(pilot)
        await pilot.click("#save")
        await settled(pilot)
    assert log(tmp_path)[-1]["data"] == {"reason": "not_said"}


# -- nothing is lost --------------------------------------------------------------------------------------


async def test_esc_asks_once_and_a_draft_comes_back(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "contact_logged"), size=(80, 30)) as pilot:
        await write(pilot, "who", "工号 17")
        await press(pilot, "escape")
        assert "还没有保存" in shown(pilot)
        await press(pilot, "escape")
        assert "还没有保存" not in shown(pilot)
        assert page(pilot).form.typed["who"] == "工号 17"
        await press(pilot, "escape", "tab", "enter")
        assert not isinstance(pilot.app.screen, RecordScreen)
        pilot.app.push_screen(RecordScreen(CASES[0], "contact_logged"))
        await settled(pilot)
        assert "工号 17" in shown(pilot)
        await press(pilot, "escape", "tab", "tab", "enter")
        pilot.app.push_screen(RecordScreen(CASES[0], "contact_logged"))
        await settled(pilot)
        assert "工号 17" not in shown(pilot)
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, RecordScreen)


async def test_a_change_of_language_keeps_what_is_typed_and_where(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "contact_logged"), size=(80, 60)) as pilot:
        await write(pilot, "who", "工号 17")
        await press(pilot, "left", "f2")
        assert "工号 17" in shown(pilot)
        assert "Files" in shown(pilot)
        assert "附上文件" not in shown(pilot)
        await press(pilot, "x")
        assert page(pilot).form.typed["who"] == "工号 1x7"


async def test_what_another_process_writes_leaves_what_is_typed(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "contact_logged"), size=(80, 30)) as pilot:
        await write(pilot, "who", "工号 17")
        read(tmp_path, lambda desk: desk.record(CASES[0], "proposal_rejected", {"reason": "policy"}))
        await press(pilot, "ctrl+s")
        assert "刚才别处也写了这个案件" in shown(pilot)
        assert "对方说政策不允许" in shown(pilot)
        assert "工号 17" in shown(pilot)
        await press(pilot, "ctrl+s")
    assert log(tmp_path)[-1]["data"]["who"] == "工号 17"


async def test_a_store_that_is_held_by_another_is_said_calmly(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "contact_logged"), size=(80, 30)) as pilot:
        await write(pilot, "who", "工号 17")
        await page(pilot).ask(lambda desk: desk.engine.store.run("PRAGMA busy_timeout = 0"))
        with closing(sqlite3.connect(tmp_path / "cases.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await press(pilot, "ctrl+s")
            assert "什么也没有写入" in shown(pilot)
            assert "你写的都还在" in shown(pilot)
            assert "工号 17" in shown(pilot)
            other.execute("ROLLBACK")
        await press(pilot, "ctrl+s")
    assert log(tmp_path)[-1]["data"]["who"] == "工号 17"


async def test_names_are_hidden_when_asked(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "offer_made"), size=(80, 30)) as pilot:
        await write(pilot, "monthly", "777")
        assert "花呗" in shown(pilot)
        await press(pilot, "f4")
        assert "花呗" not in shown(pilot)
        assert "777" not in shown(pilot)
        assert page(pilot).form.typed["monthly"] == "777"


@pytest.mark.parametrize("size", [USUAL, WIDE, SMALL])
async def test_no_field_is_on_the_two_last_rows(tmp_path: Path, size: tuple[int, int]) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "contact_logged"), size=size) as pilot:
        for each in [*page(pilot).query(Input), *page(pilot).query(TextArea)]:
            each.focus()
            each.scroll_visible(animate=False)
            await settled(pilot)
            box = each.region.intersection(page(pilot).form.region)
            assert box.height > 0
            assert box.bottom <= size[1] - 2


# -- corrections ------------------------------------------------------------------------------------------


def answered(desk: Desk) -> None:
    """The same case, with a refusal on Friday and a complaint being weighed since Saturday."""
    one_case(desk)
    desk.record(CASES[0], "proposal_rejected", {"reason": "policy"}, at="2026-11-20T09:00", note="电话里说的")
    desk.record(CASES[0], "complaint_considered", at="2026-11-21T09:00")


async def test_a_correction_changes_only_what_was_changed(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: CorrectScreen(case, 4), fill=answered, size=(80, 30)) as pilot:
        assert "还没有改动" in shown(pilot)
        assert "电话里说的" in shown(pilot)
        await write(pilot, AT, "11-19 16:00")
        await press(pilot, "ctrl+s")
    row = log(tmp_path)[-1]
    assert (row["kind"], row["target"]) == ("amend", 4)
    assert row["at"].startswith("2026-11-19T16:00")
    assert not row.get("data")
    assert row.get("note") is None


async def test_another_answer_is_previewed_before_it_is_kept(tmp_path: Path) -> None:
    def two(desk: Desk) -> None:
        one_case(desk)
        desk.record(CASES[0], "proposal_rejected", {"reason": "policy"}, at="2026-11-20T09:00")

    async with sheet(tmp_path, lambda case: CorrectScreen(case, 4), fill=two) as pilot:
        page(pilot).query_one("#in-a-reason").focus()
        await press(pilot, "1")
        assert "对方说政策不允许" in shown(pilot)
        assert "-> 对方说材料不够" in shown(pilot)
        await press(pilot, "ctrl+s")
    assert log(tmp_path)[-1]["data"] == {"reason": "more_information"}


async def test_what_never_happened_is_withdrawn_and_conflicts_are_ticked(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: CorrectScreen(case, 4), fill=answered, size=(80, 30)) as pilot:
        before = len(log(tmp_path))
        await pilot.click("#never")
        await settled(pilot)
        assert "[ ] 第 5 条「想想要不要投诉」" in shown(pilot)
        await press(pilot, "enter")  # the focus is on no
        assert "这件事没有发生过" in shown(pilot)
        await press(pilot, "enter", "tab", "enter")
        assert "还有记录没有打勾" in shown(pilot)
        assert len(log(tmp_path)) == before
        await press(pilot, "shift+tab", "shift+tab", "enter")
        assert "[x] 第 5 条" in shown(pilot)
        await press(pilot, "tab", "tab", "enter")
    assert (log(tmp_path)[-1]["kind"], log(tmp_path)[-1]["target"]) == ("withdraw", 4)
    assert log(tmp_path)[4]["inapplicable"]


async def test_undo_asks_with_the_focus_on_no(tmp_path: Path) -> None:
    async with sheet(tmp_path, UndoScreen, fill=answered) as pilot:
        assert "第 5 条：想想要不要投诉" in shown(pilot)
        assert "-> 对方说政策不允许" in shown(pilot)
        before = len(log(tmp_path))
        await press(pilot, "enter")
        assert len(log(tmp_path)) == before
        assert not isinstance(pilot.app.screen, UndoScreen)
        pilot.app.push_screen(UndoScreen(CASES[0]))
        await settled(pilot)
        await press(pilot, "tab", "enter")
        assert not isinstance(pilot.app.screen, UndoScreen)
        pilot.app.push_screen(UndoScreen(CASES[0]))
        await settled(pilot)
        assert "第 4 条：对方没有同意" in shown(pilot)
    assert (log(tmp_path)[-1]["kind"], log(tmp_path)[-1]["target"]) == ("withdraw", 5)


async def test_nothing_to_take_back(tmp_path: Path) -> None:
    def fresh(desk: Desk) -> None:
        CASES[:] = [desk.open("alipay-repayment", title="花呗")]

    async with sheet(tmp_path, UndoScreen, fill=fresh, lang="en") as pilot:
        assert "nothing that could be taken back" in shown(pilot)
        await press(pilot, "enter")
        assert not isinstance(pilot.app.screen, UndoScreen)


def test_what_the_library_says_of_an_earlier_entry(tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db", now=NOW, lang="en") as desk:
        answered(desk)
        assert desk.asks(CASES[0], 4)["reason"]["required"]
        assert desk.asks(CASES[0], 1)["amount_owed"]["type"] == "money"
        assert desk.asks(CASES[0], 2) == {"done": {"type": "boolean", "title": None, "required": True}}
        events = {each["event"]: each for each in desk.events(CASES[0])}
        assert "no_answer" not in events  # the clock's own
        assert events["proposal_sent"]["asks"]["monthly"]["type"] == "money"


async def test_words_of_anger_get_a_hint_and_are_kept_all_the_same(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "contact_logged"), size=(80, 40)) as pilot:
        await write(pilot, NOTE, "不答复我就去曝光你们")
        assert "! 像威胁" in shown(pilot)

        await write(pilot, NOTE, "请问方案看过了吗")
        assert "像威胁" not in shown(pilot)


async def test_who_cannot_go_on_is_told_whom_to_call_before_anything_else(tmp_path: Path) -> None:
    async with sheet(tmp_path, lambda case: RecordScreen(case, "contact_logged"), size=(80, 40)) as pilot:
        await write(pilot, NOTE, "不想活了")

        assert "110" in shown(pilot)
        assert "信得过的人" in shown(pilot)
        await press(pilot, "ctrl+s")

    assert log(tmp_path)[-1]["note"] == "不想活了"
