"""What people read: each kind of announcement in both languages and at each privacy, written out in full."""

from __future__ import annotations

from typing import Any

import pytest
from cases import Case, instant, parcel, table_of
from hypothesis import given
from hypothesis import strategies as st
from patched import patched

from escalation.core.announce import moved, retraction
from escalation.core.snapshot import Announced
from escalation.messages import LINE_CELLS, TITLE_CELLS, Item, compose, cut, item_of
from states.cells import cells

TODAY = "2026-03-16"
LANGUAGES = ("zh", "en")
PRIVACIES = ("discreet", "titles", "full")

OF = {
    "zh": Item(
        "reminder", 2, "k3f9", "花呗分期", "张三", "答辩期", "我", True, "2026-03-17", None, 1, None, False,
        "去做这一步，做完记下「提交答辩」", "《民事诉讼法》第 128 条；现行规定，读过原文",
    ),
    "en": Item(
        "reminder", 2, "k3f9", "Flat deposit", "Ann Lee", "Defence", "Me", True, "2026-03-17", None, 1, None, False,
        'Take this step, then record it: "Defence sent"', "Civil procedure, article 128; in force, read in the text",
    ),
}  # fmt: skip
THEIRS = {"zh": "快递公司", "en": "Courier"}


def an_item(lang: str, kind: str = "mine", **changes: Any) -> Item:
    """One of each kind there is to say, as of `TODAY`."""
    given: dict[str, dict[str, Any]] = {
        "mine": {},
        "today": {"due": "2026-03-16", "days_left": 0, "level": 3},
        "later": {"due": "2026-03-21", "days_left": 5, "provisional": True},
        "hours": {"due": None, "lapses_at": "2026-03-16T18:30:00+08:00", "days_left": 0},
        "hours_gone": {"kind": "lapse", "due": None, "lapses_at": "2026-03-16T08:30:00+08:00", "days_left": 0},
        "hours_over": {"due": None, "lapses_at": "2026-03-16T01:00:00+08:00", "days_left": 0, "over": True},
        "paused": {"due": None, "days_left": None},
        "missed": {"kind": "lapse", "due": "2026-03-15", "days_left": -1},
        "moved": {"kind": "moved", "was": "2026-03-20", "due": "2027-01-04", "days_left": 294},
        "theirs": {"mine": False, "owed_by": THEIRS[lang]},
        "turn": {"kind": "lapse", "mine": False, "owed_by": THEIRS[lang], "due": "2026-03-15", "days_left": -1},
        "gone": {
            "kind": "lapse", "mine": False, "owed_by": THEIRS[lang], "due": "2026-03-15", "days_left": -1,
            "your_turn": False,
        },
        "retracted": {"kind": "retracted", "mine": False, "owed_by": THEIRS[lang], "due": "2026-03-20", "days_left": 4},
        "follow": {
            "kind": "follow_up", "owed_by": None, "due": TODAY, "days_left": 0, "basis": None,
            "what": {"zh": "准备", "en": "Drafting"}[lang],
            "do": {"zh": "看看材料齐了没有", "en": "See whether the papers are complete"}[lang],
        },
        "own": {
            "kind": "user_follow_up", "owed_by": None, "due": "2026-03-13", "days_left": -3, "basis": None, "do": None,
            "what": {"zh": "给客服打电话", "en": "Call them"}[lang],
        },
    }  # fmt: skip
    return OF[lang]._replace(**given[kind])._replace(**changes)


ZH_HINT = "打开 Escalation 看看下一步：escalation next"
EN_HINT = "Open Escalation to see what comes next: escalation next"
ZH_PAST = "最后一天过了，多半也还有能做的事。"
EN_PAST = "The last day is past. There is usually still something that can be done."
ZH_AGAIN = "先前是照当时的记录算的，后来有补记或更正，就重新算了。"
EN_AGAIN = "That was counted from the log as it stood; it has been added to or corrected since."
ZH_CALENDAR = "放假安排有更新，日子重新算过了。"
EN_CALENDAR = "The holiday calendar was updated, so the date was counted again."

