"""What a person types for a day or an instant -> an instant. Source: docs/command-line.md, INSTANT."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

EARLIEST, LATEST = 1970, 2200
"""Years. Outside them an instant is a slip of the keyboard."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_instant(text: str, zone: ZoneInfo, now: datetime, opened_at: datetime | None = None) -> datetime | None:
    """The instant that ISO 8601 text says, in UTC, or None if it says none.

    Local to `zone` where it has no offset. A day alone means 12:00 of it; today, now if that is
    earlier; on the day a case was opened, not before the opening.
    """
    text = text.strip()
    try:
        if _DAY.fullmatch(text):
            return _noon(date.fromisoformat(text), zone, now, opened_at)
        at = datetime.fromisoformat(text)
        if len(text) < 12 or not EARLIEST <= at.year <= LATEST:
            return None
        return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _noon(day: date, zone: ZoneInfo, now: datetime, opened_at: datetime | None) -> datetime | None:
    if not EARLIEST <= day.year <= LATEST:
        return None
    at = datetime.combine(day, time(12), zone).astimezone(UTC)
    if day == now.astimezone(zone).date():
        at = min(at, now)
    if opened_at is not None and day == opened_at.astimezone(zone).date():
        at = max(at, opened_at)
    return at
