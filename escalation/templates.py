"""Templates of letters as files: beside a shipped procedure, or kept in the store's folder under its hash.

A case goes on under the definition it was opened with, even when the file is long gone; so the templates of a
procedure that came from a file are copied when it is taken in.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from escalation.beside import private, private_folder
from escalation.errors import StoreError
from states.library import SHIPPED, in_english, shipped, template_file
from states.model import Procedure

FOLDER = "templates"


def keep_templates(procedure: Procedure, file: Path, folder: str, hash: str) -> None:
    """Copy the templates that a procedure file names into the store's folder; of a shipped one, nothing.

    Raises: StoreError if they cannot be kept there.
    """
    if file.resolve().parent == SHIPPED.resolve():
        return
    there = Path(folder) / FOLDER / hash
    for name in _names(procedure):
        source = template_file(file.parent, name)
        if source is None:
            continue
        body, to = source.read_bytes(), there / name
        if to.is_file() and to.read_bytes() == body:
            continue
        try:
            _put(body, to)
        except OSError as error:
            raise StoreError(folder, error.strerror or type(error).__name__) from error


def _put(body: bytes, to: Path) -> None:
    """Whole or not at all."""
    private_folder(to.parent)
    draft = to.with_name(f".{secrets.token_hex(4)}")
    try:
        with private(draft) as out:
            out.write(body)
        draft.replace(to)
    finally:
        draft.unlink(missing_ok=True)


def kept_template(name: str, procedure: str, folder: str, hash: str, lang: str) -> Path | None:
    """Where the template of that name lies, for a definition; with `en`, its English reading version.

    Shipped ones serve shipped procedures only: another's template of the same name says something else.
    """
    wanted = in_english(name) if lang == "en" else name
    kept = template_file(Path(folder) / FOLDER / hash, wanted)
    return kept or (template_file(SHIPPED, wanted) if procedure in shipped() else None)


def _names(procedure: Procedure) -> list[str]:
    each = {document.template for document in procedure.documents.values()}
    return sorted(each | {in_english(name) for name in each})
