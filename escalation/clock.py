"""The only reader of the wall clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC)


def going_on_from(at: datetime) -> Callable[[], datetime]:
    """A clock that says `at` now and goes on as the wall clock does: for rehearsals that take their time."""
    ahead = at - now()
    return lambda: now() + ahead
