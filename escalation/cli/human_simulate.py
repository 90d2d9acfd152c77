"""Made-up lives of a procedure, for people: how they end, which periods are kept, what nobody reached."""

from __future__ import annotations

from collections.abc import Iterator

from escalation.cli.human_page import MUTED, SOON, STRONG, Column, Data, Page, Styled

NARROW = 70
"""Columns; below, a table would be all gaps, and each row is a line of its own."""
MOST_STEPS = 24
"""Lines of one life; what lies in the middle of a longer one is left to `--json`."""


def simulate(page: Page, data: Data) -> None:
    """`simulate`: the shape of docs/command-line.md."""
    page.put((data["procedure"]["title"], STRONG))
    page.muted(page.say("simulate.about", n=data["cases"], seed=data["seed"], day=data["opened_at"][:10]))
    for each in data["silent"]:
        page.put(page.say("simulate.silent", party=each["title"]))
    page.put((data["assumptions"][0], SOON))
    _ends(page, data)
    _not_ended(page, data)
    _deadlines(page, data)
    _unreached(page, data)
    _loops(page, data)
    for which in ("shortest", "longest"):
        if data[which] is not None:
            page.heading(page.say(f"simulate.{which}", n=data[which]["days"]))
            _story(page, data[which])
    page.heading(page.say("simulate.assumptions"))
    for text in data["assumptions"][1:]:
        page.bullet(text)


def _ends(page: Page, data: Data) -> None:
    page.heading(page.say("simulate.ends"))
    if not data["ends"]:
        page.put(page.say("simulate.no_ends"), indent=2)
        return
    body: list[list[Styled]] = []
    for each in data["ends"]:
        days, share = each["days"], _percent(each["cases"], data["cases"])
        title = each["title"] + (page.say("word.paren", text=each["track_title"]) if each["track_title"] else "")
        usual = page.say("simulate.between", low=days["p10"], high=days["p90"])
        facts = {"title": title, "share": share, "median": days["median"], "usual": usual}
        if page.width < NARROW:
            page.bullet(page.say("simulate.end_line", n=each["cases"], **facts))
        outcome = page.said.outcome(each["outcome"])
        body.append([title, outcome, str(each["cases"]), share, str(days["median"]), usual])
    heads = ("end", "outcome", "cases", "share", "median", "usual")
    if page.width >= NARROW:
        page.table([Column(page.say(f"simulate.head_{h}"), 4, h == "end") for h in heads], body)


def _not_ended(page: Page, data: Data) -> None:
    if not data["not_ended"]:
        return
    page.heading(page.say("simulate.not_ended"))
    for each in data["not_ended"]:
        share = _percent(each["cases"], data["cases"])
        page.bullet(page.say("simulate.stuck", title=each["title"], n=each["cases"], share=share))
        page.put(page.say(f"simulate.why_{each['why']}"), indent=4)
        if each["waiting_for"] and each["why"] != "horizon":
            titles = page.said.listed([event["title"] for event in each["waiting_for"]])
            page.muted(page.say("simulate.waiting_for", titles=titles), indent=4)


def _deadlines(page: Page, data: Data) -> None:
    page.heading(page.say("simulate.deadlines"))
    started = [each for each in data["deadlines"] if each["started"]]
    body: list[list[Styled]] = []
    for each in started:
        names, met, missed = {k: each[k] for k in ("title", "party")}, str(each["met"]), str(each["missed"])
        if page.width < NARROW:
            page.bullet(page.say("simulate.deadline_line", n=each["started"], met=met, missed=missed, **names))
        share = _percent(each["missed"], each["started"])
        body.append([*names.values(), str(each["started"]), met, missed, share])
    heads = ("deadline", "party", "started", "met", "missed", "missed_share")
    if body and page.width >= NARROW:
        page.table([Column(page.say(f"simulate.head_{h}"), 4, h in ("deadline", "party")) for h in heads], body)
    never = [each["title"] for each in data["deadlines"] if not each["started"]]
    if never:
        page.put(page.say("simulate.never_started", titles=page.said.listed(never)), indent=2)
    if not data["deadlines"]:
        page.put(page.say("simulate.no_deadlines"), indent=2)


def _unreached(page: Page, data: Data) -> None:
    page.heading(page.say("simulate.unreached"))
    if not data["never_entered"] and not data["never_taken"]:
        page.put("ok ", page.say("simulate.all_reached"), indent=2, hang=5)
        return
    for kind, id in (("never_entered", "state"), ("never_taken", "event")):
        for each in data[kind]:
            page.bullet(page.say(f"simulate.{kind}", title=each["title"]), (f"  {each[id]}", MUTED))
    page.muted(page.say("simulate.unreached_means"), indent=2)


def _loops(page: Page, data: Data) -> None:
    if not data["loops"]:
        return
    page.heading(page.say("simulate.loops", most=data["loops_over"]))
    for each in data["loops"]:
        page.bullet(page.say("simulate.loop", title=each["title"], n=each["cases"], most=each["most"]))


def _story(page: Page, story: Data) -> None:
    lines = list(_told(page, story["steps"]))
    left_out = len(lines) - MOST_STEPS
    for i, (day, text) in enumerate(lines):
        if left_out > 0 and MOST_STEPS // 2 <= i < MOST_STEPS // 2 + left_out:
            if i == MOST_STEPS // 2:
                page.muted(page.say("simulate.left_out", n=left_out), indent=4)
            continue
        page.field("  " + page.say("simulate.day", day=day), text, wide=16)


def _told(page: Page, steps: list[Data]) -> Iterator[tuple[str, str]]:
    """A line for each step, and one for several of the same in a row."""
    i = 0
    while i < len(steps):
        first = steps[i]
        j = i
        while j + 1 < len(steps) and all(steps[j + 1][k] == first[k] for k in ("event", "track", "to")):
            j += 1
        key = "simulate.step" if first["to"] is None else "simulate.step_to"
        text = page.say(key, title=first["title"], to=first["to_title"])
        if first["by"] == "clock":
            text += page.say("word.paren", text=page.say("word.clock"))
        if j > i:
            text += page.say("simulate.times", n=j - i + 1)
        day = str(first["day"]) if steps[j]["day"] == first["day"] else f"{first['day']}-{steps[j]['day']}"
        yield day, text
        i = j + 1


def _percent(part: int, whole: int) -> str:
    """One place after the point; what is rare is not called never."""
    share = f"{100 * part / whole:.1f}%"
    return "<0.1%" if part and share == "0.0%" else share
