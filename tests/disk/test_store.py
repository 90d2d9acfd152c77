"""The store: schema, transactions, two writers, and gates that noise cannot move."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from places import Place

from escalation import Desk, open_store, statements
from escalation.migrations import SCHEMA, upgrade
from escalation.sqlite import SqliteDatabase
from escalation.store import Store

ROOT = Path(__file__).parent.parent.parent


def connection_of(store: Store) -> sqlite3.Connection:
    assert isinstance(store._db, SqliteDatabase)
    return store._db.connection


def schema(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        version = connection.execute("PRAGMA user_version").fetchone()
    return [*((name, " ".join((sql or "").split())) for name, sql in rows), version]


def test_the_script_for_new_files_is_what_the_migrations_make(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'migrated.db'}")
    Store.open(str(tmp_path / "new.db")).close()

    assert schema(tmp_path / "new.db") == schema(tmp_path / "migrated.db")
    assert os.path.isfile(SCHEMA)


def test_a_store_of_the_first_release_is_copied_and_upgraded_and_means_the_same(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    path.write_bytes((Path(__file__).parent / "old" / "schema-1.sqlite").read_bytes())
    with open_store(path, now="2026-03-04T10:00") as there:
        (case,) = there.cases()
        assert case["tracks"][0]["state"] == "waiting"
        assert case["deadlines"][0]["due"] == "2026-03-10"
        assert [row["ok"] for row in there.verify()] == [True]

    assert (tmp_path / "cases.db.before-schema-2-was-1").exists()
    Store.open(str(tmp_path / "new.db")).close()
    assert schema(tmp_path / "new.db") == schema(path)


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    from escalation.tables import SQLModel

    path = tmp_path / "new.db"
    Store.open(str(path)).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, SQLModel.metadata)
    engine.dispose()

    assert differences == []


def test_every_hot_statement_is_one_that_the_schema_knows(tmp_path: Path) -> None:
    texts = [
        v
        for k, v in vars(statements).items()
        if (k.isupper() and isinstance(v, str) and " " in v and "FROM" in v) or k.startswith(("INSERT", "PUT"))
    ]
    with closing(Store.open(str(tmp_path / "new.db"))) as store:
        for text in texts:
            connection_of(store).execute(f"EXPLAIN {text}", (None,) * text.count("?"))

    assert len(texts) > 10


RACE = """
import sys
from escalation import open_store
desk = open_store(sys.argv[1], now="2026-03-03T09:00")
for i in range(225):
    desk.note(sys.argv[2], f"{sys.argv[3]} {i}", key=f"{sys.argv[3]}-{i}")