DISCREET: list[tuple[str, list[str], list[str]]] = [
    ("mine", ["1 件事明天到期", ZH_HINT], ["1 thing is due tomorrow", EN_HINT]),
    ("mine mine", ["2 件事明天到期", ZH_HINT], ["2 things are due tomorrow", EN_HINT]),
    ("today", ["1 件事今天到期", ZH_HINT], ["1 thing is due today", EN_HINT]),
    ("later", ["1 件事还有 5 天到期", ZH_HINT], ["1 thing is due in 5 days", EN_HINT]),
    ("paused", ["1 件事要留意", ZH_HINT], ["1 thing needs a look", EN_HINT]),
    ("missed", ["1 件事已过期", ZH_PAST, ZH_HINT], ["1 thing is overdue", EN_PAST, EN_HINT]),
    ("hours_over", ["1 件事已过期", ZH_PAST, ZH_HINT], ["1 thing is overdue", EN_PAST, EN_HINT]),
    ("moved", ["1 件事的日子变了", ZH_CALENDAR, ZH_HINT], ["The date of 1 thing has moved", EN_CALENDAR, EN_HINT]),
    ("theirs", ["对方的期限快到了", ZH_HINT], ["Their time is nearly up", EN_HINT]),
    ("turn", ["对方的期限已过，轮到你了", ZH_HINT], ["Their time is up, it is your turn", EN_HINT]),
    (
        "turn turn",
        ["2 件事，对方的期限已过，轮到你了", ZH_HINT],
        ["Their time is up on 2 things, it is your turn", EN_HINT],
    ),
    ("gone", ["对方的期限已过", ZH_HINT], ["Their time is up", EN_HINT]),
    (
        "retracted",
        ["先前说过期的 1 件，其实没有过期", ZH_AGAIN, ZH_HINT],
        ["1 thing we called overdue is not overdue after all", EN_AGAIN, EN_HINT],
    ),
    ("follow own", ["2 件事该跟进了", ZH_HINT], ["2 things to follow up", EN_HINT]),
    (
        "missed today hours",
        ["2 件事今天到期，1 件已过期", ZH_PAST, ZH_HINT],
        ["2 things are due today, 1 overdue", EN_PAST, EN_HINT],
    ),
    (
        "own turn mine",
        ["1 件事明天到期，1 件轮到你了，1 件该跟进了", ZH_HINT],
        ["1 thing is due tomorrow, your turn on 1, 1 to follow up", EN_HINT],
    ),
    (
        "follow retracted gone theirs moved missed paused later mine today",
        [
            "1 件事今天到期，1 件明天到期，1 件还有 5 天到期，另有 7 件",
            "1 件事今天到期", "1 件事明天到期", "1 件事还有 5 天到期", "1 件事要留意", "1 件事已过期",
            "1 件事的日子变了", "1 件事对方逾期了", "1 件事对方快到期了", "1 件事其实没有过期", "1 件事该跟进了",
            ZH_PAST, ZH_CALENDAR, ZH_AGAIN, ZH_HINT,
        ],
        [
            "1 thing is due today, 1 due tomorrow, 8 more",
            "1 thing is due today", "1 thing is due tomorrow", "1 thing is due in 5 days", "1 thing needs a look",
            "1 thing is overdue", "The date of 1 thing has moved", "Their time is up on 1 thing",
            "Their time is nearly up on 1 thing", "1 thing is not overdue after all", "1 thing to follow up",
            EN_PAST, EN_CALENDAR, EN_AGAIN, EN_HINT,
        ],
    ),
]  # fmt: skip

