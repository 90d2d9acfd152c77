"""What a store's cases say: every answer that writes nothing. `api.Desk` adds what writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from escalation import clock
from escalation.core.entries import Entry, chained, kind_of
from escalation.core.evaluate import evaluate
from escalation.core.history import effective, withdrawn
from escalation.core.instants import read_instant
from escalation.core.snapshot import Snapshot
from escalation.core.table import Table
from escalation.engine import Engine
from escalation.errors import BadInput, Damaged, FieldProblem, NotFound, StoreDamaged
from escalation.said import When, answers, days_ahead, instant
from escalation.store import REFUSE_NOW, CaseRow, Store
from escalation.views import asks_of, due_rows, local, recordable, show, titles
from states.errors import near_miss
from states.model import MAIN

if TYPE_CHECKING:
    from escalation.forecast import Supposed

Data = dict[str, Any]
Rows = list[Data]

EXPORTS = ("json", "jsonl", "csv", "ics", "xes")
DRAWINGS = ("text", "mermaid", "svg", "dot")
FAR = "9999d"
"""Ahead of what any calendar shows."""
DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")
"""Of an instant without an offset where no case says which zone is meant."""


class Reader:
    """The cases of one store, to read."""

    def __init__(self, store: Store, *, now: datetime | str | None = None, lang: str = "en") -> None:
        self.engine = Engine(store)
        self.lang = lang
        self._now = now
        if not (now is None or isinstance(now, str) or (isinstance(now, datetime) and now.tzinfo is not None)):
            raise BadInput(FieldProblem("now", str(now), "instant"))
        if now is not None and store.setting(REFUSE_NOW) == "true":
            raise BadInput(FieldProblem("now", str(now), "store_refuses_now"))
        self.now()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the store back."""
        self.engine.store.close()

    def now(self, zone: ZoneInfo = DEFAULT_ZONE) -> datetime:
        """The present, or the instant that this desk was told to act at."""
        if self._now is None:
            return clock.now()
        if isinstance(self._now, datetime):
            return self._now
        at = read_instant(self._now, zone, clock.now())
        if at is None:
            raise BadInput(FieldProblem("now", self._now, "instant"))
        return at

    @property
    def folder(self) -> str:
        """Where lies what belongs to the store and is not in it: attached files, calendars, secrets of channels."""
        return self.engine.store.folder

    def today(self) -> str:
        """The present local date, ISO, where no case says which zone is meant."""
        return self.now().astimezone(DEFAULT_ZONE).date().isoformat()

    # -- reading -----------------------------------------------------------------------------------

    def show(self, case: str, *, as_of: When = None, known_at: When = None, all_deadlines: bool = False) -> Data:
        """The case as of now, or as of one instant as known at another. A future `as_of` is a forecast."""
        row, snapshot, now = self._read(case, as_of, known_at)
        found = show(self.engine.shelf.table, snapshot, row.ref, row.head, self.lang, all_deadlines)
        return found | ({"forecast": True} if snapshot.as_of > now else {})

    def cases(
        self, *, state: str | None = None, stage: str | None = None, client: str | None = None,
        person: str | None = None, overdue: bool = False, as_of: When = None, open_only: bool = False,
        limit: int | None = None,
    ) -> Iterator[Data]:  # fmt: skip
        """Every case that fits, in the order of opening here, as `show` objects.

        Raises: NotFound for a state or a stage that no procedure here has.
        """
        self._known("state", state)
        self._known("stage", stage)
        found = self.snapshots(
            state=state, stage=stage, client=client, person=person, overdue=overdue, as_of=as_of,
            open_only=open_only, limit=limit,
        )  # fmt: skip
        return (show(self.engine.shelf.table, snapshot, row.ref, row.head, self.lang) for row, snapshot in found)

    def snapshots(
        self, *, state: str | None = None, stage: str | None = None, client: str | None = None,
        person: str | None = None, overdue: bool = False, as_of: When = None, open_only: bool = False,
        limit: int | None = None, moves_by: datetime | None = None,
    ) -> Iterator[tuple[CaseRow, Snapshot]]:  # fmt: skip
        """The same as values. Cases opened later than `as_of` are left out.

        Raises: StoreDamaged, DefinitionDamaged for the first that cannot be worked out, after all the others.
        """
        now = self.now()
        kept = as_of is None
        rows = self.engine.store.cases(
            open_only=open_only and kept, client=client, person=person,
            stage=stage if kept else None, state=state if kept else None, overdue=overdue and kept,
            stale_before=now, moves_by=moves_by if kept else None,
        )  # fmt: skip
        found = 0
        damaged: Damaged | None = None
        for row in rows:
            if limit is not None and found >= limit:
                return
            try:
                snapshot = self.engine.snapshot(row, now, self._as_of(row, as_of, now))
            except NotFound:
                continue
            except Damaged as error:
                damaged = damaged or error
                continue
            if self._fits(snapshot, state, stage, overdue, open_only):
                found += 1
                yield row, snapshot
        if damaged is not None:
            raise damaged

    # -- many cases, for a table -----------------------------------------------------------------------

    def changes(self) -> int:
        """A number that moves when another process commits: then what was read may no longer be so."""
        return self.engine.store.changes()

    def freshen(self) -> bool:
        """Count days by calendar data that another process, or machine, has installed meanwhile; whether one has."""
        store = self.engine.store
        store.bring_calendars()
        return self.engine.shelf.freshen()

    def first_refs(self, most: int) -> list[str]:
        """The ids of the first few cases."""
        return self.engine.store.first_refs(most)

    def find(self, text: str = "", order: str = "due", most: int | None = None) -> list[int]:
        """The numbers of the cases that fit what was typed, in order: `due:<7d stage:talks -client:Li parcel`.

        They are the store's own, for `lines`; `order` is one of `listing.ORDERS`. What was not understood is left
        out, and named by `not_understood`.
        """
        from escalation import listing  # a command that shows one case need not pay for it

        _one_of("order", order, tuple(listing.ORDERS))
        return listing.numbers(self.engine.store, listing.typed(self.engine, text, self._here()), order, most)

    def not_understood(self, text: str) -> tuple[str, ...]:
        """The words of what was typed that `find` leaves out."""
        from escalation import listing

        return listing.typed(self.engine, text, self._here()).unknown

    def tally(self, text: str = "") -> Data:
        """How many cases fit: in all, open, overdue, soon due; of each stage; of each person."""
        from escalation import listing

        now = self._here()
        return listing.tally(self.engine, listing.typed(self.engine, text, now), now, self.lang)

    def lines(self, numbers: Sequence[int]) -> dict[int, Data]:
        """One line of a table for each of these numbers: where it is, what is next, by when, whose turn."""
        from escalation import listing

        return listing.lines(self.engine, numbers, self.now(), self.lang)

    def refs(self, numbers: Sequence[int]) -> list[str]:
        """The ids of these numbers, in that order."""
        from escalation import listing

        return listing.refs(self.engine.store, numbers)

    def moving(self, days: int) -> list[int]:
        """The numbers of the open cases with something due within that many days, or overdue: for `due_of`."""
        from escalation import listing

        return listing.moving(self.engine.store, self.now(), days)

    def due_of(self, numbers: Sequence[int], days: int) -> Rows:
        """What `due` says of these cases alone, in no order: many are asked for part by part."""
        from escalation import listing

        return listing.due_of(self.engine, numbers, self.now(), days, self.lang)

    def possible(self, cases: Sequence[str]) -> Rows:
        """The events that can be recorded now in some of these cases (whole ids), and in how many (`n`)."""
        from escalation import listing

        return listing.possible(self.engine, cases, self.now(), self.lang)

    def views(self) -> Rows:
        """What is often sought, under names: `name`, `text`, `order`, and how many cases fit (`n`)."""
        from escalation import listing, views_kept

        now = self._here()
        return [
            {
                "name": each.name, "text": each.text, "order": each.order if each.order in listing.ORDERS else "due",
                "n": listing.tally(self.engine, listing.typed(self.engine, each.text, now), now, self.lang)["total"],
            }
            for each in views_kept.views(self.engine.store)
        ]  # fmt: skip

    def _here(self) -> datetime:
        """The present where no case says which zone is meant."""
        return self.now().astimezone(DEFAULT_ZONE)

    def next(self, case: str) -> Data:
        """The one thing to do now, by when, why, and what that rests on."""
        from escalation.advice import advice  # answers are imported by whoever asks for them

        row, snapshot, _ = self._read(case)
        return advice(self.engine.shelf.table, snapshot, row.ref, self.lang)

    def next_of_all(self) -> Iterator[Data]:
        """The same for every open case."""
        from escalation.advice import advice

        for row, snapshot in self.snapshots(open_only=True):
            yield advice(self.engine.shelf.table, snapshot, row.ref, self.lang)

    def due(self, within: str | None = None, owed_by: str | None = None, case: str | None = None) -> Rows:
        """Deadlines and follow-ups by day, overdue first; `within`: `7d`, `2w` or a length (default 30 days).

        Of one day, the case comes first that was opened first. Ids are drawn, so they say nothing about an order.
        Raises: NotFound for a party that no procedure here has, BadInput.
        """
        now = self.now()
        days = days_ahead(within or "30d")
        self._known("party", owed_by)
        rows: Rows = []
        order: dict[str, tuple[datetime, str, int]] = {}
        found: Any = (
            [self._read(case)[:2]]
            if case is not None
            else self.snapshots(open_only=True, moves_by=now + timedelta(days=days + 2))
        )
        for row, snapshot in found:
            table = self.engine.shelf.table(snapshot.definition)
            until = table.clock.day(snapshot.as_of) + timedelta(days=days)
            rows += due_rows(self.engine.shelf.table, snapshot, row.ref, self.lang, until, owed_by)
            order[row.ref] = (row.opened_at, row.title, len(order))
        return sorted(rows, key=lambda r: (r["day"], order[r["case"]], str(r["id"])))

    def log(self, case: str) -> Rows:
        """The history as it was written, corrections visible, in the order of recording."""
        row = self.engine.store.case(case)
        log = self.engine.store.log(row.id)
        snapshot = self.engine.snapshot(row, max(self.now(), log[-1].recorded_at))
        table = self.engine.shelf.table(snapshot.definition)
        gone, standing = withdrawn(log), {e.seq: e for e in effective(log)}
        inapplicable = {i.seq for i in snapshot.inapplicable}
        return [self._log_row(e, standing.get(e.seq), e.seq in gone, e.seq in inapplicable, table) for e in log]

    def why_event(self, case: str, event: str) -> Data:
        """What an event still lacks."""
        from escalation.reasons import why_event

        row, snapshot, _ = self._read(case)
        return why_event(self.engine.shelf.table, snapshot, row.ref, event, self.lang)

    def why_deadline(self, case: str, deadline: str, *, as_of: When = None) -> Data:
        """How a last day was counted, line by line, with its basis."""
        from escalation.reasons import why_deadline

        row, snapshot, _ = self._read(case, as_of)
        return why_deadline(self.engine.shelf.table, snapshot, row.ref, deadline, self.lang)

    def forecast(self, case: str, supposed: Sequence[tuple[str, str, Mapping[str, Any]]] = ()) -> Data:
        """Where it goes if nobody acts, or if events happen: `(event, day or instant, data)` each."""
        from escalation.forecast import forecast

        row, snapshot, now = self._read(case)
        table = self.engine.shelf.table(snapshot.definition)
        return forecast(
            self.engine.shelf.table, snapshot, row.ref, self.lang,
            [self._supposed(table, now, *each) for each in supposed],
        )  # fmt: skip

    def titles(self, case: str) -> Mapping[str, Mapping[str, str]]:
        """What people call the states, events, parties, facts and items of a case's procedure."""
        _, snapshot, _ = self._read(case)
        return titles(self.engine.shelf.table(snapshot.definition), self.lang)

    def events(self, case: str) -> Rows:
        """All that can ever be recorded in a case, whether now or of an earlier day: by whom, and what is asked."""
        _, snapshot, _ = self._read(case)
        return recordable(self.engine.shelf.table(snapshot.definition), self.lang)

    def asks(self, case: str, seq: int) -> Data:
        """What the values of an entry are made of, by name, as the definition of that day has them."""
        row, _, _ = self._read(case)
        log = self.engine.store.log(row.id)
        if not 1 <= seq <= len(log):
            raise NotFound("entry", str(seq))
        entry = next((e for e in effective(log) if e.seq == seq), log[seq - 1])
        at = getattr(entry, "occurred_at", None) or entry.recorded_at
        snapshot = evaluate(self.engine.shelf.table, log, max(at, row.opened_at))
        return asks_of(entry, self.engine.shelf.table(snapshot.definition), self.lang)

    def verify(self, cases: Sequence[str] = ()) -> Iterator[Data]:
        """Hold each log against its hash chain, and each snapshot against a full evaluation.

        Raises: StoreDamaged, naming the first entry that does not fit; DefinitionDamaged.
        """
        store = self.engine.store
        rows = [store.case(ref) for ref in cases] if cases else store.cases()
        for row in rows:
            self._verify(row)
            yield {"case": row.ref, "entries": row.head, "hash": row.head_hash, "ok": True}

    def _verify(self, row: CaseRow) -> None:
        store, previous = self.engine.store, ""
        raw = store.raw_log(row.id)
        for seq, (body, hash) in enumerate(raw, 1):
            previous = chained(previous, body)
            if previous != hash:
                raise StoreDamaged(store.path, row.ref, seq, "hash")
        if len(raw) != row.head or previous != row.head_hash:
            raise StoreDamaged(store.path, row.ref, min(len(raw), row.head) + 1, "head")
        kept = self.engine.kept(row)
        if kept is not None:
            again = evaluate(self.engine.shelf.table, store.log(row.id), kept.as_of)
            if _meaning(kept) != _meaning(again):
                raise StoreDamaged(store.path, row.ref, row.head, "snapshot")

    # -- being told --------------------------------------------------------------------------------

    def daemon_status(self) -> Data:
        """Whether the background scheduler runs, what waits for it, and which ways out fail: `daemon status`."""
        from escalation.standing import status

        return status(self.engine.store, self.now())

    def channels(self) -> Rows:
        """The ways out, and whether they work."""
        from escalation.standing import channels

        return channels(self.engine.store)

    def announcements(self, case: str | None = None, days: int = 14, *, after: int = 0) -> Rows:
        """What was announced in the last days, of a case or of all, the latest first, and what became of it.

        `after`: only what was kept later than the one of that `id`.
        """
        from escalation.standing import announcements

        return announcements(self.engine, self.now(), self.lang, case, days, after)

    # -- files and definitions ---------------------------------------------------------------------

    def export(self, format: str, cases: Sequence[str] = ()) -> Iterator[bytes]:
        """Cases, or all, as `json`, `jsonl`, `csv` or `xes`, or what is due of them as `ics`, block by block.

        Raises: BadInput for any other format.
        """
        _one_of("format", format, EXPORTS)
        return self._exported(format, cases)

    def _exported(self, format: str, cases: Sequence[str]) -> Iterator[bytes]:
        from escalation import transfer

        if format == "ics":
            from escalation.feed import feed
            from escalation.wording import wording

            due = [row for case in cases for row in self.due(FAR, case=case)] if cases else self.due(FAR)
            yield from feed(due, self.now(), wording(self.lang))
            return
        rows = (self.engine.store.case(ref) for ref in cases) if cases else self.engine.store.cases()
        if format == "jsonl":
            yield from transfer.export_jsonl(self.engine, rows)
        elif format == "xes":
            from escalation.xes import export_xes

            yield from export_xes(self.engine, rows, self.now())
        elif format == "json":
            yield from transfer.export_json(self.engine, rows, self.lang, self.now())
        else:
            yield from (text.encode() for text in transfer.export_csv(self.engine, rows, self.lang, self.now()))

    def procedures(self) -> Rows:
        """The procedures that `open` knows by name."""
        from escalation.definitions import listed

        return list(listed(self.engine, self.lang))

    def procedure(self, name: str) -> Data:
        """A procedure to read, by name, file or hash."""
        from escalation.definitions import described

        return described(self.engine, self.engine.shelf.named(name, self.now(), keep=False), self.lang)

    def drawing(self, name: str, format: str = "text", *, case: str | None = None, width: int = 80) -> str:
        """A procedure drawn as `text`, `mermaid`, `svg` or `dot`; with a case, where that stands (text)."""
        _one_of("format", format, DRAWINGS)
        from escalation.definitions import drawn

        table = self.engine.shelf.table(self.engine.shelf.named(name, self.now(), keep=False))
        here = {t["track"]: t["state"] for t in self.show(case)["tracks"]} if case is not None else None
        return drawn(table.procedure, format, self.lang, here, width)

    def diff(self, old: str, new: str) -> Data:
        """What changed between two definitions, and which live cases of the first would change."""
        from escalation.definitions import compared

        one, other = (self.engine.shelf.named(name, self.now(), keep=False) for name in (old, new))
        live = ((row, s) for row, s in self.snapshots(open_only=True) if s.definition == one)
        return compared(self.engine, one, other, live, self.lang)

    def simulate(
        self, procedure: str, *, cases: int = 1_000, seed: int = 1, silent: Sequence[str] = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> Data:  # fmt: skip
        """Many made-up lives of a procedure, by name, file or hash: how long, which ends, what none of them reached.

        The same arguments give the same answer. `silent`: parties that never act.
        Raises: BadInput, NotFound, ProcedureError.
        """
        from escalation.simulate import simulate

        table = self.engine.shelf.table(self.engine.shelf.named(procedure, self.now(), keep=False))
        at = None if self._now is None else self.now(table.clock.zone)
        return simulate(table, self.lang, cases=cases, seed=seed, silent=silent, opened_at=at, progress=progress)

    def settings(self) -> Data:
        """What the store was told about itself, by name: `refuse_now`, whether `now` cannot be said."""
        from escalation.settings import settings

        return settings(self.engine.store)

    def calendars(self) -> Rows:
        """The calendars there are, and the years they are certain of."""
        from states.calendar import known_calendars

        return [
            {"calendar": c.name, "first": c.first, "last": c.last, "source": c.source}
            for c in known_calendars(self.engine.shelf.calendars)
        ]

    def calendar_year(self, year: int, name: str = "CN") -> Data:
        """Every day of a year: worked or not, and why not. Raises: BadInput, NotFound."""
        if not isinstance(year, int):
            raise BadInput(FieldProblem("year", str(year), "year_number"))
        from escalation.views import calendar_year
        from states.calendar import UnknownCalendar, YearOutOfRange, load_calendar

        try:
            return calendar_year(load_calendar(name, self.engine.shelf.calendars), year)
        except UnknownCalendar as error:
            raise NotFound("calendar", error.name, next(iter(error.meant), None)) from None
        except YearOutOfRange as error:
            raise BadInput(FieldProblem("year", year, "year", limit=f"{error.first}-{error.last}")) from None

    # -- how --------------------------------------------------------------------------------------

    def _known(self, what: str, name: str | None) -> None:
        """Raises: NotFound for a state, stage or party that no procedure has, of this store or shipped."""
        if name is None:
            return
        listed = {"state": "states", "stage": "stages", "party": "parties"}[what]
        kept = (self.engine.shelf.table(each.hash).procedure for each in self.engine.store.definitions())
        if any(name in getattr(procedure, listed) for procedure in kept):
            return
        from escalation.definitions import every_procedure  # to be slow is for mistakes

        known = tuple(dict.fromkeys(id for each in every_procedure(self.engine) for id in getattr(each, listed)))
        if name not in known:
            raise NotFound(what, name, near_miss(name, known), known)

    def _case_now(self, case: str) -> datetime:
        if not isinstance(self._now, str):
            return self.now()
        row = self.engine.store.case(case)
        return self.now(self.engine.shelf.table(row.definition).clock.zone)

    def _read(self, case: str, as_of: When = None, known_at: When = None) -> tuple[CaseRow, Snapshot, datetime]:
        row = self.engine.store.case(case)
        zone = self.engine.shelf.table(row.definition).clock.zone
        now = self.now(zone)
        at = instant("as_of", as_of, zone, now, row.opened_at) if as_of is not None else None
        known = instant("known_at", known_at, zone, now, row.opened_at) if known_at is not None else None
        return row, self.engine.snapshot(row, now, at, known), now

    def _as_of(self, row: CaseRow, as_of: When, now: datetime) -> datetime | None:
        """A day alone is not before the opening, so each case has its own instant."""
        if as_of is None:
            return None
        return instant("as_of", as_of, self.engine.shelf.table(row.definition).clock.zone, now, row.opened_at)

    def _supposed(self, table: Table, now: datetime, event: str, day: str, data: Mapping[str, Any]) -> Supposed:
        defined = table.event(event)
        if defined is None:
            raise NotFound("event", event, near_miss(event, table.procedure.events))
        at = instant("if", day, table.clock.zone, now, None)
        if at < now:
            raise BadInput(FieldProblem("if", day, "not_past"))
        from escalation.forecast import Supposed

        return Supposed(event, at, answers(table, defined, data, require=False))

    def _fits(self, snapshot: Snapshot, state: str | None, stage: str | None, overdue: bool, open_only: bool) -> bool:
        if open_only and not snapshot.open:
            return False
        if overdue and not any(r.standing and r.status == "missed" for r in snapshot.deadlines):
            return False
        states = self.engine.shelf.table(snapshot.definition).procedure.states
        here = [t for t in snapshot.tracks if t.track == MAIN or not t.final]
        if state is not None and all(t.state != state for t in here):
            return False
        return stage is None or any(t.state in states and states[t.state].stage == stage for t in here)

    def _log_row(self, entry: Entry, standing: Any, gone: bool, inapplicable: bool, table: Table) -> Data:
        data: Data = msgspec.to_builtins(entry)
        occurred = getattr(standing, "occurred_at", None) or getattr(entry, "occurred_at", None) or entry.recorded_at
        data.update(
            seq=entry.seq,
            kind=kind_of(entry),
            occurred_at=local(occurred, table),
            recorded_at=local(entry.recorded_at, table),
            withdrawn=gone,
            inapplicable=inapplicable,
            amended=standing is not None and standing != entry,
        )
        if data["amended"]:
            was, stands = msgspec.to_builtins(entry), msgspec.to_builtins(standing)
            data["now"] = {k: v for k, v in stands.items() if was.get(k) != v}
            data["now"] |= dict.fromkeys(was.keys() - stands.keys())  # what was taken out
        if "at" in data:
            data["at"] = local(getattr(entry, "at", None) or getattr(entry, "occurred_at", None), table)
        if "at" in data.get("now", {}):
            data["now"]["at"] = local(occurred, table)
        return data


def _one_of(field: str, said: str, known: tuple[str, ...]) -> None:
    """Raises: BadInput for what is none of them."""
    if said not in known:
        raise BadInput(FieldProblem(field, str(said), "choice", near_miss(str(said), known), limit=" | ".join(known)))


def _meaning(snapshot: Snapshot) -> Snapshot:
    """A snapshot without what has been told: that differs between those who told and those who did not."""
    epoch = snapshot.opened_at
    return replace(
        snapshot,
        told_until={},
        deadlines=tuple(replace(run, told_until=epoch) for run in snapshot.deadlines),
        follow_ups=tuple(replace(f, told_until=epoch) for f in snapshot.follow_ups),
    )
