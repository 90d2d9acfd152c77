"""The background scheduler: announces what falls due, and sends it. It never decides what a case means.

A step does one thing and says whether there was work; `tick` takes all of them in turn; `run` is the
loop around it. APScheduler, with its jobs in memory only, says when it is time to look and to do what
goes by the calendar (backup, calendar data); what is due is one query on our own indexed column. So a
daemon that was killed, slept, or ran twice leaves the same cases and the same announcements as one that
never rested. Source: semantics §8; docs/daemon.md.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time as sleeping
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import datetime, time, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from secrets import token_hex
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from escalation import backup, channels, clock
from escalation.deliveries import Deliveries
from escalation.delivering import Outcome, Send, Sending
from escalation.delivery_rows import ChannelRow
from escalation.digest import key_of
from escalation.engine import Advanced, Engine
from escalation.errors import EscalationError, StoreBusy, StoreError
from escalation.standing import BEAT
from escalation.standing import status as status
from escalation.store import BACKUP_FAILED, Store
from escalation.watchdog import ALIVE, READY, STOPPING, notify

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

    from escalation.metrics import Metrics

log = logging.getLogger("escalation.daemon")

AT_ONCE = 100
"""Cases in one transaction: a person's command waits for one of them, not for all."""
PAUSE_SECONDS = 0.005
"""Between two of them, so that who waits for the store gets it. Measured: docs/daemon.md, "While it catches up"."""
LOOK_SECONDS = 30
"""The wall clock is looked at no less often: suspended machines and changed clocks are noticed."""
WAIT_SECONDS = 0.1
LATEST_DIGEST = timedelta(hours=10)
"""A machine that wakes later than that after the hour of the digest sends it the next day."""
BACK_OFF_SECONDS = 5.0
PAUSES = (1.0, 5.0, 15.0)
"""Seconds before each further try to note what has gone out, where there is no loop to come back to it."""
NIGHT = time(3, 30)
BACKUP_AGAIN = timedelta(hours=1)
STEP = timedelta(seconds=10)
"""A clock that has moved by more than that between two looks was set, or the machine was asleep."""
HOME = ZoneInfo("Asia/Shanghai")
"""Whose night and November are meant where no case and no channel says so."""


class Did(NamedTuple):
    """What one tick did."""

    advanced: int = 0
    announced: int = 0
    routed: int = 0
    sent: int = 0
    failed: int = 0

    @property
    def anything(self) -> bool:
        """Whether there was work."""
        return any(self)

    def and_then(self, other: Did) -> Did:
        """Both together."""
        return Did(*(a + b for a, b in zip(self, other, strict=True)))


