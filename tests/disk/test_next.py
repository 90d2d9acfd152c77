"""What is next, where it is not plain whose turn it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conftest import PROCEDURES

from escalation import Desk

Opener = Callable[[str], Desk]


def test_a_day_of_mine_that_only_others_can_end_is_mine_to_keep_and_not_to_wait_for(
    desk: Opener, tmp_path: Path
) -> None:
    procedure = tmp_path / "replying.yaml"
    text = (PROCEDURES / "replying.yaml").read_text("utf-8")
    procedure.write_text(
        text.replace("transitions: {answered: {to: a}, late", "transitions: {their_answer: {to: a}, late")
    )
    there = desk("2026-03-02T11:00")
    case = there.open(str(procedure))
    there.record(case, "start_mine")
    found = desk("2026-03-03T09:00").next(case)

    assert found["do"]["kind"] == "deadline"
    assert found["do"]["deadline"] == "reply"
    assert found["by"]["due"] == "2026-03-07"


def test_a_deadline_whose_lapse_moved_the_case_is_named_for_as_long_as_the_case_is_there(desk: Opener) -> None:
    case = desk("2026-03-02T10:00").open(str(PROCEDURES / "replying.yaml"))
    desk("2026-03-02T11:00").record(case, "start_mine")
    running = desk("2026-03-07T23:00").next(case)
    gone_by = desk("2026-03-20T09:00").next(case)
    desk("2026-03-20T10:00").record(case, "answered")
    moved = desk("2026-03-20T11:00").next(case)

    assert (running["lapsed"], gone_by["overdue"], moved["lapsed"]) == ([], [], [])
    assert gone_by["lapsed"] == [{"id": "reply", "title": "Reply", "due": "2026-03-07", "owed_by": "me"}]


def test_a_case_that_was_moved_on_by_hand_at_the_same_instant_did_not_come_by_a_lapse(desk: Opener) -> None:
    case = desk("2026-03-02T10:00").open(str(PROCEDURES / "replying.yaml"))
    desk("2026-03-02T11:00").record(case, "start_mine")
    desk("2026-03-08T09:00").record(case, "close", at="2026-03-08T00:00")
    found = desk("2026-03-08T09:30").next(case)

    assert found["lapsed"] == []
