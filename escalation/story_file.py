"""The stories file of a procedure: its shape, and the strict reading of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from states.errors import Finding, ProcedureError, near_miss
from states.model import Id, Outcome, Procedure, ProcedureId, Text
from states.reader import Path as Keys
from states.reader import Place, dotted, read_as

Scalar = str | int | float | bool
Status = Literal["running", "paused", "missed", "met", "ended"]

NO_FILE = "0" * 64
"""The content of a file that a story only speaks of."""


class Written(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a stories file."""


class DeadlineShows(Written, frozen=True, kw_only=True, omit_defaults=True):
    """What must show of one deadline."""

    status: Status | None = None
    due: str | None = None


class Shows(Written, frozen=True, kw_only=True, omit_defaults=True):
    """What must show of a case; what is not said may be anything."""

    state: Id | None = None
    """Of the main track."""
    tracks: dict[Id, Id | None] = {}
    """None: never started."""
    deadlines: dict[Id, str | DeadlineShows | None] = {}
    """Text: running, with that last day. None: none stands."""
    possible: list[Id] = []
    """Events that could be recorded, perhaps among others."""
    missing: dict[Id, list[str]] = {}
    """Items that an event lacks, perhaps among others."""
    facts: dict[Id, Scalar | None] = {}
    open: bool | None = None
    outcome: Outcome | None = None
    overdue: list[Id] | None = None
    """All deadlines that are missed and stand."""
    inapplicable: list[int] | None = None


class FollowUpLine(Written, frozen=True, kw_only=True, omit_defaults=True):
    """The person's own reminder."""

    action: str = "add"
    n: int | None = None
    due: str | None = None
    text: str | None = None
    every: str | None = None


