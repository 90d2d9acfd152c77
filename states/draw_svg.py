"""A procedure as one self-contained SVG: stages are columns, tracks are bands, lines run between boxes.

What can happen in a state is written in its box, and each line starts at its own words, so no
label has to find room between lines. Lines to one state share their way and its colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from states.cells import clean, wrapped
from states.draw import lanes
from states.model import CLOCK, MAIN, Procedure
from states.saying import Edge, Saying, edges, stages

BOX = 236.0
"""Pixels, as everything here: the width of a state."""
ROW = 16.0
PAD = 9.0
GAP = 22.0
"""Free height between two boxes of a column, before lines pass through."""
PITCH = 7.0
"""Between two lines side by side."""
MARGIN = 24.0
TALLEST = 1000.0
"""A stage taller than this goes on in a second column."""
ENTRY = PAD + ROW / 2
"""Where lines enter a box, from its top."""

Point = tuple[float, float]


def svg(procedure: Procedure, lang: str) -> str:
    """The procedure as an SVG document, legible on a light and on a dark page."""
    say = Saying(procedure, lang)
    bands = _laid_out(say)
    right = max(band.right for band in bands) + MARGIN
    shapes: list[str] = []
    y = MARGIN + 56
    for band in bands:
        shapes += band.drawn(say, y, right)
        y += band.height
        if band.track == MAIN:
            shapes = [*_stage_backs(say, band, y), *shapes]
            y += MARGIN
    feet = _footer(say, right, y + MARGIN)
    height = y + MARGIN + ROW * (len(feet) + 1)

    title = f"{say.text(procedure.title)} ({procedure.procedure}, {say('version', clean(procedure.version))})"
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right:.0f} {height:.0f}" width="{right:.0f}" '
        f'height="{height:.0f}" role="img" aria-labelledby="title desc" lang="{say.lang}">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(lanes(procedure, lang))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{right:.0f}" height="{height:.0f}"/>',
        _text("name", MARGIN, MARGIN + 14, title),
    ]
    return "\n".join([*head, *shapes, *feet, "</svg>"]) + "\n"


class _Line(NamedTuple):
    """One line of a box."""

    look: str
    text: str
    edge: Edge | None = None
    """The one that leaves the box at this line."""


class _Box:
    """A state, or what holds in every state of a track."""

    def __init__(self, id: str | None, lines: Sequence[_Line], stage: str = "") -> None:
        self.id = id
        self.stage = stage
        self.lines = lines
        self.height = 2 * PAD + ROW * len(lines)
        self.y = 0.0
        """Of its top, within the band."""

    def ports(self) -> list[tuple[Edge, float]]:
        """The edges that leave it, each with its height within the band."""
        at = self.y + PAD + ROW / 2
        return [(line.edge, at + ROW * i) for i, line in enumerate(self.lines) if line.edge]


class _Route:
    """The way of one edge: out of its line, through gaps between boxes, into its target."""

    def __init__(self, edge: Edge, source: _Box, target: _Box, from_column: int, to_column: int) -> None:
        self.edge = edge
        self.source = source
        self.target = target
        self.target_id = str(target.id)
        self.from_column = from_column
        self.to_column = to_column
        back = to_column < from_column
        upward = to_column == from_column and target.y < source.y
        self.leaves_left = back or upward
        self.enters_right = back or (to_column == from_column and not upward)
        self.first = from_column + (0 if self.leaves_left else 1)
        """The channel it comes out into; channel k lies left of column k."""
        self.step = -1 if back else 1
        self.crossed = range(from_column + self.step, to_column, self.step) if to_column != from_column else range(0)
        self.gaps: list[tuple[int, int]] = []
        """For each column crossed, the column and the gap: the number of boxes above it."""

    def start(self) -> float:
        """Where its line stands, within the band."""
        return next(y for edge, y in self.source.ports() if edge is self.edge)

    def end(self) -> float:
        """Where it enters its target, within the band."""
        return self.target.y + ENTRY


class _Band:
    """One track: its boxes in the columns, and the ways between them."""

    def __init__(self, track: str, columns: Sequence[Sequence[_Box]]) -> None:
        self.track = track
        self.columns = columns
        self.head = 0.0 if track == MAIN else 28.0
        self.slots: dict[tuple[int, int], list[str]] = {}
        """Per column and gap, the targets whose lines pass through."""
        self._stack()
        self.routes = self._routes()
        self._stack()
        self.height = self.head + max(self._bottom(k) for k in range(len(columns)))
        self.tracks = self._tracks()
        self.channels: list[float] = []
        """Where each channel begins: left of its column, the last right of all."""
        self.lefts: list[float] = []
        self.right = MARGIN
        for k in range(len(columns) + 1):
            most = max((t for (channel, _), t in self.tracks.items() if channel == k), default=0)
            self.channels.append(self.right)
            self.lefts.append(self.right + 2 * GAP + PITCH * most)
            self.right = self.lefts[-1] + (BOX if k < len(columns) else 0.0)

    def _stack(self) -> None:
        for k, column in enumerate(self.columns):
            y = self.head
            for i, box in enumerate(column):
                y += self._gap(k, i)
                box.y = y
                y += box.height

    def _gap(self, column: int, index: int) -> float:
        return GAP + PITCH * len(self.slots.get((column, index), ()))

    def _top_of_gap(self, column: int, index: int) -> float:
        boxes = self.columns[column]
        return boxes[index - 1].y + boxes[index - 1].height if index else self.head

    def _bottom(self, column: int) -> float:
        last = len(self.columns[column])
        return self._top_of_gap(column, last) + self._gap(column, last) - self.head

    def _routes(self) -> list[_Route]:
        where = {box.id: (k, box) for k, column in enumerate(self.columns) for box in column}
        routes = []
        for k, column in enumerate(self.columns):
            for box in column:
                leaving = [edge for edge, _ in box.ports() if edge.target in where]
                routes += [_Route(e, box, where[e.target][1], k, where[e.target][0]) for e in leaving]
        for route in sorted(routes, key=lambda r: len(r.crossed)):
            at = route.start()
            for column_crossed in route.crossed:
                index = self._best_gap(column_crossed, at, route)
                route.gaps.append((column_crossed, index))
                passing = self.slots.setdefault((column_crossed, index), [])
                if route.target_id not in passing:
                    passing.append(route.target_id)
                at = self._top_of_gap(column_crossed, index) + GAP / 2
        return routes

    def _best_gap(self, column: int, at: float, route: _Route) -> int:
        """The nearest gap on the way, rather one that another line to the same target goes through."""

        def cost(index: int) -> float:
            y = self._top_of_gap(column, index) + GAP / 2
            shared = route.target_id in self.slots.get((column, index), ())
            return abs(y - at) + abs(y - route.end()) - (80 if shared else 0)

        return min(range(len(self.columns[column]) + 1), key=cost)

    def _heights(self, route: _Route) -> list[float]:
        """The heights it runs at: from its line, through each gap, to its target."""
        target = route.target_id
        passed = [self._top_of_gap(k, i) + GAP / 2 + PITCH * self.slots[k, i].index(target) for k, i in route.gaps]
        return [route.start(), *passed, route.end()]

    def _tracks(self) -> dict[tuple[int, str], int]:
        """Per channel and target, which of the parallel tracks its lines run on: none overlap."""
        spans: dict[tuple[int, str], tuple[float, float]] = {}
        for route in self.routes:
            heights = self._heights(route)
            for i, (a, b) in enumerate(pairwise(heights)):
                key = (route.first + i * route.step, route.target_id)
                low, high = spans.get(key, (a, a))
                spans[key] = (min(low, a, b), max(high, a, b))
        tracks: dict[tuple[int, str], int] = {}
        ends: dict[int, list[float]] = {}
        for (channel, target), (low, high) in sorted(spans.items(), key=lambda item: (item[0][0], item[1])):
            busy = ends.setdefault(channel, [])
            free = next((t for t, end in enumerate(busy) if end + PITCH < low), len(busy))
            busy[free : free + 1] = [high]
            tracks[channel, target] = free
        return tracks

    def drawn(self, say: Saying, top: float, right: float) -> list[str]:
        """The shapes of the band, its upper edge at `top`."""
        shapes = []
        if self.track != MAIN:
            shapes.append(f'<path class="rule" d="M{MARGIN} {top:.1f}H{right - MARGIN:.1f}"/>')
            shapes.append(_text("track", MARGIN, top + 22, f"{say.track(self.track)}, {say('beside')}"))
        order = list(say.procedure.states)
        for route in self.routes:
            points = self._points(route, top)
            colour = f"c{order.index(route.target_id) % len(_HUES)}"
            event = say.procedure.events.get(route.edge.event)
            clock = " clock" if event is not None and event.by == CLOCK else ""
            source = say.state(route.source.id) if route.source.id else say("anywhere")
            shapes.append(
                f'<g class="edge {colour}{clock}"><title>{escape(f"{source}: {say.edge(route.edge, False)}")}</title>'
                f'<path d="{_rounded(points)}"/>{_arrow(points)}</g>'
            )
        for k, column in enumerate(self.columns):
            for box in column:
                shapes += _box(say, box, self.track, self.lefts[k], top + box.y)
        return shapes

    def _points(self, route: _Route, top: float) -> list[Point]:
        heights = self._heights(route)
        first, last = self.lefts[route.from_column], self.lefts[route.to_column]
        points = [(first if route.leaves_left else first + BOX, top + heights[0])]
        for i, (a, b) in enumerate(pairwise(heights)):
            channel = route.first + i * route.step
            x = self.channels[channel] + GAP + PITCH * self.tracks[channel, route.target_id]
            points += [(x, top + a), (x, top + b)]
        points.append((last + BOX if route.enters_right else last, top + heights[-1]))
        return points


def _laid_out(say: Saying) -> list[_Band]:
    """A band per track: main's columns are the stages, another track's are the steps from its start."""
    procedure = say.procedure
    table = edges(procedure)
    far = _distances(procedure, table)
    bands = []
    for track in procedure.track_names():
        members = [id for id, s in procedure.states.items() if s.track == track]
        members.sort(key=lambda id: far.get(id, len(far)))
        columns: list[list[_Box]] = []
        if track == MAIN:
            for stage in stages(procedure):
                here = [id for id in members if procedure.states[id].stage == stage]
                columns += _piled([_Box(id, _state_lines(say, id, table), stage) for id in here])
        else:
            steps = dict.fromkeys(far.get(id, len(far)) for id in members)
            for step in steps:
                here = [id for id in members if far.get(id, len(far)) == step]
                columns.append([_Box(id, _state_lines(say, id, table)) for id in here])
        loose = [e for e in table if e.track == track and e.source is None]
        if loose:
            box = _Box(None, _loose_lines(say, track, loose, table))
            if track == MAIN:
                columns[0].append(box)
            else:
                columns.insert(0, [box])
        bands.append(_Band(track, columns))
    return bands


def _distances(procedure: Procedure, table: Sequence[Edge]) -> dict[str, int]:
    """How many transitions each state is away from the first of its track."""
    far = {procedure.initial_of(track): 0 for track in procedure.track_names()}
    queue = list(far)
    for id in queue:
        for edge in table:
            if edge.source == id and edge.target is not None and edge.target not in far:
                far[edge.target] = far[id] + 1
                queue.append(edge.target)
    return far


def _piled(boxes: Sequence[_Box]) -> list[list[_Box]]:
    """Boxes in as few columns as hold them, about equally tall; no column for no boxes."""
    whole = sum(box.height + GAP for box in boxes)
    share = whole / max(1, -(-whole // TALLEST))
    piles: list[list[_Box]] = []
    tall = 0.0
    for box in boxes:
        if tall + box.height / 2 > share * len(piles):
            piles.append([])
        piles[-1].append(box)
        tall += box.height + GAP
    return piles


def _state_lines(say: Saying, id: str, table: Sequence[Edge]) -> list[_Line]:
    state = say.procedure.states[id]
    lines = _lines("title", say.state(id)) + _lines("id", id)
    if id == say.procedure.initial_of(state.track):
        lines += _lines("note", say("start"))
    if state.track != MAIN:
        lines += _lines("note", f"[{say.stage(state.stage)}]")
    lines += [line for note in say.notes(id, table) for line in _lines("note", note)]
    for edge in table:
        if edge.source == id and edge.target is not None:
            lines += _edge_lines(say, edge)
    return lines


def _loose_lines(say: Saying, track: str, loose: Sequence[Edge], table: Sequence[Edge]) -> list[_Line]:
    lines = []
    if any(e.starts for e in loose):
        lines += _lines("title", say("start"))
        lines += [line for e in loose if e.starts for line in _edge_lines(say, e)]
    if not all(e.starts for e in loose):
        lines += _lines("title", say("anywhere"))
        notes = say.notes(None, [e for e in table if e.track == track])
        lines += [line for note in notes for line in _lines("note", note)]
        lines += [line for e in loose if e.target and not e.starts for line in _edge_lines(say, e)]
    return lines


def _edge_lines(say: Saying, edge: Edge) -> list[_Line]:
    """Event and target, from which the line leaves; below, smaller, the condition."""
    target = say.state(edge.target) if edge.target else say("stays")
    first, *more = _lines("event", f"{say.event(edge.event)} → {target}")
    hints = [say.period(d, full=False) + " " + say("lapse") for d in edge.lapses]
    hints += [hint for hint in [say.condition(edge)] if hint]
    return [first._replace(edge=edge), *more, *(line for h in hints for line in _lines("note", h))]


def _lines(look: str, text: str) -> list[_Line]:
    room = int((BOX - 2 * PAD) / _CELLS[look])
    return [_Line(look, line) for line in wrapped(text, room, "", "  ")]


def _box(say: Saying, box: _Box, track: str, x: float, y: float) -> list[str]:
    state = say.procedure.states[box.id] if box.id else None
    looks = ["box", *(["final", str(state.outcome)] if state and state.final else []), *([] if state else ["any"])]
    shapes = [
        f'<rect class="{" ".join(looks)}" x="{x:.1f}" y="{y:.1f}" width="{BOX:.0f}" height="{box.height:.1f}" rx="8"/>'
    ]
    if box.id == say.procedure.initial_of(track):
        shapes.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="6"/>')
    for i, line in enumerate(box.lines):
        shapes.append(_text(line.look, x + PAD, y + PAD + ROW * i + 12, line.text))
    return shapes


def _stage_backs(say: Saying, main: _Band, bottom: float) -> list[str]:
    """A stripe behind the columns of each stage, its title on top."""
    shapes = []
    for stage in dict.fromkeys(column[0].stage for column in main.columns):
        mine = [left for left, column in zip(main.lefts, main.columns, strict=False) if column[0].stage == stage]
        x, width = mine[0] - 10, mine[-1] - mine[0] + BOX + 20
        top = MARGIN + 30
        shapes.append(
            f'<rect class="stage" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{bottom - top:.1f}" rx="10"/>'
        )
        for i, line in enumerate(wrapped(say.stage(stage), int(width / _CELLS["lane"]))[:2]):
            shapes.append(_text("lane", x + 12, top + 20 + 18 * i, line))
    return shapes


def _footer(say: Saying, right: float, top: float) -> list[str]:
    """The deadlines of the whole procedure, below everything."""
    room = max(40, int((right - 2 * MARGIN) / _CELLS["note"]))
    lines = [line for d in say.procedure.deadlines.values() for line in wrapped(say.deadline(d), room, "", "  ")]
    shown = [_Line("event", say("whatever")), *(_Line("note", line) for line in lines)] if lines else []
    return [_text(line.look, MARGIN, top + ROW * (i + 1), line.text) for i, line in enumerate(shown)]


def _text(look: str, x: float, y: float, text: str) -> str:
    indent = len(text) - len(text.lstrip(" "))
    return f'<text class="{look}" x="{x + _CELLS["note"] * indent:.1f}" y="{y:.1f}">{escape(text.strip())}</text>'


def _rounded(points: Sequence[Point]) -> str:
    """A path along `points` with round corners."""
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (ax, ay), (bx, by), (cx, cy) in zip(points, points[1:], points[2:], strict=False):
        r = min(5.0, (abs(bx - ax) + abs(by - ay)) / 2, (abs(cx - bx) + abs(cy - by)) / 2)
        path += f"L{_toward(bx, ax, r):.1f} {_toward(by, ay, r):.1f}"
        path += f"Q{bx:.1f} {by:.1f} {_toward(bx, cx, r):.1f} {_toward(by, cy, r):.1f}"
    return path + f"L{points[-1][0]:.1f} {points[-1][1]:.1f}"


def _toward(a: float, b: float, r: float) -> float:
    return a + (r if b > a else -r if b < a else 0.0)


def _arrow(points: Sequence[Point]) -> str:
    (before, _), (x, y) = points[-2:]
    back = x - 8 if x > before else x + 8
    return f'<path class="head" d="M{x:.1f} {y:.1f}L{back:.1f} {y - 4:.1f}V{y + 4:.1f}Z"/>'


_CELLS = {"lane": 8.5, "title": 6.9, "id": 6.7, "event": 6.3, "note": 5.8}
"""The width of a terminal cell in each look; a wide character takes two."""
_HUES = ("#2f78c4", "#bf5a26", "#2f8f4a", "#9a4fa3", "#8a7716", "#1f8a8a", "#c23a68", "#6a6ed0")
_STYLE = (
    "text{font-family:system-ui,-apple-system,'Noto Sans CJK SC','Noto Sans SC','PingFang SC',"
    "'Microsoft YaHei',sans-serif;font-size:12px;fill:#1b1f24}"
    ".name{font-size:18px;font-weight:600}.lane{font-size:15px;font-weight:600}.track{font-size:14px;font-weight:600}"
    ".title{font-size:13px;font-weight:600}.id{font-size:11px;fill:#5c6570;font-family:monospace}"
    ".note{font-size:11px;fill:#4a535d}"
    ".page{fill:#ffffff}.stage{fill:#eef1f5}.box{fill:#ffffff;stroke:#7b8794;stroke-width:1.2}"
    ".final{stroke-width:3}.success{stroke:#2f8f4a}.failure{stroke:#c23a3a}.any{stroke-dasharray:6 4}"
    ".rule{stroke:#9aa4af;stroke-dasharray:2 4;fill:none}.dot{fill:#1b1f24}"
    ".edge path{fill:none;stroke-width:1.6}.edge.clock path{stroke-dasharray:6 4}.edge:hover path{stroke-width:3}"
    + "".join(f".c{i} path{{stroke:{hue}}}.c{i} .head{{fill:{hue};stroke:none}}" for i, hue in enumerate(_HUES))
    + ".edge .head{stroke:none}"
    "@media (prefers-color-scheme:dark){text{fill:#e6e9ed}.id,.note{fill:#aab4bf}.page{fill:#14181d}"
    ".stage{fill:#1d232a}.box{fill:#262d36;stroke:#8a96a3}.success{stroke:#4cb86a}.failure{stroke:#e06a6a}"
    ".dot{fill:#e6e9ed}}"
)
