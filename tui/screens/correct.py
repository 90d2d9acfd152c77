"""Correcting an earlier entry, and taking the last one back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from escalation.wording import Titles
from tui.forms import AT, NOTE, Field, fields_of
from tui.screens.drafts import Key
from tui.screens.entry_words import as_typed, entry_said
from tui.screens.sheet import Question, Sheet, special
from tui.widgets.hints import Hints
from tui.widgets.preview import Preview

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]


class CorrectScreen(Sheet):
    """The form of an earlier entry, filled in: what is changed is amended, and what never happened withdrawn."""

    name_of_help: ClassVar[str] = "correct_page"

    def __init__(self, case: str, seq: int) -> None:
        super().__init__(case)
        self.seq = seq
        self._gone = False
        self._kind = ""

    def draft_key(self) -> Key:
        return ("correct", self.case, self.seq)

    def acts(self) -> ComposeResult:
        yield from super().acts()
        yield Button(self.say("record.never"), id="never", compact=True)
        yield Button(self.say("record.no"), id="no", compact=True)
        yield Button(self.say("record.yes_never"), id="yes_never", compact=True, variant="warning")

    async def read(self) -> None:
        def question(desk: Desk) -> tuple[Data, Titles, list[Data], Data]:
            return desk.show(self.case), desk.titles(self.case), desk.log(self.case), desk.asks(self.case, self.seq)

        shown, self.titles, log, asks = await self.ask(question)
        self.now = datetime.fromisoformat(shown["as_of"])
        row = next(r for r in log if r["seq"] == self.seq)
        row = {**row, **(row.get("now") or {})}
        self._kind = row["kind"]
        self.fields = self._fields(asks)
        self.initial = as_typed(row)
        text = entry_said(self.words, self.titles, row, self.app.masked)
        self.entitle_case(self.say("record.correct", seq=self.seq, text=text), shown["title"])
        self._show_acts()

    def _fields(self, asks: Data) -> tuple[Field, ...]:
        if self._kind in ("amend", "withdraw", "migrate"):
            return special(self.say, NOTE)[:0]
        note = () if self._kind == "opened" else special(self.say, NOTE)
        if self._kind == "check":
            asks = {"done": {**asks["done"], "title": self.say("form.done_title")}}
        return (*special(self.say, AT), *fields_of(asks), *note)

    def _show_acts(self) -> None:
        for id in ("save", "leave", "never"):
            self.query_one(f"#{id}").display = not self._gone and (id != "never" or self._kind != "opened")
        for id in ("no", "yes_never"):
            self.query_one(f"#{id}").display = self._gone

    def would(self) -> Question | None:
        if self._gone:
            return lambda desk: desk.withdraw(self.case, self.seq, preview=True)
        changed = self._changed_only()
        return (lambda desk: desk.amend(self.case, self.seq, preview=True, **changed)) if changed else None

    def _changed_only(self) -> Data:
        """What differs from how it stands, as `amend` takes it."""
        typed, a = self.form.typed, self.answers
        other = {n for n in (f.name for f in self.fields) if typed.get(n, "") != self.initial.get(n, "")}
        found: Data = {}
        if AT in other:
            found["at"] = a.at or a.shown[AT]
        if NOTE in other:
            found["note"] = a.note or ""
        data = {n: a.values.get(n, "") for n in sorted(other - {AT, NOTE})}
        return found | ({"data": data} if data else {})

    async def write(self) -> None:
        accept, changed = self.preview.accepted, self._changed_only()
        if self._gone:
            await self.ask(lambda desk: desk.withdraw(self.case, self.seq, head=self.seen, accept=accept))
        elif changed:
            await self.ask(lambda desk: desk.amend(self.case, self.seq, head=self.seen, accept=accept, **changed))

    @on(Button.Pressed, "#never")
    def _never(self) -> None:
        self._turn(True, "#no")

    @on(Button.Pressed, "#no")
    def _not_never(self) -> None:
        self._turn(False, "#never")

    @on(Button.Pressed, "#yes_never")
    @work(exclusive=True, group="save")
    async def _withdraw(self) -> None:
        if not self.preview.all_accepted:
            self.hold(self.say("record.accept_first"))
            return
        await self.kept(self.write)

    @property
    def ready(self) -> bool:
        return self._gone or super().ready

    def _turn(self, gone: bool, focus: str) -> None:
        self._gone = gone
        self._show_acts()
        self.query_one(focus).focus()
        self.hold("")
        self.work_out()

    def action_back(self) -> None:
        if self._gone:
            self._turn(False, "#never")
        else:
            super().action_back()


class UndoScreen(Sheet):
    """The last entry that can be taken back, what that would change, and one question with the focus on no."""

    commands: ClassVar[tuple[str, ...]] = ("back",)
    name_of_help: ClassVar[str] = "undo_page"
    AUTO_FOCUS = "#no"
    DEFAULT_CSS = """
    UndoScreen #what { height: auto; padding: 1 1 0 1; }
    UndoScreen Preview { max-height: 70%; }
    """

    def __init__(self, case: str) -> None:
        super().__init__(case)
        self.target: int | None = None

    def draft_key(self) -> Key:
        return ("undo", self.case)

    def body(self) -> ComposeResult:
        with VerticalScroll(id="what", can_focus=False):
            yield Static("", id="entry", markup=False)
        yield Preview(id="preview")
        with Horizontal(id="acts"):
            yield Button(self.say("record.no"), id="no", compact=True)
            yield Button(self.say("record.yes_undo"), id="yes_undo", compact=True, variant="warning")

    async def say_again(self) -> None:
        for button in self.query(Button):
            button.label = self.say(f"record.{button.id}")
        self.query_one(Hints).refresh()
        self.refill()

    async def fill(self) -> None:
        shown, self.titles, log = await self.ask(
            lambda desk: (desk.show(self.case), desk.titles(self.case), desk.log(self.case))
        )
        self.entitle_case(self.say("record.undo"), shown["title"])
        row = next((r for r in reversed(log) if not r["withdrawn"] and r["kind"] not in ("opened", "withdraw")), None)
        self.target = row["seq"] if row else None
        self.query_one("#yes_undo").display = row is not None
        what = self.query_one("#entry", Static)
        if row is None:
            what.update(self.say("record.nothing_to_undo"))
            return
        text = entry_said(self.words, self.titles, {**row, **(row.get("now") or {})}, self.app.masked)
        at = self.words.instant(row["occurred_at"], shown["as_of"])
        what.update(Text(self.say("record.undo_what", seq=row["seq"], text=text, at=at)))
        self.work_out()

    def would(self) -> Question | None:
        target = self.target
        return (lambda desk: desk.withdraw(self.case, target, preview=True)) if target is not None else None

    async def write(self) -> None:
        target, accept = self.target, self.preview.accepted
        if target is not None:
            await self.ask(lambda desk: desk.withdraw(self.case, target, head=self.seen, accept=accept))

    @on(Button.Pressed, "#yes_undo")
    @work(exclusive=True, group="save")
    async def _undo(self) -> None:
        if not self.preview.all_accepted:
            self.hold(self.say("record.accept_first"))
            return
        await self.kept(self.write)

    @on(Button.Pressed, "#no")
    def _no(self) -> None:
        self.app.pop_screen()

    def action_back(self) -> None:
        self.app.pop_screen()
