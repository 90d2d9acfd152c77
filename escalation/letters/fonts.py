"""Which fonts print a letter, and which of its characters they have."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

SERIF = (
    "Source Han Serif SC", "Noto Serif CJK SC", "Songti SC", "STSong", "SimSun", "FandolSong",
)  # fmt: skip
SANS = ("Source Han Sans SC", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "SimHei", "WenQuanYi Micro Hei")
RARE = (
    "LXGW WenKai", "SimSun-ExtB", "HanaMinA", "HanaMinB", "BabelStone Han", "Noto Serif CJK TC", "Noto Serif CJK JP",
)  # fmt: skip
"""For characters of names that the others do not have."""


class Face(NamedTuple):
    """One font, and where its character table lies."""

    family: str
    path: str
    number: int
    """Its place within a collection."""


class Fonts(NamedTuple):
    """What a letter is set in: the first face that has a character prints it."""

    serif: tuple[Face, ...]
    sans: tuple[Face, ...]
    folders: tuple[str, ...]
    """Where the packaged ones lie."""
    system: bool


def fonts(system: bool = True) -> Fonts:
    """The packaged fonts first, so that a letter looks the same everywhere; then, with `system`, those installed here.

    Empty where there is none at all.
    """
    own = _packaged()
    installed = _installed() if system else {}
    rest = (*SERIF, *SANS, *RARE)
    serif = [*own[:1], *(installed[name] for name in rest if name in installed)]
    sans = [*own[1:], *(installed[name] for name in (*SANS, *SERIF, *RARE) if name in installed)]
    folders = tuple(dict.fromkeys(str(Path(face.path).parent) for face in own))
    return Fonts(tuple(serif or sans), tuple(dict.fromkeys((*sans, *serif))), folders, system)


def absent(text: str, faces: Iterable[Face]) -> str:
    """The characters of `text` that no face has, each once, in order; what takes no ink does not count."""
    wanted = dict.fromkeys(c for c in text if not c.isspace() and not _inkless(ord(c)))
    for face in faces:
        if not wanted:
            break
        has = characters(face.path, face.number)
        wanted = {c: None for c in wanted if ord(c) not in has}
    return "".join(wanted)


@cache
def characters(path: str, index: int) -> frozenset[int]:
    """The code points that a font's character map (cmap) has a glyph for. Source: the OpenType format, `cmap`."""
    body = Path(path).read_bytes()
    start = struct.unpack_from(">I", body, 12 + 4 * index)[0] if body[:4] == b"ttcf" else 0
    count = struct.unpack_from(">H", body, start + 4)[0]
    tables = (struct.unpack_from(">4sIII", body, start + 12 + 16 * i) for i in range(count))
    cmap = next((offset for tag, _, offset, _ in tables if tag == b"cmap"), None)
    if cmap is None:
        return frozenset()
    found: set[int] = set()
    for i in range(struct.unpack_from(">H", body, cmap + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", body, cmap + 4 + 8 * i)
        if platform == 0 or (platform == 3 and encoding in (1, 10)):
            found.update(_subtable(body, cmap + offset))
    return frozenset(found)


def _subtable(body: bytes, at: int) -> Iterable[int]:
    match struct.unpack_from(">H", body, at)[0]:
        case 4:
            return _format_4(body, at)
        case 12:
            groups = struct.unpack_from(">I", body, at + 12)[0]
            rows = (struct.unpack_from(">III", body, at + 16 + 12 * i) for i in range(groups))
            return (code for first, last, glyph in rows for code in range(first, last + 1) if glyph or code != first)
    return ()


def _format_4(body: bytes, at: int) -> Iterable[int]:
    """The map of the basic plane: segments, each with a shift or a list of glyphs."""
    n = struct.unpack_from(">H", body, at + 6)[0] // 2
    ends = struct.unpack_from(f">{n}H", body, at + 14)
    starts = struct.unpack_from(f">{n}H", body, at + 16 + 2 * n)
    shifts = struct.unpack_from(f">{n}H", body, at + 16 + 4 * n)
    ranges_at = at + 16 + 6 * n
    ranges = struct.unpack_from(f">{n}H", body, ranges_at)
    for i in range(n):
        for code in range(starts[i], min(ends[i], 0xFFFE) + 1):
            if ranges[i] == 0:
                glyph = (code + shifts[i]) & 0xFFFF
            else:
                glyph = struct.unpack_from(">H", body, ranges_at + 2 * i + ranges[i] + 2 * (code - starts[i]))[0]
            if glyph:
                yield code


def _inkless(code: int) -> bool:
    """Variation selectors and joiners: they choose a form of the character before."""
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or code in (0x200C, 0x200D)


def _packaged() -> list[Face]:
    """Noto Serif SC and Noto Sans SC of the font package, if it is there."""
    try:
        import pylopdf_fonts_zh_cn as package
    except ImportError:
        return []
    return [
        Face("Noto Serif SC", str(package.serif_path()), 0),
        Face("Noto Sans SC", str(package.sans_path()), 0),
    ]


def _installed() -> dict[str, Face]:
    """The fonts of this machine by family, in the usual weight."""
    import typst

    found: dict[str, Face] = {}
    wanted = {*SERIF, *SANS, *RARE}
    listed: Any = typst.Fonts(include_system_fonts=True).fonts()
    for font in sorted(listed, key=lambda f: (abs(f.weight - 400), str(f.path), f.index)):
        if font.family in wanted and font.style == "normal" and font.path:
            found.setdefault(font.family, Face(font.family, str(font.path), font.index))
    return found
