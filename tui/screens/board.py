"""To be written."""

from __future__ import annotations

from tui.screens.page import Page


class BoardScreen(Page):
    """To be written."""
