"""What the daemon says: an announcement as it is to be said, and several of them as one message.

Pure: everything comes from the snapshot as it is now. A message passes through services of others and
shows on lock screens, so it says as little as its privacy allows: `discreet` counts, `titles` names
cases and deadlines, `full` tells what `next` tells. What is no known privacy is discreet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from escalation.advice import advice, guided
from escalation.core.announce import was_due
from escalation.core.evaluate import Book
from escalation.core.loudness import run_of
from escalation.core.snapshot import Announced, Run, Snapshot
from escalation.core.table import Table
from escalation.views import basis_in_full, local, party, state_title
from escalation.wording import Wording, visible, wording
from states.cells import cells, wrapped
from states.model import ME, words

Data = dict[str, Any]

TITLES, FULL = "titles", "full"
TITLE_CELLS = 60
LINE_CELLS = 80
NAME_CELLS = 32
"""Of a text by people within a line: the day behind it must still be seen."""
MOST_LINES = 10

_KINDS = ("today", "soon", "undated", "missed", "moved", "turn", "gone", "theirs", "retracted", "follow")
"""What there is to say, in the order of saying."""


class Item(NamedTuple):
    """One announcement as it is to be said."""

    kind: str
    """`reminder`, `lapse`, `follow_up`, `user_follow_up`, `moved` or `retracted`."""
    level: int
    """Of `core.loudness`."""
    case: str
    """The case's short id."""
    title: str
    """The case's title, as somebody wrote it."""
    client: str | None
    what: str
    """The title of the deadline or of the state, or the person's own text."""
    owed_by: str | None
    """Who owes it, in the message's language; None for follow-ups."""
    mine: bool
    due: str | None
    """The last day, or the day of a follow-up, ISO."""
    lapses_at: str | None
    """For lengths in hours: the instant, ISO, in the procedure's zone."""
    days_left: int | None
    """Calendar days from today to the last day; negative when it is past."""
    was: str | None
    """The day before it moved."""
    provisional: bool
    do: str | None
    """What to do next, in words."""
    basis: str | None
    """What it rests on and how sure that is, in words."""
    your_turn: bool = True
    """Whether there is something for the person to do, now that the time of others is up."""
    over: bool = False
    """Whether it has lapsed by now, whatever was announced: of lengths in hours that is within a day."""


class Said(NamedTuple):
    """A message."""

    title: str
    """One line, at most `TITLE_CELLS` wide."""
    body: str
    """Plain text; lines of at most `LINE_CELLS` unless a word is longer."""


def item_of(
    announced: Announced, snapshot: Snapshot, table: Table, book: Book, ref: str, lang: str, now: datetime, level: int
) -> Item:
    """An announcement with what its case knows about it at `now`; `snapshot` is the case then."""
    said = wording(lang)
    advised = advice(book, snapshot, ref, lang)
    if announced.kind in ("follow_up", "user_follow_up"):
        return _follow_up(announced, snapshot, table, advised, said, now, level)
    run = _run(announced, snapshot)
    defined = table.procedure.deadline(announced.subject)
    owed_by = defined.owed_by if defined else ""
    day = run.due if run else announced.due
    # Of a deadline that did not lapse after all, the day counts only while its clock runs.
    if announced.kind == "retracted" and (run is None or not run.active):
        day = None
    at = run.lapses_at if run and run.due is None and run.lapses_at else None
    today, last = table.clock.day(now), date.fromisoformat(day) if day else table.clock.day(at) if at else None
    task = _task(advised, announced)
    cited = basis_in_full(defined.basis, table, said.lang, run) if defined else None
    do: str | None = to_do(task, said)
    if owed_by == ME and announced.kind == "lapse" and task["kind"] == "wait":
        # Who has just missed a day must not read that there is nothing to do: the state says what there is.
        do = guided(table, snapshot.track(task["track"]), lang)
    return Item(
        kind=announced.kind,
        level=level,
        case=ref,
        title=snapshot.title,
        client=snapshot.client,
        what=words(defined.title, said.lang) if defined else announced.subject,
        owed_by=party(table, owed_by, said.lang) if owed_by else None,
        mine=owed_by == ME,
        due=day,
        lapses_at=local(at, table),
        days_left=(last - today).days if last else None,
        was=was_due(announced),
        provisional=bool(run and run.provisional),
        do=do,
        basis=_basis(cited, said),
        your_turn=task["kind"] not in ("wait", "closed"),
        over=at is not None and at <= now,
    )


def to_do(task: Data, said: Wording) -> str:
    """The task of an advice as a sentence, in the words of `next`."""
    kind = task["kind"]
    if kind == "wait":
        who = task.get("party_title")
        return said.say("next.wait", party=who) if who else said.say("next.wait_nobody")
    return said.say(f"next.{kind}", text=task.get("text"), event=task.get("event_title"))


