"""Commands that only read: show, list, next, due, log, why, forecast, verify."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from escalation.cli.arguments import desk, naming, pairs, whole
from escalation.cli.output import Output
from escalation.errors import BadInput, FieldProblem

if TYPE_CHECKING:
    from escalation.api import Desk


def build_show(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    made.add_argument("--as-of", metavar="INSTANT", help=said["as_of"])
    made.add_argument("--known-at", metavar="INSTANT", help=said["known_at"])
    made.add_argument("--all", action="store_true", help=said["all"])
    made.set_defaults(run=run_show)


def run_show(options: Namespace, out: Output) -> int:
    with desk(options) as opened:
        data = opened.show(options.case, as_of=options.as_of, known_at=options.known_at, all_deadlines=options.all)
        out.emit("show", data, **({} if out.json else {"titles": opened.titles(options.case)}))
    return 0


def build_list(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("--state", help=said["state"])
    made.add_argument("--stage", help=said["stage"])
    made.add_argument("--client", help=said["client"])
    made.add_argument("--person", help=said["person"])
    made.add_argument("--overdue", action="store_true", help=said["overdue"])
    made.add_argument("--as-of", metavar="INSTANT", help=said["as_of"])
    made.add_argument("--limit", metavar="N", help=said["limit"])
    made.set_defaults(run=run_list)


def run_list(options: Namespace, out: Output) -> int:
    with desk(options) as opened:
        limit = whole(options.limit, "limit") if options.limit is not None else None
        found = opened.cases(
            state=options.state, stage=options.stage, client=options.client, person=options.person,
            overdue=options.overdue, as_of=options.as_of, limit=limit,
        )  # fmt: skip
        if out.json:
            out.emit("lines", found)
        else:
            cases = opened.engine.store.count()
            extra = {"titles_of": opened.titles, "cases": cases, "nobody": lambda: list(_nobody(opened, options))}
            out.emit("list", found, today=opened.today(), **extra)
    return 0


def _nobody(opened: Desk, options: Namespace) -> Iterator[tuple[str, str]]:
    """Of the names that were asked for, those that no case bears at all."""
    for what in ("client", "person"):
        name = getattr(options, what)
        if name is not None and next(opened.cases(**{what: name}, limit=1), None) is None:
            yield what, name


def build_next(made: ArgumentParser, lang: str) -> None:
    made.add_argument("case", metavar="CASE", nargs="?", help=_SAID[lang]["case"])
    made.set_defaults(run=run_next)


def run_next(options: Namespace, out: Output) -> int:
    with desk(options) as opened:
        if getattr(options, "case", None) is not None:
            out.emit("next", opened.next(options.case), **({} if out.json else {"titles": opened.titles(options.case)}))
        elif out.json:
            out.emit("lines", opened.next_of_all())
        else:
            out.emit("next_all", opened.next_of_all(), titles_of=opened.titles, cases=opened.engine.store.count())
    return 0


def build_due(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("--within", metavar="7d", help=said["within"])
    made.add_argument("--owed-by", metavar="PARTY", help=said["owed_by"])
    made.add_argument("--case", metavar="CASE", help=said["case"])
    made.set_defaults(run=run_due)


def run_due(options: Namespace, out: Output) -> int:
    with desk(options) as opened:
        rows = opened.due(options.within, options.owed_by, options.case)
        extra: dict[str, Any] = {} if out.json else {"today": opened.today(), "cases": opened.engine.store.count()}
        out.emit("lines" if out.json else "due", rows, **extra)
    return 0


def build_log(made: ArgumentParser, lang: str) -> None:
    made.add_argument("case", metavar="CASE", help=_SAID[lang]["case"])
    made.set_defaults(run=run_log)


def run_log(options: Namespace, out: Output) -> int:
    with desk(options) as opened:
        rows = opened.log(options.case)
        out.emit("lines" if out.json else "log", rows, **({} if out.json else {"titles": opened.titles(options.case)}))
    return 0


def build_why(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    made.add_argument("what", metavar="EVENT | deadline ID", nargs="+", help=said["why"])
    made.add_argument("--as-of", metavar="INSTANT", help=said["as_of"])
    made.set_defaults(run=run_why)


def run_why(options: Namespace, out: Output) -> int:
    with desk(options) as opened:
        extra: dict[str, Any] = {} if out.json else {"titles": opened.titles(options.case)}
        match options.what:
            case ["deadline", id]:
                out.emit("why_deadline", opened.why_deadline(options.case, id, as_of=options.as_of), **extra)
            case [event]:
                out.emit("why_event", opened.why_event(options.case, event), **extra)
            case _:
                raise BadInput(FieldProblem("what", " ".join(options.what), "why"))
    return 0


def build_forecast(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    made.add_argument("--if", dest="supposed", metavar="EVENT@DAY", nargs="+", action="extend", help=said["if"])
    made.set_defaults(run=run_forecast)


def run_forecast(options: Namespace, out: Output) -> int:
    with desk(options) as opened, naming(opened, options.case, out):
        data = opened.forecast(options.case, [_supposed(each) for each in options.supposed or ()])
        out.emit("forecast", data, **({} if out.json else {"titles": opened.titles(options.case)}))
    return 0


def _supposed(text: str) -> tuple[str, str, dict[str, str]]:
    """`EVENT@DAY`, with data after it: `offer_made@2026-12-01 amount=300`."""
    what, *data = text.split()
    event, sign, day = what.partition("@")
    if not (sign and event and day):
        raise BadInput(FieldProblem("if", text, "supposed"))
    return event, day, pairs(data, "if")


def build_verify(made: ArgumentParser, lang: str) -> None:
    made.add_argument("cases", metavar="CASE", nargs="*", help=_SAID[lang]["case"])
    made.set_defaults(run=run_verify)


def run_verify(options: Namespace, out: Output) -> int:
    """Exit code 5 for a log that does not fit, or a file that is not as it was attached."""
    wrong = 0

    def checked() -> Iterator[dict[str, Any]]:
        nonlocal wrong
        for row in opened.verify(options.cases):
            files = opened.evidence.verify(row["case"])
            wrong += len(files["problems"])
            yield row | {"files": files["files"], "files_wrong": files["problems"]}

    with desk(options) as opened:
        out.emit("lines" if out.json else "verify", checked())
    return 5 if wrong else 0


BUILD = {
    "show": build_show, "list": build_list, "next": build_next, "due": build_due, "log": build_log,
    "why": build_why, "forecast": build_forecast, "verify": build_verify,
}  # fmt: skip

_SAID = {
    "zh": {
        "case": "案件编号（开头几位够分辨就行）",
        "as_of": "看那一刻的情况；将来的时间就是推算",
        "known_at": "只凭到那时已经记下的内容",
        "all": "连已了结的期限一起列出",
        "state": "只看处于这个状态的",
        "stage": "只看处于这个阶段的",
        "client": "只看这位当事人的",
        "person": "只看归这个人管的",
        "overdue": "只看有逾期的",
        "limit": "最多列几件",
        "within": "往后看多久：7d、2w(默认 30d)",
        "owed_by": "只看由谁负责的",
        "why": "一个事件，或者 deadline 加期限的 id",
        "if": "假如某天发生某事，例如 offer_made@2026-12-01",
    },
    "en": {
        "case": "the case's id (a unique beginning is enough)",
        "as_of": "how things stood at that instant; a future one is a forecast",
        "known_at": "only with what had been recorded by then",
        "all": "deadlines that are settled, too",
        "state": "only cases in this state",
        "stage": "only cases in this stage",
        "client": "only this client's",
        "person": "only those that this person looks after",
        "overdue": "only cases with something overdue",
        "limit": "at most so many",
        "within": "how far ahead: 7d, 2w (default 30d)",
        "owed_by": "only what this party owes",
        "why": "an event, or `deadline` and its id",
        "if": "what if it happens that day: offer_made@2026-12-01",
    },
}