class Daemon:
    """One background scheduler on one store."""

    def __init__(
        self, store: Store, *, send: Send = channels.send, id: str | None = None, nightly: bool = True
    ) -> None:
        self.store = store
        self.engine = Engine(store)
        self.deliveries = Deliveries(store)
        self.id = id or f"{socket.gethostname()}-{os.getpid()}-{token_hex(3)}"
        self.sending = Sending(self.engine, self.id, send)
        self.counts = dict.fromkeys(("advanced", "announced", "delivered", "failed"), 0)
        self._nightly = nightly
        self._calendars: tuple[str, ...] | None = None
        self._stale = True
        """Whether cases may rest on other calendar data than is at hand; to look takes a pass over all of them."""
        self._beaten: datetime | None = None
        self._looked: datetime | None = None
        self._backup_again: datetime | None = None
        """When to try once more, after a backup that failed."""

    # -- steps: each does one thing ------------------------------------------------------------------------

    def advance(self, now: datetime) -> Advanced:
        """Up to a hundred cases whose next moment has come."""
        return self._advanced("advanced", self.engine.advance_due(now, AT_ONCE))

    def recompute(self, now: datetime) -> Advanced:
        """Up to a hundred cases whose days rest on other calendar data than is at hand."""
        return self._advanced("recomputed", self.engine.recompute(now, AT_ONCE))

    def turn_back(self, now: datetime) -> None:
        """Cases that were looked at under a clock that ran ahead: what it told before its time is taken back."""
        refs = self.engine.ahead_of(now)
        back = bool(refs) or (self._looked is not None and now < self._looked)
        if waited := self.deliveries.turn_back(now, self.id, back):
            log.warning("turned_back", extra={"facts": {"deliveries": waited}})
        for i in range(0, len(refs), AT_ONCE):
            self._advanced("turned_back", self.engine.advance_all(refs[i : i + AT_ONCE], now))
            sleeping.sleep(PAUSE_SECONDS)

    def digests(self, now: datetime) -> int:
        """Put the digests whose hour has come on their way; each channel gets one a day, or a week."""
        keys = {each.id: digest_key(each, now) for each in self.deliveries.channels()}
        return self.deliveries.put_digests({id: key for id, key in keys.items() if key is not None}, now)

    def beat(self, now: datetime) -> None:
        """A sign of life, for `daemon status` and the screens."""
        from escalation.migrations import VERSION

        self.deliveries.beat(self.id, socket.gethostname(), os.getpid(), f"schema-{VERSION}", now)
        self._beaten = now

    def back_up(self, now: datetime) -> None:
        """One verified backup a day, from the hour of the night on, and the rule that thins out the old ones.

        One that fails is told in the log and by `daemon status`, and tried again after an hour: nobody may lose
        reminders by it.
        """
        local, waits = now.astimezone(HOME), self._backup_again is not None and now < self._backup_again
        if not self._nightly or waits or local.time() < NIGHT:
            return
        try:
            made = backup.nightly(self.store, Path(self.store.folder), local)
        except EscalationError as error:
            self._backup_again = now + BACKUP_AGAIN
            log.error("backup_failed", extra={"facts": {"error": type(error).__name__}})
            self._note_backup(now.isoformat())
            return
        self._backup_again = None
        if made is not None:
            self._note_backup("")
            missing = len(made.missing_files)
            level = logging.WARNING if missing else logging.INFO
            log.log(level, "backed_up", extra={"facts": {"files": made.files, "files_missing": missing}})

    def _note_backup(self, failed: str) -> None:
        """For others to see: since when it fails, or nothing."""
        with suppress(StoreError):
            known = self.store.setting(BACKUP_FAILED) or ""
            if bool(known) != bool(failed):
                with self.store.writing():
                    self.store.set(BACKUP_FAILED, failed)

    # -- all of them, in turn ------------------------------------------------------------------------------

    def tick(self, now: datetime, stop: threading.Event | None = None) -> Did:
        """Everything that is due at `now`. Calls for patience between two transactions, never inside one.

        Where there is nothing to do it writes nothing: others on the store would wake and look what it was.
        Raises: StoreError. What was not noted is kept in mind for the next; the rest was done if others were in the
        way of that only (StoreBusy).
        """
        begun = sleeping.monotonic()
        outcome, busy = self._looked_back(now, begun)
        if self._looked is None or now < self._looked:
            self.turn_back(now)
        self._looked = now
        if self._stale:
            self.store.bring_forward(now)
        advanced = announced = 0
        steps = (self.recompute, self.advance) if self._stale else (self.advance,)
        for step in steps:
            while step == self.recompute or self._is_due(now):
                found = step(now)
                advanced, announced = advanced + found.cases, announced + found.announced
                if not found.cases or (stop is not None and stop.is_set()):
                    break  # fewer than a hundred are not all: the next may be of another definition, or one failed
                if busy is None:
                    more, busy = self._looked_back(now, begun)
                    outcome = outcome.and_then(more)
                notify(ALIVE)
                sleeping.sleep(PAUSE_SECONDS)
        self._stale = self._stale and stop is not None and stop.is_set()
        announced += self.deliveries.insist(now)
        self.digests(now)
        routed = 0
        while (n := self.deliveries.route(now)) > 0:
            routed += n
        outcome = outcome.and_then(self._sent(self.sending.begin(now, _since(begun))))
        if self._beaten is None or now - self._beaten >= BEAT or now < self._beaten:
            self.beat(now)
        if busy is not None:
            raise busy
        return Did(advanced, announced, routed, outcome.sent, outcome.failed)

    def _is_due(self, now: datetime) -> bool:
        at = self.store.next_timer()
        return at is not None and at <= now

    def _looked_back(self, now: datetime, begun: float) -> tuple[Outcome, StoreBusy | None]:
        """What became of messages, first of all and while it catches up: their leases run."""
        try:
            return self._sent(self.sending.finish(now, late=_since(begun))), None
        except StoreBusy as error:
            return Outcome(), error

    def once(self, now: Callable[[], datetime] = clock.now) -> Did:
        """Ticks until nothing is left to do at this moment: for cron, and for a person who wants it now.

        Raises: StoreError, but not before what has gone out was tried to be noted a few times: else it goes out again.
        """
        did, pauses = Did(), iter(PAUSES)
        while True:
            try:
                found = self.tick(now())
                did = did.and_then(found)
                sent = self.finish(now(), seconds=60.0)
                did = did.and_then(Did(sent=sent.sent, failed=sent.failed))
            except StoreError:
                pause = next(pauses, None)
                if pause is None or not self.sending.busy:
                    raise
                sleeping.sleep(pause)
                continue
            if not (found.anything or sent.sent or sent.failed or self.sending.busy):
                return did

    def finish(self, now: datetime, seconds: float) -> Outcome:
        """Note what became of messages that are on their way, waiting so long for one."""
        return self._sent(self.sending.finish(now, seconds))

    def next_look(self, now: datetime) -> datetime:
        """When the clock alone gives work next, or when to look again anyhow."""
        unable = self.sending.unable(now)
        moments = [self.store.next_timer(), self.deliveries.next_at(unable), now + timedelta(seconds=LOOK_SECONDS)]
        return min(at for at in moments if at is not None)

    @property
    def backup_failed(self) -> bool:
        """Whether the last backup that was tried has failed."""
        return self._backup_again is not None

    def calendars_touched(self) -> bool:
        """Whether calendar files may have come meanwhile: a cheap question."""
        return self.store.bring_calendars() or self.engine.shelf.freshen()

    def calendar_changed(self) -> bool:
        """Whether calendar data was installed since the last look, here or elsewhere. If so it is read again."""
        self.store.bring_calendars()
        stamps = tuple(self.engine.shelf.fresh_stamps())
        changed = self._calendars is not None and stamps != self._calendars
        self._calendars = stamps
        if changed:
            self.engine.shelf.forget()
            self._stale = True
        return changed

    def _advanced(self, event: str, found: Advanced) -> Advanced:
        for case, error in found.failed:
            log.error("case_put_off", extra={"facts": {"case": case, "error": error}})
        if found.cases:
            log.info(event, extra={"facts": {"cases": found.cases, "announced": found.announced}})
        self.counts["advanced"] += found.cases
        self.counts["announced"] += found.announced
        return found

    def _sent(self, outcome: Outcome) -> Outcome:
        for event, facts in outcome.notes:
            log.log(logging.INFO if event == "sent" else logging.WARNING, event, extra={"facts": facts})
        self.counts["delivered"] += outcome.sent
        self.counts["failed"] += outcome.failed
        return outcome


