"""The background scheduler as a person meets it: what she is told, what she may copy, what a monitor reads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import PROCEDURES

Command = Callable[..., Any]
ROOT = Path(__file__).parent.parent.parent


class Receiver(ThreadingHTTPServer):
    """Takes messages; `hold` lets none of them through until it is set."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.titles: list[str] = []
        self.came, self.hold = threading.Event(), threading.Event()
        self.hold.set()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Receiver)
        said = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server.titles.append(said["title"])
        server.came.set()
        server.hold.wait(30)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.hold.set()
        server.shutdown()
        thread.join()


def waiting(command: Command, parcel: Path) -> str:
    """A case whose other side should have answered by 10 March 2026."""
    case = str(command("--now", "2026-03-02T10:00", "open", str(parcel), "--title", "a vase").out.strip())
    for item in ("waybill", "photos"):
        command("--now", "2026-03-02T10:01", "attach", case, str(parcel), "--for", item)
        command("--now", "2026-03-02T10:02", "done", case, item)
    made = command("--now", "2026-03-03T09:00", "record", case, "claim_sent", "--set", "channel=app", "amount=300")
    assert made.code == 0, made.err
    return case


def test_after_days_away_a_person_is_told_once_and_what_she_has_seen_is_counted_as_she_would(
    command: Command, parcel: Path, receiver: Receiver
) -> None:
    case = waiting(command, parcel)
    address = f"json://127.0.0.1:{receiver.server_port}/"
    added = command(
        "--now", "2026-03-03T09:00", "channel", "add", "phone", address, "--no-quiet-hours", "--digest", "none"
    )
    command("--now", "2026-03-08T12:00", "daemon", "once")
    receiver.titles.clear()
    late = command("--now", "2026-03-20T12:00", "daemon", "status", "--json")
    told = command("--now", "2026-03-20T12:00", "daemon", "once", "--lang", "zh")
    again = command("--now", "2026-03-20T12:01", "daemon", "once", "--lang", "zh")
    seen = command("--now", "2026-03-20T12:02", "ack", case, "--lang", "zh")
    facts = json.loads(command("--now", "2026-03-20T12:02", "ack", case, "--json").out)["seen"]

    assert added.code == 0, added.out
    assert (late.code, json.loads(late.out)["due"]) == (1, 1)
    assert len(receiver.titles) == 1
    assert "送出消息 1 条。" in told.out
    assert again.out == "现在没有到点的事。\n"
    assert {each["subject"] for each in facts} == {"answer", "refused"}
    assert len(facts) == 3  # of the one a reminder and that it lapsed
    assert seen.out.startswith(f"{case}：知道了，2 件事不再重复提醒")


def test_a_message_that_is_on_its_way_at_sigterm_arrives_and_is_noted(
    command: Command, parcel: Path, receiver: Receiver, tmp_path: Path
) -> None:
    address = f"json://127.0.0.1:{receiver.server_port}/"
    command("channel", "add", "phone", address, "--no-quiet-hours", "--digest", "none", "--no-test")
    waiting(command, parcel)
    receiver.hold.clear()
    words = [sys.executable, "-m", "escalation", "--store", str(tmp_path / "cases.db"), "daemon", "run", "--no-backup"]
    there = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    with subprocess.Popen(words, stderr=subprocess.PIPE, env=there, cwd=tmp_path, text=True) as ran:
        assert receiver.came.wait(60)
        ran.send_signal(signal.SIGTERM)
        receiver.hold.set()
        _, log = ran.communicate(timeout=60)
    found = json.loads(command("daemon", "status", "--json").out)

    assert ran.returncode == 0
    assert len(receiver.titles) == 1
    assert [e["event"] for e in map(json.loads, log.splitlines())][-2:] == ["sent", "stopped"]
    assert found["deliveries"]["waiting"] == 0
    assert not found["alive"]


