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

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from escalation import clock
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
)
from escalation.core.evaluate import evaluate
from escalation.core.history import effective
from escalation.core.table import Table
from escalation.core.values import DESCRIBES
from escalation.engine import NOT_AT_ALL, Loaded, Make, Recorded
from escalation.errors import BadInput, EscalationError, FieldProblem, NotFound, Refused, StoreError, Unmapped
from escalation.reading import DEFAULT_ZONE, Reader
from escalation.said import (
    Together,
    When,
    answers,
    check_values,
    follow_up_day,
    instant,
    item_of,
    not_future,
    storable_texts,
    title_of,
    typed,
)
from escalation.sqlite import SqliteDatabase
from escalation.store import Store
from escalation.views import previewed, show
from states.errors import near_miss
from states.lengths import parse_length
from states.model import CLOCK, Value

if TYPE_CHECKING:
    from pathlib import Path

    from escalation.exhibits import Evidence
    from escalation.ground import Ground
    from escalation.letters_desk import Letters
    from escalation.plans import Plans

Data = dict[str, Any]
T = TypeVar("T")

FOLLOW_UP = ("add", "done", "move", "drop")
BEHIND = timedelta(minutes=2)
"""Clocks of several machines are never quite alike, and who waits for a case has read the time before."""


def open_store(path: str | Path, *, now: datetime | str | None = None, lang: str = "en") -> Desk:
    """The store in a SQLite file or at a `postgresql://` URL, created where it is new.

    `now`: act as if it were this instant. Raises: StoreError, BadInput.
    """
    store = Store.open(str(path))
    try:
        return Desk(store, now=now, lang=lang)
    except BaseException:
        store.close()
        raise


def open_nothing(path: str | Path, *, now: datetime | str | None = None, lang: str = "en") -> Desk:
    """What `open_store` would give of a file that is not there, without making it. Nothing can be written.

    Raises: BadInput.
    """
    return Desk(Store(SqliteDatabase.nothing(str(path))), now=now, lang=lang)


class _Held(Exception):
    """The case has this content already, in the entry `seq`: nothing is to be written."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        super().__init__(seq)


class _Tried(Exception):
    """What was done is to be taken back; the answer stays."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        super().__init__()


