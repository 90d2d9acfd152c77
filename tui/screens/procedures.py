"""To be written."""

from __future__ import annotations

from tui.screens.page import Page


class ProceduresScreen(Page):
    """To be written."""
