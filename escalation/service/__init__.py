"""The daemon as a service of one account: which files are written, and which commands take them into use.

    program     what is run, whatever runs it; the line for cron
    systemd     ~/.config/systemd/user/escalation.service
    launchd     ~/Library/LaunchAgents/org.escalation.daemon.plist
    windows     a scheduled task, from %LOCALAPPDATA%\\escalation\\daemon-task.xml

Only files that carry our mark are replaced or removed; nothing else of the account is touched. An address with a
password never stands on a command line, where every account of the machine could read it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from escalation.errors import BadInput, FieldProblem
from escalation.service.launchd import Launchd
from escalation.service.program import MARK, Command, File, Run, cron_line, program
from escalation.service.systemd import Systemd
from escalation.service.windows import Windows

__all__ = ["SYSTEMS", "Installed", "Removed", "detect", "install", "installed", "uninstall"]

SYSTEMS = ("systemd", "launchd", "windows", "cron")

_MANAGERS: dict[str, type[Systemd | Launchd | Windows]] = {
    "systemd": Systemd, "launchd": Launchd, "windows": Windows,
}  # fmt: skip
_PATIENCE = 120
"""Seconds for one command of a service manager: a daemon that is stopped may take one of them."""


class Installed(NamedTuple):
    """What `install` did."""

    path: Path | None
    """The file that says how to run the daemon; None where there is none (cron)."""
    text: str
    """What stands in it, without anything secret; for cron, the line to add."""
    commands: tuple[Command, ...]
    """Those left to be run by hand, in order: none once they were run."""
    notes: tuple[str, ...]
    """What the person should know: keys of the wording. None needs facts."""


class Removed(NamedTuple):
    """What `uninstall` did."""

    paths: tuple[Path, ...]
    """The files that are gone."""
    commands: tuple[Command, ...]
    """Those that failed, left to be run by hand."""
    notes: tuple[str, ...]
    """As in `Installed`."""


def detect(platform: str = sys.platform, booted: Path = Path("/run/systemd/system")) -> str:
    """What starts services here, one of SYSTEMS; `cron` where it is none that we know.

    `booted` exists where systemd runs: that it is installed says nothing. Source: sd_booted(3).
    """
    if platform == "win32":
        return "windows"
    if platform == "darwin":
        return "launchd"
    return "systemd" if booted.is_dir() else "cron"


def install(
    store: str,
    *,
    system: str,
    start: bool,
    python: str | None = None,
    home: Path | None = None,
    environ: Mapping[str, str] | None = None,
    run: Run = subprocess.run,
    asked: bool = True,
    which: Callable[[str], str | None] = shutil.which,
) -> Installed:
    """Write what makes the daemon start by itself for this account; with `start`, take it into use at once.

    A second time it changes nothing, or puts the new paths in place of the old. `store`: a file or a URL. `asked`:
    whether a person named the system; else cron is for want of a better one, and the notes say so.

    Raises: BadInput where the address cannot be written down, the file cannot be written, or one of that name is
    not ours; then nothing was changed.
    """
    there = os.environ if environ is None else environ
    made = program(store, python or sys.executable, there)
    if system == "cron":
        notes = ("service_cron.no_manager",) * (not asked) + ("service_cron.no_crontab",) * (which("crontab") is None)
        notes += ("service_cron.meanwhile", *("service.store_by_hand",) * bool(made.secret))
        return Installed(None, cron_line(made), (), notes)
    manager = _MANAGERS[system](home or Path.home(), there, run)
    files = manager.files(made)
    earlier = {path: _read(path) for path in manager.paths}
    for each in files:
        if not _ours(earlier[each.path] or MARK.encode()):
            raise BadInput(FieldProblem("file", str(each.path), "new_file"))
    changed = any(earlier[each.path] != each.data for each in files)
    _put(files, earlier, manager.log)

    halt = manager.halt if changed and earlier[manager.paths[0]] is not None else ()
    notes = manager.notes(made) if changed else ("service.unchanged", *manager.notes(made))
    if not start:
        return Installed(manager.paths[0], files[0].shown, (*halt, *manager.start(changed, known=False)), notes)
    for command in halt:
        _ran(command, run)  # What does not run cannot be stopped.
    left = _left(manager.start(changed, known=_known(manager, run)), run)
    notes = (*["service.not_started", "service_cron.meanwhile"] * bool(left), *notes)
    return Installed(manager.paths[0], files[0].shown, left, notes)


def installed(home: Path | None = None, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The systems that `install` has written something for, whichever of them runs here now. Raises: BadInput."""
    there = os.environ if environ is None else environ
    managers = {name: manager(home or Path.home(), there, subprocess.run) for name, manager in _MANAGERS.items()}
    return tuple(name for name, each in managers.items() if any(_ours(_read(path) or b"") for path in each.paths))


