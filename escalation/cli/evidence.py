"""Commands about what a case can show: evidence, and how `attach` takes files, folders and pasted text."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from escalation.cli.arguments import desk, naming
from escalation.cli.output import Output
from escalation.errors import BadInput, FieldProblem

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
QUESTIONS = ("contacts", "conduct", "verify")
FAILED = ("empty", "too_large", "unreadable", "gone")
"""Why a file was left out that the person may have meant; what is hidden or a link was not."""
LARGEST_PASTE = 1 << 22
"""Bytes."""


def build_evidence(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    made.add_argument("what", metavar="|".join(QUESTIONS), nargs="?", help=said["what"])
    made.set_defaults(run=run_evidence)


def run_evidence(options: Namespace, out: Output) -> int:
    """Exit code 5 where `verify` finds a file that is not as it was."""
    if options.what not in (None, *QUESTIONS):
        raise BadInput(FieldProblem("what", options.what, "choice", limit=" | ".join(QUESTIONS)))
    with desk(options) as opened:
        evidence, case = opened.evidence, options.case
        extra: Data = {} if out.json else {"titles": opened.titles(case), "today": opened.today(), "case": case}
        if options.what == "contacts":
            out.emit("lines" if out.json else "contacts", evidence.contacts(case), **extra)
        elif options.what == "conduct":
            out.emit("conduct", evidence.conduct(case), **extra)
        elif options.what == "verify":
            found = evidence.verify(case)
            out.emit("files_verified", found, **extra)
            return 0 if found["ok"] else 5
        else:
            shown = {"exhibits": evidence.exhibits(case, anew=True), "missing": evidence.missing(case)}
            out.emit("evidence", {"case": opened.engine.store.case(case).ref, **shown}, **extra)
    return 0


# -- attaching --------------------------------------------------------------------------------------------


def attach(options: Namespace, more: Data, out: Output) -> int:
    """What `attach` does; `more`: the options of every entry. Exit code 2 if a file was left out."""
    described = {
        "title": options.as_title, "item": options.for_item, "type": options.type, "dated": options.dated,
        "proves": options.proves,
    }  # fmt: skip
    files = list(options.files)
    with desk(options) as opened, naming(opened, options.case, out):
        if "-" in files:
            name, text = _pasted(options)
            _one(opened, options, opened.attach(options.case, name, text=text, **described, **more), name, out)
            return 0
        if len(files) == 1 and not os.path.isdir(files[0]):
            _one(opened, options, opened.attach(options.case, files[0], **described, **more), files[0], out)
            return 0
        found = opened.evidence.attach(options.case, files, **described, **more)
    out.emit("attached", found, preview=more["preview"])
    return 2 if any(each["why"] in FAILED for each in found["skipped"]) else 0


def _one(opened: Desk, options: Namespace, data: Data, name: str, out: Output) -> None:
    """Told like every other entry; where the case had it already, that is told."""
    if data.get("already") and not out.json:
        rows = [{"path": name, "seq": data["seq"]}]
        out.emit("attached", {"case": options.case, "attached": [], "already": rows, "skipped": []})
        return
    extra: Data = {} if out.json else {"titles": opened.titles(options.case)}
    if not (out.json or options.preview):
        extra["next"] = opened.next(options.case)
    out.emit("preview" if options.preview else "recorded", data, **extra)


def _pasted(options: Namespace) -> tuple[str, str]:
    """The name and the text that stands on standard input. Raises: BadInput with all that is wrong."""
    wrong = []
    if len(options.files) > 1:
        wrong.append(FieldProblem("file", "-", "paste_alone"))
    if not (options.name or "").strip():
        wrong.append(FieldProblem("name", options.name, "paste_name"))
    if wrong:
        raise BadInput(*wrong)
    body = sys.stdin.buffer.read(LARGEST_PASTE + 1)
    if len(body) > LARGEST_PASTE:
        raise BadInput(FieldProblem("text", None, "file_size", limit=str(LARGEST_PASTE)))
    text = _decoded(body)
    if not text.strip():
        raise BadInput(FieldProblem("text", None, "paste_empty"))
    return options.name, text


def _decoded(body: bytes) -> str:
    """Of what Chinese machines paste in; anything is GB 18030 or UTF-8, or no text."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(FieldProblem("text", None, "utf8"))


BUILD = {"evidence": build_evidence}

_SAID = {
    "zh": {
        "case": "案件编号（开头几位够分辨就行）",
        "what": "联系记录、每天的催收、核对文件；不写就是证据清单",
    },
    "en": {
        "case": "the case's id (a unique beginning is enough)",
        "what": "the contacts, the collecting day by day, a check of the files; the exhibits if left out",
    },
}
