"""Definitions and days for people: procedures, findings, stories, versions compared, calendars."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import msgspec

from escalation.cli.human_page import LATE, MUTED, SOON, STRONG, Column, Data, Page, Styled, padded
from escalation.cli.human_words import basis

MOST_CHANGES = 60


def procedure_list(page: Page, rows: Iterable[Data]) -> None:
    """`procedure list`: `[{id, version, title, hash, source, states, deadlines}]`."""
    body: list[list[Styled]] = [
        [
            r["id"],
            r["title"],
            r["version"],
            str(r["states"]),
            str(r["deadlines"]),
            page.say(f"procedures.{r['source']}"),
        ]
        for r in rows
    ]
    if not body:
        page.put(page.say("procedures.empty"))
        return
    heads = ("id", "title", "version", "states", "deadlines", "source")
    columns = [Column(page.say(f"head.{h}"), 4, h == "title") for h in heads]
    page.table(columns, body, indent=0)
    page.gap()
    page.muted(page.say("procedures.how"))


def procedure_show(page: Page, data: Data) -> None:
    """`procedure show ID`: stages with their states, ways out, and deadlines with what they rest on in full."""
    page.titles = {
        "party": {p["id"]: p["title"] for p in data["parties"]},
        "state": {s["id"]: s["title"] for s in data["states"]},
        "event": {t["event"]: t["title"] for s in data["states"] for t in s["transitions"]},
        "stage": {s["id"]: s["title"] for s in data["stages"]},
        **{kind: {e["id"]: e["title"] for e in data.get(f"{kind}s", ())} for kind in ("fact", "checklist", "track")},
    }
    page.put((data["title"], STRONG))
    facts = {k: data[k] for k in ("id", "version", "timezone", "calendar")}
    page.muted(page.say("procedures.about", **facts))
    page.muted(page.say("procedures.hash", hash=data["hash"]))
    for stage in data["stages"]:
        states = [s for s in data["states"] if s["stage"] == stage["id"]]
        if states:
            page.heading(page.say("procedures.stage", title=stage["title"]))
        for state in states:
            _state(page, state)
    if data["deadlines"]:
        page.heading(page.say("procedures.standing"))
        for each in data["deadlines"]:
            _deadline(page, each)
    if data["sources"]:
        page.heading(page.say("procedures.sources"))
        for each in data["sources"]:
            _source(page, each)


def _state(page: Page, state: Data) -> None:
    page.gap()
    notes = [page.say("procedures.track", track=page.name("track", state["track"]))] if state["track"] != "main" else []
    if state["final"]:
        notes.append(page.say("procedures.final", outcome=page.said.outcome(state["outcome"])))
    suffix = page.say("word.paren", text=page.said.listed(notes)) if notes else ""
    page.put((state["title"], STRONG), (f"  {state['id']}", MUTED), suffix, indent=2)
    for line in (state["guidance"] or "").strip().splitlines():
        _guidance(page, line.strip().replace("**", "").replace("`", ""))
    for each in state["transitions"]:
        key = "procedures.branch" if each["to"] else "procedures.branch_stays"
        text = page.say(key, event=each["title"], to=page.name("state", each["to"]))
        if each["by"] != "me":
            by = page.say("word.clock") if each["by"] == "clock" else None
            by = by or page.say("procedures.by", party=page.name("party", each["by"]))
            text += page.say("word.paren", text=by)
        page.bullet(text, indent=4)
        if each["requires"]:
            names = page.said.listed([page.name("checklist", r) for r in each["requires"]])
            page.muted(page.say("procedures.requires", names=names), indent=6)
        if each["when"]:
            page.muted(
                page.say("procedures.when", expression=page.said.expression(each["when"], page.titles)), indent=6
            )
    for each in state["deadlines"]:
        _deadline(page, each, indent=4)


def _guidance(page: Page, line: str) -> None:
    """A line of Markdown without its marks."""
    if line.startswith(("- ", "* ")):
        page.bullet(line[2:], indent=4)
    else:
        page.put(line.lstrip("# "), indent=4)


def _deadline(page: Page, each: Data, indent: int = 2) -> None:
    """A deadline with its length and what it rests on."""
    who = page.name("party", each["owed_by"])
    page.put(
        "! ", (page.say("procedures.deadline", title=each["title"], length=_length(page, each), party=who), STRONG),
        (f"  {each['id']}", MUTED), indent=indent, hang=indent + 2,
    )  # fmt: skip
    if each["rolls"]:
        page.muted(page.say("procedures.rolls"), indent=indent + 2)
    if each["lapses"]:
        page.muted(page.say("procedures.lapses", event=page.name("event", each["lapses"])), indent=indent + 2)
    page.put(basis(page, each["basis"]), indent=indent + 2)


def _length(page: Page, each: Data) -> str:
    within = each["within"]
    if within is None:
        return page.say("procedures.due_on", fact=page.name("fact", each["due_on"]))
    if isinstance(within, str):
        return page.said.length(within)
    said = []
    for branch in within:
        length = page.said.length(branch["length"])
        if branch.get("when"):
            expression = page.said.expression(branch["when"], page.titles)
            said.append(page.say("procedures.when_length", expression=expression, length=length))
        else:
            said.append(page.say("procedures.else_length", length=length))
    return page.said.listed(said)


def _source(page: Page, each: Data) -> None:
    text = page.say("basis.source", title=each["title"])
    text += page.say("basis.details", issuer=each["issuer"], number=each["number"])
    page.bullet(text)
    dates = [page.say("procedures.effective", day=each["effective"])]
    dates += [page.say("procedures.until", day=each["until"])] if each.get("until") else []
    page.muted(page.said.listed(dates), indent=4)
    if each.get("url"):
        page.muted(each["url"], indent=4)


def check(page: Page, data: Data) -> None:
    """`procedure check`: `{file, hash, errors, warnings, findings: […], told: [lines]}`."""
    page.put((data["file"], STRONG))
    for each in data["findings"]:
        serious = each["severity"] == "error"
        sign: Styled = (
            padded("!!" if serious else "!", 3) + page.say(f"procedure.{each['severity']}"),
            LATE if serious else SOON,
        )
        page.gap()
        page.put(f"{each['file']}:{each['line']}:{each['column']}  ", sign)
        page.put(each["message"], indent=2)
        if each.get("key"):
            page.muted(each["key"], indent=2)
    page.gap()
    if not data["findings"]:
        page.put("ok ", page.say("check.clean"))
    else:
        page.put(page.say("check.counts", errors=data["errors"], warnings=data["warnings"]))
    page.put(page.say("check.unusable" if data["errors"] else "check.usable"))
    if data["told"]:
        page.heading(page.say("check.told"))
        for line in data["told"]:
            depth = len(line) - len(line.lstrip())
            page.put(line.lstrip().replace("→", "->"), indent=depth + 2, hang=depth + 4)


def test(page: Page, data: Data) -> None:
    """`procedure test`: `{procedure, stories: [{id, title, passed, mismatches: […]}], coverage}`."""
    stories = data["stories"]
    page.put((data["procedure"], STRONG))
    if not stories:
        page.put(page.say("test.no_stories"))
    for story in stories:
        sign: Styled = ("ok " if story["passed"] else "!! ", "" if story["passed"] else LATE)
        page.put(sign, page.say("test.story", title=story.get("title") or story["id"]), indent=2, hang=5)
        for each in story.get("mismatches") or ():
            if each.get("text"):
                page.put(each["text"], indent=5)
                continue
            line = each.get("line")
            key = "test.mismatch" if line is not None else "test.mismatch_no_line"
            page.put(
                page.say(key, line=line, expected=_plain(each.get("expected")), found=_plain(each.get("found"))),
                indent=5,
            )
    failed = sum(not story["passed"] for story in stories)
    page.gap()
    if stories:
        page.put((page.say("test.failed" if failed else "test.passed", n=len(stories), failed=failed), STRONG))
    coverage = data.get("coverage")
    if coverage:
        page.put(page.say("test.coverage", taken=coverage["taken"], of=coverage["of"]))
        if coverage["missing"]:
            page.muted(page.say("test.missing", names=page.said.listed([_plain(m) for m in coverage["missing"]])))


def _plain(found: Any) -> str:
    return found if isinstance(found, str) else msgspec.json.encode(found, enc_hook=str).decode()


def schema(page: Page, data: Any) -> None:
    """`procedure schema`: the JSON Schema as it is, to be put into a file."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n")