class Loop:
    """A daemon in the foreground, until it is told to stop."""

    def __init__(self, daemon: Daemon, metrics: Metrics | None = None, now: Callable[[], datetime] = clock.now) -> None:
        """`now`: another clock, for a rehearsal. The nightly backup comes by the real one."""
        self.daemon = daemon
        self._now = now
        self.stop = threading.Event()
        self._metrics = metrics
        self._asked: SimpleQueue[str] = SimpleQueue()

    def run(self) -> None:
        """Look, tick, wait. SIGTERM and SIGINT finish the step that runs."""
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: self.stop.set())
        scheduler = self._scheduler()
        scheduler.start()
        log.info("started", extra={"facts": {"daemon": self.daemon.id}})
        notify(READY)
        try:
            for job in ("calendar", "tick", "backup"):  # the machine may be off every night
                self._asked.put(job)
            self._loop(scheduler)
        finally:
            notify(STOPPING)
            scheduler.shutdown(wait=False)
            self._leave()
            log.info("stopped", extra={"facts": {"daemon": self.daemon.id}})

    def _loop(self, scheduler: BackgroundScheduler) -> None:
        look, last, failures = self._now(), self._now(), 0
        asked: set[str] = set()
        """Stays until it is done: a store that is away takes no backup from anybody."""
        while not self.stop.is_set():
            try:
                ahead = (look - self._now()).total_seconds()
                changed = self.daemon.store.wait(min(WAIT_SECONDS, ahead) if ahead > 0 else WAIT_SECONDS)
                now = self._now()
                if abs(now - last) > STEP:
                    _wake(scheduler)
                    asked |= {"tick", "backup"}
                last = now
                asked |= set(self._take())
                if changed or asked or now >= look or self.daemon.sending.busy:
                    self._do(asked, now, changed)
                    asked.clear()
                    look = self.daemon.next_look(now)
                failures = 0
            except StoreError as error:
                failures += 1
                log.warning("store_away", extra={"facts": {"error": type(error).__name__, "failures": failures}})
                notify(ALIVE)  # it waits, and what it has sent must not be forgotten
                if not isinstance(error, StoreBusy):
                    self.stop.wait(min(BACK_OFF_SECONDS * failures, 60.0))
            except EscalationError as error:
                failures += 1
                asked.clear()  # what cannot be done now is asked for again in its time
                log.error("step_failed", extra={"facts": {"error": type(error).__name__, "failures": failures}})
                self.stop.wait(min(BACK_OFF_SECONDS * failures, 60.0))

    def _do(self, asked: Collection[str], now: datetime, changed: bool) -> None:
        if "tick" in asked:
            self.daemon.store.check_version()
        if "calendar" in asked or (changed and self.daemon.calendars_touched()):
            self.daemon.calendar_changed()
        self.daemon.tick(now, self.stop)
        if "backup" in asked or ("tick" in asked and self.daemon.backup_failed):
            self.daemon.back_up(now)
        if "tick" in asked:
            notify(ALIVE)
            if self._metrics is not None:
                self._metrics.show(status(self.daemon.store, now) | {"counts": self.daemon.counts})

    def _take(self) -> Iterable[str]:
        while True:
            try:
                yield self._asked.get_nowait()
            except Empty:
                return

    def _scheduler(self) -> BackgroundScheduler:
        """The ticker: its jobs only ask, this thread does. They are made anew at each start."""
        from apscheduler.schedulers.background import BackgroundScheduler

        usual = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        scheduler = BackgroundScheduler(job_defaults=usual, timezone=HOME)
        scheduler.add_job(self._asked.put, "interval", args=["tick"], seconds=LOOK_SECONDS)
        scheduler.add_job(self._asked.put, "interval", args=["calendar"], minutes=10)
        scheduler.add_job(self._asked.put, "cron", args=["backup"], hour=NIGHT.hour, minute=NIGHT.minute)
        return scheduler

    def _leave(self) -> None:
        """What is on its way may come back; then a last sign of life."""
        try:
            for _ in range(10):
                if not self.daemon.sending.busy:
                    break
                with suppress(StoreBusy):  # then once more: what was sent and not noted goes out again
                    self.daemon.finish(self._now(), seconds=3.0)
            self.daemon.deliveries.stopped(self.daemon.id, self._now())
        except StoreError as error:
            log.warning("store_away", extra={"facts": {"error": type(error).__name__}})
        finally:
            self.daemon.sending.close()


def _wake(scheduler: BackgroundScheduler) -> None:
    """Its own timers do not count the time that a machine was asleep, and wait for a time that was set back."""
    for job in scheduler.get_jobs():
        job.reschedule(job.trigger)
    scheduler.wakeup()


def _since(begun: float) -> timedelta:
    return timedelta(seconds=sleeping.monotonic() - begun)


def digest_key(channel: ChannelRow, now: datetime) -> str | None:
    """The key of the digest that a channel should have by now; None if it is not its hour."""
    if channel.digest == "none":
        return None
    begins = channel.digest_hour(now)
    made = datetime.fromtimestamp(channel.created_at / 1_000_000, begins.tzinfo)
    # A channel from the future was added while the clock ran ahead.
    if now - begins >= LATEST_DIGEST or begins < made <= now:
        return None
    return key_of(begins.date(), channel.digest == "weekly")
