"""The `when` language: parse, check types, evaluate, explain.

A small part of Python's own syntax, read with `ast` and never run by Python. What is not listed in
`_read` does not exist: no calls, no attributes beyond the names of the page, bounded size.

A comparison with a value that was never set is false, whatever the operator; so is one in which
something is divided by zero. Source: the procedure format, `when`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, DecimalException
from typing import Any, NamedTuple

from states.errors import near_miss
from states.model import Event, Procedure, Value

MOST_NODES = 200
MOST_DIGITS = 30
DEEPEST = 40


class View(NamedTuple):
    """What an expression may look at."""

    facts: Mapping[str, Any]
    """Values as the log stores them: money and percent as text, dates as ISO text."""
    event: Mapping[str, Any]
    state: str
    """Of the track that asks."""
    days_in_state: int
    visits: Mapping[str, int]
    tracks: Mapping[str, str]
    """State by track; empty text for one that has not started."""
    checklists: Mapping[str, bool]


class Fault(NamedTuple):
    """What is wrong with an expression, and at which character of it (from 0)."""

    code: str
    at: int
    facts: dict[str, str]


class Why(NamedTuple):
    """One reason why an expression does not hold."""

    text: str
    """The part of the expression."""
    unset: tuple[str, ...]
    """Names in it that have no value."""
    left: str | None
    """The value on the left of a comparison that fails; None where there is none."""
    right: str | None


class Expression:
    """An expression that has been read and type-checked."""

    __slots__ = ("_holds", "names", "node", "text")

    def __init__(self, text: str, node: Node, names: frozenset[str]) -> None:
        self.text = text
        self.node = node
        self.names = names
        """Every name it reads: `facts.loss`, `case.visits.waiting`, `checklists.evidence` …"""
        self._holds: Callable[[View], bool] | None = None

    def holds(self, view: View) -> bool:
        """Whether it holds. Never raises for what a case can contain."""
        if self._holds is None:
            self._holds = _truth(self.node)
        return self._holds(view)

    def why_not(self, view: View) -> tuple[Why, ...]:
        """The reasons why it does not hold; empty if it does."""
        return tuple(_reasons(self.node, view, True))


class Node(NamedTuple):
    """One node of an expression.

    `kind`: `literal` (value), `list` (parts), `name` (value: the dotted name), `not`, `and`, `or`,
    `compare` (value: the operator; two parts), `+ - * /` and `neg`.
    """

    kind: str
    type: str
    """`number`, `text`, `boolean`, `date`, `choice` or `list`."""
    value: Any
    parts: tuple[Node, ...]
    at: int
    text: str


_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_TYPES = {
    "money": "number", "percent": "number", "integer": "number",
    "text": "text", "date": "date", "boolean": "boolean", "choice": "choice",
}  # fmt: skip


def read_expression(text: str, procedure: Procedure, event: Event | None = None) -> Expression | list[Fault]:
    """The expression that `text` says, its types checked against the procedure; or all its faults.

    `event` is the one whose data `event.X` means; None where no event is at hand (a length).
    """
    text = " ".join(text.split("\n")).strip()
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        at = (getattr(error, "offset", None) or 1) - 1
        return [Fault("expression-syntax", at, {"found": text})]
    if sum(1 for _ in ast.walk(tree)) > MOST_NODES * 3:
        return [Fault("expression-size", 0, {"expected": str(MOST_NODES)})]
    reader = _Reader(text, procedure, event)
    node = reader.read(tree.body, 0)
    if node is not None and node.type != "boolean":
        reader.fault("expression-type", node.at, found=node.text, expected="true | false")
    if reader.faults:
        return reader.faults
    assert node is not None
    return Expression(text, node, frozenset(reader.names))


class _Reader:
    """Python's tree -> ours; everything that is not ours is a fault."""

    def __init__(self, text: str, procedure: Procedure, event: Event | None) -> None:
        self.text = text
        self.procedure = procedure
        self.event = event
        self.faults: list[Fault] = []
        self.names: set[str] = set()
        self.choices: dict[str, list[str]] = {}
        self.nodes = 0

    def fault(self, code: str, at: int, **facts: str | None) -> None:
        self.faults.append(Fault(code, at, {k: v for k, v in facts.items() if v is not None}))

    def read(self, tree: ast.expr, depth: int) -> Node | None:
        self.nodes += 1
        if self.nodes > MOST_NODES or depth > DEEPEST:
            if not any(f.code == "expression-size" for f in self.faults):
                self.fault("expression-size", tree.col_offset, expected=str(MOST_NODES))
            return None
        if isinstance(tree, ast.BoolOp):
            return self._logic(tree, depth)
        if isinstance(tree, ast.UnaryOp):
            return self._unary(tree, depth)
        if isinstance(tree, ast.Compare):
            return self._compare(tree, depth)
        if isinstance(tree, ast.BinOp) and type(tree.op) in _ARITHMETIC:
            left, right = self.read(tree.left, depth + 1), self.read(tree.right, depth + 1)
            if left is None or right is None:
                return None
            self._want(left, "number")
            self._want(right, "number")
            return self._node(tree, _ARITHMETIC[type(tree.op)], "number", None, (left, right))
        if isinstance(tree, ast.Constant):
            return self._literal(tree)
        if isinstance(tree, ast.List | ast.Tuple):
            parts = [self.read(e, depth + 1) for e in tree.elts]
            known = tuple(p for p in parts if p is not None)
            for part in known:
                if part.kind != "literal":
                    self.fault("expression-type", part.at, found=part.text, expected='"…", 1, 2.5')
            return self._node(tree, "list", "list", None, known) if len(known) == len(parts) else None
        if isinstance(tree, ast.Attribute | ast.Name):
            return self._name(tree)
        self.fault("expression-unknown", tree.col_offset, found=self._source(tree))
        return None

    def _logic(self, tree: ast.BoolOp, depth: int) -> Node | None:
        parts = [self.read(v, depth + 1) for v in tree.values]
        known = tuple(p for p in parts if p is not None)
        for part in known:
            self._want(part, "boolean")
        kind = "and" if isinstance(tree.op, ast.And) else "or"
        return self._node(tree, kind, "boolean", None, known) if len(known) == len(parts) else None

    def _unary(self, tree: ast.UnaryOp, depth: int) -> Node | None:
        part = self.read(tree.operand, depth + 1)
        if part is None:
            return None
        if isinstance(tree.op, ast.Not):
            self._want(part, "boolean")
            return self._node(tree, "not", "boolean", None, (part,))
        if isinstance(tree.op, ast.USub | ast.UAdd):
            self._want(part, "number")
            if isinstance(tree.op, ast.UAdd):
                return part
            if part.kind == "literal" and part.type == "number":
                return self._node(tree, "literal", "number", -part.value)
            return self._node(tree, "neg", "number", None, (part,))
        self.fault("expression-unknown", tree.col_offset, found=self._source(tree))
        return None

    def _compare(self, tree: ast.Compare, depth: int) -> Node | None:
        operands = [self.read(o, depth + 1) for o in (tree.left, *tree.comparators)]
        parts = []
        for i, op in enumerate(tree.ops):
            left, right = operands[i], operands[i + 1]
            if left is None or right is None:
                return None
            if type(op) not in _COMPARE:
                self.fault("expression-unknown", tree.col_offset, found=self._source(tree))
                return None
            sign = _COMPARE[type(op)]
            self._comparable(sign, left, right)
            text = f"{left.text} {sign} {right.text}"
            parts.append(Node("compare", "boolean", sign, (left, right), tree.col_offset, text))
        return parts[0] if len(parts) == 1 else self._node(tree, "and", "boolean", None, tuple(parts))

    def _comparable(self, sign: str, left: Node, right: Node) -> None:
        if sign in ("in", "not in"):
            if right.kind != "list":
                self.fault("expression-type", right.at, found=right.text, expected='["…", "…"]')
                return
            for part in right.parts:
                self._comparable("==", left, part)
            return
        for one, other in ((left, right), (right, left)):
            if one.type == "choice" and other.kind == "literal" and other.type == "text":
                known = self.choices[one.text]
                if other.value not in known:
                    self.fault(
                        "expression-choice", other.at, found=other.value, expected=" | ".join(known),
                        meant=near_miss(other.value, known),
                    )  # fmt: skip
            if one.type == "date" and other.kind == "literal" and other.type == "text" and not _is_date(other.value):
                self.fault("expression-type", other.at, found=other.text, expected='"2026-11-22"')
        textual = {"text", "choice"}
        dated = {left.type, right.type} == {"date", "text"} and "literal" in (left.kind, right.kind)
        same = left.type == right.type or {left.type, right.type} <= textual or dated
        if not same or "list" in (left.type, right.type):
            self.fault("expression-types", left.at, found=f"{left.type} {sign} {right.type}", expected=left.type)
        elif sign not in ("==", "!=") and left.type not in ("number", "date") and right.type != "date":
            self.fault("expression-type", left.at, found=f"{left.type} {sign}", expected="== | != | in")

    def _literal(self, tree: ast.Constant) -> Node | None:
        value = tree.value
        if isinstance(value, bool):
            return self._node(tree, "literal", "boolean", value)
        if isinstance(value, int | float):
            source = self._source(tree).replace("_", "")
            if sum(c.isdigit() for c in source) > MOST_DIGITS or not source.replace(".", "").isdigit():
                self.fault("expression-type", tree.col_offset, found=source, expected="1, 2.5")
                return None
            return self._node(tree, "literal", "number", Decimal(source))
        if isinstance(value, str):
            return self._node(tree, "literal", "text", value)
        self.fault("expression-unknown", tree.col_offset, found=self._source(tree))
        return None

    def _name(self, tree: ast.Attribute | ast.Name) -> Node | None:
        dotted = _dotted(tree)
        if dotted is None:
            self.fault("expression-unknown", tree.col_offset, found=self._source(tree))
            return None
        kind = self._type_of(dotted.split("."), tree.col_offset)
        if kind is None:
            return None
        self.names.add(dotted)
        return Node("name", kind, dotted, (), tree.col_offset, dotted)

    def _type_of(self, parts: list[str], at: int) -> str | None:
        """The type of a dotted name, or None with a fault."""
        dotted, procedure = ".".join(parts), self.procedure
        known: Iterable[str] = ()
        match parts:
            case ["facts", name]:
                return self._value_type("facts", name, procedure.facts, at)
            case ["event", name]:
                if self.event is not None:
                    return self._value_type("event", name, self.event.asks, at)
            case ["case", "state"]:
                return "text"
            case ["case", "days_in_state"]:
                return "number"
            case ["case", "visits", name]:
                if name in procedure.states:
                    return "number"
                known = [f"case.visits.{s}" for s in procedure.states]
            case ["tracks", name]:
                if name in procedure.track_names():
                    return "text"
                known = [f"tracks.{t}" for t in procedure.track_names()]
            case ["checklists", name]:
                if name in procedure.checklists:
                    return "boolean"
                known = [f"checklists.{c}" for c in procedure.checklists]
            case _:
                known = ["case.state", "case.days_in_state", "True", "False", *(f"facts.{f}" for f in procedure.facts)]
        self.fault("expression-name", at, found=dotted, meant=near_miss(dotted, known))
        return None

    def _value_type(self, space: str, name: str, values: Mapping[str, Value], at: int) -> str | None:
        if name not in values:
            self.fault("expression-name", at, found=f"{space}.{name}", meant=near_miss(name, values))
            return None
        value = values[name]
        if value.type == "choice":
            self.choices[f"{space}.{name}"] = value.of or []
        return _TYPES[value.type]

    def _want(self, node: Node, kind: str) -> None:
        if node.type != kind:
            expected = "true | false" if kind == "boolean" else kind
            self.fault("expression-type", node.at, found=f"{node.text} ({node.type})", expected=expected)

    def _node(self, tree: ast.expr, kind: str, type: str, value: Any, parts: tuple[Node, ...] = ()) -> Node:
        return Node(kind, type, value, parts, tree.col_offset, self._source(tree))

    def _source(self, tree: ast.expr) -> str:
        return ast.get_source_segment(self.text, tree) or self.text