TITLES: list[tuple[str, list[str], list[str]]] = [
    (
        "mine",
        ["明天到期：答辩期", "花呗分期：答辩期，3月17日 周二，明天"],
        ["Due tomorrow: Defence", "Flat deposit: Defence, Tue 17 Mar, tomorrow"],
    ),
    (
        "today",
        ["今天到期：答辩期", "花呗分期：答辩期，3月16日 周一，今天"],
        ["Due today: Defence", "Flat deposit: Defence, Mon 16 Mar, today"],
    ),
    (
        "later",
        ["还有 5 天到期：答辩期", "花呗分期：答辩期，3月21日 周六，还有 5 天"],
        ["Due in 5 days: Defence", "Flat deposit: Defence, Sat 21 Mar, in 5 days"],
    ),
    (
        "hours",
        ["今天到期：答辩期", "花呗分期：答辩期，3月16日 周一 18:30 之前"],
        ["Due today: Defence", "Flat deposit: Defence, before Mon 16 Mar, 18:30"],
    ),
    (
        "hours_gone",
        ["已过期：答辩期", "花呗分期：答辩期，3月16日 周一 08:30 已到期", ZH_PAST],
        ["Overdue: Defence", "Flat deposit: Defence, ran out on Mon 16 Mar, 08:30", EN_PAST],
    ),
    (
        "hours_over",
        ["已过期：答辩期", "花呗分期：答辩期，3月16日 周一 01:00 已到期", ZH_PAST],
        ["Overdue: Defence", "Flat deposit: Defence, ran out on Mon 16 Mar, 01:00", EN_PAST],
    ),
    (
        "paused",
        ["要留意：答辩期", "花呗分期：答辩期，现在没有在计时"],
        ["Worth a look: Defence", "Flat deposit: Defence, no clock is running now"],
    ),
    (
        "missed",
        ["已过期：答辩期", "花呗分期：答辩期，3月15日 周日，已过 1 天", ZH_PAST],
        ["Overdue: Defence", "Flat deposit: Defence, Sun 15 Mar, yesterday", EN_PAST],
    ),
    (
        "moved",
        ["日子变了：答辩期", "花呗分期：答辩期，改到 2027年1月4日 周一（原来 3月20日 周五）", ZH_CALENDAR],
        ["New date: Defence", "Flat deposit: Defence, moved to Mon 4 Jan 2027 (was Fri 20 Mar)", EN_CALENDAR],
    ),
    (
        "theirs",
        ["对方快到期了：答辩期", "花呗分期：答辩期（对方），3月17日 周二，明天"],
        ["Their time is nearly up: Defence", "Flat deposit: Defence (them), Tue 17 Mar, tomorrow"],
    ),
    (
        "turn",
        ["对方逾期了，轮到你了：答辩期", "花呗分期：答辩期（对方），3月15日 周日，已过 1 天，轮到你了"],
        [
            "Their time is up, your turn: Defence",
            "Flat deposit: Defence (them), Sun 15 Mar, yesterday, it is your turn",
        ],
    ),
    (
        "gone",
        ["对方逾期了：答辩期", "花呗分期：答辩期（对方），3月15日 周日，已过 1 天"],
        ["Their time is up: Defence", "Flat deposit: Defence (them), Sun 15 Mar, yesterday"],
    ),
    (
        "retracted",
        ["其实没有过期：答辩期", "花呗分期：答辩期（对方），其实没有过期，最后一天是 3月20日 周五", ZH_AGAIN],
        [
            "Not overdue after all: Defence",
            "Flat deposit: Defence (them), not overdue after all, the last day is Fri 20 Mar",
            EN_AGAIN,
        ],
    ),
    (
        "follow",
        ["该跟进了：准备", "花呗分期：准备，3月16日 周一，该跟进了"],
        ["Follow up: Drafting", "Flat deposit: Drafting, Mon 16 Mar, time to follow up"],
    ),
    (
        "own",
        ["该跟进了：给客服打电话", "花呗分期：给客服打电话，3月13日 周五，已过 3 天，该跟进了"],
        ["Follow up: Call them", "Flat deposit: Call them, Fri 13 Mar, 3 days ago, time to follow up"],
    ),
    (
        "turn today mine",
        [
            "1 件事今天到期，1 件明天到期，1 件轮到你了",
            "花呗分期：答辩期，3月16日 周一，今天",
            "花呗分期：答辩期，3月17日 周二，明天",
            "花呗分期：答辩期（对方），3月15日 周日，已过 1 天，轮到你了",
        ],
        [
            "1 thing is due today, 1 due tomorrow, your turn on 1",
            "Flat deposit: Defence, Mon 16 Mar, today",
            "Flat deposit: Defence, Tue 17 Mar, tomorrow",
            "Flat deposit: Defence (them), Sun 15 Mar, yesterday, it is your turn",
        ],
    ),
]

