"""A letter's bytes -> a file that only its writer can read: whole or not at all, and never over another."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from escalation.beside import draft_of
from escalation.errors import BadInput, FieldProblem
from escalation.letters.blocks import Block

FORMATS = (".pdf", ".md", ".docx", ".txt")


def checked_path(to: str | Path, overwrite: bool) -> Path:
    """Where a letter is to go. Raises: BadInput for another kind of file, no such folder, or a file that is there."""
    path = Path(to)
    if path.suffix.lower() not in FORMATS:
        raise BadInput(FieldProblem("file", str(to), "letter_format", limit=" ".join(FORMATS)))
    try:
        os.fsencode(path)
        if "\0" in str(path):
            raise ValueError("no name of a file")
        if not path.parent.is_dir():
            raise BadInput(FieldProblem("file", str(to), "letter_folder", limit=str(path.parent)))
        if path.is_symlink() or path.exists():
            if not overwrite:
                raise BadInput(FieldProblem("file", str(to), "letter_exists"))
            if path.is_symlink() or not path.is_file():
                raise BadInput(FieldProblem("file", str(to), "letter_no_file"))
    except (OSError, ValueError) as error:
        raise BadInput(FieldProblem("file", str(to), "new_file", limit=getattr(error, "strerror", None))) from error
    return path


def bytes_of(format: str, title: str, blocks: Sequence[Block], lang: str) -> bytes:
    """A letter in a format of `FORMATS`. Raises: BadInput if that needs what is not installed."""
    match format:
        case ".pdf":
            from escalation.letters.pdf import pdf

            return pdf(title, blocks, lang)
        case ".docx":
            from escalation.letters.docx import docx

            return docx(title, blocks, lang)
        case ".md":
            from escalation.letters.markdown import markdown

            return markdown(blocks).encode()
    from escalation.letters.markdown import plain_text

    return plain_text(blocks, lang).encode()


def put(body: bytes, path: Path, overwrite: bool) -> None:
    """Write it. Raises: BadInput; then nothing was left behind, and what was there is as it was."""
    beside = draft_of(path, secrets.token_hex(4))
    try:
        try:
            descriptor = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as target:
                target.write(body)
                target.flush()
                os.fsync(target.fileno())
            if overwrite:
                beside.replace(path)
            else:
                _without_replacing(beside, path)
        except FileExistsError:
            raise BadInput(FieldProblem("file", str(path), "letter_exists")) from None
        except OSError as error:
            raise BadInput(FieldProblem("file", str(path), "new_file", limit=error.strerror)) from error
    finally:
        with suppress(OSError):
            beside.unlink()


def _without_replacing(beside: Path, path: Path) -> None:
    """In place only if nothing has come there meanwhile. Not every file system has links."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        beside.replace(path)
