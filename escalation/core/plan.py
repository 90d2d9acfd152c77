"""What can be paid a month, ways to pay a debt, and what each costs. Decimal to the cent; no case, no clock.

    capacity(lines, margin)         income and costs -> what can be paid, and how sure that is
    schedule(offer, first_due)      a way to pay -> its instalments, or why there is no such plan
    cost(flows)                     what was received and paid, month by month -> its rate a year

An instalment is rounded to the cent, half up. The last one takes what rounding left over, so the principal of the
rows is always the principal of the plan, exactly. Rates are nominal: twelve equal months to the year.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise
from typing import Any, NamedTuple

CENT = Decimal("0.01")
ZERO = Decimal(0)
KINDS = ("equal_instalments", "equal_principal", "interest_free", "step_up", "deferred", "custom")
MOST_MONTHS = 600
MOST_RATE = 1000
"""Percent a year; above it somebody has mistyped."""
MOST_LAST = Decimal("1.5")
"""A last instalment that many times the agreed one is no remainder: the sums do not reach."""
PRECISION = 40
"""Digits while a rate is being worked out."""


class Impossible(NamedTuple):
    """Why there is no such plan, or no such rate."""

    reason: str
    """A key of the wording's `plan_impossible` table."""
    facts: dict[str, Any] = {}  # noqa: RUF012  (never written to)


# -- what can be paid ----------------------------------------------------------------------------------


class Line(NamedTuple):
    """One line of a budget: so much a month."""

    name: str
    amount: Decimal
    part: str
    """`income`, `unsure` (income that may not come), `cost` or `debt`."""


class Capacity(NamedTuple):
    """What can be paid a month. Money a month, all of it."""

    sure: Decimal
    unsure: Decimal
    costs: Decimal
    debts: Decimal
    margin: Decimal
    """Percent of what is left that is kept back."""
    low: Decimal
    """What sure income alone allows; never negative."""
    likely: Decimal
    """The same if the unsure income comes, too."""
    short: Decimal
    """What sure income lacks for costs and other debts; zero where it does not."""
    how_sure: str
    """`sure`: rests on sure income alone. `depends`: more only if the unsure income comes. `only_unsure`: nothing
    without it. `none`: nothing even with it. `no_income`, `no_costs`: the list lacks that, so it says little."""


def capacity(lines: Iterable[Line], margin: Decimal = Decimal(10)) -> Capacity:
    """What is left of income after necessary costs and other debts, less a margin, rounded down to the cent."""
    of = dict.fromkeys(("income", "unsure", "cost", "debt"), ZERO)
    for line in lines:
        of[line.part] += line.amount
    needed = of["cost"] + of["debt"]
    low, likely = (_payable(income - needed, margin) for income in (of["income"], of["income"] + of["unsure"]))
    short = max(needed - of["income"], ZERO)
    if not of["income"] + of["unsure"]:
        how_sure = "no_income"
    elif not of["cost"]:
        how_sure = "no_costs"
    elif low > 0:
        how_sure = "depends" if of["unsure"] else "sure"
    else:
        how_sure = "only_unsure" if likely > 0 else "none"
    return Capacity(of["income"], of["unsure"], of["cost"], of["debt"], margin, low, likely, short, how_sure)


def _payable(left: Decimal, margin: Decimal) -> Decimal:
    return max((left * (100 - margin) / 100).quantize(CENT, ROUND_FLOOR), ZERO)


# -- ways to pay ---------------------------------------------------------------------------------------


class Offer(NamedTuple):
    """A way to pay a debt by months."""

    kind: str
    """One of KINDS."""
    principal: Decimal
    """What is spread over the instalments; what is waived is no longer in it."""
    months: int
    """How many instalments."""
    rate: Decimal = ZERO
    """Percent a year on what is left of the principal."""
    monthly: Decimal | None = None
    """Each instalment where that was agreed rather than the rate; the last one takes the rest."""
    total: Decimal | None = None
    """All instalments together, of `custom`: what exceeds the principal is spread evenly, as fees are."""
    first_months: int = 0
    """Of `step_up`: how many instalments are smaller, at the beginning."""
    first_monthly: Decimal = ZERO
    """Of `step_up`: how much each of those is."""
    wait: int = 0
    """Of `deferred`: months without an instalment, before the first."""
    wait_free: bool = False
    """Of `deferred`: no interest for those months. Else it is spread evenly, without interest on it."""


class Row(NamedTuple):
    """One instalment."""

    n: int
    """From 1."""
    due: date
    principal: Decimal
    interest: Decimal
    total: Decimal
    left: Decimal
    """Of the principal, once this is paid."""


def due_days(first: date, n: int) -> list[date]:
    """The day of each of `n` instalments: the day of the month of the first, or the month's last where it has none.

    Source: 民法典 202.
    """
    return [month_on(first, k) for k in range(n)]


