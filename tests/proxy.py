"""Stands between a program and its PostgreSQL: counts round trips, and loses what it is told to lose."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ANSWER, REQUEST = "answer", "request"


class Proxy:
    """Listens as a PostgreSQL on port 5433 in `folder`."""

    def __init__(self, folder: Path, server: Path) -> None:
        self._server = server
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5433"))
        self._listener.listen()
        self._sockets: list[socket.socket] = [self._listener]
        self._threads: list[threading.Thread] = []
        self.folder = folder
        self.round_trips = 0
        self.lose: str | None = None
        """Of the next COMMIT: the ANSWER, or the REQUEST before the server sees it."""
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for each in self._sockets:
            _shut(each)
        for thread in list(self._threads):
            thread.join(10)
        for each in self._sockets:
            each.close()

    def _start(self, run: object, *args: object) -> None:
        thread = threading.Thread(target=run, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._server))
            self._sockets += [client, server]
            talk = _Talk(self, client, server)
            self._start(talk.up)
            self._start(talk.down)


class _Talk:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self.proxy, self.client, self.server = proxy, client, server
        self._asking = False
        self._mute = False

    def up(self) -> None:
        while data := _read(self.client):
            if not self._asking:
                self.proxy.round_trips += 1
            self._asking = True
            if b"COMMIT\0" in data and self.proxy.lose is not None:
                lose, self.proxy.lose = self.proxy.lose, None
                if lose == REQUEST:
                    _shut(self.client)  # and the server is left waiting, with all its locks
                    return
                self._mute = True
            if not _send(self.server, data):
                break
        _shut(self.server)

    def down(self) -> None:
        while data := _read(self.server):
            self._asking = False
            if self._mute:
                _shut(self.client)
                _shut(self.server)
                return
            if not _send(self.client, data):
                break
        _shut(self.client)


def _read(end: socket.socket) -> bytes:
    try:
        return end.recv(1 << 16)
    except OSError:
        return b""


def _send(end: socket.socket, data: bytes) -> bool:
    try:
        end.sendall(data)
    except OSError:
        return False
    return True


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
