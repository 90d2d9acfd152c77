"""Cases for people: one, all of them, and what is due."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len

from escalation.cli.human_page import MUTED, SOON, STRONG, Cell, Column, Data, Page, Styled, padded
from escalation.cli.human_words import (
    basis_short,
    days_left,
    last_day,
    mark,
    track_name,
    value,
    with_id,
)


def show(page: Page, data: Data) -> None:
    """`show CASE`. Extra: `titles`."""
    page.today = data["as_of"][:10]
    procedure = data["procedure"]
    page.put((data["title"] or data["case"], STRONG))
    page.muted(
        page.say(
            "show.about", case=data["case"], procedure=procedure["id"], version=procedure["version"], n=data["head"]
        )
    )
    if data.get("forecast"):
        page.put((page.say("show.forecast", at=page.instant(data["as_of"])), SOON))
    page.gap()
    _tracks(page, data)
    _deadlines(page, data["deadlines"])
    _follow_ups(page, data["follow_ups"])
    _possible(page, data)
    _checklists(page, data)
    if data["facts"]:
        page.heading(page.say("show.label_facts"))
        for id, each in data["facts"].items():
            page.bullet(page.name("fact", id), page.say("word.colon"), value(page, each, id))
    if data["inapplicable"]:
        page.heading(page.say("show.inapplicable"))
        for each in data["inapplicable"]:
            event = page.name("event", each["event"])
            page.bullet(page.say("show.inapplicable_entry", seq=each["seq"], event=event))
    _history(page, data)
    page.footer()


def _tracks(page: Page, data: Data) -> None:
    several = len(data["tracks"]) > 1
    for i, track in enumerate(data["tracks"]):
        state = page.name("state", track["state"])
        stage = page.name("stage", track["stage"])
        key = "show.state" if stage and stage != state else "show.state_no_stage"
        text = page.say(key, state=state, stage=stage, day=page.day(track["entered_at"]))
        if several:
            text = page.say("show.track", track=track_name(page, track["track"]), text=text)
        page.field(page.say("show.label_now") if i == 0 else "", (text, "" if track["final"] else STRONG))
    if not data["open"]:
        outcome = data["tracks"][0]["outcome"] if data["tracks"] else None
        page.field("", page.say("show.closed", outcome=page.said.outcome(outcome)))


def _deadlines(page: Page, deadlines: list[Data]) -> None:
    page.heading(page.say("show.deadlines"))
    if not deadlines:
        page.muted(page.say("show.no_deadlines"), indent=2)
        return
    rows: list[list[Cell]] = []
    for each in deadlines:
        notes = last_day(page, each)[1:] if each["status"] in ("running", "missed") else []
        what: Cell = [each["title"], *((note, MUTED) for note in notes)]
        rows.append(
            [
                mark(page, each),
                _when(page, each),
                what,
                page.name("party", each["owed_by"]),
                basis_short(page, each["basis"]),
            ]
        )
    head = page.say
    columns = [
        Column(head("head.status"), 7), Column(head("head.day"), 14, True), Column(head("head.what"), 16, True),
        Column(head("head.who"), 8, True), Column(head("head.basis"), 4),
    ]  # fmt: skip
    page.table(columns, rows)


def _when(page: Page, each: Data) -> str:
    if each["status"] == "paused":
        return page.say("show.paused")
    lines = last_day(page, each)
    return lines[0] if lines else page.say("show.date_unknown")


def _follow_ups(page: Page, follow_ups: list[Data]) -> None:
    found = [f for f in follow_ups if f["status"] == "open"]
    if not found:
        return
    page.heading(page.say("show.follow_ups"))
    wide = cell_len(page.say("mark.missed")) + 2
    for each in found:
        left = days_left(page, each["due"])
        sign = page.say("mark.missed" if left < 0 else "mark.today" if left == 0 else "mark.running")
        number = page.say("show.n", n=each["n"]) if each["n"] is not None else ""
        text = (
            number
            + page.say(
                "show.follow_up", mark="", day=page.day(each["due"]), left=page.said.days_left(left), text=each["text"]
            ).lstrip()
        )
        if each["repeats"]:
            text += page.say("show.repeats", length=page.said.length(each["repeats"]))
        page.put("  ", (padded(sign, wide), SOON if left <= 0 else ""), text, hang=2 + wide)


def _possible(page: Page, data: Data) -> None:
    ready = [p for p in data["possible"] if p["ready"]]
    others = [p for p in data["possible"] if not p["ready"]]
    if ready:
        page.heading(page.say("show.possible"))
        for each in ready:
            by = "" if each["by"] == "me" else page.say("show.by", party=page.name("party", each["by"]))
            page.bullet(with_id(page, "event", each["event"]), (by, MUTED))
    if others:
        page.heading(page.say("show.not_ready"))
        for each in others:
            page.bullet(with_id(page, "event", each["event"]), *_lacks(page, data["case"], each))


def _lacks(page: Page, case: str, possible: Data) -> list[Styled]:
    """The nearest candidate's checklists in a few words; for the rest, where to look."""
    lists = next((m["checklists"] for m in possible["missing"] if m["checklists"] and not m["why"]), None)
    if lists:
        said = [
            page.say("show.not_ready_items", checklist=page.name("checklist", name), n=len(items))
            for name, items in lists.items()
        ]
        return [page.say("word.colon"), page.said.listed(said)]
    return [page.say("word.colon"), page.say("show.not_ready_why", case=case, event=possible["event"])]


