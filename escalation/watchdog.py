"""What a service manager is told: ready, alive, stopping. Without one, nothing happens.

The protocol of systemd's `sd_notify(3)`: a datagram of `NAME=value` lines to the socket that `NOTIFY_SOCKET` names.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"


def status(text: str) -> str:
    """The line that `systemctl status` shows. For counts and states; never for anything personal."""
    return "STATUS=" + " ".join(text.split())


def notify(*lines: str, environ: Mapping[str, str] | None = None) -> bool:
    """Tell the service manager; whether it was told.

    Never raises and never waits: a scheduler must not stop because nobody listens.
    """
    address = (os.environ if environ is None else environ).get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto("\n".join(lines).encode(), address)
    except OSError:
        return False
    return True


def watchdog_seconds(environ: Mapping[str, str] | None = None, pid: int | None = None) -> float | None:
    """How long this process may be silent before it is taken for hung; None if nobody watches it.

    Say `ALIVE` at least twice in that time. `pid`: this process unless said; a child inherits the variables, but is
    not the one that is watched.
    """
    there = os.environ if environ is None else environ
    watched = there.get("WATCHDOG_PID")
    if watched and watched != str(os.getpid() if pid is None else pid):
        return None
    try:
        microseconds = int(there.get("WATCHDOG_USEC", ""))
    except ValueError:
        return None
    return microseconds / 1_000_000 if microseconds > 0 else None
