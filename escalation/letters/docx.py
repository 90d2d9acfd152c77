"""Blocks -> a Word document that a person can go on writing in. The same blocks give the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from escalation.errors import BadInput, FieldProblem
from escalation.letters.blocks import Block, Bullets, Heading, Paragraph, Remark, Right, Run, Runs, Table
from escalation.letters.pdf import shares

if TYPE_CHECKING:
    from docx.document import Document

LATIN, SONG, HEI = "Times New Roman", "宋体", "黑体"
FIXED = datetime(2000, 1, 1)  # noqa: DTZ001  (the properties of a document know no zone)
"""In place of the instant of writing, which would make each file another."""
WIDTH_CM = 15.4
"""Of the text on A4."""


def docx(title: str, blocks: Iterable[Block], lang: str) -> bytes:
    """The bytes of a .docx. Raises: BadInput without the extra that writes it."""
    try:
        import docx as library
    except ImportError:
        raise BadInput(FieldProblem("letter", None, "letter_extra", limit="escalation[docx]")) from None
    document = library.Document()
    _set_up(document, title, lang)
    writer = _Writer(document, lang)
    writer.put(blocks)
    made = io.BytesIO()
    document.save(made)
    return _timeless(made.getvalue())


def _set_up(document: Document, title: str, lang: str) -> None:
    from docx.shared import Cm, Pt

    properties = document.core_properties
    properties.title, properties.author, properties.comments, properties.language = title, "", "", lang
    properties.last_modified_by, properties.revision = "", 1
    properties.created = properties.modified = FIXED
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.8)
    section.top_margin, section.bottom_margin = Cm(2.8), Cm(2.6)
    usual = document.styles["Normal"]
    usual.font.size = Pt(12)
    _font(usual, SONG)
    usual.paragraph_format.line_spacing = 1.5
    usual.paragraph_format.space_after = Pt(0 if lang == "zh" else 6)
    _numbered(section.footer.paragraphs[0], lang)


def _font(of: Any, east: str) -> None:
    """The font of Latin letters, and that of Chinese, which Word keeps apart."""
    from docx.oxml.ns import qn

    of.font.name = LATIN
    of.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), east)


def _numbered(paragraph: Any, lang: str) -> None:
    """第 1 页，共 2 页: fields that Word fills in."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    before, between, after = ("第 ", " 页，共 ", " 页") if lang == "zh" else ("Page ", " of ", "")
    for text, field in ((before, "PAGE"), (between, "NUMPAGES"), (after, None)):
        paragraph.add_run(text)
        if field:
            _field(paragraph.add_run(), field)


def _field(run: Any, instruction: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for kind in ("begin", None, "end"):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = instruction
        run._r.append(element)


class _Writer:
    """Puts blocks into a document, one after the other."""

    def __init__(self, document: Document, lang: str) -> None:
        from docx.shared import Cm, Pt

        self.document = document
        self.indent = Pt(24) if lang == "zh" else None
        """Two characters of the usual size."""
        self.step = Cm(0.85)

    def put(self, blocks: Iterable[Block], depth: int = 0) -> None:
        for block in blocks:
            match block:
                case Heading(level, runs):
                    self._heading(level, runs)
                case Paragraph(runs, flush):
                    self._paragraph(runs, depth, first=None if flush or depth else self.indent)
                case Bullets():
                    self._list(block, depth)
                case Table():
                    self._table(block)
                case Remark(inner):
                    self.put(inner, depth + 1)
                case Right(lines):
                    self._right(lines)

    def _heading(self, level: int, runs: Runs) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        made = self.document.add_paragraph()
        made.paragraph_format.keep_with_next = True
        if level == 1:
            made.alignment = WD_ALIGN_PARAGRAPH.CENTER
        made.paragraph_format.space_before = Pt(0 if level == 1 else 12)
        made.paragraph_format.space_after = Pt(18 if level == 1 else 6)
        for run in runs:
            self._run(made, Run(run.text, bold=True)).font.size = Pt(18 if level == 1 else 12.5)

    def _paragraph(self, runs: Runs, depth: int, first: Any = None) -> Any:
        made = self.document.add_paragraph()
        for run in runs:
            self._run(made, run)
        if depth:
            made.paragraph_format.left_indent = self.step * depth
        if first is not None:
            made.paragraph_format.first_line_indent = first
        return made

    def _list(self, block: Bullets, depth: int) -> None:
        """Numbers as text: Word numbers a second list on from the first."""
        for i, item in enumerate(block.items):
            mark = f"{block.start + i}.\t" if block.ordered else "–\t"
            first, *rest = item or (Paragraph(()),)
            if isinstance(first, Paragraph):
                made = self._paragraph((Run(mark), *first.runs), depth + 1, first=-self.step)
                made.paragraph_format.tab_stops.add_tab_stop(self.step * (depth + 1))
            else:
                rest = [first, *rest]
            self.put(rest, depth + 1)

    def _table(self, block: Table) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Cm, Pt

        made = self.document.add_table(rows=0, cols=len(block.head), style="Table Grid")
        made.autofit = False
        parts = shares(block)
        for row, cells in enumerate((block.head, *block.rows)):
            there = made.add_row().cells
            for i, runs in enumerate(cells[: len(block.head)]):
                there[i].width = Cm(WIDTH_CM * parts[i] / sum(parts))
                paragraph = there[i].paragraphs[0]
                paragraph.paragraph_format.line_spacing = 1.15
                if i < len(block.align) and block.align[i] != "left":
                    paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, block.align[i].upper())
                for run in runs:
                    self._run(paragraph, Run(run.text, bold=run.bold or row == 0)).font.size = Pt(10.5)
        self.document.add_paragraph().paragraph_format.space_after = Pt(0)

    def _right(self, lines: tuple[Runs, ...]) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        for i, runs in enumerate(lines):
            made = self._paragraph(runs, 0)
            made.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            made.paragraph_format.keep_with_next = i < len(lines) - 1
            if i == 0:
                made.paragraph_format.space_before = Pt(24)

    def _run(self, paragraph: Any, run: Run) -> Any:
        made = paragraph.add_run(run.text)
        _font(made, HEI if run.bold else SONG)
        if run.bold:
            made.bold = True
        return made


def _timeless(body: bytes) -> bytes:
    """The archive with its members in order and without the instant of writing."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda each: (each != "[Content_Types].xml", each)):
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(member, old.read(name))
    return made.getvalue()
