"""What the letters' screen says: the list, what is missing, what is told beside a letter. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text
from textual.widgets.option_list import Option

from escalation.wording import Wording, visible
from tui.text import fitted, hung

Data = Mapping[str, Any]


REMEDIES = ("event", "exhibits", "contacts", "capacity")
"""Kinds of what a letter may lack that no field of its form gives."""
MOST = 2
"""Lines for what a letter of the list lacks; all of it stands beside the letter."""


def listed(words: Wording, rows: Sequence[Data], width: int) -> list[Option]:
    """Letters that fit now, then the others, each with what it lacks; lines of at most `width` cells."""
    found: list[Option] = []
    if not rows:
        return [Option(Text(words.say("letters_screen.none")), disabled=True)]
    for fits in (True, False):
        here = [row for row in rows if row["fits"] == fits]
        if here:
            heading = Text(words.say("letter.fits" if fits else "letter.others"), "bold")
            found.append(Option(heading, disabled=True))
        found += (Option(_lines(words, row, width), id=row["document"]) for row in here)
    return found


def _lines(words: Wording, row: Data, width: int) -> Text:
    """The title; below it, indented, whether it can be written."""
    titles = hung("", visible(row["title"]), 2, width, "bold")
    lacks = hung("", _state(words, row), 4, width)
    most = MOST if width >= 60 else 1
    if len(lacks) > most:
        cut = fitted(lacks[most - 1].plain + lacks[most].plain.strip(), width)
        lacks = [*lacks[: most - 1], Text(cut)]
    return Text("\n").join([*titles, *lacks])


def _state(words: Wording, row: Data) -> str:
    if row["problem"]:
        return f"{words.say('mark.bad')} {words.say('letter.problem')}"
    if row["ready"]:
        return f"{words.say('mark.ok')} {words.say('letter.ready')}"
    names = words.listed([visible(each["title"]) for each in row["missing"]])
    return words.say("letter.missing", n=len(row["missing"]), names=names)


def remedy(lacks: Sequence[Data]) -> Data | None:
    """The first thing without which there is no letter, and that is done elsewhere; None: the form is enough."""
    return next((each for each in lacks if each.get("required", True) and each["kind"] in REMEDIES), None)


def missing_said(words: Wording, lacks: Sequence[Data]) -> Text:
    """Why there is no letter yet: what it still needs, and where that could come from."""
    text = Text(words.say("letters_screen.missing"), "bold")
    for each in lacks:
        if each["required"]:
            text.append(f"\n  - {visible(each['title'])}", "")
            how = f"letters_screen.how_{each['kind']}"
            if words.has(how):
                text.append(words.say("word.colon") + words.say(how), "dim")
    found = remedy(lacks)
    if found is not None:
        text.append("\n\n" + words.say("letters_screen.first_how"), "")
    return text


def told_beside(words: Wording, found: Data) -> Text:
    """What is not part of the letter: length, what is left out, what to mind, what it cites and how certain."""
    return Text("\n".join(_beside(words, found)), "dim")


def _beside(words: Wording, found: Data) -> Iterator[str]:
    yield "-" * 12
    if found["limit"] is not None:
        over = found["length"] - found["limit"]
        facts = {"length": found["length"], "limit": found["limit"], "over": over}
        yield words.say("letter.too_long" if over > 0 else "letter.length", **facts)
    if found["left_out"]:
        yield words.say("letter.left_out", names=words.listed([visible(each["title"]) for each in found["left_out"]]))
    if found["notes"]:
        yield words.say("letter.notes")
        yield from (f"  {visible(line)}" for line in found["notes"].splitlines())
    if found["basis"]:
        yield words.say("letter.basis")
        yield from (f"  - {_cited(words, each)}" for each in found["basis"])
    if found["language"] == "en":
        yield words.say("letter.reading")
    yield words.say("note.not_advice")


def _cited(words: Wording, basis: Data) -> str:
    text = words.say("basis.source", title=basis.get("title") or basis.get("source"))
    if basis.get("article"):
        text += words.say("basis.article", article=basis["article"])
    return text + words.say("basis.join") + words.certainty(basis.get("certainty"))
