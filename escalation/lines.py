"""Lines of a file -> the entries of one case, type-checked, or all that is wrong with them by line and field.

The shape is the one in which entries are stored and exported (docs/command-line.md, `import`).
Stories of procedures are read the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from escalation.core.entries import KINDS as TYPES
from escalation.core.entries import (
    Amend,
    Attach,
    Check,
    Correction,
    Entry,
    EventEntry,
    FactsEntry,
    Migrate,
    Opened,
    Withdraw,
    Worldly,
    canonical,
    chained,
)
from escalation.core.evaluate import Book, evaluate
from escalation.core.history import effective, withdrawn
from escalation.core.table import Table
from escalation.core.values import DESCRIBES, Wrong, read_value, read_values, storable
from escalation.engine import check_correction
from escalation.errors import BadInput, FieldProblem
from escalation.fields import Data, Said
from states.calendar import YearOutOfRange
from states.errors import near_miss
from states.lengths import parse_length
from states.model import CLOCK, Value

Find = Callable[[str | None, str | None], str | Wrong]
"""Procedure id and content hash, as far as said -> the hash of the definition that is meant."""

BOOLEAN = Value(type="boolean")
ACTIONS = ("add", "done", "move", "drop")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_HOME = ZoneInfo("Asia/Shanghai")
"""Whose time it is where no definition says so."""


class LogReader:
    """The log of one case as its lines come in."""

    def __init__(self, title: str, book: Book, find: Find, now: datetime) -> None:
        self.title = title
        """Of a case that is given none."""
        self.now = now
        """Nothing is recorded after it."""
        self.problems: list[FieldProblem] = []
        self.log: list[Entry | None] = []
        """None where a line is wrong, so that positions are those of the file."""
        self.line_of: list[int] = []
        """Of each entry."""
        self._book = book
        self._find = find
        self._first: Table | None = None
        self._zone = _HOME
        self._begun = False
        self._opened_at: datetime | None = None
        self._recorded_at: datetime | None = None
        self._added = 0
        self._keys: set[str] = set()
        self._hashes: list[str | None] = []
        self._migrations = False
        self._in_force: list[tuple[datetime, Table]] | None = None
        """From when on which definition, where there are migrations; None until it is asked."""

    @property
    def entries(self) -> list[Entry]:
        """The log without what is wrong."""
        return [entry for entry in self.log if entry is not None]

    def take(self, line: int, data: Any) -> Entry | None:
        """Read one line into the log; None, and `problems`, where something is wrong with it."""
        entry = self.read(line, data)
        self.log.append(entry)
        self.line_of.append(line)
        self._hashes.append(data.get("hash") if isinstance(data, dict) else None)
        if isinstance(data, dict) and data.get("kind") == "follow_up" and data.get("action") == "add":
            self._added += 1
        if entry is not None:
            self._noted(entry)
        return entry

    def lost(self, problem: FieldProblem) -> None:
        """A line that cannot be read at all; it keeps its place."""
        self.problems.append(problem)
        self.log.append(None)
        self.line_of.append(problem.line or 0)
        self._hashes.append(None)

    def read(self, line: int, data: Any) -> Entry | None:
        """The entry that a line would be if it came next."""
        if not isinstance(data, dict):
            self.problems.append(FieldProblem("line", data, "object", line=line))
            return None
        said = Said(line, data)
        entry = self._entry(said)
        self.problems += said.problems
        return entry if not said.problems else None

    def finish(self) -> None:
        """What only the whole log shows: its hashes, and that nothing occurred before the opening."""
        if any(self._hashes) and not self.problems:
            self._check_hashes()
        if self.problems or not self.log:
            return
        early: list[Worldly] = []
        for each in effective(self.entries):
            if isinstance(each, Opened):
                self._tell_early(early, each.occurred_at)
                return
            early.append(each)

    def _tell_early(self, early: Sequence[Worldly], opened_at: datetime) -> None:
        """What occurred before the opening, by the line that says when."""
        gone = withdrawn(self.entries) if early else ()
        for each in early:
            said_by = next(
                (e.seq for e in reversed(self.entries)
                 if isinstance(e, Amend) and e.target == each.seq and e.at is not None and e.seq not in gone),
                each.seq,
            )  # fmt: skip
            at, limit = self._local(each.occurred_at), self._local(opened_at)
            self.problems.append(FieldProblem("at", at, "not_before_opening", None, self.line_of[said_by - 1], limit))

    def _local(self, at: datetime) -> str:
        return at.astimezone(self._zone).isoformat()

    def _check_hashes(self) -> None:
        """Of those that do not fit only the first is told: what follows cannot fit either."""
        previous = ""
        for entry, said, line in zip(self.entries, self._hashes, self.line_of, strict=True):
            previous = chained(previous, canonical(entry))
            if said is not None and said != previous:
                self.problems.append(FieldProblem("hash", said, "hash", line=line, limit=previous))
                return

    def _noted(self, entry: Entry) -> None:
        """What later lines need to know of an entry."""
        self._recorded_at = entry.recorded_at
        if entry.key is not None:
            self._keys.add(entry.key)
        if isinstance(entry, Opened):
            self._opened_at = entry.occurred_at
        elif isinstance(entry, Migrate):
            self._zone = self._book(entry.definition).clock.zone
            self._migrations, self._in_force = True, None
        elif self._in_force and (isinstance(entry, Correction) or entry.occurred_at < self._in_force[-1][0]):
            self._in_force = None

    # -- one line ----------------------------------------------------------------------------------

    def _entry(self, said: Said) -> Entry | None:
        kind = said.data.get("kind")
        shape = _SHAPES.get(kind) if isinstance(kind, str) else None
        if shape is None:
            meant = near_miss(kind, TYPES) if isinstance(kind, str) else None
            said.wrong("kind", "kind" if kind is not None else "required", kind, " | ".join(TYPES), meant)
            return None
        said.keys(shape.known, shape.required)
        position = len(self.log) + 1
        if position == 1 and kind != "opened":
            said.wrong("kind", "opened_first", kind)
        elif kind == "opened" and self._begun:
            said.wrong("kind", "opened_once", kind)
        if said.integer("seq") not in (None, position):
            said.wrong("seq", "seq", said.data["seq"], str(position))
        if said.text("key") in self._keys:
            said.wrong("key", "unique_key", said.data["key"])
        said.text("hash")
        if kind == "opened" and not self._begun:
            self._begun = True
            self._first = self._definition(said)
            self._zone = self._first.clock.zone if self._first is not None else self._zone
        at, recorded_at = self._instants(said, happens=shape.type is not Amend)
        fields = shape.read(self, said, at)
        if said.problems or self._first is None or recorded_at is None:
            return None
        if at is not None and shape.type not in (Amend, Withdraw):
            fields["occurred_at"] = at
        entry: Entry = shape.type(seq=position, recorded_at=recorded_at, key=said.data.get("key"), **fields)
        if isinstance(entry, Correction):
            self._check_correction(said, entry)
        return entry

    def _instants(self, said: Said, happens: bool) -> tuple[datetime | None, datetime | None]:
        """When it happened and when it was recorded, by the rules of docs/command-line.md."""
        before = self._recorded_at
        given = said.instant("recorded_at", self._zone, self.now, self._opened_at)
        at = said.instant("at", self._zone, min(given or self.now, self.now), self._opened_at)
        recorded_at = given
        if given is None:
            recorded_at = max((each for each in (at, before) if each is not None), default=None)
        elif before is not None and given < before:
            said.wrong("recorded_at", "not_sooner", said.data["recorded_at"], self._local(before))
        if recorded_at is not None and recorded_at > self.now:
            field = "recorded_at" if given is not None else "at"
            said.wrong(field, "not_future", said.data.get(field), self._local(self.now))
        elif happens and at is not None and recorded_at is not None and at > recorded_at:
            said.wrong("at", "not_future", said.data["at"], self._local(recorded_at))
        return at, recorded_at

    def _table_at(self, at: datetime | None) -> Table | None:
        """The definition in force at an instant: an entry from before a migration speaks its words."""
        if not self._migrations or at is None:
            return self._first
        if self._in_force is None:
            log = self.entries
            moments = [e.occurred_at for e in effective(log) if isinstance(e, Migrate)]
            found = [(then, self._definition_at(log, then)) for then in moments]
            self._in_force = [(then, table) for then, table in found if table is not None]
        return next((table for then, table in reversed(self._in_force) if then <= at), self._first)

    def _definition_at(self, log: Sequence[Entry], at: datetime) -> Table | None:
        try:
            return self._book(evaluate(self._book, log, at).definition)
        except (LookupError, YearOutOfRange, OverflowError):
            return None  # before the opening, or far away: the whole log shows it

    def _check_correction(self, said: Said, entry: Correction) -> None:
        known = len(self.log)
        if not 1 <= entry.target <= known:
            said.wrong("target", "unknown", entry.target, f"1-{known}")
        elif self.log[entry.target - 1] is not None:
            try:
                check_correction(cast("list[Entry]", self.log), entry)
            except BadInput as error:
                written = {"at": said.data.get("at")}  # as the line has it, and not as it was read
                said.problems += [
                    p._replace(line=said.line, value=written.get(p.field, p.value)) for p in error.problems
                ]

    # -- kinds: each gives the fields of its own -------------------------------------------------------

    def _opened(self, said: Said, at: datetime | None) -> Data:
        table = self._first
        if table is None:
            return {}
        title = said.text("title")
        if title is None and not storable(self.title):
            said.wrong("case", "text")
        return {
            "procedure": table.procedure.procedure,
            "version": table.procedure.version,
            "definition": table.hash,
            "title": self.title if title is None else title,
            "client": said.text("client"),
            "facts": said.values("facts", table.procedure.facts),
        }

    def _definition(self, said: Said) -> Table | None:
        """The definition that a line names; the version, where it is said, must be its own."""
        procedure, hash, version = said.text("procedure"), said.text("definition"), said.text("version")
        if procedure is None and hash is None:
            said.wrong("procedure", "required", said.data.get("procedure"))
            return None
        found = self._find(procedure, hash)
        if isinstance(found, Wrong):
            field = "procedure" if hash is None else "definition"
            said.wrong(field, found.expected, said.data[field], found.limit, found.meant)
            return None
        table = self._book(found)
        for field, given, own in (
            ("procedure", procedure, table.procedure.procedure), ("version", version, table.procedure.version)
        ):  # fmt: skip
            if given is not None and given != own:
                said.wrong(field, "of_definition", given, own)
        return table

    def _event(self, said: Said, at: datetime | None) -> Data:
        event, table = said.text("event"), self._table_at(at)
        fields: Data = {"event": event, "note": said.text("note")}
        if table is None or event is None:
            return fields
        defined = table.event(event)
        if defined is None:
            known = table.procedure.events
            said.wrong("event", "unknown", event, ", ".join(known), near_miss(event, known))
        elif defined.by == CLOCK:
            said.wrong("event", "not_clock", event)
        else:
            fields["data"] = said.values("data", defined.asks, require=True)
        return fields

    def _facts(self, said: Said, at: datetime | None) -> Data:
        table, given = self._table_at(at), said.data.get("facts")
        if table is None:
            return {}
        values = said.values("facts", table.procedure.facts)
        if isinstance(given, dict):
            empty = [name for name, value in given.items() if value is None or value == ""]
            for name in empty if given else ["facts"]:
                said.wrong(name, "required")
        return {"facts": values, "note": said.text("note")}

    def _check(self, said: Said, at: datetime | None) -> Data:
        done = said.data.get("done")
        found = read_value(BOOLEAN, done) if done is not None else None
        if isinstance(found, Wrong):
            said.wrong("done", found.expected, done)
        return {"item": self._item(said, at), "done": found, "note": said.text("note")}

    def _item(self, said: Said, at: datetime | None) -> str | None:
        item, table = said.text("item"), self._table_at(at)
        if item is None or table is None:
            return item
        name, _, id = item.partition(".")
        checklists = table.procedure.checklists
        if name not in checklists or id not in checklists[name].items:
            known = [f"{name}.{id}" for name, each in checklists.items() for id in each.items]
            said.wrong("item", "unknown", item, ", ".join(known), near_miss(item, known))
        return item

    def _attach(self, said: Said, at: datetime | None) -> Data:
        sha256, size = said.text("sha256"), said.integer("size")
        if sha256 is not None and not _SHA256.fullmatch(sha256):
            said.wrong("sha256", "sha256", sha256)
        if size is not None and size < 0:
            said.wrong("size", "min", size, "0")
        return {
            "sha256": sha256, "size": size, "name": said.text("name", filled=True), "title": said.text("title"),
            "item": self._item(said, at), "note": said.text("note"), **self._described(said),
        }  # fmt: skip

    def _described(self, said: Said) -> Data:
        """Type, day and what it proves, where they are said: a file of an earlier version has none of them."""
        given = {name: said.data.get(name) for name in ("type", "dated", "proves")}
        values, wrong = read_values(DESCRIBES, given, require=False)
        for name, each in wrong.items():
            said.wrong(name, each.expected, given[name], each.limit, each.meant)
        return values

    def _note(self, said: Said, at: datetime | None) -> Data:
        return {"text": said.text("text", filled=True)}

    def _follow_up(self, said: Said, at: datetime | None) -> Data:
        action, n, every = said.text("action"), said.integer("n"), said.text("every")
        if action not in ACTIONS:
            if action is not None:
                said.wrong("action", "choice", action, " | ".join(ACTIONS), near_miss(action, ACTIONS))
            return {}
        length = parse_length(every) if every is not None else None
        if every is not None and (length is None or length.unit == "hours"):
            said.wrong("every", "length", every)
        if action == "add" and n not in (None, self._added + 1):
            said.wrong("n", "follow_up_next", n, str(self._added + 1))
        elif action != "add" and n is None:
            said.wrong("n", "required")
        elif action != "add" and n is not None and not 1 <= n <= self._added:
            said.wrong("n", "unknown", n, ", ".join(str(i + 1) for i in range(self._added)))
        return {
            "action": action,
            "n": self._added + 1 if action == "add" else n,
            "due": said.day("due", required=action in ("add", "move")),
            "text": said.text("text", filled=action == "add", required=action == "add"),
            "every": str(length) if length else None,
            "note": said.text("note"),
        }

    def _amend(self, said: Said, at: datetime | None) -> Data:
        target, note, data = said.integer("target"), said.text("note"), said.mapping("data")
        if at is None and note is None and not data and not said.problems:
            said.wrong("data", "something_to_amend")
        values = self._amended(said, target, data) if target is not None and data else {}
        return {"target": target, "at": at, "note": note, "data": values}

    def _amended(self, said: Said, target: int, data: Data) -> Data:
        """New values for an entry, typed as its own were; None takes a key out."""
        entry = self.log[target - 1] if 1 <= target <= len(self.log) else None
        if entry is None:
            return {}
        defined: Mapping[str, Value]
        removable = True
        if isinstance(entry, Check):
            defined, removable = {"done": BOOLEAN}, False
        elif isinstance(entry, Attach):
            defined = DESCRIBES
        elif isinstance(entry, EventEntry | FactsEntry | Opened):
            defined = self._words_of(entry)
        else:
            said.wrong("data", "nothing_to_set", ", ".join(data))
            return {}
        out = [name for name, value in data.items() if value is None or value == ""]
        for name in out:
            if name in defined and (defined[name].required or not removable):
                said.wrong(name, "required")
        values = said.values("data", defined)
        return values | dict.fromkeys(out)

    def _words_of(self, entry: EventEntry | FactsEntry | Opened) -> Mapping[str, Value]:
        """What the data of an entry is made of, where it stands now."""
        at = entry.occurred_at
        if self._migrations:
            at = next((e.occurred_at for e in effective(self.entries) if e.seq == entry.seq), at)
        table = self._table_at(at)
        if table is None:
            return {}
        event = table.event(entry.event) if isinstance(entry, EventEntry) else None
        return event.asks if event is not None else table.procedure.facts

    def _withdraw(self, said: Said, at: datetime | None) -> Data:
        return {"target": said.integer("target"), "note": said.text("note")}

    def _migrate(self, said: Said, at: datetime | None) -> Data:
        table, mapping = self._definition(said), said.mapping("map") or {}
        if table is None:
            return {}
        states = table.procedure.states
        for old, new in mapping.items():
            if not isinstance(new, str) or new not in states:
                meant = near_miss(new, states) if isinstance(new, str) else None
                said.wrong("map", "unknown", new, ", ".join(states), meant)
            elif not storable(old):
                said.wrong("map", "text")
        procedure = table.procedure
        return {
            "procedure": procedure.procedure, "version": procedure.version, "definition": table.hash,
            "map": mapping, "note": said.text("note"),
        }  # fmt: skip


class _Shape(NamedTuple):
    """What a kind of line is made of."""

    type: type[Any]
    known: frozenset[str]
    required: tuple[str, ...]
    read: Callable[[LogReader, Said, datetime | None], Data]


def _shape(kind: str, read: Callable[[LogReader, Said, datetime | None], Data], required: str, optional: str) -> _Shape:
    names = tuple(required.split())
    common = ("case", "kind", "seq", "at", "recorded_at", "key", "hash")
    return _Shape(TYPES[kind], frozenset((*common, *names, *optional.split())), names, read)


_SHAPES = {
    "opened": _shape("opened", LogReader._opened, "at", "procedure version definition title client facts"),
    "event": _shape("event", LogReader._event, "at event", "data note"),
    "facts": _shape("facts", LogReader._facts, "at facts", "note"),
    "check": _shape("check", LogReader._check, "at item done", "note"),
    "attach": _shape("attach", LogReader._attach, "at sha256 size name", "title item type dated proves note"),
    "note": _shape("note", LogReader._note, "at text", ""),
    "follow_up": _shape("follow_up", LogReader._follow_up, "at action", "n due text every note"),
    "amend": _shape("amend", LogReader._amend, "target", "data note"),
    "withdraw": _shape("withdraw", LogReader._withdraw, "target", "note"),
    "migrate": _shape("migrate", LogReader._migrate, "at", "procedure version definition map note"),
}