FULL: list[tuple[str, list[str], list[str]]] = [
    (
        "later",
        [
            "还有 5 天到期：答辩期",
            "花呗分期：答辩期，3月21日 周六，还有 5 天",
            "  当事人：张三",
            "  下一步：去做这一步，做完记下「提交答辩」",
            "  依据：《民事诉讼法》第 128 条；现行规定，读过原文",
            "  暂定：那一年的放假安排还没有公布，日子可能会动",
        ],
        [
            "Due in 5 days: Defence",
            "Flat deposit: Defence, Sat 21 Mar, in 5 days",
            "  Client: Ann Lee",
            '  Next: Take this step, then record it: "Defence sent"',
            "  Rests on: Civil procedure, article 128; in force, read in the text",
            "  provisional: the holidays of that year are not announced yet, so the day may",
            "    move",
        ],
    ),
    (
        "missed",
        [
            "已过期：答辩期",
            "花呗分期：答辩期，3月15日 周日，已过 1 天",
            "  当事人：张三",
            "  最后一天过了，多半也还有能做的事。",
            "  下一步：去做这一步，做完记下「提交答辩」",
            "  依据：《民事诉讼法》第 128 条；现行规定，读过原文",
        ],
        [
            "Overdue: Defence",
            "Flat deposit: Defence, Sun 15 Mar, yesterday",
            "  Client: Ann Lee",
            "  The last day is past. There is usually still something that can be done.",
            '  Next: Take this step, then record it: "Defence sent"',
            "  Rests on: Civil procedure, article 128; in force, read in the text",
        ],
    ),
    (
        "own turn",
        [
            "1 件事轮到你了，1 件该跟进了",
            "花呗分期：答辩期（快递公司），3月15日 周日，已过 1 天，轮到你了",
            "  当事人：张三",
            "  下一步：去做这一步，做完记下「提交答辩」",
            "  依据：《民事诉讼法》第 128 条；现行规定，读过原文",
            "",
            "花呗分期：给客服打电话，3月13日 周五，已过 3 天，该跟进了",
            "  当事人：张三",
        ],
        [
            "It is your turn on 1 thing, 1 to follow up",
            "Flat deposit: Defence (Courier), Sun 15 Mar, yesterday, it is your turn",
            "  Client: Ann Lee",
            '  Next: Take this step, then record it: "Defence sent"',
            "  Rests on: Civil procedure, article 128; in force, read in the text",
            "",
            "Flat deposit: Call them, Fri 13 Mar, 3 days ago, time to follow up",
            "  Client: Ann Lee",
        ],
    ),
    (
        "follow",
        [
            "该跟进了：准备",
            "花呗分期：准备，3月16日 周一，该跟进了",
            "  当事人：张三",
            "  下一步：看看材料齐了没有",
        ],
        [
            "Follow up: Drafting",
            "Flat deposit: Drafting, Mon 16 Mar, time to follow up",
            "  Client: Ann Lee",
            "  Next: See whether the papers are complete",
        ],
    ),
    (
        "retracted",
        [
            "其实没有过期：答辩期",
            "花呗分期：答辩期（快递公司），其实没有过期，最后一天是 3月20日 周五",
            "  当事人：张三",
            "  先前是照当时的记录算的，后来有补记或更正，就重新算了。",
            "  下一步：去做这一步，做完记下「提交答辩」",
            "  依据：《民事诉讼法》第 128 条；现行规定，读过原文",
        ],
        [
            "Not overdue after all: Defence",
            "Flat deposit: Defence (Courier), not overdue after all, the last day is Fri 20",
            "  Mar",
            "  Client: Ann Lee",
            "  That was counted from the log as it stood; it has been added to or corrected",
            "    since.",
            '  Next: Take this step, then record it: "Defence sent"',
            "  Rests on: Civil procedure, article 128; in force, read in the text",
        ],
    ),
]

EVERY_MESSAGE = [
    pytest.param(kinds, lang, privacy, text, id=f"{privacy}-{lang}-{kinds}")
    for privacy, table in zip(PRIVACIES, (DISCREET, TITLES, FULL), strict=True)
    for kinds, *both in table
    for lang, text in zip(LANGUAGES, both, strict=True)
]


def items_of(lang: str, kinds: str) -> list[Item]:
    """The items that a row of the tables names, in that order."""
    return [an_item(lang, kind) for kind in kinds.split()]


