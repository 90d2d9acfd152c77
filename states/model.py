"""Procedure, State, Deadline, Transition …: the one definition of the procedure format.

The reader, the JSON Schema and the decoding of pinned definitions all follow these classes, so
the format is written down once. A value of these types has the right shape; whether it makes
sense as a whole is what `checks` says.

Source: the procedure format (docs/procedure-format.md).
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

Id = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=80)]
ProcedureId = Annotated[str, Meta(pattern=r"^[a-z0-9-]+$", max_length=80)]
LengthText = Annotated[
    str,
    Meta(pattern=r"^[0-9]{1,9} (hour|day|working day|week|month|year)s?$", examples=["7 days"]),
]
OffsetText = Annotated[
    str,
    Meta(
        pattern=r"^(on the day|[0-9]{1,9} (hour|day|working day|week|month|year)s? (before|after))$",
        examples=["3 days before"],
    ),
]
Expression = Annotated[str, Meta(max_length=1000)]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2026-11-22"])]
Number = int | float | str
Roll = Literal["next working day", "none"]
Certainty = Literal["statute", "local", "reported", "practice", "default"]
Outcome = Literal["success", "failure", "withdrawn"]
ValueType = Literal["text", "money", "percent", "integer", "date", "boolean", "choice"]

MAIN = "main"
CLOCK = "clock"
ME = "me"


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every part of a definition is: frozen, and strict about its keys."""


class Words(Part, frozen=True, kw_only=True):
    """One text in the languages people read it in; at least one of them."""

    zh: str | None = None
    en: str | None = None

    def __str__(self) -> str:
        return self.zh or self.en or ""


Text = str | Words
"""A plain string serves every language."""


def words(text: Text | None, lang: str) -> str:
    """`text` in `lang`, or in the language it has; empty for none."""
    if text is None:
        return ""
    if isinstance(text, str):
        return text
    return (text.zh or text.en or "") if lang == "zh" else (text.en or text.zh or "")


class Stage(Part, frozen=True, kw_only=True):
    """A lane: what groups states on a drawing."""

    title: Text


class Party(Part, frozen=True, kw_only=True):
    """Who can owe a deadline or cause an event. `me` is the person whose case it is."""

    title: Text


class Source(Part, frozen=True, kw_only=True):
    """What periods rest on: a law, a rule, a standard."""

    title: Text
    issuer: Text
    number: Text
    effective: Day
    until: Day | None = None
    """The last day it was in force; none while it is."""
    url: str | None = None


class Basis(Part, frozen=True, kw_only=True):
    """What one period rests on, and how sure that is."""

    source: Id | None = None
    article: str | None = None
    certainty: Certainty | None = None


class Value(Part, frozen=True, kw_only=True):
    """What a fact and an ask have in common: a type and its bounds."""

    type: ValueType
    of: list[Id] | None = None
    """The choices, of type `choice` only."""
    min: Number | None = None
    max: Number | None = None
    max_length: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    required: bool = False


class Fact(Value, frozen=True, kw_only=True):
    """A typed value that a case holds."""

    title: Text


class Ask(Value, frozen=True, kw_only=True):
    """What is asked when an event is recorded."""

    title: Text | None = None
    sets: Id | None = None
    """The fact that the answer is stored as, too."""


class Item(Part, frozen=True, kw_only=True):
    """One line of a checklist."""

    title: Text
    why: Text | None = None
    attachment: Literal["required", "optional"] | None = None
    optional: bool = False


class Checklist(Part, frozen=True, kw_only=True):
    """What must be at hand; complete when every item that is not optional is ticked."""

    title: Text
    items: Annotated[dict[Id, Item], Meta(min_length=1)]


class Event(Part, frozen=True, kw_only=True):
    """Something that can happen, and what is asked then."""

    title: Text
    by: Id
    """A party, or `clock`."""
    asks: dict[Id, Ask] = {}


class Transition(Part, frozen=True, kw_only=True):
    """From a state to another on an event; without `to`, internal: nothing is left or entered."""

    to: Id | None = None
    requires: list[Id] = []
    when: Expression | None = None
    because: Text | None = None

    @property
    def guarded(self) -> bool:
        """Whether it can say no."""
        return bool(self.requires) or self.when is not None


Transitions = dict[Id, Transition | list[Transition]]


def branches(transitions: Transitions, event: str) -> tuple[Transition, ...]:
    """The transitions listed for `event`, in order; empty if there are none."""
    listed = transitions.get(event)
    if listed is None:
        return ()
    return tuple(listed) if isinstance(listed, list) else (listed,)


class LengthBranch(Part, frozen=True, kw_only=True):
    """One line of a conditional length; the last has no `when`."""

    when: Expression | None = None
    length: Annotated[str, Meta(pattern=r"^(none|[0-9]{1,9} (hour|day|working day|week|month|year)s?)$")]


