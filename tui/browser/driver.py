"""What the screens draw on in a process of `escalation serve`.

Textual's driver for pages, which knows no terminal that is closed: when the page goes, or the server does, by
whatever death, what is half typed is kept and the process ends.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.drivers.web_driver import WebDriver

if TYPE_CHECKING:
    from tui.app import EscalationApp

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class BrowserDriver(WebDriver):
    """Ends with whoever it draws for."""

    def start_application_mode(self) -> None:
        self._write = partial(self._put)
        super().start_application_mode()
        for name in _SIGNALS:
            if hasattr(signal, name):
                with suppress(NotImplementedError):
                    self._loop.add_signal_handler(getattr(signal, name), self._hung_up)

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        if packet_type == "quit":
            self._hang_up()
        else:
            super().on_meta(packet_type, payload)

    def run_input_thread(self) -> None:
        super().run_input_thread()
        if not self.exit_event.is_set():  # nobody is at the other end any more
            self._hang_up()

    def _hang_up(self) -> None:
        with suppress(RuntimeError):  # it has ended meanwhile
            self._loop.call_soon_threadsafe(self._hung_up)

    def _hung_up(self) -> None:
        self._app.call_next(self._leave)

    def _leave(self) -> None:
        from tui.screens.quitting import keep

        with suppress(Exception):  # then at least it ends
            keep(cast("EscalationApp", self._app))
        self._app.exit()

    def _put(self, data: bytes) -> int:
        try:
            return os.write(self.fileno, data)
        except BrokenPipeError:
            return len(data)
