"""Money of one case: what can be paid a month, ways to pay compared, the agreed plan and its payments."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, ContentSwitcher, Input, Static, TextArea

from tui.commands import bindings
from tui.forms import Field
from tui.screens.plan_work import PlanWork
from tui.text import masked, told
from tui.widgets.choice import Choice
from tui.widgets.form import Form
from tui.widgets.hints import Hints

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
TABS = ("budget", "compare", "offer", "agreed")
AGREED = "agreement_signed"
"""The event that a plan begins with."""


class PlanScreen(PlanWork):
    """Budget, comparison, a plan of one's own, and the agreed plan: four pages of one screen."""

    commands: ClassVar[tuple[str, ...]] = (
        "save", "plan_budget", "plan_compare", "plan_offer", "plan_agreed", "export", "back",
    )  # fmt: skip
    name_of_help: ClassVar[str] = "plan_page"
    AUTO_FOCUS = "#tabs"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-usual"), (100, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "save", "plan_budget", "plan_compare", "plan_offer", "plan_agreed", "export"
    )
    DEFAULT_CSS = """
    PlanScreen #tabs { padding: 0 1; }
    PlanScreen ContentSwitcher { height: 1fr; }
    PlanScreen #agreed Form, PlanScreen #result { height: auto; max-height: 50%; }
    PlanScreen #result, PlanScreen #would { padding: 0 1; background: $panel; }
    PlanScreen #would { height: auto; max-height: 3; display: none; }
    PlanScreen #offer_hint { height: auto; padding: 0 1; color: $secondary; }
    PlanScreen .told { height: 1fr; padding: 0 1; }
    PlanScreen #acts { height: auto; padding: 0 1; background: $panel; }
    PlanScreen Button { margin: 0 2 0 0; min-width: 8; width: auto; }
    PlanScreen.-wide #budget { layout: horizontal; }
    PlanScreen.-wide #budget Form { width: 1fr; }
    PlanScreen.-wide #result { width: 64; height: 1fr; max-height: 100%; }
    PlanScreen.-narrow #agreed Form { max-height: 3; }
    PlanScreen.-narrow #would { max-height: 1; }
    """

    # -- what it is made of --------------------------------------------------------------------------------

    def body(self) -> ComposeResult:
        yield Choice(self._tabs(), self.tab, clearable=False, id="tabs")
        with ContentSwitcher(initial=self.tab, id="switch"):
            with Vertical(id="budget"):
                yield Form(id="form-budget")
                with VerticalScroll(id="result"):
                    yield Static("", id="capacity", markup=False)
            with VerticalScroll(id="compare", classes="told"):
                yield Static("", id="comparison", markup=False)
            with Vertical(id="offer"):
                yield Static(self.say("plan_screen.offer_hint"), id="offer_hint", markup=False)
                yield Form(id="form-offered")
            with Vertical(id="agreed"):
                with VerticalScroll(classes="told", id="schedule_scroll"):
                    yield Static("", id="schedule", markup=False)
                yield Form(id="form-pay")
                yield Static("", id="would", markup=False)
        with Horizontal(id="acts"):
            yield Button("", id="agree", compact=True, variant="primary")
            yield Button("", id="save", compact=True, variant="primary")
            yield Button("", id="clear", compact=True)
            yield Button("", id="export", compact=True)
            yield Button("", id="back", compact=True)

    def _tabs(self) -> list[tuple[str, str]]:
        return [(tab, f"{i} {self.say(f'command.plan_{tab}')}") for i, tab in enumerate(TABS, 1)]

    async def say_again(self) -> None:
        """In the language that is on, in place: what is typed, and where one was, stays."""
        self.query_one("#tabs", Choice).offer(self._tabs())
        self.query_one("#offer_hint", Static).update(self.say("plan_screen.offer_hint"))
        self.query_one(Hints).refresh()
        self._held = ""
        self.refill()

    def on_mount(self) -> None:
        """What was left unsaved about this case is taken up again."""
        self.take_up()
        if self._start is None and self._draft.tab != self.tab:
            self.query_one("#tabs", Choice).take(self._draft.tab)

    # -- reading -------------------------------------------------------------------------------------------

    async def fill(self) -> None:
        def question(desk: Desk) -> tuple[Data, Any, list[Data], Data]:
            plans = desk.plans
            return desk.show(self.case), desk.titles(self.case), plans.fields(self.case), plans.schedule(self.case)

        show, self.titles, budget, self._agreed = await self.ask(question)
        self.now = datetime.fromisoformat(show["as_of"])
        title = masked(show["title"]) if self.app.masked else show["title"]
        self.entitle(self.say("plan_screen.title", title=title))
        self._facts = {each["name"]: each["value"] for each in budget}
        self.fields = {
            "budget": tuple(Field(each["name"], each["title"], each["type"]) for each in budget),
            "offer": self._offer_fields(),
            "agreed": self._pay_fields(),
        }
        kept = {name: value or "" for name, value in self._facts.items()}
        initial = {"budget": kept, "offer": {}, "agreed": self._next_payment()}
        for tab, fields in self.fields.items():
            before, self._initial[tab] = self._initial[tab], initial[tab]
            if not await self.form(tab).ask(fields, {**initial[tab], **self._draft.typed[tab]}):
                self._take_over(tab, before)
            self.form(tab).display = bool(fields)
        self._show_schedule()
        self._show_acts()
        self.check()
        self.work_out()

    def _show_schedule(self) -> None:
        if self._agreed["agreed_on"] is None:
            key = "none_agreed" if self._agreed["begins_with"] else "none_here"
            self._put("schedule", Text(self.say(f"plan_screen.{key}")))
            return
        today = self._agreed["today"]
        text = told("plan_show", self._agreed, self.app.lang, self._width, titles=self.titles, today=today)
        self._put("schedule", text)

    def _show_acts(self) -> None:
        labels = {"budget": "keep", "compare": "add", "offer": "put", "agreed": "pay"}
        save = self.query_one("#save", Button)
        save.label = self.say(f"plan_screen.{labels[self.tab]}")
        save.display = (self.tab != "agreed" or self._payable) and (self.tab != "budget" or bool(self.fields["budget"]))
        for id, shown in (
            ("clear", self.tab == "compare" and bool(self._draft.offers)),
            ("export", self.tab == "compare" or (self.tab == "agreed" and bool(self._agreed["instalments"]))),
            ("agree", self.tab == "agreed" and self._agreed["agreed_on"] is None and AGREED in self.titles["event"]),
        ):
            button = self.query_one(f"#{id}", Button)
            button.label, button.display = self.say(f"plan_screen.{id}"), shown
        self.query_one("#back", Button).label = self.say("command.back")
        for button in self.query(Button):
            button.refresh(layout=True)  # as wide as it is called now

    # -- what can be done ----------------------------------------------------------------------------------

    @on(Choice.Chosen, "#tabs")
    def _turned(self, event: Choice.Chosen) -> None:
        self._turn(event.value)

    def action_tab(self, tab: str) -> None:
        """Another page, by its digit."""
        self.query_one("#tabs", Choice).take(tab)

    def _turn(self, tab: str) -> None:
        self.tab = self._draft.tab = tab
        self.query_one("#switch", ContentSwitcher).current = tab
        self._asked_to_save = False
        self.hold("")
        if self.now is not None:
            self._show_acts()
            self.check()
            self.work_out()

    def on_resize(self) -> None:
        self.refill()

    def key_down(self) -> None:
        self._scroll(1)

    def key_up(self) -> None:
        self._scroll(-1)

    def key_pagedown(self) -> None:
        self._scroll(max(self.size.height - 8, 1))

    def key_pageup(self) -> None:
        self._scroll(-max(self.size.height - 8, 1))

    def _scroll(self, by: int) -> None:
        """From the line of pages, through what the page says."""
        pages = {"budget": "#result", "compare": "#compare", "agreed": "#schedule_scroll"}
        if self.focused is not None and self.focused.id == "tabs" and self.tab in pages:
            self.query_one(pages[self.tab]).scroll_relative(y=by, animate=False)

    @on(Button.Pressed, "#agree")
    def _agree(self) -> None:
        """To what is asked about an agreement; the plan follows from it."""
        from tui.screens.record import RecordScreen

        self.app.push_screen(RecordScreen(self.case, AGREED))

    def action_back(self) -> None:
        """From a field to the line of pages; from there to where one came from. What is typed is kept."""
        if isinstance(self.focused, Input | TextArea):
            self.query_one("#tabs").focus()
            return
        if self.lay_down():
            self.app.notify(self.say("plan_screen.draft"), timeout=3)
        super().action_back()

    @on(Button.Pressed, "#save")
    def _save_pressed(self) -> None:
        self.action_save()

    @on(Button.Pressed, "#clear")
    def _clear(self) -> None:
        self._draft.offers = []
        self._show_acts()
        self.work_out()
        self.query_one("#tabs").focus()

    @on(Button.Pressed, "#back")
    def _leave(self) -> None:
        self.action_back()

    @on(Button.Pressed, "#export")
    def _export_pressed(self) -> None:
        self.action_export()
