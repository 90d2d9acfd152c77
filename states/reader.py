"""Text of a procedure file -> Procedure, strictly: every problem at once, each with its place.

The shape that is held against the text is the one of `model`, so this file knows YAML and places
and nothing of procedures. Source: the procedure format ("A file is read strictly").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import inspect as shapes
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from states.errors import Finding, ProcedureError, near_miss
from states.model import Procedure, content, content_hash

LARGEST_FILE = 2_000_000
"""Bytes. The largest procedure shipped is a tenth of this."""
MOST_NODES = 200_000
"""Aliases are read, but an alias of an alias of an alias is not worth a gigabyte."""
DEEPEST = 60

Path = tuple[str | int, ...]
Place = tuple[int, int]
"""Line and column, from 1."""
T = TypeVar("T")

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = (_TAG + "str", _TAG + "timestamp")


class Reading(NamedTuple):
    """A file that has the right shape. Whether it makes sense is for `checks`."""

    procedure: Procedure
    body: bytes
    """Canonical bytes: what is pinned."""
    hash: str
    file: str
    places: dict[Path, Place]
    """Where each key, or element, stands."""


def read_procedure(text: str | bytes, file: str = "<text>") -> Reading:
    """The procedure that `text` holds, in the right shape.

    Raises: ProcedureError with every problem of shape: unknown, missing and duplicate keys, wrong
    types, values out of bounds, text that is no YAML 1.2.
    """
    data, places = _read(text, file, Procedure, nulls=False)
    body = content(data)
    return Reading(msgspec.convert(data, Procedure), body, content_hash(body), file, places)


def read_as(text: str | bytes, file: str, type: type[T]) -> tuple[T, dict[Path, Place]]:
    """What `text` holds, as strictly, in the shape of another type; and where each key or element stands.

    A null is read where the type has None. Raises: ProcedureError.
    """
    data, places = _read(text, file, type, nulls=True)
    return msgspec.convert(data, type), places


def _read(text: str | bytes, file: str, type: type[Any], nulls: bool) -> tuple[Any, dict[Path, Place]]:
    report = _Report(file)
    root = _compose(_decoded(text, report), report)
    data = _Walk(report, nulls).read(root, shapes.type_info(type), ())
    report.stop_if_any()
    return data, report.places


class _Report:
    """Findings so far, and where everything stands."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.places: dict[Path, Place] = {(): (1, 1)}

    def add(self, code: str, place: Place, path: Path, **facts: str | None) -> None:
        given = {k: v for k, v in facts.items() if v is not None}
        self.findings.append(Finding(code, "error", self.file, *place, dotted(path), given))

    def stop_if_any(self) -> None:
        if self.findings:
            raise ProcedureError(sorted(self.findings, key=lambda f: (f.line, f.column)))

    def stop(self, code: str, place: Place, **facts: str | None) -> None:
        self.add(code, place, (), **facts)
        self.stop_if_any()


def dotted(path: Path) -> str:
    """`states.waiting.transitions.offer_made[0].to`."""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


def _decoded(text: str | bytes, report: _Report) -> str:
    if len(text) > LARGEST_FILE:
        report.stop("too-large", (1, 1), expected=str(LARGEST_FILE), found=str(len(text)))
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        report.stop("not-utf8", (line, 1))
        raise AssertionError("unreachable") from error


