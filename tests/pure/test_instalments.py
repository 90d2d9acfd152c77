"""An agreed plan followed: what is paid, late, open, and what ends it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.core.instalments import Agreed, Followed, Payment, carried, follow, payoff
from escalation.core.plan import CENT, Offer, Row, schedule

D = Decimal


def plan(kind: str = "interest_free", principal: str = "1200", months: int = 4, rate: str = "0") -> tuple[Row, ...]:
    """Due on the 20th, from July."""
    found = schedule(Offer(kind, D(principal), months, D(rate)), date(2026, 7, 20))
    assert isinstance(found, tuple)
    return found


def paid(*payments: tuple[str, str], on: str, rows: tuple[Row, ...] | None = None) -> Followed:
    given = [Payment(date.fromisoformat(day), D(amount)) for day, amount in payments]
    return follow(Agreed(rows or plan()), given, date.fromisoformat(on))


def statuses(found: Followed) -> list[str]:
    return [each.status for each in found.instalments]


def test_an_instalment_is_late_once_its_day_is_over() -> None:
    assert statuses(paid(on="2026-07-19")) == ["ahead"] * 4
    assert statuses(paid(on="2026-07-20")) == ["today", "ahead", "ahead", "ahead"]
    assert statuses(paid(on="2026-07-21")) == ["missed", "ahead", "ahead", "ahead"]
    assert paid(on="2026-07-20").arrears == 0
    assert paid(on="2026-07-21").arrears == 300


def test_paid_on_its_day_is_in_time_and_a_day_later_is_late() -> None:
    assert statuses(paid(("2026-07-20", "300"), on="2026-08-01"))[0] == "paid"
    assert statuses(paid(("2026-07-21", "300"), on="2026-08-01"))[0] == "late"


def test_a_missed_instalment_that_is_made_good_is_cured() -> None:
    behind = paid(("2026-07-21", "200"), on="2026-07-22")
    cured = paid(("2026-07-21", "200"), ("2026-07-23", "100"), on="2026-07-24")

    assert (behind.standing, behind.arrears, statuses(behind)[0]) == ("behind", 100, "part")
    assert (cured.standing, cured.arrears) == ("cured", 0)
    assert cured.instalments[0].paid_on == date(2026, 7, 23)
    assert (cured.first_open, cured.next_due) == (2, date(2026, 8, 20))


def test_money_goes_to_the_oldest_instalment_first() -> None:
    found = paid(("2026-08-25", "400"), on="2026-08-26")

    assert [each.paid for each in found.instalments] == [300, 100, 0, 0]
    assert (found.standing, found.arrears, found.first_open) == ("behind", 200, 2)


def test_what_is_paid_ahead_fills_the_next_ones_and_too_much_is_credit() -> None:
    found = paid(("2026-07-01", "1250"), on="2026-07-02")

    assert statuses(found) == ["paid"] * 4
    assert (found.credit, found.outstanding, found.standing, found.next_due) == (50, 0, "done", None)


def test_a_payment_that_comes_later_does_not_count_yet() -> None:
    assert paid(("2026-07-20", "300"), on="2026-07-19").paid == 0


def test_interest_is_covered_before_principal_unless_agreed_otherwise() -> None:
    rows = plan("equal_instalments", "1200", 4, "12")
    given = [Payment(date(2026, 7, 1), D(12))]
    lawful = follow(Agreed(rows), given, date(2026, 7, 2))
    other = follow(Agreed(rows, principal_first=True), given, date(2026, 7, 2))

    assert rows[0].interest == 12
    assert (lawful.instalments[0].interest, lawful.principal) == (0, 1200)
    assert (other.instalments[0].interest, other.principal) == (12, 1188)


def test_costs_are_covered_before_everything() -> None:
    found = follow(Agreed(plan(), costs=D(80)), [Payment(date(2026, 7, 1), D(100))], date(2026, 7, 2))

    assert (found.costs, found.instalments[0].paid, found.outstanding) == (0, 20, 1180)


def test_an_instalment_paid_without_a_sum_is_what_was_missing_of_it() -> None:
    day = date(2026, 7, 18)
    found = follow(Agreed(plan()), [Payment(day, None), Payment(day, D(100))], day)

    assert [each.paid for each in found.instalments] == [300, 0, 0, 0]
    assert found.paid == 300


def test_paid_in_full_leaves_nothing() -> None:
    day = date(2026, 8, 1)
    found = follow(Agreed(plan()), [Payment(day, D(100)), Payment(day, None, all=True)], day)

    assert (found.outstanding, found.paid, found.standing) == (0, 1200, "done")
    assert found.next_due is None


@pytest.mark.parametrize(("amount", "credit"), [("1050", "0"), ("1100", "0"), ("1150", "50")])
def test_what_ended_a_plan_counts_as_what_it_was(amount: str, credit: str) -> None:
    day = date(2026, 8, 1)
    found = follow(Agreed(plan()), [Payment(day, D(100)), Payment(day, D(amount), all=True)], day)

    assert (found.outstanding, found.standing) == (0, "done")
    assert (found.paid, found.credit) == (100 + D(amount), D(credit))


def test_paying_off_early_saves_the_interest_of_the_time_to_come() -> None:
    rows = plan("equal_instalments", "1200", 4, "12")
    followed = follow(Agreed(rows), [Payment(date(2026, 7, 20), rows[0].total)], date(2026, 8, 4))
    found = payoff(followed, date(2026, 8, 4))

    assert found.principal == D(1200) - rows[0].principal
    assert found.interest == (rows[1].interest * 15 / 31).quantize(CENT)
    assert found.saved == sum(row.interest for row in rows[1:]) - found.interest
    assert found.total + found.saved == followed.outstanding


def test_at_its_last_day_there_is_nothing_to_save() -> None:
    rows = plan("equal_instalments", "1200", 4, "12")
    day = rows[-1].due

    assert payoff(follow(Agreed(rows), [], day), day).saved == 0


def test_a_moved_plan_keeps_sums_and_numbers_and_takes_new_days() -> None:
    followed = paid(("2026-07-20", "300"), ("2026-08-20", "120"), on="2026-08-25")
    rows = carried(followed, date(2026, 8, 31))

    assert [(row.n, row.due.isoformat(), row.total, row.left) for row in rows] == [
        (2, "2026-08-31", 180, 600), (3, "2026-09-30", 300, 300), (4, "2026-10-31", 300, 0),
    ]  # fmt: skip


# -- what always holds -----------------------------------------------------------------------------------

cents = st.integers(1, 200_000).map(lambda n: D(n) * CENT)
days = st.integers(0, 200).map(lambda n: date(2026, 6, 1) + timedelta(days=n))
payments = st.lists(st.builds(Payment, day=days, amount=cents | st.none(), all=st.just(False)), max_size=12)
agreements = st.builds(
    lambda kind, months, rate, first, costs: Agreed(plan(kind, "3600", months, rate), first, costs),
    st.sampled_from(["interest_free", "equal_principal", "equal_instalments"]), st.integers(1, 12),
    st.sampled_from(["0", "9.5", "24"]), st.booleans(), cents | st.just(D(0)),
)  # fmt: skip


@given(agreements, payments, days)
def test_no_cent_is_lost(agreed: Agreed, given: list[Payment], day: date) -> None:
    found = follow(agreed, given, day)
    whole = agreed.costs + sum(row.total for row in agreed.rows)

    assert found.outstanding + found.paid - found.credit == whole
    assert sum(each.missing for each in found.instalments) == found.principal + found.interest
    assert all(0 <= each.paid <= each.amount for each in found.instalments)
    assert all(min(each.principal, each.interest) >= 0 for each in found.instalments)
    assert found.arrears <= found.outstanding


@given(agreements, st.lists(cents | st.none(), max_size=8), days, st.randoms())
def test_the_order_of_payments_on_one_day_does_not_matter(
    agreed: Agreed, amounts: list[Decimal | None], day: date, chance: object
) -> None:
    given = [Payment(day, amount) for amount in amounts]
    shuffled = list(given)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert follow(agreed, given, day) == follow(agreed, shuffled, day)


@given(agreements, days)
def test_paying_everything_leaves_nothing(agreed: Agreed, day: date) -> None:
    whole = agreed.costs + sum(row.total for row in agreed.rows)
    found = follow(agreed, [Payment(day, whole)], day)

    assert (found.outstanding, found.arrears, found.credit, found.standing) == (0, 0, 0, "done")


@given(agreements, payments, days)
def test_to_pay_off_never_costs_more_than_to_go_on(agreed: Agreed, given: list[Payment], day: date) -> None:
    followed = follow(agreed, given, day)
    found = payoff(followed, day)

    assert found.saved >= 0
    assert found.total + found.saved == followed.outstanding


@given(agreements, payments, days)
def test_a_plan_moved_by_a_change_of_days_keeps_what_is_open(agreed: Agreed, given: list[Payment], day: date) -> None:
    followed = follow(agreed, given, day)
    rows = carried(followed, date(2027, 1, 31))

    assert sum((row.total for row in rows), D(0)) == followed.outstanding - followed.costs
    assert [row.left for row in rows][-1:] in ([], [D(0)])


@pytest.mark.parametrize("day", ["2026-07-19", "2026-07-20", "2026-10-20", "2027-01-01"])
def test_without_a_payment_arrears_are_what_fell_due_before(day: str) -> None:
    on = date.fromisoformat(day)

    assert paid(on=day).arrears == sum(row.total for row in plan() if row.due < on)
