"""The digest of a real store: what is due, what is overdue, whose turn it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from escalation import Desk
from escalation.demo import fill
from escalation.digest import Digest, digest, gather
from escalation.messages import LINE_CELLS, TITLE_CELLS
from states.cells import cells

Opener = Callable[..., Desk]
ZONE = ZoneInfo("Asia/Shanghai")
CLAIM = {"amount": "300", "channel": "app"}
MONDAY = "2026-03-09T08:00"


def opened(desk: Desk, parcel: Path, title: str, client: str | None = None) -> str:
    """A case with its papers together."""
    case = desk.open(str(parcel), title=title, client=client)
    desk.attach(case, parcel, item="waybill")
    desk.done(case, "waybill")
    desk.done(case, "photos")
    return case


def office(desk: Opener, parcel: Path) -> None:
    """Five cases: one of each thing that a morning may bring, and one that is settled."""
    there = desk("2026-02-20T10:00")
    missed = opened(there, parcel, "a mirror")
    there = desk("2026-02-21T11:00")
    there.record(missed, "court_papers_received")
    there = desk("2026-02-28T10:00")
    late = opened(there, parcel, "a lamp", "Bo")
    there.record(late, "claim_sent", CLAIM)
    there = desk("2026-03-02T10:00")
    answers = opened(there, parcel, "a vase", "Ann")
    there.record(answers, "claim_sent", CLAIM)
    settled = opened(there, parcel, "a cup", "Ann")
    there.record(settled, "claim_sent", CLAIM)
    there.record(settled, "offer_made", {"amount": "300"})
    there = desk("2026-03-03T10:00")
    waits = opened(there, parcel, "a chair", "Ann")
    there.record(waits, "claim_sent", CLAIM)
    there.follow_up(waits, "add", due="2026-03-05", text="ring them")
    there.record(waits, "pickup_agreed", {"day": "2026-03-07"})


def morning(desk: Opener, lang: str, now: str = MONDAY, weekly: bool = False) -> Digest:
    there = desk(now, lang)
    return gather(there.engine, there.now(), ZONE, weekly=weekly, lang=lang)


ZH_DISCREET = """今天有 1 件事要办，1 件已过期，7 天内还有 1 件
已过期：你的 1 件，对方的 1 件
今天，3月9日 周一：你的 1 件，对方的 2 件
明天，3月10日 周二：你的 1 件，对方的 1 件
2 个案件轮到你，2 个在等对方。
打开 Escalation 看看下一步：escalation next"""

ZH_TITLES = """今天有 1 件事要办，1 件已过期，7 天内还有 1 件
已过期
- a mirror：答辩期，已过 1 天
- a chair：约定取件日（对方），已过 2 天

今天，3月9日 周一
- a chair：ring them（跟进）
- a lamp：答复期限（对方）
- a vase：答复期限（对方）

明天，3月10日 周二
- a mirror：看看材料齐了没有（跟进）
- a chair：答复期限（对方）

2 个案件轮到你，2 个在等对方。"""

ZH_FULL = """今天有 1 件事要办，1 件已过期，7 天内还有 1 件
已过期
- a mirror：答辩期，已过 1 天
- a chair：约定取件日（快递公司），已过 2 天，当事人 Ann

今天，3月9日 周一
- a chair：ring them（跟进），当事人 Ann
- a lamp：答复期限（快递公司），当事人 Bo
- a vase：答复期限（快递公司），当事人 Ann

明天，3月10日 周二
- a mirror：看看材料齐了没有（跟进）
- a chair：答复期限（快递公司），当事人 Ann

2 个案件轮到你，2 个在等对方。"""

EN_DISCREET = """1 thing to do today, 1 overdue, 1 more in 7 days
Overdue: 1 of yours, 1 of theirs
Today, Mon 9 Mar: 1 of yours, 2 of theirs
Tomorrow, Tue 10 Mar: 1 of yours, 1 of theirs
2 cases wait for you, 2 wait for others.
Open Escalation to see what comes next: escalation next"""

EN_TITLES = """1 thing to do today, 1 overdue, 1 more in 7 days
Overdue
- a mirror: Defence, yesterday
- a chair: Agreed pick-up (them), 2 days ago

Today, Mon 9 Mar
- a chair: ring them (follow-up)
- a lamp: Answer (them)
- a vase: Answer (them)

Tomorrow, Tue 10 Mar
- a mirror: See whether the papers are co... (follow-up)
- a chair: Answer (them)

2 cases wait for you, 2 wait for others."""

EN_FULL = """1 thing to do today, 1 overdue, 1 more in 7 days
Overdue
- a mirror: Defence, yesterday
- a chair: Agreed pick-up (Courier), 2 days ago, client Ann

Today, Mon 9 Mar
- a chair: ring them (follow-up), client Ann
- a lamp: Answer (Courier), client Bo
- a vase: Answer (Courier), client Ann

Tomorrow, Tue 10 Mar
- a mirror: See whether the papers are complete (follow-up)
- a chair: Answer (Courier), client Ann

