"""Channels, deliveries and what they tell, as they are kept."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from escalation.core.loudness import may_be_said
from escalation.core.snapshot import Announced

ON_TIME = timedelta(hours=1)
"""A digest may come at an hour that is quiet otherwise, if that is its hour."""


def keeper(name: str, created_at: int) -> str:
    """Under which name `credentials` keeps the address of a channel."""
    return f"{name}.{created_at}"


class ChannelRow(NamedTuple):
    """A way out, as it is kept. Instants are whole microseconds."""

    id: int
    name: str
    kind: str
    address: str
    secret: str
    lang: str
    privacy: str
    zone: str
    quiet_from: str | None
    quiet_to: str | None
    client: str | None
    person: str | None
    digest: str
    digest_at: str
    least: int
    created_at: int
    ok_at: int | None
    failing_since: int | None
    error: str | None

    @property
    def quiet(self) -> tuple[time, time] | None:
        """Its quiet hours, local; None if it has none."""
        if self.quiet_from is None or self.quiet_to is None or self.quiet_from == self.quiet_to:
            return None
        return time.fromisoformat(self.quiet_from), time.fromisoformat(self.quiet_to)

    @property
    def keeper(self) -> str:
        """What its address is filed under. Another channel of the same name, added later or elsewhere, is not this one:
        a machine that still has the former one's address must not send there.
        """
        return keeper(self.name, self.created_at)

    def digest_hour(self, now: datetime) -> datetime:
        """When the hour of its digest came last, local: today, or yesterday where it is still ahead."""
        local = now.astimezone(ZoneInfo(self.zone))
        hour, minute = map(int, self.digest_at.split(":"))
        begins = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return begins if begins <= local else begins - timedelta(days=1)

    def takes(self, level: int, client: str | None, person: str | None) -> bool:
        """Whether an announcement of that level about a case of theirs goes out this way."""
        return level >= self.least and self.client in (None, client) and self.person in (None, person)


class Line(NamedTuple):
    """One announcement of a delivery."""

    outbox_id: int
    case: str
    """The case's short id."""
    status: str
    level: int
    until: datetime | None
    announced: Announced


class Announcement(NamedTuple):
    """One announcement, and what became of it."""

    id: int
    case_id: int
    case: str
    """The case's short id."""
    status: str
    level: int
    told_at: datetime | None
    waits_until: datetime | None
    """When it is to go out, while it is on its way."""
    announced: Announced


class Claimed(NamedTuple):
    """A delivery that is ours to send until the lease ends."""

    id: int
    kind: str
    key: str | None
    level: int
    attempts: int
    """This one included."""
    first_tried_at: datetime
    channel: ChannelRow
    claim: str
    held_until: datetime
    """When the lease ends, by this machine's clock."""
    lines: tuple[Line, ...]

    def may_be_sent(self, at: datetime) -> datetime:
        """When, from `at` on, the channel may be disturbed. A digest comes when it was asked for; late, it can wait."""
        zone, quiet = ZoneInfo(self.channel.zone), self.channel.quiet
        if self.kind == "digest":
            hour = self.channel.digest_hour(at)
            if at - hour < ON_TIME and may_be_said(hour, zone, quiet, None) != hour:
                return at
        return may_be_said(at, zone, quiet, self.too_late(at))

    def too_late(self, at: datetime) -> datetime | None:
        """When it will be too late for the most urgent of what is still to be said; None if nothing is urgent."""
        said = (line.until for line in self.lines if line.status in ("routed", "told"))
        return min((until for until in said if until is not None and until > at), default=None)

    @property
    def newest(self) -> datetime:
        """When the last of what is in it came up; the first try, for a digest."""
        return max((line.announced.at for line in self.lines), default=self.first_tried_at)
