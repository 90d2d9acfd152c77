"""What a letter's template is: the front matter read strictly, the text held against what a case can give.

A template is data from wherever its procedure came from. So it can do little: it says values, asks whether they
are there, and goes through lists. It calls nothing, loads nothing, and cannot grow beyond its data.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from states.errors import Finding, ProcedureError, near_miss
from states.model import Basis, Id, Number, Part, Procedure, Text, Value, ValueType
from states.reader import Path as Keys
from states.reader import Place, read_as

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import SandboxedEnvironment

LARGEST_TEMPLATE = 200_000
"""Characters. A long letter is a twentieth of this."""
GIVEN = (
    "today", "case", "state", "last", "first", "deadlines", "timeline", "exhibits", "contacts", "capacity",
)  # fmt: skip
"""What every template can say besides its fields."""
NEEDS = ("timeline", "exhibits", "contacts", "capacity")
"""What `needs` can name besides `last.EVENT`, `first.EVENT`, `deadlines.ID` and `deadlines.ID.lapsed`."""
FILTERS = (
    "day", "money", "upper", "join", "length", "count", "first", "last", "trim", "list", "sum", "abs", "round", "int",
    "map", "select", "reject", "selectattr", "rejectattr", "sort", "reverse", "unique",
)  # fmt: skip
"""Not `default`: what is missing is pointed out, not covered."""
TESTS = (
    "none", "defined", "undefined", "eq", "ne", "gt", "ge", "lt", "le", "equalto", "in", "odd", "even", "string",
    "true", "false",
)  # fmt: skip
NODES = (
    "Template", "Output", "TemplateData", "If", "For", "CondExpr", "Name", "Const", "Getattr", "Getitem", "Slice",
    "Filter", "Test", "Compare", "Operand", "And", "Or", "Not", "Add", "Sub", "Mul", "Div", "Neg", "Pos", "Concat",
    "Tuple", "List", "Assign", "Keyword",
)  # fmt: skip
"""What the text of a template may be made of. Not here: calls, macros, imports, blocks."""

_HEAD = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<head>.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)


class Field(Part, frozen=True, kw_only=True):
    """A value that the letter says: a fact of the procedure, or something asked when writing and never kept."""

    ask: ValueType | None = None
    """The type, where it is asked. None: a fact, whose type it has."""
    title: Text | None = None
    why: Text | None = None
    of: list[Id] | None = None
    min: Number | None = None
    max: Number | None = None
    max_length: int | None = None
    required: bool = False


class Head(Part, frozen=True, kw_only=True):
    """The front matter of a template."""

    to: Text
    """Whom it goes to."""
    fields: dict[Id, Field] = msgspec.field(default_factory=dict)
    needs: list[str] = msgspec.field(default_factory=list)
    limit: int | None = None
    """How many characters the form takes that it goes into."""
    notes: Text | None = None
    """To the writer; not part of the letter."""
    basis: list[Basis] = msgspec.field(default_factory=list)


class Template(NamedTuple):
    """A template that has the right shape. Whether it fits a procedure, `unfit` says."""

    head: Head
    body: str
    """Blank lines stand for the front matter, so that lines are those of the file."""
    file: str
    places: dict[Keys, Place]


def read_template(text: str | bytes, file: str = "<text>") -> Template:
    """The template that `text` holds, in the right shape. Raises: ProcedureError with every problem."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ProcedureError([_finding(file, "not-utf8")]) from None
    if len(text) > LARGEST_TEMPLATE:
        facts = {"expected": str(LARGEST_TEMPLATE), "found": str(len(text))}
        raise ProcedureError([_finding(file, "too-large", (1, 1), "", **facts)])
    found = _HEAD.match(text)
    if found is None:
        raise ProcedureError([_finding(file, "template-no-head")])
    problems: list[Finding] = []
    head, places = Head(to=""), dict[Keys, Place]()
    try:
        head, places = read_as("\n" + found["head"], file, Head)
    except ProcedureError as error:
        problems += error.problems
    body = "\n" * text[: found.end()].count("\n") + text[found.end() :]
    template = Template(head, body.replace("\r\n", "\n"), file, places)
    problems += _not_understood(template) if problems else [*_of_head(template), *_not_understood(template)]
    if problems:
        raise ProcedureError(sorted(problems, key=lambda f: (f.line, f.column)))
    return template


