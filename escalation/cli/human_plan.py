"""Money for people: budgets, ways to pay side by side with a chart, the agreed plan."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.cells import cell_len

from escalation.cli import human_answers, human_written
from escalation.cli.human_page import GAP, LATE, MUTED, SOON, STRONG, Data, Page, Styled, padded

MOST_BARS = 8
"""Bars of one plan; longer plans are shown by stretches of months."""
LEAST_NAME = 8
"""Cells for the name of a plan beside its sums; longer names have a line of their own."""
_STYLES = {"yes": "", "likely": SOON, "no": LATE, "unknown": MUTED}
_STATES = {"missed": LATE, "part": SOON, "today": SOON, "ahead": MUTED}


def capacity(page: Page, data: Data) -> None:
    """`plan capacity`: line by line, then what can be paid and how sure that is. Extra: `kept`, `fields`."""
    if page.extra.get("kept"):
        page.put(page.say("plan.kept"))
        page.gap()
    page.put((page.say("plan.capacity_heading"), STRONG))
    page.gap()
    rows: list[tuple[str, str, str]] = []
    for line in data["lines"]:
        sign = "" if line["part"] in ("income", "unsure") else "-"
        rows.append((line["title"], sign + grouped(line["amount"]), page.say(f"plan.part_{line['part']}")))
    left = Decimal(data["sure"]) - Decimal(data["costs"]) - Decimal(data["debts"])
    sums = [(page.say("plan.left"), grouped(left), "")]
    if Decimal(data["low"]):
        sums.append((page.say("plan.margin", n=data["margin_percent"]), grouped(Decimal(data["low"]) - left), ""))
    last = [(page.say("plan.low"), grouped(data["low"]), "")]
    if Decimal(data["short"]):
        last.append((page.say("plan.short"), grouped(data["short"]), ""))
    if data["likely"] != data["low"]:
        last.append((page.say("plan.likely"), grouped(data["likely"]), ""))
    _sums(page, rows, sums, last)
    page.gap()
    page.put(page.say(f"plan.sure_{data['how_sure']}"))
    if page.extra.get("fields") and not page.extra.get("kept"):
        page.muted(page.say("plan.keep_how"))
    page.footer()


def _sums(page: Page, *groups: Sequence[tuple[str, str, str]]) -> None:
    """Labels at the left, sums flush right, a line of dashes between groups; the last group stands out."""
    every = [row for group in groups for row in group]
    wide = min(max(cell_len(row[0]) for row in every) + 2, max(page.width - 24, 12))
    money = max(len(row[1]) for row in every)
    for i, group in enumerate(groups):
        if i and groups[i - 1]:
            page.put(("-" * (wide + money), MUTED), indent=2)
        for label, amount, note in group:
            style = STRONG if i == len(groups) - 1 else ""
            if cell_len(label) > wide:
                page.put((label, style), indent=2)
                label = ""
            page.put((padded(label, wide, 0) + amount.rjust(money), style), (f"   {note}" if note else ""), indent=2)


# -- comparison ----------------------------------------------------------------------------------------


def compare(page: Page, data: Data) -> None:
    """`plan compare`: a table, what bounds the rates, a chart of the burden. Extra: `today`, `facts`."""
    page.put((page.say("plan.compare_heading"), STRONG))
    if data["owed"]:
        page.put(page.say("plan.owed", sum=grouped(data["owed"])))
    page.put(_room(page, data["room"]))
    page.gap()
    possible = [(i, each) for i, each in enumerate(data["offers"], 1) if not each["impossible"]]
    if possible:
        _offers(page, possible)
    for i, each in enumerate(data["offers"], 1):
        if each["impossible"]:
            page.put((page.say("plan.cannot", name=f"{i} {each['name']}", why=each["impossible"]["text"]), SOON))
    _held(page, possible)
    if possible:
        page.gap()
        page.muted(page.say("plan.note_rates"))
        chart(page, possible, data["room"])
    bounds(page, data)
    page.footer()


def _room(page: Page, room: Data | None) -> str:
    """What can be paid a month, and what that rests on."""
    if room is None:
        return page.say("plan.room_none" if _has(page, "monthly_offer") else "plan.room_none_here")
    both = room["rests_on"] == "budget" and room["low"] != room["likely"]
    facts = {"low": grouped(room["low"]), "likely": grouped(room["likely"])}
    return page.say(f"plan.room_{room['rests_on']}" + ("_both" if both else ""), **facts)


def _has(page: Page, fact: str) -> bool:
    """Whether the case that is spoken of could know a fact; so it is taken to be where nothing is said of its facts."""
    return fact in page.extra.get("facts", (fact,))


def _offers(page: Page, offers: Sequence[tuple[int, Data]]) -> None:
    """Two lines for each: its sums, then its days and what it leaves."""
    heads = [page.say(f"plan.head_{h}") for h in ("name", "monthly", "months", "total", "nominal", "effective")]
    rows = [
        [
            f"{i} {each['name']}", grouped(each["monthly_high"]), str(each["months"]), grouped(each["total"]),
            _rate(each["nominal"]), _rate(each["effective"]),
        ]
        for i, each in offers
    ]  # fmt: skip
    widths = [max(cell_len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    widths[0] = min(widths[0], page.width - sum(widths[1:]) - len(GAP) * len(widths) - 15)
    if widths[0] < LEAST_NAME:  # one below the other
        for (_, each), row in zip(offers, rows, strict=True):
            page.put((row[0], STRONG))
            for head, cell in zip(heads[1:], row[1:], strict=True):
                page.put(padded(head, 16), cell, indent=2)
            _about(page, each, _can(page, each))
        return
    can = page.say("plan.head_affordable")
    page.put((_aligned(heads, widths) + GAP + can, MUTED), indent=2)
    page.put(("-" * (sum(widths) + len(GAP) * len(widths) + 13), MUTED), indent=2)
    for (_, each), row in zip(offers, rows, strict=True):
        if cell_len(row[0]) > widths[0]:
            page.put(row[0], indent=2)
            row[0] = ""
        page.put(_aligned(row, widths) + GAP, _can(page, each), indent=2)
        _about(page, each)


def _held(page: Page, offers: Sequence[tuple[int, Data]]) -> None:
    """Which offers cost more than the ceilings that apply, and that the others do not."""
    for bound in (b for _, each in offers[:1] for b in each["ceilings"]):
        over = [(i, each) for i, each in offers for b in each["ceilings"] if b["id"] == bound["id"] and b["over"]]
        facts = {"title": bound["title"], "certainty": _certainty(page, bound)}
        for i, each in over:
            page.put((page.say("plan.over", name=f"{i} {each['name']}", rate=each["nominal"], **facts), LATE))
        if len(over) < len(offers):
            page.put(page.say("plan.within" if over else "plan.within_all", **facts))


def _about(page: Page, each: Data, *before: Styled) -> None:
    said = [page.say("plan.from_to", first=page.day(each["first_day"]), last=page.day(each["last_day"]))]
    if each["left_over"] is not None:
        over = Decimal(each["left_over"])
        said.append(page.say("plan.left_over" if over >= 0 else "plan.lacks", sum=grouped(abs(over))))
    if each["fits_months"]:
        said.append(page.say("plan.fits", n=each["fits_months"]))
    if Decimal(each["waived"]):
        said.append(page.say("plan.waived", sum=grouped(each["waived"])))
    for part in before:
        page.put(part, indent=4)
    page.muted(page.say("word.comma").join(said), indent=4)


def _can(page: Page, each: Data) -> Styled:
    return page.say(f"plan.affordable_{each['affordable']}"), _STYLES[each["affordable"]]


def _rate(percent: str | None) -> str:
    return f"{percent}%" if percent is not None else "-"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The first flush left, sums flush right."""
    first, *rest = cells
    right = [" " * max(width - cell_len(cell), 0) + cell for cell, width in zip(rest, widths[1:], strict=True)]
    return GAP.join([padded(first, widths[0], 0), *right])


