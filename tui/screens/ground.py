"""Know the ground: pages on law and contract that a case needs now, the questions before a complaint, the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.events import Resize
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.commands import bindings
from tui.screens.contract_words import clause_hidden, covered
from tui.screens.procedures import Searchable
from tui.text import told
from tui.widgets.options import Options
from tui.widgets.prose import Prose

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]

REASONABLE, CONTRACT, TRUST = "reasonable", "contract", "trust"
"""Lines of the list that are no pages; ids of pages have other names."""


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
            yield Options(id="list", compact=True)
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
            shown = clause_hidden(found.contract) if self.app.masked else found.contract
            text = told("contract", shown, lang, width, clauses=found.clauses)
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
        from tui.screens.contract import ContractScreen

        self.app.push_screen(ContractScreen(self.case))

    def action_trust(self) -> None:
        """Check somebody."""
        from tui.screens.trust import TrustScreen

        self.app.push_screen(TrustScreen(self.case))