@pytest.mark.parametrize(("kinds", "lang", "privacy", "expected"), EVERY_MESSAGE)
def test_a_message_reads_like_this(kinds: str, lang: str, privacy: str, expected: list[str]) -> None:
    found = compose(items_of(lang, kinds), lang, privacy, TODAY)

    assert expected == [found.title, *found.body.split("\n")]


@pytest.mark.parametrize(
    ("lang", "title", "last"),
    [("zh", "47 件事 2 天后起陆续到期", "还有 37 件。"), ("en", "47 things are due in 2 days or more", "And 37 more.")],
)
def test_ten_lines_are_shown_and_the_rest_is_counted(lang: str, title: str, last: str) -> None:
    items = [an_item(lang, days_left=n, due=None, lapses_at="2026-03-20T12:00:00+08:00") for n in range(2, 49)]
    found = compose(items, lang, "titles", TODAY)

    assert title == found.title
    assert len(found.body.split("\n")) == 11
    assert last == found.body.split("\n")[-1]
    assert compose(items, lang, "full", TODAY).body.endswith("\n\n" + last)


def test_what_is_no_known_privacy_is_discreet() -> None:
    items = [an_item("zh")]

    assert compose(items, "zh", "discreet", TODAY) == compose(items, "zh", "everything", TODAY)


def test_nothing_to_say_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no items"):
        compose([], "zh", "full", TODAY)


def test_what_could_act_on_a_terminal_is_shown_instead() -> None:
    nasty = "a\nb\u202e\x1b[31m[red]{x}"
    item = an_item("en", title=nasty, client=nasty, what=nasty, owed_by=nasty, mine=False, do=nasty, basis=nasty)
    found = compose([item], "en", "full", TODAY)

    assert r"a\nb\u202e\x1b[31m[red]{x}" in found.body
    assert (found.title + found.body).replace("\n", "").isprintable()
    assert len(found.body.split("\n")) == 5


def test_a_long_name_leaves_room_for_the_day() -> None:
    item = an_item("zh", title="花" * 200, what="答" * 200)
    found = compose([item], "zh", "titles", TODAY)

    assert found.body == "花" * 14 + "...：" + "答" * 14 + "...，3月17日 周二，明天"
    assert cells(found.title) <= TITLE_CELLS
    assert cut("e\u0301" * 9, 9) == "e\u0301" * 9


SECRET = st.text(st.characters(min_codepoint=0x3400, max_codepoint=0x3FFF), min_size=1, max_size=40)
"""Characters that no sentence of ours uses."""
DAYS_LEFT = st.none() | st.integers(-400, 400)
ITEMS = st.builds(
    Item,
    kind=st.sampled_from(["reminder", "lapse", "follow_up", "user_follow_up", "moved", "retracted"]),
    level=st.integers(0, 3),
    case=SECRET,
    title=SECRET,
    client=st.none() | SECRET,
    what=SECRET,
    owed_by=st.none() | SECRET,
    mine=st.booleans(),
    due=st.none() | st.dates().map(str),
    lapses_at=st.none() | st.just("2026-03-16T18:30:00+08:00"),
    days_left=DAYS_LEFT,
    was=st.none() | st.dates().map(str),
    provisional=st.booleans(),
    do=st.none() | SECRET,
    basis=st.none() | SECRET,
    your_turn=st.booleans(),
)
SEVERAL = st.lists(ITEMS, min_size=1, max_size=30)
LANG, PRIVACY = st.sampled_from(LANGUAGES), st.sampled_from(PRIVACIES)


@given(items=SEVERAL, lang=LANG)
def test_a_discreet_message_tells_nothing_personal(items: list[Item], lang: str) -> None:
    found = compose(items, lang, "discreet", TODAY)
    personal = {c for item in items for text in item if isinstance(text, str) for c in text if "\u3400" <= c < "\u4000"}

    assert not personal & set(found.title + found.body)


@given(items=SEVERAL, lang=LANG, privacy=PRIVACY, today=st.dates().map(str))
def test_a_message_is_never_too_wide(items: list[Item], lang: str, privacy: str, today: str) -> None:
    found = compose(items, lang, privacy, today)

    assert 0 < cells(found.title) <= TITLE_CELLS
    assert "\n" not in found.title
    if privacy == "full":
        assert max(map(cells, found.body.split("\n"))) <= LINE_CELLS
    assert "None" not in found.title + found.body
    assert "tell." not in found.title + found.body


