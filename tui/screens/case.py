"""One case: what next, by when, why; and behind the digits everything else about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.events import Click, Resize
from textual.widgets import ContentSwitcher, Input, OptionList, Static
from textual.widgets.option_list import Option

from escalation.errors import EscalationError
from escalation.wording import error_lines, visible
from tui.commands import bindings
from tui.screens.page import Page
from tui.text import fitted, hung, mark, masked, told
from tui.widgets.lanes import lanes
from tui.widgets.next_box import NextBox

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
TABS = ("next", "deadlines", "path", "timeline", "papers", "forecast")
LISTS = ("deadlines", "path", "timeline", "papers")
AHEAD_DAYS = (0, 1, 3, 7, 14, 30, 60, 90, 180, 365)
"""Where the forecast can look."""


class Answers:
    """What one reading of the store says about a case, all of the same moment."""

    def __init__(self, desk: Desk, case: str, tab: str, ahead: int, nth: int) -> None:
        from datetime import timedelta

        self.show = desk.show(case, all_deadlines=tab == "deadlines")
        self.next = desk.next(case)
        self.titles = desk.titles(case)
        self.log = desk.log(case) if tab in ("next", "timeline", "papers") else []
        self.due = desk.due("366d", case=case) if tab == "deadlines" else []
        self.procedure = desk.procedure(self.show["procedure"]["hash"]) if tab == "path" else {}
        self.supposed = _supposed(self.show, nth)
        what_if: list[tuple[str, str, Data]] = [(self.supposed, desk.today(), {})] if self.supposed else []
        self.forecast = desk.forecast(case, what_if) if tab == "forecast" else {}
        self.then: Data | None = None
        if tab == "forecast" and ahead:
            self.then = desk.show(case, as_of=(desk.now() + timedelta(days=ahead)).isoformat())


def _supposed(show: Data, nth: int) -> str | None:
    """The event that the forecast supposes to happen today: none at first, then each that can be recorded."""
    ready: list[str | None] = [each["event"] for each in show["possible"] if each["ready"] and not any(
        ask["required"] for ask in each["asks"].values()
    )]  # fmt: skip
    return ([None, *ready])[nth % (len(ready) + 1)]


class CaseScreen(Page):
    """One case."""

    commands: ClassVar[tuple[str, ...]] = (
        "do", "record", "tab_next", "tab_deadlines", "tab_path", "tab_timeline", "tab_papers", "tab_forecast",
        "note", "basis", "undo", "seen", "earlier", "later", "back",
    )  # fmt: skip
    name_of_help: ClassVar[str] = "case"
    AUTO_FOCUS = "#next"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "tab_next", "tab_deadlines", "tab_path", "tab_timeline", "tab_papers", "tab_forecast", "record", "note",
        "basis", "undo", "seen",
    )  # fmt: skip
    DEFAULT_CSS = """
    CaseScreen #tabs { height: 1; padding: 0 1; }
    CaseScreen ContentSwitcher { height: 1fr; }
    CaseScreen OptionList, CaseScreen OptionList:focus { height: 1fr; border: none; background: $background; }
    CaseScreen VerticalScroll { padding: 0 1; }
    CaseScreen #entry { display: none; height: 3; }
    CaseScreen #detail { height: auto; max-height: 7; padding: 0 1; color: $secondary; }
    """

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case
        self.tab = "next"
        self._ahead = 3
        self._nth = 0
        """Which event the forecast supposes."""
        self._asked: str | None = None
        """What the input line is for: `note`, or `fact:NAME`."""
        self._rows: dict[str, list[Data]] = {name: [] for name in LISTS}
        self._typed = ""

    def body(self) -> ComposeResult:
        yield NextBox(id="next_box")
        yield Static("", id="tabs", markup=False)
        yield Input(id="entry", value=self._typed)
        with ContentSwitcher(initial=self.tab, id="switch"):
            with VerticalScroll(id="next"):
                yield Static("", id="next_text", markup=False)
            yield OptionList(id="deadlines", markup=False)
            yield OptionList(id="path", markup=False)
            yield OptionList(id="timeline", markup=False)
            yield OptionList(id="papers", markup=False)
            with VerticalScroll(id="forecast"):
                yield Static("", id="forecast_text", markup=False)
        yield Static("", id="detail", markup=False)

    # -- reading -----------------------------------------------------------------------------------------

    async def fill(self) -> None:
        tab, ahead, nth = self.tab, AHEAD_DAYS[self._ahead], self._nth
        found = await self.ask(lambda desk: Answers(desk, self.case, tab, ahead, nth))
        show = found.show
        name = masked(show["title"]) if self.app.masked else show["title"]
        self.entitle(f"{name or self.say('case.untitled')}  {self.case}")
        outcome = next((t["outcome"] for t in show["tracks"] if t["final"]), None) if not show["open"] else None
        self.query_one(NextBox).answer(found.next, self.words, self.app.size.width, outcome)
        self._show_tabs()
        getattr(self, f"_fill_{tab}")(found)
        self._detail()

    def _show_tabs(self) -> None:
        line = Text(no_wrap=True, overflow="ellipsis")
        for i, tab in enumerate(TABS, 1):
            here = tab == self.tab
            style = Style(bold=here, reverse=here, meta={"tab": tab})
            text = self.say(f"command.tab_{tab}")
            line.append(f">{i} {text}<" if here else f" {i} {text} ", style)
        self.query_one("#tabs", Static).update(line)

    def _fill_next(self, found: Answers) -> None:
        lines: list[Text] = []
        width = self._width
        stage = found.titles["state"]
        for track in found.show["tracks"]:
            lines += hung(self.say("case.where"), stage.get(track["state"], track["state"]), 10, width)
        missing = [
            (checklist, item)
            for checklist, each in found.show["checklists"].items()
            for item in each["missing"]
            if found.next["do"].get("item", "").startswith(f"{checklist}.")
        ]
        for i, (checklist, item) in enumerate(missing):
            label = self.say("next.label_missing") if i == 0 else ""
            lines += hung(label, "[ ] " + found.titles["item"].get(f"{checklist}.{item}", item), 10, width)
        for i, each in enumerate(found.next["also"][:6]):
            from escalation.messages import to_do

            lines += hung(self.say("next.label_also") if i == 0 else "", to_do(each, self.words), 10, width)
        lines.append(Text(""))
        lines += told("log", found.log[-6:], self.app.lang, width, titles=found.titles).split("\n", allow_blank=True)
        self.query_one("#next_text", Static).update(Text("\n").join(lines))

    def _fill_deadlines(self, found: Answers) -> None:
        rows = found.show["deadlines"]
        self._rows["deadlines"] = rows
        self._list("deadlines", [self._deadline(row, found) for row in rows], "case.no_deadlines")

    def _deadline(self, row: Data, found: Answers) -> Text:
        words, due = self.words, next((d for d in found.due if d["id"] == row["id"]), None)
        left = due["days_left"] if due else None
        id = row["status"]
        if id == "running" and left is not None:
            id = "today" if left <= 0 else "soon" if left <= 7 else "provisional" if row["provisional"] else "running"
        who = found.titles["party"].get(row["owed_by"], row["owed_by"])
        day = words.day(row["due"], found.show["as_of"]) if row["due"] else ""
        if not day and row["status"] in ("running", "paused"):
            day = words.say("show.paused" if row["status"] == "paused" else "case.no_day_yet")
        head = f"{mark(words, id):<8} {day}  {words.days_left(left) if left is not None else ''}  {who}"
        text = Text(f"{head}\n         {visible(row['title'])}")
        if row["provisional"]:
            text.append("\n         " + words.say("by.provisional"))
        return text

    def _fill_path(self, found: Answers) -> None:
        """Where it has been, where it is, what lies ahead; and what can happen now, or what that lacks."""
        path = lanes(found.procedure, found.show, found.titles, self.words)
        first = self.query_one("#path", OptionList).highlighted is None
        self._rows["path"] = [row for _, row in path]
        self._list("path", [text for text, _ in path], "case.ended")
        here = next((i for i, (_, row) in enumerate(path) if row["kind"] == "here"), None)
        if first and here is not None:
            self.query_one("#path", OptionList).highlighted = here

    def _fill_timeline(self, found: Answers) -> None:
        from tui.screens.record import entry_said

        self._rows["timeline"] = found.log
        width = self._width
        lines = []
        for row in found.log:
            flags = [k for k in ("withdrawn", "inapplicable", "amended") if row.get(k)]
            said = entry_said(self.words, found.titles, row, self.app.masked)
            day = self.words.day(row["occurred_at"] if "occurred_at" in row else row["at"], found.show["as_of"])
            sign = mark(self.words, flags[0]) + " " if flags else ""
            lines.append(
                Text(fitted(f"{row['seq']:>3} {day}  {sign}{said}", width), "strike" if "withdrawn" in flags else "")
            )
        self._list("timeline", lines, "case.untitled")

    def _fill_papers(self, found: Answers) -> None:
        rows: list[Data] = []
        lines: list[Text] = []
        titles = found.titles
        checks = {row["item"]: row["done"] for row in found.log if row["kind"] == "check" and not row["withdrawn"]}
        ticks = {item for item, done in checks.items() if done}
        for checklist, each in found.show["checklists"].items():
            rows.append({"kind": "head"})
            done = mark(self.words, "ok") if each["complete"] else ""
            lines.append(Text(f"{titles['checklist'].get(checklist, checklist)}  {done}", "bold"))
            for id, title in titles["item"].items():
                if id.startswith(f"{checklist}."):
                    ticked = id in ticks
                    rows.append({"kind": "item", "id": id, "done": ticked})
                    lines.append(Text(f"  [{'x' if ticked else ' '}] {visible(title)}"))
        rows.append({"kind": "head"})
        lines.append(Text(self.say("case.facts"), "bold"))
        for id, title in titles["fact"].items():
            value = found.show["facts"].get(id)
            shown = "" if value is None else masked(str(value)) if self.app.masked else visible(str(value))
            rows.append({"kind": "fact", "id": id, "value": value})
            lines.append(Text(f"  {visible(title)}: {shown or self.say('case.not_filled')}"))
        for each in found.show["follow_ups"]:
            if each["from"] == "user" and each["status"] == "open":
                rows.append({"kind": "follow_up", "n": each["n"]})
                text = masked(each["text"]) if self.app.masked else visible(each["text"])
                lines.append(Text(f"  [ ] {self.words.day(each['due'], found.show['as_of'])}  {text}"))
        self._rows["papers"] = rows
        self._list("papers", lines, "case.untitled")

    def _fill_forecast(self, found: Answers) -> None:
        days = AHEAD_DAYS[self._ahead]
        at = "   ".join(f"[{d}]" if d == days else str(d) for d in AHEAD_DAYS)
        supposed = found.titles["event"].get(found.supposed or "", "")
        lines = [Text(self.say("case.slider", days=at), "bold")]
        lines.append(Text(self.say("case.supposed", event=supposed) if supposed else self.say("case.nothing_supposed")))
        lines.append(Text(""))
        lines += told("forecast", found.forecast, self.app.lang, self._width, titles=found.titles).split(
            "\n", allow_blank=True
        )
        if found.then is not None:
            lines += [Text(""), Text(self.say("case.then", n=days), "bold")]
            for track in found.then["tracks"]:
                lines.append(Text("  " + found.titles["state"].get(track["state"], track["state"])))
        self.query_one("#forecast_text", Static).update(Text("\n").join(lines))

    @property
    def _width(self) -> int:
        return max(self.app.size.width - 4, 24)

    def _list(self, id: str, lines: list[Text], empty: str) -> None:
        """New lines into a list, the cursor where it was."""
        shown = self.query_one(f"#{id}", OptionList)
        at, top = shown.highlighted, shown.scroll_y
        shown.clear_options()
        shown.add_options([Option(line) for line in lines] or [Option(self.say(empty), disabled=True)])
        if lines:
            last = len(lines) - 1
            shown.highlighted = min(at, last) if at is not None else last if id == "timeline" else 0
            shown.scroll_to(y=top, animate=False) if at is not None else None

    def _detail(self) -> None:
        """What the chosen line can be used for."""
        row = self._chosen()
        known = {"deadlines": "deadline", "timeline": "entry", "forecast": "forecast"}
        about = known.get(self.tab) or (row or {}).get("kind", "")
        key = f"case.on_{about}"
        self.query_one("#detail", Static).update(self.say(key) if self.words.has(key) else "")

    def _chosen(self) -> Data | None:
        if self.tab not in LISTS:
            return None
        at = self.query_one(f"#{self.tab}", OptionList).highlighted
        rows = self._rows[self.tab]
        return rows[at] if at is not None and at < len(rows) else None

    # -- what can be done ----------------------------------------------------------------------------------

    def on_click(self, event: Click) -> None:
        tab = event.style.meta.get("tab")
        if tab:
            self.action_tab(tab)

    def on_resize(self, event: Resize) -> None:
        self.refill()

    def on_option_list_option_highlighted(self) -> None:
        self._detail()

    def on_option_list_option_selected(self) -> None:
        self.action_do()

    def key_enter(self) -> None:
        if self.tab in ("next", "forecast") and self._asked is None:
            self.action_do()

    def key_left(self) -> None:
        self._move(-1)

    def key_right(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        if self.tab == "forecast":
            self._ahead = min(max(self._ahead + by, 0), len(AHEAD_DAYS) - 1)
            self.refill()

    def action_tab(self, tab: str) -> None:
        """Show something else about the case."""
        self.tab = tab
        self.query_one("#switch", ContentSwitcher).current = tab
        self.query_one(f"#{tab}").focus()
        self.refill()

    def action_do(self) -> None:
        """What Enter does where the cursor is; on the first page, the next step."""
        row = self._chosen()
        if self.tab == "next":
            self._do_next()
        elif self.tab == "deadlines":
            self.action_basis()
        elif self.tab == "forecast":
            self._nth += 1
            self.refill()
        elif row is None:
            return
        elif self.tab == "path" and row["kind"] == "event":
            self.action_record(row["event"])
        elif self.tab == "timeline":
            from tui.screens.record import CorrectScreen

            self.app.push_screen(CorrectScreen(self.case, row["seq"]))
        elif row["kind"] == "item":
            self._write(lambda desk: desk.done(self.case, row["id"], undo=row["done"]))
        elif row["kind"] == "follow_up":
            self._write(lambda desk: desk.follow_up(self.case, "done", n=row["n"]))
        elif row["kind"] == "fact":
            self._ask_for(f"fact:{row['id']}", "" if row["value"] is None else str(row["value"]))

    @work(exclusive=True, group="do")
    async def _do_next(self) -> None:
        do = (await self.ask(lambda desk: desk.next(self.case)))["do"]
        if do["kind"] == "tick":
            self.action_tab("papers")
        elif do["kind"] in ("fact", "date") and do.get("fact"):
            self._ask_for(f"fact:{do['fact']}", "")
        else:
            self.action_record(do.get("event"))

    def action_record(self, event: str | None = None) -> None:
        """Write down what happened."""
        from tui.screens.record import RecordScreen

        self.app.push_screen(RecordScreen(self.case, event))

    def action_undo(self) -> None:
        """Take the last entry back, after a look at what that changes."""
        from tui.screens.record import UndoScreen

        self.app.push_screen(UndoScreen(self.case))

    def action_basis(self) -> None:
        """How the chosen day was counted, or the first that stands."""
        from tui.screens.basis import BasisScreen

        row = self._chosen() if self.tab == "deadlines" else None
        self.app.push_screen(BasisScreen(self.case, row["id"] if row else None))

    def action_seen(self) -> None:
        """What was announced about the case has been seen."""
        self._write(lambda desk: desk.acknowledge(self.case), "case.seen")

    def action_note(self) -> None:
        """A line for a note."""
        self._ask_for("note", "")

    def action_back(self) -> None:
        if self._asked is not None:
            self._ask_for(None, "")
        else:
            super().action_back()

    def _ask_for(self, what: str | None, value: str) -> None:
        self._asked = what
        line = self.query_one("#entry", Input)
        line.display = what is not None
        line.value, line.placeholder = value, self.say("case.type_note" if what == "note" else "case.type_fact")
        (line if what is not None else self.query_one(f"#{self.tab}")).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        asked, value = self._asked, event.value
        if asked == "note" and value.strip():
            self._write(lambda desk: desk.note(self.case, value))
        elif asked is not None and asked.startswith("fact:"):
            self._write(lambda desk: desk.set_facts(self.case, {asked.removeprefix("fact:"): value}))

    @work(exclusive=True, group="write")
    async def _write(self, question: Any, said: str = "case.kept") -> None:
        """Keep something; what was typed stays if it could not be kept."""
        try:
            await self.ask(question)
        except EscalationError as error:
            self.notice("\n".join(error_lines(error, self.app.lang)))
            return
        self._ask_for(None, "")
        self.app.notify(self.say(said), timeout=2)
        self.refill()

    async def say_again(self) -> None:
        self._typed = self.query_one("#entry", Input).value
        asked, value = self._asked, self._typed
        await super().say_again()
        self.query_one("#switch", ContentSwitcher).current = self.tab
        if asked is not None:
            self._ask_for(asked, value)
