"""The one place that prints: results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

import msgspec


class Output:
    """Where a command puts what it has to say.

    `json`: one compact object for programs; otherwise text for people, laid out by `human`.
    `quiet`: nothing on standard error but errors. `color`: if the terminal can and nobody objects.
    """

    def __init__(self, json: bool, quiet: bool, color: bool, lang: str) -> None:
        self.json = json
        self.quiet = quiet
        self.color = color
        self.lang = lang
        self.titles: Mapping[str, Mapping[str, str]] | None = None
        """What the case at hand calls things, for the errors that a command may end with."""
        for stream in (sys.stdout, sys.stderr):
            _speak_utf8(stream)

    def emit(self, kind: str, data: Any, **extra: Any) -> None:
        """The result of a command. With JSON, of kind `lines` an object a line, as they come.

        `extra` is for people only: `titles`, `today` and the like, as the function for the kind in `human` says.
        """
        try:
            if not self.json:
                # Whoever pipes JSON does not pay for layout.
                from escalation.cli.human import render

                render(kind, data, extra, self)
            elif kind == "lines":
                for each in data:
                    _put_json(each)
            else:
                _put_json(data)
            sys.stdout.flush()
        except BrokenPipeError:
            _drop_stdout()

    def raw(self, text: str, kind: str, **facts: Any) -> None:
        """Text that is a document in itself (a drawing, a file): as it is, or as `{kind: text}`."""
        try:
            if self.json:
                _put_json({kind: text, **facts})
            else:
                sys.stdout.write(text if text.endswith("\n") else text + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            _drop_stdout()

    def message(self, key: str, **facts: Any) -> None:
        """A line in passing: not with `--quiet` or `--json`."""
        if not (self.quiet or self.json):
            from escalation.wording import wording

            _put_error(wording(self.lang).say(f"message.{key}", **facts))

    def error(self, error: BaseException, titles: Mapping[str, Mapping[str, str]] | None = None) -> int:
        """Say what went wrong and what to do; the answer is the exit code."""
        from escalation.wording import error_lines

        lines = error_lines(error, self.lang, titles or self.titles)
        if self.json:
            kind = getattr(error, "kind", "procedure")
            body = {"error": kind, "message": "\n".join(lines), **_facts(error, self.lang)}
            _put_error(msgspec.json.encode(body, enc_hook=str).decode())
        else:
            _put_error("\n".join(lines))
        code: int = getattr(error, "exit_code", 1)
        return code

    @property
    def styled(self) -> bool:
        """Whether results may have colour."""
        return self.color and not os.environ.get("NO_COLOR") and sys.stdout.isatty()

    @property
    def width(self) -> int:
        """Columns for text: the terminal's, or 80 where there is none."""
        if not sys.stdout.isatty():
            return 80
        from shutil import get_terminal_size

        return max(get_terminal_size((80, 24)).columns, 20)


def _facts(error: BaseException, lang: str) -> dict[str, Any]:
    """What an error knows, for programs."""
    if hasattr(error, "problems") and not hasattr(error, "facts"):
        from states.findings import sentence

        return {
            "problems": [
                {
                    "code": each.code, "severity": each.severity, "file": each.file, "line": each.line,
                    "column": each.column, "key": each.key, "expected": each.expected, "found": each.found,
                    "meant": each.meant, "message": sentence(each, lang),
                }
                for each in error.problems
            ]
        }  # fmt: skip
    facts: dict[str, Any] = error.facts() if hasattr(error, "facts") else {}
    return facts


def _put_json(data: Any) -> None:
    if isinstance(data, Iterable) and not isinstance(data, Mapping | list | str | tuple | msgspec.Struct):
        data = list(data)
    sys.stdout.write(msgspec.json.encode(data).decode() + "\n")


def _put_error(text: str) -> None:
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except BrokenPipeError:
        pass


def _speak_utf8(stream: TextIO) -> None:
    """Chinese must come out whatever the locale says; what cannot be encoded becomes a sign."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace")


def _drop_stdout() -> None:
    """Whoever read our output has seen enough; the interpreter must not complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
