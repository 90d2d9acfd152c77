"""SQLModel rows: the one definition of the schema. No logic.

Instants are whole microseconds since 1970-01-01 UTC: an index of integers is half the size of one of
text, and the log keeps the same instants as ISO text in its canonical entries.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine
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


def _by_code(length: int | None = None) -> TypeEngine[str]:
    """Text in the same order everywhere: PostgreSQL's own order depends on the locale of the machine."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Definition(SQLModel, table=True):
    """A procedure as cases are pinned to it: canonical bytes by their hash."""

    hash: str = Field(primary_key=True, max_length=64)
    procedure: str = Field(sa_column=Column(_by_code(), nullable=False, index=True))
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
    ref: str = Field(sa_column=Column(_by_code(16), nullable=False, unique=True))
    """The short id that people type."""
    title: str
    client: str | None = None
    person: str | None = None
    """Who looks after it, in an office."""
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
    calendar: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    """Stamp of the calendar data that the snapshot rests on."""


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
        Index(
            "ix_outbox_until",
            "level",
            "until",
            sqlite_where=text("until IS NOT NULL"),
            postgresql_where=text("until IS NOT NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(sa_column=Column(BigInteger, ForeignKey("case.id", ondelete="CASCADE"), nullable=False))
    key: str
    kind: str
    at: int = Field(sa_column=Column(BigInteger, nullable=False))
    """When it falls."""
    status: str
    """One of those that `deliveries` names; `superseded` frees the key."""
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    level: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    """How loud: `core.loudness`."""
    until: int | None = Field(default=None, sa_column=Column(BigInteger))
    """When it is too late to act on it."""
    told_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    """When the first channel took it."""


class Acknowledged(SQLModel, table=True):
    """What a person has seen: announcements about it that are no louder fall silent."""

    case_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("case.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    subject: str = Field(primary_key=True)
    """`core.loudness.subject_of`: one running of a deadline, a state's or a person's follow-up."""
    level: int
    at: int = Field(sa_column=Column(BigInteger, nullable=False))


class Channel(SQLModel, table=True):
    """A way out. What opens it (a token, a password) is never in here."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: str
    """`apprise`, `command` or `log`."""
    address: str
    """As it may be shown: without what is secret."""
    secret: str
    """Where the secret lies: `keyring`, `file`, `env:NAME` or `none`."""
    lang: str
    privacy: str
    """`discreet`, `titles` or `full`."""
    zone: str
    quiet_from: str | None = None
    """`22:00`; None: there are no quiet hours."""
    quiet_to: str | None = None
    client: str | None = None
    """Only of this client's cases; None: of all."""
    person: str | None = None
    """Only of the cases this person looks after; None: of all."""
    digest: str
    """`none`, `daily` or `weekly`."""
    digest_at: str
    """`08:00`"""
    least: int
    """The lowest level that goes out this way."""
    created_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    ok_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    """When it last took something."""
    failing_since: int | None = Field(default=None, sa_column=Column(BigInteger))
    error: str | None = None
    """Why it last refused, without what is secret."""


class Delivery(SQLModel, table=True):
    """One message to one channel: announcements that go out together, or a digest."""

    __table_args__ = (
        UniqueConstraint("channel_id", "key"),
        Index("ix_delivery_status", "status", "next_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = Field(foreign_key="channel.id", ondelete="CASCADE")
    kind: str
    """`announcements`, `digest`."""
    key: str | None = None
    """Of what may be sent once only: `digest:2026-11-22`."""
    level: int
    status: str
    """`waiting`, `sent`, `parked`, `dropped` (there was nothing left to say)."""
    created_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    next_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    """Not to be tried before; while it is being sent, when another daemon may take it over."""
    claim: str | None = None
    """Who is sending it."""
    attempts: int = 0
    first_tried_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    done_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    error: str | None = None


class DeliveryItem(SQLModel, table=True):
    """That an announcement goes out by a channel: at most once."""

    __tablename__ = "delivery_item"
    __table_args__ = (Index("ix_delivery_item_delivery", "delivery_id"),)
    channel_id: int = Field(foreign_key="channel.id", ondelete="CASCADE", primary_key=True)
    outbox_id: int = Field(foreign_key="outbox.id", ondelete="CASCADE", primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id", ondelete="CASCADE")


class Daemon(SQLModel, table=True):
    """The heartbeat of one background scheduler."""

    id: str = Field(primary_key=True)
    host: str
    pid: int
    version: str
    started_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    beat_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    stopped_at: int | None = Field(default=None, sa_column=Column(BigInteger))


class CalendarFile(SQLModel, table=True):
    """A year's holiday arrangement that a person installed, so that copies and other machines have it too."""

    __tablename__ = "calendar_file"
    name: str = Field(primary_key=True)
    """`CN-2027.toml`"""
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    installed_at: int = Field(sa_column=Column(BigInteger, nullable=False))


class Setting(SQLModel, table=True):
    """What a store was told about itself: `refuse_now`, say."""

    name: str = Field(primary_key=True)
    value: str