def _dotted(tree: ast.expr) -> str | None:
    if isinstance(tree, ast.Name):
        return tree.id
    if isinstance(tree, ast.Attribute):
        front = _dotted(tree.value)
        return None if front is None else f"{front}.{tree.attr}"
    return None


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


_Reading = Callable[[View], Any]
"""Gives the value of a node, or None where it has none (never set, divided by zero)."""


def _truth(node: Node) -> Callable[[View], bool]:
    """The node as a function that says yes or no."""
    if node.kind == "and":
        parts = [_truth(p) for p in node.parts]
        return lambda view: all(p(view) for p in parts)
    if node.kind == "or":
        parts = [_truth(p) for p in node.parts]
        return lambda view: any(p(view) for p in parts)
    if node.kind == "not":
        part = _truth(node.parts[0])
        return lambda view: not part(view)
    if node.kind == "compare":
        return _comparison(node)
    reading = _reading(node)
    return lambda view: reading(view) is True


def _comparison(node: Node) -> Callable[[View], bool]:
    left = _reading(node.parts[0])
    if node.value in ("in", "not in"):
        values = [p.value for p in node.parts[1].parts]
        wanted = node.value == "in"

        def among(view: View) -> bool:
            value = left(view)
            return value is not None and (value in values) is wanted

        return among
    right, compare = _reading(node.parts[1]), _OPERATORS[node.value]

    def holds(view: View) -> bool:
        one, other = left(view), right(view)
        return one is not None and other is not None and compare(one, other)

    return holds


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