def _follow_up(
    announced: Announced, snapshot: Snapshot, table: Table, advised: Data, said: Wording, now: datetime, level: int
) -> Item:
    """A nudge: of a state, which says itself what to do, or the person's own."""
    if announced.kind == "follow_up":
        state = table.procedure.states.get(announced.subject)
        what = state_title(table, announced.subject, said.lang)
        do = words(state.follow_up.do, said.lang) if state and state.follow_up else None
    else:
        own = next((f for f in snapshot.follow_ups if str(f.n) == announced.subject), None)
        what = own.text if own else announced.subject
        # "You need not do anything" beside what the person wanted to be reminded of would confuse.
        rest = (t for t in _tasks(advised) if t["kind"] != "follow_up")
        do = next((to_do(t, said) for t in rest if t["kind"] not in ("wait", "closed")), None)
    left = (date.fromisoformat(announced.due) - table.clock.day(now)).days if announced.due else None
    return Item(
        announced.kind, level, advised["case"], snapshot.title, snapshot.client, what, None, True,
        announced.due, None, left, None, False, do, None,
    )  # fmt: skip


def _run(announced: Announced, snapshot: Snapshot) -> Run | None:
    """The running that it is about; where a correction made another one of it, that."""
    again = (r for r in snapshot.deadlines if r.standing and (r.id, r.track) == (announced.subject, announced.track))
    return run_of(announced, snapshot) or (next(again, None) if announced.kind == "retracted" else None)


def _tasks(advised: Data) -> list[Data]:
    return [{**advised["do"], "by": advised["by"]}, *advised["also"]]


def _task(advised: Data, announced: Announced) -> Data:
    """What to do about this very deadline; else on its track; else first of all."""
    tasks, about = _tasks(advised), announced.subject
    same = (t for t in tasks if about in (t.get("deadline"), (t["by"] or {}).get("deadline")))
    beside = (t for t in tasks if announced.track is not None and t["track"] == announced.track)
    return next(same, None) or next(beside, tasks[0])


def _basis(cited: Data | None, said: Wording) -> str:
    """The source, its article and how sure that is."""
    if not cited or not any(cited.get(k) for k in ("source", "article", "certainty")):
        return said.certainty(None)
    if cited.get("certainty") == "default":
        return said.certainty("default")  # our own suggestion: to cite it like a law would say it twice
    source = said.say("basis.source", title=cited["title"]) if cited.get("title") else visible(cited["source"] or "")
    source += said.say("basis.article", article=cited["article"]) if cited.get("article") else ""
    certainty = said.certainty(cited["certainty"]) if cited.get("certainty") else ""
    return said.say("basis.join").join(each for each in (source.lstrip(", "), certainty) if each)


# -- several as one message ----------------------------------------------------------------------


def compose(items: Sequence[Item], lang: str, privacy: str, today: str) -> Said:
    """Announcements as one message, whatever their order. `today`: ISO; another year than its is said.

    Raises: ValueError where there is nothing to say (a mistake in our code).
    """
    if not items:
        raise ValueError("no items")
    said = wording(lang)
    ordered = sorted(items, key=_rank)
    groups = [(kind, list(each)) for kind, each in groupby(ordered, _kind)]
    notes = [said.say(f"tell.note_{kind}") for kind, _ in groups if said.has(f"tell.note_{kind}")]
    if privacy not in (TITLES, FULL):
        title, whole = _counted(groups, said)
        counts = [] if whole else [said.say(f"tell.{kind}_first", n=n, days=days) for kind, n, days in _split(groups)]
        lines = [*counts, *notes, said.say("tell.hint")]
        return Said(title, "\n".join(lines))
    title = _headed(ordered[0], said) if len(ordered) == 1 else _counted(groups, said)[0]
    shown, more = ordered[:MOST_LINES], len(ordered) - MOST_LINES
    rest = [said.say("tell.more", n=more)] if more > 0 else []
    if privacy == FULL:
        return Said(title, "\n\n".join(["\n".join(_block(each, said, today)) for each in shown] + rest))
    them = said.say("tell.them")
    return Said(title, "\n".join([*(_line(each, said, today, them, NAME_CELLS) for each in shown), *rest, *notes]))


def _kind(item: Item) -> str:
    """Which of `_KINDS` it is: by how it stands today, rather than by what was announced once."""
    if item.kind in ("moved", "retracted"):
        return item.kind
    if item.kind in ("follow_up", "user_follow_up"):
        return "follow"
    over = item.kind == "lapse" or item.over or (item.days_left is not None and item.days_left < 0)
    if not item.mine:
        return "theirs" if not over else "turn" if item.your_turn else "gone"
    if over:
        return "missed"
    return "undated" if item.days_left is None else "today" if item.days_left == 0 else "soon"


def _rank(item: Item) -> tuple[Any, ...]:
    """Kind by kind, the nearest first; then all the rest, so that the order of coming does not matter."""
    left = item.days_left if item.days_left is not None else 1 << 30
    return _KINDS.index(_kind(item)), left, -item.level, tuple((field is not None, str(field)) for field in item)


