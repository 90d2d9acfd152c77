"""Several lines of text that can be hidden from people who look over one's shoulder."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import TextArea


class CoveredText(TextArea):
    """A text area that shows a star for every character while `cover` says so. What is typed stays as it is."""

    covered = False

    def cover(self, covered: bool) -> None:
        """Hide the text, or show it again."""
        if covered != self.covered:
            self.covered = covered
            self.notify_style_update()  # forgets the lines that it has drawn
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        return Text(starred(line.plain), end="", no_wrap=True) if self.covered else line


def starred(text: str) -> str:
    """As many characters, each as wide as it was: a cursor among them stands where it stood. Blanks stay."""
    return "".join(each if each.isspace() else ("\u200b", "*", "\uff0a")[cell_len(each)] for each in text)
