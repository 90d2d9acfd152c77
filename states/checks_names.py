"""Names: used but not defined, defined but never used, reserved, given twice."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from states.errors import Finding, near_miss
from states.graph import Path, list_path
from states.known_facts import is_known
from states.model import CLOCK, MAIN, ME, Transition
from states.subject import Owned, Subject, standing

_READ = re.compile(r"\b(facts|checklists)\.([A-Za-z0-9_-]+)")


class Reference(NamedTuple):
    """One place where a definition is named."""

    kind: str
    name: str
    path: Path


def undefined_names(subject: Subject) -> Iterator[Finding]:
    """Whatever is used must be defined."""
    known = _known(subject)
    for kind, name, path in references(subject):
        names = known.get(kind)
        if names is not None and name not in names:
            yield subject.error(f"undefined-{kind}", path, found=name, meant=near_miss(name, names))


def unused_names(subject: Subject) -> Iterator[Finding]:
    """Whatever is defined should be used; `me` needs no use."""
    used: dict[str, set[str]] = {"party": {ME}, "fact": set(), "checklist": set()}
    for kind, name, _ in references(subject):
        used.setdefault(kind, set()).add(name)
    for text in _expressions(subject):
        for space, name in _READ.findall(text):
            used["fact" if space == "facts" else "checklist"].add(name)
    procedure = subject.procedure
    for kind, key, names in (
        ("stage", "stages", procedure.stages),
        ("party", "parties", procedure.parties),
        ("source", "sources", procedure.sources),
        ("fact", "facts", procedure.facts),
        ("checklist", "checklists", procedure.checklists),
        ("event", "events", procedure.events),
    ):
        for name in names:
            if name not in used.get(kind, ()) and not (kind == "fact" and is_known(name)):
                yield subject.warning(f"unused-{kind}", (key, name), found=name)
    for id, deadline in procedure.deadlines.items():
        if not deadline.starts:
            yield subject.warning("unused-deadline", ("deadlines", id), found=id, expected="starts")


def reserved_names(subject: Subject) -> Iterator[Finding]:
    """`main` and `clock` mean something already."""
    if CLOCK in subject.procedure.parties:
        yield subject.error("reserved-name", ("parties", CLOCK), found=CLOCK)
    if MAIN in subject.procedure.tracks:
        yield subject.error("reserved-name", ("tracks", MAIN), found=MAIN)


def deadline_names(subject: Subject) -> Iterator[Finding]:
    """Deadline ids are unique within a procedure, so that a person can name one."""
    places = sorted(subject.deadlines, key=lambda o: subject.error("", o.path)[3:5])
    first: dict[str, Owned] = {}
    for owned in places:
        if owned.id in first:
            line = subject.error("", first[owned.id].path).line
            yield subject.error("duplicate-deadline", owned.path, found=owned.id, line=str(line))
        first.setdefault(owned.id, owned)


def references(subject: Subject) -> Iterator[Reference]:
    """Every place where something that is defined elsewhere is named."""
    procedure = subject.procedure
    yield Reference("state", procedure.initial, ("initial",))
    for name, event in procedure.events.items():
        if event.by != CLOCK:
            yield Reference("party", event.by, ("events", name, "by"))
        for ask, each in event.asks.items():
            if each.sets is not None:
                yield Reference("fact", each.sets, ("events", name, "asks", ask, "sets"))
    for name, state in procedure.states.items():
        yield Reference("stage", state.stage, ("states", name, "stage"))
        yield Reference("track", state.track, ("states", name, "track"))
    for name, track in procedure.tracks.items():
        yield Reference("state", track.initial, ("tracks", name, "initial"))
        yield from _named("event", track.starts, ("tracks", name, "starts"))
    for event_id, branches in subject.lists:
        yield Reference("event", event_id, list_path(branches[0].path))
        for where, transition in branches:
            yield from _of_transition(transition, where)
    for owned in subject.deadlines:
        yield from _of_deadline(owned)
    for name, document in procedure.documents.items():
        yield Reference("template", document.template, ("documents", name, "template"))
        yield from _named("state-or-event", document.for_, ("documents", name, "for"))


def _of_transition(transition: Transition, path: Path) -> Iterator[Reference]:
    if transition.to is not None:
        yield Reference("state", transition.to, (*path, "to"))
    yield from _named("checklist", transition.requires, (*path, "requires"))


def _of_deadline(owned: Owned) -> Iterator[Reference]:
    deadline, path = owned.deadline, owned.path
    yield Reference("party", deadline.owed_by, (*path, "owed_by"))
    if deadline.due_on is not None:
        yield Reference("fact", deadline.due_on, (*path, "due_on"))
    if deadline.lapses is not None:
        yield Reference("event", deadline.lapses, (*path, "lapses"))
    if deadline.basis is not None and deadline.basis.source is not None:
        yield Reference("source", deadline.basis.source, (*path, "basis", "source"))
    for event, resumed in deadline.pauses.items():
        yield Reference("event", event, (*path, "pauses", event))
        yield Reference("event", resumed, (*path, "pauses", event))
    for event in deadline.extends:
        yield Reference("event", event, (*path, "extends", event))
    yield from _named("event", deadline.restarts, (*path, "restarts"))
    whole = standing(owned)
    if whole is not None:
        yield from _named("event", whole.starts, (*path, "starts"))
        yield from _named("event", whole.stops, (*path, "stops"))


def _named(kind: str, names: Iterable[str], path: Path) -> Iterator[Reference]:
    for i, name in enumerate(names):
        yield Reference(kind, name, (*path, i))


def _known(subject: Subject) -> dict[str, Collection[str]]:
    """What may be named, by kind; a kind that is not here is not checked."""
    procedure = subject.procedure
    known: dict[str, Collection[str]] = {
        "state": procedure.states,
        "stage": procedure.stages,
        "track": procedure.track_names(),
        "party": procedure.parties,
        "event": procedure.events,
        "checklist": procedure.checklists,
        "fact": procedure.facts,
        "source": procedure.sources,
        "state-or-event": {*procedure.states, *procedure.events},
    }
    if subject.templates is not None:
        known["template"] = subject.templates
    return known


def _expressions(subject: Subject) -> Iterator[str]:
    """The text of every expression, faulty ones too: a slip elsewhere in it is no reason to call a fact unused."""
    for _, branches in subject.lists:
        yield from (b.transition.when for b in branches if b.transition.when is not None)
    for owned in subject.deadlines:
        if isinstance(owned.deadline.within, list):
            yield from (b.when for b in owned.deadline.within if b.when is not None)
