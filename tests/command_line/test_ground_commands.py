"""`ground`, `trust` and `calm` as a person and a script meet them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Command = Callable[..., Any]
AT = ("--now", "2026-11-22T10:00")


def opened(command: Command, *facts: str) -> str:
    return str(command(*AT, "open", "alipay-repayment", *(["--set", *facts] if facts else [])).out.strip())


def test_a_case_gets_the_nearest_page_in_full_and_the_others_by_name(command: Command) -> None:
    case = opened(command)
    found = command(*AT, "--lang", "zh", "ground", case)

    assert (found.code, found.err) == (0, "")
    assert "先看清对方是谁" in found.out
    assert "依据：《银行业保险业消费投诉处理管理办法》" in found.out
    assert "现行规定，读过原文" in found.out.replace("\n", "")  # wherever the line ends
    assert "（standard-terms）" in found.out
    assert "不是法律意见" in found.out


def test_one_page_with_and_without_a_case(command: Command) -> None:
    case = opened(command)
    alone = command(*AT, "ground", "payment-order", "--json")
    of_case = command(*AT, "ground", case, "lender", "--json")

    assert json.loads(alone.out)["rests_on"][1]["article"] == "436"
    assert json.loads(of_case.out)["because"] == "state"


def test_pages_are_an_object_a_line_for_a_script(command: Command) -> None:
    lines = [json.loads(line) for line in command(*AT, "ground", "--json").out.splitlines()]

    assert len(lines) > 15
    assert list(lines[0]) == ["id", "title", "text", "until", "over", "because", "rests_on"]


def test_a_page_that_is_not_there(command: Command) -> None:
    case = opened(command)
    found = command(*AT, "ground", case, "lendre")

    assert found.code == 4
    assert '"lender"' in found.err


def test_the_contract_is_read_and_kept_when_asked_to(command: Command) -> None:
    case = opened(command)
    clauses = ("contract_principal=12000", "received_amount=11400", "respondent=bank")
    found = command(*AT, "ground", "contract", case, "--set", *clauses, "--keep")
    kept = json.loads(command(*AT, "show", case, "--json").out)["facts"]

    assert found.code == 0
    assert "!! against a rule" in found.out
    assert "600.00" in found.out
    assert "Civil Code, article 670" in found.out
    assert kept == {"respondent": "bank", "contract_principal": "12000.00", "received_amount": "11400.00"}


def test_a_contract_without_a_case_is_read_all_the_same(command: Command) -> None:
    found = command(*AT, "ground", "contract", "--set", "contract_rate=36", "respondent=bank", "--json")
    data = json.loads(found.out)

    assert data["case"] is None
    assert [f["finding"] for f in data["findings"]] == ["worth_asking"]
    assert command(*AT, "ground", "contract", "--keep").code == 2


def test_the_questions_before_a_complaint_begin_with_one_thing_to_do(command: Command) -> None:
    case = opened(command)
    found = command(*AT, "--lang", "zh", "ground", "reasonable", case)

    assert found.code == 0
    assert "先做这一件：先提一份方案" in found.out
    assert "[ ] 我的要求合理吗" in found.out


def test_a_third_party_is_checked_and_logged(command: Command) -> None:
    case = opened(command)
    found = command(*AT, "trust", case, "agent", "--answer", "fee_first=yes", "--name", "Some Firm", "--record")
    log = [json.loads(line) for line in command(*AT, "log", case, "--json").out.splitlines()]

    assert found.code == 0
    assert "!! walk away" in found.out
    assert "entry 2" in found.out
    assert (log[-1]["event"], log[-1]["data"]["name"]) == ("third_party_checked", "Some Firm")


def test_a_check_without_a_terminal_asks_nothing_and_says_what_is_open(command: Command) -> None:
    found = command(*AT, "trust", "court_message")

    assert found.code == 0
    assert "cannot tell yet" in found.out
    assert "(court_confirms)" in found.out


def at_a_terminal(tmp_path: Path, typed: bytes, *words: str) -> str:
    """What a person at a terminal sees, who types ahead."""
    master, slave = os.openpty()
    os.write(master, typed)
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "ESCALATION_STORE": str(tmp_path / "cases.db")}
    with subprocess.Popen(
        [sys.executable, "-m", "escalation", *words], stdin=slave, stdout=slave, stderr=slave, env=env
    ):
        os.close(slave)
        seen = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:  # nobody has the other end any more
                break
            if not piece:
                break
            seen += piece
    os.close(master)
    return seen.decode()


def test_at_a_terminal_the_questions_are_asked_one_by_one(tmp_path: Path) -> None:
    answers = "maybe\n是\n".encode() + b"n\n" * 8
    seen = at_a_terminal(tmp_path, answers, "--lang", "zh", "--no-color", *AT, "trust", "legal_aid")

    assert "1/9" in seen
    assert "9/9" in seen
    assert "请回答「是」或「否」" in seen
    assert "ok 看起来是真的" in seen
    assert "不等于一定是真的" in seen


def test_a_terminal_that_goes_away_in_the_middle_leaves_the_rest_open(tmp_path: Path) -> None:
    seen = at_a_terminal(tmp_path, b"y\nn\n\x04", "--lang", "en", "--no-color", *AT, "trust", "legal_aid")

    assert "cannot tell yet" in seen


def test_nothing_is_logged_without_a_case_and_a_name(command: Command) -> None:
    found = command(*AT, "--json", "trust", "agent", "--record")

    assert found.code == 2
    assert [p["field"] for p in json.loads(found.err)["problems"]] == ["case", "name"]


def test_the_kinds_that_can_be_checked(command: Command) -> None:
    found = command(*AT, "--lang", "zh", "trust")

    assert "律师（lawyer）" in found.out


def test_a_text_is_looked_over_gently(command: Command, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("您好。\n你们这群骗子！！！\n", "utf-8")
    found = command("--lang", "zh", "calm", "letter.txt")

    assert (found.code, found.err) == (0, "")
    assert "第 2 行第 1 个字" in found.out
    assert "不改也行" in found.out
    assert "没有存下来" in found.out


def test_a_text_from_windows_and_one_from_standard_input_are_read(command: Command, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_bytes("请免除全部本金".encode("gb18030"))
    windows = json.loads(command("--json", "calm", "letter.txt").out)
    piped = json.loads(command("--json", "calm", stdin="请在15日内答复。".encode()).out)

    assert [f["kind"] for f in windows["findings"]] == ["demand"]
    assert piped == {"calm": True, "findings": []}


def test_who_may_be_in_danger_is_told_whom_to_call_and_nothing_is_kept(command: Command, tmp_path: Path) -> None:
    found = command("--lang", "zh", "calm", stdin="你们这群混蛋，我不想活了".encode())

    assert found.code == 0
    assert "12356" in found.out
    assert "混蛋" not in found.out
    assert "不想活" not in found.out
    assert not (tmp_path / "cases.db").exists()


def test_a_file_that_is_not_there_or_is_none(command: Command, tmp_path: Path) -> None:
    assert command("calm", "nowhere.txt").code == 4
    assert command("calm", str(tmp_path)).code == 2


def test_control_characters_of_a_text_do_not_reach_the_terminal(command: Command) -> None:
    found = command("--lang", "zh", "calm", stdin="必须在\x1b[31m24小时".encode())

    assert "\x1b" not in found.out
    assert "\\x1b" in found.out


def test_a_word_that_is_neither_a_kind_nor_a_case_names_the_kinds_there_are(command: Command) -> None:
    case = opened(command)
    unknown = command(*AT, "--lang", "zh", "trust", "骗子")
    slip = command(*AT, "trust", "lawer", "--json")
    titled = command(*AT, "--lang", "zh", "trust", "律师", "--json")

    assert (unknown.code, slip.code, titled.code) == (4, 4, 0)
    assert "律师 (lawyer)" in unknown.err
    assert case not in unknown.err
    assert json.loads(slip.err)["meant"] == "A lawyer (lawyer)"
    assert json.loads(titled.out)["kind"] == "lawyer"


def test_a_word_that_is_neither_a_page_nor_a_case_names_the_pages_there_are(command: Command) -> None:
    opened(command)
    unknown = command(*AT, "--lang", "zh", "ground", "X")
    slip = command(*AT, "ground", "complant")
    titled = command(*AT, "--lang", "zh", "ground", "先看清对方是谁", "--json")

    assert (unknown.code, slip.code, titled.code) == (4, 4, 0)
    assert "(lender)" in unknown.err
    assert "(complaint)" in slip.err
    assert json.loads(titled.out)["id"] == "lender"
