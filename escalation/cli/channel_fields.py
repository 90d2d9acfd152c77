"""What a person types to add a channel, read and checked as a whole."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Collection
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from escalation.core.loudness import LEVELS
from escalation.errors import BadInput, FieldProblem
from states.errors import near_miss

KEPT = ("auto", "keyring", "file")
PRIVACIES = ("discreet", "titles", "full")
DIGESTS = ("none", "daily", "weekly")


def read(options: Namespace, known: Collection[str]) -> tuple[str, str, dict[str, Any]]:
    """Kind, address, and the columns that a person chooses. Raises: BadInput with everything that is wrong."""
    from escalation import channels, credentials

    wrong: list[FieldProblem] = []
    if not credentials.fits(options.name):
        wrong.append(FieldProblem("channel", options.name, "channel_name"))
    elif options.name in known:
        wrong.append(FieldProblem("channel", options.name, "channel_taken"))
    address, problem = _address(options)
    kind = options.kind or channels.guessed(address)
    if problem is not None:
        wrong.append(problem)
    elif kind is None:
        wrong.append(FieldProblem("channel_kind", None, "channel_kind"))
    elif kind not in channels.KINDS:
        wrong.append(_choice("channel_kind", kind, channels.KINDS))
    elif (key := channels.problem_of(kind, address)) is not None:
        # Only what may be shown of it: errors are logged, and copied into letters for help.
        said = channels.shown(kind, address) if address else None
        wrong.append(FieldProblem("address", said, key, meant=channels.meant(kind, address)))
    columns = _columns(options, wrong)
    if wrong:
        raise BadInput(*wrong)
    return kind or "", address, columns


def _address(options: Namespace) -> tuple[str, FieldProblem | None]:
    """From where it was said to come: the command, the environment, or standard input."""
    if options.address is not None and (options.from_env or options.from_stdin):
        return "", FieldProblem("address", None, "channel_one_source")
    if options.from_env:
        found = os.environ.get(options.from_env, "")
        return found.strip(), None if found.strip() else FieldProblem("from_env", options.from_env, "channel_env")
    if options.from_stdin:
        found = sys.stdin.buffer.readline(100_000).decode("utf-8", "replace").strip()
        return found, None if found else FieldProblem("address", None, "required")
    if options.address is None and options.kind == "log":
        return "log", None
    return options.address or "", None if options.address else FieldProblem("address", None, "required")


def _columns(options: Namespace, wrong: list[FieldProblem]) -> dict[str, Any]:
    """Privacy, hours, whose cases, digest; what is wrong with them is added to `wrong`."""
    quiet = (None, None) if options.no_quiet_hours else _hours(options.quiet_hours)
    if quiet is None:
        wrong.append(FieldProblem("quiet_hours", options.quiet_hours, "quiet_hours"))
    if not _is_time(options.digest_at):
        wrong.append(FieldProblem("digest_at", options.digest_at, "time"))
    if not _is_zone(options.zone):
        wrong.append(FieldProblem("zone", options.zone, "zone"))
    for field, choices in (("privacy", PRIVACIES), ("digest", DIGESTS), ("least", LEVELS), ("keep", KEPT)):
        said = getattr(options, field)
        if said is not None and said not in choices:
            wrong.append(_choice(field, said, choices))
    quiet_from, quiet_to = quiet or (None, None)
    return {
        "privacy": options.privacy, "zone": options.zone, "quiet_from": quiet_from, "quiet_to": quiet_to,
        "client": options.client, "person": options.person, "digest": options.digest, "digest_at": options.digest_at,
        "least": LEVELS.index(options.least) if options.least in LEVELS else 0,
    }  # fmt: skip


def place(options: Namespace, kind: str) -> str:
    """Where the address is to lie. One from the environment stays there unless a place is named."""
    if kind == "log":
        return "none"
    if options.from_env and options.keep is None:
        return f"env:{options.from_env}"
    return str(options.keep or "auto")


def _choice(field: str, said: str, choices: Collection[str]) -> FieldProblem:
    return FieldProblem(field, said, "choice", near_miss(said, choices), limit=" | ".join(choices))


def _hours(text: str) -> tuple[str, str] | None:
    """`22:00-08:00`; None if it is not like that."""
    begin, _, end = text.partition("-")
    return (begin, end) if _is_time(begin) and _is_time(end) and begin != end else None


def _is_time(text: str) -> bool:
    """`08:00`"""
    try:
        return len(text) == 5 and text == f"{time.fromisoformat(text):%H:%M}"
    except ValueError:
        return False


def _is_zone(name: str) -> bool:
    try:
        return bool(name) and datetime.min.replace(tzinfo=ZoneInfo(name)) is not None
    except (KeyError, ValueError, OSError):
        return False
