"""A real browser for tests, told what to do over its DevTools socket. Every wait has an end."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType
from rich.cells import cell_len

T = TypeVar("T")
PATIENCE = 60.0
STEP = 0.05
PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", "--lang=zh-CN",
)  # fmt: skip


async def until(found: Callable[[], Awaitable[T]], what: object = None) -> T:
    """What was found, once it is true."""
    end = time.monotonic() + PATIENCE
    while not (value := await found()):
        assert time.monotonic() < end, what() if callable(what) else what
        await asyncio.sleep(STEP)
    return value


_SIGNS = re.compile(r"(\x1b\[[0-9;?<>=]*(?:\$p|[a-zA-Z])|\r|\n)")


class Page:
    """One tab of the browser, and all that it has asked for."""

    def __init__(self, socket: ClientWebSocketResponse, session: str) -> None:
        self._socket, self._session = socket, session
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.asked_for: list[str] = []
        """The address of every request, sockets included."""
        self.said: list[str] = []
        """What its console said: refused by policy, errors."""
        self.screen = b""
        """What the screens wrote."""
        self.cells = (0, 0)
        """Columns and rows, as the page last told the screens."""

    async def do(self, method: str, **options: Any) -> dict[str, Any]:
        """A DevTools command, and its answer."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json(
            {
                "id": number,
                "method": method,
                "params": options,
                **({"sessionId": self._session} if self._session else {}),
            }
        )
        found = await asyncio.wait_for(answer, PATIENCE)
        assert "error" not in found, (method, found["error"])
        result: dict[str, Any] = found["result"]
        return result

    async def value(self, script: str) -> Any:
        """What an expression of JavaScript is on the page."""
        found = await self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def go(self, address: str) -> None:
        await self.do("Page.navigate", url=address)

    async def shows(self, text: str) -> None:
        """Until the screens have drawn it."""

        async def drawn() -> bool:
            return text in _SIGNS.sub("", self.screen.decode("utf-8", "replace"))

        await until(
            drawn, lambda: (text, self.said, self.asked_for[-6:], self.screen[-3000:].decode("utf-8", "replace"))
        )

    async def key(self, key: str, code: int, modifiers: int = 0) -> None:
        about = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        await self.do("Input.dispatchKeyEvent", type="rawKeyDown", **about)
        await self.do("Input.dispatchKeyEvent", type="keyUp", **about)

    async def click(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            await self.do("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def place_of(self, text: str) -> tuple[float, float]:
        """Where a text was last drawn, for the mouse."""
        row, column, found = 0, 0, None
        for sign in _SIGNS.split(self.screen.decode("utf-8", "replace")):
            if moved := re.fullmatch(r"\x1b\[(?:(\d+);(\d+))?H", sign):
                row, column = (int(moved[1]) - 1, int(moved[2]) - 1) if moved[1] else (0, 0)
            elif sign == "\n":
                row, column = row + 1, 0
            elif not sign.startswith(("\x1b", "\r")):
                if text in sign:
                    found = row, column + cell_len(sign.partition(text)[0]) + cell_len(text) / 2
                column += cell_len(sign)
        assert found is not None, text
        left, top, width, height = await self.value(
            "(() => { const at = document.querySelector('.xterm-screen').getBoundingClientRect();"
            " return [at.left, at.top, at.width, at.height]; })()"
        )
        columns, rows = self.cells
        return left + found[1] * width / columns, top + (found[0] + 0.5) * height / rows

    async def compose(self, *steps: str) -> None:
        """As an input method does: what it shows while one types, and at last what it commits."""
        for each in steps:
            await self.do("Input.imeSetComposition", text=each, selectionStart=len(each), selectionEnd=len(each))
        await self.do("Input.insertText", text=steps[-1])

    async def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode((await self.do("Page.captureScreenshot"))["data"]))

    def hear(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._answers.pop(message["id"]).set_result(message)
            return
        about = message["params"]
        match message["method"]:
            case "Network.requestWillBeSent":
                self.asked_for.append(about["request"]["url"])
            case "Network.webSocketCreated":
                self.asked_for.append(about["url"])
            case "Network.webSocketFrameReceived" if about["response"]["opcode"] == 2:
                self.screen += base64.b64decode(about["response"]["payloadData"])
            case "Network.webSocketFrameSent":
                kind, *rest = json.loads(about["response"]["payloadData"])
                if kind == "resize":
                    self.cells = (rest[0]["width"], rest[0]["height"])
            case "Log.entryAdded":
                self.said.append(about["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.said.append(json.dumps(about["exceptionDetails"])[:500])


class Browser:
    """A browser with a profile of its own."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._pages: dict[str, Page] = {}
        self._browser = Page(socket, "")

    async def page(self, width: int = 1280, height: int = 800, own_profile: bool = False) -> Page:
        """A new tab; with `own_profile` one that knows nothing of the others."""
        context = {}
        if own_profile:
            context = {"browserContextId": (await self._browser.do("Target.createBrowserContext"))["browserContextId"]}
        target = (await self._browser.do("Target.createTarget", url="about:blank", **context))["targetId"]
        session = (await self._browser.do("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        page = self._pages[session] = Page(self._socket, session)
        for domain in ("Page", "Network", "Runtime", "Log"):
            await page.do(f"{domain}.enable")
        await page.do(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        return page

    async def listen(self) -> None:
        async for message in self._socket:
            if message.type == WSMsgType.TEXT:
                data = message.json()
                self._pages.get(data.get("sessionId", ""), self._browser).hear(data)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Started for a test, gone with its profile afterwards."""
    assert PROGRAM is not None
    with tempfile.TemporaryDirectory(prefix="profile-", ignore_cleanup_errors=True) as profile:
        flags = [*FLAGS, f"--user-data-dir={profile}"]
        process = subprocess.Popen([PROGRAM, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            told = Path(profile) / "DevToolsActivePort"

            async def started() -> list[str]:
                lines = told.read_text().splitlines() if told.exists() else []
                return lines if len(lines) == 2 else []

            port, path = await until(started, "the browser did not start")
            async with (
                ClientSession() as session,
                session.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0) as socket,
            ):
                made = Browser(socket)
                listening = asyncio.create_task(made.listen())
                try:
                    yield made
                finally:
                    listening.cancel()
                    await asyncio.gather(listening, return_exceptions=True)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
