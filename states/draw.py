"""A procedure as lanes of text, as Mermaid and as Graphviz, all from the table that runs.

Every text of a definition is foreign: it is cleaned before it is measured, and escaped for the
language it is put into. SVG, which needs a layout of its own, is `draw_svg`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from states.lengths import parse_length
from states.model import (
    CLOCK,
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

NARROWEST = 30
"""Cells. A narrower page is drawn this wide."""
LABEL = 44
"""Cells of one line in a box or at an arrow, where the drawing program does not break lines itself."""
LONGEST = 300
"""Characters of one text that are drawn; a longer one is cut, and says so by three dots."""

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


def lanes(
    procedure: Procedure,
    lang: str,
    here: Mapping[str, str] | None = None,
    taken: Sequence[tuple[str, str]] = (),
    width: int = 80,
) -> str:
    """The procedure as text: a lane per stage, under it its states with their transitions.

    Shape: `here` gives the state of each track that runs; `taken` is the way so far as (state,
    event), in the order it was gone. Lines end in a newline; none is wider than `width`.
    Units: `width` in terminal cells; a wide character is two, an ambiguous one is one.
    """
    say = Saying(procedure, lang)
    here = here or {}
    table = edges(procedure)
    walked = _walked(procedure, table, here, taken)
    been = {state for state, _ in taken}
    page = _Page(max(width, NARROWEST))

    version = say("version", clean(procedure.version))
    page.add(f"{say.text(procedure.title)} ({procedure.procedure}, {version})")
    if here or taken:
        signs = {">>>": "now", "[x]": "been", "[ ]": "ahead", "(*)": "final", "=>": "taken", "->": "possible"}
        page.add("   ".join(f"{sign} {say(key)}" for sign, key in signs.items()))
    for stage in stages(procedure):
        page.rule("==", say.stage(stage))
        for track in procedure.track_names():
            members = [id for id, s in procedure.states.items() if (s.stage, s.track) == (stage, track)]
            if members and track != MAIN:
                page.rule("--", f"{say.track(track)}, {say('beside')}")
            for id in members:
                _add_state(page, say, id, _mark(id, procedure.states[id], here, been))
                for i, edge in enumerate(table):
                    if edge.source == id:
                        page.add(say.edge(edge, i in walked), "     ", "       ")
    for track in procedure.track_names():
        loose = [i for i, e in enumerate(table) if e.track == track and e.source is None]
        if loose:
            page.rule("==", say("anywhere") if track == MAIN else f"{say.track(track)}, {say('beside')}")
        for i in loose:
            before = "" if track == MAIN else say("start" if table[i].starts else "anywhere") + ": "
            page.add(before + say.edge(table[i], i in walked), "     ", "       ")
    if procedure.deadlines:
        page.rule("==", say("whatever"))
        for deadline in procedure.deadlines.values():
            page.add(say.deadline(deadline), "     ", "       ")
    return "\n".join(page.lines) + "\n"


def mermaid(procedure: Procedure, lang: str) -> str:
    """The procedure as a Mermaid `stateDiagram-v2`: stages are colours and named in the states.

    Mermaid draws no arrow between states of two composites, so a composite is a track, which no
    transition leaves.
    """
    say = Saying(procedure, lang)
    table = edges(procedure)
    lines = ["stateDiagram-v2", f"    accTitle: {_entities(say.text(procedure.title) or procedure.procedure)}"]
    for track in procedure.track_names():
        members = {id: s for id, s in procedure.states.items() if s.track == track}
        mine = [e for e in table if e.track == track]
        anywhere = f"any_{_node(track)}"
        if track != MAIN:
            lines.append(f'    state "{_entities(say.track(track))}" as track_{_node(track)} {{')
        else:
            lines.append(f"    [*] --> s_{_node(procedure.initial)}")
        for id, state in members.items():
            lines.append(f'    state "{_entities(say.state(id))}" as s_{_node(id)}')
            notes = [say.stage(state.stage), *say.notes(id, mine)]
            lines += [f"    s_{_node(id)} : {_entities(line)}" for note in notes for line in wrapped(note, LABEL)]
            if state.final:
                lines.append(f"    s_{_node(id)} --> [*] : {say.outcome(state)}")
        if any(e.source is None and not e.starts for e in mine):
            lines.append(f'    state "{_entities(say("anywhere"))}" as {anywhere}')
            notes = say.notes(None, mine)
            lines += [f"    {anywhere} : {_entities(line)}" for note in notes for line in wrapped(note, LABEL)]
        for edge in mine:
            if edge.target is not None:
                source = "[*]" if edge.starts else f"s_{_node(edge.source)}" if edge.source else anywhere
                lines.append(f"    {source} --> s_{_node(edge.target)} : {_entities(say.label(edge, '⏱ '))}")
        if track != MAIN:
            lines.append("    }")
    for i, stage in enumerate(stages(procedure)):
        fill, stroke = _COLOURS[i % len(_COLOURS)]
        lines.append(f"    classDef stage{i} fill:{fill},stroke:{stroke},color:#111111")
        lines += [f"    class s_{_node(id)} stage{i}" for id, s in procedure.states.items() if s.stage == stage]
    return "\n".join(lines) + "\n"


def dot(procedure: Procedure, lang: str) -> str:
    """The procedure as a Graphviz graph: a cluster per stage, dashed edges for the clock's events."""
    say = Saying(procedure, lang)
    table = edges(procedure)
    lines = [
        f"digraph {_quoted(procedure.procedure)} {{",
        f'  graph [label={_quoted(say.text(procedure.title))}, labelloc=t, fontname="sans-serif"];',
        '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif", fontsize=11];',
        '  edge [fontname="sans-serif", fontsize=9];',
    ]
    for i, stage in enumerate(stages(procedure)):
        fill, stroke = _COLOURS[i % len(_COLOURS)]
        lines += [
            f"  subgraph cluster_{i} {{",
            f'    label={_quoted(say.stage(stage))}; style="rounded,filled"; fillcolor="{fill}"; color="{stroke}";',
        ]
        for id, state in procedure.states.items():
            if state.stage == stage:
                head = [say.state(id), *([say.track(state.track)] if state.track != MAIN else [])]
                label = _quoted(*head, *say.notes(id, table))
                lines.append(f'    "s_{id}" [label={label}{", peripheries=2" if state.final else ""}];')
        lines.append("  }")
    for track in procedure.track_names():
        mine = [e for e in table if e.track == track]
        lines.append(f'  "start_{track}" [shape=circle, label="", width=0.15, fillcolor=black];')
        if track == MAIN:
            lines.append(f'  "start_{track}" -> "s_{procedure.initial}";')
        if any(e.source is None and not e.starts for e in mine):
            head = [say("anywhere"), *([say.track(track)] if track != MAIN else [])]
            label = _quoted(*head, *say.notes(None, mine))
            lines.append(f'  "any_{track}" [label={label}, style="rounded,dashed"];')
        for edge in mine:
            if edge.target is not None:
                source = f"s_{edge.source}" if edge.source else f"{'start' if edge.starts else 'any'}_{track}"
                dashed = ", style=dashed" if _by_clock(procedure, edge) else ""
                lines.append(f'  "{source}" -> "s_{edge.target}" [label={_quoted(say.label(edge))}{dashed}];')
    return "\n".join([*lines, "}"]) + "\n"


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


