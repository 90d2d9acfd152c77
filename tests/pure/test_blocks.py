"""Markdown becomes blocks, and blocks become Markdown, text, PDF and Word: the same bytes for the same blocks."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from escalation.errors import BadInput
from escalation.letters.blocks import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    Remark,
    Right,
    Run,
    Table,
    read_blocks,
    runs,
    settled,
    text_of,
)
from escalation.letters.docx import docx
from escalation.letters.fonts import absent, fonts
from escalation.letters.markdown import markdown, plain_text
from escalation.letters.pdf import pdf, shares
from escalation.letters.render import clean

LETTER = read_blocks(
    """# 投诉书

某某公司：

本人**王喆堃**提出投诉。
请书面答复。

1. 甲
2. 乙
   - 丙

| 日 | 事 | 数 |
|:-:|---|--:|
| 三月二日 | 已提出 | 1 |

> 以上属实。

此致

某某公司

```right
王喆堃
2026年3月2日
```
"""
)


def test_a_letter_is_made_of_these_blocks() -> None:
    assert [type(block) for block in LETTER] == [
        Heading, Paragraph, Paragraph, Bullets, Table, Remark, Paragraph, Paragraph, Right,
    ]  # fmt: skip
    assert LETTER[2] == Paragraph((Run("本人"), Run("王喆堃", True), Run("提出投诉。请书面答复。")))
    assert LETTER[4] == Table(
        (runs("日"), runs("事"), runs("数")),
        ((runs("三月二日"), runs("已提出"), runs("1")),),
        ("center", "left", "right"),
    )


def test_the_salutation_and_whom_one_wishes_well_stand_at_the_margin() -> None:
    flush = [text_of(block.runs) for block in LETTER if isinstance(block, Paragraph) and block.flush]

    assert flush == ["某某公司：", "某某公司"]


@pytest.mark.parametrize("text", ["本人请求如下：", "另外，请在三日内答复：\n一"])
def test_a_later_sentence_with_a_colon_is_an_ordinary_paragraph(text: str) -> None:
    blocks = read_blocks(f"某某公司：\n\n{text}\n\n本人请求：")

    assert [block.flush for block in blocks if isinstance(block, Paragraph)] == [True, False, False]


@pytest.mark.parametrize(
    "text", ["[a](http://b)", "![a](b)", "<b>a</b>", "http://a.b", "    code", "a `b` c", "***", "_a_ *b*", "&amp;"]
)
def test_what_is_no_block_is_text(text: str) -> None:
    (block,) = read_blocks(text)

    assert isinstance(block, Paragraph)
    assert text_of(block.runs) == text.strip()
    assert not any(run.bold for run in block.runs)


def test_lines_of_latin_words_are_joined_by_a_space_and_chinese_ones_by_nothing() -> None:
    (block,) = read_blocks("one\ntwo\n三\n四")

    assert isinstance(block, Paragraph)
    assert text_of(block.runs) == "one two三四"


LINE = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\n"), max_size=40).map(
    lambda text: " ".join(clean(text).split())
)
SOME = LINE.filter(bool)
INLINE = st.lists(st.builds(Run, SOME, st.just(False)), min_size=1, max_size=1).map(tuple)
SIMPLE = st.builds(Paragraph, INLINE)
BLOCKS = st.lists(
    st.one_of(
        st.builds(Heading, st.integers(1, 2), INLINE),
        SIMPLE,
        st.builds(
            Bullets, st.lists(SIMPLE.map(lambda p: (p,)), min_size=1, max_size=3).map(tuple), st.just(True),
            st.integers(1, 20),
        ),
        st.builds(Table, st.tuples(INLINE, INLINE), st.lists(st.tuples(INLINE, INLINE), max_size=2).map(tuple),
                  st.just(("left", "right"))),
        st.builds(Remark, st.tuples(SIMPLE)),
        st.builds(Right, st.lists(INLINE, min_size=1, max_size=3).map(tuple)),
    ),
    max_size=1,
).map(tuple)  # fmt: skip


def bare(block: Block) -> Block:
    """Without what only its neighbours decide."""
    return Paragraph(block.runs) if isinstance(block, Paragraph) else block


@given(BLOCKS)
def test_what_was_written_as_markdown_reads_back_as_the_same_letter(blocks: tuple[Block, ...]) -> None:
    assert tuple(map(bare, read_blocks(markdown(blocks)))) == tuple(map(bare, settled(blocks)))


def test_plain_text_has_no_signs() -> None:
    text = plain_text(LETTER, "zh")

    assert "本人王喆堃提出投诉。请书面答复。" in text
    assert "1. 甲\n2. 乙\n   - 丙" in text
    assert "日：三月二日；事：已提出；数：1" in text
    assert not set(text) & set("*#|>`")


def test_columns_share_the_width_by_what_stands_in_them() -> None:
    table = Table((runs("日期"), runs("经过")), ((runs("2026年3月2日"), runs("很长的一段话" * 20)),))

    assert shares(table) == [12, 24]


def pages(body: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(body)).pages]


def test_a_pdf_says_what_the_letter_says_and_counts_its_pages() -> None:
    (page,) = pages(pdf("投诉书", LETTER, "zh", system=False))

    for said in ("投诉书", "某某公司", "王喆堃", "三月二日", "以上属实", "第1页，共1页"):
        assert said in page.replace(" ", "")


def test_a_long_letter_has_several_pages() -> None:
    found = pages(pdf("信", [Paragraph(runs("很长的一句话，" * 20))] * 30, "en", system=False))

    assert len(found) > 2
    assert f"Page 2 of {len(found)}" in found[1]


def test_typst_takes_nothing_that_people_wrote_for_its_own() -> None:
    signs = '#sys.inputs $x$ *b* _i_ `c` <l> @r // \\u{41} "q" \'a\' -- ... ~ #import "/etc/passwd"'

    (page,) = pages(pdf("信", [Paragraph(runs(signs))], "en", system=False))
    assert "".join(signs.split()) in "".join(page.split())


def test_what_has_no_place_to_break_does_not_run_off_the_page() -> None:
    hash = "0123456789abcdef" * 12

    (page,) = pages(pdf("信", [Paragraph(runs(hash))], "en", system=False))
    assert hash in page.replace("\n", "")
    assert max(map(len, page.splitlines())) < 90


@pytest.mark.parametrize("name", ["喆", "堃", "犇", "䶮"])
def test_rare_characters_of_names_are_printed(name: str) -> None:
    assert name in pages(pdf("信", [Paragraph(runs(name))], "zh", system=False))[0]


@pytest.mark.parametrize(("text", "code"), [("吉𠮷", "U+20BB7"), ("好😀", "U+1F600")])
def test_a_character_that_no_font_has_is_named_and_nothing_is_printed(text: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        pdf("信", [Paragraph(runs(text))], "zh", system=False)

    (problem,) = caught.value.problems
    assert (problem.expected, code in str(problem.limit)) == ("letter_glyph", True)


def test_a_font_is_asked_for_each_character() -> None:
    serif = fonts(system=False).serif

    assert absent("中文 and Latin，喆\u200d\ufe0f\n", serif) == ""
    assert absent("a😀𠮷😀", serif) == "😀𠮷"


def test_word_says_what_the_letter_says_with_a_chinese_font() -> None:
    body = docx("投诉书", LETTER, "zh")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        document = archive.read("word/document.xml").decode()
        dates = {member.date_time for member in archive.infolist()}

    for said in ("投诉书", "王喆堃", "三月二日", "以上属实"):
        assert said in document
    assert 'w:eastAsia="宋体"' in document
    assert dates == {(1980, 1, 1, 0, 0, 0)}


def test_word_takes_signs_and_rare_characters_as_text() -> None:
    signs = "]]> <w:p/> &#0; & \" ' 吉𠮷 😀"
    found = Document(io.BytesIO(docx("x", [Paragraph(runs(signs))], "zh")))

    assert [paragraph.text for paragraph in found.paragraphs] == [signs]


WRITE = """
import hashlib, sys
sys.path.insert(0, {tests!r})
from test_blocks import LETTER
from escalation.letters.docx import docx
from escalation.letters.pdf import pdf
print(hashlib.sha256(pdf("信", LETTER, "zh", system=False) + docx("信", LETTER, "zh")).hexdigest())
"""


def test_two_processes_write_the_same_bytes() -> None:
    code = WRITE.format(tests=str(Path(__file__).parent))
    ran = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(2)]

    assert len({each.stdout for each in ran}) == 1


@settings(max_examples=25)
@given(BLOCKS)
def test_every_letter_can_be_written_as_word(blocks: tuple[Block, ...]) -> None:
    assert docx("x", blocks, "zh") == docx("x", blocks, "zh")