def unfit(template: Template, procedure: Procedure) -> tuple[Finding, ...]:
    """What a template of the right shape names that this procedure does not have; empty if it fits."""
    checks = (_of_fields, _of_needs, _of_sources, _of_names)
    found = {f[:6]: f for check in checks for f in check(template, procedure)}
    return tuple(sorted(found.values(), key=lambda f: (f.line, f.column, f.key)))


def differing(one: Template, other: Template) -> tuple[Finding, ...]:
    """Where two languages of one letter differ in what they ask and need; told of `other`."""
    mine, theirs = one.head, other.head
    names = sorted({*mine.fields} ^ {*theirs.fields} | {n for n in mine.fields if n in theirs.fields and (
        (mine.fields[n].ask, mine.fields[n].required, mine.fields[n].of)
        != (theirs.fields[n].ask, theirs.fields[n].required, theirs.fields[n].of)
    )})  # fmt: skip
    names += sorted({*mine.needs} ^ {*theirs.needs})
    return tuple(_finding(other.file, "template-differs", key=name, found=name, expected=one.file) for name in names)


def value_of(name: str, field: Field, procedure: Procedure) -> Value | None:
    """The type and bounds of a field; None if it is a fact that this procedure does not have."""
    if field.ask is not None:
        bounds = {"of": field.of, "min": field.min, "max": field.max, "max_length": field.max_length}
        return Value(type=field.ask, required=field.required, **bounds)  # type: ignore[arg-type]  # (one type each)
    return procedure.facts.get(name)


