"""The page read twice: `second.second_evaluate` against `escalation.core`, on made-up procedures and logs.

Made so that things coincide: instants are taken from midnights, from what the log holds already and from lapses.
`ESCALATION_EXAMPLES=50000` runs it long.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st
from second import Pause as SecondPause
from second import first_instant, local_date, second_evaluate, second_reckon

from escalation.core.days import Clock, Step, reckon
from escalation.core.entries import (
    Amend,
    Check,
    Entry,
    EventEntry,
    FactsEntry,
    Migrate,
    Note,
    Opened,
    Withdraw,
    Worldly,
)
from escalation.core.evaluate import advance, evaluate, follows, step
from escalation.core.snapshot import Pause, Refusal, Snapshot, decode_snapshot, encode_snapshot
from escalation.core.table import Table
from states.calendar import load_calendar
from states.lengths import UNITS, Length
from states.model import Procedure, content, content_hash

Json = dict[str, Any]
T = TypeVar("T")


class Draw(Protocol):
    """What draws: of a composite strategy or of a test's data."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T: ...


LONG = int(os.environ.get("ESCALATION_EXAMPLES", "0"))
SHANGHAI = "Asia/Shanghai"
# Zones whose midnight is not always there, or comes twice, or falls on a day that was left out.
ZONES = [SHANGHAI] * 6 + ["UTC", "America/Sao_Paulo", "America/St_Johns", "Pacific/Apia", "Europe/Berlin"]
TICK = timedelta(microseconds=1)


def examples(usual: int) -> settings:
    return settings(
        max_examples=LONG or usual, deadline=None, derandomize=not LONG, suppress_health_check=list(HealthCheck)
    )


CHINA = load_calendar("CN")


# --- 1. lengths and pauses ------------------------------------------------------------------------

lengths = st.builds(
    Length,
    st.one_of(st.integers(1, 12), st.integers(1, 12), st.integers(1, 400)),
    st.sampled_from(UNITS),
).filter(lambda length: length.unit != "years" or length.n <= 20)
times_of_day = st.one_of(
    st.just(timedelta()),
    st.sampled_from([-TICK, TICK, timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=8), timedelta(hours=16)]),
    st.integers(0, 86_399).map(lambda s: timedelta(seconds=s)),
)
ENDS = (  # of years and months, of what is known of holidays, and days on which clocks were changed
    "2025-12-31 2026-12-31 2026-02-13 2025-09-30 2003-12-31 2024-02-29 2020-01-31 "
    "2011-12-29 2007-03-10 2010-11-06 2017-10-14 2018-02-17"
)
starting_days = st.one_of(
    st.dates(date(2003, 1, 1), date(2028, 12, 31)), st.sampled_from([date.fromisoformat(day) for day in ENDS.split()])
)
gaps = st.one_of(
    st.just(timedelta()),
    st.sampled_from([TICK, timedelta(hours=1), timedelta(days=1), timedelta(days=7)]),
    st.integers(0, 40).map(lambda d: timedelta(days=d)),
    st.integers(0, 40 * 24).map(lambda h: timedelta(hours=h)),
)


@st.composite
def counts(draw: st.DrawFn) -> tuple[datetime, Length, bool, list[SecondPause], str]:
    zone = draw(st.sampled_from(ZONES))
    start = first_instant(draw(starting_days), zone) + draw(times_of_day)
    length, rolls = draw(lengths), draw(st.booleans())
    pauses: list[SecondPause] = []
    at = start
    for _ in range(draw(st.integers(0, 3))):
        lapse = second_reckon(start, length, pauses, rolls, zone, CHINA).lapse
        last = [first_instant(local_date(lapse - TICK, zone), zone), lapse - TICK, lapse - timedelta(hours=1)]
        paused = draw(st.one_of(gaps.map(lambda gap: at + gap), st.sampled_from(last)))  # noqa: B023
        if not at <= paused < lapse or lapse.year > 2060:  # the calendar ends with 2100
            break
        at = draw(
            st.one_of(gaps.map(lambda gap: paused + gap), st.just(first_instant(local_date(lapse, zone), zone)))  # noqa: B023
        )
        at = max(at, paused)
        pauses.append((paused, at))
    return start, length, rolls, pauses, zone


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(SHANGHAI))


USED_UP_IN_2003 = (local("2003-12-20"), Length(10, "working days"), True, [(local("2003-12-31"), local("2004-02-02"))])