Groups = Sequence[tuple[str, Sequence[Item]]]


def _counted(groups: Groups, said: Wording) -> tuple[str, bool]:
    """How many of what, in one line, and whether that is all: what does not fit is counted."""
    parts = _fragments(groups, said)
    if cells(said.say("word.comma").join(parts)) <= TITLE_CELLS:
        return said.say("word.comma").join(parts), True
    sizes = [n for _, n, _ in _split(groups)]
    for kept in range(len(parts) - 1, 0, -1):
        line = said.say("word.comma").join([*parts[:kept], said.say("tell.others", n=sum(sizes[kept:]))])
        if cells(line) <= TITLE_CELLS:
            return line, False
    return cut(parts[0], TITLE_CELLS), False


def _split(groups: Groups) -> Iterator[tuple[str, int, int]]:
    """What is counted together: its sentence, how many, and the fewest days left."""
    for kind, items in groups:
        if kind != "soon":
            yield kind, len(items), 0
            continue
        days = [item.days_left or 0 for item in items]
        if (n := days.count(1)) > 0:
            yield "tomorrow", n, 1
        if later := [d for d in days if d > 1]:
            yield ("soon" if len(set(later)) == 1 else "later"), len(later), min(later)


def _fragments(groups: Groups, said: Wording) -> list[str]:
    """How many of each kind, in words that can stand beside each other."""
    parts = list(_split(groups))
    if len(parts) == 1 and said.has(f"tell.{parts[0][0]}_alone"):
        return [said.say(f"tell.{parts[0][0]}_alone", n=parts[0][1])]
    return [
        said.say(f"tell.{kind}_{'rest' if i else 'first'}", n=n, days=days) for i, (kind, n, days) in enumerate(parts)
    ]


def _headed(item: Item, said: Wording) -> str:
    """One thing and how it stands, in one line."""
    kind = _kind(item)
    key = f"tell.head_{'tomorrow' if kind == 'soon' and item.days_left == 1 else kind}"
    room = TITLE_CELLS - cells(said.say(key, days=item.days_left, what=""))
    return said.say(key, days=item.days_left, what=cut(item.what, room))


def _line(item: Item, said: Wording, today: str, them: str, room: int) -> str:
    """Case, thing, day, and how it stands. `them`: what those who owe it are called; `room`: for each name."""
    owner = said.say("word.paren", text=them) if not item.mine and them else ""
    name = said.say("tell.line", title=cut(item.title, room), what=cut(item.what, room)) + owner
    return said.say("word.comma").join([name, *(tail for tail in _tails(item, said, today) if tail)])


def _tails(item: Item, said: Wording, today: str) -> Iterable[str]:
    kind = _kind(item)
    day = said.day(item.due, today) if item.due else None
    if kind == "moved":
        was = said.day(item.was, today) if item.was else None
        key = "moved_none" if day is None else "moved" if was else "moved_plain"
        return (said.say(f"tell.{key}", day=day, was=was),)
    if kind == "retracted":
        return said.say("tell.not_over"), said.say("tell.not_over_day", day=day) if day else ""
    if day is not None:
        # A follow-up of today: that it is time now is said anyway.
        plain = item.days_left is None or (kind == "follow" and item.days_left == 0)
        left = "" if plain else said.days_left(item.days_left or 0)
        when = said.say("by.due", day=day, left=left) if left else day
    elif item.lapses_at:
        over = kind in ("missed", "turn", "gone")
        when = said.say("tell.passed" if over else "by.hours", at=said.instant(item.lapses_at, today))
    else:
        when = "" if kind == "follow" else said.say("tell.paused")
    return when, said.say(f"tell.{kind}") if kind in ("turn", "follow") else ""


def _block(item: Item, said: Wording, today: str) -> Iterator[str]:
    """One thing with all that the person could ask about it next."""
    yield from wrapped(_line(item, said, today, item.owed_by or "", LINE_CELLS), LINE_CELLS, "", "  ")
    kind = _kind(item)
    below = [
        said.say("tell.client", client=item.client) if item.client else "",
        said.say(f"tell.note_{kind}") if said.has(f"tell.note_{kind}") else "",
        said.say("tell.do", text=item.do) if item.do else "",
        said.say("tell.basis", text=item.basis) if item.basis else "",
        said.say("by.provisional") if item.provisional else "",
    ]
    for each in below:
        if each:
            yield from wrapped(each, LINE_CELLS, "  ", "    ")


def cut(text: str, width: int) -> str:
    """Text by people, harmless and at most `width` cells wide; dots stand for the rest."""
    text = visible(text)
    if cells(text) <= width:
        return text
    text = text[:width]
    while cells(text) > width - 3:
        text = text[:-1]
    return text.rstrip() + "..."
