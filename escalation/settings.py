"""What a store was told about itself, for everybody who opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from escalation.core.values import read_values
from escalation.errors import BadInput, FieldProblem
from escalation.store import REFUSE_NOW, Store
from states.model import Value

SETTINGS = {REFUSE_NOW: Value(type="boolean")}

Data = dict[str, Any]


def settings(store: Store) -> Data:
    """Every setting there is, by name."""
    return {name: store.setting(name) == "true" for name in SETTINGS}


def change(store: Store, values: Mapping[str, Any]) -> Data:
    """Tell the store something else; the answer is how all are afterwards. Raises: BadInput, with every problem."""
    read, wrong = read_values(SETTINGS, values, require=True)
    if wrong:
        said = ((name, str(values.get(name, "")), each) for name, each in wrong.items())
        raise BadInput(*(FieldProblem(name, raw, w.expected, w.meant, limit=w.limit) for name, raw, w in said))
    with store.writing():
        for name, value in read.items():
            store.set(name, "true" if value else "false")
    return settings(store)