@examples(500)
@given(counts())
@example((*USED_UP_IN_2003, SHANGHAI))  # the days that were used up make it provisional
def test_days_are_counted_alike(counted: tuple[datetime, Length, bool, list[SecondPause], str]) -> None:
    start, length, rolls, pauses, zone = counted
    second = second_reckon(start, length, pauses, rolls, zone, CHINA)
    first_pauses = [Pause(paused_at=p, resumed_at=r, paused_by="a", resumed_by="b") for p, r in pauses]
    clock = Clock(CHINA, ZoneInfo(zone))
    trace: list[Step] = []
    for told_too in (None, trace):
        first = reckon(start, length, rolls, first_pauses, clock, told_too)
        assert first.due == second.due
        assert first.lapses_at == second.lapse
        assert first.other_reading == second.other
        assert first.provisional == second.provisional


# --- 2. procedures --------------------------------------------------------------------------------

MINE, THEIRS, CLOCKS = ["m1", "m2"], ["o1", "o2"], ["c1", "c2", "c3"]
PEOPLE = MINE + THEIRS
# c3 may start what runs beside, and is never named by what it starts; c1 and c2 only ever lead onwards.
ITEMS = {"x": {"title": "x"}, "y": {"title": "y"}, "z": {"title": "z", "optional": True}}
CHECKLISTS = {"papers": {"title": "p", "items": ITEMS}}
FACTS = {
    "num": {"type": "integer", "title": "n"}, "flag": {"type": "boolean", "title": "f"},
    "kind": {"type": "choice", "of": ["a", "b"], "title": "k"}, "day": {"type": "date", "title": "d"},
    "other_day": {"type": "date", "title": "d"}, "sum": {"type": "money", "title": "s"},
}  # fmt: skip
EVENTS: dict[str, Json] = {
    "m1": {"title": "m1", "by": "me", "asks": {
        "n": {"type": "integer", "sets": "num"}, "d": {"type": "date", "sets": "day"}, "f": {"type": "boolean"}}},
    "m2": {"title": "m2", "by": "me"},
    "o1": {"title": "o1", "by": "them", "asks": {"n": {"type": "integer"}, "d": {"type": "date", "sets": "day"}}},
    "o2": {"title": "o2", "by": "them", "asks": {"k": {"type": "choice", "of": ["a", "b"], "sets": "kind"}}},
    "c1": {"title": "c1", "by": "clock"}, "c2": {"title": "c2", "by": "clock"}, "c3": {"title": "c3", "by": "clock"},
}  # fmt: skip
CONDITIONS = [
    "facts.num > 2", "facts.flag", "not facts.flag", 'facts.kind == "a"', 'facts.kind != "a"', "case.visits.s1 >= 2",
    "case.visits.s0 < 2", "case.days_in_state >= 1", "case.days_in_state < 3", "checklists.papers",
    'case.state == "s1"', 'facts.day < "2026-02-20"', "6 / facts.num >= 2", 'tracks.main == "s1"',
    "facts.num in [1, 2]", "facts.day < facts.other_day", "1 < facts.num <= 3 or facts.sum > 10.5",
]  # fmt: skip
OF_SIDE = ['tracks.side == ""', 'tracks.side == "t0"', 'tracks.side != "t1"', "case.visits.t0 > 1"]
OF_DATA = {"m1": ["event.n > 2", "event.f", "event.n == facts.num", 'event.d > "2026-02-20"'], "o1": ["event.n > 2"]}
SHORT = [
    "1 hour", "5 hours", "24 hours", "48 hours", "1 day", "1 day", "2 days", "3 days", "5 days", "10 days",
    "1 working day", "2 working days", "3 working days", "5 working days", "1 week", "2 weeks", "1 month",
]  # fmt: skip


def flip(draw: Draw, chances: int, of: int = 10) -> bool:
    return draw(st.integers(0, of - 1)) >= of - chances


def some(draw: Draw, among: list[str], most: int) -> list[str]:
    return draw(st.lists(st.sampled_from(among), max_size=most, unique=True))


def conditional(draw: Draw, conditions: list[str]) -> list[Json]:
    listed = [
        {"when": draw(st.sampled_from(conditions)), "length": draw(st.sampled_from([*SHORT, "none"]))}
        for _ in range(draw(st.integers(1, 2)))
    ]
    return [*listed, {"length": draw(st.sampled_from([*SHORT, "none"]))}]


