"""What is typed on the first start is found again in the case, and the last page promises nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from stage import NOW, SMALL, USUAL, WIDE, press, settled, shown, stage
from textual.pilot import Pilot

from escalation import open_store
from tui.forms import Field
from tui.screens.case import CaseScreen
from tui.screens.opening import DAYS, PLACES, Notes, Plan, carry_out, plan, when, whom
from tui.screens.opening_words import answers_said
from tui.screens.welcome import WelcomeScreen
from tui.widgets.field_row import choice_said
from tui.widgets.prose import Prose
from tui.words import words

TYPED = {
    "name": "阿里花呗", "amount": "1.2万", "asked": "9-1", "refused": "9-10", "filed": "9-21", "answered": "10-20",
    "above": "11-10", "received": "11-13", "found": "11-1", "contacted": "11-3",
}  # fmt: skip
FOUND = {
    "name": "阿里花呗", "amount": "12000.00", "asked": "2026-09-01", "refused": "2026-09-10", "filed": "2026-09-21",
    "answered": "2026-10-20", "above": "2026-11-10", "received": "2026-11-13", "found": "2026-11-01",
    "contacted": "2026-11-03",
}  # fmt: skip
CHOSEN = {"respondent": "bank", "reason": "capacity", "where": "association", "place": "zhejiang"}


def fields(place: str) -> tuple[Field, ...]:
    return (*whom(place, str), *when(place, str))


def read(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The only case, and its log."""
    with open_store(folder / "cases.db", now=NOW, lang="zh") as desk:
        [ref] = desk.first_refs(9)
        return desk.show(ref), desk.log(ref)


async def answer(pilot: Pilot[None], said: dict[str, str]) -> None:
    """Write these into the fields of the question that is shown; go on."""
    screen = pilot.app.screen
    assert isinstance(screen, WelcomeScreen)
    for field in screen.form.fields:
        if field.name not in said:
            continue
        screen.form.focus_field(field.name)
        await settled(pilot)
        keys = str(field.of.index(said[field.name]) + 1) if field.type == "choice" else said[field.name]
        await press(pilot, *keys)
    await press(pilot, "ctrl+s")


def told(screen: WelcomeScreen) -> str:
    """All that the last page says, however far one would have to scroll, and without its line breaks."""
    return screen.query_one("#sentences", Prose)._text.plain


async def opened(pilot: Pilot[None], place: str, said: dict[str, str]) -> None:
    """All questions, up to the last page."""
    await press(pilot, str(PLACES.index(place) + 1))
    while pilot.app.screen.step < 3:  # type: ignore[attr-defined]
        await answer(pilot, said)


async def test_papers_whose_kind_is_not_known(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await opened(pilot, "papers", {"name": "传票", "amount": "1.2万", "received": "上周五"})
        said = shown(pilot)
        assert "11月13日 周五" in said
        assert "12000.00" in said
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, CaseScreen)
    case, log = read(tmp_path)
    assert log[0]["at"].startswith("2026-11-13")
    assert any("11月13日" in row["text"] for row in log if row["kind"] == "note")
    assert any("12000.00" in row["text"] for row in log if row["kind"] == "note")
    with open_store(tmp_path / "cases.db", now=NOW) as desk:  # and what they are can be recorded of that day
        found = desk.record(case["case"], "papers_received", {"kind": "payment_order"}, at="2026-11-13")
    assert found["tracks"][0]["state"] == "order_open"


def choices(place: str) -> Iterator[dict[str, Any]]:
    """Answers to the questions of a place: all, none, and with each one and each two of them left blank.

    Everything whose answer decides the way is answered in each of its ways.
    """
    asked = [field.name for field in fields(place)]
    ways: list[dict[str, Any]] = [{}]
    if place == "papers":
        ways = [{"kind": kind} for kind in ("suit", "payment_order", "arbitration", "judgment", "enforcement")]
    elif place == "above":
        ways = [{"where": "association"}, {"where": "regulator"}]
    for way in ways:
        whole = {name: value for name, value in {**FOUND, **CHOSEN, **way}.items() if name in asked}
        for left in range(3 if len(asked) < 8 else 2):
            for out in combinations(asked, left):
                yield {name: value for name, value in whole.items() if name not in out}
    yield {}
    for name in asked:  # only one answer
        yield {name: {**FOUND, **CHOSEN, **ways[-1]}[name]}


def found_in(name: str, value: str, case: dict[str, Any], log: list[dict[str, Any]]) -> bool:
    """Whether an answer is in what is known of the case, in its log, or said by a note."""
    notes = " ".join(row["text"] for row in log if row["kind"] == "note")
    if name in DAYS:
        said = words("zh").day(value)
        return said in notes or any(row["at"].startswith(value) for row in log if row["kind"] == "event")
    events = [row["event"] for row in log if row["kind"] == "event"]
    known = [*case["facts"].values(), *(value for row in log for value in (row.get("data") or {}).values())]
    by_event = {
        "judgment": "judgment_against_me", "enforcement": "enforcement_notice_received", "association": "help_sought",
        "regulator": "regulator_considered",
    }  # fmt: skip
    if by_event.get(value) in events or value in known or (name == "name" and case["title"] == value):
        return True
    return (choice_said(words("zh"), value) if name in (*CHOSEN, "kind") else value) in notes


