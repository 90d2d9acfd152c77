"""The parts of a procedure in words, as drawings say them, and its transitions as one table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from states.cells import clean
from states.lengths import parse_length
from states.model import (
    MAIN,
    Deadline,
    Procedure,
    StandingDeadline,
    State,
    Text,
    Transition,
    Transitions,
    branches,
    words,
)

WORDING = {
    "zh": {
        "version": "版本 {0}", "now": "现在", "been": "走过", "ahead": "未到", "taken": "已走", "possible": "可走",
        "start": "开始", "final": "结束", "success": "成功", "failure": "未成", "withdrawn": "撤回",
        "if": "条件: {0}", "complete": "{0}齐全", "otherwise": "其他情况", "stays": "(状态不变)", "lapse": "(到期)",
        "deadline": "期限 {0}: {1}, 责任方 {2}", "none": "无期限", "due on": "{0}当天", "extends": "{0}后改为 {1}",
        "pauses": "{0}后暂停, {1}后继续", "restarts": "{0}后重新起算", "starts": "{0}时起", "stops": "{0}时止",
        "follow-up": "每 {0}跟进: {1}", "anywhere": "任何未结束的状态", "track": "支线 {0} ({1})",
        "beside": "与主线并行", "whatever": "整个流程的期限", "days here": "在此状态的天数", "state here": "所在状态",
        "visits": "到过{0}的次数", "and": "且", "or": "或", "not": "非", "main": "主线",
        "hours": "小时", "days": "天", "working days": "个工作日", "weeks": "周", "months": "个月", "years": "年",
    },
    "en": {
        "version": "version {0}", "now": "now", "been": "been here", "ahead": "not yet", "taken": "taken",
        "possible": "possible", "start": "start", "final": "end", "success": "success", "failure": "failure",
        "withdrawn": "withdrawn", "if": "if {0}", "complete": "{0} complete", "otherwise": "otherwise",
        "stays": "(stays)", "lapse": "(at lapse)", "deadline": "deadline {0}: {1}, owed by {2}",
        "none": "no deadline", "due on": "on {0}", "extends": "{1} after {0}", "pauses": "paused from {0} to {1}",
        "restarts": "afresh after {0}", "starts": "from {0}", "stops": "until {0}",
        "follow-up": "follow-up every {0}: {1}", "anywhere": "In every state that is not an end",
        "track": "Track {0} ({1})", "beside": "beside the main track", "whatever": "Deadlines of the whole procedure",
        "days here": "days in this state", "state here": "this state", "visits": "visits to {0}", "and": "and",
        "or": "or", "not": "not", "main": "main track",
    },
}  # fmt: skip


class Edge(NamedTuple):
    """One transition, or one way for a track to start."""

    track: str
    source: str | None
    """None: from every state of the track that is not final, or from outside (`starts`)."""
    event: str
    target: str | None
    """None: internal, nothing is left or entered."""
    transition: Transition
    otherwise: bool
    """Taken where no branch before it was: the unguarded last of several."""
    lapses: tuple[Deadline, ...]
    """The deadlines for which the clock applies the event."""
    starts: bool = False
    """The event starts the track."""


def edges(procedure: Procedure) -> list[Edge]:
    """Every transition once: track by track, its starts, its states' own, its everywhere ones."""
    table = []
    for track in procedure.track_names():
        members = {id: s for id, s in procedure.states.items() if s.track == track}
        if track != MAIN:
            initial = procedure.tracks[track].initial
            into = Transition(to=initial)
            table += [Edge(track, None, e, initial, into, False, (), True) for e in procedure.tracks[track].starts]
        for id, state in members.items():
            table += _listed(procedure, track, id, state.transitions, [state])
        table += _listed(procedure, track, None, procedure.transitions_of(track), list(members.values()))
    return table


def _listed(
    procedure: Procedure, track: str, source: str | None, listed: Transitions, states: Sequence[State]
) -> Iterator[Edge]:
    running = [*procedure.deadlines.values(), *(d for s in states for d in s.deadlines.values())]
    for event in listed:
        lapses = tuple(d for d in running if d.lapses == event)
        for i, branch in enumerate(branches(listed, event)):
            yield Edge(track, source, event, branch.to, branch, i > 0 and not branch.guarded, lapses)


