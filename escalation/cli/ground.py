"""Commands about the ground one stands on: ground, trust, calm."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from escalation.cli.arguments import desk, naming, pairs
from escalation.cli.output import Output
from escalation.errors import BadInput, FieldProblem, NotFound
from states.errors import near_miss

if TYPE_CHECKING:
    from escalation.api import Desk


def build_ground(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument(
        "words", metavar="[CASE] [PAGE] | contract [CASE] | reasonable CASE", nargs="*", help=said["ground"]
    )
    made.add_argument("--set", metavar="K=V", nargs="+", action="extend", help=said["set"])
    made.add_argument("--keep", action="store_true", help=said["keep"])
    made.set_defaults(run=run_ground)


def run_ground(options: Namespace, out: Output) -> int:
    """Pages, the contract or the questions before a complaint, by the first word."""
    words = options.words
    with desk(options, "told" if words else "empty") as opened:
        match words:
            case ["contract", *case] if len(case) < 2:
                return _contract(options, out, opened, case[0] if case else None)
            case ["reasonable", case]:
                out.emit("reasonable", opened.ground.reasonable(case))
            case []:
                _pages(out, opened, None)
            case [word]:
                named = {name: each["id"] for each in opened.ground.pages() for name in (each["id"], each["title"])}
                if word in named:
                    out.emit("ground_page", opened.ground.page(named[word]), today=opened.today())
                else:
                    _case_or(opened, word, "ground_page_or_case", opened.ground.pages(), "id")
                    _pages(out, opened, word)
            case [case, page] if case != "contract":
                opened.show(case)  # a case that is not there is said first
                needed = {each["id"]: each for each in opened.ground.pages(case)}
                out.emit("ground_page", needed.get(page) or opened.ground.page(page), today=opened.today())
            case _:
                raise BadInput(FieldProblem("words", " ".join(words), "ground_words"))
    return 0


def _case_or(opened: Desk, word: str, what: str, rows: Sequence[Mapping[str, Any]], key: str) -> None:
    """Raise what says that the word is no case, nor any of these, with those there are; nothing if it is a case."""
    try:
        opened.engine.store.case(word)
    except NotFound as error:
        if any(case.startswith(word) for case in error.known):
            raise  # it is the beginning of several
        names = {name: f"{each['title']} ({each[key]})" for each in rows for name in (each[key], each["title"])}
        meant = near_miss(word, names)
        raise NotFound(what, word, names[meant] if meant else None, tuple(dict.fromkeys(names.values()))) from None


def _pages(out: Output, opened: Desk, case: str | None) -> None:
    found = opened.ground.pages(case)
    if out.json:
        out.emit("lines", found)
    else:
        out.emit("ground_pages", found, case=case, today=opened.today())


def _contract(options: Namespace, out: Output, opened: Desk, case: str | None) -> int:
    given = pairs(options.set)
    if options.keep and case is None:
        raise BadInput(FieldProblem("case", None, "required"))
    found = opened.ground.contract(case, **given)
    if options.keep and case is not None:
        with naming(opened, case, out):
            opened.ground.keep_contract(case, given)
    out.emit("contract", found, clauses=opened.ground.clauses(), kept=options.keep, given=bool(given))
    return 0


def build_trust(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("words", metavar="[CASE] [KIND]", nargs="*", help=said["trust"])
    made.add_argument("--name", metavar="NAME", help=said["name"])
    made.add_argument("--answer", metavar="QUESTION=yes|no|unknown", nargs="+", action="extend", help=said["answer"])
    made.add_argument("--record", action="store_true", help=said["record"])
    made.set_defaults(run=run_trust)


def run_trust(options: Namespace, out: Output) -> int:
    """Check a third party: the questions one after the other at a terminal, else by `--answer`."""
    with desk(options, "told" if options.words else "empty") as opened:
        kinds = {name: each["kind"] for each in opened.ground.third_parties() for name in (each["kind"], each["title"])}
        case, kind = _who(options.words, kinds)
        if case is not None and kind is None:
            _case_or(opened, case, "third_party_or_case", opened.ground.third_parties(), "kind")
        elif case is not None:
            opened.show(case)
        if kind is None:
            out.emit("lines" if out.json else "trust_kinds", opened.ground.third_parties())
            return 0
        if options.record:
            _recordable(case, options.name)
        answers = pairs(options.answer, "answer")
        if options.answer is None and not out.json and sys.stdin.isatty() and sys.stdout.isatty():
            answers = _asked(out, opened, kind)
        found = opened.ground.trust(kind, answers, options.name)
        extra: dict[str, Any] = {"case": case}
        if options.record and case is not None:
            with naming(opened, case, out):
                extra["seq"] = opened.ground.record_trust(case, kind, answers, options.name)["seq"]
        out.emit("trust", found | ({"seq": extra["seq"]} if "seq" in extra else {}), **extra)
    return 0


def _who(words: list[str], kinds: Mapping[str, str]) -> tuple[str | None, str | None]:
    match words:
        case []:
            return None, None
        case [word]:
            return (None, kinds[word]) if word in kinds else (word, None)
        case [case, kind]:
            return case, kinds.get(kind, kind)
    raise BadInput(FieldProblem("words", " ".join(words), "trust_words"))


def _recordable(case: str | None, name: str | None) -> None:
    wrong = [FieldProblem(field, value, "required") for field, value in (("case", case), ("name", name)) if not value]
    if wrong:
        raise BadInput(*wrong)


def _asked(out: Output, opened: Desk, kind: str) -> dict[str, str]:
    """Every question at the terminal; nothing typed means that one does not know, Ctrl+D ends the asking."""
    from escalation.trust import answer_of
    from escalation.wording import wording

    said = wording(out.lang)
    questions = opened.ground.trust(kind)["questions"]
    answers: dict[str, str] = {}
    sys.stdout.write(said.say("trust.ask_how") + "\n")
    for n, each in enumerate(questions, 1):
        out.emit("trust_question", each, n=n, of=len(questions))
        while True:
            sys.stdout.write("> ")
            sys.stdout.flush()
            line = sys.stdin.readline()
            answer = answer_of(line)
            if answer is not None or not line:
                break
            sys.stdout.write(said.say("trust.again") + "\n")
        if answer is None or not line:
            break
        answers[each["id"]] = answer
    sys.stdout.write("\n")
    return answers


def build_calm(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("file", metavar="FILE", nargs="?", default="-", help=said["file"])
    made.add_argument("--case", metavar="CASE", help=said["case"])
    made.set_defaults(run=run_calm)


def run_calm(options: Namespace, out: Output) -> int:
    """One's own text looked over. Always 0: a finding is no fault."""
    from escalation.calm import check

    text = _text(options.file, out)
    if options.case is not None:
        with desk(options) as opened:
            found = opened.ground.calm(text, options.case)
    else:
        found = check(text, out.lang)
    out.emit("calm", {"calm": not found, "findings": found})
    return 0


