"""Which plan a log says is in force, and how it stands: events of agreement and payment, in order of happening. Pure.

An agreement begins a plan. A change of it takes what is left: where it names new terms, over those; where it names a
day alone, the same instalments on new days. Terms that an event left open are taken from facts set since the last
agreement. What stays unknown is said to be, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from escalation.core.entries import EventEntry, FactsEntry, Opened, Worldly
from escalation.core.instalments import Agreed, Followed, Instalment, Payment, carried, follow, numbered
from escalation.core.plan import MOST_MONTHS, ZERO, Impossible, Offer, schedule

SIGNED = frozenset(("agreement_signed", "mediation_agreement_signed"))
CHANGED, CANCELLED = "plan_changed", "plan_cancelled"
PAID, PART_PAID, PAID_IN_FULL = "instalment_paid", "instalment_part_paid", "paid_in_full"
TERMS = ("kind", "principal", "monthly", "months", "rate", "waived", "imputation")
"""What an agreement says, besides its first day; each is the fact `plan_TERM` as well."""
_SUMS = frozenset(("kind", "principal", "monthly", "months", "rate"))


class Paid(NamedTuple):
    """A payment as it was logged."""

    seq: int
    event: str
    day: date
    amount: Decimal | None


class InForce(NamedTuple):
    """The plan in force, as far as the log tells."""

    seq: int
    """The entry that it rests on."""
    event: str
    since: date
    first_due: date
    terms: Mapping[str, Any]
    """TERMS as agreed, those that are known."""
    offer: Offer | None
    """None where terms are missing, or where a change only moved days."""
    agreed: Agreed | None
    followed: Followed | None
    missing: tuple[str, ...]
    """Terms without which no instalment can be worked out."""
    impossible: Impossible | None
    earlier: tuple[Instalment, ...]
    """Instalments of the plans that it took the place of, which were complete."""
    payments: tuple[Paid, ...]
    """On it alone."""
    payments_before: tuple[Paid, ...]
    """On those that it took the place of."""
    paid_before: Decimal
    """What those were, together."""
    cancelled_on: date | None


def in_force(history: Iterable[Worldly], day_of: Callable[[datetime], date], day: date) -> InForce | None:
    """The plan as it stands at the end of a day; None where none was agreed by then.

    `history`: what took effect, in order of happening. `day_of`: the local day of an instant.
    """
    parts = _parts(history, day_of, day)
    found: InForce | None = None
    for i, part in enumerate(parts):
        until = parts[i + 1].since if i + 1 < len(parts) else day
        found = _worked_out(part, found, until)
    return found


class _Part:
    """One agreement or change, and what happened until the next."""

    def __init__(self, entry: EventEntry, since: date, terms: Mapping[str, Any]) -> None:
        self.seq, self.event, self.since = entry.seq, entry.event, since
        self.first_due = date.fromisoformat(entry.data["next_due_on" if entry.event == CHANGED else "first_due_on"])
        self.terms = dict(terms)
        self.payments: list[Paid] = []
        self.cancelled_on: date | None = None


def _parts(history: Iterable[Worldly], day_of: Callable[[datetime], date], day: date) -> list[_Part]:
    parts: list[_Part] = []
    loose: dict[str, Any] = {}
    for entry in history:
        at = day_of(entry.occurred_at)
        if at > day:
            break
        match entry:
            case FactsEntry(facts=facts) | Opened(facts=facts):
                known = {name: facts[f"plan_{name}"] for name in TERMS if f"plan_{name}" in facts}
                meant = [p for p in parts if p.event != CHANGED or _SUMS & p.terms.keys()]
                (meant[-1].terms if meant else loose).update(known)
            case EventEntry(event=event, data=data) if event in SIGNED or (event == CHANGED and parts):
                given = {name: data[name] for name in TERMS if name in data}
                parts.append(_Part(entry, at, {**({} if event == CHANGED else loose), **given}))
                loose = {}
            case EventEntry(event=event, data=data) if parts and event in (PAID, PART_PAID, PAID_IN_FULL):
                amount = data.get("amount")
                paid = Paid(entry.seq, event, at, Decimal(amount) if amount is not None else None)
                parts[-1].payments.append(paid)
            case EventEntry(event=event) if parts and event == CANCELLED:
                parts[-1].cancelled_on = at
    return parts


def _worked_out(part: _Part, before: InForce | None, until: date) -> InForce:
    """One part as it stands at the end of `until`."""
    changed = part.event == CHANGED and before is not None
    open_before = before.followed if changed and before is not None else None
    terms = dict(part.terms)
    offer: Offer | None = None
    rows: Any = None
    missing: tuple[str, ...] = ()
    if changed and before is not None and not _SUMS & terms.keys():
        terms = {**before.terms, **terms}
        missing, rows = before.missing, carried(open_before, part.first_due) if open_before is not None else None
    else:
        if changed and before is not None:
            terms = _completed(terms, before)
        found = offer_of(terms)
        if isinstance(found, Offer):
            offer, rows = found, schedule(found, part.first_due)
        else:
            missing = found
    impossible = rows if isinstance(rows, Impossible) else before.impossible if rows is None and before else None
    kept = tuple(each for each in open_before.instalments if not each.missing) if open_before else ()
    earlier = (before.earlier if changed and before is not None else ()) + kept
    agreed = followed = None
    if rows is not None and not isinstance(rows, Impossible):
        fresh = offer is not None and earlier
        agreed = Agreed(numbered(rows, earlier[-1].n) if fresh else rows, terms.get("imputation") == "principal_first")
        followed = follow(agreed, as_payments(part.payments), until)
    return InForce(
        part.seq, part.event, part.since, part.first_due, terms, offer, agreed, followed, missing,
        impossible if agreed is None else None, earlier,
        tuple(part.payments),
        before.payments_before + before.payments if changed and before is not None else (),
        before.paid_before + (open_before.paid if open_before else ZERO) if changed and before is not None else ZERO,
        part.cancelled_on,
    )  # fmt: skip


def as_payments(paid: Iterable[Paid]) -> list[Payment]:
    """Logged payments as money: what is paid in full is all that was open."""
    return [Payment(each.day, each.amount, each.event == PAID_IN_FULL) for each in paid]


def _completed(terms: dict[str, Any], before: InForce) -> dict[str, Any]:
    """The terms of a change, with what it leaves open taken from the plan it changes: what is left of it."""
    kept = {name: before.terms[name] for name in ("kind", "rate", "imputation") if name in before.terms}
    if before.followed is not None:
        left = sum(1 for each in before.followed.instalments if each.missing)
        kept["principal"] = str(before.followed.outstanding)
        if "monthly" not in terms and left:
            kept["months"] = left
    return {**kept, **terms}


def offer_of(terms: Mapping[str, Any]) -> Offer | tuple[str, ...]:
    """Agreed terms as a way to pay, or the names of those that are missing.

    Sum and instalment give the number of months, instalment and number give the sum, sum and number the instalment.
    Where all three are agreed and no rate, what exceeds the sum by more than rounding (a yuan an instalment) is a fee.
    """
    principal, monthly = (Decimal(terms[k]) if terms.get(k) else None for k in ("principal", "monthly"))
    months: int | None = terms.get("months")
    rate = Decimal(terms.get("rate") or 0)
    fees = "rate" not in terms and months is not None
    if months is None and principal is not None and monthly is not None:
        months = _months(principal, monthly, rate)
    unknown = principal is None and (monthly is None or months is None)
    if unknown or months is None:
        return tuple(n for n, v in (("principal", principal), ("monthly", monthly), ("months", months)) if v is None)
    if principal is None and monthly is not None:
        return Offer("interest_free", monthly * months, months)
    assert principal is not None
    kind = terms.get("kind")
    if kind is None:
        dearer = fees and monthly is not None and monthly * months > principal + months
        kind = "equal_instalments" if rate else "custom" if dearer else "interest_free"
    return Offer(kind, principal, months, rate, monthly if kind != "equal_principal" else None)


def _months(principal: Decimal, monthly: Decimal, rate: Decimal) -> int:
    """How many instalments it takes; where it never ends, one more than there can be."""
    left, n = principal, 0
    while left > ZERO and n <= MOST_MONTHS:
        left += left * rate / 1200 - monthly
        n += 1
    return n
