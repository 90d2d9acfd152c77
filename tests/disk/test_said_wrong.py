"""What was said wrongly, by a command or a program: named in the reader's language, with what may have been meant."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from escalation import Desk, open_store
from escalation.cli import run
from escalation.errors import BadInput, EscalationError, FieldProblem, NotFound
from escalation.wording import error_lines, wording
from escalation.wording.errors import reason_said

Program = Callable[..., tuple[int, str, str]]
BARE = """
procedure: bare
version: "1"
title: Bare
timezone: Asia/Shanghai
calendar: CN
initial: begun
stages: {all: {title: All}}
parties: {me: {title: Me}}
events: {ended: {title: Ended, by: me}}
states:
  begun: {stage: all, title: Begun, transitions: {ended: {to: over}}}
  over: {stage: all, title: Over, final: true, outcome: success}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_store(tmp_path / "cases.db", now="2026-03-14T10:00") as opened:
        yield opened


@pytest.fixture
def case(desk: Desk) -> str:
    return desk.open("court-papers", client="Wang", title="papers")


@pytest.fixture
def program(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Program:
    """The program in this process: code, standard output, standard error."""

    def ran(*words: str) -> tuple[int, str, str]:
        code = run([*words, "--store", str(tmp_path / "cases.db"), "--now", "2026-03-14T10:00"])
        said = capfd.readouterr()
        return code, said.out, said.err

    return ran


def raised(call: Callable[[], Any]) -> EscalationError:
    with pytest.raises(EscalationError) as found:
        call()
    return found.value


def told(call: Callable[[], Any], lang: str = "zh") -> str:
    return "\n".join(error_lines(raised(call), lang))


# -- the library ---------------------------------------------------------------------------------------


def test_a_format_that_there_is_not_is_refused_before_anything_is_read(desk: Desk, case: str) -> None:
    for call, near in (
        (lambda: desk.export("jsn"), "json"),
        (lambda: desk.export("pdf"), None),
        (lambda: desk.drawing("court-papers", "png"), None),
        (lambda: desk.drawing("court-papers", "svgg"), "svg"),
        (lambda: desk.find("", "opned"), "opened"),
        (lambda: desk.follow_up(case, "ad", due="2026-04-01", text="x"), "add"),
    ):
        error = raised(call)
        assert isinstance(error, BadInput)
        assert ("choice", near) == (error.problems[0].expected, error.problems[0].meant)


@pytest.mark.parametrize("now", [datetime(2026, 3, 14), 20260314], ids=["naive", "number"])  # noqa: DTZ001
def test_a_present_without_a_zone_is_bad_input(tmp_path: Path, now: Any) -> None:
    error = raised(lambda: open_store(tmp_path / "cases.db", now=now))

    assert "now" in str(error)
    assert isinstance(error, BadInput)


def test_values_of_the_wrong_kind_are_bad_input_and_nothing_is_written(desk: Desk, case: str) -> None:
    wrong: Any = 20260314
    words: Any = "x"
    for call, field in (
        (lambda: desk.note(case, "x", at=wrong), "at"),
        (lambda: desk.show(case, as_of=wrong), "as_of"),
        (lambda: desk.due(wrong), "within"),
        (lambda: desk.simulate("court-papers", cases=words), "cases"),
        (lambda: desk.simulate("court-papers", cases=2, seed=words), "seed"),
        (lambda: desk.calendar_year(words), "year"),
    ):
        error = raised(call)
        assert isinstance(error, BadInput)
        assert field == error.problems[0].field

    assert desk.show(case)["head"] == 1


# -- filters ---------------------------------------------------------------------------------------------


def test_a_filter_that_names_what_no_procedure_has_says_so(desk: Desk, case: str) -> None:
    for call, expected in (
        (lambda: desk.cases(state="papers_arived"), ("state", "papers_arrived")),
        (lambda: desk.cases(stage="arival"), ("stage", "arrival")),
        (lambda: desk.due(owed_by="claiment"), ("party", "claimant")),
    ):
        error = raised(call)
        assert isinstance(error, NotFound)
        assert expected == (error.what, error.meant)


def test_a_filter_may_name_what_only_a_shipped_procedure_has(desk: Desk, case: str) -> None:
    assert list(desk.cases(state="complaint_filed")) == []
    assert desk.due(owed_by="lender") == []
    assert [case] == [each["case"] for each in desk.cases(stage="arrival")]


def test_a_name_that_no_case_bears_is_told_and_is_no_error(desk: Desk, case: str, program: Program) -> None:
    code, out, _ = program("list", "--client", "Nobody", "--lang", "zh")
    assert code == 0
    assert "没有哪个案件的当事人叫「Nobody」" in out
    code, out, _ = program("list", "--person", "X", "--lang", "en")
    assert code == 0
    assert 'Nobody called "X"' in out
    _, out, _ = program("list", "--client", "Wang", "--overdue", "--lang", "en")
    assert "Wang" not in out
    code, out, err = program("list", "--client", "Nobody", "--json")
    assert (code, out, err) == (0, "", "")


def test_the_list_says_days_as_everywhere_and_json_is_as_it_was(desk: Desk, program: Program) -> None:
    case = desk.open("court-papers", title="papers")
    desk.record(case, "papers_received", {"kind": "payment_order"})
    _, out, _ = program("list", "--lang", "zh")
    assert "3月29日 周日" in out
    assert "2026-" not in out
    _, out, _ = program("list", "--json")
    assert json.loads(out)["deadlines"][0]["due"] == "2026-03-29"


# -- the command line ----------------------------------------------------------------------------------------


def test_a_line_that_is_no_json_belongs_to_no_case(tmp_path: Path, program: Program) -> None:
    (tmp_path / "bad.txt").write_text("hello\n", "utf-8")
    code, out, _ = program("import", str(tmp_path / "bad.txt"), "--lang", "zh")

    assert code == 2
    assert "None" not in out
    assert "第 1 行：不是有效的 JSON" in out
    assert "malformed" not in out


def test_a_name_of_a_procedure_is_offered_that_can_be_one(program: Program) -> None:
    code, _, err = program("procedure", "new", "Bad Id", "--lang", "en")

    assert code == 4
    assert '"bad-id"' in err
    assert program("procedure", "new", "bad-id")[0] == 0


def test_facts_of_a_procedure_without_any_are_told_in_a_whole_sentence(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "bare.yaml").write_text(BARE, "utf-8")
    case = desk.open(str(tmp_path / "bare.yaml"))
    zh = told(lambda: desk.set_facts(case, {"zz": "1"}))

    assert "没有可以填的" in zh
    assert "可以用的有" not in zh


@pytest.mark.parametrize(
    ("words", "field"),
    [("list --limit=-1", "--limit"), ("list --limit x", "--limit"), ("calendar show abc", "year"),
     ("note k x --head x", "--head"), ("note k x --accept x", "--accept")],
)  # fmt: skip
def test_a_number_is_told_by_the_name_of_its_option(case: str, program: Program, words: str, field: str) -> None:
    code, _, err = program(*words.split(), "--lang", "en")

    assert code == 2
    assert field in err
    assert "number:" not in err


def test_an_export_replaces_a_file_only_by_force(tmp_path: Path, case: str, program: Program) -> None:
    there = tmp_path / "mine.csv"
    there.write_text("mine", "utf-8")
    code, _, err = program("export", "--all", "--format", "csv", "-o", str(there), "--lang", "en")
    bundle, _, _ = program("export", case, "--format", "bundle", "-o", str(there))

    assert (code, bundle) == (2, 2)
    assert "--force" in err
    assert there.read_text("utf-8") == "mine"
    assert program("export", "--all", "--format", "csv", "-o", str(there), "--force")[0] == 0
    assert case in there.read_text("utf-8")


def test_the_last_of_two_languages_is_spoken_throughout(case: str, program: Program) -> None:
    _, out, _ = program("--lang", "en", "list", "--lang", "zh")
    assert "文书到了" in out
    assert "状态" in out
    _, out, _ = program("--lang=zh", "list", "--lang=en")
    assert "Status" in out


# -- no English within Chinese ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [errno.ENOENT, errno.EACCES, errno.EEXIST, errno.ENOSPC, errno.EROFS, errno.EISDIR, errno.EBUSY, errno.EMFILE],
)
@pytest.mark.parametrize("expected", ["file", "new_file", "unwritable", "backup_unwritable"])
def test_what_the_system_says_is_said_in_chinese(number: int, expected: str) -> None:
    reason = os.strerror(number)
    (_, line) = error_lines(BadInput(FieldProblem("file", "/x", expected, limit=reason)), "zh")

    assert reason not in line
    assert line.isascii() is False


