"""Listens on this machine, says where, and ends everything in the end."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from escalation.errors import BadInput, FieldProblem

if TYPE_CHECKING:
    from tui.browser.site import Site

_END = ("SIGINT", "SIGTERM", "SIGHUP")


def serve(
    store: str, *, port: int, now: str | None, lang: str, listening: Callable[[str, int], None],
    used: Callable[[str], None], failed: Callable[[int], None],
) -> int:  # fmt: skip
    """See `tui.browser.serve`."""
    if find_spec("textual_serve") is None:
        raise BadInput(FieldProblem("serve", None, "serve_extra", limit="escalation[serve]"))
    from tui.browser.gate import Gate
    from tui.browser.site import Shown, Site

    # What aiohttp would write down names what was asked for: the key of the link.
    logging.getLogger("aiohttp").addHandler(logging.NullHandler())
    logging.getLogger("aiohttp").propagate = False
    places = _places(port)
    try:
        gate = Gate(places[0].getsockname()[1])
        site = Site(gate, Shown(store, now, lang), used, failed)
        with suppress(KeyboardInterrupt):  # before there is anything to end
            asyncio.run(_run(site, places, lambda: listening(gate.link, gate.port)))
    finally:
        for place in places:
            place.close()
    return 0


def _places(port: int) -> list[socket.socket]:
    """Sockets of this machine only, 127.0.0.1 first; ::1 as well where there is one.

    Raises: BadInput where the port is taken.
    """
    try:
        places = [_place(socket.AF_INET, "127.0.0.1", port)]
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            with _place(socket.AF_INET, "127.0.0.1", 0) as other:
                free = str(other.getsockname()[1])
            raise BadInput(FieldProblem("port", str(port), "port_taken", limit=free)) from None
        raise BadInput(FieldProblem("port", str(port), "port_refused")) from None
    with suppress(OSError):
        places.append(_place(socket.AF_INET6, "::1", places[0].getsockname()[1]))
    return places


def _place(family: socket.AddressFamily, name: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # where it would let two programs have the port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((name, port))
        made.listen(64)
    except OSError:
        made.close()
        raise
    return made


async def _run(site: Site, places: list[socket.socket], ready: Callable[[], None]) -> None:
    from aiohttp import web

    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in _END:
        number = getattr(signal, name, None)
        if number is not None:
            try:
                loop.add_signal_handler(number, over.set)
            except NotImplementedError:  # Windows
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(over.set))
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        for place in places:
            await web.SockSite(runner, place).start()
        ready()
        await over.wait()
    finally:
        await site.close()
        await runner.cleanup()
