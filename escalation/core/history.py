"""Log -> effective history: amendments applied, withdrawn entries gone, in order of happening.

Source: semantics §6.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from escalation.core.entries import (
    Amend,
    Attach,
    Check,
    Entry,
    EventEntry,
    FactsEntry,
    FollowUp,
    Note,
    Opened,
    Withdraw,
    Worldly,
)


def effective(log: Sequence[Entry], known_at: datetime | None = None) -> list[Worldly]:
    """What happened, as far as is known: the entries that evaluation reads, by `(occurred_at, seq)`.

    `known_at`: only what was recorded by then. Shape: `log` in the order of seq, as stored.
    """
    known = [e for e in log if known_at is None or e.recorded_at <= known_at]
    if not any(isinstance(e, Amend | Withdraw) for e in known):
        return sorted((e for e in known if not isinstance(e, Amend | Withdraw)), key=order)
    gone = withdrawn(known)
    amendments: dict[int, list[Amend]] = {}
    for entry in known:
        if isinstance(entry, Amend) and entry.seq not in gone:
            amendments.setdefault(entry.target, []).append(entry)
    standing = (
        amended(entry, amendments.get(entry.seq, ()))
        for entry in known
        if not isinstance(entry, Amend | Withdraw) and entry.seq not in gone
    )
    return sorted(standing, key=order)


def order(entry: Worldly) -> tuple[datetime, int]:
    """History is ordered by when things happened, then by the order of recording."""
    return entry.occurred_at, entry.seq


def withdrawn(log: Sequence[Entry]) -> set[int]:
    """The seqs that at least one effective withdrawal names.

    Withdrawals name earlier entries only, so looking from the last to the first settles each
    withdrawal before what it names.
    """
    gone: set[int] = set()
    for entry in reversed(log):
        if isinstance(entry, Withdraw) and entry.seq not in gone:
            gone.add(entry.target)
    return gone


def amended(entry: Worldly, amendments: Sequence[Amend]) -> Worldly:
    """The entry with amendments applied in the order of seq; the last value of a field wins."""
    for each in amendments:
        if each.at is not None:
            entry = replace(entry, occurred_at=each.at)
        if each.note is not None:
            entry = _with_note(entry, each.note)
        if each.data:
            entry = _with_data(entry, each.data)
    return entry


AMENDABLE = (Opened, EventEntry, FactsEntry, Check, Attach, Note, FollowUp)
"""Kinds that an amendment may name."""


def amendable(entry: Entry) -> bool:
    """Whether an amendment may name this entry. Source: semantics §6."""
    return isinstance(entry, AMENDABLE)


def _with_note(entry: Worldly, note: str) -> Worldly:
    if isinstance(entry, Note):
        return replace(entry, text=note)
    return entry if isinstance(entry, Opened) else replace(entry, note=note)


def _with_data(entry: Worldly, data: dict[str, Any]) -> Worldly:
    """Merged key by key; None takes a key out."""
    if isinstance(entry, EventEntry):
        return replace(entry, data=_merged(entry.data, data))
    if isinstance(entry, FactsEntry | Opened):
        return replace(entry, facts=_merged(entry.facts, data))
    return replace(entry, **data)


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in {**old, **new}.items() if v is not None}
