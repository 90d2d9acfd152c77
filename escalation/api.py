"""The library: open a store and do what the commands do.

    from escalation import open_store

    with open_store("cases.db") as desk:
        case = desk.open("alipay-repayment", facts={"amount_owed": "12000"})
        desk.done(case, "hardship.statement")
        print(desk.next(case)["do"]["text"])

Every method that writes is one transaction. Answers are plain data in the shapes of
docs/command-line.md; errors are those of `escalation.errors` and `states.errors.ProcedureError`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self
from zoneinfo import ZoneInfo

from escalation import clock
from escalation.advice import advice
from escalation.core.entries import (
    Amend,
    Attach,
    Check,
    Entry,
    EventEntry,
    FactsEntry,
    FollowUp,
    Migrate,
    Note,
    Opened,
    Withdraw,
    chained,
    kind_of,
)
from escalation.core.history import effective, withdrawn
from escalation.core.instants import read_instant
from escalation.core.snapshot import Snapshot
from escalation.core.table import Table
from escalation.core.values import Wrong, read_values, storable
from escalation.engine import Engine, Loaded, Make, Recorded
from escalation.errors import BadInput, FieldProblem, NotFound, Refused, StoreDamaged
from escalation.evidence import keep_file
from escalation.forecast import Supposed, forecast
from escalation.reasons import why_deadline, why_event
from escalation.store import CaseRow, Store
from escalation.views import due_rows, local, previewed, show, titles
from states.errors import near_miss
from states.lengths import parse_length
from states.model import CLOCK, MAIN, Value

Data = dict[str, Any]
When = datetime | str | None
"""An aware instant, or text as the command line takes it; None for now."""

DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")
"""Of an instant without an offset where no case says which zone is meant."""


def open_store(path: str | Path, *, now: datetime | str | None = None, lang: str = "en") -> Desk:
    """The store in a SQLite file, created where it is new.

    `now`: act as if it were this instant. Raises: StoreError, BadInput.
    """
    return Desk(Store.open(str(path)), now=now, lang=lang)


class Desk:
    """The cases of one store, and everything that can be done with them."""

    def __init__(self, store: Store, *, now: datetime | str | None = None, lang: str = "en") -> None:
        self.engine = Engine(store)
        self.lang = lang
        self._now = now
        if now is not None and store.setting("refuse_now") == "true":
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

    # -- writing -----------------------------------------------------------------------------------

    def open(
        self, procedure: str, *, title: str | None = None, client: str | None = None, at: When = None,
        facts: Mapping[str, Any] | None = None,
    ) -> str:  # fmt: skip
        """Open a case of a procedure, by name or file; the answer is its id."""
        definition = self.engine.shelf.named(procedure, self.now())
        table = self.engine.shelf.table(definition)
        now = self.now(table.clock.zone)
        values = _values(table.procedure.facts, facts or {}, require=False)
        _storable(title=title, client=client)
        occurred_at = _instant("at", at, table.clock.zone, now, None)
        if occurred_at > now:
            raise BadInput(FieldProblem("at", str(at), "not_future"))
        entry = Opened(
            seq=1,
            recorded_at=now,
            occurred_at=occurred_at,
            procedure=table.procedure.procedure,
            version=table.procedure.version,
            definition=definition,
            title=title if title is not None else _title(table, self.lang),
            client=client,
            facts=values,
        )
        return self.engine.open(entry, now).ref

    def record(
        self, case: str, event: str, data: Mapping[str, Any] | None = None, *, at: When = None,
        note: str | None = None, attach: Sequence[str | Path] = (), key: str | None = None,
        head: int | None = None, accept: Collection[int] = (), preview: bool = False,
    ) -> Data:  # fmt: skip
        """Log an event; the answer is the `show` object with `seq`, or the preview.

        Files are attached first, each an entry of its own at the same instant. Raises: Refused,
        WouldConflict, BadInput, NotFound, CaseMoved.
        """

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            occurred_at = self._occurred(loaded, at)
            table = self._table_at(loaded, occurred_at)
            defined = table.event(event)
            if defined is None:
                raise NotFound("event", event, near_miss(event, table.procedure.events), tuple(table.procedure.events))
            if defined.by == CLOCK:
                raise BadInput(FieldProblem("event", event, "not_clock"))
            values = _values(defined.asks, data or {}, require=True)
            return EventEntry(
                seq=seq, recorded_at=now, occurred_at=occurred_at, key=key, event=event, data=values, note=note
            )

        _storable(note=note, key=key)
        if attach and not preview:
            self._check_first(case, make)
            for file in attach:
                self.attach(case, file, at=at)
        return self._write(case, make, key=key, head=head, accept=accept, preview=preview)

    def set_facts(self, case: str, facts: Mapping[str, Any], **options: Any) -> Data:
        """Set values. Options as of `record`: `at`, `note`, `accept`, `preview`, `head`, `key`."""
        at, note = options.pop("at", None), options.pop("note", None)

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            occurred_at = self._occurred(loaded, at)
            table = self._table_at(loaded, occurred_at)
            values = _values(table.procedure.facts, facts, require=False)
            empty = [name for name in facts if name not in values]
            if empty or not values:
                raise BadInput(*(FieldProblem(name, facts[name], "required") for name in empty or ["facts"]))
            key = options.get("key")
            return FactsEntry(seq=seq, recorded_at=now, occurred_at=occurred_at, facts=values, note=note, key=key)

        _storable(note=note)
        return self._write(case, make, **options)

    def done(self, case: str, item: str, *, undo: bool = False, **options: Any) -> Data:
        """Tick a checklist item, `checklist.item` or the item alone where that is clear; `undo` unticks."""
        at = options.pop("at", None)

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            occurred_at = self._occurred(loaded, at)
            table = self._table_at(loaded, occurred_at)
            name = _item(table, item)
            checklist, _, id = name.partition(".")
            if not undo and table.procedure.checklists[checklist].items[id].attachment == "required":
                if not loaded.snapshot.attached.get(name):
                    raise BadInput(FieldProblem("item", name, "attachment"))
            key = options.get("key")
            return Check(seq=seq, recorded_at=now, occurred_at=occurred_at, item=name, done=not undo, key=key)

        return self._write(case, make, **options)

    def note(self, case: str, text: str, **options: Any) -> Data:
        """Write down something worth remembering."""
        at = options.pop("at", None)
        _storable(text=text)
        if not text.strip():
            raise BadInput(FieldProblem("text", text, "required"))

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            occurred_at, key = self._occurred(loaded, at), options.get("key")
            return Note(seq=seq, recorded_at=now, occurred_at=occurred_at, text=text, key=key)

        return self._write(case, make, **options)

    def attach(
        self, case: str, file: str | Path, *, title: str | None = None, item: str | None = None, **options: Any
    ) -> Data:
        """Attach a file, for a checklist item where one is named. A copy is kept by its content."""
        at = options.pop("at", None)
        _storable(title=title)
        kept = keep_file(Path(file), self.engine.store.folder, write=not options.get("preview"))

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            occurred_at = self._occurred(loaded, at)
            name = _item(self._table_at(loaded, occurred_at), item) if item is not None else None
            return Attach(
                seq=seq, recorded_at=now, occurred_at=occurred_at, sha256=kept.sha256, size=kept.size,
                name=kept.name, title=title, item=name, key=options.get("key"),
            )  # fmt: skip

        return self._write(case, make, **options)

    def follow_up(
        self, case: str, action: str, *, n: int | None = None, due: str | None = None, text: str | None = None,
        every: str | None = None, **options: Any,
    ) -> Data:  # fmt: skip
        """The person's own reminders: `add` (due, text, every), `done` (n), `move` (n, due), `drop` (n)."""
        at = options.pop("at", None)
        _storable(text=text)

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            number = self._follow_up_number(loaded, action, n)
            day = _follow_up_day(action, due, loaded.table, now)
            if action == "add" and not (text or "").strip():
                raise BadInput(FieldProblem("text", text, "required"))
            length = parse_length(every) if every is not None else None
            if every is not None and (length is None or length.unit == "hours"):
                raise BadInput(FieldProblem("every", every, "length"))
            return FollowUp(
                seq=seq, recorded_at=now, occurred_at=self._occurred(loaded, at), action=action, n=number,
                due=day, text=text, every=str(length) if length else None, key=options.get("key"),
            )  # fmt: skip

        return self._write(case, make, **options)

    def amend(
        self, case: str, target: int, *, at: When = None, data: Mapping[str, Any] | None = None,
        note: str | None = None, **options: Any,
    ) -> Data:  # fmt: skip
        """Replace the instant, the data or the note of an earlier entry. An empty value takes a key out."""
        _storable(note=note)
        if at is None and not data and note is None:
            raise BadInput(FieldProblem("set", None, "something_to_amend"))

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            zone = loaded.table.clock.zone
            moved = _instant("at", at, zone, now, loaded.snapshot.opened_at) if at is not None else None
            log = self.engine.store.log(loaded.row.id)
            values = self._amended_values(loaded, log, target, data or {})
            return Amend(
                seq=seq, recorded_at=now, target=target, at=moved, data=values, note=note, key=options.get("key")
            )

        return self._write(case, make, **options)

    def withdraw(self, case: str, target: int, *, note: str | None = None, **options: Any) -> Data:
        """Take an earlier entry back."""
        _storable(note=note)

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            return Withdraw(seq=seq, recorded_at=now, target=target, note=note, key=options.get("key"))

        return self._write(case, make, **options)

    def migrate(
        self, case: str, to: str, *, mapping: Mapping[str, str] | None = None, note: str | None = None, **options: Any
    ) -> Data:
        """Move a case to another definition, by name, file or hash."""
        definition = self.engine.shelf.named(to, self.now())
        table = self.engine.shelf.table(definition)
        unknown = [new for new in (mapping or {}).values() if new not in table.procedure.states]
        if unknown:
            raise NotFound("state", unknown[0], near_miss(unknown[0], table.procedure.states))

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            procedure = table.procedure
            return Migrate(
                seq=seq, recorded_at=now, occurred_at=now, procedure=procedure.procedure, version=procedure.version,
                definition=definition, map=dict(mapping or {}), note=note, key=options.get("key"),
            )  # fmt: skip

        return self._write(case, make, **options)

    # -- reading -----------------------------------------------------------------------------------

    def show(
        self, case: str, *, as_of: When = None, known_at: When = None, all_deadlines: bool = False
    ) -> Data:
        """The case as of now, or as of one instant as known at another. A future `as_of` is a forecast."""
        row, snapshot, now = self._read(case, as_of, known_at)
        found = show(self.engine.shelf.table, snapshot, row.ref, row.head, self.lang, all_deadlines)
        return found | ({"forecast": True} if snapshot.as_of > now else {})

    def list(
        self, *, state: str | None = None, stage: str | None = None, client: str | None = None,
        overdue: bool = False, as_of: When = None, open_only: bool = False, limit: int | None = None,
    ) -> Iterator[Data]:  # fmt: skip
        """Every case that fits, in the order of opening here, as `show` objects."""
        for row, snapshot in self.snapshots(
            state=state, stage=stage, client=client, overdue=overdue, as_of=as_of, open_only=open_only, limit=limit
        ):
            yield show(self.engine.shelf.table, snapshot, row.ref, row.head, self.lang)

    def snapshots(
        self, *, state: str | None = None, stage: str | None = None, client: str | None = None,
        overdue: bool = False, as_of: When = None, open_only: bool = False, limit: int | None = None,
        moves_by: datetime | None = None,
    ) -> Iterator[tuple[CaseRow, Snapshot]]:  # fmt: skip
        """The same as values. Cases opened later than `as_of` are left out."""
        now = self.now()
        at = _instant("as_of", as_of, DEFAULT_ZONE, now, None) if as_of is not None else None
        kept = at is None
        rows = self.engine.store.cases(
            open_only=open_only and kept, client=client,
            stage=stage if kept else None, state=state if kept else None, overdue=overdue and kept,
            stale_before=now, moves_by=moves_by if kept else None,
        )  # fmt: skip
        found = 0
        for row in rows:
            if limit is not None and found >= limit:
                return
            try:
                snapshot = self.engine.snapshot(row, now, at)
            except NotFound:
                continue
            if self._fits(snapshot, state, stage, overdue, open_only):
                found += 1
                yield row, snapshot

    def next(self, case: str) -> Data:
        """The one thing to do now, by when, why, and what that rests on."""
        row, snapshot, _ = self._read(case)
        return advice(self.engine.shelf.table, snapshot, row.ref, self.lang)

    def next_of_all(self) -> Iterator[Data]:
        """The same for every open case."""
        for row, snapshot in self.snapshots(open_only=True):
            yield advice(self.engine.shelf.table, snapshot, row.ref, self.lang)

    def due(self, within: str | None = None, owed_by: str | None = None, case: str | None = None) -> list[Data]:
        """Deadlines and follow-ups by day, overdue first; `within`: `7d`, `2w` or a length (default 30 days)."""
        now = self.now()
        days = _within(within or "30d")
        rows: list[Data] = []
        found: Any = [self._read(case)[:2]] if case is not None else self.snapshots(
            open_only=True, moves_by=now + timedelta(days=days + 2)
        )
        for row, snapshot in found:
            table = self.engine.shelf.table(snapshot.definition)
            until = table.clock.day(snapshot.as_of) + timedelta(days=days)
            rows += due_rows(self.engine.shelf.table, snapshot, row.ref, self.lang, until, owed_by)
        return sorted(rows, key=lambda r: (r["day"], r["case"], str(r["id"])))

    def log(self, case: str) -> list[Data]:
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
        row, snapshot, _ = self._read(case)
        return why_event(self.engine.shelf.table, snapshot, row.ref, event, self.lang)

    def why_deadline(self, case: str, deadline: str, *, as_of: When = None) -> Data:
        """How a last day was counted, line by line, with its basis."""
        row, snapshot, _ = self._read(case, as_of)
        return why_deadline(self.engine.shelf.table, snapshot, row.ref, deadline, self.lang)

    def forecast(self, case: str, supposed: Sequence[tuple[str, str, Mapping[str, Any]]] = ()) -> Data:
        """Where it goes if nobody acts, or if events happen: `(event, day or instant, data)` each."""
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

    def verify(self, cases: Sequence[str] = ()) -> Iterator[Data]:
        """Hold each log against its hash chain, and each snapshot against a full evaluation.

        Raises: StoreDamaged, naming the first entry that does not fit.
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
            again = self.engine.snapshot(row, kept.as_of, known_at=None) if kept.as_of > self.now() else None
            full = again or self._replayed(row, kept.as_of)
            if _meaning(full) != _meaning(kept):
                raise StoreDamaged(store.path, row.ref, row.head, "snapshot")

    def _replayed(self, row: CaseRow, at: datetime) -> Snapshot:
        return self.engine.snapshot(row, at, as_of=at, known_at=max(at, self.now()))

    # -- files and definitions ---------------------------------------------------------------------

    def export(self, format: str, cases: Sequence[str] = ()) -> Iterator[bytes]:
        """Cases, or all of them, as `json`, `jsonl` or `csv`, block by block."""
        from escalation import transfer

        rows = (self.engine.store.case(ref) for ref in cases) if cases else self.engine.store.cases()
        if format == "jsonl":
            yield from transfer.export_jsonl(self.engine, rows)
        elif format == "json":
            yield from transfer.export_json(self.engine, rows, self.lang, self.now())
        else:
            yield from (text.encode() for text in transfer.export_csv(self.engine, rows, self.lang, self.now()))

    def import_(
        self, lines: BinaryIO, *, accept_inapplicable: bool = False,
        progress: Callable[[int, int | None], None] | None = None,
    ) -> Data:  # fmt: skip
        """Take cases in from JSON lines. A case goes in whole or not at all; `skipped` says what is wrong."""
        from escalation.intake import import_jsonl

        found = import_jsonl(
            self.engine, lines, self.now(), accept_inapplicable=accept_inapplicable, progress=progress
        )
        return {
            "cases": [{"key": key, "case": ref, "head": head} for key, ref, head in found.cases],
            "entries": found.entries,
            "skipped": [{"case": key, "problems": BadInput(*ps).facts()["problems"]} for key, ps in found.skipped],
        }

    def procedures(self) -> list[Data]:
        """The procedures that `open` knows by name."""
        from escalation.definitions import listed

        return list(listed(self.engine, self.lang))

    def procedure(self, name: str) -> Data:
        """A procedure to read, by name, file or hash."""
        from escalation.definitions import described

        return described(self.engine, self.engine.shelf.named(name, self.now()), self.lang)

    def drawing(self, name: str, format: str = "text", *, case: str | None = None, width: int = 80) -> str:
        """A procedure drawn as `text`, `mermaid`, `svg` or `dot`; with a case, where that stands (text)."""
        from escalation.definitions import drawn

        table = self.engine.shelf.table(self.engine.shelf.named(name, self.now()))
        here = {t["track"]: t["state"] for t in self.show(case)["tracks"]} if case is not None else None
        return drawn(table.procedure, format, self.lang, here, width)

    def install(self, file: str | Path) -> Data:
        """Make the procedure in a file the one that its name means in this store. Raises: ProcedureError."""
        if not Path(file).is_file():
            raise NotFound("file", str(file))
        hash, checked = self.engine.shelf.install(Path(file), self.now())
        procedure = checked.reading.procedure
        return {
            "id": procedure.procedure, "version": procedure.version, "hash": hash,
            "title": _title(self.engine.shelf.table(hash), self.lang), "warnings": len(checked.warnings),
        }  # fmt: skip

    def diff(self, old: str, new: str) -> Data:
        """What changed between two definitions, and which live cases of the first would change."""
        from escalation.definitions import compared

        one, other = (self.engine.shelf.named(name, self.now()) for name in (old, new))
        live = ((row, s) for row, s in self.snapshots(open_only=True) if s.definition == one)
        return compared(self.engine, one, other, live, self.lang)

    def calendars(self) -> list[Data]:
        """The calendars there are, and the years they are certain of."""
        from states.calendar import known_calendars

        return [
            {"calendar": c.name, "first": c.first, "last": c.last, "source": c.source}
            for c in known_calendars(self.engine.shelf.calendars)
        ]

    def calendar_year(self, year: int, name: str = "CN") -> Data:
        """Every day of a year: worked or not, and why not."""
        from escalation.views import calendar_year
        from states.calendar import UnknownCalendar, YearOutOfRange, load_calendar

        try:
            return calendar_year(load_calendar(name, self.engine.shelf.calendars), year)
        except UnknownCalendar as error:
            raise NotFound("calendar", error.name, error.meant) from None
        except YearOutOfRange as error:
            raise BadInput(FieldProblem("year", year, "year", limit=f"{error.first}-{error.last}")) from None

    def install_calendar(self, file: str | Path) -> Data:
        """Take in a year's holiday arrangement. What rests on the year is recomputed when it is next looked at."""
        from states.calendar import CalendarFileError, install_calendar_file

        try:
            installed = install_calendar_file(Path(file), self.engine.shelf.calendars[0])
        except CalendarFileError as error:
            problems = (FieldProblem(p.key, p.message, "calendar_file", line=p.line) for p in error.problems)
            raise BadInput(*problems) from None
        except OSError as error:
            raise BadInput(FieldProblem("file", str(file), "file", limit=error.strerror)) from None
        self.engine.shelf.forget()
        return {"file": str(installed), "calendars": self.calendars()}

    # -- how --------------------------------------------------------------------------------------

    def _write(
        self, case: str, make: Make, *, key: str | None = None, head: int | None = None,
        accept: Collection[int] = (), preview: bool = False,
    ) -> Data:  # fmt: skip
        now = self._case_now(case)
        if preview:
            ref, seen = self.engine.store.case(case).ref, self.engine.store.case(case).head
            return previewed(self.engine.shelf.table, self.engine.preview(case, make, now), ref, seen, self.lang)
        recorded = self.engine.append(case, make, now, key=key, head=head, accept=accept)
        return self._recorded(recorded)

    def _recorded(self, recorded: Recorded) -> Data:
        head = self.engine.store.case(recorded.ref).head
        found = show(self.engine.shelf.table, recorded.snapshot, recorded.ref, head, self.lang)
        return {**found, "seq": recorded.seq}

    def _check_first(self, case: str, make: Make) -> None:
        """Refuse before anything is attached: one command does all or nothing that matters."""
        self.engine.preview(case, make, self._case_now(case))

    def _case_now(self, case: str) -> datetime:
        if not isinstance(self._now, str):
            return self.now()
        row = self.engine.store.case(case)
        return self.now(self.engine.shelf.table(row.definition).clock.zone)

    def _read(self, case: str, as_of: When = None, known_at: When = None) -> tuple[CaseRow, Snapshot, datetime]:
        row = self.engine.store.case(case)
        zone = self.engine.shelf.table(row.definition).clock.zone
        now = self.now(zone)
        at = _instant("as_of", as_of, zone, now, row.opened_at) if as_of is not None else None
        known = _instant("known_at", known_at, zone, now, row.opened_at) if known_at is not None else None
        return row, self.engine.snapshot(row, now, at, known), now

    def _occurred(self, loaded: Loaded, at: When) -> datetime:
        if at is None:
            return loaded.now
        return _instant("at", at, loaded.table.clock.zone, loaded.now, loaded.snapshot.opened_at)

    def _table_at(self, loaded: Loaded, at: datetime) -> Table:
        """The definition in force at an instant: an entry from before a migration speaks its words."""
        if at >= loaded.snapshot.as_of:
            return loaded.table
        log = self.engine.store.log(loaded.row.id)
        found = loaded.row.definition
        for entry in effective(log):
            if isinstance(entry, Opened | Migrate) and entry.occurred_at <= at:
                found = entry.definition
        return self.engine.shelf.table(found)

    def _follow_up_number(self, loaded: Loaded, action: str, n: int | None) -> int:
        log = self.engine.store.log(loaded.row.id)
        added = sum(1 for e in log if isinstance(e, FollowUp) and e.action == "add")
        if action == "add":
            return added + 1
        open_ones = tuple(str(f.n) for f in loaded.snapshot.follow_ups)
        if n is None or str(n) not in open_ones:
            raise NotFound("follow_up", str(n), known=open_ones)
        return n

    def _amended_values(self, loaded: Loaded, log: Sequence[Entry], target: int, data: Mapping[str, Any]) -> Data:
        """New values for an entry, typed as the entry's own were; None takes a key out."""
        if not 1 <= target <= len(log) or not data:
            return dict(data)
        entry = next((e for e in effective(log) if e.seq == target), log[target - 1])
        if isinstance(entry, Check):
            return _check_values(data)
        if not isinstance(entry, EventEntry | FactsEntry | Opened):
            raise BadInput(FieldProblem("set", ", ".join(data), "nothing_to_set"))
        table = self._table_at(loaded, entry.occurred_at)
        event = table.event(entry.event) if isinstance(entry, EventEntry) else None
        defined: Mapping[str, Value] = event.asks if event is not None else table.procedure.facts
        out = {name for name, value in data.items() if value in (None, "")}
        values = _values(defined, {k: v for k, v in data.items() if k not in out}, require=False)
        unknown = [name for name in out if name not in defined]
        missing = [name for name in out if event is not None and name in event.asks and event.asks[name].required]
        if unknown or missing:
            raise BadInput(
                *(FieldProblem(name, "", "unknown", near_miss(name, defined)) for name in unknown),
                *(FieldProblem(name, "", "required") for name in missing),
            )
        return {**values, **dict.fromkeys(out)}

    def _supposed(self, table: Table, now: datetime, event: str, day: str, data: Mapping[str, Any]) -> Supposed:
        defined = table.event(event)
        if defined is None:
            raise NotFound("event", event, near_miss(event, table.procedure.events))
        at = _instant("if", day, table.clock.zone, now, None)
        if at < now:
            raise BadInput(FieldProblem("if", day, "not_past"))
        return Supposed(event, at, _values(defined.asks, data, require=False))

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
        import msgspec

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
            data["now"] = {k: v for k, v in msgspec.to_builtins(standing).items() if msgspec.to_builtins(entry).get(k) != v}
        if "at" in data:
            data["at"] = local(getattr(entry, "at", None) or getattr(entry, "occurred_at", None), table)
        return data


