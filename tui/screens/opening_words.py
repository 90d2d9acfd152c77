"""What the last page of the first start says: what will be in the case, what a note will keep, and until when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from escalation.wording import Wording, visible
from tui.forms import Field
from tui.screens.opening import DAYS, Notes, Opened, Plan
from tui.widgets.field_row import choice_said


def answers_said(names: Sequence[str], made: Plan, asked: Sequence[Field], words: Wording) -> list[str]:
    """Answers with what was asked, as they are told in a list. `asked`: the fields of all questions."""
    found = []
    for field in asked:
        if field.name in names and field.name in made.said:
            value = str(made.said[field.name])
            text = choice_said(words, value) if field.type == "choice" else value
            found.append(words.say("welcome.answer", field=field.title, value=text))
    return found


def notes_of(made: Plan, asked: Sequence[Field], words: Wording, day: Callable[[str | None], str]) -> Notes:
    """How the notes of a plan are worded."""

    def step(title: str, on: str | None) -> str:
        return words.say("welcome.note" if on else "welcome.note_no_day", event=title, day=day(on))

    def answers(names: Sequence[str]) -> str:
        return words.say("welcome.note_answers", said=words.listed(answers_said(names, made, asked, words)))

    return Notes(step, answers)


class LastPage(NamedTuple):
    """What the last page says before anything is written."""

    will: list[str]
    """What will be in the case."""
    noted: list[str]
    """What a note will keep."""
    until: str
    """What that waits for; empty where it waits for nothing."""


def last_page(
    made: Plan, tried: Opened, described: Mapping[str, Any], asked: Sequence[Field], words: Wording,
    day: Callable[[str | None], str], hidden: str | None,
) -> LastPage:  # fmt: skip
    """What was found out by trying. `described`: the procedure; `hidden`: what stands for name and amount."""
    titles = {t["event"]: t["title"] for s in described["states"] for t in s["transitions"]}
    covered = {field.name for field in asked if hidden and field.type in ("text", "money")}
    made = made._replace(said={name: hidden if name in covered else value for name, value in made.said.items()})
    title = hidden or visible(made.title or described["title"])
    will = [words.say("welcome.will_open", title=title, procedure=described["title"])]
    if made.opened and made.opened not in [step.day for step in tried.taken]:
        will.append(words.say("welcome.will_begin", day=day(made.opened)))
    written = [n for n in made.said if n not in ("name", *DAYS, *tried.apart)]
    will += answers_said(written, made, asked, words)
    will += [words.say("welcome.will_record", day=day(s.day), event=titles.get(s.event, s.event)) for s in tried.taken]
    if tried.ticked:
        will.append(words.say("welcome.will_tick"))
    noted = [words.say("welcome.will_record", day=day(each.day), event=each.title) for each in tried.kept]
    noted += answers_said(tried.apart, made, asked, words)
    return LastPage(will, noted, _until(tried, asked, words))


def _until(tried: Opened, asked: Sequence[Field], words: Wording) -> str:
    if not tried.kept:
        return ""
    if tried.lacks:
        return words.say("welcome.until_said", field=field_title(tried.lacks, asked))
    unready = list(dict.fromkeys(name for each in tried.kept for name in each.unready))
    key = "until_ready" if unready else "until_there"
    return words.say(f"welcome.{key}", lists=words.listed(unready))


def field_title(name: str, asked: Sequence[Field]) -> str:
    """What a field is called."""
    return next((field.title for field in asked if field.name == name), name)
