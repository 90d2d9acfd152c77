"""Plans as tables for spreadsheets, with a byte order mark and no cell that could be a formula."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from escalation.transfer import harmless

OFFERS = (
    "n", "name", "kind", "principal", "waived", "months", "rate", "monthly_low", "monthly_high", "total", "interest",
    "nominal", "effective", "affordable", "left_over", "first_day", "last_day", "impossible",
)  # fmt: skip
INSTALMENTS = ("n", "due", "amount", "paid", "missing", "principal", "interest", "paid_on", "status")
"""`principal` and `interest`: what is still open of it."""


def offers_csv(data: Mapping[str, Any]) -> str:
    """The comparison of `plans.compare`, a plan a line."""
    rows = []
    for n, each in enumerate(data["offers"], 1):
        why = (each["impossible"] or {}).get("text")
        rows.append({**each, "n": n, "impossible": why})
    return _written(OFFERS, rows)


def instalments_csv(data: Mapping[str, Any]) -> str:
    """The agreed plan of `plans.schedule`, an instalment a line."""
    return _written(INSTALMENTS, data["instalments"])


def _written(columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return "\ufeff" + text.getvalue()


def _cell(value: Any) -> Any:
    """Sums of ours may begin with a minus; texts of people may not begin like a formula."""
    if not isinstance(value, str) or value.removeprefix("-").replace(".", "", 1).isdecimal():
        return value
    return harmless(value)


def new_file(folder: Path, name: str, text: str) -> Path:
    """Write a private file that is not there yet: `name.csv`, else `name-2.csv` and so on. Raises: OSError."""
    for n in range(1, 1000):
        path = folder / (f"{name}.csv" if n == 1 else f"{name}-{n}.csv")
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with open(file, "w", encoding="utf-8", newline="") as opened:
            opened.write(text)
        return path
    raise FileExistsError(name)
