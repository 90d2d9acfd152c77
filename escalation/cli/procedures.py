"""Commands about definitions and days: procedure …, calendar …"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from pathlib import Path
from typing import Any

from escalation.cli.arguments import add_globals, desk, whole
from escalation.cli.output import Output
from escalation.errors import BadInput, FieldProblem, NotFound

DRAWINGS = ("text", "mermaid", "svg", "dot")


def build_procedure(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    actions = made.add_subparsers(metavar="ACTION", required=True)
    shapes: dict[str, tuple[tuple[str, str], ...]] = {
        "list": (), "show": (("id", ""),), "check": (("files", "+"),), "test": (("files", "+"),),
        "draw": (("id", ""),), "schema": (), "install": (("file", ""),), "diff": (("a", ""), ("b", "")),
        "new": (("id", "?"),),
    }  # fmt: skip
    for action, words in shapes.items():
        each = actions.add_parser(action, help=said[action])
        for word, count in words:
            more: dict[str, Any] = {"nargs": count} if count else {}
            each.add_argument(word, metavar=word.rstrip("s").upper(), help=said["id"], **more)
        if action == "draw":
            each.add_argument("--format", choices=DRAWINGS, default="text", help=said["format"])
            each.add_argument("--case", metavar="CASE", help=said["case"])
        if action == "new":
            each.add_argument("-o", dest="file", metavar="FILE", help=said["out"])
        add_globals(each, lang)
        each.set_defaults(run=_RUN[action])


def run_list(options: Namespace, out: Output) -> int:
    with desk(options, "empty") as opened:
        out.emit("lines" if out.json else "procedure_list", opened.procedures())
    return 0


def run_show(options: Namespace, out: Output) -> int:
    with desk(options, "empty") as opened:
        out.emit("procedure_show", opened.procedure(options.id))
    return 0


def run_check(options: Namespace, out: Output) -> int:
    """Exit code 6 if any file has an error."""
    from escalation.definitions import checked

    code = 0
    with desk(options, "empty") as opened:
        for file in options.files:
            data = checked(_file(file), opened.engine.shelf.calendars, opened.today(), out.lang)
            out.emit("check", data)
            code = 6 if data["errors"] else code
    return code


def run_test(options: Namespace, out: Output) -> int:
    """Exit code 6 if any story shows something else than it says."""
    from escalation.definitions import tested

    code = 0
    with desk(options, "empty") as opened:
        for file in options.files:
            data = tested(_file(file), opened.engine.shelf.calendars, out.lang)
            out.emit("test", data)
            code = code if all(story["passed"] for story in data["stories"]) else 6
    return code


def _file(name: str) -> Path:
    """A procedure file, by path or by the name of one that is shipped. Raises: NotFound."""
    from states.errors import near_miss
    from states.library import shipped

    if os.path.isfile(name):
        return Path(name)
    known = shipped()
    if name in known:
        return known[name]
    raise NotFound("procedure", name, near_miss(name, known), tuple(known))


def run_draw(options: Namespace, out: Output) -> int:
    with desk(options, "told" if options.case else "empty") as opened:
        text = opened.drawing(options.id, options.format, case=options.case)
    out.raw(text, kind="drawing", format=options.format)
    return 0


def run_schema(options: Namespace, out: Output) -> int:
    from states.schema import json_schema

    out.emit("schema", json_schema())
    return 0


def run_install(options: Namespace, out: Output) -> int:
    with desk(options, "made") as opened:
        out.emit("installed", opened.install(options.file))
    return 0


def run_diff(options: Namespace, out: Output) -> int:
    with desk(options, "empty") as opened:
        out.emit("diff", opened.diff(options.a, options.b))
    return 0


def run_new(options: Namespace, out: Output) -> int:
    """A small procedure that checks clean, to begin from."""
    from escalation.definitions import new_procedure

    text = new_procedure(options.id or "my-procedure")
    if options.file is None:
        out.raw(text, kind="procedure")
        return 0
    path = Path(options.file)
    try:
        with path.open("x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError as error:
        raise BadInput(FieldProblem("file", options.file, "new_file", limit=error.strerror)) from error
    except OSError as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)  # half a file, on a disk that is full
        raise BadInput(FieldProblem("file", options.file, "new_file", limit=error.strerror)) from error
    out.message("written", file=options.file)
    return 0


_RUN = {
    "list": run_list, "show": run_show, "check": run_check, "test": run_test, "draw": run_draw,
    "schema": run_schema, "install": run_install, "diff": run_diff, "new": run_new,
}  # fmt: skip


def build_calendar(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    actions = made.add_subparsers(metavar="ACTION", required=True)
    for action in ("list", "show", "install"):
        each = actions.add_parser(action, help=said[f"calendar_{action}"])
        if action == "show":
            each.add_argument("year", metavar="YEAR", help=said["year"])
            each.add_argument("--calendar", metavar="NAME", default="CN", help=said["calendar"])
        if action == "install":
            each.add_argument("file", metavar="FILE", help=said["calendar_install"])
        add_globals(each, lang)
        each.set_defaults(run=_CALENDAR[action])


def run_calendar_list(options: Namespace, out: Output) -> int:
    with desk(options, "empty") as opened:
        out.emit("lines" if out.json else "calendar_list", opened.calendars())
    return 0


def run_calendar_show(options: Namespace, out: Output) -> int:
    with desk(options, "empty") as opened:
        out.emit("calendar_year", opened.calendar_year(whole(options.year, "year"), options.calendar))
    return 0


def run_calendar_install(options: Namespace, out: Output) -> int:
    with desk(options, "made") as opened:
        out.emit("calendar_installed", opened.install_calendar(options.file))
    return 0


_CALENDAR = {"list": run_calendar_list, "show": run_calendar_show, "install": run_calendar_install}

BUILD = {"procedure": build_procedure, "calendar": build_calendar}

_SAID = {
    "zh": {
        "list": "有哪些流程",
        "show": "读一个流程：阶段、状态、期限和依据",
        "check": "检查流程文件",
        "test": "跑流程的故事",
        "draw": "画出流程",
        "schema": "JSON Schema，供编辑器使用",
        "install": "装进这个存储，之后可以开案",
        "diff": "比较两个版本，以及哪些在办案件会变",
        "new": "给一份可以动手改的新流程",
        "id": "流程名或文件",
        "format": "画成什么样",
        "case": "标出这个案件走到了哪里",
        "out": "写到这个文件",
        "calendar_list": "有哪些日历",
        "calendar_show": "看一年里哪些天上班",
        "calendar_install": "装一份节假日安排",
        "year": "年份",
        "calendar": "日历名（默认 CN）",
    },
    "en": {
        "list": "the procedures there are",
        "show": "read a procedure: stages, states, deadlines and what they rest on",
        "check": "check procedure files",
        "test": "run a procedure's stories",
        "draw": "draw a procedure",
        "schema": "the JSON Schema, for editors",
        "install": "make a file's procedure available in this store",
        "diff": "compare two versions, and which live cases would change",
        "new": "a small procedure to begin from",
        "id": "a procedure's name, or its file",
        "format": "what to draw",
        "case": "mark where this case stands",
        "out": "write to this file",
        "calendar_list": "the calendars there are",
        "calendar_show": "which days of a year are worked",
        "calendar_install": "install a year's holiday arrangement",
        "year": "the year",
        "calendar": "the calendar's name (default CN)",
    },
}
