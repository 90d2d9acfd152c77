"""Letters of one case: which there are, what they ask, the text as it will be sent, and the file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Button, ContentSwitcher, Input, OptionList, TextArea

from escalation.errors import BadInput, EscalationError
from escalation.wording import error_lines
from states.errors import ProcedureError
from tui.commands import bindings
from tui.screens.letter_file import LetterFile
from tui.screens.letter_words import listed, missing_said, remedy, told_beside
from tui.screens.sheet import PAUSE
from tui.text import masked
from tui.widgets.choice import Choice
from tui.widgets.form import Form
from tui.widgets.hints import Hints
from tui.widgets.options import Options
from tui.widgets.prose import Prose
from tui.widgets.tone import Tone

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
TABS = ("list", "write", "english")


class LettersScreen(LetterFile):
    """Three pages of one screen: the list, the letter with what it asks, and the English version to read."""

    commands: ClassVar[tuple[str, ...]] = (
        "save", "letters_list", "letters_write", "letters_english", "letters_first", "copy", "back",
    )  # fmt: skip
    name_of_help: ClassVar[str] = "letters_page"
    AUTO_FOCUS = "#letters"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-usual"), (100, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "save", "letters_list", "letters_write", "letters_english", "letters_first", "copy"
    )
    DEFAULT_CSS = """
    LettersScreen #tabs { padding: 0 1; }
    LettersScreen ContentSwitcher { height: 1fr; }
    LettersScreen #letters, LettersScreen #letters:focus { border: none; padding: 0; height: 1fr; }
    LettersScreen Form { height: 1fr; }
    LettersScreen #text_scroll { height: 1fr; background: $panel; padding: 0 1; }
    LettersScreen #english_scroll { height: 1fr; padding: 0 1; }
    LettersScreen #acts { height: auto; padding: 0 1; background: $panel; }
    LettersScreen Button { margin: 0 2 0 0; min-width: 8; width: auto; }
    LettersScreen.-wide #both { layout: horizontal; }
    LettersScreen.-wide #both Form { width: 1fr; }
    LettersScreen.-wide #text_scroll { width: 1fr; }
    LettersScreen.-narrow #text_scroll { height: 3; }
    """

    def __init__(self, case: str, document: str | None = None) -> None:
        super().__init__(case, document)
        self.tab = "write" if document else "list"
        self.offered: list[Data] = []
        self._found: Data | None = None
        """The letter as it is now; None while something is missing."""
        self._begins = document is not None
        """Whether a letter was just chosen: typing then begins where something is missing."""
        self._first: Mapping[str, Any] | None = None
        """What it lacks and no field can give: to be done elsewhere, before it can be written."""

    # -- what it is made of ------------------------------------------------------------------------------

    def body(self) -> ComposeResult:
        yield Choice(self._tabs(), self.tab, clearable=False, id="tabs")
        with ContentSwitcher(initial=self.tab, id="switch"):
            with Vertical(id="list"):
                yield Options(id="letters")
            with Vertical(id="write"):
                with Vertical(id="both"):
                    yield Form(id="form")
                    with VerticalScroll(id="text_scroll"):
                        yield Prose(id="text")
                yield Tone(id="tone")
            with VerticalScroll(id="english"), VerticalScroll(id="english_scroll"):
                yield Prose(id="reading")
        with Horizontal(id="acts"):
            for id in ("first", "save", "copy", "keep", "back"):
                yield Button("", id=id, compact=True, variant="primary" if id == "save" else "default")

    def _tabs(self) -> list[tuple[str, str]]:
        return [(tab, f"{i} {self.say(f'command.letters_{tab}')}") for i, tab in enumerate(TABS, 1)]

    async def say_again(self) -> None:
        """In the language that is on, in place: what is typed, and where one was, stays."""
        self.query_one("#tabs", Choice).offer(self._tabs())
        self.query_one(Hints).refresh()
        self._held = ""
        self.refill()

    # -- reading -----------------------------------------------------------------------------------------

    async def fill(self) -> None:
        document = self.document

        def question(desk: Desk) -> tuple[Data, list[Data], list[Data]]:
            asked = desk.letters.asked(self.case, document) if document else []
            return desk.show(self.case), desk.letters.offered(self.case), asked

        show, self.offered, asked = await self.ask(question)
        self.now = datetime.fromisoformat(show["as_of"])
        title = masked(show["title"]) if self.app.masked else show["title"]
        self.entitle(self.say("letters_screen.title", title=title))
        self._show_list()
        if document is not None:
            row = next((r for r in self.offered if r["document"] == document), None)
            await self.put(asked, row["title"] if row else document)
            self._first = None if row is None else remedy(row["missing"])
            if self._begins:
                self._begins = False
                self.form.focus_first()
        self._show_acts()
        self.check()
        self.work_out()

    def _show_list(self) -> None:
        shown = self.query_one("#letters", OptionList)
        at = shown.highlighted
        shown.clear_options()
        shown.add_options(listed(self.words, self.offered, self.size.width - 3))  # a scroll bar may come
        chosen = next((i for i, o in enumerate(shown.options) if o.id == self.document), None)
        first = next((i for i, o in enumerate(shown.options) if not o.disabled), None)
        shown.highlighted = at if at is not None and at < shown.option_count else (chosen or first)

    def _show_acts(self) -> None:
        labels = {"save": "letters_screen.write", "copy": "letters_screen.copy", "keep": "letters_screen.keep_facts"}
        for button in self.query("#acts Button").results(Button):
            button.label = self.say(labels.get(button.id or "", "command.back"))
            button.refresh(layout=True)  # as wide as it is called now
        writing = self.tab == "write" and self.document is not None
        first = self.query_one("#first", Button)
        first.display = self.tab == "write" and self._first is not None
        first.label = self.say(f"letters_screen.first_{self._first['kind']}") if self._first is not None else ""
        self.query_one("#save").display = self.query_one("#copy").display = writing
        self.query_one("#keep").display = writing and bool(self._facts())

    # -- what is typed -----------------------------------------------------------------------------------

    @on(Form.Changed)
    def _typed_on(self) -> None:
        self.hold("")
        self._written.discard(self.document or "")
        draft = self._draft
        draft.clear()
        draft.update({n: t for n, t in self.form.typed.items() if t != self._initial.get(n, "")})
        self.check()
        self._show_acts()
        self.work_out()

    @work(exclusive=True, group="work_out")
    async def work_out(self) -> None:
        """The text as it would be sent now; the newest question wins."""
        await asyncio.sleep(PAUSE)
        document, english = self.document, self.tab == "english"
        if not self.is_mounted or self.now is None or document is None or self.tab == "list":
            return
        values = self._values
        self._found = None
        shown = self.query_one("#reading" if english else "#text", Prose)
        try:
            if english:
                found = await self.ask(lambda desk: desk.letters.text(self.case, document, values, english=True))
            else:
                found = self._found = await self.ask(lambda desk: desk.letters.text(self.case, document, values))
        except BadInput:
            lacks = await self.ask(lambda desk: desk.letters.missing(self.case, document, values))
            self._first = remedy(lacks)
            self._show_acts()
            shown.put(missing_said(self.words, lacks))
            self._sound(None)
        except (EscalationError, ProcedureError) as error:
            shown.put(Text("\n".join(error_lines(error, self.app.lang))))
            self._sound(None)
        else:
            self._first = None
            self._show_acts()
            text = Text(masked(found["plain"]) if self.app.masked else found["plain"])
            shown.put(Text("\n\n").join([text, told_beside(self.words, found)]))
            self._sound(None if english else found["tone"])

    def on_resize(self) -> None:
        self._show_list()  # its lines break anew

    def _sound(self, found: list[Data] | None) -> None:
        self.query_one(Tone).tell(found)

    # -- what can be done --------------------------------------------------------------------------------

    @on(Choice.Chosen, "#tabs")
    def _turned(self, event: Choice.Chosen) -> None:
        self._turn(event.value)

    def action_tab(self, tab: str) -> None:
        """Another page, by its digit."""
        self.query_one("#tabs", Choice).take(tab)

    def _turn(self, tab: str) -> None:
        if tab != "list" and self.document is None:
            at = self.query_one("#letters", OptionList).highlighted_option
            self.document = at.id if at is not None else None
        self.lay_down()
        self.tab = tab
        self.query_one("#switch", ContentSwitcher).current = tab
        self._asked_to_save = False
        self.hold("")
        self.refill()

    @on(OptionList.OptionSelected, "#letters")
    def _opened(self, event: OptionList.OptionSelected) -> None:
        self.lay_down()
        self.document = event.option.id
        self._initial = {}
        self._begins = True
        self.action_tab("write")

    def action_back(self) -> None:
        """From a field to the line of pages, from a letter to the list, from there to where one came from."""
        if isinstance(self.focused, Input | TextArea):
            self.query_one("#tabs").focus()
        elif self.tab != "list":
            self.action_tab("list")
            self.query_one("#letters").focus()
        else:
            self.lay_down()
            super().action_back()

    def key_down(self) -> None:
        self._scroll(1)

    def key_up(self) -> None:
        self._scroll(-1)

    def key_pagedown(self) -> None:
        self._scroll(max(self.size.height - 8, 1))

    def key_pageup(self) -> None:
        self._scroll(-max(self.size.height - 8, 1))

    def _scroll(self, by: int) -> None:
        """From the line of pages, through the letter."""
        if self.focused is not None and self.focused.id == "tabs" and self.tab != "list":
            part = "#text_scroll" if self.tab == "write" else "#english_scroll"
            self.query_one(part).scroll_relative(y=by, animate=False)

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        await self.run_action(f"screen.{event.button.id}")

    def action_first(self) -> None:
        """To where one does what the letter waits for; it is taken up again from there."""
        if self._first is None:
            self.hold(self.say("letters_screen.nothing_first"))
        else:
            self.app.push_screen(place_of(self.case, self._first))

    def action_copy(self) -> None:
        """The letter without signs, for the form of an app or a page, by way of the terminal."""
        if self._found is None:
            self.hold(self.say("letters_screen.nothing_to_copy"))
            return
        self.app.copy_to_clipboard(self._found["plain"])
        self.app.notify(self.say("letters_screen.copied"), timeout=4)


def place_of(case: str, lack: Mapping[str, Any]) -> Screen[Any]:
    """Where what is missing is done: an event recorded, a file attached, a budget filled in."""
    if lack["kind"] == "exhibits":
        from tui.screens.exhibit import ExhibitScreen

        return ExhibitScreen(case)
    if lack["kind"] == "capacity":
        from tui.screens.plan import PlanScreen

        return PlanScreen(case, "budget")
    from tui.screens.record import RecordScreen

    return RecordScreen(case, {"event": lack["name"], "contacts": "contact_logged"}.get(lack["kind"]))
