"""States: every one is reached, leads to an end, and does not wait in silence."""

from __future__ import annotations

from collections.abc import Iterator

from states.errors import Finding
from states.graph import backward, can_happen, cycles, list_path, reached
from states.model import CLOCK, MAIN, ME, State
from states.subject import Subject, all_transitions


def initial_states(subject: Subject) -> Iterator[Finding]:
    """Each track begins in a state of its own that is not its end, and has an end."""
    procedure = subject.procedure
    for track in procedure.track_names():
        path = ("initial",) if track == MAIN else ("tracks", track, "initial")
        name = procedure.initial_of(track)
        initial = procedure.states.get(name)
        if initial is not None and initial.track != track:
            yield subject.error("initial-foreign", path, found=name, track=track, expected=initial.track)
        elif initial is not None and initial.final:
            yield subject.error("initial-final", path, found=name, track=track)
        if not any(procedure.states[s].final for s in subject.states_of(track)):
            where = ("states",) if track == MAIN else ("tracks", track)
            yield subject.error("no-final", where, track=track)


def track_starts(subject: Subject) -> Iterator[Finding]:
    """A track begins by an event that can happen."""
    for name, track in subject.procedure.tracks.items():
        if not track.starts:
            yield subject.error("track-never-starts", ("tracks", name, "starts"), track=name)
        for i, event in enumerate(track.starts):
            if subject.by(event) == CLOCK and not subject.lapses.get(event):
                yield subject.error("clock-never", ("tracks", name, "starts", i), event=event)


def outcomes(subject: Subject) -> Iterator[Finding]:
    """A final state says how it ended, and nothing goes on in it; no other state has an outcome."""
    for name, state in subject.procedure.states.items():
        path = ("states", name)
        if not state.final:
            if state.outcome is not None:
                yield subject.error("outcome-not-final", (*path, "outcome"), state=name, found=state.outcome)
            continue
        if state.outcome is None:
            yield subject.error("final-no-outcome", path, state=name, expected="success | failure | withdrawn")
        for key in ("transitions", "deadlines", "follow_up"):
            if getattr(state, key):
                yield subject.error("final-goes-on", (*path, key), state=name, found=key)


def targets(subject: Subject) -> Iterator[Finding]:
    """A transition stays in its track."""
    procedure = subject.procedure
    for _, branches in subject.lists:
        for path, transition in branches:
            target = procedure.states.get(transition.to) if transition.to is not None else None
            track = _track_of_list(subject, path)
            if target is not None and target.track != track:
                yield subject.error(
                    "foreign-target", (*path, "to"), found=transition.to, track=target.track, expected=track
                )  # fmt: skip


def branches(subject: Subject) -> Iterator[Finding]:
    """A list of transitions has at least one."""
    for path, transitions in all_transitions(subject.procedure):
        for event, found in transitions.items():
            if found == []:
                yield subject.error("empty-list", (*path, event), event=event)


def reachable(subject: Subject) -> Iterator[Finding]:
    """Every state can be come to, and from every one an end can be come to."""
    procedure = subject.procedure
    back = backward(subject.ways)
    for track in procedure.track_names():
        states = subject.states_of(track)
        initial = procedure.initial_of(track)
        if initial in states:
            found = reached(subject.ways, [initial])
            for name in states:
                if name not in found:
                    yield subject.error("unreachable", ("states", name), state=name, track=track, expected=initial)
        ends = [s for s in states if procedure.states[s].final]
        ending = reached(back, ends)
        for name in states if ends else ():
            if name not in ending:
                yield subject.error("dead-end", ("states", name), state=name, expected=", ".join(ends))


def waiting(subject: Subject) -> Iterator[Finding]:
    """A state that only others can end has a deadline or a follow-up, so that it does not wait for ever."""
    for name, state in subject.procedure.states.items():
        if state.final or state.deadlines or state.follow_up is not None:
            continue
        edges = [e for e in subject.graph.edges.get(name, ()) if e.target != name]
        own = [e for e in edges if e.branch.path[:2] == ("states", name)]
        causes = {subject.by(e.event) for e in own or edges}
        if not causes or ME in causes or causes == {CLOCK}:
            continue
        others = ", ".join(sorted(c for c in causes if c is not None and c != CLOCK))
        if any(subject.by(e.event) == ME for e in edges):
            yield subject.warning("waits-forever-warning", ("states", name), state=name, parties=others)
        else:
            yield subject.error("waits-forever", ("states", name), state=name, parties=others)


def idle_loops(subject: Subject) -> Iterator[Finding]:
    """A loop in which nobody else acts and no time passes."""
    states = subject.procedure.states
    ways = {
        name: {e.target: None for e in edges if not e.internal and subject.by(e.event) == ME}
        for name, edges in subject.graph.edges.items()
        if not _has_time(states[name])
    }
    for group in cycles(ways):
        yield subject.warning("idle-loop", ("states", group[0]), states=", ".join(group))


def _has_time(state: State) -> bool:
    return bool(state.deadlines) or state.follow_up is not None


def clock_events(subject: Subject) -> Iterator[Finding]:
    """The clock causes only what a deadline lapses into: any other transition of its events is never taken."""
    procedure = subject.procedure
    for event, branches in subject.lists:
        if subject.by(event) != CLOCK:
            continue
        path = branches[0].path
        states = [str(path[1])] if path[0] == "states" else subject.states_of(_track_of_list(subject, path))
        if not any(can_happen(procedure, subject.lapses, s, event) for s in states):
            yield subject.error("clock-never", list_path(path), event=event)


def _track_of_list(subject: Subject, path: tuple[str | int, ...]) -> str:
    """The track that a list of transitions belongs to."""
    if path[0] == "states":
        return subject.procedure.states[str(path[1])].track
    return str(path[1]) if path[0] == "tracks" else MAIN
