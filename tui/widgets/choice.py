"""A few answers in a row, one of them taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


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
