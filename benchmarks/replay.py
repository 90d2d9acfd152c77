"""Goal 3: what a log leads to, by the compiled table, against firing it through `transitions`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import decide
from machine import NOW, PAPERS, WALK
from measure import Row, Table, in_turn, ratios, worked
from msgspec.structs import replace
from peers import bare_transitions
from ready import the_table

from escalation.core.entries import Check, Entry, EventEntry, Opened, canonical, chained, decode_entry
from escalation.core.evaluate import evaluate
from escalation.core.guards import first_that_holds
from escalation.core.table import Table as Compiled

Raw = list[tuple[bytes, str]]


def the_log(walks: int, hash: str) -> Raw:
    """One case's log as a store keeps it: bytes and hashes; an hour from entry to entry."""
    start = NOW - timedelta(hours=8 * walks + 10)
    entries: list[Entry] = [
        Opened(
            seq=1, recorded_at=start, occurred_at=start, procedure="eight-states", version="1", definition=hash,
            title="借款", facts={"amount": 500},
        )
    ]  # fmt: skip
    for item in PAPERS:
        seq, at = len(entries) + 1, start + timedelta(hours=len(entries))
        entries.append(Check(seq=seq, recorded_at=at, occurred_at=at, item=f"papers.{item}", done=True))
    for event in WALK * walks:
        seq, at = len(entries) + 1, start + timedelta(hours=len(entries))
        entries.append(EventEntry(seq=seq, recorded_at=at, occurred_at=at, event=event))
    raw, previous = Raw(), ""
    for entry in entries:
        body = canonical(entry)
        previous = chained(previous, body)
        raw.append((body, previous))
    return raw


def read(raw: Raw) -> list[Entry]:
    """The entries, the hash chain verified: the same on both sides."""
    previous, entries = "", []
    for body, hash in raw:
        previous = chained(previous, body)
        assert previous == hash
        entries.append(decode_entry(body))
    return entries


def _evaluated(table: Compiled, raw: Raw, times: int) -> Callable[[], None]:
    def work() -> None:
        for _ in range(times):
            snapshot = evaluate(lambda _: table, read(raw), NOW)
            assert snapshot.tracks[0].state == "preparing"

    return work


def _stepped(table: Compiled, raw: Raw, times: int) -> Callable[[], None]:
    """Decoding, hashes, and the states by the table's moves, nothing else of the case."""
    views = {state: decide.seen(table, state) for state in table.procedure.states}

    def work() -> None:
        for _ in range(times):
            state = "preparing"
            for entry in read(raw):
                if isinstance(entry, EventEntry):
                    branch = first_that_holds(state, entry.event, table.moves(state)[entry.event], views[state])
                    assert branch is not None
                    assert branch.to is not None
                    state = branch.to
            assert state == "preparing"

    return work


def _fired(raw: Raw, times: int) -> Callable[[], None]:
    events = bare_transitions.machine().events

    def work() -> None:
        for _ in range(times):
            case = bare_transitions.Case()
            for entry in read(raw):
                if isinstance(entry, EventEntry):
                    assert events[entry.event].trigger(case)
            assert case.state == "preparing"

    return work


def _without_deadlines(table: Compiled) -> Compiled:
    """The same states and guards, with as little else as the peer has."""
    states = {name: replace(state, deadlines={}, follow_up=None) for name, state in table.procedure.states.items()}
    return Compiled(replace(table.procedure, states=states), table.clock.calendar, table.hash)


def measure(quick: bool) -> list[Table]:
    table = the_table()
    walks, times, rounds = (12, 5, 5) if quick else (12, 20, 7)
    raw = the_log(walks, table.hash)
    found = in_turn(
        {
            "table": worked(decide.compiled(table, walks * times)),
            "bare": worked(decide.bare(walks * times)),
            "stepped": worked(_stepped(table, raw, times)),
            "evaluated": worked(_evaluated(_without_deadlines(table), raw, times)),
            "with deadlines": worked(_evaluated(table, raw, times)),
            "fired": worked(_fired(raw, times)),
        },
        rounds,
    )
    fired = found["fired"]
    return [
        Table(
            f"Replay of a log of {len(raw)} entries; entries/s over transitions'",
            [
                Row("3a", "states only, by the compiled table", ratios(found["bare"], found["table"])),
                Row("3b", "with JSON and hash chain, states by the table", ratios(fired, found["stepped"])),
                Row("-", "evaluate(): history, visits, facts too; no deadlines", ratios(fired, found["evaluated"])),
                Row("-", "evaluate(): deadlines and working days too", ratios(fired, found["with deadlines"])),
            ],
            [
                "JSON decoding and hash verification are the same code on both sides.",
                "evaluate() is what the program itself replays with, for whatever does not simply come last.",
            ],
        )
    ]
