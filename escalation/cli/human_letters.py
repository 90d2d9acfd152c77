"""What `write` says to people: the list of letters, and beside a letter what is not part of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from escalation.cli.human_page import SOON, STRONG, Data, Page
from escalation.cli.human_words import basis
from escalation.cli.output import Output
from escalation.wording import visible


def letters(page: Page, rows: list[Data]) -> None:
    """`write CASE`: those that fit now, then the rest. Extra: `case`."""
    case = page.extra["case"]
    if not rows:
        page.put(page.say("letter.none", case=case))
        return
    for fits in (True, False):
        here = [row for row in rows if row["fits"] == fits]
        if not here:
            continue
        page.heading(page.say("letter.fits" if fits else "letter.others"))
        for row in here:
            to = page.say("word.comma") + page.say("letter.to", to=row["to"]) if row["to"] else ""
            page.bullet((row["title"], STRONG), page.say("word.paren", text=row["document"]), to)
            page.put(*_state(page, row), indent=4)
    page.gap()
    page.muted(page.say("letter.how", case=case))
    page.footer()


def _state(page: Page, row: Data) -> list[Any]:
    """Ready, or what is missing."""
    if row["problem"]:
        return [(page.say("mark.bad") + " ", SOON), page.say("letter.problem")]
    if row["ready"]:
        return [page.say("mark.ok"), " ", page.say("letter.ready")]
    names = page.said.listed([each["title"] for each in row["missing"]])
    return [page.say("letter.missing", n=len(row["missing"]), names=names)]


def beside(found: Data, out: Output) -> None:
    """What is told on standard error: where it lies, what to mind, what it cites, how long, how it sounds."""
    lines = list(_lines(found, out))
    sys.stderr.write("".join(f"{visible(line)}\n" for line in lines))
    sys.stderr.flush()


def _lines(found: Data, out: Output) -> Iterator[str]:
    page = Page(out, {})
    if found.get("file"):
        yield page.say("letter.written", file=found["file"])
    if found.get("seq"):
        yield page.say("letter.kept", seq=found["seq"])
    if found["limit"] is not None:
        over = found["length"] - found["limit"]
        facts = {"length": found["length"], "limit": found["limit"], "over": over}
        yield page.say("letter.too_long" if over > 0 else "letter.length", **facts)
    if found["left_out"]:
        yield page.say("letter.left_out", names=page.said.listed([each["title"] for each in found["left_out"]]))
    if found["notes"]:
        yield page.say("letter.notes")
        yield from (f"  {line}" for line in found["notes"].splitlines())
    if found["basis"]:
        yield page.say("letter.basis")
        yield from (f"  - {basis(page, each)}" for each in found["basis"])
    if found["tone"] and found["tone"][0]["help"]:
        yield found["tone"][0]["why"]
        yield from (f"  {each['number']}  {each['what']}" for each in found["tone"][0]["help"])
    elif found["tone"]:
        yield page.say("letter.tone")
        for each in found["tone"]:
            yield "  - " + page.say("letter.tone_one", found=each["found"], why=each["why"])
            if each.get("better"):
                yield "    " + page.say("letter.tone_better", better=each["better"])
    if found["language"] == "en":
        yield page.say("letter.reading")
    elif out.lang == "en":
        yield page.say("letter.english")
    yield page.say("note.not_advice")
