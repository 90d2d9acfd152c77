"""Every sentence the screens say, in both languages: `zh.toml` and `en.toml` beside this file.

The library's own sentences (days, lengths, statuses, errors) can be said as well, by the same keys as there.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from escalation.wording import Wording, wording


@cache
def words(lang: str) -> Wording:
    """The sentences of a language: `say("home.title")`."""
    known = wording(lang)
    table = tomllib.loads((Path(__file__).parent / f"{known.lang}.toml").read_text("utf-8"))
    own = {f"{section}.{key}": said for section, each in table.items() for key, said in each.items()}
    return Wording(known.lang, {**known.sentences, **own})
