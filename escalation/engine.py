"""record, correct, preview, advance: load -> evaluate -> announce -> commit, one transaction each.

The path of an entry is `Engine.append`, from top to bottom. `now` is read once, by the caller, and
handed down. Source: semantics §1 and §6; docs/lifecycle.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, tzinfo
from functools import wraps
from typing import Concatenate, NamedTuple, ParamSpec, TypeVar

import msgspec

from escalation.core.announce import Before, News, corrected, moved, news, next_lapse, next_moment
from escalation.core.entries import Amend, Check, Correction, Entry, EventEntry, Migrate, Opened, Withdraw, Worldly
from escalation.core.evaluate import advance, evaluate, follows, lacking, step
from escalation.core.guards import first_that_holds
from escalation.core.history import amendable, effective
from escalation.core.loudness import loudness
from escalation.core.preview import Preview, compare
from escalation.core.snapshot import MISSED, Announced, Missing, Refusal, Snapshot, decode_snapshot, encode_snapshot
from escalation.core.table import Table
from escalation.errors import (
    BadInput,
    CaseMoved,
    Damaged,
    EscalationError,
    FieldProblem,
    NotFound,
    Refused,
    StoreBusy,
    Then,
    WouldConflict,
)
from escalation.shelf import Shelf
from escalation.store import CaseRow, Posted, Standing, Store
from states.model import MAIN, UNREADABLE

Make = Callable[["Loaded", int, datetime], Entry]
"""Makes an entry from the case as it was loaded, its seq and the instant of recording."""

NOT_AT_ALL = timedelta(0)
PUT_OFF = timedelta(hours=1)
"""A case that cannot be evaluated is looked at again after that, so that it never holds up the others."""


class Loaded(NamedTuple):
    """A case as an entry finds it."""

    row: CaseRow
    snapshot: Snapshot
    """At `now`, or where it was kept last if nothing has changed since."""
    table: Table
    now: datetime
    kept: bool
    """Whether the snapshot is the one that was kept: what it told until then was announced."""


class Recorded(NamedTuple):
    """What an entry did."""

    ref: str
    seq: int | None
    """None when only time has passed."""
    snapshot: Snapshot
    news: News
    head: int
    """Of the log."""


class Advanced(NamedTuple):
    """What one step of the clock did to the cases that were due."""

    cases: int
    announced: int
    """Announcements that are to be told, coalesced ones not counted."""
    failed: tuple[tuple[str, str], ...]
    """Cases that could not be evaluated, each with the class of the error; they were put off."""


class Judged(NamedTuple):
    """What an entry leads to."""

    before: Snapshot | None
    """The case at the same instant without it; None where the entry simply comes last."""
    after: Snapshot
    news: News


P = ParamSpec("P")
T = TypeVar("T")


def surely(transaction: Callable[Concatenate[Engine, P], T]) -> Callable[Concatenate[Engine, P], T]:
    """Of a method that is one transaction: it runs again where the connection was lost and nothing of it was kept."""

    @wraps(transaction)
    def run(engine: Engine, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return engine.store.surely(lambda: transaction(engine, *args, **kwargs))

    return run


class Engine:
    """What becomes of the cases of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.shelf = Shelf(store)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Several entries in one transaction: all of them are kept, or nothing.

        One that is refused changes nothing; who catches that inside goes on with the rest.
        """
        with self.store.writing():
            yield

    # -- writing -----------------------------------------------------------------------------------

    @surely
    def open(self, entry: Opened, now: datetime) -> Recorded:
        """A new case. The definition is in the store already (`Shelf.named`)."""
        told: list[Announced] = []
        with self.store.writing_or_joining():
            snapshot = evaluate(self.shelf.table, (entry,), now, tell=told)
            found = news(told, snapshot)
            row = self.store.add_case(self.store.new_ref(), (entry,), self.standing(snapshot))
            self.store.post_all([self._rows(row.id, found, snapshot)], now)
        return Recorded(row.ref, entry.seq, snapshot, found, entry.seq)

    @surely
    def append(
        self, ref: str, make: Make, now: datetime, *,
        key: str | None = None, head: int | None = None, accept: Collection[int] = (), behind: timedelta = NOT_AT_ALL,
    ) -> Recorded:  # fmt: skip
        """One more entry. All of it is kept, or nothing.

        `behind`: so far `now` may be before what was written last, because it was read before the case was ours, or
        on a machine whose clock is slow; then the entry is of the same instant.
        Raises: Refused, WouldConflict (unless every conflict is in `accept`), BadInput, CaseMoved
        if `head` is not the head of the log any more.
        """
        with self.store.writing_or_joining():
            case = self.load(ref, now, behind)
            now = case.now
            if key is not None and (seq := self.store.seq_of_key(case.row.id, key)) is not None:
                snapshot = advance(self.shelf.table, case.snapshot, now)
                return Recorded(case.row.ref, seq, snapshot, News((), ()), case.row.head)
            if head is not None and head != case.row.head:
                raise CaseMoved(case.row.ref, head, case.row.head)
            entry = make(case, case.row.head + 1, now)
            judged = self._judged(case, entry)
            if judged.before is not None:
                _accepted(compare(judged.before, judged.after, entry.seq), accept)
            self.store.append(case.row, entry, self.standing(judged.after))
            self.store.post_all([self._rows(case.row.id, judged.news, judged.after)], now)
        return Recorded(case.row.ref, entry.seq, judged.after, judged.news, entry.seq)

    @surely
    def append_many(
        self, refs: Sequence[str], make: Make, now: datetime, behind: timedelta = NOT_AT_ALL
    ) -> list[Recorded | EscalationError]:
        """One more entry to each of many cases, in one transaction and few statements. `behind` as in `append`.

        Shape: an answer for each of `refs` (whole ids), in their order. One that is refused, would conflict or is
        not there is answered by its error, and the others are kept.
        """
        with self.store.writing_or_joining():
            rows = {row.ref: row for row in self.store.cases_of(refs)}
            moves, posts, found = [], [], list[Recorded | EscalationError]()
            for ref in dict.fromkeys(refs):
                try:
                    if ref not in rows:
                        raise NotFound("case", ref)
                    case = self._loaded(rows[ref], now, behind)
                    entry = make(case, case.row.head + 1, case.now)
                    judged = self._judged(case, entry)
                    if judged.before is not None:
                        _accepted(compare(judged.before, judged.after, entry.seq), ())
                except (Refused, WouldConflict, BadInput, NotFound) as error:
                    found.append(error)
                    continue
                moves.append((case.row, entry, self.standing(judged.after)))
                posts.append(self._rows(case.row.id, judged.news, judged.after))
                found.append(Recorded(ref, entry.seq, judged.after, judged.news, entry.seq))
            self.store.append_all(moves)
            self.store.post_all(posts, now)
        return found

    @surely
    def preview(self, ref: str, make: Make, now: datetime, behind: timedelta = NOT_AT_ALL) -> Preview:
        """What one more entry would do. Writes nothing. `behind` as in `append`. Raises: Refused, BadInput."""
        with self.store.reading():
            case = self.load(ref, now, behind)
            entry = make(case, case.row.head + 1, case.now)
            judged = self._judged(case, entry)
            before = judged.before or advance(self.shelf.table, case.snapshot, case.now)
            return compare(before, judged.after, entry.seq)

    @surely
    def advance(self, ref: str, now: datetime) -> Recorded:
        """Keep what the clock has done to one case, and what it announces."""
        with self.store.writing_or_joining():
            row = self.store.case(ref)
            snapshot, found = self._passed(row, now)
            self.store.append(row, None, self.standing(snapshot))
            self.store.post_all([self._rows(row.id, found, snapshot)], now)
        return Recorded(row.ref, None, snapshot, found, row.head)

    @surely
    def advance_due(self, now: datetime, most: int = 100) -> Advanced:
        """The same for the cases whose next moment has come, in one transaction: a step of the daemon."""
        with self.store.writing():
            return self._advance(self.store.due(now, most), now)

    @surely
    def recompute(self, now: datetime, most: int = 100) -> Advanced:
        """The same for open cases whose days rest on other calendar data than is at hand. Source: semantics §2."""
        with self.store.writing():
            rows: list[CaseRow] = []
            for definition in self.store.open_definitions():
                with suppress(Damaged):  # its cases are put off when their time comes; the others must not wait for it
                    stamp = self.shelf.table(definition).clock.calendar.stamp
                    rows += self.store.stale(definition, stamp, most - len(rows))
            return self._advance(rows, now)

    def ahead_of(self, now: datetime) -> list[str]:
        """The cases that somebody looked at as if it were later, and announced what had not come yet."""
        return self.store.announced_after(now)

    @surely
    def advance_all(self, refs: Sequence[str], now: datetime) -> Advanced:
        """These cases at `now`, in one transaction. What was told before its time is superseded."""
        with self.store.writing():
            return self._advance(self.store.cases_of(refs), now)

    def _advance(self, rows: Sequence[CaseRow], now: datetime) -> Advanced:
        """One that cannot be evaluated is put off, and the others go on."""
        moves, posts, failed = [], [], []
        for row in rows:
            try:
                snapshot, found = self._passed(row, now)
                moves.append((row, None, self.standing(snapshot)))
                posts.append(self._rows(row.id, found, snapshot))
            except Exception as error:
                if isinstance(error, StoreBusy):
                    raise
                failed.append((row.ref, type(error).__name__))
                self.store.put_off(row.id, now + PUT_OFF)
        self.store.append_all(moves)
        self.store.post_all(posts, now)
        announced = sum(p.status == "pending" for _, new, _ in posts for p in new)
        return Advanced(len(moves), announced, tuple(failed))

    # -- reading -----------------------------------------------------------------------------------

    def load(self, ref: str, now: datetime, behind: timedelta = NOT_AT_ALL) -> Loaded:
        """The case with a snapshot that an entry at `now` can follow. `behind` as in `append`."""
        return self._loaded(self.store.case(ref), now, behind)

    def _loaded(self, row: CaseRow, now: datetime, behind: timedelta = NOT_AT_ALL) -> Loaded:
        snapshot = self.kept(row)
        if snapshot is not None and now < snapshot.as_of <= now + behind:
            now = snapshot.as_of
        kept = snapshot is not None and snapshot.as_of <= now
        if snapshot is None or not kept:
            snapshot = self._evaluated(row.id, self.store.log(row.id), now)
        return Loaded(row, snapshot, self.shelf.table(snapshot.definition), now, kept)

    def kept(self, row: CaseRow) -> Snapshot | None:
        """The snapshot beside a case; None if it rests on other calendar data or another version wrote it."""
        snapshot = _decoded(row)
        if snapshot is None:
            return None
        stamp = self.shelf.table(snapshot.definition).clock.calendar.stamp
        return snapshot if snapshot.calendar == stamp else None

    def snapshot(
        self, row: CaseRow, now: datetime, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Snapshot:
        """What a case means `as_of` an instant (default: now) `as known at` another. Writes nothing.

        Raises: NotFound if the case was not open, or not known, then.
        """
        at = as_of or (known_at if known_at is not None else now)
        kept = self.kept(row) if known_at is None and (as_of is None or as_of >= now) else None
        if kept is not None and kept.as_of <= at:
            return advance(self.shelf.table, kept, at)
        try:
            return evaluate(self.shelf.table, self.store.log(row.id), at, known_at)
        except LookupError:
            raise NotFound("case_then", row.ref) from None

    def standing(self, snapshot: Snapshot) -> Standing:
        """What is kept beside a snapshot."""
        table = self.shelf.table(snapshot.definition)
        main = snapshot.track(MAIN)
        assert main is not None
        state = table.procedure.states.get(main.state)
        return Standing(
            title=snapshot.title,
            client=snapshot.client,
            definition=snapshot.definition,
            opened_at=snapshot.opened_at,
            open=snapshot.open,
            state=main.state,
            stage=state.stage if state else "",
            overdue=any(run.status == MISSED and run.standing for run in snapshot.deadlines),
            next_lapse=next_lapse(snapshot),
            next_moment=next_moment(snapshot, table),
            snapshot=encode_snapshot(snapshot),
            calendar=snapshot.calendar,
        )

    # -- judging -----------------------------------------------------------------------------------

    def _judged(self, case: Loaded, entry: Entry) -> Judged:
        """What the entry does to the case, and what is to be told of it."""
        now = case.now
        if case.kept and isinstance(entry, Worldly) and follows(case.snapshot, entry) and entry.occurred_at <= now:
            return self._stepped(case, entry)
        log = self.store.log(case.row.id)
        _check_clock(log, now)
        if isinstance(entry, Correction):
            check_correction(log, entry)
        longer = [*log, entry]
        check_order(longer, entry, case.table.clock.zone)
        told: list[Announced] = []
        before = evaluate(self.shelf.table, log, now)
        after = evaluate(self.shelf.table, longer, now, tell=told)
        if any(i.seq == entry.seq for i in after.inapplicable):
            raise self._refused(self._refusal(log, entry, after), case)
        return Judged(before, after, self._corrected(case.row, told, after))

    def _passed(self, row: CaseRow, now: datetime) -> tuple[Snapshot, News]:
        """A case at `now` when only time has passed, or its calendar has changed, and what is to be told."""
        told: list[Announced] = []
        kept = self.kept(row)
        if kept is not None and kept.as_of <= now:
            snapshot = advance(self.shelf.table, kept, now, told)
            return snapshot, news(told, snapshot)
        log = self.store.log(row.id)
        _check_clock(log, now)
        snapshot = evaluate(self.shelf.table, log, now, tell=told)
        return snapshot, self._corrected(row, told, snapshot)

    def _corrected(self, row: CaseRow, told: Sequence[Announced], after: Snapshot) -> News:
        """What is to be told, and taken back, after the whole history was evaluated anew."""
        posted: dict[str, Before] = {}
        damaged: set[str] = set()
        for each in self.store.outbox(row.id):
            if each.status == "superseded":
                continue
            try:
                posted[each.key] = Before(msgspec.json.decode(each.body, type=Announced), each.status)
            except UNREADABLE:  # that it was said is all that is known
                damaged.add(each.key)
        found = corrected(posted, [each for each in told if each.key not in damaged], after)
        before = _decoded(row)
        if before is None or before.calendar == after.calendar:
            return found
        days = moved(before, after, (each for each, _ in found.new))
        return News((*found.new, *((each, False) for each in days)), found.superseded)

    def _stepped(self, case: Loaded, entry: Worldly) -> Judged:
        """The usual way: the entry comes after all that is known."""
        told: list[Announced] = []
        # Only an event takes a step, so only an event pays for the machine.
        takes_step = isinstance(entry, EventEntry)
        choose = self.shelf.chooser(case.snapshot.definition) if takes_step else first_that_holds
        after = step(self.shelf.table, case.snapshot, entry, case.now, choose, told)
        if isinstance(after, Refusal):
            raise self._refused(after, case)
        return Judged(None, after, news(told, after))

    def _refused(self, refusal: Refusal, case: Loaded) -> Refused:
        """The refusal with where the case is at present, which may not be where it was at the entry's instant."""
        present = advance(self.shelf.table, case.snapshot, case.now)
        states = {t.track: t.state for t in present.tracks if not t.final}
        return Refused(refusal, Then(case.row.ref, states, case.now, case.table.clock.zone))

    def _refusal(self, log: Sequence[Entry], entry: Entry, after: Snapshot) -> Refusal:
        """Why a back-dated entry cannot stand where it was put."""
        missing: tuple[Missing, ...] = next(i.missing for i in after.inapplicable if i.seq == entry.seq)
        assert isinstance(entry, EventEntry | Migrate)
        then = evaluate(self.shelf.table, log, entry.occurred_at)
        if isinstance(entry, EventEntry):
            found = lacking(self.shelf.table, then, entry.event, entry.data)
            if found is not None:
                return found
        states = {t.track: t.state for t in then.tracks if not t.final}
        event = entry.event if isinstance(entry, EventEntry) else "migrate"
        return Refusal(event=event, at=entry.occurred_at, states=states, missing=missing, possible=())

    def _evaluated(self, case_id: int, log: Sequence[Entry], now: datetime) -> Snapshot:
        _check_clock(log, now)
        return evaluate(self.shelf.table, log, now)

    def _rows(self, case_id: int, found: News, after: Snapshot) -> tuple[int, list[Posted], tuple[str, ...]]:
        """Announcements as rows of the outbox, for the transaction that makes them."""
        rows: list[Posted] = []
        for each, coalesced in found.new:
            table = self.shelf.table(after.definition)
            level, until = loudness(each, after, table)
            status = "coalesced" if coalesced else "pending"
            rows.append(Posted(each.key, each.kind, each.at, status, msgspec.json.encode(each), level, until))
        return case_id, rows, found.superseded


