"""The digest: every morning what is due, what is overdue and whose turn it is; weekly with counts for offices.

`gather` reads the store, each open case once; `digest` says what was found, as discreetly as asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from escalation.advice import advice
from escalation.core.snapshot import Snapshot
from escalation.core.table import Table
from escalation.deliveries import Deliveries
from escalation.engine import Engine
from escalation.errors import Damaged, NotFound
from escalation.messages import FULL, LINE_CELLS, NAME_CELLS, TITLES, Said, cut
from escalation.store import CaseRow
from escalation.views import due_rows
from escalation.wording import Wording, wording
from states.calendar import CalendarFileError
from states.cells import wrapped
from states.model import MAIN, ME, words

Data = dict[str, Any]

DAYS = 7
"""How far it looks ahead, and a weekly one back; today is the first."""
MOST_LINES = 10
MOST_STAGES = 20


class Digest(NamedTuple):
    """What there is to say of a morning."""

    day: str
    """Today, ISO."""
    weekly: bool
    open: int
    overdue: tuple[Data, ...] = ()
    """Deadlines in the shape of `views.due_rows`, each with its `client`: mine first, the latest passed first."""
    week: tuple[tuple[str, tuple[Data, ...]], ...] = ()
    """The same by day, those days that have any; mine first, then follow-ups, then those of others."""
    for_me: int = 0
    """Cases in which the next thing is for me to do."""
    for_them: int = 0
    """Cases in which I wait for somebody."""
    stages: tuple[tuple[str, int], ...] = ()
    """Open cases by the title of their main track's stage, most first. Weekly only, as the next two."""
    opened: int = 0
    closed: int = 0
    parked: int = 0
    """Messages that were put aside because a channel did not take them. Of the whole store only."""


def key_of(day: date, weekly: bool) -> str:
    """Under which key the digest of a day, or of its week, is sent once."""
    year, week, _ = day.isocalendar()
    return f"digest:{year}-W{week:02}" if weekly else f"digest:{day.isoformat()}"


def gather(
    engine: Engine, now: datetime, zone: ZoneInfo, *, weekly: bool, lang: str,
    client: str | None = None, of: Callable[[CaseRow], bool] | None = None,
) -> Digest:  # fmt: skip
    """What a person or an office has before them on the day of `now` in `zone`. Writes nothing.

    `of`: the cases that are meant, decided before anything of a case is worked out.
    """
    today = now.astimezone(zone).date()
    since = now - timedelta(days=DAYS)
    rows: list[Data] = []
    turns: Counter[bool] = Counter()
    stages: Counter[str] = Counter()
    opened = closed = 0
    # Who was closed this week is only found among all cases, which an ordinary morning need not read.
    for row in engine.store.cases(open_only=not weekly, client=client):
        if of is not None and not of(row):
            continue
        try:
            snapshot = engine.snapshot(row, now)
        except (NotFound, Damaged, CalendarFileError):  # opened later; others are told by `verify` and the status
            continue
        opened += snapshot.opened_at > since
        if not snapshot.open:
            closed += max(track.entered_at for track in snapshot.tracks) > since
            continue
        table = engine.shelf.table(snapshot.definition)
        until = today + timedelta(days=DAYS)
        found = due_rows(engine.shelf.table, snapshot, row.ref, lang, until, None)
        rows += ({**each, "client": snapshot.client} for each in found)
        turns[advice(engine.shelf.table, snapshot, row.ref, lang)["do"]["kind"] == "wait"] += 1
        stages[_stage(snapshot, table, lang)] += 1
    overdue = [each for each in rows if _over(each)]
    return Digest(
        day=today.isoformat(),
        weekly=weekly,
        open=turns.total(),
        overdue=tuple(sorted(overdue, key=lambda r: (r["owed_by"] != ME, _reversed(r["day"]), *_rank(r)))),
        week=_by_day([each for each in rows if not _over(each)], today),
        for_me=turns[False],
        for_them=turns[True],
        stages=tuple(sorted(stages.items(), key=lambda s: (-s[1], s[0]))) if weekly else (),
        opened=opened if weekly else 0,
        closed=closed if weekly else 0,
        parked=0 if of or client else sum(n for _, n, _, _ in Deliveries(engine.store).parked(digests=False)),
    )


