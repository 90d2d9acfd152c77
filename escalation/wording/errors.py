"""Every error as lines for people: what happened, what was not changed, what to do."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from escalation.core.snapshot import Missing
from escalation.errors import (
    BadInput,
    CalendarDamaged,
    CaseMoved,
    ConfigError,
    DeliveryFailed,
    FieldProblem,
    ImportStopped,
    NotFound,
    Refused,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreTooNew,
    StoreUnsure,
    WouldConflict,
)
from escalation.wording.sentences import Titles, Wording, visible, wording
from states.errors import ProcedureError

MOST_KNOWN = 12
"""Names that are listed where one was not found."""


def error_lines(error: BaseException, lang: str, titles: Titles | None = None) -> list[str]:
    """What an error means for the person who met it. `titles`: what the case's procedure calls things.

    Shape: at least one line; those that belong to one above are indented.
    """
    said, names = wording(lang), titles or {}
    match error:
        case Refused():
            return _refused(error, said, names)
        case BadInput():
            return bad_input(error.problems, said, names)
        case NotFound():
            return _not_found(error, said)
        case WouldConflict():
            return _would_conflict(error, said, names)
        case CaseMoved():
            facts = {"case": error.case, "expected": error.expected, "found": error.found}
            return [said.say("case_moved.what", **facts), said.say("case_moved.how", **facts)]
        case ImportStopped():
            return _import_stopped(error, said)
        case StoreError():
            return _store(error, said)
        case DeliveryFailed():
            reason = reason_said(error.reason, said)
            how = "delivery_failed.for_good" if error.permanent else "delivery_failed.later"
            return [said.say("delivery_failed.what", reason=reason), said.say(how)]
        case CalendarDamaged():
            return _calendar(error, said)
        case ConfigError():
            expected = _expected(said, error.expected, error.value, None)
            what = said.say("config.what", key=error.key, expected=expected)
            return [what, said.say("config.value", value=error.value), said.say("error.nothing_changed")]
        case ProcedureError():
            return _procedure(error, said)
    if getattr(error, "kind", None) == "usage":
        return _usage(str(error), getattr(error, "usage", ""), said)
    return [said.say("error.unexpected", text=str(error) or type(error).__name__)]


def reason_said(reason: str, said: Wording) -> str:
    """Why something was not delivered: a phrase of the `reason` table, with a detail after a colon."""
    phrase, sign, detail = reason.partition(": ")
    known = f"reason.{phrase}"
    text = said.say(known) if said.has(known) else visible(phrase)
    return text + said.say("word.colon") + visible(detail) if sign else text


def lacking(missing: Mapping[str, Any], event: str, said: Wording, titles: Titles) -> list[str]:
    """What one candidate transition lacks, in the shape of `views.missing_of`: a heading and its lines."""
    if not missing.get("transition", True):
        state = _title(titles, "state", missing["state"])
        return [said.say("refused.no_transition", state=state, event=_title(titles, "event", event))]
    to = missing.get("to")
    lines = [said.say("refused.towards", to=_title(titles, "state", to)) if to else said.say("refused.stays")]
    for name, items in (missing.get("checklists") or {}).items():
        listed = said.listed([_title(titles, "item", f"{name}.{item}", item) for item in items])
        checklist = _title(titles, "checklist", name)
        lines.append("  - " + said.say("refused.items", checklist=checklist, items=listed))
    lines += ["  - " + _reason(why, said, titles) for why in missing.get("why") or ()]
    return lines


def bad_input(problems: Iterable[FieldProblem], said: Wording, titles: Titles) -> list[str]:
    """Every field that is wrong, one line each."""
    lines = [_problem(each, said, titles) for each in problems]
    return [said.say("bad_input.what", n=len(lines)), *(f"  - {line}" for line in lines)]


def _calendar(error: CalendarDamaged, said: Wording) -> list[str]:
    """Which file, and where in it."""
    lines = sorted({line for line, _, _ in error.problems if line is not None})
    where = said.say("calendar_damaged.line", lines=said.listed([str(n) for n in lines])) if lines else ""
    what = said.say("calendar_damaged.what", file=visible(error.file)) + where
    return [what, said.say("calendar_damaged.do")]


def _refused(error: Refused, said: Wording, titles: Titles) -> list[str]:
    refusal = error.refusal
    event = _title(titles, "event", refusal.event)
    lines = [said.say("refused.what", event=event) + said.say("word.gap") + said.say("error.nothing_logged")]
    if not refusal.states:
        return [*lines, said.say("refused.closed")]
    states = [
        _title(titles, "state", state)
        if len(refusal.states) == 1
        else f"{_title(titles, 'track', track, said.say('word.main') if track == 'main' else track)}"
        f"{said.say('word.colon')}{_title(titles, 'state', state)}"
        for track, state in refusal.states.items()
    ]
    lines.append(said.say("refused.states", states=said.listed(states)))
    lines += _all_missing(refusal.missing, refusal.event, said, titles)
    if any(m.transition for m in refusal.missing):
        lines.append(said.say("refused.instead"))
    if not refusal.possible:
        return [*lines, said.say("refused.possible_none")]
    return [
        *lines,
        said.say("refused.possible"),
        *(f"  - {_with_id(titles, each, said)}" for each in refusal.possible),
    ]


def _all_missing(missing: Iterable[Missing], event: str, said: Wording, titles: Titles) -> list[str]:
    lines: list[str] = []
    for each in missing:
        lines += lacking(msgspec.to_builtins(each), event, said, titles)
    return list(dict.fromkeys(lines)) if len(lines) > 1 else lines


def _reason(why: Mapping[str, Any], said: Wording, titles: Titles) -> str:
    """Why an expression does not hold: what is not set, or both values of a comparison that fails."""
    expression = said.expression(why["text"], titles)
    if why.get("unset"):
        return said.say("refused.unset", names=said.listed([said.name(name, titles) for name in why["unset"]]))
    left, right = why.get("left"), why.get("right")
    if left is not None and right is not None:
        return said.say("refused.compared", expression=expression, left=left, right=right)
    return said.say("refused.holds", expression=expression)


def _problem(problem: FieldProblem, said: Wording, titles: Titles) -> str:
    field = problem.field
    # A line of a file has the file's keys; a command has options.
    option = problem.line is None and said.has(f"field.{field}")
    label = said.say(f"field.{field}") if option else _title(titles, "fact", field)
    line = said.say("bad_input.line", line=problem.line) if problem.line is not None else ""
    expected = _expected(said, problem.expected, problem.value, problem.limit)
    text = said.say("bad_input.problem", line=line, field=label, expected=expected).rstrip()
    if problem.value not in (None, ""):
        text += said.say("bad_input.value", value=_short(str(problem.value)))
    if not text.endswith((".", "。", ")", "）")):
        text += said.say("word.stop")
    return text + _meant(problem.meant, said)


def _expected(said: Wording, expected: str, value: Any, limit: str | None) -> str:
    key = f"expected.{expected}"
    if not said.has(key):
        return visible(expected)
    if limit and expected in _OF_FILES:
        limit = system_said(limit, said)
    return said.say(key, limit=limit, value=value).rstrip(" ：:")


_OF_FILES = ("file", "new_file", "unwritable")
_SYSTEM = (
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ENOSPC, errno.EROFS, errno.ENAMETOOLONG,
    errno.EDQUOT, errno.EIO,
)  # fmt: skip
"""What people meet; the rest stays as the machine says it."""


def system_said(reason: str, said: Wording) -> str:
    """What the operating system says of a file, in the reader's language where it is something usual."""
    code = next((errno.errorcode[each] for each in _SYSTEM if os.strerror(each) == reason), None)
    return said.say(f"system.{code}") if code is not None else reason


