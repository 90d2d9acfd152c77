"""At the right of the title: is anybody minding the days, what is hidden, and which store this is."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from rich.text import Text
from textual.events import Click
from textual.widget import Widget

from escalation.wording import Wording, visible
from tui.messages import RunCommand

if TYPE_CHECKING:
    from tui.app import EscalationApp

Data = Mapping[str, Any]

MOST_NAME = 20
"""Cells of a store's name: the title is what one came for."""
_PORT = re.compile(r":\d*$")


class StatusLine(Widget):
    """A few words; a click on them tells more."""

    DEFAULT_CSS = "StatusLine { width: auto; height: 1; }"
    app: EscalationApp

    def render(self) -> Text:
        app = self.app
        parts = []
        if app.demo:
            parts.append(app.words.say("status.demo"))
        if app.masked:
            parts.append(app.words.say("status.masked"))
        if app.away:
            parts.append(app.words.say("status.away"))
        elif app.standing is not None:
            parts.append(daemon_said(app.words, app.standing, app.asked_at))
        if app.size.width >= 70 and not app.demo:
            parts.append(name_of(app.bridge.store))
        return Text("  ".join(parts), no_wrap=True, overflow="ellipsis")

    def on_click(self, event: Click) -> None:
        """How being told stands."""
        event.stop()
        self.post_message(RunCommand("delivery"))


def daemon_said(words: Wording, standing: Data, now: datetime | None) -> str:
    """The daemon in a word or two, with a sign."""
    if standing["read_only"]:
        full = standing["read_only"] == os.strerror(errno.ENOSPC)
        return words.say("store_read_only.header_full" if full else "store_read_only.header")
    if standing["alive"]:
        return words.say("status.running" if standing["well"] else "status.unwell")
    if standing["now_and_then"] and now is not None:
        ago = span(words, (now - standing["last_tick"]).total_seconds())
        return words.say("daemon_now_and_then.unwell" if standing["trouble"] else "daemon_now_and_then.well", span=ago)
    if standing["last_tick"] is None or now is None:
        return words.say("status.never")
    return words.say("status.stopped", span=span(words, (now - standing["last_tick"]).total_seconds()))


def missed_said(words: Wording, standing: Data, now: datetime) -> str | None:
    """What happened while nobody minded the days; None where somebody did, or never has."""
    if standing["alive"] or standing["now_and_then"] or standing["last_tick"] is None:
        return None
    ago = span(words, (now - standing["last_tick"]).total_seconds())
    key = "status.stopped_due" if standing["due"] else "status.stopped_none"
    return words.say(key, span=ago, n=standing["due"])


def span(words: Wording, seconds: float) -> str:
    """A span of time as people say it: 40 秒, 3 天."""
    seconds = max(0, int(seconds))
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= size:
            return words.say(f"daemon.{unit}", n=int(seconds // size))
    return words.say("daemon.seconds", n=int(seconds))


def kept_said(words: Wording, store: str) -> str:
    """Where what is written down is kept: on this computer, or in which database of which server."""
    if "://" not in store:
        return words.say("welcome.kept_here")
    servers = words.listed(servers_of(store))
    where = name_of(store) + (words.say("word.paren", text=servers) if servers else "")
    return words.say("welcome.kept_there", where=where)


def servers_of(url: str) -> list[str]:
    """The servers that a database URL names, without ports, users and passwords; a socket is none."""
    authority, _, query = _parts(url)
    named = authority.rpartition("@")[2] or dict(parse_qsl(query)).get("host", "")
    hosts = [_PORT.sub("", each) for each in named.split(",")]
    return [visible(each) for each in hosts if each and not each.startswith("/")]


def _parts(url: str) -> tuple[str, str, str]:
    """Authority, path and query; any sign may stand in them."""
    rest, _, query = url.partition("://")[2].partition("?")
    authority, _, path = rest.partition("/")
    return authority, path, query


def name_of(store: str) -> str:
    """A store's name without where it lies, and without anything secret."""
    found = _parts(store)[1] if "://" in store else PurePath(store).name
    return visible(found)[:MOST_NAME]
