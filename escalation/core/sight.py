"""What guards and conditional lengths see of a case while it is being worked out. Source: semantics §3 and §4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from escalation.core.guards import Checklists
from escalation.core.snapshot import TrackState
from escalation.core.table import Branch, Table
from states.expressions import View
from states.model import MAIN


class Sight:
    """The dicts of one `Live` case, which stay the same objects all along, and views of them.

    Its deadlines hold this and not the case: with the case in a circle, only the collector of garbage would free it.
    """

    __slots__ = ("checks", "facts", "table", "tracks", "visits")

    def __init__(self, table: Table) -> None:
        self.table = table
        self.tracks: dict[str, TrackState] = {}
        self.visits: dict[str, int] = {}
        self.facts: dict[str, Any] = {}
        self.checks: dict[str, bool] = {}

    def view(
        self,
        track: str,
        at: datetime,
        facts: Mapping[str, Any],
        data: Mapping[str, Any],
        listed: Sequence[Branch] = (),
    ) -> View:
        """What guards see; days are counted only where one of them asks."""
        now = self.tracks[track]
        counts = not listed or any(b.when is not None and "case.days_in_state" in b.when.names for b in listed)
        day = self.table.clock.day
        return View(
            facts=facts,
            event=data,
            state=now.state,
            days_in_state=(day(at) - day(now.entered_at)).days if counts else 0,
            visits=self.visits,
            tracks={name: t.state for name, t in self.tracks.items()},
            checklists=Checklists(self.table.procedure.checklists, self.checks),
        )

    def look(self, track: str | None, at: datetime) -> View:
        """What a conditional length sees: facts as they are, and no event's data; the main track for no track."""
        return self.view(track or MAIN, at, self.facts, {})
