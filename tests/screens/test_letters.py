"""The letters' screen: the list, what is missing, the text as one types, the file; by keys alone and by mouse alone."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from letters import procedure_with_letters
from stage import USUAL, WIDE, press, settled, shown, stage
from textual.pilot import Pilot
from textual.widgets import Input

from escalation import Desk, open_store
from tui.forms import Field, read
from tui.screens.letter_form import free_name, past
from tui.screens.letters import LettersScreen
from tui.screens.record import RecordScreen

LATER = "2026-03-05T10:00"
Stage = Callable[..., Any]


@asynccontextmanager
async def letters(
    folder: Path, *, lang: str = "zh", size: tuple[int, int] = USUAL, claimed: bool = True
) -> AsyncIterator[Pilot[None]]:
    """The screen over a case of the small procedure."""
    found: list[str] = []

    def fill(desk: Desk) -> None:
        file = procedure_with_letters(folder / "mine")
        found.append(desk.open(str(file), at="2026-03-02T10:00"))
        if claimed:
            desk.attach(found[0], file, item="waybill", title="运单", at="2026-03-02T10:01")
            for item in ("waybill", "photos"):
                desk.done(found[0], item, at="2026-03-02T10:02")
            desk.record(found[0], "claim_sent", {"channel": "app", "amount": "300"}, at="2026-03-02T10:03")

    async with stage(folder, fill, now=LATER, lang=lang, size=size) as pilot:
        await pilot.app.push_screen(LettersScreen(found[0]))
        await settled(pilot)
        yield pilot


async def fill_in(pilot: Pilot[None], name: str, text: str) -> None:
    """Type into a field, as pasting does."""
    pilot.app.screen.query_one(f"#in-a-{name}").focus()
    field = pilot.app.screen.query_one(f"#in-a-{name}")
    if isinstance(field, Input):
        field.value = text
    else:
        field.text = text  # type: ignore[attr-defined]
    await settled(pilot)


@pytest.mark.parametrize("size", [USUAL, WIDE, (60, 24)])
async def test_the_list_says_what_fits_now_and_what_each_lacks(tmp_path: Path, size: tuple[int, int]) -> None:
    async with letters(tmp_path, size=size) as pilot:
        text = shown(pilot)

    assert text.index("现在用得上") < text.index("索赔函") < text.index("别的时候用") < text.index("感谢信")
    assert "还缺 1 样：我的姓名" in text


async def test_a_letter_shows_as_one_types(tmp_path: Path) -> None:
    async with letters(tmp_path, size=WIDE) as pilot:
        await press(pilot, "enter")
        before = shown(pilot)
        await fill_in(pilot, "my_name", "王喆堃")
        after = shown(pilot)

    assert "还差这些，填上就能看到全文：" in before
    assert "我的姓名：在表里填，只写进这封信" in before
    assert "本人王喆堃于2026年3月2日提出索赔，损失300.00元" in after.replace("\n", "")
    assert "还差这些" not in after


@pytest.mark.parametrize("size", [USUAL, WIDE])
async def test_keys_alone_write_the_file(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with letters(tmp_path, size=size) as pilot:
        await press(pilot, "enter", *"Wang", "ctrl+s")
        await press(pilot, "ctrl+s")
        text = shown(pilot)

    (file,) = tmp_path.glob("*.pdf")
    assert file.name == "索赔函-2026-03-05.pdf"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "没有动它" in text


async def test_the_mouse_alone_writes_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with letters(tmp_path, size=WIDE) as pilot:
        await pilot.click("#letters", offset=(4, 1))
        await settled(pilot)
        await fill_in(pilot, "my_name", "王")
        await pilot.click("#save")
        await settled(pilot)
        text = shown(pilot)

    assert (tmp_path / "索赔函-2026-03-05.pdf").exists()
    assert "已写到" in text


async def test_what_is_missing_is_said_beside_its_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with letters(tmp_path) as pilot:
        await press(pilot, "enter", "ctrl+s")
        text = shown(pilot)

    assert "这一项要填" in text
    assert not list(tmp_path.glob("*.pdf"))


async def test_what_the_case_lacks_is_said_when_one_saves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with letters(tmp_path, claimed=False, size=WIDE) as pilot:
        await press(pilot, "enter")
        text = shown(pilot)
        await fill_in(pilot, "my_name", "王")
        await fill_in(pilot, "loss", "300")
        await press(pilot, "ctrl+s")

    assert "已提出索赔：先在案件里记下这件事" in text
    assert not list(tmp_path.glob("*.pdf"))


async def test_a_fact_that_was_typed_can_be_kept_in_the_case(tmp_path: Path) -> None:
    async with letters(tmp_path, size=WIDE) as pilot:
        await press(pilot, "enter")
        await fill_in(pilot, "loss", "350.5")
        await pilot.click("#keep")
        await settled(pilot)

    with open_store(tmp_path / "cases.db", now=LATER) as desk:
        (case,) = desk.cases()
    assert case["facts"] == {"loss": "350.50"}


async def test_what_is_asked_each_time_cannot_be_kept(tmp_path: Path) -> None:
    async with letters(tmp_path, size=WIDE) as pilot:
        await press(pilot, "enter")
        await fill_in(pilot, "id_number", "330102199001011234")

        assert not pilot.app.screen.query_one("#keep").display
        assert "身份证号330102199001011234" not in shown(pilot)  # the name is still missing
        await fill_in(pilot, "my_name", "王")
        assert "330102199001011234" in shown(pilot)
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert b"330102199001011234" not in kept


async def test_the_text_is_copied_without_signs(tmp_path: Path) -> None:
    async with letters(tmp_path) as pilot:
        await press(pilot, "enter", "f6")
        assert "还没有全文可以复制" in shown(pilot)
        await fill_in(pilot, "my_name", "王")
        await press(pilot, "f6")

        assert pilot.app.clipboard.startswith("索赔函\n\n快递公司：\n本人王于")
        assert "**" not in pilot.app.clipboard


async def test_the_english_version_is_a_page_of_its_own(tmp_path: Path) -> None:
    async with letters(tmp_path, lang="en", size=WIDE) as pilot:
        await press(pilot, "enter")
        await fill_in(pilot, "my_name", "Wang")
        await press(pilot, "escape", "3")
        text = shown(pilot)

    assert "I, Wang, claimed on 2 March 2026: 300.00 yuan." in text
    assert "what is sent is the Chinese one" in text


async def test_a_change_of_language_keeps_what_was_typed(tmp_path: Path) -> None:
    async with letters(tmp_path, size=WIDE) as pilot:
        await press(pilot, "enter")
        await fill_in(pilot, "my_name", "王喆堃")
        await press(pilot, "f2")
        text = shown(pilot)

    assert "Write the file" in text
    assert "本人王喆堃于2026年3月2日" in text


async def test_names_and_text_are_covered_when_somebody_looks_on(tmp_path: Path) -> None:
    async with letters(tmp_path, size=WIDE) as pilot:
        await press(pilot, "enter")
        await fill_in(pilot, "my_name", "王喆堃")
        await press(pilot, "escape", "f4")
        text = shown(pilot)

    assert "喆堃" not in text
    assert "300.00" not in text


async def test_a_draft_waits_for_its_writer(tmp_path: Path) -> None:
    async with letters(tmp_path) as pilot:
        case = pilot.app.screen.case  # type: ignore[attr-defined]
        await press(pilot, "enter")
        await fill_in(pilot, "my_name", "王喆堃")
        await press(pilot, "escape", "escape", "escape")
        await pilot.app.push_screen(LettersScreen(case, "claim_letter"))
        await settled(pilot)

        assert pilot.app.screen.query_one("#in-a-my_name", Input).value == "王喆堃"


async def test_what_people_type_is_no_markup(tmp_path: Path) -> None:
    async with letters(tmp_path, size=WIDE) as pilot:
        await press(pilot, "enter")
        await fill_in(pilot, "my_name", "[b]王[/b] [/]")
        text = shown(pilot)

    assert "[b]王[/b] [/]" in text


async def test_hints_on_tone_stand_below(tmp_path: Path) -> None:
    async with letters(tmp_path, size=WIDE) as pilot:
        await press(pilot, "enter")
        await fill_in(pilot, "my_name", "王")
        calm = shown(pilot)
        await fill_in(pilot, "my_name", "王，你们都是骗子")
        text = shown(pilot)

    assert "ok 语气平和" in calm
    assert "ok 语气平和" not in text


async def test_a_small_terminal_still_shows_the_list(tmp_path: Path) -> None:
    async with letters(tmp_path, size=(40, 12)) as pilot:
        text = shown(pilot)

    assert "索赔函" in text
    assert "还缺 1 样" in text


@pytest.mark.parametrize("size", [USUAL, (40, 12)])
async def test_what_a_letter_lacks_hangs_below_its_title(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, lambda desk: desk.open("alipay-repayment"), size=size) as pilot:
        case = (await pilot.app.bridge.ask(lambda desk: desk.first_refs(1)))[0]  # type: ignore[attr-defined]
        await pilot.app.push_screen(LettersScreen(case))
        await settled(pilot)
        lines = shown(pilot).splitlines()

    first = next(n for n, line in enumerate(lines) if "还款协商方案" in line)
    assert lines[first + 1].startswith("    还缺 ")
    assert all(line.startswith("  ") or line.startswith(("现在用得上", "别的时候用")) for line in lines[2:-2])
    assert size == USUAL or ".." in lines[first + 1]


async def test_the_file_has_a_free_name_with_the_day_and_its_folder_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "索赔函-2026-03-05.pdf").write_text("mine")
    async with letters(tmp_path, size=(200, 60)) as pilot:
        await press(pilot, "enter")
        text = shown(pilot)
        await fill_in(pilot, "my_name", "王")
        await press(pilot, "ctrl+s")

    assert f"放在 {tmp_path}" in text.replace("\n", "")
    assert (tmp_path / "索赔函-2026-03-05.pdf").read_text() == "mine"
    assert (tmp_path / "索赔函-2026-03-05-2.pdf").read_bytes().startswith(b"%PDF")


def test_a_title_is_one_part_of_a_path(tmp_path: Path) -> None:
    assert free_name("a/../b: c", tmp_path) == "a-..-b- c.pdf"


@pytest.mark.parametrize("by_mouse", [False, True])
async def test_what_no_field_can_give_is_a_key_or_a_click_away_and_nothing_typed_is_lost(
    tmp_path: Path, by_mouse: bool
) -> None:
    async with letters(tmp_path, claimed=False) as pilot:
        await press(pilot, "enter")
        await fill_in(pilot, "my_name", "王喆堃")
        assert "去记下那件事" in shown(pilot)
        if by_mouse:
            await pilot.click("#first")
            await settled(pilot)
        else:
            await press(pilot, "ctrl+n")
        page = pilot.app.screen
        assert isinstance(page, RecordScreen)
        assert page.event == "claim_sent"

        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, LettersScreen)
        assert pilot.app.screen.query_one("#in-a-my_name", Input).value == "王喆堃"


async def test_where_the_form_is_enough_nothing_leads_away(tmp_path: Path) -> None:
    async with letters(tmp_path) as pilot:
        await press(pilot, "enter", "ctrl+n")

        assert isinstance(pilot.app.screen, LettersScreen)
        assert not pilot.app.screen.query_one("#first").display
        assert "要填的都在上面这张表里" in shown(pilot)


def test_the_day_since_when_is_one_that_has_come() -> None:
    now = datetime.fromisoformat("2026-11-22T10:00:00+08:00")

    assert read(past(Field("hardship_since", "", "date")), "3月1日", now).value == "2026-03-01"
    assert read(past(Field("first_payment_on", "", "date")), "3月1日", now).value == "2027-03-01"


async def test_a_draft_outlives_the_program_without_what_is_asked_each_time(tmp_path: Path) -> None:
    async with letters(tmp_path) as pilot:
        await press(pilot, "enter")
        await fill_in(pilot, "loss", "350.5")
        await fill_in(pilot, "id_number", "330102199001011234")
        await press(pilot, "escape", "escape", "escape")
        drafts = pilot.app.drafts_of(str(tmp_path / "cases.db")).all()  # type: ignore[attr-defined]
    (((kind, ref, document), typed),) = drafts.items()
    assert (kind, typed) == ("letter", {"loss": "350.5"})
    async with stage(tmp_path, now=LATER) as pilot:
        await pilot.app.push_screen(LettersScreen(str(ref), str(document)))
        await settled(pilot)

        page = pilot.app.screen
        assert isinstance(page, LettersScreen)
        assert page.form.typed["loss"] == "350.5"
        assert not page.form.typed["id_number"]
