"""Many cases as lines: what is sought, counted, shown, kept as views, and brought up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from escalation import Desk
from escalation.errors import BadInput, NotFound

At = Callable[[str], Desk]
PARCEL = str(Path(__file__).parent.parent / "procedures" / "parcel-dispute.yaml")
NOW = "2026-03-02T10:00"


def found(desk: Desk, text: str, order: str = "due") -> list[str]:
    """The titles of what fits, in order."""
    lines = desk.lines(numbers := desk.find(text, order))
    return [lines[n]["title"] for n in numbers]


def three(desk: Desk) -> list[str]:
    vase = desk.open(PARCEL, title="花瓶 100%", client="王 Li", facts={"loss": "900"})
    phone = desk.open(PARCEL, title="手机", client="张三", facts={"loss": "100"}, at="2026-01-05")
    book = desk.open(PARCEL, title="Book_1", facts={"loss": "10"}, at="2026-02-20")
    return [vase, phone, book]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("", {"花瓶 100%", "手机", "Book_1"}),
        ("手", {"手机"}),
        ("book", {"Book_1"}),
        ("%", {"花瓶 100%"}),
        ("_", {"Book_1"}),
        ("-手机", {"花瓶 100%", "Book_1"}),
        ('"花瓶 1"', {"花瓶 100%"}),
        ("client:王", {"花瓶 100%"}),
        ("客户：王", {"花瓶 100%"}),
        ('client:"王 li"', {"花瓶 100%"}),
        ("-client:王", {"手机", "Book_1"}),
        ("client:none", {"Book_1"}),
        ("client:王 手", set()),
        ("is:open", {"花瓶 100%", "手机", "Book_1"}),
        ("is:closed", set()),
        ("是:进行中 -花", {"手机", "Book_1"}),
        ("procedure:parcel-dispute book", {"Book_1"}),
        ("person:none", {"花瓶 100%", "手机", "Book_1"}),
        ("stage:no-such-stage", set()),
    ],
)
def test_words_and_pairs_find_cases(desk: At, text: str, titles: set[str]) -> None:
    opened = desk(NOW)
    three(opened)
    assert set(found(opened, text)) == titles
    assert opened.tally(text)["total"] == len(titles)


def test_states_and_stages_are_found_by_id_and_by_title(desk: At) -> None:
    opened = desk(NOW)
    three(opened)
    line = next(iter(opened.lines(opened.find()).values()))
    assert len(opened.find(f"state:{line['state']}")) == 3
    assert len(opened.find(f'state:"{line["state_title"]}"')) == 3
    assert len(opened.find(f'stage:"{line["stage_title"]}"')) == 3


@pytest.mark.parametrize("text", ["due:", "due:sometime", "is:blue", "sort:up", "due:02-30", "期限："])
def test_what_is_not_understood_is_named_and_left_out(desk: At, text: str) -> None:
    opened = desk(NOW)
    three(opened)
    assert opened.not_understood(f"手 {text}") == (text,)
    assert found(opened, f"手 {text}") == ["手机"]


@pytest.mark.parametrize("order", ["due", "opened", "title", "client", "stage", "person", "case"])
def test_every_order_holds_every_case_once(desk: At, order: str) -> None:
    opened = desk(NOW)
    three(opened)
    assert len(set(opened.find("", order))) == 3
    assert opened.find("", order, most=2) == opened.find("", order)[:2]


def test_the_nearest_day_says_whose_it_is_and_how_far(desk: At) -> None:
    opened = desk(NOW)
    case = opened.open(PARCEL, title="花瓶", facts={"loss": "900"})
    line = opened.lines(opened.find())[opened.find()[0]]
    shown = [d for d in opened.show(case)["deadlines"] if d["due"]]
    assert line["case"] == case
    if shown:
        assert line["due"] == min(d["due"] for d in shown)
        assert line["mine"] == (min(shown, key=lambda d: d["due"])["owed_by"] == "me")


def test_cases_are_counted_by_stage_and_person(desk: At) -> None:
    opened = desk(NOW)
    refs = three(opened)
    opened.assign(refs[:2], "李")
    tally = opened.tally()
    assert (tally["total"], tally["open"], tally["clients"]) == (3, 3, 2)
    assert tally["persons"] == [{"person": "李", "n": 2}, {"person": None, "n": 1}]
    assert sum(stage["n"] for stage in tally["stages"]) == 3
    assert opened.tally("负责:李")["total"] == 2
    assert opened.refs(opened.find("person:李", "case")) == sorted(refs[:2])


def test_what_the_clock_did_is_kept_step_by_step(desk: At) -> None:
    for _ in range(3):
        desk("2026-01-05T10:00").open(PARCEL, title="花瓶", facts={"loss": "900"})
    opened = desk(NOW)
    steps = []
    while step := opened.catch_up(2):
        steps.append(step)
        assert step <= 2
        assert len(steps) < 9
    assert sum(steps) >= 3
    assert opened.catch_up() == 0
    kept = {n: line["mark"] == "missed" or line["mark"] == "late" for n, line in opened.lines(opened.find()).items()}
    assert sum(kept.values()) <= len(opened.find("is:overdue"))


def test_a_look_into_the_future_keeps_nothing(desk: At) -> None:
    desk("2026-01-05T10:00").open(PARCEL, title="花瓶", facts={"loss": "900"})
    assert desk("2100-01-01T10:00").catch_up() == 0


def test_what_is_due_comes_part_by_part_as_in_one(desk: At) -> None:
    opened = desk(NOW)
    three(opened)
    rows = [row for n in opened.moving(30) for row in opened.due_of([n], 30)]
    assert sorted(rows, key=str) == sorted(opened.due("30d"), key=str)


def test_what_is_due_on_one_day_is_in_the_order_of_opening_and_of_titles_whatever_the_ids_are(desk: At) -> None:
    there = desk("2026-03-02T10:00")
    for at, titles in (("2026-03-02T09:00", "gfedc"), ("2026-03-02T08:00", "b"), ("2026-03-02T07:00", "a")):
        for title in titles:
            case = there.open(PARCEL, title=title, at=at)
            for n, text in enumerate(("ring", "write"), 1):
                assert there.follow_up(case, "add", due="2026-03-09", text=text)["follow_ups"][-1]["n"] == n

    rows = [row for row in there.due("14d") if row["text"] in ("ring", "write")]
    assert [(row["title"], row["id"]) for row in rows] == [(title, n) for title in "abcdefg" for n in (1, 2)]


def test_events_are_counted_by_the_cases_that_can_take_them(desk: At) -> None:
    opened = desk(NOW)
    refs = three(opened)
    possible = opened.possible(refs)
    for each in possible:
        able = [r for r in refs if any(p["event"] == each["event"] and p["ready"] for p in opened.show(r)["possible"])]
        assert each["n"] == len(able)
    assert [each["n"] for each in possible] == sorted((each["n"] for each in possible), reverse=True)


def test_views_are_kept_replaced_and_dropped(desk: At) -> None:
    opened = desk(NOW)
    three(opened)
    opened.keep_view("手机的", "手", "title")
    opened.keep_view("全部", "")
    opened.keep_view("手机的", "手机")
    assert desk(NOW).views() == [
        {"name": "手机的", "text": "手机", "order": "due", "n": 1},
        {"name": "全部", "text": "", "order": "due", "n": 3},
    ]
    opened = desk(NOW)
    opened.drop_view("全部")
    assert [view["name"] for view in opened.views()] == ["手机的"]
    with pytest.raises(NotFound):
        opened.drop_view("全部")


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\x1bb"])
def test_a_view_needs_a_name_that_can_be_shown(desk: At, name: str) -> None:
    opened = desk(NOW)
    with pytest.raises(BadInput):
        opened.keep_view(name, "手")
    assert opened.views() == []
