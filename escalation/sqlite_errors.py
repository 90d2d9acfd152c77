"""What SQLite and the system say of a file that cannot be used, and what it means for a store."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import suppress

from escalation.errors import StoreBroken, StoreBusy, StoreError, StoreReadOnly

ROOM_BYTES = 64 * 1024
"""What SQLite needs beside the file to open it, and a little."""
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
_SHUT = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)
"""What SQLite says where it cannot make or change a file."""


def code_of(error: Exception) -> int:
    """The first of SQLite's result codes; 0 of an error that has none."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def is_unwritable(error: Exception) -> bool:
    """Whether it may be that a file can only be read."""
    return error.errno in _UNWRITABLE if isinstance(error, OSError) else code_of(error) in _SHUT


def why_unwritable(error: Exception, path: str) -> str:
    """Why nothing can be written, in the system's own words where they are known."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if _full(error, path):
        return os.strerror(errno.ENOSPC)
    folder = os.path.dirname(os.path.realpath(path))
    with suppress(OSError, AttributeError):  # where there is no such question, SQLite's own words do
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return os.strerror(errno.EROFS)
    allowed = os.access(folder, os.W_OK) and os.access(path, os.W_OK)
    return str(error) if allowed else os.strerror(errno.EACCES)


def as_store_error(error: Exception, path: str) -> StoreError:
    """What it means for who has the store at `path` open."""
    if isinstance(error, OSError):
        return StoreError(path, error.strerror or str(error))
    if _full(error, path):
        return StoreReadOnly(path, os.strerror(errno.ENOSPC))
    if is_locked(error):
        return StoreBusy(path, str(error))
    if code_of(error) in DAMAGE:
        return StoreBroken(path, str(error), _backup(path))
    if code_of(error) == sqlite3.SQLITE_READONLY:
        return StoreReadOnly(path, why_unwritable(error, path))
    return StoreError(path, str(error))


def _backup(path: str) -> str | None:
    """The newest backup that was made by night."""
    from escalation.nights import newest  # only who has lost something looks for one

    with suppress(OSError):
        found = newest(path)
        return str(found[0]) if found else None
    return None


def _full(error: Exception, path: str) -> bool:
    """Whether there is no room left on the disk. Where a file of its own could not grow, SQLite says another thing."""
    if code_of(error) == sqlite3.SQLITE_FULL or code_of(error) not in _SHUT:
        return code_of(error) == sqlite3.SQLITE_FULL
    import shutil  # only who has no room pays for it

    try:
        return shutil.disk_usage(os.path.dirname(os.path.realpath(path))).free < ROOM_BYTES
    except OSError:
        return False


def is_locked(error: Exception) -> bool:
    """Whether others were in the way."""
    return "locked" in str(error) or "busy" in str(error)
