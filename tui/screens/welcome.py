"""The first start: a few questions in plain words, and the case stands where the person does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from escalation.errors import EscalationError
from escalation.reading import DEFAULT_ZONE
from escalation.wording import error_lines
from states.errors import ProcedureError
from tui.commands import bindings
from tui.forms import Answers, Field, problem_said, read_form, shown_said
from tui.screens.demo import DemoHost
from tui.screens.drafts import Key, Typed
from tui.screens.opening import PLACES, Opened, Plan, carry_out, plan, when, whom
from tui.screens.opening_words import field_title, last_page, notes_of
from tui.widgets.choice import Choice
from tui.widgets.form import Form
from tui.widgets.hints import Hints
from tui.widgets.options import Options
from tui.widgets.preview import HIDDEN
from tui.widgets.prose import Prose
from tui.widgets.status import kept_said

if TYPE_CHECKING:
    from escalation.api import Desk

WHERE, WHOM, WHEN, CHECK = range(4)


class WelcomeScreen(DemoHost):
    """Four questions at most; each can be skipped, and Esc goes back one with nothing lost."""

    commands: ClassVar[tuple[str, ...]] = ("forward", "back")
    name_of_help: ClassVar[str] = "welcome_page"
    BINDINGS: ClassVar[list[BindingType]] = bindings("forward")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-usual"), (100, "-wide")]
    SCOPED_CSS = False
    DEFAULT_CSS = """
    WelcomeScreen #question { height: auto; max-height: 40%; padding: 0 1; }
    WelcomeScreen #places { height: 1fr; border: none; padding: 0 1; background: $background; }
    WelcomeScreen #list { height: 1fr; padding: 0 1; }
    WelcomeScreen #language { height: auto; padding: 0 1; }
    WelcomeScreen #language Static { width: auto; padding: 0 2 0 0; }
    WelcomeScreen #acts { height: auto; padding: 0 1; background: $panel; }
    WelcomeScreen Button { margin: 0 2 0 0; min-width: 8; width: auto; }
    App.-demo Screen { border-title-color: $warning; border-title-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.step = WHERE
        self.place: str | None = None
        self.typed: dict[str, str] = {}
        """Everything typed so far, by field: nothing is lost by going back, or by choosing again."""
        self.skipped: set[int] = set()
        self._plan: Plan | None = None
        """What was tried, and is shown."""
        self._lacks: str | None = None
        """The field without which something of it would be a note only."""
        self._opening = False
        self._towards: str | None = None
        """The field that is to have the focus once the question is shown; empty: where typing begins."""
        self._now: datetime | None = None

    def body(self) -> ComposeResult:
        yield Static("", id="question", markup=False)
        yield Options(id="places")
        yield Form(id="form")
        with VerticalScroll(id="list"):
            yield Prose(id="sentences")
        with Horizontal(id="language"):
            yield Static("语言 Language", markup=False)
            yield Choice([("zh", "中文"), ("en", "English")], self.app.lang, clearable=False, id="lang")
        with Horizontal(id="acts"):
            yield Button(self.say("welcome.forward"), id="forward", compact=True, variant="primary")
            yield Button("", id="mend", compact=True)
            yield Button(self.say("welcome.skip"), id="skip", compact=True)
            yield Button(self.say("welcome.before"), id="before", compact=True)

    # -- what is typed and not saved -----------------------------------------------------------------------

    def draft_key(self) -> Key:
        return ("welcome",)

    def unsaved(self) -> Typed | None:
        if not any(self.typed.values()) or self.place is None:
            return None
        where = {".place": self.place, ".step": str(self.step), ".skipped": " ".join(map(str, sorted(self.skipped)))}
        return self.typed | where

    def on_mount(self) -> None:
        """On with what was typed another time."""
        draft = dict(self.app.drafts_of(self.store).get(self.draft_key()) or {})
        place, step, skipped = (draft.pop(name, "") for name in (".place", ".step", ".skipped"))
        if place in PLACES and step in ("0", "1", "2", "3"):
            self.place, self.step, self.typed = place, int(step), draft
            self.skipped = {int(each) for each in skipped.split() if each.isdecimal()}
            self.app.notify(self.say("record.draft_back"), timeout=3)

    def _leave(self) -> None:
        """Away from the first question. What was typed so far waits for another time."""
        typed = self.unsaved()
        if typed is not None and len(self.app.screen_stack) > 1:
            self.app.drafts_of(self.store).keep(self.draft_key(), typed)
            self.app.notify(self.say("record.draft_kept"), timeout=3)
        super().action_back()

    # -- showing -----------------------------------------------------------------------------------------

    @property
    def form(self) -> Form:
        return self.query_one("#form", Form)

    async def fill(self) -> None:
        self._show_words()
        if self.step in (WHOM, WHEN):
            if await self.form.ask(self.fields(), self.typed) or self._towards is not None:
                self._focus_field(self._towards)
            self._towards = None
        now = await self.ask(lambda desk: desk.now())
        self._now = now.astimezone(DEFAULT_ZONE)
        if self.step in (WHOM, WHEN):
            self._check()
        elif self.step == CHECK:
            await self._show_plan()

    def _focus_field(self, name: str | None) -> None:
        if name in [field.name for field in self.form.fields]:
            self.form.focus_field(str(name))
        else:
            self.form.focus_first()

    def fields(self) -> tuple[Field, ...]:
        """What the question that is shown asks."""
        ask = whom if self.step == WHOM else when
        return ask(self.place or PLACES[0], self.say)

    def _show_words(self) -> None:
        questions = 4 if self.place is None or when(self.place, self.say) else 3
        number = min(self.step + 1, questions)
        self.entitle(self.say("welcome.title", n=number, of=questions))
        key = ("where", f"whom_{self.place}", f"when_{self.place}", "check")[self.step]
        key = key if self.words.has(f"welcome.{key}") else key.partition("_")[0]
        self.query_one("#question", Static).update(self.say(f"welcome.{key}", kept=kept_said(self.words, self.store)))
        for id, step in (("places", WHERE), ("language", WHERE), ("list", CHECK)):
            self.query_one(f"#{id}").display = self.step == step
        self.form.display = self.step in (WHOM, WHEN)
        self.query_one("#skip").display = self.step != CHECK
        self._offer_mending()
        self.query_one("#before").display = self.step != WHERE
        self.query_one("#forward", Button).label = self.say("welcome.open" if self.step == CHECK else "welcome.forward")
        self.query_one("#skip", Button).label = self.say("welcome.later" if self.step == WHERE else "welcome.skip")
        self.query_one("#before", Button).label = self.say("welcome.before")
        if self.step == WHERE:
            self._show_places()

    def _show_places(self) -> None:
        shown = self.query_one("#places", OptionList)
        was = shown.highlighted
        shown.clear_options()
        shown.add_options(
            Option(Text(f"{n}  {self.say(f'welcome.place_{place}')}"), id=place) for n, place in enumerate(PLACES, 1)
        )
        shown.highlighted = was if was is not None else 0
        if self.focused is None:
            shown.focus()

    async def say_again(self) -> None:
        self.query_one(Hints).refresh()
        self.query_one("#lang", Choice).value = self.app.lang
        self.refill()

    @on(Form.Changed)
    def _typed(self) -> None:
        self.typed |= self.form.typed
        self._check()

    def _check(self) -> Answers:
        """Say beside each field how it was understood."""
        now = self._now
        if now is None:
            return Answers({}, None, None, {}, {}, ())
        answers = read_form(self.form.fields, self.form.typed, now)
        for field in self.form.fields:
            problem, shown = answers.problems.get(field.name), answers.shown.get(field.name)
            text = problem_said(self.words, problem) if problem else shown_said(self.words, shown, now) if shown else ""
            self.form.about(field.name, text, bad=problem is not None)
        return answers

    async def _show_plan(self) -> None:
        """What will be written, as sentences, before it is: all of it is tried, and taken back."""
        made, asked = self._made(), self._every_field()
        shown = self.query_one("#sentences", Prose)
        self._plan = None
        try:
            tried, described = await self.ask(lambda desk: desk.at_once(lambda: self._tried(desk, made), keep=False))
        except (EscalationError, ProcedureError):
            shown.put(Text(self.say("welcome.still_here")))
            raise
        said = last_page(made, tried, described, asked, self.words, self._day, HIDDEN if self.app.masked else None)
        text = Text("\n".join(f"- {line}" for line in said.will))
        if said.noted:
            text.append(f"\n\n{self.say('welcome.noted')}\n" + "\n".join(f"- {line}" for line in said.noted))
        if said.until:
            text.append(f"\n{said.until}", "bold")
        text.append(f"\n\n{self.say('welcome.reminders')}", "dim")
        shown.put(text)
        self._plan, self._lacks = made, tried.lacks
        self._offer_mending()

    def _carried_out(self, desk: Desk, made: Plan) -> Opened:
        """The case opened."""
        return carry_out(desk, made, notes_of(made, self._every_field(), self.words, self._day))

    def _tried(self, desk: Desk, made: Plan) -> tuple[Opened, Mapping[str, Any]]:
        """What becomes of it, and the procedure; which is read from its file only once, by the opening."""
        opened = self._carried_out(desk, made)
        return opened, desk.procedure(made.procedure)

    def _offer_mending(self) -> None:
        """A way back to the one answer that is missing."""
        button = self.query_one("#mend", Button)
        button.display = self.step == CHECK and self._lacks is not None
        if self._lacks is not None:
            button.label = self.say("welcome.mend", field=field_title(self._lacks, self._every_field()))

    def _every_field(self, skipped: Collection[int] = ()) -> list[Field]:
        """The fields of all questions of this place but the `skipped` ones."""
        place = self.place or PLACES[0]
        asked = {WHOM: whom(place, self.say), WHEN: when(place, self.say)}
        return [field for step, each in asked.items() if step not in skipped for field in each]

    def _day(self, iso: str | None) -> str:
        today = self._now.date().isoformat() if self._now else None
        return self.words.day(iso, today) if iso else self.say("welcome.no_day")

    def _made(self) -> Plan:
        assert self._now is not None
        return plan(self.place or PLACES[0], read_form(self._every_field(self.skipped), self.typed, self._now).values)

    # -- going on ----------------------------------------------------------------------------------------

    def go(self, step: int, field: str = "") -> None:
        """To another question, and there to a field; else to where typing begins."""
        self.step, self._towards = step, field
        self._plan = self._lacks = None
        self.notice("")
        self.refill()
        if step == WHERE:
            self.query_one("#places").focus()
        elif step == CHECK:
            self.query_one("#sentences", Prose).put(Text(self.say("welcome.trying")))
            self.query_one("#forward").focus()

    def action_forward(self) -> None:
        if self.step == WHERE:
            shown = self.query_one("#places", OptionList)
            self.choose(PLACES[shown.highlighted or 0])
        elif self.step == CHECK:
            self._open()
        elif self._check().problems:
            self.form.focus_field(next(iter(self._check().problems)))
        else:
            self.skipped.discard(self.step)
            self._next()

    def _next(self) -> None:
        has_days = bool(when(self.place or PLACES[0], self.say))
        self.go(WHEN if self.step == WHOM and has_days else CHECK)

    def choose(self, place: str) -> None:
        """Where the person stands."""
        if place == "demo":
            self.start_demo()
            return
        self.place = place
        self.go(WHOM)

    def action_back(self) -> None:
        if self.step == WHERE:
            self._leave()
        else:
            has_days = bool(when(self.place or PLACES[0], self.say))
            self.go(WHOM if self.step == CHECK and not has_days else self.step - 1)

    @on(OptionList.OptionSelected, "#places")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.choose(str(event.option_id))

    def on_key(self, event: events.Key) -> None:
        """A digit chooses, also in full width."""
        digit = event.character or ""
        if self.step != WHERE or not self.query_one("#places").has_focus or len(digit) != 1 or not digit.isdecimal():
            return
        if 1 <= int(digit) <= len(PLACES):
            event.stop()
            self.query_one("#places", OptionList).highlighted = int(digit) - 1
            self.choose(PLACES[int(digit) - 1])

    @on(Choice.Chosen, "#lang")
    def _language(self, event: Choice.Chosen) -> None:
        event.stop()
        self.app.lang = event.value
        self.query_one("#places").focus()  # where the digits mean the question again

    @on(Button.Pressed, "#forward")
    def _forward_pressed(self) -> None:
        self.action_forward()

    @on(Button.Pressed, "#before")
    def _before_pressed(self) -> None:
        self.action_back()

    @on(Button.Pressed, "#mend")
    def _mend(self) -> None:
        """Back to the answer that is missing."""
        if self._lacks is not None:
            named = [field.name for field in whom(self.place or PLACES[0], self.say)]
            self.go(WHOM if self._lacks in named else WHEN, self._lacks)

    @on(Button.Pressed, "#skip")
    def _skip(self) -> None:
        """Leave a question unanswered: what was typed into it does not count, and stays should one come back."""
        if self.step == WHERE:
            self._leave()
            return
        self.skipped.add(self.step)
        self._next()

    @work(group="open")
    async def _open(self) -> None:
        """Write it all, and show the one thing to do next."""
        from tui.screens.case import CaseScreen

        made = self._plan
        if self._opening:
            return
        if made is None:  # it could not be tried: perhaps it can now
            self.refill()
            return
        self._opening = True
        try:
            opened = await self.ask(lambda desk: desk.at_once(lambda: self._carried_out(desk, made)))
        except (EscalationError, ProcedureError) as error:
            self.notice("\n".join([*error_lines(error, self.app.lang), self.say("welcome.still_here")]))
            return
        finally:
            self._opening = False
        self.app.drafts_of(self.store).drop(self.draft_key())
        self.typed = {}
        if opened.kept:
            names = self.words.listed([each.title for each in opened.kept])
            self.app.notify(self.say("welcome.kept_as_note", names=names), timeout=8, markup=False)
        self.app.switch_screen(CaseScreen(opened.case))
