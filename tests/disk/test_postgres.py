"""What only PostgreSQL has: round trips, connections that are lost, several machines on one store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from places import Place, Server, running
from proxy import ANSWER, REQUEST, Proxy

from escalation import Desk, open_store
from escalation.core.entries import Entry, Note
from escalation.daemon import Daemon
from escalation.engine import Loaded
from escalation.errors import StoreBusy, StoreError, StoreTooNew
from escalation.postgres_url import settings_of, without_password
from escalation.store import Store
from escalation.wording import error_lines

ROOT = Path(__file__).parent.parent.parent
PARCEL = ROOT / "tests" / "procedures" / "parcel-dispute.yaml"
NOW = "2026-03-02T10:00"
YEAR = """calendar = "CN"
year = 2027
off = [
  {from = 2027-01-01, to = 2027-01-03, name = "元旦"},
  {from = 2027-02-05, to = 2027-02-11, name = "春节"},
]
working = [2027-01-31, 2027-02-20]

[source]
title = "made up for a test"
"""

pytestmark = pytest.mark.parametrize("place", ["postgresql"], indirect=True)


@pytest.fixture
def proxy(place: Place) -> Iterator[Proxy]:
    assert place.server is not None
    with tempfile.TemporaryDirectory(prefix="px") as folder, Proxy(Path(folder), place.server.socket) as made:
        yield made


@pytest.fixture
def through(place: Place, proxy: Proxy) -> Iterator[tuple[Desk, str]]:
    """A desk whose connection goes through the proxy, and a case that it has not written yet."""
    with open_store(place.url(), now=NOW) as desk:
        case = desk.open(str(PARCEL))
    with open_store(f"postgresql://postgres@/{place.database()}?host={proxy.folder}&port=5433", now=NOW) as desk:
        desk.show(case)
        yield desk, case


def note(text: str) -> Callable[[Loaded, int, datetime], Entry]:
    return lambda _, seq, now: Note(seq=seq, recorded_at=now, occurred_at=now, text=text)


def texts(place: Place, case: str) -> list[str]:
    """The notes of a case, which must be well."""
    with open_store(place.url(), now="2026-03-03T10:00") as desk:
        assert all(row["ok"] for row in desk.verify())
        return [row["text"] for row in desk.log(case) if row["kind"] == "note"]


def test_an_entry_costs_two_round_trips(through: tuple[Desk, str], proxy: Proxy) -> None:
    desk, case = through
    desk.engine.append(case, note("first"), desk.now())
    before = proxy.round_trips
    desk.engine.append(case, note("second"), desk.now())

    assert proxy.round_trips - before == 2


def test_a_connection_that_was_cut_before_an_entry_is_made_anew(desk: Callable[[str], Desk], place: Place) -> None:
    there = desk(NOW)
    case = there.open(str(PARCEL))
    assert place.server is not None
    assert place.server.cut(place.database()) == 1
    there.engine.append(case, note("once"), there.now())
    assert place.server.cut(place.database()) >= 1

    assert there.show(case)["head"] == 2
    assert texts(place, case) == ["once"]


def test_a_connection_that_is_cut_in_the_midst_of_an_entry_records_it_once(
    desk: Callable[[str], Desk], place: Place
) -> None:
    there = desk(NOW)
    case = there.open(str(PARCEL))
    tries: list[int] = []

    def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
        if not tries:
            assert place.server is not None
            place.server.cut(place.database())
        tries.append(seq)
        return note("once")(loaded, seq, now)

    there.engine.append(case, make, there.now())

    assert tries == [2, 2]
    assert texts(place, case) == ["once"]


@pytest.mark.parametrize("lost", [ANSWER, REQUEST])
def test_an_entry_is_there_once_when_its_commit_is_lost(
    through: tuple[Desk, str], place: Place, proxy: Proxy, lost: str
) -> None:
    desk, case = through
    made: list[int] = []

    def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
        made.append(seq)
        return note("once")(loaded, seq, now)

    proxy.lose = lost
    recorded = desk.engine.append(case, make, desk.now())

    assert proxy.lose is None
    assert recorded.seq == 2
    assert made == ([2] if lost == ANSWER else [2, 2])
    assert texts(place, case) == ["once"]


@pytest.mark.parametrize("lost", [ANSWER, REQUEST])
def test_a_case_is_opened_once_when_its_commit_is_lost(
    through: tuple[Desk, str], place: Place, proxy: Proxy, lost: str
) -> None:
    desk, first = through
    proxy.lose = lost
    second = desk.open(str(PARCEL), title="second")

    with open_store(place.url(), now=NOW) as there:
        assert [row["case"] for row in there.cases()] == [first, second]
    assert proxy.lose is None


def test_a_batch_that_is_cut_keeps_nothing_and_the_next_goes_on(desk: Callable[[str], Desk], place: Place) -> None:
    there = desk(NOW)
    case = there.open(str(PARCEL))

    def half() -> None:
        with there.engine.batch():
            there.note(case, "one")
            assert place.server is not None
            place.server.cut(place.database())
            there.note(case, "two")

    with pytest.raises(StoreError):
        half()
    there.note(case, "three")

    assert texts(place, case) == ["three"]


def test_two_that_ask_for_what_is_due_at_once_get_different_cases(desk: Callable[[str], Desk], place: Place) -> None:
    there = desk(NOW)
    cases = {there.open(str(PARCEL)) for _ in range(3)}
    for case in cases:
        there.done(case, "photos")
        there.follow_up(case, "add", due="2026-03-04", text="ring")
    later = there.now() + timedelta(days=60)
    with closing(Store.open(place.url())) as one, closing(Store.open(place.url())) as two, one.writing():
        first = [row.ref for row in one.due(later, 2)]
        with two.writing():
            second = [row.ref for row in two.due(later, 2)]

    assert len(first) == 2
    assert {*first, *second} == cases
    assert len(second) == 1


def test_who_waits_too_long_for_a_case_is_told_that_the_store_is_busy(
    desk: Callable[[str], Desk], place: Place
) -> None:
    there = desk(NOW)
    case = there.open(str(PARCEL))
    with open_store(place.url() + "&options=-c%20lock_timeout%3D50ms", now=NOW) as other, there.engine.batch():
        there.note(case, "mine")
        with pytest.raises(StoreBusy):
            other.note(case, "theirs")

    assert texts(place, case) == ["mine"]


OPEN = "import sys; from escalation.store import Store; Store.open(sys.argv[1]).close()"


def test_several_that_open_a_new_store_at_once_make_it_once(server: Server, place: Place) -> None:
    name = server.new()
    try:
        openers = [subprocess.Popen([sys.executable, "-c", OPEN, server.url(name)], cwd=ROOT) for _ in range(3)]
        assert [each.wait(timeout=120) for each in openers] == [0, 0, 0]
        with psycopg.connect(server.url(name)) as there:
            assert there.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    finally:
        server.drop(name)


def test_the_migrations_make_what_the_tables_say(place: Place) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine
    from sqlmodel import SQLModel

    import escalation.tables  # noqa: F401

    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(place.url()))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, SQLModel.metadata)
    engine.dispose()

    assert differences == []


def test_what_is_ordered_by_its_text_has_the_same_order_in_every_locale(place: Place) -> None:
    """A server for tests has no other locale than C, so the columns themselves are asked."""
    with psycopg.connect(place.url()) as there:
        found = there.execute(
            "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE collation_name = 'C'"
            " AND table_schema = 'public'"
        ).fetchall()

    assert {name for (name,) in found} >= {"case.ref", "definition.procedure", "channel.name"}


def test_the_tables_of_another_program_are_left_alone(place: Place) -> None:
    place.run("UPDATE alembic_version SET version_num = 'ae1027a6acf'")

    with pytest.raises(StoreError, match="another program"):
        Store.open(place.url())


@pytest.mark.parametrize(
    ("lang", "says"), [("zh", "里面有别的程序的表"), ("en", "the tables of another program are in it")]
)
def test_a_table_of_another_program_is_named_as_that_and_left_alone(
    server: Server, place: Place, lang: str, says: str
) -> None:
    name = server.new()
    try:
        with psycopg.connect(server.url(name)) as there:
            there.execute('CREATE TABLE "case" (colour text)')
        with pytest.raises(StoreError) as raised:
            Store.open(server.url(name))
        with psycopg.connect(server.url(name)) as there:
            tables = there.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    finally:
        server.drop(name)

    assert says in "\n".join(error_lines(raised.value, lang))
    assert "already exists" not in "\n".join(error_lines(raised.value, lang))
    assert tables == [("case",)]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://ann:S3CRET@127.0.0.1:1,127.0.0.2:2/cases", "postgresql://ann@127.0.0.1:1,127.0.0.2:2/cases"),
        ("postgresql://ann@a,b:2/cases", "postgresql://ann@a,b:2/cases"),
        ("postgresql://[::1]:5433,db/cases", "postgresql://[::1]:5433,db/cases"),
        ("postgresql:///cases?host=/run/a,/run/b&port=1,2", "postgresql://:1,:2/cases?host=/run/a%2C/run/b"),
        ("postgresql:///?service=office", "postgresql:///?service=office"),
        ("postgresql://ann@/cases?service=office&password=S3CRET", "postgresql://ann@/cases?service=office"),
    ],
)
def test_messages_call_a_database_what_a_person_does(place: Place, url: str, name: str) -> None:
    assert without_password(settings_of(url)) == name


@pytest.fixture
def office(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A service that says how long statements may take, and how long to wait for a connection."""
    assert place.server is not None
    file = tmp_path / "services.conf"
    file.write_text(
        f"[home]\nkeepalives_idle=5\n# ours\n[office]\nhost={place.server.folder}\nuser=postgres\n"
        f"dbname={place.database()}\noptions=-c statement_timeout=7s\nconnect_timeout=3\n\n"
        "[other]\nkeepalives_count=1\n"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    return "postgresql:///?service=office"


def test_what_a_service_says_holds_and_the_rest_is_ours(office: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(office)
    with closing(Store.open(office)) as store:
        limits = [
            store.run("SELECT current_setting(?)", (name,)).fetchone()[0]
            for name in ("statement_timeout", "lock_timeout")
        ]
        assert store.path == office

    assert limits == ["7s", "30s"]
    assert "connect_timeout" not in settings
    assert (settings["keepalives_idle"], settings["keepalives_count"]) == ("30", "3")
    monkeypatch.setenv("PGSERVICE", "office")
    assert settings_of("postgresql:///") == settings


def test_of_a_service_that_cannot_be_looked_into_nothing_is_overridden(office: str) -> None:
    assert settings_of("postgresql:///?service=elsewhere").keys() == {"service", "client_encoding"}


@pytest.fixture
def guarded(server: Server) -> Iterator[str]:
    """A role that needs its password, which has every sign in it that a URL reads otherwise."""
    password = "p@s:s/w?o#r%d"
    file = server.folder / "pg_hba.conf"
    before = file.read_text()
    server.admin.execute(f"CREATE ROLE clerk LOGIN PASSWORD '{password}'")
    file.write_text("local all clerk scram-sha-256\n" + before)
    server.admin.execute("SELECT pg_reload_conf()")
    yield password
    file.write_text(before)
    server.admin.execute("SELECT pg_reload_conf()")
    server.admin.execute("DROP OWNED BY clerk")
    server.admin.execute("DROP ROLE clerk")


def test_no_message_holds_the_password_and_all_say_what_is_wrong(place: Place, guarded: str) -> None:
    assert place.server is not None
    database, folder = place.database(), place.server.folder
    rest = f"@/{database}?host={folder}"
    for url, reason in (
        (f"postgresql://clerk:secret123{rest}", "password authentication failed"),
        (f"postgresql://clerk:p%40s%3As%2Fw%3Fo%23r%25d{rest}", "permission denied"),
        (f"postgresql://postgres:secret123@/nowhere?host={folder}", "does not exist"),
        (f"postgresql://postgres:secret123@/{database}?host=/nowhere", "No such file"),
        ("postgresql://postgres:secret123@127.0.0.1:1/x", "refused"),
        ("postgresql://clerk:secret123/1@host/x", "write @ as %40"),
        ("postgresql://clerk:a@secret123@host/x", "write @ as %40"),
        ("postgresql://clerk:secret123%zz@host/x", "write @ as %40"),
    ):
        with pytest.raises(StoreError) as raised:
            Store.open(url)
        assert reason in raised.value.reason, (url, raised.value.reason)
        assert raised.value.path.startswith("postgresql://")
        assert "secret123" not in str(raised.value) + str(raised.value.facts())
        assert "p@s" not in str(raised.value)


def test_the_password_may_come_from_the_environment(
    place: Place, guarded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place.server is not None
    database, folder = place.database(), place.server.folder
    place.server.admin.execute(f"ALTER DATABASE {database} OWNER TO clerk")
    place.run("GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk")
    monkeypatch.setenv("PGPASSWORD", guarded)
    monkeypatch.setenv("PGHOST", str(folder))

    with closing(Store.open(f"postgresql://clerk@/{database}")) as store:
        assert store.path == f"postgresql://clerk@/{database}"
        assert store.count() == 0
    place.run("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM clerk")
    place.server.admin.execute(f"ALTER DATABASE {database} OWNER TO postgres")


def test_without_psycopg_the_message_says_what_to_install(place: Place) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from escalation.cli import run\n"
        "sys.exit(run(['--store', 'postgresql://u:secret@h/d', '--lang', 'en', 'list']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 5
    assert "pip install 'escalation[postgres]'" in done.stderr
    assert "secret" not in done.stderr


def test_the_files_of_a_store_lie_where_its_database_says(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Store.open(place.url())) as store:
        assert store.folder == os.environ["ESCALATION_FILES"]
    monkeypatch.delenv("ESCALATION_FILES")
    with closing(Store.open(place.url())) as store, closing(Store.open(place.url("other"))) as other:
        assert Path(store.folder).name.startswith("postgresql-")
        assert store.folder != other.folder


def test_a_calendar_that_one_machine_installs_is_there_on_the_others(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = (ROOT / "states" / "calendars" / "CN" / "2026.toml").read_text("utf-8")
    file = tmp_path / "mine.toml"
    file.write_text(shipped)
    with open_store(place.url(), now=NOW) as desk:
        desk.install_calendar(file)
    monkeypatch.setenv("ESCALATION_FILES", str(tmp_path / "other-machine"))
    with open_store(place.url(), now=NOW):
        pass

    brought = tmp_path / "other-machine" / "calendars" / "CN-2026.toml"
    assert brought.read_text() == shipped
    assert brought.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in brought.parent.iterdir()] == ["CN-2026.toml"]


def test_a_set_of_entries_keeps_every_letter(place: Place) -> None:
    """Sets travel as arrays, which have quotes, commas and NULLs of their own."""
    said = ['"', "\\", "{a,b}", "NULL", "", "他说：“好”\n\t'", "\\x41", "🙂"]
    with open_store(place.url(), now=NOW) as desk:
        cases = [desk.open(str(PARCEL), title=text or "…") for text in said]
        of = dict(zip(cases, said, strict=True))

        def make(case: Loaded, seq: int, now: datetime) -> Entry:
            return Note(seq=seq, recorded_at=now, occurred_at=now, text=of[case.row.ref])

        desk.engine.append_many(cases, make, datetime.fromisoformat("2026-03-02T11:00+08:00"))
    assert [texts(place, case) for case in cases] == [[text] for text in said]
    with open_store(place.url(), now="2026-03-03T10:00") as desk:
        assert [desk.show(case)["title"] for case in cases] == [text or "…" for text in said]


def test_an_entry_that_a_crash_of_the_server_has_lost_is_never_called_recorded(place: Place) -> None:
    """After a crash the number of the lost transaction is given out again, and what it says is somebody else's."""
    with running() as server:
        name = server.new("filled")
        with open_store(server.url(name), now=NOW) as mine:
            first, second = mine.open(str(PARCEL)), mine.open(str(PARCEL))

            def write_and_crash() -> None:
                with mine.engine.batch():
                    mine.note(first, "must not be lost")
                    number, process = mine.engine.store.run("SELECT pg_current_xact_id(), pg_backend_pid()").fetchone()
                    os.kill(process, signal.SIGKILL)
                    _wait_for(server.url(name))
                    with open_store(server.url(name), now=NOW) as theirs, theirs.engine.batch():
                        again = theirs.engine.store.run("SELECT pg_current_xact_id()").fetchone()[0]
                        theirs.note(second, "theirs")
                    assert again == number, "the server did not give the number out again"

            with pytest.raises(StoreError):
                write_and_crash()

            assert [type(entry).__name__ for entry in mine.engine.store.log(1)] == ["Opened"]
            mine.note(first, "and it goes on")
            assert [row["text"] for row in mine.log(first) if row["kind"] == "note"] == ["and it goes on"]
        server.admin.close()
        server.admin = psycopg.connect(server.url("postgres"), autocommit=True)


def _wait_for(url: str) -> None:
    """Until the server takes connections again."""
    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            assert time.monotonic() < until, "the server did not come back"


def test_a_claim_that_found_nothing_wakes_nobody(desk: Callable[[str], Desk], place: Place) -> None:
    there = desk(NOW)
    case = there.open(str(PARCEL))
    store = there.engine.store
    with psycopg.connect(place.url(), autocommit=True) as ears:
        ears.execute("LISTEN escalation")
        with store.writing():
            store.run("UPDATE setting SET value = value WHERE name = ? RETURNING name", ("nothing",)).fetchall()
        there.note(case, "heard")

        assert len(list(ears.notifies(timeout=10, stop_after=1))) == 1
        assert list(ears.notifies(timeout=0)) == []


def test_an_answer_needs_no_connection_once_the_entry_is_kept(
    desk: Callable[[str], Desk], place: Place, proxy: Proxy
) -> None:
    there = desk(NOW)
    case = there.open(str(PARCEL))
    with open_store(f"postgresql://postgres@/{place.database()}?host={proxy.folder}&port=5433", now=NOW) as cut:
        cut.note(case, "first")
        before = proxy.round_trips
        answer = cut.note(case, "second")

        assert (answer["seq"], answer["head"]) == (3, 3)
        assert proxy.round_trips - before == 3  # one for the zone of the case, two for the entry


@pytest.mark.parametrize("level", ["serializable", "repeatable read"])
def test_a_server_that_begins_otherwise_changes_nothing_about_claims(
    desk: Callable[[str], Desk], place: Place, level: str
) -> None:
    there = desk(NOW)
    there.open(str(PARCEL))
    with psycopg.connect(place.url(), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {place.database()} SET default_transaction_isolation = '{level}'")
    with open_store(place.url(), now=NOW) as other, other.engine.store.writing():
        assert other.engine.store.run("SELECT current_setting('transaction_isolation')").fetchone()[0] == (
            "read committed"
        )


def test_limits_hold_without_words_that_a_pooler_refuses_and_those_of_the_url_stay(place: Place) -> None:
    asked = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
    with closing(Store.open(place.url())) as plain:
        assert plain.run(asked).fetchone() == ("30s", "30s")
    with closing(Store.open(place.url() + "&options=-c%20lock_timeout%3D50ms")) as own:
        assert own.run(asked).fetchone() == ("30s", "50ms")


def test_holidays_that_another_machine_installed_reach_a_daemon_that_runs(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESCALATION_FILES", str(tmp_path / "here"))
    with open_store(place.url(), now="2026-12-20T10:00") as here:
        here.open(str(PARCEL))
        daemon = Daemon(here.engine.store, nightly=False)
        before = daemon.calendar_changed()
        monkeypatch.setenv("ESCALATION_FILES", str(tmp_path / "elsewhere"))
        with open_store(place.url(), now="2026-12-20T10:00") as elsewhere:
            year = tmp_path / "CN-2027.toml"
            year.write_text(YEAR, encoding="utf-8")
            elsewhere.install_calendar(year)
        screens = here.freshen()

        assert (before, screens, daemon.calendar_changed(), daemon.calendar_changed()) == (False, True, True, False)
        daemon.sending.close()


def test_a_program_that_runs_leaves_a_store_alone_that_became_too_new_for_it(
    desk: Callable[[str], Desk], place: Place
) -> None:
    there = desk(NOW)
    case = there.open(str(PARCEL))
    there.log(case)
    with psycopg.connect(place.url(), autocommit=True) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '0009'")
        newer.execute("ALTER TABLE entry ALTER COLUMN hash TYPE text")
    with pytest.raises(StoreTooNew):
        there.engine.store.check_version()
    with pytest.raises(StoreTooNew):
        there.log(case)  # the statement that was prepared for the old column leads to a new connection