def _compose(text: str, report: _Report) -> Node:
    """The one document of the text as nodes that know their places."""
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True  # they are reported with everything else, not one by one
    try:
        documents = list(yaml.compose_all(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        said = "; ".join(part for part in (error.problem, error.context) if part)
        report.stop("not-yaml", place, found=said)
    except (YAMLError, ValueError, RecursionError) as error:
        report.stop("not-yaml", (1, 1), found=str(error).splitlines()[0] if str(error) else "")
    roots = [node for node in documents if node is not None]
    if not roots:
        report.stop("empty", (1, 1))
    if len(roots) > 1:
        report.stop("several-documents", _place(roots[1]))
    root = roots[0]
    assert isinstance(root, Node)
    return root


def _place(node: Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1


class _Walk:
    """Nodes held against a shape; gives plain data, and reports what does not fit."""

    def __init__(self, report: _Report, nulls: bool) -> None:
        self.report = report
        self.nulls = nulls
        self.nodes = 0

    def read(self, node: Node, shape: shapes.Type, path: Path) -> Any:
        self.nodes += 1
        if self.nodes > MOST_NODES or len(path) > DEEPEST:
            self.report.stop("too-large", _place(node), expected=str(MOST_NODES), found=dotted(path))
        if node.tag is not None and not str(node.tag).startswith(_TAG):
            self.report.add("tag", _place(node), path, found=str(node.tag))
            return None
        if isinstance(shape, shapes.Metadata):
            return self.read(node, shape.type, path)
        if isinstance(shape, shapes.UnionType):
            return self._union(node, shape, path)
        if isinstance(shape, shapes.StructType):
            return self._struct(node, shape, path)
        if isinstance(shape, shapes.DictType):
            return self._dict(node, shape, path)
        if isinstance(shape, shapes.ListType):
            return self._list(node, shape, path)
        return self._scalar(node, shape, path)

    def _union(self, node: Node, shape: shapes.UnionType, path: Path) -> Any:
        """The alternative that has the node's kind; None alone never makes one, unless nulls are read."""
        if self.nulls and node.tag == _TAG + "null" and any(isinstance(t, shapes.NoneType) for t in shape.types):
            return None
        kinds: tuple[type[shapes.Type], ...]
        if isinstance(node, MappingNode):
            kinds = (shapes.StructType, shapes.DictType)
        elif isinstance(node, SequenceNode):
            kinds = (shapes.ListType,)
        else:
            kinds = (shapes.StrType, shapes.IntType, shapes.FloatType, shapes.BoolType, shapes.LiteralType)
        fitting = [t for t in map(_bare, shape.types) if isinstance(t, kinds)]
        scalar = [t for t in fitting if _scalar_fits(node, t)]
        for alternative in scalar or fitting:
            return self.read(node, alternative, path)
        return self._wrong(node, shape, path)

    def _struct(self, node: Node, shape: shapes.StructType, path: Path) -> Any:
        if not isinstance(node, MappingNode):
            return self._wrong(node, shape, path)
        fields = {f.encode_name: f for f in shape.fields}
        data: dict[str, Any] = {}
        for key, value in self._pairs(node, path):
            if key not in fields:
                self.report.add(
                    "unknown-key", self.report.places[(*path, key)], (*path, key),
                    found=key, expected=", ".join(fields), meant=near_miss(key, fields),
                )  # fmt: skip
                continue
            data[key] = self.read(value, fields[key].type, (*path, key))
        for name, each in fields.items():
            if each.required and name not in data:
                self.report.add("missing-key", _place(node), path, expected=name)
        return data

    def _dict(self, node: Node, shape: shapes.DictType, path: Path) -> Any:
        if not isinstance(node, MappingNode):
            return self._wrong(node, shape, path)
        data: dict[str, Any] = {}
        for key, value in self._pairs(node, path):
            if not _text_fits(key, shape.key_type):
                self.report.add(
                    "bad-name", self.report.places[(*path, key)], (*path, key), found=key, expected="a-z A-Z 0-9 _ -"
                )
            data[key] = self.read(value, shape.value_type, (*path, key))
        if shape.min_length and len(data) < shape.min_length:
            self.report.add("empty-mapping", _place(node), path)
        return data

    def _pairs(self, node: MappingNode, path: Path) -> Iterator[tuple[str, Node]]:
        """Keys and values in the file's order; a key that stands twice is reported and read once."""
        seen: dict[str, Place] = {}
        for key_node, value in node.value:
            place = _place(key_node)
            if not isinstance(key_node, ScalarNode):
                self.report.add("bad-name", place, path, found="[…]", expected="a-z A-Z 0-9 _ -")
                continue
            key = key_node.value
            if key in seen:
                self.report.add("duplicate-key", place, (*path, key), found=key, expected=str(seen[key][0]))
                continue
            seen[key] = place
            self.report.places[(*path, key)] = place
            yield key, value

    def _list(self, node: Node, shape: shapes.ListType, path: Path) -> Any:
        if not isinstance(node, SequenceNode):
            return self._wrong(node, shape, path)
        data = []
        for i, element in enumerate(node.value):
            self.report.places[(*path, i)] = _place(element)
            data.append(self.read(element, shape.item_type, (*path, i)))
        return data

    def _scalar(self, node: Node, shape: shapes.Type, path: Path) -> Any:
        if not isinstance(node, ScalarNode) or not _scalar_fits(node, shape):
            return self._wrong(node, shape, path)
        text = node.value
        if isinstance(shape, shapes.StrType | shapes.LiteralType):
            if not _text_fits(text, shape):
                meant = near_miss(text, map(str, shape.values)) if isinstance(shape, shapes.LiteralType) else None
                return self._wrong(node, shape, path, meant)
            return text
        if isinstance(shape, shapes.BoolType):
            return text.lower() == "true"
        number = int(text, 0) if node.tag == _TAG + "int" else float(text)
        if isinstance(shape, shapes.IntType) and (
            (shape.ge is not None and number < shape.ge) or (shape.le is not None and number > shape.le)
        ):
            return self._wrong(node, shape, path)
        return number

    def _wrong(self, node: Node, shape: shapes.Type, path: Path, meant: str | None = None) -> None:
        self.report.add("wrong-value", _place(node), path, found=_shown(node), expected=_said(shape), meant=meant)


def _bare(shape: shapes.Type) -> shapes.Type:
    return shape.type if isinstance(shape, shapes.Metadata) else shape


def _scalar_fits(node: Node, shape: shapes.Type) -> bool:
    """Whether the scalar is of the shape's kind (`27` is no text, `"27"` is)."""
    if not isinstance(node, ScalarNode):
        return isinstance(shape, shapes.StructType | shapes.DictType | shapes.ListType)
    if isinstance(shape, shapes.StrType | shapes.LiteralType):
        return node.tag in _TEXT_TAGS
    if isinstance(shape, shapes.BoolType):
        return bool(node.tag == _TAG + "bool")
    if isinstance(shape, shapes.IntType):
        return bool(node.tag == _TAG + "int")
    if isinstance(shape, shapes.FloatType):
        return node.tag == _TAG + "float" and re.fullmatch(r"[-+]?[0-9.]+", node.value) is not None
    return False


def _text_fits(text: str, shape: shapes.Type) -> bool:
    if isinstance(shape, shapes.LiteralType):
        return text in shape.values
    if isinstance(shape, shapes.StrType):
        return (
            (shape.pattern is None or re.search(shape.pattern, text) is not None)
            and (shape.max_length is None or len(text) <= shape.max_length)
            and (shape.min_length is None or len(text) >= shape.min_length)
        )
    return True


def _shown(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "{…}"
    if isinstance(node, SequenceNode):
        return "[…]"
    text = str(node.value)
    return text if len(text) <= 60 else text[:57] + "…"


_SAID = {
    shapes.BoolType: "true | false",
    shapes.IntType: "1, 2, 3 …",
    shapes.FloatType: "0.5, 1, 2 …",
    shapes.ListType: "[…]",
    shapes.DictType: "{name: …}",
    shapes.NoneType: "",
}
_PATTERNS = (
    ("on the day", "`3 days before` | `on the day` | `2 working days after`"),
    ("none|", "`7 days` | `10 working days` | `3 months` | `48 hours` | `none`"),
    ("working day", "`7 days` | `10 working days` | `3 months` | `48 hours`"),
    ("{4}", "`2026-11-22`"),
    ("a-z0-9-", "a-z 0-9 -"),
    ("A-Z", "a-z A-Z 0-9 _ -"),
)


def _said(shape: shapes.Type) -> str:
    """What a shape expects, in signs that need no language."""
    shape = _bare(shape)
    if isinstance(shape, shapes.LiteralType):
        return " | ".join(map(str, shape.values))
    if isinstance(shape, shapes.StrType):
        for part, said in _PATTERNS:
            if shape.pattern and part in shape.pattern:
                return said
        return '"…"'
    if isinstance(shape, shapes.StructType):
        return "{" + ", ".join(f.encode_name for f in shape.fields if f.required or len(shape.fields) < 4) + "}"
    if isinstance(shape, shapes.UnionType):
        return " | ".join(dict.fromkeys(s for s in map(_said, shape.types) if s))
    return _SAID.get(type(shape), "…")