def _meant(meant: str | None, said: Wording) -> str:
    return said.say("word.gap") + said.say("error.meant", meant=meant) if meant else ""


def _not_found(error: NotFound, said: Wording) -> list[str]:
    what = error.what if said.has(f"not_found.{error.what}") else "other"
    if what in ("case", "item") and len(error.known) > 1 and _ambiguous(error):
        what += "_several"
    if what == "case" and not error.known:
        return [said.say("not_found.case", key=error.key), said.say("not_found.case_none")]
    lines = [said.say(f"not_found.{what}", key=_short(error.key)) + _meant(error.meant, said)]
    if error.known and not error.meant:
        more = len(error.known) - MOST_KNOWN
        known = said.listed([_short(each) for each in error.known[:MOST_KNOWN]])
        lines.append(said.say("error.known", known=known) + (said.say("error.known_more", n=more) if more > 0 else ""))
    return [*lines, said.say("error.nothing_changed")]


def _ambiguous(error: NotFound) -> bool:
    """Whether all that is known fits what was said."""
    if error.what == "case":
        return bool(error.key) and all(each.startswith(error.key) for each in error.known)
    return all(each.partition(".")[2] == error.key for each in error.known)


def _would_conflict(error: WouldConflict, said: Wording, titles: Titles) -> list[str]:
    lines = [said.say("would_conflict.what", n=len(error.conflicts))]
    for each in error.conflicts:
        event = _title(titles, "event", each.event)
        lines.append("  - " + said.say("would_conflict.entry", seq=each.seq, event=event))
        lines += [f"    {line}" for line in _all_missing(each.missing, each.event, said, titles)]
    accept = "--accept " + " ".join(str(each.seq) for each in error.conflicts)
    return [*lines, said.say("error.nothing_logged"), said.say("would_conflict.how", accept=accept)]


