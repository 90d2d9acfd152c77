"""Cases as an event log for process-mining tools: IEEE 1849-2016 (XES), written by hand, a trace for each case.

Discreet: ids, instants and parties only. Titles, clients, facts, answers, notes and files stay here, because who
analyses how cases went need not know whose they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from escalation.core.entries import decode_entry
from escalation.core.snapshot import HistoryRow, Snapshot
from escalation.core.table import Table
from escalation.engine import Engine
from escalation.errors import NotFound
from escalation.store import CaseRow
from escalation.views import local
from states.model import MAIN

EXTENSION = "urn:escalation:xesext:1"
"""Names the keys that are ours (docs/escalation.xesext). Not an address: reading a log must not call anywhere."""

_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <extension name="Escalation" prefix="escalation" uri="{EXTENSION}"/>
  <global scope="trace">
    <string key="concept:name" value=""/>
    <string key="escalation:procedure" value=""/>
    <string key="escalation:version" value=""/>
    <string key="escalation:hash" value=""/>
    <string key="escalation:state" value=""/>
    <boolean key="escalation:open" value="true"/>
  </global>
  <global scope="event">
    <string key="concept:name" value=""/>
    <date key="time:timestamp" value="1970-01-01T00:00:00+00:00"/>
    <string key="lifecycle:transition" value="complete"/>
    <string key="org:role" value=""/>
    <string key="escalation:track" value="main"/>
  </global>
  <classifier name="Event" scope="event" keys="concept:name"/>
  <classifier name="EventAndParty" scope="event" keys="concept:name org:role"/>
  <string key="concept:name" value="escalation"/>
  <string key="lifecycle:model" value="standard"/>
"""


def export_xes(engine: Engine, rows: Iterable[CaseRow], now: datetime) -> Iterator[bytes]:
    """The log, block by block: what took effect in each case up to `now`, the clock's own events included.

    Cases that were opened later (with `--now`) are left out, as by `list`.
    """
    yield _HEAD.encode()
    for row in rows:
        try:
            snapshot = engine.snapshot(row, now)
        except NotFound:
            continue
        recorded = {entry.seq: entry.recorded_at for entry in map(decode_entry, _bodies(engine, row))}
        yield "".join(_trace(row.ref, snapshot, engine.shelf.table(snapshot.definition), recorded)).encode()
    yield b"</log>\n"


def _bodies(engine: Engine, row: CaseRow) -> Iterator[bytes]:
    return (body for body, _ in engine.store.raw_log(row.id))


def _trace(ref: str, snapshot: Snapshot, table: Table, recorded: dict[int, datetime]) -> Iterator[str]:
    main = snapshot.track(MAIN)
    assert main is not None
    yield "  <trace>\n"
    yield _attribute("string", "concept:name", ref, 4)
    yield _attribute("string", "escalation:procedure", table.procedure.procedure, 4)
    yield _attribute("string", "escalation:version", table.procedure.version, 4)
    yield _attribute("string", "escalation:hash", snapshot.definition, 4)
    yield _attribute("string", "escalation:state", main.state, 4)
    if main.outcome is not None:
        yield _attribute("string", "escalation:outcome", main.outcome, 4)
    yield _attribute("boolean", "escalation:open", "true" if snapshot.open else "false", 4)
    for happened in snapshot.history:
        yield from _event(happened, table, recorded)
    yield "  </trace>\n"


def _event(row: HistoryRow, table: Table, recorded: dict[int, datetime]) -> Iterator[str]:
    """One row of the history: an event that two tracks took is two, of one seq."""
    yield "    <event>\n"
    yield _attribute("string", "concept:name", row.event, 6)
    yield _attribute("date", "time:timestamp", local(row.at, table) or "", 6)
    yield _attribute("string", "lifecycle:transition", "complete", 6)
    yield _attribute("string", "org:role", row.by, 6)
    yield _attribute("string", "escalation:track", row.track, 6)
    if row.to is not None:
        yield _attribute("string", "escalation:to", row.to, 6)
    if row.seq is not None:
        yield _attribute("int", "escalation:seq", str(row.seq), 6)
        yield _attribute("date", "escalation:recorded_at", local(recorded[row.seq], table) or "", 6)
    yield "    </event>\n"


def _attribute(kind: str, key: str, value: str, indent: int) -> str:
    return f'{" " * indent}<{kind} key="{key}" value="{quoted(value)}"/>\n'


_NO_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)


def quoted(text: str) -> str:
    """The text as the value of an attribute. What no XML can hold, escaped or not, becomes U+FFFD.

    Source: XML 1.0, 2.2 (characters) and 3.3.3 (a bare line end in an attribute would come out as a blank).
    """
    return _NO_CHARACTER.sub("\ufffd", text).translate(_ESCAPED)
