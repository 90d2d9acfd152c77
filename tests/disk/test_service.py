"""The daemon as a service: what is written, that the system can read it, and that nothing else is touched."""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from escalation.cli import everything
from escalation.errors import BadInput
from escalation.service import Installed, Removed, detect, install, installed, uninstall
from escalation.watchdog import ALIVE, READY, notify, status, watchdog_seconds
from escalation.wording import wording

SECRET_URL = "postgresql://me:pa%22ss%25w@db.example/cases?sslmode=require"
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
ODD = 'my "cases" 100% $HOME \\ 花呗'

Words = tuple[str, ...]


class Account:
    """A home folder of its own, and a service manager that takes every command but those that fail."""

    def __init__(self, home: Path, version: str = "systemd 252 (252.39)") -> None:
        self.home, self.version = home, version
        self.ran: list[Words] = []
        self.failing: set[str] = set()
        self.environ = {"LANG": "zh_CN.UTF-8", "USER": "nobody-lingers", "USERNAME": "li", "USERDOMAIN": "OFFICE"}

    def run(self, words: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        if words == ("systemctl", "--version"):
            return subprocess.CompletedProcess(words, 0, self.version + "\n+PAM", "")
        self.ran.append(tuple(words))
        return subprocess.CompletedProcess(words, int(bool(self.failing & set(words))), "", "")

    def install(
        self, system: str, store: str, start: bool = False, python: str = sys.executable, **more: Any
    ) -> Installed:
        self.ran.clear()
        return install(
            store, system=system, start=start, python=python, home=self.home, environ=self.environ, run=self.run, **more
        )

    def uninstall(self, system: str) -> Removed:
        self.ran.clear()
        return uninstall(system=system, home=self.home, environ=self.environ, run=self.run)

    def files(self) -> dict[str, str]:
        return {
            path.relative_to(self.home).as_posix(): stat.filemode(path.stat().st_mode)
            for path in self.home.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path / "home")


def written(made: Installed) -> str:
    assert made.path is not None
    return made.path.read_text("utf-8")


# -- everywhere ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "files"),
    [
        ("systemd", {".config/systemd/user/escalation.service"}),
        ("launchd", {"Library/LaunchAgents/org.escalation.daemon.plist", "Library/Logs/escalation/daemon.log"}),
        ("windows", {"AppData/Local/escalation/daemon-task.xml"}),
        ("cron", set()),
    ],
)
def test_these_files_are_written_for_their_owner_alone(account: Account, system: str, files: set[str]) -> None:
    account.install(system, "/data/cases.db")

    assert account.files() == dict.fromkeys(files, "-rw-------")


@pytest.mark.parametrize("system", ["systemd", "launchd", "windows"])
def test_installed_twice_nothing_changes(account: Account, system: str) -> None:
    first = account.install(system, "/data/cases.db")
    assert first.path is not None
    before = first.path.stat().st_mtime_ns
    second = account.install(system, "/data/cases.db")

    assert (second.text, second.notes[0]) == (first.text, "service.unchanged")
    assert first.path.stat().st_mtime_ns == before


@pytest.mark.parametrize("system", ["systemd", "launchd", "windows"])
def test_installed_again_with_other_paths_these_take_the_place(account: Account, system: str) -> None:
    account.install(system, "/data/old.db")
    files = account.files()
    made = account.install(system, "/data/new.db")

    assert "/data/new.db" in made.text
    assert "/data/old.db" not in made.text
    assert "service.unchanged" not in made.notes
    assert account.files() == files


@pytest.mark.parametrize("system", ["systemd", "launchd", "windows"])
def test_removed_all_that_was_written_is_gone_and_nothing_else(account: Account, system: str) -> None:
    account.install(system, SECRET_URL)
    kept = account.home / ".config" / "systemd" / "user" / "escalation.service.d" / "override.conf"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("[Service]\n")
    gone = account.uninstall(system)
    again = account.uninstall(system)

    left = {name for name in account.files() if not name.endswith((".conf", ".log"))}
    assert (left, kept.exists()) == (set(), True)
    assert gone.paths
    assert again == ((), (), ())


@pytest.mark.parametrize("system", ["systemd", "launchd", "windows"])
def test_a_file_that_is_not_ours_is_left_alone(account: Account, system: str) -> None:
    path = account.install(system, "/data/cases.db").path
    assert path is not None
    path.write_text("somebody else's")
    with pytest.raises(BadInput) as raised:
        account.install(system, "/data/cases.db", start=True)
    gone = account.uninstall(system)

    assert raised.value.problems[0].expected == "new_file"
    assert gone == ((), (), ("service.not_ours",))
    assert path.read_text() == "somebody else's"
    assert account.ran == []


