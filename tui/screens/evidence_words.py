"""What the screen of evidence says in its lists: two lines for an exhibit, two for a contact. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from escalation.wording import Wording, visible
from tui.forms import size_said
from tui.text import fitted
from tui.widgets.preview import HIDDEN

Data = Mapping[str, Any]


def exhibit_line(words: Wording, row: Data, today: str, hide: bool, width: int) -> Text:
    """Two lines of the list: which and whether it is unaltered; what it is, of which day."""
    name = HIDDEN if hide else visible(row["title"] or row["name"])
    state = "" if row["state"] == "intact" else "  " + words.say(f"exhibit.state_{row['state']}")
    kind = words.say(f"exhibit.is_{row['type'] or 'none'}")
    about = f"    {words.day(row['day'], today)}  {kind}  {size_said(row['size'])}"
    return _two(f"{row['label']}{state} {name}", about, width)


def contact_line(words: Wording, row: Data, today: str, hide: bool, width: int) -> Text:
    """Two lines of the list: when and how; what they said, or what is unusual."""
    theirs = {True: "theirs", False: "mine", None: "unknown"}[row["theirs"]]
    channel = words.say(f"choice.{row['channel']}") if row["channel"] else words.say("contact.channel_none")
    said = row["said"] or row["promise"] or row["note"] or words.say("contact.unknown")
    night = f"{words.say('conduct.look')} " if row["night"] else ""
    about = f"    {words.say(f'contact.{theirs}')}  {HIDDEN if hide else ' '.join(said.split())}"
    return _two(f"{night}{words.instant(row['at'], today)}  {channel}", about, width)


def _two(first: str, second: str, width: int) -> Text:
    return Text(fitted(first, width).rstrip(), "bold").append("\n" + fitted(second, width).rstrip(), "not bold")
