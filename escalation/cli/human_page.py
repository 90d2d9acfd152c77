"""A page of text for people: labels, paragraphs and tables that stay within the terminal, in Chinese too.

Everything shown goes through `visible` and is never read as markup. Widths are terminal cells. Signs are
plain ASCII: the width of box-drawing characters differs between Chinese terminals.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len, get_character_cell_size
from rich.text import Text

from escalation.cli.output import Output
from escalation.wording import Titles, Wording, visible, wording

if TYPE_CHECKING:
    from rich.console import Console

Data = Mapping[str, Any]
Styled = str | tuple[str, str]
"""Text, or text and a style of rich."""
Cell = Styled | list[Styled]
"""Of a table: one paragraph, or several."""

WIDEST = 100
"""Prose wider than this is hard to read, however wide the terminal."""
GAP = "  "
MUTED, STRONG, LATE, SOON = "dim", "bold", "bold red", "yellow"


class Column(NamedTuple):
    """One column of a table."""

    title: str
    least: int = 4
    """It is never narrower, if the terminal allows it."""
    shrinks: bool = False
    """It gives way where the page is too narrow; its text then takes several lines."""


class Page:
    """Where the functions of `human` put their lines."""

    def __init__(self, out: Output, extra: Data) -> None:
        self.said: Wording = wording(out.lang)
        self.say = self.said.say
        self.quiet = out.quiet
        self.full_width = out.width
        self.width = min(out.width, WIDEST)
        self.titles: Titles = extra.get("titles") or {}
        self.today: str | None = extra.get("today")
        self.extra = extra
        self._console = _console(out) if out.styled else None

    # -- names ------------------------------------------------------------------------------------

    def name(self, kind: str, id: str | None, otherwise: str | None = None) -> str:
        """What people call something that has an id."""
        if kind == "party" and id == "clock":
            return self.say("word.clock")
        return self.titles.get(kind, {}).get(id or "") or otherwise or id or ""

    def day(self, iso: str | None) -> str:
        return self.said.day(iso, self.today) if iso else ""

    def instant(self, iso: str | None) -> str:
        return self.said.instant(iso, self.today) if iso else ""

    # -- lines ------------------------------------------------------------------------------------

    def put(self, *parts: Styled, indent: int = 0, hang: int | None = None) -> None:
        """One paragraph, wrapped; the lines after the first are indented by `hang` (else by `indent`)."""
        text = joined(parts)
        hang = indent if hang is None else hang
        for i, (start, end) in enumerate(wrapped(text.plain, self.width - indent, self.width - hang)):
            self._line(Text(" " * (hang if i else indent)) + text[start:end])

    def whole(self, text: str, indent: int = 0) -> None:
        """A line that is there to be copied: never broken, however long."""
        self._line(Text(" " * indent).append(visible(text)))

    def gap(self) -> None:
        """An empty line."""
        self._line(Text(""))

    def heading(self, text: str) -> None:
        """A line above what belongs together."""
        self.gap()
        self.put((text, STRONG))

    def field(self, label: str, *parts: Styled, wide: int = 10) -> None:
        """A label at the left and its text beside it, however many lines that takes."""
        self.put((padded(label, wide), MUTED), *parts, hang=wide)

    def bullet(self, *parts: Styled, indent: int = 2) -> None:
        """One of several."""
        self.put("- ", *parts, indent=indent, hang=indent + 2)

    def muted(self, text: str, indent: int = 0) -> None:
        """Something that matters less."""
        self.put((text, MUTED), indent=indent)

    def footer(self) -> None:
        """What every answer about a case ends with."""
        if not self.quiet:
            self.gap()
            self.muted(self.say("note.not_advice"))

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], indent: int = 2) -> None:
        """Rows under headings; a cell that is too wide takes more lines."""
        body = [[[joined([p]) for p in (cell if isinstance(cell, list) else [cell])] for cell in row] for row in rows]
        widths = _widths(columns, body, self.width - indent)
        self.row([(c.title, MUTED) for c in columns], widths, indent)
        self.row([("-" * w, MUTED) for w in widths], widths, indent)
        for row in body:
            cells = [
                [part[s:e] for part in cell for s, e in wrapped(part.plain, width, width)]
                for cell, width in zip(row, widths, strict=True)
            ]
            for i in range(max(map(len, cells))):
                self._columns([c[i] if i < len(c) else Text("") for c in cells], widths, indent)

    def row(self, cells: Sequence[Styled], widths: Sequence[int], indent: int = 0) -> None:
        """One row of fixed widths; what does not fit is cut: a table can so be printed as it comes."""
        self._columns([_cut(joined([c]), w) for c, w in zip(cells, widths, strict=True)], widths, indent)

    def _columns(self, cells: Sequence[Text], widths: Sequence[int], indent: int) -> None:
        line = Text(" " * indent)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            line.append(GAP if i else "").append_text(cell).append(" " * (width - cell_len(cell.plain)))
        self._line(line)

    def _line(self, text: Text) -> None:
        text.rstrip()
        if self._console is None:
            sys.stdout.write(text.plain + "\n")
        else:
            self._console.print(text, soft_wrap=True)


def _console(out: Output) -> Console:
    from rich.console import Console

    return Console(file=sys.stdout, width=out.width, highlight=False, markup=False, emoji=False)


def joined(parts: Iterable[Styled]) -> Text:
    """Parts as one text, made harmless."""
    text = Text()
    for part in parts:
        said, style = (part, "") if isinstance(part, str) else part
        text.append(visible(said), style or None)
    return text


def padded(text: str, width: int, least: int = 1) -> str:
    """`text` and as many spaces as make it `width` cells, at least `least`."""
    return text + " " * max(width - cell_len(text), least)


_NOT_FIRST = frozenset("，。、；：？！）」』】》〉,.;:?!)]}%”’")
_NOT_LAST = frozenset("（「『【《〈([{“‘")


def wrapped(text: str, first: int, rest: int) -> list[tuple[int, int]]:
    """Where the lines of a text begin and end. Chinese breaks between characters, but no line begins
    with a full stop or ends with an opening bracket; other words stay whole unless they are too long.
    """
    lines: list[tuple[int, int]] = []
    start, used, room, can = 0, 0, max(first, 2), 0
    i = 0
    while i < len(text):
        size = get_character_cell_size(text[i])
        if used + size > room and i > start and text[i] != " ":
            end = can if can > start else i
            lines.append((start, start + len(text[start:end].rstrip(" "))))
            start = i = _past_spaces(text, end)
            used, room, can = 0, max(rest, 2), start
            continue
        used += size
        i += 1
        if i < len(text) and _breakable(text[i - 1], text[i]):
            can = i
    return [*lines, (start, len(text))] if start < len(text) or not lines else lines


def _past_spaces(text: str, i: int) -> int:
    while i < len(text) and text[i] == " ":
        i += 1
    return i


def _breakable(before: str, after: str) -> bool:
    """Whether a line may end between two characters."""
    if after in _NOT_FIRST or before in _NOT_LAST or after == " ":
        return False
    return before == " " or get_character_cell_size(before) == 2 or get_character_cell_size(after) == 2


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Sequence[Text]]], room: int) -> list[int]:
    """As wide as the content, and no wider than the page: the widest that can give way do."""
    widths = [
        max([c.least, cell_len(c.title), *(cell_len(p.plain) for row in rows for p in row[i])])
        for i, c in enumerate(columns)
    ]
    room -= len(GAP) * (len(columns) - 1)
    while sum(widths) > room:
        can = [i for i, c in enumerate(columns) if widths[i] > (c.least if c.shrinks else 24)]
        can = can or [i for i in range(len(columns)) if widths[i] > 2]
        if not can:
            break
        widths[max(can, key=lambda i: (columns[i].shrinks, widths[i]))] -= 1
    return widths


def _cut(text: Text, width: int) -> Text:
    """As much as fits; two dots stand for the rest."""
    if cell_len(text.plain) <= width:
        return text
    used = end = 0
    for end, character in enumerate(text.plain):  # noqa: B007  (the index is used after the loop)
        used += get_character_cell_size(character)
        if used > max(width - 2, 0):
            break
    return text[:end] + Text(".." if width >= 2 else "")
