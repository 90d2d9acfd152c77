"""Which state leads where, as checks ask it: of the same transitions that run.

An event by the clock leads somewhere only where a deadline that can run there lapses into it; of other events
any may come. Nothing here says whether a guard can hold: see `values`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from states.model import CLOCK, MAIN, Procedure, Transition, Transitions

Path = tuple[str | int, ...]


class Branch(NamedTuple):
    """One transition and where it stands in the file."""

    path: Path
    transition: Transition


class Edge(NamedTuple):
    """A way from one state of a track to a state of the same track."""

    source: str
    event: str
    target: str
    """The source itself where the transition is internal."""
    branch: Branch

    @property
    def internal(self) -> bool:
        """Whether nothing is left or entered."""
        return self.branch.transition.to is None


class Graph(NamedTuple):
    """Everything that leads somewhere. Shape: references to nothing are left out; order of the file."""

    moves: dict[str, dict[str, tuple[Branch, ...]]]
    """By state and event, as tried: the state's own list, then its track's. Empty for final states."""
    edges: dict[str, tuple[Edge, ...]]
    """By source; internal ones included."""
    begins: dict[str, tuple[str, ...]]
    """The tracks that an event begins."""


def graph(procedure: Procedure) -> Graph:
    """The whole table of a procedure."""
    moves = {name: _moves(procedure, name) for name in procedure.states}
    lapsing = lapses(procedure)
    edges = {
        source: tuple(
            Edge(source, event, branch.transition.to or source, branch)
            for event, branches in events.items()
            if can_happen(procedure, lapsing, source, event)
            for branch in branches
            if same_track(procedure, source, branch.transition.to or source)
        )
        for source, events in moves.items()
    }
    begins: dict[str, tuple[str, ...]] = {}
    for name, track in procedure.tracks.items():
        for event in track.starts:
            begins[event] = (*begins.get(event, ()), name)
    return Graph(moves, edges, begins)


def listed(transitions: Transitions, path: Path) -> Iterator[tuple[str, tuple[Branch, ...]]]:
    """The branches of each event of one list, with their places."""
    for event, found in transitions.items():
        if isinstance(found, list):
            yield event, tuple(Branch((*path, event, i), t) for i, t in enumerate(found))
        else:
            yield event, (Branch((*path, event), found),)


def list_path(path: Path) -> Path:
    """Where the event of a branch stands."""
    return path[:-1] if isinstance(path[-1], int) else path


def track_path(track: str) -> Path:
    """Where the transitions stand that hold in every state of `track`."""
    return ("transitions",) if track == MAIN else ("tracks", track, "transitions")


def _moves(procedure: Procedure, name: str) -> dict[str, tuple[Branch, ...]]:
    state = procedure.states[name]
    if state.final:
        return {}
    found = dict(listed(state.transitions, ("states", name, "transitions")))
    for event, branches in listed(procedure.transitions_of(state.track), track_path(state.track)):
        found[event] = found.get(event, ()) + branches
    return {event: branches for event, branches in found.items() if branches}


def lapses(procedure: Procedure) -> dict[str, set[str | None]]:
    """By event: the states whose deadlines lapse into it; None for a deadline of the procedure."""
    found: dict[str, set[str | None]] = {}
    for name, state in procedure.states.items():
        for deadline in state.deadlines.values():
            if deadline.lapses is not None:
                found.setdefault(deadline.lapses, set()).add(name)
    for standing in procedure.deadlines.values():
        if standing.lapses is not None:
            found.setdefault(standing.lapses, set()).add(None)
    return found


def can_happen(procedure: Procedure, lapsing: Mapping[str, Collection[str | None]], state: str, event: str) -> bool:
    """Whether `event` can come while its track is in `state`: by the clock, only from a deadline that can run then."""
    known = procedure.events.get(event)
    if known is None or known.by != CLOCK:
        return True
    track = procedure.states[state].track
    return any(
        owner is None or owner == state or procedure.states[owner].track != track for owner in lapsing.get(event, ())
    )


def same_track(procedure: Procedure, source: str, target: str) -> bool:
    """Whether `target` exists and is of the track of `source`."""
    return target in procedure.states and procedure.states[target].track == procedure.states[source].track


def outward(table: Graph) -> dict[str, dict[str, None]]:
    """The states that each state can go to, as an ordered set."""
    return {source: {e.target: None for e in edges if not e.internal} for source, edges in table.edges.items()}


def backward(ways: Mapping[str, Iterable[str]]) -> dict[str, dict[str, None]]:
    """The same ways, walked the other way."""
    found: dict[str, dict[str, None]] = {source: {} for source in ways}
    for source, targets in ways.items():
        for target in targets:
            found.setdefault(target, {})[source] = None
    return found


def reached(ways: Mapping[str, Iterable[str]], starts: Iterable[str]) -> set[str]:
    """Everything that can be come to from `starts`, these included."""
    found, waiting = set(starts), list(starts)
    while waiting:
        for target in ways.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def cycles(ways: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Groups of nodes that lead back to one another (or to themselves), each in the order given."""
    left = {source: {t for t in targets if t in ways} for source, targets in ways.items()}
    while True:  # what leads nowhere, or is led to by nothing, is on no cycle; usually nothing remains
        entered = {t for targets in left.values() for t in targets}
        gone = {n for n, targets in left.items() if not targets or n not in entered}
        if not gone:
            break
        left = {n: targets - gone for n, targets in left.items() if n not in gone}
    groups: list[tuple[str, ...]] = []
    seen: set[str] = set()
    ahead = {n: reached(left, left[n]) for n in left}
    for node in left:
        if node not in seen and node in ahead[node]:
            group = tuple(n for n in left if n in ahead[node] and node in ahead[n])
            seen.update(group)
            groups.append(group)
    return groups


def shortest_ways(ways: Mapping[str, Mapping[str, str]], start: str) -> dict[str, tuple[str, ...]]:
    """By state: the events of the shortest way to it. `ways`: by source and target, the event that leads there."""
    found: dict[str, tuple[str, ...]] = {start: ()}
    waiting = deque([start])
    while waiting:
        source = waiting.popleft()
        for target, event in ways.get(source, {}).items():
            if target not in found:
                found[target] = (*found[source], event)
                waiting.append(target)
    return found


def longest_ways(
    ways: Mapping[str, Mapping[str, str]], start: str, most: int
) -> tuple[dict[str, tuple[str, ...]], bool]:
    """The same for the longest, no state twice on one way; and whether it stopped early, after `most` steps."""
    found: dict[str, tuple[str, ...]] = {start: ()}
    events: list[str] = []
    on_way = {start: None}
    levels = [iter(ways.get(start, {}).items())]
    for _ in range(most):
        target, event = next(levels[-1], ("", ""))
        if not target:
            levels.pop()
            if not levels:
                return found, False
            on_way.popitem()
            events.pop()
        elif target not in on_way:
            events.append(event)
            on_way[target] = None
            if len(events) > len(found.get(target, ())):
                found[target] = tuple(events)
            levels.append(iter(ways.get(target, {}).items()))
    return found, True
