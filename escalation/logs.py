"""The daemon's log: events and counts, never a word about anybody.

    log.info("advanced", extra={"facts": {"cases": 12, "seconds": 0.02}})

An event is one word of ours. Only facts that FACTS names are written, and only where they have its shape. An error is
its class and the line of ours where it happened; its own text is not written, since libraries put addresses and
texts into it. Of what other libraries log, their name, the level and the class of the error are written.

The one exception is TOLD: a person who makes the log a channel wants to read there what it tells.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from escalation.errors import ConfigError

DAEMON = "escalation.daemon"
DELIVERY = "escalation.delivery"
TOLD = "escalation.told"
"""What is logged here is written as it is: titles, for channels of the kind `log`."""
FORMATS = ("text", "json", "journal")
LEVELS = ("debug", "info", "warning", "error")

LIBRARIES = (
    "alembic", "apprise", "apscheduler", "asyncio", "httpx", "keyring", "psycopg", "py.warnings", "requests",
    "sqlalchemy", "transitions", "urllib3",
)  # fmt: skip

_PACKAGES = {Path(__file__).parent, *(Path(__file__).parent.parent / name for name in ("states", "tui"))}
_WORD = re.compile(r"[A-Za-z0-9_.:/<>-]{1,80}")
_PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.DEBUG, 7))


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) else None


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def _name(value: object) -> str | None:
    """A channel's name is the user's own word."""
    return _visible(value[:40]) if isinstance(value, str) else None


def _visible(text: str) -> str:
    """In one line, and nothing in it acts on a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


FACTS: Mapping[str, Callable[[object], float | str | None]] = {
    **dict.fromkeys(("case", "kind", "reason", "error", "cause", "where", "logger"), _word),
    **dict.fromkeys(("step", "store", "system", "daemon", "signal", "version", "until"), _word),
    **dict.fromkeys(("cases", "entries", "announcements", "deliveries", "items", "channels", "daemons"), _number),
    **dict.fromkeys(("files", "files_missing"), _number),
    **dict.fromkeys(("due", "pending", "waiting", "parked", "failing", "delivery", "announcement"), _number),
    **dict.fromkeys(
        ("advanced", "announced", "coalesced", "superseded", "delivered", "failed", "failures", "dropped"), _number
    ),
    **dict.fromkeys(("seconds", "lag_seconds", "retry_seconds", "wait_seconds", "attempt", "attempts"), _number),
    **dict.fromkeys(("level", "status", "permanent", "port", "pid", "bytes", "kept", "removed", "year"), _number),
    "channel": _name,
}
"""Each fact that may be written, and what reads it; a value of another shape is left out."""


def configure(format: str, level: str, stream: TextIO | None) -> None:
    """Send all logs of this process to `stream`, redacted. Errors that nobody caught go the same way.

    `format`: `text` for a terminal; `json`, an object a line; `journal`, text with the priorities of systemd where
    the stream leads to its log, else as `text`. `stream`: None where there is none (pythonw): nothing is written.
    Called again, it takes the place of the earlier call. Only for a process of our own: it is the whole process's.

    Raises: ConfigError for a format or a level that there is not.
    """
    if format not in FORMATS:
        raise ConfigError("log-format", format, " | ".join(FORMATS))
    if level not in LEVELS:
        raise ConfigError("log-level", level, " | ".join(LEVELS))
    handler: logging.Handler = logging.NullHandler() if stream is None else _Calm(stream)
    handler.set_name("escalation")
    if format == "json":
        handler.setFormatter(Json())
    else:
        handler.setFormatter(Text(priority=format == "journal" and _leads_to_systemd(stream)))
    handler.addFilter(_worth_telling)
    root = logging.getLogger()
    for each in [h for h in root.handlers if h.get_name() == "escalation"]:
        root.removeHandler(each)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("escalation").setLevel(level.upper())
    logging.getLogger(TOLD).setLevel(logging.INFO)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _leads_to_systemd(stream: TextIO | None) -> bool:
    """Whether what is written there is read for priorities. Source: systemd.exec(5), JOURNAL_STREAM."""
    told = os.environ.get("JOURNAL_STREAM")
    if not told or stream is None:
        return False
    try:
        there = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return told == f"{there.st_dev}:{there.st_ino}"


def _worth_telling(record: logging.LogRecord) -> bool:
    """A library that is made to talk, for its answers, is not written down for that."""
    return _is_ours(record) or record.levelno >= logging.WARNING


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name == "escalation" or record.name.startswith("escalation.")


class _Calm(logging.StreamHandler[TextIO]):
    """A stream that may be gone. The usual answer to that prints the arguments of the call."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


class Json(logging.Formatter):
    """A record as one JSON object: `ts`, `level`, `event`, and its facts."""

    def format(self, record: logging.LogRecord) -> str:
        told = {"ts": _ts(record), "level": record.levelname.lower(), **facts(record)}
        return json.dumps(told, ensure_ascii=False)


class Text(logging.Formatter):
    """A record as a line of words; with `priority`, as systemd reads it, which knows the time itself."""

    def __init__(self, priority: bool = False) -> None:
        super().__init__()
        self.priority = priority

    def format(self, record: logging.LogRecord) -> str:
        told = facts(record)
        words = [str(told.pop("event")), *(f"{key}={_shown(value)}" for key, value in told.items())]
        if self.priority:
            number = next((n for level, n in _PRIORITIES if record.levelno >= level), 7)
            return f"<{number}>{' '.join(words)}"
        return " ".join((_ts(record), f"{record.levelname:<7}", *words))


def facts(record: logging.LogRecord) -> dict[str, float | str]:
    """All of a record that may be written, `event` first. What it left out cannot be got back from it."""
    if record.name == TOLD:
        return {"event": "told", "title": _visible(record.getMessage())}
    ours = _is_ours(record)
    event = _word(record.msg) if ours else None
    given = getattr(record, "facts", None)
    told: dict[str, Any] = {"logger": record.name} if not ours else dict(given) if isinstance(given, Mapping) else {}
    if record.exc_info and isinstance(record.exc_info[1], BaseException):
        told |= failure(record.exc_info[1])
    read = {key: FACTS[key](value) for key, value in told.items() if key in FACTS}
    return {
        "event": event or ("unnamed" if ours else "library"),
        **{key: value for key, value in read.items() if value is not None},
    }


def failure(error: BaseException) -> dict[str, str]:
    """An error without its text: its class, that of its cause, and the innermost line of our code."""
    told = {"error": type(error).__name__}
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        told["cause"] = type(cause).__name__
    where = _where(error.__traceback__)
    return told | {"where": where} if where else told


def _where(traceback: TracebackType | None) -> str | None:
    found = None
    while traceback is not None:
        file = Path(traceback.tb_frame.f_code.co_filename)
        root = next((each for each in _PACKAGES if each in file.parents), None)
        if root is not None:
            found = f"{file.relative_to(root.parent).as_posix()}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return found


def _ts(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown(value: float | str) -> str:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    text = str(value)
    return text if _WORD.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _uncaught(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    logging.getLogger(DAEMON).critical("stopped_by_error", exc_info=(kind, error, at))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and args.exc_type is not SystemExit:
        error = (args.exc_type, args.exc_value, args.exc_traceback)
        logging.getLogger(DAEMON).error("thread_failed", exc_info=error)
