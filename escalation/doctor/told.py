"""Being told in time, and getting everything back: the scheduler, the ways out, the backups."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from escalation import credentials
from escalation.backup import check
from escalation.deliveries import Deliveries
from escalation.doctor.finding import BROKEN, LOOK, OK, Finding, Place, word
from escalation.doctor.program import version
from escalation.errors import BadInput
from escalation.nights import newest
from escalation.rows import from_int
from escalation.standing import DEAD, HOME, QUARTER, elsewhere
from escalation.store import Store

LATE = timedelta(days=1)
SILENT = timedelta(days=2)
"""A way out that has failed for so long is not coming back by itself."""
OLD = timedelta(days=7)
LARGEST = 300_000_000
"""Bytes of a backup that is read from end to end here; a larger one would keep a person waiting."""


def moments(status: Mapping[str, Any], place: Place) -> Finding:
    """Cases whose next moment is long past: nobody has looked at them since."""
    lag = timedelta(seconds=status["lag_seconds"])
    facts = {"due": status["due"], "lag_seconds": int(status["lag_seconds"])}
    if status["due"] and lag > LATE:
        told = f"escalation daemon once{place.option}"
        facts |= {"n": status["due"], "days": lag.days}
        return Finding("moments", LOOK, "moments_late", facts, "moments_do", told)
    return Finding("moments", OK, "moments", facts)


def scheduler(store: Store, status: Mapping[str, Any], place: Place, now: datetime) -> Finding:
    """As `daemon status`."""
    parked = sum(each["deliveries"] for each in status["parked"])
    last = status["last_tick"]
    facts = {
        "alive": status["alive"], "running": sum(each["alive"] for each in status["daemons"]),
        "last_tick_seconds_ago": None if last is None else int((now - last).total_seconds()), "parked": parked,
        "waiting": status["deliveries"]["waiting"], "late": status["deliveries"]["late"],
    }  # fmt: skip
    if not status["alive"] and not status["now_and_then"]:
        if not store.count():
            return Finding("daemon", OK, "daemon_later", facts)
        says = "daemon_never" if last is None else "daemon_dead"
        told = f"escalation daemon install{place.option}"
        return Finding("daemon", LOOK, says, facts | _ago(now, last), "daemon_install", told)
    if status["now_and_then"]:
        facts["n"] = int((now - last).total_seconds()) // 60
    longest = DEAD if status["alive"] else QUARTER
    if parked or status["deliveries"]["late"] or status["lag_seconds"] >= longest.total_seconds():
        return Finding("daemon", LOOK, "daemon_behind", facts, "daemon_look", f"escalation daemon status{place.option}")
    if status["now_and_then"]:
        return Finding("daemon", OK, "daemon_now_and_then", facts)
    return Finding("daemon", OK, "daemon", facts | _ago(now, last))


def _ago(now: datetime, then: datetime | None) -> dict[str, int]:
    return {} if then is None else {"days": max((now - then).days, 0)}


def channels(store: Store, place: Place, now: datetime) -> Finding:
    """Ways out: how many, whether what opens them can be had, whether they work. No name, no address."""
    rows = Deliveries(store).channels()
    failing = [each for each in rows if each.failing_since is not None and now - from_int(each.failing_since) > SILENT]
    kinds = {kind: sum(each.kind == kind for each in rows) for kind in sorted({each.kind for each in rows})}
    ringed = sum(each.secret == "keyring" for each in rows)
    ring = _ring() if ringed else None
    without = [each for each in rows if elsewhere(each, store.folder)]
    facts = {
        "channels": len(rows), "kinds": kinds, "failing": len(failing), "in_keyring": ringed, "keyring": ring,
        "without_address": len(without), "never_worked": sum(each.ok_at is None for each in rows),
    }  # fmt: skip
    look = f"escalation channel list{place.option}"
    if ringed and ring != "usable":
        told = look if version("keyring") else "pip install 'escalation[keyring]'"
        return Finding("channels", LOOK, "channels_keyring", facts | {"n": ringed}, "channels_keyring_do", told)
    if without:
        return Finding("channels", LOOK, "channels_without", facts | {"n": len(without)}, "channels_again", look)
    if failing:
        return Finding("channels", LOOK, "channels_failing", facts | {"n": len(failing)}, "channels_look", look)
    if not rows:
        told = "escalation channel add --help"
        return Finding("channels", OK, "channels_none", facts, "channels_add", told)
    return Finding("channels", OK, "channels", facts | {"n": len(rows)})


def _ring() -> str:
    """`usable`, `unusable` or `missing`. It is not asked for anything: it may ask back."""
    if not version("keyring"):
        return "missing"
    return "usable" if credentials.keyring_there() else "unusable"


# -- backups -----------------------------------------------------------------------------------------------


def backups(place: Place, folder: str, cases: int, now: datetime) -> Finding:
    """The newest: how old, and whether it can be brought back."""
    found = newest(None if place.server else place.url, folder)
    target = word(os.path.join(os.path.expanduser("~"), "escalation-backup.tar.gz"))
    command = f"escalation backup {target}{place.option}"
    if found is None:
        if not cases:
            return Finding("backups", OK, "backups_later", {"newest": None})
        return Finding("backups", LOOK, "backups_none", {"newest": None}, "backups_make", command)
    file, day = found
    age = (now.astimezone(HOME).date() - day).days
    facts: dict[str, Any] = {"newest": day.isoformat(), "days": age, "size": file.stat().st_size, "read": None}
    if facts["size"] <= LARGEST:
        try:
            check(file)
        except BadInput:
            return Finding("backups", BROKEN, "backups_damaged", facts | {"read": False}, "backups_make", command)
        facts["read"] = True
    if age * timedelta(days=1) > OLD:
        return Finding("backups", LOOK, "backups_old", facts, "backups_make", command)
    return Finding("backups", OK, "backups_large" if facts["read"] is None else "backups", facts)
