"""A throw-away store with made-up cases in every stage: the shipped stories, told as if they were now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any, NamedTuple

import msgspec

from escalation.api import Desk
from escalation.core.entries import Entry
from escalation.core.evaluate import evaluate
from escalation.core.table import Table
from escalation.lines import LogReader
from escalation.story_file import Line, Story, read_stories
from states.library import STORIES, shipped
from states.model import MAIN, words

FIRST = "alipay-repayment"
"""The procedure that is shown stage by stage; of the others one case each."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Life(NamedTuple):
    """The beginning of a story, up to where it is to be found."""

    title: str
    lines: list[dict[str, Any]]
    """As lines of `import`."""
    last: datetime
    """When the last of them was recorded."""
    stage: str


def fill(desk: Desk) -> list[str]:
    """Open made-up cases, in the order of the stages; the answer is their ids."""
    lives: list[Life] = []
    for name in (FIRST, *(n for n in shipped() if n != FIRST)):
        found = _lives(desk, name)
        lives += found if name == FIRST else found[len(found) // 2 : len(found) // 2 + 1]
    file = b"".join(line for life in lives for line in _told_now(life, desk.now()))
    done = desk.import_(BytesIO(file), accept_inapplicable=True)
    return [case["case"] for case in done["cases"]]


def _lives(desk: Desk, name: str) -> list[Life]:
    """For each stage of a procedure a story that comes by it, told as far as its last entry there."""
    table = desk.engine.shelf.table(desk.engine.shelf.named(name, desk.now()))
    stories, _ = read_stories(shipped()[name].with_name(name + STORIES), table.procedure)
    lives = [life for story in stories.values() for life in _stages(story, table, desk.lang)]
    found: list[Life] = []
    for stage in table.procedure.stages:
        there = [life for life in lives if life.stage == stage]
        fresh = [life for life in there if life.title not in {f.title for f in found}]
        found += (fresh or there)[:1]
    return found


def _stages(story: Story, table: Table, lang: str) -> Iterator[Life]:
    """The stages that a story comes by, each with the longest beginning that ends in it."""
    title = words(story.title, lang)
    lines = list(_lines(story, table))
    reader = LogReader(title, lambda _: table, lambda _, __: table.hash, _FAR)
    entries: list[Entry] = []
    ends: dict[str, Life] = {}
    for n, line in enumerate(lines, 1):
        entry = reader.take(n, line)
        if entry is None:
            return
        entries.append(entry)
        snapshot = evaluate(lambda _: table, entries, entry.recorded_at)
        state = next(t.state for t in snapshot.tracks if t.track == MAIN)
        stage = table.procedure.states[state].stage
        if n > 2 or not ends:
            ends[stage] = Life(title, lines[:n], entry.recorded_at, stage)
    yield from ends.values()


_FAR = datetime.fromisoformat("2200-01-01T00:00:00+00:00")


def _lines(story: Story, table: Table) -> Iterator[dict[str, Any]]:
    """The entries of a story, as lines of `import`."""
    opened = datetime.fromisoformat(story.opened).replace(tzinfo=table.clock.zone).isoformat()
    yield {"kind": "opened", "procedure": table.procedure.procedure, "definition": table.hash, "at": opened,
           "facts": story.facts}  # fmt: skip
    for line in story.entries:
        if line.shows is None and line.refused is None:
            yield {k: v for k, v in _logged(line, table).items() if v is not None}


def _logged(line: Line, table: Table) -> dict[str, Any]:
    return line.logged(datetime.fromisoformat(line.at).replace(tzinfo=table.clock.zone))


def _told_now(life: Life, now: datetime) -> Iterator[bytes]:
    """The lines of a life as if it had come so far within the last days: moved by whole weeks."""
    weeks = (now - life.last) // timedelta(weeks=1)
    for line in life.lines:
        title = {"title": life.title} if line["kind"] == "opened" else {}
        moved = {key: _moved(value, timedelta(weeks=weeks)) for key, value in line.items()}
        yield msgspec.json.encode({"case": f"{life.stage}: {life.title}", **moved, **title}) + b"\n"


def _moved(value: Any, by: timedelta) -> Any:
    """Every day and instant in a value, moved."""
    if isinstance(value, dict):
        return {key: _moved(each, by) for key, each in value.items()}
    if not isinstance(value, str) or not _DAY.match(value):
        return value
    if len(value) == 10:
        return (date.fromisoformat(value) + by).isoformat()
    return (datetime.fromisoformat(value) + by).isoformat()
