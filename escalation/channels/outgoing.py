"""A message on its way out, and what may be told of it when it did not arrive."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from escalation.core.loudness import QUIET


class Message(NamedTuple):
    """What is to be said, in plain text. It goes out as it was typed, never as markup."""

    title: str
    body: str
    level: int = QUIET
    """Of `core.loudness`."""


def redacted(reason: str, address: str, message: Message) -> str:
    """A reason without what is secret or personal: addresses, tokens, pieces of the address or of the message.

    Shape: a phrase of the wording's `reason` table; where there is more to say, a colon and that.
    """
    phrase, _, detail = reason.partition(": ")
    pieces = {p for text in (address, unquote(address)) for p in re.split(r"[\s/:@?&=,;#\"'\[\]]+", text)}
    pieces |= set(re.findall(r"\w{2,}", f"{message.title}\n{message.body}"))
    for each in sorted(filter(None, pieces), key=len, reverse=True):
        found = re.escape(each)
        # A short one may be part of a harmless word; Chinese has no edges.
        edged = rf"(?<!\w){found}(?!\w)" if len(each) < 8 and each.isascii() else found
        detail = re.sub(edged, "…", detail, flags=re.IGNORECASE)
    detail = re.sub(r"\S+://\S*|\S+@\S+|(?=[\w+/=-]*\d)[\w+/=-]{16,}", "…", detail)
    detail = " ".join(detail.split())[:120].strip(" :,.…")
    return f"{phrase}: {detail}" if detail else phrase
