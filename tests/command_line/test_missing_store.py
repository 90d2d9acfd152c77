"""A store that is not there: reading does not make one, a mistyped name is told, and beginning still works."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from escalation.api import open_nothing
from escalation.errors import NotFound, StoreError

Command = Callable[..., Any]
READING = [
    "list", "next", "due", "show k3f9", "log k3f9", "next k3f9", "why k3f9 offer_made", "forecast k3f9", "verify",
    "export --all --format jsonl", "evidence k3f9", "write k3f9", "daemon status", "channel list", "record k3f9 x",
    "note k3f9 hello", "ack k3f9", "assign k3f9 --to me", "plan show k3f9", "ground k3f9", "trust k3f9", "settings", "",
]  # fmt: skip
NEEDS_NO_CASE = [
    "procedure list", "procedure show court-papers", "procedure draw court-papers", "calendar show 2026", "ground",
    "trust", "plan capacity --income 5000", "calendar list",
]  # fmt: skip


@pytest.mark.parametrize("words", READING)
def test_a_mistyped_store_is_told_and_not_made(command: Command, tmp_path: Path, words: str) -> None:
    found = command("--store", "some/typo.db", *words.split(), "--lang", "zh")

    assert found.code == 4
    assert "some/typo.db" in found.err
    assert found.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "store",
    [
        "host=db.example.org user=ann password=S3CRET dbname=cases", "password = S3CRET", "dbname=cases",
        "user=ann password=S3CRET options=http://x", "postgresql:/ann:S3CRET@db/cases", "postgresql:ann:S3CRET@db/c",
        "Postgres:/db/cases", "postgresql//ann:S3CRET@db/cases", "postgressql://ann:S3CRET@db/cases", "sqlite:cases.db",
        "POSTGRESQL://ann:S3CRET@db/cases", "ann:S3CRET@db.example.org/cases", "ann:S3CRET@db.example.org",
        "ann:S3C@RET@db.example.org:5432/cases",
    ],
)  # fmt: skip
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_was_meant_for_a_database_does_not_become_a_file_of_that_name(
    command: Command, tmp_path: Path, parcel: Path, store: str, lang: str
) -> None:
    for given, env in ((["--store", store], {}), ([], {"ESCALATION_STORE": store})):
        found = command(*given, "--lang", lang, "open", str(parcel), env=env)

        assert found.code == 2
        assert "postgresql://" in found.err
        assert "S3C" not in found.err
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "store",
    ["postgres/cases.db", "ann@work/cases.db", "sqlite:///host=1.db", "users=.db", "a:b.db"],
)
def test_a_file_with_an_uncommon_name_is_still_a_file(
    command: Command, tmp_path: Path, parcel: Path, store: str
) -> None:
    assert command("--store", store, "open", str(parcel)).code == 0
    assert (tmp_path / store.removeprefix("sqlite:///")).is_file()


@pytest.mark.parametrize("words", ["list", "next", "due", ""])
@pytest.mark.parametrize(("lang", "says"), [("zh", "还没有案件"), ("en", "There are no cases yet")])
def test_before_the_first_case_one_is_told_how_to_begin(
    command: Command, tmp_path: Path, words: str, lang: str, says: str
) -> None:
    home = {"XDG_DATA_HOME": str(tmp_path / "home"), "ESCALATION_STORE": ""}
    found = command(*words.split(), "--lang", lang, env=home)

    assert (found.code, found.err) == (0, "")
    assert says in found.out
    assert "escalation open" in found.out
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_the_environment_names_may_come_later(command: Command, tmp_path: Path, parcel: Path) -> None:
    before = command("list", "--json")
    nothing = list(tmp_path.iterdir())
    case = command("open", str(parcel)).out.strip()

    assert (before.code, before.out, nothing) == (0, "", [])
    assert json.loads(command("list", "--json").out)["case"] == case


@pytest.mark.parametrize("words", NEEDS_NO_CASE)
def test_what_needs_no_case_needs_no_store(command: Command, tmp_path: Path, words: str) -> None:
    found = command("--store", "typo.db", *words.split())

    assert (found.code, found.err) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_what_puts_something_in_makes_the_store(command: Command, tmp_path: Path, parcel: Path) -> None:
    codes = {
        name: command("--store", f"{name}/x.db", *words).code
        for name, words in {
            "open": ("open", str(parcel)),
            "import": ("import", "-"),
            "channel": ("channel", "add", "it", "log://", "--kind", "log", "--no-test"),
            "install": ("procedure", "install", str(parcel)),
        }.items()
    }

    assert set(codes.values()) == {0}
    assert {each.name for each in tmp_path.iterdir()} == set(codes)


def test_the_scheduler_begins_before_the_first_case_but_not_on_a_disk_that_is_not_there(
    command: Command, tmp_path: Path
) -> None:
    home = {"XDG_DATA_HOME": str(tmp_path / "home")}
    ours = str(tmp_path / "home" / "escalation" / "cases.db")
    begun = command("--store", ours, "daemon", "once", env=home)
    beside = command("--store", "cases.db", "daemon", "once")
    away = command("--store", str(tmp_path / "stick" / "cases.db"), "daemon", "once")

    assert (begun.code, beside.code, away.code) == (0, 0, 4)
    assert Path(ours).exists()
    assert not (tmp_path / "stick").exists()


def test_nothing_holds_no_case_and_keeps_none(tmp_path: Path, parcel: Path) -> None:
    with open_nothing(tmp_path / "cases.db", now="2026-03-02T10:00") as desk:
        assert list(desk.cases()) == []
        with pytest.raises(NotFound):
            desk.note("k3f9", "hello")
        with pytest.raises(StoreError):
            desk.open(str(parcel))
    assert list(tmp_path.iterdir()) == []
