"""Made-up lives taken into a store, where every value and every tick is checked as if a person had said it."""

from __future__ import annotations

import json
from datetime import datetime
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from escalation import open_store
from escalation.core.entries import canonical
from escalation.core.lives import lives
from states.library import shipped


@pytest.mark.parametrize("name", list(shipped()))
def test_a_store_takes_every_life_and_finds_it_where_it_was(tmp_path: Path, name: str) -> None:
    opened_at = datetime(2026, 1, 5, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    with open_store(tmp_path / "cases.db", now="2040-01-01T10:00") as desk:
        table = desk.engine.shelf.table(desk.engine.shelf.named(name, desk.now()))
        found = list(lives(table, Random(5), opened_at, 12))
        lines: list[dict[str, Any]] = [
            {**json.loads(canonical(entry)), "case": n} for n, life in enumerate(found) for entry in life.log
        ]
        taken = desk.import_(BytesIO(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))
        shown = list(desk.cases())

    assert taken["skipped"] == []
    assert [case["inapplicable"] for case in shown] == [[]] * 12
    assert [[t["state"] for t in case["tracks"]] for case in shown] == [
        [t.state for t in life.snapshot.tracks] for life in found
    ]