@lru_cache(maxsize=1024)
def clean(text: str) -> str:
    """`text` on one line, without what moves the cursor, turns the writing or has no settled width.

    Control characters become spaces; format characters (bidi, joiners, variation selectors) go;
    what has no agreed look (private, unassigned, half a pair) becomes a question mark.
    """
    kept = []
    for c in text[:LONGEST]:
        category = unicodedata.category(c)
        if category in ("Cc", "Zs", "Zl", "Zp"):
            kept.append(" ")
        elif category in ("Cs", "Co", "Cn"):
            kept.append("?")
        elif category != "Cf" and not 0xFE00 <= ord(c) <= 0xFE0F:
            kept.append(c)
    line = re.sub(" +", " ", "".join(kept)).strip()
    return line + "..." if len(text) > LONGEST else line


def cells(text: str) -> int:
    """How many terminal cells `text` takes; it is clean."""
    return sum(map(_cell, text))


@lru_cache(maxsize=4096)
def _cell(c: str) -> int:
    if unicodedata.category(c) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """`text` in lines of at most `width` cells, the first behind `first`, the others behind `rest`.

    Shape: `rest` leaves room for a wide character.
    """
    lines, line, used = [], first, cells(first)
    for unit in _units(text):
        fits = used + cells(unit.rstrip()) <= width or line in (first, rest)
        for c in unit:
            if not fits or (used + _cell(c) > width and c != " "):
                lines.append(line.rstrip())
                line, used, fits = rest, cells(rest), True
            line += c
            used += _cell(c)
    return [*lines, line.rstrip()]


