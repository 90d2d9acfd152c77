"""The command simulate: many made-up lives of a procedure."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from types import TracebackType
from typing import Any

from escalation.cli.arguments import desk
from escalation.cli.output import Output
from escalation.errors import BadInput, FieldProblem

MANY = 2_000
"""Fewer lives are over before anybody wonders."""


def build_simulate(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("procedure", metavar="PROCEDURE", help=said["procedure"])
    made.add_argument("--cases", metavar="N", help=said["cases"])
    made.add_argument("--seed", metavar="S", help=said["seed"])
    made.add_argument("--silent", metavar="PARTY", action="append", default=[], help=said["silent"])
    made.set_defaults(run=run_simulate)


def run_simulate(options: Namespace, out: Output) -> int:
    said = _numbers(options)
    silent = tuple(dict.fromkeys(options.silent))
    with desk(options, "empty") as opened, _Bar(out, said.get("cases", 0)) as progress:
        data = opened.simulate(options.procedure, **said, silent=silent, progress=progress)
    out.emit("simulate", data)
    return 0


def _numbers(options: Namespace) -> dict[str, Any]:
    """How many lives, and of which seed, as far as said. Raises: BadInput with every one that is no whole number."""
    found, wrong = {}, []
    for field in ("cases", "seed"):
        said = getattr(options, field)
        if said is not None and said.isascii() and said.isdigit() and len(said) <= 9:
            found[field] = int(said)
        elif said is not None:
            wrong.append(FieldProblem(field, said, "integer"))
    if wrong:
        raise BadInput(*wrong)
    return found


class _Bar:
    """How far it is, on standard error, where a person looks on and it takes long; nothing elsewhere."""

    def __init__(self, out: Output, cases: int) -> None:
        self.shown = cases >= MANY and not (out.json or out.quiet) and sys.stderr.isatty()
        self.cases = cases

    def __enter__(self) -> Callable[[int, int], None] | None:
        if not self.shown:
            return None
        from rich.console import Console
        from rich.progress import Progress

        self.bar = Progress(console=Console(stderr=True), transient=True)
        self.bar.start()
        task = self.bar.add_task("simulate", total=self.cases)
        return lambda done, total: self.bar.update(task, completed=done, total=total)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.shown:
            self.bar.stop()


BUILD = {"simulate": build_simulate}

_SAID = {
    "zh": {
        "procedure": "流程名或文件",
        "cases": "编多少段经历（默认 1000）",
        "seed": "种子：同一个种子，结果一个字都不会变（默认 1）",
        "silent": "这一方从头到尾不出声；可以写几次",
    },
    "en": {
        "procedure": "a procedure's name, or its file",
        "cases": "how many lives to make up (default 1000)",
        "seed": "the seed: the same one gives the same answer, to the byte (default 1)",
        "silent": "this party never does anything; may stand more than once",
    },
}
