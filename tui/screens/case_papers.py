"""What a case holds, as lines: checklists, reminders of one's own, files, notes, facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from tui.forms import size_said
from tui.screens.case_parts import Answers, Data, Line, Look, beside, named, short
from tui.text import mark
from tui.widgets.field_row import choice_said


def papers_lines(found: Answers, look: Look, first: Sequence[str]) -> list[Line]:
    """All that a case holds. `first`: the checklists that matter now, before the rest."""
    lists = found.show["checklists"]
    now = [id for id in first if id in lists]
    return [
        *(line for id in now for line in _checklist(id, found, look)),
        *_follow_ups(found, look),
        *_files(found, look),
        *_notes(found, look),
        *_facts(found, look, filled=True),
        *(line for id in lists if id not in now for line in _checklist(id, found, look)),
        *_facts(found, look, filled=False),
    ]


def needed_first(found: Answers) -> list[str]:
    """The checklists that what can happen now asks for, the next step's before all."""
    item = found.next["do"].get("item") or ""
    lists = [name for each in found.show["possible"] for missing in each["missing"] for name in missing["checklists"]]
    begun = [id for id in found.show["checklists"] if any(item.startswith(f"{id}.") for item in ticked(found))]
    needed = dict.fromkeys([*([item.partition(".")[0]] if item else []), *lists, *begun])
    return list(needed) or list(found.show["checklists"])[:2]


def ticked(found: Answers) -> set[str]:
    """The items with a tick: `checklist.item`."""
    checks = {row["item"]: _now(row, "done") for row in found.log if row["kind"] == "check" and not row["withdrawn"]}
    return {item for item, done in checks.items() if done}


def _now(row: Data, name: str) -> object:
    """A value of an entry as it stands after its corrections."""
    return (row.get("now") or {}).get(name, row.get(name))


def _head(text: str) -> Line:
    return Text(text, "bold"), {"kind": "head", "id": text}


def _add(look: Look, id: str) -> Line:
    return Text(f"  [+] {look.words.say(f'case.add_{id}')}"), {"kind": "add", "id": id}


def _checklist(checklist: str, found: Answers, look: Look) -> Iterator[Line]:
    done = mark(look.words, "ok") if found.show["checklists"][checklist]["complete"] else ""
    text, row = _head(f"{named(found.titles, 'checklist', checklist)}  {done}")
    yield text, {**row, "id": checklist}
    ticks, titles = ticked(found), found.titles["item"]
    for id in titles:
        if not id.startswith(f"{checklist}."):
            continue
        files = sum(1 for each in _attached(found) if _now(each, "item") == id)
        text = beside(f"  [{'x' if id in ticks else ' '}]", named(found.titles, "item", id), look)
        if files:
            text.append("  " + look.words.say("case.with_files", n=files), "dim")
        yield text, {"kind": "item", "id": id, "done": id in ticks}


def _follow_ups(found: Answers, look: Look) -> Iterator[Line]:
    yield _head(look.words.say("case.follow_ups"))
    for each in found.show["follow_ups"]:
        if each["from"] == "user" and each["status"] == "open":
            day = look.words.day(each["due"], found.show["as_of"])
            late = mark(look.words, "missed") + " " if each["due"] < found.show["as_of"][:10] else ""
            text = beside("  [ ]", f"{late}{day}  {look.text(each['text'])}", look)
            yield text, {"kind": "follow_up", "n": each["n"], "due": each["due"], "text": each["text"]}
    yield _add(look, "follow_up")


def _attached(found: Answers) -> list[Data]:
    return [row for row in found.log if row["kind"] == "attach" and not row["withdrawn"]]


def _files(found: Answers, look: Look) -> Iterator[Line]:
    yield _head(look.words.say("case.files"))
    for row in _attached(found):
        day = look.words.day(row["occurred_at"], found.show["as_of"])
        name = look.text(_now(row, "title") or row["name"])
        text = Text(f"  {day}  {name}  {size_said(row['size'])}")
        item = _now(row, "item")
        if item:
            text.append(f"\n        -> {named(found.titles, 'item', str(item))}", "dim")
        yield text, {"kind": "file", "seq": row["seq"]}
    yield _add(look, "file")


def _notes(found: Answers, look: Look) -> Iterator[Line]:
    yield _head(look.words.say("case.notes"))
    for row in found.log:
        if row["kind"] == "note" and not row["withdrawn"]:
            day = look.words.day(row["occurred_at"], found.show["as_of"])
            yield short(f"  {day}", str(_now(row, "text")), look), {"kind": "note", "seq": row["seq"]}
    yield _add(look, "note")


def _facts(found: Answers, look: Look, *, filled: bool) -> Iterator[Line]:
    values = found.show["facts"]
    there = [id for id in found.titles["fact"] if (values.get(id) is not None) == filled]
    if there:
        yield _head(look.words.say("case.facts" if filled else "case.facts_empty"))
    for id in there:
        said = _value(id, values[id], found, look) if filled else look.words.say("case.not_filled")
        yield Text(f"  {named(found.titles, 'fact', id)}: {said}"), {"kind": "fact", "id": id}


def _value(id: str, value: object, found: Answers, look: Look) -> str:
    if isinstance(value, bool):
        return look.words.say("word.yes" if value else "word.no")
    if isinstance(value, str) and f"{id}={value}" in found.titles.get("choice", {}):
        return choice_said(look.words, value)
    return look.text(value)
