"""The path as lanes: each stage with the way taken, the present state, and what can happen now.

Drawn with signs that are as wide in every terminal: `[x]` taken, `>>> <<<` here, `[ ]` ahead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from escalation.wording import Wording, visible

Data = dict[str, Any]
Lane = tuple[Text, Data]
"""A line, and what Enter is for there."""


def lanes(procedure: Data, show: Data, titles: Mapping[str, Mapping[str, str]], words: Wording) -> list[Lane]:
    """The lines of a case's path. Shapes: `desk.procedure`, `desk.show`, `desk.titles`."""
    stage_of = {state["id"]: state["stage"] for state in procedure["states"]}
    here = {track["state"]: track for track in show["tracks"]}
    found: list[Lane] = []
    told = False
    for stage in procedure["stages"]:
        taken = [row for row in show["history"] if row["to"] and stage_of.get(row["to"]) == stage["id"]]
        present = [state for state in here if stage_of.get(state) == stage["id"]]
        running = [state for state in present if not here[state]["final"]]
        sign = ">>>" if running else "[x]" if taken else "[ ]"
        style = "bold" if running or taken else "dim"
        found.append((Text(f"{sign} {visible(stage['title'])}", style), {"kind": "stage"}))
        for row in taken:
            if row["to"] in running and row is _last(taken, row["to"]):
                continue
            day = words.day(row["at"], show["as_of"])
            found.append((Text(f"     [x] {day}  {_name(titles, 'state', row['to'])}"), {"kind": "past"}))
        for state in running:
            since = words.day(here[state]["entered_at"], show["as_of"])
            text = Text("     ").append(f">>> {_name(titles, 'state', state)} <<<", "bold reverse")
            found.append((text.append(f"  {since}"), {"kind": "here"}))
            if not told:
                told = True
                found += [_event(each, titles, words) for each in show["possible"]]
    return found


def _event(each: Data, titles: Mapping[str, Mapping[str, str]], words: Wording) -> Lane:
    """What can happen now, and by whom; of what cannot, how much is missing."""
    who = _name(titles, "party", each["by"])
    sign = "->" if each["ready"] else ".."
    text = Text(f"          {sign} {_name(titles, 'event', each['event'])}  ({who})")
    if not each["ready"]:
        n = sum(len(items) for missing in each["missing"] for items in missing["checklists"].values())
        text.append("\n             " + (words.say("case.lacks", n=n) if n else words.say("case.not_yet")), "italic")
    return text, {"kind": "event", **each}


def _last(rows: list[Data], state: str) -> Data:
    return next(row for row in reversed(rows) if row["to"] == state)


def _name(titles: Mapping[str, Mapping[str, str]], kind: str, id: str) -> str:
    return visible(titles[kind].get(id, id))
