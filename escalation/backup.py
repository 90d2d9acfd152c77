"""One private file that holds a whole store: made while others write, verified before it counts, and brought back.

A backup is a tar, by gzip where its name ends in `.gz`: `manifest.json` first, then `cases.db` (SQLite, whatever
the store is kept in), `files/HASH` for what was attached and `calendars/NAME`. It is read, never unpacked:
a member counts only if its name is one of these and its content is what the manifest says.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import tarfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, NamedTuple, NoReturn, Self, cast

import msgspec
from msgspec.structs import replace as changed

from escalation.copying import (
    CALENDAR,
    HEX,
    Progress,
    Seen,
    Sum,
    calendars_of,
    calendars_put,
    copy,
    hash_of,
    is_empty,
    look,
    new_files,
    poured,
    private,
)
from escalation.errors import BadInput, FieldProblem, StoreError, StoreTooNew
from escalation.evidence import path_of
from escalation.migrations import VERSION
from escalation.store import Store

FORMAT = 1
MANIFEST, DATABASE = "manifest.json", "cases.db"
FOLDER = "backups"
DAILY, WEEKLY, MONTHLY = 7, 5, 12
_LARGEST_MANIFEST = 1 << 26
_LARGEST_CALENDAR = 1 << 20
_BROKEN = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error)
"""What reading a damaged archive may end with."""


class Member(msgspec.Struct, frozen=True):
    """A file inside a backup."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself."""

    format: int
    program: str
    """Version of the program that wrote it."""
    schema: int
    created_at: datetime
    store: str
    """What the store was kept in: `sqlite`, `postgresql`."""
    members: list[Member]
    tables: dict[str, Sum]
    missing_files: list[str]
    channels: list[str]


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


# -- making one ------------------------------------------------------------------------------------


def backup(
    store: Store, file: str | Path, now: datetime, force: bool = False, progress: Progress | None = None
) -> Backup:
    """Write all that the store holds at one moment into a new private file, which is read again before it counts.

    `force`: a file of that name gives way once the new one is whole. Raises: BadInput, StoreError, StoreDamaged;
    no file is written then, and one that is there stays.
    """
    if not force and os.path.lexists(file):
        raise BadInput(FieldProblem("file", str(file), "backup_exists"))
    return _written(store, Path(file), now, progress, sound=True)


def _written(store: Store, file: Path, now: datetime, progress: Progress | None, sound: bool) -> Backup:
    """Written beside, read again, then moved. `sound`: a store whose logs do not fit their hashes is refused."""
    try:
        with TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as folder:
            draft = Path(folder) / "backup.tar"
            seen = _rows(store, Path(folder) / DATABASE, progress)
            if sound and (damage := seen.damage(store.path)):
                raise damage
            _pack(store, seen, draft, Path(folder) / DATABASE, now, file.suffix == ".gz", progress)
            with _verified(draft, Path(folder), sound) as (made, _):
                pass
            draft.replace(file)
            _settle(file.parent)
    except OSError as error:
        raise _unwritable(file, error.strerror) from error
    return changed(made, file=str(file))


def _unwritable(file: Path, reason: str | None) -> BadInput:
    return BadInput(FieldProblem("file", str(file), "backup_unwritable", limit=reason))


def _rows(store: Store, database: Path, progress: Progress | None) -> Seen:
    """All rows of the store in a new file."""
    with private(database):
        pass
    try:
        whole = store.write_copy(str(database))
    except StoreError as error:
        if "full" in error.reason:
            raise _unwritable(database.parent, error.reason) from error
        raise
    with closing(Store.open(str(database))) as written:
        if not whole:
            copy(store, written, progress)
        return look(written)


def _pack(
    store: Store, seen: Seen, draft: Path, database: Path, now: datetime, small: bool, progress: Progress | None
) -> None:
    # The rows first, the files after: what is attached is on the disk before an entry names it.
    files = {sha256: path_of(sha256, store.folder) for sha256 in sorted(seen.attached)}
    missing = [sha256 for sha256, path in files.items() if not path.is_file() or hash_of(path) != sha256]
    calendars = calendars_of(store.folder)
    members = [Member(DATABASE, database.stat().st_size, hash_of(database))]
    members += [
        Member(f"files/{sha256}", path.stat().st_size, sha256)
        for sha256, path in files.items()
        if sha256 not in missing
    ]
    members += [Member(f"calendars/{name}", len(body), _hash(body)) for name, body in calendars.items()]
    manifest = Manifest(FORMAT, _program(), VERSION, now, store.kind, members, seen.tables, missing, seen.channels)
    with (
        private(draft) as out,
        _compressed(out, small, now) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        _add_bytes(tar, MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)), now)
        for done, member in enumerate(members, 1):
            kind, _, name = member.name.rpartition("/")
            if kind == "calendars":
                _add_bytes(tar, member.name, calendars[name], now)
            else:
                with (files[name] if kind else database).open("rb") as content:
                    tar.addfile(_header(member.name, member.size, now), content)
            if progress is not None:
                progress("files", done, len(members))


