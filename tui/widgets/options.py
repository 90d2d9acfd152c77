"""A list to choose from: what people wrote is shown as it is, and a page further is no harm before there is room."""

from __future__ import annotations

from contextlib import suppress

from textual.widgets import OptionList


class Options(OptionList):
    """An `OptionList` of plain text."""

    def __init__(self, *, id: str, compact: bool = False) -> None:
        super().__init__(id=id, markup=False, compact=compact)

    # Textual looks up the lines of what is highlighted, which it has not counted where the list has no height (yet).

    def action_page_up(self) -> None:
        """Move up by one page."""
        with suppress(KeyError):
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """Move down by one page."""
        with suppress(KeyError):
            super().action_page_down()  # type: ignore[no-untyped-call]
