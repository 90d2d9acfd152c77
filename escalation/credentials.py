"""Where the address of a channel lies, with all that is secret in it: the system's keyring, a private file, or the
environment. Never in the store, which is copied, sent and backed up.

    keep      put it away; the answer is what the store remembers: `keyring`, `file`, `env:NAME` or `none`
    find      fetch it, at every delivery
    forget    when its channel is removed
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from escalation.errors import BadInput, DeliveryFailed, FieldProblem

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

FOLDER = "channels"
"""Of private files, in the folder of the store."""
SERVICE = "escalation"
"""What the keyring files it under."""
_NAME = re.compile(r"[\w-]{1,40}")
_FILED = re.compile(r"[\w-]{1,40}(\.\d+)?")


def fits(name: str) -> bool:
    """Whether a channel can be called that: letters of any script, digits, - and _, at most 40."""
    return _NAME.fullmatch(name) is not None


def keep(name: str, address: str, folder: str, where: str) -> str:
    """Put the address of a channel away; the answer is what `find` and `forget` want to be told.

    `name`: that of the channel, with what tells it from others of that name after a point (`ChannelRow.keeper`).

    `where`: `auto` (the keyring if there is one that works, else a file), `keyring`, `file`, `env:NAME` or `none`.
    Raises: BadInput if it cannot be kept there, or another channel's lies there under that name.
    """
    if where == "none" or where.startswith("env:"):
        return where
    if not _FILED.fullmatch(name):
        raise ValueError("no name of a channel")
    if where in ("auto", "keyring"):
        if _in_keyring(name, address, folder):
            return "keyring"
        if where == "keyring":
            raise BadInput(FieldProblem("keep", "keyring", "keyring"))
    _in_file(_path(name, folder), name, address)
    return "file"


def find(name: str, secret: str, folder: str) -> str | None:
    """The address of a channel; None if it is not on this machine, or cannot be read now.

    Raises: DeliveryFailed if its file may be read by others.
    """
    if secret.startswith("env:"):
        return os.environ.get(secret.removeprefix("env:")) or None
    if secret == "file":
        return _read(_path(name, folder))
    if secret == "keyring" and (ring := _keyring()) is not None:
        with suppress(_keyring_error()):
            found: str | None = ring.get_password(SERVICE, _entry(name, folder))
            return found
    return None


def away(name: str, secret: str, folder: str) -> bool:
    """Whether this process cannot have the address: no private file on this machine, no such variable set.

    A keyring is not asked: it may ask back.
    """
    if secret.startswith("env:"):
        return not os.environ.get(secret.removeprefix("env:"))
    return secret == "file" and not _path(name, folder).exists()


def keyring_there() -> bool:
    """Whether this system has a keyring that can be used. It is asked for nothing."""
    return _keyring() is not None


def forget(name: str, secret: str, folder: str) -> None:
    """Take an address away, where this program had put it."""
    if secret == "file":
        _path(name, folder).unlink(missing_ok=True)
    elif secret == "keyring" and (ring := _keyring()) is not None:
        with suppress(_keyring_error()):
            ring.delete_password(SERVICE, _entry(name, folder))


# -- keyring -----------------------------------------------------------------------------------------------------


def _keyring() -> KeyringBackend | None:
    """The system's keyring, if there is one that is worth the name.

    On a server there is a stand-in that raises, or one that keeps nothing; below 1 the library itself advises
    against (files in plain text).
    """
    try:
        import keyring
    except ImportError:
        return None
    ring: Any = keyring.get_keyring()
    try:
        return ring if ring.priority >= 1 else None
    except (RuntimeError, _keyring_error()):
        return None


def _keyring_error() -> type[Exception]:
    from keyring.errors import KeyringError

    return KeyringError


def _in_keyring(name: str, address: str, folder: str) -> bool:
    """Whether the keyring has taken it, and gives it back."""
    ring = _keyring()
    if ring is None:
        return False
    entry = _entry(name, folder)
    try:
        _not_another(name, address, ring.get_password(SERVICE, entry), SERVICE)
        ring.set_password(SERVICE, entry, address)
        return ring.get_password(SERVICE, entry) == address
    except _keyring_error():
        return False


def _entry(name: str, folder: str) -> str:
    """Two stores of one person may each have a channel of that name."""
    return f"{name} {os.path.realpath(folder)}"


# -- private files -----------------------------------------------------------------------------------------------


def _path(name: str, folder: str) -> Path:
    return Path(folder) / FOLDER / name


def _in_file(path: Path, name: str, address: str) -> None:
    """Whole or not at all, and never readable by others: written beside, then moved."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            _not_another(name, address, path.read_text("utf-8"), str(path))
        descriptor = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as target:
            target.write(address)
            target.flush()
            os.fsync(target.fileno())
        beside.replace(path)
    except OSError as error:
        raise BadInput(FieldProblem("keep", "file", "new_file", limit=error.strerror)) from error
    finally:
        beside.unlink(missing_ok=True)


def _read(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8") as source:
            # Windows keeps rights elsewhere.
            if os.name == "posix" and stat.S_IMODE(os.fstat(source.fileno()).st_mode) & 0o077:
                raise DeliveryFailed(f"its file may be read by others: chmod 600 {path}")
            return source.read().strip() or None
    except OSError:
        return None


def _not_another(name: str, address: str, found: str | None, place: str) -> None:
    """A name that another store beside this one uses is not taken from it."""
    if found is not None and found != address:
        raise BadInput(FieldProblem("channel", name.partition(".")[0], "channel_kept", limit=place))