def _units(text: str) -> list[str]:
    """What is broken apart only if it must be: words with the spaces behind them, wide characters.

    No line begins with closing punctuation, none ends with an opening one.
    """
    units: list[str] = []
    before = " "
    for c in text:
        apart = before == " " or (
            2 in (_cell(c), _cell(before))
            and unicodedata.category(c) not in ("Pe", "Pf", "Po")
            and unicodedata.category(before) not in ("Ps", "Pi")
        )
        if units and (c == " " or _cell(c) == 0 or not apart):
            units[-1] += c
        else:
            units.append(c)
        before = c
    return units


class _Page:
    """Lines of a drawing, none wider than the page."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: list[str] = []

    def add(self, text: str, first: str = "", rest: str = "") -> None:
        self.lines += wrapped(text, self.width, first, rest)

    def rule(self, sign: str, title: str) -> None:
        """A heading; a lane's stands after an empty line."""
        if sign == "==":
            self.lines.append("")
        lines = wrapped(title, self.width, f"{sign} ", f"{sign} ")
        room = self.width - cells(lines[-1]) - 1
        self.lines += [*lines[:-1], f"{lines[-1]} {sign[0] * room}".rstrip()]


def _mark(id: str, state: State, here: Mapping[str, str], been: set[str]) -> str:
    if here.get(state.track) == id:
        return ">>>"
    if id in been:
        return "[x]"
    return "(*)" if state.final else "[ ]"


def _add_state(page: _Page, say: Saying, id: str, mark: str) -> None:
    state = say.procedure.states[id]
    head = f"{say.state(id)} ({id})"
    if mark == ">>>":
        head += f" <<< {say('now')}"
    if id == say.procedure.initial_of(state.track):
        head += f", {say('start')}"
    if state.final:
        head += f", {say('final')}: {say.outcome(state)}"
    page.add(head, f" {mark} ", "     ")
    for deadline in state.deadlines.values():
        page.add(say.deadline(deadline), "     ", "       ")
    if state.follow_up:
        nudge = say("follow-up", say.length(state.follow_up.every), say.text(state.follow_up.do))
        page.add(nudge, "     ", "       ")


def _walked(
    procedure: Procedure, table: Sequence[Edge], here: Mapping[str, str], taken: Sequence[tuple[str, str]]
) -> set[int]:
    """The edges of the way, by their place in the table. Where it led next tells the branch."""
    after = dict(here)
    walked = {i for i, e in enumerate(table) if e.starts and e.track in here}
    for id, event in reversed(taken):
        if id not in procedure.states:
            continue
        track = procedure.states[id].track
        to = after.get(track)
        fitting = [
            i
            for i, e in enumerate(table)
            if (e.track, e.event, e.starts) == (track, event, False) and e.source in (id, None)
            if to is None or (e.target or id) == to
        ]
        own = [i for i in fitting if table[i].source == id]
        walked |= set(own or fitting)
        after[track] = id
    return walked


def _by_clock(procedure: Procedure, edge: Edge) -> bool:
    return edge.event in procedure.events and procedure.events[edge.event].by == CLOCK


_COLOURS = (
    ("#e8f1fb", "#2f6fb2"), ("#fdf0e4", "#b5652a"), ("#e9f5ea", "#3a8046"), ("#f4ebf7", "#8a4f96"),
    ("#f7f4dd", "#857518"), ("#e3f3f3", "#2a7f7f"), ("#fbe9ef", "#b23f66"), ("#ececf8", "#5b5fb5"),
)  # fmt: skip
"""Fill and line of each stage, around again after the last; dark text reads on every fill."""


def _node(id: str) -> str:
    """An id as Mermaid takes one: it reads `-` as the start of an arrow, and no id holds a dot."""
    return id.replace("-", ".")


def _entities(text: str) -> str:
    """`text` as Mermaid entities wherever it is neither a letter, a digit nor a space."""
    return "".join(c if c == " " or unicodedata.category(c)[0] in "LNM" else f"#{ord(c)};" for c in text)


def _quoted(*texts: str) -> str:
    """`texts`, one below the other, as a Graphviz string. It reads entities and backslashes in one."""
    lines = [line for text in texts for line in wrapped(text, LABEL)]
    return '"' + "\\n".join(x.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for x in lines) + '"'