def chart(page: Page, offers: Sequence[tuple[int, Data]], room: Data | None) -> None:
    """The burden of each plan by stretches of months, what goes beyond what can be paid drawn with another sign."""
    page.heading(page.say("plan.chart_heading"))
    limit = Decimal(room["low"]) if room is not None else None
    most = max(Decimal(each["monthly_high"]) for _, each in offers)
    stretches = {i: _stretches(each["rows"]) for i, each in offers}
    labels = {i: [_months(page, *s[:2]) for s in found] for i, found in stretches.items()}
    wide = max(cell_len(text) for found in labels.values() for text in found) + 2
    money = max(len(grouped(sum_)) for found in stretches.values() for _, _, sum_ in found)
    room_for_bar = max(page.width - wide - money - 6, 8)
    for i, each in offers:
        page.put(f"{i} {each['name']}", indent=2)
        for text, (_, _, sum_) in zip(labels[i], stretches[i], strict=True):
            bar = max(int(sum_ / most * room_for_bar), 1)
            can = bar if limit is None else min(bar, int(limit / most * room_for_bar))
            page.put(
                padded(text, wide), grouped(sum_).rjust(money), "  ", "#" * can, ("x" * (bar - can), LATE), indent=2
            )
    page.muted(page.say("plan.chart_room" if limit is not None else "plan.chart_plain"), indent=2)