def environment() -> SandboxedEnvironment:
    """Where templates are read and filled, with nothing in it that could do harm. Its own filters are added there."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Confined(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset("*")

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if any(isinstance(side, str | list | tuple) for side in (left, right)):
                raise TypeError("only numbers can be multiplied")
            return super().call_binop(context, operator, left, right)

    made = Confined(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    made.globals.clear()
    made.filters = {name: made.filters.get(name, str) for name in FILTERS}
    made.tests = {name: each for name, each in made.tests.items() if name in TESTS}
    return made


# -- what is wrong ----------------------------------------------------------------------------------


def _finding(file: str, code: str, place: Place = (1, 1), key: str = "", **facts: str | None) -> Finding:
    return Finding(code, "error", file, *place, key, {k: v for k, v in facts.items() if v is not None})


def _of_head(template: Template) -> Iterator[Finding]:
    """What the shape alone does not say of the front matter."""
    for name, field in template.head.fields.items():
        place = template.places.get(("fields", name), (1, 1))
        key = f"fields.{name}"
        if name in GIVEN:
            yield _finding(template.file, "reserved-name", place, key, found=name)
        if field.ask is not None and field.title is None:
            yield _finding(template.file, "missing-key", place, key, expected="title")
        if (field.ask == "choice") != bool(field.of):
            yield _finding(template.file, "template-choice", place, key, found=name)
    for i, need in enumerate(template.head.needs):
        if need not in NEEDS and not re.fullmatch(r"(last|first)\.\w+|deadlines\.\w+(\.lapsed)?", need):
            place = template.places.get(("needs", i), (1, 1))
            expected = ", ".join((*NEEDS, "last.EVENT", "first.EVENT", "deadlines.ID", "deadlines.ID.lapsed"))
            facts = {"found": need, "expected": expected, "meant": near_miss(need, NEEDS)}
            yield _finding(template.file, "template-need", place, "needs", **facts)


def _not_understood(template: Template) -> Iterator[Finding]:
    """What the text cannot be made of, and values that nothing gives."""
    from jinja2 import TemplateSyntaxError, meta, nodes

    made = environment()
    try:
        tree = made.parse(template.body)
    except TemplateSyntaxError as error:
        yield _finding(template.file, "template-syntax", (error.lineno, 1), "text", found=error.message or "")
        return
    except RecursionError:
        yield _finding(template.file, "template-syntax", (1, 1), "text", found="too deep")
        return
    for node in _all(tree):
        line, kind = (node.lineno or 1, 1), type(node).__name__
        if kind not in NODES or (isinstance(node, nodes.For) and node.recursive):
            yield _finding(template.file, "template-not-allowed", line, "text", found=kind.lower())
        for what, names, of in (("filter", FILTERS, nodes.Filter), ("test", TESTS, nodes.Test)):
            if isinstance(node, of) and node.name not in names:
                facts = {"found": node.name, "expected": ", ".join(names), "meant": near_miss(node.name, names)}
                yield _finding(template.file, f"template-{what}", line, "text", **facts)
                there: dict[str, Any] = made.filters if what == "filter" else made.tests
                there[node.name] = str  # or Jinja would stop at the first
    known = {*template.head.fields, *GIVEN}
    lines = {node.name: node.lineno for node in reversed(list(_all(tree))) if isinstance(node, nodes.Name)}
    try:
        undeclared = meta.find_undeclared_variables(tree)
    except TemplateSyntaxError as error:
        yield _finding(template.file, "template-syntax", (error.lineno, 1), "text", found=error.message or "")
        return
    for name in sorted(undeclared - known):
        facts = {"found": name, "expected": ", ".join(sorted(known)), "meant": near_miss(name, known)}
        yield _finding(template.file, "template-undefined", (lines.get(name) or 1, 1), "text", **facts)


def _all(tree: nodes.Node) -> Iterator[nodes.Node]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(list(node.iter_child_nodes()))


def _of_fields(template: Template, procedure: Procedure) -> Iterator[Finding]:
    for name, field in template.head.fields.items():
        if value_of(name, field, procedure) is None:
            place = template.places.get(("fields", name), (1, 1))
            meant = near_miss(name, procedure.facts)
            yield _finding(template.file, "template-no-fact", place, f"fields.{name}", found=name, meant=meant)


def _of_needs(template: Template, procedure: Procedure) -> Iterator[Finding]:
    for i, need in enumerate(template.head.needs):
        space, _, rest = need.partition(".")
        place = template.places.get(("needs", i), (1, 1))
        if space in ("last", "first") and rest not in procedure.events:
            yield _unknown(template, "undefined-event", place, rest, procedure.events)
        if space == "deadlines" and procedure.deadline(rest.partition(".")[0]) is None:
            yield _unknown(template, "undefined-deadline", place, rest.partition(".")[0], _deadlines(procedure))


def _of_sources(template: Template, procedure: Procedure) -> Iterator[Finding]:
    for i, basis in enumerate(template.head.basis):
        if basis.source not in procedure.sources:
            place = template.places.get(("basis", i), (1, 1))
            yield _unknown(template, "undefined-source", place, basis.source or "", procedure.sources)


def _unknown(template: Template, code: str, place: Place, found: str, known: Collection[str]) -> Finding:
    return _finding(template.file, code, place, found, found=found, meant=near_miss(found, known))


def _deadlines(procedure: Procedure) -> list[str]:
    return [*procedure.deadlines, *(id for s in procedure.states.values() for id in s.deadlines)]


def _of_names(template: Template, procedure: Procedure) -> Iterator[Finding]:
    """Slips in `last.EVENT.ask` and `deadlines.ID`.

    An event that this procedure does not have is no error, for several may share a template: it has not happened.
    But one that is nearly an event of it is a slip.
    """
    from jinja2 import nodes

    for node in _all(environment().parse(template.body)):
        if not isinstance(node, nodes.Getattr):
            continue
        line = (node.lineno, 1)
        inner = node.node
        if isinstance(inner, nodes.Name) and inner.name in ("last", "first", "deadlines"):
            known = _deadlines(procedure) if inner.name == "deadlines" else list(procedure.events)
            if node.attr not in known and _slip(node.attr, known):
                code = "undefined-deadline" if inner.name == "deadlines" else "undefined-event"
                yield _unknown(template, code, line, node.attr, known)
        elif isinstance(inner, nodes.Getattr) and isinstance(inner.node, nodes.Name):
            space, event = inner.node.name, procedure.events.get(inner.attr)
            if space in ("last", "first") and event is not None and node.attr not in (*event.asks, "day"):
                yield _unknown(template, "template-undefined", line, f"{inner.attr}.{node.attr}", event.asks)


def _slip(name: str, known: Collection[str]) -> bool:
    import difflib

    return bool(difflib.get_close_matches(name, list(known), n=1, cutoff=0.85))
