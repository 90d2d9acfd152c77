"""simulate: a calm page in both languages, the same bytes from the same seed, errors that name what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import PROCEDURES, ROOT, Ran

from escalation import open_store
from escalation.definitions import new_procedure

Command = Callable[..., Ran]
PARCEL = str(PROCEDURES / "parcel-dispute.yaml")


def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed(command: Command) -> None:
    one, two, other = (
        command(
            "simulate", "court-papers", "--cases", "60", "--seed", seed, "--json", env={"PYTHONHASHSEED": hash_seed}
        )
        for seed, hash_seed in (("3", "0"), ("3", "4242"), ("4", "0"))
    )

    assert (one.code, one.err) == (0, "")
    assert one.out == two.out
    assert json.loads(one.out)["ends"] != json.loads(other.out)["ends"]


@pytest.mark.parametrize(("lang", "says"), [("en", "It is no prediction"), ("zh", "它不是预测")])
def test_people_get_a_page_that_says_it_is_made_up(command: Command, lang: str, says: str) -> None:
    found = command("simulate", PARCEL, "--cases", "80", "--silent", "company", "--lang", lang)

    assert (found.code, found.err) == (0, "")
    assert says in found.out.replace("\n", " ").replace("  ", " ") or says in found.out.replace("\n", "")
    assert "simulate." not in found.out
    assert "{" not in found.out
    assert max(len(line) for line in found.out.splitlines()) <= 80
    assert "offer_made" in found.out  # by the silent party: never taken


def test_lives_that_do_not_end_are_told_with_the_reason(command: Command) -> None:
    found = command("simulate", "credit-record-objection", "--cases", "5", "--silent", "me", "--lang", "en")

    assert found.code == 0
    assert "Not ended" in found.out
    assert "Only the silent party could go on" in found.out
    assert "None of them came to an end." in found.out


def test_it_starts_at_the_instant_that_is_said_and_writes_nothing(command: Command, tmp_path: Path) -> None:
    found = command("simulate", PARCEL, "--cases", "3", "--now", "2026-11-22T09:00", "--json")

    assert json.loads(found.out)["opened_at"] == "2026-11-22T09:00:00+08:00"
    with open_store(tmp_path / "cases.db") as desk:
        assert list(desk.cases()) == []
        assert list(desk.engine.store.definitions()) == []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("simulate", 2, "PROCEDURE"),
        ("simulate alipay-repaiment", 4, "alipay-repayment"),
        ("simulate nowhere.yaml", 4, "nowhere.yaml"),
        ("simulate alipay-repayment --cases many --seed x", 2, "--cases"),
        ("simulate alipay-repayment --cases many --seed x", 2, "--seed"),
        ("simulate alipay-repayment --cases 0", 2, "1"),
        ("simulate alipay-repayment --cases -5", 2, "--cases"),
        ("simulate alipay-repayment --cases 100001", 2, "100000"),
        ("simulate alipay-repayment --silent lendr", 2, "lender"),
    ],
)
def test_what_is_wrong_is_named(command: Command, words: str, code: int, says: str) -> None:
    found = command(*words.split(), "--lang", "en")

    assert (found.code, found.out) == (code, "")
    assert says in found.err
    assert "Traceback" not in found.err


def test_a_procedure_with_errors_is_refused(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(new_procedure("broken").replace("to: waiting", "to: wating"), "utf-8")
    found = command("simulate", str(file), "--lang", "en")

    assert (found.code, found.out) == (6, "")
    assert "wating" in found.err
    assert "waiting" in found.err


def test_the_last_year_that_can_be_said_is_far_enough_from_the_end_of_the_calendar(command: Command) -> None:
    found = command("simulate", "alipay-repayment", "--cases", "5", "--now", "2200-12-31T09:00", "--json")

    assert (found.code, found.err) == (0, "")


def test_the_published_shape_is_that_of_the_program(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    section = re.search(r"^## `simulate`\n.*?^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert section is not None
    published: dict[str, Any] = json.loads(section[1])
    file = tmp_path / "my-case.yaml"
    file.write_text(new_procedure("my-case"), "utf-8")
    with open_store(tmp_path / "cases.db") as desk:
        found = desk.simulate(str(file), cases=3, seed=7)

    assert found == published
