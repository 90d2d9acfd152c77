"""Channels as a person sets them up: what is kept, what is shown, and that no secret is ever told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from escalation import open_store

TOKEN = "tk9f3secret7"
TAKES = json.dumps([sys.executable, "-c", f"import sys; open('got', 'wb').write(sys.stdin.buffer.read()); '{TOKEN}'"])
REFUSES = json.dumps([sys.executable, "-c", f"raise SystemExit(3) # {TOKEN}"])
NOBODY = f"json://127.0.0.1:1/{TOKEN}"
Command = Callable[..., Any]


@pytest.fixture
def channel(command: Command) -> Command:
    """Runs `escalation channel …` where there is no keyring."""

    def run(*words: str, stdin: str | None = None, **env: str) -> Any:
        there = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", **env}
        return command("channel", *words, env=there, stdin=None if stdin is None else stdin.encode())

    return run


def listed(channel: Command) -> list[dict[str, Any]]:
    return [json.loads(line) for line in channel("list", "--json").out.splitlines()]


def test_a_channel_that_takes_a_test_message_is_kept(channel: Command, tmp_path: Path) -> None:
    found = channel("add", "桌面", TAKES, "--kind", "command", "--lang", "zh")
    (row,) = listed(channel)

    assert found.code == 0, found.err
    assert "测试消息" in (tmp_path / "got").read_text("utf-8")
    assert row["ok_at"] is not None
    assert {**row, "created_at": "", "ok_at": ""} == {
        "name": "桌面", "kind": "command", "address": f"command: {Path(sys.executable).name}", "secret": "file",
        "lang": "zh", "privacy": "discreet", "zone": "Asia/Shanghai", "quiet_from": "22:00", "quiet_to": "08:00",
        "client": None, "person": None, "digest": "daily", "digest_at": "08:00", "least": "quiet", "created_at": "",
        "ok_at": "", "failing_since": None, "error": None,
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "address"), [("command", REFUSES), ("apprise", NOBODY)])
def test_a_channel_that_does_not_take_it_is_not_kept_and_says_why(
    channel: Command, tmp_path: Path, kind: str, address: str
) -> None:
    found = channel("add", "phone", "--from-stdin", "--kind", kind, stdin=address + "\n")
    zh = channel("add", "phone", address, "--kind", kind, "--lang", "zh")
    plain = json.loads(channel("add", "phone", address, "--kind", kind, "--json").out)

    assert (found.code, zh.code) == (1, 1)
    assert "--no-test" in found.out
    assert "没有收下" in zh.out
    assert (plain["taken"], plain["kept"], plain["permanent"]) == (False, False, False)
    assert listed(channel) == []
    assert not (tmp_path / "channels").exists()


def test_it_is_kept_anyway_where_one_says_so(channel: Command) -> None:
    added = channel("add", "phone", NOBODY, "--no-test", "--no-quiet-hours", "--least", "loud", "--privacy", "full")
    tested = channel("test", "phone")
    (row,) = listed(channel)

    assert (added.code, tested.code) == (0, 1)
    assert "connection was refused" in tested.out
    assert (row["quiet_from"], row["least"], row["privacy"], row["ok_at"]) == (None, "loud", "full", None)


def test_a_client_or_a_person_whom_no_case_has_is_pointed_out(channel: Command, tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db", now="2026-03-02T10:00") as desk:
        desk.open("alipay-repayment", client="Wang")
        desk.assign(desk.first_refs(1), "Li")
    known = channel("add", "a", "--kind", "log", "--client", "Wang", "--person", "Li")
    wrong = channel("add", "b", "--kind", "log", "--client", "Wnag", "--person", "Lee")
    zh = channel("add", "c", "--kind", "log", "--client", "小王", "--lang", "zh")

    assert (known.code, wrong.code, zh.code) == (0, 0, 0)
    assert "so far" not in known.out
    assert [name in wrong.out for name in ('"Wnag"', '"Lee"')] == [True, True]
    assert "还没有哪个案件的当事人叫「小王」" in zh.out
    assert len(listed(channel)) == 3


def test_programs_are_told_of_whom_no_case_has(channel: Command) -> None:
    both = channel("add", "a", "--kind", "log", "--client", "Wnag", "--person", "Lee", "--json")
    none = channel("add", "b", "--kind", "log", "--json")

    assert json.loads(both.out)["unknown"] == ["client", "person"]
    assert json.loads(none.out)["unknown"] == []
    assert [row["client"] for row in listed(channel)] == ["Wnag", None]


def test_no_output_and_no_database_holds_the_secret(channel: Command, tmp_path: Path) -> None:
    said = [
        channel("add", "phone", NOBODY, "--no-test"), channel("add", "phone", NOBODY), channel("list"),
        channel("list", "--json"), channel("test", "phone"), channel("test", "phone", "--json"),
        channel("add", "other", f"serverchan://{TOKEN}"), channel("add", "other", f"ntfy://ntfy.sh/{TOKEN}"),
        channel("add", "other", f"ntfy://ntfy.sh/{TOKEN}", "--json"),
        channel("add", "desk", TAKES, "--kind", "command", "--json"), channel("remove", "phone"),
    ]  # fmt: skip
    files = {path: path.read_bytes() for path in tmp_path.glob("cases.db*")}

    assert [each for each in said if TOKEN in each.out + each.err] == []
    assert files
    assert [path for path, content in files.items() if TOKEN.encode() in content] == []


def test_everything_that_is_wrong_is_told_at_once(channel: Command) -> None:
    found = channel(
        "add", "a b", "dingding://x@y", "--quiet-hours", "late", "--zone", "Mars", "--least", "lowd",
        "--privacy", "all", "--digest", "hourly", "--digest-at", "8", "--keep", "safe",
    )  # fmt: skip
    error = json.loads(
        channel("add", "a b", "dingding://x@y", "--zone", "Mars", "--json").err,
    )

    assert found.code == 2
    for part in ("a b", "dingtalk://", "late", "Mars", '"loud"', "discreet", "weekly", '"8"', "keyring"):
        assert part in found.err
    assert [(p["field"], p["expected"]) for p in error["problems"]] == [
        ("channel", "channel_name"), ("address", "channel_scheme"), ("zone", "zone"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "phone"), "address"),
        (("add", "phone", "notify-send"), "--kind"),
        (("add", "phone", "x://y", "--from-stdin"), "one place"),
        (("add", "phone", "--from-env", "NOT_SET_HERE"), "NOT_SET_HERE"),
        (("add", "phone", "no-such-command-here", "--kind", "command"), "not found"),
        (("add", "phone", "json://127.0.0.1:1/x", "--keep", "keyring", "--no-test"), "--keep file"),
    ],
)
def test_what_is_missing_is_told(channel: Command, words: tuple[str, ...], says: str) -> None:
    found = channel(*words)

    assert (found.code, found.out) == (2, "")
    assert says in found.err
    assert listed(channel) == []


def test_a_name_is_given_once(channel: Command) -> None:
    channel("add", "phone", NOBODY, "--no-test")
    again = channel("add", "phone", "log")

    assert again.code == 2
    assert [row["kind"] for row in listed(channel)] == ["apprise"]


def test_a_removed_channel_leaves_no_secret_behind(channel: Command, tmp_path: Path) -> None:
    channel("add", "phone", NOBODY, "--no-test")
    before = [path.stem for path in (tmp_path / "channels").iterdir()]
    removed = channel("remove", "phone")

    assert before == ["phone"]
    assert removed.code == 0
    assert list((tmp_path / "channels").iterdir()) == []
    assert listed(channel) == []


def test_an_address_in_the_environment_stays_there(channel: Command, tmp_path: Path) -> None:
    added = channel("add", "desk", "--kind", "command", "--from-env", "MY_DESK", MY_DESK=TAKES)
    with_it = channel("test", "desk", MY_DESK=TAKES)
    without = channel("test", "desk")

    assert (added.code, with_it.code, without.code) == (0, 0, 1)
    assert "not on this machine" in without.out
    assert [row["secret"] for row in listed(channel)] == ["env:MY_DESK"]
    assert not (tmp_path / "channels").exists()


@pytest.mark.parametrize("action", ["test", "remove", "retry"])
def test_a_channel_that_is_not_there(channel: Command, action: str) -> None:
    channel("add", "phone", "log")
    found = channel(action, "fone")

    assert found.code == 4
    assert '"phone"' in found.err


def test_the_log_needs_no_address(channel: Command) -> None:
    added = channel("add", "record", "--kind", "log")

    assert added.code == 0
    assert [(row["address"], row["secret"]) for row in listed(channel)] == [("log", "none")]
    assert json.loads(channel("retry", "record", "--json").out) == {"channel": "record", "waiting": 0}


@pytest.mark.parametrize(("lang", "says"), [("zh", "还没有渠道"), ("en", "There is no channel yet")])
def test_a_newcomer_is_told_how_to_begin(channel: Command, lang: str, says: str) -> None:
    found = channel("list", "--lang", lang)

    assert says in found.out
    assert "channel add" in found.out


@pytest.mark.parametrize("more", [(), ("--json",)])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "phone", "ntfys://ntfy.sh/one", "ntfys://ntfy.sh/SECRETTOPIC"), "Not known here: …"),
        (("add", "phone", "dingtalk://SECRETTOPIC@token", "--privcy", "full"), "Not known here: --privcy"),
        (("ntfys://ntfy.sh/SECRETTOPIC",), "add, list"),
    ],
)
def test_an_address_in_an_unexpected_place_is_not_repeated(
    command: Command, words: tuple[str, ...], told: str, more: tuple[str, ...]
) -> None:
    ran = command("channel", *words, *more)

    assert ran.code == 2
    assert "SECRETTOPIC" not in ran.out + ran.err
    assert told in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("phone", "--privacy", "titles", "--kind", "command", TAKES),
        ("--privacy", "titles", "phone", "--kind", "command", TAKES),
        ("--privacy", "titles", "--kind", "command", "phone", TAKES),
    ],
)
def test_options_may_stand_before_the_address(channel: Command, words: tuple[str, ...]) -> None:
    found = channel("add", *words)

    assert found.code == 0, found.err
    assert [(row["name"], row["privacy"], row["kind"]) for row in listed(channel)] == [("phone", "titles", "command")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_test_message_that_was_not_taken_is_noted_until_one_is(
    channel: Command, command: Command, tmp_path: Path, lang: str
) -> None:
    switch = tmp_path / "off"
    sender = json.dumps([sys.executable, "-c", f"import os, sys; sys.exit(os.path.exists({str(switch)!r}))"])
    added = channel("add", "phone", sender, "--kind", "command")
    switch.touch()
    failed, again = channel("test", "phone"), channel("test", "phone")
    (row,) = listed(channel)
    told, status = channel("list", "--lang", lang).out, command("daemon", "status", "--lang", lang).out
    switch.unlink()
    taken = channel("test", "phone")
    (healed,) = listed(channel)

    assert (added.code, failed.code, again.code, taken.code) == (0, 1, 1, 0)
    assert row["failing_since"] is not None
    assert row["error"].startswith("the command failed")
    assert ("起送不到" if lang == "zh" else "has been failing since") in told
    assert ("送不出去：phone" if lang == "zh" else "not getting through: phone") in status
    assert (healed["failing_since"], healed["error"]) == (None, None)


def test_an_address_that_is_not_here_says_nothing_of_the_channel(channel: Command) -> None:
    channel("add", "phone", "--from-env", "SECRET_SENDER", "--no-test", "--kind", "command", SECRET_SENDER=TAKES)
    failed = channel("test", "phone")
    (row,) = listed(channel)

    assert failed.code == 1
    assert (row["failing_since"], row["error"]) == (None, None)
