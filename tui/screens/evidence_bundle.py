"""The bundle to hand over, on the screen of evidence: its name, what it holds, and that it is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import on, work
from textual.widgets import Input, Static

from escalation.errors import EscalationError
from escalation.wording import Titles, error_lines
from states.errors import ProcedureError
from tui.screens.page import Page
from tui.text import told

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]


class BundlePage(Page):
    """A page that can write the bundle of a case; never over a file that is there."""

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case
        self.titles: Titles = {}
        self._file = f"{case}.zip"
        self._made: Data | None = None

    def _told(self, kind: str, data: Any, width: int | None = None, **extra: Any) -> Text:
        return told(kind, data, self.app.lang, width or self._width, titles=self.titles, **extra)

    @property
    def _width(self) -> int:
        return max(self.app.size.width - 4, 24)

    def _show_bundle(self) -> None:
        self.query_one("#bundle_about", Static).update(Text("\n" + self.say("evidence.bundle_about")))
        self.query_one("#bundle_to", Static).update(self.say("evidence.bundle_to"))
        made = self._told("bundled", self._made) if self._made is not None else Text(self.say("bundle.private"))
        self.query_one("#bundle_made", Static).update(Text("\n") + made)

    @on(Input.Changed, "#file")
    def _named(self, event: Input.Changed) -> None:
        self._file = event.value
        self.hold("")

    @on(Input.Submitted, "#file")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._make()

    @work(exclusive=True, group="bundle")
    async def _make(self) -> None:
        """Write the bundle where it was said, and nowhere where something is already."""
        name = self._file.strip()
        if not name:
            self.hold(self.say("evidence.bundle_name"))
            return
        self.hold(self.say("evidence.bundle_working"))
        try:
            made = await self.ask(lambda desk: _made(desk, self.case, Path(name).expanduser()))
        except (EscalationError, ProcedureError) as error:
            self.hold("\n".join(error_lines(error, self.app.lang)))
            return
        if made is None:
            self.hold(self.say("evidence.bundle_exists"))
            return
        self._made = made
        self.hold("")
        self.app.notify(self.say("evidence.bundle_done"), timeout=3)
        self._show_bundle()


def _made(desk: Desk, case: str, file: Path) -> Data | None:
    """The bundle, written; None where there is such a file already: it stays."""
    return None if file.exists() else desk.evidence.bundle(case, file)