def _hash(body: bytes) -> str:
    return poured(io.BytesIO(body), ())


def _program() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("escalation")
    except PackageNotFoundError:
        return ""


@contextmanager
def _compressed(out: BinaryIO, small: bool, now: datetime) -> Iterator[BinaryIO]:
    if not small:
        yield out
        return
    with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=out, mtime=int(now.timestamp())) as stream:
        yield cast("BinaryIO", stream)


def _header(name: str, size: int, now: datetime) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, 0o600, int(now.timestamp())
    return header


def _add_bytes(tar: tarfile.TarFile, name: str, body: bytes, now: datetime) -> None:
    tar.addfile(_header(name, len(body), now), io.BytesIO(body))


def _settle(folder: Path) -> None:
    """That a name was given to a file is on the disk, too. (Where folders cannot be opened, the system sees to it.)"""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# -- reading one -----------------------------------------------------------------------------------


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
    with TemporaryDirectory(prefix=".backup-", dir=folder) as room:
        database = Path(room) / DATABASE
        manifest = _read(file, database)
        seen = _looked(file, database, sound)
        if manifest.schema == VERSION and seen.tables != manifest.tables:
            _damaged(file, DATABASE)
        names = [member.name for member in manifest.members]
        found = Backup(
            str(file), manifest.format, manifest.program, manifest.created_at, manifest.store, file.stat().st_size,
            seen.tables, sum(n.startswith("files/") for n in names), manifest.missing_files,
            [n.removeprefix("calendars/") for n in names if n.startswith("calendars/")], [], seen.channels,
        )  # fmt: skip
        yield found, database


def _read(file: Path, database: Path) -> Manifest:
    """The manifest, once each member is what it says; `database` is written."""
    with _members(file) as members:
        manifest = _manifest(file, members)
        left = {member.name: member for member in manifest.members}
        for header, content in members:
            known = left.pop(header.name, None)
            if known is None:
                _damaged(file, header.name)
            with _named(file, header.name):
                if header.name == DATABASE:
                    with private(database) as out:
                        same = header.size == known.size and poured(content, [out]) == known.sha256
                else:
                    same = header.size == known.size and poured(content, ()) == known.sha256
            if not same:
                _damaged(file, header.name)
        if left:
            _damaged(file, min(left))
    return manifest


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
        _damaged(file, DATABASE)
    return seen


Members = Iterator[tuple[tarfile.TarInfo, BinaryIO]]


@contextmanager
def _members(file: Path) -> Iterator[Members]:
    """The members of a backup as they come, all of them plain files with names that a backup has."""
    with ExitStack() as opened:
        try:
            raw = opened.enter_context(file.open("rb"))
            small = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            tar = opened.enter_context(tarfile.open(fileobj=raw, mode="r:gz" if small else "r:", tarinfo=_Plain))
        except _BROKEN as error:
            raise BadInput(FieldProblem("file", str(file), "backup_foreign")) from error
        except OSError as error:
            raise BadInput(FieldProblem("file", str(file), "file", limit=error.strerror)) from error
        yield _plain(file, tar)


class _NotPlain(tarfile.TarError):
    """A member that no backup has; its name is the argument."""