def uninstall(
    *,
    system: str,
    home: Path | None = None,
    environ: Mapping[str, str] | None = None,
    run: Run = subprocess.run,
) -> Removed:
    """Stop the daemon and remove exactly what `install` wrote. Cases, channels and logs stay.

    Raises: BadInput where a file cannot be removed.
    """
    if system == "cron":
        return Removed((), (), ("service.cron_remove",))
    manager = _MANAGERS[system](home or Path.home(), os.environ if environ is None else environ, run)
    earlier = {path: data for path in manager.paths if (data := _read(path)) is not None}
    ours = tuple(path for path, data in earlier.items() if _ours(data))
    if not ours:
        return Removed((), (), ("service.not_ours",) * bool(earlier))
    failed = [command for command in manager.stop if not _ran(command, run, missing=True)]
    # What the manager does not know (any more) did not need to be stopped.
    failed = failed if failed and _known(manager, run) else []
    for path in ours:
        try:
            path.unlink()
        except OSError as error:
            raise BadInput(FieldProblem("file", str(path), "new_file", limit=error.strerror)) from error
    left = (*failed, *_left(manager.forget, run, missing=True))
    return Removed(ours, left, ("service.not_stopped",) if left else ())


def _read(path: Path) -> bytes | None:
    """What stands in a file; None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput(FieldProblem("file", str(path), "file", limit=error.strerror)) from error


def _put(files: list[File], earlier: Mapping[Path, bytes | None], log: Path | None) -> None:
    """Write the files, the one that names the others last, and remove ours that are not needed any more."""
    if log is not None and not log.exists():
        _write(File(log, b"", ""))
    for each in reversed(files):
        if earlier[each.path] != each.data:
            _write(each)
    for path in earlier.keys() - {each.path for each in files}:
        if _ours(earlier[path] or b""):
            path.unlink()


def _ours(data: bytes) -> bool:
    return MARK.encode() in data or MARK.encode("utf-16-le") in data


def _write(file: File) -> None:
    """Whole or not at all, readable by its owner alone."""
    beside = file.path.with_name(f".{file.path.name}.part")
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as target:
            target.write(file.data)
        beside.replace(file.path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise BadInput(FieldProblem("file", str(file.path), "new_file", limit=error.strerror)) from error


def _known(manager: Systemd | Launchd | Windows, run: Run) -> bool:
    """Whether the manager has taken the service in; taken for granted where it cannot be asked."""
    return manager.known is None or _ran(manager.known, run)


def _left(commands: tuple[Command, ...], run: Run, missing: bool = False) -> tuple[Command, ...]:
    """Runs them in order; the answer is what remains from the first that failed."""
    for i, command in enumerate(commands):
        if not _ran(command, run, missing):
            return commands[i:]
    return ()


def _ran(command: Command, run: Run, missing: bool = False) -> bool:
    """Whether it went well. `missing`: the answer where there is no such manager; then nothing of it runs, either."""
    try:
        return bool(run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False).returncode == 0)
    except FileNotFoundError:
        return missing
    except (OSError, subprocess.SubprocessError):
        return False
