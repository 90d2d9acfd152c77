"""Markdown -> blocks: the few shapes that a letter is made of, the same for every format.

Only these are understood: headings of two levels, paragraphs, lists, tables, notes (`> `), bold, and the fence
`right`. Everything else is text: no links, no images, no HTML, no code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

DEEPEST = 6
"""Lists and notes within one another."""


class Run(Struct, frozen=True):
    """Text of one look; a newline in it is a new line."""

    text: str
    bold: bool = False


Runs = tuple[Run, ...]


class Heading(Struct, frozen=True, tag_field="kind", tag="heading"):
    level: int
    """1: the title of the letter; 2: of a part."""
    runs: Runs


class Paragraph(Struct, frozen=True, tag_field="kind", tag="paragraph"):
    runs: Runs
    flush: bool = False
    """Begins at the margin: whom the letter addresses."""


class Bullets(Struct, frozen=True, tag_field="kind", tag="list"):
    items: tuple[tuple[Block, ...], ...]
    ordered: bool = False
    start: int = 1


class Table(Struct, frozen=True, tag_field="kind", tag="table"):
    head: tuple[Runs, ...]
    rows: tuple[tuple[Runs, ...], ...]
    align: tuple[str, ...] = ()
    """`left`, `right` or `center`, by column."""


class Remark(Struct, frozen=True, tag_field="kind", tag="note"):
    """Set apart from the letter itself."""

    blocks: tuple[Block, ...]


class Right(Struct, frozen=True, tag_field="kind", tag="right"):
    """Lines at the right: who signs, and the day."""

    lines: tuple[Runs, ...]


Block = Heading | Paragraph | Bullets | Table | Remark | Right


def read_blocks(markdown: str) -> tuple[Block, ...]:
    """The blocks of a Markdown text, in order. Never raises for its content."""
    from markdown_it.tree import SyntaxTreeNode

    tree = SyntaxTreeNode(_parser().parse(markdown))
    return _salutation(_blocks(tree.children, 0))


def plain(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Blocks as plain data, each with its `kind`."""
    found: list[dict[str, Any]] = msgspec.to_builtins(list(blocks))
    return found


def text_of(runs: Iterable[Run]) -> str:
    """What runs say, without their looks."""
    return "".join(run.text for run in runs)


def runs(text: str) -> Runs:
    """Text of the usual look."""
    return (Run(text),)


def settled(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Blocks in which a line ends without spaces, and what stands on one line has no new line in it."""
    return tuple(_settled(block) for block in blocks)


def _settled(block: Block) -> Block:
    match block:
        case Heading(level, runs):
            return Heading(level, _one_line(runs))
        case Paragraph(runs, flush):
            return Paragraph(_lines(runs), flush)
        case Bullets(items, ordered, start):
            return Bullets(tuple(settled(item) for item in items), ordered, start)
        case Table(head, rows, align):
            return Table(
                tuple(map(_one_line, head)), tuple(tuple(map(_one_line, row)) for row in rows), align
            )  # fmt: skip
        case Remark(blocks):
            return Remark(settled(blocks))
        case Right(lines):
            return Right(tuple(map(_one_line, lines)))


def _one_line(runs: Runs) -> Runs:
    return tuple(Run(re.sub(r"\s*\n\s*", " ", run.text), run.bold) for run in runs)


def _lines(runs: Runs) -> Runs:
    return tuple(Run(re.sub(r"[ \t]*\n\s*", "\n", run.text), run.bold) for run in runs)


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    made = MarkdownIt("zero")
    made.enable(["heading", "list", "blockquote", "fence", "table", "emphasis", "balance_pairs", "newline", "escape"])
    made.options["maxNesting"] = 2 * DEEPEST + 8
    return made


def _blocks(nodes: Sequence[Any], depth: int) -> tuple[Block, ...]:
    found: list[Block] = []
    for node in nodes:
        match node.type:
            case "heading":
                found.append(Heading(min(int(node.tag[1:]), 2), _runs(node)))
            case "paragraph":
                if text_of(_runs(node)).strip():
                    found.append(Paragraph(_runs(node)))
            case "bullet_list" | "ordered_list":
                items = tuple(_blocks(item.children, depth + 1) for item in node.children)
                start = node.attrs.get("start", 1)
                found.append(Bullets(items, node.type == "ordered_list", int(start)))
            case "blockquote":
                found.append(Remark(_blocks(node.children, depth + 1)))
            case "table":
                found.append(_table(node))
            case "fence":
                found.append(_fence(node))
    return tuple(found)


def _fence(node: Any) -> Block:
    lines = [line.strip() for line in node.content.splitlines() if line.strip()]
    if node.info.strip() == "right":
        return Right(tuple(runs(line) for line in lines))
    return Paragraph(runs("\n".join(lines)))


def _table(node: Any) -> Table:
    head, *body = (part.children for part in node.children)
    cells = head[0].children
    align = tuple((each.attrs.get("style") or "text-align:left").partition(":")[2] for each in cells)
    rows = tuple(tuple(_runs(cell) for cell in row.children) for part in body for row in part)
    return Table(tuple(_runs(cell) for cell in cells), rows, align)


def _runs(node: Any) -> Runs:
    inline = next((child for child in node.children if child.type == "inline"), None)
    return _inline(inline.token.children or ()) if inline is not None and inline.token else ()


def _inline(tokens: Iterable[Token]) -> Runs:
    """One run for each stretch of one look."""
    found: list[Run] = []
    bold, broken = 0, False
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                bold += token.nesting
                continue
            case "softbreak":
                broken = True
                continue
            case "hardbreak":
                text = "\n"
            case "em_open" | "em_close":
                text = token.markup
            case _:
                text = token.content
        if broken and found and text:
            text = _joint(found[-1].text[-1:], text[0]) + text
            broken = False
        if found and found[-1].bold == bool(bold):
            found[-1] = Run(found[-1].text + text, bool(bold))
        elif text:
            found.append(Run(text, bool(bold)))
    return tuple(found)


def _joint(before: str, after: str) -> str:
    """What stands for the end of a source line: a space between Latin words, nothing beside Chinese."""
    return " " if _latin(before) and _latin(after) else ""


def _latin(character: str) -> bool:
    """Values stand in private use while they are read (`render`); what stands there is ASCII."""
    return character < "\u2e80" or character >= "\U0010f000"


def _salutation(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Whom a letter greets and whom it wishes well stand at the margin.

    Source: the usual form of Chinese letters: the salutation flush with a colon, 此致 indented, and what follows
    it flush.
    """
    found: list[Block] = []
    greeted = after = False
    for block in blocks:
        if isinstance(block, Paragraph):
            text = text_of(block.runs).strip()
            first = not greeted and not any(isinstance(each, Paragraph) for each in found)
            if after or (first and text.endswith(("：", ":")) and "\n" not in text and len(text) <= 60):
                block = Paragraph(block.runs, flush=True)
                greeted = True
            after = text == "此致"
        else:
            after = False
        found.append(block)
    return tuple(found)
