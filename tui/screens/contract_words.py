"""What stands on a screen while somebody may look on: sums, and what was typed of a contract, covered. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.text import Text

from tui.widgets.preview import HIDDEN

_ID = re.compile(r"[a-z_]*|[-\d.]+")
"""A choice, a day or a number: their words are the program's."""
_SUM = re.compile(r"\d[\d,]*\.\d\d")


def covered(text: Text) -> Text:
    """The text without its amounts, for who may look over one's shoulder."""
    hidden = text.copy()
    hidden.plain = _SUM.sub(lambda found: "*" * len(found.group()), text.plain)
    return hidden


def clause_hidden(found: Mapping[str, Any]) -> dict[str, Any]:
    """What was found about a contract, without the words of its clauses: they name places and people."""
    said = [value for value in found["clauses"].values() if isinstance(value, str) and not _ID.fullmatch(value)]
    return {name: _without(each, said) for name, each in found.items()}


def _without(data: Any, private: Collection[str]) -> Any:
    if isinstance(data, str):
        for each in private:
            data = data.replace(each, HIDDEN)
        return data
    if isinstance(data, Mapping):
        return {name: _without(each, private) for name, each in data.items()}
    if isinstance(data, Sequence):
        return [_without(each, private) for each in data]
    return data
