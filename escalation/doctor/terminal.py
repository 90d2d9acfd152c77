"""The terminal: whether it shows Chinese, how wide it draws it, and whether the screens fit."""

from __future__ import annotations

import locale
import os
import shutil
import sys

from escalation.doctor.finding import LOOK, OK, Finding
from escalation.doctor.probe import cells

CHINESE, AMBIGUOUS = "中", "─"
COLUMNS, LINES = 80, 24
"""The screens are laid out for that much; they work with less."""
INPUT_METHOD = ("XMODIFIERS", "GTK_IM_MODULE", "QT_IM_MODULE", "INPUT_METHOD")


def terminal() -> Finding:
    """What can be known of it. Widths only where standard input and output are one."""
    there = sys.stdin.isatty() and sys.stdout.isatty()
    size = shutil.get_terminal_size((COLUMNS, LINES)) if there else None
    wide, ambiguous = (cells(CHINESE), cells(AMBIGUOUS)) if there else (None, None)
    encoding = locale.getpreferredencoding(False)
    facts = {
        "terminal": there, "encoding": encoding, "TERM": os.environ.get("TERM"),
        "COLORTERM": os.environ.get("COLORTERM"), "NO_COLOR": "NO_COLOR" in os.environ,
        "program": os.environ.get("TERM_PROGRAM"), "columns": size and size.columns, "lines": size and size.lines,
        "width_of_chinese": wide, "width_of_ambiguous": ambiguous,
        "input_method": {name: os.environ[name] for name in INPUT_METHOD if name in os.environ},
        "kitty_keys_off": os.environ.get("TEXTUAL_DISABLE_KITTY_KEY") == "1",
    }  # fmt: skip
    if encoding.lower().replace("-", "") != "utf8":
        return Finding("terminal", LOOK, "terminal_encoding", facts, "terminal_utf8", "export LC_ALL=C.UTF-8")
    if wide not in (None, 2):
        return Finding("terminal", LOOK, "terminal_narrow", facts, "terminal_font", "export TERM=xterm-256color")
    if size is not None and (size.columns < COLUMNS or size.lines < LINES):
        return Finding("terminal", LOOK, "terminal_small", facts, "terminal_enlarge", "escalation next")
    if not there:
        return Finding("terminal", OK, "terminal_none", facts)
    return Finding("terminal", OK, "terminal" if wide else "terminal_silent", facts)


def language(lang: str, by: str) -> Finding:
    """The language of the answers, and what chose it: `option`, the name of a variable, or `default`."""
    facts = {"lang": lang, "by": by}
    says = "language_option" if by == "option" else "language_default" if by == "default" else "language_locale"
    return Finding("language", OK, says, facts)
