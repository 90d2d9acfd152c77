"""Attached files, kept by the hash of their content beside the store: never altered, never twice.

Whatever a file's name or kind, taking it in neither hangs nor follows it anywhere: names are only shown, content is
only copied and never opened or unpacked.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import stat
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from escalation.beside import private, private_folder
from escalation.errors import BadInput, FieldProblem, StoreError

FOLDER = "files"
LARGEST = 2_000_000_000
"""Bytes. A recording of a long call is a hundredth of this."""
MOST_FILES = 1000
"""Taken in by one command: a home folder named by mistake holds more."""
LONGEST_NAME = 120
"""Characters."""


class Kept(NamedTuple):
    """A file as an entry names it."""

    sha256: str
    size: int
    name: str


class Skipped(NamedTuple):
    """What was left out of a folder, and why."""

    path: str
    why: str
    """`hidden`, `link`, `own` (of the store), `special`, `empty`, `too_large`, `unreadable`, `gone`."""


# -- taking files in ------------------------------------------------------------------------------------


def keep_file(file: Path, folder: str, write: bool = True) -> Kept:
    """Copy a file to where the store keeps files, under the hash of what was copied, and name it.

    With `write` false it is only read. Raises: BadInput if it cannot be read, is no plain file, is empty or too
    large; StoreError if there is no room for the copy.
    """
    with _plain(file) as source:
        sha256, size = _taken(source, said(file), folder, write)
    return Kept(sha256, size, kept_name(file.name))


def keep_text(text: str, name: str, folder: str, write: bool = True) -> Kept:
    """The same for text that was pasted; its name ends in `.txt`. Raises: BadInput if there is none, StoreError."""
    sha256, size = _taken(io.BytesIO(text.encode()), "-", folder, write)
    name = kept_name(name)
    return Kept(sha256, size, name if name.lower().endswith(".txt") else f"{name}.txt")


def path_of(sha256: str, folder: str) -> Path:
    """Where the content of that hash lies."""
    return Path(folder) / FOLDER / sha256[:2] / sha256


def kept_name(name: str) -> str:
    """A file's name as an entry holds it: no path, no sign that acts on a terminal or turns the text round."""
    # Bytes that are no UTF-8 reach us as lone surrogates, which nothing can store.
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    text = text.replace("\\", "/").rstrip("/").rpartition("/")[2]
    text = "".join(_harmless(c) for c in text).strip()
    if len(text) > LONGEST_NAME:
        ending = Path(text).suffix[:20]
        text = text[: LONGEST_NAME - len(ending)] + ending
    return text if text.strip(".") else "file"


def said(file: Path) -> str:
    """A path as errors and answers name it."""
    return str(file).encode("utf-8", "replace").decode()


def _harmless(character: str) -> str:
    if character.isprintable():
        return character
    return " " if unicodedata.category(character) == "Zs" else "_"


