"""A whole store into another: the same cases, the same digests, or nothing at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from escalation import Desk
from escalation.copying import TABLES, copy, is_empty, look
from escalation.engine import Engine
from escalation.errors import BadInput, DefinitionDamaged, StoreDamaged, StoreError
from escalation.evidence import path_of
from escalation.store import Store
from escalation.transfer import export_jsonl

ROOT = Path(__file__).parent.parent.parent
PARCEL = ROOT / "tests" / "procedures" / "parcel-dispute.yaml"
NOW = "2026-03-03T09:00"
Stores = Callable[[str], Store]


def filled(store: Store, cases: int = 3, folder: Path | None = None) -> Store:
    """Cases with everything a log can hold, a channel, an installed calendar."""
    desk = Desk(store, now="2026-03-02T10:00")
    for n in range(cases):
        case = desk.open(str(PARCEL), title=f"花瓶 {n}", client="王" if n % 2 else None)
        paper = Path(store.folder) / "paper.txt"
        paper.parent.mkdir(parents=True, exist_ok=True)
        paper.write_text(f"a waybill {n}")
        desk.attach(case, paper, item="waybill")
        for item in ("waybill", "photos"):
            desk.done(case, item)
        desk.record(case, "claim_sent", {"channel": "app", "amount": "300"}, key="letter")
        desk.note(case, "等回复。\n第二行")
        desk.amend(case, 5, note="by post")
    with store.writing():
        store.run("INSERT INTO setting (name, value) VALUES ('b', 'x'), ('B', '值'), ('_', '')")
        store.run(
            "INSERT INTO channel (id, name, kind, address, secret, lang, privacy, zone, digest, digest_at, least,"
            " created_at) VALUES (7, 'phone', 'apprise', 'ntfy://…', 'keyring', 'zh', 'discreet', 'Asia/Shanghai',"
            " 'none', '08:00', 1, 0), (9, 'paper', 'log', '', 'none', 'zh', 'full', 'Asia/Shanghai', 'none', '08:00',"
            " 1, 0)"
        )
        store.run(
            "INSERT INTO delivery (id, channel_id, kind, level, status, created_at, next_at, attempts)"
            " VALUES (4, 7, 'announcements', 1, 'sent', 0, 0, 1)"
        )
        store.run(
            "INSERT INTO outbox (id, case_id, key, kind, at, status, body, created_at, level)"
            " VALUES (1000, 1, 'a key', 'reminder', 0, 'told', ?, 0, 1)",
            (b"{}",),
        )
        store.run("INSERT INTO delivery_item (channel_id, outbox_id, delivery_id) VALUES (7, 1000, 4)")
        store.run("INSERT INTO acknowledged (case_id, subject, level, at) VALUES (1, 'b', 1, 0), (1, 'B', 2, 0)")
        store.run("INSERT INTO daemon (id, host, pid, version, started_at, beat_at) VALUES ('d', 'h', 1, '0', 0, 0)")
        store.run("INSERT INTO calendar_file (name, body, installed_at) VALUES ('CN-2027.toml', ?, 0)", (b"\x00\xff",))
    calendars = Path(store.folder) / "calendars"
    calendars.mkdir()
    (calendars / "CN-2027.toml").write_text("year = 2027\n")
    return store


def exported(store: Store) -> bytes:
    """Every log with its hashes, as `export --all --format jsonl` writes it."""
    return b"".join(export_jsonl(Engine(store), store.cases()))


def test_what_is_known_of_the_tables_is_what_the_schema_says() -> None:
    from sqlalchemy import Boolean, Integer, LargeBinary

    from escalation import tables

    schema = {name: table for name, table in tables.Case.metadata.tables.items() if name != "daemon"}

    assert {table.name for table in TABLES} == set(schema)
    for table in TABLES:
        columns = schema[table.name].columns
        keys = [c.name for c in schema[table.name].primary_key]
        assert set(table.columns) == {c.name for c in columns}, table.name
        assert list(table.key) == keys, table.name
        assert table.flags == {c.name for c in columns if isinstance(c.type, Boolean)}, table.name
        assert all(isinstance(columns[k].type, Integer) == (i < table.whole) for i, k in enumerate(keys)), table.name
        assert {c.name for c in columns if isinstance(c.type, LargeBinary)} <= {"body", "snapshot"}
        assert not [c.name for c in columns if c.name in ("body", "snapshot") and not isinstance(c.type, LargeBinary)]
        before = {t.name for t in TABLES[: TABLES.index(table)]}
        assert {key.column.table.name for key in schema[table.name].foreign_keys} <= before, table.name


def test_a_copy_is_the_original(stores: Stores) -> None:
    source, target = filled(stores("one")), stores("two")
    told: list[tuple[str, int, int]] = []
    copied = copy(source, target, lambda *each: told.append(each), path_of)

    assert exported(source) == exported(target) != b""
    assert look(source) == look(target)
    assert copied.tables == look(source).tables
    assert (copied.tables["case"].rows, copied.tables["delivery_item"].rows) == (3, 1)
    assert copied.channels == ["phone"]
    assert all(row["ok"] for row in Desk(target, now=NOW).verify())
    assert target.run("SELECT count(*) FROM daemon").fetchone() == (0,)
    assert [each for each in told if each[0] == "case"] == [("case", 3, 3)]


def test_files_and_calendars_come_along_and_stay_private(stores: Stores) -> None:
    source, target = filled(stores("one")), stores("two")
    copied = copy(source, target, None, path_of)
    calendar = Path(target.folder) / "calendars" / "CN-2027.toml"
    files = [path_of(each, target.folder) for each in look(source).attached]

    assert (copied.files, copied.missing_files, copied.calendars) == (3, [], ["CN-2027.toml"])
    assert sorted(f.read_text() for f in files) == ["a waybill 0", "a waybill 1", "a waybill 2"]
    assert calendar.read_text() == "year = 2027\n"
    assert {stat.S_IMODE(f.stat().st_mode) for f in [*files, calendar]} == {0o600}
    folders = [Path(target.folder), *(f.parent for f in [*files, calendar])]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_attached_files_that_are_gone_or_altered_are_named_and_not_copied(stores: Stores) -> None:
    source, target = filled(stores("one")), stores("two")
    gone, altered, _ = sorted(look(source).attached)
    path_of(gone, source.folder).unlink()
    path_of(altered, source.folder).write_text("something else")
    copied = copy(source, target, None, path_of)

    assert (copied.files, copied.missing_files) == (1, [gone, altered])
    assert not path_of(altered, target.folder).exists()


def test_an_id_given_after_a_copy_is_a_new_one(stores: Stores) -> None:
    source, target = filled(stores("one")), stores("two")
    copy(source, target)
    case = Desk(target, now=NOW).open(str(PARCEL))

    assert case not in {row.ref for row in source.cases()}
    assert target.count() == source.count() + 1
    assert max(row.id for row in target.cases()) > max(row.id for row in source.cases())


@pytest.mark.parametrize("table", ["case", "channel", "calendar_file"])
def test_a_store_that_holds_something_is_refused_and_left_alone(stores: Stores, table: str) -> None:
    source, target = filled(stores("one")), filled(stores("two"))
    with target.writing():
        for name in ("case", "channel", "calendar_file"):
            if name != table:
                target.run(f'DELETE FROM "{name}"')
    before = look(target)
    with pytest.raises(BadInput) as refused:
        copy(source, target)

    assert refused.value.problems[0].expected == "store_not_empty"
    assert look(target) == before


def test_a_store_that_only_looked_at_procedures_counts_as_empty(stores: Stores) -> None:
    source, target = filled(stores("one")), stores("two")
    desk = Desk(target, now=NOW)
    desk.engine.shelf.named("alipay-repayment", desk.now())
    assert is_empty(target)
    copy(source, target)

    assert look(source) == look(target)


def test_an_altered_entry_is_named_and_the_target_stays_empty(stores: Stores) -> None:
    source, target = filled(stores("one")), stores("two")
    ref = next(iter(source.cases())).ref
    altered = source.raw_log(1)[4][0].replace(b"300", b"900")
    with source.writing():
        source.run("UPDATE entry SET body = ? WHERE case_id = 1 AND seq = 5", (altered,))
    with pytest.raises(StoreDamaged) as damaged:
        copy(source, target, None, path_of)

    assert (damaged.value.path, damaged.value.case, damaged.value.seq) == (source.path, ref, 5)
    assert is_empty(target)
    assert target.count() == 0
    assert not list(Path(target.folder).rglob("*.toml"))
    assert [f for f in Path(target.folder).rglob("files/*/*") if f.is_file()] == []


def test_a_procedure_that_was_altered_is_not_copied_on(stores: Stores) -> None:
    source, target = filled(stores("one")), stores("two")
    ((hash, body),) = source.run("SELECT hash, body FROM definition LIMIT 1").fetchall()
    with source.writing():
        source.run("UPDATE definition SET body = ? WHERE hash = ?", (bytes(body).replace(b"1", b"2", 1), hash))
    with pytest.raises(DefinitionDamaged) as damaged:
        copy(source, target)

    assert (damaged.value.path, damaged.value.hash, damaged.value.reason) == (source.path, hash, "altered")
    assert is_empty(target)


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("DELETE FROM entry WHERE case_id = 2 AND seq = 7", 7),
        ("DELETE FROM entry WHERE case_id = 2", 1),
        ("UPDATE entry SET seq = 9 WHERE case_id = 2 AND seq = 7", 7),
    ],
)
def test_entries_that_are_missing_are_found(stores: Stores, change: str, seq: int) -> None:
    source, target = filled(stores("one")), stores("two")
    with source.writing():
        source.run(change)
    with pytest.raises(StoreDamaged) as damaged:
        copy(source, target)

    assert damaged.value.seq == seq
    assert is_empty(target)


EATS = {
    "sqlite": "CREATE TRIGGER eats AFTER INSERT ON outbox BEGIN DELETE FROM timer; END",
    "postgresql": "CREATE RULE eats AS ON INSERT TO outbox DO ALSO DELETE FROM timer",
}


def test_a_failure_of_the_target_leaves_it_empty(stores: Stores) -> None:
    source, target = filled(stores("one")), stores("two")
    with target.writing():
        target.run(EATS[target.kind])
    with pytest.raises(StoreError, match="timer differs"):
        copy(source, target, None, path_of)

    assert is_empty(target)
    assert not (Path(target.folder) / "calendars" / "CN-2027.toml").exists()


def test_many_rows_are_copied_in_batches_in_the_order_of_their_keys(stores: Stores) -> None:
    source, target = stores("one"), stores("two")
    desk = Desk(source, now="2026-03-02T10:00")
    case = desk.open(str(PARCEL))
    for n in range(1203):
        desk.note(case, str(n))
    told: list[int] = []
    copy(source, target, lambda name, done, _: told.append(done) if name == "entry" else None)

    assert told == [500, 1000, 1204]
    assert exported(source) == exported(target)


@pytest.mark.parametrize("stores", [("sqlite", "postgresql")], indirect=True, ids=["postgresql"])
def test_a_copy_that_takes_hours_is_not_ended_by_the_time_outs_of_an_entry(stores: Stores) -> None:
    source, target = filled(stores("one")), stores("two")
    names = ("statement_timeout", "idle_in_transaction_session_timeout")

    def limits() -> list[str]:
        return [target.run("SELECT current_setting(?)", (name,)).fetchone()[0] for name in names]

    during: list[list[str]] = []
    before = limits()
    copy(source, target, lambda name, *_: during.append(limits()) if name == "files" else None, path_of)

    assert during == [["0", "1h"]] * 3
    assert limits() == before == ["30s", "1min"]


DIES = """
import os, sys
from escalation.copying import copy
from escalation.evidence import path_of
from escalation.store import Store
copy(Store.open(sys.argv[1]), Store.open(sys.argv[2]), lambda name, *_: name == sys.argv[3] and os._exit(9), path_of)
"""


@pytest.mark.parametrize("at", ["definition", "entry", "calendar_file", "files"])
def test_killed_half_way_the_target_is_empty_and_takes_the_copy_again(stores: Stores, at: str) -> None:
    source, target = filled(stores("one")), stores("two")
    words = [sys.executable, "-c", DIES, source.path, target.path, at]
    killed = subprocess.run(words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=60)

    assert killed.returncode == 9
    assert is_empty(target)
    assert target.count() == 0
    copy(source, target, None, path_of)
    assert look(source) == look(target)
