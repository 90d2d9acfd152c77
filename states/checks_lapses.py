"""What deadlines react to and bring about: their events are taken there, their lapses are possible and end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from states.checks_guards import Outcomes
from states.errors import Finding
from states.graph import Path, cycles, reached
from states.model import CLOCK, MAIN
from states.subject import Owned, Subject, length_branches, standing


def taken_events(subject: Subject) -> Iterator[Finding]:
    """An event that a deadline reacts to is one that something takes while it runs."""
    for owned in subject.deadlines:
        if owned.state is not None and subject.procedure.states[owned.state].final:
            continue  # it should not be there at all, and that is said
        for path, event in _reacted_to(owned):
            if event in subject.procedure.events and not _taken(subject, owned, event):
                where = owned.state
                code = "not-taken" if where is not None else "not-taken-anywhere"
                yield subject.error(code, path, found=event, deadline=owned.id, state=where)


def pauses(subject: Subject) -> Iterator[Finding]:
    """What ends a pause can happen during it."""
    for owned in subject.deadlines:
        for event, resumed in owned.deadline.pauses.items():
            path = (*owned.path, "pauses", event)
            known = event in subject.procedure.events and resumed in subject.procedure.events
            if known and _taken(subject, owned, resumed) and not _resumable(subject, owned, event, resumed):
                yield subject.error("pause-for-ever", path, deadline=owned.id, found=resumed, event=event)


def lapse_events(subject: Subject) -> Iterator[Finding]:
    """The event of a lapse is always possible where it can fire: taken, without a guard, asking nothing."""
    for owned in subject.deadlines:
        event = owned.deadline.lapses
        if event is None or event not in subject.procedure.events:
            continue
        path = (*owned.path, "lapses")
        required = [name for name, ask in subject.procedure.events[event].asks.items() if ask.required]
        if required:
            yield subject.error("lapse-asks", path, event=event, deadline=owned.id, asks=", ".join(required))
        if owned.state is not None:
            if not subject.procedure.states[owned.state].final:  # a final one has no deadlines: said already
                yield from _refused(subject, owned, event, [owned.state], path, "error")
            continue
        for track in subject.procedure.track_names():
            states = [s for s in subject.states_of(track) if not subject.procedure.states[s].final]
            yield from _refused(subject, owned, event, states, path, "error" if track == MAIN else "warning")


def lapse_cycles(subject: Subject, outcomes: Outcomes) -> Iterator[Finding]:
    """Lapses do not lead back to where they began: the clock alone would go round for ever."""
    ways: dict[str, dict[str, Path]] = {name: {} for name in subject.procedure.states}
    for owned in subject.deadlines:
        if owned.state is None or _counts_visits(subject, (path for path, _ in length_branches(owned))):
            continue
        for edge in subject.graph.edges[owned.state]:
            possible = edge.branch.path not in outcomes.never.get((edge.source, edge.event), ())
            counted = _counts_visits(subject, [edge.branch.path])
            if edge.event == owned.deadline.lapses and not edge.internal and possible and not counted:
                ways[owned.state].setdefault(edge.target, (*owned.path, "lapses"))
    for group in cycles(ways):
        path = next(p for name in group for target, p in ways[name].items() if target in group)
        yield subject.error("lapse-cycle", path, states=" → ".join((*group, group[0])))
    yield from _standing_cycles(subject)


def _standing_cycles(subject: Subject) -> Iterator[Finding]:
    """Deadlines of the procedure that start one another by lapsing."""
    whole = {o.id: s for o in subject.deadlines if (s := standing(o)) is not None}
    ways = {
        id: {other: None for other, each in whole.items() if deadline.lapses in each.starts}
        for id, deadline in whole.items()
        if deadline.lapses is not None
    }
    for group in cycles(ways):
        yield subject.error(
            "lapse-cycle-deadlines", ("deadlines", group[0], "lapses"), deadlines=" → ".join((*group, group[0]))
        )  # fmt: skip


def _reacted_to(owned: Owned) -> Iterator[tuple[Path, str]]:
    deadline = owned.deadline
    for event in deadline.extends:
        yield (*owned.path, "extends", event), event
    for event, resumed in deadline.pauses.items():
        yield (*owned.path, "pauses", event), event
        yield (*owned.path, "pauses", event), resumed
    lists: list[tuple[str, list[str]]] = [("restarts", deadline.restarts)]
    whole = standing(owned)
    if whole is not None:
        lists += [("starts", whole.starts), ("stops", whole.stops)]
    for key, events in lists:
        for i, event in enumerate(events):
            yield (*owned.path, key, i), event


def _taken(subject: Subject, owned: Owned, event: str) -> bool:
    """Whether anything takes `event` while the deadline can run."""
    states = subject.procedure.states
    if owned.state is None:
        return event in subject.graph.begins or any(event in moves for moves in subject.graph.moves.values())
    own = states[owned.state].track
    return (
        event in subject.graph.moves[owned.state]
        or any(event in moves and states[name].track != own for name, moves in subject.graph.moves.items())
        or any(track != own for track in subject.graph.begins.get(event, ()))
    )


def _resumable(subject: Subject, owned: Owned, event: str, resumed: str) -> bool:
    """Whether `resumed` can come after `event` paused the deadline and before the deadline ends."""
    if subject.by(resumed) == CLOCK and not _lapses_elsewhere(subject, owned, resumed):
        return False
    states = subject.procedure.states
    for name, edges in subject.graph.edges.items():
        here = owned.state is None or name == owned.state
        if not here and states[name].track == states[str(owned.state)].track:
            continue
        for edge in edges:
            if edge.event == event:
                own = states[name].track
                after = {name} if owned.state == name else reached(subject.ways, [edge.target])
                if any(resumed in subject.graph.moves[s] for s in after) or _by_others(subject, own, resumed):
                    return True
    return any(_by_others(subject, track, resumed) or _in(subject, track, resumed) for track in _begun(subject, event))


def _lapses_elsewhere(subject: Subject, owned: Owned, event: str) -> bool:
    """Whether another deadline that can run beside this one lapses into `event`."""
    tracks = {name: state.track for name, state in subject.procedure.states.items()}
    return any(
        o.path != owned.path
        and o.deadline.lapses == event
        and (o.state is None or owned.state is None or o.state == owned.state or tracks[o.state] != tracks[owned.state])
        for o in subject.deadlines
    )


def _by_others(subject: Subject, track: str, event: str) -> bool:
    """Whether a track other than `track` takes or begins with `event`."""
    return any(t != track for t in _begun(subject, event)) or any(
        _in(subject, other, event) for other in subject.procedure.track_names() if other != track
    )


def _begun(subject: Subject, event: str) -> tuple[str, ...]:
    return subject.graph.begins.get(event, ())


def _in(subject: Subject, track: str, event: str) -> bool:
    return any(event in subject.graph.moves[s] for s in subject.states_of(track))


def _refused(
    subject: Subject, owned: Owned, event: str, states: Iterable[str], path: Path, severity: str
) -> Iterator[Finding]:
    """The states in which nothing, or only what is guarded, takes the event of a lapse."""
    missing, guarded = [], []
    for name in states:
        branches = subject.graph.moves[name].get(event, ())
        if not branches:
            missing.append(name)
        elif all(b.transition.guarded for b in branches):
            guarded.append(name)
    say = subject.error if severity == "error" else subject.warning
    for code, found in (("lapse-not-taken", missing), ("lapse-guarded", guarded)):
        if found:
            full = code if severity == "error" else f"{code}-warning"
            yield say(full, path, event=event, deadline=owned.id, states=", ".join(found))


def _counts_visits(subject: Subject, paths: Iterable[Path]) -> bool:
    """Whether one of the guards at `paths` reads how often a state was entered."""
    return any(
        name.startswith("case.visits.")
        for path in paths
        if (expression := subject.expressions.get(path)) is not None
        for name in expression.names
    )
