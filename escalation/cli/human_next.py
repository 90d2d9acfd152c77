"""The one thing to do next, for people: what, by when, why, what it rests on, what is missing."""

from __future__ import annotations

from collections.abc import Iterable

from escalation.cli.human_page import LATE, SOON, STRONG, Data, Page, Styled
from escalation.cli.human_words import basis, days_left, last_day, mark


def next_(page: Page, data: Data) -> None:
    """`next CASE`: what to do now, by when, why, what it rests on, what is missing, what else there is."""
    page.today = data["as_of"][:10]
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
    for i, each in enumerate(data["letters"]):
        written = page.say("next.letter", title=each["title"], case=data["case"], document=each["document"])
        page.field(page.say("next.label_letters") if i == 0 else "", written)
    if data["overdue"]:
        page.field(page.say("next.label_overdue"), *_overdue(page, data["overdue"][0]))
        for each in data["overdue"][1:]:
            page.field("", *_overdue(page, each))
    for each in data["lapsed"]:
        key = "next.lapsed" if each["due"] else "next.lapsed_no_day"
        day = page.day(each["due"]) if each["due"] else ""
        page.field(page.say("next.label_lapsed"), page.say(key, title=each["title"], day=day))
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
        case "act" if do["event"] == "instalment_paid":  # `plan pay` works out the next day and what a part payment is
            return f"escalation plan pay {case} ..."
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