@pytest.mark.parametrize("system", ["cron", "systemd"])
def test_what_is_there_to_be_copied_stands_on_one_line(command: Command, tmp_path: Path, system: str) -> None:
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_RUNTIME_DIR": str(tmp_path)}
    store = str(tmp_path / ("a-folder-with-a-name-that-is-long-enough-to-fill-a-line-" * 2) / "cases.db")
    words = ("--store", store, "daemon", "install", "--system", system, "--no-start")
    first, second = command(*words, env=home), command(*words, env=home)

    assert (first.code, second.code) == (0, 0), first.err
    if system == "cron":
        (line,) = [line for line in first.out.splitlines() if "*/5" in line]
        assert store in line
        assert line.endswith(">/dev/null")
    else:
        assert "  systemctl --user enable escalation.service\n" in first.out
        assert first.out.startswith("Written: ")
        assert second.out.startswith("Here: ")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_unit_that_could_not_be_started_fails_and_is_found_to_be_removed(
    command: Command, tmp_path: Path, lang: str
) -> None:
    # Whatever this machine has: here the manager takes nothing.
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "systemctl").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin" / "systemctl").chmod(0o700)
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"), "PATH": str(tmp_path / "bin")}
    unit = tmp_path / "config" / "systemd" / "user" / "escalation.service"
    made = command("daemon", "install", "--system", "systemd", "--lang", lang, env=home)
    plain = command("daemon", "install", "--system", "systemd", "--json", env=home)
    written = unit.exists()
    gone = command("daemon", "install", "--remove", "--lang", lang, env=home)

    assert (made.code, plain.code, gone.code, written) == (1, 1, 0, True)
    assert ("没能让它运行起来" if lang == "zh" else "could not be started") in made.out
    assert {each["note"]: each["message"] for each in json.loads(plain.out)["notes"]}["not_started"][:3].strip()
    assert str(unit) in gone.out
    assert not unit.exists()


@pytest.mark.parametrize(("lang", "says"), [("zh", "1 个案件现在算不出来"), ("en", "1 case cannot be worked out")])
def test_a_round_that_could_not_work_out_a_case_says_so(command: Command, tmp_path: Path, lang: str, says: str) -> None:
    case = command("--now", "2026-03-02T10:00", "open", "court-papers").out.strip()
    papers = ("--set", "kind=suit", "claimed=12000", "case_number=1")
    command("--now", "2026-03-02T11:00", "record", case, "papers_received", *papers)
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "CN-2026.toml").write_text("days off: none")
    found = command("--now", "2026-03-17T09:00", "daemon", "once", "--lang", lang)

    assert says in found.out
    assert "escalation doctor" in found.out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_cron_looks_now_and_then_nobody_says_that_it_has_stopped(
    command: Command, parcel: Path, lang: str
) -> None:
    waiting(command, parcel)
    word = {
        "zh": ("隔一阵看一次", "1 分钟前", "没有在运行", "daemon install"),
        "en": ("now and then", "1 minute ago", "not running", "daemon install"),
    }
    now_and_then, ago, *alarms = word[lang]
    for minute in ("00", "05"):
        command("--now", f"2026-03-08T12:{minute}", "daemon", "once")
    soon = command("--now", "2026-03-08T12:06", "daemon", "status", "--lang", lang)
    plain = command("--now", "2026-03-08T12:06", "daemon", "status", "--json")
    well = command("--now", "2026-03-08T12:06", "doctor", "--lang", lang)
    late = command("--now", "2026-03-08T12:21", "daemon", "status", "--json")
    sick = json.loads(command("--now", "2026-03-08T12:21", "doctor", "--json").out)
    found = json.loads(plain.out)

    assert now_and_then in soon.out
    assert ago in soon.out.replace("\n", " ")
    assert now_and_then in well.out
    assert [each for each in alarms if each in soon.out] == []
    assert (plain.code, found["alive"], found["now_and_then"], found["trouble"]) == (1, False, True, False)
    assert not json.loads(late.out)["now_and_then"]
    assert [each["verdict"] for each in sick["checks"] if each["id"] == "daemon"] == ["look"]


@pytest.mark.parametrize("words", [("daemon", "run"), ("channel", "add"), ("procedure", "check"), ("next",)])
def test_help_in_chinese_has_no_english_headings(command: Command, words: tuple[str, ...]) -> None:
    found = command(*words, "--help", "--lang", "zh").out

    assert not [line for line in found.splitlines() if line in ("options:", "positional arguments:")]
    assert "show this help" not in found
    assert "显示这份说明" in found


