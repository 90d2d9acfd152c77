"""The text of a template with the values of a case in it; no value is ever read as markup.

How. While the text is made and read, every sign of a value that Markdown could take for its own stands in a
private corner of Unicode; once the blocks are there, it is put back. A value so is opaque however often it passes
through a template, and nothing has to be escaped for one format and unescaped for another.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from escalation.letters.blocks import Block, read_blocks, settled
from states.errors import Finding, ProcedureError
from states.template import Template, environment

LARGEST_TEXT = 400_000
"""Characters. What a template makes of its data beyond that is a mistake."""
_CORNER = 0x10F000
"""Private use: nobody's characters."""
_SIGNS = "".join(map(chr, range(0x21, 0x30))) + ":;<=>?@[\\]^_`{|}~ \t\n"
_HIDE = {ord(sign): chr(_CORNER + ord(sign)) for sign in _SIGNS}
_SHOW = {_CORNER + ord(sign): sign for sign in _SIGNS}


def rendered(template: Template, names: Mapping[str, Any], lang: str) -> tuple[Block, ...]:
    """The blocks of a letter. `names`: what `filling.names` gives.

    Raises: ProcedureError where the template says something that is not there without asking whether it is.
    """
    from jinja2 import TemplateError

    made = environment()
    made.filters |= {"day": lambda value: day(value, lang), "money": money, "upper": capitals}
    made.finalize = lambda value: hidden(said(value, lang))
    pieces: list[str] = []
    size = 0
    try:
        for piece in made.from_string(template.body).generate(**names):
            size += len(piece)
            if size > LARGEST_TEXT:
                raise ValueError("longer than any letter")
            pieces.append(piece)
    except (TemplateError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        line = _line(error)
        facts = {"found": str(error)[:200]}
        raise ProcedureError([Finding("template-fails", "error", template.file, line, 1, "text", facts)]) from error
    return settled(shown(read_blocks("".join(pieces))))


def said(value: Any, lang: str) -> str:
    """A value as a letter says it. Raises: ValueError for what is not there: a letter has no blanks."""
    match value:
        case None:
            raise ValueError("a value that is not there is said without asking whether it is")
        case bool():
            return {"zh": ("否", "是"), "en": ("no", "yes")}[lang][value]
        case date():
            return day(value, lang)
        case Decimal():
            return f"{value:f}"
        case int():
            return str(value)
        case str():
            return value
    raise ValueError("only one value at a time can be said")


def day(value: Any, lang: str) -> str:
    """2026年3月2日, 2 March 2026. `value`: a day, an instant, or ISO text of one."""
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    if not isinstance(value, date | datetime):
        raise ValueError("day is for days")
    if lang == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    months = "January February March April May June July August September October November December"
    return f"{value.day} {months.split()[value.month - 1]} {value.year}"


def money(value: Any) -> str:
    """12,000.00. Units: yuan."""
    return f"{_sum(value):,.2f}"


def capitals(value: Any) -> str:
    """壹万贰仟元整: a sum in the capitals in which no figure can be changed. Units: yuan.

    Source: the rules of the People's Bank on filling in bills (正确填写票据和结算凭证的基本规定).
    """
    amount = _sum(value)
    if abs(amount) >= Decimal(10) ** 12:
        raise ValueError("a sum too large for capitals")
    yuan, cents = divmod(int(abs(amount) * 100), 100)
    jiao, fen = divmod(cents, 10)
    text = f"{_whole(yuan)}元" if yuan else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    if fen:
        text += ("零" if yuan and not jiao else "") + f"{_DIGITS[fen]}分"
    return ("负" if amount < 0 else "") + (text or "零元") + ("" if fen else "整")


_DIGITS = "零壹贰叁肆伍陆柒捌玖"


def _whole(number: int) -> str:
    """Groups of four figures, one 零 for any row of zeros between figures."""
    text, gap = "", False
    for exponent in range(len(str(number)) - 1, -1, -1):
        digit = number // 10**exponent % 10
        place, group = exponent % 4, exponent // 4
        if digit:
            text += ("零" if gap else "") + _DIGITS[digit] + ("", "拾", "佰", "仟")[place]
            gap = False
        else:
            gap = bool(text)
        if place == 0 and number // 10**exponent % 10_000:
            text += ("", "万", "亿")[group]
    return text


def _sum(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("money is for sums")
    return Decimal(value)


# -- values are opaque -------------------------------------------------------------------------------


def clean(text: str) -> str:
    """Text of a person without what cannot be seen: control and direction characters, and our private corner."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or not _unseen(c))


def _unseen(character: str) -> bool:
    if 0 <= ord(character) - _CORNER < 0x80:
        return True
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _DIRECTIONS


_DIRECTIONS = "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\ufe0e\ufe0f"


def hidden(text: str) -> str:
    """A value as it passes through the template and Markdown."""
    return text.translate(_HIDE)


def shown(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Blocks with the values as people wrote them."""
    found: tuple[Block, ...] = msgspec.convert(_each(msgspec.to_builtins(blocks)), type=tuple[Block, ...])
    return found


def _each(data: Any) -> Any:
    match data:
        case str():
            return data.translate(_SHOW)
        case dict():
            return {key: _each(value) for key, value in data.items()}
        case list() | tuple():
            return [_each(value) for value in data]
    return data


def _line(error: BaseException) -> int:
    """The line of the template at which it failed: Jinja names its own file in the traceback."""
    found, at = 1, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == "<template>":
            found = at.tb_lineno
        at = at.tb_next
    return found
