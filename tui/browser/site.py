"""Pages, files, the socket, and how many tabs there may be. Nothing is fetched from anywhere else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from html import escape
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import NamedTuple

from aiohttp import web

from tui.browser.gate import Gate
from tui.browser.tab import Tab, bounded
from tui.words import words

MOST = 8
"""Tabs at once: each is a process of some 60 MB."""
LONGEST = 1 << 20
"""Bytes that the browser may send in one message: a long text that is pasted."""

_OWN = {"look.css": "text/css", "begin.js": "text/javascript"}
_TEXTUAL = {
    "js/textual.js": "text/javascript",
    "css/xterm.css": "text/css",
    "fonts/RobotoMono-VariableFont_wght.ttf": "font/ttf",
}

_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",  # xterm.js writes some into the page
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self' {socket}",  # not every browser takes a socket for the same place
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
_HEADERS = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


_WEBGL = re.compile(rb"this\.webglAddon=new \w+\.WebglAddon,this\.terminal\.loadAddon\(this\.webglAddon\),")
"""It draws for nobody, as the addon for plain canvases follows and takes over; where a machine has no WebGL it fails
first, no addon follows, and columns with Chinese in them are out of line."""


class Shown(NamedTuple):
    """What every tab shows."""

    store: str
    now: str | None
    lang: str


class Site:
    """Everything that a browser can ask for. `used`, `failed`: as for `tui.browser.serve`."""

    def __init__(self, gate: Gate, shown: Shown, used: Callable[[str], None], failed: Callable[[int], None]) -> None:
        self._gate, self._shown, self._used, self._failed = gate, shown, used, failed
        self._open: set[asyncio.Task[None]] = set()
        """Tabs, each by what carries it and then ends it."""
        self._here = Path(__file__).parent / "pages"

    def application(self) -> web.Application:
        """For aiohttp."""
        made = web.Application(middlewares=[self._guarded])
        made.on_response_prepare.append(self._dressed)
        folder = self._gate.folder
        made.add_routes(
            [
                web.get(f"{folder}open", self._unlocked, allow_head=False),  # or whoever only asks uses it up
                web.get(folder, self._page),
                web.get(f"{folder}ws", self._screens),
                *(web.get(f"{folder}{name}", handler) for name, handler in self._files().items()),
            ]
        )
        return made

    async def close(self) -> None:
        """End every tab."""
        while self._open:
            for each in self._open:
                each.cancel()
            await asyncio.wait(self._open)

    # -- who may ask ---------------------------------------------------------------------------------------

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        entering = request.path == f"{self._gate.folder}open"
        if not self._gate.is_named(request.host) or not (entering or self._gate.admits(request.cookies)):
            return self._said("refused", 403)
        try:
            return await handler(request)
        except web.HTTPException as error:
            return self._said("missing", error.status)

    async def _dressed(self, request: web.Request, response: web.StreamResponse) -> None:
        socket = f"ws://{request.host}" if self._gate.is_named(request.host) else ""
        for name, value in _HEADERS.items():
            response.headers[name] = value.replace("{socket}", socket)

    # -- what they get -------------------------------------------------------------------------------------

    async def _unlocked(self, request: web.Request) -> web.Response:
        """The key becomes a cookie. A page leads on, no redirection: whoever is sent on from elsewhere has no cookie
        that is for this site only."""
        given = self._gate.unlock(request.query.get("key", ""))
        if not given and not self._gate.admits(request.cookies):
            return self._said("used", 403)
        answer = self._filled("opening.html")
        if given:
            gate = self._gate
            answer.set_cookie(gate.cookie_name, gate.cookie, path=gate.folder, httponly=True, samesite="Strict")
            self._used(gate.link)
        return answer

    async def _page(self, request: web.Request) -> web.Response:
        if len(self._open) >= MOST:
            return self._said("full", 503)
        return self._filled("screens.html", socket=f"ws://{request.host}{self._gate.folder}ws")

    def _files(self) -> dict[str, Callable[[web.Request], Awaitable[web.Response]]]:
        found = find_spec("textual_serve")
        assert found is not None
        assert found.origin is not None
        theirs = Path(found.origin).parent / "static"
        files = {name: (self._here / name, kind) for name, kind in _OWN.items()}
        files |= {name: (theirs / name, kind) for name, kind in _TEXTUAL.items()}
        return {name: _file(path, kind) for name, (path, kind) in files.items()}

    async def _screens(self, request: web.Request) -> web.StreamResponse:
        if not self._gate.is_ours(request.headers.get("Origin"), request.host):
            return self._said("refused", 403)
        if len(self._open) >= MOST:
            return self._said("full", 503)
        socket = web.WebSocketResponse(timeout=1, heartbeat=30, max_msg_size=LONGEST)
        running = asyncio.create_task(self._carried(request, socket))
        self._open.add(running)
        running.add_done_callback(self._open.discard)
        await asyncio.wait([running])
        return socket

    async def _carried(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        await socket.prepare(request)
        size = (_cells(request.query.get("width"), 80), _cells(request.query.get("height"), 24))
        tab = await Tab.begin(*self._shown, size)
        try:
            await tab.carry(socket)
        finally:
            code = await asyncio.shield(tab.end())
            if code:
                self._failed(code)
            await socket.close()

    # -- in both languages: who is refused has no language yet ------------------------------------------------

    def _said(self, what: str, status: int) -> web.Response:
        return self._filled("said.html", status=status, what=what)

    def _filled(self, page: str, status: int = 200, what: str = "", **facts: str) -> web.Response:
        """A page with its words: `${zh_NAME}` and `${en_NAME}` of the section `browser`."""
        lang = self._shown.lang
        keys = {name: name for name in ("opening", "closed", "again", "script")}
        keys |= {name: f"{what}_{name}" for name in ("title", "text") if what}
        said = {
            f"{each}_{name}": escape(words(each).say(f"browser.{key}"))
            for each in ("zh", "en")
            for name, key in keys.items()
        }
        filled = Template((self._here / page).read_text("utf-8"))
        facts = {name: escape(fact) for name, fact in facts.items()}
        text = filled.substitute(said, lang="zh-CN" if lang == "zh" else "en", **facts)
        return web.Response(text=text, content_type="text/html", status=status)


def _file(path: Path, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        body = path.read_bytes()
        return web.Response(body=_WEBGL.sub(b"", body) if path.name == "textual.js" else body, content_type=kind)

    return handler


def _cells(text: str | None, usual: int) -> int:
    return bounded(int(text)) if text and text.isascii() and text.isdigit() and len(text) < 6 else usual