def _stage(snapshot: Snapshot, table: Table, lang: str) -> str:
    """The stage of the main track as people call it; nothing for a state that a migration took away."""
    main = snapshot.track(MAIN)
    state = table.procedure.states.get(main.state) if main else None
    stage = table.procedure.stages.get(state.stage) if state else None
    return words(stage.title, lang) if stage else ""


def _over(row: Data) -> bool:
    """Whether a deadline has passed. A follow-up that was not got round to is simply still to be done."""
    return bool(row["kind"] == "deadline" and row["status"] == "missed")


def _reversed(day: str) -> int:
    return -date.fromisoformat(day).toordinal()


def _rank(row: Data) -> tuple[Any, ...]:
    """Within a day: mine, follow-ups, those of others."""
    whose = 1 if row["kind"] == "follow_up" else 0 if row["owed_by"] == ME else 2
    return whose, row["title"], row["case"], row["text"], str(row["id"])


def _by_day(rows: list[Data], today: date) -> tuple[tuple[str, tuple[Data, ...]], ...]:
    days: dict[str, list[Data]] = {}
    for row in sorted(rows, key=_rank):
        days.setdefault(max(row["day"], today.isoformat()), []).append(row)
    return tuple((day, tuple(days[day])) for day in sorted(days))


# -- saying it ------------------------------------------------------------------------------------


def digest(found: Digest, lang: str, privacy: str) -> Said | None:
    """The digest as a message; None if there is no open case: then there is nothing to hear of every morning."""
    if found.open == 0:
        return None
    said = wording(lang)
    named = privacy in (TITLES, FULL)
    sections = [_summary(found, said)] if found.weekly else []
    if named and found.weekly and found.overdue:
        sections[0].append(_counts(said.say("digest.label_overdue"), found.overdue, said))
    if named and found.stages:
        sections.append(_stages(found, said))
    sections += _named(found, said, privacy == FULL) if named else [_counted(found, said)]
    sections.append([] if found.weekly else _turns(found, said))
    sections.append(_notices(found, said))
    if not named:
        sections.append([said.say("tell.hint")])
    between = "\n\n" if named else "\n"
    return Said(_title(found, said), between.join("\n".join(section) for section in sections if section))


def _title(found: Digest, said: Wording) -> str:
    """What asks for the reader today, in one line: what others owe can wait for the text below. Weekly, of all."""
    mine = [(day, sum(row["owed_by"] == ME for row in rows)) for day, rows in found.week]
    now, later = (sum(n for day, n in mine if (day == found.day) is is_today) for is_today in (True, False))
    over = sum(row["owed_by"] == ME for row in found.overdue)
    if found.weekly:
        due = sum(len(rows) for _, rows in found.week)
        parts = [("weekly", found.open), ("overdue", len(found.overdue)), ("weekly_due", due)]
    else:
        parts = [("today" if now else "none", now), ("overdue", over), ("more" if now else "later", later)]
    return said.say("word.comma").join(said.say(f"digest.{key}", n=n) for i, (key, n) in enumerate(parts) if n or not i)


def _summary(found: Digest, said: Wording) -> list[str]:
    opened, closed = said.say("digest.opened", n=found.opened), said.say("digest.closed", n=found.closed)
    lines = [said.say("digest.flow", opened=opened, closed=closed), *_turns(found, said)]
    if found.week:
        # The earliest of those that are equally busy.
        day, rows = max(found.week, key=lambda each: len(each[1]))
        if len(rows) > 1:
            lines.append(said.say("digest.busiest", day=said.day(day, found.day), n=len(rows)))
    return lines


def _stages(found: Digest, said: Wording) -> list[str]:
    lines = [said.say("digest.stage", stage=stage or "-", n=n) for stage, n in found.stages[:MOST_STAGES]]
    return [said.say("digest.label_stages"), *(f"- {line}" for line in lines)]


