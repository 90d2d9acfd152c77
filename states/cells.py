"""Foreign text made fit to be shown, and how many cells of a terminal it takes."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LONGEST = 300
"""Characters of one text that are drawn; a longer one is cut, and says so by three dots."""


@lru_cache(maxsize=1024)
def clean(text: str) -> str:
    """`text` on one line, without what moves the cursor, turns the writing or has no settled width.

    Control characters become spaces; format characters (bidi, joiners, variation selectors) go;
    what has no agreed look (private, unassigned, half a pair) becomes a question mark.
    """
    kept = []
    for c in text[:LONGEST]:
        category = unicodedata.category(c)
        if category in ("Cc", "Zs", "Zl", "Zp"):
            kept.append(" ")
        elif category in ("Cs", "Co", "Cn"):
            kept.append("?")
        elif category != "Cf" and not 0xFE00 <= ord(c) <= 0xFE0F:
            kept.append(c)
    line = re.sub(" +", " ", "".join(kept)).strip()
    return line + "..." if len(text) > LONGEST else line


def cells(text: str) -> int:
    """How many terminal cells `text` takes; it is clean."""
    return sum(map(_cell, text))


@lru_cache(maxsize=4096)
def _cell(c: str) -> int:
    if unicodedata.category(c) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """`text` in lines of at most `width` cells, the first behind `first`, the others behind `rest`.

    Shape: `rest` leaves room for a wide character.
    """
    lines, line, used = [], first, cells(first)
    for unit in _units(text):
        fits = used + cells(unit.rstrip()) <= width or line in (first, rest)
        for c in unit:
            if not fits or (used + _cell(c) > width and c != " "):
                lines.append(line.rstrip())
                line, used, fits = rest, cells(rest), True
            line += c
            used += _cell(c)
    return [*lines, line.rstrip()]


def _units(text: str) -> list[str]:
    """What is broken apart only if it must be: words with the spaces behind them, wide characters.

    No line begins with closing punctuation, none ends with an opening one.
    """
    units: list[str] = []
    before = " "
    for c in text:
        apart = before == " " or (
            2 in (_cell(c), _cell(before))
            and unicodedata.category(c) not in ("Pe", "Pf", "Po")
            and unicodedata.category(before) not in ("Ps", "Pi")
        )
        if units and (c == " " or _cell(c) == 0 or not apart):
            units[-1] += c
        else:
            units.append(c)
        before = c
    return units
