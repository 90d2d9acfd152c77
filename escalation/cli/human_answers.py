"""Answers to questions, for people: what next, why, what if, and what a correction would do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from escalation.cli.human_page import LATE, SOON, STRONG, Cell, Column, Data, Page, Styled, padded
from escalation.cli.human_words import basis, days_left, last_day, mark, states, track_name
from escalation.wording import lacking


def next_(page: Page, data: Data) -> None:
    """`next CASE`: what to do now, by when, why, what it rests on, what is missing, what else there is."""
    _from(page, data)
    advice(page, data)
    page.footer()


def next_all(page: Page, cases: Iterable[Data]) -> None:
    """`next`: the same for each open case, in three lines. Extra: `cases`, how many the store holds."""
    found = False
    for data in cases:
        if found:
            page.gap()
        found = True
        page.today = data["as_of"][:10]
        page.put((data["case"], STRONG), "  ", data["title"])
        page.field(page.say("next.label_do"), to_do(page, data), wide=12)
        _by(page, data, wide=12, short=True)
    if not found:
        page.put(page.say("next.nothing_open" if page.extra.get("cases") else "next.no_cases"))
        page.muted(page.say("next.no_cases_how"))
        return
    page.gap()
    page.muted(page.say("next.all_how"))
    page.footer()


def advice(page: Page, data: Data) -> None:
    """The lines of `next`; `open` shows them too."""
    do = data["do"]
    page.field(page.say("next.label_do"), (to_do(page, data), STRONG))
    _by(page, data)
    _why(page, data)
    if data.get("by"):
        page.field(page.say("next.label_basis"), basis(page, data.get("basis")))
    _missing(page, do)
    _then(page, data)
    how = _command(data["case"], do)
    if how:
        page.field(page.say("next.label_how"), how)
    if data["overdue"]:
        page.field(page.say("next.label_overdue"), *_overdue(page, data["overdue"][0]))
        for each in data["overdue"][1:]:
            page.field("", *_overdue(page, each))
    for i, each in enumerate(data["also"]):
        page.field(page.say("next.label_also") if i == 0 else "", _also(page, each))
    state = page.say("next.state", case=data["case"], title=data["title"], state=data.get("state_title"))
    page.field(page.say("next.label_case"), state)


def to_do(page: Page, data: Data) -> str:
    """The one thing to do, as a sentence."""
    return _task(page, data["do"])


def _task(page: Page, do: Data) -> str:
    kind = do["kind"]
    if kind == "wait":
        who = do.get("party_title")
        return page.say("next.wait", party=who) if who else page.say("next.wait_nobody")
    return page.say(f"next.{kind}", text=do.get("text"), event=do.get("event_title"))


def _by(page: Page, data: Data, wide: int = 10, short: bool = False) -> None:
    """The last day; of what others owe, until when to wait."""
    by, waiting = data.get("by"), data["do"]["kind"] == "wait"
    label = page.say("next.label_until" if waiting else "next.label_by")
    if data["do"]["kind"] == "closed":
        page.field("", page.say("next.ended", outcome=page.said.outcome(data["do"].get("outcome"))), wide=wide)
        return
    if data["do"]["kind"] == "follow_up":
        due = data["do"]["due"]
        by = {"due": due, "owed_by": "me", "status": "missed" if due < (page.today or due) else "running"}
    if by is None:
        if not short and data["do"]["kind"] not in ("blocked", "deadline"):
            page.field(label, page.say("next.no_day_wait" if waiting else "next.no_day"), wide=wide)
        return
    lines = last_day(page, by)
    sign, style = mark(page, by)
    quiet = sign == page.say("mark.running")
    shown: Styled = ("" if quiet else f"   {sign}", style)
    page.field(label, (lines[0], STRONG), shown, wide=wide)
    for line in () if short else lines[1:]:
        page.field("", line, wide=wide)


def _why(page: Page, data: Data) -> None:
    lines = [line for line in (data["do"].get("item_why"), data.get("why")) if line]
    for i, line in enumerate(lines):
        page.field(page.say("next.label_why") if i == 0 else "", line)


def _missing(page: Page, do: Data) -> None:
    """What stands between now and the event that is aimed at."""
    label = page.say("next.label_missing")
    if do["kind"] == "tick":
        page.field(label, page.say("next.missing_items", n=do["left"], event=do["event_title"]))
        if do.get("attachment"):
            page.field("", page.say(f"next.attachment_{do['attachment']}"))
    elif do["kind"] == "fact":
        page.field(label, page.say("next.missing_fact", event=do["event_title"]))
    elif do["kind"] == "blocked" and do.get("when"):
        page.field(label, page.say("next.missing_when", expression=page.said.expression(do["when"], page.titles)))


def _then(page: Page, data: Data) -> None:
    """If nothing comes: what happens."""
    do = data["do"]
    if do["kind"] != "wait":
        return
    if do.get("then"):
        page.field(page.say("next.label_then"), page.say("next.then_event", event=do["then"]))
    elif data.get("by") and data["by"]["status"] == "running":
        page.field(page.say("next.label_then"), page.say("next.then_none"))
    if do.get("meanwhile"):
        page.field("", page.say("next.meanwhile", text=do["meanwhile"]))


def _command(case: str, do: Data) -> str | None:
    """What is typed to say that it is done."""
    match do["kind"]:
        case "act":
            return f"escalation record {case} {do['event']}"
        case "tick" if do.get("attachment") == "required":
            return f"escalation attach {case} FILE --for {do['item']}; escalation done {case} {do['item']}"
        case "tick":
            return f"escalation done {case} {do['item']}"
        case "fact" | "date":
            return f"escalation facts {case} {do['fact']}=..."
        case "follow_up":
            return f"escalation follow-up {case} done {do['n']}"
        case "blocked":
            return f"escalation why {case} {do['event']}"
    return None


def _overdue(page: Page, each: Data) -> list[Styled]:
    sign = page.say("mark.missed") + "  "
    who = page.name("party", each["owed_by"])
    style = LATE if each["owed_by"] == "me" else SOON
    if not each.get("due"):
        return [(sign, style), page.say("next.overdue_no_day", title=each["title"], party=who)]
    day, left = page.day(each["due"]), page.said.days_left(days_left(page, each["due"]))
    return [(sign, style), page.say("next.overdue", title=each["title"], day=day, left=left, party=who)]


def _also(page: Page, each: Data) -> str:
    by = each.get("by")
    if by is None and each.get("due"):
        by = {"due": each["due"]}
    text = _task(page, each)
    return text + (page.say("word.paren", text=last_day(page, by)[0]) if by and last_day(page, by) else "")


def why_event(page: Page, data: Data) -> None:
    """`why CASE EVENT`: what it still lacks, and where it can be recorded."""
    _from(page, data)
    event = data["title"] or data["event"]
    here = [{"track": track, "state": state} for track, state in data["states"].items()]
    if data["by"] == "clock":
        page.put((page.say("why.clock", event=event), STRONG))
    elif data["ready"]:
        page.put((page.say("why.ready", event=event), STRONG))
        page.muted(f"escalation record {data['case']} {data['event']}")
    else:
        page.put((page.say("why.not_ready" if data["has_transition"] else "why.no_transition", event=event), STRONG))
        for each in data["missing"]:
            for line in lacking(each, data["event"], page.said, page.titles):
                depth = len(line) - len(line.lstrip())
                page.put(line.lstrip(), indent=depth, hang=depth + 2 if depth else 0)
    page.gap()
    if here:
        page.put(page.say("why.now_in", states=states(page, here)))
    else:
        page.put(page.say("refused.closed"))
    if data["taken_in"] and not data["ready"]:
        names = [page.name("state", id) for id in data["taken_in"]]
        page.put(page.say("why.taken_in", states=page.said.listed(names)))
    page.footer()


def why_deadline(page: Page, data: Data) -> None:
    """`why CASE deadline ID`: how its last day was counted, line by line, and what it rests on."""
    _from(page, data)
    row = data["deadline"]
    if row["due"]:
        heading = page.say("why.heading", title=row["title"], day=page.day(row["due"]))
    elif row["lapses_at"]:
        heading = page.say("why.heading_hours", title=row["title"], at=page.instant(row["lapses_at"]))
    else:
        heading = page.say("why.heading_open", title=row["title"])
    page.put((heading, STRONG))
    sign, style = mark(page, row)
    page.put((sign, style), *([f"   {page.say('why.owed_by', party=data['party'])}"] if data["party"] else []))
    page.gap()
    lines = [line for each in _as_counted(data) for line in count_lines(page, each)]
    for i, line in enumerate(lines, 1):
        page.put(padded(f"{i}.", 4), line, hang=4)
    page.gap()
    page.field(page.say("why.label_basis"), basis(page, data["basis"]))
    url = (data["basis"] or {}).get("url")
    if url:
        page.field("", url)
    page.footer()


def _as_counted(data: Data) -> list[Data]:
    """The lines, and of a paused deadline those that rest on its resuming now, said so."""
    lines: list[Data] = data["lines"]
    if data["deadline"]["status"] != "paused":
        return lines
    last = max((i for i, line in enumerate(lines) if line["kind"] in _PAUSES), default=-1)
    kinds = {"lapses": "lapses_paused", "lapses_hours": "lapses_paused_hours"}
    return [
        {**line, "kind": _PAUSES[line["kind"]] if i == last else kinds.get(line["kind"], line["kind"])}
        for i, line in enumerate(lines)
        if line["kind"] != "other_reading"
    ]


_PAUSES = {"paused": "paused_still", "paused_months": "paused_still_months", "paused_hours": "paused_still_months"}


def count_lines(page: Page, line: Data) -> list[str]:
    """One step of the count as sentences; the keys are those of `core.days` and `reasons`."""
    kind, said = line["kind"], page.said
    facts = {k: _fact(page, k, v) for k, v in line.items() if k not in ("kind", "by", "off", "made_up", "names")}
    by = line.get("by") or {}
    facts |= {k: by.get(f"{k}_title") for k in ("paused_by", "resumed_by")}
    facts["event"] = _event(page, line)
    facts["fact"] = line.get("fact_title") or line.get("fact")
    if "rest" in line:
        unit = {"weeks": "days"}.get(line["unit"], line["unit"])
        facts |= {k: said.length(f"{line[k]} {unit}") for k in ("rest", "used") if k in line}
        facts["length"] = facts["rest"]
    match kind:
        case "started" if not line.get("event"):
            return [page.say("line.started_plain", **facts)]
        case "counted" if line["rest"] == 0:
            return [page.say("line.counted_none", **facts)]
        case "counted":
            return [page.say("line.counted", **facts), *_days_between(page, line)]
        case "rolled":
            facts["names"] = said.listed(_off(page, line["names"], weekend="line.weekend"))
        case "due_on" if line.get("day") is None:
            return [page.say("line.due_on_unset", **facts)]
        case "lapses" if line.get("provisional"):
            return [page.say("line.lapses", **facts), page.say("line.provisional")]
        case "other_reading":
            return [page.say("line.other_reading" if line["rolls"] else "line.other_reading_rolled", **facts)]
    return [page.say(f"line.{kind}", **facts)]


def _fact(page: Page, key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if key in ("length", "before", "after"):
        return page.said.length(value)
    if key in ("event", "fact", "event_title", "fact_title", "unit"):
        return value
    return page.instant(value) if "T" in value else page.day(value)


def _event(page: Page, line: Data) -> str:
    event = line.get("event") or ""
    return page.say("show.opened") if event == "opened" else line.get("event_title") or page.name("event", event)


def _days_between(page: Page, line: Data) -> list[str]:
    """The days off that were left out, and the make-up days that were not."""
    found = []
    if line.get("off"):
        found.append(page.say("line.off", days=page.said.listed(_off(page, line["off"]))))
    if line.get("made_up"):
        days = page.said.listed([page.day(day) for day in line["made_up"]])
        found.append(page.say("line.made_up", days=days))
    return found


def _off(page: Page, days: Iterable[tuple[str, str | None]], weekend: str | None = None) -> list[str]:
    """Days off in words: each holiday with its days, weekends with their number (or the word for them)."""
    named: dict[str, list[str]] = {}
    for day, name in days:
        named.setdefault(name or "", []).append(day)
    plain = named.pop("", [])
    found = [
        page.said.holiday(name)
        if weekend
        else page.say("line.holiday", name=page.said.holiday(name), days=_span(page, held))
        for name, held in named.items()
    ]
    if plain:
        found.append(page.say(weekend) if weekend else page.say("line.weekends", n=len(plain)))
    return found


def _span(page: Page, days: list[str]) -> str:
    if len(days) == 1:
        return page.day(days[0])
    return page.say("line.range", first=page.day(days[0]), last=page.day(days[-1]))


def forecast(page: Page, data: Data) -> None:
    """`forecast CASE`: what happens by itself, day by day, and where it ends."""
    page.today = data["from"][:10]
    page.put((page.say("forecast.heading", case=data["case"], title=data["title"], day=page.day(data["from"])), STRONG))
    page.muted(page.say("note.forecast"))
    for step in data["steps"]:
        page.gap()
        page.put((page.instant(step["at"]), STRONG))
        for each in step["lapsed"]:
            page.bullet(page.say("forecast.lapsed", title=each["title"], party=page.name("party", each["owed_by"])))
        for each in step["events"]:
            text = page.say("forecast.event", event=each["title"])
            text += page.say("forecast.to", state=each["to_title"]) if each["to_title"] else ""
            page.bullet(text + (page.say("forecast.clock") if each["by"] == "clock" else ""))
        for each in step["started"]:
            key = "forecast.started" if each["due"] else "forecast.started_no_day"
            page.bullet(page.say(key, title=each["title"], day=page.day(each["due"])))
    page.gap()
    if not data["steps"]:
        page.put(page.say("forecast.nothing"))
    ends = data["ends"]
    shown = page.said.listed(
        [t["title"] for t in ends["tracks"] if not t["final"]] or [t["title"] for t in ends["tracks"]]
    )
    outcome = page.said.outcome(ends["tracks"][0]["outcome"]) if ends["tracks"] else ""
    page.put(page.say("forecast.ends" if ends["open"] else "forecast.ends_closed", states=shown, outcome=outcome))
    page.footer()


def preview(page: Page, data: Data) -> None:
    """Before and after, side by side: states, deadlines, lapses undone, entries that would no longer apply."""
    _from(page, data["before"])
    before, after = data["before"], data["after"]
    page.put((page.say("preview.heading"), STRONG))
    page.gap()
    rows = _moves(page, before["tracks"], after["tracks"])
    if not rows:
        page.put(page.say("preview.same", states=states(page, after["tracks"])))
    titles = {d["id"]: d["title"] for side in (before, after) for d in side["deadlines"]}
    rows += [
        [
            titles.get(m["id"]) or page.name("deadline", m["id"]),
            _side(page, m, "before"),
            (_side(page, m, "after"), STRONG),
        ]
        for m in data["moved"]
    ]
    if rows:
        sides = [Column(page.say(f"head.{side}"), 12, True) for side in ("before", "after")]
        page.table([Column("", 6, True), *sides], rows)
    if not data["moved"]:
        page.muted(page.say("preview.no_moves"))
    if data["undone"]:
        page.heading(page.say("preview.undone_heading"))
        for each in data["undone"]:
            text = page.say(
                "preview.undone",
                at=page.instant(each["lapsed_at"]),
                title=titles.get(each["id"]) or page.name("deadline", each["id"]),
            )
            if each["event"]:
                text += page.say("preview.undone_event", event=page.name("event", each["event"]))
            page.bullet(text + page.say("word.stop"))
    _conflicts(page, data["conflicts"])


def _moves(page: Page, before: list[Data], after: list[Data]) -> list[list[Cell]]:
    """The tracks whose state differs."""
    was = {t["track"]: t["state"] for t in before}
    now = {t["track"]: t["state"] for t in after}
    rows: list[list[Cell]] = []
    for track in dict.fromkeys((*was, *now)):
        if was.get(track) != now.get(track):
            alone = track == "main" and len({**was, **now}) == 1
            name = page.say("preview.state") if alone else track_name(page, track)
            one, other = (page.name("state", s.get(track)) or page.say("preview.none") for s in (was, now))
            rows.append([name, one, (other, STRONG)])
    return rows


def _conflicts(page: Page, conflicts: list[Data]) -> None:
    if not conflicts:
        page.gap()
        page.muted(page.say("preview.keep"))
        return
    page.heading(page.say("preview.conflicts"))
    for each in conflicts:
        event = page.name("event", each["event"])
        page.bullet((page.say("mark.bad") + " ", SOON), page.say("preview.conflict", seq=each["seq"], event=event))
        for lack in each["missing"]:
            for line in lacking(lack, each["event"], page.said, page.titles):
                page.muted(line.strip(), indent=7)
    accept = "--accept " + " ".join(str(each["seq"]) for each in conflicts)
    page.gap()
    page.put(page.say("preview.accept", accept=accept))


def _side(page: Page, moved: Data, side: str) -> str:
    """How a deadline stands on one side of a preview."""
    status = moved[f"status_{side}"]
    if status is None:
        return page.say("preview.none")
    due, lapses = moved[f"due_{side}"], moved[f"lapses_{side}"]
    when = page.day(due) if due else page.instant(lapses)
    word = "" if status == "running" and when else page.say(f"mark.{status}")
    return "  ".join(part for part in (when, word) if part)


def _from(page: Page, data: Data) -> None:
    """Days are counted from the instant that an answer speaks of."""
    page.today = str(data["as_of"])[:10]
