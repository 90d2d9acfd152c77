"""Every sentence exists in both languages, and every error says what happened, what was not done, what to do."""

from __future__ import annotations

import ast
import string
import tomllib
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from escalation.core.snapshot import Inapplicable, Missing, Reason, Refusal
from escalation.errors import (
    BadInput,
    CalendarDamaged,
    CaseMoved,
    ConfigError,
    Damaged,
    DefinitionDamaged,
    DeliveryFailed,
    EscalationError,
    FieldProblem,
    ImportStopped,
    NotFound,
    Refused,
    StoreBroken,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreReadOnly,
    StoreTooNew,
    StoreUnsure,
    Unmapped,
    WouldConflict,
)
from escalation.wording import error_lines, visible, wording
from states.errors import Finding, ProcedureError

PACKAGE = Path(__file__).parents[2] / "escalation"
LANGUAGES = ("zh", "en")
TITLES = {
    "state": {"waiting": "等待答复", "settled": "已解决"},
    "event": {"offer_made": "给出赔付", "complained": "已申诉"},
    "fact": {"loss": "损失金额", "offered": "赔付金额"},
    "checklist": {"evidence": "证据"},
    "item": {"evidence.photos": "照片"},
    "track": {"court": "诉讼"},
}


def sentences(lang: str) -> dict[str, str | dict[str, str]]:
    table = tomllib.loads((PACKAGE / "wording" / f"{lang}.toml").read_text("utf-8"))
    return {f"{section}.{key}": said for section, each in table.items() for key, said in each.items()}


def calls(name: str, files: str = "**/*.py", at: int = 0, keyword: str | None = None) -> Iterator[str]:
    """The strings given as one argument to calls of `name`, also by way of a variable or a condition."""
    for path in PACKAGE.glob(files):
        tree = ast.parse(path.read_text("utf-8"))
        for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
            called = getattr(call.func, "id", getattr(call.func, "attr", None))
            if called != name:
                continue
            given = [k.value for k in call.keywords if k.arg == keyword] + call.args[at : at + 1]
            for value in given[:1]:
                yield from _strings(value, tree)


def _strings(value: ast.expr, tree: ast.Module) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _strings(value.body, tree)
        yield from _strings(value.orelse, tree)
    elif isinstance(value, ast.Name):
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Name) else []
            if isinstance(node, ast.Assign) and any(getattr(t, "id", None) == value.id for t in targets):
                yield from _strings(node.value, tree)


def test_both_languages_have_the_same_keys() -> None:
    zh, en = sentences("zh"), sentences("en")

    assert zh.keys() == en.keys()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_needs_a_fact_to_be_said(lang: str) -> None:
    said = wording(lang)
    for key, value in sentences(lang).items():
        assert isinstance(value, str) or set(value) == {"one", "other"}, key
        assert "{" not in said.say(key)
        assert "{" not in said.say(key, n=1)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_facts_are_plain_names(lang: str) -> None:
    for key, value in sentences(lang).items():
        for text in [value] if isinstance(value, str) else value.values():
            for _, name, spec, conversion in string.Formatter().parse(text):
                assert name is None or name.isidentifier(), key
                assert not spec, key
                assert not conversion, key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_character_has_one_width_in_every_terminal(lang: str) -> None:
    text = "".join(v if isinstance(v, str) else "".join(v.values()) for v in sentences(lang).values())

    assert {c for c in text if unicodedata.east_asian_width(c) == "A"} == set()


def test_chinese_is_calm() -> None:
    text = "".join(v if isinstance(v, str) else "".join(v.values()) for v in sentences("zh").values())

    assert "！" not in text
    assert "您" not in text


@pytest.mark.parametrize(
    ("name", "section", "at", "keyword"),
    [
        ("FieldProblem", "expected", 2, "expected"),
        ("Wrong", "expected", 0, "expected"),
        ("wrong", "expected", 1, "expected"),
        ("NotFound", "not_found", 0, "what"),
        ("Step", "line", 0, "kind"),
        ("message", "message", 0, "key"),
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_the_code_names_has_a_sentence(lang: str, name: str, section: str, at: int, keyword: str) -> None:
    found = set(calls(name, at=at, keyword=keyword))
    said = wording(lang)

    assert found
    assert {key for key in found if not said.has(f"{section}.{key}")} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_key_the_pages_ask_for_exists(lang: str) -> None:
    found = set(calls("say", "cli/human*.py")) | set(calls("say", "wording/*.py"))
    said = wording(lang)

    assert len(found) > 100
    assert {key for key in found if not said.has(key)} == set()


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("zh", ["12月8日 周二", "2027年1月8日 周五", "12月8日 周二 09:00", "15 个工作日", "现行规定，读过原文"]),
        ("en", ["Tue 8 Dec", "Fri 8 Jan 2027", "Tue 8 Dec, 09:00", "15 working days", "in force, read in the text"]),
    ],
)
def test_days_lengths_and_fixed_words(lang: str, expected: list[str]) -> None:
    said = wording(lang)

    assert expected == [
        said.day("2026-12-08"),
        said.day("2027-01-08", "2026-11-22"),
        said.instant("2026-12-08T09:00:00+08:00"),
        said.length("15 working days"),
        said.certainty("statute"),
    ]


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("zh", ["已过 3 天", "已过 1 天", "今天", "明天", "还有 5 天"]),
        ("en", ["3 days ago", "yesterday", "today", "tomorrow", "in 5 days"]),
    ],
)
def test_days_left(lang: str, expected: list[str]) -> None:
    assert expected == [wording(lang).days_left(n) for n in (-3, -1, 0, 1, 5)]


