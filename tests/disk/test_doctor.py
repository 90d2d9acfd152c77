"""The doctor over real stores: whole, broken, missing, old and new. It tells nothing personal and touches nothing."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import select
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from places import Place, Server

from escalation import credentials, open_store
from escalation.backup import nightly
from escalation.deliveries import Deliveries
from escalation.demo import fill
from escalation.doctor import exit_code, program, report, stores, terminal
from escalation.doctor.finding import shown, word
from escalation.doctor.probe import cells
from escalation.migrations import VERSION
from escalation.wording import wording
from states.calendar import SHIPPED

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 20, 1, tzinfo=UTC)
LANGUAGES = ("zh", "en")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with one case, in a private folder."""
    folder = tmp_path / "data"
    with open_store(folder / "cases.db", now="2026-03-19T10:00") as desk:
        case = desk.open("alipay-repayment", title="王小明的借呗", facts={"amount_owed": "12345.67"})
        file = tmp_path / "letter.txt"
        file.write_text("a letter")
        desk.attach(case, file)
    return folder / "cases.db"


def looked(path: object, now: datetime = NOW, **options: Any) -> dict[str, Any]:
    return report(str(path), now=now, offset=timedelta(hours=8), **options)


def check(found: dict[str, Any], id: str) -> dict[str, Any]:
    (one,) = [each for each in found["checks"] if each["id"] == id]
    return dict(one)


