"""What a person types to add a channel, as the library wants it."""

from __future__ import annotations

import sys
from argparse import Namespace

from escalation.channel_setup import Wanted
from escalation.errors import FieldProblem


def read(options: Namespace, lang: str) -> tuple[Wanted, FieldProblem | None]:
    """What was asked for, and what is wrong already with where the address should come from."""
    address, problem = _address(options)
    wanted = Wanted(
        options.name, address, options.kind, lang, options.privacy,
        None if options.no_quiet_hours else options.quiet_hours, options.zone, options.client, options.person,
        options.digest, options.digest_at, options.least, options.from_env, options.keep,
    )  # fmt: skip
    return wanted, problem


def _address(options: Namespace) -> tuple[str, FieldProblem | None]:
    """From where it was said to come: the command or standard input. The environment is read by the library."""
    if options.address is not None and (options.from_env or options.from_stdin):
        return "", FieldProblem("address", None, "channel_one_source")
    if options.from_stdin:
        found = sys.stdin.buffer.readline(100_000).decode("utf-8", "replace").strip()
        return found, None if found else FieldProblem("address", None, "required")
    return options.address or "", None
