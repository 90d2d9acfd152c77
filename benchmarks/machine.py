"""The machine of `eight-states.yaml`, said to the peers; and cases of it, the same on every run."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

PROCEDURE = Path(__file__).parent / "eight-states.yaml"

STATES = ("preparing", "waiting", "supplementing", "weighing", "complaint", "offered", "paying", "settled")
EDGES = (
    ("sent", "preparing", "waiting"),
    ("papers_requested", "waiting", "supplementing"),
    ("answered", "waiting", "weighing"),
    ("no_answer", "waiting", "complaint"),
    ("papers_sent", "supplementing", "waiting"),
    ("refused", "weighing", "complaint"),
    ("refused", "offered", "complaint"),
    ("decided", "complaint", "offered"),
    ("accepted", "offered", "paying"),
    ("breached", "paying", "preparing"),
    ("paid", "paying", "settled"),
)
GUARDS = {"sent": "papers_complete", "accepted": "enough"}
"""The guarded events: every paper ticked, and `amount >= 100`."""
PAPERS = ("statement", "proof")
WALK = ("sent", "papers_requested", "papers_sent", "answered", "refused", "decided", "accepted", "breached")
"""Eight events that come back to where they began."""

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
"""The instant at which every benchmark acts."""
_STRAIGHT = ("sent", "answered", "refused", "decided", "accepted", "paid")
ENTRIES = 10
"""Of each case."""


class Planned(NamedTuple):
    """A case to import."""

    key: str
    walked: int
    """How many events of `WALK` it has behind it; -1 if it is settled."""
    fresh: bool
    """Its last entry is so recent that no deadline has lapsed."""


def plans(cases: int) -> Iterator[Planned]:
    """Of ten cases six are settled, and of the open ones one in twenty was left alone for long."""
    lots = random.Random(17)
    for i in range(cases):
        settled = lots.random() < 0.6
        yield Planned(f"k{i}", -1 if settled else lots.randrange(1, 8), lots.random() >= 0.05)


def write_cases(path: Path, cases: int) -> None:
    """An import file of that many cases with ten entries each."""
    lots = random.Random(23)
    with path.open("w", encoding="utf-8") as file:
        for plan in plans(cases):
            if plan.walked < 0:
                last = NOW - timedelta(hours=lots.randrange(24, 24 * 600))
            elif plan.fresh:
                last = NOW - timedelta(minutes=lots.randrange(30, 60 * 24 * 7))
            else:
                last = NOW - timedelta(days=lots.randrange(70, 300))
            gaps = [timedelta(minutes=lots.randrange(60, 60 * 30)) for _ in range(ENTRIES - 1)]
            at = last - sum(gaps, timedelta())
            for entry, gap in zip(_entries(plan, lots), [*gaps, timedelta()], strict=True):
                file.write(json.dumps({"case": plan.key, "at": at.isoformat(), **entry}, ensure_ascii=False) + "\n")
                at += gap


def _entries(plan: Planned, lots: random.Random) -> list[dict[str, Any]]:
    events = _STRAIGHT if plan.walked < 0 else WALK[: plan.walked]
    amount = lots.randrange(100, 2000)
    return [
        {
            "kind": "opened", "procedure": "eight-states", "title": f"借款 {plan.key}",
            "client": f"c{lots.randrange(200)}", "facts": {"amount": amount},
        },
        *({"kind": "check", "item": f"papers.{item}", "done": True} for item in PAPERS),
        *({"kind": "note", "text": "打过一次电话"} for _ in range(ENTRIES - 3 - len(events))),
        *({"kind": "event", "event": event} for event in events),
    ]  # fmt: skip