def deadline(draw: Draw, id: str, conditions: list[str], clocks: list[str]) -> Json:
    result: Json = {"title": id, "owed_by": draw(st.sampled_from(["me", "them"]))}
    kind = draw(st.sampled_from(["within", "within", "within", "conditional", "due_on"]))
    if kind == "due_on":
        result["due_on"] = draw(st.sampled_from(["day", "day", "other_day"]))
    else:
        result["within"] = draw(st.sampled_from(SHORT)) if kind == "within" else conditional(draw, conditions)
        if flip(draw, 4):
            result["extends"] = {e: draw(st.sampled_from(SHORT)) for e in some(draw, [*PEOPLE, "c2"], 2)}
        if flip(draw, 6):
            pauses = draw(st.lists(st.sampled_from([*PEOPLE, "c1"]), min_size=1, max_size=2, unique=True))
            result["pauses"] = {e: draw(st.sampled_from([*PEOPLE, *PEOPLE, "c2"])) for e in pauses}
    if flip(draw, 3):
        result["restarts"] = some(draw, [*PEOPLE, "c1", "c2"], 2)
    if flip(draw, 4):
        result["roll"] = draw(st.sampled_from(["next working day", "none"]))
    if flip(draw, 7):
        result["lapses"] = draw(st.sampled_from(clocks))
    return result


def branch(draw: Draw, event: str, to: list[str], conditions: list[str]) -> Json:
    result: Json = {}
    target = draw(st.sampled_from(to))
    if target:
        result["to"] = target
    if flip(draw, 3):
        result["when"] = draw(st.sampled_from([*conditions, *OF_DATA.get(event, []), *OF_DATA.get(event, [])]))
    if flip(draw, 1):
        result["requires"] = ["papers"]
    return result


def listed(draw: Draw, event: str, to: list[str], conditions: list[str]) -> list[Json]:
    return [branch(draw, event, to, conditions) for _ in range(draw(st.sampled_from([1, 1, 2])))]


def moving(states: list[str], calm: bool) -> list[str]:
    """Where a transition may lead; nowhere ("") more often in calm procedures."""
    return [*states, *[""] * (len(states) * 3 if calm else 1)]


def track_of(draw: Draw, track: str, names: list[str], finals: list[str], conditions: list[str], calm: bool) -> Json:
    """The states of one track; the clock only ever leads to later ones."""
    result: Json = {}
    for i, name in enumerate(names):
        state: Json = {"stage": "only", "title": name}
        if track != "main":
            state["track"] = track
        clocks = CLOCKS if track == "main" else CLOCKS[:2]
        ids = [f"{name}{letter}" for letter in "abc"[: draw(st.sampled_from([0, 1, 1, 1, 2, 2, 3]))]]
        if ids:
            state["deadlines"] = {id: deadline(draw, id, conditions, clocks) for id in ids}
        moves: Json = {}
        for event in PEOPLE:
            if flip(draw, 8 if calm else 6):
                moves[event] = listed(draw, event, moving([*names, *finals], calm), conditions)
        for event in CLOCKS:
            if flip(draw, 7):
                to = moving([*names[i + 1 :], *finals], calm and flip(draw, 3))
                moves[event] = listed(draw, event, to, conditions)
        if moves:
            state["transitions"] = moves
        result[name] = state
    for name in finals:
        state = {"stage": "only", "title": name, "final": True}
        state["outcome"] = draw(st.sampled_from(["success", "failure"]))
        result[name] = state if track == "main" else {**state, "track": track}
    return result


@st.composite
def procedures(draw: st.DrawFn) -> Json:
    zone = draw(st.sampled_from(ZONES))
    side, calm = flip(draw, 4), flip(draw, 6)
    conditions = [*CONDITIONS, *(OF_SIDE if side else [])]
    mains = [f"s{i}" for i in range(draw(st.integers(2, 4)))]
    result: Json = {
        "procedure": "made-up", "version": "1", "title": "t", "timezone": zone, "calendar": "CN", "initial": "s0",
        "stages": {"only": {"title": "s"}}, "parties": {"me": {"title": "me"}, "them": {"title": "them"}},
        "facts": FACTS, "checklists": CHECKLISTS, "events": EVENTS,
        "states": track_of(draw, "main", mains, ["done", "lost"][: draw(st.integers(1, 2))], conditions, calm),
    }  # fmt: skip
    if flip(draw, 3):
        result["transitions"] = {
            e: listed(draw, e, moving([*mains, "done"] if e in PEOPLE else ["done"], calm), conditions)
            for e in some(draw, [*PEOPLE, *CLOCKS], 2)
        }
    if side:
        sides = [f"t{i}" for i in range(draw(st.integers(1, 2)))]
        if len(sides) == 1:  # what a condition may name is always there
            sides = ["t0", "t1"]
        result["states"].update(track_of(draw, "side", sides, ["tdone"], conditions, calm))
        starts = draw(st.lists(st.sampled_from([*PEOPLE, "c3"]), min_size=1, max_size=2, unique=True))
        result["tracks"] = {"side": {"title": "side", "initial": "t0", "starts": starts}}
        if flip(draw, 3):
            result["tracks"]["side"]["transitions"] = {e: {"to": "tdone"} for e in some(draw, PEOPLE, 1)}
    own: Json = {}
    for i in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        each = deadline(draw, f"p{i}", conditions, CLOCKS)
        each["starts"] = draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=2, unique=True))
        each["stops"] = some(draw, [*PEOPLE, "c1"], 2)
        own[f"p{i}"] = each
    if own:
        result["deadlines"] = own
    return result