def _meaning(snapshot: Snapshot) -> Snapshot:
    """A snapshot without what has been told: that differs between those who told and those who did not."""
    from msgspec.structs import replace

    epoch = snapshot.opened_at
    return replace(
        snapshot,
        told_until={},
        deadlines=tuple(replace(run, told_until=epoch) for run in snapshot.deadlines),
        follow_ups=tuple(replace(f, told_until=epoch) for f in snapshot.follow_ups),
    )


def _instant(field: str, at: When, zone: ZoneInfo, now: datetime, opened_at: datetime | None) -> datetime:
    if at is None:
        return now
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise BadInput(FieldProblem(field, str(at), "instant"))
        return at
    found = read_instant(at, zone, now, opened_at)
    if found is None:
        raise BadInput(FieldProblem(field, at, "instant"))
    return found


def _values(defined: Mapping[str, Value], given: Mapping[str, Any], require: bool) -> Data:
    """Typed values. Raises: BadInput with every field that is wrong."""
    values, wrong = read_values(defined, given, require)
    if wrong:
        raise BadInput(*(_problem(name, given.get(name), each) for name, each in wrong.items()))
    return values


def _problem(name: str, value: Any, wrong: Wrong) -> FieldProblem:
    return FieldProblem(name, value, wrong.expected, wrong.meant, limit=wrong.limit)


