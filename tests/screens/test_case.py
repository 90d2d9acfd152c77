"""One case on the screen: what next, by when, why; and everything else about it behind the digits."""

from __future__ import annotations

from pathlib import Path

import pytest
from patched import patched
from stage import SMALL, USUAL, WIDE, press, settled, shown, stage

from escalation import Desk, open_store

SENT = ("proposal_sent", {"channel": "app", "monthly": "600"})


def waiting(desk: Desk) -> None:
    """One case that waits for the lender's answer."""
    case = desk.open("alipay-repayment", title="花呗欠款", at="2026-11-16T09:00", facts={"amount_owed": "12000"})
    desk.done(case, "hardship.statement", at="2026-11-16T10:00")
    desk.record(case, *SENT, at="2026-11-18T09:00")


def sued(desk: Desk) -> None:
    """One case with a court's days running."""
    case = desk.open("court-papers", title="Sued", at="2026-11-20T09:00")
    desk.record(
        case, "papers_received", {"kind": "suit", "claimed": "12000", "case_number": "1"}, at="2026-11-20T10:00"
    )


async def test_the_one_case_opens_with_what_is_next(tmp_path: Path) -> None:
    async with stage(tmp_path, waiting) as pilot:
        text = shown(pilot)

    assert "花呗欠款" in text
    assert "下一步" in text
    assert "你现在不用做什么" in text
    assert "为什么" in text


@pytest.mark.parametrize("size", [SMALL, (60, 20), USUAL, WIDE])
async def test_what_and_by_when_are_seen_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, sued, lang="en", size=size) as pilot:
        text = " ".join(shown(pilot).split())

    assert "Next" in text
    assert "5 Dec" in text


@pytest.mark.parametrize(("lang", "said"), [("zh", "11月23日 周一 06:00 之前"), ("en", "before Mon 23 Nov, 06:00")])
async def test_a_deadline_in_hours_says_its_hour(tmp_path: Path, lang: str, said: str) -> None:
    procedure = tmp_path / "hours.yaml"
    procedure.write_text(patched(("within: 15 days\n        remind", "within: 20 hours\n        remind")), "utf-8")

    def answering(desk: Desk) -> None:
        case = desk.open(str(procedure), at="2026-11-22T09:00")
        desk.record(case, "court_papers_received", at="2026-11-22T10:00")

    async with stage(tmp_path, answering, lang=lang) as pilot:
        box = " ".join(shown(pilot).split())
        await press(pilot, "2")
        listed = " ".join(shown(pilot).split())

    assert said in box
    assert "06:00" in listed


@pytest.mark.parametrize(
    ("key", "zh", "en"),
    [
        ("2", "答辩和管辖权异议", "Answer and objection to jurisdiction"),
        ("3", ">>>", ">>>"),
        ("4", "开案", "opened"),
        ("5", "每一页都拍照存好", "Every page photographed"),
        ("6", "如果一直没有人动", "If nobody acts"),
    ],
)
async def test_the_digits_show_everything_else_in_both_languages(tmp_path: Path, key: str, zh: str, en: str) -> None:
    async with stage(tmp_path, sued, size=WIDE) as pilot:
        await press(pilot, key)
        assert zh in shown(pilot)
        await press(pilot, "f2")
        assert en.lower() in shown(pilot).lower()


async def test_the_full_width_digit_of_an_input_method_works_as_well(tmp_path: Path) -> None:
    async with stage(tmp_path, sued) as pilot:
        await press(pilot, "２")
        assert ">2 期限<" in shown(pilot)


async def test_a_tab_can_be_clicked(tmp_path: Path) -> None:
    async with stage(tmp_path, sued) as pilot:
        line = next(i for i, text in enumerate(shown(pilot).splitlines()) if ">1 " in text)
        column = shown(pilot).splitlines()[line].index("4 ")
        await pilot.click(offset=(column + 10, line))
        await settled(pilot)
        assert ">1 " not in shown(pilot)


