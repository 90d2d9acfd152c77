"""A store whose file is damaged: said in one's own language, with the whole way back, and without vain promises."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from escalation import open_store
from escalation.backup import nightly

Command = Callable[..., Any]
NIGHT = datetime(2026, 3, 5, 3, 30, tzinfo=UTC)
SQLITE = ("malformed", "not a database", "database disk image")
PROMISES = ("没有动", "没有改", "Nothing in it was changed", "Nothing was")


def damaged(path: Path, how: str, backed_up: bool) -> None:
    with open_store(path, now="2026-03-02T10:00") as desk:
        for n in range(20):
            desk.open("alipay-repayment", title=f"case {n}")
        if backed_up:
            nightly(desk.engine.store, path.parent, NIGHT)
    body = path.read_bytes()
    path.write_bytes(b"x" * 4096 + body[4096:] if how == "foreign" else body[:4096] + b"\1" * (len(body) - 4096))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("how", ["foreign", "malformed"])
@pytest.mark.parametrize("backed_up", [True, False])
@pytest.mark.parametrize("words", ["list", "note x hello"])
def test_a_damaged_store_is_told_in_words_and_with_the_way_back(
    command: Command, tmp_path: Path, how: str, lang: str, backed_up: bool, words: str
) -> None:
    store = tmp_path / "cases.db"
    damaged(store, how, backed_up)
    found = command(*words.split(), "--lang", lang)
    plain = json.loads(command(*words.split(), "--json").err)
    backup = tmp_path / "backups" / "escalation-2026-03-05.tar.gz"

    assert found.code == 5
    assert [each for each in (*SQLITE, *PROMISES) if each in found.err] == []
    assert f"escalation doctor --store {store}" in found.err
    assert f"escalation restore {backup if backed_up else 'BACKUP.tar.gz'} --store {store}" in found.err
    assert (plain["error"], plain["backup"]) == ("store_broken", str(backup) if backed_up else None)


def test_the_command_that_is_told_brings_the_cases_back(command: Command, tmp_path: Path) -> None:
    damaged(tmp_path / "cases.db", "malformed", backed_up=True)
    (line,) = [each for each in command("list").err.splitlines() if "escalation restore" in each]
    move, restore = (shlex.split(each) for each in line.split("&&"))
    Path(move[1]).rename(move[2])
    done = command(*restore[1:])

    assert done.code == 0, done.err
    assert len(command("list", "--json").out.splitlines()) == 20


@pytest.mark.parametrize("words", ["calendar show 2026", "procedure list", "ground", "plan capacity --income 5"])
def test_what_needs_no_case_needs_no_whole_store(command: Command, tmp_path: Path, words: str) -> None:
    damaged(tmp_path / "cases.db", "foreign", backed_up=False)
    found = command(*words.split())

    assert (found.code, found.err) == (0, "")
