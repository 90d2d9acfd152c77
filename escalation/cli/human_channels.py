"""Channels for people: which there are, whether they work, and what became of a test message."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from escalation.cli.human_page import LATE, MUTED, STRONG, Data, Page
from escalation.wording.errors import reason_said


def reason(page: Page, text: str) -> str:
    """Why something was not delivered: a phrase of the wording's `reason` table, with a detail after a colon."""
    return reason_said(text, page.said)


def listed(page: Page, rows: Iterable[Data]) -> None:
    """`channel list`."""
    rows = list(rows)
    if not rows:
        page.put(page.say("channel.none"))
        page.muted(page.say("channel.none_how"))
    for i, row in enumerate(rows):
        if i:
            page.gap()
        page.put((row["name"], STRONG), "  ", (row["address"], MUTED))
        _health(page, row)
        _about(page, row)
        if row["name"] in page.extra["elsewhere"]:
            name = row["secret"].removeprefix("env:")
            key = "channel.elsewhere" if name == row["secret"] else "channels_here.unset"
            page.field(page.say("channel.label_kept"), (page.say(key, name=name), LATE))
        else:
            page.field(page.say("channel.label_kept"), kept(page, row["secret"]))


def _health(page: Page, row: Data) -> None:
    label = page.say("channel.label_health")
    if row["failing_since"]:
        since = page.instant(row["failing_since"])
        page.field(label, (page.say("channel.failing", at=since), LATE))
        page.field("", page.say("channel.why", why=reason(page, row["error"] or "")))
    if row["ok_at"]:
        page.field("" if row["failing_since"] else label, page.say("channel.ok", at=page.instant(row["ok_at"])))
    elif not row["failing_since"]:
        page.field(label, page.say("channel.unused"))


def _about(page: Page, row: Data) -> None:
    says = [page.say(f"channel.privacy_{row['privacy']}")]
    if row["least"] != "quiet":
        says.append(page.say("channel.least", level=page.say(f"channel.level_{row['least']}")))
    says += [page.say(f"channel.{key}", name=row[key]) for key in ("client", "person") if row[key]]
    page.field(page.say("channel.label_says"), page.say("word.comma").join(says))
    quiet = page.say("channel.quiet", begin=row["quiet_from"], end=row["quiet_to"])
    hours = [
        quiet if row["quiet_from"] else page.say("channel.no_quiet"),
        page.say(f"channel.digest_{row['digest']}", at=row["digest_at"]),
        row["zone"],
    ]
    page.field(page.say("channel.label_when"), page.say("word.comma").join(hours))


def kept(page: Page, secret: str) -> str:
    """Where an address lies."""
    place, _, name = secret.partition(":")
    return page.say(f"channel.kept_{place}", name=name)


def added(page: Page, row: Data) -> None:
    """`channel add`, when it is kept."""
    page.put(page.say("channel.added", name=row["name"], address=row["address"]))
    page.put(page.say("channel.tested" if page.extra["tested"] else "channel.not_tested", name=row["name"]))
    page.field(page.say("channel.label_kept"), kept(page, row["secret"]))
    page.muted(page.say(f"channel.about_{row['privacy']}"))
    for whose in page.extra["unknown"]:
        page.put(page.say(f"channel.unknown_{whose}", name=row[whose]))


def taken(page: Page, data: Data) -> None:
    """A test message went out."""
    page.put(page.say("channel.tested", name=data["channel"]))


def not_taken(page: Page, data: Data) -> None:
    """A test message did not."""
    page.put(page.say("channel.not_taken", name=data["channel"], why=reason(page, data["reason"])))
    page.put(page.say("channel.still_kept" if data["kept"] else "channel.not_kept"))
    if data["kept"] and data["reason"] == "the address is not on this machine":
        page.put(page.say("channel.how_elsewhere"))
        return
    how = "channel.how_permanent" if data["permanent"] else "channel.how"
    page.put(page.say(how if data["kept"] else f"{how}_add"))


def removed(page: Page, data: Data) -> None:
    """`channel remove`."""
    page.put(page.say("channel.removed", name=data["channel"]))
    if data["secret"].startswith("env:"):
        page.put(page.say("channel.removed_env", name=data["secret"].removeprefix("env:")))


def retried(page: Page, data: Data) -> None:
    """`channel retry`."""
    page.put(page.say("channel.retried" if data["waiting"] else "channel.nothing_parked", n=data["waiting"]))


KINDS: dict[str, Callable[[Page, Any], None]] = {
    "listed": listed, "added": added, "taken": taken, "not_taken": not_taken, "removed": removed, "retried": retried,
}  # fmt: skip
