"""What a service runs: the command, its few variables, and where the address of the store may stand."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from escalation.errors import BadInput, FieldProblem

MARK = "Written by `escalation daemon install`"
"""Stands in every file of ours. What has no mark is somebody else's, and is left alone."""

Command = tuple[str, ...]
Run = Callable[..., Any]
"""`subprocess.run`, or what takes its place."""


class Program(NamedTuple):
    """The daemon as it is started."""

    words: Command
    """Without `--store` where the address is secret."""
    environment: dict[str, str]
    secret: str | None
    """The address of the store, where it holds a password."""


class File(NamedTuple):
    """A private file that is to be written."""

    path: Path
    data: bytes
    shown: str
    """Its text as it may be printed: without anything secret."""


def program(store: str, python: str, environ: Mapping[str, str]) -> Program:
    """The daemon of a store (a file or a URL), as that Python runs it, in the language of `environ`.

    Raises: BadInput for what cannot be written down in one line.
    """
    _plain("store", store)
    _plain("python", python)
    address = store.removeprefix("sqlite:///")
    if "://" not in address:
        address = str(Path(address).expanduser().absolute())
    # -P: a file in the home folder that is called like a module must not take its place.
    words = (str(Path(python).absolute()), "-P", "-m", "escalation")
    # A service starts with few variables. Without these it would speak another language, or look elsewhere.
    spoken = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "C.UTF-8")
    folders = {name: environ[name] for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME") if environ.get(name)}
    environment = {"LANG": spoken, **folders}
    for name, value in environment.items():
        _plain(name, value)
    if has_password(address):
        return Program((*words, "daemon", "run"), environment, address)
    return Program((*words, "--store", address, "daemon", "run"), environment, None)


def _plain(field: str, text: str) -> None:
    """A control character could end a line of a unit early. The value is not repeated: it may be secret."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput(FieldProblem(field, None, "text")) from None
    if any(c < " " or c == "\x7f" for c in text):
        raise BadInput(FieldProblem(field, None, "text"))


def has_password(address: str) -> bool:
    """Whether a URL holds a password. One that cannot be read may."""
    if "://" not in address:
        return False
    try:
        parts = urlsplit(address)
        return parts.password is not None or any("password" in name for name, _ in parse_qsl(parts.query))
    except ValueError:
        return True


def cron_line(made: Program) -> str:
    """A line for `crontab -e`: looks every five minutes."""
    words = [f"{name}={shlex.quote(value)}" for name, value in made.environment.items()]
    words += [shlex.quote(each) for each in (*made.words[:-1], "once", "--log-level", "warning")]
    # In a crontab, % would end the command. What is printed is sent by mail, which only trouble deserves.
    return "*/5 * * * * " + " ".join(words).replace("%", "\\%") + " >/dev/null"
