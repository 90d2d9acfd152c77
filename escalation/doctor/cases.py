"""What the cases rest on: their logs, the procedures, the calendar, the clock. Of a case itself nothing is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from escalation.api import Desk
from escalation.core.entries import decode_entry
from escalation.database import CALENDARS
from escalation.doctor.finding import BROKEN, LOOK, OK, Finding, Place
from escalation.errors import Damaged
from escalation.exhibits import ELSEWHERE
from escalation.rows import from_int
from escalation.standing import HOME
from escalation.store import CaseRow, Store
from states.calendar import SHIPPED, CalendarFileError, load_calendar, read_calendar_file
from states.errors import ProcedureError
from states.library import load, shipped, source_hash
from states.model import UNREADABLE

MOST = 200
"""Logs that are held against their hashes; of more than that every so many-th, and the newest."""
SLACK = timedelta(minutes=5)
"""By which two clocks may differ."""


def logs(store: Store, place: Place) -> Finding:
    """Hash chains, kept snapshots and attached files, as `verify`."""
    desk = Desk(store)
    rows = _some(store)
    damaged = files = wrong = away = 0
    for row in rows:
        try:
            for _ in desk.verify([row.ref]):
                found = desk.evidence.verify(row.ref)
                elsewhere = sum(each["state"] == ELSEWHERE for each in found["problems"])
                files, away = files + found["files"], away + elsewhere
                wrong += len(found["problems"]) - elsewhere
        except Damaged:
            damaged += 1
    total = store.count()
    facts = {"cases": total, "looked_at": len(rows), "damaged": damaged, "files": files, "files_wrong": wrong}
    facts["files_elsewhere"] = away  # on the machine where they were attached, as in every office
    if damaged:
        told = f"escalation verify{place.option}"
        return Finding("logs", BROKEN, "logs_damaged", facts | {"n": damaged}, "logs_stop", told)
    if wrong:
        told = f"escalation verify{place.option}"
        return Finding("logs", BROKEN, "logs_files", facts | {"n": wrong}, "logs_files_do", told)
    if len(rows) < total:
        told = f"escalation verify{place.option}"
        return Finding("logs", OK, "logs_sample", facts | {"n": len(rows)}, "logs_all", told)
    return Finding("logs", OK, "logs" if total else "logs_none", facts | {"n": total})


def _some(store: Store) -> Sequence[CaseRow]:
    ids = [id for (id,) in store.run('SELECT id FROM "case" ORDER BY id').fetchall()]
    step = max(1, -(-len(ids) // MOST))
    return store.cases_by_number(sorted({*ids[::step], *ids[-1:]}))


# -- procedures --------------------------------------------------------------------------------------------


def procedures(store: Store | None, place: Place) -> Finding:
    """Those that came with the program, read and checked; those that a store keeps; which of them are older."""
    broken, versions = [], {}
    for id, path in shipped().items():
        try:
            versions[id] = _version(path, source_hash(path))
        except (ProcedureError, OSError):
            broken.append(id)
    facts: dict[str, Any] = {"shipped": versions, "broken": broken}
    if broken:
        told = "pip install --force-reinstall escalation"
        return Finding("procedures", BROKEN, "procedures_broken", facts | {"names": broken}, "procedures_again", told)
    if store is None:
        return Finding("procedures", OK, "procedures", facts | {"n": len(versions)})
    unusable, newer = _kept(store, versions)
    used = set(store.open_definitions())
    earlier = sum(d.hash in used and _earlier(d.version, versions.get(d.procedure)) for d in store.definitions())
    own = sum(each.by_user for each in store.definitions())
    facts |= {"own": own, "unusable": unusable, "older_than_in_use": newer, "in_use_of_earlier_version": earlier}
    if unusable:
        told = f"escalation procedure list{place.option}"
        return Finding("procedures", BROKEN, "procedures_unusable", facts | {"n": unusable}, "procedures_put", told)
    if newer:
        told = "pip install --upgrade escalation"
        return Finding("procedures", LOOK, "procedures_older", facts | {"names": newer}, "procedures_update", told)
    return Finding("procedures", OK, "procedures_kept" if own else "procedures", facts | {"n": len(versions)})


@cache
def _version(path: Path, source: str) -> str:
    """The version of a procedure file, all of which was read and checked. Raises: ProcedureError, OSError."""
    return load(path).reading.procedure.version


def _kept(store: Store, versions: dict[str, str]) -> tuple[int, list[str]]:
    """How many of a store's own definitions no case could be opened of, and the shipped ones that are older than
    what open cases run by.
    """
    from escalation.shelf import Shelf

    shelf, unusable, newer = Shelf(store), 0, set()
    used = set(store.open_definitions())
    for each in store.definitions():
        try:
            shelf.table(each.hash)
        except Exception:  # whatever it is that cannot be read: it is counted, and the next one is looked at
            unusable += 1
            continue
        ships = versions.get(each.procedure)
        if each.hash in used and ships is not None and not each.by_user and _earlier(ships, each.version):
            newer.add(each.procedure)
    return unusable, sorted(newer)


def _earlier(one: str, other: str | None) -> bool:
    """Whether a version comes before another. Versions are texts; only those of numbers have an order."""
    both = [re.findall(r"\d+", text) for text in (one, other or "") if re.fullmatch(r"\d+(\.\d+)*", text)]
    return len(both) == 2 and [int(n) for n in both[0]] < [int(n) for n in both[1]]


# -- calendar ----------------------------------------------------------------------------------------------


def calendar(folder: str | None, place: Place, now: datetime) -> Finding:
    """The years whose holidays are known. A year's notice comes out in the November before it."""
    folders = [str(Path(folder) / CALENDARS)] if folder else []
    bad = [file for each in folders for file in sorted(Path(each).glob("*.toml")) if not _reads(file)]
    facts: dict[str, object] = {"first": SHIPPED[0], "installed": _installed(folders), "unreadable": len(bad)}
    if bad:
        told = f"escalation calendar install FILE{place.option}"
        return Finding("calendar", BROKEN, "calendar_bad", facts | {"n": len(bad)}, "calendar_again", told)
    china = load_calendar("CN", folders)
    last = max(y for y in range(SHIPPED[0], SHIPPED[-1] + 20) if not china.is_provisional(y))
    today = now.astimezone(HOME).date()
    facts |= {"last": last, "year": today.year + 1, "file": f"CN-{today.year + 1}.toml"}
    told = f"escalation calendar install CN-{max(last, today.year - 1) + 1}.toml{place.option}"
    if last < today.year:
        facts["year"] = today.year
        return Finding("calendar", LOOK, "calendar_old", facts, "calendar_install", told)
    if last == today.year and (today.month, today.day) >= (11, 15):
        return Finding("calendar", LOOK, "calendar_next", facts, "calendar_install", told)
    if last == today.year and today.month >= 10:
        return Finding("calendar", OK, "calendar_soon", facts, "calendar_install", told)
    return Finding("calendar", OK, "calendar", facts)


