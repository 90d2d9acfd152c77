"""The hot SQL, written once for the connection's own cursor. Tests hold it against `tables`.

Placeholders are `?`. There is one set of statements; what a database writes otherwise is said in
`sqlite` and `postgres`.
"""

from __future__ import annotations

CASE_COLUMNS = (
    "id, ref, title, client, definition, opened_at, head, head_hash, open, stage, overdue, next_lapse, snapshot"
    ", person, calendar"
)

FIND_CASE = f'SELECT {CASE_COLUMNS} FROM "case" WHERE ref = ?'
CASES_BY_PREFIX = 'SELECT ref FROM "case" WHERE ref >= ? AND ref < ? ORDER BY ref LIMIT 3'
ALL_REFS = 'SELECT ref FROM "case" ORDER BY id LIMIT ?'
INSERT_CASE = (
    'INSERT INTO "case" (ref, title, client, definition, opened_at, head, head_hash, open, state, stage, overdue,'
    " next_lapse, snapshot, calendar) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
UPDATE_CASE = (
    'UPDATE "case" SET title = ?, client = ?, definition = ?, opened_at = ?, head = ?, head_hash = ?, open = ?,'
    " state = ?, stage = ?, overdue = ?, next_lapse = ?, snapshot = ?, calendar = ? WHERE id = ? AND head = ?"
)
MOVE_CASE = (
    'UPDATE "case" SET head = ?, head_hash = ?, open = ?, state = ?, overdue = ?, next_lapse = ?, snapshot = ?'
    " WHERE id = ? AND head = ?"
)
"""`UPDATE_CASE` where nothing else changes: a column that is named has its index written, changed or not."""
REF = 'SELECT ref FROM "case" WHERE id = ?'
REF_TAKEN = 'SELECT 1 FROM "case" WHERE ref = ?'
COUNT_CASES = 'SELECT count(*) FROM "case"'

INSERT_ENTRY = "INSERT INTO entry (case_id, seq, body, hash, key) VALUES (?, ?, ?, ?, ?)"
LOG = "SELECT body, hash FROM entry WHERE case_id = ? ORDER BY seq"
ENTRY_BY_KEY = "SELECT seq FROM entry WHERE case_id = ? AND key = ?"

DELETE_TIMER = "DELETE FROM timer WHERE case_id = ?"
PUT_TIMER = "INSERT INTO timer (at, case_id) VALUES (?, ?) ON CONFLICT (case_id) DO UPDATE SET at = excluded.at"
DUE_CASES = (
    f"SELECT {', '.join('c.' + name for name in CASE_COLUMNS.split(', '))} FROM timer t"
    ' JOIN "case" c ON c.id = t.case_id WHERE t.at <= ? ORDER BY t.at, t.case_id LIMIT ?'
)
NEXT_TIMER = "SELECT at FROM timer ORDER BY at LIMIT 1"
DUE_COUNT = "SELECT count(*), min(at) FROM timer WHERE at <= ?"
_PUT_OFF = "at - at / 1000000 * 1000000 = ?"
PUT_OFF_COUNT = f"SELECT count(*) FROM timer WHERE {_PUT_OFF}"
BRING_FORWARD = f"UPDATE timer SET at = ? WHERE {_PUT_OFF} AND at > ?"
STALE_CASES = (
    f'SELECT {CASE_COLUMNS} FROM "case" c WHERE open = ? AND calendar != ? AND definition = ? ORDER BY id LIMIT ?'
)
OPEN_DEFINITIONS = 'SELECT DISTINCT definition FROM "case" WHERE open = ?'
ASSIGN = 'UPDATE "case" SET person = ? WHERE id = ?'

SUPERSEDE = "UPDATE outbox SET status = 'superseded' WHERE case_id = ? AND key = ? AND status != 'superseded'"
FORGET_SEEN = "DELETE FROM acknowledged WHERE case_id = ? AND subject = ?"
INSERT_OUTBOX = (
    "INSERT INTO outbox (case_id, key, kind, at, status, body, created_at, level, until)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
ANNOUNCED_AFTER = (
    'SELECT DISTINCT c.ref FROM outbox o JOIN "case" c ON c.id = o.case_id WHERE o.at > ? AND o.status IN'
    " ('pending', 'routed', 'told', 'kept', 'silent', 'parked', 'overtaken', 'coalesced')"
    " AND o.kind NOT IN ('moved', 'retracted')"
)
OUTBOX_OF = "SELECT key, kind, at, status, body, level, until FROM outbox WHERE case_id = ? ORDER BY at, id"

DEFINITION = "SELECT procedure, version, body FROM definition WHERE hash = ?"
DEFINITIONS = (
    "SELECT hash, procedure, version, source, current, by_user FROM definition ORDER BY procedure, installed_at"
)
INSERT_DEFINITION = (
    "INSERT INTO definition (hash, procedure, version, body, source, installed_at, current, by_user)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
RETIRE_DEFINITIONS = "UPDATE definition SET current = ? WHERE procedure = ? AND hash != ?"
CURRENT_DEFINITION = "UPDATE definition SET current = ?, by_user = ?, source = ? WHERE hash = ?"

SETTING = "SELECT value FROM setting WHERE name = ?"
CALENDAR_FILES = "SELECT name, body FROM calendar_file ORDER BY name"
PUT_CALENDAR_FILE = (
    "INSERT INTO calendar_file (name, body, installed_at) VALUES (?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET body = excluded.body, installed_at = excluded.installed_at"
)

PUT_SETTING = "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


def list_cases(clauses: tuple[str, ...], order: str = "id", limited: bool = False) -> str:
    """The cases that satisfy all clauses, after a given id."""
    where = " AND ".join(("id > ?", *clauses))
    return f'SELECT {CASE_COLUMNS} FROM "case" WHERE {where} ORDER BY {order}' + (" LIMIT ?" if limited else "")


def cases_of(each: str) -> str:
    """The cases of the ids that `each` (`Database.each`) lists, always in the same order, so that nobody deadlocks."""
    return f'SELECT {CASE_COLUMNS} FROM "case" WHERE ref IN ({each}) ORDER BY id'


def cases_by_number(many: int) -> str:
    """The cases of so many ids."""
    return f'SELECT {CASE_COLUMNS} FROM "case" WHERE id IN ({", ".join("?" * many)})'