class Book:
    """The same definitions for both."""

    def __init__(self, definitions: list[Json]) -> None:
        self.hashes = [content_hash(content(each)) for each in definitions]
        self.procedures = {
            hash: msgspec.convert(each, Procedure) for hash, each in zip(self.hashes, definitions, strict=True)
        }
        self.tables = {hash: Table(each, CHINA, hash) for hash, each in self.procedures.items()}

    def __call__(self, hash: str) -> Table:
        return self.tables[hash]


# --- logs -----------------------------------------------------------------------------------------

OPENING = (  # mostly before the spring festival; before the first and the last year known; before clocks are changed
    "2026-02-09 2026-02-09 2026-02-09 2026-02-09 2026-12-22 2026-12-22 2027-02-01 2003-12-23 2024-01-30 2025-09-25 "
    "2011-12-24 2010-11-01 2018-02-12 2017-10-09"
)
opening_days = st.sampled_from([date.fromisoformat(day) for day in OPENING.split()])


class Moments:
    """Instants that coincide on purpose."""

    def __init__(self, draw: Draw, book: Book, log: list[Json], zone: str, opened: datetime) -> None:
        self.draw, self.book, self.log, self.zone, self.opened = draw, book, log, zone, opened

    def lapses(self) -> list[datetime]:
        """When the clock acts, as things stand, and when something lapses next."""
        latest = max(e["recorded_at"] for e in self.log)
        found: set[datetime] = set()
        for at in (latest, latest + timedelta(days=60)):
            meaning = second_evaluate(self.book.procedures, self.log, at)
            found |= {row[0] for row in meaning["history"]} | {row[6] for row in meaning["deadlines"] if row[6]}
        return sorted(found)

    def any(self, least: datetime) -> datetime:
        kind = self.draw(st.integers(0, 9))
        if kind <= 1:
            at = self.draw(st.sampled_from(self.lapses()))
            at += self.draw(st.sampled_from([timedelta(), timedelta(), -TICK, TICK]))
        elif kind <= 3:
            at = self.draw(st.sampled_from([e["at"] or e["recorded_at"] for e in self.log]))
        elif kind <= 5:
            day = local_date(self.opened, self.zone) + timedelta(days=self.draw(st.integers(0, 25)))
            at = first_instant(day, self.zone)
            at += self.draw(st.sampled_from([timedelta(), timedelta(), -TICK, TICK, timedelta(hours=9)]))
        elif kind <= 7:
            at = max(e["at"] or e["recorded_at"] for e in self.log) + timedelta(hours=self.draw(st.integers(0, 72)))
        else:
            at = self.opened + timedelta(minutes=self.draw(st.integers(0, 30 * 24 * 60)))
        return max(at, least)


def dates_near(draw: Draw, opened: datetime) -> str:
    return (opened.date() + timedelta(days=draw(st.sampled_from([-3, -1, 0, 1, 2, 3, 5, 8, 20])))).isoformat()


def data_for(draw: Draw, event: str, opened: datetime) -> Json:
    data: Json = {}
    for name, ask in EVENTS[event].get("asks", {}).items():
        if not flip(draw, 6):
            continue
        if ask["type"] == "integer":
            data[name] = draw(st.integers(0, 4))
        elif ask["type"] == "date":
            data[name] = dates_near(draw, opened)
        elif ask["type"] == "boolean":
            data[name] = draw(st.booleans())
        else:
            data[name] = draw(st.sampled_from(["a", "b"]))
    return data


