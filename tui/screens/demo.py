"""Made-up cases in a store that is thrown away: a page that can begin them, and ends them when one comes back."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from textual import work

from escalation.errors import EscalationError
from escalation.wording import error_lines
from states.errors import ProcedureError
from tui.bridge import Bridge
from tui.screens.page import Page


class DemoHost(Page):
    """Below it all screens show the demo; back on it, the person's own store."""

    def __init__(self) -> None:
        super().__init__()
        self._demo: tuple[Bridge, str] | None = None
        """While the demo is on: the bridge to the real store, and the folder to be thrown away."""

    @property
    def store(self) -> str:
        return self._demo[0].store if self._demo is not None else super().store

    @work(exclusive=True, group="demo")
    async def start_demo(self) -> None:
        """Marked as such on every screen."""
        from escalation.demo import fill
        from tui.screens.home import HomeScreen

        self.notice(self.say("welcome.demo_coming"))
        now = await self.ask(lambda desk: desk.now())
        folder = tempfile.mkdtemp(prefix="escalation-demo-")
        bridge = Bridge(str(Path(folder) / "demo.db"), now=now.isoformat(), lang=self.app.lang)
        try:
            await bridge.ask(fill)
        except (EscalationError, ProcedureError, OSError) as error:
            bridge.close()
            shutil.rmtree(folder, ignore_errors=True)
            self.notice("\n".join(error_lines(error, self.app.lang)))
            return
        self._demo = (self.app.bridge, folder)
        self.app.bridge = bridge
        self.app.demo, self.app.demo_said = True, "welcome.demo_mark"
        self.app.set_class(True, "-demo")
        self.app.push_screen(HomeScreen())

    def _end_demo(self) -> None:
        if self._demo is None:
            return
        (real, folder), self._demo = self._demo, None
        self.app.bridge.close()
        self.app.bridge = real
        self.app.demo = False
        self.app.set_class(False, "-demo")
        shutil.rmtree(folder, ignore_errors=True)

    def on_screen_resume(self) -> None:
        self._end_demo()
        super().on_screen_resume()

    def on_unmount(self) -> None:
        self._end_demo()
