"""Lines that are made only when they are seen: a list of any length, one line chosen, two lines painted per key."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

if TYPE_CHECKING:
    from tui.app import EscalationApp


class Lines(ScrollView, can_focus=True):
    """Subclasses say how many lines there are and how each looks."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"-chosen", "-late", "-soon", "-ok", "-muted", "-heading"}
    DEFAULT_CSS = """
    Lines { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; height: 1fr; }
    Lines > .-chosen { background: $chosen; text-style: bold; }
    Lines > .-late { color: $error; text-style: bold; }
    Lines > .-soon { color: $warning; }
    Lines > .-ok { color: $success; }
    Lines > .-muted { color: $secondary; }
    Lines > .-heading { background: $panel; color: $foreground; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("ctrl+home", "move_to(0)", show=False),
        Binding("ctrl+end", "move_to(-1)", show=False),
        Binding("enter", "choose", show=False),
    ]
    app: EscalationApp
    head = 0
    """Lines at the top that do not scroll."""

    class Moved(Message):
        """Another line is chosen."""

        def __init__(self, lines: Lines, at: int) -> None:
            self.lines, self.at = lines, at
            super().__init__()

    class Chosen(Message):
        """A line is to be opened: Enter, or two clicks."""

        def __init__(self, lines: Lines, at: int) -> None:
            self.lines, self.at = lines, at
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        self._styles: dict[str, Style] = {}

    # -- what subclasses say -----------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def line(self, at: int, width: int) -> Strip:
        """One line."""
        raise NotImplementedError

    def heading(self, width: int) -> Strip:
        """What stands above the lines."""
        return Strip.blank(width)

    def may_choose(self, at: int) -> bool:
        """Whether the line is one to choose, or only stands between others."""
        return True

    # -- painting ----------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y < self.head:
            return self.heading(width)
        at = y - self.head + round(self.scroll_y)
        if at >= self.count:
            return Strip.blank(width, self.rich_style)
        return self.line(at, width)

    def style_of(self, *names: str) -> Style:
        """The colours of this theme."""
        key = " ".join(names)
        found = self._styles.get(key)
        if found is None:
            found = self.rich_style
            for name in names:
                found += self.get_component_rich_style(name, partial=True)
            self._styles[key] = found
        return found

    def notify_style_update(self) -> None:
        self._styles.clear()
        self.forget()
        super().notify_style_update()

    def forget(self) -> None:
        """What was painted is painted anew."""

    def resized(self) -> None:
        """Tell the scroll bar how many lines there are now."""
        self.virtual_size = Size(1, self.count + self.head)

    def repaint(self, at: int) -> None:
        """One line, if it is seen."""
        y = at - round(self.scroll_y) + self.head
        if self.head <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    # -- moving ------------------------------------------------------------------------------------------

    @property
    def fits(self) -> int:
        """How many lines are seen at once."""
        return max(1, self.size.height - self.head)

    def move_to(self, at: int, by: int = 1) -> None:
        """Choose a line, or the next one in the direction `by` that may be chosen."""
        at = max(0, min(at, self.count - 1))
        while 0 <= at < self.count and not self.may_choose(at):
            at += by
        if not 0 <= at < self.count:
            self.scroll_to(y=0 if by < 0 else self.count, animate=False)  # what stands there can be read at least
            return
        before, self.cursor = self.cursor, at
        if before != at:
            self.repaint(before)
        self.repaint(at)
        self.into_view()
        if before != at:
            self.post_message(self.Moved(self, at))

    def into_view(self) -> None:
        """Scroll no further than must be for the chosen line to be seen."""
        first = round(self.scroll_y)
        if self.cursor < first:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= first + self.fits:
            self.scroll_to(y=self.cursor - self.fits + 1, animate=False)

    def action_move(self, by: int) -> None:
        self.move_to(self.cursor + by, by)

    def action_page(self, by: int) -> None:
        self.move_to(self.cursor + by * max(1, self.fits - 1), by)

    def action_move_to(self, at: int) -> None:
        self.move_to(at if at >= 0 else self.count - 1, 1 if at >= 0 else -1)

    def action_choose(self) -> None:
        if self.cursor < self.count and self.may_choose(self.cursor):
            self.post_message(self.Chosen(self, self.cursor))

    def on_resize(self) -> None:
        self.forget()
        self.call_after_refresh(self.into_view)

    def on_click(self, event: events.Click) -> None:
        """A click chooses, two open."""
        y = event.y
        if y < self.head:
            self.heading_clicked(event.x)
            return
        at = y - self.head + round(self.scroll_y)
        if at >= self.count or not self.may_choose(at):
            return
        if event.chain == 2 and at == self.cursor:
            self.action_choose()
            return
        self.move_to(at)
        self.line_clicked(at, event.x)

    def heading_clicked(self, x: int) -> None:
        """The lines above were clicked."""

    def line_clicked(self, at: int, x: int) -> None:
        """A line was clicked, and is chosen now."""


def cell(text: str, width: int) -> str:
    """Text in so many cells; `..` where it goes on."""
    wide = cell_len(text)
    if wide <= width:
        return text + " " * (width - wide)
    return set_cell_size(text, width - 2) + ".." if width >= 6 else set_cell_size(text, width)


def strip(parts: list[tuple[str, Style]], width: int, rest: Style) -> Strip:
    """A line of pieces, exactly as wide as its place."""
    return Strip([Segment(text, style) for text, style in parts]).adjust_cell_length(width, rest)


class Told(Lines):
    """Sentences one below the other, as many as there are, to read through."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._told: list[tuple[str, str]] = []

    @property
    def count(self) -> int:
        return len(self._told)

    def tell(self, lines: list[tuple[str, str]]) -> None:
        """Each with the component class of its colour, or none."""
        self._told = lines
        self.cursor = min(self.cursor, max(0, len(lines) - 1))
        self.resized()
        self.refresh()

    def line(self, at: int, width: int) -> Strip:
        text, coloured = self._told[at]
        names = [*(["-chosen"] if at == self.cursor else []), *([coloured] if coloured else [])]
        style = self.style_of(*names)
        return strip([(cell(text, width), style)], width, style)