@contextmanager
def _plain(file: Path) -> Iterator[BinaryIO]:
    """A plain file, open. A pipe would wait for a writer, and a device may do anything when it is opened."""
    try:
        with open(_descriptor(file), "rb", buffering=0) as source:
            found = os.fstat(source.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise BadInput(FieldProblem("file", said(file), "plain_file"))
            if found.st_size > LARGEST:
                raise BadInput(FieldProblem("file", said(file), "file_size", limit=str(LARGEST)))
            yield source
    except (OSError, ValueError) as error:
        raise BadInput(FieldProblem("file", said(file), "file", limit=getattr(error, "strerror", None))) from error


def _descriptor(file: Path) -> int:
    if not stat.S_ISREG(os.stat(file).st_mode):
        raise BadInput(FieldProblem("file", said(file), "plain_file"))
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    return os.open(file, flags)


def _taken(source: BinaryIO, name: str, folder: str, write: bool) -> tuple[str, int]:
    """Hash and size of what was read; written whole or not at all, on the way, so that they are of one content."""
    if not write:
        return _poured(source, name, None)
    there = Path(folder) / FOLDER
    draft = there / f".{secrets.token_hex(8)}"
    try:
        private_folder(there)
        with private(draft) as out:
            sha256, size = _poured(source, name, out)
        to = path_of(sha256, folder)
        private_folder(to.parent)
        draft.chmod(0o400)
        if os.name == "nt" and to.exists():
            to.chmod(0o600)  # what may not be written cannot be replaced there
        # Also where it is there already: a copy that was altered since is so made whole again.
        draft.replace(to)
        return sha256, size
    except OSError as error:
        raise StoreError(str(there), error.strerror or "cannot be written") from error
    finally:
        draft.unlink(missing_ok=True)


def _poured(source: BinaryIO, name: str, out: BinaryIO | None) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while block := _block(source, name):
        size += len(block)
        if size > LARGEST:  # it grew while it was read
            raise BadInput(FieldProblem("file", name, "file_size", limit=str(LARGEST)))
        digest.update(block)
        if out is not None:
            out.write(block)
    if not size:
        raise BadInput(FieldProblem("file", name, "file_empty"))
    return digest.hexdigest(), size


def _block(source: BinaryIO, name: str) -> bytes:
    try:
        return source.read(1 << 20)
    except OSError as error:
        raise BadInput(FieldProblem("file", name, "file", limit=error.strerror)) from error


# -- finding files --------------------------------------------------------------------------------------


def own_files(store: str, folder: str) -> frozenset[str]:
    """What belongs to a store itself, by real path: who names the folder it lies in does not mean these."""
    rows = [] if "://" in store else [store, *(store + end for end in ("-wal", "-shm", "-journal"))]
    return frozenset(os.path.realpath(each) for each in (*rows, os.path.join(folder, FOLDER)))


def files_of(paths: Sequence[Path], own: Collection[str] = ()) -> tuple[list[Path], list[Skipped]]:
    """The files that are meant by files and folders, in order of name; what is left out of the folders.

    Folders are looked through to the bottom; hidden files, links and `own_files` in them are left out. Raises:
    BadInput with every path that cannot be taken, or if there are more than `MOST_FILES`.
    """
    files: list[Path] = []
    skipped: list[Skipped] = []
    wrong: list[FieldProblem] = []
    for path in paths:
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError) as error:
            limit = getattr(error, "strerror", None)
            wrong.append(FieldProblem("file", said(path), "file", limit=limit))
            continue
        if stat.S_ISDIR(mode):
            _look_through(path, own, files, skipped)
        elif stat.S_ISREG(mode):
            files.append(path)
        else:
            wrong.append(FieldProblem("file", said(path), "plain_file"))
    if len(files) > MOST_FILES:
        wrong.append(FieldProblem("file", said(paths[0]), "many_files", limit=str(MOST_FILES)))
    if wrong:
        raise BadInput(*wrong)
    return list(dict.fromkeys(files)), skipped


def _look_through(folder: Path, own: Collection[str], files: list[Path], skipped: list[Skipped]) -> None:
    waiting = [folder]
    while waiting and len(files) <= MOST_FILES:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                found = sorted(entries, key=lambda e: e.name)
        except OSError:
            skipped.append(Skipped(said(here), "unreadable"))
            continue
        below = []
        for each in found:
            path = Path(each.path)
            why = "own" if os.path.realpath(each.path) in own and not each.is_symlink() else _left_out(each)
            if why is not None:
                skipped.append(Skipped(said(path), why))
            elif each.is_dir(follow_symlinks=False):
                below.append(path)
            else:
                files.append(path)
        waiting += reversed(below)


def _left_out(entry: os.DirEntry[str]) -> str | None:
    """Why something in a folder is not taken; None: it is."""
    if entry.name.startswith("."):
        return "hidden"
    try:
        if entry.is_symlink():
            return "link"
        if entry.is_dir(follow_symlinks=False):
            return None
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return "gone"
    if not stat.S_ISREG(found.st_mode):
        return "special"
    if not found.st_size:
        return "empty"
    return "too_large" if found.st_size > LARGEST else None
