"""Runs the stories beside a procedure: what the world does, what the case must show; and what no story takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from escalation.core.entries import Entry, Note, Worldly
from escalation.core.evaluate import evaluate, follows, lacking, possibilities, step
from escalation.core.history import effective
from escalation.core.instants import read_instant
from escalation.core.preview import compare
from escalation.core.snapshot import MISSED, RUNNING, Missing, Refusal, Run, Snapshot
from escalation.core.table import Table
from escalation.core.values import Wrong, read_value, read_values
from escalation.coverage import Coverage
from escalation.engine import check_order
from escalation.errors import BadInput, FieldProblem, NotFound
from escalation.lines import LogReader
from escalation.story_file import DeadlineShows, Line, Shows, Story, read_stories
from states.calendar import load_calendar
from states.library import STORIES, load
from states.model import CLOCK, MAIN, words
from states.reader import Path as Keys
from states.reader import Place

Data = dict[str, Any]
Compared = tuple[str, Any, Any]
"""What, what is said of it, and what it is; alike where all is well."""

_FAR = datetime(2200, 12, 31, tzinfo=UTC)


class Mismatch(NamedTuple):
    """Where a story does not show what it says."""

    line: int
    at: str
    what: str
    expected: str
    found: str

    @property
    def said(self) -> str:
        """What the line says, with its name."""
        return f"{self.what}: {self.expected}"


class StoryResult(NamedTuple):
    """One story, run."""

    id: str
    title: Any
    line: int
    mismatches: tuple[Mismatch, ...]
    transcript: tuple[str, ...]
    """The whole script, each mismatch under its line; empty where all is as told."""

    @property
    def passed(self) -> bool:
        """Whether all is as told."""
        return not self.mismatches


class StoryReport(NamedTuple):
    """All the stories of a procedure, and the transitions that none of them takes."""

    procedure: str
    file: str
    stories: tuple[StoryResult, ...]
    transitions: int
    untaken: tuple[str, ...]
    """By their place in the file: `states.waiting.transitions.offer_made[1]`."""

    @property
    def passed(self) -> bool:
        """Whether all stories are as told."""
        return all(story.passed for story in self.stories)

    def data(self, lang: str) -> Data:
        """The report as plain data."""
        return {
            "procedure": self.procedure,
            "file": self.file,
            "passed": self.passed,
            "stories": [
                {
                    "id": story.id, "title": words(story.title, lang), "line": story.line, "passed": story.passed,
                    "mismatches": [
                        {"line": m.line, "at": m.at, "what": m.what, "expected": m.said, "found": m.found}
                        for m in story.mismatches
                    ],
                    "transcript": list(story.transcript),
                }
                for story in self.stories
            ],
            "coverage": {
                "of": self.transitions, "taken": self.transitions - len(self.untaken), "missing": list(self.untaken),
            },
        }  # fmt: skip


def run_stories(path: Path, calendars: Sequence[str | Path] = ()) -> StoryReport:
    """Run the stories beside a procedure file, or those of a stories file. Nothing is written.

    Shape: no stories where there is no file of them. Raises: ProcedureError for what is wrong with
    either file, all at once; NotFound if there is no procedure beside the stories.
    """
    procedure_file, stories_file = _files(path)
    reading = load(procedure_file, calendars).reading
    procedure = reading.procedure
    table = Table(procedure, load_calendar(procedure.calendar, calendars), reading.hash)
    coverage = Coverage(table)
    results: list[StoryResult] = []
    if stories_file.is_file():
        stories, places = read_stories(stories_file, procedure)
        results = [_Telling(table, id, story, places, coverage).run() for id, story in stories.items()]
    untaken = tuple(place for place in coverage.places if place not in coverage.taken)
    return StoryReport(procedure.procedure, str(stories_file), tuple(results), len(coverage.places), untaken)


def _files(path: Path) -> tuple[Path, Path]:
    if path.name.endswith(STORIES):
        beside = path.with_name(path.name.removesuffix(STORIES) + ".yaml")
        if not beside.is_file():
            raise NotFound("file", str(beside))
        return beside, path
    return path, path.with_name(path.stem + STORIES)


class _Telling:
    """One story while it is told: a log that grows as the engine would let it."""

    def __init__(self, table: Table, id: str, story: Story, places: Mapping[Keys, Place], coverage: Coverage) -> None:
        self.table = table
        self.id = id
        self.story = story
        self.places = places
        self.keys: Keys = ("stories", id)
        self.coverage = coverage
        self.reader = LogReader("", self._book, lambda procedure, hash: table.hash, _FAR)
        self.snapshot: Snapshot
        self.mismatches: list[Mismatch] = []

    def run(self) -> StoryResult:
        """Every line in turn; what goes wrong in one does not stop the next."""
        line = self._line()
        if self._opened(line):
            for i, each in enumerate(self.story.entries):
                self.keys = ("stories", self.id, "entries", i)
                self._tell(each)
        transcript = tuple(self._transcript(line)) if self.mismatches else ()
        return StoryResult(self.id, self.story.title, line, tuple(self.mismatches), transcript)

    def _book(self, hash: str) -> Table:
        return self.table

    def _line(self) -> int:
        return self.places[self.keys][0]

    def _wrong(self, at: str, what: str, expected: str, found: str) -> None:
        self.mismatches.append(Mismatch(self._line(), at, what, expected, found))

    def _instant(self, text: str) -> datetime | None:
        at = read_instant(text, self.table.clock.zone, _FAR)
        if at is None:
            self._wrong(text, "at", "2026-03-02T10:00", text)
        return at

    def _opened(self, line: int) -> bool:
        story = self.story
        at = self._instant(story.opened)
        if at is None:
            return False
        said = {"kind": "opened", "procedure": self.table.procedure.procedure, "title": words(story.title, "en")}
        entry = self._read(line, {**said, "at": at.isoformat(), "facts": story.facts}, at)
        if entry is not None:
            self.snapshot = evaluate(self._book, [entry], at)
        return entry is not None

    def _read(self, line: int, data: Data, at: datetime) -> Entry | None:
        """The entry, in the log; what is wrong with it is a mismatch."""
        self.reader.now = at
        entry = self.reader.take(line, data)
        for problem in self.reader.problems:
            self._wrong_input(problem)
        self.reader.problems.clear()
        return entry

    def _wrong_input(self, problem: FieldProblem) -> None:
        meant = f" ({problem.meant}?)" if problem.meant else ""
        limit = f" {problem.limit}" if problem.limit else ""
        self._wrong("", problem.field, problem.expected + limit, _said(problem.value) + meant)

    # -- one line ----------------------------------------------------------------------------------

    def _tell(self, line: Line) -> None:
        at = self._instant(line.at)
        if at is None:
            return
        before = self.snapshot.as_of.astimezone(self.table.clock.zone)
        if at < before:
            self._wrong(line.at, "at", f">= {before.isoformat()}", line.at)
        elif line.shows is not None:
            self._show(line, line.shows, self._passed(at))
        elif line.refused is not None:
            self._refuse(line, line.refused, at)
        else:
            entry = self._read(self._line(), line.logged(at), at)
            if entry is not None and not self._record(line, entry, at):
                self.reader.log[-1] = None

    def _passed(self, at: datetime) -> Snapshot:
        """The case once time has passed, and what the clock took is counted."""
        found = self._stepped(self.snapshot, self._nothing(at), at)
        assert isinstance(found, Snapshot)
        return found

    def _nothing(self, at: datetime) -> Note:
        """An entry that changes nothing: only `step` lets its choices be seen, and it takes one."""
        return Note(seq=len(self.reader.log) + 1, recorded_at=at, occurred_at=at, text="")

    def _stepped(self, snapshot: Snapshot, entry: Worldly, at: datetime) -> Snapshot | Refusal:
        self.coverage.begin()
        found = step(self._book, snapshot, entry, at, self.coverage.choose)
        if isinstance(found, Snapshot):
            self.coverage.count(found, len(snapshot.history))
        return found

    def _refuse(self, line: Line, event: str, at: datetime) -> None:
        """Recording the event must be refused; the data that it asks for need not be said."""
        defined = self.table.procedure.events[event]
        data = line.data or {}
        values, wrong = read_values(defined.asks, data, require=False)
        for name, each in wrong.items():
            self._wrong_input(FieldProblem(name, data.get(name), each.expected, each.meant, limit=each.limit))
        if defined.by == CLOCK:
            self._wrong(line.at, event, "by a person", "by the clock")
        elif not wrong and lacking(self._book, self._passed(at), event, values) is None:
            self._wrong(line.at, event, "refused", "possible")

    def _record(self, line: Line, entry: Entry, at: datetime) -> bool:
        """What the engine would do: take the next step, or read the whole log again."""
        found: Snapshot | Refusal | None
        if isinstance(entry, Worldly) and follows(self.snapshot, entry):
            found = self._stepped(self.snapshot, entry, at)
        else:
            found = self._corrected(line, self.reader.entries, entry, at)
        if isinstance(found, Snapshot):
            self.snapshot = found
            return True
        if isinstance(found, Refusal):
            self._wrong(line.at, found.event, "recorded", "refused: " + _lacks(found.missing))
        return False

    def _corrected(self, line: Line, log: list[Entry], entry: Entry, at: datetime) -> Snapshot | Refusal | None:
        try:
            check_order(log, entry, self.table.clock.zone)
        except BadInput as error:
            for problem in error.problems:
                self._wrong_input(problem)
            return None
        before, after = (evaluate(self._book, each, at) for each in (log[:-1], log))
        own = next((i for i in after.inapplicable if i.seq == entry.seq), None)
        if own is not None:
            return Refusal(event=own.event, at=at, states={}, missing=own.missing, possible=())
        conflicts = [c for c in compare(before, after, entry.seq).conflicts if c.seq not in line.accept]
        if conflicts:
            found = "; ".join(f"{c.seq} {c.event}: {_lacks(c.missing)}" for c in conflicts)
            self._wrong(line.at, "conflicts", "none, or accepted", found)
            return None
        self._replay(log, at)
        return after

    def _replay(self, log: Sequence[Entry], at: datetime) -> None:
        """The corrected history step by step, for what its events take now."""
        first, *rest = effective(log)
        snapshot = evaluate(self._book, [first], first.occurred_at)
        for each in [*rest, self._nothing(at)]:
            found = self._stepped(snapshot, each, each.occurred_at)
            snapshot = found if isinstance(found, Snapshot) else snapshot

    # -- what must show ------------------------------------------------------------------------------

    def _show(self, line: Line, shows: Shows, snapshot: Snapshot) -> None:
        for what, expected, found in self._compared(shows, snapshot):
            if expected != found:
                self._wrong(line.at, what, _said(expected), _said(found))

    def _compared(self, shows: Shows, snapshot: Snapshot) -> Iterator[Compared]:
        main = snapshot.track(MAIN)
        if shows.state is not None:
            yield "state", shows.state, main.state if main else None
        if self._says("outcome"):
            yield "outcome", shows.outcome, main.outcome if main else None
        if shows.open is not None:
            yield "open", shows.open, snapshot.open
        for name, state in shows.tracks.items():
            track = snapshot.track(name)
            yield f"tracks.{name}", state, track.state if track else None
        for id, said in shows.deadlines.items():
            yield from self._deadline(id, said, snapshot)
        for name, value in shows.facts.items():
            typed = read_value(self.table.procedure.facts[name], value) if value is not None else None
            expected = typed.expected if isinstance(typed, Wrong) else typed
            yield f"facts.{name}", expected, snapshot.facts.get(name)
        if shows.overdue is not None:
            missed = {run.id for run in snapshot.deadlines if run.standing and run.status == MISSED}
            yield "overdue", sorted(shows.overdue), sorted(missed)
        if shows.inapplicable is not None:
            yield "inapplicable", sorted(shows.inapplicable), [i.seq for i in snapshot.inapplicable]
        if shows.possible or shows.missing:
            yield from self._possible(shows, snapshot)

    def _says(self, *keys: str | int) -> bool:
        """Whether a key stands there, be it with null."""
        return (*self.keys, "shows", *keys) in self.places

    def _deadline(self, id: str, said: str | DeadlineShows | None, snapshot: Snapshot) -> Iterator[Compared]:
        runs = [run for run in snapshot.deadlines if run.id == id]
        standing = next((run for run in runs if run.standing), None)
        what = f"deadlines.{id}"
        if said is None:
            yield what, None, _of(standing)
        elif isinstance(said, str):
            fits = standing is not None and standing.status == RUNNING and standing.due == said
            yield what, said, said if fits else _of(standing)
        else:
            run = standing if said.status not in ("met", "ended") else runs[-1] if runs else None
            if said.status is not None:
                yield f"{what}.status", said.status, run.status if run else None
            if self._says("deadlines", id, "due"):
                yield f"{what}.due", said.due, run.due if run else None

    def _possible(self, shows: Shows, snapshot: Snapshot) -> Iterator[Compared]:
        found = possibilities(self._book, snapshot)
        ready = {event for event, missing in found.items() if not missing}
        if not ready.issuperset(shows.possible):
            yield "possible", shows.possible, sorted(ready)
        for event, items in shows.missing.items():
            missing = found.get(event)
            lacks = _items(missing) if missing is not None else []
            what = f"missing.{event}"
            if missing is None:
                yield what, items, "no transition"
            elif not set(items) <= set(lacks) or not missing:
                yield what, items, lacks

    def _transcript(self, line: int) -> Iterator[str]:
        """The whole script as data, each mismatch marked under its line."""
        script = [(line, {"story": self.id, "opened": self.story.opened, "facts": self.story.facts})]
        for i, each in enumerate(self.story.entries):
            place = self.places["stories", self.id, "entries", i][0]
            script.append((place, {k: v for k, v in msgspec.to_builtins(each).items() if v is not None}))
        for number, data in script:
            wrong = [m for m in self.mismatches if m.line == number]
            yield f"{'!!' if wrong else '  '} {number:5} {msgspec.json.encode(data).decode()}"
            yield from (f"         {m.what}: says {m.expected}, is {m.found}" for m in wrong)


def _of(run: Run | None) -> str | None:
    return None if run is None else f"{run.status}, due {run.due}"


def _items(missing: Sequence[Missing]) -> list[str]:
    """What is still to tick, over all candidate transitions."""
    listed = (f"{name}.{id}" for each in missing for name, items in each.checklists.items() for id in items)
    return list(dict.fromkeys(listed))


def _lacks(missing: Sequence[Missing]) -> str:
    conditions = [each.when for each in missing if each.when is not None]
    states = [f"{each.track}: {each.state}" for each in missing if not each.transition]
    return ", ".join([*_items(missing), *conditions, *states]) or "closed"


def _said(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
