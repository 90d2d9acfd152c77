"""An entry of the log: in a line of words, and as one would have typed it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from escalation.wording import Titles, Wording, visible
from tui.forms import AT, NOTE, size_said
from tui.widgets.preview import HIDDEN

Data = dict[str, Any]


def entry_said(words: Wording, titles: Titles, row: Data, masked: bool) -> str:
    """An entry of the log in a line."""

    def name(kind: str, id: str) -> str:
        return visible(titles.get(kind, {}).get(id) or id)

    match row["kind"]:
        case "opened":
            return words.kind("opened")
        case "event":
            return name("event", row["event"])
        case "facts":
            return words.kind("facts") + words.say("word.colon") + words.listed([name("fact", n) for n in row["facts"]])
        case "check":
            return words.say("log.checked" if row["done"] else "log.unchecked", item=name("item", row["item"]))
        case "attach":
            shown = HIDDEN if masked else str(row.get("title") or row["name"])
            return words.say("log.attached", name=shown, size=size_said(row["size"]))
        case "note":
            text = HIDDEN if masked else " / ".join(str(row["text"]).splitlines())
            return words.kind("note") + words.say("word.colon") + visible(text)
        case "follow_up":
            text = HIDDEN if masked else str(row.get("text") or "")
            day = words.day(row["due"]) if row.get("due") else ""
            return words.say(f"log.follow_{row['action']}", n=row["n"], day=day, text=text)
    target = words.say("log.entry", seq=row["target"]) if row.get("target") else ""
    return words.kind(row["kind"]) + (words.say("word.colon") + target if target else "")


def as_typed(row: Data) -> dict[str, str]:
    """An entry as one would have typed it."""
    own = {"check": ("done",), "attach": ("title", "type", "dated", "proves")}.get(row["kind"], ())
    values = row.get("data") or row.get("facts") or {name: row[name] for name in own if row.get(name) is not None}
    typed = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
    typed[AT] = f"{datetime.fromisoformat(row['occurred_at']):%Y-%m-%d %H:%M}"
    note = row.get("text") if row["kind"] == "note" else row.get("note")
    return typed | ({NOTE: note} if note else {})
