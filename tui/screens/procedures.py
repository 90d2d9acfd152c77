"""The procedures to read: which there are; each with its states, its periods and what they rest on; drawn."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from escalation.wording import visible
from tui.commands import bindings
from tui.screens.page import Page
from tui.screens.procedure_words import parts
from tui.widgets.options import Options
from tui.widgets.prose import Prose


class Searchable(Page):
    """A list that `/` narrows down. What was typed stays when the list is made anew."""

    AUTO_FOCUS: ClassVar[str] = "#list"

    DEFAULT_CSS = """
    Searchable #find { display: none; height: 1; border: none; padding: 0 1; background: $panel; }
    Searchable #find.-on { display: block; }
    Searchable #list, Searchable #list:focus { border: none; padding: 0; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.typed = ""
        self.at: str | None = None
        """The line that is chosen."""

    def finder(self) -> Input:
        """Where one types what to find."""
        return Input(
            self.typed, id="find", classes="-on" if self.typed else "", placeholder=self.say("procedures_screen.find")
        )

    def action_filter(self) -> None:
        found = self.query_one("#find", Input)
        found.add_class("-on")
        found.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.typed = event.value
        self.narrow()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.query_one("#list", OptionList).focus()

    def action_back(self) -> None:
        """First out of the finding, then to where one came from."""
        found = self.query_one("#find", Input)
        if found.has_class("-on"):
            found.value = ""
            found.remove_class("-on")
            self.query_one("#list", OptionList).focus()
        else:
            super().action_back()

    def narrow(self) -> None:
        """Show what fits what was typed."""

    def fits(self, *texts: str) -> bool:
        """Whether each word that was typed stands in one of the texts."""
        return all(any(word in text.lower() for text in texts) for word in self.typed.lower().split())

    def put(self, options: list[Option]) -> None:
        """Make the list anew, with the same line chosen if it is still there."""
        shown = self.query_one("#list", OptionList)
        at = self.at
        shown.clear_options()
        shown.add_options(options)
        ids = [option.id for option in options]
        first = next((n for n, option in enumerate(options) if not option.disabled), None)
        chosen = ids.index(at) if at is not None and at in ids else first
        self.at = None if chosen is None else ids[chosen]
        shown.highlighted = chosen

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self.at = event.option.id


class ProceduresScreen(Searchable):
    """Every procedure that a case can be opened with."""

    commands: ClassVar[tuple[str, ...]] = ("open", "filter", "back")
    name_of_help: ClassVar[str] = "page_procedures"
    BINDINGS: ClassVar[list[BindingType]] = bindings("filter")

    def body(self) -> ComposeResult:
        yield self.finder()
        yield Options(id="list")
        yield Static("", id="none", markup=False)

    async def fill(self) -> None:
        self.entitle(self.say("procedures_screen.title"))
        self._rows = await self.ask(lambda desk: desk.procedures())
        self.narrow()
        if self.focused is None:
            self.query_one("#list", OptionList).focus()

    def narrow(self) -> None:
        options = []
        for row in getattr(self, "_rows", ()):
            if not self.fits(row["title"], row["id"]):
                continue
            text = Text()
            text.append(visible(row["title"]), "bold")
            source = self.say(f"procedures.{row['source']}")
            facts = {"id": row["id"], "version": row["version"], "states": row["states"], "n": row["deadlines"]}
            text.append("\n  " + self.say("procedures_screen.about", source=source, **facts))
            options.append(Option(text, id=row["id"]))
        self.put(options)
        self.query_one("#none", Static).update("" if options else self.say("procedures_screen.none"))

    def action_open(self) -> None:
        self.query_one("#list", OptionList).action_select()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.app.push_screen(ProcedureScreen(str(event.option.id)))


class ProcedureScreen(Searchable):
    """One procedure: its states by stage at the left, what is chosen at the right; or drawn."""

    commands: ClassVar[tuple[str, ...]] = ("draw", "filter", "back")
    name_of_help: ClassVar[str] = "page_procedure"
    BINDINGS: ClassVar[list[BindingType]] = bindings("draw", "filter")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-usual")]
    DEFAULT_CSS = """
    ProcedureScreen #list { width: 2fr; height: 1fr; }
    ProcedureScreen #detail { width: 3fr; height: 1fr; padding: 0 1; }
    ProcedureScreen #drawing { display: none; height: 1fr; padding: 0 1; }
    ProcedureScreen.-narrow #both { layout: vertical; }
    ProcedureScreen.-narrow #list, ProcedureScreen.-narrow #detail { width: 100%; }
    ProcedureScreen.-drawn #both { display: none; }
    ProcedureScreen.-drawn #drawing { display: block; }
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.of = name
        self._parts: list[tuple[str | None, str, Text]] = []

    def body(self) -> ComposeResult:
        yield self.finder()
        with Horizontal(id="both"):
            yield Options(id="list", compact=True)
            with VerticalScroll(id="detail"):
                yield Prose(id="part")
        with VerticalScroll(id="drawing"):
            yield Static("", id="drawn", markup=False)

    async def fill(self) -> None:
        width = max(self.app.size.width - 4, 30)
        data, drawn = await self.ask(lambda desk: (desk.procedure(self.of), desk.drawing(self.of, width=width)))
        self.entitle(visible(data["title"]))
        self._parts = list(parts(self.words, data))
        self.query_one("#drawn", Static).update(Text("\n".join(map(visible, drawn.splitlines()))))
        self.narrow()
        if self.focused is None:
            self.query_one("#list", OptionList).focus()

    def narrow(self) -> None:
        options: list[Option] = []
        heading: str | None = None
        for id, title, text in self._parts:
            if id is None:
                heading = title
            elif self.fits(title, id, text.plain):
                if heading is not None:
                    options.append(Option(Text(f"== {heading}", "bold"), disabled=True))
                    heading = None
                options.append(Option(Text(title), id=id))
        self.put(options)
        self._detail()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        super().on_option_list_option_highlighted(event)
        self._detail()
        self.query_one("#detail").scroll_home(animate=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.query_one("#detail").focus()

    def _detail(self) -> None:
        known = {id: text for id, _, text in self._parts if id is not None}
        text = known.get(self.at or "")
        if text is None or not self.query_one("#list", OptionList).option_count:
            text = Text(self.say("procedures_screen.none"))
        self.query_one("#part", Prose).put(text)

    def action_draw(self) -> None:
        """As a drawing, or as a list again."""
        self.toggle_class("-drawn")
        self.query_one("#drawing" if self.has_class("-drawn") else "#list").focus()