def month_on(day: date, k: int) -> date:
    """The same day of the month, `k` months on (back where negative), or that month's last."""
    years, month = divmod(day.year * 12 + day.month - 1 + k, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def extended(offer: Offer, by: int) -> Offer:
    """The same debt over more instalments; each is worked out anew."""
    return offer._replace(months=offer.months + by, monthly=None)


def schedule(offer: Offer, first_due: date) -> tuple[Row, ...] | Impossible:
    """The instalments of an offer, or why there can be none.

    `first_due`: the first instalment's day; of `deferred` what it would be without waiting.
    """
    wrong = _wrong(offer, first_due)
    if wrong is not None:
        return wrong
    parts = _PARTS[offer.kind](offer)
    if isinstance(parts, Impossible):
        return parts
    left, rows = offer.principal, []
    for i, (principal, interest) in enumerate(parts):
        left -= principal
        due = month_on(first_due, i + (offer.wait if offer.kind == "deferred" else 0))
        rows.append(Row(i + 1, due, principal, interest, principal + interest, left))
    return tuple(rows)


Parts = list[tuple[Decimal, Decimal]]
"""Of each instalment: principal, interest."""


def _wrong(offer: Offer, first_due: date) -> Impossible | None:
    """What no plan can have, whatever its kind."""
    if offer.kind not in KINDS:
        return Impossible("kind", {"limit": ", ".join(KINDS)})
    if not 1 <= offer.months <= MOST_MONTHS or not 0 <= offer.wait <= MOST_MONTHS:
        return Impossible("months", {"n": offer.months, "limit": MOST_MONTHS})
    if first_due.year + (offer.months + offer.wait) // 12 >= date.max.year:
        return Impossible("months", {"n": offer.months, "limit": MOST_MONTHS})
    if offer.principal < CENT * offer.months:
        return Impossible("principal", {"principal": offer.principal})
    if not 0 <= offer.rate <= MOST_RATE:
        return Impossible("rate", {"rate": offer.rate, "limit": MOST_RATE})
    if offer.monthly is not None and offer.monthly <= 0:
        return Impossible("monthly", {"monthly": offer.monthly})
    return None


def _equal_instalments(offer: Offer) -> Parts | Impossible:
    return _annuity(offer.principal, offer.months, offer.rate, offer.monthly)


def _annuity(principal: Decimal, months: int, rate: Decimal, monthly: Decimal | None = None) -> Parts | Impossible:
    """The same sum each month, interest on what is left; `monthly` where the sum itself was agreed."""
    first_interest = _month_of(principal, rate)
    each = monthly if monthly is not None else level(principal, months, rate)
    if months > 1 and each <= first_interest:
        return Impossible("below_interest", {"monthly": each, "interest": first_interest})
    parts: Parts = []
    left = principal
    for _ in range(months - 1):
        interest = _month_of(left, rate)
        if each - interest >= left:
            return Impossible("paid_sooner", {"n": len(parts) + 1, "months": months})
        parts.append((each - interest, interest))
        left -= each - interest
    last = left + _month_of(left, rate)
    if monthly is not None and last > monthly * MOST_LAST:
        return Impossible("does_not_reach", {"left": last - monthly, "monthly": monthly, "months": months})
    return [*parts, (left, _month_of(left, rate))]


def level(principal: Decimal, months: int, rate: Decimal) -> Decimal:
    """The instalment that, paid so many times, clears principal and interest. Rate: percent a year."""
    if not rate:
        return (principal / months).quantize(CENT, ROUND_HALF_UP)
    with localcontext() as context:
        context.prec = PRECISION
        month = rate / 1200
        return (principal * month / (1 - (1 + month) ** -months)).quantize(CENT, ROUND_HALF_UP)


def _month_of(left: Decimal, rate: Decimal) -> Decimal:
    """A month's interest."""
    return (left * rate / 1200).quantize(CENT, ROUND_HALF_UP)


def _equal_principal(offer: Offer) -> Parts | Impossible:
    each, left, parts = (offer.principal / offer.months).quantize(CENT, ROUND_FLOOR), offer.principal, []
    for i in range(offer.months):
        principal = each if i < offer.months - 1 else left
        parts.append((principal, _month_of(left, offer.rate)))
        left -= principal
    return parts


def _interest_free(offer: Offer) -> Parts | Impossible:
    return _annuity(offer.principal, offer.months, ZERO, offer.monthly)


def _step_up(offer: Offer) -> Parts | Impossible:
    k = offer.first_months
    if not 0 < k < offer.months or offer.first_monthly <= 0:
        return Impossible("step", {"months": offer.months})
    parts: Parts = []
    left = offer.principal
    for _ in range(k):
        interest = _month_of(left, offer.rate)
        principal = offer.first_monthly - interest
        if principal < 0:
            return Impossible("below_interest", {"monthly": offer.first_monthly, "interest": interest})
        if principal >= left:
            return Impossible("paid_sooner", {"n": len(parts) + 1, "months": offer.months})
        parts.append((principal, interest))
        left -= principal
    rest = _annuity(left, offer.months - k, offer.rate, offer.monthly)
    return rest if isinstance(rest, Impossible) else parts + rest


def _deferred(offer: Offer) -> Parts | Impossible:
    parts = _annuity(offer.principal, offer.months, offer.rate, offer.monthly)
    if isinstance(parts, Impossible) or offer.wait_free:
        return parts
    waited = (offer.principal * offer.rate * offer.wait / 1200).quantize(CENT, ROUND_HALF_UP)
    return [(p, i + more) for (p, i), more in zip(parts, _evenly(waited, offer.months), strict=True)]


def _custom(offer: Offer) -> Parts | Impossible:
    """Sums as agreed. What they exceed the principal by is called interest and spread evenly."""
    n = offer.months
    if offer.total is None and offer.monthly is None:
        return _annuity(offer.principal, n, offer.rate)
    if offer.total is None and offer.rate:
        return _annuity(offer.principal, n, offer.rate, offer.monthly)
    total = offer.total if offer.total is not None else offer.monthly * n if offer.monthly is not None else ZERO
    each = offer.monthly if offer.monthly is not None else (total / n).quantize(CENT, ROUND_HALF_UP)
    if total < offer.principal:
        return Impossible("does_not_reach", {"left": offer.principal - total, "monthly": each, "months": n})
    last = total - each * (n - 1)
    if last <= 0:
        return Impossible("paid_sooner", {"n": int(-(-total // each)), "months": n})
    if last > each * MOST_LAST:
        return Impossible("does_not_reach", {"left": last - each, "monthly": each, "months": n})
    sums = [each] * (n - 1) + [last]
    interests = _evenly(total - offer.principal, n)
    principals = [each - interest for interest in interests[:-1]]
    principals.append(offer.principal - sum(principals))
    if min(principals) < 0 or min(interests) < 0:
        principals = _in_proportion(offer.principal, sums)
    return [(principal, sum_ - principal) for principal, sum_ in zip(principals, sums, strict=True)]


def _in_proportion(principal: Decimal, sums: list[Decimal]) -> list[Decimal]:
    """What each of these sums pays of the principal: never below nothing, and never more than the sum, where a few
    yuan over many months make every rounding count.
    """
    total, paid, parts = sum(sums, ZERO), ZERO, [ZERO]
    for each in sums:
        paid += each
        parts.append((principal * paid / total).quantize(CENT, ROUND_FLOOR))
    return [after - before for before, after in pairwise(parts)]


def _evenly(total: Decimal, n: int) -> list[Decimal]:
    """A sum in `n` parts that differ by a cent at most until the last, which takes the rest."""
    each = (total / n).quantize(CENT, ROUND_FLOOR)
    return [each] * (n - 1) + [total - each * (n - 1)]


_PARTS = {
    "equal_instalments": _equal_instalments, "equal_principal": _equal_principal, "interest_free": _interest_free,
    "step_up": _step_up, "deferred": _deferred, "custom": _custom,
}  # fmt: skip


# -- what it costs -------------------------------------------------------------------------------------


class Cost(NamedTuple):
    """What a way to pay costs a year, in percent, from the sums and months alone, whatever they are called."""

    nominal: Decimal
    """Twelve times the rate of a month."""
    effective: Decimal
    """With interest on interest."""


def flows_of(offer: Offer, rows: Sequence[Row]) -> list[Decimal]:
    """Month by month: the principal received, then what is paid; nothing in months of waiting."""
    wait = [ZERO] * (offer.wait if offer.kind == "deferred" else 0)
    return [offer.principal, *wait, *(-row.total for row in rows)]


def cost(flows: Sequence[Decimal]) -> Cost | Impossible:
    """The internal rate of return of sums a month apart: received positive, paid negative.

    Sums must turn from one sign to the other exactly once: else there is no rate, or more than one.
    """
    signs = [flow > 0 for flow in flows if flow]
    if sum(a != b for a, b in pairwise(signs)) != 1:
        return Impossible("no_rate")
    with localcontext() as context:
        context.prec = PRECISION
        month = _root(flows if signs[0] else [-flow for flow in flows])
        if month is None:
            return Impossible("no_rate")
        return Cost(month * 1200, ((1 + month) ** 12 - 1) * 100)


def _root(flows: Sequence[Decimal]) -> Decimal | None:
    """The rate of a month at which the sums are worth nothing: bracketed first, then halved."""
    low, high = Decimal(0), Decimal(1)
    if not sum(flows):
        return low
    if _worth(flows, low) > 0:  # less is paid than was received
        low, high = Decimal("-0.999999"), Decimal(0)
        if _worth(flows, low) > 0:
            return None
    while _worth(flows, high) < 0:
        low, high = high, high * 2
        if high > 10**6:
            return None
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _worth(flows, middle) < 0 else (low, middle)
    return (low + high) / 2


def _worth(flows: Sequence[Decimal], month: Decimal) -> Decimal:
    """What the sums are worth in the first month."""
    discount, found, factor = 1 / (1 + month), Decimal(0), Decimal(1)
    for flow in flows:
        found += flow * factor
        factor *= discount
    return found