def test_a_backup_into_a_folder_that_is_not_there_says_so(desk: Desk, case: str, program: Program) -> None:
    _, _, err = program("backup", "/nowhere/at/all.tar.gz", "--lang", "zh")

    assert "没有这个文件，或者上一层文件夹不在" in err
    assert "No such" not in err


def test_what_is_wrong_with_a_calendar_file_is_a_sentence_and_nobody_wrote_it(tmp_path: Path, desk: Desk) -> None:
    file = tmp_path / "cal.toml"
    file.write_text(
        'calendar = "US"\nyear = 2027\nwrking = []\nurl = "x"\n'
        'off = [{from = 2027-02-05, to = 2027-02-01, name = "x"}, {from = 2026-02-05, to = 2026-02-06, name = ""},\n'
        '{from = 2027-06-05, to = 2027-06-06, name = "y"}, {from = "a", to = 2027-06-06, name = "y"}]\n'
        'working = [2027-01-04, 2027-01-09, 2027-01-09, 1]\n', "utf-8",
    )  # fmt: skip
    zh, en = (told(lambda: desk.install_calendar(file), lang) for lang in ("zh", "en"))

    assert "第 3 行 wrking：没有这一项，是不是想写「working」" in zh
    assert "source：缺这一项" in zh
    assert "你写的是" not in zh
    assert "you wrote" not in en
    assert "2027-01-04 不是周末" in zh
    told_lines = [line.partition("：")[2] for line in zh.splitlines()[1:]]
    assert [line for line in told_lines if not any("\u4e00" <= c <= "\u9fff" for c in line)] == []
    assert [line for line in told_lines if " is " in line or "must" in line] == []


