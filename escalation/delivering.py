"""From the outbox to the channels: compose what is still so, send it, note what became of it.

The database is asked by the daemon's own thread only; a few threads do the sending, so that a channel
that hangs holds up nobody. What is said is composed when it is sent: an announcement that was overtaken
while it waited is left out. What became of a message is kept in mind, and its lease prolonged, until it is
noted: a store that is away for a while makes nobody hear a thing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from escalation import channels, credentials
from escalation.channels import Message
from escalation.core.loudness import overtaken, subject_of
from escalation.core.snapshot import Snapshot
from escalation.deliveries import LEASE, Deliveries
from escalation.delivery_rows import ChannelRow, Claimed, Line
from escalation.digest import digest, gather, key_of
from escalation.engine import Engine
from escalation.errors import Damaged, DeliveryFailed, NotFound, StoreError
from escalation.messages import Said, compose, item_of

Send = Callable[[str, str, Message], None]
"""Kind, address, message. Raises: DeliveryFailed."""

LOOK = timedelta(seconds=30)
AGAIN = timedelta(minutes=10)
"""After which it is tried once more to work out a case that could not be."""
AT_ONCE = 4
"""Messages on their way at one time."""


class Outcome(NamedTuple):
    """What one round did."""

    sent: int = 0
    failed: int = 0
    parked: int = 0
    dropped: int = 0
    notes: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """For the log: event and facts."""

    def and_then(self, other: Outcome) -> Outcome:
        """Both together."""
        return Outcome(
            self.sent + other.sent, self.failed + other.failed, self.parked + other.parked,
            self.dropped + other.dropped, self.notes + other.notes,
        )  # fmt: skip


class _Case(NamedTuple):
    """A case of which something is to be said."""

    snapshot: Snapshot
    seen: Mapping[str, int]
    """What a person has acknowledged: subject and level."""


class Sending:
    """The messages of one daemon on their way."""

    def __init__(self, engine: Engine, owner: str, send: Send = channels.send) -> None:
        self._engine = engine
        self._deliveries = Deliveries(engine.store)
        self._owner = owner
        self._send = send
        self._pool: ThreadPoolExecutor | None = None
        self._unable: tuple[datetime | None, tuple[tuple[int, str], ...], list[int]] = (None, (), [])
        self._under_way: dict[Future[None], tuple[Claimed, tuple[Line, ...]]] = {}
        """Until it is noted what became of them."""
        self._done = Outcome()
        """What was done and not handed out yet: a store that goes away midway makes nothing of it unsaid."""

    def begin(self, now: datetime, late: timedelta = timedelta(0)) -> Outcome:
        """Claim what is due and set it on its way, as many as may be at one time. `late`: how long ago it was `now`."""
        unable = self.unable(now)
        while len(self._under_way) < AT_ONCE:
            held = [claimed.id for claimed, _ in self._under_way.values()]
            claimed = self._deliveries.claim(now, self._owner, unable, held, late)
            if claimed is None:
                break
            self._done = self._done.and_then(self._one(claimed, now))
        return self._handed_out()

    def finish(self, now: datetime, seconds: float = 0.0, late: timedelta = timedelta(0)) -> Outcome:
        """Note what became of those that came back, waiting so long for one. `late`: how long ago it was `now`.

        Raises: StoreError; what could not be noted is tried again by the next call, after the others.
        """
        if self._under_way:
            wait(self._under_way, timeout=seconds, return_when=FIRST_COMPLETED)
        for future, (claimed, said) in list(self._under_way.items()):
            try:
                if now + late > claimed.held_until - LEASE / 2:
                    claimed = self._deliveries.hold(claimed, now + late)
                    self._under_way[future] = claimed, said
                if future.done():
                    self._done = self._done.and_then(self._noted(claimed, said, future.exception(), now))
                    del self._under_way[future]
            except StoreError:
                self._under_way[future] = self._under_way.pop(future)
                raise
        return self._handed_out()

    @property
    def busy(self) -> bool:
        """Whether anything is on its way, or came back and is not noted."""
        return bool(self._under_way)

    def close(self) -> None:
        """Send nothing more. What is on its way and not noted is sent again when its lease ends."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def unable(self, now: datetime) -> list[int]:
        """Channels that this machine has no secret for: another daemon may have it. Looked up twice a minute."""
        rows = self._deliveries.channels()
        known = tuple((each.id, each.secret) for each in rows)
        looked_at, of, _ = self._unable
        if of != known or looked_at is None or not timedelta(0) <= now - looked_at < LOOK:
            self._unable = (now, known, [each.id for each in rows if self._address(each) is None])
        return self._unable[2]

    def _handed_out(self) -> Outcome:
        done, self._done = self._done, Outcome()
        return done

    # -- one delivery ------------------------------------------------------------------------------------

    def _one(self, claimed: Claimed, now: datetime) -> Outcome:
        morning = claimed.may_be_sent(now)
        if morning > now:
            self._deliveries.postponed(claimed, morning)
            return Outcome()
        try:
            cases, wrong = self._cases(claimed, now)
            if wrong:
                return self._put_off(claimed, wrong, now)
            said, lines = self._said(claimed, cases, now)
        except Exception as error:  # one that cannot be said must not hold up the others
            if _store_away(error):
                raise
            return self._noted(claimed, (), error, now)
        if said is None:
            self._deliveries.dropped(claimed, now)
            return Outcome(dropped=1)
        if lines:  # what is urgent may have settled itself
            morning = claimed._replace(lines=lines).may_be_sent(now)
            if morning > now:
                self._deliveries.postponed(claimed, morning)
                return Outcome()
        address = self._address(claimed.channel)
        assert address is not None, "only channels with a secret are claimed"
        if self._pool is None:
            self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="delivery")
        level = max((line.level for line in lines), default=claimed.level)
        message = Message(said.title, said.body, level)
        self._under_way[self._pool.submit(self._send, claimed.channel.kind, address, message)] = (claimed, lines)
        return Outcome()

    def _cases(self, claimed: Claimed, now: datetime) -> tuple[dict[str, _Case], dict[str, Exception]]:
        """The cases that it is about, as they stand; and those that cannot be worked out, with why."""
        cases: dict[str, _Case] = {}
        wrong: dict[str, Exception] = {}
        for ref in dict.fromkeys(line.case for line in claimed.lines):
            try:
                row = self._engine.store.case(ref)
                cases[ref] = _Case(self._engine.snapshot(row, now), self._deliveries.acknowledged(row.id))
            except Exception as error:
                if _store_away(error):
                    raise
                wrong[ref] = error
        return cases, wrong

    def _put_off(self, claimed: Claimed, wrong: Mapping[str, Exception], now: datetime) -> Outcome:
        """Say what can be said, and the rest later: one case that went wrong silences no other."""
        lines = [line for line in claimed.lines if line.case in wrong]
        notes = tuple(("case_put_off", {"case": ref, "error": type(each).__name__}) for ref, each in wrong.items())
        if len(lines) == len(claimed.lines):
            self._deliveries.postponed(claimed, now + AGAIN)
            return Outcome(notes=notes)
        rest = self._deliveries.put_off(claimed, lines, now + AGAIN)
        return Outcome(notes=notes).and_then(self._one(rest, now))

    def _said(
        self, claimed: Claimed, cases: Mapping[str, _Case], now: datetime
    ) -> tuple[Said | None, tuple[Line, ...]]:
        """The message, and the announcements that are in it; None if there is nothing left to say."""
        channel = claimed.channel
        zone = ZoneInfo(channel.zone)
        if claimed.kind == "digest":
            mine = None if channel.person is None else (lambda row: row.person == channel.person)
            weekly = channel.digest == "weekly"
            if claimed.key != key_of(channel.digest_hour(now).date(), weekly):
                return None, ()  # it could not be sent in its time; there is a newer one
            found = gather(self._engine, now, zone, weekly=weekly, client=channel.client, of=mine, lang=channel.lang)
            return digest(found, channel.lang, channel.privacy), ()
        lines, items = [], []
        book = self._engine.shelf.table
        holds = [each for each in claimed.lines if not overtaken(each.announced, cases[each.case].snapshot)]
        unseen = [each for each in holds if cases[each.case].seen.get(subject_of(each.announced), -1) < each.level]
        for line in foremost(unseen):
            snapshot = cases[line.case].snapshot
            lines.append(line)
            table = book(snapshot.definition)
            items.append(item_of(line.announced, snapshot, table, book, line.case, channel.lang, now, line.level))
        if not items:
            return None, ()
        return compose(items, channel.lang, channel.privacy, now.astimezone(zone).date().isoformat()), tuple(lines)

    def _noted(self, claimed: Claimed, said: tuple[Line, ...], error: BaseException | None, now: datetime) -> Outcome:
        facts = {"channel": claimed.channel.name, "delivery": claimed.id, "attempt": claimed.attempts}
        if error is None:
            self._deliveries.sent(claimed, now, said)
            return Outcome(sent=1, notes=(("sent", facts | {"announcements": len(said)}),))
        reason = error.reason if isinstance(error, DeliveryFailed) else type(error).__name__
        permanent = isinstance(error, DeliveryFailed) and error.permanent
        became = self._deliveries.failed(claimed, now, reason, permanent)
        notes = ((became, facts | {"error": type(error).__name__}),)
        return Outcome(failed=1, parked=int(became == "parked"), notes=notes)

    def _address(self, channel: ChannelRow) -> str | None:
        if channel.kind == "log":
            return "log"
        try:
            return credentials.find(channel.keeper, channel.secret, self._engine.store.folder)
        except (NotFound, OSError, DeliveryFailed):
            return None


def _store_away(error: Exception) -> bool:
    """Whether neither a channel nor a case is to blame."""
    return isinstance(error, StoreError) and not isinstance(error, Damaged)


def foremost(lines: Sequence[Line]) -> list[Line]:
    """Those that are still to be said, of each deadline and follow-up only the most urgent, the latest of those.

    That it lapsed goes before any reminder of it, however urgent that was.
    """
    best: dict[tuple[str, ...], Line] = {}
    for line in lines:
        if line.status not in ("routed", "told"):
            continue
        told = line.announced
        about = told.kind if told.kind in ("follow_up", "user_follow_up") else "deadline"
        group = (line.case, about, told.subject, told.started_at.isoformat())
        known = best.get(group)
        if known is None or _rank(line) >= _rank(known):
            best[group] = line
    chosen = {line.outbox_id for line in best.values()}
    return [line for line in lines if line.outbox_id in chosen]


def _rank(line: Line) -> tuple[bool, int, datetime]:
    return line.announced.kind == "lapse", line.level, line.announced.at
