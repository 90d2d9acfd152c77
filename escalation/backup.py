"""One private file that holds a whole store: made while others write, verified before it counts, and brought back.

What is in the file: `archive`.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec
from msgspec.structs import replace as changed

from escalation.archive import DATABASE, calendars_in, damaged, files_in, manifest_of, pack, read
from escalation.beside import calendars_put, draft_of, forsaken, new_files, ordinary, private, private_folder
from escalation.copying import TABLES, Progress, Seen, Sum, copy, is_empty, look, rules
from escalation.errors import BadInput, FieldProblem, StoreError, StoreTooNew
from escalation.evidence import path_of
from escalation.migrations import VERSION
from escalation.nights import FOLDER, made_by_night, name_of, newest
from escalation.store import Store

DAILY, WEEKLY, MONTHLY = 7, 5, 12
DRAFT, ROOM = "backup.tar", ".backup-"
_INSIDE = re.compile(rf"{re.escape(DRAFT)}|{re.escape(DATABASE)}(-wal|-shm|-journal)?|{re.escape(ROOM)}\w{{8}}")
"""What may lie in a folder of ours while a backup is made or read: never taken for ours with anything else in it."""


class Backup(msgspec.Struct, frozen=True):
    """A backup that was read from end to end and found whole."""

    file: str
    format: int
    program: str
    created_at: datetime
    store: str
    size: int
    """Bytes of the file."""
    tables: dict[str, Sum]
    files: int
    """Attached files in it."""
    missing_files: list[str]
    """SHA-256 of attached files that were not there when it was made, or had another content."""
    calendars: list[str]
    kept_calendars: list[str]
    """After a restore: those beside the store that differ from the backup's and were left as they are."""
    channels: list[str]
    """The names of channels whose secret is not in it."""
    before: str | None = None
    """After a restore: the backup of what was there before."""


def backup(
    store: Store, file: str | Path, now: datetime, force: bool = False, progress: Progress | None = None
) -> Backup:
    """Write all that the store holds at one moment into a new private file, which is read again before it counts.

    `force`: a file of that name gives way once the new one is whole. Raises: BadInput, StoreError, StoreDamaged;
    no file is written then, and one that is there stays.
    """
    if not force and os.path.lexists(file):
        raise BadInput(FieldProblem("file", str(file), "backup_exists"))
    ordinary(Path(file))
    return _written(store, Path(file), now, progress, sound=True)


def _written(store: Store, file: Path, now: datetime, progress: Progress | None, sound: bool) -> Backup:
    """Written beside, read again, then moved. `sound`: a store whose logs do not fit their hashes is refused."""
    try:
        _sweep(file.parent)
        with TemporaryDirectory(prefix=draft_of(file, "").name, dir=file.parent) as folder:
            draft = Path(folder) / DRAFT
            seen = _rows(store, Path(folder) / DATABASE, progress)
            if sound and (damage := seen.damage(store.path)):
                raise damage
            pack(store, seen, draft, Path(folder) / DATABASE, now, file.suffix == ".gz", progress)
            with _verified(draft, Path(folder), sound) as (made, _):
                pass
            draft.replace(file)
            _settle(file.parent)
    except OSError as error:
        raise _unwritable(file, error.strerror) from error
    return changed(made, file=str(file))


def _sweep(folder: Path) -> None:
    """Take away what a backup, or the reading of one, that was killed has left there: it holds every case."""
    for draft in forsaken(folder, rf"\..+\.\w{{8}}|{re.escape(ROOM)}\w{{8}}"):
        inside = list(draft.iterdir()) if draft.is_dir() else []
        if inside and all(_INSIDE.fullmatch(each.name) for each in inside):
            shutil.rmtree(draft, ignore_errors=True)


def _unwritable(file: Path, reason: str | None) -> BadInput:
    return BadInput(FieldProblem("file", str(file), "backup_unwritable", limit=reason))


