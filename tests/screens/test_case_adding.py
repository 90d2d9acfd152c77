"""What a case holds beside its events: files, reminders, notes, facts, and finding in the timeline."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from stage import NOW, SMALL, USUAL, WIDE, press, settled, shown, stage
from textual.events import Paste
from textual.pilot import Pilot

from escalation import Desk, open_store
from tui.commands import COMMANDS
from tui.screens import workbench
from tui.screens.case import CaseScreen
from tui.screens.case_adding import AttachScreen, FactScreen, FollowUpScreen
from tui.screens.correct import CorrectScreen
from tui.widgets.choice import Choice


def sued(desk: Desk) -> None:
    case = desk.open("court-papers", title="Sued", at="2026-11-20T09:00")
    papers = {"kind": "suit", "claimed": "12000", "case_number": "1"}
    desk.record(case, "papers_received", papers, at="2026-11-20T10:00", note="parcel of the court")
    desk.follow_up(case, "add", due="2026-12-01", text="ring the court")
    desk.note(case, "the clerk was kind", at="2026-11-21T09:00")


def log(folder: Path) -> list[dict[str, object]]:
    with open_store(folder / "cases.db", now=NOW) as desk:
        return desk.log(next(iter(desk.cases()))["case"])


async def point(pilot: Pilot[None], text: str) -> None:
    """A click on the first place where that text is seen; ids of cases at the top are other letters each time."""
    lines = shown(pilot).splitlines()
    y = next(i for i, line in enumerate(lines) if text in line and i)
    blanks = len(text) - len(text.lstrip())
    await pilot.click(offset=(cell_len(lines[y][: lines[y].index(text)]) + blanks, y))
    await settled(pilot)


def where(pilot: Pilot[None]) -> type:
    """Which screen is open."""
    return type(pilot.app.screen)


async def keys(pilot: Pilot[None], *parts: str) -> None:
    """Keys, each with its answer; after `=` typed letter by letter, as fast as hands can; after `~` pasted."""
    for part in parts:
        if part.startswith("~"):
            pilot.app.post_message(Paste(part[1:]))
        else:
            await pilot.press(*(part[1:] if part.startswith("=") else [part]))
        await settled(pilot)


async def to_row(pilot: Pilot[None], text: str) -> None:
    """Down, until the chosen line of the list says that."""
    screen = pilot.app.screen
    assert isinstance(screen, CaseScreen)
    shown_list = screen.query_one(f"#{screen.tab}")
    for _ in range(80):
        at = shown_list.highlighted  # type: ignore[attr-defined]
        if text in str(shown_list.get_option_at_index(at).prompt):  # type: ignore[attr-defined]
            return
        await press(pilot, "down")
    raise AssertionError(text)


def photo(folder: Path) -> Path:
    file = folder / "a photo.jpg"
    file.write_bytes(b"x" * 2000)
    return file


@pytest.mark.parametrize(("lang", "size"), [("zh", USUAL), ("en", WIDE)])
async def test_a_file_is_attached_for_the_chosen_item_by_keys(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:  # fmt: skip
    file = photo(tmp_path)
    async with stage(tmp_path, sued, lang=lang, size=size) as pilot:
        await press(pilot, "5", "down", "down", "ctrl+t")
        assert where(pilot) is AttachScreen
        await keys(pilot, f"~{file}")
        assert "a photo.jpg" in shown(pilot)
        assert "2.0 KiB" in shown(pilot)
        assert ("归在「每一页都拍照存好」" if lang == "zh" else 'For "Every page photographed"') in " ".join(
            shown(pilot).split()
        )
        assert len(log(tmp_path)) == 4
        await keys(pilot, "tab", "=front", "ctrl+s")
        assert where(pilot) is CaseScreen
        assert "front" in shown(pilot) or size == USUAL
        row = log(tmp_path)[-1]
        assert (row["kind"], row["title"], row["item"]) == ("attach", "front", "papers.copies")
        await press(pilot, "enter")
        assert log(tmp_path)[-1]["kind"] == "check"


async def test_a_file_is_attached_by_mouse_and_paste_alone(tmp_path: Path) -> None:
    file = photo(tmp_path)
    async with stage(tmp_path, sued, size=WIDE) as pilot:
        await point(pilot, "5 材料")
        await point(pilot, "附一个文件")
        assert where(pilot) is AttachScreen
        await keys(pilot, f"~'{file}'")
        await point(pilot, "( ) 抄下案号")
        await point(pilot, "保存")
        assert where(pilot) is CaseScreen

    assert log(tmp_path)[-1]["item"] == "papers.case_number"


async def test_the_same_file_twice_is_said_before_and_kept_once(tmp_path: Path) -> None:
    file = photo(tmp_path)

    def with_file(desk: Desk) -> None:
        sued(desk)
        desk.attach(desk.first_refs(1)[0], file)

    async with stage(tmp_path, with_file, size=WIDE) as pilot:
        await keys(pilot, "ctrl+t", f"~{file}")
        assert "已经有了" in shown(pilot)
        await press(pilot, "ctrl+s")

    assert [row["kind"] for row in log(tmp_path)].count("attach") == 1


async def test_a_path_that_leads_nowhere_is_said_and_what_was_typed_stays(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en") as pilot:
        await keys(pilot, "ctrl+t", "~/no/such.jpg", "ctrl+s")
        assert where(pilot) is AttachScreen
        assert "!!" in shown(pilot)
        await press(pilot, "f2")
        assert "/no/such.jpg" in shown(pilot)
        assert "给哪一项" in shown(pilot)

    assert len(log(tmp_path)) == 4


async def test_leaving_a_half_filled_form_asks_and_keeps_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en") as pilot:
        await keys(pilot, "ctrl+n", "=ring", "escape")
        assert where(pilot) is FollowUpScreen
        await press(pilot, "tab", "tab", "enter")
        assert where(pilot) is CaseScreen

    assert len(log(tmp_path)) == 4


async def test_a_reminder_is_added_with_a_day_in_plain_words(tmp_path: Path) -> None:
    async with stage(tmp_path, sued) as pilot:
        await keys(pilot, "ctrl+n", "=ask for the file", "tab", "=2天后")
        assert "11月24日 周二 会提醒你" in shown(pilot)
        await press(pilot, "ctrl+s", "5")
        await to_row(pilot, "ask for the file")
        assert "11月24日" in shown(pilot)

    assert log(tmp_path)[-1]["due"] == "2026-11-24"


async def test_a_reminder_that_comes_again_says_how_often(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en", size=WIDE) as pilot:
        await keys(pilot, "ctrl+n", "=save", "tab", "=tomorrow", "tab", "1")
        assert "from Mon 23 Nov on, every week" in shown(pilot)
        await press(pilot, "ctrl+s")

    assert log(tmp_path)[-1]["every"] == "7 days"


async def test_a_reminder_is_put_off_dropped_or_done(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en", size=WIDE) as pilot:
        await press(pilot, "5")
        await to_row(pilot, "ring the court")
        await keys(pilot, "enter", "2", "tab", "=12-24", "ctrl+s")
        assert "24 Dec" in shown(pilot)
        await press(pilot, "enter", "3")
        assert "no more reminders" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert "ring the court" not in shown(pilot)

    assert [row["action"] for row in log(tmp_path) if row["kind"] == "follow_up"] == ["add", "move", "drop"]


async def test_putting_off_needs_a_day_that_has_not_gone(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en", size=WIDE) as pilot:
        await press(pilot, "5")
        await to_row(pilot, "ring the court")
        await press(pilot, "enter", "2", "ctrl+s")
        assert where(pilot) is FollowUpScreen
        await keys(pilot, "=2026-11-01", "ctrl+s")
        assert where(pilot) is FollowUpScreen
        await press(pilot, "escape", "tab", "tab", "enter")

    assert len(log(tmp_path)) == 4


async def test_a_reminder_is_done_by_mouse_alone(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, size=WIDE) as pilot:
        await point(pilot, "5 材料")
        await point(pilot, "ring the court")
        await point(pilot, "保存")
        assert "ring the court" not in shown(pilot)

    assert log(tmp_path)[-1]["action"] == "done"


async def test_a_fact_is_chosen_or_typed_as_an_event_would_ask_it(tmp_path: Path) -> None:
    def one(desk: Desk) -> None:
        desk.open("alipay-repayment", title="x")

    async with stage(tmp_path, one, size=WIDE) as pilot:
        await keys(pilot, "5", "slash", "=真正的对方", "down", "enter")
        assert where(pilot) is FactScreen
        assert "银行" in shown(pilot)
        await press(pilot, "2", "ctrl+s")
        assert "合同上真正的对方: 银行" in shown(pilot)
        await keys(pilot, "escape", "slash", "=还欠多少", "down", "enter", "=1.2万", "ctrl+s")
        assert "还欠多少: 12000.00" in shown(pilot)


async def test_notes_stand_with_their_day_and_can_be_corrected(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, size=WIDE) as pilot:
        await press(pilot, "5")
        assert "11月21日 周六" in shown(pilot)
        await to_row(pilot, "the clerk was kind")
        await press(pilot, "enter")
        assert where(pilot) is CorrectScreen
        await press(pilot, "escape", "f4")
        assert "clerk" not in shown(pilot)
        assert "ring the court" not in shown(pilot)


async def test_what_is_sought_is_marked_as_one_types(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en") as pilot:
        await keys(pilot, "slash", "=CLERK")
        text = shown(pilot)
        assert "*   4 " in text
        assert "*   1 " not in text
        assert "1 entry" in text
        await press(pilot, "down", "enter")
        assert where(pilot) is CorrectScreen
        assert "Correct entry 4" in shown(pilot) or "4" in shown(pilot).splitlines()[0]
        await press(pilot, "escape", "escape")
        assert "*   4 " not in shown(pilot)
        assert ">4 " in shown(pilot)


async def test_what_is_sought_is_found_in_the_note_of_an_entry(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en") as pilot:
        await keys(pilot, "slash", "=parcel")
        assert "*   2 " in shown(pilot)
        assert "parcel of the court" in shown(pilot)
        await keys(pilot, "=xyz")
        assert "Nothing fits" in shown(pilot)


async def test_what_is_sought_stays_when_the_language_changes_and_somebody_writes(tmp_path: Path) -> None:
    async with stage(tmp_path, sued) as pilot:
        await keys(pilot, "slash", "=the", "f2")
        assert 'with "the"' in shown(pilot)
        with open_store(tmp_path / "cases.db", now=NOW) as other:
            other.note(other.first_refs(1)[0], "the third")
        pilot.app.look()  # type: ignore[attr-defined]
        await settled(pilot)
        assert '4 entries with "the"' in shown(pilot)


async def test_signs_of_expressions_are_only_letters_when_sought(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en") as pilot:
        await press(pilot, "slash", "left_square_bracket", "full_stop", "asterisk")
        assert "Nothing fits" in shown(pilot)


async def test_the_forecast_is_moved_by_mouse(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en", size=WIDE) as pilot:
        await point(pilot, "6 Forecast")
        await point(pilot, "  30  ")
        assert "[30]" in shown(pilot)
        await point(pilot, "Suppose that nobody")
        assert "Suppose that today" in shown(pilot)


async def test_each_place_of_the_workbench_has_its_key_and_can_be_clicked(tmp_path: Path) -> None:
    names = workbench.places()
    assert "plan" in names
    async with stage(tmp_path, sued, lang="en", size=WIDE) as pilot:
        case = pilot.app.screen
        for id in names:
            assert f"[{COMMANDS[id].shown}]" in shown(pilot)
            await press(pilot, COMMANDS[id].keys[0])
            assert type(pilot.app.screen).__name__ == workbench.PLACES[id]
            while pilot.app.screen is not case:
                await press(pilot, "escape")
        await point(pilot, f"[{COMMANDS['plan'].shown}]")
        assert type(pilot.app.screen).__name__ == "PlanScreen"


@pytest.mark.parametrize("size", [SMALL, (60, 20)])
async def test_forms_of_a_case_can_be_filled_on_small_screens(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, sued, size=size) as pilot:
        await keys(pilot, "ctrl+n", "=ring", "tab", "=明天", "ctrl+s")
        assert where(pilot) is CaseScreen
        await press(pilot, "ctrl+t")
        assert pilot.app.screen.query_one("#item", Choice).value == ""

    assert log(tmp_path)[-1]["due"] == "2026-11-23"


async def test_the_next_step_leads_to_the_very_item(tmp_path: Path) -> None:
    async with stage(tmp_path, sued) as pilot:
        await press(pilot, "enter")
        assert "[ ] 已打 12368" in shown(pilot)
        await press(pilot, "enter")
        assert "[x] 已打 12368" in shown(pilot)


async def test_a_reminder_of_ones_own_that_is_next_says_its_day_and_opens(tmp_path: Path) -> None:
    def late(desk: Desk) -> None:
        case = desk.open("alipay-repayment", title="x", at="2026-11-16T09:00")
        desk.done(case, "hardship.statement", at="2026-11-16T10:00")
        desk.record(case, "proposal_sent", {"channel": "app"}, at="2026-11-16T11:00")
        desk.follow_up(case, "add", due="2026-11-20", text="ring them")

    async with stage(tmp_path, late, lang="en") as pilot:
        assert "!! overdue  Fri 20 Nov" in shown(pilot)
        await press(pilot, "enter")
        assert where(pilot) is FollowUpScreen
        await press(pilot, "ctrl+s")
        assert "ring them" not in shown(pilot).split("Timeline")[0]
