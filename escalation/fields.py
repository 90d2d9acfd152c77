"""One line of a file, field by field: typed, or what is wrong with it by line and field."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from escalation.core.instants import read_instant
from escalation.core.values import read_values, storable
from escalation.errors import FieldProblem
from states.errors import near_miss
from states.model import Value

Data = dict[str, Any]


class Said:
    """One line while it is read: what it says, and what is wrong with it."""

    __slots__ = ("data", "line", "problems")

    def __init__(self, line: int, data: Data) -> None:
        self.line = line
        self.data = data
        self.problems: list[FieldProblem] = []

    def wrong(
        self, field: str, expected: str, value: Any = None, limit: str | None = None, meant: str | None = None
    ) -> None:
        """One more problem."""
        self.problems.append(FieldProblem(field, value, expected, meant, self.line, limit))

    def keys(self, known: Collection[str], required: Sequence[str]) -> None:
        """Keys that the kind does not have, and those that are missing."""
        for name in self.data.keys() - known:
            self.wrong(name, "unknown", self.data[name], ", ".join(sorted(known)), near_miss(name, known))
        for name in required:
            if self.data.get(name) is None:
                self.wrong(name, "required")

    def text(self, name: str, filled: bool = False, required: bool = False) -> str | None:
        """Text that can be kept; `filled`: not blank."""
        value = self.data.get(name)
        if value is None:
            if required:
                self.wrong(name, "required")
            return None
        if not isinstance(value, str) or not storable(value):
            self.wrong(name, "text", value if not isinstance(value, str) else None)
            return None
        if filled and not value.strip():
            self.wrong(name, "required")
        return value

    def integer(self, name: str) -> int | None:
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
            self.wrong(name, "integer", value)
            return None
        return value

    def mapping(self, name: str) -> Data | None:
        value = self.data.get(name)
        if value is None or isinstance(value, dict):
            return value
        self.wrong(name, "mapping", value)
        return None

    def values(self, name: str, defined: Mapping[str, Value], require: bool = False) -> Data:
        """Typed values, in the order of definition."""
        given = self.mapping(name) or {}
        values, wrong = read_values(defined, given, require)
        for field, each in wrong.items():
            self.wrong(field, each.expected, given.get(field), each.limit, each.meant)
        return values

    def instant(self, name: str, zone: ZoneInfo, now: datetime, opened_at: datetime | None) -> datetime | None:
        value = self.data.get(name)
        if value is None:
            return None
        found = read_instant(value, zone, now, opened_at) if isinstance(value, str) else None
        if found is None:
            self.wrong(name, "instant", value)
        return found

    def day(self, name: str, required: bool) -> str | None:
        value = self.data.get(name)
        if value is None:
            if required:
                self.wrong(name, "required")
            return None
        try:
            return date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            self.wrong(name, "date", value)
            return None
