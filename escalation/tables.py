"""SQLModel rows: the one definition of the schema. No logic.

Instants are whole microseconds since 1970-01-01 UTC: an index of integers is half the size of one of
text, and the log keeps the same instants as ISO text in its canonical entries.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, MetaData, UniqueConstraint, text
from sqlmodel import Field, SQLModel

SQLModel.metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Definition(SQLModel, table=True):
    """A procedure as cases are pinned to it: canonical bytes by their hash."""

    hash: str = Field(primary_key=True, max_length=64)
    procedure: str = Field(index=True)
    version: str
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    source: str
    """SHA-256 of the file it was read from: a file that did not change is not read again."""
    installed_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    current: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    """Whether `open` takes it for its procedure's name."""
    by_user: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Installed by a person; goes before what is shipped under the same name."""


class Case(SQLModel, table=True):
    """One dispute: where it stands, and its latest Snapshot."""

    __table_args__ = (
        Index("ix_case_stage", "stage", "id"),
        Index("ix_case_client", "client", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=16)
    """The short id that people type."""
    title: str
    client: str | None = None
    definition: str = Field(foreign_key="definition.hash")
    opened_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    head: int
    """The seq of the last entry."""
    head_hash: str
    open: bool
    state: str
    """Of the main track."""
    stage: str
    overdue: bool
    """Whether a missed deadline stands."""
    next_lapse: int | None = Field(default=None, sa_column=Column(BigInteger))
    """When the clock alone changes the case next: until then the snapshot holds."""
    snapshot: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Entry(SQLModel, table=True):
    """One entry of a log, as it was hashed."""

    __table_args__ = (UniqueConstraint("case_id", "key"), {"sqlite_with_rowid": False})
    case_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("case.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    seq: int = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: str
    key: str | None = None
    """The idempotency key."""


class Timer(SQLModel, table=True):
    """The next moment of each case that has one: when a daemon must look at it."""

    __table_args__ = ({"sqlite_with_rowid": False},)
    at: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    case_id: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("case.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, unique=True
        )
    )


class Outbox(SQLModel, table=True):
    """An announcement, to be delivered once."""

    __table_args__ = (
        Index(
            "uq_outbox_key",
            "case_id",
            "key",
            unique=True,
            sqlite_where=text("status != 'superseded'"),
            postgresql_where=text("status != 'superseded'"),
        ),
        Index("ix_outbox_status", "status", "at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(sa_column=Column(BigInteger, ForeignKey("case.id", ondelete="CASCADE"), nullable=False))
    key: str
    kind: str
    at: int = Field(sa_column=Column(BigInteger, nullable=False))
    """When it falls."""
    status: str
    """`pending`, `coalesced`, `superseded`; the daemon's delivery adds its own."""
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: int = Field(sa_column=Column(BigInteger, nullable=False))


class Setting(SQLModel, table=True):
    """What a store was told about itself: `refuse_now`, say."""

    name: str = Field(primary_key=True)
    value: str