def _decoded(row: CaseRow) -> Snapshot | None:
    try:
        return decode_snapshot(row.snapshot)
    except UNREADABLE:
        return None


def check_correction(log: Sequence[Entry], entry: Correction) -> None:
    """Whether a correction names an entry it may name. Raises: NotFound, BadInput."""
    if not 1 <= entry.target < entry.seq:
        raise NotFound("entry", str(entry.target), known=tuple(str(e.seq) for e in log[-10:]))
    target = log[entry.target - 1]
    if isinstance(entry, Withdraw) and isinstance(target, Opened):
        raise BadInput(FieldProblem("target", entry.target, "not_opened"))
    if isinstance(entry, Amend):
        if not amendable(target):
            raise BadInput(FieldProblem("target", entry.target, "amendable"))
        if entry.at is not None and entry.at > entry.recorded_at:
            raise BadInput(FieldProblem("at", entry.at.isoformat(), "not_future"))
        if isinstance(target, Check) and set(entry.data) - {"done"}:
            raise BadInput(FieldProblem("data", ", ".join(entry.data), "unknown", limit="done"))


def check_order(log: Sequence[Entry], entry: Entry, zone: tzinfo) -> None:
    """Whether nothing occurred in the future, or before the case was opened. Raises: BadInput, in local instants."""
    if isinstance(entry, Worldly) and entry.occurred_at > entry.recorded_at:
        raise BadInput(FieldProblem("at", entry.occurred_at.isoformat(), "not_future"))
    history = effective(log)
    if not isinstance(history[0], Opened):
        opened = next(e for e in history if isinstance(e, Opened))
        first, begun = (e.occurred_at.astimezone(zone).isoformat() for e in (history[0], opened))
        if isinstance(entry, Withdraw):
            raise BadInput(FieldProblem("target", entry.target, "opening_before_entries", limit=first))
        if isinstance(entry, Amend) and entry.target == opened.seq:
            raise BadInput(FieldProblem("at", begun, "opening_before_entries", limit=first))
        raise BadInput(FieldProblem("at", first, "not_before_opening", limit=begun))


def _check_clock(log: Sequence[Entry], now: datetime) -> None:
    """A log only grows: nothing is recorded before what was recorded last. Raises: BadInput."""
    last = max(e.recorded_at for e in log)
    if now < last:
        raise BadInput(FieldProblem("now", now.isoformat(), "not_before_last", limit=last.isoformat()))


def _accepted(preview: Preview, accept: Collection[int]) -> None:
    unaccepted = tuple(c for c in preview.conflicts if c.seq not in accept)
    if unaccepted:
        raise WouldConflict(unaccepted)