@pytest.mark.parametrize("system", ["systemd", "launchd", "windows", "cron"])
def test_a_password_is_on_no_command_line_and_is_not_shown(account: Account, system: str) -> None:
    made = account.install(system, SECRET_URL, start=True)

    assert "pa%22ss" not in made.text
    assert "pa%22ss" not in str(account.ran)
    assert "--store" not in made.text
    assert set(account.files().values()) <= {"-rw-------"}


@pytest.mark.parametrize("url", ["postgresql://db/cases?user=me&password=x", "postgresql://me:x@[broken/cases"])
def test_a_password_is_seen_wherever_it_stands(account: Account, url: str) -> None:
    assert url not in account.install("systemd", url).text


@pytest.mark.parametrize("system", ["systemd", "launchd", "windows", "cron"])
def test_an_address_without_a_password_is_named(account: Account, system: str) -> None:
    assert "postgresql://me@db/cases" in account.install(system, "postgresql://me@db/cases").text


@pytest.mark.parametrize("store", ["cases\n[Service]\nExecStart=/bin/sh", "a\0b", "caf\udce9"])
def test_an_address_that_would_break_out_of_its_line_is_refused(account: Account, store: str) -> None:
    with pytest.raises(BadInput) as raised:
        account.install("systemd", store)

    assert raised.value.problems[0].value is None
    assert not account.home.exists()


def test_a_file_is_named_in_full_whatever_folder_it_was_named_in(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert f"--store {tmp_path}/cases.db " in account.install("systemd", "cases.db").text
    assert f"--store {tmp_path}/cases.db " in account.install("systemd", "sqlite:///cases.db").text


def test_a_folder_that_cannot_be_written_is_named(account: Account) -> None:
    account.home.mkdir()
    (account.home / ".config").write_text("a file, not a folder")

    with pytest.raises(BadInput) as raised:
        account.install("systemd", "/data/cases.db")
    assert raised.value.problems[0].value.endswith("escalation.service")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_note_has_a_sentence(lang: str) -> None:
    source = Path(install.__code__.co_filename).parent
    keys = {
        word
        for path in source.glob("*.py")
        for word in path.read_text("utf-8").replace('"', " ").split()
        if word.startswith(("service.", "service_cron.")) and word.islower()
    }

    assert len(keys) > 6
    assert {key for key in keys if not wording(lang).has(key)} == set()


def test_the_system_is_found_by_what_runs_not_by_what_is_installed(tmp_path: Path) -> None:
    found = [detect(name, tmp_path) for name in ("win32", "darwin", "linux")]

    assert found == ["windows", "launchd", "systemd"]
    assert detect("linux", tmp_path / "none") == "cron"


def test_where_no_manager_was_found_it_says_so_and_what_does_it_meanwhile(account: Account) -> None:
    with_cron = account.install("cron", "/data/cases.db", asked=False, which=lambda name: f"/usr/bin/{name}")
    without = account.install("cron", "/data/cases.db", asked=False, which=lambda name: None)
    asked = account.install("cron", "/data/cases.db", which=lambda name: None)

    assert with_cron.notes == ("service_cron.no_manager", "service_cron.meanwhile")
    assert without.notes == ("service_cron.no_manager", "service_cron.no_crontab", "service_cron.meanwhile")
    assert asked.notes == ("service_cron.no_crontab", "service_cron.meanwhile")


def test_what_was_installed_is_found_whatever_the_system_is_now(account: Account) -> None:
    before = installed(account.home, account.environ)
    for system in ("systemd", "windows"):
        account.install(system, "/data/cases.db")
    both = installed(account.home, account.environ)
    account.uninstall("windows")
    path = account.install("systemd", "/data/cases.db").path
    assert path is not None
    one = installed(account.home, account.environ)
    path.write_text("somebody else's")

    assert (before, both, one) == ((), ("systemd", "windows"), ("systemd",))
    assert installed(account.home, account.environ) == ()


# -- systemd -------------------------------------------------------------------------------------


def test_the_unit_runs_the_daemon_that_installed_it(account: Account) -> None:
    made = account.install("systemd", "/data/cases.db")
    text = written(made)
    (line,) = [each for each in text.splitlines() if each.startswith("ExecStart=")]
    words = line.removeprefix("ExecStart=").split()

    assert words == [sys.executable, "-P", "-m", "escalation", "--store", "/data/cases.db", "daemon", "run"]
    assert callable(everything("en").parse_args(words[4:]).run)
    assert "Environment=LANG=zh_CN.UTF-8" in text.splitlines()
    assert made.notes == ("service.linger",)


def test_settings_of_the_folders_are_handed_on(account: Account, tmp_path: Path) -> None:
    account.environ["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    made = account.install("systemd", "/data/cases.db")

    assert made.path == tmp_path / "config" / "systemd" / "user" / "escalation.service"
    assert f"Environment=XDG_CONFIG_HOME={tmp_path}/config" in made.text


@pytest.mark.parametrize(("version", "known"), [("systemd 252 (252.39)", False), ("systemd 254", True), ("", False)])
def test_slower_restarts_are_asked_for_where_they_are_known(tmp_path: Path, version: str, known: bool) -> None:
    made = Account(tmp_path / "home", version).install("systemd", "/data/cases.db")

    assert ("RestartSteps=" in made.text) == known


def test_started_it_is_read_enabled_and_started(account: Account) -> None:
    told = account.install("systemd", "/data/cases.db").commands
    first = account.install("systemd", "/data/new.db", start=True)
    ran = tuple(account.ran)
    account.install("systemd", "/data/new.db", start=True)

    assert [each[2] for each in told] == ["daemon-reload", "enable", "restart"]
    assert (ran, first.commands) == (told, ())
    assert [each[2] for each in account.ran] == ["daemon-reload", "enable", "start"]


def test_where_it_cannot_be_started_the_rest_is_left_to_be_run(account: Account) -> None:
    account.failing = {"enable"}
    made = account.install("systemd", "/data/cases.db", start=True)

    assert [each[2] for each in made.commands] == ["enable", "restart"]
    assert made.notes[0] == "service.not_started"
    assert made.path is not None
    assert made.path.exists()


def test_where_it_cannot_be_stopped_that_is_said(account: Account) -> None:
    account.install("systemd", "/data/cases.db")
    account.failing = {"disable"}
    gone = account.uninstall("systemd")

    assert [each[2] for each in gone.commands] == ["disable"]
    assert gone.notes == ("service.not_stopped",)


def test_an_address_that_lost_its_password_takes_its_file_along(account: Account) -> None:
    account.install("systemd", SECRET_URL)
    both = set(account.files())
    account.install("systemd", "/data/cases.db")

    assert both - set(account.files()) == {".config/systemd/user/escalation.env"}


def verified(path: Path) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"XDG_RUNTIME_DIR": "/tmp", "HOME": str(path.parent), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(path)],
        capture_output=True, text=True, env=environ, timeout=60, check=False,
    )  # fmt: skip


needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


@needs_systemd
@pytest.mark.parametrize("name", ["venv", "100% $HOME 花呗", ODD])
@pytest.mark.parametrize("store", ["/data/cases.db", SECRET_URL, f"/data/{ODD}/cases.db"])
def test_systemd_finds_nothing_wrong_with_the_unit(account: Account, tmp_path: Path, store: str, name: str) -> None:
    python = tmp_path / name / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    made = account.install("systemd", store, python=str(python))
    assert made.path is not None
    checked = verified(made.path)
    made.path.write_text(made.text.replace("ExecStart=", "ExecStart=nowhere/"))
    spoiled = verified(made.path)

    # It reads the units of the machine, too, and may have something to say about these.
    assert [line for line in checked.stderr.splitlines() if "escalation" in line] == []
    assert checked.returncode == 0
    assert spoiled.returncode == 1


@needs_systemd
def test_systemd_reads_the_words_that_were_meant(account: Account, tmp_path: Path) -> None:
    """It is asked to show them: a program that is not there is named as it was understood."""
    python = tmp_path / "100% $HOME 花呗" / "python"
    made = account.install("systemd", "/data/cases.db", python=str(python))
    assert made.path is not None

    assert f"Command {python} is not executable" in verified(made.path).stderr


# -- the others ----------------------------------------------------------------------------------


def test_launchd_reads_what_was_meant(account: Account) -> None:
    made = account.install("launchd", f"/data/{ODD}/cases.db")
    assert made.path is not None
    agent = plistlib.loads(made.path.read_bytes())

    assert agent["Label"] == "org.escalation.daemon"
    assert agent["ProgramArguments"][4:] == ["--store", f"/data/{ODD}/cases.db", "daemon", "run"]
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["Umask"] == 0o077
    assert Path(agent["StandardErrorPath"]).exists()


def test_launchd_gets_a_secret_address_in_a_private_place(account: Account) -> None:
    made = account.install("launchd", SECRET_URL)
    assert made.path is not None

    assert plistlib.loads(made.path.read_bytes())["EnvironmentVariables"]["ESCALATION_STORE"] == SECRET_URL
    assert made.notes == ("service.secret_plist",)


