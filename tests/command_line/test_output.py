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


def test_choices_stand_in_words_for_people_and_as_ids_for_programs(command: Callable[..., Any]) -> None:
    now = ("--now", "2026-03-02T10:00")
    facts = ("--set", "respondent=consumer_finance", "lender_name=bank")
    case = command(*now, "open", "alipay-repayment", *facts, "--lang", "zh").out.strip()
    shown, log = (command(*now, "--lang", "zh", word, case).out for word in ("show", "log"))
    data = json.loads(command(*now, "show", case, "--json").out)

    assert "消费金融公司" in shown
    assert "consumer_finance" not in shown + log
    assert (data["facts"]["respondent"], data["facts"]["lender_name"]) == ("consumer_finance", "bank")
    assert "bank" in shown  # a name is no choice, whatever it reads


def test_a_choice_of_an_event_stands_in_words_in_the_log(command: Callable[..., Any], parcel: Path) -> None:
    case = waiting(command, parcel)
    told = command("--now", "2026-03-03T09:00", "--lang", "zh", "log", case).out
    rows = [json.loads(line) for line in command("--now", "2026-03-03T09:00", "log", case, "--json").out.splitlines()]

    assert "应用内客服" in told
    assert rows[-1]["data"]["channel"] == "app"
