"""One tab: a process of the screens, and what is carried between it and the browser.

The process speaks as `textual.drivers.web_driver` does: a line `__GANGLION__`, then packets of a letter, four bytes of
length and a body. `D` is what a terminal would get or send, `M` is JSON about it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType
from aiohttp.web import WebSocketResponse

BEGINNING = b"__GANGLION__\n"
LARGEST = 1000
"""Columns or rows that a window is taken to have at most."""
PATIENCE = 4.0
"""Seconds that the screens may take to keep what is half typed and end."""


class Tab:
    """The screens on a store, in a process of their own. `begin`, `carry`, `end`."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def begin(cls, store: str, now: str | None, lang: str, size: tuple[int, int]) -> Tab:
        """Start it. No shell reads what is passed on, and the store's address, which may hold a password, is in no
        list of processes."""
        process = await asyncio.create_subprocess_exec(
            *_command(lang, now), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environment(store, size),
            start_new_session=True,  # Ctrl-C at our terminal is ours to pass on
        )  # fmt: skip
        return cls(process)

    async def carry(self, socket: WebSocketResponse) -> None:
        """Back and forth, until the page is closed or the screens are left."""
        both = [asyncio.create_task(self._to(socket)), asyncio.create_task(self._from(socket))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def end(self) -> int:
        """Let it keep what is half typed and end; make it end if it does not. Its exit code: 0 if all was well."""
        with suppress(OSError):
            await self._tell({"type": "quit"})
        self._stdin.close()
        unread = asyncio.create_task(self._overlook())  # a full pipe would keep it from ending
        try:
            for patience, harder in ((PATIENCE, signal.SIGTERM), (1, getattr(signal, "SIGKILL", signal.SIGTERM))):
                with suppress(TimeoutError):
                    return await asyncio.wait_for(self._process.wait(), patience)
                self._signal(harder)
            return await self._process.wait()
        finally:
            unread.cancel()

    async def _overlook(self) -> None:
        while await self._stdout.read(65536):
            pass

    @property
    def _stdin(self) -> StreamWriter:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _stdout(self) -> StreamReader:
        assert self._process.stdout is not None
        return self._process.stdout

    def _signal(self, number: int) -> None:
        """To whatever it has started as well."""
        with suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)

    # -- from the screens to the page ------------------------------------------------------------------------

    async def _to(self, socket: WebSocketResponse) -> None:
        read = self._stdout
        with suppress(asyncio.IncompleteReadError, ConnectionError, RuntimeError):  # it has ended, or the page is gone
            await read.readuntil(BEGINNING)
            while True:
                kind, size = await read.readexactly(1), int.from_bytes(await read.readexactly(4), "big")
                body = await read.readexactly(size)
                if kind == b"D":
                    await socket.send_bytes(body)
                elif kind == b"M" and json.loads(body).get("type") == "exit":
                    return

    # -- from the page to the screens ------------------------------------------------------------------------

    async def _from(self, socket: WebSocketResponse) -> None:
        with suppress(ConnectionError):  # the screens are gone
            async for message in socket:
                if message.type != WSMsgType.TEXT:
                    continue
                match _read(message.data):
                    case ["stdin", str(typed)]:
                        await self._send(b"D", typed.encode("utf-8", "replace"))
                    case ["resize", {"width": int(width), "height": int(height)}]:
                        await self._tell({"type": "resize", "width": bounded(width), "height": bounded(height)})
                    case ["focus" | "blur" as kind, *_]:
                        await self._tell({"type": kind})
                    case ["ping", str(sent)]:
                        await socket.send_json(["pong", sent])

    async def _tell(self, data: dict[str, Any]) -> None:
        await self._send(b"M", json.dumps(data).encode())

    async def _send(self, kind: bytes, body: bytes) -> None:
        self._stdin.write(kind + len(body).to_bytes(4, "big") + body)
        await self._stdin.drain()


def bounded(cells: int) -> int:
    """So many columns or rows as a window can have."""
    return min(max(cells, 1), LARGEST)


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _command(lang: str, now: str | None) -> list[str]:
    """Modules are not looked for where the person happens to stand, unless the program itself lies there."""
    home = Path(__file__).parent.parent.parent
    safe = [] if home == Path.cwd() else ["-P"]
    return [sys.executable, *safe, "-m", "tui.browser", lang, *([now] if now is not None else [])]


def _environment(store: str, size: tuple[int, int]) -> dict[str, str]:
    columns, rows = size
    return {
        **os.environ,
        "ESCALATION_STORE": store,
        "ESCALATION_AMBIGUOUS": "1",  # as the page draws them, whatever the terminal does that we run in
        "TEXTUAL_DRIVER": "tui.browser.driver:BrowserDriver",
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "COLUMNS": str(columns),
        "ROWS": str(rows),
    }
