"""One field of a form: its title, where one types, and what is wrong or how it was understood."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from escalation.wording import Wording, visible
from tui.forms import Field
from tui.widgets.choice import Choice
from tui.widgets.covered import CoveredText
from tui.widgets.prose import Prose

if TYPE_CHECKING:
    from tui.app import EscalationApp

LONG = 200
"""Characters; what may be longer gets several lines."""
HIDDEN_TYPES = ("money", "text")
"""What is covered while names and amounts are hidden, besides all that has several lines."""
YESTERDAY = "yesterday"
"""Typed or chosen: understood in either language, so that it stands through a change of it."""


class Row(Vertical):
    """One field: its title, what is typed, and a line about that."""

    app: EscalationApp

    class Typed(Message):
        """What stands in a field is another now."""

        def __init__(self, name: str, text: str) -> None:
            self.name, self.text = name, text
            super().__init__()

    def __init__(self, field: Field, typed: str) -> None:
        super().__init__(id=f"row-{id_of(field.name)}", classes=f"row -{field.type}")
        self.field, self.text = field, typed

    def compose(self) -> ComposeResult:
        with Horizontal(classes="pair"):
            yield Static(self._title(), classes="asked", markup=False)
            yield from self._inputs()
        about = Prose()
        about.add_class("about")
        yield about

    def _title(self) -> Text:
        star = " *" if self.field.required else ""
        return Text(visible(self.field.title) + star)

    def _inputs(self) -> Iterator[Widget]:
        id = f"in-{id_of(self.field.name)}"
        match self.field.type:
            case "choice" | "boolean":
                yield Choice(self._options(), self.text, clearable=not self.field.required, id=id)
            case "when":
                yield Choice(self._days(), self._day_chosen(), clearable=False, id=f"{id}-day")
                shown = "" if self.text == YESTERDAY else self.text
                yield Input(shown, placeholder=self._hint("when"), compact=True, id=id)
            case "note" | "files":
                yield self._area_of(id)
            case "text" if self.field.limits.get("max_length", LONG + 1) > LONG:
                yield self._area_of(id)
            case kind:
                yield Input(
                    self.text,
                    placeholder=self._hint(kind),
                    compact=True,
                    id=id,
                    password=self._is_hidden,
                )

    def _area_of(self, id: str) -> CoveredText:
        area = CoveredText(self.text, compact=True, highlight_cursor_line=False, id=id)
        area.covered = self.app.masked
        return area

    @property
    def _is_hidden(self) -> bool:
        """Whether what is typed into a line is covered: always what is secret, names and sums while asked to."""
        return self.field.type == "secret" or (self.app.masked and self.field.type in HIDDEN_TYPES)

    @property
    def help_key(self) -> str | None:
        """The sentence that explains the field to whoever asks for help in it."""
        for key in (f"explain.{self.field.name}", f"explain.{self.field.type}"):
            if self.app.words.has(key):
                return key
        return None

    def _hint(self, kind: str) -> str:
        key = f"form.hint_{kind}"
        return self.app.words.say(key) if self.app.words.has(key) else ""

    def _options(self) -> list[tuple[str, str]]:
        words = self.app.words
        if self.field.type == "boolean":
            return [("true", words.say("word.yes")), ("false", words.say("word.no"))]
        return [(id, choice_said(words, id)) for id in self.field.of]

    def _days(self) -> list[tuple[str, str]]:
        return [(id, self.app.words.say(f"form.day_{id}")) for id in ("today", YESTERDAY, "other")]

    def _day_chosen(self) -> str:
        return {"": "today", YESTERDAY: YESTERDAY}.get(self.text, "other")

    # -- changes -----------------------------------------------------------------------------------------

    def reword(self, field: Field) -> None:
        """The same field in another language, or hidden from people who look over one's shoulder; nothing is lost."""
        self.field = field
        self.query_one(".asked", Static).update(self._title())
        for choice in self.query(Choice):
            choice.offer(self._days() if field.type == "when" else self._options())
        for each in self.query(Input):
            each.placeholder = self._hint(field.type)
            each.password = self._is_hidden
        for area in self.query(CoveredText):
            area.cover(self.app.masked)

    def about(self, text: str, bad: bool) -> None:
        """What is wrong, or how it was understood."""
        line = self.query_one(".about", Prose)
        line.put(Text(text))
        line.display = bool(text)
        line.set_class(bad, "-bad")

    def _take(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.post_message(self.Typed(self.field.name, text))

    @on(Input.Changed)
    def _input(self, event: Input.Changed) -> None:
        event.stop()
        if self.field.type == "when":
            if self.text == YESTERDAY and not event.value:
                return  # the day chosen beside it took the text away
            self._take(event.value)
            if event.value:  # while nothing is typed yet, "a date" stays chosen
                self.query_one(Choice).value = self._day_chosen()
        else:
            self._take(event.value)

    @on(TextArea.Changed)
    def _area(self, event: TextArea.Changed) -> None:
        event.stop()
        self._take(event.text_area.text)

    @on(Choice.Chosen)
    def _chosen(self, event: Choice.Chosen) -> None:
        event.stop()
        if self.field.type != "when":
            self._take(event.value)
            return
        typed = self.query_one(Input)
        if event.value == "other":
            typed.focus()
        self._take(YESTERDAY if event.value == YESTERDAY else "")
        typed.value = ""

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()


def choice_said(words: Wording, id: str) -> str:
    """A choice of a procedure, in words: definitions have ids only."""
    known = (key for key in (f"form.of_{id}", f"choice.{id}") if words.has(key))
    return next((words.say(key) for key in known), visible(id.replace("_", " ")))


def id_of(name: str) -> str:
    """A field's name as part of a widget's id; those of every form begin with a dot."""
    return f"x{name[1:]}" if name.startswith(".") else f"a-{name}"