@given(items=SEVERAL, lang=LANG, privacy=PRIVACY, chance=st.randoms())
def test_the_order_of_coming_does_not_matter(items: list[Item], lang: str, privacy: str, chance: Any) -> None:
    expected = compose(items, lang, privacy, TODAY)
    chance.shuffle(items)

    assert expected == compose(items, lang, privacy, TODAY)


@given(items=st.lists(ITEMS, min_size=2, max_size=10))
def test_what_ends_sooner_is_said_first(items: list[Item]) -> None:
    mine = [
        item._replace(kind="reminder", mine=True, due=None, lapses_at=None, over=False, what=f"[{n}]")
        for n, item in enumerate(items)
    ]
    body = compose(mine, "en", "titles", TODAY).body
    coming = sorted((i for i in mine if i.days_left is not None and i.days_left >= 0), key=lambda i: i.days_left or 0)
    shown = [body.index(item.what) for item in coming]
    late = [body.index(item.what) for item in mine if item.days_left is not None and item.days_left < 0]

    assert [i.days_left for i in coming] == [i.days_left for _, i in sorted(zip(shown, coming, strict=True))]
    assert max(shown, default=-1) < min(late, default=len(body))


# -- from the snapshot as it is now ----------------------------------------------------------------


def told(case: Case, now: str, kind: str, subject: str) -> Announced:
    """The last announcement of that kind that the clock makes up to `now`."""
    found: list[Announced] = []
    case.at(now, tell=found)
    return [a for a in found if (a.kind, a.subject) == (kind, subject)][-1]


def as_item(case: Case, announced: Announced, now: str, lang: str = "zh") -> Item:
    snapshot = case.at(now)
    table = case.book(snapshot.definition)
    return item_of(announced, snapshot, table, case.book, "k3f9", lang, instant(now), 2)


def claimed() -> Case:
    return parcel().event("claim_sent", "2026-03-02T11:00", {"channel": "app", "amount": "300.00"})


def by_the_hour() -> Case:
    """A case in which I must answer the court within twenty hours."""
    days = "within: 15 days\n        remind: [7 days before, 1 day before, on the day]"
    hours = "within: 20 hours\n        remind: [3 hours before, on the day, 1 day after]"
    return Case("2026-03-02T10:00", table_of(patched((days, hours))))


def test_a_reminder_of_what_others_owe_says_to_wait() -> None:
    case = claimed()
    item = as_item(case, told(case, "2026-03-09T12:00", "reminder", "answer"), "2026-03-09T12:00")

    assert item == Item(
        "reminder", 2, "k3f9", "", None, "答复期限", "快递公司", False, "2026-03-09", None, 0, None, False,
        "等快递公司答复，你现在不用做什么", "《快递暂行条例》第 27 条；现行规定，读过原文", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "what", "do", "basis"),
    [
        ("zh", "答复期限", "去做这一步，做完记下「已申诉」", "《快递暂行条例》第 27 条；现行规定，读过原文"),
        (
            "en", "Answer", 'Take this step, then record it: "Complained"',
            "Express rules, article 27; in force, read in the text",
        ),
    ],
)  # fmt: skip
def test_after_a_lapse_of_theirs_the_next_step_is_mine(lang: str, what: str, do: str, basis: str) -> None:
    case = claimed()
    item = as_item(case, told(case, "2026-03-12T10:00", "lapse", "answer"), "2026-03-12T10:00", lang)

    assert (what, "2026-03-09", -3, do, basis) == (item.what, item.due, item.days_left, item.do, item.basis)
    assert item.your_turn


def test_where_a_lapse_leaves_nothing_to_do_it_is_not_my_turn() -> None:
    case = claimed().event("complained", "2026-03-10T09:00")
    item = as_item(case, told(case, "2026-03-25T10:00", "lapse", "decision"), "2026-03-25T10:00")

    assert item.do == "等主管部门答复，你现在不用做什么"
    assert not item.your_turn
    assert compose([item], "zh", "discreet", "2026-03-25").title == "对方的期限已过"


