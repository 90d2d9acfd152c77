"""What of a text had better be said otherwise: insults, threats, promises, numbers that need not be there.

Pure: the lexicon is an argument. A finding is a hint, never a verdict, and nothing is ever blocked by one. Every
pattern is bounded, so that the time grows with the text and no faster.

Others' words are not one's own: what stands inside quotation marks, or after 「对方说」 in the same sentence, is left
alone, save numbers that identify someone, and words that sound as if the writer were in danger. Then that alone
is answered, and nothing about style.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

KINDS = (
    "self_harm", "identity", "threat", "insult", "ultimatum", "claim", "demand", "promise", "agent", "shouting",
)  # fmt: skip
"""The gravest first: where two findings overlap, that one is told."""
LONGEST_QUOTE = 400
"""A quotation longer than this was never closed, or is no quotation."""
SENTENCE = 60
"""Characters before a word in which it may be said whose word it is."""

_LOWER = {ord("Ａ") + i: chr(ord("a") + i) for i in range(26)} | {ord("A") + i: chr(ord("a") + i) for i in range(26)}
_WIDTH = {ord("！") + i: chr(ord("!") + i) for i in range(94)} | {ord("’"): "'"}
_CLOSING = {"「": "」", "『": "』", "“": "”", "《": "》", '"': '"'}
_ENDS = re.compile(r"[。！？!?；;\n]|\.\s")


class Known(NamedTuple):
    """What a case says that a text may lean on."""

    proofs: frozenset[str] = frozenset()
    """What its exhibits are: `any`, `recording`."""
    numbers: frozenset[str] = frozenset()
    """Digits that are the case's own and identify no person: contract, ticket."""


class Rule(NamedTuple):
    """One thing to look for."""

    id: str
    kind: str
    find: re.Pattern[str]
    allow: re.Pattern[str] | None = None
    not_after: tuple[str, ...] = ()
    """Words just before it that turn it round."""
    needs: str | None = None
    """An exhibit without which the claim cannot be shown."""
    check: str | None = None
    """What the digits found must pass: `citizen`, `luhn`."""
    quotes: bool = False
    """Looked at inside quotation marks, too."""
    case: bool = False
    cites: tuple[Mapping[str, Any], ...] = ()


class Lexicon(NamedTuple):
    """What to look for, and what is said about it."""

    rules: tuple[Rule, ...]
    reported: re.Pattern[str]
    """Someone else's words follow."""
    said: Mapping[str, Mapping[str, tuple[str, str]]]
    """By language and rule: why, and better."""
    help: Mapping[str, Sequence[Mapping[str, str]]]
    """By language: whom to call."""


class Found(NamedTuple):
    """A place in a text, by characters from 0; `end` is the one after."""

    rule: Rule
    start: int
    end: int


def lexicon(tables: Mapping[str, Mapping[str, Any]]) -> Lexicon:
    """The lexicon out of its data, by language: rules of the same id look for the words of all languages."""
    ids: dict[str, str] = {}
    for table in tables.values():
        for id, each in table["rule"].items():
            ids.setdefault(id, each["kind"])
    rules = [_rule(id, kind, [t["rule"].get(id, {}) for t in tables.values()]) for id, kind in ids.items()]
    return Lexicon(
        tuple(sorted(rules, key=lambda rule: KINDS.index(rule.kind))),
        re.compile("|".join(each for t in tables.values() for each in t["reported"])),
        {lang: {id: (r["why"], r["better"]) for id, r in t["rule"].items()} for lang, t in tables.items()},
        {lang: t["help"] for lang, t in tables.items()},
    )


def _rule(id: str, kind: str, tables: Sequence[Mapping[str, Any]]) -> Rule:
    def every(key: str) -> list[Any]:
        return [each for table in tables for each in table.get(key, ())]

    def first(key: str, otherwise: Any = None) -> Any:
        return next((table[key] for table in tables if key in table), otherwise)

    allow = every("allow")
    return Rule(
        id, kind,
        re.compile("|".join([*map(_literal, sorted(every("words"), key=len, reverse=True)), *every("patterns")])),
        re.compile("|".join(map(_literal, allow))) if allow else None,
        tuple(each.lower() for each in every("not_after")), first("needs"), first("check"),
        first("quotes", False), first("case", False), tuple(every("cites")),
    )  # fmt: skip