class Desk(Reader):
    """The cases of one store, and everything that can be done with them."""

    @property
    def plans(self) -> Plans:
        """What can be paid, offers compared, the agreed plan followed."""
        from escalation.plans import Plans

        return Plans(self)

    @property
    def evidence(self) -> Evidence:
        """Exhibits, contacts, how one was collected from, and the bundle to hand over."""
        from escalation.exhibits import Evidence

        return Evidence(self)

    @property
    def letters(self) -> Letters:
        """Letters from a case."""
        from escalation.letters_desk import Letters

        return Letters(self)

    @property
    def ground(self) -> Ground:
        """What the law and the contract say, and whether a step is reasonable."""
        from escalation.ground import Ground

        return Ground(self)

    # -- writing -----------------------------------------------------------------------------------

    def open(
        self, procedure: str, *, title: str | None = None, client: str | None = None, at: When = None,
        facts: Mapping[str, Any] | None = None,
    ) -> str:  # fmt: skip
        """Open a case of a procedure, by name or file; the answer is its id."""
        definition = self.engine.shelf.named(procedure, self.now())
        table = self.engine.shelf.table(definition)
        now = self.now(table.clock.zone)
        together = Together()
        values = together.read(lambda: typed(table.procedure.facts, facts or {}, require=False)) or {}
        together.read(lambda: storable_texts(title=title, client=client))
        zone = table.clock.zone
        occurred_at = together.read(lambda: not_future(instant("at", at, zone, now, None), at, now)) or now
        together.done()
        entry = Opened(
            seq=1,
            recorded_at=now,
            occurred_at=occurred_at,
            procedure=table.procedure.procedure,
            version=table.procedure.version,
            definition=definition,
            title=title if title is not None else title_of(table, self.lang),
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
        make = self._event(event, data, at, note, key)
        if attach and not preview:
            self._check_first(case, make)
            for file in attach:
                self.attach(case, file, at=at)
        return self._write(case, make, key=key, head=head, accept=accept, preview=preview)

    def record_many(
        self, cases: Sequence[str], event: str, data: Mapping[str, Any] | None = None, *, at: When = None,
        note: str | None = None,
    ) -> list[Data | EscalationError]:  # fmt: skip
        """Log the same event in many cases (whole ids), in one transaction.

        An answer for each: the `show` object with `seq`, or the error that kept it out; the others are kept.
        """
        found = self.engine.append_many(cases, self._event(event, data, at, note, None), self.now(), self._behind)
        return [each if isinstance(each, EscalationError) else self._recorded(each) for each in found]

    def _event(
        self, event: str, data: Mapping[str, Any] | None, at: When, note: str | None, key: str | None
    ) -> Make:  # fmt: skip
        """What makes the entry of an event for the case it finds."""
        storable_texts(note=note, key=key)

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            together = Together()
            occurred_at = together.read(lambda: self._occurred(loaded, at)) or now
            table = self._table_at(loaded, occurred_at)
            defined = table.event(event)
            if defined is None:
                raise NotFound("event", event, near_miss(event, table.procedure.events), tuple(table.procedure.events))
            if defined.by == CLOCK:
                raise BadInput(FieldProblem("event", event, "not_clock"))
            values = together.read(lambda: answers(table, defined, data or {})) or {}
            together.done()
            return EventEntry(
                seq=seq, recorded_at=now, occurred_at=occurred_at, key=key, event=event, data=values, note=note
            )

        return make

    def at_once(self, work: Callable[[], T], *, keep: bool = True) -> T:
        """Everything that `work` writes is one transaction: all of it is kept, or nothing. Its answer.

        Without `keep` nothing is: so one sees what would be taken, and what refused. `work` runs again where
        the connection was lost before anything was kept.
        """

        def run() -> T:
            with self.engine.batch():
                found = work()
                if not keep:
                    raise _Tried(found)
                return found

        try:
            return self.engine.store.surely(run)
        except _Tried as tried:
            answer: T = tried.answer
            return answer

    def set_facts(self, case: str, facts: Mapping[str, Any], **options: Any) -> Data:
        """Set values. Options as of `record`: `at`, `note`, `accept`, `preview`, `head`, `key`."""
        at, note = options.pop("at", None), options.pop("note", None)

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            together = Together()
            occurred_at = together.read(lambda: self._occurred(loaded, at)) or now
            table = self._table_at(loaded, occurred_at)
            values = together.read(lambda: typed(table.procedure.facts, facts, require=False)) or {}
            together.done()
            empty = [name for name in facts if name not in values]
            if empty or not values:
                raise BadInput(*(FieldProblem(name, facts.get(name), "required") for name in empty or ["facts"]))
            key = options.get("key")
            return FactsEntry(seq=seq, recorded_at=now, occurred_at=occurred_at, facts=values, note=note, key=key)

        storable_texts(note=note)
        return self._write(case, make, **options)

    def done(self, case: str, item: str, *, undo: bool = False, **options: Any) -> Data:
        """Tick a checklist item, `checklist.item` or the item alone where that is clear; `undo` unticks."""
        at = options.pop("at", None)

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            occurred_at = self._occurred(loaded, at)
            table = self._table_at(loaded, occurred_at)
            name = item_of(table, item)
            checklist, _, id = name.partition(".")
            required = table.procedure.checklists[checklist].items[id].attachment == "required"
            if required and not undo and not loaded.snapshot.attached.get(name):
                raise BadInput(FieldProblem("item", name, "attachment"))
            key = options.get("key")
            return Check(seq=seq, recorded_at=now, occurred_at=occurred_at, item=name, done=not undo, key=key)

        return self._write(case, make, **options)

    def note(self, case: str, text: str, **options: Any) -> Data:
        """Write down something worth remembering."""
        at = options.pop("at", None)
        storable_texts(text=text)
        if not text.strip():
            raise BadInput(FieldProblem("text", text, "required"))

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            occurred_at, key = self._occurred(loaded, at), options.get("key")
            return Note(seq=seq, recorded_at=now, occurred_at=occurred_at, text=text, key=key)

        return self._write(case, make, **options)

    def attach(
        self, case: str, file: str | Path, *, title: str | None = None, item: str | None = None,
        type: str | None = None, dated: str | None = None, proves: str | None = None, text: str | None = None,
        **options: Any,
    ) -> Data:  # fmt: skip
        """Attach a file, for a checklist item where one is named. A copy is kept by its content.

        `text`: what was pasted; `file` is then its name. What the case has already is not attached again, unless it
        is for another item: the answer then has `already`, and the `seq` of the entry that has it.
        """
        at, preview = options.pop("at", None), options.get("preview", False)
        storable_texts(title=title, text=text)
        described = typed(DESCRIBES, {"type": type, "dated": dated, "proves": proves}, require=False)
        from pathlib import Path

        from escalation.evidence import keep_file, keep_text  # hashing and copying, which only this command needs

        folder = self.engine.store.folder
        if text is not None:
            kept = keep_text(text, str(file), folder, write=not preview)
        else:
            kept = keep_file(Path(file), folder, write=not preview)

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            occurred_at = self._occurred(loaded, at)
            name = item_of(self._table_at(loaded, occurred_at), item) if item is not None else None
            for each in effective(self.engine.store.log(loaded.row.id)):
                if isinstance(each, Attach) and each.sha256 == kept.sha256 and name in (None, each.item):
                    raise _Held(each.seq)
            return Attach(
                seq=seq, recorded_at=now, occurred_at=occurred_at, sha256=kept.sha256, size=kept.size,
                name=kept.name, title=title, item=name, key=options.get("key"), **described,
            )  # fmt: skip

        try:
            return self._write(case, make, **options)
        except _Held as held:
            shown = self.show(case)
            if preview:
                same = {"before": shown, "after": shown, "moved": [], "undone": [], "conflicts": []}
                return same | {"seq": held.seq, "already": True}
            return shown | {"seq": held.seq, "already": True}

    def follow_up(
        self, case: str, action: str, *, n: int | None = None, due: str | None = None, text: str | None = None,
        every: str | None = None, **options: Any,
    ) -> Data:  # fmt: skip
        """The person's own reminders: `add` (due, text, every), `done` (n), `move` (n, due), `drop` (n)."""
        at = options.pop("at", None)
        storable_texts(text=text)
        if action not in FOLLOW_UP:
            meant = near_miss(str(action), FOLLOW_UP)
            raise BadInput(FieldProblem("action", str(action), "choice", meant, limit=" | ".join(FOLLOW_UP)))

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            number = self._follow_up_number(loaded, action, n)
            day = follow_up_day(action, due, loaded.table, now)
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
        storable_texts(note=note)
        if at is None and not data and note is None:
            raise BadInput(FieldProblem("set", None, "something_to_amend"))

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            zone = loaded.table.clock.zone
            opened_at = loaded.snapshot.opened_at
            moved = not_future(instant("at", at, zone, now, opened_at), at, now) if at is not None else None
            log = self.engine.store.log(loaded.row.id)
            values = self._amended_values(loaded, log, target, data or {})
            return Amend(
                seq=seq, recorded_at=now, target=target, at=moved, data=values, note=note, key=options.get("key")
            )

        try:
            return self._write(case, make, **options)
        except BadInput as error:
            # The instant in the words in which it was said.
            said = (p._replace(value=str(at)) if p.field == "at" and at is not None else p for p in error.problems)
            raise BadInput(*said) from None

    def withdraw(self, case: str, target: int, *, note: str | None = None, **options: Any) -> Data:
        """Take an earlier entry back."""
        storable_texts(note=note)

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            return Withdraw(seq=seq, recorded_at=now, target=target, note=note, key=options.get("key"))

        return self._write(case, make, **options)

    def migrate(
        self, case: str, to: str, *, mapping: Mapping[str, str] | None = None, note: str | None = None, **options: Any
    ) -> Data:
        """Move a case to another definition, by name, file or hash.

        `mapping`: old state -> new state, for those that have no namesake there. Raises: Unmapped if one lacks its own.
        """
        definition = self.engine.shelf.named(to, self.now())
        table = self.engine.shelf.table(definition)
        unknown = [new for new in (mapping or {}).values() if new not in table.procedure.states]
        if unknown:
            raise NotFound("state", unknown[0], near_miss(unknown[0], table.procedure.states))

        def make(loaded: Loaded, seq: int, now: datetime) -> Entry:
            procedure, known = table.procedure, loaded.table.procedure.states
            for old in mapping or {}:
                if old not in known:
                    raise NotFound("state", old, near_miss(old, known))
            return Migrate(
                seq=seq, recorded_at=now, occurred_at=now, procedure=procedure.procedure, version=procedure.version,
                definition=definition, map=dict(mapping or {}), note=note, key=options.get("key"),
            )  # fmt: skip

        try:
            return self._write(case, make, **options)
        except Refused as error:
            states = [each.state for each in error.refusal.missing]
            meant = {state: near for state in states if (near := near_miss(state, table.procedure.states))}
            raise Unmapped(error, self.engine.store.case(case).ref, to, meant) from None

    # -- files and definitions ---------------------------------------------------------------------

    def import_(
        self, lines: BinaryIO, *, accept_inapplicable: bool = False,
        progress: Callable[[int, int | None], None] | None = None,
    ) -> Data:  # fmt: skip
        """Take cases in from JSON lines. A case goes in whole or not at all; `skipped` says what is wrong."""
        from escalation.intake import import_jsonl

        found = import_jsonl(self.engine, lines, self.now(), accept_inapplicable=accept_inapplicable, progress=progress)
        return {
            "cases": [{"key": key, "case": ref, "head": head} for key, ref, head in found.cases],
            "entries": found.entries,
            "skipped": [{"case": key, "problems": BadInput(*ps).facts()["problems"]} for key, ps in found.skipped],
        }

    def install(self, file: str | Path) -> Data:
        """Make the procedure in a file the one that its name means in this store. Raises: ProcedureError."""
        from pathlib import Path

        if not os.path.isfile(file):
            raise NotFound("file", str(file))
        hash, checked = self.engine.shelf.install(Path(file), self.now())
        procedure = checked.reading.procedure
        return {
            "id": procedure.procedure, "version": procedure.version, "hash": hash,
            "title": title_of(self.engine.shelf.table(hash), self.lang), "warnings": len(checked.warnings),
        }  # fmt: skip

    def install_calendar(self, file: str | Path) -> Data:
        """Take in a year's holiday arrangement. What rests on the year is recomputed when it is next looked at."""
        from pathlib import Path

        from states.calendar import CalendarFileError, install_calendar_file

        try:
            installed = install_calendar_file(Path(file), Path(self.engine.shelf.calendars[0]))
        except CalendarFileError as error:
            problems = (
                FieldProblem(p.key or "file", None, "calendar_file", line=p.line, limit=p.message)
                for p in error.problems
            )
            raise BadInput(*problems) from None
        except OSError as error:
            raise BadInput(FieldProblem("file", str(file), "file", limit=error.strerror)) from None
        self.engine.shelf.keep_calendar(installed, self.now())
        return {"file": str(installed), "calendars": self.calendars()}

    # -- being told ---------------------------------------------------------------------------------

    def acknowledge(self, case: str) -> list[Data]:
        """Everything announced about a case has been seen: it falls silent until something graver comes.

        Each: kind, subject (a deadline, a state, a follow-up's number) and the day it was about.
        """
        from escalation.deliveries import Deliveries

        row = self.engine.store.case(case)
        seen = Deliveries(self.engine.store).acknowledge(row.id, self.now())
        return [{"kind": a.kind, "subject": a.subject, "due": a.due} for a in seen]

    def add_channel(self, name: str, address: str = "", *, test: bool = True, **said: Any) -> Data:
        """A new way out, kept only if it takes a test message; with `test=False` without one.

        `said`: kind, lang, privacy, quiet_hours (None: any hour), zone, client, person, digest, digest_at, least, env
        (a variable that the address comes from), keep. The answer is a line of `channels`, without what is secret.
        Raises: BadInput with everything that is wrong; DeliveryFailed: nothing was kept. May take 30 seconds.
        """
        from escalation.channel_setup import Wanted, add

        wanted = Wanted(name, address, **{"lang": self.lang, **said})
        return add(self.engine.store, wanted, self.now(), test=test)

    def test_channel(self, name: str) -> None:
        """Send a test message. Raises: NotFound; DeliveryFailed if it was not taken. May take 30 seconds."""
        from escalation.channel_setup import attempt

        attempt(self.engine.store, name, self.now())

    def remove_channel(self, name: str) -> str:
        """Take a way out away, what waits for it, and its address; the answer is where that lay. Raises: NotFound."""
        from escalation.channel_setup import remove

        return remove(self.engine.store, name)

    def retry(self, channel: str | None = None) -> int:
        """What could not be delivered, by one channel or any, waits for the daemon again; how many messages."""
        from escalation.deliveries import Deliveries

        return Deliveries(self.engine.store).retry(self.now(), channel)

    def assign(self, cases: Sequence[str], person: str | None) -> list[str]:
        """Who looks after cases, in an office; None: nobody. Channels of a person get those of theirs only."""
        if person is not None and not person.strip():
            raise BadInput(FieldProblem("person", person, "text"))
        with self.engine.store.writing():
            rows = [self.engine.store.case(case) for case in cases]
            for row in rows:
                self.engine.store.assign(row.id, person)
        return [row.ref for row in rows]

    def change_settings(self, values: Mapping[str, Any]) -> Data:
        """Tell the store something about itself, by name; the answer is how all settings are then. Raises: BadInput."""
        from escalation.settings import change

        return change(self.engine.store, values)

    def keep_view(self, name: str, text: str, order: str = "due") -> None:
        """Keep what is often sought under a name, in place of an older one of that name. Raises: BadInput."""
        from escalation import views_kept

        views_kept.keep(self.engine.store, views_kept.View(name.strip(), text.strip(), order))

    def drop_view(self, name: str) -> None:
        """Take such a name away; the cases stay. Raises: NotFound."""
        from escalation import views_kept

        views_kept.drop(self.engine.store, name)

    def catch_up(self, most: int = 100) -> int:
        """Keep what the clock has done to cases that nobody looked at since, so that `find` and `tally` are right.

        One step of at most 100 cases; how many it took, 0 when none are left. It announces what a daemon would at
        that moment; sending stays the daemon's. A store that cannot be written is left as it is, and nothing is
        kept while this desk acts at an instant that has not come.
        """
        now = self.now()
        if (self._now is not None and now > clock.now()) or not self.engine.store.due_count(now)[0]:
            return 0
        try:
            done = self.engine.advance_due(now, min(most, 100))
        except StoreError:
            return 0
        return done.cases + len(done.failed)

    # -- how --------------------------------------------------------------------------------------

    def _write(
        self, case: str, make: Make, *, key: str | None = None, head: int | None = None,
        accept: Collection[int] = (), preview: bool = False,
    ) -> Data:  # fmt: skip
        now = self._case_now(case)
        with self._by_its_clock():
            if preview:
                seen = self.engine.store.case(case)
                found = self.engine.preview(case, make, now, self._behind)
                return previewed(self.engine.shelf.table, found, seen.ref, seen.head, self.lang)
            recorded = self.engine.append(case, make, now, key=key, head=head, accept=accept, behind=self._behind)
        return self._recorded(recorded)

    def _recorded(self, recorded: Recorded) -> Data:
        """The answer, from what was kept: a connection that is lost now changes nothing about it any more."""
        found = show(self.engine.shelf.table, recorded.snapshot, recorded.ref, recorded.head, self.lang)
        return {**found, "seq": recorded.seq}

    @property
    def _behind(self) -> timedelta:
        """How far behind others' clocks this machine's may be; an instant that was said is meant as it is said."""
        return BEHIND if self._now is None else NOT_AT_ALL

    @contextmanager
    def _by_its_clock(self) -> Iterator[None]:
        """Inside, an error about the present speaks of this machine's clock, unless the present was said."""
        try:
            yield
        except BadInput as error:
            first = error.problems[0]
            if first.expected != "not_before_last":
                raise
            last, own = (
                datetime.fromisoformat(text).astimezone(DEFAULT_ZONE).isoformat(" ", "seconds")
                for text in (str(first.limit), str(first.value))
            )
            if self._now is not None:
                raise BadInput(FieldProblem("now", str(self._now), "not_before_last", limit=last)) from error
            raise BadInput(FieldProblem("clock", own, "clock_behind", limit=last)) from error

    def _check_first(self, case: str, make: Make) -> None:
        """Refuse before anything is attached: one command does all or nothing that matters."""
        with self._by_its_clock():
            self.engine.preview(case, make, self._case_now(case), self._behind)

    def _occurred(self, loaded: Loaded, at: When) -> datetime:
        if at is None:
            return loaded.now
        zone, opened_at = loaded.table.clock.zone, loaded.snapshot.opened_at
        found = not_future(instant("at", at, zone, loaded.now, opened_at), at, loaded.now)
        if found < opened_at:
            begun = opened_at.astimezone(zone).isoformat()
            raise BadInput(FieldProblem("at", str(at), "not_before_opening", limit=begun))
        return found

    def _table_at(self, loaded: Loaded, at: datetime) -> Table:
        """The definition in force at an instant: an entry from before a migration speaks its words."""
        if at >= loaded.snapshot.as_of:
            return loaded.table
        try:
            found = evaluate(self.engine.shelf.table, self.engine.store.log(loaded.row.id), at)
        except LookupError:  # before the opening, which is refused when the entry is judged
            return loaded.table
        return self.engine.shelf.table(found.definition)

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
            return check_values(data)
        if isinstance(entry, Attach):
            # An empty value takes out what was said; `typed` leaves it out, and names what is no such field.
            return typed(DESCRIBES, data, require=False) | dict.fromkeys(k for k, v in data.items() if v in (None, ""))
        if not isinstance(entry, EventEntry | FactsEntry | Opened):
            raise BadInput(FieldProblem("set", ", ".join(data), "nothing_to_set"))
        table = self._table_at(loaded, entry.occurred_at)
        event = table.event(entry.event) if isinstance(entry, EventEntry) else None
        defined: Mapping[str, Value] = event.asks if event is not None else table.procedure.facts
        out = {name for name, value in data.items() if value in (None, "")}
        kept = {k: v for k, v in data.items() if k not in out}
        values = answers(table, event, kept, False) if event is not None else typed(defined, kept, require=False)
        unknown = [name for name in out if name not in defined]
        missing = [name for name in out if event is not None and name in event.asks and event.asks[name].required]
        if unknown or missing:
            raise BadInput(
                *(
                    FieldProblem(name, "", "unknown", near_miss(name, defined), limit=", ".join(defined))
                    for name in unknown
                ),
                *(FieldProblem(name, "", "required") for name in missing),
            )
        return {**values, **dict.fromkeys(out)}
