"""Whom to trust: a guided check of a third party, one question after the other; what it comes to; onto the log."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.events import Resize
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from escalation.errors import EscalationError
from escalation.wording import error_lines
from states.errors import ProcedureError
from tui.commands import bindings
from tui.screens.page import Page
from tui.text import told
from tui.widgets.choice import Choice
from tui.widgets.hints import Hints
from tui.widgets.options import Options
from tui.widgets.prose import Prose

Data = dict[str, Any]
ANSWERS = ("yes", "no", "unknown")


class TrustScreen(Page):
    """First of what kind they are, then the questions, then the verdict. Esc goes back one, and nothing is lost."""

    commands: ClassVar[tuple[str, ...]] = ("forward", "back")
    name_of_help: ClassVar[str] = "page_trust"
    BINDINGS: ClassVar[list[BindingType]] = bindings("forward")
    DEFAULT_CSS = """
    TrustScreen #heading { height: auto; max-height: 3; padding: 0 1; text-style: bold; }
    TrustScreen #kinds { height: 1fr; border: none; background: $background; }
    TrustScreen #answer { padding: 0 1; }
    TrustScreen #name { height: 1; border: none; padding: 0 1; background: $panel; }
    TrustScreen #text { height: 1fr; padding: 0 1; scrollbar-gutter: stable; }
    TrustScreen #acts { height: auto; padding: 0 1; background: $panel; }
    TrustScreen Button { margin: 0 2 0 0; min-width: 8; width: auto; }
    """

    def __init__(self, case: str | None = None) -> None:
        super().__init__()
        self.case = case
        self.kind: str | None = None
        self.step = 0
        """0: of what kind. Then the questions from 1. After the last: what it comes to."""
        self.answers: dict[str, str] = {}
        self.called = ""
        """The name that was typed."""
        self._found: Data | None = None
        self._shown: tuple[str | None, int] | None = None

    def body(self) -> ComposeResult:
        yield Static("", id="heading", markup=False)
        yield Options(id="kinds")
        yield Input(self.called, id="name", compact=True)
        yield Choice([(each, each) for each in ANSWERS], id="answer")
        with VerticalScroll(id="text"):
            yield Prose(id="words")
        with Horizontal(id="acts"):
            yield Button("", id="forward", compact=True, variant="primary")
            yield Button("", id="before", compact=True)

    # -- showing -----------------------------------------------------------------------------------------

    async def fill(self) -> None:
        self.entitle(self.say("trust_screen.title"))
        kinds = await self.ask(lambda desk: desk.ground.third_parties())
        kind, answers, name = self.kind, dict(self.answers), self.called
        if kind is not None:
            self._found = await self.ask(lambda desk: desk.ground.trust(kind, answers, name or None))
        self._show(kinds)

    @property
    def questions(self) -> list[Data]:
        return self._found["questions"] if self._found is not None else []

    @property
    def at_end(self) -> bool:
        return self.kind is not None and self.step > len(self.questions)

    def _show(self, kinds: list[Data]) -> None:
        first, asking = self.step == 0, 0 < self.step <= len(self.questions)
        for id, there in (("kinds", first), ("answer", asking), ("text", not first), ("before", not first)):
            self.query_one(f"#{id}").display = there
        self.query_one("#name").display = self.at_end and self.case is not None
        self.query_one("#name", Input).placeholder = self.say("trust_screen.name")
        self.query_one("#name", Input).password = self.app.masked
        self.query_one("#before", Button).label = self.say("trust_screen.before")
        last = "record" if self.case is not None else "done"
        self.query_one("#forward", Button).label = self.say(f"trust_screen.{last if self.at_end else 'forward'}")
        if first:
            self._show_kinds(kinds)
        elif asking:
            self._show_question()
        self._words()
        self.call_after_refresh(self._words)  # how wide they may be, is known when they have a place
        for button in self.query(Button):
            button.refresh(layout=True)
        if self._shown != (self.kind, self.step):
            self._shown = (self.kind, self.step)
            self.query_one("#text").scroll_home(animate=False)
            self._focus(first, asking)

    def _focus(self, first: bool, asking: bool) -> None:
        at_name = self.at_end and self.case is not None
        self.query_one("#kinds" if first else "#answer" if asking else "#name" if at_name else "#forward").focus()

    def _show_kinds(self, kinds: list[Data]) -> None:
        self.query_one("#heading", Static).update(self.say("trust.kinds"))
        shown = self.query_one("#kinds", OptionList)
        was = shown.highlighted
        shown.clear_options()
        shown.add_options(Option(Text(each["title"]), id=each["kind"]) for each in kinds)
        shown.highlighted = was if was is not None else 0

    def _show_question(self) -> None:
        choice = self.query_one("#answer", Choice)
        choice.offer([(each, self.say(f"trust.{each}")) for each in ANSWERS])
        choice.value = self.answers.get(self.questions[self.step - 1]["id"], "")

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self._words)

    def _words(self) -> None:
        """The question with why and how; or what it all comes to."""
        found = self._found
        if found is None or self.step == 0:
            return
        lang, width = self.app.lang, max(self.query_one("#words").content_size.width, 24)
        heading = self.query_one("#heading", Static)
        if self.at_end:
            heading.update(self.say("trust.heading", title=found["title"]))
            shown = found | {"name": None}  # it stands in the line above
            text = told("trust", shown, lang, width).split("\n", allow_blank=True)
            words = Text("\n").join(text[2:])
            words.append(f"\n\n{self.say('note.not_advice')}", "dim")
        else:
            each, of = self.questions[self.step - 1], len(self.questions)
            heading.update(self.say("trust.ask", n=self.step, of=of, text=each["text"]))
            text = told("trust_question", each, lang, width, n=self.step, of=of).split("\n", allow_blank=True)
            begins = next(i for i, line in enumerate(text) if line.plain.startswith("  "))
            words = Text("\n").join(text[begins:])
        self.query_one("#words", Prose).put(words)

    async def say_again(self) -> None:
        self.query_one(Hints).refresh()
        self.refill()

    # -- answering ---------------------------------------------------------------------------------------

    @on(OptionList.OptionSelected, "#kinds")
    def _kind_chosen(self, event: OptionList.OptionSelected) -> None:
        if event.option.id != self.kind:
            self.kind, self._found = event.option.id, None
        self.step = 1
        self.refill()

    @on(Choice.Chosen)
    def _answered(self, event: Choice.Chosen) -> None:
        asked = self.questions[self.step - 1]["id"]
        if event.value:
            self.answers[asked] = event.value
        else:
            self.answers.pop(asked, None)

    def key_enter(self) -> None:
        if isinstance(self.focused, Choice):
            self.action_forward()

    @on(Input.Changed, "#name")
    def _naming(self, event: Input.Changed) -> None:
        self.called = event.value

    @on(Input.Submitted, "#name")
    @on(Button.Pressed, "#forward")
    def action_forward(self) -> None:
        """The next question. At the end: log it, or leave."""
        if self.step == 0:
            self.query_one("#kinds", OptionList).action_select()
        elif not self.at_end:
            self.step += 1
            self.refill()
        elif self.case is None:
            super().action_back()
        else:
            self._record()

    @on(Button.Pressed, "#before")
    def _before(self) -> None:
        self.action_back()

    def action_back(self) -> None:
        """The question before; from the first page back to where one came from."""
        if self.step == 0:
            super().action_back()
            return
        self.step -= 1
        self.refill()

    @work(exclusive=True, group="write")
    async def _record(self) -> None:
        case, kind, answers, name = self.case, self.kind, dict(self.answers), self.called.strip()
        if case is None or kind is None:
            return
        if not name:
            self.notice(self.say("trust_screen.name_first"))
            self.query_one("#name").focus()
            return
        try:
            await self.ask(lambda desk: desk.ground.record_trust(case, kind, answers, name))
        except (EscalationError, ProcedureError) as error:
            self.notice("\n".join(error_lines(error, self.app.lang)))
            return
        self.app.notify(self.say("trust_screen.recorded"), timeout=4, markup=False)
        self.app.pop_screen()
