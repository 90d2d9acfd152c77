"""What was left half typed: taken up again, left for later, or thrown away."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from escalation.errors import NotFound
from escalation.wording import visible
from tui.screens.drafts import Key
from tui.screens.page import Page
from tui.widgets.hints import Hints
from tui.widgets.options import Options
from tui.widgets.preview import HIDDEN

if TYPE_CHECKING:
    from escalation.api import Desk

PLACES = {
    "record": ("record", "RecordScreen"), "correct": ("correct", "CorrectScreen"),
    "plan": ("plan", "PlanScreen"), "contract": ("contract", "ContractScreen"),
    "exhibit": ("exhibit", "ExhibitScreen"), "letter": ("letters", "LettersScreen"),
    "welcome": ("welcome", "WelcomeScreen"), "channel": ("channel_adding", "AddChannelScreen"),
}  # fmt: skip
"""Where a draft of each kind is written on: module and class; of other kinds, in its case."""


class HalfTypedScreen(Page):
    """A line for each draft. Enter goes on with it; Esc leaves all of them for later."""

    commands: ClassVar[tuple[str, ...]] = ("open", "back")
    name_of_help: ClassVar[str] = "page_half_typed"
    AUTO_FOCUS = "#drafts"
    DEFAULT_CSS = """
    HalfTypedScreen #about { height: auto; padding: 0 1; }
    HalfTypedScreen #drafts, HalfTypedScreen #drafts:focus { height: 1fr; border: none; padding: 0; }
    HalfTypedScreen #acts { height: auto; padding: 0 1; background: $panel; }
    HalfTypedScreen #sure { height: auto; padding: 0 1; background: $panel; display: none; }
    HalfTypedScreen Horizontal { height: auto; }
    HalfTypedScreen Button { margin: 0 2 0 0; min-width: 8; width: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[Key] = []

    def body(self) -> ComposeResult:
        yield Static("", id="about", markup=False)
        yield Options(id="drafts", compact=True)
        with Vertical(id="sure"):
            yield Static("", id="asked", markup=False)
            with Horizontal():
                yield Button("", id="no", compact=True)
                yield Button("", id="yes", compact=True, variant="warning")
        with Horizontal(id="acts"):
            yield Button("", id="go_on", compact=True, variant="primary")
            yield Button("", id="later", compact=True)
            yield Button("", id="none", compact=True)

    async def fill(self) -> None:
        drafts = self.app.drafts_of(self.store).all()
        if not drafts and self.is_current:
            self.app.pop_screen()  # all of them were written on and saved
            return
        lines = [await self._line(key) for key in drafts]
        self._keys = list(drafts)
        self.entitle(self.say("drafts.title"))
        self.query_one("#about", Static).update(self.say("drafts.about", n=len(drafts)))
        self.query_one("#asked", Static).update(self.say("drafts.sure", n=len(drafts)))
        for id in ("go_on", "later", "none", "no", "yes"):
            self.query_one(f"#{id}", Button).label = self.say(f"drafts.{id}")
        shown = self.query_one("#drafts", OptionList)
        at = shown.highlighted or 0
        shown.clear_options()
        shown.add_options(Option(line) for line in lines)
        shown.highlighted = min(at, len(lines) - 1) if lines else None

    async def say_again(self) -> None:
        self.query_one(Hints).refresh()
        self.refill()

    async def _line(self, key: Key) -> Text:
        """What it is, and in which case."""
        kind, case = str(key[0]), str(key[1]) if len(key) > 1 else None
        about = f"drafts.of_{kind}"
        what = self.say(about if self.words.has(about) else "drafts.of_other")
        if case is None:
            return Text(what)

        def question(desk: Desk) -> tuple[str, Any]:
            return str(desk.show(case)["title"] or ""), desk.titles(case)

        try:
            title, titles = await self.ask(question)
        except NotFound:
            return Text(what + self.words.say("word.colon") + self.say("drafts.case_gone"))
        if kind == "record" and len(key) > 2 and key[2] in titles["event"]:
            what += self.words.say("word.colon") + visible(titles["event"][key[2]])
        return Text(f"{what}  {HIDDEN if self.app.masked else visible(title)}")

    def action_open(self) -> None:
        """Go on with the chosen one."""
        at = self.query_one("#drafts", OptionList).highlighted
        if at is not None and at < len(self._keys):
            self.app.push_screen(_page(self._keys[at]))

    @on(OptionList.OptionSelected, "#drafts")
    @on(Button.Pressed, "#go_on")
    def _go_on(self) -> None:
        self.action_open()

    @on(Button.Pressed, "#later")
    def _later(self) -> None:
        self.action_back()

    @on(Button.Pressed, "#none")
    def _ask(self) -> None:
        self._sure(True)

    @on(Button.Pressed, "#no")
    def _not_sure(self) -> None:
        self._sure(False)

    @on(Button.Pressed, "#yes")
    def _throw_away(self) -> None:
        self.app.drafts_of(self.store).drop(*self._keys)
        self.app.pop_screen()

    def action_back(self) -> None:
        if self.query_one("#sure").display:
            self._sure(False)
        else:
            super().action_back()

    def _sure(self, asked: bool) -> None:
        self.query_one("#sure").display = asked
        self.query_one("#acts").display = not asked
        self.query_one("#no" if asked else "#drafts").focus()


def _page(key: Key) -> Screen[Any]:
    """Where a draft is written on."""
    kind, about = str(key[0]), key[1:]
    if kind not in PLACES:
        from tui.screens.case import CaseScreen

        return CaseScreen(str(key[1]))
    module, name = PLACES[kind]
    made: Screen[Any] = getattr(import_module(f"tui.screens.{module}"), name)(*about)
    return made
