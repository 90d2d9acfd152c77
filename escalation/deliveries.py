"""Announcements on their way out: which channels take them, who sends them, and what became of it.

An announcement in the outbox is `pending` until it is routed: the channels that take it each get it in
a delivery (`routed`), or there is none (`kept`: it is shown on the screens only), or the person has seen
what it is about already (`silent`). Then it is `told`, or `parked` after a day of failures; `overtaken` if
what was to be said was no longer so when its time came. A delivery is one message: what waits for the
same channel goes out together.
Each method that writes is one transaction, which runs again where the connection was lost; what a daemon does
over and over looks first, and writes only where there is something to write. Leases and signs of life go by the
clock that all who share the store have in common (`Store.skew`), all else by that of the asker.
Source: semantics §8; docs/daemon.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from escalation import delivery_statements as sql
from escalation.core.announce import again, retraction
from escalation.core.loudness import URGENT, may_be_said, subject_of
from escalation.core.snapshot import Announced
from escalation.delivery_rows import Announcement, ChannelRow, Claimed, Line
from escalation.errors import NotFound
from escalation.rows import from_int, to_int
from escalation.store import Store
from states.errors import near_miss
from states.model import UNREADABLE

GIVE_UP = timedelta(days=1)
"""A delivery is parked when it has failed for so long, and all that is in it has waited so long."""
FEWEST_TRIES = 12
"""A machine that was asleep for a day has not tried for a day."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
LEASE = timedelta(minutes=3)
"""Who claimed a delivery and did not come back by then has died: another may send it."""
LATE = timedelta(minutes=15)
LONGEST_HOLD = timedelta(hours=25)
"""Longer than quiet hours can be, and than any pause between two tries."""
"""A delivery that nobody tried for so long though it was time has no daemon that could send it."""
INSIST = timedelta(hours=4)
"""An urgent reminder that nobody has acknowledged is said again after that, while there is still time."""
SAME_TIME = timedelta(seconds=5)
"""Clocks that differ by less go alike: to ask for the time takes time."""

P = ParamSpec("P")
T = TypeVar("T")


