"""What one reading of the store says about a case, and its lines: each with what Enter is for there.

Nothing here knows a widget: a list is made from texts and rows side by side, and tested without a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from escalation.wording import Titles, Wording, visible
from tui.text import fitted, hung, mark, masked, told

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
Line = tuple[Text, Data]
"""A line, and what it is about: `kind`, and what that needs."""
AHEAD_DAYS = (0, 1, 3, 7, 14, 30, 60, 90, 180, 365)
"""Where the forecast can look."""
LABEL = 10
MOST = 3
"""Lines of a note in a list; all of it stands in the form that Enter opens."""
OWN = ("text", "note", "title", "name", "client", "proves")
"""What of an entry a person wrote in their own words."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Answers:
    """What one reading of the store says about a case, all of the same moment."""

    def __init__(self, desk: Desk, case: str, tab: str, ahead: int, nth: int) -> None:
        from datetime import timedelta

        self.show = desk.show(case, all_deadlines=tab == "deadlines")
        self.next = desk.next(case)
        self.titles = desk.titles(case)
        self.log = desk.log(case) if tab in ("next", "timeline", "papers") else []
        self.due = desk.due("366d", case=case) if tab == "deadlines" else []
        self.procedure = desk.procedure(self.show["procedure"]["hash"]) if tab == "path" else {}
        self.supposed = _supposed(self.show, nth)
        what_if: list[tuple[str, str, Data]] = [(self.supposed, desk.today(), {})] if self.supposed else []
        self.forecast = desk.forecast(case, what_if) if tab == "forecast" else {}
        self.then: Data | None = None
        if tab == "forecast" and ahead:
            self.then = desk.show(case, as_of=(desk.now() + timedelta(days=ahead)).isoformat())

    @property
    def outcome(self) -> str | None:
        """How a closed case ended."""
        if self.show["open"]:
            return None
        return next((track["outcome"] for track in self.show["tracks"] if track["final"]), None)


def _supposed(show: Data, nth: int) -> str | None:
    """The event that the forecast supposes to happen today: none at first, then each that can be recorded."""
    ready: list[str | None] = [each["event"] for each in show["possible"] if each["ready"] and not any(
        ask["required"] for ask in each["asks"].values()
    )]  # fmt: skip
    return ([None, *ready])[nth % (len(ready) + 1)]


class Look(NamedTuple):
    """How a case is looked at: in which words, how wide, and who may look on."""

    words: Wording
    width: int
    masked: bool

    def text(self, text: object) -> str:
        """What a person wrote, as it may be seen."""
        return masked(str(text)) if self.masked else visible(str(text))


def next_text(found: Answers, look: Look, most: int) -> Text:
    """Where it stands, what the next step lacks, what else there is to do, and the last entries, `most` of them."""
    lines: list[Text] = []
    say, width, titles = look.words.say, look.width, found.titles
    for track in found.show["tracks"]:
        lines += hung(say("case.where"), titles["state"].get(track["state"], track["state"]), LABEL, width)
    missing = [
        f"{checklist}.{item}"
        for checklist, each in found.show["checklists"].items()
        for item in each["missing"]
        if (found.next["do"].get("item") or "").startswith(f"{checklist}.")
    ]
    for i, item in enumerate(missing):
        label = say("next.label_missing") if i == 0 else ""
        lines += hung(label, "[ ] " + titles["item"].get(item, item), LABEL, width)
    for i, each in enumerate(found.next["also"][:6]):
        from escalation.messages import to_do

        lines += hung(say("next.label_also") if i == 0 else "", to_do(each, look.words), LABEL, width)
    lines.append(Text(""))
    log = [_hidden(row, look) for row in found.log[-most:]]
    lines += told("log", log, look.words.lang, width, titles=titles).split("\n", allow_blank=True)
    return Text("\n").join(lines)


def _hidden(row: Data, look: Look) -> Data:
    """An entry without what a person wrote in their own words, where somebody may look on."""
    if not look.masked:
        return row
    hidden: Data = {name: look.text(row[name]) for name in OWN if isinstance(row.get(name), str)}
    for name in ("data", "facts"):
        values = row.get(name) or {}
        hidden[name] = {k: v if _DAY.match(str(v)) else look.text(v) for k, v in values.items()}
    if row.get("now"):
        hidden["now"] = _hidden(row["now"], look)
    return {**row, **{name: value for name, value in hidden.items() if name in row}}


def deadline_lines(found: Answers, look: Look) -> list[Line]:
    """Every deadline: how pressing, the day, how far off, whose turn, and how sure the day is."""
    left_of = {row["id"]: row["days_left"] for row in found.due}
    return [(_deadline(row, left_of.get(row["id"]), found, look), {"kind": "deadline", **row})
            for row in found.show["deadlines"]]  # fmt: skip


