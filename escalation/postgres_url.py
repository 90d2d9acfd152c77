"""Where a PostgreSQL database is, how it is reached, and how that is told without the password."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from escalation.errors import StoreError

UNREADABLE = "the URL cannot be read; in a password, write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25"
DEFAULTS = {
    "connect_timeout": ("PGCONNECT_TIMEOUT", "10"),
    "keepalives_idle": (None, "30"),
    "keepalives_interval": (None, "10"),
    "keepalives_count": (None, "3"),
    "tcp_user_timeout": (None, "60000"),
    "fallback_application_name": (None, "escalation"),
}
"""What holds unless the URL, or the variable of the environment, says otherwise."""


def settings_of(url: str) -> dict[str, Any]:
    """What libpq is told: the URL's own settings, and ours where it says nothing."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error:
        raise StoreError("postgresql://…", UNREADABLE) from None
    ports = str(given.get("port", "")).replace(",", "")
    if (ports and not ports.isdigit()) or any("@" in str(given.get(key, "")) for key in ("host", "dbname")):
        # An unescaped password would stand in the message.
        raise StoreError("postgresql://…", UNREADABLE)
    for key, (variable, value) in DEFAULTS.items():
        if variable is None or variable not in os.environ:
            given.setdefault(key, value)
    return {**given, "client_encoding": "utf8"}


def without_password(settings: dict[str, Any]) -> str:
    user, host = (quote(str(settings.get(key) or "")) for key in ("user", "host"))
    port, database = (quote(str(settings.get(key) or "")) for key in ("port", "dbname"))
    socket = host.startswith(("/", "%40"))
    place = "" if socket else f"[{settings['host']}]" if "%3A" in host else host
    who = f"{user}@" if user else ""
    return f"postgresql://{who}{place}{':' if port else ''}{port}/{database}" + (f"?host={host}" if socket else "")


def reason_of(said: str, password: Any) -> str:
    """The first line of what libpq says, without what only repeats that it failed."""
    line = said.strip().partition("\n")[0]
    line = line.rpartition("FATAL:")[2] if "FATAL:" in line else line.removeprefix("connection failed: ")
    return line.replace(str(password), "…").strip() if password else line.strip()
