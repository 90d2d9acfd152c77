"""One's own text, looked over before it goes out: shown gently, never blocked, never written down anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from escalation.core.tone import Found, Known, Lexicon, findings, lexicon, veiled
from escalation.errors import BadInput, FieldProblem
from escalation.sourced import cited, ground

Data = dict[str, Any]

LONGEST = 1_000_000
"""Characters of one text."""
MOST = 200
"""Findings that are told of one text; who has more begins with these."""
RECORDINGS = (".m4a", ".mp3", ".wav", ".amr", ".aac", ".ogg", ".flac", ".mp4", ".mov", ".3gp", ".m4v")
_RECORDING_WORDS = ("录音", "录像", "录屏", "recording")


def check(text: str, lang: str, known: Known | None = None) -> list[Data]:
    """What of a text had better be said otherwise, in its order.

    Shape: `kind` (one of `core.tone.KINDS`), `start` and `end` (characters from 0), `line` and `column` (from 1),
    `found` (numbers that identify someone only by their last four), `why`, `better`, `rests_on` (citations),
    `help` (whom to call, with a certainty; empty but for `self_harm`). A text that sounds as if the
    writer were in danger gives that one finding and no other.
    Raises: BadInput for a text longer than LONGEST.
    """
    if len(text) > LONGEST:
        raise BadInput(FieldProblem("text", None, "max_length", limit=str(LONGEST)))
    known_words = _lexicon()
    return [_told(each, text, lang, known_words) for each in findings(text, known_words, known)[:MOST]]


def known_of(facts: Mapping[str, Any], exhibits: Iterable[str]) -> Known:
    """What a text may lean on. `exhibits`: names and titles of what is attached."""
    names = [each.lower() for each in exhibits]
    proofs = {"any"} if names else set()
    if any(name.endswith(RECORDINGS) or any(word in name for word in _RECORDING_WORDS) for name in names):
        proofs.add("recording")
    own = (str(facts.get(name) or "") for name in ("contract_number", "complaint_ticket"))
    numbers = {"".join(c for c in each if c.isdigit()) for each in own}
    return Known(frozenset(proofs), frozenset(numbers - {""}))


@cache
def _lexicon() -> Lexicon:
    return lexicon({lang: ground(f"tone.{lang}") for lang in ("zh", "en")})


def _told(each: Found, text: str, lang: str, lexicon: Lexicon) -> Data:
    lang = lang if lang == "zh" else "en"
    why, better = lexicon.said[lang][each.rule.id]
    found = text[each.start : each.end]
    line_start = text.rfind("\n", 0, each.start) + 1
    return {
        "kind": each.rule.kind,
        "start": each.start,
        "end": each.end,
        "line": text.count("\n", 0, each.start) + 1,
        "column": each.start - line_start + 1,
        "found": veiled(found) if each.rule.kind == "identity" else found[:80],
        "why": why,
        "better": better,
        "rests_on": [cited(cite, lang) for cite in each.rule.cites],
        "help": [dict(row) for row in lexicon.help[lang]] if each.rule.kind == "self_harm" else [],
    }
