"""Every error as lines for people: what happened, what was not changed, what to do."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any, NamedTuple

import msgspec

from escalation.core.snapshot import Missing
from escalation.errors import (
    BadInput,
    CalendarDamaged,
    CaseMoved,
    ConfigError,
    DefinitionDamaged,
    DeliveryFailed,
    FieldProblem,
    ImportStopped,
    NotFound,
    Refused,
    StoreBroken,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreReadOnly,
    StoreTooNew,
    StoreUnsure,
    Then,
    Unmapped,
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
        case Unmapped():
            return _unmapped(error, said, names)
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
    if detail and said.has(f"reason.{phrase}, and said"):
        return said.say(f"reason.{phrase}, and said", detail=detail)
    known = f"reason.{phrase}"
    text = said.say(known) if said.has(known) else visible(phrase)
    if not detail:
        return text
    return text + said.say("word.colon") + visible(detail) if sign else text


def lacking(
    missing: Mapping[str, Any], event: str, said: Wording, titles: Titles, then: Late | None = None
) -> list[str]:
    """What one candidate transition lacks, in the shape of `views.missing_of`: a heading and its lines.

    `then`: it lacked it at an earlier instant, so the commands that mend it are named with that.
    """
    if not missing.get("transition", True):
        state = _title(titles, "state", missing["state"])
        return [said.say("refused.no_transition", state=state, event=_title(titles, "event", event))]
    to = missing.get("to")
    heading, listing = ("towards_then", "items_then") if then else ("towards", "items")
    stays = "refused.stays_then" if then else "refused.stays"
    lines = [said.say(f"refused.{heading}", to=_title(titles, "state", to)) if to else said.say(stays)]
    for name, items in (missing.get("checklists") or {}).items():
        listed = said.listed([_title(titles, "item", f"{name}.{item}", item) for item in items])
        checklist = _title(titles, "checklist", name)
        lines.append("  - " + said.say(f"refused.{listing}", checklist=checklist, items=listed))
        lines += [f"    escalation done {then.case} {name}.{item} --at {then.at}" for item in items if then]
    for why in missing.get("why") or ():
        lines.append("  - " + _reason(why, said, titles))
        facts = [name.partition(".")[2] for name in why.get("unset") or () if name.startswith("facts.")]
        lines += [f"    escalation facts {then.case} {fact}=… --at {then.at}" for fact in facts if then]
    return lines


class Late(NamedTuple):
    """An entry that was dated before the present."""

    case: str
    at: str
    """What `--at` takes."""
    day: str
    """The same, for people."""


def late(error: Refused, said: Wording) -> Late | None:
    """When the refused entry was dated, if not at present."""
    at, then = error.refusal.at, error.then
    if then is None or at >= then.now:
        return None
    local, today = at.astimezone(then.zone), then.now.astimezone(then.zone).date().isoformat()
    noon = local.time() == time(12)  # what a day alone stands for
    fine = "minutes" if not (local.second or local.microsecond) else "auto"
    typed = local.date().isoformat() if noon else local.replace(tzinfo=None).isoformat("T", fine)
    iso = local.isoformat()
    return Late(then.case, typed, said.day(iso, today) if noon else said.instant(iso, today))


def where_then(error: Refused, said: Wording, titles: Titles) -> str:
    """In which states the case was when the refused event is said to have happened; and is now, where they differ."""
    refusal, then = error.refusal, late(error, said)
    states = _states(refusal.states, said, titles)
    if then is None or error.then is None or error.then.states_now == refusal.states:
        return said.say("refused.states", states=states)
    now = _states(error.then.states_now, said, titles)
    return said.say("refused.states_then" if now else "refused.states_closed", day=then.day, states=states, now=now)


def _states(states: Mapping[str, str], said: Wording, titles: Titles) -> str:
    named = {
        track: _title(titles, "track", track, said.say("word.main") if track == "main" else track) for track in states
    }
    return said.listed([
        (named[track] + said.say("word.colon") if len(states) > 1 else "") + _title(titles, "state", state)
        for track, state in states.items()
    ])  # fmt: skip


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
    if error.then is not None and error.refusal.at > error.then.now:
        return _supposed(error, error.then, said, titles)
    refusal, then = error.refusal, late(error, said)
    event, day = _title(titles, "event", refusal.event), then.day if then else None
    what = said.say("refused.what_then" if then else "refused.what", event=event, day=day)
    lines = [what + said.say("word.gap") + said.say("error.nothing_logged")]
    if not refusal.states:
        return [*lines, said.say("refused.closed_then" if then else "refused.closed", day=day)]
    lines.append(where_then(error, said, titles))
    lines += _all_missing(refusal.missing, refusal.event, said, titles, then)
    if any(m.transition for m in refusal.missing):
        lines.append(said.say("refused.instead_then" if then else "refused.instead"))
    if not refusal.possible:
        return [*lines, said.say("refused.possible_none_then" if then else "refused.possible_none")]
    return [
        *lines,
        said.say("refused.possible_then" if then else "refused.possible"),
        *(f"  - {_with_id(titles, each, said)}" for each in refusal.possible),
    ]


def _supposed(error: Refused, then: Then, said: Wording, titles: Titles) -> list[str]:
    """Why an event cannot come as it was supposed to: how things would be then, going by what is known."""
    refusal = error.refusal
    day = said.day(refusal.at.astimezone(then.zone).isoformat(), then.now.astimezone(then.zone).date().isoformat())
    lines = [said.say("refused.what_supposed", event=_title(titles, "event", refusal.event), day=day)]
    if not refusal.states:
        return [*lines, said.say("refused.closed_supposed")]
    lines.append(said.say("refused.states_supposed", states=_states(refusal.states, said, titles)))
    lines += _all_missing(refusal.missing, refusal.event, said, titles)
    if not refusal.possible:
        return [*lines, said.say("refused.possible_none_supposed")]
    possible = (f"  - {_with_id(titles, each, said)}" for each in refusal.possible)
    return [*lines, said.say("refused.possible_supposed"), *possible]


def _unmapped(error: Unmapped, said: Wording, titles: Titles) -> list[str]:
    """Which states have no place in the other definition, and the command that gives them one."""
    from shlex import quote

    lines = [said.say("unmapped.what", case=error.case, to=error.to)]
    for state in error.states.values():
        known = error.meant.get(state)
        line = said.say("unmapped.state", state=_title(titles, "state", state), id=state)
        lines.append("  - " + line + (_meant(known, said) if known else ""))
    new = said.say("unmapped.new")
    meant = {state: quote(near) for state, near in error.meant.items()}
    pairs = " ".join(f"{quote(state)}={meant.get(state, new)}" for state in error.states.values())
    return [
        *lines,
        said.say("unmapped.how"),
        f"  escalation migrate {error.case} --to {quote(error.to)} --map {pairs}",
        said.say("unmapped.which"),
        f"  escalation procedure show {quote(error.to)}",
        said.say("error.nothing_changed"),
    ]


def _all_missing(
    missing: Iterable[Missing], event: str, said: Wording, titles: Titles, then: Late | None = None
) -> list[str]:
    lines: list[str] = []
    for each in missing:
        lines += lacking(msgspec.to_builtins(each), event, said, titles, then)
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
    if problem.line is not None and field == "line":
        line, label = line.rstrip(" ,"), ""
    code = problem.expected
    if code == "unknown" and not problem.limit:
        code = "unknown_none" if problem.line is None and not problem.meant else "unknown_bare"
    if code == "not_before_opening" and problem.line is not None:
        code = "not_before_opening_line"  # which is no case yet that a command could name
    expected = _expected(said, code, problem.value, limit_said(problem, said))
    text = said.say("bad_input.problem", line=line, field=label, expected=expected).rstrip()
    if problem.value not in (None, ""):
        value = str(problem.value)
        if problem.line is None and problem.expected in _OF_INSTANTS:
            value = _instant_said(value, said)
        text += said.say("bad_input.value", value=_short(value))
    if not text.endswith((".", "。", ")", "）")):
        text += said.say("word.stop")
    return text + _meant(problem.meant, said)


def _expected(said: Wording, expected: str, value: Any, limit: str | None) -> str:
    from shlex import quote

    key = f"expected.{expected}"
    if not said.has(key):
        return visible(expected)
    return said.say(key, limit=limit, value=value, typed=quote(str(value))).rstrip(" ：:")


_OF_INSTANTS = ("not_before_opening", "opening_before_entries", "not_before_last", "clock_behind")
"""What is expected where the limit is an instant, in the zone of whoever reads it."""


def limit_said(problem: FieldProblem, said: Wording) -> str | None:
    """The bound of a field as people say it: an instant, or why a file or a calendar cannot be read."""
    if problem.limit is None:
        return None
    if problem.expected == "calendar_file":
        return _calendar_said(problem.limit, said)
    if problem.line is None and problem.expected in _OF_INSTANTS:
        return _instant_said(problem.limit, said)
    return system_said(problem.limit, said)


def _instant_said(text: str, said: Wording) -> str:
    """An instant with its year, for nobody knows which is meant; what a person typed stays as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return said.instant(at.isoformat(), "") if at.tzinfo is not None else text


