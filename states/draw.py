"""A procedure as lanes of text, as Mermaid and as Graphviz, all from the table that runs.

Every text of a definition is foreign: it is cleaned before it is measured, and escaped for the
language it is put into. SVG, which needs a layout of its own, is `draw_svg`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from states.cells import cells, clean, wrapped
from states.model import CLOCK, MAIN, Procedure, State
from states.saying import Edge, Saying, edges, stages

NARROWEST = 30
"""Cells. A narrower page is drawn this wide."""
LABEL = 44
"""Cells of one line in a box or at an arrow, where the drawing program does not break lines itself."""


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
