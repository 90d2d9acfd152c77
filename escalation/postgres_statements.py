"""What only PostgreSQL is told: transactions, limits, and what became of a lost one."""

from __future__ import annotations

from escalation.libpq import Command

CHANNEL = "escalation"
BEGIN: Command = ("BEGIN ISOLATION LEVEL READ COMMITTED", ())
"""Named, because a server can be set to begin otherwise, and then claims of several daemons fail."""
WHICH: Command = ("SELECT pg_current_xact_id()::text, pg_backend_pid()", ())
BEGIN_READING: Command = ("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", ())
TELL: Command = (f"NOTIFY {CHANNEL}", ())
COMMIT: Command = ("COMMIT", ())
ROLLBACK: Command = ("ROLLBACK", ())
WHAT_BECAME = "SELECT pg_xact_status(?::xid8)"
END_ORPHAN = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xid = ?::xid8::xid AND pid = ?"
"""A process of ours on the server that has not noticed that nobody is there any more, and holds its locks."""
IS_THERE = "SELECT count(*) FROM entry WHERE case_id = ? AND seq = ? AND hash = ?"
LIMITS = {"statement_timeout": "30s", "lock_timeout": "30s", "idle_in_transaction_session_timeout": "60s"}
"""A process that was frozen in the midst of a transaction must not hold up the others for ever."""
HELLO: Command = (
    "SELECT pg_postmaster_start_time()::text, (extract(epoch from clock_timestamp()) * 1000000)::bigint, "
    + ", ".join(
        f"CASE WHEN current_setting('{name}') = '0' THEN set_config('{name}', '{limit}', false) END"
        for name, limit in LIMITS.items()
    ),
    (),
)
"""Since when the server runs and what its clock says. Limits that the URL, the role or the service set stay."""
VERSION_THERE: Command = ("SELECT version_num FROM alembic_version", ())
