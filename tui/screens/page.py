"""What all screens share: a title, a body, hints, a notice; reading again; errors said calmly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static

from escalation.errors import EscalationError
from escalation.wording import Wording, error_lines, visible
from states.errors import ProcedureError
from tui.commands import bindings
from tui.messages import RunCommand
from tui.screens.drafts import Key, Typed
from tui.widgets.hints import Hints
from tui.widgets.status import StatusLine

if TYPE_CHECKING:
    from escalation.api import Desk
    from tui.app import EscalationApp

T = TypeVar("T")


class Page(Screen[None]):
    """A screen that reads the store and can do so again at any time without losing its place.

    A page says in `body` what it is made of, and in `fill` puts what the library answers into it. `fill` runs
    when the page appears, when the store changed, when time has passed and when the language changed; it changes
    widgets in place, so that cursor, scrolling and half-typed text stay.
    """

    commands: ClassVar[tuple[str, ...]] = ("back",)
    """What can be done here, in the order of the hints."""
    name_of_help: ClassVar[str] = "page"
    """The sentence `help.NAME` that the help of this page begins with."""
    BINDINGS: ClassVar[list[BindingType]] = bindings("back", "reload")

    app: EscalationApp
    _held: str = ""
    """What the notice says until one goes on."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Static("", id="title", markup=False)
            yield StatusLine(id="status")
        yield from self.body()
        yield Static("", id="notice", markup=False)
        yield Hints(self.commands, id="hints")

    def body(self) -> ComposeResult:
        """What stands between the title and the hints."""
        yield from ()

    async def fill(self) -> None:
        """Ask the library and show the answer. Errors are said by the page."""

    @property
    def words(self) -> Wording:
        return self.app.words

    def say(self, key: str, **facts: object) -> str:
        """A sentence of the language that is on."""
        return self.words.say(key, **facts)

    async def ask(self, question: Callable[[Desk], T]) -> T:
        """The library's answer."""
        return await self.app.bridge.ask(question)

    def entitle(self, text: str) -> None:
        """What stands at the top."""
        self.query_one("#title", Static).update(visible(text))

    # -- what is typed and not saved -----------------------------------------------------------------------

    def unsaved(self) -> Typed | None:
        """What was typed here and is not saved, without what is secret; None: nothing. Asked before one quits."""
        return None

    def draft_key(self) -> Key:
        """Which draft is this page's, where it has `unsaved`."""
        raise NotImplementedError

    @property
    def store(self) -> str:
        """The store that this page is about."""
        return self.app.bridge.store

    # -- reading again -----------------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        self.mark_demo()
        self.refill()

    def mark_demo(self) -> None:
        """Made-up cases say so on the frame of every screen."""
        self.border_title = self.say(self.app.demo_said) if self.app.demo else ""

    @work(exclusive=True, group="fill")
    async def refill(self) -> None:
        """Read again; what went wrong is said at the bottom, foreseen or not, and what was shown stays."""
        if not self.is_mounted:
            return
        try:
            await self.fill()
        except (EscalationError, ProcedureError) as error:
            self.notice("\n".join(error_lines(error, self.app.lang)))
        except Exception as error:
            if self.is_attached:  # else the page was left meanwhile, and nobody waits for it
                self.app.mishap(error)
                self.notice(self.say("mishap.page", error=type(error).__name__))
        else:
            self.notice("")

    def notice(self, text: str) -> None:
        """A few calm lines above the hints; where there is nothing to say, what was said to stay, or none."""
        text = text or self._held
        shown = self.query_one("#notice", Static)
        shown.update(text)
        shown.display = bool(text)

    def hold(self, text: str) -> None:
        """Say something that stays until one goes on."""
        self._held = text
        self.notice("")

    async def say_again(self) -> None:
        """Everything in the language that is on now. What was typed is kept by the page itself (`kept`)."""
        await self.recompose()
        self.refill()

    # -- what can be done --------------------------------------------------------------------------------

    def action_reload(self) -> None:
        self.refill()

    def action_back(self) -> None:
        """To where one came from. From the first screen nothing happens: to leave takes Ctrl+Q."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    async def on_run_command(self, message: RunCommand) -> None:
        """A hint was clicked."""
        from tui.commands import COMMANDS

        message.stop()
        await self.run_action(COMMANDS[message.id].action)
