"""Definitions, cases, entries, timers, outbox, settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "definition",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("procedure", _by_code(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("installed_at", sa.BigInteger(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("by_user", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.create_index("ix_definition_procedure", "definition", ["procedure"])
    op.create_table(
        "case",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("ref", _by_code(16), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("client", sa.String()),
        sa.Column("definition", sa.String(), sa.ForeignKey("definition.hash"), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("next_lapse", sa.BigInteger()),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("ref"),
    )
    op.create_index("ix_case_stage", "case", ["stage", "id"])
    op.create_index("ix_case_client", "case", ["client", "id"])
    op.create_table(
        "entry",
        _case_key(primary=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("key", sa.String()),
        sa.UniqueConstraint("case_id", "key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "timer",
        sa.Column("at", sa.BigInteger(), primary_key=True, autoincrement=False),
        _case_key(primary=True),
        sa.UniqueConstraint("case_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), primary_key=True),
        _case_key(primary=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    standing = sa.text("status != 'superseded'")
    op.create_index(
        "uq_outbox_key", "outbox", ["case_id", "key"], unique=True, sqlite_where=standing, postgresql_where=standing
    )
    op.create_index("ix_outbox_status", "outbox", ["status", "at"])
    op.create_table(
        "setting",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), nullable=False),
    )


def downgrade() -> None:
    for table in ("setting", "outbox", "timer", "entry", "case", "definition"):
        op.drop_table(table)


def _by_code(length: int | None = None) -> sa.types.TypeEngine[str]:
    """Text in the same order everywhere: PostgreSQL's own order depends on the locale of the machine."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _case_key(primary: bool) -> sa.Column[int]:
    return sa.Column(
        "case_id",
        sa.BigInteger(),
        sa.ForeignKey("case.id", ondelete="CASCADE"),
        primary_key=primary,
        nullable=False,
        autoincrement=False,
    )
