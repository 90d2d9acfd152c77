"""What people log: the kinds of entry, as they are stored, hashed, exported and imported.

Frozen values. Field names in JSON are those of the import format (docs/command-line.md), so one
shape serves all four. Source: semantics §6.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field


class Logged(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """What every entry has."""

    seq: int
    """The order of recording within the case, from 1."""
    recorded_at: datetime
    """When it was logged; aware, UTC. Never earlier than that of the entry before."""
    key: str | None = None
    """The idempotency key it was recorded with."""


class Happened(Logged, frozen=True, kw_only=True, omit_defaults=True):
    """An entry about the world: it has an instant of its own."""

    occurred_at: datetime = field(name="at")
    """When it happened, what the law counts from; aware, UTC; not after `recorded_at`."""


class Opened(Happened, frozen=True, kw_only=True, omit_defaults=True, tag="opened"):
    """The first entry of every log."""

    procedure: str
    version: str
    definition: str
    """Content hash of the definition the case was opened with."""
    title: str = ""
    client: str | None = None
    facts: dict[str, Any] = {}


class EventEntry(Happened, frozen=True, kw_only=True, omit_defaults=True, tag="event"):
    """An event happened."""

    event: str
    data: dict[str, Any] = {}
    note: str | None = None


class FactsEntry(Happened, frozen=True, kw_only=True, omit_defaults=True, tag="facts"):
    """Values were set."""

    facts: dict[str, Any]
    note: str | None = None


class Check(Happened, frozen=True, kw_only=True, omit_defaults=True, tag="check"):
    """A checklist item was ticked or unticked."""

    item: str
    """`checklist.item`."""
    done: bool
    note: str | None = None


EXHIBIT_TYPES = (
    "contract", "statement", "chat", "call", "letter", "identity", "hardship", "income", "payment", "collection",
    "court", "credit_report", "other",
)  # fmt: skip
"""What an attached file can be said to be."""


class Attach(Happened, frozen=True, kw_only=True, omit_defaults=True, tag="attach"):
    """A file was attached."""

    sha256: str
    size: int
    """Bytes."""
    name: str
    title: str | None = None
    item: str | None = None
    """The checklist item it is for."""
    type: str | None = None
    """One of `EXHIBIT_TYPES`."""
    dated: str | None = None
    """ISO date: the day the paper itself bears."""
    proves: str | None = None
    note: str | None = None


class Note(Happened, frozen=True, kw_only=True, omit_defaults=True, tag="note"):
    """Something worth remembering."""

    text: str


class FollowUp(Happened, frozen=True, kw_only=True, omit_defaults=True, tag="follow_up"):
    """A reminder of the person's own: `add`, `done`, `move` or `drop`."""

    action: str
    n: int
    """Which one: `add` gives the number, in the order of recording from 1; the others name it."""
    due: str | None = None
    """ISO date, of `add` and `move`."""
    text: str | None = None
    every: str | None = None
    note: str | None = None


class Amend(Logged, frozen=True, kw_only=True, omit_defaults=True, tag="amend"):
    """Replaces the instant, the data or the note of one earlier entry."""

    target: int
    at: datetime | None = None
    """The target's new instant; None leaves it."""
    data: dict[str, Any] = {}
    """Merged key by key into the target's data, facts or `done`; None takes a key out."""
    note: str | None = None


class Withdraw(Logged, frozen=True, kw_only=True, omit_defaults=True, tag="withdraw"):
    """Takes one earlier entry back."""

    target: int
    note: str | None = None


class Migrate(Happened, frozen=True, kw_only=True, omit_defaults=True, tag="migrate"):
    """The case goes on under another definition."""

    procedure: str
    version: str
    definition: str
    map: dict[str, str] = {}
    """State that went away -> state that takes its place."""
    note: str | None = None


Worldly = Opened | EventEntry | FactsEntry | Check | Attach | Note | FollowUp | Migrate
Correction = Amend | Withdraw
Entry = Worldly | Correction

KINDS: dict[str, type[Entry]] = {
    "opened": Opened, "event": EventEntry, "facts": FactsEntry, "check": Check, "attach": Attach, "note": Note,
    "follow_up": FollowUp, "amend": Amend, "withdraw": Withdraw, "migrate": Migrate,
}  # fmt: skip


def kind_of(entry: Entry) -> str:
    """The name of an entry's kind, as in JSON."""
    tag = entry.__struct_config__.tag
    assert isinstance(tag, str)
    return tag


def canonical(entry: Entry) -> bytes:
    """The bytes that are stored and hashed: compact JSON, sorted keys, instants in UTC.

    Holds no id of a store's own, so an exported case has the same hashes wherever it goes.
    """
    return msgspec.json.encode(entry, order="sorted")


def chained(previous: str, body: bytes) -> str:
    """The hash of an entry: SHA-256 over the hash before it (hex, empty for the first) and its bytes."""
    import hashlib  # 3 ms that reading commands do without

    return hashlib.sha256(previous.encode() + body).hexdigest()


def decode_entry(body: bytes) -> Entry:
    """The entry that canonical bytes hold. Raises: one of `UNREADABLE` for anything else."""
    return _DECODER.decode(body)


_DECODER: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)
