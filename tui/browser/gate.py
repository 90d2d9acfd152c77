"""Who may come in.

Every account of this machine reaches the port, and so does every page that the browser shows, under any name that its
server makes mean this machine. So the link holds a key that works once and becomes a cookie; the page must be asked
for by a name of this machine; and the socket is opened by our own page or not at all.

Cookies do not know ports: a page of another account, on another port of this machine, would be sent ours. Therefore
the cookie belongs to a folder whose name nobody can guess.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

NAMES = ("127.0.0.1", "localhost", "[::1]")


class Gate:
    """The keys of one server. `port`: where it listens."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.folder = f"/{secrets.token_urlsafe(12)}/"
        self.cookie_name = f"escalation-{port}"
        self.cookie = secrets.token_urlsafe(32)
        self._key = secrets.token_urlsafe(32)

    @property
    def link(self) -> str:
        """Opens the screens, once."""
        return f"http://{NAMES[0]}:{self.port}{self.folder}open?key={self._key}"

    def unlock(self, key: str) -> bool:
        """Whether this is the key of the link; then it is so no more, and there is another link."""
        if not _same(key, self._key):
            return False
        self._key = secrets.token_urlsafe(32)
        return True

    def admits(self, cookies: Mapping[str, str]) -> bool:
        """Whether the browser has come by a link before."""
        return _same(cookies.get(self.cookie_name, ""), self.cookie)

    def is_named(self, host: str) -> bool:
        """Whether a page was asked for by a name of this machine, as its `Host` says."""
        name, _, port = host.rpartition(":")
        return (name in NAMES and port == str(self.port)) or (self.port == 80 and host in NAMES)

    def is_ours(self, origin: str | None, host: str) -> bool:
        """Whether a page of this very server asks, as its `Origin` says."""
        return self.is_named(host) and origin == f"http://{host}"


def _same(given: str, kept: str) -> bool:
    """In a time that does not tell how much of it is right."""
    return secrets.compare_digest(given.encode("utf-8", "replace"), kept.encode())
