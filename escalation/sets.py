"""What PostgreSQL writes otherwise because it is quicker: sets of rows, and the three writes of an entry as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from escalation import delivery_statements as out
from escalation import statements as sql

SETS = {
    sql.INSERT_ENTRY: (
        "INSERT INTO entry (case_id, seq, body, hash, key)"
        " SELECT * FROM unnest(?::bigint[], ?::int[], ?::bytea[], ?::text[], ?::text[])"
    ),
    sql.UPDATE_CASE: (
        'UPDATE "case" c SET title = n.title, client = n.client, definition = n.definition, opened_at = n.opened_at,'
        " head = n.head, head_hash = n.head_hash, open = n.open, state = n.state, stage = n.stage,"
        " overdue = n.overdue, next_lapse = n.next_lapse, snapshot = n.snapshot,"
        " calendar = n.calendar"
        " FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::int[], ?::text[], ?::bool[], ?::text[],"
        " ?::text[], ?::bool[], ?::bigint[], ?::bytea[], ?::text[], ?::bigint[], ?::int[])"
        " AS n (title, client, definition, opened_at, head, head_hash, open, state, stage, overdue, next_lapse,"
        " snapshot, calendar, id, was) WHERE c.id = n.id AND c.head = n.was"
    ),
    sql.MOVE_CASE: (
        'UPDATE "case" c SET head = n.head, head_hash = n.head_hash, open = n.open, state = n.state,'
        " overdue = n.overdue, next_lapse = n.next_lapse, snapshot = n.snapshot"
        " FROM unnest(?::int[], ?::text[], ?::bool[], ?::text[], ?::bool[], ?::bigint[], ?::bytea[], ?::bigint[],"
        " ?::int[]) AS n (head, head_hash, open, state, overdue, next_lapse, snapshot, id, was)"
        " WHERE c.id = n.id AND c.head = n.was"
    ),
    sql.PUT_TIMER: (
        "INSERT INTO timer (at, case_id) SELECT * FROM unnest(?::bigint[], ?::bigint[])"
        " ON CONFLICT (case_id) DO UPDATE SET at = excluded.at"
    ),
    sql.DELETE_TIMER: "DELETE FROM timer WHERE case_id = ANY(?::bigint[])",
    sql.SUPERSEDE: (
        "UPDATE outbox o SET status = 'superseded' FROM unnest(?::bigint[], ?::text[]) AS n (case_id, key)"
        " WHERE o.case_id = n.case_id AND o.key = n.key AND o.status != 'superseded'"
    ),
    sql.INSERT_OUTBOX: (
        "INSERT INTO outbox (case_id, key, kind, at, status, body, created_at, level, until) SELECT * FROM"
        " unnest(?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::bytea[], ?::bigint[], ?::int[],"
        " ?::bigint[])"
        " ON CONFLICT DO NOTHING"
    ),
    out.MARK: (
        "UPDATE outbox o SET status = n.status FROM unnest(?::text[], ?::bigint[]) AS n (status, id)"
        " WHERE o.id = n.id AND o.status = 'pending'"
    ),
}
"""What writes one row, and what writes a set of them in one statement."""

ENTRY_AT_ONCE = {
    (case, clock): f"WITH written AS ({sql.INSERT_ENTRY}), {name} AS ({clock}) {case}"
    for case in (sql.MOVE_CASE, sql.UPDATE_CASE)
    for name, clock in (("moved", sql.PUT_TIMER), ("stopped", sql.DELETE_TIMER))
}
"""What an entry writes, by what it does to the case and the timer. Its values: of the first, the third, the second."""


def at_once(commands: Sequence[tuple[str, Sequence[Any]]]) -> list[tuple[str, Sequence[Any]]]:
    """The same commands, with an entry written by one statement: a tenth less time than by three."""
    for i in range(len(commands) - 2):
        (first, entry), (second, case), (third, timer) = commands[i : i + 3]
        if first == sql.INSERT_ENTRY and (second, third) in ENTRY_AT_ONCE:
            return [*commands[:i], (ENTRY_AT_ONCE[second, third], (*entry, *timer, *case)), *commands[i + 3 :]]
    return list(commands)