_CALENDAR = (
    ("not_utf8", re.compile("is not UTF-8 text")),
    ("not_toml", re.compile("is not TOML: (?P<found>.*)", re.DOTALL)),
    ("calendar", re.compile('must be "CN", .*')),
    ("year", re.compile(r"must be between (?P<first>\d+) and (?P<last>\d+)")),
    ("text", re.compile("must be text in quotes")),
    ("number", re.compile("must be a whole number")),
    ("date", re.compile("must be a date without quotes, .*")),
    ("list", re.compile(r"must be a list in \[ \]")),
    ("table", re.compile("must be a table")),
    ("key_above", re.compile("is not a known key; it belongs above .*")),
    ("key_meant", re.compile(r"is not a known key; did you mean (?P<meant>.*)\?")),
    ("key", re.compile("is not a known key")),
    ("missing", re.compile("is missing")),
    ("empty", re.compile("is empty")),
    ("year_of_day", re.compile(r"(?P<day>\S+) is not in (?P<year>\d+)")),
    ("order", re.compile(r"(?P<day>\S+) is before from, (?P<first>\S+)")),
    ("long", re.compile(r"(?P<day>\S+) makes (?P<days>\d+) days off in a row")),
    ("weekend", re.compile(r"(?P<day>\S+) is a weekend, off anyway, and '(?P<name>.*)' is no festival")),
    ("off", re.compile(r"(?P<day>\S+) is off (?:already|too), as (?P<name>.*)")),
    ("workday", re.compile(r"(?P<day>\S+) is a \w+: only a weekend day can be made up on")),
    ("twice", re.compile(r"(?P<day>\S+) is listed twice")),
)
"""What reading a calendar file says, which it says in English only."""