def test_a_deadline_of_mine_brings_its_own_next_step() -> None:
    case = claimed().event("court_papers_received", "2026-03-03T09:00")
    item = as_item(case, told(case, "2026-03-17T10:00", "reminder", "defence"), "2026-03-17T10:00")

    assert (item.mine, item.due, item.days_left) == (True, "2026-03-18", 1)
    assert item.do == "去做这一步，做完记下「提交答辩」"


def test_a_deadline_in_hours_that_ran_out_today_is_not_due_today() -> None:
    case = by_the_hour().event("court_papers_received", "2026-03-03T06:00")
    reminder = told(case, "2026-03-04T09:00", "reminder", "defence")
    before, after = (as_item(case, reminder, now, "en") for now in ("2026-03-04T00:30", "2026-03-04T02:00"))

    assert compose([before], "en", "discreet", "2026-03-04").title == "1 thing is due today"
    assert compose([after], "en", "discreet", "2026-03-04").title == "1 thing is overdue"


def test_no_reminder_of_what_is_to_come_falls_after_it_has_lapsed() -> None:
    told: list[Announced] = []
    by_the_hour().event("court_papers_received", "2026-03-03T06:00").at("2026-03-10T12:00", tell=told)
    reminders = [(a.offset, a.at) for a in told if a.kind == "reminder" and a.subject == "defence"]

    assert reminders == [
        ("3 hours before", instant("2026-03-03T23:00")),
        ("1 day after", instant("2026-03-05T09:00")),
    ]


def test_a_follow_up_of_a_state_says_what_the_state_says() -> None:
    case = Case("2026-03-02T10:00", *parcel().tables.values())
    item = as_item(case, told(case, "2026-03-05T10:00", "follow_up", "drafting"), "2026-03-05T10:00")

    assert (item.what, item.do, item.owed_by, item.due) == ("准备", "看看材料齐了没有", None, "2026-03-05")


def test_a_follow_up_of_my_own_is_said_in_my_words() -> None:
    case = claimed().follow_up("2026-03-03T09:00", "add", 1, due="2026-03-04", text="打电话")
    now = "2026-03-04T09:30"
    waits = as_item(case, told(case, now, "user_follow_up", "1"), now)
    case.event("offer_made", "2026-03-04T09:20", {"amount": "1.00"})
    acts = as_item(case, told(case, now, "user_follow_up", "1"), now)

    assert (waits.what, waits.do) == ("打电话", None)
    assert (acts.what, acts.do) == ("打电话", "去做这一步，做完记下「已申诉」")


def test_an_announcement_that_was_taken_back_shows_the_day_that_holds_now() -> None:
    case = claimed()
    lapse = told(case, "2026-03-12T10:00", "lapse", "answer")
    case.event("extension_notified", "2026-03-08T09:00", recorded="2026-03-12T11:00")
    now = "2026-03-12T12:00"
    running = as_item(case, retraction(lapse, instant(now)), now)
    case.event("offer_made", "2026-03-08T10:00", {"amount": "300.00"}, recorded="2026-03-12T13:00")
    settled = as_item(case, retraction(lapse, instant("2026-03-12T14:00")), "2026-03-12T14:00")

    assert (running.kind, running.due, running.days_left) == ("retracted", "2026-03-17", 5)
    assert (settled.due, settled.days_left) == (None, None)


def test_a_deadline_that_moved_says_from_where() -> None:
    case = claimed()
    before = case.at("2026-03-03T10:00")
    case.event("extension_notified", "2026-03-03T11:00")
    (announced,) = (a for a in moved(before, case.at("2026-03-04T10:00")) if a.subject == "answer")
    item = as_item(case, announced, "2026-03-04T10:00")

    assert (item.was, item.due, item.days_left) == ("2026-03-09", "2026-03-17", 13)


def test_a_deadline_that_is_defined_no_more_is_still_said() -> None:
    case = claimed()
    lost = told(case, "2026-03-12T10:00", "lapse", "answer")
    unknown = Announced(
        kind="lapse", at=lost.at, subject="gone", track="main", started_at=lost.started_at, due=lost.due
    )
    item = as_item(case, unknown, "2026-03-12T10:00")

    assert (item.what, item.owed_by, item.mine, item.basis) == ("gone", None, False, "没有写明依据")
    assert "gone" in compose([item], "zh", "full", "2026-03-12").body