def _turns(found: Digest, said: Wording) -> list[str]:
    parts = [said.say("digest.turn_mine", n=found.for_me)] if found.for_me else []
    if found.for_them:
        key = "turn_theirs" if found.for_me else "turn_theirs_only"
        parts.append(said.say(f"digest.{key}", n=found.for_them))
    return [said.say("word.comma").join(parts) + said.say("word.stop")] if parts else []


def _notices(found: Digest, said: Wording) -> list[str]:
    return list(wrapped(said.say("digest.parked", n=found.parked), LINE_CELLS)) if found.parked else []


def _label(day: str, found: Digest, said: Wording) -> str:
    """A day, by the name that it has today."""
    left = (date.fromisoformat(day) - date.fromisoformat(found.day)).days
    shown = said.day(day, found.day)
    return said.say(("digest.label_today", "digest.label_tomorrow")[left], day=shown) if left in (0, 1) else shown


def _counted(found: Digest, said: Wording) -> list[str]:
    """Only how many: nothing that a stranger could learn from."""
    groups = [(said.say("digest.label_overdue"), found.overdue)] if found.overdue else []
    groups += [(_label(day, found, said), rows) for day, rows in found.week]
    lines = [_counts(label, rows, said) for label, rows in groups]
    return lines if found.week else [*lines, said.say("digest.quiet")]


def _counts(label: str, rows: Sequence[Data], said: Wording) -> str:
    """How many of them are mine, and how many are owed by others."""
    mine = sum(row["owed_by"] == ME for row in rows)
    counts = [("mine", mine), ("theirs", len(rows) - mine)]
    shown = said.say("word.comma").join(said.say(f"digest.{key}", n=n) for key, n in counts if n)
    return f"{label}{said.say('word.colon')}{shown}"


def _named(found: Digest, said: Wording, full: bool) -> list[list[str]]:
    """What is overdue, then day by day; at most `MOST_LINES` of either."""
    sections = []
    if found.overdue:
        lines = [line for row in found.overdue[:MOST_LINES] for line in _line(row, found, said, full)]
        sections.append([said.say("digest.label_overdue"), *lines, *_rest(len(found.overdue) - MOST_LINES, said)])
    room = MOST_LINES
    for day, rows in found.week:
        if room > 0:
            lines = [line for row in rows[:room] for line in _line(row, found, said, full)]
            sections.append([_label(day, found, said), *lines])
        room -= len(rows)
    sections.append(_rest(-room, said) if found.week else [said.say("digest.quiet")])
    return sections


def _rest(n: int, said: Wording) -> list[str]:
    return [said.say("digest.cut", n=n)] if n > 0 else []


def _line(row: Data, found: Digest, said: Wording, full: bool) -> Iterator[str]:
    """One deadline or follow-up under its day; `full` with who it is for, who owes it and how sure the day is."""
    room = LINE_CELLS if full else NAME_CELLS
    line = said.say("tell.line", title=cut(row["title"], room), what=cut(row["text"], room))
    if row["kind"] == "follow_up":
        line += said.say("word.paren", text=said.say("digest.follow"))
    elif row["owed_by"] != ME:
        line += said.say("word.paren", text=row["party"] if full else said.say("tell.them"))
    tails = [line]
    if _over(row) and _by_the_hour(row):
        tails.append(said.say("tell.passed", at=said.instant(row["lapses_at"], found.day)))
    elif _over(row):
        left = (date.fromisoformat(row["day"]) - date.fromisoformat(found.day)).days
        tails.append(said.days_left(left))
    elif row["kind"] == "deadline" and _by_the_hour(row):
        tails.append(said.say("digest.before", at=row["lapses_at"][11:16]))
    if full and row["provisional"]:
        tails.append(said.say("digest.provisional"))
    if full and row.get("client"):
        tails.append(said.say("show.client", client=row["client"]))
    yield from wrapped(said.say("word.comma").join(tails), LINE_CELLS, "- ", "  ")


def _by_the_hour(row: Data) -> bool:
    """Whether it lapses within its day, as those counted in hours do; the others at the midnight after it."""
    return bool(row["lapses_at"]) and row["lapses_at"][:10] == row["day"]
