"""The program itself: Python, the libraries it stands on, what more could be installed, where things lie."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from escalation.credentials import FOLDER as CHANNELS
from escalation.database import CALENDARS
from escalation.doctor.finding import BROKEN, LOOK, OK, Finding, Place, shown, word
from escalation.evidence import FOLDER as FILES
from escalation.nights import FOLDER as BACKUPS

PYTHON = (3, 11)
LIBRARIES = {
    "alembic": "1.20", "apprise": "2.2", "apscheduler": "3.11", "holidays": "0.109", "jinja2": "3.1",
    "markdown-it-py": "4", "msgspec": "0.20", "platformdirs": "4.3", "rich": "14", "rich-argparse": "1.7",
    "ruamel.yaml": "0.18.10", "shtab": "1.7", "sqlmodel": "0.0.50", "textual": "8.2.8", "transitions": "0.9.3",
    "tzdata": "2025.1",
}  # fmt: skip
"""The least version of each that will do. A test holds this and what follows against the package's own list."""
PINNED = frozenset({"textual"})
"""Exactly that version."""
BELOW = {"apscheduler": "4"}
BY_SYSTEM = frozenset({"tzdata"})
"""Not missed where the system has the same: without any, the program would not have come so far."""
EXTRAS = {
    "docx": ("python-docx",),
    "keyring": ("keyring",),
    "metrics": ("prometheus-client",),
    "pdf": ("typst", "pylopdf-fonts-zh-cn"),
    "postgres": ("psycopg",),
    "serve": ("textual-serve",),
}


def python() -> Finding:
    """The interpreter, and the program's own version."""
    found = {
        "escalation": version("escalation"), "python": "{}.{}.{}".format(*sys.version_info),
        "implementation": sys.implementation.name, "system": sys.platform,
    }  # fmt: skip
    if sys.version_info < PYTHON:
        return Finding("python", BROKEN, "python_old", found, "python_get")
    return Finding("python", OK, "python", found)


def libraries() -> Finding:
    """Each library that the program needs: there, and of a version it was tested with."""
    found = {name: version(name) for name in LIBRARIES}
    missing = [name for name, have in found.items() if have is None and name not in BY_SYSTEM]
    off = [name for name, have in found.items() if have is not None and not _fits(name, have)]
    facts = {"versions": found, "missing": missing, "unfit": off}
    if missing or off:
        wanted = " ".join(f"'{name}{_wanted(name)}'" for name in [*missing, *off])
        verdict = BROKEN if missing else LOOK
        names = {"names": [*missing, *off]}
        return Finding("libraries", verdict, "libraries_off", facts | names, "libraries_get", f"pip install {wanted}")
    return Finding("libraries", OK, "libraries", facts | {"n": len(found)})


def extras() -> Finding:
    """What can be installed on top. None of it is needed."""
    found = {extra: all(version(each) for each in needs) for extra, needs in EXTRAS.items()}
    missing = [extra for extra, there in found.items() if not there]
    facts = {"installed": [extra for extra, there in found.items() if there], "missing": missing}
    if missing:
        command = f"pip install 'escalation[{','.join(missing)}]'"
        return Finding("extras", OK, "extras_missing", facts, "extras_get", command)
    return Finding("extras", OK, "extras", facts)


def paths(place: Place, folder: str | None) -> Finding:
    """Where everything lies; what is there must be for the person alone.

    `folder`: what belongs to the store but is no row; None where nobody could be asked.
    """
    name = "cases.db" if place.server else os.path.basename(place.url)
    found = {"program": shown(os.path.dirname(os.path.dirname(__file__)))}
    if not place.server:
        found["store"] = shown(place.url)
    if folder is not None:
        beside = {"files": FILES, "backups": BACKUPS, "calendars": CALENDARS, "channels": CHANNELS}
        found |= {"data": shown(folder)} | {id: shown(os.path.join(folder, each)) for id, each in beside.items()}
        if not place.server:
            found["drafts"] = shown(os.path.join(folder, f"{name}.drafts.json"))
    open_to = [] if folder is None else list(_open_to_others(folder))
    facts = {"paths": found, "open_to_others": [shown(each) for each in open_to]}
    if open_to:
        command = f"chmod -R go-rwx {' '.join(word(each) for each in open_to)}"
        return Finding("paths", LOOK, "paths_open", facts | {"n": len(open_to)}, "paths_close", command)
    return Finding("paths", OK, "paths", facts)


def _open_to_others(folder: str) -> Iterator[str]:
    """What lies beside a store and can be read by others. The store's own file has a check of its own."""
    if os.name != "posix":
        return
    for name in (FILES, BACKUPS, CALENDARS, CHANNELS):
        there = Path(folder) / name
        if not there.is_dir():
            continue
        if readable(there) or any(readable(each) for each in there.rglob("*")):
            yield str(there)
    yield from (str(each) for each in Path(folder).glob("*.drafts.json") if readable(each))


def readable(path: Path) -> bool:
    """Whether others than its owner may do anything with it."""
    try:
        return bool(stat.S_IMODE(path.lstat().st_mode) & 0o077) and not path.is_symlink()
    except OSError:
        return False


def version(name: str) -> str | None:
    """The version of an installed package; None if it is not there. Imports nothing of it."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed(name)
    except PackageNotFoundError:
        return None


def _fits(name: str, have: str) -> bool:
    if name in PINNED:
        return have == LIBRARIES[name]
    below = BELOW.get(name)
    return not _before(have, LIBRARIES[name]) and (below is None or _before(have, below))


def _wanted(name: str) -> str:
    if name in PINNED:
        return f"=={LIBRARIES[name]}"
    return f">={LIBRARIES[name]}" + (f",<{BELOW[name]}" if name in BELOW else "")


def _before(one: str, other: str) -> bool:
    """Whether a version comes before another, by the numbers in it."""
    pairs = zip_longest(*([int(n) for n in text.split(".") if n.isdigit()] for text in (one, other)), fillvalue=0)
    return next((a < b for a, b in pairs if a != b), False)