def _literal(word: str) -> str:
    """A word to find as it is; a Latin one only whole."""
    text = re.escape(word.lower())
    before = "(?<![a-z])" if word[0].isascii() and word[0].isalpha() else ""
    return before + text + ("(?![a-z])" if word[-1].isascii() and word[-1].isalpha() else "")


def findings(text: str, lexicon: Lexicon, known: Known | None = None) -> list[Found]:
    """What was found, in the order of the text, no two overlapping.

    If the writer may be in danger, that alone: one finding of kind `self_harm`, and nothing else.
    `known` is None where nothing is known of a case: then no claim lacks its exhibit.
    """
    wide = text.translate(_WIDTH)
    low = wide.translate(_LOWER)
    quoted = _quotations(text)
    found: list[Found] = []
    for rule in lexicon.rules:
        if rule.needs is not None and (known is None or rule.needs in known.proofs):
            continue
        here = _of_rule(rule, text if rule.case else wide, low, lexicon, quoted, known)
        if rule.kind == "self_harm":
            first = next(here, None)
            if first is not None:
                return [first]
        found.extend(here)
    return _apart(found)


def _of_rule(
    rule: Rule, wide: str, low: str, lexicon: Lexicon, quoted: bytearray, known: Known | None
) -> Iterator[Found]:
    allowed = bytearray(len(low))
    for span in rule.allow.finditer(low) if rule.allow is not None else ():
        allowed[span.start() : span.end()] = b"\1" * (span.end() - span.start())
    for match in rule.find.finditer(wide if rule.case else low):
        start, end = match.span()
        if allowed[start] or allowed[end - 1]:
            continue
        if not rule.quotes and (quoted[start] or _reported(low, start, lexicon)):
            continue
        if rule.not_after and low[max(0, start - 24) : start].rstrip(" :").endswith(rule.not_after):
            continue
        if rule.check and not _passes(rule.check, match.group(), known):
            continue
        yield Found(rule, start, end)


def _reported(low: str, start: int, lexicon: Lexicon) -> bool:
    """Whether the sentence says before this place that somebody else speaks."""
    before = low[max(0, start - SENTENCE) : start]
    sentence = max((end.end() for end in _ENDS.finditer(before)), default=0)
    return lexicon.reported.search(before, sentence) is not None


def _quotations(text: str) -> bytearray:
    """By character whether it stands inside quotation marks that are closed soon."""
    inside = bytearray(len(text))
    at = 0
    while at < len(text):
        closing = _CLOSING.get(text[at])
        end = text.find(closing, at + 1, at + LONGEST_QUOTE) if closing else -1
        if end > 0 and "\n\n" not in text[at:end]:
            inside[at : end + 1] = b"\1" * (end + 1 - at)
            at = end
        at += 1
    return inside


def _apart(found: Iterable[Found]) -> list[Found]:
    """In the order of the text; of two that overlap the graver stays."""
    kept: list[Found] = []
    rank = {kind: i for i, kind in enumerate(KINDS)}
    for each in sorted(found, key=lambda f: (f.start, rank[f.rule.kind], -f.end)):
        if kept and each.start < kept[-1].end:
            if rank[each.rule.kind] < rank[kept[-1].rule.kind]:
                kept[-1] = each
        else:
            kept.append(each)
    return kept


# -- numbers that identify someone ---------------------------------------------------------------------------


def _passes(check: str, text: str, known: Known | None) -> bool:
    digits = "".join(c for c in text.upper() if c in "0123456789X")
    if known is not None and digits in {each.upper() for each in known.numbers}:
        return False
    return _CHECKS[check](digits)


def _citizen(digits: str) -> bool:
    """Whether these 18 signs are an identity number: a birthday and a check sign. Source: GB 11643-1999."""
    try:
        date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))
    return "10X98765432"[total % 11] == digits[17]


def _luhn(digits: str) -> bool:
    """Whether a row of digits is one of a bank card, by its check digit. Source: ISO/IEC 7812-1, annex B."""
    if not 16 <= len(digits) <= 19:
        return False
    doubled = (int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


_CHECKS: Mapping[str, Callable[[str], bool]] = {"citizen": _citizen, "luhn": _luhn}


def veiled(text: str) -> str:
    """A number with only its last four signs, for a page that others may see."""
    return "*" * max(len(text) - 4, 0) + text[-4:] if len(text) > 8 else "*" * len(text)
