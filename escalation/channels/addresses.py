"""What an address says, and what of it may be shown. Nothing is sent."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from ipaddress import ip_address
from typing import Any

import msgspec

from escalation.core.loudness import QUIET
from states.errors import near_miss

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SLIPS = {
    "serverchan": "schan", "sct": "schan", "sctapi": "schan", "ftqq": "schan", "dingding": "dingtalk",
    "ding": "dingtalk", "wework": "wecombot", "wecom": "wecombot", "qywx": "wecombot", "email": "mailto",
    "mail": "mailto", "smtp": "mailto", "smtps": "mailtos", "telegram": "tgram", "tg": "tgram",
}  # fmt: skip
"""What people call a service, and what apprise does."""
_PAGES = {
    "oapi.dingtalk.com": "dingtalk://SECRET@ACCESS_TOKEN", "open.feishu.cn": "feishu://TOKEN",
    "open.larksuite.com": "lark://TOKEN", "sctapi.ftqq.com": "schan://SENDKEY", "api.day.app": "barks://api.day.app/KEY",
}  # fmt: skip
"""Web addresses that services hand out and apprise does not read, and how it wants them."""
_PLAIN = {"ntfy": "ntfys", "bark": "barks", "json": "jsons", "xml": "xmls", "form": "forms", "gotify": "gotifys"}
"""Schemes that go unencrypted, and the same encrypted."""
_HOSTED = frozenset([*_PLAIN, *_PLAIN.values(), "mailto", "mailtos"])
"""Schemes with the name of a computer after them. With most others a token stands there."""
_HOST = re.compile(r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::\d+)?")


def guessed(address: str) -> str | None:
    """The kind of an address, where it shows."""
    if address == "log":
        return "log"
    return "apprise" if "://" in address else None


def problem_of(kind: str, address: str) -> str | None:
    """Why an address cannot be used: a key of the wording's `expected` table; None if it can. Nothing is sent."""
    if kind == "log":
        return None
    if not address.strip():
        return "required"
    if not address.isprintable():
        return "text"
    if kind == "command":
        found = words(address)
        if not found:
            return "channel_command"
        return None if shutil.which(found[0]) else "channel_no_command"
    return _problem_of_service(address)


def _problem_of_service(address: str) -> str | None:
    from escalation.channels.service import opened, parts_of, schemes

    scheme = _scheme(address)
    if scheme is None:
        return "channel_address"
    if scheme in ("http", "https") and _page(address):
        return "channel_page"
    parts = parts_of(address)
    if parts is None:
        return "channel_parts" if scheme in schemes() else "channel_scheme"
    service = opened(parts, QUIET, 1)
    if service is None:
        return "channel_parts"
    if len(service) > 1:
        # A retry after half a success would tell those again who have been told.
        return "channel_several"
    return "channel_plain" if _in_the_open(address, service) else None


def meant(kind: str, address: str) -> str | None:
    """What a person who wrote an address that cannot be used probably wants."""
    from escalation.channels.service import schemes

    scheme = _scheme(address)
    if kind != "apprise" or scheme is None:
        return None
    if scheme in ("http", "https"):
        return _page(address)
    if scheme in schemes():
        secure = {**_PLAIN, "mailto": "mailtos"}.get(scheme)
        return f"{secure}://" if secure and _problem_of_service(address) == "channel_plain" else None
    found = _SLIPS.get(scheme) or near_miss(scheme, schemes())
    return f"{found}://" if found else None


def shown(kind: str, address: str) -> str:
    """The address without anything secret: `ntfys://ntfy.sh/…`, `mailto://…@qq.com`, `command: notify-send`, `log`."""
    if kind == "log":
        return "log"
    if kind == "command":
        name = os.path.basename((words(address) or [""])[0])
        return f"command: {name if name and '=' not in name else '…'}"
    scheme = _scheme(address)
    if scheme is None:
        return "…"
    before, host = _host(address) if scheme in _HOSTED else ("", "")
    if scheme.startswith("mailto"):
        return f"{scheme}://…@{host}" if before and host else f"{scheme}://…"
    return f"{scheme}://{host}/…" if host else f"{scheme}://…"


def _host(address: str) -> tuple[str, str]:
    """What stands before the computer's name, and the name; empty wherever a secret could be taken for one."""
    rest = address.partition("://")[2]
    place, path, query = re.fullmatch(r"([^/?#]*)([^?]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    before, _, host = place.rpartition("@")
    # A password with an unescaped / ? or # shows by an @ that stands too late.
    if "@" in path or "@" in query.partition("=")[0] or not _HOST.fullmatch(host):
        return before, ""
    return before, host


def _scheme(address: str) -> str | None:
    found = _SCHEME.match(address)
    return found[1].lower() if found else None


def _page(address: str) -> str | None:
    return _PAGES.get(address.partition("://")[2].partition("/")[0].lower())


def words(address: str) -> list[str]:
    """A command as its words: a JSON list of strings, or quoted as for a shell. Empty if it is neither."""
    try:
        if address.lstrip().startswith("["):
            return msgspec.json.decode(address, type=list[str])
        return shlex.split(address)
    except (ValueError, msgspec.DecodeError):
        return []


def _in_the_open(address: str, service: Any) -> bool:
    """Whether text and token would cross the open net unencrypted. Whoever writes `mode=insecure` knows that."""
    scheme, host = _scheme(address), str(getattr(service, "smtp_host", None) or service.host or "")
    if scheme == "mailto":
        return service.secure_mode == "insecure" and "mode=insecure" not in address and not _near(host)
    if scheme == "ntfy" and "/" not in address.partition("://")[2].partition("?")[0].rstrip("/"):
        return False  # a topic alone goes to ntfy.sh, encrypted
    return scheme in _PLAIN and not _near(host)


def _near(host: str) -> bool:
    """Whether a computer is this one, or one of the same house."""
    try:
        return ip_address(host.strip("[]")).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".home.arpa", ".internal"))
