"""Many cases, one by one: what would happen to each, how that is said, and all of them as a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation.errors import EscalationError, NotFound
from escalation.wording import Wording, error_lines, visible
from states.model import MAIN
from tui.forms import Answers
from tui.text import masked

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]


class Seen(NamedTuple):
    """What would happen to one case, or did."""

    case: str
    title: str
    before: str
    after: str
    due: str | None
    error: Exception | None
    titles: Any


def said(seen: Seen, words: Wording, hidden: bool, event: str) -> tuple[str, str]:
    """One case in a line, and the class of its colour. `event`: the title of what was to be recorded."""
    title = masked(seen.title) if hidden else visible(seen.title)
    facts = {"case": seen.case, "title": title}
    if isinstance(seen.error, NotFound) and seen.error.what == "event":
        return words.say("bulk.one_refused", **facts, why=words.say("bulk.elsewhere", event=event)), "-soon"
    if seen.error is not None:
        lines = [line.strip() for line in error_lines(seen.error, words.lang, seen.titles)]
        return words.say("bulk.one_refused", **facts, why=" ".join(lines[:3])), "-soon"
    key = "bulk.one_same" if seen.before == seen.after else "bulk.one_ok"
    text = words.say(key, **facts, before=seen.before, after=seen.after)
    return text + (words.say("bulk.by", day=words.day(seen.due)) if seen.due else ""), ""


def heading(words: Wording, phase: str, cases: int, seen: Sequence[Seen], people: Sequence[str]) -> str:
    """What stands above, by what is being done: how many cases it is for, and how many of them would refuse."""
    ready = sum(1 for each in seen if each.error is None)
    left = len(seen) - ready
    if phase == "preview":
        key = "would_all" if not left else "would_some" if ready else "would_none"
        return words.say(f"bulk.{key}", n=ready, left=left)
    if phase == "done":
        done = words.say("bulk.done", n=ready)
        return done + ("\n" + words.say("bulk.done_refused", n=left) if left else "")
    if phase == "assign":
        known = words.say("bulk.person_known", names=words.listed(list(people))) if people else ""
        return "\n".join(filter(None, (words.say("bulk.person"), known)))
    key = {"values": "values", "export": "file"}.get(phase, "what")
    return words.say(f"bulk.{key}", n=cases)


def would(desk: Desk, cases: Sequence[str], event: str, answers: Answers) -> list[Seen]:
    """What one event would do to each of some cases."""
    found, known = [], dict[str, Any]()
    for case in cases:
        shown, titles = None, {}
        try:
            shown = desk.show(case)
            hash = shown["procedure"]["hash"]
            titles = known.get(hash) or known.setdefault(hash, desk.titles(case))
            did = desk.record(case, event, answers.values, at=answers.at, note=answers.note, preview=True)
        except EscalationError as error:
            found.append(Seen(case, shown["title"] if shown else "", "", "", None, error, titles))
            continue
        before, after = did["before"], did["after"]
        due = next((d["due"] for d in after["deadlines"] if d["due"] and d["status"] == "running"), None)
        found.append(Seen(case, shown["title"], _state(before, titles), _state(after, titles), due, None, titles))
    return found


def _state(shown: Data, titles: Any) -> str:
    main = next(track for track in shown["tracks"] if track["track"] == MAIN)
    return str(titles["state"].get(main["state"], main["state"]))


def export(desk: Desk, cases: Sequence[str], path: str) -> bool:
    """Write cases as JSON lines into a new file that nobody else can read. Raises: OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for block in desk.export("jsonl", cases):
            file.write(block)
    return True
