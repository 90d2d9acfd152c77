"""The one thing to do next, by when, why, and what it rests on: what a worried person wants to know.

Worked out from a snapshot alone, for every procedure alike: what I owe comes first, then what I can
do, then what I am waiting for. Procedures say the rest: the first event by `me` that a state lists is
the recommended one, and the first line of its guidance is the reason.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from escalation.core.evaluate import Book, possibilities
from escalation.core.guards import unticked_items
from escalation.core.snapshot import MISSED, PAUSED, RUNNING, Missing, Run, Snapshot, TrackState
from escalation.core.table import Rule, Table
from escalation.views import basis_in_full, event_title, follow_ups, known_rule, local, party, state_title
from states.model import CLOCK, MAIN, ME, words

Data = dict[str, Any]

NEAR = timedelta(days=30)
"""What I owe within it goes before everything else."""


class Task(NamedTuple):
    """Something that could be next, and how it ranks."""

    rank: tuple[int, datetime, int]
    kind: str
    """`act`, `tick`, `fact`, `blocked`, `date`, `deadline`, `follow_up`, `wait` or `closed`."""
    track: str | None
    what: Data
    run: Run | None
    """The deadline that gives the day, if there is one."""


def advice(book: Book, snapshot: Snapshot, ref: str, lang: str) -> Data:
    """What to do now, by when, why; always one thing. `also` names the rest, most pressing first."""
    table = book(snapshot.definition)
    tasks = sorted(_tasks(book, snapshot, table, lang), key=lambda t: t.rank)
    first = tasks[0]
    track = snapshot.track(first.track or MAIN)
    return {
        "case": ref,
        "title": snapshot.title,
        "as_of": local(snapshot.as_of, table),
        "state": track.state if track else None,
        "state_title": state_title(table, track.state, lang) if track else None,
        "do": {"kind": first.kind, "track": first.track, **first.what},
        "by": _by(first.run, table, lang, snapshot),
        "why": guided(table, track, lang),
        "basis": _basis(first.run, table, lang),
        "overdue": [_missed(run, table, lang) for run in snapshot.deadlines if run.standing and run.status == MISSED],
        "lapsed": [_missed(run, table, lang) for run in _led_here(snapshot, track)],
        "also": [
            {"kind": t.kind, "track": t.track, **t.what, "by": _by(t.run, table, lang, snapshot)} for t in tasks[1:]
        ],
        "letters": _letters(snapshot, table, first.what.get("event"), lang),
    }


def _missed(run: Run, table: Table, lang: str) -> Data:
    return {"id": run.id, "title": _title(run, table, lang), "due": run.due, "owed_by": _owed_by(run, table)}


def _led_here(snapshot: Snapshot, track: TrackState | None) -> list[Run]:
    """The deadline whose lapse brought a track to where it is, if it was one."""
    moves = [row for row in snapshot.history if track is not None and row.track == track.track and row.to is not None]
    return [
        run
        for run in snapshot.deadlines
        for row in moves[-1:]
        if run.status == MISSED and run.track == row.track
        and (run.stopped_by, run.stopped_at, run.lapses_at) == (row.event, row.at, row.at)
    ]  # fmt: skip


def _letters(snapshot: Snapshot, table: Table, event: str | None, lang: str) -> list[Data]:
    """What can be written now: the procedure's documents for a state that a track is in, or for what is to be done."""
    here = {t.state for t in snapshot.tracks if not t.final} | {event}
    fitting = {id: each for id, each in table.procedure.documents.items() if here.intersection(each.for_)}
    return [{"document": id, "title": words(each.title, lang)} for id, each in fitting.items()]


