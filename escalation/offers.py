"""Ways to pay, as people name them and as a case has them: read, worked out, held against budget and ceilings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from escalation.core.plan import (
    CENT,
    KINDS,
    MOST_MONTHS,
    MOST_RATE,
    ZERO,
    Capacity,
    Cost,
    Impossible,
    Offer,
    Row,
    cost,
    extended,
    flows_of,
    level,
    month_on,
    schedule,
)
from escalation.core.values import Wrong, read_value
from escalation.errors import BadInput, FieldProblem
from escalation.wording import Wording
from states.ceilings import Ceiling
from states.errors import near_miss
from states.model import Value

Data = dict[str, Any]

FIELDS = {
    "name": Value(type="text", max_length=60),
    "kind": Value(type="choice", of=list(KINDS)),
    "principal": Value(type="money", min=0),
    "owed": Value(type="money", min=0),
    "waived": Value(type="money", min=0),
    "months": Value(type="integer", min=1, max=MOST_MONTHS),
    "rate": Value(type="percent", min=0, max=MOST_RATE),
    "monthly": Value(type="money", min=0),
    "total": Value(type="money", min=0),
    "fee": Value(type="percent", min=0, max=MOST_RATE),
    "first_months": Value(type="integer", min=1, max=MOST_MONTHS),
    "first_monthly": Value(type="money", min=0),
    "wait": Value(type="integer", min=0, max=MOST_MONTHS),
    "wait_free": Value(type="boolean"),
    "first_due": Value(type="date"),
}
"""What can be said of an offer; `fee` is percent of the principal, once; `owed` less `waived` is the principal."""


class Proposed(NamedTuple):
    """An offer with a name, and what it is proposed for."""

    name: str
    offer: Offer
    first_due: date
    waived: Decimal = ZERO


def read_offer(given: Mapping[str, Any], facts: Mapping[str, Any], today: date, said: Wording) -> Proposed:
    """An offer as a person says it; what it leaves out comes from the case. Raises: BadInput, all fields at once."""
    values: Data = {}
    wrong: list[FieldProblem] = []
    for name, raw in given.items():
        field = FIELDS.get(name)
        found = read_value(field, raw) if field else Wrong("unknown", ", ".join(FIELDS), near_miss(name, FIELDS))
        if isinstance(found, Wrong):
            wrong.append(FieldProblem(name, raw, found.expected, found.meant, limit=found.limit))
        elif raw not in (None, ""):
            values[name] = found
    if wrong:
        raise BadInput(*wrong)
    kind = values.get("kind") or _kind(values)
    waived = _money(values, "waived") or ZERO
    principal = _money(values, "principal")
    if principal is None:
        owed = _money(values, "owed") or _money(facts, "amount_owed")
        principal = owed - waived if owed is not None else None
    monthly, months, total = _money(values, "monthly"), values.get("months"), _money(values, "total")
    rate = Decimal(values.get("rate", "0"))
    if principal is None and monthly is not None and months is not None:
        principal = monthly * months
    if months is None and monthly and principal is not None and principal > 0:
        months = _months(principal, monthly, rate if kind != "interest_free" else ZERO)
    lacking = [n for n, v in (("principal", principal), ("months", months)) if v is None]
    if lacking:
        raise BadInput(*(FieldProblem(name, None, "required") for name in lacking))
    assert principal is not None
    assert months is not None
    if "fee" in values:
        total = (principal * (100 + Decimal(values["fee"])) / 100).quantize(CENT)
    offer = Offer(
        kind, principal, months, rate, monthly, total, values.get("first_months", 0),
        _money(values, "first_monthly") or ZERO, values.get("wait", 0), values.get("wait_free", False),
    )  # fmt: skip
    first = date.fromisoformat(values["first_due"]) if "first_due" in values else first_day(facts, today)
    return Proposed(values.get("name") or said.say(f"plan_kind.{kind}"), offer, first, waived)


def _kind(values: Mapping[str, Any]) -> str:
    """What an offer without a kind is, by what was said of it."""
    if "first_monthly" in values:
        return "step_up"
    if values.get("wait"):
        return "deferred"
    if "total" in values or "fee" in values:
        return "custom"
    return "equal_instalments" if Decimal(values.get("rate", "0")) else "interest_free"


def _money(values: Mapping[str, Any], name: str) -> Decimal | None:
    return Decimal(values[name]) if values.get(name) is not None else None


def _months(principal: Decimal, monthly: Decimal, rate: Decimal) -> int:
    """The fewest instalments of at most `monthly` that clear the principal."""
    return next((n for n in range(1, MOST_MONTHS + 1) if level(principal, n, rate) <= monthly), MOST_MONTHS)


def first_day(facts: Mapping[str, Any], today: date) -> date:
    """The day of a first instalment: the one that I offer, if it is not past, else a month from today."""
    said = facts.get("first_payment_on")
    return date.fromisoformat(said) if said and said >= today.isoformat() else month_on(today, 1)


def offers_of(facts: Mapping[str, Any], room: Decimal | None, today: date, said: Wording) -> list[Proposed]:
    """What a case has to compare: what I offer, what they offer, and the same sum without and with interest.

    Empty where the case does not say what is owed, nor what is offered.
    """
    first = first_day(facts, today)
    owed = _money(facts, "amount_owed")
    asked = _money(facts, "waiver_asked") or ZERO
    mine = _mine(facts, owed, asked, first, said)
    theirs = _theirs(facts, owed, first, said)
    found = [each for each in (mine, theirs) if each is not None]
    if owed is None or owed <= 0:
        return found
    months = next((each.offer.months for each in found), None)
    if months is None:
        months = min(_months(owed, room, ZERO), MOST_MONTHS) if room else 24
    if not any(each.offer == Offer("interest_free", owed, months) for each in found):
        found.append(Proposed(said.say("plan.offer_free", n=months), Offer("interest_free", owed, months), first))
    rate = facts.get("contract_rate")
    if rate is not None and Decimal(rate) > 0:
        offer = Offer("equal_instalments", owed, months, Decimal(rate))
        found.append(Proposed(said.say("plan.offer_contract", rate=rate), offer, first))
    return found


def _mine(
    facts: Mapping[str, Any], owed: Decimal | None, asked: Decimal, first: date, said: Wording
) -> Proposed | None:  # fmt: skip
    monthly, months = _money(facts, "monthly_offer"), facts.get("months_offer")
    if not monthly or (owed is None and months is None):
        return None
    principal = owed - asked if owed is not None else monthly * (months or 0)
    if principal <= 0:
        return None
    count = months if months is not None else _months(principal, monthly, ZERO)
    return Proposed(said.say("plan.offer_mine"), Offer("interest_free", principal, count, ZERO, monthly), first, asked)


def _theirs(facts: Mapping[str, Any], owed: Decimal | None, first: date, said: Wording) -> Proposed | None:
    """Their offer; what is less than the sum owed counts as waived."""
    monthly, total = _money(facts, "offered_monthly"), _money(facts, "offered_total")
    months = facts.get("offered_months")
    if months is None and monthly and total:
        months = int(-(-total // monthly))
    if months is None or not (monthly or total):
        return None
    whole = total if total is not None else (monthly or ZERO) * months
    principal = min(owed, whole) if owed is not None else whole
    if principal <= 0:
        return None
    waived = owed - principal if owed is not None else ZERO
    return Proposed(
        said.say("plan.offer_theirs"), Offer("custom", principal, months, ZERO, monthly or None, whole), first, waived
    )


# -- worked out ----------------------------------------------------------------------------------------


def compared(each: Proposed, room: tuple[Decimal, Decimal] | None, bounds: Sequence[Ceiling], said: Wording) -> Data:
    """One line of the comparison. `room`: what can be paid a month, for sure and likely; None where nobody knows."""
    offer, rows = each.offer, schedule(each.offer, each.first_due)
    found: Data = {
        "name": each.name, "kind": offer.kind, "principal": money(offer.principal), "months": offer.months,
        "rate": plain(offer.rate), "waived": money(each.waived),
    }  # fmt: skip
    if isinstance(rows, Impossible):
        return {**found, **_NOTHING, "impossible": {"reason": rows.reason, "text": impossible_said(rows, said)}}
    high, total = max(row.total for row in rows), sum((row.total for row in rows), ZERO)
    paid = cost(flows_of(offer, rows))
    return {
        **found,
        "total": money(total),
        "interest": money(total - offer.principal),
        "monthly_high": money(high),
        "monthly_low": money(min(row.total for row in rows)),
        "first_day": rows[0].due.isoformat(),
        "last_day": rows[-1].due.isoformat(),
        "nominal": percent(paid.nominal) if isinstance(paid, Cost) else None,
        "effective": percent(paid.effective) if isinstance(paid, Cost) else None,
        "affordable": _affordable(high, room),
        "left_over": money(room[0] - high) if room is not None else None,
        "fits_months": _fits(offer, paid, room[0]) if room is not None and high > room[0] else None,
        "ceilings": [_held(bound, paid, said.lang) for bound in bounds if bound.measure == "rate"],
        "rows": [row_data(row) for row in rows],
        "impossible": None,
    }


_NOTHING: Data = {
    "total": None, "interest": None, "monthly_high": None, "monthly_low": None, "first_day": None, "last_day": None,
    "nominal": None, "effective": None, "affordable": None, "left_over": None, "fits_months": None,
    "ceilings": [], "rows": [],
}  # fmt: skip


def _affordable(high: Decimal, room: tuple[Decimal, Decimal] | None) -> str:
    """Whether the dearest month can be paid: `yes`, `likely` (if unsure income comes), `no`, `unknown`."""
    if room is None:
        return "unknown"
    return "yes" if high <= room[0] else "likely" if high <= room[1] else "no"


def _fits(offer: Offer, paid: Cost | Impossible, room: Decimal) -> int | None:
    """The fewest even instalments at the same cost that can be paid each month; None where no number does."""
    if not isinstance(paid, Cost) or room <= 0 or not 0 <= paid.nominal <= MOST_RATE:
        return None
    rate = paid.nominal.quantize(Decimal("0.0001"))
    longer = (extended(offer, by) for by in range(1, MOST_MONTHS - offer.months + 1))
    return next((each.months for each in longer if level(each.principal, each.months, rate) <= room), None)


def _held(bound: Ceiling, paid: Cost | Impossible, lang: str) -> Data:
    """An offer held against one ceiling. `over`: None where its rate is not known."""
    known = isinstance(paid, Cost) and bound.limit is not None
    return {
        "id": bound.id, "title": bound.title.said(lang), "limit": plain(bound.limit or ZERO),
        "certainty": bound.certainty,
        "over": paid.nominal.quantize(CENT) > bound.limit if known and bound.limit is not None else None,  # type: ignore[union-attr]
    }  # fmt: skip


def bound_data(bound: Ceiling, lang: str) -> Data:
    """A ceiling to read: what it says, what it rests on, how certain, whether it applies."""
    return {
        "id": bound.id, "applies": bound.applies, "title": bound.title.said(lang), "text": bound.text.said(lang),
        "source": bound.source.said(lang), "certainty": bound.certainty, "effective": bound.effective,
        "effective_note": bound.effective_note.said(lang) if bound.effective_note else None,
        "limit": plain(bound.limit) if bound.limit is not None else None, "url": bound.url or None,
    }  # fmt: skip


def impossible_said(why: Impossible, said: Wording) -> str:
    """Why there is no such plan, as a sentence."""
    facts = {
        name: f"{fact:,.2f}" if isinstance(fact, Decimal) and name not in ("rate", "limit") else fact
        for name, fact in why.facts.items()
    }
    return said.say(f"plan_impossible.{why.reason}", **facts)


def row_data(row: Row) -> Data:
    """An instalment of a plan."""
    return {
        "n": row.n, "due": row.due.isoformat(), "principal": money(row.principal), "interest": money(row.interest),
        "total": money(row.total), "left": money(row.left),
    }  # fmt: skip


def capacity_data(found: Capacity) -> Data:
    """What can be paid, without the lines that it comes from."""
    return {
        "sure": money(found.sure), "unsure": money(found.unsure), "costs": money(found.costs),
        "debts": money(found.debts), "margin_percent": plain(found.margin), "low": money(found.low),
        "likely": money(found.likely), "short": money(found.short), "how_sure": found.how_sure,
    }  # fmt: skip


def money(amount: Decimal) -> str:
    """An amount as the log stores it."""
    return f"{amount:.2f}"


def percent(rate: Decimal) -> str:
    """A rate of comparison, to a hundredth of a percent."""
    return f"{rate.quantize(CENT) + 0:.2f}"


def plain(number: Decimal) -> str:
    """A decimal as it was typed: without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