def _rows(store: Store, database: Path, progress: Progress | None) -> Seen:
    """All rows of the store in a new file."""
    with private(database):
        pass
    try:
        whole = store.write_copy(str(database))
    except StoreError as error:
        if error.reason == os.strerror(errno.ENOSPC):
            raise OSError(errno.ENOSPC, error.reason) from error  # the caller knows the name of the backup
        raise
    with closing(Store.open(str(database))) as written:
        if not whole:
            copy(store, written, progress, sound=False)
        return look(written)


def _settle(folder: Path) -> None:
    """That a name was given to a file is on the disk, too. (Where folders cannot be opened, the system sees to it.)"""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check(file: str | Path) -> Backup:
    """Read a backup from end to end: every member, the database, every log. Raises: BadInput with what is wrong."""
    try:
        with _verified(Path(file), None) as (found, _):
            return found
    except OSError as error:
        raise BadInput(FieldProblem("file", str(file), "file", limit=error.strerror)) from error


@contextmanager
def _verified(file: Path, folder: Path | None, sound: bool = True) -> Iterator[tuple[Backup, Path]]:
    """What the backup holds, and its database as a file, which is gone when this ends. `folder`: where to put it."""
    with TemporaryDirectory(prefix=ROOM, dir=folder) as room:
        database = Path(room) / DATABASE
        manifest = read(file, database)
        seen = _looked(file, database, sound)
        if manifest.schema == VERSION and seen.tables != manifest.tables:
            damaged(file, DATABASE)
        names = [member.name for member in manifest.members]
        found = Backup(
            str(file), manifest.format, manifest.program, manifest.created_at, manifest.store, file.stat().st_size,
            seen.tables, sum(n.startswith("files/") for n in names), manifest.missing_files,
            [n.removeprefix("calendars/") for n in names if n.startswith("calendars/")], [], seen.channels,
        )  # fmt: skip
        yield found, database


def _looked(file: Path, database: Path, sound: bool) -> Seen:
    """Read the database of a backup, every row of it."""
    try:
        with closing(Store.open(str(database))) as store:
            seen = look(store) if not store.faults() else None
    except StoreTooNew as error:
        raise BadInput(FieldProblem("file", str(file), "backup_newer")) from error
    except (StoreError, TypeError, ValueError) as error:
        # Values of a kind that no store holds: somebody made this file by hand.
        raise BadInput(FieldProblem("file", str(file), "backup_damaged", limit=DATABASE)) from error
    if seen is None or (sound and seen.broken):
        damaged(file, DATABASE)
    return seen


# -- bringing one back -----------------------------------------------------------------------------


def restore(
    file: str | Path, store: Store, now: datetime, replace: bool = False, progress: Progress | None = None
) -> Backup:
    """Make the store hold what a backup holds, in one transaction, after the backup was read from end to end.

    A store that holds something is refused; with `replace` that is backed up beside it first, and goes.
    Raises: BadInput, StoreError; the store is then as it was.
    """
    file = Path(file)
    try:
        private_folder(Path(store.folder))
        _sweep(Path(store.folder))
        with (
            _verified(file, Path(store.folder)) as (found, database),
            closing(Store.open(str(database))) as source,
            calendars_put(calendars_in(file) if found.calendars else {}, store.folder, replace or rules(store)) as kept,
            new_files() as put,
            store.writing(),
        ):
            store.keep_others_out([table.name for table in TABLES])  # from before it is backed up
            before = None
            if not is_empty(store):
                if not replace:
                    raise BadInput(FieldProblem("store", store.path, "restore_not_empty"))
                # Also of a store that is damaged: that is what a restore is for.
                before = _written(store, _before(store, now), now, progress, sound=False)
            copied = copy(source, store, progress, replace=replace)
            for sha256, content in files_in(file):
                if not put(content, path_of(sha256, store.folder), sha256):
                    damaged(file, f"files/{sha256}")
    except OSError as error:
        raise StoreError(store.folder, error.strerror or str(error)) from error
    return changed(found, tables=copied.tables, kept_calendars=kept, before=before.file if before else None)


