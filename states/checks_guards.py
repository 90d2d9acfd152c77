"""Guards: transitions that are never taken, gaps, overlaps, facts read too early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from states.errors import Finding
from states.expressions import Expression, fact_of
from states.graph import Branch, Path, can_happen, list_path
from states.model import ME
from states.subject import Subject, length_branches
from states.values import Cases, Guard, cases

Key = tuple[str, str]
"""A state and an event."""


class Outcomes(NamedTuple):
    """What the guards can be, by state and event."""

    lists: dict[Key, tuple[Branch, ...]]
    """Branches in the order tried, where the event can happen and its guards can be read."""
    cases: dict[Key, Cases]
    """None here where there are too many combinations to try."""
    never: dict[Key, frozenset[Path]]
    """The branches that are never the first to hold."""


def outcomes(subject: Subject) -> Outcomes:
    """Every list of branches that can be tried, by cases. Two states that try the same list share the work."""
    found = Outcomes({}, {}, {})
    known: dict[tuple[object, ...], Cases | None] = {}
    for state, moves in subject.graph.moves.items():
        for event, branches in moves.items():
            guards = [_guard(subject, b) for b in branches]
            if None in guards or not can_happen(subject.procedure, subject.lapses, state, event):
                continue
            readable = [g for g in guards if g is not None]
            asks_state = any(name.startswith(("case.", "tracks.")) for _, e in readable if e for name in e.names)
            key = (event, state if asks_state else None, *(b.path for b in branches))
            if key not in known:
                known[key] = cases(subject.procedure, state, event, readable)
            found.lists[state, event] = branches
            result = known[key]
            if result is not None:
                found.cases[state, event] = result
            found.never[state, event] = frozenset(_never(branches, result))
    return found


def never_taken(subject: Subject, outcomes: Outcomes) -> Iterator[Finding]:
    """A transition that is first to hold in no state in which it is listed."""
    taken: set[Path] = set()
    holding: set[Path] = set()
    for key, branches in outcomes.lists.items():
        never, result = outcomes.never[key], outcomes.cases.get(key)
        taken.update(b.path for b in branches if b.path not in never)
        holding.update(b.path for i, b in enumerate(branches) if result is None or i in result.holding)
    tried = {b.path: b for branches in outcomes.lists.values() for b in branches}
    for path, branch in tried.items():
        if path in taken:
            continue
        if path in holding:
            yield subject.error("never-taken-shadowed", path, found=branch.transition.when, event=_event(path))
        else:
            yield subject.error("never-taken", (*path, "when"), found=branch.transition.when, event=_event(path))


def gaps(subject: Subject, outcomes: Outcomes) -> Iterator[Finding]:
    """Guards of which in some case none holds, so that the event is refused: said once for each list."""
    said: set[Path] = set()
    for (state, event), branches in outcomes.lists.items():
        result = outcomes.cases.get((state, event))
        alone = len(branches) == 1 and (subject.by(event) == ME or branches[0].transition.when is None)
        if result is None or result.gap is None or alone:
            continue
        path = list_path(branches[0].path)
        if path not in said:
            said.add(path)
            yield subject.warning("guard-gap", path, event=event, state=state, case=result.gap)


def overlaps(subject: Subject, outcomes: Outcomes) -> Iterator[Finding]:
    """Two guards of one list that hold in the same case and lead to different states: their order decides."""
    said: set[tuple[Path, Path]] = set()
    for key, result in outcomes.cases.items():
        branches = outcomes.lists[key]
        for first, second, case in result.overlaps:
            one, other = branches[first], branches[second]
            same_list = list_path(one.path) == list_path(other.path)
            if not same_list or one.transition.to == other.transition.to or (one.path, other.path) in said:
                continue
            said.add((one.path, other.path))
            yield subject.warning(
                "guard-overlap", (*other.path, "when"), event=key[1], case=case,
                first=one.transition.when, second=other.transition.when,
            )  # fmt: skip


def read_too_early(subject: Subject) -> Iterator[Finding]:
    """A fact that a guard reads before anything on the way there can have set it."""
    procedure = subject.procedure
    sets = {name: {a.sets for a in event.asks.values()} - {None} for name, event in procedure.events.items()}
    anywhere = {fact for facts in sets.values() for fact in facts}
    before = _facts_before(subject, sets)
    readers: dict[Path, tuple[Expression, set[str | None]]] = {}
    for state, moves in subject.graph.moves.items():
        for event, branches in moves.items():
            for path, _ in branches:
                if path in subject.expressions:
                    known = before[state] | sets.get(event, set())
                    expression, earlier = readers.get(path, (subject.expressions[path], set()))
                    readers[path] = (expression, earlier | known)
    for owned in subject.deadlines:
        for path, _ in length_branches(owned):
            if owned.state is not None and path in subject.expressions:
                readers[path] = (subject.expressions[path], set(before[owned.state]))
    for path, (expression, known) in readers.items():
        for fact in sorted({f for name in expression.names if (f := fact_of(name)) is not None}):
            if fact in anywhere and fact not in known:
                yield subject.warning("read-before-set", (*path, "when"), fact=fact, found=expression.text)


def _facts_before(subject: Subject, sets: dict[str, set[str | None]]) -> dict[str, set[str | None]]:
    """By state: the facts that something on some way there, or in it, can have set."""
    procedure = subject.procedure
    by_track: dict[str, set[str | None]] = {t: set() for t in procedure.track_names()}
    for name, moves in subject.graph.moves.items():
        mine = by_track.setdefault(procedure.states[name].track, set())
        mine.update(*(sets.get(event, set()) for event in moves))
    for event, tracks in subject.graph.begins.items():
        for track in tracks:
            by_track.setdefault(track, set()).update(sets.get(event, set()))
    before: dict[str, set[str | None]] = {}
    for name, state in procedure.states.items():
        before[name] = set().union(*(facts for track, facts in by_track.items() if track != state.track))
        for event, tracks in subject.graph.begins.items():
            if state.track in tracks:
                before[name] |= sets.get(event, set())
    changed = True
    while changed:
        changed = False
        for source, edges in subject.graph.edges.items():
            for edge in edges:
                new = (before[source] | sets.get(edge.event, set())) - before[edge.target]
                if new:
                    before[edge.target] |= new
                    changed = True
    return before


def _guard(subject: Subject, branch: Branch) -> Guard | None:
    """A transition and its expression; None where that cannot be read."""
    expression = subject.expressions.get(branch.path)
    if branch.transition.when is not None and expression is None:
        return None
    return (branch.transition, expression)


def _never(branches: Sequence[Branch], result: Cases | None) -> Iterator[Path]:
    """The branches that are not taken in any case; where cases are too many, those after one that always holds."""
    always = False
    for i, branch in enumerate(branches):
        if always if result is None else i not in result.taken:
            yield branch.path
        always = always or not branch.transition.guarded


def _event(path: Path) -> str:
    return str(list_path(path)[-1])