def draw(page: Page, data: str) -> None:
    """A drawing, as it is."""
    sys.stdout.write(data if data.endswith("\n") else data + "\n")


def diff(page: Page, data: Data) -> None:
    """`procedure diff A B`: `{from, to, changes: [{key, before, after}], cases: […]}`. Extra: `titles`."""
    one, other = (f"{data[k]['id']} {data[k]['version']} ({data[k]['hash'][:12]})" for k in ("from", "to"))
    page.put((page.say("diff.heading", one=one, other=other), STRONG))
    page.gap()
    changes = data["changes"]
    page.put(page.say("diff.changes", n=len(changes)) if changes else page.say("diff.same"))
    for each in changes[:MOST_CHANGES]:
        page.bullet((each["key"], STRONG))
        for sign, found in (("-", each["before"]), ("+", each["after"])):
            if found is not None:
                page.put(f"{sign} ", _plain(found), indent=6, hang=8)
    if len(changes) > MOST_CHANGES:
        page.muted(page.say("diff.more", n=len(changes) - MOST_CHANGES), indent=2)
    page.gap()
    page.put(page.say("diff.cases", n=len(data["cases"])) if data["cases"] else page.say("diff.no_cases"))
    for each in data["cases"]:
        page.put((each["case"], STRONG), f"  {each['title']}", indent=2)
        names = page.said.listed([page.name("state", s) for s in each["states"]])
        page.put(page.say("diff.state" if each["possible"] else "diff.impossible", states=names), indent=4)
        for m in each["moved"]:
            sides = {
                s: page.day(m[f"due_{s}"]) or page.instant(m[f"lapses_{s}"]) or page.say("diff.nothing")
                for s in ("before", "after")
            }
            page.bullet(page.say("diff.moved", title=m["id"], **sides), indent=4)
        if each["conflicts"]:
            page.put(("!! ", SOON), page.say("diff.conflicts", n=len(each["conflicts"])), indent=4)


