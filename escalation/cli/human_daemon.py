"""What is said about the background scheduler: how it stands, what it did, how it was installed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from shlex import join
from typing import Any

from escalation.cli.human_channels import reason
from escalation.cli.human_page import LATE, MUTED, SOON, STRONG, Data, Page
from escalation.reading import DEFAULT_ZONE
from escalation.wording.errors import system_said


def status(page: Page, data: Data) -> None:
    """The answer first: does it run; then what somebody should look at."""
    now: datetime = page.extra["now"]
    if data["alive"]:
        page.put((page.say("daemon.alive", ago=_ago(page, data["last_tick"], now)), STRONG))
    elif data["now_and_then"]:
        page.put((page.say("daemon_now_and_then.looked", ago=_ago(page, data["last_tick"], now)), STRONG))
        page.put(page.say("daemon_now_and_then.until"))
    elif data["last_tick"] is None:
        page.put((page.say("daemon.never"), LATE))
    else:
        page.put((page.say("daemon.dead", ago=_ago(page, data["last_tick"], now)), LATE))
    if not data["alive"] and not data["now_and_then"]:
        page.put(page.say("daemon.no_harm"))
    if data["read_only"]:
        page.put((page.say("store_read_only.status", reason=system_said(data["read_only"], page.said)), LATE))
    page.gap()
    wide = 12
    lag = _span(page, data["lag_seconds"])
    due = page.say("daemon.due", n=data["due"], lag=lag) if data["due"] else page.say("daemon.none_due")
    page.field(page.say("daemon.queue"), due, wide=wide)
    if data["put_off"]:
        page.put((page.say("put_off.what", n=data["put_off"]), LATE))
        page.put(page.say("put_off.do"))
    if data["next_moment"] and datetime.fromisoformat(data["next_moment"]) > now:
        local = datetime.fromisoformat(data["next_moment"]).astimezone(DEFAULT_ZONE)
        page.field(page.say("daemon.next"), page.instant(local.isoformat()), wide=wide)
    waiting = data["deliveries"]["waiting"]
    page.field(
        page.say("daemon.outbox"),
        page.say("daemon.waiting" if waiting else "daemon.none_waiting", n=waiting),
        wide=wide,
    )
    if data["deliveries"]["late"]:
        page.put((page.say("daemon.late", n=data["deliveries"]["late"]), SOON))
    _channels(page, data, wide)
    if data["calendar_missing"]:
        page.put((page.say("daemon.calendar_missing", year=data["calendar_missing"]), SOON))
    if data["backup_failed"]:
        since = datetime.fromisoformat(data["backup_failed"]).astimezone(DEFAULT_ZONE)
        page.put((page.say("keeping.night_failed", at=page.instant(since.isoformat())), SOON))
        page.put(page.say("keeping.night_by_hand"))
    if data["backup"] and data["backup"]["missing_files"]:
        page.put((page.say("keeping.night_missing", n=data["backup"]["missing_files"]), SOON))
        page.put(page.say("keeping.elsewhere" if data["backup"]["elsewhere"] else "keeping.which"))
    for each in data["daemons"][:5]:
        if each["alive"]:
            page.muted(page.say("daemon.one", host=each["host"], pid=each["pid"], ago=_ago(page, each["beat_at"], now)))


def _channels(page: Page, data: Data, wide: int) -> None:
    found = data["channels"]
    if not found["all"]:
        page.field(page.say("daemon.channels"), page.say("daemon.no_channel"), wide=wide)
        return
    if found["failing"]:
        names = page.said.listed(list(found["names"]))
        page.field(page.say("daemon.channels"), (page.say("daemon.failing", names=names), SOON), wide=wide)
    elif found["unused"]:
        names = page.said.listed(list(found["unused"]))
        page.field(
            page.say("daemon.channels"), page.say("channels_here.unused", n=found["all"], names=names), wide=wide
        )
    else:
        page.field(page.say("daemon.channels"), page.say("daemon.all_well", n=found["all"]), wide=wide)
    if found["away"]:
        names = page.said.listed(list(found["away"]))
        page.put((page.say("channels_here.away", names=names), SOON))
    for each in data["parked"]:
        why = reason(page, each["reason"])
        page.put((page.say("daemon.parked", n=each["deliveries"], channel=each["channel"], reason=why), LATE))
        page.put(page.say("daemon.parked_do", channel=each["channel"]))


def once(page: Page, data: Data) -> None:
    """What one round did."""
    if data["put_off"]:
        page.put((page.say("put_off.what", n=data["put_off"]), LATE))
        page.put(page.say("put_off.do"))
    elif not any(data.values()):
        page.put(page.say("daemon.nothing"))
    if any(n for name, n in data.items() if name != "put_off"):
        page.put(page.say("daemon.did_failed" if data["failed"] else "daemon.did", **data))


def installed(page: Page, data: Data) -> None:
    """Where it was written, and what is left to be done by hand."""
    if data["path"]:
        there = "service.unchanged" in page.extra["notes"]
        page.whole(page.say("daemon.there" if there else "daemon.installed", file=data["path"]))
    else:
        for note in (each for each in page.extra["notes"] if each in _WHY_CRON):
            page.put(page.say(note))
        page.put(page.say("daemon.cron"))
        page.whole(data["text"], indent=2)
    _by_hand(page, data)
    if _MEANWHILE in page.extra["notes"]:
        page.put(page.say(_MEANWHILE))
        page.whole(f"escalation daemon run{page.extra['option']}", indent=2)


_WHY_CRON = ("service_cron.no_manager", "service_cron.no_crontab")
_MEANWHILE = "service_cron.meanwhile"


def removed(page: Page, data: Data) -> None:
    """What is gone."""
    page.put(page.say("daemon.removed" if data["paths"] else "daemon.not_there"))
    for path in data["paths"]:
        page.whole(path, indent=2)
    _by_hand(page, data)


def _by_hand(page: Page, data: Data) -> None:
    if data["commands"]:
        page.put(page.say("daemon.by_hand"))
        for words in data["commands"]:
            page.whole(join(words), indent=2)
    for note in page.extra["notes"]:
        if note not in (*_WHY_CRON, _MEANWHILE):
            page.put((page.say(note), MUTED))


def acknowledged(page: Page, data: list[Mapping[str, Any]]) -> None:
    """What falls silent."""
    for each in data:
        n = len({seen["subject"] for seen in each["seen"]})  # a nudge that came three times is one thing
        page.put(page.say("daemon.seen" if n else "daemon.nothing_to_see", case=each["case"], n=n))


def assigned(page: Page, data: Data) -> None:
    """Who looks after what."""
    cases = page.said.listed(list(data["cases"]))
    key = "daemon.assigned" if data["person"] else "daemon.unassigned"
    page.put(page.say(key, cases=cases, person=data["person"]))


def settings(page: Page, data: Data) -> None:
    """What the store was told about itself, a line each, and how to change it."""
    for name, value in data.items():
        said = "yes" if value else "no"
        page.put(f"{name}={said}", "  ", (page.say(f"settings.{name}_{said}"), MUTED))


def _ago(page: Page, iso: str, now: datetime) -> str:
    return page.say("daemon.ago", span=_span(page, (now - datetime.fromisoformat(iso)).total_seconds()))


def _span(page: Page, seconds: float) -> str:
    """A span of time as people say it: 40 秒, 3 天."""
    seconds = max(0, int(seconds))
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= size:
            return page.say(f"daemon.{unit}", n=seconds // size)
    return page.say("daemon.seconds", n=seconds)
