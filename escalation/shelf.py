"""The procedures a store can open cases of, and the tables that run them.

Files are read and checked once; after that the store's pinned definition is decoded, which is a
thousand times quicker.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING

from escalation.core.guards import Chooser
from escalation.core.table import Table
from escalation.database import CALENDARS
from escalation.errors import DefinitionDamaged, NotFound
from escalation.store import DefinitionRow, Store
from states.calendar import load_calendar
from states.errors import near_miss
from states.model import UNREADABLE, Procedure, content_hash, decode

if TYPE_CHECKING:
    from pathlib import Path

    from states.library import Checked


class Shelf:
    """Definitions by hash and by name, ready to run."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tables: dict[str, Table] = {}
        self._choosers: dict[str, Chooser] = {}
        self._touched: int | None = None
        """When the folder of calendars was changed last, as far as the tables know."""

    @property
    def calendars(self) -> tuple[str, ...]:
        """Folders with calendar files that a person installed."""
        return (os.path.join(self._store.folder, CALENDARS),)

    def table(self, hash: str) -> Table:
        """The table of a pinned definition. Raises: DefinitionDamaged if the store does not hold it whole."""
        table = self._tables.get(hash)
        if table is None:
            procedure = self._decoded(hash)
            if self._touched is None:
                self._touched = self._touched_at()
            table = self._tables[hash] = Table(procedure, load_calendar(procedure.calendar, self.calendars), hash)
        return table

    def _decoded(self, hash: str) -> Procedure:
        """A pinned definition as it was written: one altered figure in it would be another law."""
        kept = self._store.definition(hash)
        if kept is None:
            raise DefinitionDamaged(self._store.path, hash, "missing")
        id, version, body = kept
        if content_hash(body) != hash:
            raise DefinitionDamaged(self._store.path, hash, "altered", id, version)
        try:
            return decode(body)
        except UNREADABLE as error:  # whole, and of a format that this version does not know
            raise DefinitionDamaged(self._store.path, hash, "unreadable", id, version) from error

    def chooser(self, hash: str) -> Chooser:
        """The shared machine of a definition, which takes the steps that are recorded."""
        chooser = self._choosers.get(hash)
        if chooser is None:
            from escalation.core.machine import Machines  # 20 ms that reading commands need not pay

            chooser = self._choosers[hash] = Machines(self.table(hash)).choose
        return chooser

    def fresh_stamps(self) -> list[str]:
        """Stamps of the calendar data as it lies there now, for the open cases' procedures."""
        names = {self.table(hash).procedure.calendar for hash in self._store.open_definitions()}
        return [load_calendar(name, self.calendars).stamp for name in sorted(names)]

    def freshen(self) -> bool:
        """Read the calendars again if any was installed since the tables were made; whether one was."""
        if self._touched in (None, self._touched_at()):
            return False
        self.forget()
        return True

    def forget(self) -> None:
        """Read calendars and definitions again: something was installed."""
        self._tables.clear()
        self._choosers.clear()
        self._touched = None

    def _touched_at(self) -> int:
        try:
            return os.stat(self.calendars[0]).st_mtime_ns
        except OSError:
            return 0

    def named(self, name: str, now: datetime, keep: bool = True) -> str:
        """The hash of the definition that `name` means now: a path, a name, or a hash in full or in part.

        A person's own installed file goes before what is shipped under the same name. With `keep` the
        definition is written into the store where it is new; without, it is known to this shelf only.
        Raises: NotFound; ProcedureError.
        """
        if name.endswith((".yaml", ".yml")) or os.path.dirname(name):
            from pathlib import Path

            if not os.path.isfile(name):
                raise NotFound("procedure", name)
            checked = _load(Path(name), self.calendars, now)
            return self._keep(checked, now, current=False, by_user=False) if keep else self._seen(checked)
        kept = [d for d in self._store.definitions() if d.procedure == name and d.current]
        own = next((d.hash for d in kept if d.by_user), None)
        if own is not None:
            return own
        return self._shipped(name, kept, now, keep) or self._by_hash(name)

    def _shipped(self, name: str, kept: list[DefinitionRow], now: datetime, keep: bool) -> str | None:
        from states.library import shipped, source_hash

        path = shipped().get(name)
        if path is None:
            return kept[-1].hash if kept else None
        source = source_hash(path)
        known = next((d.hash for d in kept if d.source == source), None)
        if known is not None:
            return known
        checked = _load(path, self.calendars, now, letters=False)  # our tests have read those that we ship
        return self._keep(checked, now, current=True, by_user=False) if keep else self._seen(checked)

    def _seen(self, checked: Checked) -> str:
        """A definition that is only looked at."""
        procedure, hash = checked.reading.procedure, checked.reading.hash
        self._tables[hash] = Table(procedure, load_calendar(procedure.calendar, self.calendars), hash)
        return hash

    def _by_hash(self, name: str) -> str:
        found = [d.hash for d in self._store.definitions() if len(name) >= 6 and d.hash.startswith(name)]
        if len(found) == 1:
            return found[0]
        known = self.names()
        raise NotFound("procedure", name, near_miss(name, known), known)

    def names(self) -> tuple[str, ...]:
        """Every procedure that `open` knows by name."""
        from states.library import shipped

        return tuple(sorted({*shipped(), *(d.procedure for d in self._store.definitions() if d.current)}))

    def install(self, path: Path, now: datetime) -> tuple[str, Checked]:
        """Make the procedure in a file the one that its name means in this store."""
        checked = _load(path, self.calendars, now)
        return self._keep(checked, now, current=True, by_user=True), checked

    def keep_calendar(self, file: Path, now: datetime) -> None:
        """Write a calendar file that was installed into the store, for other machines that open it."""

        def keep() -> None:
            with self._store.writing_or_joining():
                self._store.keep_calendar_file(file.name, file.read_bytes(), now)

        self._store.surely(keep)
        self.forget()

    def _keep(self, checked: Checked, now: datetime, current: bool, by_user: bool) -> str:
        reading = checked.reading
        procedure = reading.procedure
        if procedure.documents:
            from pathlib import Path

            from escalation.templates import keep_templates  # procedures without letters need not pay for it

            keep_templates(procedure, Path(reading.file), self._store.folder, reading.hash)
        kept = next((d for d in self._store.definitions() if d.hash == reading.hash), None)
        if kept is None or (current and not (kept.current and kept.by_user == by_user)):
            values = (reading.hash, procedure.procedure, procedure.version, reading.body, checked.source, now)
            with self._store.writing_or_joining():
                self._store.keep_definition(*values, current=current, by_user=by_user)
        return reading.hash


def _load(path: Path, calendars: tuple[str, ...], now: datetime, letters: bool = True) -> Checked:
    from states.library import load

    return load(path, calendars, now.date().isoformat(), letters=letters)
