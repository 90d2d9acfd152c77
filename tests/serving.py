"""`escalation serve` as a process, for tests, and the processes of its tabs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, WSMsgType

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
PATIENCE = 20.0
STEP = 0.02
_SIGNS = re.compile(r"\x1b(\[[0-9;?<>=]*(\$p|[a-zA-Z])|[()].|[=>])")


def until(found: Callable[[], T], what: Callable[[], object] = lambda: None) -> T:
    """What was found, once it is true."""
    end = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < end, what()
        time.sleep(STEP)
    return value


def installed(folder: Path) -> str:
    """A path that makes this project's entry points known, as an installation does."""
    place = folder / "installed" / "escalation-0.dist-info"
    place.mkdir(parents=True, exist_ok=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: escalation\nVersion: 0\n")
    (place / "entry_points.txt").write_text("[escalation.screens]\nterminal = tui:main\nbrowser = tui.browser:serve\n")
    return f"{ROOT}{os.pathsep}{place.parent}"


class Serving:
    """Started, with everything it says kept. Ended at the end, whatever happened."""

    def __init__(self, folder: Path, store: str, *words: str, port: int = 0, **env: str) -> None:
        there = {**os.environ, "PYTHONPATH": installed(folder), "ESCALATION_STORE": store, "LANG": "C.UTF-8", **env}
        for name in ("LC_ALL", "LC_MESSAGES"):
            there.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "escalation", "serve", "--port", str(port), *words],
            cwd=folder, env=there, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        self.out: list[str] = []
        self.err: list[str] = []
        self._readers = [
            threading.Thread(target=_keep, args=(stream, kept))
            for stream, kept in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]
        for each in self._readers:
            each.start()
        until(lambda: self.out or self.process.poll() is not None, lambda: self.err)

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.ended()

    @property
    def link(self) -> str:
        """The newest link that it has told."""
        told = re.findall(r"http://\S+", "".join([*self.out, *self.err]))
        return str(json.loads(self.out[0])["url"] if self.out[0].startswith("{") else told[-1])

    @property
    def port(self) -> int:
        return int(self.link.split("/")[2].rpartition(":")[2])

    @property
    def folder(self) -> str:
        """Where its pages are."""
        return self.link.partition("open?")[0]

    def ask_to_end(self, number: int = signal.SIGTERM) -> int:
        """Its exit code."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(PATIENCE)
        for each in self._readers:
            each.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code

    def tabs(self) -> list[int]:
        """The processes that it has started and that run."""
        return [pid for pid in _running() if _parent(pid) == self.process.pid]


def _keep(stream: Any, kept: list[str]) -> None:
    for line in stream:
        kept.append(line.decode())  # noqa: PERF401  (as it comes)


def _running() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]


def _parent(pid: int) -> int | None:
    """None for one that has ended, waited for or not."""
    try:
        state, parent = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else int(parent)


def is_running(pid: int) -> bool:
    return _parent(pid) is not None


class Visitor:
    """Somebody with a browser and its cookies, over plain HTTP."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.http = ClientSession(cookie_jar=CookieJar(unsafe=True))

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    async def get(self, address: str, **headers: str) -> tuple[int, str]:
        async with self.http.get(address, headers=headers, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def come_in(self) -> None:
        assert (await self.get(self.serving.link))[0] == 200

    async def tab(self, **headers: str) -> Tab:
        """A tab, as the page opens one."""
        origin = f"http://127.0.0.1:{self.serving.port}"
        socket = await self.http.ws_connect(
            f"{self.serving.folder}ws?width=100&height=30", headers={"Origin": origin, **headers}, max_msg_size=0
        )
        return Tab(socket)


class Tab:
    """The screens, and what they have written."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.written = b""

    @property
    def text(self) -> str:
        return _SIGNS.sub("", self.written.decode("utf-8", "replace"))

    async def shows(self, text: str) -> None:
        """Until it was written since the last time that something was typed."""
        try:
            async with asyncio.timeout(PATIENCE):
                while text not in self.text:
                    message = await self.socket.receive()
                    assert message.type in (WSMsgType.BINARY, WSMsgType.TEXT), (text, message)
                    if message.type is WSMsgType.BINARY:
                        self.written += message.data
        except TimeoutError:
            raise AssertionError((text, " ".join(self.text[-5000:].split()))) from None

    async def type(self, text: str) -> None:
        self.written = b""
        await self.socket.send_str(json.dumps(["stdin", text]))

    async def over(self) -> None:
        """Until the other side closes it."""
        while (await self.socket.receive(PATIENCE)).type != WSMsgType.CLOSE:
            pass
