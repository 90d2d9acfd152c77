"""Other answers for people: why a day is that day, what an event lacks, what if, what a correction would do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from escalation.cli.human_page import SOON, STRONG, Cell, Column, Data, Page, padded
from escalation.cli.human_words import basis, mark, states, track_name
from escalation.wording import lacking


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
