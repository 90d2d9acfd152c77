"""The command line: parse, do, print, exit code. Docs: docs/command-line.md.

    arguments     what every command takes, and how values are read
    cases         open, record, facts, done, note, attach, follow-up, amend, withdraw, migrate
    questions     show, list, next, due, log, why, forecast, verify
    files         export, import
    keeping       backup, restore, copy
    settings      settings
    procedures    procedure …, calendar …
    channels      channel …
    daemon        daemon …, ack, assign
    plan          plan …
    evidence      evidence, and how attach takes files
    simulate      simulate
    write         write
    ground        ground, trust, calm
    doctor        doctor
    serve         serve
    output        the one place that prints; human* says it to people

A command builds only its own parser and imports only what it needs: that is what a shell user feels.
"""

from __future__ import annotations

import gc
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module
from types import TracebackType
from typing import NoReturn

from escalation.cli import quick  # noqa: F401  (before everything that imports msgspec)

# isort: split
from escalation.cli.arguments import Usage, add_globals, formatter, language, parser
from escalation.cli.output import Output
from escalation.errors import CalendarDamaged, EscalationError
from states.errors import ProcedureError

MODULES = {
    "cases": ("open", "record", "facts", "done", "note", "attach", "follow-up", "amend", "withdraw", "migrate"),
    "questions": ("show", "list", "next", "due", "log", "why", "forecast", "verify"),
    "files": ("export", "import"),
    "keeping": ("backup", "restore", "copy"),
    "settings": ("settings",),
    "procedures": ("procedure", "calendar"),
    "channels": ("channel",),
    "daemon": ("daemon", "ack", "assign"),
    "start": ("demo", "completion"),
    "plan": ("plan",),
    "evidence": ("evidence",),
    "simulate": ("simulate",),
    "write": ("write",),
    "ground": ("ground", "trust", "calm"),
    "doctor": ("doctor",),
    "serve": ("serve",),
}
COMMANDS = {command: module for module, commands in MODULES.items() for command in commands}


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code."""
    sys.excepthook = _surprised
    _open_closed_streams()
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def _open_closed_streams() -> None:
    """Whoever starts us without standard input or output gets silence, and no store under their number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  (as long as we run)


def _surprised(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    """A calm line before the traceback of a mistake of ours, which whoever mends it will want."""
    from escalation.wording import wording

    sys.stderr.write(wording(language(sys.argv[1:])).say("error.unexpected", text=kind.__name__) + "\n")
    sys.__excepthook__(kind, error, at)


def run(argv: Sequence[str]) -> int:
    """Run one command; the answer is its exit code."""
    said = language(argv)
    json = "--json" in argv
    out = Output(json=json, quiet="--quiet" in argv, color="--no-color" not in argv, lang=said)
    try:
        options = _parsed(argv, said)
        code = options.run(options, out)
    except (EscalationError, ProcedureError, Usage) as error:
        return out.error(error)
    except ValueError as error:
        damaged = CalendarDamaged.of(error)
        if damaged is None:
            raise
        return out.error(damaged)
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code or 0


def _parsed(argv: Sequence[str], lang: str) -> Namespace:
    """The options of the command that stands in `argv`, read by its own parser alone."""
    command, rest = _split(argv)
    if COMMANDS.get(command or "") not in ("cases", "questions") or command == "verify":
        gc.enable()  # `__main__` has turned it off for those that only start, answer and end
    if command in COMMANDS:
        return build(command, lang, helping="-h" in argv or "--help" in argv).parse_args(rest)
    full = everything(lang, helping="-h" in argv or "--help" in argv)
    return full.parse_args(argv)


def _split(argv: Sequence[str]) -> tuple[str | None, list[str]]:
    """The command, and everything else: global options may stand before it."""
    skip = False
    for i, word in enumerate(argv):
        if skip:
            skip = False
        elif word in ("--store", "--lang", "--now"):
            skip = True
        elif not word.startswith("-"):
            return word, [*argv[:i], *argv[i + 1 :]]
    return None, list(argv)


def build(command: str, lang: str, helping: bool = False) -> ArgumentParser:
    """The parser of one command."""
    made = parser(f"escalation {command}", lang, helping)
    module = import_module(f"escalation.cli.{COMMANDS[command]}")
    module.BUILD[command](made, lang)
    add_globals(made, lang)
    return made


def everything(lang: str, helping: bool = False) -> ArgumentParser:
    """The whole program's parser: for help, completion, and when no command was named."""
    from escalation.cli import start

    made = parser("escalation", lang, helping)
    made.set_defaults(run=start.nothing_named)
    add_globals(made, lang)
    commands = made.add_subparsers(metavar="COMMAND", prog="escalation")
    for command, module in COMMANDS.items():
        text = start.summary(command, lang)
        sub = commands.add_parser(command, help=text, description=text, formatter_class=formatter(helping))
        import_module(f"escalation.cli.{module}").BUILD[command](sub, lang)
        add_globals(sub, lang)
    return made