def test_launchd_loads_a_file_again_only_if_it_changed(account: Account) -> None:
    account.failing = {"print"}
    account.install("launchd", "/data/cases.db", start=True)
    first = [each[1] for each in account.ran]
    account.failing = set()
    account.install("launchd", "/data/cases.db", start=True)
    second = [each[1] for each in account.ran]
    account.install("launchd", "/data/new.db", start=True)
    third = [each[1] for each in account.ran]

    assert (first, second, third) == (
        ["print", "bootstrap"],
        ["print", "kickstart"],
        ["bootout", "print", "bootstrap"],
    )


def test_what_launchd_does_not_know_need_not_be_stopped(account: Account) -> None:
    account.install("launchd", "/data/cases.db")
    account.failing = {"bootout", "print"}

    assert account.uninstall("launchd").notes == ()


def test_windows_reads_what_was_meant(account: Account) -> None:
    made = account.install("windows", f"/data/{ODD}/cases.db", python="/venv/python.exe")
    assert made.path is not None
    task = ElementTree.fromstring(made.path.read_bytes())

    def said(path: str) -> str | None:
        return task.findtext("/".join(TASK + each for each in path.split("/")))

    assert said("Actions/Exec/Command") == "\\venv\\pythonw.exe"
    assert said("Actions/Exec/Arguments") == subprocess.list2cmdline(
        ["-P", "-m", "escalation", "--store", f"/data/{ODD}/cases.db", "daemon", "run", "--lang", "zh"]
    )
    assert said("Triggers/LogonTrigger/UserId") == "OFFICE\\li"
    assert said("Settings/ExecutionTimeLimit") == "PT0S"
    assert said("Settings/DisallowStartIfOnBatteries") == "false"
    assert made.path.read_bytes().startswith((b"\xff\xfe", b"\xfe\xff"))


def test_windows_is_not_told_a_password(account: Account) -> None:
    made = account.install("windows", SECRET_URL)
    assert made.path is not None

    assert "pa%22ss" not in made.path.read_text("utf-16")
    assert made.notes == ("service.store_by_hand",)


def test_cron_gets_a_line_that_a_shell_reads_as_it_was_meant(account: Account) -> None:
    made = account.install("cron", f"/data/{ODD}/cases.db")
    line = made.text.removeprefix("*/5 * * * * ").replace("\\%", "%").removesuffix(" >/dev/null")
    words = shlex.split(line)

    assert "%" not in made.text.replace("\\%", "")
    assert words[0] == "LANG=zh_CN.UTF-8"
    assert words[1:5] == [sys.executable, "-P", "-m", "escalation"]
    assert everything("en").parse_args(words[5:]).store == f"/data/{ODD}/cases.db"
    assert (made.path, account.files()) == (None, {})


# -- the service manager is told -----------------------------------------------------------------


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Callable[[str], socket.socket]]:
    """Opens a socket as a service manager does, at a path or (with @) an abstract name."""
    opened: list[socket.socket] = []

    def at(address: str) -> socket.socket:
        opened.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        opened[-1].settimeout(10)
        opened[-1].bind("\0" + address[1:] if address.startswith("@") else address)
        return opened[-1]

    yield at
    for each in opened:
        each.close()


@pytest.mark.parametrize("abstract", [False, pytest.param(True, marks=pytest.mark.skipif(
    sys.platform != "linux", reason="abstract sockets are Linux's"))])  # fmt: skip
def test_the_manager_hears_it(listening: Callable[[str], socket.socket], tmp_path: Path, abstract: bool) -> None:
    address = f"@escalation-{tmp_path.name}-{os.getpid()}" if abstract else str(tmp_path / "notify")
    manager = listening(address)
    told = notify(READY, status("3 cases\nREADY=0"), environ={"NOTIFY_SOCKET": address})

    assert told
    assert manager.recv(4096) == b"READY=1\nSTATUS=3 cases READY=0"


@pytest.mark.parametrize("address", ["", "/nowhere/notify", "vsock:2:1", "relative"])
def test_nobody_to_tell_is_no_trouble(address: str) -> None:
    assert not notify(ALIVE, environ={"NOTIFY_SOCKET": address} if address else {})


def test_a_manager_that_does_not_listen_any_more_holds_nobody_up(
    listening: Callable[[str], socket.socket], tmp_path: Path
) -> None:
    address = str(tmp_path / "notify")
    listening(address)
    told = [notify(ALIVE, environ={"NOTIFY_SOCKET": address}) for _ in range(5000)]

    assert (told[0], told[-1]) == (True, False)


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "120000000"}, 120.0),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "7"}, 120.0),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_the_watchdog_is_for_the_process_that_it_names(environ: dict[str, str], seconds: float | None) -> None:
    assert watchdog_seconds(environ, pid=7) == seconds
