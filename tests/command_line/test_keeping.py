"""Backup, restore and copy as a person and a script run them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from places import Server

Command = Callable[..., Any]
PARCEL = Path(__file__).parent.parent / "procedures" / "parcel-dispute.yaml"


@pytest.fixture
def case(command: Command, parcel: Path) -> str:
    """A case with an attached file, in the test's own store."""
    found = str(command("--now", "2026-03-02T10:00", "open", str(parcel), "--title", "a vase").out.strip())
    command("--now", "2026-03-02T10:01", "attach", found, str(parcel), "--for", "waybill")
    return found


def test_a_backup_and_a_restore_tell_a_person_what_was_kept(command: Command, case: str, tmp_path: Path) -> None:
    made = command("backup", "b.tar.gz")
    restored = command("--store", "elsewhere/cases.db", "restore", "b.tar.gz", "--lang", "zh")

    assert (made.code, made.err) == (0, "")
    assert "Backed up to b.tar.gz" in made.out
    assert "1 case, entries: 2." in made.out
    assert "1 attached file." in made.out
    assert "not encrypted" in made.out
    assert (restored.code, restored.err) == (0, "")
    assert "恢复好了，来自 b.tar.gz" in restored.out
    assert "1 个案件，2 条记录。" in restored.out
    export = ("export", "--all", "--format", "jsonl")
    assert command(*export).out == command("--store", "elsewhere/cases.db", *export).out


def test_with_json_each_prints_one_object(command: Command, case: str, tmp_path: Path) -> None:
    made = json.loads(command("--json", "--now", "2026-03-03T09:00", "backup", "b.tar").out)
    restored = json.loads(command("--json", "--store", "two/cases.db", "restore", "b.tar").out)
    copied = json.loads(command("--json", "copy", "--from", "cases.db", "--to", "sqlite:///three/cases.db").out)

    assert (made["file"], made["format"], made["store"], made["files"]) == ("b.tar", 1, "sqlite", 1)
    assert made["created_at"] == "2026-03-03T01:00:00Z"
    assert made["size"] == (tmp_path / "b.tar").stat().st_size
    assert (made["tables"]["case"]["rows"], made["tables"]["entry"]["rows"]) == (1, 2)
    assert restored["tables"] == made["tables"] == copied["tables"]
    assert (restored["before"], restored["missing_files"], restored["channels"]) == (None, [], [])
    assert (copied["from"], copied["to"], copied["files"]) == ("cases.db", "three/cases.db", 1)


def test_a_file_or_a_store_that_holds_something_is_never_lost_by_accident(
    command: Command, case: str, tmp_path: Path
) -> None:
    command("backup", "b.tar")
    again, restored = command("backup", "b.tar"), command("restore", "b.tar")
    copied = command("copy", "--from", "cases.db", "--to", "cases.db")
    forced, replaced = command("backup", "b.tar", "--force"), command("restore", "b.tar", "--replace")

    assert (again.code, restored.code, copied.code) == (2, 2, 2)
    assert "--force" in again.err
    assert "--replace" in restored.err
    assert "Name an empty store" in copied.err
    assert (forced.code, replaced.code) == (0, 0)
    (before,) = tmp_path.glob("cases.db.before-restore-*.tar")
    assert before.name in replaced.out.replace("\n   ", "")


def test_a_mistyped_store_is_not_backed_up_as_an_empty_one(command: Command, tmp_path: Path) -> None:
    backed, copied = (
        command("--store", "casse.db", *words)
        for words in (("backup", "b.tar"), ("copy", "--from", "casse.db", "--to", "new.db"))
    )

    assert (backed.code, copied.code) == (4, 4)
    assert "casse.db" in backed.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("lang", "said"), [("en", "this is no backup of this program"), ("zh", "这不是本程序的备份")])
def test_a_file_that_is_no_backup_is_named_calmly(command: Command, tmp_path: Path, lang: str, said: str) -> None:
    (tmp_path / "b.tar").write_text("a letter")
    found = command("restore", "b.tar", "--lang", lang)
    gone = command("restore", "nothing.tar", "--lang", lang)

    assert (found.code, gone.code) == (2, 2)
    assert said in found.err
    assert "nothing.tar" in gone.err
    assert "Traceback" not in found.err + gone.err