def facts_for(draw: Draw, opened: datetime) -> Json:
    values = {
        "num": st.integers(0, 4), "flag": st.booleans(), "kind": st.sampled_from(["a", "b"]),
        "day": st.just(dates_near(draw, opened)), "other_day": st.just(dates_near(draw, opened)),
        "sum": st.sampled_from(["10.50", "11.00"]),
    }  # fmt: skip
    names = draw(st.lists(st.sampled_from(["day", *values]), min_size=1, max_size=2, unique=True))
    return {name: draw(values[name]) for name in names}


KINDS = ["event"] * 9 + ["facts", "facts", "facts", "check", "amend", "amend", "withdraw", "withdraw", "note"]


@st.composite
def logs(draw: st.DrawFn, book: Book, renamed: list[dict[str, str]] | None = None) -> list[Json]:
    """A log, recorded with or without delay, with corrections; `renamed`: the map to each definition of the book."""
    zone = book.procedures[book.hashes[0]].timezone
    opened = first_instant(draw(opening_days), zone) + draw(times_of_day)
    log: list[Json] = [
        {"seq": 1, "kind": "opened", "at": opened, "recorded_at": opened, "definition": book.hashes[0],
         "facts": facts_for(draw, opened) if flip(draw, 4) else {}}
    ]  # fmt: skip
    moments = Moments(draw, book, log, zone, opened)
    if flip(draw, 3):
        for item in ("papers.x", "papers.y"):
            check = {"seq": len(log) + 1, "kind": "check", "item": item, "done": True}
            log.append({**check, "at": opened, "recorded_at": opened})
    latest_opening = opened
    for _ in range(draw(st.one_of(st.integers(0, 15), st.integers(6, 15)))):
        before = log[-1]["recorded_at"]
        kind = draw(st.sampled_from(KINDS if renamed is None else [*KINDS, "migrate", "migrate", "migrate"]))
        targets = [e["seq"] for e in log if e["kind"] not in ("amend", "withdraw", "migrate")]
        entry: Json = {"seq": len(log) + 1, "kind": kind}
        if kind in ("amend", "withdraw"):
            entry["at"] = None
            entry["recorded_at"] = max(before, moments.any(before) if flip(draw, 5) else before)
            if kind == "withdraw":
                anything = [e["seq"] for e in log[1:]]
                corrections = [e["seq"] for e in log if e["kind"] in ("amend", "withdraw")]
                if not anything:
                    continue
                entry["target"] = draw(st.sampled_from(corrections if corrections and flip(draw, 4) else anything))
            else:
                entry["target"] = draw(st.sampled_from(targets))
                amend(draw, entry, log, moments, latest_opening)
                if entry["target"] == 1 and entry["at"] is not None:
                    latest_opening = max(latest_opening, entry["at"])
            log.append(entry)
            continue
        entry["at"] = moments.any(latest_opening)
        late = draw(st.sampled_from([timedelta(), timedelta(), timedelta(hours=5), timedelta(days=4)]))
        entry["recorded_at"] = max(before, entry["at"] + late)
        if kind == "event":
            entry["event"] = draw(st.sampled_from([*PEOPLE] * 5 + ["c1"]))
            entry["data"] = data_for(draw, entry["event"], opened)
        elif kind == "facts":
            entry["facts"] = facts_for(draw, opened)
        elif kind == "check":
            entry["item"] = draw(st.sampled_from(["papers.x", "papers.y", "papers.z"]))
            entry["done"] = flip(draw, 7)
        elif kind == "migrate":
            assert renamed is not None
            to = draw(st.integers(0, len(book.hashes) - 1))
            entry["definition"], entry["map"] = book.hashes[to], renamed[to] if flip(draw, 8) else {}
        log.append(entry)
    return log


def amend(draw: Draw, entry: Json, log: list[Json], moments: Moments, latest_opening: datetime) -> None:
    target = log[entry["target"] - 1]
    if target["kind"] == "opened":
        earliest = min((e["at"] for e in log[1:] if e["at"] is not None), default=entry["recorded_at"])
        if flip(draw, 5):
            back = draw(st.sampled_from([timedelta(), timedelta(hours=7), timedelta(days=3)]))
            entry["at"] = min(earliest, draw(st.sampled_from([earliest, target["at"]]))) - back
        if entry["at"] is None or flip(draw, 3):
            entry["facts"] = facts_for(draw, moments.opened)
        return
    if target["kind"] == "note" or flip(draw, 6):
        entry["at"] = min(moments.any(latest_opening), entry["recorded_at"])
    if target["kind"] == "event" and (entry["at"] is None or flip(draw, 3)):
        entry["data"] = data_for(draw, target["event"], moments.opened)
        if target["data"] and flip(draw, 3):
            entry["data"][draw(st.sampled_from(sorted(target["data"])))] = None
    elif target["kind"] == "facts" and (entry["at"] is None or flip(draw, 3)):
        entry["facts"] = facts_for(draw, moments.opened)
        if flip(draw, 3):
            entry["facts"][draw(st.sampled_from(sorted(target["facts"])))] = None
    elif target["kind"] == "check" and (entry["at"] is None or flip(draw, 3)):
        entry["done"] = draw(st.booleans())