class Line(Written, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a story: one of `ACTIONS`, recorded at `at`."""

    at: str
    occurred: str | None = None
    """When it happened, where that is not when it was recorded."""
    check: str | None = None
    done: bool = True
    facts: dict[Id, Scalar] | None = None
    event: Id | None = None
    refused: Id | None = None
    data: dict[Id, Scalar | None] | None = None
    shows: Shows | None = None
    amend: int | None = None
    """The position in the log; the opening is 1, and what is refused or shown does not count."""
    withdraw: int | None = None
    note: str | None = None
    """Alone an entry, else that of the entry."""
    attach: str | None = None
    item: str | None = None
    follow_up: FollowUpLine | None = None
    accept: list[int] = []
    """Entries that a correction may make inapplicable."""

    def actions(self) -> list[str]:
        """What the line does; one, if it is right."""
        found = [name for name in ACTIONS if getattr(self, name) is not None]
        return found or (["note"] if self.note is not None else [])

    def logged(self, at: datetime) -> dict[str, Any]:
        """The line as a line of `import`. Not for `shows` and `refused`."""
        occurred_at = self.occurred if self.occurred is not None else at.isoformat()
        said: dict[str, Any] = {"recorded_at": at.isoformat(), "at": occurred_at}
        match self.actions()[0]:
            case "event":
                said |= {"kind": "event", "event": self.event, "data": self.data, "note": self.note}
            case "check":
                said |= {"kind": "check", "item": self.check, "done": self.done, "note": self.note}
            case "facts":
                said |= {"kind": "facts", "facts": self.facts, "note": self.note}
            case "attach":
                file = {"sha256": NO_FILE, "size": 0, "name": self.attach, "item": self.item}
                said |= {"kind": "attach", **file, "note": self.note}
            case "follow_up" if self.follow_up is not None:
                own = self.follow_up
                said |= {
                    "kind": "follow_up", "action": own.action, "n": own.n, "due": own.due, "text": own.text,
                    "every": own.every, "note": self.note,
                }  # fmt: skip
            case "amend":
                changed = {"at": self.occurred, "data": self.data, "note": self.note}
                said |= {"kind": "amend", "target": self.amend, **changed}
            case "withdraw":
                said |= {"kind": "withdraw", "target": self.withdraw, "at": None, "note": self.note}
            case _:
                said |= {"kind": "note", "text": self.note}
        return said


ACTIONS = ("check", "facts", "event", "refused", "shows", "amend", "withdraw", "attach", "follow_up")
"""Of which a line has one; a note may stand alone."""
_WITH = {
    "done": ("check",), "data": ("event", "refused", "amend"), "item": ("attach",),
    "accept": ("check", "facts", "event", "amend", "withdraw", "attach", "follow_up"),
    "occurred": ("check", "facts", "event", "amend", "attach", "follow_up", "note"),
    "note": ("check", "facts", "event", "amend", "withdraw", "attach", "follow_up", "note"),
}  # fmt: skip
"""Keys that only some actions have."""


class Story(Written, frozen=True, kw_only=True, omit_defaults=True):
    """One life of a case."""

    title: Text
    opened: str
    """When; local to the procedure's timezone, like every instant of a story without an offset."""
    facts: dict[Id, Scalar] = {}
    entries: list[Line] = []


class StoryFile(Written, frozen=True, kw_only=True, omit_defaults=True):
    """`NAME.stories.yaml`, beside `NAME.yaml`."""

    procedure: ProcedureId
    stories: dict[Id, Story]


def read_stories(path: Path, procedure: Procedure) -> tuple[dict[str, Story], dict[Keys, Place]]:
    """The stories of a file, and where everything stands in it.

    Raises: ProcedureError with every problem: of shape, and names that the procedure does not have.
    """
    file, places = read_as(path.read_bytes(), str(path), StoryFile)
    check = _Check(str(path), procedure, places)
    if file.procedure != procedure.procedure:
        check.add("wrong-value", ("procedure",), file.procedure, [procedure.procedure])
    for id, story in file.stories.items():
        check.story(("stories", id), story)
    if check.findings:
        raise ProcedureError(sorted(check.findings, key=lambda f: (f.line, f.column)))
    return file.stories, places


class _Check:
    """Names held against a procedure: one that is misspelt would show nothing and pass for ever."""

    def __init__(self, file: str, procedure: Procedure, places: dict[Keys, Place]) -> None:
        self.findings: list[Finding] = []
        self.file = file
        self.procedure = procedure
        self.places = places
        self.deadlines = [*procedure.deadlines, *(id for s in procedure.states.values() for id in s.deadlines)]
        self.items = [f"{name}.{id}" for name, c in procedure.checklists.items() for id in c.items]

    def add(self, code: str, key: Keys, found: str, known: Iterable[str]) -> None:
        names = list(known)
        place = next(self.places[key[:n]] for n in range(len(key), -1, -1) if key[:n] in self.places)
        facts = {"found": found, "expected": ", ".join(names), "meant": near_miss(found, names)}
        given = {k: v for k, v in facts.items() if v is not None}
        self.findings.append(Finding(code, "error", self.file, *place, dotted(key), given))

    def story(self, key: Keys, story: Story) -> None:
        self._names((*key, "facts"), story.facts, self.procedure.facts, "undefined-fact")
        for i, line in enumerate(story.entries):
            self._line((*key, "entries", i), line)

    def _line(self, key: Keys, line: Line) -> None:
        actions = line.actions()
        if len(actions) != 1:
            self.add("wrong-value", key, ", ".join(actions) or "{at}", [*ACTIONS, "note"])
            return
        for name, with_ in _WITH.items():
            if (*key, name) in self.places and actions[0] not in with_:
                self.add("unknown-key", (*key, name), name, ["at", *(n for n, w in _WITH.items() if actions[0] in w)])
        events = self.procedure.events
        for name in ("event", "refused"):
            if (event := getattr(line, name)) is not None and event not in events:
                self.add("undefined-event", (*key, name), event, events)
        for name in ("check", "item"):
            if (item := getattr(line, name)) is not None and item not in self.items:
                self.add("undefined-checklist", (*key, name), item, self.items)
        if line.facts is not None:
            self._names((*key, "facts"), line.facts, self.procedure.facts, "undefined-fact")
        if line.shows is not None:
            self._shows((*key, "shows"), line.shows)

    def _names(self, key: Keys, names: Iterable[str], known: Iterable[str], code: str) -> None:
        for i, name in enumerate(names):
            if name not in known:
                at = (*key, name) if (*key, name) in self.places else (*key, i)
                self.add(code, at, name, known)

    def _shows(self, key: Keys, shows: Shows) -> None:
        p = self.procedure
        states = [s for s in (shows.state, *shows.tracks.values()) if s is not None]
        self._names((*key, "state"), states, p.states, "undefined-state")
        self._names((*key, "tracks"), shows.tracks, p.track_names(), "undefined-track")
        self._names((*key, "deadlines"), shows.deadlines, self.deadlines, "unknown-key")
        self._names((*key, "overdue"), shows.overdue or (), self.deadlines, "unknown-key")
        self._names((*key, "possible"), shows.possible, p.events, "undefined-event")
        self._names((*key, "missing"), shows.missing, p.events, "undefined-event")
        self._names((*key, "facts"), shows.facts, p.facts, "undefined-fact")
        for event, items in shows.missing.items():
            self._names((*key, "missing", event), items, self.items, "undefined-checklist")