class Saying:
    """What the drawings say of the parts of one procedure in one language; all of it cleaned."""

    def __init__(self, procedure: Procedure, lang: str) -> None:
        self.procedure = procedure
        self.lang = "zh" if lang == "zh" else "en"

    def __call__(self, key: str, *parts: str) -> str:
        """Our own words for `key`, with `parts` put in."""
        return WORDING[self.lang][key].format(*parts)

    def text(self, text: Text | None) -> str:
        """A text of the definition, fit to be drawn."""
        return clean(words(text, self.lang))

    def title(self, parts: Mapping[str, Any], id: str) -> str:
        """The title of one of `parts`; the id where there is none, or nothing is left of it."""
        return (self.text(parts[id].title) if id in parts else "") or id

    def stage(self, id: str) -> str:
        """A stage's title."""
        return self.title(self.procedure.stages, id)

    def state(self, id: str) -> str:
        """A state's title."""
        return self.title(self.procedure.states, id)

    def event(self, id: str) -> str:
        """An event's title."""
        return self.title(self.procedure.events, id)

    def track(self, id: str) -> str:
        """A track's title, with the word for it."""
        return self("track", self.title(self.procedure.tracks, id), id)

    def outcome(self, state: State) -> str:
        """How a final state ended."""
        return self(state.outcome or "final")

    def length(self, text: str) -> str:
        """`7 working days` in the language."""
        if text == "none":
            return self("none")
        length = parse_length(text)
        if length is None:
            return clean(text)
        return f"{length.n} {self(length.unit)}" if self.lang == "zh" else str(length)

    def period(self, deadline: Deadline, full: bool = True) -> str:
        """How long, with the conditions of its branches if `full`."""
        if isinstance(deadline.within, str):
            return self.length(deadline.within)
        if deadline.within is None:
            return self("due on", self.title(self.procedure.facts, str(deadline.due_on)))
        shown = [
            self.length(b.length) + (f" ({self('if', self._expression(b.when, ''))})" if full and b.when else "")
            for b in deadline.within
        ]
        return " / ".join(shown)

    def deadline(self, deadline: Deadline, full: bool = True) -> str:
        """One line: what, how long, who owes it; what moves it if `full`."""
        owed = self.title(self.procedure.parties, deadline.owed_by)
        said = self("deadline", self.text(deadline.title), self.period(deadline), owed)
        if not full:
            return said
        parts = [said]
        moved = {"restarts": deadline.restarts}
        if isinstance(deadline, StandingDeadline):
            moved = {"starts": deadline.starts, "stops": deadline.stops, **moved}
        parts += [self(key, ", ".join(map(self.event, of))) for key, of in moved.items() if of]
        parts += [self("extends", self.event(e), self.length(n)) for e, n in deadline.extends.items()]
        parts += [self("pauses", self.event(a), self.event(b)) for a, b in deadline.pauses.items()]
        return "; ".join(parts)

    def condition(self, edge: Edge) -> str:
        """What must hold for it, hinted; empty where nothing must."""
        needs = [self("complete", self.title(self.procedure.checklists, id)) for id in edge.transition.requires]
        if edge.transition.when is not None:
            needs.append(self._expression(edge.transition.when, edge.event))
        said = self("if", f" {self('and')} ".join(needs)) if needs else ""
        if edge.otherwise:
            said = self("otherwise")
        because = self.text(edge.transition.because)
        return f"{said} ({because})".lstrip() if because else said

    def edge(self, edge: Edge, taken: bool) -> str:
        """One line: event, target, condition."""
        event = self.event(edge.event) + (f" {self('lapse')}" if edge.lapses else "")
        target = self.state(edge.target) if edge.target else self("stays")
        line = f"{event} {'=>' if taken else '->'} {target}" + (f" [{self('taken')}]" if taken else "")
        condition = self.condition(edge)
        return f"{line}  {condition}" if condition else line

    def label(self, edge: Edge, clock: str = "") -> str:
        """What stands at an arrow: event, lengths after which it comes by itself, condition."""
        lapsing = dict.fromkeys(self.period(d, full=False) for d in edge.lapses)
        parts = [self.event(edge.event), *(clock + p for p in lapsing), self.condition(edge)]
        return ", ".join(p for p in parts if p)

    def notes(self, source: str | None, table: Sequence[Edge]) -> list[str]:
        """What stands in a state's box beside its title: deadlines, and what changes nothing."""
        state = self.procedure.states[source] if source else None
        inner = [e for e in table if e.source == source and e.target is None and not e.starts]
        notes = [self.outcome(state)] if state and state.final else []
        notes += [self.deadline(d, full=False) for d in (state.deadlines.values() if state else ())]
        return notes + [f"{self.label(e)} {self('stays')}" for e in inner]

    def _expression(self, when: str, event: str) -> str:
        """`when` with titles for names: a hint for people, not the language itself."""

        def said(match: re.Match[str]) -> str:
            kind, _, name = match[0].partition(".")
            if kind == "facts":
                return self.title(self.procedure.facts, name)
            if kind == "tracks":
                return self("main") if name == MAIN else self.title(self.procedure.tracks, name)
            if kind == "checklists":
                return self("complete", self.title(self.procedure.checklists, name))
            if kind == "event":
                known = self.procedure.events.get(event)
                asked = known.asks.get(name) if known else None
                if asked is None:
                    return name
                return self.text(asked.title) or (self.title(self.procedure.facts, asked.sets) if asked.sets else name)
            if kind == "case":
                of, _, state = name.partition(".")
                if of == "visits":
                    return self("visits", self.state(state))
                return self("days here" if of == "days_in_state" else "state here")
            return self(kind) if kind in ("and", "or", "not") else match[0]

        return clean(_NAMES.sub(said, when))


_NAMES = re.compile(r"""'[^']*'|"[^"]*"|\b(?:facts|tracks|checklists|event|case)\.\w+(?:\.\w+)?|\b(?:and|or|not)\b""")


def stages(procedure: Procedure) -> list[str]:
    """The lanes in their order; after them what states name that is not listed."""
    return list(dict.fromkeys([*procedure.stages, *(s.stage for s in procedure.states.values())]))
