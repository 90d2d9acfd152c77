"""The data of `states/ground`, and citations of it: what a sentence rests on, and how sure that is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import states

Data = dict[str, Any]

CITABLE = ("statute", "local", "reported")
"""How sure a rule must be to be shown as one. What is only practice, or remembered, is cited nowhere."""


@cache
def ground(name: str) -> Mapping[str, Any]:
    """One file of `states/ground`, without its suffix."""
    return tomllib.loads((Path(states.__file__).parent / "ground" / f"{name}.toml").read_text("utf-8"))


def text(words: Mapping[str, str], lang: str) -> str:
    """A text in a language; Chinese for `zh`, else English."""
    return words["zh" if lang == "zh" else "en"].strip()


def cited(cite: Mapping[str, str], lang: str) -> Data:
    """A citation in full: source (its id), title, number, article, certainty, effective, until, url, document.

    `document`: whether the title is that of a text, and not only says where something was read.
    """
    source = ground("sources")[cite["source"]]
    return {
        "source": cite["source"],
        "title": text(source["title"], lang),
        "number": source.get("number"),
        "article": cite.get("article"),
        "certainty": cite["certainty"],
        "effective": source.get("effective"),
        "until": source.get("until"),
        "url": source.get("url"),
        "document": source.get("document", True),
    }


def citations(entry: Mapping[str, Any], lang: str) -> list[Data]:
    """All that an entry of the data cites."""
    return [cited(each, lang) for each in entry.get("cites", ())]
