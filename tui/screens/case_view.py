"""What a case shows: the next step above, and behind each digit a place of its own. `case` adds what one can do."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, ContentSwitcher, Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.screens import workbench
from tui.screens.case_parts import (
    AHEAD_DAYS,
    Answers,
    Data,
    Line,
    Look,
    deadline_lines,
    forecast_text,
    key_of,
    marked,
    next_text,
    timeline_lines,
)
from tui.screens.page import Page
from tui.text import masked
from tui.widgets.lanes import lanes
from tui.widgets.next_box import NextBox
from tui.widgets.options import Options

TABS = ("next", "deadlines", "path", "timeline", "papers", "forecast")
LOW = 18
"""Below so many lines the screen shows what is next and by when, and one place."""
LISTS = ("deadlines", "path", "timeline", "papers")
EMPTY = {"deadlines": "case.no_deadlines", "path": "case.ended"}


class CaseView(Page):
    """One case, to look at. Reading again leaves every list where it was."""

    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW, "-high")]
    DEFAULT_CSS = """
    CaseView #tabs { height: auto; max-height: 2; padding: 0 1; }
    CaseView.-low #tabs { height: 1; }
    CaseView #workbench { height: 1; padding: 0 1; }
    CaseView #workbench { background: $panel; }
    CaseView.-low #workbench { display: none; }
    CaseView ContentSwitcher { height: 1fr; }
    CaseView OptionList, CaseView OptionList:focus { height: 1fr; border: none; background: $background; }
    CaseView VerticalScroll { padding: 0 1; }
    CaseView #line { display: none; height: 1; padding: 0 1; }
    CaseView #entry { width: 1fr; background: $surface; }
    CaseView #line Button { width: auto; min-width: 6; margin: 0 0 0 1; }
    CaseView #detail { height: auto; max-height: 7; padding: 0 1; color: $secondary; }
    """

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case
        self.tab = "next"
        self._ahead = 3
        self._nth = 0
        """Which event the forecast supposes."""
        self._asked: str | None = None
        """What the input line is for: `note`, or `find`."""
        self._sought = ""
        """What is sought in the lists."""
        self._rows: dict[str, list[Data]] = {name: [] for name in LISTS}
        self._at: dict[str, tuple[int | None, float]] = {}
        """Where each list was before it was made anew: the line, and how far it was scrolled."""
        self._wanted: str | None = None
        """The item to go to when the papers are opened."""
        self._first: list[str] | None = None
        """The checklists that matter; they stay in their places while one looks at them."""
        self._found: Answers | None = None
        self._found_tab = ""

    def body(self) -> ComposeResult:
        yield NextBox(id="next_box")
        yield Static("", id="tabs", markup=False)
        yield Static("", id="workbench", markup=False)
        with Horizontal(id="line"):
            yield Input(id="entry", compact=True)
            yield Button(self.say("case.entry_ok"), id="entry_ok", compact=True)
            yield Button(self.say("case.entry_no"), id="entry_no", compact=True)
        with ContentSwitcher(initial=self.tab, id="switch"):
            with VerticalScroll(id="next"):
                yield Static("", id="next_text", markup=False)
            for id in LISTS:
                yield Options(id=id)
            with VerticalScroll(id="forecast"):
                yield Static("", id="forecast_text", markup=False)
        yield Static("", id="detail", markup=False)

    # -- reading -----------------------------------------------------------------------------------------

    @property
    def _look(self) -> Look:
        return Look(self.words, max(self.app.size.width - 4, 24), self.app.masked)

    async def fill(self) -> None:
        tab, ahead, nth = self.tab, AHEAD_DAYS[self._ahead], self._nth
        found = await self.ask(lambda desk: Answers(desk, self.case, tab, ahead, nth))
        self._found, self._found_tab = found, tab
        title = found.show["title"]
        self.entitle(f"{(masked(title) if self.app.masked else title) or self.say('case.untitled')}  {self.case}")
        width, height = self.app.size
        self.query_one(NextBox).answer(found.next, self.words, width, found.outcome, height < LOW)
        self.query_one("#entry", Input).password = self.app.masked and self._asked == "note"
        self._show_tabs()
        if tab == self.tab:
            self._show_tab(found)
        self._detail()

    def _show_tabs(self) -> None:
        line = Text()
        for i, tab in enumerate(TABS, 1):
            here = tab == self.tab
            style = Style(bold=here, reverse=here, meta={"tab": tab})
            text = self.say(f"command.tab_{tab}")
            line.append(f">{i} {text}<" if here else f" {i} {text} ", style)
        self.query_one("#tabs", Static).update(line)
        self.query_one("#workbench", Static).update(workbench.row(self.words, self.app.size.width - 2))

    def _show_tab(self, found: Answers) -> None:
        """The place that is open."""
        look, sought = self._look, self._sought.strip()
        if self.tab == "next":
            self.query_one("#next_text", Static).update(next_text(found, look, 3 if self.app.size.height < 30 else 6))
        elif self.tab == "forecast":
            text = forecast_text(found, look, AHEAD_DAYS[self._ahead])
            self.query_one("#forecast_text", Static).update(text)
        else:
            lines = self._lines(found, look._replace(width=look.width - 2) if sought else look)
            self._list(marked(lines, sought) if sought else lines)

    def _lines(self, found: Answers, look: Look) -> list[Line]:
        if self.tab == "deadlines":
            return deadline_lines(found, look)
        if self.tab == "path":
            return lanes(found.procedure, found.show, found.titles, self.words)
        if self.tab == "timeline":
            return timeline_lines(found, look, self._sought.strip())
        from tui.screens.case_papers import needed_first, papers_lines

        self._first = self._first or needed_first(found)
        return papers_lines(found, look, self._first)

    def _list(self, lines: list[Line]) -> None:
        """New lines into the list, the cursor where it was: on what it was about, else on the line of that number."""
        shown, rows = self.query_one(f"#{self.tab}", OptionList), self._rows[self.tab]
        at, top = (shown.highlighted, shown.scroll_y) if shown.option_count else self._at.get(self.tab, (None, 0))
        about = key_of(rows[at]) if at is not None and at < len(rows) else None
        self._rows[self.tab] = rows = [row for _, row in lines]
        shown.clear_options()
        empty = Option(self.say(EMPTY.get(self.tab, "case.untitled")), disabled=True)
        shown.add_options([Option(line) for line, _ in lines] or [empty])
        if not lines:
            return
        wanted = [i for i, row in enumerate(rows) if self._wanted is not None and row.get("id") == self._wanted]
        if wanted and self.tab == "papers":
            self._wanted = None
            shown.highlighted = wanted[0]
        elif at is None:
            here = next((i for i, row in enumerate(rows) if row["kind"] == "here"), 0)
            shown.highlighted = len(rows) - 1 if self.tab == "timeline" else here
        else:
            again = [i for i, row in enumerate(rows) if key_of(row) == about]
            shown.highlighted = again[0] if again else min(at, len(rows) - 1)
            shown.scroll_to(y=top, animate=False)
            shown.scroll_to_highlight()  # it may have gone elsewhere

    def _detail(self) -> None:
        """What the chosen line can be used for, and how much was found."""
        about = "forecast" if self.tab == "forecast" else (self._chosen() or {}).get("kind", "")
        key = f"case.on_{about}"
        said = self.say(key) if self.words.has(key) else ""
        if self._sought.strip() and self.tab in LISTS:
            n = sum(1 for row in self._rows[self.tab] if row.get("fits"))
            said = self.say("case.found", n=n, text=self._sought.strip()) if n else self.say("case.found_none")
        self.query_one("#detail", Static).update(said)

    def _chosen(self) -> Data | None:
        if self.tab not in LISTS:
            return None
        at = self.query_one(f"#{self.tab}", OptionList).highlighted
        rows = self._rows[self.tab]
        return rows[at] if at is not None and at < len(rows) else None

    async def say_again(self) -> None:
        """In the language that is on; where each list was stays."""
        for id in LISTS:
            shown = self.query_one(f"#{id}", OptionList)
            self._at[id] = (shown.highlighted, shown.scroll_y)
        await super().say_again()
        self.query_one("#switch", ContentSwitcher).current = self.tab
