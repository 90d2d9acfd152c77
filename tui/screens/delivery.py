"""Being told: does the daemon run, do the ways out work, what could not be delivered, what was said lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from escalation.errors import EscalationError
from escalation.wording import error_lines
from states.errors import ProcedureError
from tui.commands import bindings
from tui.screens.delivery_words import announcement_text, channel_line, standing_text
from tui.screens.page import Page
from tui.widgets.options import Options
from tui.widgets.prose import Prose, flowed

Data = Mapping[str, Any]

DAYS = 14
ADD = "+"
"""The line that adds a way out; no channel can be called that."""


class DeliveryScreen(Page):
    """How being told stands, and what was said in the last two weeks."""

    commands: ClassVar[tuple[str, ...]] = ("open", "add_channel", "seen", "retry", "back")
    name_of_help: ClassVar[str] = "page_delivery"
    AUTO_FOCUS: ClassVar[str] = ""  # which list has something is known when it is read
    BINDINGS: ClassVar[list[BindingType]] = bindings("add_channel", "seen", "retry")
    DEFAULT_CSS = """
    DeliveryScreen #about { height: auto; max-height: 35%; padding: 0 1; }
    DeliveryScreen #ways_title { height: 1; padding: 0 1; text-style: bold; }
    DeliveryScreen #ways, DeliveryScreen #ways:focus { height: auto; max-height: 30%; border: none; padding: 0; }
    DeliveryScreen #retry { display: none; width: auto; }
    DeliveryScreen #said { height: 1; padding: 0 1; text-style: bold; }
    DeliveryScreen #told { height: 1fr; min-height: 3; }
    DeliveryScreen #told, DeliveryScreen #told:focus { border: none; padding: 0; }
    DeliveryScreen #standing { height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._at: str | None = None
        """The announcement that is chosen: kept when the list is made anew."""

    def body(self) -> ComposeResult:
        with VerticalScroll(id="about"):
            yield Prose(id="standing")
            yield Button("", id="retry", compact=True)
        yield Static("", id="ways_title", markup=False)
        yield Options(id="ways", compact=True)
        yield Static("", id="said", markup=False)
        yield Options(id="told", compact=True)

    async def fill(self) -> None:
        self.entitle(self.say("delivery.title"))
        now, standing, channels, told = await self.ask(
            lambda desk: (desk.now(), desk.daemon_status(), desk.channels(), desk.announcements(days=DAYS))
        )
        self.query_one("#standing", Prose).put(standing_text(self.words, standing, now))
        self.query_one("#ways_title", Static).update(self.say("daemon.channels" if channels else "channels.none"))
        self._ways(channels)
        retry = self.query_one("#retry", Button)
        retry.label = f"{self.say('command.retry')}  Ctrl+R"
        retry.display = bool(standing["parked"])
        key = "delivery.said" if told else "delivery.nothing_said"
        self.query_one("#said", Static).update(self.say(key, n=len(told), days=DAYS))
        self._list(told)
        lost = self.focused is None or (not told and self.query_one("#told").has_focus)
        if lost:
            self.query_one("#told" if told else "#ways", OptionList).focus()

    def _ways(self, channels: Sequence[Data]) -> None:
        shown = self.query_one("#ways", OptionList)
        at, width = shown.highlighted, max(self.size.width - 5, 20)
        shown.clear_options()
        shown.add_options(
            Option(flowed(channel_line(self.words, each, self.app.masked), width), id=each["name"]) for each in channels
        )
        shown.add_option(Option(f"+  {self.say('channels.add')}", id=ADD))
        shown.highlighted = min(at or 0, len(channels))

    def _list(self, told: Sequence[Data]) -> None:
        shown = self.query_one("#told", OptionList)
        at, scrolled = self._at, shown.scroll_y
        shown.clear_options()
        shown.add_options(
            Option(announcement_text(self.words, each, self.app.masked), id=f"{each['id']}:{each['case']}")
            for each in told
        )
        ids = [f"{each['id']}:{each['case']}" for each in told]
        shown.highlighted = ids.index(at) if at in ids else (0 if ids else None)
        shown.scroll_to(y=scrolled, animate=False)

    @on(OptionList.OptionHighlighted, "#told")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._at = event.option.id

    @on(OptionList.OptionSelected, "#ways")
    def _way(self, event: OptionList.OptionSelected) -> None:
        """All about that way out, or a new one."""
        if event.option.id == ADD:
            self.action_add_channel()
        else:
            from tui.screens.channel import ChannelScreen

            self.app.push_screen(ChannelScreen(str(event.option.id)))

    def action_add_channel(self) -> None:
        """A form for a new way out."""
        from tui.screens.channel_adding import AddChannelScreen

        self.app.push_screen(AddChannelScreen())

    @on(OptionList.OptionSelected, "#told")
    def _case(self, event: OptionList.OptionSelected) -> None:
        """To the case that it is about."""
        from tui.screens.case import CaseScreen

        self.app.push_screen(CaseScreen(str(event.option.id).partition(":")[2]))

    def action_open(self) -> None:
        ways, told = self.query_one("#ways", OptionList), self.query_one("#told", OptionList)
        (ways if ways.has_focus or not told.option_count else told).action_select()

    def on_resize(self) -> None:
        self.refill()  # where lines break

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_retry()

    @work(exclusive=True, group="write")
    async def action_retry(self) -> None:
        """What was put aside waits for the daemon again."""
        try:
            n = await self.ask(lambda desk: desk.retry())
        except (EscalationError, ProcedureError) as error:
            self.notice("\n".join(error_lines(error, self.app.lang)))
            return
        self.app.notify(self.say("channel.retried" if n else "channel.nothing_parked", n=n), markup=False)
        self.refill()

    @work(exclusive=True, group="write")
    async def action_seen(self) -> None:
        """What was announced about the chosen case falls silent."""
        if self._at is None:
            return
        case = self._at.partition(":")[2]
        try:
            seen = await self.ask(lambda desk: desk.acknowledge(case))
        except (EscalationError, ProcedureError) as error:
            self.notice("\n".join(error_lines(error, self.app.lang)))
            return
        self.app.notify(self.say("delivery.seen", n=len({each["subject"] for each in seen})), markup=False)
        self.refill()