@contextmanager
def leaving_nothing(path: str) -> Iterator[None]:
    """Inside, a store may be made at `path`, a file or a URL. If that ends in an error, no empty one stays behind."""
    if "://" in path or os.path.lexists(path):
        yield
        return
    folders = [each for each in Path(os.path.abspath(path)).parents if not each.exists()]
    try:
        yield
    except BaseException:
        with suppress(StoreError, OSError):
            with closing(Store.open(path)) as made:
                empty = is_empty(made)
            for end in ("", "-wal", "-shm") if empty else ():  # somebody may have begun to use it meanwhile
                Path(path + end).unlink(missing_ok=True)
            for folder in folders:
                folder.rmdir()
        raise


def _before(store: Store, now: datetime) -> Path:
    """A free name beside the store for what it holds now."""
    name = os.path.basename(store.path) if store.kind == "sqlite" else "escalation"
    first = f"{name}.before-restore-{now:%Y%m%dT%H%M%S}"
    free = (f"{first}{f'-{n}' if n else ''}.tar" for n in range(1000))
    return next(p for p in (Path(store.folder) / each for each in free) if not p.exists())


# -- every night -----------------------------------------------------------------------------------


def nightly(store: Store, folder: str | Path, now: datetime, progress: Progress | None = None) -> Backup | None:
    """The backup of the day in `folder`/backups, where there is none yet; then those that the rule gives up go.

    `now`: the day is that of its own zone. None: the day has its backup. Raises: as `backup`; none goes then.
    """
    there, name = Path(folder) / FOLDER, name_of(store.path if store.kind == "sqlite" else None)
    file = there / f"{name}-{now.date()}.tar.gz"
    if file.exists():
        return None
    try:
        private_folder(there)
        _sweep(Path(folder))
        # Of two schedulers at the same moment both have a whole one; either may stay.
        made = backup(store, file, now, force=True, progress=progress)
        for old in to_delete(made_by_night(there, name), now.date()):
            (there / old).unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(file, error.strerror) from error
    return made


class Night(msgspec.Struct, frozen=True):
    """What the latest backup of a night says of itself."""

    created_at: datetime
    files: int
    """Attached files in it."""
    missing_files: int
    """Those that were not there, or had another content."""
    elsewhere: bool
    """Whether these may lie on another machine."""


def last_night(store: Store) -> Night | None:
    """The latest backup of a night on this machine; None if there is none that can be read."""
    try:
        found = newest(store.path if store.kind == "sqlite" else None, store.folder)
        if found is None:
            return None
        said = manifest_of(found[0])
    except (BadInput, OSError):
        return None
    files = sum(member.name.startswith("files/") for member in said.members)
    return Night(said.created_at, files, len(said.missing_files), store.kind == "postgresql")


class _Dated(NamedTuple):
    day: date
    name: str


def to_delete(names_with_days: Iterable[tuple[str, date]], today: date) -> list[str]:
    """The backups that are given up, of `(name, day)` each: what is none of the newest 7, nor the first of one of
    the newest 5 weeks or 12 months that have any.

    Weeks begin on Monday. What lies after `today` was made under a wrong clock: it stays, and counts for nothing.
    """
    past = sorted(_Dated(day, name) for name, day in names_with_days if day <= today)
    keep = set(past[-DAILY:])
    keep |= _first_of(past, WEEKLY, [each.day.isocalendar()[:2] for each in past])
    keep |= _first_of(past, MONTHLY, [(each.day.year, each.day.month) for each in past])
    return [each.name for each in past if each not in keep]


def _first_of(past: list[_Dated], most: int, periods: Collection[tuple[int, int]]) -> set[_Dated]:
    """The first of each of the last periods."""
    first: dict[tuple[int, int], _Dated] = {}
    for each, period in zip(past, periods, strict=True):
        first.setdefault(period, each)
    return set(list(first.values())[-most:])
