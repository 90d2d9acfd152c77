"""Text to read, broken into lines as Chinese is: between any two characters, but never before a closing sign."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text
from textual.events import Resize
from textual.widgets import Static

_NOT_FIRST = frozenset("，。、；：？！）》」』”’】…,.;:?!)]}%")
_NOT_LAST = frozenset("（《「『“‘【([{")


class Prose(Static):
    """A Static whose lines are broken anew whenever its width changes."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self._text = Text()

    def put(self, text: Text) -> None:
        """What is to be read."""
        self._text = text
        self._flow(self.content_size.width)

    def on_resize(self, event: Resize) -> None:
        self._flow(self.content_size.width)

    def _flow(self, width: int) -> None:
        self.update(flowed(self._text, width) if width > 0 else self._text)


def flowed(text: Text, width: int) -> Text:
    """`text` in lines of at most `width` cells, its styles kept."""
    found = [
        part for line in text.split("\n", allow_blank=True) for part in line.divide(list(_breaks(line.plain, width)))
    ]
    for part in found:
        part.rstrip()
    return Text("\n").join(found)


def _breaks(line: str, width: int) -> Iterator[int]:
    """Where a line is broken."""
    begin = used = 0
    last = None
    for n, character in enumerate(line):
        if n > begin and _may_break(line, n):
            last = n
        size = cell_len(character)
        if used + size > width and n > begin and character != " ":
            begin = n if last is None or last <= begin else last
            yield begin
            last, used = None, cell_len(line[begin:n])
        used += size


def _may_break(line: str, n: int) -> bool:
    """Whether a line may end before its n-th character."""
    before, after = line[n - 1], line[n]
    if after in _NOT_FIRST or before in _NOT_LAST or after == " ":
        return False
    if before == " ":
        return line[:n].strip() not in ("-", "!", "!!", "?", "ok", "=", "x", "~", "")
    return cell_len(before) == 2 or cell_len(after) == 2