def _reading(node: Node) -> _Reading:
    if node.kind == "literal":
        value = node.value
        return lambda view: value
    if node.kind == "name":
        return _name_reading(node.value, node.type)
    if node.kind == "neg":
        part = _reading(node.parts[0])
        return lambda view: None if (x := part(view)) is None else -x
    if node.kind in ("+", "-", "*", "/"):
        return _arithmetic(node)
    truth = _truth(node)  # a comparison of comparisons: (a > 1) == facts.b
    return lambda view: truth(view)


def _arithmetic(node: Node) -> _Reading:
    left, right, compute = _reading(node.parts[0]), _reading(node.parts[1]), _OPERATORS[node.kind]

    def value(view: View) -> Any:
        one, other = left(view), right(view)
        if one is None or other is None:
            return None
        try:
            return compute(one, other)
        except (DecimalException, ZeroDivisionError):
            return None

    return value


def _name_reading(dotted: str, kind: str) -> _Reading:
    space, _, name = dotted.partition(".")
    if space == "facts":
        return (lambda view: _number(view.facts.get(name))) if kind == "number" else lambda view: view.facts.get(name)
    if space == "event":
        return (lambda view: _number(view.event.get(name))) if kind == "number" else lambda view: view.event.get(name)
    if dotted == "case.state":
        return lambda view: view.state
    if dotted == "case.days_in_state":
        return lambda view: Decimal(view.days_in_state)
    if space == "tracks":
        return lambda view: view.tracks.get(name, "")
    if space == "checklists":
        return lambda view: view.checklists.get(name, False)
    state = name.partition(".")[2]
    return lambda view: Decimal(view.visits.get(state, 0))


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _reasons(node: Node, view: View, wanted: bool) -> Iterable[Why]:
    """Why `node` is not `wanted`; nothing if it is."""
    if _truth(node)(view) is wanted:
        return
    if node.kind == "not":
        yield from _reasons(node.parts[0], view, not wanted)
    elif node.kind in ("and", "or"):
        for part in node.parts:
            yield from _reasons(part, view, wanted)
    else:
        yield _reason(node, view, wanted)


def _reason(node: Node, view: View, wanted: bool) -> Why:
    text = node.text if wanted else f"not ({node.text})"
    unset = tuple(dict.fromkeys(n.value for n in _leaves(node) if _reading(n)(view) is None))
    if node.kind != "compare":
        return Why(text, unset, None, None)
    left = _said(_reading(node.parts[0])(view))
    right = node.parts[1].text if node.parts[1].kind == "list" else _said(_reading(node.parts[1])(view))
    return Why(text, unset, left, right)


def _leaves(node: Node) -> Iterable[Node]:
    if node.kind == "name":
        yield node
    for part in node.parts:
        yield from _leaves(part)


def _said(value: Any) -> str | None:
    return None if value is None else str(value)


def fact_of(name: str) -> str | None:
    """The fact that a dotted name reads: `loss` of `facts.loss`; None for other names."""
    space, _, rest = name.partition(".")
    return rest if space == "facts" else None
