"""The same for many cases: choose what, see what would happen to each, then do it in one go."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from escalation.errors import EscalationError
from escalation.wording import error_lines
from states.errors import ProcedureError
from tui.commands import bindings
from tui.forms import AT, NOTE, Answers, Problem, fields_of, problem_said, read_form
from tui.screens.bulk_cases import Seen, export, heading, said, would
from tui.screens.page import Page
from tui.widgets.form import Form
from tui.widgets.lines import Told
from tui.widgets.options import Options

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]

PART = 40
"""Cases in one question: so many take some hundredths of a second."""
PARTS = {
    "choose": ("what", "choices"), "values": ("what", "form", "acts"), "preview": ("what", "told", "acts"),
    "assign": ("what", "text", "acts"), "export": ("what", "text", "acts"), "done": ("what", "told", "acts"),
}  # fmt: skip
"""What is shown of the page, by what is being done."""


class BulkScreen(Page):
    """Some cases, and what is to be done with all of them."""

    commands: ClassVar[tuple[str, ...]] = ("save", "back")
    name_of_help: ClassVar[str] = "page_bulk"
    BINDINGS: ClassVar[list[BindingType]] = bindings("save")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-usual")]
    DEFAULT_CSS = """
    BulkScreen #what { height: auto; padding: 0 1; text-style: bold; }
    BulkScreen #choices, BulkScreen #choices:focus { height: 1fr; border: none; padding: 0; }
    BulkScreen #text { margin: 0 1; }
    BulkScreen #acts { height: auto; padding: 0 1; display: none; }
    BulkScreen Button { margin: 0 2 0 0; width: auto; }
    """

    def __init__(self, cases: Sequence[str], done: Callable[[], None]) -> None:
        super().__init__()
        self.cases = tuple(cases)
        self._done = done
        self._phase = "choose"
        self._events: dict[str, Data] = {}
        self._event = ""
        self._answers = Answers({}, None, None, {}, {}, ())
        self._typed: dict[str, str] = {}
        self._text = ""
        self._seen: list[Seen] = []
        self._people: list[str] = []

    def body(self) -> ComposeResult:
        yield Static("", id="what", markup=False)
        with Horizontal(id="acts"):
            yield Button("", id="go", compact=True, variant="primary")
            yield Button(self.say("bulk.back"), id="leave", compact=True)
        yield Options(id="choices")
        yield Form(id="form")
        yield Input(self._text, id="text")
        yield Told(id="told")

    # -- showing -----------------------------------------------------------------------------------------

    async def fill(self) -> None:
        self.entitle(self.say("bulk.title", n=len(self.cases)))
        if self._phase == "choose" and not self._events:
            self._events = await self._possible()
        if self._phase == "values":
            await self._ask_values()
        self._show()

    def _show(self) -> None:
        """What belongs to what is being done."""
        for id in ("choices", "form", "text", "told", "acts"):
            self.query_one(f"#{id}").display = id in PARTS[self._phase]
        what, go = self.query_one("#what", Static), self.query_one("#go", Button)
        ready = [each for each in self._seen if each.error is None]
        go.display = self._phase != "done" and (self._phase != "preview" or bool(ready))
        go.label = {
            "values": self.say("bulk.see"), "preview": self.say("bulk.go", n=len(ready)),
            "assign": self.say("bulk.do_assign"), "export": self.say("bulk.do_export"),
        }.get(self._phase, "")  # fmt: skip
        go.refresh(layout=True)
        what.update(heading(self.words, self._phase, len(self.cases), self._seen, self._people))
        if self._phase == "choose":
            self._offer()
        elif self._phase in ("preview", "done"):
            event = self._events.get(self._event, {}).get("title", self._event)
            shown = self._seen if self._phase == "preview" else [each for each in self._seen if each.error]
            self.query_one("#told", Told).tell([said(each, self.words, self.app.masked, event) for each in shown])
        if self.focused is None or not self.focused.display or not self.focused.is_on_screen:
            self._focus_first()

    def _offer(self) -> None:
        shown, n = self.query_one("#choices", OptionList), len(self.cases)
        at = shown.highlighted or 0
        shown.clear_options()
        for each in self._events.values():
            key = "bulk.event_all" if each["n"] == n else "bulk.event_some"
            said = self.say(key, title=each["title"], n=each["n"], of=n)
            shown.add_option(Option(Text(said), id=f"event:{each['event']}"))
        for id in ("assign", "export", "seen"):
            shown.add_option(Option(Text(self.say(f"bulk.{id}")), id=id))
        shown.highlighted = min(at, shown.option_count - 1)

    def _focus_first(self) -> None:
        first = {"choose": "choices", "assign": "text", "export": "text", "preview": "go", "done": "leave"}
        if self._phase == "values":
            self.query_one("#form", Form).focus_first()
        elif self._phase == "preview" and not self.query_one("#go").display:
            self.query_one("#leave").focus()
        else:
            self.query_one(f"#{first[self._phase]}").focus()

    async def say_again(self) -> None:
        """In the language that is on; what was typed stays."""
        self._events = {}
        if self._phase != "choose":
            self._events = await self._possible()
        await self.recompose()
        self.refill()

    def _turn(self, phase: str) -> None:
        self._phase = phase
        self.set_focus(None)
        self.refill()

    # -- what is possible, what would happen -------------------------------------------------------------

    def _parts(self) -> Iterator[tuple[str, ...]]:
        for at in range(0, len(self.cases), PART):
            yield self.cases[at : at + PART]

    async def _possible(self) -> dict[str, Data]:
        found: dict[str, Data] = {}
        for part in self._parts():
            for each in await self.ask(lambda desk, part=part: desk.possible(part)):  # type: ignore[misc]
                n = found[each["event"]]["n"] if each["event"] in found else 0
                found[each["event"]] = {**each, "n": each["n"] + n}
        return dict(sorted(found.items(), key=lambda pair: -pair[1]["n"]))

    async def _ask_values(self) -> None:
        from tui.screens.sheet import special

        fields = (*special(self.say, AT), *fields_of(self._events[self._event]["asks"]), *special(self.say, NOTE))
        await self.query_one("#form", Form).ask(fields, self._typed)
        await self._check()

    async def _check(self, asked: bool = False) -> None:
        """Read what is typed, and say beside each field what is wrong."""
        from escalation.reading import DEFAULT_ZONE

        form = self.query_one("#form", Form)
        now = await self.ask(lambda desk: desk.now())
        self._typed = dict(form.typed)
        self._answers = read_form(form.fields, form.typed, now.astimezone(DEFAULT_ZONE))
        for field in form.fields:
            problem = self._answers.problems.get(field.name)
            if problem is None and asked and field.name in self._answers.missing:
                problem = Problem("required")
            form.about(field.name, problem_said(self.words, problem) if problem else "", bad=problem is not None)

    @on(Form.Changed)
    async def _changed(self) -> None:
        await self._check()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        """What would happen to each, part by part."""
        self._seen = []
        self._phase = "preview"
        event, a = self._event, self._answers
        for part in self._parts():
            try:
                self._seen += await self.ask(lambda desk, part=part: would(desk, part, event, a))  # type: ignore[misc]
            except (EscalationError, ProcedureError) as error:
                self.notice("\n".join(error_lines(error, self.app.lang)))
                return
            self.query_one("#what", Static).update(
                self.say("bulk.looking", n=len(self._seen), of=len(self.cases))
            )  # fmt: skip
        self._turn("preview")

    # -- choosing and doing ------------------------------------------------------------------------------

    @on(OptionList.OptionSelected, "#choices")
    def _choose(self, event: OptionList.OptionSelected) -> None:
        kind, _, id = str(event.option_id).partition(":")
        if kind == "event":
            self._event, self._typed = id, {}
            self._turn("values")
        elif kind == "seen":
            self._acknowledge()
        else:
            self._begin(kind)

    @work(exclusive=True, group="write")
    async def _begin(self, kind: str) -> None:
        self._text = ""
        if kind == "assign":
            tally = await self.ask(lambda desk: desk.tally())
            self._people = [each["person"] for each in tally["persons"] if each["person"]][:12]
        else:
            today = await self.ask(lambda desk: desk.today())
            self._text = os.path.join("~", f"cases-{today}.jsonl")
        self.query_one("#text", Input).value = self._text
        self._turn(kind)

    @on(Input.Changed, "#text")
    def _typed_text(self, event: Input.Changed) -> None:
        self._text = event.value

    @on(Input.Submitted, "#text")
    @on(Button.Pressed, "#go")
    def action_save(self) -> None:
        """The one thing that comes next."""
        if self._phase == "values":
            self._see()
        elif self._phase == "preview":
            self._record()
        elif self._phase == "assign":
            self._assign()
        elif self._phase == "export":
            self._export()

    @work(exclusive=True, group="look")
    async def _see(self) -> None:
        await self._check(asked=True)
        if self._answers.ready:
            self._look()
        else:
            self.query_one("#form", Form).focus_field([*self._answers.missing, *self._answers.problems][0])

    @work(exclusive=True, group="write")
    async def _record(self) -> None:
        """In one transaction; each case gets an entry of its own."""
        refs = [each.case for each in self._seen if each.error is None]
        if not refs:
            return
        event, a, seen = self._event, self._answers, {each.case: each for each in self._seen}
        self.query_one("#what", Static).update(self.say("bulk.working"))
        found = await self._kept(lambda desk: desk.record_many(refs, event, a.values, at=a.at, note=a.note))
        if found is None:
            return
        for ref, each in zip(refs, found, strict=True):
            if isinstance(each, EscalationError):
                seen[ref] = seen[ref]._replace(error=each)
        self._seen = list(seen.values())
        self._done()
        if all(each.error is None for each in self._seen):
            self._leave(self.say("bulk.done", n=len(refs)))
        else:
            self._turn("done")

    @work(exclusive=True, group="write")
    async def _assign(self) -> None:
        person = self._text.strip() or None
        found = await self._kept(lambda desk: desk.assign(self.cases, person))
        if found is not None:
            key = "bulk.assigned" if person else "bulk.unassigned"
            self._leave(self.say(key, n=len(found), person=person))

    @work(exclusive=True, group="write")
    async def _acknowledge(self) -> None:
        silent = 0
        for part in self._parts():
            found = await self._kept(lambda desk, part=part: [s for c in part for s in desk.acknowledge(c)])  # type: ignore[misc]
            if found is None:
                return
            silent += len(found)
        self._leave(self.say("bulk.acknowledged", n=silent))

    @work(exclusive=True, group="write")
    async def _export(self) -> None:
        path = os.path.expanduser(self._text.strip())
        try:
            done = await self._kept(lambda desk: export(desk, self.cases, path))
        except FileExistsError:
            self.notice(self.say("bulk.file_there"))
        except OSError as error:
            self.notice(self.say("bulk.file_wrong", why=error.strerror))
        else:
            if done is not None:
                self._leave(self.say("bulk.exported", n=len(self.cases), file=path))

    async def _kept(self, question: Callable[[Desk], Any]) -> Any:
        """The answer; None where the store said no, which is told calmly: nothing was lost."""
        try:
            return await self.ask(question)
        except (EscalationError, ProcedureError) as error:
            self._show()
            self.notice("\n".join([*error_lines(error, self.app.lang), self.say("bulk.still_here")]))
            return None

    def _leave(self, said: str) -> None:
        self._done()
        self.app.notify(said, timeout=4, markup=False)
        self.app.pop_screen()

    @on(Button.Pressed, "#leave")
    def action_back(self) -> None:
        """A step back; from the choosing, to all cases. Nothing is written by that."""
        if self._phase in ("choose", "done"):
            self.app.pop_screen()
        elif self._phase == "preview":
            self._turn("values")
        else:
            self._turn("choose")