def _tasks(book: Book, snapshot: Snapshot, table: Table, lang: str) -> list[Task]:
    """Everything that could be next; at least one."""
    now = snapshot.as_of
    possible = possibilities(book, snapshot)
    tasks = []
    for i, track in enumerate(snapshot.tracks):
        if not track.final:
            tasks.append(_of_track(i, track, snapshot, table, possible, lang))
    for run in snapshot.deadlines:
        rule = _rule(run, table)
        if run.standing and rule is not None and rule.due_on is not None and run.lapses_at is None:
            fact = table.procedure.facts[rule.due_on]
            what = {"fact": rule.due_on, "text": words(fact.title, lang), "deadline": run.id}
            tasks.append(Task((1, now, 90), "date", run.track, what, None))
        if run.standing and run.track is None and rule is not None and rule.owed_by == ME:
            tasks += _standing_task(run, snapshot, table, lang)
    for each in follow_ups(snapshot, table, lang):
        if each["from"] == "user" and each["status"] == "open" and each["due"] <= table.clock.day(now).isoformat():
            due = table.clock.reminder(date.fromisoformat(each["due"]))
            what = {"n": each["n"], "text": each["text"], "due": each["due"]}
            tasks.append(Task((0, due, 80), "follow_up", None, what, None))
    if not tasks:
        tasks.append(Task((9, now, 0), "closed", MAIN, {"outcome": snapshot.tracks[0].outcome, "text": ""}, None))
    return tasks


def _of_track(
    place: int, track: TrackState, snapshot: Snapshot, table: Table, possible: dict[str, tuple[Missing, ...]], lang: str
) -> Task:
    """What one running track asks of me, or whom it waits for.

    While a period of the other side runs and I owe nothing there, waiting is the thing to do.
    """
    mine = _deadline(snapshot, table, track.track, mine=True)
    theirs = _deadline(snapshot, table, track.track, mine=False)
    event = _recommended(track, table, possible)
    if event is None and mine is not None and mine.status == RUNNING and mine.lapses_at is not None:
        # Mine to keep, though what ends it is for others to do, or is no event of this state.
        pressing = mine.lapses_at <= snapshot.as_of + NEAR
        what = {"event": None, "event_title": None, "deadline": mine.id, "text": _title(mine, table, lang)}
        return Task((0 if pressing else 1, mine.lapses_at, place), "deadline", track.track, what, mine)
    if event is None or (mine is None and theirs is not None and theirs.status != MISSED):
        at = theirs.lapses_at if theirs and theirs.lapses_at else snapshot.as_of + timedelta(days=3650)
        return Task((2, at, place), "wait", track.track, _waiting(track, theirs, table, lang), theirs)
    pressing = mine is not None and mine.lapses_at is not None and mine.lapses_at <= snapshot.as_of + NEAR
    at = mine.lapses_at if pressing and mine and mine.lapses_at else snapshot.as_of
    rank = (0 if pressing else 1, at, place)
    return _step_towards(rank, track, event, possible[event], snapshot, table, mine, lang)


def _recommended(track: TrackState, table: Table, possible: dict[str, tuple[Missing, ...]]) -> str | None:
    """The first event by me that leads out of the state: one that is ready, or needs only ticks and facts.

    None where I have none, or where the procedure lists something that only keeps a record first: what
    comes after that (giving up, say) is possible and not recommended.
    """
    own = [e for e in table.state(track.state).transitions if table.by(e) == ME]
    moves = table.moves(track.state)
    mine = list(takewhile(lambda e: any(b.to is not None for b in moves[e]), own))
    within_reach = [e for e in mine if e in possible and (not possible[e] or _ticks(possible[e]))]
    return next(iter(within_reach), next((e for e in mine if e in possible), None))


def _ticks(missing: tuple[Missing, ...]) -> bool:
    """Whether only ticks are missing for one of the candidates."""
    return any(m.checklists and not m.why for m in missing)


def _step_towards(
    rank: tuple[int, datetime, int], track: TrackState, event: str, missing: tuple[Missing, ...],
    snapshot: Snapshot, table: Table, run: Run | None, lang: str,
) -> Task:  # fmt: skip
    """The event itself, or the first thing that it still lacks."""
    goal = {"event": event, "event_title": event_title(table, event, lang)}
    if not missing:
        return Task(rank, "act", track.track, {**goal, "text": goal["event_title"]}, run)
    lacking = next((m for m in missing if m.checklists and not m.why), missing[0])
    for name, items in lacking.checklists.items():
        item = table.procedure.checklists[name].items[items[0]]
        rest = sum(len(unticked_items(table.procedure.checklists[n], n, snapshot.checks)) for n in lacking.checklists)
        what = {
            **goal, "item": f"{name}.{items[0]}", "text": words(item.title, lang),
            "item_why": words(item.why, lang) or None, "attachment": item.attachment, "left": rest,
        }  # fmt: skip
        return Task(rank, "tick", track.track, what, run)
    unset = [name for why in lacking.why for name in why.unset if name.startswith("facts.")]
    if unset:
        fact = unset[0].partition(".")[2]
        text = words(table.procedure.facts[fact].title, lang)
        return Task(rank, "fact", track.track, {**goal, "fact": fact, "text": text}, run)
    return Task(rank, "blocked", track.track, {**goal, "text": goal["event_title"], "when": lacking.when}, run)