# --- both answers in one shape ----------------------------------------------------------------------


def first_entry(plain: Json) -> Entry:
    """An entry of the first implementation from the plain one."""
    named: Json = {"procedure": "made-up", "version": "1"}
    common: Json = {"seq": plain["seq"], "recorded_at": plain["recorded_at"].astimezone(UTC)}
    if plain["kind"] == "withdraw":
        return Withdraw(**common, target=plain["target"])
    at = plain["at"].astimezone(UTC) if plain["at"] is not None else None
    if plain["kind"] == "amend":
        data = {**plain.get("data", {}), **plain.get("facts", {})}
        if "done" in plain:
            data["done"] = plain["done"]
        return Amend(**common, target=plain["target"], at=at, data=data)
    common["occurred_at"] = at
    match plain["kind"]:
        case "opened":
            return Opened(**common, **named, definition=plain["definition"], facts=plain["facts"])
        case "event":
            return EventEntry(**common, event=plain["event"], data=plain["data"])
        case "facts":
            return FactsEntry(**common, facts=plain["facts"])
        case "check":
            return Check(**common, item=plain["item"], done=plain["done"])
        case "migrate":
            return Migrate(**common, **named, definition=plain["definition"], map=plain["map"])
    return Note(**common, text="n")


def first_answer(snapshot: Snapshot) -> Json:
    """What the first implementation says, in the shape of the second."""
    standing = [
        (
            r.id, r.track, r.status, r.started_at, r.length, r.due, r.lapses_at, r.provisional, r.other_reading,
        )
        for r in snapshot.deadlines
        if r.standing
    ]  # fmt: skip
    over = [
        (r.id, r.track, r.started_at, r.status, r.stopped_at) for r in snapshot.deadlines if r.stopped_at is not None
    ]
    return {
        "tracks": {t.track: (t.state, t.entered_at, t.final, t.outcome) for t in snapshot.tracks},
        "deadlines": sorted(standing, key=lambda r: (str(r[1]), r[0])),
        "over": sorted(over, key=lambda r: (r[4], str(r[1]), r[0], r[2])),
        "facts": snapshot.facts,
        "checks": sorted(item for item, done in snapshot.checks.items() if done),
        "history": [(h.at, h.event, h.by, h.track, h.to, h.seq) for h in snapshot.history],
        "inapplicable": [i.seq for i in snapshot.inapplicable],
        "visits": snapshot.visits,
        "open": snapshot.open,
    }


def told(book: Book, log: list[Json]) -> str:
    """The example in full, for whoever reads a failure."""
    definitions = {hash[:6]: msgspec.to_builtins(each) for hash, each in book.procedures.items()}
    for each in definitions.values():
        for key in ("facts", "checklists", "events", "stages", "parties"):
            each.pop(key, None)
    lines = (str({**e, "at": str(e["at"]), "recorded_at": str(e["recorded_at"])}) for e in log)
    return "\n".join([json.dumps(definitions, indent=1), *lines])


def compare(book: Book, log: list[Json], now: datetime, known_at: datetime | None) -> None:
    first_log = [first_entry(e) for e in log]
    try:
        second = second_evaluate(book.procedures, log, now, known_at)
    except LookupError:
        with pytest.raises(LookupError):
            evaluate(book, first_log, now, known_at)
        return
    first = first_answer(evaluate(book, first_log, now, known_at))
    for key, answer in second.items():
        assert first[key] == answer, (key, str(now), str(known_at))


def compare_often(draw: Draw, book: Book, log: list[Json]) -> None:
    """At a few instants, by what is known today and by what was known at one."""
    zone = book.procedures[book.hashes[0]].timezone
    moments = Moments(draw, book, log, zone, log[0]["at"])
    latest = max(e["recorded_at"] for e in log)
    compare(book, log, latest, None)
    compare(book, log, latest + draw(gaps) * 3, None)
    long_ago = log[0]["at"] - timedelta(days=4)
    now = moments.any(long_ago)
    compare(book, log, now, None)
    then = draw(st.sampled_from([e["recorded_at"] for e in log]))
    compare(book, log, draw(st.sampled_from([now, latest, then, then + timedelta(days=9)])), then)


