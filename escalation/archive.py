"""The tar of a backup: what it says of itself, and how it is written and read. Nothing is ever unpacked.

`manifest.json` comes first, then `cases.db`, `files/HASH` and `calendars/NAME`. A member counts only if its
name is one of these and its content is what the manifest says.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NoReturn, Self, cast

import msgspec

from escalation.beside import CALENDAR, calendars_of, hash_of, poured, private
from escalation.copying import HEX, Progress, Seen, Sum
from escalation.errors import BadInput, FieldProblem
from escalation.evidence import path_of
from escalation.migrations import VERSION
from escalation.store import Store
from states.model import UNREADABLE

FORMAT = 1
MANIFEST, DATABASE = "manifest.json", "cases.db"
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


# -- writing one --------------------------------------------------------------------------------------


def pack(
    store: Store, seen: Seen, draft: Path, database: Path, now: datetime, small: bool, progress: Progress | None
) -> None:
    """Write the archive: `database` has the rows that were `seen` in it. `small`: by gzip."""
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


# -- reading one --------------------------------------------------------------------------------------


def read(file: Path, database: Path) -> Manifest:
    """The manifest, once each member is what it says; `database` is written. Raises: BadInput with what is wrong."""
    with _members(file) as members:
        manifest = _manifest(file, members)
        left = {member.name: member for member in manifest.members}
        for header, content in members:
            known = left.pop(header.name, None)
            if known is None:
                damaged(file, header.name)
            with _named(file, header.name):
                if header.name == DATABASE:
                    with private(database) as out:
                        same = header.size == known.size and poured(content, [out]) == known.sha256
                else:
                    same = header.size == known.size and poured(content, ()) == known.sha256
            if not same:
                damaged(file, header.name)
        if left:
            damaged(file, min(left))
    return manifest


def manifest_of(file: Path) -> Manifest:
    """What a backup says of itself; nothing else of it is read. Raises: BadInput."""
    with _members(file) as members:
        return _manifest(file, members)


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
                damaged(file, str(error))
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
            damaged(file, header.name)
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
    except UNREADABLE:
        damaged(file, MANIFEST)


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


def damaged(file: Path, member: str) -> NoReturn:
    """Raise what says that this member of the backup is not as it was written."""
    raise BadInput(FieldProblem("file", str(file), "backup_damaged", limit=member))


def calendars_in(file: Path) -> dict[str, bytes]:
    """Calendar files by name."""
    with _members(file) as members:
        there = ((header.name.rpartition("/"), content) for header, content in members)
        return {name: content.read() for (kind, _, name), content in there if kind == "calendars"}


def files_in(file: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Attached files by their hash."""
    with _members(file) as members:
        for header, content in members:
            kind, _, name = header.name.rpartition("/")
            if kind == "files":
                yield name, content
