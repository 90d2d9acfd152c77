"""The columns of the table of cases: which fit, how wide they are, and what a case says in each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from escalation.wording import Wording, visible

Data = Mapping[str, Any]

SIGNS = 3
"""Cells before the columns: chosen, marked, a blank."""


class Column(NamedTuple):
    """One column: how narrow it may be, how it takes part in what is left."""

    name: str
    least: int
    share: int = 0
    order: str | None = None
    """What a click on its heading sorts by."""


def columns(width: int, marks: int, *, clients: bool, persons: bool) -> list[tuple[Column, int]]:
    """Those that fit, with their widths. Mark, next and by stay; from the right the others go."""
    wanted = [
        Column("mark", marks, order="due"), Column("case", 6, order="case"),
        *([Column("client", 8, 1, "client")] if clients else []),
        Column("title", 10, 2, "title"), Column("stage", 10, 1, "stage"), Column("next", 18 if width >= 60 else 12, 3),
        Column("by", 10 if width >= 60 else 5, order="due"), Column("left", 7 if width < 100 else 9),
        Column("whose", 8, 1), *([Column("person", 8, 0, "person")] if persons else []),
    ]  # fmt: skip
    for name in ("person", "whose", "client", "case", "stage", "left", "title"):
        if sum(c.least + 1 for c in wanted) + SIGNS <= width:
            break
        wanted = [c for c in wanted if c.name != name]
    left = max(0, width - SIGNS - sum(c.least + 1 for c in wanted))
    shares = sum(c.share for c in wanted) or 1
    return [(c, c.least + left * c.share // shares) for c in wanted]


def short_day(words: Wording, iso: str, year: int, width: int) -> str:
    """A last day in a column: `11-24`, `11-24 周二`, and the year where it is not this one."""
    if int(iso[:4]) != year:
        return iso if width >= 10 else iso[2:7]
    named = next((w for w in words.day(iso).split() if w in words.say("day.weekdays").split()), "")
    return f"{iso[5:]} {named}" if width >= 9 else iso[5:]


def cells(words: Wording, line: Data, masked: bool, year: int, width_of_by: int) -> dict[str, str]:
    """What one line says, by column."""
    left, do, next_step = line["days_left"], line["do"]["kind"], line["next"]
    if do == "wait":
        next_step = words.say("home.do_wait" if line["do"].get("party") else "home.do_wait_nobody", text=next_step)
    elif do in ("closed", "damaged"):
        next_step = words.say(f"home.do_{do}")
    key = "list.today" if left == 0 else "list.ahead" if left and left > 0 else "list.past"
    client, title, person = (visible(line[name] or "") for name in ("client", "title", "person"))
    if masked:
        from tui.text import masked as stars  # it brings the pages of the command line with it

        client, title, person = stars(client), stars(title), stars(person)
    return {
        "mark": words.say(f"home.mark_{line['mark']}"),
        "case": line["case"],
        "client": client,
        "title": title,
        "stage": visible(line["stage_title"]),
        "next": visible(next_step),
        "by": short_day(words, line["due"], year, width_of_by) if line["due"] else "",
        "left": "" if left is None else words.say(key, n=abs(left)),
        "whose": words.say("word.me") if line["mine"] else visible(line["whose"] or ""),
        "person": person,
    }
