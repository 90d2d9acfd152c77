"""What a case can show: exhibits, contacts, how they collected, and the bundle to hand over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.widgets import Button, ContentSwitcher, Input, OptionList, Static
from textual.widgets.option_list import Option

from escalation.wording import Titles
from tui.commands import bindings
from tui.screens.evidence_bundle import BundlePage
from tui.screens.evidence_words import contact_line, exhibit_line
from tui.text import masked
from tui.widgets.choice import Choice
from tui.widgets.hints import Hints
from tui.widgets.options import Options

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
TABS = ("exhibits", "contacts", "conduct", "bundle")
LISTS = ("exhibits", "contacts")
ACTS = ("attach", "paste", "record", "bundle", "back")
"""The buttons; `record` on the pages of what can be recorded."""
RECORDED = {"contacts": "contact_logged", "conduct": "collector_contacted"}
"""What is written down on a page that lists it."""
LIST_SHARE = 0.45
"""Of the width, for the list beside its detail."""


class EvidenceScreen(BundlePage):
    """Four pages of one screen; a list and what is chosen in it stand side by side where there is room."""

    commands: ClassVar[tuple[str, ...]] = (
        "attach", "evidence_exhibits", "evidence_contacts", "evidence_conduct", "evidence_bundle", "record_this",
        "bundle", "back",
    )  # fmt: skip
    name_of_help: ClassVar[str] = "evidence_page"
    AUTO_FOCUS = "#exhibits"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-usual"), (100, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "attach",
        "evidence_exhibits",
        "evidence_contacts",
        "evidence_conduct",
        "evidence_bundle",
        "record_this",
        "bundle",
    )
    DEFAULT_CSS = """
    EvidenceScreen #tabs { padding: 0 1; }
    EvidenceScreen ContentSwitcher { height: 1fr; }
    EvidenceScreen .pair { layout: horizontal; }
    EvidenceScreen OptionList, EvidenceScreen OptionList:focus {
        width: 45%; height: 1fr; border: none; background: $background;
    }
    EvidenceScreen .about { width: 1fr; height: 1fr; padding: 0 1; background: $surface; }
    EvidenceScreen .told { height: 1fr; padding: 0 1; }
    EvidenceScreen #wanted { height: auto; max-height: 3; padding: 0 1; color: $secondary; }
    EvidenceScreen #file { background: $panel; }
    EvidenceScreen #acts { height: auto; padding: 0 1; background: $panel; }
    EvidenceScreen Button { margin: 0 2 0 0; min-width: 8; width: auto; }
    EvidenceScreen.-narrow .pair { layout: vertical; }
    EvidenceScreen.-narrow OptionList, EvidenceScreen.-narrow OptionList:focus { width: 1fr; }
    EvidenceScreen.-narrow #wanted { max-height: 1; }
    """

    def __init__(self, case: str, tab: str = "exhibits") -> None:
        super().__init__(case)
        self.tab = tab
        self._rows: dict[str, list[Data]] = {name: [] for name in LISTS}

    def body(self) -> ComposeResult:
        yield Choice(self._tabs(), self.tab, clearable=False, id="tabs")
        yield Static("", id="wanted", markup=False)
        with ContentSwitcher(initial=f"page-{self.tab}", id="switch"):
            for id in LISTS:
                with Vertical(id=f"page-{id}", classes="pair"):
                    yield Options(id=id)
                    with VerticalScroll(classes="about"):
                        yield Static("", id=f"about-{id}", markup=False)
            with VerticalScroll(id="page-conduct", classes="told"):
                yield Static("", id="conduct", markup=False)
            with VerticalScroll(id="page-bundle", classes="told"):
                yield Static("", id="bundle_to", classes="label", markup=False)
                yield Input(self._file, compact=True, id="file")
                yield Static("", id="bundle_about", markup=False)
                yield Static("", id="bundle_made", markup=False)
        with Horizontal(id="acts"):
            for id in ACTS:
                yield Button(self.say(f"evidence.{id}"), id=f"do-{id}", compact=True)

    def _tabs(self) -> list[tuple[str, str]]:
        return [(tab, f"{i} {self.say(f'command.evidence_{tab}')}") for i, tab in enumerate(TABS, 1)]

    async def say_again(self) -> None:
        """In the language that is on, in place: where one was, and what is typed, stays."""
        self.query_one("#tabs", Choice).offer(self._tabs())
        for id in ACTS:
            self.query_one(f"#do-{id}", Button).label = self.say(f"evidence.{id}")
        self.query_one(Hints).refresh()
        self.hold("")
        self.refill()

    # -- reading -------------------------------------------------------------------------------------------

    async def fill(self) -> None:
        def question(desk: Desk) -> tuple[Data, Titles, list[Data], list[Data], list[Data], Data]:
            evidence = desk.evidence
            return (
                desk.show(self.case), desk.titles(self.case), evidence.exhibits(self.case),
                evidence.missing(self.case), evidence.contacts(self.case), evidence.conduct(self.case),
            )  # fmt: skip

        show, self.titles, exhibits, missing, contacts, conduct = await self.ask(question)
        title = masked(show["title"]) if self.app.masked else show["title"]
        self.entitle(self.say("evidence.title", title=title))
        self._rows = {"exhibits": exhibits, "contacts": contacts}
        today = show["as_of"]
        hide = self.app.masked
        self._list("exhibits", [exhibit_line(self.words, row, today, hide, self._listed) for row in exhibits])
        self._list("contacts", [contact_line(self.words, row, today, hide, self._listed) for row in contacts])
        self._show_wanted(exhibits, missing)
        shown = Text(self.say("evidence.no_conduct"))
        if conduct["days"]:
            shown = self._told("conduct", conduct, today=today, case=self.case)
        self.query_one("#conduct", Static).update(shown)
        self._show_bundle()
        self._show_acts()
        for id in LISTS:
            self._about(id)

    def _show_acts(self) -> None:
        """On each page what belongs to it; with nothing typed that would be hidden by it."""
        known = self.titles.get("event", {})
        shown = {
            "attach": self.tab == "exhibits", "paste": self.tab == "exhibits",
            "record": RECORDED.get(self.tab) in known, "bundle": self.tab in ("exhibits", "bundle"),
        }  # fmt: skip
        if self.tab in RECORDED:
            self.query_one("#do-record", Button).label = self.say(f"evidence.record_{self.tab}")
        for id in ACTS:
            button = self.query_one(f"#do-{id}", Button)
            button.display = shown.get(id, True)
            button.refresh(layout=True)  # as wide as it is called now

    def _show_wanted(self, exhibits: Sequence[Data], missing: Sequence[Data]) -> None:
        """One line above the list: files that are not as they were, else what the checklists want first."""
        wrong = sum(row["state"] in ("altered", "missing") for row in exhibits)
        away = sum(row["state"] == "elsewhere" for row in exhibits)
        must = [row["title"] for row in missing if row["now"] and row["attachment"] == "required"]
        text = self.say("evidence.not_whole", n=wrong) if wrong else ""
        if not wrong and away:
            text = self.say("evidence.not_here", n=away)
        elif not wrong and must:
            text = self.say("evidence.wanted", names=self.words.listed(must))
        line = self.query_one("#wanted", Static)
        line.update(Text(text))
        line.set_class(bool(wrong), "late")
        line.display = bool(text) and self.tab == "exhibits"

    def _list(self, id: str, lines: Sequence[Text]) -> None:
        """New lines into a list, the cursor where it was."""
        shown = self.query_one(f"#{id}", OptionList)
        at, top = shown.highlighted, shown.scroll_y
        shown.clear_options()
        if not lines:
            shown.add_option(Option(self.say(f"evidence.no_{id}"), disabled=True))
            return
        shown.add_options(Option(line) for line in lines)
        shown.highlighted = min(at, len(lines) - 1) if at is not None else 0
        shown.scroll_to(y=top, animate=False)

    def _chosen(self, id: str) -> Data | None:
        at, rows = self.query_one(f"#{id}", OptionList).highlighted, self._rows[id]
        return rows[at] if at is not None and at < len(rows) else None

    def _about(self, id: str) -> None:
        """All about the line that is chosen."""
        row, shown = self._chosen(id), self.query_one(f"#about-{id}", Static)
        if row is None:
            shown.update("")
        elif self.app.masked:
            shown.update(self.say("evidence.masked"))
        elif id == "exhibits":
            shown.update(self._told("exhibit", row, self._beside, case=self.case, today=row["day"]))
        else:
            shown.update(self._told("contact", row, self._beside, case=self.case))

    @property
    def _listed(self) -> int:
        """Cells of a line in a list."""
        return self._width - 2 if self.size.width < 70 else int(self.size.width * LIST_SHARE) - 3

    @property
    def _beside(self) -> int:
        """Cells of what stands beside a list, or below it."""
        return self._width if self.size.width < 70 else int(self.size.width * (1 - LIST_SHARE)) - 4

    # -- what can be done ----------------------------------------------------------------------------------

    @on(Choice.Chosen, "#tabs")
    def _turned(self, event: Choice.Chosen) -> None:
        if event.value != self.tab:
            self._turn(event.value)

    def action_tab(self, tab: str) -> None:
        """Another page, by its digit."""
        self._turn(tab)
        self.query_one("#tabs", Choice).take(tab)
        self._focus_page()

    def _turn(self, tab: str) -> None:
        self.tab = tab
        self.query_one("#switch", ContentSwitcher).current = f"page-{tab}"
        self.hold("")
        self.refill()

    def _focus_page(self) -> None:
        inside = {"conduct": "#page-conduct", "bundle": "#file"}
        self.query_one(inside.get(self.tab, f"#{self.tab}")).focus()

    def on_resize(self, event: Resize) -> None:
        self.refill()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_list.id in LISTS:
            self._about(event.option_list.id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """To what is said of the file, or of the contact: to be completed."""
        row = self._chosen(str(event.option_list.id))
        if row is not None:
            from tui.screens.correct import CorrectScreen

            self.app.push_screen(CorrectScreen(self.case, row["seqs"][0] if "seqs" in row else row["seq"]))

    def action_attach(self) -> None:
        """Files, or whole folders."""
        from tui.screens.exhibit import ExhibitScreen

        self.app.push_screen(ExhibitScreen(self.case))

    def action_paste(self) -> None:
        """The same, beginning where text is pasted."""
        from tui.screens.exhibit import ExhibitScreen

        self.app.push_screen(ExhibitScreen(self.case, paste=True))

    def action_record(self) -> None:
        """A contact, or how they collected: what this page lists."""
        event = RECORDED.get(self.tab, RECORDED["contacts"])
        if event in self.titles.get("event", {}):
            from tui.screens.record import RecordScreen

            self.app.push_screen(RecordScreen(self.case, event))

    def action_bundle(self) -> None:
        """To where the bundle's name stands; from there, make it."""
        if self.tab != "bundle":
            self.action_tab("bundle")
        else:
            self._make()

    def action_back(self) -> None:
        """From the name of the bundle to the line of pages; from there to where one came from."""
        if isinstance(self.focused, Input):
            self.query_one("#tabs").focus()
            return
        super().action_back()

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        await self.run_action(f"screen.{str(event.button.id).removeprefix('do-')}")