def installed(page: Page, data: Data) -> None:
    """`procedure install`: `{id, version, title, hash, warnings}`."""
    page.put("ok ", (page.say("installed.what", **{k: data[k] for k in ("title", "id", "version")}), STRONG), hang=3)
    if data.get("warnings"):
        page.put(page.say("installed.warnings", n=data["warnings"]), indent=3)
    page.muted(page.say("installed.how", id=data["id"]), indent=3)


def calendar_installed(page: Page, data: Data) -> None:
    """`calendar install`: `{file, calendars}`."""
    page.put("ok ", page.say("installed.calendar", file=data["file"]), hang=3)


def calendar_list(page: Page, rows: Iterable[Data]) -> None:
    """`calendar list`: `[{calendar, first, last, source}]`."""
    body: list[list[Styled]] = [
        [r["calendar"], f"{r['first']}-{r['last']}", page.say(f"calendar.{r['source']}")] for r in rows
    ]
    if not body:
        page.put(page.say("calendar.empty"))
        return
    page.table([Column(page.say(f"head.{h}")) for h in ("calendar", "years", "source")], body, indent=0)


def calendar_year(page: Page, data: Data) -> None:
    """`calendar show YEAR`: months as blocks, days off and make-up days by sign, and again in words."""
    page.put((page.say("calendar.heading", calendar=data["calendar"], year=data["year"]), STRONG))
    if data["provisional"]:
        page.put((page.say("calendar.provisional"), SOON))
    if data["source"]:
        source = f"calendar.{data['source']}"
        page.muted(page.say("calendar.source", source=page.say(source) if page.said.has(source) else data["source"]))
    months: dict[int, list[Data]] = {}
    for day in data["days"]:
        months.setdefault(int(day["date"][5:7]), []).append(day)
    across = max(min((page.width + 3) // 24, 4), 1)
    blocks = [_month(page, number, days) for number, days in months.items()]
    for i in range(0, len(blocks), across):
        page.gap()
        together = blocks[i : i + across]
        for k in range(max(map(len, together))):
            page.put("   ".join(padded(b[k] if k < len(b) else "", 21, 0) for b in together))
    page.gap()
    page.muted(page.say("calendar.legend"))
    _named_days(page, data)


def _month(page: Page, number: int, days: list[Data]) -> list[str]:
    """The lines of one month, each 21 cells at most."""
    from datetime import date

    names = page.say("day.months").split()
    lines = [page.say("calendar.month", month=names[number - 1]), " ".join(page.say("calendar.weekdays").split())]
    line = "   " * date.fromisoformat(days[0]["date"]).weekday()
    for day in days:
        at = date.fromisoformat(day["date"])
        line += f"{at.day:>2}{_sign(day, at.weekday())}"
        if at.weekday() == 6:
            lines.append(line)
            line = ""
    return [*lines, *([line] if line else [])]


def _sign(day: Data, weekday: int) -> str:
    if day["working"]:
        return "+" if weekday >= 5 else " "
    return "*" if day["name"] else "."


def _named_days(page: Page, data: Data) -> None:
    """Holidays and make-up days in words, and how many days are worked."""
    from datetime import date

    off: dict[str, list[str]] = {}
    made_up = []
    for day in data["days"]:
        if day["working"] and date.fromisoformat(day["date"]).weekday() >= 5:
            made_up.append(page.day(day["date"]))
        elif not day["working"] and day["name"]:
            off.setdefault(page.said.holiday(day["name"]), []).append(day["date"])
    if off:
        page.heading(page.say("calendar.off"))
        for name, days in off.items():
            first, last = page.day(days[0]), page.day(days[-1])
            page.bullet(
                page.say(
                    "line.holiday",
                    name=name,
                    days=page.say("line.range", first=first, last=last) if len(days) > 1 else first,
                )
            )
    if made_up:
        page.heading(page.say("calendar.made_up"))
        page.put(page.said.listed(made_up), indent=2)
    working = sum(day["working"] for day in data["days"])
    page.gap()
    page.put(page.say("calendar.counts", working=working, off=len(data["days"]) - working))
