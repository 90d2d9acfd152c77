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
