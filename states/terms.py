"""The terms of guards: names, sums of names, and which of them are compared with what."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from states.expressions import Node
from states.samples import ANY_NUMBER, Domain, Point, number

ANSWERS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
ARITHMETIC = ("+", "-", "*", "/", "neg")
Key = tuple[str, str]


class Terms:
    """What the guards of one list read. `aliases`: names that mean another name here."""

    def __init__(self, aliases: dict[str, str]) -> None:
        self.aliases = aliases
        self.names: dict[str, None] = {}
        self.kinds: dict[str, str] = {}
        """Type of each name."""
        self.sums: dict[str, tuple[str, ...]] = {}
        """Sums, products …, by their text, and the names in them."""
        self.relations: dict[Key, str] = {}
        """Two terms compared with each other, and their type."""
        self.constants: dict[str, list[Any]] = {}
        """What a term is compared with."""
        self.valued: set[str] = set()
        """Booleans of which it matters whether they are false or were never set."""
        self._divided: set[str] = set()

    def name(self, dotted: str, kind: str) -> str:
        """Note a name; gives what it is called here."""
        key = self.aliases.get(dotted, dotted)
        self.names[key] = None
        self.kinds[key] = kind
        return key

    def read(self, node: Node) -> None:
        """Note every name, sum, constant and relation of a guard."""
        if node.kind == "compare" and node.parts[0].type != "boolean":
            self._compare(node)
        elif node.kind == "compare":
            self.valued.update(self.key(p) for p in node.parts if p.kind == "name")
        elif node.kind == "name":
            self.name(node.value, node.type)
        for part in node.parts:
            self.read(part)

    def key(self, node: Node) -> str:
        """The text of a term in which spaces, parentheses and the order of a sum make no difference."""
        if node.kind == "name":
            return self.aliases.get(node.value, str(node.value))
        if node.kind == "literal":
            return str(node.value)
        parts = [self.key(p) for p in node.parts]
        if node.kind == "neg":
            return f"(-{parts[0]})"
        return f"({f' {node.kind} '.join(sorted(parts) if node.kind in '+*' else parts)})"

    def relation(self, node: Node) -> tuple[Key, bool]:
        """The two terms of a comparison in a fixed order, and whether they were swapped for it."""
        left, right = (self.key(p) for p in node.parts)
        return ((right, left), True) if right < left else ((left, right), False)

    def relation_values(self, key: Key) -> tuple[str, ...]:
        """How the two terms can lie: less, the same, more; of texts, the same or not."""
        if key[0] == key[1]:
            return ("=",)
        return ("<", "=", ">") if self.relations[key] in ("number", "date") else ("=", "≠")

    def leaves_of(self, term: str) -> tuple[str, ...]:
        """The names in a term."""
        return self.sums.get(term, (term,))

    def leaves(self, key: Key) -> tuple[str, ...]:
        """The names in a relation."""
        return tuple(dict.fromkeys((*self.leaves_of(key[0]), *self.leaves_of(key[1]))))

    def sum_domain(self, term: str) -> Domain:
        """What a sum can be: any number, and nothing where it divides by zero."""
        return ANY_NUMBER._replace(unset=term in self._divided)

    def _compare(self, node: Node) -> None:
        left, right = node.parts
        kind = "date" if "date" in (left.type, right.type) else left.type
        for one, other in ((left, right), (right, left)):
            self._sum(one)
            if literal(one) is None and one.kind != "list":
                literals = [p.value for p in other.parts] if other.kind == "list" else [literal(other)]
                noted = self.constants.setdefault(self.key(one), [])
                noted += [number(c, kind) for c in literals if c is not None]
        if right.kind != "list" and literal(left) is None and literal(right) is None:
            self.relations[self.relation(node)[0]] = kind

    def _sum(self, node: Node) -> None:
        if node.kind in ARITHMETIC and literal(node) is None:
            self.sums[self.key(node)] = tuple(dict.fromkeys(self._names_in(node)))
            if _divides(node):
                self._divided.add(self.key(node))

    def _names_in(self, node: Node) -> list[str]:
        if node.kind == "name":
            return [self.key(node)]
        return [name for part in node.parts for name in self._names_in(part)]


def literal(node: Node) -> Any:
    """The value of a literal, with its sign; None for any other node."""
    if node.kind == "literal":
        return node.value
    if node.kind == "neg" and node.parts[0].kind == "literal":
        return -node.parts[0].value
    return None


def possible_relation(relation: str, left: Point, right: Point) -> bool:
    """Whether two points can lie so. A point without a value lies anyhow: nothing is asked of it."""
    if not left.set or not right.set:
        return True
    if relation == "<":
        return not _at_least(left.low, right.high)
    if relation == ">":
        return not _at_least(right.low, left.high)
    if relation == "=":
        return not _above(left.low, right.high) and not _above(right.low, left.high)
    return True


def _at_least(low: Decimal | None, high: Decimal | None) -> bool:
    return low is not None and high is not None and low >= high


def _above(low: Decimal | None, high: Decimal | None) -> bool:
    return low is not None and high is not None and low > high


def _divides(node: Node) -> bool:
    return node.kind == "/" or any(_divides(p) for p in node.parts)