async def test_the_basis_of_a_day_is_one_key_away(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en", size=WIDE) as pilot:
        await press(pilot, "2", "enter")
        text = shown(pilot)
        assert "128, 130" in text
        await press(pilot, "escape")
        assert ">2 Deadlines<" in shown(pilot)


async def test_enter_on_an_item_ticks_it_and_again_takes_the_tick_back(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en", size=WIDE) as pilot:
        await press(pilot, "5", "down", "enter")
        assert "[x] Checked with 12368" in shown(pilot)
        await press(pilot, "enter")
        assert "[ ] Checked with 12368" in shown(pilot)


async def test_an_item_that_needs_a_file_says_so_and_stays_unticked(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en", size=WIDE) as pilot:
        await press(pilot, "5", "down", "down", "enter")
        text = shown(pilot)

    assert "[ ] Every page photographed" in text
    assert "attach" in text.lower()


async def test_a_note_is_kept_by_keys_alone(tmp_path: Path) -> None:
    async with stage(tmp_path, waiting) as pilot:
        await press(pilot, "8", *"rang", "enter", "4")
        assert "rang" in shown(pilot)


async def test_half_a_note_stays_when_the_language_changes_and_when_somebody_else_writes(tmp_path: Path) -> None:
    async with stage(tmp_path, waiting) as pilot:
        await press(pilot, "8", *"half", "f2")
        assert "half" in shown(pilot)
        with open_store(tmp_path / "cases.db", now="2026-11-22T10:00") as other:
            other.note(next(iter(other.cases()))["case"], "from another window")
        pilot.app.look()  # type: ignore[attr-defined]
        await settled(pilot)
        assert "half" in shown(pilot)
        await press(pilot, "escape", "4")
        assert "from another window" in shown(pilot)


async def test_escape_drops_a_note_and_keeps_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, waiting) as pilot:
        await press(pilot, "8", *"nothing", "escape", "4")
        assert "nothing" not in shown(pilot)


async def test_names_and_amounts_are_hidden_from_who_looks_over_ones_shoulder(tmp_path: Path) -> None:
    async with stage(tmp_path, waiting, size=WIDE) as pilot:
        await press(pilot, "f4", "5", "end")
        text = shown(pilot)

    assert "花呗欠款" not in text
    assert "12000" not in text


def closed(desk: Desk) -> None:
    case = desk.open("alipay-repayment", title="Done", at="2026-11-16T09:00")
    desk.record(case, "dropped_by_me", at="2026-11-17T09:00")


async def test_a_closed_case_says_that_there_is_nothing_left_to_do(tmp_path: Path) -> None:
    async with stage(tmp_path, closed) as pilot:
        assert "已经结束" in shown(pilot)


async def test_the_path_shows_the_way_taken_where_one_is_and_what_lies_ahead(tmp_path: Path) -> None:
    async with stage(tmp_path, waiting, lang="en", size=WIDE) as pilot:
        await press(pilot, "3")
        text = shown(pilot)

    assert "[x] Getting ready" in text or "[x] Prepar" in text
    assert ">>> Waiting for an answer <<<" in text
    assert "[ ] " in text
    assert "-> " in text


async def test_the_forecast_says_what_would_be_if_something_happened_today(tmp_path: Path) -> None:
    async with stage(tmp_path, waiting, lang="en", size=WIDE) as pilot:
        await press(pilot, "6")
        nobody = shown(pilot)
        await press(pilot, "enter")
        supposed = shown(pilot)
        await press(pilot, "right")
        further = shown(pilot)
        await press(pilot, "4")
        after = shown(pilot)

    assert "nobody acts" in nobody
    assert "Suppose that today:" in supposed
    assert "[14]" in further
    assert "[7]" in supposed
    assert "  3 " in after
    assert "  4 " not in after  # nothing was written


async def test_what_cannot_be_recorded_yet_says_how_much_is_missing(tmp_path: Path) -> None:
    async with stage(tmp_path, sued, lang="en", size=WIDE) as pilot:
        await press(pilot, "3")
        assert "missing; choose it to see" in shown(pilot)
