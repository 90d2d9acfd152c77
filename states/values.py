"""What the guards of one event can and cannot be, by cases.

Every name that a guard reads is cut into a few points that stand for all its values (see `samples`); two names
compared with each other add whether the one is less, the same or more. All combinations are then tried. What
holds in none of them is proven impossible; what holds in one is possible as far as this can see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from math import prod
from typing import Any, NamedTuple

from states.expressions import Expression, Node
from states.model import Procedure, Transition
from states.samples import Domain, Point, answered, answered_domain, domain, number, points, said
from states.terms import ANSWERS, Terms, literal, possible_relation

MOST = 20_000
"""Combinations; beyond them nothing is claimed."""
MOST_WORK = 1_000_000
"""Combinations times parts of guards: half a second at most."""
MOST_SAID = 5

Guard = tuple[Transition, Expression | None]
Assignment = Sequence[Point]
Truth = Callable[[Assignment], Any]
"""Gives True, False, or None for a boolean without a value."""


class Cases(NamedTuple):
    """What all combinations say about one list of branches, by their index in it."""

    holding: frozenset[int]
    """Those whose guard holds in some case."""
    taken: frozenset[int]
    """Those that are the first to hold in some case."""
    gap: str | None
    """A case in which none holds though all that is required is there; None if there is none."""
    overlaps: tuple[tuple[int, int, str], ...]
    """Pairs with a `when` each that hold in the same case, and the case."""


def cases(procedure: Procedure, state: str, event: str, guards: Sequence[Guard]) -> Cases | None:
    """What the branches tried for `event` in `state` can be; None if there are too many combinations."""
    terms = Terms(answered(procedure, event))
    for transition, expression in guards:
        for name in transition.requires:
            terms.name(f"checklists.{name}", "boolean")
        if expression is not None:
            terms.read(expression.node)
    table = _Table(procedure, state, event, terms)
    whens = [_always if e is None else table.truth(e.node) for _, e in guards]
    required = [[table.required(name) for name in t.requires] for t, _ in guards]
    columns = table.columns()
    combinations = prod(len(c) for c in columns)
    if combinations > MOST or combinations * sum(_parts(e.node) for _, e in guards if e is not None) > MOST_WORK:
        return None
    return _try_all(table, columns, guards, whens, required)


def _try_all(
    table: _Table,
    columns: Sequence[Sequence[Point]],
    guards: Sequence[Guard],
    whens: Sequence[Truth],
    required: Sequence[Sequence[int]],
) -> Cases:
    holding: set[int] = set()
    taken: set[int] = set()
    gap: str | None = None
    overlaps: dict[tuple[int, int], str] = {}
    conditional = [i for i, (transition, _) in enumerate(guards) if transition.when is not None]
    for case in product(*columns):
        if not table.consistent(case):
            continue
        said_yes = [i for i, when in enumerate(whens) if when(case) is True]
        if not said_yes and gap is None:
            gap = table.said(case)
        met = [i for i in said_yes if all(case[k].value for k in required[i])]
        if not met:
            continue
        holding.update(met)
        taken.add(met[0])
        both = [i for i in met if i in conditional]
        for i, first in enumerate(both):
            for second in both[i + 1 :]:
                if (first, second) not in overlaps:
                    overlaps[first, second] = table.said(case)
    pairs = tuple((i, j, text) for (i, j), text in sorted(overlaps.items()))
    return Cases(frozenset(holding), frozenset(taken), gap, pairs)


class _Table:
    """The points of every term, and guards as functions over one point of each."""

    def __init__(self, procedure: Procedure, state: str, event: str, terms: Terms) -> None:
        self.terms = terms
        self.index = {key: i for i, key in enumerate([*terms.names, *terms.sums, *terms.relations])}
        aliases = {fact: name for name, fact in terms.aliases.items()}
        self.points: list[tuple[Point, ...]] = []
        for name in terms.names:
            found = _domain(procedure, name, state, event, aliases)
            if found.kind == "boolean" and name not in terms.valued:
                found = found._replace(unset=False)  # never set counts as false
            self.points.append(points(found, terms.constants.get(name, ())))
        for sum_ in terms.sums:
            self.points.append(points(terms.sum_domain(sum_), terms.constants.get(sum_, ())))
        for key in terms.relations:
            self.points.append(tuple(Point(r) for r in terms.relation_values(key)))
        self.tests: dict[int, list[Truth]] = {}
        """What is asked of one column alone."""
        self.linked: set[int] = set()
        """Relations, and the columns that they look at: every point of them counts."""
        self._relations = list(self._relation_columns())

    def columns(self) -> list[tuple[Point, ...]]:
        """The points of each column; of those that no guard can tell apart, the first."""
        found = []
        for i, column in enumerate(self.points):
            if i in self.linked:
                found.append(column)
                continue
            row: list[Any] = [column[0]] * len(self.points)
            kept: dict[tuple[Any, ...], Point] = {}
            for point in column:
                row[i] = point
                kept.setdefault(tuple(test(row) for test in self.tests.get(i, ())), point)
            found.append(tuple(kept.values()))
        return found

    def consistent(self, case: Assignment) -> bool:
        """Whether the relations of a case fit the points they relate."""
        return all(possible_relation(case[how].value, case[left], case[right]) for how, left, right in self._relations)

    def said(self, case: Assignment) -> str:
        """A case for people: values of names, and how two of them compare."""
        names = [said(name, case[self.index[name]], self.terms.kinds[name]) for name in self.terms.names]
        relations = [
            f"{key[0]} {case[self.index[key]].value} {key[1]}"
            for key in self.terms.relations
            if all(case[self.index[n]].set for n in self.terms.leaves(key))
        ]
        told = [*relations, *names]
        return ", ".join(told[:MOST_SAID]) + (" …" if len(told) > MOST_SAID else "")

    def required(self, checklist: str) -> int:
        """The column of a checklist that must be complete."""
        i = self.index[f"checklists.{checklist}"]
        self._asked(i, lambda case: case[i].value)
        return i

    def truth(self, node: Node) -> Truth:
        """The node as a function of a case."""
        if node.kind in ("and", "or"):
            parts = [self.truth(p) for p in node.parts]
            every = all if node.kind == "and" else any
            return lambda case: every(p(case) is True for p in parts)
        if node.kind == "not":
            part = self.truth(node.parts[0])
            return lambda case: part(case) is not True
        if node.kind == "compare":
            return self._compare(node)
        if node.kind == "literal":
            return lambda case: node.value
        i = self.index[self.terms.key(node)]
        return self._asked(i, lambda case: case[i].value)

    def _asked(self, i: int, test: Truth) -> Truth:
        self.tests.setdefault(i, []).append(test)
        return test

    def _compare(self, node: Node) -> Truth:
        left, right = node.parts
        if left.type == "boolean" and node.value in ("==", "!="):
            one, other, same = self.truth(left), self.truth(right), node.value == "=="
            return lambda case: (
                (a := one(case)) is not None and (b := other(case)) is not None and (a == b) is same
            )  # fmt: skip
        kind = "date" if "date" in (left.type, right.type) else left.type
        if node.value in ("in", "not in"):
            return self._among(node, kind)
        if literal(left) is not None and literal(right) is not None:
            fixed = bool(ANSWERS[node.value](literal(left), literal(right)))
            return lambda case: fixed
        if literal(left) is not None:
            return self._against(right, _MIRROR[node.value], number(literal(left), kind))
        if literal(right) is not None:
            return self._against(left, node.value, number(literal(right), kind))
        return self._related(node)

    def _against(self, node: Node, sign: str, constant: Any) -> Truth:
        """A term compared with a constant."""
        key, compare = self.terms.key(node), ANSWERS[sign]
        i, leaves = self.index[key], [self.index[key]] if key in self.terms.names else self._leaf_columns(node)

        def test(case: Assignment) -> bool:
            point = case[i]
            return point.set and compare(_side(point, constant), 0)

        self._asked(i, test)
        return test if leaves == [i] else lambda case: all(case[k].set for k in leaves) and test(case)

    def _among(self, node: Node, kind: str) -> Truth:
        wanted = node.value == "in"
        left = node.parts[0]
        constants = [number(p.value, kind) for p in node.parts[1].parts]
        if literal(left) is not None:
            fixed = (number(literal(left), kind) in constants) is wanted
            return lambda case: fixed
        if left.type == "boolean":
            value = self.truth(left)
            return lambda case: (v := value(case)) is not None and (v in constants) is wanted
        equal = [self._against(left, "==", c) for c in constants]
        leaves = self._leaf_columns(left)
        return lambda case: all(case[k].set for k in leaves) and any(e(case) for e in equal) is wanted

    def _related(self, node: Node) -> Truth:
        """Two terms compared with each other."""
        key, swapped = self.terms.relation(node)
        i, sign = self.index[key], _MIRROR[node.value] if swapped else node.value
        leaves = [self.index[n] for n in self.terms.leaves(key)]
        divided = [self.index[k] for k in key if k in self.terms.sums]
        holds = _RELATIONS[sign]
        return lambda case: all(case[k].set for k in (*leaves, *divided)) and case[i].value in holds

    def _leaf_columns(self, node: Node) -> list[int]:
        """The columns that must have a value for the term to have one."""
        key = self.terms.key(node)
        found = list(dict.fromkeys(self.index[n] for n in (*self.terms.leaves_of(key), key)))
        for i in found:
            self._asked(i, partial(_is_set, i))
        return found

    def _relation_columns(self) -> Iterator[tuple[int, int, int]]:
        for key in self.terms.relations:
            columns = [self.index[k] for k in key]
            self.linked.update((self.index[key], *columns, *(self.index[n] for n in self.terms.leaves(key))))
            yield self.index[key], columns[0], columns[1]


def _domain(procedure: Procedure, name: str, state: str, event: str, aliases: dict[str, str]) -> Domain:
    answer = aliases.get(name)
    if answer is None:
        return domain(procedure, name, state, event)
    ask = procedure.events[event].asks[answer.partition(".")[2]]
    return answered_domain(procedure.facts[name.partition(".")[2]], ask)


def _parts(node: Node) -> int:
    return 1 + sum(_parts(p) for p in node.parts)


def _is_set(i: int, case: Assignment) -> bool:
    return case[i].set


def _always(case: Assignment) -> bool:
    return True


def _side(point: Point, constant: Any) -> Any:
    """-1, 0 or 1: where the point lies, seen from the constant. Texts: 0 or 1."""
    if point.low is not None and point.low == point.high:
        return (point.low > constant) - (point.low < constant)
    if point.low is None and point.high is None:
        return 0 if point.value == constant else 1
    return 1 if point.low is not None and constant <= point.low else -1


_MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_RELATIONS = {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "==": "=", "!=": "<>≠"}