class _Plain(tarfile.TarInfo):
    """A header of a plain file. Anything else (a link, a device, a hole, a longer name) ends the reading at once:
    what follows it is read into memory by the library, whatever its size.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        found = super().frombuf(buf, encoding, errors)
        if found.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise _NotPlain(found.name)
        return found


def _plain(file: Path, tar: tarfile.TarFile) -> Members:
    before = MANIFEST
    while True:
        with _named(file, before):
            try:
                header = tar.next()
            except _NotPlain as error:
                _damaged(file, str(error))
        if header is None:
            return
        before = header.name
        kind, _, name = header.name.rpartition("/")
        ours = (
            (kind == "files" and HEX.fullmatch(name))
            or (kind == "calendars" and CALENDAR.fullmatch(name) and header.size <= _LARGEST_CALENDAR)
            or header.name in (MANIFEST, DATABASE)
        )
        content = tar.extractfile(header) if ours else None
        if content is None:
            _damaged(file, header.name)
        yield header, cast("BinaryIO", content)


def _manifest(file: Path, members: Members) -> Manifest:
    header, content = next(members, (None, None))
    if header is None or content is None or header.name != MANIFEST or header.size > _LARGEST_MANIFEST:
        raise BadInput(FieldProblem("file", str(file), "backup_foreign"))
    with _named(file, MANIFEST):
        body = content.read()
    try:
        found = msgspec.json.decode(body, type=_Format)
        if found.format > FORMAT or found.schema > VERSION:
            raise BadInput(FieldProblem("file", str(file), "backup_newer"))
        return msgspec.json.decode(body, type=Manifest)
    except msgspec.MsgspecError:
        _damaged(file, MANIFEST)


class _Format(msgspec.Struct, frozen=True):
    """What any version of a manifest says."""

    format: int
    schema: int


@contextmanager
def _named(file: Path, member: str) -> Iterator[None]:
    """What goes wrong inside is the fault of that member."""
    try:
        yield
    except _BROKEN as error:
        raise BadInput(FieldProblem("file", str(file), "backup_damaged", limit=member)) from error


def _damaged(file: Path, member: str) -> NoReturn:
    raise BadInput(FieldProblem("file", str(file), "backup_damaged", limit=member))


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
        with (
            _verified(file, Path(store.folder)) as (found, database),
            closing(Store.open(str(database))) as source,
            calendars_put(_calendars(file, found), store.folder, replace) as kept,
            new_files() as put,
            store.writing(),
        ):
            before = None
            if not is_empty(store):
                if not replace:
                    raise BadInput(FieldProblem("store", store.path, "restore_not_empty"))
                # Also of a store that is damaged: that is what a restore is for.
                before = _written(store, _before(store, now), now, None, sound=False)
            copied = copy(source, store, progress, replace=replace)
            for sha256, content in _attached(file):
                if not put(content, path_of(sha256, store.folder), sha256):
                    _damaged(file, f"files/{sha256}")
    except OSError as error:
        raise StoreError(store.folder, error.strerror or str(error)) from error
    return changed(found, tables=copied.tables, kept_calendars=kept, before=before.file if before else None)


def _before(store: Store, now: datetime) -> Path:
    """A free name beside the store for what it holds now."""
    name = os.path.basename(store.path) if store.kind == "sqlite" else "escalation"
    first = f"{name}.before-restore-{now:%Y%m%dT%H%M%S}"
    free = (f"{first}{f'-{n}' if n else ''}.tar" for n in range(1000))
    return next(p for p in (Path(store.folder) / each for each in free) if not p.exists())


def _calendars(file: Path, found: Backup) -> dict[str, bytes]:
    if not found.calendars:
        return {}
    with _members(file) as members:
        there = ((header.name.rpartition("/"), content) for header, content in members)
        return {name: content.read() for (kind, _, name), content in there if kind == "calendars"}


def _attached(file: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Attached files by their hash."""
    with _members(file) as members:
        for header, content in members:
            kind, _, name = header.name.rpartition("/")
            if kind == "files":
                yield name, content


# -- every night -----------------------------------------------------------------------------------


def nightly(store: Store, folder: str | Path, now: datetime, progress: Progress | None = None) -> Backup | None:
    """The backup of the day in `folder`/backups, where there is none yet; then those that the rule gives up go.

    `now`: the day is that of its own zone. None: the day has its backup. Raises: as `backup`; none goes then.
    """
    there, name = Path(folder) / FOLDER, _name(store)
    file = there / f"{name}-{now.date()}.tar.gz"
    if file.exists():
        return None
    try:
        there.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Of two schedulers at the same moment both have a whole one; either may stay.
        made = backup(store, file, now, force=True, progress=progress)
        ours = re.compile(rf"{re.escape(name)}-(\d{{4}}-\d\d-\d\d)\.tar\.gz")
        found = ((each.name, ours.fullmatch(each.name)) for each in there.iterdir())
        for old in to_delete(_with_days({n: m[1] for n, m in found if m}), now.date()):
            (there / old).unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(file, error.strerror) from error
    return made


def _name(store: Store) -> str:
    """`escalation`; stores under other names share a folder without taking each other's day."""
    stem = Path(store.path).stem if store.kind == "sqlite" else "cases"
    return "escalation" if stem == "cases" else f"escalation-{stem}"


def _with_days(names: Mapping[str, str]) -> Iterator[tuple[str, date]]:
    for name, text in names.items():
        try:
            yield name, date.fromisoformat(text)
        except ValueError:
            continue


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
