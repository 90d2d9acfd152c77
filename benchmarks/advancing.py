"""A daemon's work on due cases, in a process of its own: `advance_due` until nothing is due."""

from __future__ import annotations

from child import serve

from escalation.daemon import AT_ONCE
from escalation.engine import Engine
from escalation.rows import from_int
from escalation.store import Store


class Advancing:
    """One of perhaps several that share a store."""

    def connect(self, url: str) -> None:
        """To a store, and read what is read once and kept."""
        self._store = Store.open(url)
        self._engine = Engine(self._store)
        for definition in self._store.open_definitions():
            self._engine.shelf.table(definition)

    def advance(self, at: int) -> list[int]:
        """Until nothing is due at that instant: cases, and announcements."""
        now, cases, announced = from_int(at), 0, 0
        while (did := self._engine.advance_due(now, AT_ONCE)).cases:
            cases += did.cases
            announced += did.announced
        return [cases, announced]

    def close(self) -> None:
        """Let the store go."""
        self._store.close()


if __name__ == "__main__":
    one = Advancing()
    serve({"connect": one.connect, "advance": one.advance, "close": one.close})
