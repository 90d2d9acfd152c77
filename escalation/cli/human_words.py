"""What several pages say alike: marks, last days, what a period rests on, guards, values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from escalation.cli.human_page import LATE, SOON, Data, Page

NEAR_DAYS = 7


def days_left(page: Page, iso: str) -> int:
    """Calendar days from today to a day."""
    return (date.fromisoformat(iso[:10]) - date.fromisoformat((page.today or iso)[:10])).days


def mark(page: Page, row: Data) -> tuple[str, str]:
    """How a deadline stands, as a sign and a word, never by colour alone. Row: a deadline of `show` or `due`."""
    status, mine = row.get("status"), row.get("owed_by") == "me"
    if status in ("missed", "paused", "met", "ended"):
        style = {"missed": LATE if mine else SOON}.get(status, "")
        return page.say(f"mark.{status}"), style
    day = row.get("due") or row.get("day") or row.get("lapses_at")
    if day is None:
        return page.say("mark.waiting"), SOON
    left = row["days_left"] if row.get("days_left") is not None else days_left(page, day)
    if left <= NEAR_DAYS:
        return page.say("mark.today" if left <= 0 else "mark.soon"), SOON
    return page.say("mark.provisional" if row.get("provisional") else "mark.running"), ""


def last_day(page: Page, row: Data) -> list[str]:
    """The last day with days left; then, where they apply, the other reading and that it is provisional."""
    if row.get("due") is None:
        at = row.get("lapses_at")
        if at and row.get("status") == "missed":
            return [page.instant(at)]  # the mark beside it says what became of it
        return [page.say("by.hours", at=page.instant(at)) if at else page.say("show.date_unknown")]
    lines = [page.say("by.due", day=page.day(row["due"]), left=page.said.days_left(days_left(page, row["due"])))]
    other = row.get("other_reading")
    if other:
        lines.append(page.say("by.rolled" if other > row["due"] else "by.unrolled", day=page.day(other)))
    if row.get("provisional"):
        lines.append(page.say("by.provisional"))
    return lines


def basis(page: Page, found: Data | None) -> str:
    """What a period rests on: source, number, article, and how sure that is."""
    if not found or not any(found.get(k) for k in ("source", "article", "certainty")):
        return page.say("certainty.none")
    if found.get("certainty") == "default":
        return page.said.certainty("default")
    text = ""
    if found.get("title"):
        text = page.say("basis.source", title=found["title"])
        text += page.say("basis.details", issuer=found.get("issuer"), number=found.get("number"))
    elif found.get("source"):
        text = found["source"]
    if found.get("article"):
        text += page.say("basis.article", article=found["article"])
    parts = [text.lstrip(", "), page.said.certainty(found.get("certainty"))]
    if found.get("until") and page.today and found["until"] < page.today:
        parts.append(page.say("basis.until", until=page.day(found["until"])))
    if found.get("in_force") is False:
        early = found["started_on"] < found["effective"]
        kind = "basis.not_yet" if early else "basis.no_more"
        parts.append(page.say(kind, day=page.day(found["started_on"]), effective=page.day(found["effective"])))
    return page.say("basis.join").join(p for p in parts if p)


def basis_short(page: Page, found: Data | None) -> str:
    """The same in a word or two, for a column."""
    word = page.say(f"certainty_short.{(found or {}).get('certainty') or 'none'}")
    return word


def value(page: Page, found: Any, name: str) -> str:
    """A value of a fact, or of an event's data (`EVENT.NAME`)."""
    if isinstance(found, bool):
        return page.say("word.yes" if found else "word.no")
    return page.titles.get("choice", {}).get(f"{name}={found}") or str(found)


def values(page: Page, found: Data, event: str | None = None) -> str:
    """Names and values one after the other: of facts, or of an event's data."""
    colon, asks, before = page.say("word.colon"), page.titles.get("ask", {}), f"{event}." if event else ""
    return page.said.listed(
        [f"{asks.get(before + k) or page.name('fact', k)}{colon}{value(page, v, before + k)}" for k, v in found.items()]
    )


def states(page: Page, tracks: Sequence[Data], running_only: bool = True) -> str:
    """Where the tracks are; the main track alone needs no name."""
    shown = [t for t in tracks if not (running_only and t.get("final"))] or list(tracks[:1])
    colon = page.say("word.colon")
    if len(shown) == 1 and shown[0]["track"] == "main":
        return page.name("state", shown[0]["state"])
    return page.said.listed([f"{track_name(page, t['track'])}{colon}{page.name('state', t['state'])}" for t in shown])


def track_name(page: Page, track: str) -> str:
    """What people call a track."""
    return page.name("track", track, page.say("word.main") if track == "main" else None)


def with_id(page: Page, kind: str, id: str) -> str:
    """What people call it, and what they type."""
    title = page.name(kind, id)
    return title if title == id else title + page.say("word.paren", text=id)