def _months(page: Page, first: int, last: int) -> str:
    return page.say("plan.months_one" if first == last else "plan.months_many", first=first, last=last)


def _stretches(rows: Sequence[Data]) -> list[tuple[int, int, Decimal]]:
    """First, last and dearest instalment of each stretch: of sums nearly the same, or else of equal length."""
    found: list[tuple[int, int, Decimal]] = []
    for row in rows:
        total = Decimal(row["total"])
        if found and abs(total - found[-1][2]) * 100 <= found[-1][2]:
            found[-1] = (found[-1][0], row["n"], max(total, found[-1][2]))
        else:
            found.append((row["n"], row["n"], total))
    if len(found) <= MOST_BARS:
        return found
    size = -(-len(rows) // MOST_BARS)
    parts = [rows[at : at + size] for at in range(0, len(rows), size)]
    return [(part[0]["n"], part[-1]["n"], max(Decimal(row["total"]) for row in part)) for part in parts]


def bounds(page: Page, data: Data) -> None:
    """What bounds what this kind of lender may charge, what does not, and what each rests on."""
    page.heading(page.say("plan.bounds_heading"))
    if data["lender"] is None:
        page.put(page.say("plan.bounds_unknown" if _has(page, "respondent") else "plan.bounds_unknown_here"), indent=2)
        return
    for each in data["ceilings"]:
        page.bullet((f"[{page.say('plan.applies_' + each['applies'])}] ", MUTED), (each["title"], STRONG))
        page.put(each["text"], indent=4)
        rests = "plan.basis" if each["applies"] != "no_rule" else "plan.basis_none"
        facts = {"source": each["source"], "effective": each["effective"]}
        text = page.say(rests, certainty=_certainty(page, each), **facts)
        page.muted(page.say("word.comma").join(filter(None, (text, each["effective_note"]))), indent=4)
    if not any(each["applies"] == "yes" and each["limit"] for each in data["ceilings"]):
        page.put(page.say("plan.no_rate_bound"), indent=2)


def _certainty(page: Page, bound: Data) -> str:
    return page.said.certainty(bound["certainty"])


# -- the agreed plan -----------------------------------------------------------------------------------


def show(page: Page, data: Data) -> None:
    """`plan show`: what was agreed, every instalment, what is left, and what the law says. Extra: `today`, `titles`."""
    page.put((page.say("plan.show_heading"), STRONG))
    if data["agreed_on"] is None:
        can = data["begins_with"]
        page.put(page.say("plan.none" if can else "plan.not_kept"))
        how = page.say("plan.none_how", case=data["case"], event=can[0]) if can else ""
        page.muted(how or page.say("plan.not_kept_how", case=data["case"]))
        page.footer()
        return
    if data["instalments"]:
        _standing(page, data)
    page.put(page.say("word.comma").join(filter(None, (_terms(page, data), _since(page, data)))))
    if data["cancelled_on"]:
        page.put((page.say("plan.cancelled", day=page.day(data["cancelled_on"])), LATE))
    if data["impossible"]:
        page.put((data["impossible"]["text"], SOON))
    if data["missing"]:
        names = page.said.listed([page.name("fact", f"plan_{name}", name) for name in data["missing"]])
        page.put((page.say("plan.unknown", names=names, case=data["case"]), SOON))
    if data["instalments"]:
        _instalments(page, data)
    page.gap()
    page.put(page.say("plan.no_grace"))
    if data["instalments"]:
        page.put(page.say("plan.late_interest"))
        first = data["terms"].get("imputation") == "principal_first"
        page.put(page.say("plan.imputation_principal" if first else "plan.imputation_lawful"))
    page.footer()


def _terms(page: Page, data: Data) -> str:
    terms = data["terms"]
    if "principal" not in terms and "months" not in terms:
        return ""
    found = page.say(f"plan_kind.{terms['kind']}") + page.say("word.comma") if "kind" in terms else ""
    whole = terms.get("principal")
    found += page.say("plan.terms", principal=grouped(whole) if whole else "?", months=terms.get("months") or "?")
    if terms.get("monthly"):
        found += page.say("plan.terms_monthly", monthly=grouped(terms["monthly"]))
    if terms.get("rate"):
        found += page.say("plan.terms_rate", rate=terms["rate"])
    return found


def _since(page: Page, data: Data) -> str:
    return page.say("plan.since", day=page.day(data["agreed_on"]))


def _standing(page: Page, data: Data) -> None:
    """What matters most: whether something is late, and what comes next."""
    heading = page.say(f"plan.standing_{data['standing']}", sum=grouped(data["arrears"]))
    page.put((heading, LATE if data["standing"] == "behind" else STRONG))
    if data["next_due"]:
        page.put(page.say("plan.next", day=page.day(data["next_due"]), sum=grouped(data["next_amount"])))


def _instalments(page: Page, data: Data) -> None:
    page.gap()
    rows = [
        [str(each["n"]), page.day(each["due"]), grouped(each["amount"]), grouped(each["paid"])]
        for each in data["instalments"]
    ]
    heads = ["", *(page.say(f"plan.head_{h}") for h in ("due", "due_sum", "paid"))]
    widths = [max(cell_len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    page.put((_lined(heads, widths) + GAP + page.say("plan.head_state"), MUTED), indent=2)
    for each, row in zip(data["instalments"], rows, strict=True):
        ahead = each["status"] == "part" and each["due"] > data["today"]
        state = "part_ahead" if ahead else each["status"]
        text = page.say(f"plan.state_{state}")
        text += page.say("word.paren", text=page.day(each["paid_on"])) if each["status"] == "late" else ""
        page.put(_lined(row, widths) + GAP, (text, _STATES.get(state, "")), indent=2)
    page.gap()
    page.put(page.say("plan.outstanding", **{k: grouped(v) for k, v in data["outstanding"].items()}))
    page.put(page.say("plan.paid", sum=grouped(data["paid"])))
    if Decimal(data["credit"]):
        page.put((page.say("plan.credit", sum=grouped(data["credit"])), SOON))
    ends = data["payoff"]
    if Decimal(ends["saved"]):
        page.put(page.say("plan.payoff", total=grouped(ends["total"]), saved=grouped(ends["saved"])))
        page.muted(page.say("plan.payoff_how", case=data["case"]))


def _lined(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Number flush right, day flush left, sums flush right."""
    n, day, *sums = cells
    right = [" " * max(width - cell_len(cell), 0) + cell for cell, width in zip(sums, widths[2:], strict=True)]
    return GAP.join([n.rjust(widths[0]), padded(day, widths[1], 0), *right])


def paid(page: Page, data: Data) -> None:
    """`plan pay`: what the payment was, then the case as it is. Extra: `titles`, `today`, `next`."""
    told = data["payment"]
    facts = {"n": told["instalment"], "sum": grouped(told["amount"]), "missing": grouped(told["missing"])}
    key = {"instalment_paid": "paid_instalment", "instalment_part_paid": "paid_part", "paid_in_full": "paid_all"}
    previewed = "seq" not in data
    if previewed:
        page.put(page.say("plan.paid_preview", event=page.name("event", told["event"])))
    page.put((page.say(f"plan.{key[told['event']]}", **facts), STRONG))
    if told["event"] == "instalment_paid":
        page.put(page.say("plan.paid_next", day=page.day(told["next_due"])))
    if told["payoff"]:
        page.put(page.say("plan.paid_enough", total=grouped(told["payoff"]), case=page.extra["case"]))
    page.gap()
    (human_answers.preview if previewed else human_written.recorded)(page, data)


def grouped(amount: Any) -> str:
    """1,200.00."""
    return f"{Decimal(amount):,.2f}"
