"""What was typed and is not saved: in a private file beside the store, until it is saved or thrown away.

Nothing that is secret gets here: a page keeps the address of a channel out of its draft.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit

Typed = dict[str, str]
Key = tuple[object, ...]
"""What a draft belongs to: the kind of form, the case, which event or entry."""


class Drafts:
    """The drafts of one store. Kept in memory where the file cannot be written."""

    def __init__(self, store: str) -> None:
        self.store = store
        self.folder: str | None = None if "://" in store else os.path.dirname(os.path.realpath(store))
        self._held: dict[str, Typed] = {}
        """Those that could not be written."""

    @property
    def file(self) -> Path | None:
        """Where they lie; None until it is known."""
        if self.folder is None:
            return None
        found = urlsplit(self.store).path.rpartition("/")[2] if "://" in self.store else PurePath(self.store).name
        return Path(self.folder) / f"{found}.drafts.json"

    def lie_in(self, folder: str) -> None:
        """Where the files of a store on a server are, once the library has said it."""
        self.folder = folder

    def all(self) -> dict[Key, Typed]:
        """Every draft, the oldest first."""
        return {tuple(json.loads(key)): typed for key, typed in (self._read() | self._held).items()}

    def get(self, key: Key) -> Typed | None:
        """What was typed there."""
        return (self._read() | self._held).get(_name(key))

    def keep(self, key: Key, typed: Typed) -> bool:
        """Whether it outlives the program: False where the file cannot be written."""
        try:
            self._write({**self._read(), _name(key): typed})
        except OSError:
            self._held[_name(key)] = typed
            return False
        self._held.pop(_name(key), None)
        return True

    def drop(self, *keys: Key) -> None:
        """Saved, or not wanted any more."""
        names = {_name(key) for key in keys}
        for name in names:
            self._held.pop(name, None)
        kept = self._read()
        if names & kept.keys():
            with suppress(OSError):
                self._write({name: typed for name, typed in kept.items() if name not in names})

    def _read(self) -> dict[str, Typed]:
        """What another process kept meanwhile is there as well. A file that is no such file holds none."""
        try:
            found: Any = json.loads(self.file.read_text("utf-8")) if self.file is not None else {}
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) and all(_is_draft(*each) for each in found.items()) else {}

    def _write(self, drafts: dict[str, Typed]) -> None:
        """Whole or not at all, readable by nobody else; no file where there is nothing to keep."""
        if self.file is None:
            raise FileNotFoundError
        if not drafts:
            self.file.unlink(missing_ok=True)
            return
        import secrets

        beside = self.file.with_name(f".{self.file.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
                json.dump(drafts, out, ensure_ascii=False)
                out.flush()
                os.fsync(out.fileno())
            beside.replace(self.file)
        finally:
            beside.unlink(missing_ok=True)


def _name(key: Key) -> str:
    return json.dumps(key, ensure_ascii=False)


def _is_draft(name: object, typed: object) -> bool:
    try:
        key = json.loads(name) if isinstance(name, str) else None
    except ValueError:
        return False
    return (
        isinstance(key, list)
        and bool(key)
        and isinstance(typed, dict)
        and all(isinstance(each, str) for each in typed.values())
    )
