"""Why something cannot be written, in the words of a form: what beside which field, what below."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from escalation.errors import BadInput, Refused, Unmapped
from escalation.wording import Titles, Wording, error_lines, lacking, late, limit_said, where_then
from tui.forms import AT, FILES, NOTE, Answers, Field, Problem, problem_said

_OWN = {"at": AT, "note": NOTE, "file": FILES}
"""What the library calls the fields of every form."""


def refusal_lines(
    error: Exception, words: Wording, titles: Titles, fields: Sequence[Field], beside: Callable[[str, str], None]
) -> list[str]:
    """What to say below the form. `beside`: takes a field's name and what is wrong with it."""
    if isinstance(error, Refused) and not isinstance(error, Unmapped):
        return _refused(error, words, titles)
    if not isinstance(error, BadInput):
        return error_lines(error, words.lang, titles)
    known = {f.name: f.title for f in fields}
    rest = []
    for each in error.problems:
        name = _OWN.get(each.field, each.field)
        said = problem_said(words, Problem(each.expected, limit_said(each, words), each.meant))
        if name in known:
            beside(name, said)
            rest.append(words.say("record.wrong", names=known[name]))
        else:
            rest.append(said)
    return rest


def lacks(answers: Answers, fields: Sequence[Field], words: Wording) -> list[str]:
    """Which fields are empty that may not be, and in which something is wrong."""
    names = {f.name: f.title for f in fields}
    lines = []
    if answers.missing:
        lines.append(words.say("record.lacks", names=words.listed([names[n] for n in answers.missing])))
    if answers.problems:
        lines.append(words.say("record.wrong", names=words.listed([names[n] for n in answers.problems])))
    return lines


def _refused(error: Refused, words: Wording, titles: Titles) -> list[str]:
    refusal, then, events = error.refusal, late(error, words), titles.get("event", {})
    if then is None:
        lines = [words.say("record.cannot", event=events.get(refusal.event, refusal.event))]
    else:
        what = words.say("refused.what_then", event=events.get(refusal.event, refusal.event), day=then.day)
        lines = [what + words.say("word.gap") + words.say("error.nothing_logged")]
    if not refusal.states:
        return [*lines, words.say("refused.closed_then", day=then.day) if then else words.say("refused.closed")]
    lines += [where_then(error, words, titles)] if then else []
    for each in error.facts()["missing"]:
        lines += lacking(each, refusal.event, words, titles)
    if then and any(each.transition for each in refusal.missing):
        lines.append(words.say("refused.by_then", day=then.day))
    if refusal.possible:
        names = words.listed([events.get(each, each) for each in refusal.possible])
        lines.append(words.say("refused.possible_names_then" if then else "record.instead", names=names))
    return list(dict.fromkeys(lines))
