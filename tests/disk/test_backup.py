"""Backups: whole, private, made while others write; brought back in one step, or not at all."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import KINDS

from escalation import Desk
from escalation.archive import DATABASE, MANIFEST
from escalation.backup import backup, check, nightly, restore, to_delete
from escalation.copying import is_empty, look
from escalation.engine import Engine
from escalation.errors import BadInput, StoreBusy, StoreDamaged
from escalation.evidence import path_of
from escalation.sqlite import SqliteDatabase
from escalation.store import Store
from escalation.transfer import export_jsonl

ROOT = Path(__file__).parent.parent.parent
PARCEL = ROOT / "tests" / "procedures" / "parcel-dispute.yaml"
NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
Stores = Callable[[str], Store]


ONE = pytest.mark.parametrize("stores", [(kind, kind) for kind in KINDS], indirect=True, ids=KINDS)
FILE = pytest.mark.parametrize("stores", [("sqlite", "sqlite")], indirect=True, ids=["file"])
"""For what only looks at the file that a backup is."""


def filled(store: Store, title: str = "a vase", cases: int = 2) -> Store:
    desk = Desk(store, now="2026-03-02T10:00")
    for n in range(cases):
        case = desk.open(str(PARCEL), title=f"{title} {n}")
        paper = Path(store.folder) / "paper.txt"
        paper.parent.mkdir(parents=True, exist_ok=True)
        paper.write_text(f"{title}, a waybill {n}")
        desk.attach(case, paper, item="waybill")
        desk.note(case, "等回复")
    with store.writing():
        body = f"# {title}\n".encode()
        store.run("INSERT INTO calendar_file (name, body, installed_at) VALUES ('CN-2027.toml', ?, 0)", (body,))
    calendars = Path(store.folder) / "calendars"
    calendars.mkdir(exist_ok=True)
    (calendars / "CN-2027.toml").write_text(f"# {title}\n")
    return store


def exported(store: Store) -> bytes:
    return b"".join(export_jsonl(Engine(store), store.cases()))


def problem(call: Callable[[], object]) -> tuple[str, str | None]:
    """What was expected of the input, and where."""
    with pytest.raises(BadInput) as refused:
        call()
    return refused.value.problems[0].expected, refused.value.problems[0].limit


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]


def written(file: Path, *found: tuple[tarfile.TarInfo | str, bytes]) -> Path:
    """A tar made by hand."""
    with tarfile.open(file, "w", format=tarfile.GNU_FORMAT) as tar:
        for header, body in found:
            if isinstance(header, str):
                header = tarfile.TarInfo(header)
            header.size = header.size or len(body)
            tar.addfile(header, io.BytesIO(body) if header.isreg() else None)
    return file


# -- making one ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz"])
@ONE
def test_a_backup_is_one_private_file_that_holds_everything(stores: Stores, tmp_path: Path, name: str) -> None:
    store = filled(stores("one"))
    made = backup(store, tmp_path / name, NOW)
    inside = members(tmp_path / name)
    hashes = sorted(look(store).attached)

    assert list(inside) == [MANIFEST, DATABASE, *(f"files/{h}" for h in hashes), "calendars/CN-2027.toml"]
    assert inside["calendars/CN-2027.toml"] == b"# a vase\n"
    assert sorted(inside[f"files/{h}"] for h in hashes) == [b"a vase, a waybill 0", b"a vase, a waybill 1"]
    assert made == check(tmp_path / name)
    assert (made.created_at, made.store, made.files, made.calendars) == (NOW, store.kind, 2, ["CN-2027.toml"])
    assert made.tables == look(store).tables
    assert made.size == (tmp_path / name).stat().st_size
    assert ((tmp_path / name).read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


@ONE
def test_a_file_that_is_there_stays_unless_forced(stores: Stores, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    file.write_text("my only letter")
    store = filled(stores("one"))

    assert problem(lambda: backup(store, file, NOW))[0] == "backup_exists"
    assert file.read_text() == "my only letter"
    assert backup(store, file, NOW, force=True) == check(file)


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from escalation import backup
from escalation.store import Store
step, store, file = sys.argv[1:]
def killed(*_): os.kill(os.getpid(), signal.SIGKILL)
if step == "made":
    backup.backup(Store.open(store), file, datetime(2026, 11, 22, tzinfo=UTC), progress=killed)
else:
    backup.restore(file, Store.open(store), datetime(2026, 11, 22, tzinfo=UTC), replace=True, progress=killed)
"""


