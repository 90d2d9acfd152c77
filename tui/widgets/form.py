"""A form: what is asked, one below the other, each with what is wrong or how it was understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from escalation.wording import Wording, visible
from tui.forms import AT, Field

if TYPE_CHECKING:
    from tui.app import EscalationApp

LONG = 200
"""Characters; what may be longer gets several lines."""
HIDDEN_TYPES = ("money", "text")
"""What is covered while names and amounts are hidden."""
YESTERDAY = "yesterday"
"""Typed or chosen: understood in either language, so that it stands through a change of it."""


class Choice(Widget, can_focus=True):
    """A few answers in a row, one of them taken: `(*) 电话  ( ) 信函`. Arrows, digits or a click choose."""

    DEFAULT_CSS = """
    Choice { height: auto; width: 1fr; }
    Choice:focus { background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "move(1)", show=False),
        Binding("left", "move(-1)", show=False),
        Binding("backspace,delete", "clear", show=False),
    ]

    value: reactive[str] = reactive("", layout=True)

    class Chosen(Message):
        """Another answer was taken."""

        def __init__(self, choice: Choice, value: str) -> None:
            self.choice, self.value = choice, value
            super().__init__()

        @property
        def control(self) -> Choice:
            return self.choice

    def __init__(
        self, options: Sequence[tuple[str, str]], value: str = "", *, clearable: bool = True, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._options = tuple(options)
        self._clearable = clearable
        self.set_reactive(Choice.value, value)

    def offer(self, options: Sequence[tuple[str, str]]) -> None:
        """The same answers in other words."""
        self._options = tuple(options)
        self.refresh(layout=True)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return max(1, len(self._lines(width)))

    def render(self) -> Text:
        return Text("\n").join(self._lines(self.size.width or 80))

    def _lines(self, width: int) -> list[Text]:
        lines: list[Text] = []
        for id, label in self._options:
            sign = "(*)" if id == self.value else "( )"
            style = Style(bold=id == self.value, meta={"choice": id})
            part = Text(f"{sign} {label}", style, end="")
            if lines and cell_len(lines[-1].plain) + 2 + cell_len(part.plain) <= width:
                lines[-1] = Text.assemble(lines[-1], "  ", part)
            else:
                lines.append(part)
        return lines

    def take(self, value: str) -> None:
        """Choose, and say so."""
        if value != self.value:
            self.value = value
            self.post_message(self.Chosen(self, value))

    def action_move(self, by: int) -> None:
        ids = [id for id, _ in self._options]
        at = ids.index(self.value) + by if self.value in ids else (0 if by > 0 else len(ids) - 1)
        if 0 <= at < len(ids):
            self.take(ids[at])

    def action_clear(self) -> None:
        if self._clearable:
            self.take("")

    def on_key(self, event: events.Key) -> None:
        """A digit takes the answer of that place, also from an input method in full width."""
        digit = event.character or ""
        if len(digit) == 1 and digit.isdecimal() and 1 <= int(digit) <= len(self._options):
            event.stop()
            self.take(self._options[int(digit) - 1][0])

    def on_click(self, event: events.Click) -> None:
        if "choice" in event.style.meta:
            self.take(event.style.meta["choice"])


class Row(Vertical):
    """One field: its title, what is typed, and a line about that."""

    app: EscalationApp

    class Typed(Message):
        """What stands in a field is another now."""

        def __init__(self, name: str, text: str) -> None:
            self.name, self.text = name, text
            super().__init__()

    def __init__(self, field: Field, typed: str) -> None:
        super().__init__(id=f"row-{_id(field.name)}", classes=f"row -{field.type}")
        self.field, self.text = field, typed

    def compose(self) -> ComposeResult:
        with Horizontal(classes="pair"):
            yield Static(self._title(), classes="asked", markup=False)
            yield from self._inputs()
        yield Static("", classes="about", markup=False)

    def _title(self) -> Text:
        star = " *" if self.field.required else ""
        return Text(visible(self.field.title) + star)

    def _inputs(self) -> Iterator[Widget]:
        id, masked = f"in-{_id(self.field.name)}", self.app.masked
        match self.field.type:
            case "choice" | "boolean":
                yield Choice(self._options(), self.text, clearable=not self.field.required, id=id)
            case "when":
                yield Choice(self._days(), self._day_chosen(), clearable=False, id=f"{id}-day")
                shown = "" if self.text == YESTERDAY else self.text
                yield Input(shown, placeholder=self._hint("when"), compact=True, id=id)
            case "note" | "files":
                yield TextArea(self.text, compact=True, highlight_cursor_line=False, id=id)
            case "text" if self.field.limits.get("max_length", LONG + 1) > LONG:
                yield TextArea(self.text, compact=True, highlight_cursor_line=False, id=id)
            case kind:
                yield Input(
                    self.text,
                    placeholder=self._hint(kind),
                    compact=True,
                    id=id,
                    password=masked and kind in HIDDEN_TYPES,
                )

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
            each.password = self.app.masked and field.type in HIDDEN_TYPES

    def about(self, text: str, bad: bool) -> None:
        """What is wrong, or how it was understood."""
        line = self.query_one(".about", Static)
        line.update(Text(text))
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


class Form(VerticalScroll, can_focus=False):
    """Fields one below the other. What is typed is in `typed`, by field."""

    SCOPED_CSS = False  # how it is laid out depends on the width of the screen, which is a class of that
    DEFAULT_CSS = """
    Form { height: 1fr; padding: 0 1; }
    Form .row { height: auto; margin: 0 0 1 0; }
    Form .pair { height: auto; }
    Form .asked { width: 20; padding: 0 1 0 0; color: $secondary; }
    Form .about { display: none; padding: 0 0 0 20; color: $success; height: auto; }
    Form .about.-bad { color: $error; }
    Form Input { width: 1fr; background: $panel; }
    Form TextArea { width: 1fr; height: auto; min-height: 2; max-height: 5; background: $panel; }
    Form Input:focus, Form TextArea:focus { background: $surface; }
    Form .-when Choice { width: 36; }
    .-narrow Form .pair { layout: vertical; }
    .-narrow Form .asked { width: 1fr; }
    .-narrow Form .about { padding: 0 0 0 2; }
    .-narrow Form .-when Choice { width: 1fr; }
    .-narrow Form .row { margin: 0; }
    """

    class Changed(Message):
        """Something else is typed now."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.fields: tuple[Field, ...] = ()
        self.typed: dict[str, str] = {}

    async def ask(self, fields: Sequence[Field], typed: Mapping[str, str]) -> bool:
        """Ask this. Fields that stand already keep what is typed into them. Whether they are others than before."""
        same = [(f.name, f.type, f.of) for f in fields] == [(f.name, f.type, f.of) for f in self.fields]
        self.fields = tuple(fields)
        if same:
            for row, field in zip(self.query(Row), self.fields, strict=True):
                row.reword(field)
            return False
        self.typed = dict(typed)
        await self.remove_children()
        await self.mount_all(Row(field, self.typed.get(field.name, "")) for field in self.fields)
        return True

    def about(self, name: str, text: str, *, bad: bool = False) -> None:
        """A line below a field; an empty one takes it away."""
        self.query_one(f"#row-{_id(name)}", Row).about(text, bad)

    def focus_field(self, name: str) -> None:
        """Go to a field."""
        found = self.query(f"#in-{_id(name)}") if name != AT else self.query(f"#in-{_id(name)}-day")
        for each in found:
            each.focus()

    def focus_first(self) -> None:
        """To where typing begins: what is required and empty, else the first."""
        empty = [f.name for f in self.fields if f.required and not self.typed.get(f.name)]
        self.focus_field((empty or [f.name for f in self.fields] or [AT])[0])

    @on(Row.Typed)
    def _typed(self, event: Row.Typed) -> None:
        event.stop()
        self.typed[event.name] = event.text
        self.post_message(self.Changed())


def choice_said(words: Wording, id: str) -> str:
    """A choice of a procedure, in words: definitions have ids only."""
    key = f"form.of_{id}"
    return words.say(key) if words.has(key) else visible(id.replace("_", " "))


def _id(name: str) -> str:
    """A field's name as part of a widget's id; those of every form begin with a dot."""
    return f"x{name[1:]}" if name.startswith(".") else f"a-{name}"