def test_every_fault_that_reading_a_calendar_file_names_has_a_sentence() -> None:
    import ast

    import states.calendar_file as reading
    from escalation.wording.errors import _CALENDAR

    def as_said(text: ast.expr) -> str | None:
        """A message with a year where it has values; None for one that another place makes."""
        parts = text.values if isinstance(text, ast.JoinedStr) else [text]
        said = ""
        for part in parts:
            if isinstance(part, ast.Constant):
                said += str(part.value)
            elif not isinstance(part, ast.FormattedValue):
                return None
            elif "above" not in ast.unparse(part):
                said += "'x'" if part.conversion == ord("r") else "2027"
        return said

    tree = ast.parse(Path(str(reading.__file__)).read_text("utf-8"))
    made = (c for c in ast.walk(tree) if isinstance(c, ast.Call) and getattr(c.func, "id", "") == "FileProblem")
    faults = [*filter(None, (as_said(call.args[2]) for call in made)), *reading._KINDS.values()]
    faults = [each.replace("2027 2027", "2027 is before from, 2027") for each in faults]

    assert [fault for fault in faults if not any(pattern.fullmatch(fault) for _, pattern in _CALENDAR)] == []
    assert {f"calendar_file.{key}" for key, _ in _CALENDAR} <= set(wording("zh").sentences)


def test_yaml_that_cannot_be_read_is_explained_in_chinese(tmp_path: Path, program: Program) -> None:
    for text, part in (
        ("a: b: c\n", "冒号"), ("a:\n\tb: 1\n", "Tab"), ("a: [1,\n b: 2\n", "没有收尾"), ("a: 'x\n", "引号没有收尾"),
        ("a: @b\n", "引号"),
    ):  # fmt: skip
        (tmp_path / "x.yaml").write_text(text, "utf-8")
        _, out, _ = program("procedure", "check", str(tmp_path / "x.yaml"), "--lang", "zh")

        assert part in out
        assert "while" not in out
        assert "found" not in out


def test_what_a_service_said_is_quoted_and_not_called_nothing() -> None:
    said = reason_said("the service did not take it: There are no topics", wording("zh"))

    assert "没说原因" not in said
    assert "「There are no topics」" in said
    assert "没说原因" in reason_said("the service did not take it: ", wording("zh"))
    assert not reason_said("the service did not take it: ", wording("zh")).endswith("：")


def test_choices_that_a_title_lists_are_its_choices_and_not_its_name(tmp_path: Path) -> None:
    with open_store(tmp_path / "zh.db", now="2026-03-14T10:00", lang="zh") as desk:
        case = desk.open("court-papers")
        titles = desk.titles(case)
        (event,) = [each for each in desk.events(case) if each["event"] == "papers_received"]

    assert "哪一种" == titles["ask"]["papers_received.kind"] == event["asks"]["kind"]["title"]
    assert titles["choice"]["papers_received.kind=suit"] == "起诉"
    assert titles["choice"]["papers_received.kind=payment_order"] == "支付令"


def test_brackets_that_list_something_else_stay(tmp_path: Path) -> None:
    with open_store(tmp_path / "zh.db", now="2026-03-14T10:00", lang="zh") as desk:
        titles = desk.titles(desk.open("court-papers"))

    assert titles["event"]["papers_received"] == "收到文书（发生时间写送达那天）"
    listed = [title for titles in (titles["ask"], titles["fact"]) for title in titles.values() if "_" in title]
    assert listed == []
