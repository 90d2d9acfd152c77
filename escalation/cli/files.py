"""Commands that let cases out and in: export, import."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from escalation.cli.arguments import Usage, desk
from escalation.cli.output import Output
from escalation.errors import BadInput, FieldProblem, ImportStopped

if TYPE_CHECKING:
    from escalation.api import Desk

FORMATS = ("json", "jsonl", "csv", "ics", "xes", "bundle")


def build_export(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("cases", metavar="CASE", nargs="*", help=said["case"])
    made.add_argument("--all", action="store_true", help=said["all"])
    made.add_argument("--format", metavar="|".join(FORMATS), help=said["format"])
    made.add_argument("-o", dest="file", metavar="FILE", help=said["out"])
    made.add_argument("--force", action="store_true", help=said["force"])
    made.set_defaults(run=run_export)


def run_export(options: Namespace, out: Output) -> int:
    if options.format is not None and options.format not in FORMATS:
        raise BadInput(FieldProblem("format", options.format, "choice", limit=" | ".join(FORMATS)))
    if options.format != "bundle":
        _said_what(options)
    if options.file:
        from escalation.beside import ordinary

        ordinary(Path(options.file))
        if not options.force and os.path.lexists(options.file):
            raise BadInput(FieldProblem("file", options.file, "file_exists"))
    if options.format == "bundle":
        return _bundled(options, out)
    with desk(options) as opened:
        for case in options.cases:
            opened.engine.store.case(case)
        _written(opened.export(options.format, options.cases), options.file)
        if options.file:
            out.message("exported", file=options.file)
    return 0


def _said_what(options: Namespace) -> None:
    """Raises: Usage with commands that work, made of what was said, where it is not said what to export or how."""
    from shlex import join

    how = ["--format", options.format or "json", *(["-o", options.file] if options.file else [])]
    some = join(["escalation", "export", *(options.cases or ["CASE"]), *how])
    every = join(["escalation", "export", "--all", *how])
    if options.cases and options.all:
        raise Usage("export_both", f"{some}\n{every}")
    if not (options.cases or options.all):
        raise Usage("export_cases" if options.format else "export_neither", f"{some}\n{every}")
    if options.format is None:
        raise Usage("export_format", every if options.all else some)


def _bundled(options: Namespace, out: Output) -> int:
    """One archive to hand over: a file, because whoever gets it is to check it as a whole."""
    named = [*options.cases, *(["--all"] if options.all else [])]
    wrong = [] if len(options.cases) == len(named) == 1 else [FieldProblem("case", " ".join(named), "one_case")]
    wrong += [] if options.file else [FieldProblem("file", None, "bundle_to")]
    if wrong:
        raise BadInput(*wrong)
    with desk(options) as opened:
        out.emit("bundled", opened.evidence.bundle(options.cases[0], options.file))
    return 0


def _written(blocks: Iterable[bytes], file: str | None) -> None:
    """To a private file, whole or not at all; or to standard output."""
    if file is None:
        for block in blocks:
            sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()
        return
    from escalation.beside import draft_of, ordinary

    path = Path(file)
    ordinary(path)
    beside = draft_of(path, "part")
    try:
        descriptor = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            for block in blocks:
                target.write(block)
        beside.replace(path)
    except OSError as error:
        raise BadInput(FieldProblem("file", file, "unwritable", limit=error.strerror)) from error
    finally:
        with suppress(OSError):
            beside.unlink()


def build_import(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("file", metavar="FILE", help=said["in"])
    made.add_argument("--accept-inapplicable", action="store_true", help=said["accept"])
    made.set_defaults(run=run_import)


def run_import(options: Namespace, out: Output) -> int:
    """Exit code 2 if any case was left out; the others are in."""
    with desk(options, "made") as opened:
        try:
            with _source(options.file) as lines:
                data = _imported(opened, lines, options, out)
        except OSError as error:
            raise BadInput(FieldProblem("file", options.file, "file", limit=error.strerror)) from error
    out.emit("imported", data)
    return 2 if data["skipped"] else 0


def _source(file: str) -> BinaryIO:
    """The file; standard input for `-`, which is kept first because it is read twice."""
    if file != "-":
        return Path(file).open("rb")
    from tempfile import TemporaryFile

    kept = TemporaryFile()  # noqa: SIM115  (the caller closes it)
    while block := sys.stdin.buffer.read(1 << 20):
        kept.write(block)
    kept.seek(0)
    return kept


def _imported(opened: Desk, lines: BinaryIO, options: Namespace, out: Output) -> dict[str, object]:
    try:
        with _progress(out) as told:
            return opened.import_(lines, accept_inapplicable=options.accept_inapplicable, progress=told)
    except ImportStopped as error:
        # Who imports the whole file again would have what went in twice.
        error.rest = _rest(options.file, lines, [*error.left, *(key for key, _ in error.skipped)], "rest")
        error.rest_unsure = _rest(options.file, lines, [key for key, _ in error.unsure], "unsure")
        raise


def _rest(file: str, lines: BinaryIO, keys: Collection[Any], name: str) -> str | None:
    """A private file of these cases beside the file they came from; None if it cannot be written, or there are none."""
    from itertools import count

    from escalation.beside import private
    from escalation.intake import part_of

    wanted = {key for key in keys if key is not None}
    if not wanted:
        return None
    whole = Path("import.jsonl" if file == "-" else file)
    free = (whole.with_name(f"{whole.stem}.{name}{f'-{n}' if n > 1 else ''}.jsonl") for n in count(1))
    there = next(path for path in free if not os.path.lexists(path))
    try:
        lines.seek(0)
        with private(there) as target:
            target.writelines(part_of(lines, wanted))
    except OSError:
        there.unlink(missing_ok=True)
        return None
    return str(there)


class _progress:
    """A bar on standard error, where a person looks on; nothing elsewhere."""

    def __init__(self, out: Output) -> None:
        self.shown = not (out.json or out.quiet) and sys.stderr.isatty()

    def __enter__(self) -> Callable[[int, int | None], None] | None:
        if not self.shown:
            return None
        from rich.console import Console
        from rich.progress import Progress

        self.bar = Progress(console=Console(stderr=True), transient=True)
        self.bar.start()
        task = self.bar.add_task("import", total=None)
        return lambda done, total: self.bar.update(task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        if self.shown:
            self.bar.stop()


BUILD = {"export": build_export, "import": build_import}

_SAID = {
    "zh": {
        "case": "案件编号",
        "all": "全部案件",
        "format": "json、jsonl(可以再导入)、csv、ics(日历)、xes(流程分析，没有个人内容)，或 bundle(证据包，一个案件)",
        "out": "写到这个文件（不写就输出到屏幕）",
        "force": "文件已经有了也写：新的写好以后才换掉旧的",
        "in": "要导入的 JSON 行文件；- 表示标准输入",
        "accept": "含有不再适用的条目的案件也收进来",
    },
    "en": {
        "case": "the cases' ids",
        "all": "all cases",
        "format": "json, jsonl (to be imported), csv, ics (calendar), xes (process mining), bundle (one case)",
        "out": "write to this file (standard output if left out)",
        "force": "replace a file of that name, once the new one is whole",
        "in": "the JSON lines file; - for standard input",
        "accept": "let in cases that hold inapplicable entries",
    },
}
