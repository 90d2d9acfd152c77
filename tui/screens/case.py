"""One case: what next, by when, why; and behind the digits everything else about it."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.events import Click, Key, Resize
from textual.screen import Screen
from textual.widgets import Button, ContentSwitcher, Input, OptionList

from escalation.errors import EscalationError
from escalation.wording import error_lines
from states.errors import ProcedureError
from tui.commands import bindings
from tui.screens import drafts, workbench
from tui.screens.case_parts import AHEAD_DAYS, Data
from tui.screens.case_view import LISTS, CaseView

_DO = ("tab_next", "tab_deadlines", "tab_path", "tab_timeline", "tab_papers", "tab_forecast", "record", "note", "basis",
       "undo", "seen", "attach", "follow_up", "find", "earlier", "later")  # fmt: skip


class CaseScreen(CaseView):
    """One case, and what can be done about it."""

    commands: ClassVar[tuple[str, ...]] = (
        "do", "record", "note", "attach", "help", "back", "find", "follow_up", "basis", "undo", "seen", "tab_next",
        "tab_deadlines", "tab_path", "tab_timeline", "tab_papers", "tab_forecast", "earlier", "later",
        *workbench.places(),
    )  # fmt: skip
    name_of_help: ClassVar[str] = "case"
    AUTO_FOCUS = "#next"
    BINDINGS: ClassVar[list[BindingType]] = bindings(*_DO, *workbench.places())

    # -- what can be done ----------------------------------------------------------------------------------

    def on_click(self, event: Click) -> None:
        """Tabs, the workbench, and the days and suppositions of the forecast."""
        meta = event.style.meta
        if meta.get("tab"):
            self.action_tab(meta["tab"])
        elif meta.get("place"):
            self._go(meta["place"])
        elif "ahead" in meta:
            self._ahead = meta["ahead"]
            self.refill()
        elif meta.get("suppose"):
            self.action_do()

    def on_resize(self, event: Resize) -> None:
        self.refill()

    def on_option_list_option_highlighted(self) -> None:
        self._detail()

    def on_option_list_option_selected(self) -> None:
        self.action_do()

    def key_enter(self) -> None:
        if self.tab in ("next", "forecast") and self._asked is None and not isinstance(self.focused, Button):
            self.action_do()

    def action_earlier(self) -> None:
        """The forecast, nearer."""
        self._move(-1)

    def action_later(self) -> None:
        """The forecast, further."""
        self._move(1)

    def _move(self, by: int) -> None:
        if self.tab == "forecast":
            self._ahead = min(max(self._ahead + by, 0), len(AHEAD_DAYS) - 1)
            self.refill()

    def action_tab(self, tab: str) -> None:
        """Show something else about the case."""
        if tab != self.tab:
            self._first = None
        if self._asked == "find" and tab != self.tab:
            self._ask_for(None)
        self.tab = tab
        self.query_one("#switch", ContentSwitcher).current = tab
        self.query_one(f"#{tab}").focus()
        self.refill()

    def action_do(self) -> None:
        """What Enter does where the cursor is; on the first page, the next step."""
        row = self._chosen()
        if self.tab == "next":
            self._do_next()
        elif self.tab == "forecast":
            self._nth += 1
            self.refill()
        elif row is not None:
            self._do_row(row)

    def _do_row(self, row: Data) -> None:
        match row["kind"]:
            case "deadline":
                self.action_basis()
            case "event":
                self.action_record(row["event"])
            case "entry" | "file" | "note":
                from tui.screens.correct import CorrectScreen

                self._show(CorrectScreen(self.case, row["seq"]))
            case "item":
                self._write(lambda desk: desk.done(self.case, row["id"], undo=row["done"]))
            case "follow_up":
                self._follow_up(row["n"])
            case "fact":
                self._fact(row["id"])
            case "add":
                {"file": self.action_attach, "follow_up": self._follow_up, "note": self.action_note}[row["id"]]()

    @work(exclusive=True, group="do")
    async def _do_next(self) -> None:
        try:
            do = (await self.ask(lambda desk: desk.next(self.case)))["do"]
        except (EscalationError, ProcedureError):
            self.refill()  # which says what is the matter
            return
        if do["kind"] == "tick":
            self._wanted = do.get("item")
            self.action_tab("papers")
        elif do["kind"] == "follow_up":
            self._follow_up(do["n"])
        elif do["kind"] in ("fact", "date") and do.get("fact"):
            self._fact(do["fact"])
        else:
            self.action_record(do.get("event"))

    def _show(self, screen: Screen[Any]) -> None:
        self.app.push_screen(screen)

    def _go(self, id: str) -> None:
        self._show(workbench.screen_of(id, self.case))

    def action_plan(self) -> None:
        """Money: what can be paid, and the agreed plan."""
        self._go("plan")

    def action_evidence(self) -> None:
        """Exhibits, contacts, how collectors behave."""
        self._go("evidence")

    def action_letters(self) -> None:
        """Letters made from the case."""
        self._go("letters")

    def action_ground(self) -> None:
        """What law and contract say about where the case stands."""
        self._go("ground")

    def action_trust(self) -> None:
        """Whether somebody is who they say they are."""
        self._go("trust")

    def action_record(self, event: str | None = None) -> None:
        """Write down what happened."""
        from tui.screens.record import RecordScreen

        self._show(RecordScreen(self.case, event))

    def action_undo(self) -> None:
        """Take the last entry back, after a look at what that changes."""
        from tui.screens.correct import UndoScreen

        self._show(UndoScreen(self.case))

    def action_basis(self) -> None:
        """How the chosen day was counted, or the first that stands."""
        from tui.screens.basis import BasisScreen

        row = self._chosen() if self.tab == "deadlines" else None
        self._show(BasisScreen(self.case, row["id"] if row else None))

    def action_attach(self) -> None:
        """A file, for the chosen item where one is chosen."""
        from tui.screens.case_adding import AttachScreen

        row = self._chosen() if self.tab == "papers" else None
        self._show(AttachScreen(self.case, row["id"] if row and row["kind"] == "item" else None, self._first))

    def action_follow_up(self) -> None:
        """A new reminder of one's own."""
        self._follow_up()

    def _follow_up(self, n: int | None = None) -> None:
        from tui.screens.case_adding import FollowUpScreen

        self._show(FollowUpScreen(self.case, n))

    def _fact(self, id: str) -> None:
        from tui.screens.case_adding import FactScreen

        self._show(FactScreen(self.case, id))

    def action_seen(self) -> None:
        """What was announced about the case has been seen."""
        self._write(lambda desk: desk.acknowledge(self.case), "case.seen")

    # -- the line to type into -----------------------------------------------------------------------------

    def action_note(self) -> None:
        """A line for a note, with what was typed another time."""
        kept = self.app.drafts_of(self.store).get(self.draft_key()) or {}
        self._ask_for("note", kept.get("note", ""))

    def draft_key(self) -> drafts.Key:
        return ("note", self.case)

    def unsaved(self) -> drafts.Typed | None:
        note = self.query_one("#entry", Input).value.strip() if self.is_mounted and self._asked == "note" else ""
        return {"note": note} if note else None

    def action_filter(self) -> None:
        """Find in the list that is open, else in the timeline, as one types."""
        if self.tab not in LISTS:
            self.action_tab("timeline")
        self._ask_for("find", self._sought)

    def action_back(self) -> None:
        """Out of the line, then out of what was sought, then to where one came from."""
        if self._asked is not None:
            if self._asked == "note":
                self.app.drafts_of(self.store).drop(self.draft_key())
            self._seek("")
            self._ask_for(None)
        elif self._sought and self.tab in LISTS:
            self._seek("")
        else:
            super().action_back()

    def _ask_for(self, what: str | None, value: str = "") -> None:
        self._asked = what
        self.query_one("#line").display = what is not None
        line = self.query_one("#entry", Input)
        line.password = self.app.masked and what == "note"
        line.placeholder = self.say(f"case.type_{what}") if what else ""
        self.query_one("#entry_ok", Button).label = self.say("case.entry_next" if what == "find" else "case.entry_ok")
        line.value = value
        (line if what is not None else self.query_one(f"#{self.tab}")).focus()

    @on(Input.Changed, "#entry")
    def _typing(self, event: Input.Changed) -> None:
        if self._asked == "find" and event.value != self._sought:
            self._seek(event.value)

    def _seek(self, text: str) -> None:
        """Mark what fits, and go to the nearest of it."""
        if text == self._sought:
            return
        self._sought = text
        if self._found is not None and self._found_tab == self.tab and self.tab in LISTS:
            self._show_tab(self._found)
            self._to_fitting(0)
            self._detail()

    def _to_fitting(self, by: int) -> None:
        """From the chosen line to the next that fits, round the end; by 0, the chosen one counts as well."""
        shown, rows = self.query_one(f"#{self.tab}", OptionList), self._rows[self.tab]
        at = (shown.highlighted or 0) + by
        fitting = [i for i, row in enumerate(rows) if row.get("fits")]
        if fitting:
            shown.highlighted = next((i for i in fitting if i >= at), fitting[0])

    @on(Input.Submitted, "#entry")
    @on(Button.Pressed, "#entry_ok")
    def _submitted(self) -> None:
        value = self.query_one("#entry", Input).value
        if self._asked == "find":
            self._to_fitting(1)
        elif self._asked == "note" and value.strip():
            self._write(lambda desk: desk.note(self.case, value), note=True)

    @on(Button.Pressed, "#entry_no")
    def _dropped(self) -> None:
        self.action_back()

    def key_down(self, event: Key) -> None:
        """From what is sought into what was found."""
        if self._asked == "find" and isinstance(self.focused, Input):
            event.stop()  # else the list would take the same key as well
            self.query_one(f"#{self.tab}").focus()

    @work(exclusive=True, group="write")
    async def _write(self, question: Any, said: str = "case.kept", note: bool = False) -> None:
        """Keep something; what was typed stays if it could not be kept."""
        try:
            await self.ask(question)
        except (EscalationError, ProcedureError) as error:
            self.notice("\n".join(error_lines(error, self.app.lang)))
            return
        if note:
            self.app.drafts_of(self.store).drop(self.draft_key())
        self._ask_for(None)
        self.app.notify(self.say(said), timeout=2)
        self.refill()

    async def say_again(self) -> None:
        """In the language that is on; the line and what is typed into it stay as well."""
        asked, value = self._asked, self.query_one("#entry", Input).value
        await super().say_again()
        if asked is not None:
            self._ask_for(asked, value)
