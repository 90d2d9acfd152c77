"""What people read: real data in both languages, within 80 cells, hostile text harmless, nothing left out."""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from escalation import open_store
from escalation.cli.human import KINDS
from escalation.cli.human_page import Page, wrapped
from escalation.cli.human_words import last_day
from escalation.cli.output import Output
from escalation.definitions import checked
from escalation.errors import BadInput, FieldProblem, NotFound, Refused
from states.errors import ProcedureError
from states.library import load

PROCEDURE = Path(__file__).parents[1] / "procedures" / "parcel-dispute.yaml"
HOSTILE = "[bold red]x[/]\u202e\x1b[31m"
HARMLESS = r"[bold red]x[/]\u202e\x1b[31m"
LANGUAGES = ("zh", "en")
ADVICE = {"zh": "不是法律意见", "en": "not legal advice"}


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Told:
    """A store with one case, and what is printed about it."""

    def __init__(self, path: Path, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.path, self.lang, self.capsys = path, lang, capsys
        with self.desk("2026-09-20T10:00") as desk:
            self.case = desk.open(PROCEDURE.as_posix(), title=HOSTILE)
            self.titles = desk.titles(self.case)

    def desk(self, now: str) -> Any:
        return open_store(self.path, now=now, lang=self.lang)

    def out(self, **options: Any) -> Output:
        return Output(**{"json": False, "quiet": False, "color": True, "lang": self.lang, **options})

    def said(self, kind: str, data: Any, **extra: Any) -> str:
        self.capsys.readouterr()
        self.out().emit(kind, data, **{"titles": self.titles, **extra})
        return self.capsys.readouterr().out

    def claim(self) -> None:
        """The case as it is once the claim was sent."""
        waybill = self.path.parent / "waybill.txt"
        waybill.write_text("x")
        with self.desk("2026-09-20T11:00") as desk:
            desk.attach(self.case, waybill, item="evidence.waybill")
            desk.done(self.case, "evidence.waybill")
            desk.done(self.case, "evidence.photos")
            desk.follow_up(self.case, "add", due="2026-09-25", text=HOSTILE, every="2 weeks")
            desk.record(self.case, "claim_sent", {"channel": "app", "amount": "300"}, note="一行\n二行")


@pytest.fixture
def told(tmp_path: Path, lang: str, capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(tmp_path / "cases.db", lang, capsys)


def fits(text: str) -> bool:
    """Whether every line stays within 80 cells, and no line could act on a terminal."""
    lines = text.splitlines()
    return all(cell_len(line) <= 80 for line in lines) and not any(
        unicodedata.category(c) in ("Cc", "Cf") for line in lines for c in line
    )


def test_next_says_first_what_to_do(told: Told) -> None:
    with told.desk("2026-09-20T10:00") as desk:
        text = told.said("next", desk.next(told.case))

    assert fits(text)
    assert {"zh": "运单", "en": "Waybill"}[told.lang] in text.splitlines()[0]
    assert {"zh": "证明寄过", "en": "Shows it was sent"}[told.lang] in text
    assert f"escalation done {told.case} evidence.waybill" in " ".join(text.split())
    assert HARMLESS in text
    assert ADVICE[told.lang] in text


def test_next_says_whom_we_wait_for_until_when_and_what_then(told: Told) -> None:
    told.claim()
    with told.desk("2026-09-20T12:00") as desk:
        text = told.said("next", desk.next(told.case))

    assert fits(text)
    expected = {
        "zh": [
            "等快递公司答复",
            "9月28日 周一",
            "还有 8 天",
            "9月27日 周日",
            "快递暂行条例",
            "第 27 条",
            "读过原文",
            "逾期未答复",
        ],
        "en": [
            "Courier",
            "Mon 28 Sep",
            "in 8 days",
            "Sun 27 Sep",
            "Express rules",
            "article 27",
            "in force",
            "No answer",
        ],
    }[told.lang]
    assert [each for each in expected if each not in text] == []


def test_next_says_what_is_overdue_by_sign_and_word(told: Told) -> None:
    told.claim()
    with told.desk("2026-10-08T12:00") as desk:
        desk.record(told.case, "court_papers_received", at="2026-09-21")
        text = told.said("next", desk.next(told.case))

    assert fits(text)
    assert {"zh": "!! 逾期", "en": "!! overdue"}[told.lang] in text


def test_show_list_due_and_log_fit_and_name_what_matters(told: Told) -> None:
    told.claim()
    with told.desk("2026-09-22T12:00") as desk:
        desk.amend(told.case, 6, data={"amount": "900"})
        pages = {
            "show": told.said("show", desk.show(told.case, all_deadlines=True)),
            "list": told.said("list", iter([desk.show(told.case)]), titles_of=desk.titles),
            "due": told.said("due", desk.due("2w"), today="2026-09-22"),
            "log": told.said("log", desk.log(told.case)),
            "next_all": told.said("next_all", desk.next_of_all(), cases=1),
            "verify": told.said("verify", desk.verify()),
        }

    assert [kind for kind, text in pages.items() if not fits(text)] == []
    assert all(told.case in pages[kind] for kind in ("show", "list", "due", "next_all", "verify"))
    assert HARMLESS in pages["show"]
    assert HARMLESS in pages["log"]
    assert {"zh": "等待答复", "en": "Waiting"}[told.lang] in pages["show"]
    assert "offer_made" in pages["show"]
    assert {"zh": "已更正", "en": "corrected"}[told.lang] in pages["log"]
    assert "900.00" in pages["log"]
    assert {"zh": "法规", "en": "statute"}[told.lang] in pages["due"]
    assert {"zh": "9月28日 周一", "en": "Mon 28 Sep"}[told.lang] in pages["list"]


def test_what_was_just_written_is_said_in_a_few_lines(told: Told) -> None:
    told.claim()
    with told.desk("2026-09-22T12:00") as desk:
        data = desk.record(told.case, "offer_made", {"amount": "100"})
        text = told.said("recorded", data, next=desk.next(told.case))

    assert fits(text)
    assert len(text.splitlines()) <= 5
    assert f"{data['seq']}" in text.splitlines()[0]
    assert {"zh": "被拒", "en": "Refused"}[told.lang] in text


def test_opening_ends_on_the_first_thing_to_do(told: Told) -> None:
    with told.desk("2026-09-20T10:00") as desk:
        text = told.said("opened", {"case": told.case}, next=desk.next(told.case))

    assert fits(text)
    assert told.case in text.splitlines()[0]
    assert {"zh": "运单", "en": "Waybill"}[told.lang] in text


def test_why_deadline_counts_line_by_line(told: Told) -> None:
    told.claim()
    with told.desk("2026-09-24T10:00") as desk:
        desk.record(told.case, "papers_requested")
        paused = told.said("why_deadline", desk.why_deadline(told.case, "answer"))
    with told.desk("2026-09-29T10:00") as desk:
        desk.record(told.case, "papers_sent")
        desk.record(told.case, "extension_notified")
        text = told.said("why_deadline", desk.why_deadline(told.case, "answer"))

    assert fits(paused + text)
    expected = {
        "zh": ["1.", "通知延期", "从 7 天延长到 15 天", "要求补材料", "已补材料", "第 27 条", "当天之内都算按时"],
        "en": [
            "1.",
            "Extension notified",
            "15 days instead of 7 days",
            "Papers requested",
            "Papers sent",
            "article 27",
            "in time",
        ],
    }[told.lang]
    flat = " ".join(text.split())
    assert [each for each in expected if each not in (flat if told.lang == "en" else text.replace("\n    ", ""))] == []
    assert {"zh": "假如现在就继续", "en": "If it resumed now"}[told.lang] in paused


@pytest.mark.parametrize(("status", "expected"), [("running", True), ("missed", False)])
def test_what_ran_out_at_an_hour_is_not_still_to_be_done_before_it(told: Told, status: str, expected: bool) -> None:
    page = Page(told.out(), {"today": "2026-03-03"})
    (line,) = last_day(page, {"due": None, "lapses_at": "2026-03-03T01:00:00+08:00", "status": status})

    assert "01:00" in line
    assert (line.startswith("before") or line.endswith("之前")) is expected


def test_why_deadline_names_holidays_and_make_up_days(told: Told) -> None:
    data = {
        "case": told.case, "as_of": "2026-09-18T10:00:00+08:00", "party": "x", "basis": None,
        "deadline": {"id": "d", "title": "T", "owed_by": "me", "status": "running", "due": "2026-10-10",
                     "lapses_at": "2026-10-11T00:00:00+08:00", "provisional": True, "other_reading": None},
        "lines": [
            {"kind": "counted", "from": "2026-09-18", "rest": 9, "unit": "working days", "to": "2026-10-10",
             "off": [["2026-09-19", None], ["2026-09-25", "中秋节"], ["2026-09-26", "中秋节"]],
             "made_up": ["2026-09-20"]},
            {"kind": "lapses", "due": "2026-10-10", "at": "2026-10-11T00:00:00+08:00", "provisional": True},
        ],
    }  # fmt: skip
    text = told.said("why_deadline", data)

    assert fits(text)
    expected = {
        "zh": ["9 个工作日", "中秋节 9月25日 周五 至 9月26日 周六", "周末 1 天", "9月20日 周日", "暂定"],
        "en": [
            "9 working days",
            "Mid-Autumn Festival Fri 25 Sep to Sat 26 Sep",
            "1 day of a weekend",
            "Sun 20 Sep",
            "Provisional",
        ],
    }[told.lang]
    assert [each for each in expected if each not in " ".join(text.split())] == []


def test_why_event_and_forecast(told: Told) -> None:
    with told.desk("2026-09-20T10:00") as desk:
        lacks = told.said("why_event", desk.why_event(told.case, "claim_sent"))
        absent = told.said("why_event", desk.why_event(told.case, "decided"))
        clock = told.said("why_event", desk.why_event(told.case, "no_answer"))
    told.claim()
    with told.desk("2026-09-20T12:00") as desk:
        ahead = told.said("forecast", desk.forecast(told.case))

    assert fits(lacks + absent + clock + ahead)
    assert {"zh": "照片", "en": "Photos"}[told.lang] in lacks
    assert {"zh": "申诉中", "en": "Complaint"}[told.lang] in absent
    assert {"zh": "自动", "en": "by itself"}[told.lang] in clock
    assert {"zh": "被拒", "en": "Refused"}[told.lang] in ahead


def test_a_preview_shows_both_sides_and_how_to_accept(told: Told) -> None:
    told.claim()
    with told.desk("2026-12-12T10:00") as desk:
        desk.record(told.case, "complained")
        text = told.said(
            "preview", desk.record(told.case, "offer_made", {"amount": "300"}, at="2026-09-22", preview=True)
        )

    assert fits(text)
    expected = {
        "zh": ["只是预览", "申诉中", "已解决", "逾期未答复", "已申诉", "--accept 7"],
        "en": ["A preview", "Complaint", "Settled", "No answer", "Complained", "--accept 7"],
    }[told.lang]
    assert [each for each in expected if each not in " ".join(text.split())] == []


def test_procedures_checks_and_calendars(told: Told, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(PROCEDURE.read_text().replace("initial: drafting", "initial: draftin"), encoding="utf-8")
    with told.desk("2026-09-20T10:00") as desk:
        pages = {
            "procedure_list": told.said("procedure_list", desk.procedures()),
            "procedure_show": told.said("procedure_show", desk.procedure(PROCEDURE.as_posix())),
            "check": told.said("check", checked(PROCEDURE, [], "2026-11-22", told.lang)),
            "calendar_list": told.said("calendar_list", desk.calendars()),
            "calendar_year": told.said("calendar_year", desk.calendar_year(2026)),
            "calendar_later": told.said("calendar_year", desk.calendar_year(2027)),
        }
    wrong = told.said("check", {**checked(bad, [], "2026-11-22", told.lang), "file": "bad.yaml"})

    assert [kind for kind, text in pages.items() if not fits(text)] == []
    assert {"zh": "读过原文", "en": "in force"}[told.lang] in pages["procedure_show"]
    assert "14+" in pages["calendar_year"]
    assert {"zh": "调休上班", "en": "make-up working day"}[told.lang] in pages["calendar_year"]
    assert {"zh": "春节", "en": "Spring Festival"}[told.lang] in pages["calendar_year"]
    assert {"zh": "暂定", "en": "provisional"}[told.lang] in pages["calendar_later"]
    assert "draftin" in wrong
    assert "!!" in wrong


DEFINITION = {"id": "a", "version": "1", "hash": "f" * 64}
SKIPPED = {"case": "b2", "problems": [{"field": "at", "value": "x", "expected": "instant", "line": 7}]}
STORIES = [
    {"id": "a", "title": "静默", "passed": True, "mismatches": []},
    {"id": "b", "title": None, "passed": False, "mismatches": [{"line": 3, "expected": "x", "found": {"a": 1}}]},
]
MOVED = {"id": "answer", "due_before": "2026-01-02", "due_after": None, "lapses_before": None, "lapses_after": None}
LIVE = [
    {"case": "k3", "title": HOSTILE, "possible": True, "states": ["x"], "conflicts": [{"seq": 1}], "moved": [MOVED]},
    {"case": "k4", "title": "t", "possible": False, "states": ["gone"], "conflicts": [], "moved": []},
]
CHANGED = {"key": "states.x", "before": "7 days", "after": None}
OTHER: list[tuple[str, Any, list[str]]] = [
    (
        "imported",
        {"cases": [{"key": "a1", "case": "k3f9", "head": 4}], "entries": 4, "skipped": [SKIPPED]},
        ["a1", "b2", "7", "x"],
    ),
    ("imported", {"cases": 3, "entries": 9, "skipped": []}, ["3", "9"]),
    (
        "test",
        {"procedure": "p", "stories": STORIES, "coverage": {"taken": 3, "of": 9, "missing": ["a -> b"]}},
        ["静默", "!! b", '{"a":1}', "a -> b", "9"],
    ),
    ("test", {"procedure": "p", "stories": [], "coverage": None}, ["p"]),
    (
        "diff",
        {"from": DEFINITION, "to": {**DEFINITION, "version": "2"}, "changes": [CHANGED], "cases": LIVE},
        ["states.x", "7 days", HARMLESS, "gone", "answer"],
    ),
    ("diff", {"from": DEFINITION, "to": DEFINITION, "changes": [], "cases": []}, ["a 1"]),
    ("installed", {**DEFINITION, "title": HOSTILE, "warnings": 1}, [HARMLESS, "escalation open a"]),
    ("calendar_installed", {"file": "/x/CN-2027.toml", "calendars": []}, ["CN-2027.toml"]),
    ("list", iter(()), []),
    ("due", [], []),
    ("procedure_list", [], []),
    ("calendar_list", [], []),
    ("next_all", iter(()), []),
    ("verify", iter(()), []),
    ("draw", "+--+", ["+--+"]),
    ("schema", {"a": 1}, ['"a": 1']),
]


@pytest.mark.parametrize(("kind", "data", "facts"), OTHER, ids=[f"{i}-{kind}" for i, (kind, *_) in enumerate(OTHER)])
def test_other_answers(kind: str, data: Any, facts: list[str], lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    Output(json=False, quiet=False, color=True, lang=lang).emit(kind, data)
    text = capsys.readouterr().out

    assert fits(text)
    assert text.strip()
    assert [fact for fact in facts if fact not in text] == []


def test_a_migrated_case_is_said(told: Told) -> None:
    with told.desk("2026-09-20T10:00") as desk:
        text = told.said("migrated", {**desk.show(told.case), "seq": 2})

    assert fits(text)
    assert "parcel-dispute" in text


def test_every_kind_is_a_function_of_a_page_and_data() -> None:
    assert {"show", "next", "due", "preview", "check", "calendar_year"} <= KINDS.keys()


def test_colour_comes_with_a_terminal_and_changes_no_word(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.claim()
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    with told.desk("2026-10-28T12:00") as desk:
        data = desk.next(told.case)
    plain = told.said("next", data)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda self: True)
    coloured = told.said("next", data)
    monkeypatch.setenv("NO_COLOR", "1")
    refused = told.said("next", data)

    assert "\x1b[" in coloured
    assert plain == refused
    from rich.text import Text

    assert plain == Text.from_ansi(coloured).plain.rstrip("\n") + "\n"
    assert HARMLESS in plain


def test_quiet_leaves_the_result_only(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    with told.desk("2026-09-20T10:00") as desk:
        data = desk.next(told.case)
    out = told.out(quiet=True)
    out.emit("next", data, titles=told.titles)
    out.message("written", file="x")
    found = capsys.readouterr()

    assert ADVICE[told.lang] not in found.out
    assert found.err == ""


def test_json_is_one_object_a_line(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    with told.desk("2026-09-20T10:00") as desk:
        data = desk.show(told.case)
    out = told.out(json=True)
    out.emit("show", data)
    out.emit("lines", (data for _ in range(2)))
    out.raw("+--+", kind="drawing", format="text")
    *shown, drawn = capsys.readouterr().out.splitlines()

    assert [data] * 3 == [json.loads(line) for line in shown]
    assert json.loads(drawn) == {"drawing": "+--+", "format": "text"}


@pytest.mark.parametrize("in_json", [True, False])
def test_errors_go_to_standard_error_with_their_exit_code(
    told: Told, in_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    out = told.out(json=in_json)
    with told.desk("2026-09-20T10:00") as desk, pytest.raises(Refused) as refused:
        desk.record(told.case, "claim_sent", {"channel": "app", "amount": "300"})
    capsys.readouterr()
    codes = [
        out.error(refused.value, told.titles),
        out.error(BadInput(FieldProblem("at", "x", "instant"))),
        out.error(NotFound("case", "k", None, ("k1", "k2"))),
    ]
    found = capsys.readouterr()

    assert codes == [3, 2, 4]
    assert found.out == ""
    if in_json:
        bodies = [json.loads(line) for line in found.err.splitlines()]
        assert [body["error"] for body in bodies] == ["refused", "bad_input", "not_found"]
        assert all(body["message"] for body in bodies)
        assert {"waybill", "photos"} == set(bodies[0]["missing"][0]["checklists"]["evidence"])
    else:
        assert {"zh": "照片", "en": "Photos"}[told.lang] in found.err


def test_a_broken_procedure_is_told_with_all_its_problems(
    tmp_path: Path, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(PROCEDURE.read_text().replace("to: settled, when", "too: settled, when"), encoding="utf-8")
    with pytest.raises(ProcedureError) as broken:
        load(bad)
    code = Output(json=True, quiet=False, color=False, lang=lang).error(broken.value)
    body = json.loads(capsys.readouterr().err)

    assert code == 6
    assert body["error"] == "procedure"
    keys = {"code", "severity", "file", "line", "column", "key", "expected", "found", "meant", "message"}
    assert keys == set(body["problems"][0])
    assert "too" in body["problems"][0]["message"]


def test_lines_break_as_chinese_and_english_do() -> None:
    def lines(text: str, width: int) -> list[str]:
        return [text[a:b] for a, b in wrapped(text, width, width)]

    assert lines("等待答复的期限。", 8) == ["等待答复", "的期限。"]
    assert lines("等待答复。", 8) == ["等待答", "复。"]
    assert lines("看看看（证据）", 8) == ["看看看", "（证据）"]
    assert lines("one two three", 8) == ["one two", "three"]
    assert lines("abcdefghij", 8) == ["abcdefgh", "ij"]
    assert lines("", 8) == [""]