def seen(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Everything in a folder and the folder itself: mode, when it changed, what it holds."""
    there = sorted([folder, *folder.rglob("*")])
    return {
        str(each): (
            each.lstat().st_mode, each.lstat().st_mtime_ns,
            hashlib.sha256(each.read_bytes()).hexdigest() if each.is_file() else "",
        )
        for each in there
    }  # fmt: skip


# -- well --------------------------------------------------------------------------------------------------


def test_a_whole_store_is_found_whole(path: Path) -> None:
    found = looked(path)

    assert found["ok"]
    assert exit_code(found) == 0
    assert {id: check(found, id)["verdict"] for id in ("store", "private", "logs", "procedures", "clock")} == {
        "store": "ok", "private": "ok", "logs": "ok", "procedures": "ok", "clock": "ok",
    }  # fmt: skip
    assert check(found, "store")["facts"]["schema"] == VERSION
    assert check(found, "logs")["facts"] == {
        "cases": 1, "looked_at": 1, "damaged": 0, "files": 1, "files_wrong": 0, "files_elsewhere": 0,
    }  # fmt: skip


def test_what_is_not_well_says_what_mends_it(path: Path) -> None:
    for each in looked(path)["checks"]:
        assert each["verdict"] == "ok" or (each["advice"] and each["command"]), each


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_of_a_check_exists_and_is_filled(lang: str) -> None:
    said, named = wording(lang), set()
    for file in (ROOT / "escalation" / "doctor").glob("*.py"):
        for call in (n for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.Call)):
            if getattr(call.func, "id", None) == "Finding":
                for given in (call.args[2], *call.args[4:5]):
                    both = (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,)
                    named |= {str(n.value) for n in both if isinstance(n, ast.Constant) and n.value is not None}

    assert len(named) > 60
    assert {key for key in named if not said.has(f"doctor.{key}")} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_check_speaks_the_language(path: Path, lang: str) -> None:
    chinese = [any("一" <= c <= "鿿" for c in each["says"]) for each in looked(path, lang=lang)["checks"]]

    assert all(chinese[1:]) if lang == "zh" else not any(chinese)


# -- nothing personal, nothing touched -----------------------------------------------------------------------


def test_the_report_of_the_demo_tells_nothing_of_its_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "demo.db"
    with open_store(path, now="2026-11-22T10:00", lang="zh") as desk:
        refs = fill(desk)
        words = {each for row in desk.cases() for each in (row["title"], row["case"])}
        words |= {str(v) for row in desk.cases() for v in row["facts"].values() if str(v)[0].isdigit()}
        desk.add_channel("张三的微信", "ntfys://ntfy.sh/geheim", test=False, keep="file")

    found = looked(path, datetime(2026, 12, 24, tzinfo=UTC), lang="zh", named="option")
    text = json.dumps(found, ensure_ascii=False)

    words = {each for each in words if len(each) > 2}
    assert len(words) > 2 * len(refs)
    assert [each for each in words if re.search(rf"(?<!\d){re.escape(each)}(?!\d)", text)] == []
    assert not any(secret in text for secret in ("张三", "ntfy", "geheim", str(tmp_path)))
    assert "~/demo.db" in text


def test_nothing_changes_beside_a_store_that_nobody_has_open(path: Path, tmp_path: Path) -> None:
    before = seen(tmp_path)
    looked(path)

    assert seen(tmp_path) == before


def test_nothing_changes_beside_a_store_that_is_in_use(path: Path, tmp_path: Path) -> None:
    with open_store(path, now="2026-03-19T11:00") as desk:
        desk.note(next(desk.cases())["case"], "still in the -wal file")
        assert (tmp_path / "data" / "cases.db-wal").stat().st_size
        before = seen(tmp_path)
        found = looked(path)
        after = seen(tmp_path)
        for each in (before, after):  # shared memory, in which SQLite notes who reads how far
            each.pop(str(tmp_path / "data" / "cases.db-shm"))
        assert after == before

    assert check(found, "store")["verdict"] == "ok"


def test_what_a_crash_left_is_read_and_left_as_it_is(path: Path, tmp_path: Path) -> None:
    crashed = tmp_path / "crashed"
    crashed.mkdir(mode=0o700)
    with open_store(path, now="2026-03-20T08:00") as desk:
        for _ in range(2):
            desk.open("alipay-repayment")
        for name in ("cases.db", "cases.db-wal"):
            (crashed / name).write_bytes((path.parent / name).read_bytes())
            (crashed / name).chmod(0o600)
    before = seen(crashed)

    found = looked(crashed / "cases.db")

    assert check(found, "logs")["facts"]["cases"] == 3
    assert seen(crashed) == before


# -- missing, old, new, broken -----------------------------------------------------------------------------------


def test_no_store_yet_is_well_and_none_is_made(tmp_path: Path) -> None:
    found = looked(tmp_path / "new" / "cases.db")

    assert found["ok"]
    assert check(found, "store")["facts"]["exists"] is False
    assert {check(found, id)["verdict"] for id in ("logs", "moments", "daemon", "channels")} == {"ok"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("named", ["option", "environment"])
def test_a_store_that_was_named_and_is_not_there_is_broken(tmp_path: Path, named: str) -> None:
    found = looked(tmp_path / "typo.db", named=named)

    assert check(found, "store")["verdict"] == "broken"
    assert exit_code(found) == 5
    assert list(tmp_path.iterdir()) == []


def test_flipped_bytes_are_found_and_the_newest_backup_is_named(path: Path, tmp_path: Path) -> None:
    with open_store(path, now="2026-03-19T11:00") as desk:
        made = nightly(desk.engine.store, path.parent, NOW)
    assert made is not None
    body = bytearray(path.read_bytes())
    for page in range(4096, len(body) - 4096, 4096):
        body[page : page + 64] = bytes(each ^ 0xFF for each in body[page : page + 64])
    path.write_bytes(body)
    before = seen(tmp_path)

    found = looked(path)

    assert check(found, "store")["verdict"] == "broken"
    assert "escalation restore" in check(found, "store")["command"]
    assert Path(made.file).name in check(found, "store")["command"]
    assert check(found, "backups")["verdict"] == "ok"
    assert check(found, "logs")["verdict"] == "look"
    assert exit_code(found) == 5
    assert seen(tmp_path) == before


def test_an_altered_log_in_a_whole_file_is_found(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE entry SET body = replace(body, '12345', '12346') WHERE seq = 1")
    found = looked(path)

    assert check(found, "store")["verdict"] == "ok"
    assert (check(found, "logs")["verdict"], check(found, "logs")["facts"]["damaged"]) == ("broken", 1)
    assert exit_code(found) == 5


def test_a_file_that_went_away_is_found(path: Path) -> None:
    for file in (path.parent / "files").rglob("*"):
        if file.is_file():
            file.unlink()

    assert check(looked(path), "logs")["facts"]["files_wrong"] == 1


def test_a_store_of_a_later_version_is_left_alone(path: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = seen(tmp_path)
    found = looked(path)

    assert check(found, "store")["facts"]["schema"] == VERSION + 1
    assert check(found, "store")["command"] == "pip install --upgrade escalation"
    assert exit_code(found) == 5
    assert seen(tmp_path) == before


def test_a_store_of_an_earlier_version_is_not_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    path.write_bytes((Path(__file__).parent / "old" / "schema-1.sqlite").read_bytes())
    found = looked(path)

    assert check(found, "store")["facts"]["schema"] == 1
    assert exit_code(found) == 0
    assert [each.name for each in tmp_path.iterdir()] == ["cases.db"]


def test_another_programs_file_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("this is a letter, not a database, and it is long enough to be looked at")
    with closing(sqlite3.connect(tmp_path / "b.db")) as connection, connection:
        connection.execute("CREATE TABLE music (name TEXT)")

    for name in ("a.db", "b.db"):
        assert check(looked(tmp_path / name), "store")["verdict"] == "broken"


def test_a_store_that_another_program_holds_does_not_stop_the_others(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA journal_mode = DELETE")
        holder.execute("BEGIN EXCLUSIVE")
        Path(f"{path}-shm").touch()  # as if it had it open in the usual way
        found = looked(path)
        holder.execute("ROLLBACK")

    assert check(found, "store")["verdict"] == "look"
    assert check(found, "terminal")["says"]
    assert exit_code(found) == 0


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights elsewhere")
def test_a_file_that_others_can_read_is_told_with_the_command_that_closes_it(path: Path) -> None:
    path.chmod(0o644)
    path.parent.chmod(0o755)
    found = check(looked(path), "private")

    assert (found["verdict"], found["facts"]["modes"]) == ("look", {"file": "0644", "folder": "0755"})
    os.system(found["command"])
    assert check(looked(path), "private")["verdict"] == "ok"


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights elsewhere")
def test_attached_files_that_others_can_read_are_told(path: Path) -> None:
    (path.parent / "files").chmod(0o755)
    found = check(looked(path), "paths")

    assert found["verdict"] == "look"
    os.system(found["command"])
    assert check(looked(path), "paths")["verdict"] == "ok"


def test_a_check_that_fails_says_so_and_the_others_go_on(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE channel")
    found = looked(path)

    assert check(found, "channels")["verdict"] == "broken"
    assert check(found, "channels")["facts"] == {"error": "StoreError"}
    assert check(found, "logs")["verdict"] == "ok"
    assert check(found, "backups")["says"]
    assert exit_code(found) == 1


# -- backups, calendar, clock, procedures, being told ----------------------------------------------------------------


@pytest.mark.parametrize(("days", "verdict"), [(1, "ok"), (7, "ok"), (8, "look")])
def test_a_backup_is_worth_a_look_after_a_week(path: Path, days: int, verdict: str) -> None:
    with open_store(path, now="2026-03-19T11:00") as desk:
        nightly(desk.engine.store, path.parent, NOW)
    found = check(looked(path, NOW + timedelta(days=days)), "backups")

    assert (found["verdict"], found["facts"]["days"], found["facts"]["read"]) == (verdict, days, True)


def test_a_backup_that_cannot_be_brought_back_is_broken(path: Path) -> None:
    with open_store(path, now="2026-03-19T11:00") as desk:
        made = nightly(desk.engine.store, path.parent, NOW)
    assert made is not None
    body = Path(made.file).read_bytes()
    Path(made.file).write_bytes(body[: len(body) // 2])

    found = looked(path)

    assert check(found, "backups")["verdict"] == "broken"
    assert exit_code(found) == 1


def test_without_any_backup_cases_are_worth_a_look(path: Path) -> None:
    assert check(looked(path), "backups")["verdict"] == "look"


@pytest.mark.parametrize(
    ("day", "verdict", "says"),
    [
        ((SHIPPED[-1], 9, 30), "ok", "Holidays are known up to 2026."),
        ((SHIPPED[-1], 10, 5), "ok", "in November"),
        ((SHIPPED[-1], 11, 20), "look", "should have been announced"),
        ((SHIPPED[-1] + 1, 2, 1), "look", "are not here"),
    ],
)
def test_next_years_holidays_are_missed_from_november_on(
    path: Path, day: tuple[int, int, int], verdict: str, says: str
) -> None:
    found = check(looked(path, datetime(*day, tzinfo=UTC)), "calendar")

    assert found["verdict"] == verdict
    assert says in found["says"]
    assert (found["command"] is None) == (day[1] == 9)


def test_a_holiday_file_that_went_bad_is_found(path: Path) -> None:
    folder = path.parent / "calendars"
    folder.mkdir(mode=0o700)
    (folder / "CN-2027.toml").write_text("year = ")

    assert check(looked(path), "calendar")["verdict"] == "broken"


def test_a_clock_before_the_newest_entry_is_told(path: Path) -> None:
    assert check(looked(path, NOW - timedelta(days=3)), "clock")["verdict"] == "look"
    assert check(looked(path), "clock")["verdict"] == "ok"


def test_cases_that_nobody_looked_at_for_long_are_told(path: Path) -> None:
    found = looked(path, datetime(2026, 9, 1, tzinfo=UTC))

    assert check(found, "moments")["verdict"] == "look"
    assert check(found, "moments")["command"] == "escalation daemon once"
    assert check(found, "daemon")["facts"]["alive"] is False


def test_a_scheduler_that_went_silent_is_told_apart_from_one_that_runs(path: Path) -> None:
    with open_store(path, now="2026-03-19T11:00") as desk:
        Deliveries(desk.engine.store).beat("d", "a-host", 1, "schema-2", NOW)

    assert check(looked(path, NOW + timedelta(seconds=20)), "daemon")["verdict"] == "ok"
    silent = check(looked(path, NOW + timedelta(days=4)), "daemon")
    assert (silent["verdict"], silent["facts"]["running"]) == ("look", 0)
    assert "4 days" in silent["says"]
    assert "a-host" not in str(silent)


def test_a_channel_whose_address_is_elsewhere_is_counted(path: Path) -> None:
    with open_store(path, now="2026-03-19T11:00") as desk:
        desk.add_channel("phone", "ntfys://ntfy.sh/x", test=False, keep="file")
    assert check(looked(path), "channels")["facts"]["channels"] == 1
    assert check(looked(path), "channels")["verdict"] == "ok"
    (kept,) = (path.parent / credentials.FOLDER).iterdir()
    kept.unlink()

    assert check(looked(path), "channels")["facts"]["without_address"] == 1
    assert check(looked(path), "channels")["verdict"] == "look"


def test_a_procedure_in_the_store_that_cannot_be_read_is_counted(path: Path) -> None:
    row = "SELECT 'x', 'mine', '1', '{}', 's', installed_at, 0, 1 FROM definition"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"INSERT INTO definition {row}")

    assert check(looked(path), "procedures")["facts"]["unusable"] == 1


def test_a_program_older_than_its_cases_is_told(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE definition SET version = '99'")
    found = check(looked(path), "procedures")

    assert (found["verdict"], found["facts"]["older_than_in_use"]) == ("look", ["alipay-repayment"])


# -- a server --------------------------------------------------------------------------------------------------


@pytest.fixture
def database(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("ESCALATION_FILES", str(tmp_path / "files"))
    place = Place(tmp_path, server)
    yield place
    place.close()


def test_a_store_on_a_server_is_looked_at_without_a_write(database: Place) -> None:
    with open_store(database.url(), now="2026-03-19T10:00") as desk:
        desk.open("alipay-repayment", title="王小明")
    before = database.dump()
    found = looked(database.url(), named="option")

    assert check(found, "store")["verdict"] == "ok"
    assert check(found, "logs")["facts"]["cases"] == 1
    assert database.dump() == before
    assert "王小明" not in str(found)


def test_a_server_store_that_was_never_used_gets_no_tables(server: Server, tmp_path: Path) -> None:
    name = server.new()
    try:
        found = looked(server.url(name))
        assert check(found, "store")["facts"]["schema"] == 0
        assert found["ok"]
        import psycopg

        with psycopg.connect(server.url(name)) as there:
            assert there.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    finally:
        server.drop(name)


def test_a_server_that_cannot_be_reached_is_told_without_names(tmp_path: Path) -> None:
    url = "postgresql://zhangsan:geheim@127.0.0.1:1/buero"
    found = looked(url, named="option")

    assert check(found, "store")["verdict"] == "broken"
    assert exit_code(found) == 5
    assert check(found, "python")["verdict"] == "ok"
    assert not any(each in str(found) for each in ("zhangsan", "geheim", "127.0.0.1", "buero"))


# -- small parts -------------------------------------------------------------------------------------------------


def test_libraries_and_extras_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needs = [each.replace("[binary]", "") for each in project["dependencies"]]
    extras = {
        name: tuple(each.partition(">=")[0].replace("[binary]", "") for each in needed)
        for name, needed in project["optional-dependencies"].items()
        if name not in ("test", "lint", "bench", "dev")
    }

    assert [f"{name}{program._wanted(name)}" for name in program.LIBRARIES] == needs
    assert extras == program.EXTRAS


@pytest.mark.parametrize(
    ("one", "other", "before"),
    [("8.2.8", "8.2.10", True), ("14", "14.0", False), ("0.50.1", "0.50", False), ("4.0", "4", False)],
)
def test_versions_are_compared_by_their_numbers(one: str, other: str, before: bool) -> None:
    assert program._before(one, other) is before


def test_home_and_the_persons_name_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/zhangsan")

    assert shown("/home/zhangsan/cases.db") == "~/cases.db"
    assert shown("/media/zhangsan/stick/cases.db") == "/media/$USER/stick/cases.db"
    assert word("/home/zhangsan/my cases.db") == '~/"my cases.db"'
    assert word('/media/zhangsan/a "b" $c.db') == '"/media/$USER/a \\"b\\" \\$c.db"'


@pytest.mark.parametrize(
    ("folder", "kind"), [("/mnt/office/cases", "nfs4"), ("/mnt/my disk/x", "cifs"), ("/etc", "ext4")]
)
def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path, folder: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\nhost:/x /mnt/office nfs4 rw 0 0\n//h/y /mnt/my\\040disk cifs rw 0 0\n")

    assert stores.file_system(folder, str(mounts)) == kind


def test_where_there_is_no_terminal_its_width_is_unknown() -> None:
    found = terminal.terminal()

    assert (found.verdict, found.facts["width_of_chinese"], cells("中")) == ("ok", None, None)
    assert found.facts["terminal"] is False


@pytest.mark.skipif(os.name != "posix", reason="there are no such terminals")
@pytest.mark.parametrize(("cells", "verdict"), [(2, "ok"), (1, "look")])
def test_a_terminal_is_asked_how_wide_it_draws_chinese(tmp_path: Path, cells: int, verdict: str) -> None:
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    there = {**os.environ, "PYTHONPATH": str(ROOT), "ESCALATION_STORE": str(tmp_path / "x"), "LC_ALL": "C.UTF-8"}
    words = [sys.executable, "-m", "escalation", "doctor", "--json"]
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=there | {"TERM": "xterm"}):
        os.close(theirs)
        said = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                got = os.read(ours, 65536)
            except OSError:  # the other end was closed
                break
            said += got
            for _ in range(got.count(b"\x1b[6n")):
                os.write(ours, b"\x1b[1;%dR" % (cells + 1))
        os.close(ours)
    found = json.loads(said[said.index(b"{") :].replace(b"\r\n", b"\n"))

    assert check(found, "terminal")["facts"]["width_of_chinese"] == cells
    assert check(found, "terminal")["verdict"] == verdict


Command = Callable[..., Any]


@pytest.mark.parametrize(("lang", "says"), [("zh", "坏了"), ("en", "broken")])
def test_the_command_tells_people_and_ends_with_the_code_of_the_store(
    command: Command, tmp_path: Path, lang: str, says: str
) -> None:
    found = command("--store", "typo.db", "doctor", "--lang", lang)

    assert (found.code, found.err) == (5, "")
    assert says in found.out
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_one_object_for_programs(command: Command, path: Path) -> None:
    found = command("doctor", "--json", "--now", "2026-03-20T09:00", env={"ESCALATION_STORE": str(path)})
    data = json.loads(found.out)

    assert found.code == 0
    assert data["ok"] is True
    assert all(set(each) == {"id", "verdict", "facts", "says", "advice", "command"} for each in data["checks"])
    assert len({each["id"] for each in data["checks"]}) == len(data["checks"]) == 17
