"""What nobody expected to go wrong: said calmly, written down without its text, and the rest works on."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from escalation.logs import Text

LOG = "screens.log"
"""Beside the store: which error, and in which line of the program. Nothing of what was typed or read."""
MOST = 1_000_000
"""Bytes. A log that long has said what it has to say."""


def write_down(error: BaseException, folder: str | None) -> None:
    """One line in the log of the screens. Where there is no place for it, none."""
    if folder is None:
        return
    about = (type(error), error, error.__traceback__)
    record = logging.LogRecord("escalation.screens", logging.ERROR, __file__, 0, "screen_failed", (), about)
    path = Path(folder) / LOG
    try:
        if path.exists() and path.stat().st_size > MOST:
            return
        with os.fdopen(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "a", encoding="utf-8") as log:
            log.write(Text().format(record) + "\n")
    except OSError:
        return  # what could not be read is said on the screen all the same
