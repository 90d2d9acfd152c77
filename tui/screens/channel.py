"""One way to be told that is there: whether it works; to be tried, or taken away."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from escalation.errors import DeliveryFailed, EscalationError
from escalation.wording import error_lines, visible
from escalation.wording.errors import reason_said
from states.errors import ProcedureError
from tui.commands import bindings
from tui.screens.delivery_words import HIDDEN, channel_text
from tui.screens.page import Page
from tui.widgets.hints import Hints
from tui.widgets.prose import Prose


class ChannelScreen(Page):
    """All about one way out: whether it works, what goes out and when; try it, send again, take it away."""

    commands: ClassVar[tuple[str, ...]] = ("try_channel", "retry", "drop_channel", "back")
    name_of_help: ClassVar[str] = "page_channel"
    AUTO_FOCUS = "#try"
    BINDINGS: ClassVar[list[BindingType]] = bindings("try_channel", "retry", "drop_channel")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-usual")]
    DEFAULT_CSS = """
    ChannelScreen VerticalScroll { height: 1fr; padding: 1 1 0 1; }
    ChannelScreen #acts, ChannelScreen #sure { height: auto; padding: 0 1; background: $panel; }
    ChannelScreen #sure { display: none; }
    ChannelScreen Horizontal { height: auto; }
    ChannelScreen Button { margin: 0 2 0 0; min-width: 8; width: auto; }
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._channel = name

    def body(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Prose(id="about")
        with Vertical(id="sure"):
            yield Static("", id="asked", markup=False)
            with Horizontal():
                yield Button("", id="no", compact=True)
                yield Button("", id="yes", compact=True, variant="warning")
        with Horizontal(id="acts"):
            yield Button("", id="try", compact=True, variant="primary")
            yield Button("", id="again", compact=True)
            yield Button("", id="drop", compact=True)
            yield Button("", id="leave", compact=True)

    async def fill(self) -> None:
        name = HIDDEN if self.app.masked else visible(self._channel)
        self.entitle(self.say("channels.title", name=name))
        labels = {
            "try": "command.try_channel", "again": "command.retry", "drop": "command.drop_channel",
            "leave": "record.leave", "no": "record.no", "yes": "channels.yes_drop",
        }  # fmt: skip
        for id, key in labels.items():
            self.query_one(f"#{id}", Button).label = self.say(key)
        self.query_one("#asked", Static).update(self.say("channels.sure", name=name))
        channels, standing = await self.ask(lambda desk: (desk.channels(), desk.daemon_status()))
        found = next((each for each in channels if each["name"] == self._channel), None)
        if found is None:
            if self.is_current:
                self.app.pop_screen()  # another process took it away
            return
        self.query_one("#again").display = any(each["channel"] == self._channel for each in standing["parked"])
        self.query_one("#about", Prose).put(channel_text(self.words, found, self.app.masked))

    async def say_again(self) -> None:
        self.query_one(Hints).refresh()
        self._held = ""
        self.refill()

    # -- what can be done ----------------------------------------------------------------------------------

    @on(Button.Pressed, "#try")
    @work(exclusive=True, group="write")
    async def action_try_channel(self) -> None:
        """Send a test message now."""
        self.hold(self.say("channels.trying"))
        try:
            await self.ask(lambda desk: desk.test_channel(self._channel))
        except DeliveryFailed as error:
            why = reason_said(error.reason, self.words)
            lines = [self.say("channel.not_taken", name=self._channel, why=why), self.say("channel.still_kept")]
            self.hold("\n".join([*lines, self.say(_how(error))]))
        except (EscalationError, ProcedureError) as error:
            self.hold("\n".join(error_lines(error, self.app.lang)))
        else:
            self.hold("")
            self.app.notify(self.say("channel.tested", name=self._channel), timeout=6, markup=False)
            self.refill()

    @on(Button.Pressed, "#again")
    @work(exclusive=True, group="write")
    async def action_retry(self) -> None:
        """What was put aside waits for the daemon again."""
        try:
            n = await self.ask(lambda desk: desk.retry(self._channel))
        except (EscalationError, ProcedureError) as error:
            self.hold("\n".join(error_lines(error, self.app.lang)))
            return
        self.app.notify(self.say("channel.retried" if n else "channel.nothing_parked", n=n), markup=False)
        self.query_one("#try").focus()
        self.refill()

    @on(Button.Pressed, "#drop")
    def action_drop_channel(self) -> None:
        """Asked first, with the focus on no."""
        self._sure(True)

    @on(Button.Pressed, "#no")
    def _no(self) -> None:
        self._sure(False)

    @on(Button.Pressed, "#yes")
    @work(exclusive=True, group="write")
    async def _remove(self) -> None:
        try:
            secret = await self.ask(lambda desk: desk.remove_channel(self._channel))
        except (EscalationError, ProcedureError) as error:
            self.hold("\n".join(error_lines(error, self.app.lang)))
            return
        text = self.say("channel.removed", name=self._channel)
        if secret.startswith("env:"):
            text += self.say("word.gap") + self.say("channel.removed_env", name=secret.removeprefix("env:"))
        self.app.notify(text, timeout=5, markup=False)
        self.app.pop_screen()

    @on(Button.Pressed, "#leave")
    def _leave(self) -> None:
        self.action_back()

    def action_back(self) -> None:
        if self.query_one("#sure").display:
            self._sure(False)
        else:
            super().action_back()

    def _sure(self, asked: bool) -> None:
        self.query_one("#sure").display = asked
        self.query_one("#acts").display = not asked
        self.query_one("#no" if asked else "#try").focus()


def _how(error: DeliveryFailed) -> str:
    """What to do where a way out that is kept did not take a message."""
    if error.reason == "the address is not on this machine":
        return "channels.how_elsewhere"
    return "channels.how_permanent" if error.permanent else "channel.how"
