"""The box at the top of a case: what next, by when, why. It never scrolls away."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from textual.widgets import Static

from escalation.messages import to_do
from escalation.wording import Wording, visible
from tui.text import hung

Data = dict[str, Any]
LABEL = 10


class NextBox(Static):
    """One answer of `desk.next`."""

    def __init__(self, *, id: str) -> None:
        super().__init__("", id=id, classes="box", markup=False)

    def answer(self, advised: Data, words: Wording, width: int, outcome: str | None, tight: bool = False) -> None:
        """Show it. `outcome`: how a closed case ended. `tight`: there is room for what and by when alone."""
        self.update(said(advised, words, max(width - 4, 20), outcome, tight))


def said(advised: Data, words: Wording, width: int, outcome: str | None, tight: bool = False) -> Text:
    """What next, by when, why, what is missing: a few lines of that width."""
    do, lines = advised["do"], []
    lines += _field(words.say("next.label_do"), to_do(do, words), width, "bold")
    if do["kind"] == "closed":
        if outcome:
            lines += _field("", words.say("next.ended", outcome=words.outcome(outcome)), width)
        return Text("\n").join(lines)
    waits = do["kind"] == "wait"
    by = advised["by"]
    if by is not None and by.get("due"):
        left = by.get("days_left")
        day = words.day(by["due"], advised["as_of"])
        text = words.say("by.due", day=day, left=words.days_left(left)) if left is not None else day
        style = "bold red" if not waits and left is not None and left <= 1 else "bold"
        lines += _field(words.say("next.label_until" if waits else "next.label_by"), text, width, style)
        if by.get("provisional"):
            lines += _field("", words.say("by.provisional"), width)
    elif by is not None and by.get("lapses_at"):  # its length is in hours
        at = words.say("by.hours", at=words.instant(by["lapses_at"], advised["as_of"]))
        style = "bold" if waits else "bold red"
        lines += _field(words.say("next.label_until" if waits else "next.label_by"), at, width, style)
    elif do["kind"] == "follow_up" and do.get("due"):
        late = do["due"] < advised["as_of"][:10]
        day = words.day(do["due"], advised["as_of"])
        text = f"{words.say('mark.missed')}  {day}" if late else day
        lines += _field(words.say("next.label_by"), text, width, "bold red" if late else "bold")
    else:
        key = "next.no_day_wait" if waits else "next.no_day"
        lines += _field(words.say("next.label_by"), words.say(key), width)
    if advised.get("why") and not tight:
        lines += _field(words.say("next.label_why"), visible(advised["why"]), width)[:3]
    if do.get("left") and not tight:
        n, event = do["left"], do.get("event_title")
        lines += _field(words.say("next.label_missing"), words.say("next.missing_items", n=n, event=event), width)
    for each in advised["overdue"][:2]:
        lines += _field("!! " + words.say("next.label_overdue"), visible(each["title"]), width, "bold")
    for each in advised["lapsed"] if not tight else ():
        day = words.day(each["due"], advised["as_of"]) if each["due"] else ""
        key = "next.lapsed" if day else "next.lapsed_no_day"
        lines += _field(words.say("next.label_lapsed"), words.say(key, title=visible(each["title"]), day=day), width)
    return Text("\n").join(lines)


def _field(label: str, text: str, width: int, style: str = "") -> list[Text]:
    return hung(label, text, LABEL, width, style)