def test_one_day_is_not_days() -> None:
    said = wording("en")

    assert said.length("1 days") == "1 day"
    assert said.length("2 day") == "2 days"
    assert said.length("none") == "no deadline"
    assert said.length("soonish") == "soonish"


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("facts.offered >= facts.loss", "赔付金额 不低于 损失金额", "赔付金额 is at least 损失金额"),
        ("not checklists.evidence", "清单「证据」没齐", 'checklist "证据" is not complete'),
        ("tracks.court == 'waiting'", "「诉讼」走到的状态 是 等待答复", 'the state of "诉讼" is 等待答复'),
        (
            "case.visits.waiting < 3 and facts.loss in [1, 2]",
            "到过「等待答复」的次数 小于 3 并且 损失金额 是 1、2 之一",
            'times in "等待答复" is less than 3 and 损失金额 is one of 1, 2',
        ),
        ("facts.loss * 2 > 1", "损失金额 * 2 大于 1", "损失金额 * 2 is more than 1"),
        ("not a sentence (", "not a sentence (", "not a sentence ("),
    ],
)
def test_a_guard_is_said_with_the_names_people_know(text: str, zh: str, en: str) -> None:
    assert [zh, en] == [wording(lang).expression(text, TITLES) for lang in LANGUAGES]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_expression_of_any_shape_is_said(lang: str) -> None:
    for text in (
        "a.b().c",
        "lambda: 1",
        "x[0]",
        "1 if a else 2",
        "(a > 1) == b",
        "-facts.x < 0",
        "a < b < c",
        "~a",
        "{}",
    ):
        assert wording(lang).expression(text, TITLES)


REFUSAL = Refusal(
    event="offer_made",
    at=datetime(2026, 11, 22, tzinfo=UTC),
    states={"main": "waiting", "court": "served"},
    missing=(
        Missing(
            track="main",
            state="waiting",
            to="settled",
            checklists={"evidence": ("photos",)},
            when="facts.offered >= facts.loss",
            why=(
                Reason(text="facts.offered >= facts.loss", left="200.00", right="300.00"),
                Reason(text="facts.loss > 1", unset=("facts.loss",), right="1"),
            ),
        ),
    ),
    possible=("complained",),
)
LOST = Refusal(
    event="migrate", at=REFUSAL.at, states={"main": "waiting"}, possible=(),
    missing=(Missing(track="main", state="waiting", to="waiting", transition=False),),
)  # fmt: skip
FINDING = Finding("unknown-key", "error", "a.yaml", 3, 5, "states.x", {"found": "too", "expected": "to", "meant": "to"})
BELOW = FieldProblem("loss", "-1", "min", limit="0")


def stopped(**files: str) -> ImportStopped:
    """An import that stopped with a case of each fate."""
    lost = StoreError("postgresql://db/x", "server gone")
    error = ImportStopped(lost, [("a1", "k3f9", 2)], 2, [("b2", [BELOW]), (None, [BELOW])], ["c3"], [("d4", "k4aa")])
    error.rest, error.rest_unsure = files.get("rest"), files.get("unsure")
    return error