"""


def test_two_processes_writing_one_case_450_times_lose_nothing(
    desk: Callable[[str], Desk], parcel: Path, place: Place
) -> None:
    there = desk("2026-03-02T10:00")
    case = there.open(str(parcel))
    writers = [
        subprocess.Popen([sys.executable, "-c", RACE, place.url(), case, name], cwd=ROOT) for name in ("one", "two")
    ]

    assert [w.wait(timeout=120) for w in writers] == [0, 0]
    rows = desk("2026-03-03T10:00").log(case)
    assert len(rows) == 451
    assert [r["seq"] for r in rows] == list(range(1, 452))
    for name in ("one", "two"):
        assert [r["text"] for r in rows if r.get("text", "").startswith(name)] == [f"{name} {i}" for i in range(225)]
    assert [row["ok"] for row in desk("2026-03-03T10:00").verify()] == [True]


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_an_entry_costs_few_statements_and_one_transaction(desk: Callable[[str], Desk], parcel: Path) -> None:
    there = desk("2026-03-02T10:00")
    case = there.open(str(parcel))
    there.note(case, "first")
    ran: list[str] = []
    connection_of(there.engine.store).set_trace_callback(ran.append)
    there.engine.append(case, lambda c, seq, now: _note(seq, now), there.now())
    connection_of(there.engine.store).set_trace_callback(None)
    hot = [r for r in ran if not r.startswith("--")]

    assert [r.split()[0] for r in hot] == ["BEGIN", "SELECT", "INSERT", "UPDATE", "INSERT", "COMMIT"], hot


def _note(seq: int, now):  # type: ignore[no-untyped-def]
    from escalation.core.entries import Note

    return Note(seq=seq, recorded_at=now, occurred_at=now, text="second")


def steps(store: Store, sql: str, values: tuple[object, ...]) -> int:
    """Virtual-machine steps that a statement takes: the same on every machine, however busy."""
    ran = 0

    def count() -> int:
        nonlocal ran
        ran += 1
        return 0

    connection = connection_of(store)
    connection.set_progress_handler(count, 1)
    connection.execute(sql, values).fetchall()
    connection.set_progress_handler(None, 0)
    return ran


def filled(path: Path, cases: int) -> Store:
    """A store with that many timers, none of them due."""
    store = Store.open(str(path))
    connection = connection_of(store)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO timer (at, case_id) VALUES (?, ?)", ((10**15 + i, i) for i in range(cases)))
    connection.execute("COMMIT")
    return store


def test_the_due_query_takes_the_same_steps_at_a_thousand_rows_and_at_a_hundred_thousand(tmp_path: Path) -> None:
    found = []
    for cases in (1_000, 100_000):
        with closing(filled(tmp_path / f"{cases}.db", cases)) as store:
            queries = ((statements.NEXT_TIMER, ()), (statements.DUE_CASES, (1, 100)))
            found.append([steps(store, sql, values) for sql, values in queries])

    assert found[0] == found[1]
    assert max(found[0]) < 40


def test_a_store_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    from escalation.errors import StoreError

    blocked = tmp_path / "file"
    blocked.write_text("")

    with pytest.raises(StoreError):
        open_store(blocked / "cases.db")


def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    from escalation.errors import StoreError

    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, but a long enough text to be taken for one" * 10)
    before = path.read_bytes()

    with pytest.raises(StoreError):
        open_store(path)
    assert path.read_bytes() == before


def test_what_another_process_commits_is_noticed_and_what_one_commits_oneself_is_not(
    desk: Callable[[str], Desk], parcel: Path, place: Place
) -> None:
    there = desk("2026-03-02T10:00")
    case = there.open(str(parcel))
    store = there.engine.store
    before = store.changes()
    there.note(case, "my own")
    assert store.changes() == before
    assert not store.wait(0)
    with open_store(place.url(), now="2026-03-02T10:00") as other:
        other.note(case, "another's")

    assert store.wait(30)
    assert store.changes() != before
    assert not store.wait(0)


def test_many_cases_are_written_as_sets_and_mean_the_same_as_one_by_one(
    desk: Callable[[str], Desk], parcel: Path, place: Place
) -> None:
    from escalation.core.entries import Note
    from escalation.core.evaluate import evaluate
    from escalation.store import Posted

    there = desk("2026-03-02T10:00")
    refs = [there.open(str(parcel), title=f'"{n}" \\ 花瓶', client="王" if n else None) for n in range(5)]
    store, now = there.engine.store, there.now()
    with store.writing():
        rows = store.cases_of([*reversed(refs), "none"])
        changes = []
        for row in rows:
            note = Note(seq=2, recorded_at=now, occurred_at=now, text="x") if row.ref != refs[0] else None
            log = [*store.log(row.id), note] if note else store.log(row.id)
            kept = evaluate(there.engine.shelf.table, log, now)
            # Every second one has nothing to wait for.
            moment = None if row.id % 2 else now
            standing = there.engine.standing(kept)._replace(next_moment=moment, stage='{"a\\', overdue=True)
            changes.append((row, note, standing))
        store.append_all(changes)
        for n in (1, 2):
            new = [Posted(f"k{row.id}{n}", "kind", now, "pending", b'{"\\\0') for row in rows]
            store.post_all([(row.id, new, [f"k{row.id}1"] if n == 2 else []) for row in rows], now)

    assert [row.ref for row in rows] == list(reversed(refs))
    assert [store.case(ref).head for ref in refs] == [1, 2, 2, 2, 2]
    assert [(row.ref, row.title, row.client, row.overdue) for row in store.cases(stage='{"a\\')] == [
        (ref, f'"{n}" \\ 花瓶', "王" if n else None, True) for n, ref in enumerate(refs)
    ]
    assert all(row["ok"] for row in there.verify())
    assert [row.id for row in store.due(now, 100)] == [row.id for row in sorted(rows) if not row.id % 2]
    own = [p for p in store.outbox(rows[0].id) if p.key.startswith(f"k{rows[0].id}")]
    assert [(p.status, p.body) for p in own] == [("superseded", b'{"\\\0'), ("pending", b'{"\\\0')]