def grown_old(folder: Path) -> list[str]:
    """Hidden folders there, which are then as if from two days ago."""
    found = [each for each in folder.iterdir() if each.is_dir() and each.name.startswith(".")]
    for each in found:
        for one in (*each.iterdir(), each):
            os.utime(one, (one.stat().st_mtime - 172800, one.stat().st_mtime - 172800))
    return [each.name for each in found]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@FILE
def test_what_a_backup_that_was_killed_has_left_goes_with_the_next_one(stores: Stores, tmp_path: Path) -> None:
    store, there = filled(stores("one")), tmp_path / "kept"
    there.mkdir()
    for name in (".mine.tar.gz.abcdefgh", ".backup-abcdefgh"):
        (there / name).mkdir()
        (there / name / "diary.txt").write_text("of somebody else")
    foreign = sorted(grown_old(there))
    backup(store, there / "first.tar", NOW)
    for step, file in (("made", "second.tar"), ("read", "first.tar")):
        words = [sys.executable, "-c", KILLED, step, store.path, str(there / file)]
        ran = subprocess.run(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=60)
        assert ran.returncode == -9
    backup(store, there / "third.tar", NOW)
    young = [each.name for each in there.iterdir() if each.name.startswith(".second")]
    left = [each for each in Path(store.folder).iterdir() if each.name.startswith(".")]
    grown_old(there)
    grown_old(Path(store.folder))
    backup(store, there / "fourth.tar", NOW)
    nightly(store, store.folder, NOW)

    assert len(young) == 1
    assert len(left) == 2  # what was read, and the beginnings of a backup of what was there
    assert sorted(each.name for each in there.iterdir() if each.is_dir()) == foreign
    assert [each for each in left if each.exists()] == []


@ONE
def test_a_store_that_is_damaged_does_not_take_the_place_of_a_good_backup(stores: Stores, tmp_path: Path) -> None:
    store, file = filled(stores("one")), tmp_path / "b.tar"
    backup(store, file, NOW)
    good = file.read_bytes()
    with store.writing():
        store.run("UPDATE entry SET hash = 'x' WHERE case_id = 2 AND seq = 3")
    with pytest.raises(StoreDamaged) as damaged:
        backup(store, file, NOW, force=True)

    assert (damaged.value.path, damaged.value.seq) == (store.path, 3)
    assert file.read_bytes() == good
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.tar"]


@ONE
def test_where_nothing_can_be_written_nothing_is_left(stores: Stores, tmp_path: Path) -> None:
    store = filled(stores("one"))
    expected, reason = problem(lambda: backup(store, tmp_path / "nowhere" / "b.tar", NOW))

    assert (expected, reason) == ("backup_unwritable", "No such file or directory")
    assert sorted(p.name for p in tmp_path.iterdir()) == []


