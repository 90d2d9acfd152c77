"""Being told: does the daemon run, do the ways out work, what could not be delivered, what was said lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from escalation.errors import EscalationError
from escalation.wording import Wording, error_lines, visible
from escalation.wording.errors import reason_said
from states.errors import ProcedureError
from tui.commands import bindings
from tui.screens.page import Page
from tui.widgets.prose import Prose
from tui.widgets.status import missed_said, span

Data = Mapping[str, Any]

HIDDEN = "***"
DAYS = 14
SETTLED = ("told", "silent", "overtaken", "kept")


class DeliveryScreen(Page):
    """How being told stands, and what was said in the last two weeks."""

    commands: ClassVar[tuple[str, ...]] = ("open", "seen", "retry", "back")
    name_of_help: ClassVar[str] = "page_delivery"
    AUTO_FOCUS: ClassVar[str] = "#told"
    BINDINGS: ClassVar[list[BindingType]] = bindings("seen", "retry")
    DEFAULT_CSS = """
    DeliveryScreen #about { height: auto; max-height: 60%; padding: 0 1; }
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
        yield Static("", id="said", markup=False)
        yield OptionList(id="told", markup=False, compact=True)

    async def fill(self) -> None:
        self.entitle(self.say("delivery.title"))
        now, standing, channels, told = await self.ask(
            lambda desk: (desk.now(), desk.daemon_status(), desk.channels(), desk.announcements(days=DAYS))
        )
        masked = self.app.masked
        self.query_one("#standing", Prose).put(standing_text(self.words, standing, channels, now, masked))
        retry = self.query_one("#retry", Button)
        retry.label = f"{self.say('command.retry')}  Ctrl+R"
        retry.display = bool(standing["parked"])
        key = "delivery.said" if told else "delivery.nothing_said"
        self.query_one("#said", Static).update(self.say(key, n=len(told), days=DAYS))
        self._list(told)
        if self.focused is None:
            self.query_one("#told", OptionList).focus()

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

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._at = event.option.id

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """To the case that it is about."""
        from tui.screens.case import CaseScreen

        self.app.push_screen(CaseScreen(str(event.option.id).partition(":")[2]))

    def action_open(self) -> None:
        self.query_one("#told", OptionList).action_select()

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


# -- views -> words -------------------------------------------------------------------------------------


def standing_text(
    words: Wording, standing: Data, channels: Sequence[Data], now: datetime, masked: bool = False
) -> Text:
    """The daemon, what was put aside, the ways out, and what to type where something is missing."""
    text = Text()
    _daemon(text, words, standing, now)
    for each in standing["parked"]:
        why = reason_said(each["reason"], words)
        text.append(f"{words.say('mark.bad')} ")
        text.append(
            words.say("daemon.parked", n=each["deliveries"], channel=each["channel"], reason=why) + "\n", "bold"
        )
    if standing["deliveries"]["late"]:
        text.append(f"!  {words.say('daemon.late', n=standing['deliveries']['late'])}\n")
    if standing["calendar_missing"]:
        text.append(f"?  {words.say('daemon.calendar_missing', year=standing['calendar_missing'])}\n")
    text.append("\n" + words.say("daemon.channels") + "\n", "bold")
    for each in channels:
        _channel(text, words, each, masked)
    if not channels:
        text.append(words.say("channel.none") + "\n")
    text.append(words.say("delivery.add_how" if not channels else "delivery.add_more") + "\n")
    return text


def _daemon(text: Text, words: Wording, standing: Data, now: datetime) -> None:
    last = standing["last_tick"]
    ago = "" if last is None else words.say("daemon.ago", span=span(words, (now - last).total_seconds()))
    if standing["alive"]:
        text.append(f"{words.say('mark.ok')} ")
        text.append(words.say("daemon.alive", ago=ago) + "\n", "bold")
    else:
        missed = missed_said(words, standing, now)
        text.append(f"{words.say('mark.bad')} ")
        text.append((missed or words.say("daemon.never")) + "\n", "bold")
        text.append(words.say("delivery.no_harm") + "\n")
        text.append(words.say("delivery.start_how") + "\n")
    waiting = standing["deliveries"]["waiting"]
    if waiting:
        text.append(words.say("delivery.waits", n=waiting) + "\n")


def _channel(text: Text, words: Wording, each: Data, masked: bool) -> None:
    failing, elsewhere = each["failing_since"], each["elsewhere"]
    sign = words.say("mark.bad") if failing else "? " if elsewhere else "- " if not each["ok_at"] else "ok"
    text.append(f"{sign} ")
    text.append(visible(each["name"]), "bold")
    text.append(f"  {HIDDEN if masked else visible(each['address'])}\n")
    if failing:
        health = words.say("channel.failing", at=words.instant(failing))
        health += words.say("word.comma") + words.say("channel.why", why=reason_said(each["error"] or "", words))
    elif elsewhere:
        health = words.say("channel.elsewhere")
    else:
        health = (
            words.say("channel.ok", at=words.instant(each["ok_at"])) if each["ok_at"] else words.say("channel.unused")
        )
    says = [health, words.say(f"channel.privacy_{each['privacy']}")]
    says.append(words.say(f"channel.digest_{each['digest']}", at=each["digest_at"]))
    text.append("   " + words.say("word.comma").join(says) + "\n")


def announcement_text(words: Wording, each: Data, masked: bool) -> Text:
    """One announcement in a line: what became of it, which case, what about, which day."""
    status = each["status"] if each["status"] in (*SETTLED, "parked") else "waiting"
    if each["acknowledged"] and status != "parked":
        status = "acknowledged"
    day = words.day(each["due"]) if each["due"] else words.day(each["at"])
    title, what = (HIDDEN if masked else visible(each[name]) for name in ("title", "what"))
    state = words.say(f"delivery.{status}")
    if status == "waiting" and each["waits_until"]:
        state = words.say("delivery.waiting_until", at=words.instant(each["waits_until"]))
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(words.say(f"delivery.kind_{each['kind']}") + " ")
    text.append(day, "bold")
    text.append(f"  {state}  ")
    text.append(f"{title}{words.say('word.colon')}{what}")
    if each["provisional"]:
        text.append("  " + words.say("mark.provisional"))
    return text
