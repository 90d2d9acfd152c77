"""The contract, clause by clause: entered, checked against the rules while one types, kept only when asked to."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.widgets import Button

from escalation.errors import EscalationError
from escalation.reading import DEFAULT_ZONE
from escalation.wording import error_lines
from states.errors import ProcedureError
from tui.commands import bindings
from tui.forms import Field, problem_said, read_form
from tui.screens.contract_words import clause_hidden, covered
from tui.screens.drafts import Key, Typed
from tui.screens.page import Page
from tui.screens.sheet import PAUSE
from tui.text import told
from tui.widgets.form import Form
from tui.widgets.hints import Hints
from tui.widgets.preview import HIDDEN
from tui.widgets.prose import Prose

Data = dict[str, Any]
PAST = {"signed_on": "past"}
"""Clauses whose day has come: the 20th of December is last year's."""


class ContractScreen(Page):
    """The clauses of one's contract, and what they come to while they are typed. Kept only when asked to."""

    commands: ClassVar[tuple[str, ...]] = ("save", "back")
    name_of_help: ClassVar[str] = "page_contract"
    BINDINGS: ClassVar[list[BindingType]] = bindings("save")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-usual"), (100, "-wide")]
    DEFAULT_CSS = """
    ContractScreen #both { height: 1fr; layout: vertical; }
    ContractScreen.-wide #both { layout: horizontal; }
    ContractScreen #findings { height: 1fr; padding: 0 1; background: $panel; scrollbar-gutter: stable; }
    ContractScreen #acts { height: auto; padding: 0 1; background: $panel; }
    ContractScreen Button { margin: 0 2 0 0; min-width: 8; width: auto; }
    """

    def __init__(self, case: str | None = None) -> None:
        super().__init__()
        self.case = case
        self.kept: dict[str, str] = {}
        """What the case holds, as it would be typed."""
        self._now: datetime | None = None
        self._clauses: list[Data] = []
        self._found: Data | None = None

    def body(self) -> ComposeResult:
        with Vertical(id="both"):
            yield Form(id="form")
            with VerticalScroll(id="findings"):
                yield Prose(id="found")
        with Horizontal(id="acts"):
            yield Button(self.say("ground_screen.keep"), id="keep", compact=True, variant="primary")
            yield Button(self.say("command.back"), id="leave", compact=True)

    @property
    def form(self) -> Form:
        return self.query_one("#form", Form)

    async def fill(self) -> None:
        self.entitle(self.say("ground_screen.contract"))
        self.query_one("#keep", Button).label = self.say("ground_screen.keep")
        self.query_one("#keep").display = self.case is not None
        self.query_one("#leave", Button).label = self.say("command.back")
        self._now, self._clauses, self._found = await self.ask(
            lambda desk: (desk.now().astimezone(DEFAULT_ZONE), desk.ground.clauses(), desk.ground.contract(self.case))
        )
        assert self._found is not None
        before, self.kept = self.kept, {name: _typed(value) for name, value in self._found["clauses"].items()}
        draft = self.app.drafts_of(self.store).get(self.draft_key()) or {}
        if await self.form.ask(self._fields(), self.kept | draft):
            self.form.focus_first()
        else:
            self._follow(before)
        await self._check()

    def _follow(self, before: dict[str, str]) -> None:
        """What another process kept appears where nothing was typed over it: with the next opening of the form."""
        for name, value in self.kept.items():
            if self.form.typed.get(name, "") == before.get(name, "") != value:
                self.form.about(name, self.say("ground_screen.moved", value=HIDDEN if self.app.masked else value))

    def _fields(self) -> tuple[Field, ...]:
        return tuple(
            Field(each["id"], each["title"], PAST.get(each["id"]) or each["type"], of=tuple(each["of"] or ()),
                  limits={"max_length": 300} if each["type"] == "text" else {"min": 0})
            for each in self._clauses
        )  # fmt: skip

    @on(Form.Changed)
    def _changed(self) -> None:
        self._look()

    @work(exclusive=True, group="check")
    async def _look(self) -> None:
        """What is typed, read against the rules, after a moment's quiet."""
        await asyncio.sleep(PAUSE)
        try:
            await self._check()
        except (EscalationError, ProcedureError) as error:
            self.notice("\n".join(error_lines(error, self.app.lang)))

    async def _check(self) -> None:
        values = self._values()
        if values is None:
            return
        empty = {field.name: "" for field in self.form.fields if field.name not in values}
        self._found = await self.ask(lambda desk: desk.ground.contract(self.case, **(empty | values)))
        self._show()

    def _values(self) -> dict[str, Any] | None:
        """What is typed and can be taken; what is wrong is said below its field."""
        if self._now is None or not self.form.fields:
            return None
        answers = read_form(self.form.fields, self.form.typed, self._now)
        where = {each["id"]: each["where"] for each in self._clauses}
        for field in self.form.fields:
            problem = answers.problems.get(field.name)
            hint = "" if self.form.typed.get(field.name) else where[field.name]
            self.form.about(field.name, problem_said(self.words, problem) if problem else hint, bad=problem is not None)
        return {name: value for name, value in answers.values.items() if value not in (None, "")}

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        if self._found is None:
            return
        width = max(self.query_one("#found").content_size.width, 24)
        found = self._found | {"missing": []}  # they stand in the form
        if self.app.masked:
            found = clause_hidden(found)
        if found["clauses"]:
            text = told("contract", found, self.app.lang, width, clauses=self._clauses)
        else:
            text = Text(self.say("ground_screen.nothing_yet"))
        text.append(f"\n\n{self.say('note.not_advice')}", "dim")
        self.query_one("#found", Prose).put(covered(text) if self.app.masked else text)

    async def say_again(self) -> None:
        self.query_one(Hints).refresh()
        self.refill()

    @on(Button.Pressed, "#leave")
    def _leave(self) -> None:
        self.action_back()

    @on(Button.Pressed, "#keep")
    def action_save(self) -> None:
        """Keep what changed as facts of the case."""
        if self.case is None:
            self.notice(self.say("ground_screen.no_case"))
            return
        self._keep()

    @work(exclusive=True, group="write")
    async def _keep(self) -> None:
        case, values = self.case, self._values() or {}
        changed = {name: value for name, value in values.items() if _typed(value) != self.kept.get(name)}
        if case is None or not changed:
            self.app.notify(self.say("ground_screen.no_change"), timeout=3, markup=False)
            return
        try:
            await self.ask(lambda desk: desk.ground.keep_contract(case, changed))
        except (EscalationError, ProcedureError) as error:
            self.notice("\n".join(error_lines(error, self.app.lang)))
            return
        self.app.drafts_of(self.store).drop(self.draft_key())
        self.app.notify(self.say("clause.kept"), timeout=3, markup=False)
        self.app.pop_screen()

    def draft_key(self) -> Key:
        return ("contract", self.case) if self.case is not None else ("contract",)

    def unsaved(self) -> Typed | None:
        """What was typed over what the case holds; also that something was taken out."""
        if self._now is None:
            return None
        typed = {name: text for name, text in self.form.typed.items() if text != self.kept.get(name, "")}
        return typed or None

    def action_back(self) -> None:
        """Nothing is kept in the case, and nothing typed is lost."""
        typed, drafts = self.unsaved(), self.app.drafts_of(self.store)
        if typed:
            drafts.keep(self.draft_key(), typed)
            self.app.notify(self.say("ground_screen.draft"), timeout=3, markup=False)
        elif self._now is not None:
            drafts.drop(self.draft_key())
        super().action_back()


def _typed(value: object) -> str:
    """A clause as it is typed."""
    return str(value).lower() if isinstance(value, bool) else str(value)