def surely(transaction: Callable[Concatenate[Deliveries, P], T]) -> Callable[Concatenate[Deliveries, P], T]:
    """Of a method that is one transaction: it runs again where the connection was lost and nothing of it was kept."""

    @wraps(transaction)
    def run(deliveries: Deliveries, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return deliveries._store.surely(lambda: transaction(deliveries, *args, **kwargs))

    return run


class Deliveries:
    """The channels of a store, and what is on its way to them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # -- channels --------------------------------------------------------------------------------------

    @surely
    def add_channel(self, /, **columns: Any) -> ChannelRow:
        """A new channel; `columns` are those of `ChannelRow` but `id`. Health starts empty."""
        given = {"ok_at": None, "failing_since": None, "error": None, **columns}
        with self._store.writing():
            self._run(sql.INSERT_CHANNEL, [given[name] for name in ChannelRow._fields[1:]])
        return self.channel(str(given["name"]))

    def channels(self) -> list[ChannelRow]:
        """All of them, in the order of adding."""
        return [ChannelRow(*row) for row in self._run(sql.CHANNELS).fetchall()]

    def channel(self, name: str) -> ChannelRow:
        """The channel of that name. Raises: NotFound."""
        known = {each.name: each for each in self.channels()}
        if name not in known:
            raise NotFound("channel", name, near_miss(name, known), tuple(known))
        return known[name]

    @surely
    def remove_channel(self, name: str) -> None:
        """Forget a channel; what only it was to tell goes to those that are left. Raises: NotFound."""
        with self._store.writing():
            self._run(sql.REMOVE_CHANNEL, (self.channel(name).id,))
            self._run(sql.FREE)
            self._run(sql.PARK_REST)

    @surely
    def retry(self, now: datetime, name: str | None = None) -> int:
        """What was parked or has failed (for one channel, or all) is tried at once; how many deliveries."""
        ids = [self.channel(name).id] if name is not None else [each.id for each in self.channels()]
        with self._store.writing():
            found = 0
            for id in ids:
                found += self._try_now(id, now)
        return found

    def _try_now(self, channel_id: int, now: datetime) -> int:
        """What was put aside or has failed is tried at once; what does not hold any more is dropped then."""
        failed = self._run(sql.TRY_NOW, (to_int(now), channel_id)).fetchall()
        parked = [row[0] for row in self._run(sql.PARKED_OF, (channel_id,)).fetchall()]
        for delivery in parked:
            self._run(sql.RETRY, (to_int(now), delivery))
            self._run(sql.UNPARK, (delivery,))
        return len(failed) + len(parked)

    @surely
    def ok(self, channel_id: int, now: datetime) -> None:
        """A channel took something: what waits because it did not before is tried at once."""
        with self._store.writing_or_joining():
            self._run(sql.CHANNEL_OK, (to_int(now), channel_id))
            self._try_now(channel_id, now)

    @surely
    def not_ok(self, channel_id: int, now: datetime, reason: str) -> None:
        """A channel did not take something that was no delivery."""
        with self._store.writing_or_joining():
            self._run(sql.CHANNEL_FAILED, (to_int(now), reason.replace("\0", ""), channel_id))

    # -- what a person has seen ------------------------------------------------------------------------

    @surely
    def acknowledge(self, case_id: int, now: datetime) -> list[Announced]:
        """A person has seen what was announced about a case: it falls silent until something graver comes."""
        with self._store.writing():
            seen: dict[str, tuple[int, Announced]] = {}
            for body, level in self._run(sql.ANNOUNCED_OF, (case_id,)).fetchall():
                if (announced := _announced(body)) is None:
                    continue
                subject = subject_of(announced)
                if subject not in seen or seen[subject][0] <= level:
                    seen[subject] = (level, announced)
            for subject, (level, _) in seen.items():
                self._run(sql.ACKNOWLEDGE, (case_id, subject, level, to_int(now)))
        return [announced for _, announced in seen.values()]

    def acknowledged(self, case_id: int) -> dict[str, int]:
        """What a person has seen of a case: subject and level."""
        return dict(self._run(sql.ACKNOWLEDGED_OF, (case_id,)).fetchall())

    def latest(self) -> int:
        """The number of the announcement that was kept last; 0 if there is none."""
        return int(self._run(sql.LATEST).fetchone()[0])

    def announcements(
        self, since: datetime, until: datetime, most: int, *, case_id: int | None = None, after: int = 0
    ) -> list[Announcement]:
        """What was announced in that time, the latest first; `after`: only what was kept later than this one."""
        values: list[Any] = [to_int(since), to_int(until), after]
        where = " AND o.id > ?"
        if case_id is not None:
            where += " AND o.case_id = ?"
            values.append(case_id)
        statement = f"{sql.ANNOUNCEMENTS}{where} ORDER BY o.at DESC, o.id DESC LIMIT ?"
        found = []
        for id, case, ref, status, level, told, body, waits in self._run(statement, (*values, most)).fetchall():
            if (announced := _announced(body)) is None:
                continue
            told_at = None if told is None else from_int(told)
            waits_until = None if waits is None else from_int(waits)
            found.append(Announcement(id, case, ref, status, level, told_at, waits_until, announced))
        return found

    # -- routing -----------------------------------------------------------------------------------------

    @surely
    def route(self, now: datetime, most: int = 500) -> int:
        """Hand pending announcements to the channels that take them; how many there were."""
        if not self._run(sql.PENDING, (to_int(now), 1)).fetchall():
            return 0
        with self._store.writing():
            rows = self._run(sql.PENDING + self._store.skipping_locked("o"), (to_int(now), most)).fetchall()
            if not rows:
                return 0
            channels = self.channels()
            seen = self._acknowledged({row[1] for row in rows})
            found: dict[str, list[int]] = {"routed": [], "kept": [], "silent": [], "superseded": []}
            waiting: dict[tuple[int, int], int] = {}
            for id, case_id, client, person, level, until, body in rows:
                if (announced := _announced(body)) is None:
                    found["superseded"].append(id)  # it is made anew when its case is worked out anew
                    continue
                if seen.get((case_id, subject_of(announced)), -1) >= level:
                    found["silent"].append(id)
                    continue
                takers = [each for each in channels if each.takes(level, client, person)]
                known = self._known(case_id, announced, channels, takers)
                for channel in known:
                    self._add(channel, id, level, None if until is None else from_int(until), now, waiting)
                found["routed" if known else "silent" if takers else "kept"].append(id)
            for status, ids in found.items():
                self._store.execute_many(sql.MARK, [(status, id) for id in ids])
        return len(rows)

    def _known(
        self, case_id: int, announced: Announced, channels: Sequence[ChannelRow], takers: Sequence[ChannelRow]
    ) -> Sequence[ChannelRow]:
        """The channels to which it is news: that there was no lapse, to those that told of one, whatever they take.

        To those that told of it last, a lapse is none: a correction came, and was undone before they said so.
        """
        if announced.kind not in ("lapse", "retracted"):
            return takers
        last: dict[int, Announced] = {}
        for channel_id, status, body in self._run(sql.TOLD_OF, (case_id,)).fetchall():
            if (said := _announced(body)) is None:
                continue
            same = (said.subject, said.track, said.started_at) == (
                announced.subject, announced.track, announced.started_at,
            )  # fmt: skip
            if same and (status == "sent" or announced.kind == "retracted"):
                last[channel_id] = said
        if announced.kind == "lapse":
            return [each for each in takers if each.id not in last or last[each.id].key != announced.key]
        if not last:  # whoever told of it was taken away
            return takers
        return [each for each in channels if each.id in last and last[each.id].kind == "lapse"]

    def _acknowledged(self, cases: Iterable[int]) -> dict[tuple[int, str], int]:
        found = {}
        for case_id in cases:
            for subject, level in self._run(sql.ACKNOWLEDGED_OF, (case_id,)).fetchall():
                found[case_id, subject] = level
        return found

    def _add(
        self, channel: ChannelRow, outbox_id: int, level: int, until: datetime | None, now: datetime,
        waiting: dict[tuple[int, int], int],
    ) -> None:  # fmt: skip
        """To what waits for the channel anyhow, or as a delivery of its own."""
        at = to_int(may_be_said(now, ZoneInfo(channel.zone), channel.quiet, until))
        since = 0 if at <= to_int(now) else at  # now, all goes that should have gone while no daemon was there
        delivery = waiting.get((channel.id, at))
        if delivery is None:
            row = self._run(sql.OPEN_DELIVERY + self._store.skipping_locked("d"), (channel.id, since, at)).fetchone()
            if row is not None:
                delivery = row[0]
            else:
                values = (channel.id, "announcements", None, level, "waiting", to_int(now), at)
                delivery = self._run(sql.INSERT_DELIVERY, values).fetchone()[0]
            waiting[channel.id, at] = delivery
        self._run(sql.RAISE, (level, level, delivery))
        if level == URGENT:
            self._run(sql.HURRY, (at, delivery, at))
        self._run(sql.INSERT_ITEM, (channel.id, outbox_id, delivery))

    @surely
    def insist(self, now: datetime) -> int:
        """Say urgent reminders again that nobody has acknowledged, while there is time; how many."""
        values = ("told", URGENT, to_int(now), to_int(now - INSIST))
        if not self._run(sql.UNANSWERED, values).fetchall():
            return 0
        with self._store.writing():
            rows = self._run(sql.UNANSWERED + self._store.skipping_locked("o"), values).fetchall()
            for id, case_id, body, level, until in rows:
                self._run(sql.ANSWERED, (id,))
                if (announced := _announced(body)) is None:
                    continue
                key, said = again(announced, now)
                body = msgspec.json.encode(said)
                row = (case_id, key, said.kind, to_int(now), "pending", body, to_int(now), level, until)
                self._run(sql.INSERT_AGAIN, row)
        return len(rows)

    # -- digests -----------------------------------------------------------------------------------------

    @surely
    def put_digests(self, keys: Mapping[int, str], now: datetime) -> int:
        """Digests to be sent once under the key of each channel's id; how many were not made before."""
        if not keys:
            return 0
        made = {tuple(row) for row in self._run(sql.digests_made(len(keys)), (*keys, *keys.values())).fetchall()}
        missing = [each for each in keys.items() if each not in made]
        if not missing:
            return 0
        with self._store.writing():
            put = [
                self._run(sql.INSERT_DIGEST, (id, "digest", key, 0, "waiting", to_int(now), to_int(now))).fetchone()
                for id, key in missing
            ]
        return len([row for row in put if row is not None])

    # -- sending -----------------------------------------------------------------------------------------

    @surely
    def claim(
        self, now: datetime, owner: str, unable: Sequence[int] = (), held: Sequence[int] = (),
        late: timedelta = timedelta(0),
    ) -> Claimed | None:  # fmt: skip
        """The next delivery whose time has come, ours until the lease ends; None if there is none.

        `unable`: channels that this machine has no secret for. `held`: deliveries that the owner is at; what it
        has claimed besides was forgotten, and comes at once. `late`: how long ago it was `now`.
        """
        statement = sql.next_delivery(len(unable), len(held))
        values = (to_int(now), to_int(now + self._skew), owner, *unable, *held)
        if not self._run(statement, values).fetchall():
            return None
        with self._store.writing():
            row = self._run(statement + self._store.skipping_locked("d"), values).fetchone()
            if row is None:
                return None
            held_until = now + late + LEASE
            id, kind, key, level, attempts, first, channel_id = row
            if kind == "announcements":
                level = max(level, self._joined(id, channel_id, now))
            first = to_int(now) if first is None else first
            self._run(sql.CLAIM, (owner, to_int(held_until + self._skew), first, id))
            channel = next(each for each in self.channels() if each.id == channel_id)
            lines = [
                Line(outbox, ref, status, lvl, None if until is None else from_int(until), announced)
                for outbox, ref, status, lvl, until, body in self._run(sql.ITEMS, (id,)).fetchall()
                if (announced := _announced(body)) is not None
            ]
        return Claimed(id, kind, key, level, attempts + 1, from_int(first), channel, owner, held_until, tuple(lines))

    def _joined(self, delivery: int, channel_id: int, now: datetime) -> int:
        """Take in what else waits for the channel and may go now: one message, not several. The highest level."""
        highest = 0
        values = (channel_id, to_int(now), delivery)
        for other, level in self._run(sql.DUE_BESIDE + self._store.skipping_locked("d"), values).fetchall():
            self._run(sql.MOVE_ITEMS, (delivery, other))
            self._run(sql.DROP_DELIVERY, (other,))
            highest = max(highest, level)
        if highest:
            self._run(sql.RAISE, (highest, highest, delivery))
        return highest

    @surely
    def put_off(self, claimed: Claimed, lines: Sequence[Line], until: datetime) -> Claimed:
        """What cannot be said at present waits by itself; the claim holds the rest."""
        with self._store.writing():
            values = (claimed.channel.id, "announcements", None, 0, "waiting", to_int(until), to_int(until))
            (apart,) = self._run(sql.INSERT_DELIVERY, values).fetchone()
            for line in lines:
                self._run(sql.RAISE, (line.level, line.level, apart))
                self._run(sql.MOVE_ITEM, (apart, claimed.id, line.outbox_id))
        return claimed._replace(lines=tuple(each for each in claimed.lines if each not in lines))

    @surely
    def hold(self, claimed: Claimed, now: datetime) -> Claimed:
        """Claimed for as long as a new one, unless somebody has taken it over meanwhile."""
        held_until = now + LEASE
        with self._store.writing():
            self._run(sql.HOLD, (to_int(held_until + self._skew), claimed.id, claimed.claim))
        return claimed._replace(held_until=held_until)

    @surely
    def sent(self, claimed: Claimed, now: datetime, said: Sequence[Line]) -> None:
        """The channel took it. What was taken back while it was on its way is set right."""
        with self._store.writing():
            if not self._done(claimed, "sent", now, None):
                return
            self._run(sql.CHANNEL_OK, (to_int(now), claimed.channel.id))
            self._try_now(claimed.channel.id, now)
            told = {line.outbox_id for line in said}
            for line in claimed.lines:
                if line.outbox_id not in told:
                    self._run(sql.OVERTAKEN, (line.outbox_id,))
                    self._run(sql.UNSAID, (claimed.id, line.outbox_id))
                    continue
                row = self._run(sql.TOLD, (to_int(now), line.outbox_id)).fetchone()
                if row is not None and row[0] == "superseded" and line.announced.kind == "lapse":
                    sorry = retraction(line.announced, now)
                    body = msgspec.json.encode(sorry)
                    values = (row[1], sorry.key, sorry.kind, to_int(now), "pending", body, to_int(now), 1, None)
                    self._run(sql.INSERT_AGAIN, values)

    @surely
    def postponed(self, claimed: Claimed, until: datetime) -> None:
        """Its time has passed into the quiet hours: it was not tried, and waits until they end."""
        with self._store.writing():
            first = None if claimed.attempts == 1 else to_int(claimed.first_tried_at)
            self._run(sql.POSTPONE, (to_int(until), first, claimed.id, claimed.claim))

    @surely
    def dropped(self, claimed: Claimed, now: datetime) -> None:
        """There was nothing left to say."""
        with self._store.writing():
            if self._done(claimed, "dropped", now, None):
                for line in claimed.lines:
                    self._run(sql.OVERTAKEN, (line.outbox_id,))

    @surely
    def failed(self, claimed: Claimed, now: datetime, reason: str, permanent: bool) -> str:
        """The channel did not take it: tried again later (`failed`), or `parked`.

        Nothing urgent is parked while there is time.
        `taken_over`: others have it by now and know better how the channel is; nothing is noted.
        """
        reason = reason.replace("\0", "")  # has no place in a table, and may come from a program
        with self._store.writing():
            if claimed.too_late(now) is not None or not (permanent or _for_long(claimed, now)):
                later = claimed.may_be_sent(now + wait(claimed.id, claimed.attempts))
                values = (to_int(later), reason, claimed.id, claimed.claim)
                became, ours = "failed", self._run(sql.LATER, values).fetchone() is not None
            else:
                became, ours = "parked", self._done(claimed, "parked", now, reason)
                if ours:
                    self._run(sql.PARK_ITEMS, (claimed.id,))
            if ours:
                self._run(sql.CHANNEL_FAILED, (to_int(now), reason, claimed.channel.id))
        return became if ours else "taken_over"

    def _done(self, claimed: Claimed, status: str, now: datetime, reason: str | None) -> bool:
        values = (status, to_int(now), reason, claimed.id, claimed.claim)
        return self._run(sql.DONE, values).fetchone() is not None

    @surely
    def turn_back(self, now: datetime, owner: str, everything: bool) -> int:
        """What waits because a clock ran ahead may go now, and what was claimed under it is free; how many.

        Not what `owner` is at. `everything`: the clock is known to have been set back; else what waits longer than
        anything does.
        """
        latest = now if everything else now + LONGEST_HOLD
        values = (to_int(latest), owner, to_int(now + self._skew + 2 * LEASE))
        if not self._run(sql.AHEAD, values).fetchall():
            return 0
        with self._store.writing():
            return len(self._run(sql.BRING_BACK, (to_int(now), *values)).fetchall())

    def next_at(self, unable: Sequence[int] = ()) -> datetime | None:
        """When the next delivery may be tried; None if none waits."""
        skew = self._skew // timedelta(microseconds=1)
        row = self._run(sql.next_delivery_at(len(unable)), (skew, *unable)).fetchone()
        return None if row is None or row[0] is None else from_int(row[0])

    # -- how it stands -----------------------------------------------------------------------------------

    def counts(self, now: datetime) -> dict[str, dict[str, int]]:
        """How many announcements and deliveries there are of each status that is not settled.

        `late`: those that nobody tried though it was time, for want of a daemon that has the channel's secret.
        """
        outbox = dict(self._run(sql.OUTBOX_COUNTS).fetchall())
        deliveries = dict(self._run(sql.DELIVERY_COUNTS).fetchall())
        return {
            "outbox": {
                "pending": outbox.get("pending", 0),
                "routed": outbox.get("routed", 0),
                "parked": outbox.get("parked", 0),
            },
            "deliveries": {
                "waiting": deliveries.get("waiting", 0),
                "late": self._run(sql.LATE_COUNT, self._late(now)).fetchone()[0],
                "parked": deliveries.get("parked", 0),
            },
        }

    def _late(self, now: datetime) -> tuple[int, int, int]:
        return to_int(now - LATE), to_int(now - LATE + self._skew), to_int(now + LONGEST_HOLD)

    def parked(self, digests: bool = True) -> list[tuple[str, int, datetime, str]]:
        """Channels with parked deliveries of what still holds: name, how many, since when, why."""
        rows = self._run(sql.PARKED, ("digest" if digests else "",)).fetchall()
        return [(name, n, from_int(since), why or "") for name, n, since, why in rows]

    # -- daemons -----------------------------------------------------------------------------------------

    @surely
    def beat(self, id: str, host: str, pid: int, version: str, now: datetime) -> None:
        """A daemon's sign of life."""
        now += self._skew
        with self._store.writing():
            self._run(sql.BEAT, (id, host, pid, version, to_int(now), to_int(now)))
            # With cron one comes and goes every few minutes.
            self._run(sql.FORGET_DAEMONS, (to_int(now - timedelta(days=30)), to_int(now - timedelta(hours=1))))

    @surely
    def stopped(self, id: str, now: datetime) -> None:
        """A daemon went as it should."""
        with self._store.writing():
            self._run(sql.STOPPED, (to_int(now + self._skew), id))

    def daemons(self) -> list[dict[str, Any]]:
        """Every daemon of the last month, the latest sign of life first. Instants by this machine's clock."""
        names = ("id", "host", "pid", "version", "started_at", "beat_at", "stopped_at")
        found = []
        for row in self._run(sql.DAEMONS).fetchall():
            each = dict(zip(names, row, strict=True))
            for name in names[-3:]:
                each[name] = None if each[name] is None else from_int(each[name]) - self._skew
            found.append(each)
        return found

    @property
    def _skew(self) -> timedelta:
        """How far the clock that all have in common is ahead of this machine's."""
        skew = self._store.skew
        return skew if abs(skew) >= SAME_TIME else timedelta(0)

    def _run(self, statement: str, values: Sequence[Any] = ()) -> Any:
        return self._store.run(statement, values)


def _for_long(claimed: Claimed, now: datetime) -> bool:
    """Whether it was tried in vain for so long that it is put aside."""
    since = max(claimed.first_tried_at, claimed.newest)
    return claimed.attempts >= FEWEST_TRIES and now - since >= GIVE_UP


def wait(delivery: int, attempts: int) -> timedelta:
    """How long to wait after so many failures: twice as long each time, up to an hour, a fifth more or less.

    The spread is fixed by the delivery and the attempt, so that a thousand that failed together do not
    come back together, and a test can say when.
    """
    longest = LONGEST_WAIT / FIRST_WAIT
    whole = FIRST_WAIT * min(2.0 ** min(attempts - 1, 20), longest)
    return whole * (0.8 + 0.4 * ((delivery * 7919 + attempts * 104729) % 1000) / 1000)


def _announced(body: bytes) -> Announced | None:
    """What was announced; None if it was damaged since: one that cannot be read must not hold up the others."""
    try:
        return _DECODER.decode(bytes(body))
    except UNREADABLE:
        return None


_DECODER = msgspec.json.Decoder(Announced)
