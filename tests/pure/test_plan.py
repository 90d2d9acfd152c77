"""Budgets, ways to pay and their cost: to the cent, and held against two other calculators."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy_financial
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st

from escalation.core.plan import (
    CENT,
    Cost,
    Impossible,
    Line,
    Offer,
    Row,
    capacity,
    cost,
    due_days,
    extended,
    flows_of,
    schedule,
)

D = Decimal
FIRST = date(2026, 12, 15)


def rows_of(offer: Offer, first: date = FIRST) -> tuple[Row, ...]:
    found = schedule(offer, first)
    assert not isinstance(found, Impossible), found
    return found


def cost_of(offer: Offer) -> Cost:
    found = cost(flows_of(offer, rows_of(offer)))
    assert not isinstance(found, Impossible), found
    return found


def reason(offer: Offer) -> str:
    found = schedule(offer, FIRST)
    assert isinstance(found, Impossible), found
    return found.reason


def lines(**amounts: str) -> list[Line]:
    return [Line(part, D(amount), part) for part, amount in amounts.items()]


# -- what can be paid ----------------------------------------------------------------------------------


def test_what_can_be_paid_is_what_is_left_less_a_margin() -> None:
    found = capacity(lines(income="6000", cost="3500", debt="500"))

    assert (found.low, found.likely, found.how_sure) == (D("1800.00"), D("1800.00"), "sure")


def test_income_that_may_not_come_counts_for_the_higher_sum_only() -> None:
    found = capacity(lines(income="6000", unsure="1000", cost="3500", debt="500"), D(20))

    assert (found.low, found.likely, found.how_sure) == (D("1600.00"), D("2400.00"), "depends")


def test_a_budget_that_does_not_reach_says_what_is_short() -> None:
    found = capacity(lines(income="3000", cost="3500", debt="500"))

    assert (found.low, found.likely, found.short, found.how_sure) == (0, 0, D(1000), "none")


def test_nothing_sure_is_said_to_rest_on_unsure_income() -> None:
    found = capacity(lines(income="3000", unsure="2000", cost="3500"))

    assert (found.low, found.likely, found.how_sure) == (0, D("1350.00"), "only_unsure")


@pytest.mark.parametrize(("given", "how_sure"), [({"income": "3000"}, "no_costs"), ({"cost": "900"}, "no_income")])
def test_half_a_budget_is_called_that(given: dict[str, str], how_sure: str) -> None:
    assert capacity(lines(**given)).how_sure == how_sure


def test_what_can_be_paid_is_rounded_down() -> None:
    assert capacity(lines(income="100.07", cost="0.02"), D(10)).low == D("90.04")


# -- ways to pay ---------------------------------------------------------------------------------------


def test_equal_instalments_balance_to_the_cent() -> None:
    rows = rows_of(Offer("equal_instalments", D(23600), 12, D(15)))

    assert [row.total for row in rows] == [D("2130.10")] * 11 + [D("2130.05")]
    assert sum(row.total for row in rows) == D("25561.15")
    assert rows[-1].left == 0


def test_twice_the_time_costs_less_a_month() -> None:
    rows = rows_of(extended(Offer("equal_instalments", D(23600), 12, D(15)), 12))

    assert (rows[0].total, rows[-1].total) == (D("1144.28"), D("1144.40"))
    assert (rows[0].principal, rows[0].interest, rows[0].left) == (D("849.28"), D("295.00"), D("22750.72"))
    assert rows[-1].due == date(2028, 11, 15)


def test_equal_principal_pays_most_at_first() -> None:
    rows = rows_of(Offer("equal_principal", D(1000), 3, D(12)))

    assert [(row.principal, row.interest) for row in rows] == [
        (D("333.33"), D("10.00")), (D("333.33"), D("6.67")), (D("333.34"), D("3.33")),
    ]  # fmt: skip


def test_without_interest_the_principal_is_all_there_is() -> None:
    rows = rows_of(Offer("interest_free", D(23600), 60, D(15)))

    assert (rows[0].total, rows[-1].total) == (D("393.33"), D("393.53"))
    assert sum(row.interest for row in rows) == 0


def test_a_step_up_pays_little_at_first_and_clears_the_rest() -> None:
    rows = rows_of(Offer("step_up", D(23600), 24, D(15), first_months=6, first_monthly=D(500)))

    assert [row.total for row in rows[:7]] == [D(500)] * 6 + [D("1393.11")]
    assert rows[-1].left == 0


def test_waiting_costs_simple_interest_that_is_spread_or_nothing() -> None:
    waited = Offer("deferred", D(12000), 12, D(12), wait=3)
    rows, free = rows_of(waited), rows_of(waited._replace(wait_free=True))

    assert rows[0].due == date(2027, 3, 15)
    assert sum(row.interest for row in rows) - sum(row.interest for row in free) == D("360.00")
    assert rows[0].total - free[0].total == D("30.00")


def test_a_fee_is_spread_over_the_instalments() -> None:
    rows = rows_of(Offer("custom", D(23600), 12, total=D("25676.80")))

    assert (rows[0].total, rows[-1].total) == (D("2139.73"), D("2139.77"))
    assert sum(row.interest for row in rows) == D("2076.80")


def test_an_agreed_sum_a_month_leaves_the_rest_to_the_last() -> None:
    rows = rows_of(Offer("interest_free", D(23600), 24, monthly=D(1000)))

    assert rows[-1].total == D(600)


def test_days_keep_the_day_of_the_month_or_take_its_last() -> None:
    found = due_days(date(2027, 12, 31), 5)

    assert found == [date(2027, 12, 31), date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31), date(2028, 4, 30)]


@pytest.mark.parametrize(
    ("offer", "why"),
    [
        (Offer("equal_instalments", D(23600), 12, D(15), monthly=D(295)), "below_interest"),
        (Offer("step_up", D(23600), 12, D(15), first_months=3, first_monthly=D(200)), "below_interest"),
        (Offer("interest_free", D(12600), 12, monthly=D(900)), "does_not_reach"),
        (Offer("custom", D(12600), 12, monthly=D(1000)), "does_not_reach"),
        (Offer("interest_free", D(12600), 24, monthly=D(1000)), "paid_sooner"),
        (Offer("custom", D(100), 12, monthly=D(50), total=D(110)), "paid_sooner"),
        (Offer("interest_free", D(12600), 0), "months"),
        (Offer("interest_free", D(12600), 601), "months"),
        (Offer("interest_free", D(0), 12), "principal"),
        (Offer("interest_free", D("0.05"), 12), "principal"),
        (Offer("equal_instalments", D(100), 12, D(-1)), "rate"),
        (Offer("equal_instalments", D(100), 12, D(1001)), "rate"),
        (Offer("interest_free", D(100), 12, monthly=D(0)), "monthly"),
        (Offer("step_up", D(100), 12, first_months=12, first_monthly=D(5)), "step"),
        (Offer("balloon", D(100), 12), "kind"),
    ],
)
def test_a_plan_that_cannot_be_says_why(offer: Offer, why: str) -> None:
    assert reason(offer) == why


money = st.integers(100_00, 500_000_00).map(lambda cents: D(cents) * CENT)
rates = st.integers(0, 3600).map(lambda n: D(n) / 100)
offers = st.builds(
    Offer,
    kind=st.sampled_from(["equal_instalments", "equal_principal", "interest_free", "deferred", "custom"]),
    principal=money, months=st.integers(1, 120), rate=rates, wait=st.integers(0, 12), wait_free=st.booleans(),
    monthly=st.none(), total=st.none(), first_months=st.just(0), first_monthly=st.just(D(0)),
)  # fmt: skip


@given(offers, st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_principal_sums_exactly_and_every_row_follows_from_the_one_before(offer: Offer, first: date) -> None:
    rows = schedule(offer, first)
    if isinstance(rows, Impossible):
        assert rows.reason in ("below_interest", "paid_sooner")
        return

    left = offer.principal
    for row in rows:
        left -= row.principal
        assert (row.left, row.total) == (left, row.principal + row.interest)
        assert row.total == row.total.quantize(CENT) > 0
        assert row.interest >= 0
    assert left == 0
    assert [row.due for row in rows] == sorted(row.due for row in rows)
    assert all(row.due.day == first.day or (row.due.day < first.day and month_ends(row.due)) for row in rows)


def month_ends(day: date) -> bool:
    return date.fromordinal(day.toordinal() + 1).month != day.month


# -- what it costs -------------------------------------------------------------------------------------


def test_a_fee_of_8_8_percent_over_a_year_costs_nearly_twice_that() -> None:
    found = cost_of(Offer("custom", D(23600), 12, total=D("25676.80")))

    assert (round(found.nominal, 2), round(found.effective, 2)) == (D("15.86"), D("17.07"))


def test_no_interest_costs_nothing() -> None:
    assert cost_of(Offer("interest_free", D(23600), 60)) == Cost(D(0), D(0))


def test_nothing_for_something_is_a_rate_below_zero() -> None:
    found = cost([D(1000), D(-300), D(-300), D(-300)])

    assert isinstance(found, Cost)
    assert found.nominal < 0


@given(offers)
def test_rates_are_those_of_two_other_calculators(offer: Offer) -> None:
    rows = schedule(offer, FIRST)
    if isinstance(rows, Impossible):
        return
    flows = flows_of(offer, rows)
    found = cost(flows)
    assert isinstance(found, Cost)
    floats = [float(flow) for flow in flows]
    month = pyxirr.irr(floats)
    assert month is not None

    assert float(found.nominal) == pytest.approx(month * 1200, abs=1e-8)
    assert float(found.effective) == pytest.approx(((1 + month) ** 12 - 1) * 100, abs=1e-8)
    if len(flows) < 40:  # it looks for all roots of a polynomial, and loses digits with many months
        assert float(found.nominal) == pytest.approx(numpy_financial.irr(floats) * 1200, abs=1e-8)


@given(money, st.integers(2, 60), rates)
def test_an_instalment_is_that_of_another_calculator(principal: Decimal, months: int, rate: Decimal) -> None:
    rows = schedule(Offer("equal_instalments", principal, months, rate), FIRST)
    if isinstance(rows, Impossible):
        return

    expected = -numpy_financial.pmt(float(rate) / 1200, months, float(principal))
    assert float(rows[0].total) == pytest.approx(expected, abs=0.0051)


@pytest.mark.parametrize("flows", [["1000", "200"], ["-5", "-6"], ["0", "0"], ["100", "-60", "20", "-90"], []])
def test_sums_without_one_rate_have_none(flows: list[str]) -> None:
    assert cost([D(flow) for flow in flows]) == Impossible("no_rate")


@given(
    st.integers(1, 3000), st.integers(0, 1000), st.integers(1, 600),
)  # fmt: skip
def test_no_instalment_of_a_few_yuan_over_many_months_is_below_nothing(cents: int, more: int, months: int) -> None:
    found = schedule(Offer("custom", cents * CENT, months, total=(cents + more) * CENT), FIRST)

    if not isinstance(found, Impossible):
        assert min(min(row.principal, row.interest, row.total, row.left) for row in found) >= 0
        assert sum(row.principal for row in found) == cents * CENT
        assert sum(row.total for row in found) == (cents + more) * CENT


def test_one_yuan_that_costs_three_over_three_years_is_never_below_nothing() -> None:
    rows = rows_of(Offer("custom", D(1), 36, total=D(4)))

    assert min(row.principal for row in rows) >= 0
    assert (sum(row.principal for row in rows), rows[-1].left) == (1, 0)
