"""An agreed plan followed: which instalments are paid, late or open on a day, and what is still owed. Pure.

    follow(agreed, payments, day)     every instalment with what was paid on it, and the sums
    payoff(agreed, followed, day)     what ends it on that day
    carried(followed, first_due)      the instalments that are left, on new days

Money goes to the oldest instalment that is open. Within one it goes to interest before principal, as the law has it
where nothing else is agreed, or to principal first where it is; costs of collection come before everything.
What a late or missed instalment means stands in the agreement alone: the law gives no days of grace, and nothing
here says so. Interest for being late is not in these sums, for it is not known.

Source: 民法典 560, 561 (order of payments), 676, 677 (late and early repayment), 202 (days).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from escalation.core.plan import CENT, ZERO, Row, month_on


class Agreed(NamedTuple):
    """What was agreed: the instalments, and what payments go to first."""

    rows: tuple[Row, ...]
    """In the order of their days."""
    principal_first: bool = False
    costs: Decimal = ZERO
    """Of collection, where they were agreed to be paid on top."""


class Payment(NamedTuple):
    """Money that was paid."""

    day: date
    amount: Decimal | None
    """None: whatever was still open of the instalment that was the oldest one then."""
    all: bool = False
    """Whatever was still open of all of them; `amount`, where it is known, is what that took."""


class Instalment(NamedTuple):
    """One instalment as it stands."""

    n: int
    due: date
    amount: Decimal
    paid: Decimal
    principal: Decimal
    """Of what is still open of it."""
    interest: Decimal
    paid_on: date | None
    """The day it was complete."""
    status: str
    """`paid`, `late` (paid, after its day), `today`, `part` (some of it), `missed`, `ahead`."""

    @property
    def missing(self) -> Decimal:
        return self.amount - self.paid


class Followed(NamedTuple):
    """A plan as it stands on a day."""

    instalments: tuple[Instalment, ...]
    paid: Decimal
    """Everything that was paid."""
    credit: Decimal
    """What was paid beyond all instalments."""
    arrears: Decimal
    """What should have been paid before this day and was not."""
    costs: Decimal
    interest: Decimal
    principal: Decimal
    """Still open, with instalments to come."""
    first_open: int | None
    """The number of the oldest instalment that is not complete."""
    next_due: date | None
    """The day of the first one that is not complete, today or later."""
    standing: str
    """`kept`: nothing was ever late. `cured`: something was, all that was due is paid. `behind`: something is
    late now. `done`: everything is paid."""

    @property
    def outstanding(self) -> Decimal:
        return self.costs + self.interest + self.principal


def follow(agreed: Agreed, payments: Iterable[Payment], day: date) -> Followed:
    """The plan as it stands at the end of a day; payments after it do not count, nor does their order within a day.

    An instalment is late once its day is over.
    """
    book = _Book(agreed)
    for payment in sorted((p for p in payments if p.day <= day), key=_order):
        book.take(payment)
    instalments = tuple(book.instalment(i, day) for i in range(len(agreed.rows)))
    opened = [each for each in instalments if each.missing]
    arrears = sum((each.missing for each in opened if each.due < day), ZERO)
    late = any(each.status == "late" for each in instalments)
    return Followed(
        instalments=instalments,
        paid=book.taken,
        credit=book.credit,
        arrears=arrears,
        costs=book.costs,
        interest=sum((each.interest for each in instalments), ZERO),
        principal=sum((each.principal for each in instalments), ZERO),
        first_open=opened[0].n if opened else None,
        next_due=next((each.due for each in opened if each.due >= day), None),
        standing="behind" if arrears else "done" if not opened and not book.costs else "cured" if late else "kept",
    )


def _order(payment: Payment) -> tuple[date, bool, bool, Decimal]:
    """By day; sums before what only says "the rest", so that the rest is the same whatever was written down first."""
    return payment.day, payment.all, payment.amount is None, payment.amount or ZERO


class _Book:
    """What has been paid on each instalment so far."""

    def __init__(self, agreed: Agreed) -> None:
        self.agreed = agreed
        self.on = [ZERO] * len(agreed.rows)
        self.done: list[date | None] = [None if row.total else row.due for row in agreed.rows]
        self.costs = agreed.costs
        self.taken = self.credit = ZERO
        self._at = 0

    def take(self, payment: Payment) -> None:
        """Put a payment where it goes."""
        amount = self._meant(payment)
        if payment.all and payment.amount is not None:  # it ends the plan, whatever was open
            self.taken += payment.amount
            self.credit += max(payment.amount - amount, ZERO)
        else:
            self.taken += amount
        to_costs = min(amount, self.costs)
        self.costs -= to_costs
        amount -= to_costs
        while amount and self._skip():
            part = min(amount, self.agreed.rows[self._at].total - self.on[self._at])
            self.on[self._at] += part
            amount -= part
            if self.on[self._at] == self.agreed.rows[self._at].total:
                self.done[self._at] = payment.day
        self.credit += amount

    def _meant(self, payment: Payment) -> Decimal:
        """How much a payment was."""
        if payment.all:
            return self.costs + sum((row.total for row in self.agreed.rows), ZERO) - sum(self.on, ZERO)
        if payment.amount is not None:
            return payment.amount
        return self.costs + (self.agreed.rows[self._at].total - self.on[self._at] if self._skip() else ZERO)

    def _skip(self) -> bool:
        """To the oldest instalment that is open; whether there is one."""
        rows = self.agreed.rows
        while self._at < len(rows) and self.on[self._at] == rows[self._at].total:
            self._at += 1
        return self._at < len(rows)

    def instalment(self, i: int, day: date) -> Instalment:
        row, paid = self.agreed.rows[i], self.on[i]
        first = row.principal if self.agreed.principal_first else row.interest
        to_first = min(paid, first)
        left_first, left_second = first - to_first, row.total - first - (paid - to_first)
        principal, interest = (
            (left_first, left_second) if self.agreed.principal_first else (left_second, left_first)
        )  # fmt: skip
        done = self.done[i]
        return Instalment(row.n, row.due, row.total, paid, principal, interest, done, _status(row, paid, done, day))


def _status(row: Row, paid: Decimal, done: date | None, day: date) -> str:
    if done is not None:
        return "paid" if done <= row.due else "late"
    if row.due == day:
        return "today"
    if paid:
        return "part"
    return "missed" if row.due < day else "ahead"


class Payoff(NamedTuple):
    """What ends a plan on a day, if interest is owed for the time that has really passed and no longer."""

    principal: Decimal
    interest: Decimal
    costs: Decimal
    saved: Decimal
    """Interest of the time to come."""

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.costs


def payoff(followed: Followed, day: date) -> Payoff:
    """What ends the plan on `day`, where nothing else was agreed about early repayment.

    Interest of instalments that are due is owed in full; of the one that runs, by the days that have passed of its
    time; of later ones, none. Source: 民法典 677.
    """
    interest = ZERO
    begins = month_on(followed.instalments[0].due, -1) if followed.instalments else day
    for each in followed.instalments:
        if each.due <= day:
            interest += each.interest
        elif begins < day:
            share = Decimal((day - begins).days) / Decimal((each.due - begins).days)
            interest += (each.interest * share).quantize(CENT, ROUND_HALF_UP)
        begins = each.due
    return Payoff(followed.principal, interest, followed.costs, followed.interest - interest)


def carried(followed: Followed, first_due: date) -> tuple[Row, ...]:
    """What is left of a plan as a plan of its own, the first instalment on a new day, the others by month.

    For a change that moves days and leaves the sums. Numbers stay; of a part-paid instalment what is missing is left.
    """
    left = followed.principal
    rows = []
    for k, each in enumerate(each for each in followed.instalments if each.missing):
        left -= each.principal
        due = month_on(first_due, k)
        rows.append(Row(each.n, due, each.principal, each.interest, each.principal + each.interest, left))
    return tuple(rows)


def numbered(rows: Sequence[Row], after: int) -> tuple[Row, ...]:
    """The rows of a plan that takes another's place, numbered on from its last paid instalment."""
    return tuple(row._replace(n=row.n + after) for row in rows)
