"""Paths that no file can have, and the longest that one can have."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalation import open_store
from escalation.cli import run

NOW = "2026-03-03T09:00"
TOO_LONG = "长" * 100
"""300 bytes; most file systems take 255."""
LONGEST = "长" * 82
READING = ("procedure check", "procedure test", "procedure install", "attach CASE", "restore", "import", "calm")
WRITING = ("export --all --format json -o", "export CASE --format bundle -o", "backup", "write CASE proposal -o")


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ESCALATION_STORE", str(tmp_path / "cases.db"))
    (tmp_path / "paper.txt").write_text("a paper")
    with open_store(tmp_path / "cases.db", now=NOW) as desk:
        return desk.open("alipay-repayment", title="one")


def told(words: str, case: str, path: str) -> int:
    return run([*words.replace("CASE", case).split(), path, "--now", NOW, "--lang", "en"])


@pytest.mark.parametrize("place", [TOO_LONG, "paper.txt/deeper", f"{TOO_LONG}/deeper"])
@pytest.mark.parametrize("words", [*READING, *WRITING])
def test_a_path_that_no_file_can_have_is_told_and_nothing_is_left(
    case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], words: str, place: str
) -> None:
    before = sorted(tmp_path.iterdir())
    code = told(words, case, f"{place}.pdf" if words.startswith("write") else place)
    _, err = capfd.readouterr()

    assert code in (2, 4)
    assert place[:20] in err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("words", [words for words in WRITING if not words.startswith("write")])
def test_a_file_may_have_as_long_a_name_as_the_disk_takes(case: str, tmp_path: Path, words: str) -> None:
    before = {*tmp_path.iterdir()}

    assert told(words, case, LONGEST) == 0
    assert [path.name for path in {*tmp_path.iterdir()} - before] == [LONGEST]


def test_nothing_to_keep_is_told_as_such(case: str, capfd: pytest.CaptureFixture[str]) -> None:
    code = run(["plan", "capacity", case, "--keep", "--now", NOW, "--lang", "en"])
    _, err = capfd.readouterr()

    assert code == 2
    assert "must be filled in" in err