def _deadline(snapshot: Snapshot, table: Table, track: str, mine: bool) -> Run | None:
    """The deadline of a track that stands and lapses (or lapsed) first, of mine or of theirs."""
    found = [
        run
        for run in snapshot.deadlines
        if run.standing and run.track == track and (run.lapses_at is not None or run.status == PAUSED)
        and (_owed_by(run, table) == ME) is mine
    ]  # fmt: skip
    return min(found, key=lambda run: run.lapses_at or snapshot.as_of + timedelta(days=3650), default=None)


def _standing_task(run: Run, snapshot: Snapshot, table: Table, lang: str) -> list[Task]:
    """What I owe whatever the state, once it is near."""
    if run.lapses_at is None or run.lapses_at > snapshot.as_of + NEAR:
        return []
    stops = table.procedure.deadlines[run.id].stops
    event = next((e for e in stops if table.by(e) == ME), None)
    what = {
        "event": event, "event_title": event_title(table, event, lang) if event else None,
        "deadline": run.id, "text": _title(run, table, lang),
    }  # fmt: skip
    return [Task((0, run.lapses_at, 70), "act" if event else "deadline", None, what, run)]


def _waiting(track: TrackState, run: Run | None, table: Table, lang: str) -> Data:
    """Whom a track waits for, and what happens if nothing comes."""
    by = [table.by(e) for e, bs in table.moves(track.state).items() if any(b.to for b in bs)]
    owed = _owed_by(run, table) if run else next((p for p in by if p not in (ME, CLOCK)), None)
    rule = _rule(run, table) if run else None
    then = None
    if rule is not None and rule.lapses is not None and run is not None and run.status == RUNNING:
        then = event_title(table, rule.lapses, lang)
    follow_up = table.state(track.state).follow_up
    return {
        "party": owed, "party_title": party(table, owed, lang) if owed else None,
        "text": state_title(table, track.state, lang), "then": then,
        "meanwhile": words(follow_up.do, lang) if follow_up else None,
    }  # fmt: skip


def _by(run: Run | None, table: Table, lang: str, snapshot: Snapshot) -> Data | None:
    """The last day, and how sure it is."""
    if run is None:
        return None
    today = table.clock.day(snapshot.as_of)
    return {
        "deadline": run.id,
        "title": _title(run, table, lang),
        "due": run.due,
        "lapses_at": local(run.lapses_at, table),
        "days_left": (date.fromisoformat(run.due) - today).days if run.due else None,
        "status": run.status,
        "owed_by": _owed_by(run, table),
        "provisional": run.provisional,
        "other_reading": run.other_reading,
    }


def _basis(run: Run | None, table: Table, lang: str) -> Data | None:
    rule = known_rule(run, table) if run else None
    return basis_in_full(rule.basis, table, lang, run) if rule else None


def guided(table: Table, track: TrackState | None, lang: str) -> str | None:
    """The first line of the state's guidance, without its marks."""
    state = table.procedure.states.get(track.state) if track else None
    text = words(state.guidance, lang).strip() if state and state.guidance else ""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return re.sub(r"^[#>\-*\s]+|\*\*|__|`", "", first).strip() or None


def _rule(run: Run, table: Table) -> Rule | None:
    return table.rules(run.state).get(run.id) if run.state is None or run.state in table.procedure.states else None


def _title(run: Run, table: Table, lang: str) -> str:
    rule = known_rule(run, table)
    return words(rule.title, lang) if rule else run.id


def _owed_by(run: Run, table: Table) -> str:
    rule = known_rule(run, table)
    return rule.owed_by if rule else ""
