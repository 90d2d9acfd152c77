"""Leaving the program with something half typed: asked once, and kept unless one says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui.screens.page import Page

if TYPE_CHECKING:
    from tui.app import EscalationApp


def half_typed(app: EscalationApp) -> list[Page]:
    """The pages with something typed and not saved."""
    return [each for each in app.screen_stack if isinstance(each, Page) and each.unsaved() is not None]


def keep(app: EscalationApp) -> bool:
    """Keep what is half typed. Whether all of it outlives the program."""
    found = [(app.drafts_of(each.store), each.draft_key(), each.unsaved() or {}) for each in half_typed(app)]
    kept = [drafts.keep(key, typed) for drafts, key, typed in found]
    return all(kept)


class QuittingScreen(ModalScreen[None]):
    """Stay, keep as a draft, or throw away. Esc and Enter stay."""

    AUTO_FOCUS = "#stay"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stay", show=False),
        Binding("right,down", "app.focus_next", show=False),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("1,１", "stay", show=False),
        Binding("2,２", "keep", show=False),
        Binding("3,３", "discard", show=False),
    ]
    DEFAULT_CSS = """
    QuittingScreen { align: center middle; }
    QuittingScreen Vertical { width: 60; max-width: 100%; height: auto; background: $panel; padding: 1 2; }
    QuittingScreen Static { height: auto; padding: 0 0 1 0; }
    QuittingScreen Horizontal { height: auto; }
    QuittingScreen Button { margin: 0 2 0 0; min-width: 8; width: auto; }
    .-narrow QuittingScreen Horizontal, QuittingScreen.-narrow Horizontal { layout: vertical; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-usual")]

    app: EscalationApp

    def compose(self) -> ComposeResult:
        say = self.app.words.say
        with Vertical():
            yield Static(say("drafts.quit", n=len(half_typed(self.app))), id="asked", markup=False)
            with Horizontal():
                for n, id in enumerate(("stay", "keep", "discard"), 1):
                    yield Button(f"{n} {say(f'drafts.{id}')}", id=id, compact=True)

    @on(Button.Pressed, "#stay")
    def action_stay(self) -> None:
        """Nothing happened."""
        self.app.pop_screen()

    @on(Button.Pressed, "#keep")
    def action_keep(self) -> None:
        """Leave; it is offered at the next start."""
        if keep(self.app):
            self.app.exit()
        else:
            self.query_one("#asked", Static).update(self.app.words.say("drafts.not_kept"))

    @on(Button.Pressed, "#discard")
    def action_discard(self) -> None:
        """Leave, and forget what was typed."""
        for each in half_typed(self.app):
            self.app.drafts_of(each.store).drop(each.draft_key())
        self.app.exit()
