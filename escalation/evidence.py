"""Attached files, kept by the hash of their content beside the store: never altered, never twice."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from escalation.beside import private_folder
from escalation.errors import BadInput, FieldProblem

FOLDER = "files"
LARGEST = 2_000_000_000
"""Bytes. A recording of a long call is a hundredth of this."""


class Kept(NamedTuple):
    """A file as an entry names it."""

    sha256: str
    size: int
    name: str


def keep_file(file: Path, folder: str, write: bool = True) -> Kept:
    """Copy a file to where the store keeps files, under the hash of its content, and name it.

    With `write` false it is only read. Raises: BadInput if it cannot be read, is no file, or is too large.
    """
    try:
        if not file.is_file():
            raise BadInput(FieldProblem("file", str(file), "file"))
        if file.stat().st_size > LARGEST:
            raise BadInput(FieldProblem("file", str(file), "file_size", limit=str(LARGEST)))
        with file.open("rb") as source:
            sha256 = hashlib.file_digest(source, "sha256").hexdigest()
            kept = Kept(sha256, file.stat().st_size, file.name)
            if write and not path_of(sha256, folder).exists():
                _copy(file, path_of(sha256, folder))
    except OSError as error:
        raise BadInput(FieldProblem("file", str(file), "file", limit=error.strerror)) from error
    return kept


def path_of(sha256: str, folder: str) -> Path:
    """Where the content of that hash lies."""
    return Path(folder) / FOLDER / sha256[:2] / sha256


def _copy(file: Path, to: Path) -> None:
    """Whole or not at all: written beside, then moved."""
    private_folder(to.parent)
    beside = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target, file.open("rb") as source:
        while block := source.read(1 << 20):
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    beside.replace(to)
