"""Evidence on the screen: lists with their marks, files and folders taken in, the bundle written; keys and mouse."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from stage import NOW, SMALL, USUAL, WIDE, press, settled, shown, stage
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from escalation import Desk, open_store
from escalation.evidence import path_of
from tui.screens.correct import CorrectScreen
from tui.screens.evidence import EvidenceScreen
from tui.screens.exhibit import ExhibitScreen
from tui.screens.record import RecordScreen

CASES: list[str] = []
Fill = Callable[[Desk, Path], object]


def empty(desk: Desk, folder: Path) -> str:
    return desk.open("alipay-repayment", title="花呗", at="2026-11-02T10:00")


def told(desk: Desk, folder: Path) -> str:
    """Two exhibits, one contact with a promise that has passed, and a day with too many calls."""
    case = empty(desk, folder)
    for name, body in (("contract [bold]x.pdf", b"%PDF"), ("call.m4a", b"sound")):
        (folder / name).write_bytes(body)
    desk.attach(case, folder / "contract [bold]x.pdf", type="contract", dated="2026-01-02", proves="约定的利率")
    said = {"channel": "hotline", "direction": "mine", "said": "[red]不支持[/red]", "promise": "回电", "promised_on": "2026-11-09"}  # fmt: skip  # noqa: E501
    desk.record(case, "contact_logged", said, at="2026-11-06T10:00", attach=[folder / "call.m4a"])
    for hour in (9, 10, 11, 23):
        calls = {"channel": "call", "connected": "yes", "said": "还钱"}
        desk.record(case, "collector_contacted", calls, at=f"2026-11-07T{hour:02}:00")
    return case


@asynccontextmanager
async def evidence(
    folder: Path, fill: Fill = told, tab: str = "exhibits", **options: Any
) -> AsyncIterator[Pilot[None]]:
    def filled(desk: Desk) -> None:
        CASES[:] = [fill(desk, folder)]  # type: ignore[list-item]

    async with stage(folder, filled, **options) as pilot:
        pilot.app.push_screen(EvidenceScreen(CASES[0], tab))
        await settled(pilot)
        yield pilot


def read(folder: Path, question: Callable[[Desk], Any]) -> Any:
    """What another process finds in the store."""
    with open_store(folder / "cases.db", now=NOW, lang="zh") as desk:
        return question(desk)


async def type_in(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*text)
    await settled(pilot)


async def test_exhibits_are_listed_by_day_with_what_they_show(tmp_path: Path) -> None:
    async with evidence(tmp_path) as pilot:
        said = shown(pilot)

        assert said.index("E01 contract [bold]x.pdf") < said.index("E02 call.m4a")
        assert "能说明什么：约定的利率" in said
        assert "ok" in said
        assert "收到的法院文书" not in said  # no step from here asks for them


async def test_a_file_that_is_not_as_it_was_is_marked_by_sign_and_word(tmp_path: Path) -> None:
    async with evidence(tmp_path) as pilot:
        for copy in (p for p in (tmp_path / "files").rglob("*") if p.is_file()):
            copy.chmod(0o600)
            copy.write_bytes(b"changed")
        await press(pilot, "f5")

        assert "!! 2 份文件对不上" in shown(pilot)
        assert "E01  x  内容变了" in shown(pilot)


@pytest.mark.parametrize(("key", "said"), [
    ("2", "还缺：对方是谁、工号、工单号"), ("3", "!  超出建议"), ("4", "写到哪个文件"), ("２", "还缺："),
])  # fmt: skip
async def test_a_digit_turns_the_page(tmp_path: Path, key: str, said: str) -> None:
    async with evidence(tmp_path) as pilot:
        await press(pilot, key)

        assert said in shown(pilot)


async def test_the_mouse_turns_the_page_and_chooses(tmp_path: Path) -> None:
    async with evidence(tmp_path) as pilot:
        await pilot.click("#exhibits", offset=(4, 2))
        await settled(pilot)
        assert isinstance(pilot.app.screen, CorrectScreen)

        await press(pilot, "escape")
        await pilot.click("#tabs", offset=(14, 0))
        await settled(pilot)
        assert "[red]不支持[/red]" in shown(pilot)


async def test_what_was_promised_and_not_kept_is_said_with_its_exhibit(tmp_path: Path) -> None:
    async with evidence(tmp_path, tab="contacts", size=WIDE) as pilot:
        said = shown(pilot)

        assert "日子过了，可以再问一次" in said
        assert "证据：E02" in said
        assert "?  留意 11月7日 周六 23:00" in said


async def test_collecting_is_counted_and_says_how_certain_the_rule_is(tmp_path: Path) -> None:
    async with evidence(tmp_path, tab="conduct", size=WIDE) as pilot:
        said = shown(pilot)

        assert "一天接通的催收电话超过 3 次，记下 4 次" in said
        assert "转述，没有读到原文" in said
        assert "不是法律条文" in said


async def test_enter_goes_to_what_is_said_of_a_file_and_changes_it(tmp_path: Path) -> None:
    async with evidence(tmp_path) as pilot:
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, CorrectScreen)
        assert pilot.app.screen.initial["proves"] == "约定的利率"
        assert pilot.app.screen.initial["type"] == "contract"

        pilot.app.screen.form.focus_field("title")
        await type_in(pilot, "loan")
        await press(pilot, "ctrl+s")
        assert "E01 loan" in shown(pilot)
    assert read(tmp_path, lambda desk: desk.evidence.exhibits(CASES[0]))[0]["proves"] == "约定的利率"


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    (folder / "b.txt").write_text("b")
    (folder / ".hidden").write_text("h")
    return folder


async def test_a_folder_is_previewed_then_taken(tmp_path: Path, papers: Path) -> None:
    async with evidence(tmp_path, empty, size=WIDE) as pilot:
        assert "还没有附上文件" in shown(pilot)
        await press(pilot, "ctrl+t")
        assert isinstance(pilot.app.screen, ExhibitScreen)
        await type_in(pilot, str(papers))
        assert "一共 2 份" in shown(pilot)
        assert "会附上 a.txt" in shown(pilot)
        assert "不附：.hidden（隐藏文件）" in shown(pilot)
        assert read(tmp_path, lambda desk: desk.evidence.exhibits(CASES[0])) == []

        await press(pilot, "ctrl+s")
        assert "E02 b.txt" in shown(pilot)
        assert any("附上了 2 份" in str(each.message) for each in pilot.app._notifications)


async def test_a_quoted_path_can_be_pasted_and_described(tmp_path: Path, papers: Path) -> None:
    (papers / "with blank.txt").write_text("w")
    async with evidence(tmp_path, empty, size=WIDE) as pilot:
        await press(pilot, "ctrl+t")
        await type_in(pilot, f"'{papers / 'with blank.txt'}'")
        page = pilot.app.screen
        assert isinstance(page, ExhibitScreen)
        page.form.focus_field("type")
        await press(pilot, "3")
        page.form.focus_field("dated")
        await type_in(pilot, "11-20")
        await press(pilot, "ctrl+s")
    (row,) = read(tmp_path, lambda desk: desk.evidence.exhibits(CASES[0]))

    assert (row["name"], row["type"], row["dated"]) == ("with blank.txt", "chat", "2026-11-20")


async def test_what_was_said_in_a_chat_can_be_pasted_and_is_kept_word_for_word(tmp_path: Path) -> None:
    chat = "客服：[b]不支持[/b]协商\n我：请给书面答复"
    async with evidence(tmp_path, empty) as pilot:
        await press(pilot, "ctrl+t")
        page = pilot.app.screen
        assert isinstance(page, ExhibitScreen)
        assert "还没有选文件，也没有贴文字" in shown(pilot)
        page.form.focus_field("text")
        pilot.app.post_message(Paste(chat))
        await settled(pilot)
        assert "会附上 贴上的文字 2026-11-22.txt" in shown(pilot)

        await pilot.click("#save")
        await settled(pilot)
    (row,) = read(tmp_path, lambda desk: desk.evidence.exhibits(CASES[0]))
    kept = read(tmp_path, lambda desk: path_of(row["sha256"], desk.folder).read_text())

    assert (row["name"], kept) == ("贴上的文字 2026-11-22.txt", chat)


async def test_what_is_not_there_keeps_the_form_and_what_was_typed(tmp_path: Path) -> None:
    async with evidence(tmp_path, empty, size=WIDE) as pilot:
        await press(pilot, "ctrl+t")
        await type_in(pilot, "/nowhere/x.pdf")
        await press(pilot, "ctrl+s")

        assert isinstance(pilot.app.screen, ExhibitScreen)
        assert "!! 没有找到：x.pdf" in shown(pilot)
        assert "/nowhere/x.pdf" in shown(pilot)
    assert read(tmp_path, lambda desk: desk.show(CASES[0]))["head"] == 1


async def make_bundle(pilot: Pilot[None], file: Path) -> None:
    name = pilot.app.screen.query_one("#file", Input)
    name.value = str(file)
    await settled(pilot)


async def test_a_bundle_is_made_by_keys_and_what_is_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "bundle.zip"
    async with evidence(tmp_path, size=WIDE) as pilot:
        await press(pilot, "ctrl+b")
        assert "没有加密" in shown(pilot)
        await make_bundle(pilot, file)
        await press(pilot, "enter")
        assert "证据包写好了" in shown(pilot)
        with zipfile.ZipFile(file) as archive:
            assert "SHA256SUMS" in archive.namelist()

        before = file.read_bytes()
        await press(pilot, "ctrl+b")
        assert "已经有这个文件" in shown(pilot)
        assert file.read_bytes() == before


async def test_a_bundle_is_made_by_the_mouse(tmp_path: Path) -> None:
    async with evidence(tmp_path, size=USUAL) as pilot:
        await pilot.click("#do-bundle")
        await settled(pilot)
        await make_bundle(pilot, tmp_path / "b.zip")
        await pilot.click("#do-bundle")
        await settled(pilot)

        assert (tmp_path / "b.zip").exists()


async def test_a_bundle_that_cannot_be_written_is_a_calm_notice(tmp_path: Path) -> None:
    async with evidence(tmp_path, size=WIDE) as pilot:
        await press(pilot, "ctrl+b")
        await make_bundle(pilot, tmp_path / "nowhere" / "b.zip")
        await press(pilot, "enter")

        assert "写不到这里，没有留下半份" in shown(pilot)


async def test_names_and_words_are_hidden_from_others(tmp_path: Path) -> None:
    async with evidence(tmp_path) as pilot:
        await press(pilot, "f4")
        hidden = shown(pilot)
        await press(pilot, "2")

        for private in ("contract", "花呗", "约定的利率"):
            assert private not in hidden
        assert "不支持" not in shown(pilot)


async def test_another_language_keeps_the_page_and_what_is_typed(tmp_path: Path) -> None:
    async with evidence(tmp_path, size=WIDE) as pilot:
        await press(pilot, "4")
        await make_bundle(pilot, tmp_path / "mine.zip")
        await press(pilot, "f2")

        assert "Which file to write" in shown(pilot)
        assert "mine.zip" in shown(pilot)


async def test_what_another_process_attaches_appears_and_the_cursor_stays(tmp_path: Path) -> None:
    async with evidence(tmp_path) as pilot:
        await press(pilot, "down")
        (tmp_path / "late.txt").write_text("late")
        read(tmp_path, lambda desk: desk.attach(CASES[0], tmp_path / "late.txt"))
        pilot.app.look()  # type: ignore[attr-defined]
        await settled(pilot)

        assert "E03 late.txt" in shown(pilot)
        assert pilot.app.screen.query_one("#exhibits", OptionList).highlighted == 1


@pytest.mark.parametrize(("fill", "lang", "size"), [
    (told, "zh", USUAL), (told, "en", USUAL), (told, "zh", WIDE), (told, "en", SMALL), (told, "zh", (60, 20)),
    (empty, "zh", SMALL), (empty, "en", USUAL),
])  # fmt: skip
async def test_every_page_holds_at_every_size(tmp_path: Path, lang: str, size: tuple[int, int], fill: Fill) -> None:
    async with evidence(tmp_path, fill, lang=lang, size=size) as pilot:
        for key in "1234":
            await press(pilot, key)
            await press(pilot, "escape") if key == "4" else None
            lines = shown(pilot).splitlines()

            assert isinstance(pilot.app.screen, EvidenceScreen)
            assert len(lines) <= size[1]
            assert any("Esc" in line or "^T" in line for line in lines[-1:])


async def test_from_the_case_a_key_and_a_click_lead_here(tmp_path: Path) -> None:
    from tui.screens.case import CaseScreen

    async with stage(tmp_path, lambda desk: CASES.__setitem__(slice(None), [told(desk, tmp_path)])) as pilot:
        pilot.app.push_screen(CaseScreen(CASES[0]))
        await settled(pilot)
        await press(pilot, "ctrl+l")

        assert isinstance(pilot.app.screen, EvidenceScreen)


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_saving_nothing_stays_and_says_what_is_missing(tmp_path: Path, lang: str) -> None:
    async with evidence(tmp_path, empty, lang=lang) as pilot:
        await press(pilot, "ctrl+t", "ctrl+s")

        assert isinstance(pilot.app.screen, ExhibitScreen)
        assert {"zh": "还没有选文件，也没有贴文字", "en": "No file is named yet"}[lang] in shown(pilot)


async def test_the_mouse_alone_leads_to_where_text_is_pasted(tmp_path: Path) -> None:
    async with evidence(tmp_path, empty) as pilot:
        await pilot.click("#do-paste")
        await settled(pilot)
        pilot.app.post_message(Paste("客服说：不支持延期"))
        await settled(pilot)
        await press(pilot, "f2")
        assert "客服说：不支持延期" in shown(pilot)
        await press(pilot, "f4")
        assert "不支持" not in shown(pilot)
        await pilot.click("#save")
        await settled(pilot)
    (row,) = read(tmp_path, lambda desk: desk.evidence.exhibits(CASES[0]))

    assert row["name"].endswith(".txt")


@pytest.mark.parametrize(("tab", "event"), [("contacts", "contact_logged"), ("conduct", "collector_contacted")])
@pytest.mark.parametrize("by_mouse", [False, True])
async def test_a_page_that_lists_contacts_leads_to_noting_one(
    tmp_path: Path, tab: str, event: str, by_mouse: bool
) -> None:
    async with evidence(tmp_path, empty, tab=tab) as pilot:
        if by_mouse:
            await pilot.click("#do-record")
            await settled(pilot)
        else:
            await press(pilot, "7")
        page = pilot.app.screen

        assert isinstance(page, RecordScreen)
        assert page.event == event


async def test_collecting_is_counted_in_lines_where_a_table_has_no_room(tmp_path: Path) -> None:
    async with evidence(tmp_path, tab="conduct", size=SMALL) as pilot:
        assert "11月7日 周六  !  超出建议" in shown(pilot)
        assert "次数 4、接通 4" in shown(pilot)


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_pages_with_nothing_on_them_name_no_command(tmp_path: Path, lang: str) -> None:
    async with evidence(tmp_path, empty, tab="conduct", lang=lang) as pilot:
        assert {"zh": "还没有记下对方的催收", "en": "No collecting is noted yet"}[lang] in shown(pilot)
        assert "escalation " not in shown(pilot)
