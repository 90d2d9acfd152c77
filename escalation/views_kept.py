"""What is often sought, under names: kept in the store, so that it is there in every window."""

from __future__ import annotations

from typing import Any

import msgspec

from escalation.errors import BadInput, FieldProblem, NotFound
from escalation.store import Store

NAME = "views"
LONGEST = 40

Data = dict[str, Any]


class View(msgspec.Struct, frozen=True):
    """A name for what was typed, and the order it is shown in."""

    name: str
    text: str = ""
    order: str = "due"


def views(store: Store) -> list[View]:
    """Those that are kept, in the order of keeping. What another version wrote and cannot be read is left out."""
    try:
        return msgspec.json.decode(store.setting(NAME) or "[]", type=list[View])
    except msgspec.MsgspecError:
        return []


def keep(store: Store, view: View) -> None:
    """Keep a view, in place of an older one of that name. Raises: BadInput."""
    if not view.name.strip() or len(view.name) > LONGEST or not view.name.isprintable():
        raise BadInput(FieldProblem("name", view.name, "max_length" if view.name.strip() else "required", limit="40"))
    with store.writing():
        kept = views(store)
        names = [each.name for each in kept]
        if view.name in names:
            kept[names.index(view.name)] = view
        else:
            kept.append(view)
        _put(store, kept)


def drop(store: Store, name: str) -> None:
    """Take a view away; the cases stay. Raises: NotFound."""
    with store.writing():
        kept = views(store)
        if name not in [each.name for each in kept]:
            raise NotFound("view", name)
        _put(store, [each for each in kept if each.name != name])


def _put(store: Store, kept: list[View]) -> None:
    store.set(NAME, msgspec.json.encode(kept).decode())
