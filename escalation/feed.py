"""What is due, as a calendar that every calendar program reads: RFC 5545, written by hand, nothing sent anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from escalation.wording import Wording, visible

Data = dict[str, Any]
LONGEST = 75
"""Octets of a line without its end; what is longer is folded. Source: RFC 5545, 3.1."""
ALARMS = ("-PT15H", "PT9H")
"""Of what the person owes: nine in the morning of the day before, and of the day."""


def feed(rows: Iterable[Data], now: datetime, said: Wording) -> Iterator[bytes]:
    """The calendar of what `Desk.due` answers; each event keeps its id, so that a newer file replaces an older one.

    Shape: blocks of bytes, lines ended by CR LF. A last day is an event of the whole day, a length in hours one of an
    instant.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    head = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//escalation//due//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH")
    yield _lines([*head, f"X-WR-CALNAME:{_text(said.say('feed.name'))}"])
    for row in rows:
        yield _lines(_event(row, stamp, said))
    yield _lines(["END:VCALENDAR"])


def _event(row: Data, stamp: str, said: Wording) -> Iterator[str]:
    summary = said.say("feed.summary", text=row["text"], title=row["title"])
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(_uid(row))}"
    yield f"DTSTAMP:{stamp}"
    yield from _when(row)
    yield f"SUMMARY:{_text(summary)}"
    yield f"DESCRIPTION:{_text(chr(10).join(_about(row, said)))}"
    yield f"STATUS:{'TENTATIVE' if row['provisional'] else 'CONFIRMED'}"
    yield "TRANSP:TRANSPARENT"
    if row["owed_by"] == "me":
        for trigger in ALARMS:
            yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:{trigger}", f"DESCRIPTION:{_text(summary)}")
            yield "END:VALARM"
    yield "END:VEVENT"


def _uid(row: Data) -> str:
    """The same for the same thing in every file: of a state's own follow-up there is one at a time."""
    id = "state" if row["id"] is None else row["id"]
    return f"{row['case']}.{row['kind']}.{row['track'] or 'all'}.{id}@escalation"


def _when(row: Data) -> Iterator[str]:
    """A last day ends with its midnight; what lapses at another time is counted in hours."""
    lapses_at = datetime.fromisoformat(row["lapses_at"]) if row["lapses_at"] else None
    if lapses_at is not None and (lapses_at.hour, lapses_at.minute) != (0, 0):
        yield f"DTSTART:{lapses_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return
    day = date.fromisoformat(row["day"])
    yield f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"


def _about(row: Data, said: Wording) -> Iterator[str]:
    yield said.say("feed.owed", party=row["party"])
    if row["status"] == "missed":
        yield said.say("mark.missed")
    if row["provisional"]:
        yield said.say("by.provisional")
    if row["other_reading"]:
        key = "by.rolled" if row["other_reading"] > row["day"] else "by.unrolled"
        yield said.say(key, day=said.day(row["other_reading"]))
    if row["basis"] is not None:
        yield said.certainty(row["basis"]["certainty"])
    yield said.say("feed.case", case=row["case"])
    yield said.say("note.not_advice")


def _text(text: str) -> str:
    """A value of type TEXT; what a person wrote cannot end a line or begin a property. Source: RFC 5545, 3.3.11."""
    lines = [visible(line) for line in text.split("\n")]
    escaped = [line.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,") for line in lines]
    return "\\n".join(escaped)


def _lines(lines: Iterable[str]) -> bytes:
    return b"".join(_folded(line) for line in lines)


def _folded(line: str) -> bytes:
    """The line in pieces that are no longer than allowed and break no character."""
    pieces, piece = [], b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > LONGEST:
            pieces.append(piece)
            piece = b" "  # what begins with a blank goes on with the line before
        piece += octets
    return b"\r\n".join([*pieces, piece]) + b"\r\n"