@pytest.mark.parametrize("place", PLACES[:-1])
def test_whatever_is_left_blank_what_was_typed_is_in_the_case(tmp_path: Path, place: str) -> None:
    asked = [f._replace(title=words("zh").say(f"welcome.{key}")) for f in fields(place) for key in [f.title[8:]]]
    lost = []
    with open_store(tmp_path / "cases.db", now=NOW, lang="zh") as desk:
        desk.open(plan(place, {}).procedure)  # so that its definition is read once
        for said in choices(place):
            made = plan(place, said)
            notes = Notes(
                lambda title, day: f"{day and words('zh').day(day)} {title}",
                lambda names, made=made: " ".join(answers_said(names, made, asked, words("zh"))),  # type: ignore[misc]
            )

            def tried(made: Plan = made, notes: Notes = notes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
                case = carry_out(desk, made, notes).case
                return desk.show(case), desk.log(case)

            case, log = desk.at_once(tried, keep=False)
            lost += [(name, said) for name, value in said.items() if not found_in(name, value, case, log)]
            days = [value for name, value in said.items() if name in DAYS]
            if days and not log[0]["at"].startswith(min(days)):
                lost.append(("opened", said))
        assert len(desk.first_refs(9)) == 1  # all of it was only tried
    assert lost == []


async def test_a_judgment_keeps_the_sum(tmp_path: Path) -> None:
    async with stage(tmp_path, lang="en") as pilot:
        await opened(pilot, "papers", {"kind": "judgment", "amount": "1.2万", "received": "11-13"})
        assert "Amount (yuan): 12000.00" in shown(pilot)
        await press(pilot, "ctrl+s")
    case, log = read(tmp_path)
    assert case["tracks"][0]["state"] == "appeal_open"
    [note] = [row["text"] for row in log if row["kind"] == "note"]
    assert "12000.00" in note


@pytest.mark.parametrize(("lang", "size"), [("zh", USUAL), ("en", USUAL), ("zh", WIDE), ("en", SMALL)])
async def test_the_last_page_says_what_will_be_a_note_only_and_leads_back_to_what_is_missing(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    say = words(lang).say
    async with stage(tmp_path, lang=lang, size=size) as pilot:
        await opened(pilot, "filed", {"amount": "1.2万", "refused": "9-10", "filed": "9-21"})
        screen = pilot.app.screen
        assert isinstance(screen, WelcomeScreen)
        will, _, noted = told(screen).partition(say("welcome.noted"))
        field = say("welcome.field_respondent")
        titles = {"zh": ("想想要不要投诉", "投诉已送到对方"), "en": ("Considering a complaint", "Complaint delivered")}
        assert titles[lang][0] in will
        assert titles[lang][1] not in will
        assert titles[lang][1] in noted
        assert say("welcome.until_said", field=field) in noted
        await press(pilot, "tab", "enter")  # the button beside the one that opens
        assert screen.focused is not None
        assert screen.focused.id == "in-a-respondent"
        await press(pilot, "2", "ctrl+s", "ctrl+s")
        assert say("welcome.noted") not in told(screen)
        assert not screen.query_one("#mend").display
        await press(pilot, "ctrl+s")
    case, log = read(tmp_path)
    assert case["tracks"][0]["state"] == "silent"
    assert not [row for row in log if row["kind"] == "note"]


async def test_the_missing_answer_is_added_by_mouse(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await opened(pilot, "above", {"filed": "9-21", "where": "association", "respondent": "bank"})
        assert "补上「消协在哪里」" in shown(pilot)
        await pilot.click("#mend")
        await settled(pilot)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "in-a-place"


async def test_what_waits_for_papers_says_which(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await opened(pilot, "bought", {"amount": "99", "found": "11-1", "contacted": "11-3"})
        said = shown(pilot)
        assert "11月3日 周二：已向卖家提出要求" in said.partition("这些先写成备注")[2]
        assert "要等「证据」备齐" in said
        assert not pilot.app.screen.query_one("#mend").display


async def test_looking_at_the_last_page_writes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await opened(pilot, "filed", {"refused": "9-10", "filed": "9-21", "respondent": "bank"})
        with open_store(tmp_path / "cases.db", now=NOW) as desk:
            assert desk.first_refs(1) == []
            assert desk.announcements() == []


async def test_a_store_that_fails_halfway_has_no_half_of_a_case(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await opened(pilot, "refused", {"name": "huabei", "refused": "11-20"})
        with open_store(tmp_path / "cases.db", now=NOW) as desk:
            run = desk.engine.store._run
            run("CREATE TRIGGER full BEFORE INSERT ON entry WHEN NEW.seq > 2 BEGIN SELECT RAISE(ABORT, 'full'); END")
        await press(pilot, "ctrl+s")
        assert "你写的都还在" in shown(pilot)
        with open_store(tmp_path / "cases.db", now=NOW) as desk:
            assert desk.first_refs(9) == []
            desk.engine.store._run("DROP TRIGGER full")
        await press(pilot, "ctrl+s", "ctrl+s")
        assert isinstance(pilot.app.screen, CaseScreen)
    case, _ = read(tmp_path)
    assert case["title"] == "huabei"


async def test_typing_arrives_after_one_chose_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await press(pilot, "4", "escape", "3", *"花呗")
        assert isinstance(pilot.app.screen, WelcomeScreen)
        assert pilot.app.screen.typed["name"] == "花呗"
        await press(pilot, "ctrl+s", "escape", "end", *"的事")  # and after one came back to it
        assert pilot.app.screen.typed["name"] == "花呗的事"


async def test_the_same_thing_is_said_once_at_a_time(tmp_path: Path) -> None:
    async with stage(tmp_path) as pilot:
        await pilot.press(*"投诉花呗")
        await settled(pilot)
        assert ["输入法" in each.message for each in pilot.app._notifications] == [True]
