"""How being told stands: daemon, ways out, what waits, what was announced. As plain data; writes nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import to_builtins

from escalation import credentials
from escalation.backup import last_night
from escalation.core.loudness import LEVELS, subject_of
from escalation.core.snapshot import Snapshot
from escalation.deliveries import Deliveries
from escalation.delivery_rows import Announcement, ChannelRow
from escalation.engine import Engine
from escalation.errors import Damaged, NotFound
from escalation.messages import item_of
from escalation.rows import from_int
from escalation.shelf import Shelf
from escalation.store import BACKUP_FAILED, Store
from escalation.views import local
from states.calendar import CalendarFileError, load_calendar

Data = dict[str, Any]

BEAT = timedelta(seconds=30)
DEAD = timedelta(seconds=100)
"""A daemon that gave no sign of life for so long is not running."""
QUARTER = timedelta(minutes=15)
"""A daemon that cron starts every few minutes, and that did not come for so long, does not come any more."""
ONCE = "once:"
"""What the id of a daemon begins with that looks once and ends. No name of a machine has a colon in it."""
HOME = ZoneInfo("Asia/Shanghai")
"""Whose November is meant where no case and no channel says so."""
MOST = 200
"""Announcements in one answer: nobody reads further back."""

_INSTANTS = ("created_at", "ok_at", "failing_since")


def calendar_missing(store: Store, now: datetime) -> int | None:
    """The year whose holidays should be known by now and are not at hand: next year's, from the middle of November.

    The State Council's notice for a year comes out in the November before it. Source: semantics §2.
    """
    at_home = now.astimezone(HOME)
    year = at_home.year + 1 if (at_home.month, at_home.day) >= (11, 15) else at_home.year
    calendar = load_calendar("CN", Shelf(store).calendars)
    try:
        calendar.is_working(date(year, 1, 1))
    except CalendarFileError:  # a file that went bad is as good as none
        return year
    return year if calendar.is_provisional(year) else None


def status(store: Store, now: datetime) -> Data:
    """How the daemon, the queue and the channels stand: `daemon status`."""
    deliveries = Deliveries(store)
    daemons = [
        each | {"alive": each["stopped_at"] is None and timedelta(0) - BEAT <= now - each["beat_at"] < DEAD}
        for each in deliveries.daemons()
    ]
    due, since = store.due_count(now)
    put_off = store.put_off_count()
    lag = 0.0 if since is None else (now - since).total_seconds()
    alive = any(each["alive"] for each in daemons)
    rows = deliveries.channels()
    failing = [each.name for each in rows if each.failing_since is not None]
    unused = [each.name for each in rows if each.ok_at is None and each.failing_since is None]
    away = [each.name for each in rows if elsewhere(each, store.folder)]
    counts = deliveries.counts(now)
    failed = datetime.fromisoformat(said) if (said := store.setting(BACKUP_FAILED)) else None
    parked = [
        {"channel": name, "deliveries": n, "since": since, "reason": why} for name, n, since, why in deliveries.parked()
    ]
    looked = max((each["beat_at"] for each in daemons if each["id"].startswith(ONCE)), default=None)
    now_and_then = not alive and looked is not None and timedelta(0) - BEAT <= now - looked < QUARTER
    late = lag >= (QUARTER if now_and_then else DEAD).total_seconds()
    trouble = bool(late or put_off or parked or failing or failed or counts["deliveries"]["late"])
    return {
        "alive": alive,
        "well": alive and not trouble,
        "now_and_then": now_and_then,
        "trouble": trouble,
        "daemons": daemons,
        "last_tick": max((each["beat_at"] for each in daemons), default=None),
        "due": due,
        "lag_seconds": lag,
        "put_off": put_off,
        "next_moment": store.next_timer(),
        **counts,
        "calendar_missing": calendar_missing(store, now),
        "channels": {"all": len(rows), "failing": len(failing), "names": failing, "unused": unused, "away": away},
        "parked": parked,
        "latest_announcement": deliveries.latest(),
        "backup_failed": failed,
        "read_only": store.read_only,
        "backup": to_builtins(last_night(store), builtin_types=(datetime,)),
    }


def channels(store: Store) -> list[Data]:
    """Every way out and its health, without what is secret. `elsewhere`: its address is on another machine."""
    rows = Deliveries(store).channels()
    return [channel(each) | {"elsewhere": elsewhere(each, store.folder)} for each in rows]


def elsewhere(row: ChannelRow, folder: str) -> bool:
    """Whether this process cannot have the address of a channel that needs one."""
    return row.kind != "log" and credentials.away(row.keeper, row.secret, folder)


def channel(row: ChannelRow) -> Data:
    """A channel: every column but where it is in the table; instants in its own zone, the level as a word."""
    found = row._asdict()
    del found["id"]
    for name in _INSTANTS:
        if found[name] is not None:
            found[name] = from_int(found[name]).astimezone(ZoneInfo(row.zone)).isoformat(timespec="seconds")
    return found | {"least": LEVELS[row.least]}


def announcements(engine: Engine, now: datetime, lang: str, case: str | None, days: int, after: int) -> list[Data]:
    """What was announced in the last days, the latest first, and what became of it."""
    deliveries = Deliveries(engine.store)
    one = None if case is None else engine.store.case(case).id
    found: list[Data] = []
    snapshots: dict[str, Snapshot | None] = {}
    seen: dict[int, dict[str, int]] = {}
    for each in deliveries.announcements(now - timedelta(days=days), now, MOST, case_id=one, after=after):
        if each.case not in snapshots:
            snapshots[each.case] = _snapshot(engine, each.case, now)
        snapshot = snapshots[each.case]
        if snapshot is None:
            continue
        if each.case_id not in seen:
            seen[each.case_id] = deliveries.acknowledged(each.case_id)
        acknowledged = seen[each.case_id].get(subject_of(each.announced), -1) >= each.level
        found.append(_announcement(engine, each, snapshot, now, lang, acknowledged))
    return found


def _snapshot(engine: Engine, case: str, now: datetime) -> Snapshot | None:
    try:
        return engine.snapshot(engine.store.case(case), now)
    except (NotFound, Damaged):  # opened later than `now`; or `verify` has to say what is wrong with it
        return None


def _announcement(
    engine: Engine, each: Announcement, snapshot: Snapshot, now: datetime, lang: str, acknowledged: bool
) -> Data:
    table = engine.shelf.table(snapshot.definition)
    item = item_of(each.announced, snapshot, table, engine.shelf.table, each.case, lang, now, each.level)
    return {
        "id": each.id, "case": each.case, "title": item.title, "client": item.client, "kind": item.kind,
        "subject": each.announced.subject, "what": item.what, "owed_by": item.owed_by, "due": item.due,
        "days_left": item.days_left, "provisional": item.provisional, "level": LEVELS[each.level],
        "at": local(each.announced.at, table), "status": each.status, "waits_until": local(each.waits_until, table),
        "told_at": local(each.told_at, table), "acknowledged": acknowledged,
    }  # fmt: skip
