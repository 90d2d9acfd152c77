"""What a check says, and how a path is told so that it can be pasted anywhere."""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

OK, LOOK, BROKEN = "ok", "look", "broken"
NAME = "$USER"
"""Stands for the person's name in a path: nobody else's business, and a shell puts it back."""
_PLAIN = re.compile(r"[\w@%+=:,./-]*")


class Finding(NamedTuple):
    """The answer of one check."""

    id: str
    verdict: str
    says: str
    """A key under `doctor`, to be filled with `facts`."""
    facts: dict[str, Any]
    """Nothing of a case, and no name: all of it may be made public."""
    advice: str | None = None
    """A key under `doctor`."""
    command: str | None = None
    """What mends it, for a shell."""


class Place(NamedTuple):
    """The store that is looked at."""

    url: str
    named: str = "default"
    """`default`; `environment` or `option` where a person named it: then it should be there."""

    @property
    def server(self) -> bool:
        """Whether it is a database server's."""
        return "://" in self.url

    @property
    def option(self) -> str:
        """What a command needs to find it again."""
        if self.named != "option":
            return ""
        return " --store " + ("postgresql://..." if self.server else word(self.url))


def shown(path: str) -> str:
    """A path as it may be told: home is `~`, and the person's name elsewhere `$USER`."""
    text, home = os.path.abspath(path), os.path.expanduser("~")
    if home == os.sep or not os.path.isabs(home):
        return text
    if text == home or text.startswith(home + os.sep):
        return "~" + text[len(home) :]
    return os.sep.join(NAME if part == os.path.basename(home) else part for part in text.split(os.sep))


def word(path: str) -> str:
    """The same as one word of a shell."""
    text = shown(path)
    head, tail = ("~/", text[2:]) if text.startswith("~/") else ("", text)
    if _PLAIN.fullmatch(tail.replace(NAME, "")):
        return text
    parts = [re.sub(r'([\\"`$])', r"\\\1", part) for part in tail.split(NAME)]
    return f'{head}"{NAME.join(parts)}"'