def stepped(book: Book, log: list[Json]) -> None:
    """`step` and `advance` say what the full evaluation says, entry by entry as recorded."""
    first_log = [first_entry(e) for e in log]
    snapshot = evaluate(book, first_log[:1], first_log[0].recorded_at)
    for i, entry in enumerate(first_log[1:], 1):
        whole = evaluate(book, first_log[: i + 1], entry.recorded_at)
        if isinstance(entry, Worldly) and follows(snapshot, entry):
            found = step(book, decode_snapshot(encode_snapshot(snapshot)), entry, entry.recorded_at)
            if isinstance(found, Refusal):
                assert entry.seq in [e.seq for e in whole.inapplicable]
            else:
                assert found == whole
        snapshot = whole
        moved = advance(book, snapshot, snapshot.as_of + timedelta(days=3))
        assert moved == evaluate(book, first_log[: i + 1], snapshot.as_of + timedelta(days=3))


@examples(220)
@given(st.data())
def test_cases_mean_the_same(data: st.DataObject) -> None:
    book = Book([data.draw(procedures(), label="procedure")])
    log = data.draw(logs(book), label="log")
    note(told(book, log))
    compare_often(data.draw, book, log)
    stepped(book, log)


# --- 3. migrations ----------------------------------------------------------------------------------


def move(draw: Draw, each: Json, here: Json, id: str) -> None:
    """A deadline goes to another state, to another track's, or to the procedure as a whole."""
    moved = here.pop(id)
    moved.pop("stops", None)
    moved.pop("starts", None)
    if moved.get("lapses") == "c3":
        moved["lapses"] = "c1"
    to = draw(st.sampled_from(["", *(s for s in each["states"] if not each["states"][s].get("final"))]))
    if to:
        each["states"][to].setdefault("deadlines", {})[id] = moved
    else:
        each.setdefault("deadlines", {})[id] = {**moved, "starts": ["m1"]}


@st.composite
def variants(draw: st.DrawFn) -> tuple[list[Json], list[dict[str, str]]]:
    """Two or three versions of a procedure, and the map that leads from the others to each."""
    base = draw(procedures())
    result, names = [base], [{s: s for s in base["states"]}]
    for _ in range(draw(st.integers(1, 2))):
        each = json.loads(json.dumps(base))
        places = [s["deadlines"] for s in each["states"].values() if s.get("deadlines")]
        places += [each["deadlines"]] if each.get("deadlines") else []
        changes = ["shorten", "length", "length", "roll", "add", "remove", "lapses", "move"]
        for change in draw(st.lists(st.sampled_from(changes), min_size=1, max_size=3)):
            listed_there = draw(st.sampled_from(places)) if places else {}
            if change == "add":
                state = draw(st.sampled_from([s for s in each["states"] if not each["states"][s].get("final")]))
                there = each["states"][state].setdefault("deadlines", {})
                there[f"{state}n"] = deadline(draw, f"{state}n", ["facts.flag"], ["c1", "c2"])
            elif change == "shorten":
                for one in (d for place in places for d in place.values() if "within" in d):
                    one["within"] = draw(st.sampled_from(["1 hour", "1 day", "2 working days"]))
            elif listed_there:
                id = draw(st.sampled_from(sorted(listed_there)))
                if change == "remove":
                    del listed_there[id]
                elif change == "move":
                    move(draw, each, listed_there, id)
                elif change == "roll":
                    listed_there[id]["roll"] = draw(st.sampled_from(["next working day", "none"]))
                elif change == "lapses":
                    listed_there[id]["lapses"] = draw(st.sampled_from(["c1", "c2"]))
                elif "within" in listed_there[id]:
                    listed_there[id]["within"] = draw(st.sampled_from(["1 hour", "1 day", *SHORT]))
        new = {s: s for s in base["states"]}
        for old in some(draw, sorted(new), 1):
            new[old] = f"new_{old}"
            text = re.sub(rf'"{old}"', f'"new_{old}"', json.dumps(each))
            text = re.sub(rf'\\"{old}\\"', f'\\"new_{old}\\"', text)
            each = json.loads(re.sub(rf"visits\.{old}\b", f"visits.new_{old}", text))
        each["version"] = str(len(result) + 1)
        result.append(each)
        names.append(new)
    maps = []
    for mine in names:
        there = {other[s]: mine[s] for other in names for s in mine if other[s] != mine[s]}
        maps.append(there)
    return result, maps


