"""What must be known about the terminal before Textual is imported.

Textual asks terminals for the kitty keyboard protocol; several of them then lose what a Chinese input method
commits. And some draw box characters two cells wide, which takes every border apart: one is printed, and the
terminal asked where the cursor went.
"""

from __future__ import annotations

import os

NARROW, WIDE = 1, 2


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
    from escalation.doctor.probe import cells

    return WIDE if cells("─") == WIDE else NARROW
