"""Colours are read by tired eyes, on poor displays."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from tui.themes import THEMES

WORDS = ("foreground", "error", "warning", "success", "secondary")


def contrast(one: str, other: str) -> float:
    """Source: WCAG 2.2, "contrast ratio"."""
    light, dark = sorted((_luminance(Color.parse(each)) for each in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = (v / 255 for v in colour.rgb)
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", THEMES, ids=lambda each: each.name)
def test_what_is_said_can_be_read_on_every_ground(theme: Theme) -> None:
    grounds = {"background": theme.background, "chosen": theme.variables["chosen"]}

    poor = {
        (word, ground): round(contrast(getattr(theme, word), colour), 1)
        for word in WORDS
        for ground, colour in grounds.items()
        if colour is not None and contrast(getattr(theme, word), colour) < 4.5
    }
    assert poor == {}
