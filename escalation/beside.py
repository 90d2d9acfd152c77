"""What lies beside the rows of a store: attached files and calendars, put there whole and private, or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

from escalation import clock
from escalation.database import CALENDARS
from escalation.errors import BadInput, FieldProblem

CALENDAR = re.compile(r"[A-Z]{2,8}-\d{4}\.toml")
"""The name of a calendar file that a person installed."""
FORSAKEN = timedelta(hours=12)
"""A draft that nobody has written to for so long is one of a process that was killed."""


def calendars_of(folder: str) -> dict[str, bytes]:
    """The calendar files that a person installed there, by name."""
    there = Path(folder) / CALENDARS
    found = sorted(there.iterdir()) if there.is_dir() else []
    return {file.name: file.read_bytes() for file in found if CALENDAR.fullmatch(file.name) and file.is_file()}


def ordinary(file: Path) -> None:
    """Whether a new file may come here. Raises: BadInput for a folder, device, pipe or link, which it would replace."""
    # Asked of `os.path`: a name that is too long is not there, and fails when it is written, with the reason.
    if os.path.islink(file) or (os.path.exists(file) and not os.path.isfile(file)):
        raise BadInput(FieldProblem("file", str(file), "letter_no_file"))


def draft_of(file: Path, end: str) -> Path:
    """Where a new file is written before it takes its place: hidden beside it, by a name that is not too long."""
    short = file.name.encode("utf-8", "surrogateescape")[:100].decode("utf-8", "ignore")
    return file.with_name(f".{short}.{end}")


def forsaken(folder: Path, name: str) -> Iterator[Path]:
    """Drafts in a folder, by a pattern of their names, that a process which was killed has left there."""
    # Their times are those of the real clock, whatever a rehearsal says.
    before = (clock.now() - FORSAKEN).timestamp()
    with suppress(OSError):
        for draft in folder.iterdir():
            if re.fullmatch(name, draft.name) and not draft.is_symlink():
                inside = list(draft.iterdir()) if draft.is_dir() else []
                if all(each.lstat().st_mtime < before for each in (draft, *inside)):
                    yield draft


@contextmanager
def calendars_put(files: Mapping[str, bytes], folder: str, replace: bool) -> Iterator[list[str]]:
    """Calendar files for a folder: written at once, in place when all that is inside went well.

    The value is the names of those that are there, differ, and stay, because `replace` is not said.
    """
    there = Path(folder) / CALENDARS
    present = calendars_of(folder)
    new = {name: body for name, body in files.items() if name not in present or (replace and present[name] != body)}
    drafts: dict[Path, Path] = {}
    try:
        for name, body in new.items():
            private_folder(there)
            draft = there / f".{name}.{secrets.token_hex(4)}"
            drafts[draft] = there / name
            with private(draft) as out:
                out.write(body)
        yield [] if replace else sorted(n for n, body in files.items() if present.get(n, body) != body)
        for draft, file in drafts.items():
            draft.replace(file)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)


@contextmanager
def new_files() -> Iterator[Callable[[BinaryIO, Path, str], bool]]:
    """Puts content where its hash says, and takes back what it put if anything inside goes wrong."""
    added: list[Path] = []
    try:
        yield partial(_put, added)
    except BaseException:
        for file in added:
            file.unlink(missing_ok=True)
        raise


def _put(added: list[Path], source: BinaryIO, to: Path, sha256: str) -> bool:
    """Whole or not at all; false if the content is another. What is there already and is whole, stays."""
    if to.is_file() and hash_of(to) == sha256:
        return True
    private_folder(to.parent)
    draft = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    try:
        with private(draft) as out:
            if poured(source, [out]) != sha256:
                return False
        if not to.exists():
            added.append(to)
        draft.replace(to)
        return True
    finally:
        draft.unlink(missing_ok=True)


def hash_of(file: Path) -> str:
    """SHA-256 of what is in a file."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def poured(source: BinaryIO, into: Collection[BinaryIO]) -> str:
    """Read to the end, write it to each of `into`; the answer is the SHA-256 of it."""
    digest = hashlib.sha256()
    while block := source.read(1 << 20):
        digest.update(block)
        for out in into:
            out.write(block)
    return digest.hexdigest()


def private_folder(folder: Path) -> None:
    """A folder that nobody else can look into, and those above it that are missing."""
    missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def private(file: Path) -> Iterator[BinaryIO]:
    """A new file that nobody else can read; on the disk when this ends."""
    with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())