def _text(name: str, out: Output) -> str:
    """A text file, in UTF-8 or as Windows writes Chinese. Raises: NotFound, BadInput."""
    from escalation.calm import LONGEST

    most = LONGEST * 4
    if name == "-":
        if sys.stdin.isatty():
            out.message("type_here")
        raw = sys.stdin.buffer.read(most + 1)
    else:
        try:
            with open(name, "rb") as file:
                raw = file.read(most + 1)
        except FileNotFoundError:
            raise NotFound("file", name) from None
        except (OSError, ValueError) as error:
            raise BadInput(FieldProblem("file", name, "file", limit=getattr(error, "strerror", None))) from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(FieldProblem("file", name, "utf8"))


BUILD = {"ground": build_ground, "trust": build_trust, "calm": build_calm}

_SAID = {
    "zh": {
        "ground": "不写：全部的页。案件编号：它现在用得上的页。contract：对照合同。reasonable：投诉前的几问",
        "set": "合同里的内容，例如 contract_rate=18 received_amount=11400",
        "keep": "把填的合同内容留在案件里",
        "trust": "案件编号（可不写）和要核对的是哪一类；都不写就列出有哪些类",
        "name": "对方叫什么",
        "answer": "对问题的回答；不写的话，在终端里会一句一句问",
        "record": "把结果记进案件",
        "file": "文本文件；- 是标准输入（默认）",
        "case": "哪个案件：说了有证据，会看看附了没有",
    },
    "en": {
        "ground": "nothing: all pages. A case: those it needs now. contract: read it. reasonable: before a complaint",
        "set": "clauses of the contract: contract_rate=18 received_amount=11400",
        "keep": "keep these clauses in the case",
        "trust": "a case (or none) and the kind to check; neither: which kinds there are",
        "name": "what they are called",
        "answer": "answers to the questions; without any they are asked one by one at a terminal",
        "record": "log the result in the case",
        "file": "a text file; - is standard input (the default)",
        "case": "which case: what is said to be proved is looked for among its exhibits",
    },
}
