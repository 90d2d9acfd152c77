"""What bounds the cost of a loan, by kind of lender: read from `ground/ceilings.toml`, typed.

Each says what it rests on and how certain that is. What does not apply is in the file as well, and so is what is no
rule at all: people come with it, and had better hear why.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

LENDERS = ("consumer_finance", "bank", "payment_company", "debt_buyer", "micro_lender")
"""The kinds of lender that there are ceilings for; the choices of the fact `respondent`."""

_FILE = Path(__file__).parent / "ground" / "ceilings.toml"


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    zh: str
    en: str

    def said(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


class Ceiling(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A bound, or what is taken for one."""

    id: str
    lenders: tuple[Literal["consumer_finance", "bank", "payment_company", "debt_buyer", "micro_lender"], ...]
    applies: Literal["yes", "no", "no_rule"]
    """`no_rule`: talk without a public text."""
    measure: Literal["rate", "none"]
    """`rate`: the limit is percent a year (nominal) of everything that is paid beyond the principal."""
    limit: Decimal | None = None
    certainty: Literal["statute", "local", "reported", "practice", "default", "none"]
    effective: str
    """Since when it is in force, or is talked of: an ISO date, or the year alone where the day was not read."""
    effective_note: Texts | None = None
    url: str = ""
    source: Texts
    title: Texts
    text: Texts


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ceiling: tuple[Ceiling, ...]


@cache
def _all() -> tuple[Ceiling, ...]:
    return msgspec.toml.decode(_FILE.read_bytes(), type=_File).ceiling


def ceilings(lender: str | None = None) -> tuple[Ceiling, ...]:
    """Those for one kind of lender, in the order of the file; all of them for None. None for a kind unheard of."""
    return tuple(each for each in _all() if lender is None or lender in each.lenders)
