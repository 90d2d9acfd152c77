"""Evidence from the command line: files, folders and pasted text in; lists, marks and a bundle out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
ROOT = Path(__file__).parents[2]
NOW = ("--now", "2026-03-10T10:00")


@pytest.fixture
def case(command: Command) -> str:
    return str(command("--now", "2026-03-02T10:00", "open", "alipay-repayment").out.strip())


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "contract.pdf").write_bytes(b"%PDF")
    (folder / "chat.txt").write_text("不支持协商", "utf-8")
    (folder / ".DS_Store").write_bytes(b"x")
    return folder


def data(ran: Any) -> Any:
    assert ran.err == "", ran.err
    return json.loads(ran.out)


def test_one_file_is_an_entry_like_any_other(command: Command, case: str, papers: Path) -> None:
    ran = command(*NOW, "attach", case, str(papers / "contract.pdf"), "--type", "contract", "--dated", "2025-01-31",
                  "--proves", "what was agreed", "--json")  # fmt: skip
    (row,) = data(command(*NOW, "evidence", case, "--json"))["exhibits"]

    assert (data(ran)["seq"], data(ran)["case"]) == (2, case)
    assert (row["label"], row["type"], row["day"], row["proves"]) == (
        "E01",
        "contract",
        "2025-01-31",
        "what was agreed",
    )
    assert row["state"] == "intact"


def test_a_folder_is_previewed_then_taken_and_what_is_left_out_is_said(
    command: Command, case: str, papers: Path
) -> None:
    looked = command(*NOW, "attach", case, papers.name, "--preview")
    none = data(command(*NOW, "evidence", case, "--json"))["exhibits"]
    taken = command(*NOW, "attach", case, papers.name)

    assert looked.code == taken.code == 0
    assert "Would attach" in looked.out
    assert ".DS_Store (hidden)" in looked.out
    assert none == []
    assert "2 attached, 1 not attached" in taken.out


def test_the_exit_code_tells_that_a_file_was_left_out(command: Command, case: str, papers: Path) -> None:
    (papers / "cut-off.m4a").touch()
    ran = command(*NOW, "attach", case, str(papers), "--json")

    assert ran.code == 2
    assert [(Path(row["path"]).name, row["why"]) for row in json.loads(ran.out)["skipped"]] == [
        (".DS_Store", "hidden"), ("cut-off.m4a", "empty"),
    ]  # fmt: skip


def test_the_same_file_twice_is_said_and_adds_nothing(command: Command, case: str, papers: Path) -> None:
    command(*NOW, "attach", case, str(papers / "chat.txt"))
    again = command(*NOW, "attach", case, str(papers / "chat.txt"), "--lang", "zh")
    as_data = data(command(*NOW, "attach", case, str(papers / "chat.txt"), "--json"))

    assert again.code == 0
    assert "案件里已经有了" in again.out
    assert "第 2 条" in again.out
    assert (as_data["already"], as_data["seq"], as_data["head"]) == (True, 2, 2)


@pytest.mark.parametrize("body", ["不支持协商".encode(), "不支持协商".encode("gb18030"), b"\xef\xbb\xbf\xe4\xb8\x8d"])
def test_text_is_pasted_from_standard_input(command: Command, case: str, body: bytes, tmp_path: Path) -> None:
    ran = command(*NOW, "attach", case, "-", "--name", "chat", "--type", "chat", stdin=body)
    (row,) = data(command(*NOW, "evidence", case, "--json"))["exhibits"]
    kept = tmp_path / "files" / row["sha256"][:2] / row["sha256"]

    assert ran.code == 0, ran.err
    assert row["name"] == "chat.txt"
    assert kept.read_text("utf-8").startswith("不")


@pytest.mark.parametrize(("words", "stdin", "said"), [
    (["-"], b"text", "--name"),
    (["-", "x.pdf", "--name", "chat"], b"text", "alone"),
    (["-", "--name", "chat"], b"  \n", "nothing was pasted"),
    (["-", "--name", "chat"], b"\xff\xff\xff", "UTF-8"),
    (["nowhere.pdf", "--type", "contract"], b"", "nowhere.pdf"),
    (["nowhere", "nor-here"], b"", "nor-here"),
])  # fmt: skip
def test_what_cannot_be_attached_is_said_and_adds_nothing(
    command: Command, case: str, words: list[str], stdin: bytes, said: str
) -> None:
    ran = command(*NOW, "attach", case, *words, stdin=stdin)

    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert data(command(*NOW, "show", case, "--json"))["head"] == 1


def test_the_log_shows_what_a_file_is_and_what_it_shows(command: Command, case: str, papers: Path) -> None:
    command(*NOW, "attach", case, str(papers / "chat.txt"), "--type", "chat", "--proves", "they refused")
    command(*NOW, "amend", case, "2", "--set", "proves=they refused on 1 March")
    ran = command(*NOW, "log", case)

    assert "chat.txt, 15 B (chat, they refused on 1 March)" in " ".join(ran.out.split())


def calls(command: Command, case: str, hours: list[str]) -> None:
    for hour in hours:
        command(*NOW, "record", case, "collector_contacted", "--at", f"2026-03-05T{hour}", "--set", "channel=call",
                "connected=yes", "said=pay now")  # fmt: skip


def test_conduct_marks_what_exceeds_and_says_how_certain_that_is(command: Command, case: str) -> None:
    calls(command, case, ["09:00", "10:00", "11:00", "23:00"])
    shown = command(*NOW, "evidence", case, "conduct")
    told = data(command(*NOW, "evidence", case, "conduct", "--json"))

    assert [(m["rule"], m["seqs"]) for m in told["marks"]] == [("night", [5]), ("calls", [2, 3, 4, 5])]
    assert told["days"][0] | {"marks": None} == {
        "day": "2026-03-05", "contacts": 4, "answered": 4, "unanswered": 0, "unclear": 0, "others": 0, "marks": None,
    }  # fmt: skip
    text = " ".join(shown.out.split())
    assert "!  exceeds" in shown.out
    assert "GB/T 45251 (reported by others, text not seen)" in text
    assert "not statutes" in text
    assert "illegal" not in text


def test_contacts_are_told_with_what_their_record_lacks(command: Command, case: str) -> None:
    command(*NOW, "record", case, "contact_logged", "--at", "2026-03-05T10:00", "--set", "channel=hotline",
            "direction=mine", "said=[red]no[/red]", "promise=a call", "promised_on=2026-03-07")  # fmt: skip
    ran = command(*NOW, "evidence", case, "contacts")
    (row,) = [json.loads(line) for line in command(*NOW, "evidence", case, "contacts", "--json").out.splitlines()]

    assert "They said: [red]no[/red]" in ran.out
    assert "that day has passed" in ran.out
    assert row["lacks"] == ["who", "ticket"]
    assert row["promise_overdue"] is True


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("what", [[], ["contacts"], ["conduct"], ["verify"]])
def test_a_case_with_nothing_in_it_is_answered_calmly(command: Command, case: str, what: list[str], lang: str) -> None:
    ran = command(*NOW, "evidence", case, *what, "--lang", lang)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.strip()


def test_a_file_that_was_altered_is_named_by_both_checks(
    command: Command, case: str, papers: Path, tmp_path: Path
) -> None:
    command(*NOW, "attach", case, str(papers / "chat.txt"))
    whole = command(*NOW, "verify", case)
    (copy,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    copy.chmod(0o600)
    copy.write_bytes(b"changed")
    files, all_of_it = command(*NOW, "evidence", case, "verify"), command(*NOW, "verify", case)

    assert whole.code == 0
    assert files.code == all_of_it.code == 5
    assert "E01  chat.txt" in files.out
    assert "E01  chat.txt" in all_of_it.out
    assert "no problem" not in all_of_it.out


def test_a_bundle_is_written_and_can_be_checked(command: Command, case: str, papers: Path, tmp_path: Path) -> None:
    command(*NOW, "attach", case, str(papers))
    shown = command(*NOW, "export", case, "--format", "bundle", "-o", "b.zip")
    told = data(command(*NOW, "export", case, "--format", "bundle", "-o", "c.zip", "--json"))
    check = subprocess.run(
        [sys.executable, "-I", str(ROOT / "docs" / "verify_bundle.py"), str(tmp_path / "b.zip")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert shown.code == 0, shown.err
    assert told["sha256"] in shown.out
    assert "not encrypted" in " ".join(shown.out.split())
    assert check.stdout == "ok\n"
    assert (tmp_path / "b.zip").read_bytes() == (tmp_path / "c.zip").read_bytes()


@pytest.mark.parametrize(("words", "said"), [
    (["--all", "-o", "b.zip"], "one case"), (["CASE", "CASE", "-o", "b.zip"], "one case"), (["CASE"], "-o FILE.zip"),
])  # fmt: skip
def test_a_bundle_of_several_cases_or_to_nowhere_is_refused(
    command: Command, case: str, words: list[str], said: str, tmp_path: Path
) -> None:
    ran = command(*NOW, "export", *(case if word == "CASE" else word for word in words), "--format", "bundle")

    assert ran.code == 2
    assert said in ran.err
    assert not (tmp_path / "b.zip").exists()


def test_an_unknown_question_is_answered_with_those_there_are(command: Command, case: str) -> None:
    ran = command(*NOW, "evidence", case, "weather")

    assert ran.code == 2
    assert "contacts | conduct | verify" in ran.err
