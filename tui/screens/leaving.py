"""A page with a form: whoever leaves it half typed is asked, and nothing typed is lost by mistake."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.screens.drafts import Typed
from tui.screens.page import Page
from tui.widgets.form import Form


class FormPage(Page):
    """What is typed is kept as a draft or thrown away, but never silently.

    A subclass puts a `Form` and `question()` into its body, and what it does otherwise into `#acts`.
    """

    SECRET: frozenset[str] = frozenset()
    """Fields that no draft may hold."""
    DEFAULT_CSS = """
    FormPage #acts { height: auto; padding: 0 1; background: $panel; }
    FormPage #question { height: auto; padding: 0 1; background: $panel; display: none; }
    FormPage #question Horizontal { height: auto; }
    FormPage Button { margin: 0 2 0 0; min-width: 8; width: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.initial: Typed = {}
        """What stands in the fields before anything is typed."""
        self._before: Widget | None = None

    @property
    def form(self) -> Form:
        return self.query_one("#form", Form)

    def question(self) -> ComposeResult:
        """Stay, keep as a draft, or throw away; shown when it matters."""
        with Vertical(id="question"):
            yield Static("", id="asked", markup=False)
            with Horizontal():
                for id in ("stay", "draft", "discard"):
                    yield Button(self.say(f"record.{id}"), id=id, compact=True)

    def leave(self) -> None:
        """To where one came from."""
        self.app.pop_screen()

    # -- what is typed -------------------------------------------------------------------------------------

    @property
    def dirty(self) -> bool:
        """Whether something was typed that is not kept."""
        typed = self.form.typed
        return any(typed.get(f.name, "") != self.initial.get(f.name, "") for f in self.form.fields)

    def unsaved(self) -> Typed | None:
        if not self.is_mounted or not self.query(Form) or not self.dirty:
            return None
        names = {f.name for f in self.form.fields} - self.SECRET
        return {name: text for name, text in self.form.typed.items() if name in names}

    def draft(self) -> Typed | None:
        """What was typed here another time, and not saved."""
        return self.app.drafts_of(self.store).get(self.draft_key())

    def forget_draft(self) -> None:
        """Saved, or not wanted."""
        self.app.drafts_of(self.store).drop(self.draft_key())

    # -- leaving -------------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """Esc means "nothing happened": asked once where something was typed."""
        if self.query_one("#question").display:
            self.close_question()
        elif self.dirty:
            self._before = self.focused
            self.query_one("#asked", Static).update(self.say("record.unsaved"))
            self.query_one("#question").display = True
            self.query_one("#acts").display = False
            self.query_one("#stay").focus()
        else:
            if self.form.fields:  # else it was never shown, and what is kept of it stays
                self.forget_draft()
            self.leave()

    def close_question(self) -> None:
        self.query_one("#question").display = False
        self.query_one("#acts").display = True
        if self._before is not None:
            self._before.focus()

    @on(Button.Pressed, "#leave")
    def _leave(self) -> None:
        self.action_back()

    @on(Button.Pressed, "#stay")
    def _stay(self) -> None:
        self.close_question()

    @on(Button.Pressed, "#draft")
    def _keep_draft(self) -> None:
        kept = self.app.drafts_of(self.store).keep(self.draft_key(), self.unsaved() or {})
        self.app.notify(self.say("record.draft_kept" if kept else "drafts.only_now"), timeout=3)
        self.close_question()
        self.leave()

    @on(Button.Pressed, "#discard")
    def _discard(self) -> None:
        self.forget_draft()
        self.close_question()
        self.leave()