FULL = """
import resource, signal, sys
from datetime import UTC, datetime
from escalation.backup import backup
from escalation.errors import EscalationError
from escalation.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    backup(Store.open(sys.argv[1]), sys.argv[2], datetime(2026, 11, 22, tzinfo=UTC), force=True)
except EscalationError as error:
    sys.exit(error.exit_code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of file sizes")
@pytest.mark.parametrize("most", [50_000, 1_000_000], ids=["the rows", "the files"])
@ONE
def test_where_no_room_is_left_an_earlier_backup_stays(stores: Stores, tmp_path: Path, most: int) -> None:
    store, file = filled(stores("one")), tmp_path / "b.tar"
    backup(store, file, NOW)
    good = file.read_bytes()
    big = tmp_path / "recording"
    big.write_bytes(os.urandom(900_000))
    desk = Desk(store, now="2026-03-03T10:00")
    desk.attach(next(iter(store.cases())).ref, big)
    words = [sys.executable, "-c", FULL, store.path, str(file), str(most)]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)

    assert ran.returncode in (2, 5), ran.stderr
    assert file.read_bytes() == good
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.tar", "recording"]


@ONE
def test_attached_files_that_are_gone_are_named_and_the_rest_is_kept(stores: Stores, tmp_path: Path) -> None:
    store = filled(stores("one"))
    gone, there = sorted(look(store).attached)
    path_of(gone, store.folder).unlink()
    made = backup(store, tmp_path / "b.tar", NOW)

    assert (made.files, made.missing_files) == (1, [gone])
    assert f"files/{there}" in members(tmp_path / "b.tar")


WRITER = """
import sys, threading
from escalation import open_store

def wait():
    sys.stdin.read()
    over.set()

over, n = threading.Event(), 0
threading.Thread(target=wait, daemon=True).start()
with open_store(sys.argv[1], now="2026-03-03T09:00") as desk:
    while not over.is_set():
        desk.note(sys.argv[2], str(n))
        n += 1
        if n == 1:
            print("begun", flush=True)