def _import_stopped(error: ImportStopped, said: Wording) -> list[str]:
    """What went in, what did not, and how to go on without having anything twice."""
    from shlex import quote

    lines = [
        said.say("import_stopped.what", path=error.path), _reason_of(error, said),
        said.say("import_stopped.kept", n=len(error.cases), entries=error.entries),
    ]  # fmt: skip
    if error.skipped:
        lines.append(said.say("import_stopped.skipped", n=len(error.skipped)))
    if error.left:
        lines.append(said.say("import_stopped.left", n=len(error.left)))
    if error.rest:
        lines += [said.say("import_stopped.rest"), f"  escalation import {quote(error.rest)}"]
    elif error.left:
        lines.append(said.say("import_stopped.from", key=_short(str(error.left[0]))))
    if error.unsure:
        _, ref = error.unsure[0]
        lines.append(said.say("import_stopped.unsure", n=len(error.unsure), case=ref))
        if error.rest_unsure:
            lines.append(said.say("import_stopped.rest_unsure"))
            lines.append(f"  escalation import {quote(error.rest_unsure)}")
    return [*lines, said.say("import_stopped.not_again")]


def _reason_of(error: StoreError, said: Wording) -> str:
    known = f"reason.{error.reason}"
    return said.say("store.reason", reason=said.say(known) if said.has(known) else system_said(error.reason, said))


def _store(error: StoreError, said: Wording) -> list[str]:
    reason = _reason_of(error, said)
    server = "://" in error.path
    match error:
        case StoreTooNew():
            what = said.say("store.database_too_new" if server else "store.too_new", path=error.path)
            return [what, reason, said.say("store.too_new_how")]
        case StoreBusy():
            what = said.say("store.database_busy" if server else "store.busy", path=error.path)
            return [what, said.say("store.busy_how")]
        case StoreUnsure():
            return [said.say("store.unsure", path=error.path), said.say("store.unsure_how")]
        case StoreDamaged():
            key = f"store.damaged_{error.reason}"
            why = said.say(key) if said.has(key) else error.reason
            what = said.say("store.damaged", case=error.case, seq=error.seq, reason=why)
            return [what, said.say("store.damaged_path", path=error.path), said.say("store.damaged_how")]
    if server:
        return [said.say("store.database", path=error.path), reason, said.say("store.database_how")]
    how = "store_full.how" if error.reason == os.strerror(errno.ENOSPC) else "store.how"
    return [said.say("store.what", path=error.path), reason, said.say(how)]


def _procedure(error: ProcedureError, said: Wording) -> list[str]:
    # Only who meets a broken definition pays for its sentences.
    from states.findings import sentence

    lines = [said.say("procedure.what", n=len(error.problems))]
    for each in error.problems:
        place = f"{each.file}:{each.line}:{each.column}"
        lines += [f"  {visible(place)}", f"    {visible(sentence(each, said.lang))}"]
    return [*lines, said.say("error.nothing_changed") + said.say("word.gap") + said.say("procedure.how")]


_USAGE = (
    ("required", re.compile(r"the following arguments are required: (?P<what>.*)")),
    ("unrecognized", re.compile(r"unrecognized arguments: (?P<what>.*)", re.DOTALL)),
    ("invalid_choice", re.compile(
        r"argument (?P<argument>.*?): invalid choice: '?(?P<what>.*?)'? \(choose from (?P<choices>.*)\)", re.DOTALL
    )),
    ("expected_one", re.compile(r"argument (?P<argument>.*?): expected one argument")),
    ("expected_some", re.compile(r"argument (?P<argument>.*?): expected at least one argument")),
    ("not_with", re.compile(r"argument (?P<argument>.*?): not allowed with argument (?P<what>.*)")),
)  # fmt: skip
"""What the parser of the standard library says, which it says in English only."""


def _usage(message: str, usage: str, said: Wording) -> list[str]:
    found = ((key, pattern.fullmatch(message)) for key, pattern in _USAGE)
    key, facts = next(((key, m.groupdict()) for key, m in found if m), ("other", {"message": message}))
    if "choices" in facts:
        facts["choices"] = facts["choices"].replace("'", "")
    usage = " ".join(usage.removeprefix("usage:").split())
    lines = [said.say(f"usage.{key}", **facts)]
    return [*lines, *([said.say("usage.how", usage=usage)] if usage else []), said.say("error.usage_help")]


def _title(titles: Titles, kind: str, id: str, otherwise: str | None = None) -> str:
    return visible(titles.get(kind, {}).get(id) or otherwise or id)


def _with_id(titles: Titles, event: str, said: Wording) -> str:
    """An event as people call it, with the id they type."""
    title = _title(titles, "event", event)
    return title if title == event else title + said.say("word.paren", text=event)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