def _reads(file: Path) -> bool:
    try:
        read_calendar_file(file)
    except (CalendarFileError, OSError):
        return False
    return True


def _installed(folders: Sequence[str]) -> list[str]:
    return sorted(file.stem for each in folders for file in Path(each).glob("CN-????.toml"))


# -- clock -------------------------------------------------------------------------------------------------


def clock(store: Store | None, now: datetime, offset: timedelta) -> Finding:
    """Whether time went backwards: nothing can have been written down later than now.

    `offset`: of the system's time zone from UTC.
    """
    latest = None if store is None else _latest(store)
    behind = latest is not None and latest > now + SLACK
    facts = {"utc_offset_minutes": int(offset.total_seconds() // 60), "before_newest_entry": behind}
    if behind and latest is not None:
        ahead = latest - now
        facts["seconds_before"] = int(ahead.total_seconds())
        return Finding("clock", LOOK, "clock_behind", facts | {"days": max(ahead.days, 1)}, "clock_set", "date")
    if offset != now.astimezone(HOME).utcoffset():
        return Finding("clock", OK, "clock_elsewhere", facts)
    return Finding("clock", OK, "clock", facts)


def _latest(store: Store) -> datetime | None:
    """The newest instant of recording among the heads of the newest cases, or a sign of life."""
    ((beat,),) = store.run("SELECT max(beat_at) FROM daemon").fetchall()
    moments = [from_int(beat)] if beat else []
    for row in _some(store):
        for body, _ in store.raw_log(row.id)[-1:]:
            with suppress(*UNREADABLE):  # what is no entry is told by the logs
                moments.append(decode_entry(body).recorded_at)
    return max(moments, default=None)
