"""The store: whether it is there, whole, private, and on a disk that can keep it. Nothing of it changes."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from escalation.doctor import looking
from escalation.doctor.finding import BROKEN, LOOK, OK, Finding, Place, word
from escalation.doctor.program import readable
from escalation.errors import StoreError
from escalation.migrations import VERSION
from escalation.nights import bring_back, newest
from escalation.store import Store

LITTLE = 200_000_000
"""Bytes of room below which a backup may no longer fit."""
NONE = 5_000_000
ON_A_NETWORK = frozenset(
    {
        "9p", "afpfs", "afs", "ceph", "cifs", "davfs", "drvfs", "fuse.davfs2", "fuse.rclone", "fuse.sshfs",
        "fuse.vmhgfs-fuse", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "prl_fs", "smb3", "smbfs", "vboxsf",
    }
)  # fmt: skip
"""Kinds of file system whose locks cannot be relied on."""
SYNCED = frozenset(
    {"dropbox", "onedrive", "google drive", "icloud drive", "com~apple~clouddocs", "nutstore", "坚果云", "百度网盘"}
)
"""Folders that another program copies while we write."""


class Looked(NamedTuple):
    """The store as it was found."""

    findings: tuple[Finding, ...]
    store: Store | None
    """None where its rows cannot be asked."""
    folder: str | None
    """Of what belongs to it."""
    empty: bool = False
    """Whether there is none yet, and none is missed."""


def look(place: Place, stack: ExitStack) -> Looked:
    """Open it for as long as `stack` lasts."""
    return _server(place, stack) if place.server else _file(place, stack)


# -- a file ------------------------------------------------------------------------------------------------


def _file(place: Place, stack: ExitStack) -> Looked:
    path, folder = place.url, os.path.dirname(os.path.realpath(place.url))
    there = os.path.isdir(folder)
    if not os.path.lexists(path):
        found = _missing(place)
        rest = _beside(place, folder) if there else ()
        return Looked((found, *rest), None, folder if there else None, found.verdict == OK)
    facts: dict[str, object] = {"kind": "sqlite", "exists": True, "expected_schema": VERSION}
    try:
        facts["size"] = os.path.getsize(path)
        if not facts["size"]:
            return Looked((Finding("store", OK, "store_empty", facts), *_beside(place, folder)), None, folder, True)
        facts["wal"] = _wal(path)
        connection = stack.enter_context(looking.file(path))
        found = _whole(place, connection, facts)
    except (OSError, sqlite3.Error) as error:
        found = _unreadable(place, error, facts)
    usable = found.verdict == OK or found.says == "store_rollback"
    store = looking.store(connection, path) if usable and found.says != "store_older" else None
    return Looked((found, *_beside(place, folder)), store, folder)


def _missing(place: Place) -> Finding:
    facts = {"kind": "sqlite", "exists": False, "path": place.named}
    if place.named == "default":
        return Finding("store", OK, "store_none", facts, "store_begin", "escalation")
    told = f"ls -l {word(place.url)}"
    return Finding("store", BROKEN, "store_missing", facts, "store_missing_do", told)


def _wal(path: str) -> bool:
    """Whether the header says that what is written goes beside the file first."""
    with open(path, "rb") as file:
        return file.read(20)[18:20] == b"\x02\x02"


def _whole(place: Place, connection: sqlite3.Connection, facts: dict[str, object]) -> Finding:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    facts["schema"] = version
    if version > VERSION:
        return _newer(facts)
    if not {"case", "entry"} <= tables:
        return Finding("store", BROKEN, "store_foreign", facts, "store_missing_do", f"ls -l {word(place.url)}")
    faults = [text for (text,) in connection.execute("PRAGMA quick_check(20)") if text != "ok"]
    facts["faults"] = len(faults)
    if faults:
        return _damaged(place, facts)
    if version < VERSION:
        return Finding("store", OK, "store_older", facts, "store_older_do", f"escalation list{place.option}")
    if not facts["wal"]:
        return Finding("store", LOOK, "store_rollback", facts, "store_wal", _set_wal(place))
    return Finding("store", OK, "store_ok", facts | {"mb": _mb(facts["size"])})


def _set_wal(place: Place) -> str:
    return f"sqlite3 {word(place.url)} 'PRAGMA journal_mode = WAL'"


def _newer(facts: dict[str, object]) -> Finding:
    return Finding("store", BROKEN, "store_newer", facts, "store_newer_do", "pip install --upgrade escalation")


def _damaged(place: Place, facts: dict[str, object]) -> Finding:
    command = bring_back(place.url, _backup_of(place), place.option, word)
    return Finding("store", BROKEN, "store_damaged", facts, "store_restore", command)


def _backup_of(place: Place) -> str:
    """The newest backup of every night, for a command; a word to be replaced where there is none."""
    found = newest(place.url)
    return word(str(found[0])) if found else "BACKUP.tar.gz"


def _unreadable(place: Place, error: Exception, facts: dict[str, object]) -> Finding:
    if isinstance(error, OSError):
        facts["reason"] = error.strerror or type(error).__name__
        return Finding("store", BROKEN, "store_closed", facts, "store_closed_do", f"ls -ld {word(place.url)}")
    facts["reason"] = said = str(error)
    if "locked" in said or "busy" in said:
        return Finding("store", LOOK, "store_busy", facts, "store_busy_do", f"escalation doctor{place.option}")
    if "malformed" in said or "not a database" in said or "corrupt" in said:
        return _damaged(place, facts)
    return Finding("store", BROKEN, "store_closed", facts, "store_closed_do", f"ls -ld {word(place.url)}")


# -- the file's surroundings ---------------------------------------------------------------------------------


def _beside(place: Place, folder: str) -> tuple[Finding, ...]:
    return (*_private(place, folder), _room(place, folder))


def _private(place: Place, folder: str) -> Iterator[Finding]:
    """Modes of the file, of what SQLite keeps beside it, and of a folder that is ours alone."""
    if os.name != "posix":
        return
    real = os.path.realpath(place.url)
    files = [each for end in ("", "-wal", "-shm", "-journal") if os.path.exists(each := real + end)]
    modes = {f"file{each[len(real) :]}": f"{os.stat(each).st_mode & 0o777:04o}" for each in files}
    modes["folder"] = f"{os.stat(folder).st_mode & 0o777:04o}"
    open_files = [each for each in files if readable(Path(each))]
    # A named store may lie in a folder with much else in it: then it is enough that the file is closed.
    bare = place.named == "default" and readable(Path(folder))
    facts = {"modes": modes}
    if not files and not bare:
        return
    if not open_files and not bare:
        yield Finding("private", OK, "private", facts)
        return
    commands = [f"chmod 700 {word(folder)}"] if bare else []
    commands += [f"chmod 600 {' '.join(word(each) for each in open_files)}"] if open_files else []
    yield Finding("private", LOOK, "private_open", facts, "private_close", " && ".join(commands))


def _room(place: Place, folder: str) -> Finding:
    free, kind = shutil.disk_usage(folder).free, file_system(folder)
    writable = os.access(folder, os.W_OK)
    synced = any(part.lower() in SYNCED for part in Path(os.path.realpath(folder)).parts)
    facts = {"free": free, "file_system": kind, "network": kind in ON_A_NETWORK, "synced": synced,
             "writable": writable, "mb": _mb(free)}  # fmt: skip
    size = os.path.getsize(place.url) if os.path.isfile(place.url) else 0
    home = "~/.local/share/escalation/cases.db"
    if not writable:
        return Finding("room", BROKEN, "room_read_only", facts, "room_writable", f"chmod u+rwx {word(folder)}")
    if free < max(LITTLE, 3 * size):
        verdict = BROKEN if free < NONE else LOOK
        return Finding("room", verdict, "room_little", facts, "room_free", f"df -h {word(folder)}")
    if kind in ON_A_NETWORK or synced:
        command = f"escalation copy --from {word(place.url)} --to {home}"
        return Finding("room", LOOK, "room_synced" if synced else "room_network", facts, "room_move", command)
    return Finding("room", OK, "room", facts)


def file_system(folder: str, mounts: str = "/proc/self/mounts") -> str | None:
    """The kind of file system that a folder lies on, as the system calls it; None where it does not say."""
    try:
        lines = Path(mounts).read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    found, best = None, -1
    there = os.path.realpath(folder) + os.sep
    for line in lines:
        _, point, kind, *_ = line.split(" ")
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), point)
        if there.startswith(point.rstrip(os.sep) + os.sep) and len(point) >= best:
            found, best = kind, len(point)
    return found


def _mb(size: object) -> str:
    return f"{int(str(size)) / 1_000_000:.1f}" if int(str(size)) < 10_000_000 else f"{int(str(size)) // 1_000_000}"


# -- a server ------------------------------------------------------------------------------------------------


def _server(place: Place, stack: ExitStack) -> Looked:
    facts: dict[str, object] = {"kind": "postgresql", "expected_schema": VERSION}
    try:
        store, version = stack.enter_context(looking.server(place.url))
    except ImportError:
        told = "pip install 'escalation[postgres]'"
        return Looked((Finding("store", BROKEN, "server_library", facts, "server_install", told),), None, None)
    except StoreError as error:
        facts["reason"] = reason(error.reason)
        told = f"escalation doctor{place.option}"
        return Looked((Finding("store", BROKEN, "server_away", facts, "server_away_do", told),), None, None)
    facts["schema"] = version
    ((facts["server"],),) = store.run("SELECT split_part(current_setting('server_version'), ' ', 1)").fetchall()
    ((facts["size"],),) = store.run("SELECT pg_database_size(current_database())").fetchall()
    folder = store.folder if os.path.isdir(store.folder) else None
    if version > VERSION:
        return Looked((_newer(facts),), None, folder)
    if version == 0:
        return Looked((Finding("store", OK, "server_empty", facts),), None, folder, True)
    if version < VERSION:
        told = f"escalation list{place.option}"
        return Looked((Finding("store", OK, "store_older", facts, "store_older_do", told),), None, folder)
    found = Finding("store", OK, "server_ok", facts | {"mb": _mb(facts["size"])})
    return Looked((found, *([_room(place, folder)] if folder else [])), store, folder)


def reason(said: str) -> str:
    """What a server said, without the names and addresses in it."""
    said = re.sub(r'"[^"]*"', '"..."', said)
    said = re.sub(r"\([^)]*\)", "(...)", said)
    return re.sub(r"\S*@\S*|\b\d{1,3}(\.\d{1,3}){3}\b", "...", said)
