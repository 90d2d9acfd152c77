"""A terminal asked how wide it draws a text."""

from __future__ import annotations

import os
import re
import sys

_ANSWER = re.compile(rb"\x1b\[(\d+);(\d+)R")
_PATIENCE = 0.2
"""Seconds that a terminal has to say where its cursor is."""


def cells(text: str) -> int | None:
    """How many cells the terminal gives a text: it is printed, asked where the cursor went, and wiped away.

    None where it cannot be asked, or does not answer.
    """
    if sys.platform == "win32" or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    import select
    import termios
    import tty

    stdin, stdout = sys.stdin.fileno(), sys.stdout.fileno()
    before = termios.tcgetattr(stdin)
    try:
        tty.setcbreak(stdin)
        os.write(stdout, b"\r" + text.encode() + b"\x1b[6n")
        answer = b""
        while select.select([stdin], [], [], _PATIENCE)[0]:
            answer += os.read(stdin, 64)
            found = _ANSWER.search(answer)
            if found:
                return int(found[2]) - 1
        return None
    finally:
        termios.tcsetattr(stdin, termios.TCSADRAIN, before)
        os.write(stdout, b"\r\x1b[K")