def _calendar_said(message: str, said: Wording) -> str:
    found = ((key, pattern.fullmatch(message)) for key, pattern in _CALENDAR)
    return next((said.say(f"calendar_file.{key}", **m.groupdict()) for key, m in found if m), message)


_SYSTEM = (
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ENOSPC, errno.EROFS, errno.ENAMETOOLONG,
    errno.EDQUOT, errno.EIO, errno.EEXIST, errno.EBUSY, errno.ELOOP, errno.EFBIG, errno.EMFILE, errno.EINVAL,
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
    for known in (f"reason.{error.reason}", f"store_reason.{error.reason}"):
        if said.has(known):
            return said.say("store.reason", reason=said.say(known))
    return said.say("store.reason", reason=system_said(error.reason, said))


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
        case DefinitionDamaged():
            named = error.procedure or error.hash[:12]
            what = said.say(f"definition_damaged.{error.reason}", procedure=named, version=error.version)
            how = "store.too_new_how" if error.reason == "unreadable" else "store.damaged_how"
            return [what, said.say("store.damaged_path", path=error.path), said.say(how)]
        case StoreReadOnly():
            full = error.reason == os.strerror(errno.ENOSPC)
            how = said.say("store_read_only.full" if full else "store_read_only.how")
            return [said.say("store_read_only.what", path=error.path), reason, how]
        case StoreBroken():
            return _store_broken(error, said)
    if server:
        return [said.say("store.database", path=error.path), reason, said.say("store.database_how")]
    how = "store_full.how" if error.reason == os.strerror(errno.ENOSPC) else "store.how"
    unsure = error.reason == "disk I/O error"
    return [said.say("store.what", path=error.path), reason, said.say("store_unsure.how" if unsure else how)]


def _store_broken(error: StoreBroken, said: Wording) -> list[str]:
    """What is damaged, and the whole command that brings the newest backup back. What became of a write is unknown."""
    from shlex import quote

    from escalation.nights import bring_back  # only who has lost something pays for it

    option = f" --store {quote(error.path)}"
    kept = quote(error.backup) if error.backup else "BACKUP.tar.gz"
    foreign = "not a database" in error.reason
    return [
        said.say("store_broken.foreign" if foreign else "store_broken.malformed", path=error.path),
        said.say("doctor.store_restore"),
        said.say("store_broken.from_night" if error.backup else "store_broken.no_night"),
        "  " + bring_back(error.path, kept, option, quote),
        said.say("store_broken.look", command=f"escalation doctor{option}"),
    ]  # fmt: skip


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
    if said.has(f"usage.{message}"):  # one of our own, with commands that work instead
        commands = (f"  {line}" for line in usage.splitlines())
        return [said.say(f"usage.{message}"), *commands, said.say("error.usage_help")]
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
