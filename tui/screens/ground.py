"""Know the ground: pages on law and contract that a case needs now, the questions before a complaint, the contract."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from rich.text import Text
from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.widgets import Button, OptionList
from textual.widgets.option_list import Option

from escalation.errors import EscalationError
from escalation.reading import DEFAULT_ZONE
from escalation.wording import error_lines
from states.errors import ProcedureError
from tui.commands import bindings
from tui.forms import Field, problem_said, read_form
from tui.screens.page import Page
from tui.screens.procedures import Searchable
from tui.screens.sheet import PAUSE
from tui.text import told
from tui.widgets.form import Form
from tui.widgets.hints import Hints
from tui.widgets.prose import Prose

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]

REASONABLE, CONTRACT, TRUST = "reasonable", "contract", "trust"
"""Lines of the list that are no pages; ids of pages have other names."""
_DRAFTS: WeakKeyDictionary[App[Any], dict[str | None, dict[str, str]]] = WeakKeyDictionary()
"""What was typed about a contract and not kept, by case: until the program ends."""
_SUM = re.compile(r"\d[\d,]*\.\d\d")


class Answers:
    """What one reading of the store says, all of the same moment."""

    def __init__(self, desk: Desk, case: str | None) -> None:
        self.today = desk.today()
        self.all = desk.ground.pages()
        self.now = desk.ground.pages(case) if case is not None else []
        self.reasonable = desk.ground.reasonable(case) if case is not None else None
        self.contract = desk.ground.contract(case)
        self.clauses = desk.ground.clauses()
        self.kinds = desk.ground.third_parties()
        self.title = desk.show(case)["title"] if case is not None else ""


class GroundScreen(Searchable):
    """The pages at the left, the nearest first; what is chosen at the right, with what it rests on."""

    commands: ClassVar[tuple[str, ...]] = ("open", "filter", "contract", "trust", "back")
    name_of_help: ClassVar[str] = "page_ground"
    BINDINGS: ClassVar[list[BindingType]] = bindings("filter", "contract", "trust")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-usual")]
    DEFAULT_CSS = """
    GroundScreen #list { width: 2fr; height: 1fr; }
    GroundScreen #detail { width: 3fr; height: 1fr; padding: 0 1; scrollbar-gutter: stable; }
    GroundScreen.-narrow #both { layout: vertical; }
    GroundScreen.-narrow #list, GroundScreen.-narrow #detail { width: 100%; }
    GroundScreen.-narrow #list { height: 2fr; }
    GroundScreen.-narrow #detail { height: 3fr; }
    """

    def __init__(self, case: str | None = None) -> None:
        super().__init__()
        self.case = case
        self._found: Answers | None = None

    def body(self) -> ComposeResult:
        yield self.finder()
        with Horizontal(id="both"):
            yield OptionList(id="list", markup=False, compact=True)
            with VerticalScroll(id="detail"):
                yield Prose(id="part")

    async def fill(self) -> None:
        self.entitle(self.say("ground_screen.title"))
        self._found = await self.ask(lambda desk: Answers(desk, self.case))
        self.narrow()
        self.call_after_refresh(self._detail)  # how wide it is, is known then
        if self.focused is None:
            self.query_one("#list", OptionList).focus()

    def narrow(self) -> None:
        if self._found is None:
            return
        now = {page["id"] for page in self._found.now}
        tools = [(id, self.say(f"ground_screen.{id}")) for id in (REASONABLE, CONTRACT, TRUST)]
        groups = [
            ("now", [(p["id"], p["title"]) for p in self._found.now if self.fits(p["title"], p["text"].lower())]),
            ("do", [(id, title) for id, title in tools if self.fits(title) and (self.case or id != REASONABLE)]),
            ("others", [
                (p["id"], p["title"]) for p in self._found.all
                if p["id"] not in now and self.fits(p["title"].lower(), p["text"].lower())
            ]),
        ]  # fmt: skip
        options: list[Option] = []
        for group, lines in groups:
            if lines:
                options.append(Option(Text(f"== {self.say(f'ground_screen.{group}')}", "bold"), disabled=True))
            options += [Option(Text(title), id=id) for id, title in lines]
        self.put(options)
        self._detail()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        super().on_option_list_option_highlighted(event)
        self._detail()
        self.query_one("#detail").scroll_home(animate=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.action_open()

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self._detail)

    def _detail(self) -> None:
        found, at = self._found, self.at
        if found is None:
            return
        lang, width = self.app.lang, max(self.query_one("#part").content_size.width, 24)
        if at is None:
            text = Text(self.say("procedures_screen.none"))
        elif at == REASONABLE and found.reasonable is not None:
            text = told("reasonable", found.reasonable, lang, width)
        elif at == CONTRACT:
            text = told("contract", found.contract, lang, width, clauses=found.clauses)
            text.append(f"\n\n{self.say('ground_screen.contract_how')}", "bold")
        elif at == TRUST:
            text = told("trust_kinds", found.kinds, lang, width)
            text.append(f"\n\n{self.say('ground_screen.trust_how')}", "bold")
        else:
            page = next(p for p in (*found.now, *found.all) if p["id"] == at)
            text = told("ground_page", page, lang, width, today=found.today)
        text.append(f"\n\n{self.say('note.not_advice')}", "dim")
        self.query_one("#part", Prose).put(covered(text) if self.app.masked else text)

    def action_open(self) -> None:
        """The contract and the check open; a page is read on."""
        if self.at == CONTRACT:
            self.action_contract()
        elif self.at == TRUST:
            self.action_trust()
        else:
            self.query_one("#detail").focus()

    def action_contract(self) -> None:
        """Enter clauses of the contract."""
        self.app.push_screen(ContractScreen(self.case))

    def action_trust(self) -> None:
        """Check somebody."""
        from tui.screens.trust import TrustScreen

        self.app.push_screen(TrustScreen(self.case))


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
        draft = _DRAFTS.get(self.app, {}).get(self.case, {})
        if await self.form.ask(self._fields(), self.kept | draft):
            self.form.focus_first()
        else:
            self._follow(before)
        await self._check()

    def _follow(self, before: dict[str, str]) -> None:
        """What another process kept appears where nothing was typed over it: with the next opening of the form."""
        for name, value in self.kept.items():
            if self.form.typed.get(name, "") == before.get(name, "") != value:
                self.form.about(name, self.say("ground_screen.moved", value=value))

    def _fields(self) -> tuple[Field, ...]:
        return tuple(
            Field(each["id"], each["title"], each["type"], of=tuple(each["of"] or ()),
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
        _DRAFTS.get(self.app, {}).pop(case, None)
        self.app.notify(self.say("clause.kept"), timeout=3, markup=False)
        self.app.pop_screen()

    def action_back(self) -> None:
        """Nothing is kept in the case, and nothing typed is lost."""
        drafts = _DRAFTS.setdefault(self.app, {})
        typed = {name: text for name, text in self.form.typed.items() if text != self.kept.get(name, "")}
        if typed:
            drafts[self.case] = typed
            self.app.notify(self.say("ground_screen.draft"), timeout=3, markup=False)
        else:
            drafts.pop(self.case, None)
        super().action_back()


def covered(text: Text) -> Text:
    """The text without its amounts, for who may look over one's shoulder."""
    hidden = text.copy()
    hidden.plain = _SUM.sub(lambda found: "*" * len(found.group()), text.plain)
    return hidden


def _typed(value: object) -> str:
    """A clause as it is typed."""
    return str(value).lower() if isinstance(value, bool) else str(value)
