"""What recording and correcting share: a form above, what it would do below, saving, leaving, drafts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from escalation.errors import BadInput, CaseMoved, EscalationError, Refused, WouldConflict
from escalation.wording import Titles, error_lines, visible
from states.errors import ProcedureError
from tui.commands import bindings
from tui.forms import (
    AT,
    FILES,
    NOTE,
    Answers,
    Field,
    Problem,
    paths,
    problem_said,
    read_form,
    shown_said,
    size_said,
)
from tui.screens.leaving import FormPage
from tui.screens.refusals import lacks, refusal_lines
from tui.widgets.form import Form
from tui.widgets.hints import Hints
from tui.widgets.preview import HIDDEN, Preview, Tick
from tui.widgets.tone import Tone

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
Question = Callable[["Desk"], Data]

OWN_WORDS = (NOTE, "said_by_me")
"""Fields whose words are one's own; what the other side said is kept as it was said."""
PAUSE = 0.12
"""Seconds of quiet after a key before the library is asked what it would do."""


class Sheet(FormPage):
    """A form over one case, its preview below, and what to do about both."""

    commands: ClassVar[tuple[str, ...]] = ("save", "attach", "back")
    BINDINGS: ClassVar[list[BindingType]] = bindings("save", "attach")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-usual"), (100, "-wide")]
    DEFAULT_CSS = """
    Sheet #sheet { height: 1fr; }
    """

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case
        self.fields: tuple[Field, ...] = ()
        self.titles: Titles = {}
        self.now: datetime | None = None
        self.answers = Answers({}, None, None, {}, {}, ())
        self.seen: int | None = None
        """The last entry that the preview knew of."""
        self._asked_to_save = False

    # -- what a sheet is made of -------------------------------------------------------------------------

    async def read(self) -> None:
        """Ask the library for what the form needs: `fields`, `initial`, `titles`, `now`, the title."""
        raise NotImplementedError

    def would(self) -> Question | None:
        """What is to be previewed; None if there is nothing to be."""
        raise NotImplementedError

    async def write(self) -> None:
        """Save. Raises what the library raises."""
        raise NotImplementedError

    def sheet(self) -> ComposeResult:
        """The form, its preview, and the buttons."""
        with Vertical(id="sheet"):
            yield Form(id="form")
            yield Tone(id="tone")
            yield Preview(id="preview")
            yield from self.question()
            with Horizontal(id="acts"):
                yield from self.acts()

    def acts(self) -> ComposeResult:
        yield Button(self.say("command.save"), id="save", compact=True, variant="primary")
        yield Button(self.say("record.leave"), id="leave", compact=True)

    def body(self) -> ComposeResult:
        yield from self.sheet()

    # -- showing -----------------------------------------------------------------------------------------

    @property
    def preview(self) -> Preview:
        return self.query_one("#preview", Preview)

    async def fill(self) -> None:
        await self.read()
        if not self.fields:
            return
        draft = self.draft()
        if await self.form.ask(self.fields, {**self.initial, **(draft or {})}):
            self.form.focus_first()
            if draft:
                self.app.notify(self.say("record.draft_back"), timeout=3)
        self.check()
        self.work_out()

    async def say_again(self) -> None:
        """In the language that is on, in place: what is typed, and where one was, stays."""
        for button in self.query(Button):
            key = "command.save" if button.id == "save" else f"record.{button.id}"
            button.label = self.say(key)
        self.query_one("#asked", Static).update(self.say("record.unsaved"))
        self.query_one(Hints).refresh()
        self.refill()

    def entitle_case(self, what: str, title: str) -> None:
        """The title: what is being written, and in which case."""
        text = f"{visible(what)}  {HIDDEN if self.app.masked else visible(title)}"
        self.query_one("#title", Static).update(Text(text, no_wrap=True, overflow="ellipsis"))

    def check(self) -> None:
        """Read what is typed, and say beside each field how it was understood or what is wrong."""
        if self.now is None:
            return
        self.answers = read_form(self.fields, self.form.typed, self.now)
        for field in self.fields:
            problem = self.answers.problems.get(field.name)
            if problem is None and self._asked_to_save and field.name in self.answers.missing:
                problem = Problem("required")
            shown = self.answers.shown.get(field.name)
            if field.type == "files":
                self._look_at_files(field)
            elif problem is not None:
                self.form.about(field.name, problem_said(self.words, problem), bad=True)
            else:
                self.form.about(field.name, shown_said(self.words, shown, self.now) if shown else "")

    def files(self) -> list[Path]:
        """The files that were typed or pasted."""
        return [Path(each).expanduser() for each in paths(self.form.typed.get(FILES, ""), _is_file)]

    def _look_at_files(self, field: Field) -> None:
        lines, bad = [], False
        for each in self.files():
            there = _is_file(str(each))
            bad = bad or not there
            name = HIDDEN if self.app.masked else visible(each.name)
            size = size_said(each.stat().st_size) if there else ""
            lines.append(self.say("form.file_ok" if there else "form.file_missing", name=name, size=size))
        if bad:
            self.answers.problems[field.name] = Problem("file_missing")
        self.form.about(field.name, "\n".join(lines), bad=bad)

    @on(Form.Changed)
    def _changed(self) -> None:
        self.hold("")
        self.check()
        self.work_out()

    @on(Tick.Changed)
    def _ticked(self) -> None:
        self.hold("")

    @work(exclusive=True, group="preview")
    async def work_out(self) -> None:
        """What saving would do; the newest question wins."""
        await asyncio.sleep(PAUSE)
        if not self.is_mounted:
            return
        try:
            await self._sound()
            if self.ready:
                await self.foresee()
            else:
                await self.preview.tell(self._lacks())
        except (EscalationError, ProcedureError) as error:
            await self.preview.tell(self.refusal(error))

    async def foresee(self) -> None:
        """Put into the preview what saving would do. Raises what the library raises."""
        question = self.would()
        if question is None:
            await self.preview.tell([self.say("record.no_change")])
            return
        data = await self.ask(question)
        self.seen = data["before"]["head"]
        await self.preview.show(data, self.titles, wide=self.size.width >= 100, masked=self.app.masked)

    async def _sound(self) -> None:
        """How one's own words sound, where there is something to say about it; nothing of it is kept."""
        if not self.fields:  # nothing is typed on this one
            return
        typed = self.form.typed
        text = "\n".join(typed[name] for name in OWN_WORDS if typed.get(name, "").strip())
        found = await self.ask(lambda desk: desk.ground.calm(text)) if text else []
        self.query_one(Tone).tell(found or None)

    def on_resize(self) -> None:
        self.refill()  # what stands side by side, and where lines break

    @property
    def ready(self) -> bool:
        """Whether what is typed can be put to the library."""
        return self.answers.ready

    def _lacks(self) -> list[str]:
        return lacks(self.answers, self.fields, self.words)

    def refusal(self, error: Exception) -> list[str]:
        """Why the library says no, in the words of a screen; beside the fields where it is about one."""
        return refusal_lines(
            error, self.words, self.titles, self.fields, lambda name, said: self.form.about(name, said, bad=True)
        )

    # -- saving ------------------------------------------------------------------------------------------

    def action_save(self) -> None:
        if self.fields:
            self._save()

    @on(Button.Pressed, "#save")
    def _save_pressed(self) -> None:
        self.action_save()

    @work(exclusive=True, group="save")
    async def _save(self) -> None:
        self._asked_to_save = True
        self.check()
        if not self.answers.ready:
            self.hold("\n".join(self._lacks()))
            self.form.focus_field([*self.answers.missing, *self.answers.problems][0])
            return
        if not self.preview.all_accepted:
            self.hold(self.say("record.accept_first"))
            return
        await self.kept(self.write)

    async def kept(self, write: Callable[[], Any]) -> None:
        """Save, and go back with a short notice; or say calmly why not, and lose nothing."""
        try:
            await write()
        except (CaseMoved, WouldConflict):
            self.hold(self.say("record.moved"))
            self.seen = None
            self.work_out()
        except (Refused, BadInput) as error:
            self.hold("\n".join(self.refusal(error)))
        except (EscalationError, ProcedureError) as error:
            self.hold("\n".join([*error_lines(error, self.app.lang), self.say("record.still_here")]))
        else:
            self.forget_draft()
            self.app.notify(self.say("record.saved"), timeout=3)
            self.app.pop_screen()

    def action_attach(self) -> None:
        """To the field for files."""
        if any(f.name == FILES for f in self.fields):
            self.form.focus_field(FILES)


def special(say: Callable[[str], str], *names: str) -> tuple[Field, ...]:
    """Fields of every form: when, a note, files."""
    kinds: Mapping[str, str] = {AT: "when", NOTE: "note", FILES: "files"}
    return tuple(Field(name, say(f"form.{kinds[name]}_title"), kinds[name]) for name in names)


def _is_file(path: str) -> bool:
    try:
        return Path(path).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):
        return False