print(n, flush=True)
"""


@ONE
def test_a_backup_while_another_process_writes_holds_a_prefix_and_costs_no_entry(
    stores: Stores, tmp_path: Path
) -> None:
    store = filled(stores("one"))
    case = next(iter(store.cases()))
    words = [sys.executable, "-c", WRITER, store.path, case.ref]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env) as ran:
        assert ran.stdout is not None
        ran.stdout.readline()
        heads: list[list[tuple[bytes, str]]] = []
        for n in range(4):
            file = tmp_path / f"{n}.tar"
            backup(store, file, NOW)
            (tmp_path / f"{n}.db").write_bytes(members(file)[DATABASE])
            with closing(Store.open(str(tmp_path / f"{n}.db"))) as copied:
                heads.append(copied.raw_log(case.id))
        while ran.poll() is None and len(store.raw_log(case.id)) == len(heads[-1]):
            pass
        written, _ = ran.communicate(timeout=60)
    log = store.raw_log(case.id)

    assert ran.returncode == 0
    assert len(log) == case.head + int(written)
    assert all(head == log[: len(head)] for head in heads)
    assert case.head < len(heads[0]) < len(log)


# -- what is wrong with one ------------------------------------------------------------------------


@FILE
def test_a_flipped_byte_is_found_and_its_member_is_named(stores: Stores, tmp_path: Path) -> None:
    file, bad = tmp_path / "b.tar", tmp_path / "bad.tar"
    backup(filled(stores("one")), file, NOW)
    body = file.read_bytes()
    with tarfile.open(file) as tar:
        places = {m.name: (m.offset_data, m.size) for m in tar}
    found: set[tuple[str, str, str | None]] = set()
    for name, (start, size) in places.items():
        for at in {start, start + size // 2, start + size - 1}:
            bad.write_bytes(body[:at] + bytes([body[at] ^ 0x40]) + body[at + 1 :])
            found.add((name, *problem(lambda: check(bad))))

    start, size = places[MANIFEST]
    for at in range(start, start + size, 7):
        bad.write_bytes(body[:at] + b"\xa4" + body[at + 1 :])  # no UTF-8 at any place
        found.add((MANIFEST, *problem(lambda: check(bad))))

    # A name or a number that was altered in the manifest shows at the member that it tells of.
    assert {each for each in found if each[0] != MANIFEST} == {
        (n, "backup_damaged", n) for n in places if n != MANIFEST
    }
    assert {each[1] for each in found} == {"backup_damaged"}


@FILE
def test_wherever_a_byte_of_a_compressed_backup_is_flipped_it_is_found_or_makes_no_difference(
    stores: Stores, tmp_path: Path
) -> None:
    file, bad = tmp_path / "b.tar.gz", tmp_path / "bad.tar.gz"
    whole = backup(filled(stores("one"), cases=1), file, NOW)
    body = file.read_bytes()
    found: list[str] = []
    for at in range(0, len(body), len(body) // 60):
        bad.write_bytes(body[:at] + bytes([body[at] ^ 0x10]) + body[at + 1 :])
        try:
            assert check(bad).tables == whole.tables
        except BadInput as error:
            found.append(error.problems[0].expected)

    assert set(found) == {"backup_damaged", "backup_foreign"}
    assert len(found) > 50


@pytest.mark.parametrize("part", [0, 1, 100, 600, 5000, -2000])
@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz"])
@FILE
def test_a_backup_that_was_cut_off_is_found(stores: Stores, tmp_path: Path, name: str, part: int) -> None:
    file, bad = tmp_path / name, tmp_path / f"bad-{name}"
    backup(filled(stores("one")), file, NOW)
    body = file.read_bytes()
    part = -12_000 if part < 0 and name == "b.tar" else part  # the end of a tar is empty
    bad.write_bytes(body[:part])

    assert problem(lambda: check(bad))[0] in ("backup_damaged", "backup_foreign")


@pytest.mark.parametrize(
    "text",
    [b"", b"hello", b"PK\x03\x04" + b"\0" * 600, gzip.compress(b"hello", mtime=0), b"\0" * 2048],
    ids=["empty", "text", "zip", "gzip", "zeros"],
)
def test_a_file_that_is_no_backup_is_called_so(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "b.tar").write_bytes(text)

    assert problem(lambda: check(tmp_path / "b.tar"))[0] == "backup_foreign"
    assert problem(lambda: check(tmp_path / "nothing.tar"))[0] == "file"
    assert problem(lambda: check(tmp_path))[0] == "file"


@pytest.mark.parametrize("key", ["format", "schema"])
@FILE
def test_a_backup_of_a_later_version_is_not_guessed_at(stores: Stores, tmp_path: Path, key: str) -> None:
    backup(filled(stores("one")), tmp_path / "b.tar", NOW)
    inside = members(tmp_path / "b.tar")
    manifest = json.loads(inside[MANIFEST]) | {key: 99, "members": {"are": "something else"}}
    later = written(tmp_path / "later.tar", (MANIFEST, json.dumps(manifest).encode()))

    assert problem(lambda: check(later))[0] == "backup_newer"


def _link(name: str, kind: bytes, to: str = "/etc/passwd") -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.linkname = kind, to
    return header


def _large(name: str) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size = 1 << 40
    return header


HASH = "ab" * 32
HOSTILE: list[tuple[tarfile.TarInfo | str, bytes]] = [
    ("/tmp/escalation-was-here", b"x"),
    ("../escalation-was-here", b"x"),
    ("files/../../escalation-was-here", b"x"),
    (f"files/{HASH}/x", b"x"),
    (f"./files/{HASH}", b"x"),
    ("files/" + HASH.upper(), b"x"),
    ("files/.bashrc", b"x"),
    ("calendars/../../x.toml", b"x"),
    ("calendars/.profile", b"x"),
    ("manifest.json", b"{}"),
    ("cases.db-wal", b"x"),
    ("a" * 300, b"x"),
    (f"files/{HASH}", b"not of that hash"),
    (_link(f"files/{HASH}", tarfile.SYMTYPE), b""),
    (_link(f"files/{HASH}", tarfile.LNKTYPE, DATABASE), b""),
    (_link(f"files/{HASH}", tarfile.CHRTYPE), b""),
    (_link(f"files/{HASH}", tarfile.FIFOTYPE), b""),
    (_link("files", tarfile.DIRTYPE), b""),
    (_link(f"files/{HASH}", tarfile.GNUTYPE_SPARSE), b""),
    (_link("a long name", tarfile.GNUTYPE_LONGNAME), b""),
    (_link("an extended header", tarfile.XHDTYPE), b""),
]


@pytest.mark.parametrize(("header", "body"), HOSTILE, ids=lambda each: str(getattr(each, "name", each))[:30])
@pytest.mark.parametrize("listed", [True, False])
@FILE
def test_a_backup_with_something_strange_in_it_changes_nothing(
    stores: Stores, tmp_path: Path, header: tarfile.TarInfo | str, body: bytes, listed: bool
) -> None:
    backup(filled(stores("one")), tmp_path / "b.tar", NOW)
    inside = members(tmp_path / "b.tar")
    name = header if isinstance(header, str) else header.name
    manifest = json.loads(inside[MANIFEST])
    if listed:
        manifest["members"].append({"name": name, "size": len(body), "sha256": HASH})
    inside[MANIFEST] = json.dumps(manifest).encode()
    hostile = written(tmp_path / "hostile.tar", *inside.items(), (header, body))
    store = stores("two")
    assert is_empty(store)
    there = sorted([*tmp_path.rglob("*"), *Path(store.folder).rglob("*")])

    assert problem(lambda: restore(hostile, store, NOW))[0] == "backup_damaged"
    assert is_empty(store)
    assert sorted([*tmp_path.rglob("*"), *Path(store.folder).rglob("*")]) == there
    assert not Path("/tmp/escalation-was-here").exists()


@pytest.mark.parametrize("name", [MANIFEST, DATABASE])
@FILE
def test_a_size_that_lies_is_found(stores: Stores, tmp_path: Path, name: str) -> None:
    backup(filled(stores("one")), tmp_path / "b.tar", NOW)
    body = bytearray((tmp_path / "b.tar").read_bytes())
    with tarfile.open(tmp_path / "b.tar") as tar:
        start = tar.getmember(name).offset
    body[start : start + 512] = _large(name).tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "lies.tar").write_bytes(bytes(body))

    assert problem(lambda: check(tmp_path / "lies.tar"))[0] in ("backup_damaged", "backup_foreign")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entry SET body = replace(CAST(body AS TEXT), '等回复', '已回复') WHERE case_id = 1",
        "UPDATE 'case' SET head = 'many' WHERE id = 1",
        "CREATE TRIGGER t AFTER INSERT ON entry BEGIN SELECT 1; END",
        "DROP TABLE outbox",
        "INSERT INTO timer (at, case_id) VALUES (1, 99)",
    ],
)
@FILE
def test_a_database_that_was_altered_is_refused_though_the_manifest_fits(
    stores: Stores, tmp_path: Path, change: str
) -> None:
    import hashlib
    import sqlite3

    backup(filled(stores("one")), tmp_path / "b.tar", NOW)
    inside = members(tmp_path / "b.tar")
    (tmp_path / "x.db").write_bytes(inside[DATABASE])
    with closing(sqlite3.connect(tmp_path / "x.db")) as other:
        other.execute(change)
        other.commit()
    inside[DATABASE] = (tmp_path / "x.db").read_bytes()
    manifest = json.loads(inside[MANIFEST])
    first = {"name": DATABASE, "size": len(inside[DATABASE])}
    manifest["members"][0] = first | {"sha256": hashlib.sha256(inside[DATABASE]).hexdigest()}
    inside[MANIFEST] = json.dumps(manifest).encode()
    forged = written(tmp_path / "forged.tar", *inside.items())

    assert problem(lambda: check(forged)) == ("backup_damaged", DATABASE)


# -- bringing one back -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz"])
def test_a_restore_into_an_empty_store_brings_everything_back(stores: Stores, tmp_path: Path, name: str) -> None:
    source, target = filled(stores("one")), stores("two")
    made = backup(source, tmp_path / name, NOW)
    found = restore(tmp_path / name, target, NOW)
    files = [path_of(each, target.folder) for each in look(source).attached]

    assert exported(source) == exported(target)
    assert (found.tables, found.before) == (made.tables, None)
    assert look(target) == look(source)
    assert sorted(f.read_text() for f in files) == ["a vase, a waybill 0", "a vase, a waybill 1"]
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}
    assert (Path(target.folder) / "calendars" / "CN-2027.toml").read_text() == "# a vase\n"
    assert not list(Path(target.folder).rglob(".*"))


def test_a_store_that_holds_cases_is_refused_unless_it_is_to_be_replaced(stores: Stores, tmp_path: Path) -> None:
    source, target = filled(stores("one")), filled(stores("two"), "a chair", 1)
    backup(source, tmp_path / "b.tar", NOW)
    before = exported(target)
    there = sorted(Path(target.folder).rglob("*"))

    assert problem(lambda: restore(tmp_path / "b.tar", target, NOW))[0] == "restore_not_empty"
    assert exported(target) == before
    assert sorted(Path(target.folder).rglob("*")) == there


def test_what_is_replaced_is_backed_up_first_and_can_come_back(stores: Stores, tmp_path: Path) -> None:
    source, target = filled(stores("one")), filled(stores("two"), "a chair", 1)
    with target.writing():
        target.run("INSERT INTO daemon (id, host, pid, version, started_at, beat_at) VALUES ('d', 'h', 1, '0', 0, 0)")
    was = exported(target)
    backup(source, tmp_path / "b.tar", NOW)
    found = restore(tmp_path / "b.tar", target, NOW, replace=True)
    calendar = Path(target.folder) / "calendars" / "CN-2027.toml"

    kept = {"sqlite": "cases.db", "postgresql": "escalation"}[target.kind]

    assert exported(target) == exported(source)
    assert calendar.read_text() == "# a vase\n"
    assert target.run("SELECT id FROM daemon").fetchall() == [("d",)]
    assert found.before is not None
    assert Path(found.before).name.startswith(f"{kept}.before-restore-20261122T013000")
    assert stat.S_IMODE(Path(found.before).stat().st_mode) == 0o600

    again = restore(found.before, target, NOW, replace=True)

    assert exported(target) == was
    assert calendar.read_text() == "# a chair\n"
    assert again.before not in (None, found.before)


@ONE
def test_a_store_that_is_damaged_is_what_a_restore_is_for(stores: Stores, tmp_path: Path) -> None:
    store = filled(stores("one"))
    good = exported(store)
    backup(store, tmp_path / "b.tar", NOW)
    with store.writing():
        store.run("UPDATE entry SET hash = 'x' WHERE case_id = 1 AND seq = 1")
    found = restore(tmp_path / "b.tar", store, NOW, replace=True)

    assert exported(store) == good
    assert Path(str(found.before)).exists()


def test_a_calendar_beside_an_empty_store_stays_and_is_named_unless_the_rows_decide_for_all_machines(
    stores: Stores, tmp_path: Path
) -> None:
    source, target = filled(stores("one")), stores("two")
    backup(source, tmp_path / "b.tar", NOW)
    calendar = Path(target.folder) / "calendars" / "CN-2027.toml"
    calendar.parent.mkdir(parents=True)
    calendar.write_text("# corrected since\n")
    found = restore(tmp_path / "b.tar", target, NOW)

    with closing(Store.open(target.path)):
        pass

    if target.kind == "sqlite":
        assert (found.kept_calendars, calendar.read_text()) == (["CN-2027.toml"], "# corrected since\n")
    else:
        assert (found.kept_calendars, calendar.read_text()) == ([], "# a vase\n")


def test_a_backup_of_the_first_release_comes_back_under_the_present_schema(stores: Stores, tmp_path: Path) -> None:
    import hashlib

    backup(filled(stores("one")), tmp_path / "b.tar", NOW)
    inside = members(tmp_path / "b.tar")
    old = (Path(__file__).parent / "old" / "schema-1.sqlite").read_bytes()
    manifest = json.loads(inside[MANIFEST]) | {"schema": 1, "tables": {}}
    manifest["members"] = [{"name": DATABASE, "size": len(old), "sha256": hashlib.sha256(old).hexdigest()}]
    written(tmp_path / "old.tar", (MANIFEST, json.dumps(manifest).encode()), (DATABASE, old))
    target = stores("two")
    restore(tmp_path / "old.tar", target, NOW)

    assert [row["ok"] for row in Desk(target, now="2026-03-04T10:00").verify()] == [True]


DIES = """
import os, sys
from datetime import UTC, datetime
from escalation.backup import restore
from escalation.store import Store
die = lambda name, done, total: name == sys.argv[3] and os._exit(9)
restore(sys.argv[1], Store.open(sys.argv[2]), datetime(2026, 11, 22, tzinfo=UTC), replace=True, progress=die)
"""


@pytest.mark.parametrize("at", ["definition", "case", "entry", "calendar_file"])
def test_killed_half_way_the_store_is_as_it_was(stores: Stores, tmp_path: Path, at: str) -> None:
    source, target = filled(stores("one")), filled(stores("two"), "a chair", 1)
    backup(source, tmp_path / "b.tar", NOW)
    before = look(target)
    words = [sys.executable, "-c", DIES, str(tmp_path / "b.tar"), target.path, at]
    killed = subprocess.run(words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=60)

    assert killed.returncode == 9
    assert look(target) == before
    assert (Path(target.folder) / "calendars" / "CN-2027.toml").read_text() == "# a chair\n"
    restore(tmp_path / "b.tar", target, NOW, replace=True)
    assert exported(target) == exported(source)


def test_nobody_writes_between_the_backup_of_what_was_there_and_what_comes_instead(
    stores: Stores, tmp_path: Path
) -> None:
    source, target = filled(stores("one")), filled(stores("two"), "a chair", 1)
    backup(source, tmp_path / "b.tar", NOW)
    before = exported(target)
    case = next(iter(target.cases())).ref
    refused: dict[str, str] = {}

    def meddle(name: str, done: int, total: int) -> None:
        impatient = "&options=-c%20lock_timeout%3D1" if target.kind == "postgresql" else ""
        with closing(Store.open(target.path + impatient)) as other:
            if isinstance(other._db, SqliteDatabase):
                other._db.patience = 0.0
            try:
                Desk(other, now="2026-03-03T10:00").note(case, "in between")
            except StoreBusy:
                refused[name] = "busy"

    found = restore(tmp_path / "b.tar", target, NOW, replace=True, progress=meddle)

    assert {"files", "case"} <= set(refused)  # while what was there is backed up, while the other comes
    assert exported(target) == exported(source)
    restore(str(found.before), target, NOW, replace=True)
    assert exported(target) == before


# -- every night -----------------------------------------------------------------------------------


@ONE
def test_one_backup_a_day_and_the_rule_deletes_only_ours(stores: Stores, tmp_path: Path) -> None:
    store = filled(stores("one"), cases=1)
    there = tmp_path / "kept" / "backups"
    there.mkdir(parents=True)
    others = ["my-letter.tar.gz", "escalation-2020-01-01.tar.gz.mine", "escalation-2020-13-01.tar.gz"]
    old = [f"escalation-2020-01-{d:02}.tar.gz" for d in range(1, 31)]
    for name in others + old:
        (there / name).write_text("x")
    first, second = nightly(store, tmp_path / "kept", NOW), nightly(store, tmp_path / "kept", NOW)
    names = {p.name for p in there.iterdir()}

    assert first is not None
    assert second is None
    assert Path(first.file).name == "escalation-2026-11-22.tar.gz"
    assert check(first.file) == first
    assert set(others) < names
    assert sorted(names & set(old)) == [f"escalation-2020-01-{d}.tar.gz" for d in
        ("01", "06", "13", "20", "25", "26", "27", "28", "29", "30")]  # fmt: skip


@ONE
def test_a_store_that_is_damaged_costs_no_old_backup(stores: Stores, tmp_path: Path) -> None:
    store = filled(stores("one"), cases=1)
    there = tmp_path / "backups"
    there.mkdir()
    for d in range(1, 31):
        (there / f"escalation-2020-01-{d:02}.tar.gz").write_text("x")
    with store.writing():
        store.run("UPDATE entry SET hash = 'x' WHERE seq = 2")
    with pytest.raises(StoreDamaged):
        nightly(store, tmp_path, NOW)

    assert len(list(there.iterdir())) == 30


def test_two_stores_in_one_folder_have_their_backups_beside_each_other(tmp_path: Path) -> None:
    for name in ("cases", "office"):
        with closing(Store.open(str(tmp_path / f"{name}.db"))) as store:
            assert nightly(store, tmp_path, NOW) is not None

    names = sorted(p.name for p in (tmp_path / "backups").iterdir())
    assert names == ["escalation-2026-11-22.tar.gz", "escalation-office-2026-11-22.tar.gz"]
    assert stat.S_IMODE((tmp_path / "backups").stat().st_mode) == 0o700


DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def _named(days: set[date]) -> list[tuple[str, date]]:
    return [(f"escalation-{day}.tar.gz", day) for day in sorted(days)]


@given(st.sets(DAYS, min_size=1, max_size=120), DAYS, st.randoms(use_true_random=False))
def test_the_newest_stays_not_all_go_and_the_order_does_not_matter(days: set[date], today: date, mix) -> None:  # type: ignore[no-untyped-def]
    there = _named(days)
    gone = to_delete(there, today)
    mixed = list(there)
    mix.shuffle(mixed)
    stay = {day for name, day in there if name not in gone}
    past = sorted(day for day in days if day <= today)

    assert to_delete(mixed, today) == gone
    assert set(past[-7:]) <= stay
    assert {day for day in days if day > today} <= stay
    assert len([day for day in stay if day <= today]) <= 7 + 5 + 12
    assert not to_delete([(n, d) for n, d in there if n not in gone], today)


@given(st.sets(DAYS, min_size=1, max_size=120), DAYS)
def test_of_each_late_week_and_month_the_first_stays(days: set[date], today: date) -> None:
    gone = set(to_delete(_named(days), today))
    past = sorted(day for day in days if day <= today)
    stay = [day for day in past if f"escalation-{day}.tar.gz" not in gone]
    weeks = sorted({day - timedelta(days=day.weekday()) for day in past})[-5:]
    months = sorted({day.replace(day=1) for day in past})[-12:]

    for monday in weeks:
        assert min(d for d in past if d >= monday) in stay
    for first in months:
        assert min(d for d in past if d >= first) in stay


def test_two_years_of_nights_leave_a_week_five_mondays_and_twelve_firsts() -> None:
    there: set[date] = set()
    day = date(2025, 1, 1)
    while day <= date(2026, 12, 20):
        there.add(day)
        there -= {date.fromisoformat(name[11:21]) for name in to_delete(_named(there), day)}
        day += timedelta(days=1)

    week = {date(2026, 12, d) for d in range(14, 21)}
    mondays = {date(2026, 11, 16), date(2026, 11, 23), date(2026, 11, 30), date(2026, 12, 7), date(2026, 12, 14)}
    firsts = {date(2026, m, 1) for m in range(1, 13)}
    assert there == week | mondays | firsts
