"""Cases for people: one, all of them, what is due, the log, and what was just written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len

from escalation.cli.human_answers import advice, to_do
from escalation.cli.human_page import LATE, MUTED, SOON, STRONG, Cell, Column, Data, Page, Styled, padded
from escalation.cli.human_words import (
    basis_short,
    days_left,
    last_day,
    mark,
    states,
    track_name,
    value,
    values,
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
            page.bullet(page.name("fact", id), page.say("word.colon"), value(page, each))
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
    """`list`: a row a case, as they come. Extra: `titles_of` (case id -> titles), `today`."""
    say, known = page.say, {}
    widths = [10 if page.said.lang == "en" else 7, 5, 0, 14, 10, 9, 8]
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
        page.row(_list_row(page, data), widths)
    if count == 0:
        page.put(say("list.empty"))
    else:
        page.gap()
        page.muted(say("list.total", n=count))


def _list_row(page: Page, data: Data) -> list[Styled]:
    first = next((d for d in data["deadlines"] if d["lapses_at"]), None)
    state = page.name("state", data["tracks"][0]["state"]) if data["tracks"] else ""
    if not data["open"] or first is None:
        sign: Styled = page.say("mark.running" if data["open"] else "mark.closed")
        return [sign, data["case"], data["title"], state, "", "", ""]
    day = first["due"] or first["lapses_at"][:10]
    left = days_left(page, day)
    text = page.say("list.today") if left == 0 else page.say("list.ahead" if left > 0 else "list.past", n=abs(left))
    certainty = page.say(f"certainty_short.{(first['basis'] or {}).get('certainty') or 'none'}")
    return [mark(page, first), data["case"], data["title"], state, day, text, certainty]


def due(page: Page, rows: list[Data]) -> None:
    """`due`: deadlines and follow-ups by day, overdue first. Extra: `today`."""
    if not rows:
        page.put(page.say("due.empty"))
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


def log(page: Page, rows: list[Data]) -> None:
    """`log CASE`: every entry as it was written, corrections visible. Extra: `titles`."""
    page.today = rows[-1]["recorded_at"][:10]
    wide = len(str(rows[-1]["seq"])) + 2
    when = max(cell_len(page.instant(row["occurred_at"])) for row in rows) + 2
    kinds = max(cell_len(page.said.kind(row["kind"])) for row in rows) + 2
    for row in rows:
        mute = MUTED if row["withdrawn"] or row["inapplicable"] else ""
        page.put(
            (padded(str(row["seq"]), wide), STRONG), (padded(page.instant(row["occurred_at"]), when), mute),
            (padded(page.said.kind(row["kind"]), kinds), MUTED), (_entry(page, row), mute), hang=wide + when,
        )  # fmt: skip
        for line in _entry_notes(page, row):
            page.put(line, indent=wide + when, hang=wide + when + 3)


def _entry(page: Page, row: Data) -> str:
    """What an entry says, in a line."""
    say = page.say
    match row["kind"]:
        case "opened":
            return say("log.opened", title=row.get("title") or row["procedure"])
        case "event":
            said = values(page, row.get("data") or {}, row["event"])
            return page.name("event", row["event"]) + (say("word.paren", text=said) if said else "")
        case "facts":
            return values(page, row["facts"])
        case "check":
            return say("log.checked" if row["done"] else "log.unchecked", item=page.name("item", row["item"]))
        case "attach":
            text = say("log.attached", name=row.get("title") or row["name"], size=_size(row["size"]))
            return text + (say("log.attached_item", item=page.name("item", row["item"])) if row.get("item") else "")
        case "note":
            return " / ".join(str(row["text"]).splitlines())
        case "follow_up":
            day = page.day(row.get("due"))
            return say(f"log.follow_{row['action']}", n=row["n"], day=day, text=row.get("text"))
        case "amend":
            return say("log.amend", target=row["target"]) + _changed(page, row)
        case "withdraw":
            return say("log.withdraw", target=row["target"])
    return say("log.migrate", procedure=row.get("procedure"), version=row.get("version"))


def _changed(page: Page, row: Data) -> str:
    parts = [page.say("log.at", at=page.instant(row["at"]))] if row.get("at") else []
    parts += [values(page, row["data"])] if row.get("data") else []
    return page.say("word.colon") + page.said.listed(parts) if parts else ""


def _entry_notes(page: Page, row: Data) -> list[Styled]:
    notes: list[Styled] = []
    if row["recorded_at"] != row["occurred_at"] and row["recorded_at"][:10] != row["occurred_at"][:10]:
        notes.append((page.say("log.recorded", at=page.instant(row["recorded_at"])), MUTED))
    if row.get("note"):
        notes.append(page.say("log.note", text=" / ".join(row["note"].splitlines())))
    if row["amended"]:
        now = row.get("now") or {}
        said = [page.say("log.at", at=page.instant(row["occurred_at"]))] if "at" in now else []
        said += [values(page, now[k]) for k in ("data", "facts") if isinstance(now.get(k), dict)]
        said += [page.say("log.note", text=now["note"])] if now.get("note") else []
        notes.append((f"{page.say('mark.amended')}  {page.say('log.now', text=page.said.listed(said))}", SOON))
    if row["withdrawn"]:
        notes.append((f"x  {page.say('log.withdrawn')}", MUTED))
    if row["inapplicable"]:
        notes.append((f"!  {page.say('log.inapplicable')}", SOON))
    return notes


def _size(size: int) -> str:
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.1f} KiB" if size < 1024**2 else f"{size / 1024**2:.1f} MiB"


def recorded(page: Page, data: Data) -> None:
    """After writing: what was kept, where the case stands, the nearest deadline. Extra: `titles`, `next`."""
    page.today = data["as_of"][:10]
    event = next((row["event"] for row in data["history"] if row["seq"] == data["seq"]), None)
    if event is None or event == "opened":
        kept = page.say("recorded.entry", seq=data["seq"])
    else:
        kept = page.say("recorded.event", seq=data["seq"], event=page.name("event", event))
    page.put((page.say("mark.ok") + " ", ""), (kept, STRONG), hang=3)
    page.put(page.say("recorded.state", states=states(page, data["tracks"])), indent=3)
    if not data["open"]:
        outcome = data["tracks"][0]["outcome"] if data["tracks"] else None
        page.put(page.say("recorded.closed", outcome=page.said.outcome(outcome)), indent=3)
    first = next((d for d in data["deadlines"] if d["lapses_at"]), None)
    if first is not None and data["open"]:
        _nearest(page, first)
    if data["inapplicable"]:
        page.put((page.say("recorded.inapplicable", n=len(data["inapplicable"])), SOON), indent=3)
    if page.extra.get("next") and data["open"]:
        page.put(page.say("recorded.next", text=to_do(page, page.extra["next"])), indent=3)


def _nearest(page: Page, row: Data) -> None:
    who = page.name("party", row["owed_by"])
    if row["due"]:
        left = page.said.days_left(days_left(page, row["due"]))
        text = page.say("recorded.deadline", title=row["title"], day=page.day(row["due"]), left=left, party=who)
    else:
        text = page.say("recorded.deadline_at", title=row["title"], at=page.instant(row["lapses_at"]), party=who)
    sign, style = mark(page, row)
    page.put(text, ("" if sign == page.say("mark.running") else f"   {sign}", style), indent=3)


def opened(page: Page, data: Data) -> None:
    """After `open`: the id and the first thing to do. Data: `{case}`. Extra: `titles`, `next`."""
    page.put((page.say("mark.ok") + " ", ""), (page.say("opened.what", case=data["case"]), STRONG), hang=3)
    page.muted(page.say("opened.how"), indent=3)
    if page.extra.get("next"):
        page.today = page.extra["next"]["as_of"][:10]
        page.gap()
        advice(page, page.extra["next"])
        page.footer()


def migrated(page: Page, data: Data) -> None:
    """After `migrate`: the `show` object with `seq`. Extra: `titles`."""
    procedure = data["procedure"]
    what = page.say("migrated.what", case=data["case"], procedure=procedure["id"], version=procedure["version"])
    page.put((what, STRONG))
    recorded(page, data)


def verify(page: Page, cases: Iterable[Data]) -> None:
    """`verify`: a line a case, as they are checked."""
    n = 0
    for each in cases:
        n += 1
        page.put("ok  ", page.say("verify.case", case=each["case"], n=each["entries"]), hang=4)
    page.put((page.say("verify.all", n=n), STRONG))


def imported(page: Page, data: Data) -> None:
    """After `import`: `{cases: [{key, case, head}], entries, skipped: [{case, problems: […]}]}`."""
    from escalation.errors import FieldProblem
    from escalation.wording.errors import bad_input

    cases: list[Any] = list(data["cases"]) if not isinstance(data["cases"], int) else []
    count = data["cases"] if isinstance(data["cases"], int) else len(cases)
    page.put((page.say("imported.what", n=count, entries=data["entries"]), STRONG))
    for each in cases[:20]:
        page.bullet(page.say("imported.case", key=each["key"], case=each["case"], n=each["head"]))
    if len(cases) > 20:
        page.muted(page.say("imported.more", n=len(cases) - 20), indent=2)
    if not data["skipped"]:
        return
    page.gap()
    page.put((page.say("mark.bad") + " ", LATE), page.say("imported.skipped", n=len(data["skipped"])), hang=3)
    for each in data["skipped"]:
        page.put((str(each["case"]), STRONG), indent=2)
        problems = [
            FieldProblem(
                p.get("field", ""), p.get("value"), p.get("expected", ""), p.get("meant"), p.get("line"), p.get("limit")
            )
            for p in each["problems"]
        ]
        for line in bad_input(problems, page.said, {})[1:]:
            page.put(line.lstrip(), indent=4, hang=6)
    page.gap()
    page.muted(page.say("imported.skipped_how"))