@pytest.mark.parametrize(("lang", "said"), [("en", "does not have the address"), ("zh", "这台没有")])
def test_a_channel_whose_address_stayed_on_another_machine_says_so(
    command: Command, tmp_path: Path, lang: str, said: str
) -> None:
    keyring = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    command("channel", "add", "phone", "json://127.0.0.1:1/", "--no-test", env=keyring)
    command("backup", "b.tar")
    command("--store", "two/cases.db", "restore", "b.tar")
    here = command("channel", "list", "--lang", lang)
    there = command("--store", "two/cases.db", "channel", "list", "--lang", lang)
    tried = command("--store", "two/cases.db", "channel", "test", "phone", "--lang", lang)

    assert said not in here.out
    assert said in there.out
    assert tried.code == 1
    assert "channel remove" in tried.out or "remove the channel" in tried.out


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ("not used yet: phone", "No address here for: phone")),
        ("zh", ("还没有送过的：phone", "这里没有地址的：phone")),
    ],
)
def test_a_channel_that_was_never_used_is_not_said_to_work(command: Command, lang: str, said: tuple[str, str]) -> None:
    command(
        "channel", "add", "phone", "--from-env", "PHONE", "--no-test", "--digest", "none",
        env={"PHONE": "json://127.0.0.1:1/"},
    )  # fmt: skip
    found = command("daemon", "status", "--lang", lang).out
    with_it = command("daemon", "status", "--lang", lang, env={"PHONE": "json://127.0.0.1:1/"}).out
    listed = command("channel", "list", "--lang", lang).out

    assert all(each in found for each in said)
    assert said[0] in with_it
    assert said[1] not in with_it
    assert {"en": "PHONE, which is not set here", "zh": "PHONE，这里没有设"}[lang] in listed


def test_a_rehearsed_daemon_goes_on_from_the_instant_it_was_told(
    command: Command, parcel: Path, receiver: Receiver, tmp_path: Path
) -> None:
    address = f"json://127.0.0.1:{receiver.server_port}/"
    waiting(command, parcel)
    made = ("--no-quiet-hours", "--digest", "none", "--no-test")
    command("--now", "2026-03-03T09:00", "channel", "add", "phone", address, *made)
    late = ("--now", "2026-03-10T23:59:57")  # three seconds before the other side's last day is over
    command(*late, "daemon", "once")
    before, receiver.titles = receiver.titles, []
    receiver.came.clear()
    words = [sys.executable, "-m", "escalation", "--store", str(tmp_path / "cases.db"), *late]
    there = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    with subprocess.Popen([*words, "daemon", "run", "--no-backup"], stderr=subprocess.DEVNULL, env=there) as ran:
        came = receiver.came.wait(60)
        ran.send_signal(signal.SIGTERM)
        code = ran.wait(60)

    assert came
    assert (len(before), len(receiver.titles), code) == (1, 1, 0)


def test_a_store_that_was_told_to_refuses_another_time_than_the_present_one(command: Command, parcel: Path) -> None:
    told = command("settings", "refuse_now=yes")
    refused = command("--now", "2026-03-02T10:00", "open", str(parcel), "--lang", "zh")
    opened = command("open", str(parcel))
    wrong = command("settings", "refuse_nov=yes", "refuse_now=perhaps")
    kept = json.loads(command("settings", "--json").out)
    undone = command("settings", "refuse_now=no")

    assert (told.code, opened.code, undone.code) == (0, 0, 0)
    assert refused.code == 2
    assert "不接受 --now" in refused.err
    assert wrong.code == 2
    assert 'Did you mean "refuse_now"?' in wrong.err
    assert "yes or no" in wrong.err
    assert kept == {"refuse_now": True}
    assert command("--now", "2026-03-02T10:00", "open", str(parcel)).code == 0


def test_a_nightly_backup_that_fails_is_told_by_the_status(command: Command, parcel: Path, tmp_path: Path) -> None:
    waiting(command, parcel)
    (tmp_path / "backups").write_text("not a folder")
    ran = command("--now", "2026-03-04T09:00", "daemon", "once")
    said = command("--now", "2026-03-04T09:01", "daemon", "status", "--lang", "zh")
    (tmp_path / "backups").unlink()
    command("--now", "2026-03-04T12:00", "daemon", "once")

    assert ran.code == 0
    assert said.code == 1
    assert "备份从" in said.out
    assert "做不成" in said.out
    assert "做不成" not in command("--now", "2026-03-04T12:01", "daemon", "status", "--lang", "zh").out
    assert [file.name for file in (tmp_path / "backups").iterdir()] == ["escalation-2026-03-04.tar.gz"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_due_says_the_hour_of_what_ends_at_an_hour(command: Command, lang: str) -> None:
    case = command("--now", "2026-03-02T10:00", "open", str(PROCEDURES / "replying.yaml")).out.strip()
    command("--now", "2026-03-02T11:00", "record", case, "start_hours")
    found = [command("--now", "2026-03-02T12:00", what, "--lang", lang).out for what in ("due", "next")]

    assert ["07:00" in each for each in found] == [True, True]
