"""`escalation doctor`: is everything all right? And what to put into a bug report.

    finding     what a check says, and how paths are told
    looking     a store opened so that nothing of it changes
    program     Python, libraries, extras, paths
    stores      the store itself, its modes, its disk
    cases       logs, procedures, calendar, clock
    told        moments, scheduler, channels, backups
    terminal    the terminal and the language; probe asks it for widths

Nothing is ever written, made or brought up to date. No check can keep another from being made. Nothing that is told
is of a case or of a person: no title, id, name, sum or address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from escalation.doctor.finding import BROKEN, LOOK, OK, Finding, Place
from escalation.wording import wording

__all__ = ["Place", "exit_code", "report"]

Data = dict[str, Any]
Check = Callable[[], "Finding | tuple[Finding, ...]"]
STORE = frozenset({"store", "logs"})
"""Checks that say whether the cases themselves are safe."""


def report(
    url: str, *, now: datetime, lang: str = "en", named: str = "default", lang_by: str = "default",
    offset: timedelta | None = None,
) -> Data:  # fmt: skip
    """Everything that was looked at: `ok`, and `checks` in a fixed order.

    Each has `id`, `verdict` (`ok`, `look`: worth a look, `broken`), `facts`, `says` (one sentence), and, where
    something is to be done, `advice` (a sentence) and `command` (for a shell). `named`: how the store was chosen,
    `default`, `environment` or `option`. `offset`: of the system's time zone, unless it is to be asked. `ok` is false
    if anything is broken. Raises nothing.
    """
    place = Place(url, named)
    with ExitStack() as stack:
        checks = [
            _plain(each, lang)
            for id, check in _checks(place, now, lang, lang_by, offset, stack)
            for each in _made(id, check)
        ]
    return {"ok": all(each["verdict"] != BROKEN for each in checks), "checks": checks}


def exit_code(found: Data) -> int:
    """5 where the store or a log in it is broken or out of reach, 1 where anything else is, else 0."""
    broken = {each["id"] for each in found["checks"] if each["verdict"] == BROKEN}
    return 5 if broken & STORE else 1 if broken else 0


def _checks(
    place: Place, now: datetime, lang: str, lang_by: str, offset: timedelta | None, stack: ExitStack
) -> Iterator[tuple[str, Check]]:  # fmt: skip
    """Every check, made when it is its turn."""
    from escalation.doctor import cases, program, stores, terminal, told
    from escalation.standing import status

    yield "python", program.python
    yield "libraries", program.libraries
    yield "extras", program.extras
    found = stores.Looked((), None, None)

    def look() -> tuple[Finding, ...]:
        nonlocal found
        found = stores.look(place, stack)
        return found.findings

    yield "store", look
    folder, store = found.folder, found.store
    yield "paths", lambda: program.paths(place, folder)
    yield "procedures", lambda: cases.procedures(store, place)
    yield "calendar", lambda: cases.calendar(folder, place, now)
    yield "clock", lambda: cases.clock(store, now, offset if offset is not None else _offset(now))
    if store is not None:
        yield "logs", lambda: cases.logs(store, place)
        yield "moments", lambda: told.moments(status(store, now), place)
        yield "daemon", lambda: told.scheduler(store, status(store, now), place, now)
        yield "channels", lambda: told.channels(store, place, now)
        yield "backups", lambda: told.backups(place, store.folder, store.count(), now)
    else:
        for id in ("logs", "moments", "daemon", "channels"):
            yield id, partial(_not_looked, id, found.empty)
        if folder is not None:
            yield "backups", lambda: told.backups(place, folder, 0 if found.empty else 1, now)
    yield "terminal", terminal.terminal
    yield "language", lambda: terminal.language(lang, lang_by)


def _offset(now: datetime) -> timedelta:
    return now.astimezone().utcoffset() or timedelta(0)


def _not_looked(id: str, empty: bool) -> Finding:
    return Finding(id, OK if empty else LOOK, "nothing_yet" if empty else "not_looked", {"looked_at": False})


def _made(id: str, check: Check) -> tuple[Finding, ...]:
    """A check's answer. One that fails says so: what is to be mended may be just that, and the others go on."""
    try:
        found = check()
    except Exception as error:
        return (Finding(id, BROKEN, "failed", {"error": type(error).__name__}, "failed_do"),)
    return (found,) if isinstance(found, Finding) else found


_FOR_SENTENCES = frozenset({"n", "names", "mb"})
"""Said again under a name of their own in the facts."""


def _plain(found: Finding, lang: str) -> Data:
    said = wording(lang)
    shown = {key: said.listed(each) if isinstance(each, list) else each for key, each in found.facts.items()}
    return {
        "id": found.id,
        "verdict": found.verdict,
        "facts": {key: each for key, each in found.facts.items() if key not in _FOR_SENTENCES},
        "says": said.say(f"doctor.{found.says}", **shown),
        "advice": said.say(f"doctor.{found.advice}", **shown) if found.advice else None,
        "command": found.command,
    }
