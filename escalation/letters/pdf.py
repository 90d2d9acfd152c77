"""Blocks -> PDF, set by typst: A4, justified, the first line indented as Chinese letters have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from escalation.errors import BadInput, FieldProblem
from escalation.letters.blocks import Block, Table, plain, text_of
from escalation.letters.fonts import absent, fonts

SOURCE = Path(__file__).with_name("letter.typ")


def pdf(title: str, blocks: Iterable[Block], lang: str, *, system: bool = True) -> bytes:
    """The bytes of a PDF. The same arguments and fonts give the same bytes: there is no date in them.

    `title` is only in the properties of the file. `system`: fonts of this machine may help out where the packaged
    ones lack a character. Raises: BadInput without the extra that sets pages, without any Chinese font, and where
    no font has a character: it is named, for a box in a name is worse than no letter.
    """
    listed = list(blocks)
    try:
        import typst
    except ImportError:
        raise BadInput(FieldProblem("letter", None, "letter_extra", limit="escalation[pdf]")) from None
    chosen = fonts(system=False)
    if not chosen.serif or absent(title + _text(listed), chosen.serif):
        chosen = fonts(system)
    if not chosen.serif:
        raise BadInput(FieldProblem("letter", None, "letter_font", limit="escalation[pdf]"))
    missing = absent(_text(listed), chosen.serif)
    if missing:
        shown = " ".join(f"{c} (U+{ord(c):04X})" for c in missing[:12])
        raise BadInput(FieldProblem("letter", None, "letter_glyph", limit=shown))
    letter = {
        "title": title, "lang": lang, "blocks": _shared(plain(listed)),
        "serif": [face.family for face in chosen.serif], "sans": [face.family for face in chosen.sans],
    }  # fmt: skip
    compiler: Any = typst.Compiler
    made = compiler(
        input=SOURCE.read_bytes(), font_paths=list(chosen.folders), ignore_system_fonts=not chosen.system,
        sys_inputs={"letter": msgspec.json.encode(letter).decode()},
    )  # fmt: skip
    found: bytes = made.compile(format="pdf", timestamp=0)
    return found


def _text(blocks: Iterable[Block]) -> str:
    """All that a letter prints, and what is printed around it."""
    return "第页，共Page of–.0123456789" + "".join(_strings(plain(blocks)))


def _strings(data: Any) -> Iterable[str]:
    match data:
        case dict():
            for key, value in data.items():
                if key not in ("kind", "align"):
                    yield from _strings(value)
        case list() | tuple():
            for value in data:
                yield from _strings(value)
        case str():
            yield data


def _shared(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With how each table's columns share the width: by how much stands in them."""
    for block in blocks:
        if block["kind"] == "table":
            block["shares"] = shares(msgspec.convert(block, Table))
        for inner in (*block.get("items", ()), block.get("blocks", [])):
            _shared(inner)
    return blocks


def shares(table: Table) -> list[int]:
    """What part of the width each column gets, between 4 and 24: a long text shall not squeeze out a day."""
    columns = zip(*[table.head, *(row for row in table.rows if len(row) == len(table.head))], strict=True)
    return [min(max(max(_width(text_of(cell)) for cell in column), 4), 24) for column in columns]


def _width(text: str) -> int:
    return max((sum(2 if ord(c) > 0x2E80 else 1 for c in line) for line in _lines(text)), default=0)


def _lines(text: str) -> Sequence[str]:
    return text.split("\n")
