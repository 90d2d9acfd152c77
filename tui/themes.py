"""Colours. None says anything by itself: a sign and a word always stand beside it."""

from __future__ import annotations

from textual.theme import Theme

THEMES = (
    Theme(
        name="paper", primary="#1f5f8b", secondary="#4a6572", accent="#8a5a00", foreground="#1c1c1c",
        background="#f7f5f0", surface="#ffffff", panel="#ece8df", success="#2e6b34", warning="#8a5a00",
        error="#a3261b", dark=False, variables={"chosen": "#dbe6ec"},
    ),
    Theme(
        name="night", primary="#7fb3d5", secondary="#93a1a1", accent="#e0b050", foreground="#e4e2dc",
        background="#16191d", surface="#1d2126", panel="#272c33", success="#86c08a", warning="#e0b050",
        error="#ee8a80", dark=True, variables={"chosen": "#253540"},
    ),
    Theme(
        name="contrast", primary="#ffff00", secondary="#ffffff", accent="#00ffff", foreground="#ffffff",
        background="#000000", surface="#000000", panel="#202020", success="#00ff66", warning="#ffff00",
        error="#ff8080", dark=True, variables={"chosen": "#2e2e00"},
    ),
    Theme(
        name="blue-orange", primary="#56b4e9", secondary="#bbbbbb", accent="#e69f00", foreground="#f0f0f0",
        background="#101418", surface="#181d22", panel="#242b32", success="#56b4e9", warning="#f0e442",
        error="#e69f00", dark=True, variables={"chosen": "#223c4c"},
    ),
)  # fmt: skip
"""Light; dark; high contrast; one whose colours differ for all kinds of colour-blindness (Okabe and Ito, 2008)."""
