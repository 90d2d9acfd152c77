"""Wiring: screens, themes, language, live refresh. No case logic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar

from textual import work
from textual.app import App
from textual.binding import BindingType
from textual.events import Key
from textual.geometry import Offset
from textual.notifications import Notify
from textual.reactive import reactive
from textual.screen import Screen
from textual.worker import WorkerFailed

from escalation.errors import EscalationError, StoreBusy, StoreError
from escalation.wording import Wording
from states.errors import ProcedureError
from tui import terminal
from tui.bridge import Bridge
from tui.commands import EVERYWHERE, bindings
from tui.screens.drafts import Drafts
from tui.themes import THEMES
from tui.widgets.status import StatusLine, missed_said
from tui.words import words

LOOK_SECONDS = 0.5
"""How often the store is asked whether another process has committed."""
TIME_SECONDS = 30.0
"""How often what is shown is worked out anew although nobody wrote: time passes."""


def _palette() -> type[Any]:
    """The palette's entries; imported when it is first opened."""
    from tui.palette import CommandProvider

    return CommandProvider


class EscalationApp(App[None]):
    """The screens on one store."""

    CSS_PATH = "app.tcss"
    DEFAULT_CSS = "SearchIcon { display: none; }"
    """The palette's picture of a lens is as wide as each terminal likes."""
    TITLE = "Escalation"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Any]] = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = bindings(*EVERYWHERE)

    lang: reactive[str] = reactive("en", init=False)
    masked: reactive[bool] = reactive(False, init=False)
    """Whether names and amounts are hidden from people who look over one's shoulder."""
    standing: reactive[dict[str, Any] | None] = reactive(None, init=False)
    """How the daemon stands; None until the library has said."""
    away: reactive[bool] = reactive(False, init=False)
    """Whether the store could not be read when it was asked last: then nobody knows how the daemon stands."""

    def __init__(
        self, store: str, *, now: str | None = None, lang: str = "en", demo: bool = False, bridge: Bridge | None = None
    ) -> None:  # fmt: skip
        super().__init__()
        self.bridge = bridge or Bridge(store, now=now, lang=lang)
        self.demo, self.demo_said = demo, "status.demo_frame"
        self.asked_at: datetime | None = None
        """When `standing` was asked."""
        self._announced: int | None = None
        """The latest announcement that there was when it was asked; None at first."""
        self.mishaps: list[str] = []
        """Errors that nobody expected, by their class; the screens worked on."""
        self._drafts: dict[str, Drafts] = {}
        self.set_reactive(EscalationApp.lang, lang)
        self.ascii = terminal.ambiguous_width() == terminal.WIDE
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    @property
    def cursor_position(self) -> Offset:
        """Where the terminal's cursor goes: there an input method shows what is being composed.

        Textual notes it when a field gets the focus, which may be before the field has its place, and not again
        when it is scrolled.
        """
        focused = self.focused if self.screen_stack else None
        there: Offset | None = getattr(focused, "cursor_screen_offset", None)
        return self._cursor if there is None else there

    @cursor_position.setter
    def cursor_position(self, to: Offset) -> None:
        self._cursor = to

    @property
    def words(self) -> Wording:
        """The sentences of the language that is on."""
        return words(self.lang)

    def get_default_screen(self) -> Screen[None]:
        """All cases lie below everything else."""
        from tui.screens.home import HomeScreen

        return HomeScreen()

    def on_mount(self) -> None:
        """The first screen, and the two clocks."""
        self.set_class(self.ascii, "-ascii")
        self.set_class(self.demo, "-demo")
        self._start()
        self._stand()
        self.set_interval(LOOK_SECONDS, self.look)
        self.set_interval(TIME_SECONDS, self.refill)
        self.set_interval(TIME_SECONDS, self._stand)

    @work(exclusive=True, group="start")
    async def _start(self) -> None:
        """Nobody's first case: the guided opening. One: that case. More: all of them."""
        begun = await self.bridge.begun()
        try:
            refs = begun.refs if begun is not None else await self.bridge.ask(lambda desk: desk.first_refs(2))
        except (EscalationError, ProcedureError):
            return  # the home screen says what is the matter
        if not refs:
            from tui.screens.welcome import WelcomeScreen

            self.push_screen(WelcomeScreen())
        elif len(refs) == 1:
            from tui.screens.case import CaseScreen

            self.push_screen(CaseScreen(refs[0]))
        await self._offer_drafts(bool(refs))

    async def _offer_drafts(self, begun: bool) -> None:
        """What was left half typed last time. The guided opening takes up its own."""
        await self.bridge.shown.wait()
        store = self.bridge.store
        if "://" in store:
            try:
                self.drafts_of(store).lie_in(await self.bridge.ask(lambda desk: desk.folder))
            except (EscalationError, ProcedureError):
                return
        if any(begun or key[0] != "welcome" for key in self.drafts_of(store).all()):
            from tui.screens.half_typed import HalfTypedScreen

            self.push_screen(HalfTypedScreen())

    # -- live --------------------------------------------------------------------------------------------

    @work(exclusive=True, group="look")
    async def look(self) -> None:
        """Ask whether another process has committed; then the screen reads again."""
        try:
            changed = await self.bridge.changed()
        except EscalationError as error:
            self.away = isinstance(error, StoreError) and not isinstance(error, StoreBusy)
            self.refill()  # the screen asks as well, and says what is the matter
            return
        if changed or self.away:
            self.refill()
            self._stand()
        self.away = False

    def refill(self) -> None:
        """The screen that is shown reads again. What lies below it does so when it comes back."""
        from tui.screens.page import Page

        if isinstance(self.screen, Page):
            self.screen.refill()

    @work(exclusive=True, group="stand")
    async def _stand(self) -> None:
        """Ask how the daemon stands, and what was announced meanwhile."""
        before = self._announced
        await self.bridge.shown.wait()  # what one came for is painted first
        try:
            now, standing = await self.bridge.ask(lambda desk: (desk.now(), desk.daemon_status()))
            latest = standing["latest_announcement"]
            told = []
            if before is not None and latest > before:
                told = await self.bridge.ask(lambda desk: desk.announcements(after=before))
        except (EscalationError, ProcedureError):
            return  # the screen asks as well, and says what is the matter
        self.asked_at, self.standing, self._announced = now, standing, latest
        if before is None:
            text = missed_said(self.words, standing, now)
            if text:
                self.notify(text, severity="warning", markup=False)
        else:
            self._tell([each for each in told if each["status"] not in ("silent", "overtaken")])

    def _tell(self, told: Sequence[Mapping[str, Any]]) -> None:
        """A few words about what was just announced; only how many where somebody may look on."""
        if not told:
            return
        if self.masked or len(told) > 1:
            text = self.words.say("status.told_count", n=len(told))
        else:
            each = told[0]
            day = self.words.day(each["due"]) if each["due"] else ""
            text = self.words.say("status.told", title=each["title"][:40], what=each["what"][:40], day=day)
        self.notify(text, markup=False)

    def watch_standing(self) -> None:
        self._say_status()

    def watch_away(self) -> None:
        self._say_status()

    def watch_masked(self) -> None:
        self._say_status()

    def _say_status(self) -> None:
        for screen in self.screen_stack:
            for line in screen.query(StatusLine):
                line.refresh(layout=True)

    def on_notify(self, event: Notify) -> None:
        """What is said again takes the place of the first time: the same thing is not said twice at once."""
        for each in [n for n in self._notifications if n.message == event.notification.message]:
            self._unnotify(each, refresh=False)

    def on_key(self, event: Key) -> None:
        """A letter that only a Chinese input method sends, where nothing is being typed: say what works."""
        character = event.character or ""
        if len(character) == 1 and not character.isascii() and character.isalpha():
            self.notify(self.words.say("status.input_method"), timeout=4, markup=False)

    # -- what can be done everywhere ---------------------------------------------------------------------

    def action_language(self) -> None:
        """中文 <-> English, on the spot."""
        self.lang = "en" if self.lang == "zh" else "zh"

    @work(exclusive=True, group="language")
    async def watch_lang(self) -> None:
        """Every screen says itself anew; what was typed stays."""
        from tui.screens.page import Page

        await self.bridge.speak(self.lang)
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                await screen.say_again()
                screen.mark_demo()
        self._say_status()

    def action_next_theme(self) -> None:
        """Light, dark, high contrast, safe for the colour-blind."""
        names = [theme.name for theme in THEMES]
        at = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(at + 1) % len(names)]
        self.notify(self.words.say(f"theme.{self.theme.replace('-', '_')}"), timeout=2)

    def action_mask(self) -> None:
        """Hide names and amounts, or show them again."""
        self.masked = not self.masked
        self.refill()

    def action_help(self) -> None:
        """What can be done here, made from the commands of the screen."""
        from tui.screens.help import HelpScreen
        from tui.screens.page import Page

        if isinstance(self.screen, Page) and not isinstance(self.screen, HelpScreen):
            focused = next((key for each in self._focus_path() if (key := getattr(each, "help_key", None))), None)
            self.push_screen(HelpScreen(self.screen.commands, self.screen.name_of_help, focused))

    def _focus_path(self) -> list[Any]:
        """The widget that has the focus, and those it lies in."""
        return [] if self.focused is None else list(self.focused.ancestors_with_self)

    def action_command_palette(self) -> None:
        """Everything that can be done here, to be typed or chosen."""
        from tui.palette import CommandPalette

        self._go(CommandPalette, placeholder=self.words.say("palette.find"), id="--command-palette")

    def action_board(self) -> None:
        from tui.screens.board import BoardScreen

        self._go(BoardScreen)

    def action_delivery(self) -> None:
        from tui.screens.delivery import DeliveryScreen

        self._go(DeliveryScreen)

    def action_procedures(self) -> None:
        from tui.screens.procedures import ProceduresScreen

        self._go(ProceduresScreen)

    def _go(self, screen: type[Screen[Any]], **options: Any) -> None:
        """There, unless one is there already."""
        if not isinstance(self.screen, screen):
            self.push_screen(screen(**options))

    # -- leaving -------------------------------------------------------------------------------------------

    def drafts_of(self, store: str) -> Drafts:
        """What was typed and not saved, of a store."""
        return self._drafts.setdefault(store, Drafts(store))

    async def action_quit(self) -> None:
        """Leave; asked first where something is typed and not saved."""
        from tui.screens.quitting import QuittingScreen, half_typed

        if isinstance(self.screen, QuittingScreen):
            return
        if half_typed(self):
            self.push_screen(QuittingScreen())
        else:
            self.exit()

    # -- what nobody expected --------------------------------------------------------------------------------

    def mishap(self, error: BaseException) -> None:
        """Write an unexpected error down. Nothing that was read or typed is in that line."""
        from tui.screens.mishaps import write_down

        self.mishaps.append(type(error).__name__)
        write_down(error, self.drafts_of(self.bridge.store).folder)

    def _handle_exception(self, error: Exception) -> None:
        """What goes wrong beside is said, and the rest works on; else what is half typed is kept first."""
        if isinstance(error, WorkerFailed) and error.error is not None:
            self.mishap(error.error)
            text = self.words.say("mishap.beside", error=type(error.error).__name__)
            self.notify(text, severity="warning", timeout=10, markup=False)
            return
        from tui.screens.quitting import keep

        with suppress(Exception):
            self.mishap(error)
            keep(self)
        super()._handle_exception(error)

    async def on_unmount(self) -> None:
        """Give the store back."""
        self.bridge.close()
