"""Every case as a line: ten or a hundred thousand of them. Only the lines that are seen are ever asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tui.widgets.case_columns import SIGNS, Column, cells, columns
from tui.widgets.lines import Lines, cell, strip

Data = Mapping[str, Any]

KEPT = 3000
"""Lines that are remembered at most."""
LATE, SOON, MUTED = "-late", "-soon", "-muted"
STYLES = {
    "missed": LATE, "late": SOON, "today": SOON, "soon": SOON, "provisional": SOON, "closed": MUTED, "damaged": LATE,
}  # fmt: skip


class CaseTable(Lines):
    """Cases by their numbers, in the order they were found; some of them marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home", "move_to(0)", show=False),
        Binding("end", "move_to(-1)", show=False),
        Binding("shift+up", "extend(-1)", show=False),
        Binding("shift+down", "extend(1)", show=False),
        Binding("shift+pageup", "extend_page(-1)", show=False),
        Binding("shift+pagedown", "extend_page(1)", show=False),
        Binding("ctrl+a", "mark_all", show=False),
    ]
    head = 1

    class Wanted(Message):
        """These lines are seen and not known yet."""

        def __init__(self, numbers: list[int]) -> None:
            self.numbers = numbers
            super().__init__()

    class Sort(Message):
        """A heading was clicked."""

        def __init__(self, order: str) -> None:
            self.order = order
            super().__init__()

    class Marked(Message):
        """Other cases are marked now."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.numbers: array[int] = array("q")
        self.marked: set[int] = set()
        self.year = 0
        self.order = "due"
        self.clients = self.persons = False
        self._lines: dict[int, Data] = {}
        self._strips: dict[tuple[int, bool, bool], Strip] = {}
        self._columns: list[tuple[Column, int]] = []
        self._from: int | None = None
        """Where a range of marks began."""
        self._asked = False

    @property
    def count(self) -> int:
        return len(self.numbers)

    @property
    def number(self) -> int | None:
        """The case under the cursor."""
        return self.numbers[self.cursor] if self.cursor < len(self.numbers) else None

    @property
    def chosen(self) -> Data | None:
        """What is known of it."""
        number = self.number
        return None if number is None else self._lines.get(number)

    def around(self, numbers: Sequence[int]) -> list[int]:
        """Of new numbers those that will be seen, when the same case stays chosen."""
        first = max(0, self._place_in(numbers) - self.cursor + round(self.scroll_y))
        most = max(0, len(numbers) - self.size.height)
        first = min(first, most)
        return list(numbers[first : first + max(self.size.height, 24)])

    def _place_in(self, numbers: Sequence[int]) -> int:
        number = self.number
        try:
            return numbers.index(number) if number is not None else 0  # of 100,000: a millisecond
        except ValueError:
            return max(0, min(self.cursor, len(numbers) - 1))

    def show(self, numbers: Iterable[int], lines: Mapping[int, Data]) -> None:
        """Other cases, or the same ones anew. The chosen case and its place on the screen stay."""
        found = array("q", numbers)
        before, at, first = self.cursor, self._place_in(found), round(self.scroll_y)
        self.numbers, self.cursor, self._from = found, at, None
        self._lines, self._asked = dict(lines), False
        self.resized()
        self.forget()
        if at != before:
            self.scroll_to(y=max(0, first + at - before), animate=False)
        self.into_view()

    def put(self, lines: Mapping[int, Data]) -> None:
        """Lines that were wanted."""
        if len(self._lines) + len(lines) > KEPT:
            self._lines.clear()
            self._strips.clear()
        self._lines |= lines
        self._asked = False
        self.refresh()

    def not_answered(self) -> None:
        """The lines did not come: ask again when they are next seen."""
        self._asked = False

    def forget(self) -> None:
        self._strips.clear()
        self._columns = []
        self.refresh()

    # -- painting ----------------------------------------------------------------------------------------

    def _laid_out(self, width: int) -> list[tuple[Column, int]]:
        if not self._columns:
            marks = 9 if self.app.lang == "zh" else 12
            self._columns = columns(width, marks, clients=self.clients, persons=self.persons)
        return self._columns

    def heading(self, width: int) -> Strip:
        style = self.style_of("-heading")
        parts = [(" " * SIGNS, style)]
        by = {"due": "by"}.get(self.order, self.order)
        for column, wide in self._laid_out(width):
            sign = " v" if column.name == by else ""
            parts.append((cell(self.app.words.say(f"home.head_{column.name}") + sign, wide) + " ", style))
        return strip(parts, width, style)

    def line(self, at: int, width: int) -> Strip:
        number = self.numbers[at]
        chosen, marked = at == self.cursor, number in self.marked
        found = self._strips.get((number, chosen, marked))
        if found is None:
            line = self._lines.get(number)
            if line is None:
                self._want()
                return strip([(_signs(chosen, marked), self.style_of(MUTED))], width, self.rich_style)
            found = self._strips[number, chosen, marked] = self._painted(line, width, chosen, marked)
        return found

    def _painted(self, line: Data, width: int, chosen: bool, marked: bool) -> Strip:
        under = ("-chosen",) if chosen else ()
        plain = self.style_of(*under)
        wide = self._laid_out(width)
        by = next((w for c, w in wide if c.name == "by"), 10)
        said = cells(self.app.words, line, self.app.masked, self.year, by)
        coloured = STYLES.get(line["mark"])
        parts = [(_signs(chosen, marked), plain)]
        for column, size in wide:
            style = plain
            if coloured and (coloured == MUTED or column.name in ("mark", "by", "left")):
                style = self.style_of(*under, coloured)
            parts.append((cell(said[column.name], size) + " ", style))
        return strip(parts, width, plain)

    def _want(self) -> None:
        """Ask for the screen that is seen and the ones beside it, once."""
        if not self._asked:
            self._asked = True
            self.call_after_refresh(self._say_wanted)

    def _say_wanted(self) -> None:
        first = max(0, round(self.scroll_y) - self.fits)
        wanted = [n for n in self.numbers[first : first + 3 * self.fits] if n not in self._lines]
        if wanted:
            self.post_message(self.Wanted(wanted))
        else:
            self._asked = False

    # -- marking -----------------------------------------------------------------------------------------

    def mark_only(self, numbers: Iterable[int]) -> None:
        """Exactly these are marked."""
        self.marked = set(numbers)
        self._marks_changed()

    def toggle(self) -> None:
        """Mark the chosen case, or not any more; then the next one."""
        number = self.number
        if number is None:
            return
        self.marked ^= {number}
        self._from = None
        self.repaint(self.cursor)
        self.post_message(self.Marked())
        self.move_to(self.cursor + 1)

    def action_extend(self, by: int) -> None:
        """Mark from where one began up to here."""
        if not self.numbers:
            return
        if self._from is None or not abs(self.cursor - self._from) <= len(self.marked):
            self._from = self.cursor
        before = range(min(self._from, self.cursor), max(self._from, self.cursor) + 1)
        self.move_to(self.cursor + by, by)
        after = range(min(self._from, self.cursor), max(self._from, self.cursor) + 1)
        self.marked -= {self.numbers[at] for at in before if at not in after}
        self.marked |= {self.numbers[at] for at in after}
        self._marks_changed()

    def action_extend_page(self, by: int) -> None:
        self.action_extend(by * max(1, self.fits - 1))

    def action_move(self, by: int) -> None:
        self._from = None
        super().action_move(by)

    def action_mark_all(self) -> None:
        """All that were found; again: none."""
        everything = set(self.numbers)
        self.mark_only(set() if self.marked >= everything else everything)

    def _marks_changed(self) -> None:
        self.refresh()
        self.post_message(self.Marked())

    # -- the mouse ---------------------------------------------------------------------------------------

    def heading_clicked(self, x: int) -> None:
        left = SIGNS
        for column, wide in self._columns:
            if left <= x < left + wide and column.order:
                self.post_message(self.Sort(column.order))
            left += wide + 1

    def line_clicked(self, at: int, x: int) -> None:
        if x < SIGNS:
            self.marked ^= {self.numbers[at]}
            self._marks_changed()


def _signs(chosen: bool, marked: bool) -> str:
    return (">" if chosen else " ") + ("*" if marked else " ") + " "
