"""Money of one case: what can be paid a month, ways to pay compared, the agreed plan and its payments."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from rich.text import Text
from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, ContentSwitcher, Input, Static, TextArea

from escalation.errors import BadInput, EscalationError
from escalation.wording import error_lines
from states.errors import ProcedureError
from tui.commands import bindings
from tui.forms import AT, Answers, Field, Problem, problem_said, read_form, shown_said
from tui.screens.page import Page
from tui.screens.sheet import PAUSE, special
from tui.text import masked, told
from tui.widgets.form import Choice, Form
from tui.widgets.hints import Hints

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
TABS = ("budget", "compare", "offer", "agreed")
FORMS = {"budget": "budget", "offer": "offered", "agreed": "pay"}
"""The form of each page that has one."""
OFFER = {
    "name": "text", "kind": "choice", "principal": "money", "months": "integer", "rate": "percent", "monthly": "money",
    "total": "money", "fee": "percent", "waived": "money", "first_months": "integer", "first_monthly": "money",
    "wait": "integer", "wait_free": "boolean", "first_due": "date",
}  # fmt: skip
AMOUNT = "amount"

_DRAFTS: WeakKeyDictionary[App[Any], dict[str, Draft]] = WeakKeyDictionary()
_SUM = re.compile(r"\d[\d,]*\.\d\d")


class Draft:
    """What was typed about a case and is not kept in it: until the program ends."""

    def __init__(self) -> None:
        self.typed: dict[str, dict[str, str]] = {name: {} for name in FORMS}
        self.offers: list[Data] = []
        self.tab = "budget"


class PlanScreen(Page):
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

    def __init__(self, case: str, tab: str | None = None) -> None:
        super().__init__()
        self.case = case
        self.tab = tab or "budget"
        self._start = tab
        self._draft = Draft()
        self.fields: dict[str, tuple[Field, ...]] = dict.fromkeys(FORMS, ())
        self.titles: Mapping[str, Mapping[str, str]] = {}
        self.now: datetime | None = None
        self._agreed: Data = {}
        self._compared: Data | None = None
        self._initial: dict[str, dict[str, str]] = {tab: {} for tab in FORMS}
        """What the forms hold where nothing is typed."""
        self._facts: dict[str, str | None] = {}
        """The budget as the case has it."""
        self._asked_to_save = False
        self._held = ""

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
            yield Button("", id="save", compact=True, variant="primary")
            yield Button("", id="clear", compact=True)
            yield Button("", id="export", compact=True)
            yield Button("", id="back", compact=True)

    def _tabs(self) -> list[tuple[str, str]]:
        return [(tab, f"{i} {self.say(f'command.plan_{tab}')}") for i, tab in enumerate(TABS, 1)]

    def form(self, tab: str) -> Form:
        """The form of a page."""
        return self.query_one(f"#form-{FORMS[tab]}", Form)

    async def say_again(self) -> None:
        """In the language that is on, in place: what is typed, and where one was, stays."""
        self.query_one("#tabs", Choice).offer(self._tabs())
        self.query_one("#offer_hint", Static).update(self.say("plan_screen.offer_hint"))
        self.query_one(Hints).refresh()
        self._held = ""
        self.refill()

    def on_mount(self) -> None:
        """What was left unsaved about this case is taken up again."""
        self._draft = _DRAFTS.setdefault(self.app, {}).setdefault(self.case, Draft())
        if self._start is None and self._draft.tab != self.tab:
            self.query_one("#tabs", Choice).take(self._draft.tab)

    def notice(self, text: str) -> None:
        """What the page says comes first; where it has nothing to say, what was said about saving stays."""
        super().notice(text or self._held)

    def hold(self, text: str) -> None:
        """Say something that stays until one goes on."""
        self._held = text
        self.notice("")

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

    def _take_over(self, tab: str, before: Mapping[str, str]) -> None:
        """What changed in the case meanwhile comes into fields that nobody has touched."""
        form = self.form(tab)
        for name, value in self._initial[tab].items():
            was = before.get(name, "")
            if was != value and form.typed.get(name, "") == was:
                form.query_one(f"#in-a-{name}", Input).value = value

    def _offer_fields(self) -> tuple[Field, ...]:
        from escalation.offers import FIELDS

        return tuple(
            Field(name, self.say(f"plan_screen.field_{name}"), kind, of=tuple(FIELDS[name].of or ()),
                  limits={"max_length": FIELDS[name].max_length} if kind == "text" else {})
            for name, kind in OFFER.items()
        )  # fmt: skip

    @property
    def _payable(self) -> bool:
        """Whether there is a plan with something left to pay."""
        return bool(self._agreed["first_open"]) and not self._agreed["cancelled_on"]

    def _pay_fields(self) -> tuple[Field, ...]:
        if not self._payable:
            return ()
        return (Field(AMOUNT, self.say("plan_screen.pay_amount"), "money", required=True), *special(self.say, AT))

    def _next_payment(self) -> dict[str, str]:
        """What is missing of the oldest open instalment: what one most likely comes to log."""
        opened = next((e for e in self._agreed["instalments"] if e["n"] == self._agreed["first_open"]), None)
        return {AMOUNT: opened["missing"]} if opened else {}

    @property
    def _width(self) -> int:
        return max(self.app.size.width - 4, 24)

    def _put(self, id: str, text: Text) -> None:
        """An answer on its page, sums covered where somebody may look on."""
        if self.app.masked:
            text.plain = _SUM.sub(lambda found: "*" * len(found[0]), text.plain)
        self.query_one(f"#{id}", Static).update(text)

    def _show_schedule(self) -> None:
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
            ("export", self.tab in ("compare", "agreed")),
        ):
            button = self.query_one(f"#{id}", Button)
            button.label, button.display = self.say(f"plan_screen.{id}"), shown
        self.query_one("#back", Button).label = self.say("command.back")
        for button in self.query(Button):
            button.refresh(layout=True)  # as wide as it is called now

    # -- what is typed -------------------------------------------------------------------------------------

    def read(self, tab: str) -> Answers:
        """What is typed into the form of a page."""
        assert self.now is not None
        return read_form(self.fields[tab], self.form(tab).typed, self.now)

    def check(self) -> None:
        """Say beside each field how it was understood or what is wrong."""
        if self.now is None or self.tab not in FORMS:
            return
        answers = self.read(self.tab)
        for field in self.fields[self.tab]:
            problem = answers.problems.get(field.name)
            if problem is None and self._asked_to_save and field.name in answers.missing:
                problem = Problem("required")
            shown = answers.shown.get(field.name)
            if problem is not None:
                self.form(self.tab).about(field.name, problem_said(self.words, problem), bad=True)
            else:
                self.form(self.tab).about(field.name, shown_said(self.words, shown, self.now) if shown else "")

    @property
    def _values(self) -> Data:
        """The budget as it is typed; what cannot be read counts as not given."""
        read = self.read("budget")
        return {f.name: read.values.get(f.name) for f in self.fields["budget"] if f.name not in read.problems}

    @on(Form.Changed)
    def _typed(self) -> None:
        self.hold("")
        for tab in FORMS:
            typed, initial = self.form(tab).typed, self._initial[tab]
            self._draft.typed[tab] = {n: text for n, text in typed.items() if text != initial.get(n, "")}
        self.check()
        self.work_out()

    @work(exclusive=True, group="work_out")
    async def work_out(self) -> None:
        """What can be paid, what offers cost, what a payment would be; the newest question wins."""
        await asyncio.sleep(PAUSE)
        if not self.is_mounted or self.now is None:
            return
        try:
            await getattr(self, f"_work_out_{self.tab}")()
        except BadInput as error:
            self._tell_wrong(error)
        except (EscalationError, ProcedureError) as error:
            self.notice("\n".join(error_lines(error, self.app.lang, self.titles)))

    def _tell_wrong(self, error: BadInput) -> None:
        text = Text("\n".join(problem_said(self.words, _problem(each)) for each in error.problems))
        if self.tab == "agreed":
            self._would(text)
        else:
            self._put("comparison" if self.tab == "compare" else "capacity", text)

    async def _work_out_budget(self) -> None:
        values = self._values
        if not self.fields["budget"] or not any(v is not None for n, v in values.items() if n != "margin_percent"):
            key = "nothing_yet" if self.fields["budget"] else "no_budget"
            self._put("capacity", Text(self.say(f"plan_screen.{key}")))
            return
        data = await self.ask(lambda desk: desk.plans.capacity(self.case, **values))
        width = 60 if self.size.width >= 100 else self._width
        self._put("capacity", told("plan_capacity", {**data, "case": None}, self.app.lang, width))

    async def _work_out_compare(self) -> None:
        values, offers = self._values, list(self._draft.offers)
        self._compared = None
        self._compared = await self.ask(lambda desk: desk.plans.compare(self.case, offers, **values))
        data = self._compared
        self._put("comparison", told("plan_compare", data, self.app.lang, self._width, today=data["today"]))

    async def _work_out_offer(self) -> None:
        """Nothing is worked out before it is put to the others."""

    async def _work_out_agreed(self) -> None:
        answers = self.read("agreed")
        if not self._payable or not answers.ready:
            self._would(Text(""))
            return
        amount = answers.values[AMOUNT]
        data = await self.ask(lambda desk: desk.plans.pay(self.case, amount, at=answers.at, preview=True))
        event = self.titles["event"].get(data["payment"]["event"], data["payment"]["event"])
        paid = told("plan_paid", data, self.app.lang, self._width, titles=self.titles, today=self._agreed["today"])
        lines = paid.split("\n", allow_blank=True)
        gap = next((i for i, line in enumerate(lines) if not line.plain), len(lines))
        self._would(Text("\n").join([Text(self.say("plan_screen.pay_as", event=event)), *lines[1:gap]]))

    def _would(self, text: Text) -> None:
        self._put("would", text)
        self.query_one("#would").display = bool(text.plain)

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

    def action_back(self) -> None:
        """From a field to the line of pages; from there to where one came from. What is typed is kept."""
        if isinstance(self.focused, Input | TextArea):
            self.query_one("#tabs").focus()
            return
        if self._unsaved:
            self.app.notify(self.say("plan_screen.draft"), timeout=3)
        super().action_back()

    @property
    def _unsaved(self) -> bool:
        return self.now is not None and bool(self._changed() or any(self._draft.typed["offer"].values()))

    def _changed(self) -> Data:
        """What is typed of the budget and differs from the case; a sum that was taken out is none."""
        found = {n: v for n, v in self._values.items() if v != self._facts[n]}
        return {n: v if v is not None else "0" for n, v in found.items()}

    @on(Button.Pressed, "#save")
    def _save_pressed(self) -> None:
        self.action_save()

    def action_save(self) -> None:
        if self.now is None:
            return
        if self.tab == "compare":
            self.action_tab("offer")
            self.form("offer").focus_first()
            return
        self._asked_to_save = True
        self.check()
        answers = self.read(self.tab)
        if answers.ready:
            self._save()
            return
        names = [f.name for f in self.fields[self.tab]]
        self.form(self.tab).focus_field(next(n for n in names if n in answers.problems or n in answers.missing))

    @work(exclusive=True, group="save")
    async def _save(self) -> None:
        try:
            await getattr(self, f"_save_{self.tab}")()
        except BadInput as error:
            if not self._beside(error):
                self.hold("\n".join(error_lines(error, self.app.lang, self.titles)))
        except (EscalationError, ProcedureError) as error:
            self.hold("\n".join(error_lines(error, self.app.lang, self.titles)))

    def _beside(self, error: BadInput) -> bool:
        """Tell what is wrong beside its field; whether every problem has one."""
        names = {f.name for f in self.fields[self.tab]}
        for each in error.problems:
            if each.field in names:
                self.form(self.tab).about(each.field, problem_said(self.words, _problem(each)), bad=True)
        return all(each.field in names for each in error.problems)

    async def _save_budget(self) -> None:
        changed = self._changed()
        if not changed:
            self.hold(self.say("plan_screen.no_change"))
            return
        await self.ask(lambda desk: desk.plans.keep(self.case, changed))
        self._draft.typed["budget"] = {}
        self.app.notify(self.say("plan_screen.kept"), timeout=3)
        self.refill()

    async def _save_offer(self) -> None:
        offer, values = self.read("offer").values, self._values
        offers = [*self._draft.offers, offer]
        data = await self.ask(lambda desk: desk.plans.compare(self.case, offers, **values))
        last = data["offers"][-1]
        if last["impossible"]:
            self.hold(last["impossible"]["text"])
            return
        self._draft.offers = offers
        await self._begin_anew("offer")
        self.app.notify(self.say("plan_screen.added"), timeout=3)
        self.action_tab("compare")
        self.query_one("#tabs").focus()

    async def _save_agreed(self) -> None:
        answers = self.read("agreed")
        amount = answers.values[AMOUNT]
        await self.ask(lambda desk: desk.plans.pay(self.case, amount, at=answers.at))
        await self._begin_anew("agreed")
        self.app.notify(self.say("plan_screen.paid"), timeout=3)
        self.query_one("#tabs").focus()
        self.refill()

    async def _begin_anew(self, tab: str) -> None:
        """An empty form: what stood in it is done with."""
        self._draft.typed[tab] = {}
        self._asked_to_save = False
        form = self.form(tab)
        await form.remove_children()
        form.fields, form.typed = (), {}
        if tab == "offer":
            await form.ask(self.fields[tab], {})

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

    def action_export(self) -> None:
        """The table of this page as a file where the program was started; never over one that is there."""
        from escalation.plan_csv import instalments_csv, new_file, offers_csv

        if self.tab == "compare" and self._compared is not None:
            name, text = f"plans-{self.case}", offers_csv(self._compared)
        elif self.tab == "agreed" and self._agreed.get("instalments"):
            name, text = f"instalments-{self.case}", instalments_csv(self._agreed)
        else:
            self.hold(self.say("plan_screen.nothing_to_export"))
            return
        try:
            file = new_file(Path.cwd(), name, text)
        except OSError as error:
            self.hold(self.say("plan_screen.not_exported", reason=error.strerror or ""))
        else:
            self.hold(self.say("plan_screen.exported", file=file))


def _problem(each: Any) -> Problem:
    return Problem(each.expected, each.limit, each.meant)
