"""How collecting should be done, as far as that is published: limits as data, each with what it rests on.

The file is `ground/conduct.toml`. Its certainty is `reported`: the texts are a recommended standard and the
self-discipline of a trade, and were read only as the press quotes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

FILE = Path(__file__).parent / "ground" / "conduct.toml"


class Said(Struct, frozen=True, forbid_unknown_fields=True):
    """The same in both languages."""

    zh: str
    en: str

    def in_(self, lang: str) -> str:
        """In one of them."""
        return self.zh if lang == "zh" else self.en


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule rests on."""

    title: Said
    short: Said
    since: date = field(name="from")
    """In force."""


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """One limit. Which of the fields below `kind` it has follows from that."""

    title: Said
    text: Said
    kind: Literal["hours", "count", "whom", "said"]
    sources: list[str]
    certainty: Literal["statute", "local", "reported", "practice", "default"]
    weight: Literal["exceeds", "look"] = "exceeds"
    """`look`: worth noting, but not by itself more than what is recommended."""
    begins: time | None = field(name="from", default=None)
    ends: time | None = field(name="until", default=None)
    """Of `hours`: local, from and before; they may pass midnight."""
    channels: list[str] = []
    """Of `hours`: which ways of contact are meant."""
    unless: str | None = None
    """Of `hours`: an answer that makes the hour agreed."""
    most: int = 0
    """Of `count`: so many calls to one person in a local day are within it."""
    connected: bool = True
    """Of `count`: which calls are counted."""
    whom: list[str] = []
    """Of `whom`."""
    answer: str = ""
    """Of `said`: the answer, yes or no, that says it."""


class Conduct(Struct, frozen=True, forbid_unknown_fields=True):
    """Every rule, by id, in the order of the file."""

    source: dict[str, Source]
    rule: dict[str, Rule]

    def at(self, day: date) -> Mapping[str, Rule]:
        """The rules whose texts were in force that day."""
        return {id: rule for id, rule in self.rule.items() if any(self.source[s].since <= day for s in rule.sources)}


@cache
def conduct() -> Conduct:
    """What is shipped. Raises: msgspec.ValidationError for a file that is wrong, which a test shows first."""
    import tomllib

    return msgspec.convert(tomllib.loads(FILE.read_text("utf-8")), Conduct, strict=False)
