"""`write` as a person and a script run it: the list, a letter to read, a file, and what is missing."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from letters import procedure_with_letters

Command = Callable[..., Any]
NAME = ("--set", "my_name=王喆堃")


@pytest.fixture
def write(command: Command, tmp_path: Path) -> Command:
    """Runs `write CASE …` on a case that has been claimed."""
    file = procedure_with_letters(tmp_path / "mine")
    case = str(command("--now", "2026-03-02T10:00", "open", str(file)).out.strip())
    command("--now", "2026-03-02T10:01", "attach", case, str(file), "--for", "waybill", "--as", "运单")
    command("--now", "2026-03-02T10:01", "done", case, "waybill")
    command("--now", "2026-03-02T10:01", "done", case, "photos")
    command("--now", "2026-03-02T11:00", "record", case, "claim_sent", "--set", "channel=app", "amount=300")

    def run(*words: str, **more: Any) -> Any:
        return command("--now", "2026-03-05T10:00", "write", case, *words, **more)

    return run


def test_without_a_name_the_letters_are_listed_with_what_each_lacks(write: Command) -> None:
    said = write("--lang", "zh")

    assert (said.code, said.err) == (0, "")
    first, rest = said.out.split("别的时候用")
    assert "现在用得上" in first
    assert "索赔函（claim_letter），写给：快递公司" in first
    assert "还缺 1 样：我的姓名" in first
    assert "感谢信（thanks）" in rest


def test_a_letter_goes_to_standard_output_and_all_else_beside_it(write: Command) -> None:
    said = write("claim_letter", *NAME, "--lang", "zh")

    assert said.code == 0
    assert said.out.startswith("# 索赔函\n\n快递公司：\n\n本人王喆堃于2026年3月2日提出索赔")
    assert said.out.endswith("```right\n王喆堃\n2026年3月5日\n```\n")
    for told in (
        "附上照片再寄",
        "最多收 400 个字",
        "《快递暂行条例》",
        "现行规定，读过原文",
        "身份证号",
        "不是法律意见",
    ):
        assert told in said.err


def test_what_is_sent_is_chinese_whatever_language_one_reads(write: Command) -> None:
    said = write("claim_letter", *NAME)
    english = write("claim_letter", *NAME, "--english")

    assert said.out.startswith("# 索赔函")
    assert "add --english" in said.err
    assert english.out.startswith("# Claim\n")
    assert "what is sent is the Chinese one" in english.err


def test_everything_missing_is_named_and_nothing_written(write: Command, tmp_path: Path) -> None:
    said = write("claim_letter", "-o", "a.pdf", "--set", "loss=", "--lang", "zh")

    assert (said.code, said.out) == (2, "")
    assert "有 2 处要改，什么也没有写入" in said.err
    assert "我的姓名：信里要写这一项，写的时候给出来：--set my_name=..." in said.err
    assert "损失金额：信里要写这一项，还没有填。填上：escalation facts" in said.err
    assert not (tmp_path / "a.pdf").exists()


@pytest.mark.parametrize("suffix", ["pdf", "docx", "md", "txt"])
def test_a_file_is_written_once_and_only_for_its_writer(write: Command, tmp_path: Path, suffix: str) -> None:
    said = write("claim_letter", *NAME, "-o", f"a.{suffix}", "--lang", "zh")
    again = write("claim_letter", *NAME, "-o", f"a.{suffix}", "--lang", "zh")
    forced = write("claim_letter", *NAME, "-o", f"a.{suffix}", "--force", "--quiet")

    assert (said.code, said.out) == (0, "")
    assert f"已写到 a.{suffix}，只有你自己能打开。" in said.err
    assert stat.S_IMODE((tmp_path / f"a.{suffix}").stat().st_mode) == 0o600
    assert again.code == 2
    assert "没有动它" in again.err
    assert (forced.code, forced.out, forced.err) == (0, "", "")


def test_a_kept_letter_is_an_entry_of_the_case(write: Command, command: Command) -> None:
    said = write("claim_letter", *NAME, "-o", "a.md", "--keep", "--json")

    found = json.loads(said.out)
    assert (found["file"], found["seq"], found["language"]) == ("a.md", 6, "zh")
    logged = [json.loads(line) for line in command("log", found["case"], "--json").out.splitlines()]
    assert (logged[-1]["name"], logged[-1]["type"]) == ("a.md", "letter")


def test_programs_get_lines_and_objects(write: Command) -> None:
    rows = [json.loads(line) for line in write("--json").out.splitlines()]
    text = json.loads(write("claim_letter", *NAME, "--json").out)
    error = json.loads(write("claim_letter", "--json").err)

    assert [(row["document"], row["fits"], row["ready"]) for row in rows] == [
        ("claim_letter", True, False), ("thanks", False, False),
    ]  # fmt: skip
    assert {"markdown", "plain", "blocks", "basis", "notes", "length", "limit", "left_out", "tone"} <= set(text)
    assert (error["error"], [p["field"] for p in error["problems"]]) == ("bad_input", ["my_name"])


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("clam_letter",), 4, "claim_letter"),
        (("claim_letter", *NAME, "-o", "a.odt"), 2, ".pdf .md .docx .txt"),
        (("claim_letter", *NAME, "--keep"), 2, "-o FILE"),
        (("-o", "a.pdf"), 2, "DOCUMENT"),
        (("claim_letter", "--set", "my_name=王\U0010ffff", "-o", "a.pdf"), 2, "U+10FFFF"),
    ],
    ids=["letter", "format", "keep", "none", "character"],
)
def test_what_cannot_be_done_is_said_calmly(write: Command, tmp_path: Path, words: Any, code: int, told: str) -> None:
    said = write(*words)

    assert (said.code, said.out) == (code, "")
    assert told in said.err
    assert "Traceback" not in said.err
    assert not list(tmp_path.glob("a.*"))


def test_without_the_extra_the_command_that_installs_it_is_named(write: Command, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    for name in ("typst", "docx"):
        (hidden / f"{name}.py").write_text("raise ImportError")
    path = f"{hidden}:{Path(__file__).parents[2]}"

    for suffix, extra in (("pdf", "escalation[pdf]"), ("docx", "escalation[docx]")):
        said = write("claim_letter", *NAME, "-o", f"a.{suffix}", "--lang", "zh", env={"PYTHONPATH": path})
        assert said.code == 2
        assert f"pip install '{extra}'" in said.err
        assert ".md" in said.err
    assert write("claim_letter", *NAME, "-o", "a.md", env={"PYTHONPATH": path}).code == 0


def test_a_template_with_a_slip_is_told_by_the_check(command: Command, tmp_path: Path) -> None:
    file = procedure_with_letters(tmp_path / "mine")
    claim = tmp_path / "mine" / "templates" / "claim.md"
    claim.write_text(claim.read_text("utf-8").replace("{{ loss |", "{{ los |"), "utf-8")

    said = command("procedure", "check", str(file), "--json")
    (finding,) = json.loads(said.out)["findings"]
    assert said.code == 6
    assert (Path(finding["file"]).name, finding["meant"]) == ("claim.md", "loss")
    assert finding["line"] == 19
