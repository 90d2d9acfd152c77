"""What is due, as a calendar file: whole days, folded and escaped, the same ids each time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from escalation import open_store
from escalation.feed import feed
from escalation.wording import wording

NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
ROW: dict[str, Any] = {
    "day": "2026-03-17", "days_left": 12, "case": "y8f2", "title": "花呗", "kind": "deadline", "id": "answer",
    "text": "答复", "track": "main", "owed_by": "other", "party": "对方", "status": "running",
    "lapses_at": "2026-03-18T00:00:00+08:00", "provisional": False, "other_reading": None,
    "basis": {"source": "x", "article": None, "certainty": "reported"},
}  # fmt: skip


def lines(*rows: dict[str, Any], lang: str = "zh") -> list[str]:
    """The lines as a calendar program reads them: ends checked, folds taken out."""
    body = b"".join(feed(rows, NOW, wording(lang)))
    raw = body.split(b"\r\n")
    assert raw.pop() == b""
    assert all(len(line) <= 75 for line in raw)
    assert b"\n" not in b"".join(raw)
    for line in raw:
        line.decode()  # no character is broken
    return body.decode().replace("\r\n ", "").split("\r\n")[:-1]


def test_a_last_day_is_an_event_of_that_whole_day() -> None:
    found = lines(ROW)

    assert (found[0], found[1], found[-1]) == ("BEGIN:VCALENDAR", "VERSION:2.0", "END:VCALENDAR")
    assert "DTSTART;VALUE=DATE:20260317" in found
    assert "DTEND;VALUE=DATE:20260318" in found
    assert "DTSTAMP:20260305T020000Z" in found
    assert "UID:y8f2.deadline.main.answer@escalation" in found


def test_a_length_in_hours_is_an_event_of_an_instant() -> None:
    found = lines({**ROW, "lapses_at": "2026-03-17T15:30:00+08:00"})

    assert "DTSTART:20260317T073000Z" in found
    assert not any("VALUE=DATE" in line for line in found)


def test_only_what_the_person_owes_rings() -> None:
    theirs, mine = lines(ROW), lines({**ROW, "owed_by": "me"})

    assert "BEGIN:VALARM" not in theirs
    assert [line for line in mine if line.startswith("TRIGGER")] == ["TRIGGER:-PT15H", "TRIGGER:PT9H"]
    assert mine.count("BEGIN:VALARM") == mine.count("END:VALARM") == 2


def test_a_provisional_day_is_tentative_and_says_so() -> None:
    found = lines({**ROW, "provisional": True})

    assert "STATUS:TENTATIVE" in found
    assert any("放假安排还没有公布" in line for line in found)


def test_what_people_wrote_cannot_become_a_line_of_the_calendar() -> None:
    title = "a,b;c\\d\nEND:VEVENT\r\nATTACH:http://x \u202e" + "长" * 100
    found = lines({**ROW, "title": title})

    assert found.count("END:VEVENT") == 1
    assert not any(line.startswith("ATTACH") for line in found)
    summary = next(line for line in found if line.startswith("SUMMARY:"))
    assert r"a\,b\;c\\d" in summary
    assert "\u202e" not in summary
    assert "长" * 100 in summary


def test_certainty_is_told_in_both_languages() -> None:
    assert any("转述，没有读到原文" in line for line in lines(ROW))
    assert any(r"reported by others\, text not seen" in line for line in lines(ROW, lang="en"))


def test_the_calendar_of_a_store_has_each_thing_once_under_the_id_it_had(tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db", now="2026-03-02T10:00") as desk:
        one, two = (desk.open("alipay-repayment", title=name) for name in ("one", "two"))
        desk.follow_up(one, "add", due="2026-03-09", text="ring")
        desk.follow_up(one, "add", due="2026-03-11", text="ring again")
        everything = b"".join(desk.export("ics")).decode()
        alone = b"".join(desk.export("ics", [two])).decode()
    with open_store(tmp_path / "cases.db", now="2026-03-03T10:00") as later:
        again = b"".join(later.export("ics")).decode()
    ids = [line for line in everything.splitlines() if line.startswith("UID:")]

    assert len(ids) == len(set(ids))
    assert {f"UID:{one}.follow_up.all.{n}@escalation" for n in (1, 2)} <= set(ids)
    assert one not in alone
    assert ids == [line for line in again.splitlines() if line.startswith("UID:")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_store_with_nothing_due_gives_a_calendar_with_nothing_in_it(tmp_path: Path, lang: str) -> None:
    with open_store(tmp_path / "cases.db", now="2026-03-02T10:00", lang=lang) as desk:
        found = b"".join(desk.export("ics")).decode()

    assert found.startswith("BEGIN:VCALENDAR\r\n")
    assert "VEVENT" not in found
