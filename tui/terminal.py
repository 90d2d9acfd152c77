"""What must be known about the terminal before Textual is imported.

Textual asks terminals for the kitty keyboard protocol; several of them then lose what a Chinese input method
commits. And some draw box characters two cells wide, which takes every border apart: one is printed, and the
terminal asked where the cursor went.
"""

from __future__ import annotations

import os
import re
import sys

NARROW, WIDE = 1, 2
_ANSWER = re.compile(rb"\x1b\[(\d+);(\d+)R")
_PATIENCE = 0.2


def prepare() -> None:
    """Set what Textual reads once, when it is imported."""
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")


def ambiguous_width() -> int:
    """How many cells the terminal gives a character of ambiguous width. `ESCALATION_AMBIGUOUS=1|2` says it.

    1 where it cannot be asked.
    """
    said = os.environ.get("ESCALATION_AMBIGUOUS")
    if said in ("1", "2"):
        return int(said)
    if sys.platform == "win32" or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return NARROW
    return _asked()


def _asked() -> int:
    import select
    import termios
    import tty

    stdin, stdout = sys.stdin.fileno(), sys.stdout.fileno()
    before = termios.tcgetattr(stdin)
    try:
        tty.setcbreak(stdin)
        os.write(stdout, b"\r\xe2\x94\x80\x1b[6n")
        answer = b""
        while select.select([stdin], [], [], _PATIENCE)[0]:
            answer += os.read(stdin, 64)
            found = _ANSWER.search(answer)
            if found:
                return WIDE if int(found[2]) == 3 else NARROW
        return NARROW
    finally:
        termios.tcsetattr(stdin, termios.TCSADRAIN, before)
        os.write(stdout, b"\r\x1b[K")