def test_a_store_that_was_altered_is_no_backup(command: Command, case: str, tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "cases.db")) as connection:
        connection.execute("UPDATE entry SET hash = 'x' WHERE seq = 2")
        connection.commit()
    found = command("--json", "backup", "b.tar")

    assert found.code == 5
    assert json.loads(found.err)["case"] == case
    assert not (tmp_path / "b.tar").exists()


def test_the_secret_of_a_channel_is_asked_for_after_a_restore(command: Command, case: str, tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "cases.db")) as connection:
        connection.execute(
            "INSERT INTO channel (name, kind, address, secret, lang, privacy, zone, digest, digest_at, least,"
            " created_at) VALUES ('我的手机', 'apprise', 'ntfy://…', 'file', 'zh', 'discreet', 'Asia/Shanghai', 'none',"
            " '08:00', 1, 0)"
        )
        connection.commit()
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / "secret").write_text("ntfy://my-token")
    command("backup", "b.tar")
    found = command("--store", "two/cases.db", "restore", "b.tar")

    assert "我的手机" in found.out
    assert b"my-token" not in (tmp_path / "b.tar").read_bytes()


def test_a_store_moves_to_postgresql_and_back_and_says_so_without_a_password(
    command: Command, case: str, server: Server, tmp_path: Path
) -> None:
    name = server.new()
    url = server.url(name).replace("postgres@", "postgres:s3cret@")
    home = {"XDG_DATA_HOME": str(tmp_path / "data")}
    there = command("copy", "--from", "cases.db", "--to", url, env=home)
    again = command("--json", "copy", "--from", "cases.db", "--to", url, env=home)
    backed = command("--store", url, "backup", "b.tar", env=home)
    opened = command("--store", url, "open", str(PARCEL), "--title", "a chair", env=home)
    restored = command("--store", url, "restore", "b.tar", "--replace", env=home)
    back = command("copy", "--from", url, "--to", "back/cases.db", env=home)
    server.drop(name)

    assert [each.code for each in (there, again, backed, opened, restored, back)] == [0, 2, 0, 0, 0, 0]
    assert "Copied: cases.db -> postgresql://postgres@/" in there.out
    assert json.loads(again.err)["problems"][0]["expected"] == "store_not_empty"
    assert "escalation.before-restore-" in restored.out.replace("\n   ", "")
    assert not [each for each in (there, again, backed, restored, back) if "s3cret" in each.out + each.err]
    export = ("export", "--all", "--format", "jsonl")
    assert command("--store", "back/cases.db", *export).out == command(*export).out
    assert len(list((tmp_path / "back" / "files").glob("*/*"))) == 1


def test_a_database_that_cannot_be_reached_is_said_and_nothing_is_written(command: Command, tmp_path: Path) -> None:
    nowhere = "postgresql://me:s3cret@/cases?host=%2Fnowhere"
    found = [
        command("--store", nowhere, "backup", "b.tar"),
        command("copy", "--from", nowhere, "--to", "new.db"),
    ]

    assert [each.code for each in found] == [5, 5]
    assert not [each for each in found if "s3cret" in each.err or "Traceback" in each.err or not each.err]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_step_of_the_bar_has_a_name(lang: str) -> None:
    from escalation.copying import TABLES
    from escalation.wording import wording

    said = wording(lang)

    assert [t.name for t in TABLES if not said.has(f"keeping.at_{t.name}")] == []
    assert said.has("keeping.at_files")


@pytest.mark.parametrize("store", ["new.db", "new/folder/cases.db"])
@pytest.mark.parametrize("damage", ["missing", "foreign", "cut"])
def test_a_restore_that_fails_where_nothing_was_leaves_nothing(
    command: Command, case: str, tmp_path: Path, store: str, damage: str
) -> None:
    backup = tmp_path / "b.tar.gz"
    command("backup", str(backup))
    if damage == "missing":
        backup.unlink()
    else:
        backup.write_bytes(b"no backup" if damage == "foreign" else backup.read_bytes()[:-400])
    before = sorted(tmp_path.rglob("*"))
    failed = command("--store", store, "restore", str(backup))

    assert failed.code == 2
    assert sorted(tmp_path.rglob("*")) == before


def test_a_restore_that_fails_leaves_an_empty_store_that_was_there(command: Command, tmp_path: Path) -> None:
    command("settings", "refuse_now=yes")
    failed = command("restore", "nothing.tar.gz")

    assert failed.code == 2
    assert "refuse_now=yes" in command("settings").out
