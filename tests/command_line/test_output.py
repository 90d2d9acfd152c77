"""What a person and a script get to see of the same commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def waiting(command: Callable[..., Any], parcel: Path) -> str:
    case = command("--now", "2026-03-02T10:00", "open", str(parcel)).out.strip()
    command("--now", "2026-03-02T10:01", "attach", case, str(parcel), "--for", "waybill")
    for item in ("waybill", "photos"):
        command("--now", "2026-03-02T10:02", "done", case, item)
    command("--now", "2026-03-02T11:00", "record", case, "claim_sent", "--set", "amount=300", "channel=app")
    return str(case)


def test_open_prints_the_id_alone_where_a_script_reads_it(command: Callable[..., Any], parcel: Path) -> None:
    found = command("open", str(parcel))
    again = command("show", found.out.strip(), "--json")

    assert found.code == 0
    assert found.out.count("\n") == 1
    assert json.loads(again.out)["case"] == found.out.strip()


def test_next_says_that_a_paused_deadline_stands_still(command: Callable[..., Any], parcel: Path) -> None:
    case = waiting(command, parcel)
    command("--now", "2026-03-03T09:00", "record", case, "papers_requested")
    found = command("--now", "2026-03-04T09:00", "next", case)

    assert found.code == 0, found.err
    assert "paused" in found.out


def test_a_writing_command_with_json_gives_the_case_as_it_is_afterwards(
    command: Callable[..., Any], parcel: Path
) -> None:
    case = waiting(command, parcel)
    found = command("--json", "--now", "2026-03-03T09:00", "note", case, "rang them")
    shown = json.loads(found.out)

    assert shown["seq"] == shown["head"] == 6
    assert list(shown)[-1] == "seq"


def test_global_options_stand_before_or_after_the_command(command: Callable[..., Any], parcel: Path) -> None:
    case = waiting(command, parcel)
    before = command("--json", "--now", "2026-03-03T09:00", "--lang", "zh", "show", case)
    after = command("show", case, "--lang", "zh", "--now", "2026-03-03T09:00", "--json")

    assert before.out == after.out
    assert json.loads(before.out)["deadlines"][0]["title"] == "答复期限"
