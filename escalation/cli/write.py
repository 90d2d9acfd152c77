"""The command `write`: the letters of a case, one of them to read, or as a file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from escalation.cli.arguments import Usage, desk, pairs
from escalation.cli.output import Output
from escalation.errors import BadInput

if TYPE_CHECKING:
    from escalation.api import Desk

USAGE = "escalation write CASE [DOCUMENT] [-o FILE] [--set K=V …] [--english] [--keep] [--force]"


def build_write(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    made.add_argument("document", metavar="DOCUMENT", nargs="?", help=said["document"])
    made.add_argument("-o", dest="file", metavar="FILE", help=said["out"])
    made.add_argument("--set", dest="values", metavar="K=V", nargs="+", action="extend", help=said["set"])
    made.add_argument("--english", action="store_true", help=said["english"])
    made.add_argument("--keep", action="store_true", help=said["keep"])
    made.add_argument("--force", action="store_true", help=said["force"])
    made.set_defaults(run=run_write)


def run_write(options: Namespace, out: Output) -> int:
    if (options.keep and not options.file) or (options.document is None and (options.file or options.values)):
        raise Usage("-o FILE" if options.document else "DOCUMENT", USAGE)
    with desk(options) as opened:
        if options.document is None:
            rows = opened.letters.offered(options.case)
            case = opened.engine.store.case(options.case).ref
            out.emit("lines" if out.json else "letters", rows, **({} if out.json else {"case": case}))
            return 0
        try:
            found = _letter(opened, options)
        except BadInput:
            if not out.json:
                out.titles = opened.letters.titles(options.case, options.document)
            raise
        if out.json:
            out.emit("letter", found)
            return 0
        if options.file is None:
            out.raw(found["markdown"], "markdown")
        if not out.quiet:
            from escalation.cli.human_letters import beside  # programs do not pay for layout

            beside(found, out)
    return 0


def _letter(opened: Desk, options: Namespace) -> dict[str, Any]:
    values = pairs(options.values)
    if options.file is None:
        return opened.letters.text(options.case, options.document, values, english=options.english)
    return opened.letters.write(
        options.case, options.document, options.file, values,
        english=options.english, keep=options.keep, overwrite=options.force,
    )  # fmt: skip


BUILD = {"write": build_write}

_SAID = {
    "zh": {
        "case": "案件编号（开头几位够分辨就行）",
        "document": "哪一封信；不写就列出有哪些、各缺什么",
        "out": "写到文件：.pdf、.docx、.md 或 .txt；不写就显示出来",
        "set": "信里要写、案件里没有或不一样的内容，例如 id_number=…；只写进信里，不会留下",
        "english": "英文对照（寄出去的是中文）",
        "keep": "写好的文件也附到案件里",
        "force": "已有同名文件时，换成新的",
    },
    "en": {
        "case": "the case's id (a unique beginning is enough)",
        "document": "which letter; without it, all of them and what each lacks",
        "out": "to a file: .pdf, .docx, .md or .txt; without it, on the screen",
        "set": "what the letter says and the case does not, such as id_number=…; it is in the letter and kept nowhere",
        "english": "the English version to read (what is sent is Chinese)",
        "keep": "attach the file to the case, too",
        "force": "replace a file that is there",
    },
}
