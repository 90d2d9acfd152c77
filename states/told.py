"""What a procedure says about itself: where silence leads, the ways to each end, periods that can run out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from states.graph import Graph, graph, longest_ways, shortest_ways
from states.lengths import parse_length
from states.model import ME, Procedure, Text, words
from states.silence import Silence, Step, Walk
from states.subject import nominal

__all__ = ["Limitation", "Silence", "Step", "Told", "Ways", "lines", "told"]

MOST_WAYS = 100_000
"""Steps tried in the search for the longest way of a track; what is found by then is said to be bounded."""


class Ways(NamedTuple):
    """The events of the shortest and of the longest simple way to a final state of a track."""

    track: str
    state: str
    shortest: tuple[str, ...]
    longest: tuple[str, ...]
    bounded: bool
    """Whether the search stopped early, so that there may be a longer one."""


class Limitation(NamedTuple):
    """A deadline of the procedure that I owe, against the way of silence."""

    deadline: str
    length: str
    days: float
    waited: float
    """Nominal days on the way of silence while it runs."""
    runs_out: str
    """`no`; `waiting`: before the way of silence ends; `resting`: while the case rests where that way ends."""


class Told(NamedTuple):
    """Everything told about one procedure."""

    silence: Silence
    ways: tuple[Ways, ...]
    """By track, final states in the order of the file; those that cannot be reached are left out."""
    limitations: tuple[Limitation, ...]


def told(procedure: Procedure) -> Told:
    """What to know of a procedure before one uses it. Shape: checked without errors; others give what can be said."""
    table = graph(procedure)
    walk = Walk(procedure, table)
    silence = walk.silence()
    ways = tuple(w for track in procedure.track_names() for w in _ways(procedure, table, track))
    return Told(silence, ways, tuple(_limitations(walk, silence)))


def lines(told: Told, procedure: Procedure, lang: str) -> list[str]:
    """The same for people. `lang`: `zh` or `en`."""
    return [
        *_silence_lines(told.silence, procedure, lang),
        *(line for ways in told.ways for line in _ways_lines(ways, procedure, lang)),
        *(_limitation_line(each, procedure, lang) for each in told.limitations),
    ]


def _ways(procedure: Procedure, table: Graph, track: str) -> Iterator[Ways]:
    initial = procedure.initial_of(track)
    if initial not in procedure.states:
        return
    out: dict[str, dict[str, str]] = {}
    for source, edges in table.edges.items():
        for edge in edges:
            if not edge.internal and edge.target != source:
                out.setdefault(source, {}).setdefault(edge.target, edge.event)
    shortest = shortest_ways(out, initial)
    longest, bounded = longest_ways(out, initial, MOST_WAYS)
    for name, state in procedure.states.items():
        if state.final and state.track == track and name in shortest:
            yield Ways(track, name, shortest[name], longest.get(name, shortest[name]), bounded)


def _limitations(walk: Walk, silence: Silence) -> Iterator[Limitation]:
    """My deadlines of the procedure that the way of silence starts."""
    for id, deadline in walk.procedure.deadlines.items():
        length = walk.length(deadline, silence.steps[-1].state) if deadline.owed_by == ME else None
        if length is None or id not in walk.longest:
            continue
        waited = walk.longest[id]
        resting = id in walk.running and silence.ends != "final"
        runs_out = "waiting" if nominal(length) < waited else "resting" if resting else "no"
        yield Limitation(id, str(length), nominal(length), waited, runs_out)


def _silence_lines(silence: Silence, procedure: Procedure, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    yield "如果谁都不回应（我该做的马上做）：" if zh else "If nobody ever answers (and I do my part at once):"
    for step in silence.steps:
        line = "  " + _state(procedure, step.state, lang)
        if step.event is not None:
            event = _event(procedure, step.event, lang)
            if step.waited:
                length = _length(step.waited, lang)
                line += f"，等 {length} → {event}" if zh else f", after {length}: {event}"
            else:
                line += f" → {event}" if zh else f": {event}"
        yield line
    days = round(silence.days)
    if silence.ends == "final":
        yield f"  到此结束，一共大约 {days} 天。" if zh else f"  It ends there, after about {days} days."
    elif silence.ends == "rests":
        yield f"  大约 {days} 天后停在这里，等别人。" if zh else f"  It rests there after about {days} days."
    else:
        yield "  一直兜圈子，停不下来。" if zh else "  It goes round and never comes to rest."


def _ways_lines(ways: Ways, procedure: Procedure, lang: str) -> Iterator[str]:
    state = _state(procedure, ways.state, lang)
    short, long = (" → ".join(_event(procedure, e, lang) for e in way) for way in (ways.shortest, ways.longest))
    if lang == "zh":
        yield f"到「{state}」最短 {len(ways.shortest)} 步：{short}"
        yield f"到「{state}」最长{'至少' if ways.bounded else ''} {len(ways.longest)} 步：{long}"
    else:
        at_least = "at least " if ways.bounded else ""
        yield f"Shortest way to {state}, {_steps(ways.shortest)}: {short}"
        yield f"Longest way to {state}, {at_least}{_steps(ways.longest)}: {long}"


def _steps(way: tuple[str, ...]) -> str:
    return f"{len(way)} step{'' if len(way) == 1 else 's'}"


def _limitation_line(each: Limitation, procedure: Procedure, lang: str) -> str:
    title = _title(procedure.deadlines[each.deadline].title, each.deadline, lang)
    length = _length(each.length, lang)
    said = {
        "no": ("不会在等待中过期", "does not run out while waiting"),
        "waiting": ("会在等待中过期", "can run out while waiting"),
        "resting": ("如果一直停在那里，会过期", "runs out if the case just rests there"),
    }[each.runs_out]
    return f"{title}（{length}）{said[0]}。" if lang == "zh" else f"{title} ({length}) {said[1]}."


def _state(procedure: Procedure, name: str, lang: str) -> str:
    known = procedure.states.get(name)
    return _title(known.title, name, lang) if known is not None else name


def _event(procedure: Procedure, name: str, lang: str) -> str:
    known = procedure.events.get(name)
    return _title(known.title, name, lang) if known is not None else name


def _title(text: Text, name: str, lang: str) -> str:
    return words(text, lang) or name


_UNITS = {
    "hours": " 小时", "days": " 天", "working days": " 个工作日", "weeks": " 周", "months": " 个月", "years": " 年",
}  # fmt: skip


def _length(text: str, lang: str) -> str:
    length = parse_length(text)
    return f"{length.n}{_UNITS[length.unit]}" if lang == "zh" and length is not None else text
