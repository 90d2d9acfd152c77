"""What the program says to people, in Chinese and English: sentences, days, names, and errors with their advice.

    wording(lang).say("key", …)     a sentence of zh.toml / en.toml with its facts filled in
    wording(lang).day(…) …          days, lengths, and the fixed words of the glossary
    error_lines(error, lang)        what happened, what was not changed, what to do
    visible(text)                   text by others, with everything that could act on a terminal made visible

zh.toml is written first; en.toml has the same keys. Facts are always shown through `visible`.
"""

from __future__ import annotations

from escalation.wording.errors import error_lines, lacking, late, limit_said, where_then
from escalation.wording.sentences import Titles, Wording, visible, wording

__all__ = [
    "Titles", "Wording", "error_lines", "lacking", "late", "limit_said", "visible", "where_then", "wording",
]  # fmt: skip