2 cases wait for you, 2 wait for others."""

ZH_WEEKLY_DISCREET = """这周：4 个案件在办，2 件已过期，7 天内 5 件到期
过去 7 天：新开 3 个案件，了结 1 个。
2 个案件轮到你，2 个在等对方。
最忙的一天：3月9日 周一，3 件。
已过期：你的 1 件，对方的 1 件
今天，3月9日 周一：你的 1 件，对方的 2 件
明天，3月10日 周二：你的 1 件，对方的 1 件
打开 Escalation 看看下一步：escalation next"""

EN_WEEKLY_TITLES = """This week: 4 cases, 2 overdue, 5 due in 7 days
The past 7 days: 3 cases opened, 1 closed.
2 cases wait for you, 2 wait for others.
The busiest day: Mon 9 Mar, with 3.
Overdue: 1 of yours, 1 of theirs

Cases by stage
- Direct: 4

Overdue
- a mirror: Defence, yesterday
- a chair: Agreed pick-up (them), 2 days ago

Today, Mon 9 Mar
- a chair: ring them (follow-up)
- a lamp: Answer (them)
- a vase: Answer (them)

Tomorrow, Tue 10 Mar
- a mirror: See whether the papers are co... (follow-up)
- a chair: Answer (them)"""


@pytest.mark.parametrize(
    ("lang", "privacy", "weekly", "expected"),
    [
        ("zh", "discreet", False, ZH_DISCREET),
        ("zh", "titles", False, ZH_TITLES),
        ("zh", "full", False, ZH_FULL),
        ("en", "discreet", False, EN_DISCREET),
        ("en", "titles", False, EN_TITLES),
        ("en", "full", False, EN_FULL),
        ("zh", "discreet", True, ZH_WEEKLY_DISCREET),
        ("en", "titles", True, EN_WEEKLY_TITLES),
    ],
)
def test_a_morning_reads_like_this(
    desk: Opener, parcel: Path, lang: str, privacy: str, weekly: bool, expected: str
) -> None:
    office(desk, parcel)
    said = digest(morning(desk, lang, weekly=weekly), lang, privacy)

    assert said is not None
    assert expected == f"{said.title}\n{said.body}"


def test_it_looks_seven_days_beyond_today_as_due_within_a_week_does(desk: Opener, parcel: Path) -> None:
    there = desk("2026-03-02T10:00")
    there.record(there.open(str(parcel)), "court_papers_received")
    ends = "2026-03-17"

    def days(now: str) -> list[str]:
        found = morning(desk, "en", now)
        return [day for day, rows in found.week for row in rows if row["kind"] == "deadline"]

    assert [[], [ends], [ends], []] == [
        days(now) for now in ("2026-03-09T23:59", "2026-03-10T00:00", "2026-03-17T23:59", "2026-03-18T00:00")
    ]


def test_it_goes_by_the_clock_though_nobody_has_kept_what_that_did(desk: Opener, parcel: Path) -> None:
    office(desk, parcel)
    before, after = morning(desk, "en"), morning(desk, "en", "2026-03-11T08:00")

    assert [(found.for_me, found.for_them) for found in (before, after)] == [(2, 2), (4, 0)]
    assert [row["title"] for row in after.overdue if row["owed_by"] == "me"] == ["a mirror"]


def test_the_digest_of_a_client_tells_of_no_other(desk: Opener, parcel: Path) -> None:
    office(desk, parcel)
    there = desk(MONDAY)
    found = gather(there.engine, there.now(), ZONE, weekly=True, lang="en", client="Ann")
    rows = [*found.overdue, *(row for _, each in found.week for row in each)]

    assert {"Ann"} == {row["client"] for row in rows}
    assert (found.open, found.opened, found.closed) == (2, 3, 1)


def test_the_digest_of_a_person_tells_of_their_cases_only(desk: Opener, parcel: Path) -> None:
    office(desk, parcel)
    there = desk(MONDAY)
    found = gather(there.engine, there.now(), ZONE, weekly=False, lang="en", of=lambda row: row.title == "a lamp")

    assert [row["title"] for _, rows in found.week for row in rows] == ["a lamp"]
    assert (found.open, found.for_me, found.for_them) == (1, 0, 1)


def test_gathering_writes_nothing(desk: Opener, parcel: Path, tmp_path: Path) -> None:
    office(desk, parcel)
    there = desk("2026-04-09T08:00")
    before = [(row.head_hash, row.snapshot) for row in there.engine.store.cases()]
    gather(there.engine, there.now(), ZONE, weekly=True, lang="zh")

    assert before == [(row.head_hash, row.snapshot) for row in there.engine.store.cases()]


def test_the_day_is_that_of_the_person_not_of_the_server(desk: Opener) -> None:
    there = desk("2026-03-09T00:30")

    assert gather(there.engine, there.now(), ZONE, weekly=False, lang="zh").day == "2026-03-09"
    assert gather(there.engine, there.now(), ZoneInfo("UTC"), weekly=False, lang="zh").day == "2026-03-08"


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("zh", ("今天没有要办的事", "接下来 7 天没有到期的事。\n\n1 个案件在等对方。")),
        ("en", ("Nothing to do today", "Nothing is due in the next 7 days.\n\n1 case waits for others.")),
    ],
)
def test_a_quiet_day_is_said_to_be_one(desk: Opener, parcel: Path, lang: str, expected: tuple[str, str]) -> None:
    there = desk("2026-03-02T10:00")
    case = opened(there, parcel, "a vase")
    there.record(case, "claim_sent", CLAIM)
    there.record(case, "extension_notified")

    assert expected == digest(morning(desk, lang, "2026-03-03T08:00"), lang, "titles")


@pytest.mark.parametrize("weekly", [False, True])
def test_nobody_is_written_to_about_no_case(desk: Opener, parcel: Path, weekly: bool) -> None:
    assert digest(morning(desk, "zh", weekly=weekly), "zh", "full") is None
    there = desk("2026-03-09T10:00")
    there.record(there.open(str(parcel)), "dropped_by_me")
    assert digest(morning(desk, "zh", "2026-03-10T08:00", weekly), "zh", "full") is None


def test_a_case_opened_later_than_now_is_not_told_of(desk: Opener, parcel: Path) -> None:
    office(desk, parcel)

    assert morning(desk, "en", "2026-02-27T10:30").open == 1


def test_the_last_week_counts_what_was_opened_and_closed_in_it(desk: Opener, parcel: Path) -> None:
    office(desk, parcel)

    assert [
        (found.opened, found.closed)
        for found in (morning(desk, "en", day, weekly=True) for day in (MONDAY, "2026-03-09T23:00", "2026-03-11T08:00"))
    ] == [(3, 1), (1, 0), (0, 0)]


ROW: dict[str, Any] = {
    "day": "2026-03-09", "case": "k3f9", "title": "花呗", "kind": "deadline", "id": "x", "text": "答复",
    "owed_by": "me", "party": "我", "status": "running", "lapses_at": "2026-03-10T00:00:00+08:00",
    "provisional": False, "client": None,
}  # fmt: skip


def said_of(*rows: dict[str, Any], privacy: str = "full", lang: str = "zh", weekly: bool = False) -> list[str]:
    """The lines about those rows, whose day is today."""
    over = tuple(r for r in rows if r["status"] == "missed")
    rest = tuple(r for r in rows if r["status"] != "missed")
    said = digest(Digest("2026-03-09", weekly, 1, over, (("2026-03-09", rest),) if rest else (), 1), lang, privacy)
    assert said is not None
    return [said.title, *said.body.split("\n")]


def test_hours_are_said_with_their_time() -> None:
    at = {"lapses_at": "2026-03-09T18:30:00+08:00"}

    assert "- 花呗：答复，18:30 之前" in said_of(ROW | at)
    assert "- 花呗：答复，3月9日 周一 18:30 已到期" in said_of(ROW | at | {"status": "missed"})


def test_a_day_that_may_move_is_marked() -> None:
    assert "- 花呗：答复，暂定，当事人 王" in said_of(ROW | {"provisional": True, "client": "王"})
    assert "- 花呗：答复" in said_of(ROW | {"provisional": True, "client": "王"}, privacy="titles")


def test_what_does_not_fit_is_counted() -> None:
    rows = [ROW | {"text": f"第 {n} 件"} for n in range(12)]
    lines = said_of(*rows, *(row | {"status": "missed"} for row in rows), privacy="titles")

    assert lines.count("还有 2 件，都在 escalation due 里。") == 2
    assert "- 花呗：第 9 件" in lines
    assert "- 花呗：第 10 件" not in lines


def test_a_day_with_one_thing_is_not_called_busy() -> None:
    assert not any("最忙" in line for line in said_of(ROW, weekly=True))
    assert "最忙的一天：3月9日 周一，2 件。" in said_of(ROW, ROW, weekly=True)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("weekly", [False, True])
def test_a_title_fits_on_a_line_however_much_there_is(lang: str, weekly: bool) -> None:
    many = tuple([ROW] * 9999)
    week = (("2026-03-09", many), ("2026-03-10", many[:-1]))
    said = digest(Digest("2026-03-09", weekly, 10_000, many, week, 5000, 5000), lang, "full")

    assert said is not None
    assert cells(said.title) <= TITLE_CELLS
    assert max(map(cells, said.body.split("\n"))) <= LINE_CELLS
    assert len(said.body) < 2000


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_discreet_digest_names_nothing(desk: Opener, lang: str) -> None:
    there = desk("2026-03-09T08:00", lang)
    fill(there)
    found = gather(there.engine, there.now(), ZONE, weekly=True, lang=lang)
    said = digest(found, lang, "discreet")
    rows = [*found.overdue, *(row for _, each in found.week for row in each)]
    personal = [text for row in rows for text in (row["title"], row["text"], row["case"])]

    assert said is not None
    assert len(rows) > 3
    assert [text for text in [*personal, *(stage for stage, _ in found.stages)] if text in said.title + said.body] == []
