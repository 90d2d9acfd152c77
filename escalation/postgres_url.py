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
"""What holds unless the URL, its service or the variable of the environment says otherwise."""


def settings_of(url: str) -> dict[str, Any]:
    """What libpq is told: the URL's own settings, and ours where neither it nor its service says anything."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error:
        raise StoreError("postgresql://…", UNREADABLE) from None
    ports = str(given.get("port", "")).replace(",", "")
    if (ports and not ports.isdigit()) or any("@" in str(given.get(key, "")) for key in ("host", "dbname")):
        # An unescaped password would stand in the message.
        raise StoreError("postgresql://…", UNREADABLE)
    service = str(given.get("service") or os.environ.get("PGSERVICE") or "")
    said = _said_by(service)
    for key, (variable, value) in DEFAULTS.items():
        if said is not None and key not in said and (variable is None or variable not in os.environ):
            given.setdefault(key, value)
    if service:
        given["service"] = service
    return {**given, "client_encoding": "utf8"}


def without_password(settings: dict[str, Any]) -> str:
    """What messages call the database: its URL, with all its servers, or the service that stands for it."""
    hosts = str(settings.get("host") or settings.get("hostaddr") or "").split(",")
    ports = str(settings.get("port") or "").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else [*ports, *[""] * len(hosts)]
    user, database = (quote(str(settings.get(key) or "")) for key in ("user", "dbname"))
    # A socket cannot stand where a server does.
    asked = [f"host={quote(','.join(hosts))}"] if any(host.startswith(("/", "@")) for host in hosts) else []
    places = (f"{'' if asked else _place(host)}{port and ':'}{port}" for host, port in zip(hosts, ports, strict=False))
    if settings.get("service"):
        asked.append(f"service={quote(str(settings['service']))}")
    who = f"{user}@" if user else ""
    return f"postgresql://{who}{','.join(places)}/{database}" + (f"?{'&'.join(asked)}" if asked else "")


def _place(host: str) -> str:
    return f"[{host}]" if ":" in host else quote(host)


def _said_by(service: str) -> frozenset[str] | None:
    """The settings that a service file gives under that name; None if it is not in a file that we know of.

    Source: libpq, The Connection Service File.
    """
    if not service:
        return frozenset()
    own = os.environ.get("PGSERVICEFILE") or os.path.expanduser("~/.pg_service.conf")
    for file in (own, os.path.join(os.environ.get("PGSYSCONFDIR", ""), "pg_service.conf")):
        try:
            with open(file, encoding="utf-8", errors="replace") as lines:
                there, found = False, set[str]()
                for line in map(str.strip, lines):
                    if line.startswith("["):
                        if there:
                            break
                        there = line == f"[{service}]"
                    elif there:
                        found.add(line.partition("=")[0].strip())
        except OSError:
            continue
        if there:
            return frozenset(found)
    return None


def reason_of(said: str, password: Any) -> str:
    """The first line of what libpq says, without what only repeats that it failed."""
    line = said.strip().partition("\n")[0]
    line = line.rpartition("FATAL:")[2] if "FATAL:" in line else line.removeprefix("connection failed: ")
    return line.replace(str(password), "…").strip() if password else line.strip()