ERRORS: list[tuple[Exception, list[str]]] = [
    (Refused(REFUSAL), ["给出赔付", "等待答复", "诉讼", "已解决", "证据", "照片", "损失金额", "200.00", "300.00"]),
    (Refused(Refusal(event="x", at=REFUSAL.at, states={}, missing=(), possible=())), ["x"]),
    (Unmapped(Refused(LOST), "k3f9", "court", {"waiting": "wait"}), ["等待答复", "--to court --map waiting=wait"]),
    (BadInput(FieldProblem("at", "tomorow", "instant"), BELOW), ["--at", "tomorow", "损失金额", "0"]),
    (BadInput(FieldProblem("chanel", "app", "unknown", "channel", 7, "a, b")), ["7", "chanel", "channel", "a, b"]),
    (NotFound("event", "clam_sent", "claim_sent", ("claim_sent",)), ["clam_sent", "claim_sent"]),
    (NotFound("case", "k", None, ("k3f9", "k4aa")), ["k3f9", "k4aa"]),
    (NotFound("case", "k"), ["escalation demo"]),
    (WouldConflict((Inapplicable(seq=7, event="complained", missing=REFUSAL.missing),)), ["7", "已申诉", "--accept 7"]),
    (CaseMoved("k3f9", 5, 7), ["k3f9", "5", "7"]),
    (StoreError("/x/cases.db", "disk full"), ["/x/cases.db", "disk full"]),
    (StoreTooNew("/x/cases.db", "schema 9"), ["/x/cases.db", "schema 9"]),
    (StoreBusy("/x/cases.db", "locked"), ["/x/cases.db"]),
    (DeliveryFailed("exit code 7"), ["exit code 7"]),
    (DeliveryFailed("exit code 7", permanent=True), ["exit code 7", "escalation channel list"]),
    (StoreError("postgresql://db/x", "no such host"), ["postgresql://db/x", "no such host", ".pgpass"]),
    (StoreTooNew("postgresql://db/x", "schema 9"), ["postgresql://db/x", "schema 9"]),
    (StoreBusy("postgresql://db/x", "locked"), ["postgresql://db/x"]),
    (StoreUnsure("postgresql://db/x", "lost"), ["postgresql://db/x", "log"]),
    (StoreReadOnly("/x/cases.db", "odd"), ["/x/cases.db", "odd"]),
    (StoreBroken("/x/cases.db", "database disk image is malformed"), ["/x/cases.db", "escalation doctor"]),
    (StoreBroken("/x/a b", "x", "/b.tar.gz"), ["mv '/x/a b' '/x/a b.damaged'", "restore /b.tar.gz --store '/x/a b'"]),
    (stopped(rest="a b.jsonl", unsure="u.jsonl"), ["server gone", "import 'a b.jsonl'", "k4aa", "import u.jsonl"]),
    (stopped(), ["postgresql://db/x", "c3", "show k4aa"]),
    (Damaged("/x/cases.db", "odd"), ["/x/cases.db", "odd"]),
    (StoreDamaged("/x/cases.db", "k3f9", 4, "hash"), ["k3f9", "4"]),
    (StoreDamaged("/x/cases.db", "k3f9", 4, "entry"), ["k3f9", "4"]),
    (DefinitionDamaged("/x/cases.db", "0123456789abcdef", "missing"), ["/x/cases.db", "0123456789ab"]),
    (DefinitionDamaged("/x/cases.db", "01", "unreadable", "court-papers", "2"), ["court-papers", "2"]),
    (DefinitionDamaged("/x/cases.db", "01", "altered", "court-papers", "2"), ["court-papers", "2"]),
    (CalendarDamaged("/x/CN-2027.toml", ((3, "off", "is missing"), (None, "", "x"))), ["/x/CN-2027.toml", "3"]),
    (ConfigError("remind_at", "25:00", "HH:MM"), ["remind_at", "25:00", "HH:MM"]),
    (ProcedureError([FINDING]), ["a.yaml:3:5", "too", "to"]),
    (ValueError("odd"), ["odd"]),
]  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("error", "facts"), ERRORS, ids=lambda e: type(e).__name__)
def test_an_error_tells_what_it_knows(error: Exception, facts: list[str], lang: str) -> None:
    text = "\n".join(error_lines(error, lang, TITLES))

    assert [fact for fact in facts if fact not in text] == []
    assert "{" not in text
    assert "None" not in text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("error", "facts"), ERRORS, ids=lambda e: type(e).__name__)
def test_an_error_needs_no_titles(error: Exception, facts: list[str], lang: str) -> None:
    assert error_lines(error, lang)


def test_every_class_of_error_has_lines_of_its_own() -> None:
    def below(cls: type[EscalationError]) -> Iterator[type[EscalationError]]:
        for each in cls.__subclasses__():
            yield each
            yield from below(each)

    ours = {c for c in below(EscalationError) if c.__module__ == "escalation.errors"}

    assert ours <= {type(error) for error, _ in ERRORS}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("the following arguments are required: CASE", "还缺：CASE"),
        ("unrecognized arguments: --bogus", "不认识这些：--bogus"),
        (
            "argument --lang: invalid choice: 'fr' (choose from 'zh', 'en')",
            "--lang：没有「fr」这个选择。可以用的有：zh, en",
        ),
        ("argument --at: expected one argument", "--at 后面要跟一个值"),
        ("something else", "命令没有写对：something else"),
    ],
)
def test_what_the_parser_says_in_english_is_said_in_chinese(message: str, expected: str) -> None:
    class Usage(EscalationError):
        kind = "usage"
        usage = "usage: escalation show CASE\n"

    lines = error_lines(Usage(message), "zh")

    assert [expected, "用法：escalation show CASE"] == lines[:2]


def test_what_could_act_on_a_terminal_is_shown_instead() -> None:
    assert visible("[bold red]x[/]\u202e\x1b[31m\n") == r"[bold red]x[/]\u202e\x1b[31m\n"
    assert visible("花呗　a") == "花呗　a"
    assert visible("❤\ufe0f") == "❤"


def test_facts_of_a_sentence_are_made_visible_and_never_read_as_a_template() -> None:
    said = wording("en").say("message.written", file="\x1b[2J{0}{x.__class__}")

    assert said == r"Written to \x1b[2J{0}{x.__class__}"