def _check_values(data: Mapping[str, Any]) -> Data:
    done = Value(type="boolean")
    return _values({"done": done}, data, require=False)


def _item(table: Table, item: str) -> str:
    """The full name of a checklist item. Raises: NotFound, also where it is in several lists."""
    known = [f"{name}.{id}" for name, c in table.procedure.checklists.items() for id in c.items]
    if item in known:
        return item
    found = [name for name in known if name.partition(".")[2] == item]
    if len(found) == 1:
        return found[0]
    raise NotFound("item", item, near_miss(item, known), tuple(found or known))


def _follow_up_day(action: str, due: str | None, table: Table, now: datetime) -> str | None:
    if action not in ("add", "move"):
        return None
    try:
        day = date.fromisoformat(due or "")
    except ValueError:
        raise BadInput(FieldProblem("date", due, "date")) from None
    if action == "move" and day < table.clock.day(now):
        raise BadInput(FieldProblem("date", due, "not_past"))
    return day.isoformat()


def _within(text: str) -> int:
    """Days ahead: `7d`, `2w`, or a length in days or weeks."""
    short = {"d": 1, "w": 7}
    if len(text) > 1 and text[:-1].isdigit() and text[-1] in short and len(text) < 7:
        return int(text[:-1]) * short[text[-1]]
    length = parse_length(text)
    if length is None or length.unit not in ("days", "weeks"):
        raise BadInput(FieldProblem("within", text, "within"))
    return length.n * (7 if length.unit == "weeks" else 1)


def _storable(**texts: str | None) -> None:
    """Raises: BadInput for text that cannot be kept."""
    wrong = [FieldProblem(name, "", "text") for name, text in texts.items() if text is not None and not storable(text)]
    if wrong:
        raise BadInput(*wrong)


def _title(table: Table, lang: str) -> str:
    from states.model import words

    return words(table.procedure.title, lang)


