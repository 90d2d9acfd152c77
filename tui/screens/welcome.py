"""To be written."""

from __future__ import annotations

from tui.screens.page import Page


class WelcomeScreen(Page):
    """To be written."""
