"""Channels, deliveries, acknowledgements, heartbeats, calendar files; who looks after a case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case", sa.Column("person", sa.String()))
    op.add_column("case", sa.Column("calendar", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("outbox", sa.Column("level", sa.Integer(), nullable=False, server_default=sa.text("1")))
    op.add_column("outbox", sa.Column("until", sa.BigInteger()))
    op.add_column("outbox", sa.Column("told_at", sa.BigInteger()))
    urgent = sa.text("until IS NOT NULL")
    op.create_index("ix_outbox_until", "outbox", ["level", "until"], sqlite_where=urgent, postgresql_where=urgent)
    op.create_table(
        "acknowledged",
        sa.Column(
            "case_id", sa.BigInteger(), sa.ForeignKey("case.id", ondelete="CASCADE"), primary_key=True,
            autoincrement=False,
        ),
        sa.Column("subject", sa.String(), primary_key=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )  # fmt: skip
    op.create_table(
        "channel",
        sa.Column("id", sa.Integer(), primary_key=True),
        *(_text(n) for n in ("name", "kind", "address", "secret", "lang", "privacy", "zone")),
        *(sa.Column(n, sa.String()) for n in ("quiet_from", "quiet_to", "client", "person")),
        *(_text(n) for n in ("digest", "digest_at")),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ok_at", sa.BigInteger()),
        sa.Column("failing_since", sa.BigInteger()),
        sa.Column("error", sa.String()),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("channel_id", sa.Integer(), sa.ForeignKey("channel.id", ondelete="CASCADE"), nullable=False),
        _text("kind"),
        sa.Column("key", sa.String()),
        sa.Column("level", sa.Integer(), nullable=False),
        _text("status"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("claim", sa.String()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", sa.BigInteger()),
        sa.Column("done_at", sa.BigInteger()),
        sa.Column("error", sa.String()),
        sa.UniqueConstraint("channel_id", "key"),
    )
    op.create_index("ix_delivery_status", "delivery", ["status", "next_at"])
    op.create_table(
        "delivery_item",
        _parent("channel_id", "channel", primary_key=True),
        _parent("outbox_id", "outbox", primary_key=True),
        _parent("delivery_id", "delivery"),
    )
    op.create_index("ix_delivery_item_delivery", "delivery_item", ["delivery_id"])
    op.create_table(
        "daemon",
        sa.Column("id", sa.String(), primary_key=True),
        _text("host"),
        sa.Column("pid", sa.Integer(), nullable=False),
        _text("version"),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger()),
    )
    op.create_table(
        "calendar_file",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("installed_at", sa.BigInteger(), nullable=False),
    )


def _text(name: str) -> sa.Column[str]:
    # Text in the same order everywhere: PostgreSQL's own order depends on the locale of the machine.
    return sa.Column(name, sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False)


def _parent(name: str, table: str, primary_key: bool = False) -> sa.Column[int]:
    to = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Integer(), to, primary_key=primary_key, nullable=False, autoincrement=False)


def downgrade() -> None:
    for table in ("calendar_file", "daemon", "delivery_item", "delivery", "channel", "acknowledged"):
        op.drop_table(table)
    op.drop_index("ix_outbox_until", "outbox")
    for table, columns in (("outbox", ("told_at", "until", "level")), ("case", ("calendar", "person"))):
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column)
