"""Writing down what happened."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from escalation.wording import Titles, lacking, visible
from tui.forms import AT, FILES, NOTE, fields_of
from tui.screens.drafts import Key
from tui.screens.sheet import Question, Sheet, special
from tui.widgets.options import Options
from tui.widgets.preview import hanging

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
ME = "me"


class RecordScreen(Sheet):
    """First what happened, unless that is known; then the form of that event."""

    name_of_help: ClassVar[str] = "record_page"
    DEFAULT_CSS = """
    RecordScreen #events { height: 1fr; border: none; padding: 0 1; background: $background; }
    """

    def __init__(self, case: str, event: str | None = None) -> None:
        super().__init__(case)
        self.event = event
        self._chosen_here = event is None
        self._key = secrets.token_hex(8)
        self._recorded = False
        self._attached: set[Path] = set()

    def body(self) -> ComposeResult:
        yield Options(id="events")
        yield from self.sheet()

    def draft_key(self) -> Key:
        return ("record", self.case, self.event)

    async def read(self) -> None:
        def question(desk: Desk) -> tuple[Data, Titles, list[Data]]:
            return desk.show(self.case), desk.titles(self.case), desk.events(self.case)

        shown, self.titles, events = await self.ask(question)
        self.now = datetime.fromisoformat(shown["as_of"])
        choosing = self.event is None
        self.query_one("#events").display = choosing
        self.query_one("#sheet").display = not choosing
        if choosing:
            self.fields = ()
            self.entitle_case(self.say("record.what_happened"), shown["title"])
            self._offer(shown["possible"], events)
            return
        event = next((e for e in events if e["event"] == self.event), None)
        asks = fields_of(event["asks"]) if event else ()
        self.fields = (*special(self.say, AT), *asks, *special(self.say, NOTE, FILES))
        self.entitle_case(event["title"] if event else str(self.event), shown["title"])

    # -- choosing ----------------------------------------------------------------------------------------

    def _offer(self, possible: list[Data], events: list[Data]) -> None:
        shown = self.query_one("#events", OptionList)
        was = shown.highlighted_option.id if shown.highlighted_option is not None else None
        known = {e["event"]: e for e in events}
        rows = list(self._rows([p for p in possible if p["event"] in known], events))
        shown.clear_options()
        shown.add_options(rows)
        ids = [row.id for row in rows]
        first = next((i for i, row in enumerate(rows) if not row.disabled), None)
        shown.highlighted = ids.index(was) if was is not None and was in ids else first
        if self.focused is None:
            shown.focus()

    def _rows(self, possible: list[Data], events: list[Data]) -> Iterator[Option]:
        """What can be recorded now, by whom it is done; what cannot, and why; what could have been, earlier."""
        parties = dict.fromkeys(p["by"] for p in sorted(possible, key=lambda p: p["by"] != ME) if p["ready"])
        for party in parties:
            name = self.titles.get("party", {}).get(party, party)
            yield self._head(self.say("record.by_me") if party == ME else self.say("record.by_party", party=name))
            yield from (self._option(p["event"], ()) for p in possible if p["ready"] and p["by"] == party)
        if any(not p["ready"] for p in possible):
            yield self._head(self.say("record.not_yet"))
        for each in (p for p in possible if not p["ready"]):
            lines = [line for m in each["missing"] for line in lacking(m, each["event"], self.words, self.titles)]
            yield self._option(each["event"], tuple(dict.fromkeys(lines)))
        earlier = {e["event"] for e in events} - {p["event"] for p in possible}
        if earlier:
            yield self._head(self.say("record.earlier"))
            yield from (self._option(e["event"], ()) for e in events if e["event"] in earlier)

    def _head(self, text: str) -> Option:
        return Option(Text(visible(text), "bold"), disabled=True)

    def _option(self, event: str, why: tuple[str, ...]) -> Option:
        title = visible(self.titles["event"].get(event, event))
        width = self.size.width - 6
        lines = [hanging(f"      {visible(line)}", width) for line in why]
        for line in lines:
            line.stylize("dim")
        return Option(Text("\n").join([Text(f"  {title}"), *lines]), id=event)

    @on(OptionList.OptionSelected, "#events")
    async def _choose(self, event: OptionList.OptionSelected) -> None:
        self.event = str(event.option_id)
        self._key, self._recorded, self._asked_to_save = secrets.token_hex(8), False, False
        self.refill()

    def leave(self) -> None:
        if not self._chosen_here or self.event is None:
            self.app.pop_screen()
        else:
            self.event, self.fields = None, ()
            self.query_one("#sheet").display = False
            self.query_one("#events").display = True
            self.query_one("#events").focus()
            self.form.fields = ()
            self.refill()

    # -- saving ------------------------------------------------------------------------------------------

    def would(self) -> Question:
        event, a = str(self.event), self.answers
        return lambda desk: desk.record(self.case, event, a.values, at=a.at, note=a.note, preview=True)

    async def write(self) -> None:
        event, a, accept = str(self.event), self.answers, self.preview.accepted
        if not self._recorded:
            await self.ask(
                lambda desk: desk.record(
                    self.case, event, a.values, at=a.at, note=a.note, head=self.seen, accept=accept, key=self._key
                )
            )
            self._recorded = True
        for file in self.files():
            if file not in self._attached:
                await self.ask(lambda desk, file=file: desk.attach(self.case, file, at=a.at))  # type: ignore[misc]
                self._attached.add(file)