@examples(160)
@given(st.data())
def test_migrated_cases_mean_the_same(data: st.DataObject) -> None:
    definitions, maps = data.draw(variants(), label="procedures")
    book = Book(definitions)
    log = data.draw(logs(book, maps), label="log")
    note(told(book, log))
    compare_often(data.draw, book, log)
    stepped(book, log)


# --- what was found, or what chance seldom finds --------------------------------------------------------


def small(**more: Any) -> Json:
    """A procedure of one state and its end."""
    moves: Json = {"m2": {}, "o1": {}, "o2": {}, "c2": {}, "m1": {"to": "done"}}
    state = {"stage": "only", "title": "s0", "transitions": moves}
    return {
        "procedure": "made-up", "version": "1", "title": "t", "timezone": SHANGHAI, "calendar": "CN", "initial": "s0",
        "stages": {"only": {"title": "s"}}, "parties": {"me": {"title": "me"}, "them": {"title": "them"}},
        "facts": FACTS, "checklists": CHECKLISTS, "events": EVENTS,
        "states": {
            "s0": {**state, "deadlines": more.pop("own", {})},
            "done": {"stage": "only", "title": "done", "final": True, "outcome": "success"},
        },
        **more,
    }  # fmt: skip


def logged(book: Book, *things: tuple[str, str]) -> list[Json]:
    """A log of events, and of migrations to the book's second definition, at local instants."""
    log: list[Json] = []
    for seq, (what, at) in enumerate([("opened", "2026-03-02T10:00"), *things], 1):
        entry: Json = {"seq": seq, "kind": what, "at": local(at), "recorded_at": local(at)}
        if what == "opened":
            entry |= {"definition": book.hashes[0], "facts": {}}
        elif what == "migrate":
            entry |= {"definition": book.hashes[1], "map": {}}
        else:
            entry |= {"kind": "event", "event": what, "data": {}}
        log.append(entry)
    return log


def test_a_deadline_that_moves_from_the_procedure_to_the_state_starts_at_the_migration() -> None:
    # "A deadline with the same track and id keeps its start […]; one that is gone ends; one that is new in the
    # present state starts at the migration." The track is part of which deadline it is.
    plain = {"title": "d", "owed_by": "me", "within": "5 days"}
    book = Book([small(deadlines={"d": {**plain, "starts": ["m2"]}}), small(own={"d": plain})])
    log = logged(book, ("m2", "2026-03-03T10:00"), ("migrate", "2026-03-04T10:00"))
    compare(book, log, local("2026-03-05"), None)
    found = evaluate(book, [first_entry(e) for e in log], local("2026-03-05")).deadlines

    assert [(r.track, r.status, r.started_at) for r in found] == [
        (None, "ended", local("2026-03-03T10:00")),
        ("main", "running", local("2026-03-04T10:00")),
    ]


@pytest.mark.parametrize(("extended", "length"), [("2026-03-05", "3 working days"), ("2026-03-03", "5 days")])
def test_a_paused_deadline_is_extended_by_what_it_would_be_if_it_ran_again(extended: str, length: str) -> None:
    plain = {"title": "d", "owed_by": "me", "within": "5 days"}
    book = Book([small(own={"d": {**plain, "pauses": {"o1": "o2"}, "extends": {"m2": "3 working days"}}})])
    log = logged(book, ("o1", "2026-03-02T11:00"), ("m2", extended), ("o2", "2026-03-06"))
    compare(book, log, local("2026-03-07"), None)

    assert evaluate(book, [first_entry(e) for e in log], local("2026-03-07")).deadlines[0].length == length


def test_of_two_lapses_at_one_instant_the_first_listed_comes_first_though_it_started_later() -> None:
    one = {"title": "d", "owed_by": "me", "within": "2 hours", "lapses": "c2"}
    own = {"a": {**one, "restarts": ["m2"]}, "b": {**one, "within": "3 hours", "lapses": "c3"}}
    definition = small(own=own)
    definition["states"]["s0"]["transitions"]["c3"] = {}
    book = Book([definition])
    log = logged(book, ("m2", "2026-03-02T11:00"))
    compare(book, log, local("2026-03-03"), None)
    found = evaluate(book, [first_entry(e) for e in log], local("2026-03-03")).history

    assert [row.event for row in found] == ["opened", "m2", "c2", "c3"]