def _deadline(row: Data, left: int | None, found: Answers, look: Look) -> Text:
    words, id = look.words, row["status"]
    if id == "running" and left is not None:
        id = "today" if left <= 0 else "soon" if left <= 7 else "provisional" if row["provisional"] else "running"
    who = found.titles["party"].get(row["owed_by"], row["owed_by"])
    day = words.day(row["due"], found.show["as_of"]) if row["due"] else ""
    if not day and row["lapses_at"]:  # its length is in hours
        day = words.instant(row["lapses_at"], found.show["as_of"])
    if not day and row["status"] in ("running", "paused"):
        day = words.say("show.paused" if row["status"] == "paused" else "case.no_day_yet")
    head = f"{mark(words, id):<8} {day}  {words.days_left(left) if left is not None else ''}  {who}"
    text = Text(f"{head}\n         {visible(row['title'])}")
    if row["provisional"]:
        text.append("\n         " + words.say("by.provisional"))
    return text


def timeline_lines(found: Answers, look: Look, sought: str = "") -> list[Line]:
    """Every entry as it was written, corrections visible; below it the note that has what is sought."""
    from tui.screens.entry_words import entry_said

    lines: list[Line] = []
    for row in found.log:
        flags = [k for k in ("withdrawn", "inapplicable", "amended") if row.get(k)]
        said = entry_said(look.words, found.titles, row, look.masked)
        day = look.words.day(row["occurred_at"], found.show["as_of"])
        sign = mark(look.words, flags[0]) + " " if flags else ""
        text = Text(fitted(f"{row['seq']:>3} {day}  {sign}{said}", look.width))
        if "withdrawn" in flags:
            text.stylize("strike")
        note = look.text(row["note"]) if row.get("note") else ""
        if note and sought and sought.casefold() in note.casefold():
            text.append("\n" + fitted(f"      {note}", look.width))
        lines.append((text, {"kind": "entry", "seq": row["seq"]}))
    return lines


def marked(lines: list[Line], sought: str) -> list[Line]:
    """Lines with what is sought marked, by a sign and a style; the rows of those that have it get `fits`.

    They become two cells wider.
    """
    fits = re.compile(re.escape(sought), re.IGNORECASE)
    found: list[Line] = []
    for text, row in lines:
        hits = [each.span() for each in fits.finditer(text.plain)]
        line = Text("\n").join([Text("* " if hits and i == 0 else "  ") + part for i, part in enumerate(text.split())])
        if not hits:
            line.stylize("dim")
        for each in fits.finditer(line.plain):
            line.stylize("bold reverse", *each.span())
        found.append((line, {**row, "fits": bool(hits)}))
    return found


def forecast_text(found: Answers, look: Look, days: int) -> Text:
    """Where it goes if nobody acts, or if something happened today, and how it would stand some days ahead."""
    say, titles = look.words.say, found.titles
    before, after = say("case.slider", days="@@").split("@@")
    slider = Text(before, "bold")
    for i, each in enumerate(AHEAD_DAYS):
        shown = f"[{each}]" if each == days else str(each)
        slider.append("   " if i else "").append(shown, Style(meta={"ahead": i}))
    event = titles["event"].get(found.supposed or "", "")
    suppose = say("case.supposed", event=event) if event else say("case.nothing_supposed")
    lines = [slider.append(after), Text(suppose, Style(meta={"suppose": True})), Text("")]
    lines += told("forecast", found.forecast, look.words.lang, look.width, titles=titles).split("\n", allow_blank=True)
    if found.then is not None:
        lines += [Text(""), Text(say("case.then", n=days), "bold")]
        lines += [Text("  " + titles["state"].get(t["state"], t["state"])) for t in found.then["tracks"]]
    return Text("\n").join(lines)


def key_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a line is about, so that the cursor stays with it when other lines come and go."""
    return tuple(str(row.get(name)) for name in ("kind", "id", "track", "event", "n", "seq"))


def short(label: str, text: str, look: Look) -> Text:
    """A person's text in a few lines beside a label; two dots where it goes on."""
    return beside(label + " ", look.text(" / ".join(text.splitlines())), look, MOST)


def beside(label: str, text: str, look: Look, most: int | None = None) -> Text:
    """A text beside a label, wrapped under itself; of more than `most` lines the rest is two dots."""
    wide = cell_len(label) + 1
    lines = hung(label, text, wide, look.width)
    if most is not None and len(lines) > most:
        lines = [*lines[:most], Text(" " * wide + "..")]
    for line in lines:
        line.stylize("not bold")
    return Text("\n").join(lines)


def named(titles: Titles, kind: str, id: str) -> str:
    """What people call something of a procedure."""
    return visible(titles.get(kind, {}).get(id) or id)
