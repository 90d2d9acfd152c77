"""Attached files that are not on this machine: told as what they are, in a backup, in its log and by verify."""

from __future__ import annotations

import logging
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from cases import PARCEL, ZONE
from places import Place

from escalation import open_store
from escalation.backup import last_night
from escalation.cli import run as main
from escalation.daemon import Daemon
from escalation.doctor import report
from escalation.store import Store

NOW = "2026-03-02T10:00"
NIGHT = datetime(2026, 3, 3, 3, 30, tzinfo=ZONE)
HERE = {"sqlite": "missing", "postgresql": "elsewhere"}


@pytest.fixture
def case(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A case whose one attached file is not where this machine keeps its files."""
    with open_store(place.url(), now=NOW) as desk:
        found = desk.open(str(PARCEL))
        desk.attach(found, PARCEL, item="waybill")
        folder = desk.engine.store.folder
    if place.server is None:
        (Path(folder) / "files").rename(tmp_path / "taken-away")
    else:
        (tmp_path / "mine").mkdir()
        monkeypatch.setenv("ESCALATION_FILES", str(tmp_path / "mine"))
    return found


def night(place: Place) -> None:
    store = Store.open(place.url())
    daemon = Daemon(store)
    try:
        daemon.back_up(NIGHT)
    finally:
        daemon.sending.close()
        store.close()


def test_the_log_of_the_night_warns_of_files_that_are_not_in_the_backup(
    place: Place, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "escalation.daemon")
    night(place)

    (told,) = [each for each in caplog.records if each.msg == "backed_up"]
    assert told.levelno == logging.WARNING
    assert told.facts == {"files": 0, "files_missing": 1}  # type: ignore[attr-defined]


def test_a_whole_backup_warns_of_nothing(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with open_store(place.url(), now=NOW) as desk:
        desk.attach(desk.open(str(PARCEL)), PARCEL, item="waybill")
    caplog.set_level(logging.INFO, "escalation.daemon")
    night(place)

    assert [each.levelno for each in caplog.records if each.msg == "backed_up"] == [logging.INFO]
    with open_store(place.url(), now=NOW) as desk:
        found = desk.daemon_status()["backup"]
        assert (found["files"], found["missing_files"]) == (1, 0)
        assert found["created_at"] == NIGHT


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_how_the_daemon_stands_says_how_many_files_the_last_backup_lacks(
    place: Place, case: str, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    night(place)
    main(["--store", place.url(), "--lang", lang, "daemon", "status"])

    said = capsys.readouterr().out.replace("\n", "")
    assert ("少了 1 个附件" if lang == "zh" else "lacks 1 attached file") in said
    assert ("ESCALATION_FILES" in said) == (place.server is not None)


def test_without_a_backup_that_can_be_read_nothing_is_said_of_one(place: Place, case: str) -> None:
    with open_store(place.url(), now=NOW) as desk:
        assert desk.daemon_status()["backup"] is None
        folder = Path(desk.engine.store.folder) / "backups"
        folder.mkdir()
        (folder / "escalation-2026-03-03.tar.gz").write_bytes(b"\x1f\x8b, and no more")
        assert desk.daemon_status()["backup"] is None
        assert last_night(desk.engine.store) is None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_backup_by_hand_says_where_such_files_may_be(
    place: Place, case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    assert main(["--store", place.url(), "--lang", lang, "backup", str(tmp_path / "b.tar")]) == 0

    said = capsys.readouterr().out
    assert ("ESCALATION_FILES" in said) == (place.server is not None)
    assert ("原来的地方就找不到" in said or "already missing" in said) == (place.server is None)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_verify_calls_a_file_lost_only_where_nobody_else_can_have_it(
    place: Place, case: str, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    with open_store(place.url(), now=NOW) as desk:
        assert [row["state"] for row in desk.evidence.exhibits(case)] == [HERE[place.kind]]
    for words in (["evidence", case, "verify"], ["verify"]):
        assert main(["--store", place.url(), "--lang", lang, *words]) == 5
        said = capsys.readouterr().out
        assert ("ESCALATION_FILES" in said) == (place.server is not None)
        assert ("如实说明" in said or "say so openly" in said) == (place.server is None)


def test_a_file_that_was_altered_here_is_altered_whatever_the_store(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_store(place.url(), now=NOW) as desk:
        case = desk.open(str(PARCEL))
        desk.attach(case, PARCEL, item="waybill")
        (copy,) = (Path(desk.engine.store.folder) / "files").glob("*/*")
        copy.chmod(0o600)
        copy.write_bytes(b"other")
        assert [row["state"] for row in desk.evidence.exhibits(case)] == ["altered"]
    main(["--store", place.url(), "--lang", "en", "evidence", case, "verify"])

    assert "ESCALATION_FILES" not in capsys.readouterr().out


def test_a_bundle_says_whether_a_file_is_lost_or_on_another_machine(place: Place, case: str, tmp_path: Path) -> None:
    with open_store(place.url(), now=NOW) as desk:
        desk.evidence.bundle(case, tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        said = archive.read("README.txt").decode()

    assert ("another machine" in said, "另一台机器" in said) == (place.server is not None,) * 2
    assert ("missing or was altered" in said, "文件不见了" in said) == (place.server is None,) * 2


def test_the_doctor_calls_nothing_broken_that_lies_on_another_machine(place: Place, case: str) -> None:
    (found,) = [each for each in report(place.url(), now=NIGHT)["checks"] if each["id"] == "logs"]

    assert found["verdict"] == ("ok" if place.server else "broken")
    assert (found["facts"]["files_wrong"], found["facts"]["files_elsewhere"]) == ((0, 1) if place.server else (1, 0))