def _checklists(page: Page, data: Data) -> None:
    """Those that an event now waits for, item by item; the complete ones; how many come later."""
    wanted = {name for p in data["possible"] for m in p["missing"] for name in m["checklists"]}
    complete = [name for name, each in data["checklists"].items() if each["complete"]]
    later = len(data["checklists"]) - len(complete) - len(wanted)
    if not data["checklists"]:
        return
    page.heading(page.say("show.label_checklists"))
    for name in complete:
        title = page.name("checklist", name)
        page.put("  ", (padded(page.say("mark.ok"), 3), ""), page.say("show.checklist_complete", title=title), hang=5)
    for name in (n for n in data["checklists"] if n in wanted):
        items = data["checklists"][name]["missing"]
        page.put(page.say("show.checklist_missing", title=page.name("checklist", name), n=len(items)), indent=2)
        for item in items:
            page.put("[ ] ", page.name("item", f"{name}.{item}", item), indent=4, hang=8)
    if later > 0:
        page.muted(page.say("show.checklists_later", n=later), indent=2)


def _history(page: Page, data: Data, last: int = 5) -> None:
    rows = data["history"][-last:]
    if not rows:
        return
    page.heading(page.say("show.history"))
    for row in rows:
        event = page.say("show.opened") if row["event"] == "opened" else page.name("event", row["event"])
        to = f" -> {page.name('state', row['to'])}" if row["to"] else ""
        by = page.say("forecast.clock") if row["by"] == "clock" else ""
        page.put("  ", (padded(page.day(row["at"]), 14), MUTED), event, to, by, hang=16)
    if len(data["history"]) > last:
        page.muted(page.say("show.history_all", case=data["case"]), indent=2)


def list_(page: Page, cases: Iterable[Data]) -> None:
    """`list`: a row a case, as they come.

    Extra: `titles_of` (case id -> titles), `today`, `nobody` (gives the names asked for that no case bears).
    """
    say, known = page.say, {}
    widths = [10 if page.said.lang == "en" else 7, 5, 0, 14, 12 if page.full_width < 100 else 16, 9, 8]
    widths[2] = max(page.full_width - sum(widths) - 2 * 6, 8)
    count = 0
    for data in cases:
        if count == 0:
            head = [say(f"head.{k}") for k in ("status", "case", "title", "state", "day", "left", "basis")]
            page.row([(h, MUTED) for h in head], widths)
            page.row([("-" * w, MUTED) for w in widths], widths)
        count += 1
        hash = data["procedure"]["hash"]
        if hash not in known:
            known[hash] = page.extra["titles_of"](data["case"])
        page.titles, page.today = known[hash], data["as_of"][:10]
        page.row(_list_row(page, data, widths[4]), widths)
    if count == 0:
        _none(page, "list.empty")
        for what, name in page.extra["nobody"]() if page.extra.get("cases") and "nobody" in page.extra else ():
            page.muted(say(f"list.no_{what}", name=name))
    else:
        page.gap()
        page.muted(say("list.total", n=count))


def _list_row(page: Page, data: Data, wide: int) -> list[Styled]:
    first = next((d for d in data["deadlines"] if d["lapses_at"]), None)
    state = page.name("state", data["tracks"][0]["state"]) if data["tracks"] else ""
    if not data["open"] or first is None:
        sign: Styled = page.say("mark.running" if data["open"] else "mark.closed")
        return [sign, data["case"], data["title"], state, "", "", ""]
    day = first["due"] or first["lapses_at"][:10]
    left = days_left(page, day)
    text = page.say("list.today") if left == 0 else page.say("list.ahead" if left > 0 else "list.past", n=abs(left))
    certainty = page.say(f"certainty_short.{(first['basis'] or {}).get('certainty') or 'none'}")
    said = page.day(day)
    if cell_len(said) > wide:  # of another year, where there is little room
        said = day
    return [mark(page, first), data["case"], data["title"], state, said, text, certainty]


def _none(page: Page, key: str) -> None:
    """Nothing to list. Where there is no case at all, how to begin. Extra: `cases`, how many the store holds."""
    if page.extra.get("cases") == 0:
        page.put(page.say("next.no_cases"))
        page.muted(page.say("next.no_cases_how"))
    else:
        page.put(page.say(key))


def due(page: Page, rows: list[Data]) -> None:
    """`due`: deadlines and follow-ups by day, overdue first. Extra: `today`."""
    if not rows:
        _none(page, "due.empty")
        return
    body: list[list[Cell]] = []
    for row in rows:
        what = page.say("due.follow_up", text=row["text"]) if row["kind"] == "follow_up" else row["text"]
        text: list[Styled] = [what]
        other = row["other_reading"]
        if other:
            text.append(page.say("due.other_rolled" if other > row["day"] else "due.other", day=page.day(other)))
        if row["provisional"]:
            text.append(page.say("mark.provisional"))
        left = page.said.days_left(row["days_left"])
        if row["lapses_at"] and row["lapses_at"].startswith(row["day"]):  # its length is in hours
            left += f" {row['lapses_at'][11:16]}"
        text.append((page.say("due.case", case=row["case"], title=row["title"]), MUTED))
        body.append(
            [mark(page, row), [page.day(row["day"]), left], text, row["party"], basis_short(page, row["basis"])]
        )
    say = page.say
    columns = [
        Column(say("head.status"), 7), Column(say("head.day"), 11), Column(say("head.what"), 20, True),
        Column(say("head.who"), 8, True), Column(say("head.basis"), 4),
    ]  # fmt: skip
    page.table(columns, body, indent=0)
    page.footer()
