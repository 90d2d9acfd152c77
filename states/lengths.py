"""Legal lengths: a whole number of hours, days, working days, weeks, months or years.

A length is not a timedelta: one month from 31 January is 28 or 29 February, and a working day
depends on a calendar. Only `escalation.core.days` turns a length into a day.
"""

from __future__ import annotations

import re
from typing import NamedTuple

UNITS = ("hours", "days", "working days", "weeks", "months", "years")
LARGEST = 100_000
"""The largest number of units a length may have: anything above is a slip of the keyboard."""

_LENGTH = re.compile(r"([0-9]{1,9}) (hour|day|working day|week|month|year)(s?)")
_OFFSET = re.compile(r"(.+) (before|after)")


class Length(NamedTuple):
    """`n` whole units, `n` at least 1. Source: semantics §3."""

    n: int
    unit: str
    """One of UNITS, always in the plural."""

    def __str__(self) -> str:
        return f"{self.n} {self.unit[:-1] if self.n == 1 else self.unit}"


class Offset(NamedTuple):
    """When a reminder falls, seen from the last day: before it (-1), on it (0) or after it (+1)."""

    direction: int
    length: Length | None
    """None on the day itself."""

    def __str__(self) -> str:
        if self.length is None:
            return "on the day"
        return f"{self.length} {'before' if self.direction < 0 else 'after'}"


def parse_length(text: str) -> Length | None:
    """The length that `text` says, or None if it says none. `1 day` and `1 days` are both read."""
    match = _LENGTH.fullmatch(text)
    if match is None:
        return None
    n = int(match[1])
    return Length(n, match[2] + "s") if 1 <= n <= LARGEST else None


def parse_offset(text: str) -> Offset | None:
    """`3 days before`, `on the day`, `2 days after`; None for anything else."""
    if text == "on the day":
        return Offset(0, None)
    match = _OFFSET.fullmatch(text)
    length = parse_length(match[1]) if match else None
    if match is None or length is None:
        return None
    return Offset(-1 if match[2] == "before" else 1, length)