class Deadline(Part, frozen=True, kw_only=True):
    """Something owed by a last day. Exactly one of `within` and `due_on`."""

    title: Text
    owed_by: Id
    within: str | list[LengthBranch] | None = None
    """A length. (Not LengthText: msgspec 0.19-0.22 corrupts memory on `constrained str | list`.)"""
    due_on: Id | None = None
    """A date fact."""
    roll: Roll | None = None
    remind: list[OffsetText] = []
    lapses: Id | None = None
    """The event that the clock applies when it lapses."""
    extends: dict[Id, LengthText] = {}
    pauses: dict[Id, Id] = {}
    restarts: list[Id] = []
    basis: Basis | None = None

    @property
    def rolls(self) -> bool:
        """Whether a last day off moves to the next working day. Source: semantics §3."""
        if self.roll is not None:
            return self.roll == "next working day"
        return self.owed_by != ME and self.due_on is None


class StandingDeadline(Deadline, frozen=True, kw_only=True):
    """A deadline of the procedure as a whole: it runs whatever the state."""

    starts: list[Id] = []
    stops: list[Id] = []


class FollowUp(Part, frozen=True, kw_only=True):
    """A nudge while a case stays in a state."""

    every: LengthText
    do: Text


class State(Part, frozen=True, kw_only=True):
    """Where a case, or one track of it, can be."""

    stage: Id
    title: Text
    track: Id = MAIN
    guidance: Text | None = None
    follow_up: FollowUp | None = None
    deadlines: dict[Id, Deadline] = {}
    transitions: Transitions = {}
    final: bool = False
    outcome: Outcome | None = None


class Track(Part, frozen=True, kw_only=True):
    """What runs beside the main track once one of `starts` has happened."""

    title: Text
    initial: Id
    starts: list[Id]
    transitions: Transitions = {}


class Document(Part, frozen=True, kw_only=True):
    """A template that the procedure offers, per state or event."""

    title: Text
    template: str
    for_: list[Id] = field(default=[], name="for")


class Procedure(Part, frozen=True, kw_only=True):
    """One file: the whole path."""

    procedure: ProcedureId
    version: Annotated[str, Meta(min_length=1, max_length=80)]
    title: Text
    timezone: str
    calendar: str
    initial: Id
    stages: dict[Id, Stage]
    parties: dict[Id, Party]
    events: dict[Id, Event]
    states: dict[Id, State]
    sources: dict[Id, Source] = {}
    facts: dict[Id, Fact] = {}
    checklists: dict[Id, Checklist] = {}
    transitions: Transitions = {}
    """Those that hold in every state of the main track that is not final."""
    tracks: dict[Id, Track] = {}
    deadlines: dict[Id, StandingDeadline] = {}
    documents: dict[Id, Document] = {}

    def track_names(self) -> tuple[str, ...]:
        """Main first, then as listed: the order in which an event is offered."""
        return (MAIN, *self.tracks)

    def initial_of(self, track: str) -> str:
        """The state in which `track` begins."""
        return self.initial if track == MAIN else self.tracks[track].initial

    def transitions_of(self, track: str) -> Transitions:
        """The transitions that hold in every state of `track` that is not final."""
        if track == MAIN:
            return self.transitions
        return self.tracks[track].transitions if track in self.tracks else {}

    def deadline(self, id: str) -> Deadline | None:
        """The deadline of that id, of a state or of the procedure; ids are unique."""
        if id in self.deadlines:
            return self.deadlines[id]
        return next((s.deadlines[id] for s in self.states.values() if id in s.deadlines), None)


def decode(body: bytes) -> Procedure:
    """The procedure that a pinned definition holds. Shape: canonical JSON as `content` wrote it.

    Raises: one of `UNREADABLE` if the bytes are no definition (a damaged store).
    """
    return _DECODER.decode(body)


def content(data: dict[str, Any]) -> bytes:
    """The canonical bytes of a definition: compact JSON, keys in the order of the file.

    The order is kept because tracks, deadlines and branches mean their order (semantics §7).
    """
    return msgspec.json.encode(data)


def content_hash(body: bytes) -> str:
    """SHA-256 of a definition's canonical bytes, in hex: what a case is pinned by."""
    try:
        sha256 = import_module("_sha2" if sys.version_info >= (3, 12) else "_sha256").sha256
    except ImportError:  # a Python that was built without its own
        from hashlib import sha256  # brings OpenSSL along, 4 ms that reading commands do without
    return str(sha256(body).hexdigest())


UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError)
"""What decoding raises for bytes that are not what was written: text in no UTF-8 is told by Python's own error."""
_DECODER = msgspec.json.Decoder(Procedure)
