"""Blocks -> Markdown that reads the same everywhere, and plain text for a form that takes nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from escalation.letters.blocks import Block, Bullets, Heading, Paragraph, Remark, Right, Run, Table, text_of

_SPECIAL = re.compile(r"[\\`*_<\[\]|&~]")
_AT_START = re.compile(r"(?m)^(\s*)(?=[-+#>=:]|\d{1,9}[.)](?:\s|$))(\d*)")


def markdown(blocks: Iterable[Block]) -> str:
    """The letter as Markdown; what people wrote is escaped where it could be taken for a sign."""
    return "\n\n".join(_markdown(blocks)) + "\n"


def plain_text(blocks: Iterable[Block], lang: str) -> str:
    """The letter without any signs, as one pastes it into a form."""
    return "\n".join(_plain(blocks, *(("：", "；") if lang == "zh" else (": ", "; ")))) + "\n"


def _markdown(blocks: Iterable[Block]) -> list[str]:
    found = []
    for block in blocks:
        match block:
            case Heading(level, runs):
                found.append("#" * level + " " + _inline(runs))
            case Paragraph(runs):
                found.append(_inline(runs))
            case Bullets(items, ordered, start):
                found.append("\n".join(_items(items, start if ordered else None)))
            case Table():
                found.append(_table(block))
            case Remark(inner):
                found.append(_prefixed("\n\n".join(_markdown(inner)), "> ", "> "))
            case Right(lines):
                found.append(_fence([text_of(line) for line in lines]))
    return found


def _items(items: Sequence[Sequence[Block]], start: int | None) -> list[str]:
    found = []
    for i, item in enumerate(items):
        mark = "- " if start is None else f"{start + i}. "
        found.append(_prefixed("\n\n".join(_markdown(item)), mark, " " * len(mark)))
    return found


def _prefixed(text: str, first: str, then: str) -> str:
    lines = text.split("\n")
    return "\n".join((first if i == 0 else then if line or then.strip() else "") + line for i, line in enumerate(lines))


def _table(table: Table) -> str:
    rule = ["---:" if each == "right" else ":---:" if each == "center" else "---" for each in table.align]
    rule += ["---"] * (len(table.head) - len(rule))
    rows = [[_inline(cell) for cell in table.head], rule, *([_inline(cell) for cell in row] for row in table.rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _fence(lines: Sequence[str]) -> str:
    """Longer than any row of its own signs within."""
    longest = max((len(found) for line in lines for found in re.findall("`+", line)), default=0)
    sign = "`" * max(3, longest + 1)
    return "\n".join([f"{sign}right", *lines, sign])


def _inline(runs: Iterable[Run]) -> str:
    text = "".join(f"**{_escaped(run.text)}**" if run.bold and run.text.strip() else _escaped(run.text) for run in runs)
    return re.sub(r" *\n", r"\\\n", text.strip("\n"))


def _escaped(text: str) -> str:
    """Only what could be taken for a sign: a letter full of backslashes reads badly."""
    text = _SPECIAL.sub(lambda found: "\\" + found[0], text)
    return _AT_START.sub(lambda found: f"{found[1]}{found[2]}\\", text)


def _plain(blocks: Iterable[Block], colon: str, joint: str) -> list[str]:
    found: list[str] = []
    for block in blocks:
        match block:
            case Heading(level, runs):
                found += ([""] if found else []) + [text_of(runs)] + ([""] if level == 1 else [])
            case Paragraph(runs):
                found.append(text_of(runs))
            case Bullets(items, ordered, start):
                for i, item in enumerate(items):
                    mark = f"{start + i}. " if ordered else "- "
                    found += _prefixed("\n".join(_plain(item, colon, joint)), mark, " " * len(mark)).split("\n")
            case Table(head, rows):
                names = [text_of(cell) + colon if text_of(cell) else "" for cell in head]
                for row in rows:
                    cells = zip(names, map(text_of, row), strict=False)
                    found.append(joint.join(name + cell for name, cell in cells if cell))
            case Remark(inner):
                found += _plain(inner, colon, joint)
            case Right(lines):
                found += ["", *(text_of(line) for line in lines)]
    return found
