"""Budgets, offers and agreed plans of real cases: what the log says is in force, what a payment is, what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from escalation import Desk
from escalation.core.entries import EventEntry
from escalation.errors import BadInput, CaseMoved, Refused
from escalation.wording import error_lines
from states.ceilings import LENDERS, ceilings
from states.library import shipped
from states.reader import read_procedure

Opener = Callable[[str], Desk]
Data = dict[str, Any]
TERMS = {"principal": "1200", "monthly": "300", "months": "4"}
BUDGET = {"income_wages": "5200", "income_unsure": "800", "cost_housing": "1800", "cost_food": "1200",
          "debts_monthly": "600"}  # fmt: skip


def signed(desk: Opener, first: str = "2026-07-20", **terms: str) -> str:
    """A case with an agreement of 1 July."""
    there = desk("2026-07-01T10:00")
    case = there.open("alipay-repayment", facts={"amount_owed": "1200"})
    there.record(case, "offer_made", {"monthly": "300"})
    ticked(there, case)
    there.record(case, "agreement_signed", {"first_due_on": first, **terms})
    return case


def ticked(there: Desk, case: str) -> None:
    for name in ("budget", "terms"):
        for item in there.show(case)["checklists"][name]["missing"]:
            there.done(case, f"{name}.{item}")


def state(there: Desk, case: str) -> str:
    return str(there.show(case)["tracks"][0]["state"])


def statuses(found: Data) -> list[tuple[int, str, str]]:
    return [(each["n"], each["due"][5:], each["status"]) for each in found["instalments"]]


def expected(refused: pytest.ExceptionInfo[BadInput]) -> list[str]:
    return [problem.expected for problem in refused.value.problems]


# -- what can be paid ------------------------------------------------------------------------------------


def test_the_budget_is_read_from_the_facts_of_the_case(desk: Opener) -> None:
    there = desk("2026-07-01T10:00")
    case = there.open("alipay-repayment", facts=BUDGET | {"margin_percent": "20"})
    found = there.plans.capacity(case)

    assert (found["low"], found["likely"], found["how_sure"]) == ("1280.00", "1920.00", "depends")
    assert {line["name"]: line["part"] for line in found["lines"]} == {
        "income_wages": "income", "income_unsure": "unsure", "cost_housing": "cost", "cost_food": "cost",
        "debts_monthly": "debt",
    }  # fmt: skip
    assert found["lines"][0]["title"] == "Wages after tax"


def test_only_sums_are_of_the_budget(desk: Opener) -> None:
    there = desk("2026-07-01T10:00")
    case = there.open("alipay-repayment", facts={"cost_sheet_seen": True, "income_wages": "100"})

    assert [line["name"] for line in there.plans.capacity(case)["lines"]] == ["income_wages"]
    assert "cost_sheet_seen" not in {each["name"] for each in there.plans.fields(case)}


def test_a_budget_can_be_tried_without_a_case_and_names_may_be_anything(desk: Opener) -> None:
    found = desk("2026-07-01T10:00").plans.capacity(income_工资="3000", cost_房租="1000", margin_percent="0")

    assert (found["low"], [line["title"] for line in found["lines"]]) == ("2000.00", ["工资", "房租"])


def test_a_kept_budget_is_facts_and_what_has_no_fact_is_refused_whole(desk: Opener) -> None:
    there = desk("2026-07-01T10:00")
    case = there.open("alipay-repayment")
    there.plans.keep(case, {"income_wages": "3000", "cost_food": "900"})
    with pytest.raises(BadInput) as refused:
        there.plans.keep(case, {"cost_housing": "1000", "cost_hosing": "1"})

    assert there.show(case)["facts"] == {"income_wages": "3000.00", "cost_food": "900.00"}
    assert expected(refused) == ["budget_fact"]
    assert refused.value.problems[0].meant == "cost_housing"


def test_every_wrong_value_of_a_budget_is_told_at_once(desk: Opener) -> None:
    with pytest.raises(BadInput) as refused:
        desk("2026-07-01T10:00").plans.capacity(income_wages="lots", cost_food="-1", rent="5", margin_percent="95")

    assert expected(refused) == ["money", "min", "budget_name", "max"]


# -- offers ----------------------------------------------------------------------------------------------


def test_a_case_compares_my_offer_theirs_and_the_sum_with_and_without_interest(desk: Opener) -> None:
    there = desk("2026-11-22T10:00")
    facts = {
        "amount_owed": "23600", "monthly_offer": "1000", "months_offer": "24", "offered_monthly": "2139.73",
        "offered_months": "12", "contract_rate": "15", "respondent": "bank", "first_payment_on": "2026-12-15",
    }  # fmt: skip
    case = there.open("alipay-repayment", facts=BUDGET | facts)
    found = there.plans.compare(case)
    mine, theirs, free, contract = found["offers"]

    assert found["room"] == {"low": "1440.00", "likely": "2160.00", "rests_on": "budget"}
    assert (mine["total"], mine["monthly_low"], mine["last_day"]) == ("23600.00", "600.00", "2028-11-15")
    assert (theirs["total"], theirs["nominal"], theirs["effective"]) == ("25676.76", "15.86", "17.07")
    assert (theirs["affordable"], theirs["left_over"], theirs["fits_months"]) == ("likely", "-699.73", 19)
    assert contract["fits_months"] is None
    assert (free["interest"], free["effective"]) == ("0.00", "0.00")
    assert (contract["total"], contract["nominal"], contract["affordable"]) == ("27462.84", "15.00", "yes")
    assert [bound["over"] for bound in contract["ceilings"]] == [False]


def test_an_offer_of_less_than_is_owed_waives_the_rest(desk: Opener) -> None:
    there = desk("2026-11-22T10:00")
    case = there.open(
        "alipay-repayment", facts={"amount_owed": "5000", "offered_monthly": "400", "offered_months": "10"}
    )
    theirs = there.plans.compare(case)["offers"][0]

    assert (theirs["principal"], theirs["waived"], theirs["nominal"]) == ("4000.00", "1000.00", "0.00")


def test_an_offer_of_mine_that_does_not_reach_is_said_so_and_the_others_stand(desk: Opener) -> None:
    there = desk("2026-11-22T10:00")
    case = there.open("alipay-repayment", facts={"amount_owed": "5000", "monthly_offer": "200", "months_offer": "10"})
    mine, free = there.plans.compare(case)["offers"]

    assert mine["impossible"]["reason"] == "does_not_reach"
    assert "3,000.00" in mine["impossible"]["text"]
    assert free["monthly_high"] == "500.00"


def test_a_dear_offer_passes_the_ceiling_of_a_bank_and_a_buyer_of_debts_has_none_to_pass(desk: Opener) -> None:
    there = desk("2026-11-22T10:00")
    offer = {"principal": "1000", "months": "12", "rate": "30"}
    found = {}
    for lender in ("bank", "debt_buyer"):
        case = there.open("alipay-repayment", facts={"respondent": lender})
        found[lender] = there.plans.compare(case, [offer])["offers"][0]["ceilings"]

    assert [(bound["id"], bound["over"], bound["certainty"]) for bound in found["bank"]] == [
        ("rate_24", True, "reported")
    ]
    assert found["debt_buyer"] == []


def test_where_no_number_of_instalments_does_none_is_named(desk: Opener) -> None:
    offer = {"principal": "100000", "months": "12", "rate": "24"}
    found = desk("2026-11-22T10:00").plans.compare(None, [offer], income_wages="2500", cost_food="500")

    assert (found["room"]["low"], found["offers"][0]["fits_months"]) == ("1800.00", None)


def test_offers_can_be_compared_without_a_case(desk: Opener) -> None:
    there = desk("2026-11-22T10:00")
    fee, step = there.plans.compare(
        offers=[
            {"name": "fee", "owed": "23600", "months": "12", "fee": "8.8%"},
            {"principal": "23600", "months": "24", "rate": "15", "first_months": "6", "first_monthly": "500"},
        ],
        income_wages="3000", cost_food="1000",
    )["offers"]  # fmt: skip

    assert (fee["name"], fee["kind"], fee["nominal"], fee["effective"]) == ("fee", "custom", "15.86", "17.07")
    assert (step["kind"], step["monthly_low"], step["monthly_high"]) == ("step_up", "500.00", "1393.11")
    assert step["affordable"] == "yes"


def test_fields_of_an_offer_that_are_wrong_are_all_told(desk: Opener) -> None:
    with pytest.raises(BadInput) as refused:
        desk("2026-11-22T10:00").plans.compare(offers=[{"months": "0", "rat": "15", "principal": "x"}])

    assert expected(refused) == ["min", "unknown", "money"]
    assert refused.value.problems[1].meant == "rate"


def test_nothing_to_compare_says_what_to_do(desk: Opener) -> None:
    there = desk("2026-11-22T10:00")
    with pytest.raises(BadInput) as refused:
        there.plans.compare(there.open("alipay-repayment"))

    assert "monthly_offer" in "\n".join(error_lines(refused.value, "zh"))


# -- ceilings --------------------------------------------------------------------------------------------


def test_there_is_something_to_say_of_every_kind_of_lender_a_case_can_have() -> None:
    reading = read_procedure(shipped()["alipay-repayment"].read_bytes())

    assert set(reading.procedure.facts["respondent"].of or ()) == set(LENDERS)
    assert all(ceilings(lender) for lender in LENDERS)


def test_four_times_the_lpr_is_said_not_to_bind_licensed_lenders() -> None:
    for lender in ("consumer_finance", "bank", "micro_lender"):
        (found,) = (each for each in ceilings(lender) if each.id == "lpr_4")

        assert (found.applies, found.certainty) == ("no", "statute")


def test_what_only_the_press_says_is_no_rule_and_bounds_nothing() -> None:
    talk = [each for each in ceilings() if each.applies == "no_rule"]

    assert [each.id for each in talk] == ["press_20"]
    assert all(each.measure == "none" and each.limit is None for each in talk)


# -- the agreed plan -------------------------------------------------------------------------------------


def test_a_missed_instalment_is_seen_part_paid_and_cured(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    desk("2026-07-18T09:00").plans.pay(case, "300")
    missed = desk("2026-08-21T09:00")

    assert state(missed, case) == "plan_at_risk"
    found = missed.plans.schedule(case)
    assert (found["standing"], found["arrears"]) == ("behind", "300.00")
    assert statuses(found) == [
        (1, "07-20", "paid"),
        (2, "08-20", "missed"),
        (3, "09-20", "ahead"),
        (4, "10-20", "ahead"),
    ]

    part = missed.plans.pay(case, "100")
    assert part["payment"]["event"] == "instalment_part_paid"
    assert (state(missed, case), missed.plans.schedule(case)["arrears"]) == ("plan_at_risk", "200.00")

    cured = desk("2026-08-23T09:00")
    rest = cured.plans.pay(case, "200")
    found = cured.plans.schedule(case)
    assert (rest["payment"]["event"], rest["payment"]["next_due"]) == ("instalment_paid", "2026-09-20")
    assert (state(cured, case), found["standing"], found["arrears"]) == ("paying", "cured", "0.00")
    assert found["instalments"][1]["paid_on"] == "2026-08-23"
    assert [d["due"] for d in cured.show(case)["deadlines"] if d["id"] == "instalment"] == ["2026-09-20"]


def test_a_breach_ends_the_plan_and_a_new_agreement_begins_anew(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    desk("2026-07-18T09:00").plans.pay(case, "300")
    there = desk("2026-08-28T09:00")
    there.record(case, "plan_cancelled")
    found = there.plans.schedule(case)

    assert (found["cancelled_on"], found["arrears"], found["outstanding"]["total"]) == (
        "2026-08-28",
        "300.00",
        "900.00",
    )
    with pytest.raises(BadInput) as refused:
        there.plans.pay(case, "300")
    assert expected(refused) == ["plan_cancelled"]

    again = desk("2026-09-01T09:00")
    again.record(case, "offer_made", {"monthly": "150"})
    ticked(again, case)
    again.record(case, "agreement_signed", {"first_due_on": "2026-09-30", "principal": "900", "months": "6"})
    found = again.plans.schedule(case)
    assert (found["cancelled_on"], found["standing"], found["paid"]) == (None, "kept", "0.00")
    assert [each["amount"] for each in found["instalments"]] == ["150.00"] * 6
    assert found["instalments"][5]["due"] == "2027-02-28"


def test_a_change_of_days_moves_what_is_left(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    desk("2026-07-18T09:00").plans.pay(case, "300")
    there = desk("2026-08-18T09:00")
    there.record(case, "plan_changed", {"next_due_on": "2026-09-05"})
    found = there.plans.schedule(case)

    assert statuses(found) == [
        (1, "07-20", "paid"),
        (2, "09-05", "ahead"),
        (3, "10-05", "ahead"),
        (4, "11-05", "ahead"),
    ]
    assert (found["paid"], found["outstanding"]["total"]) == ("300.00", "900.00")
    assert there.plans.pay(case, "300")["payment"]["next_due"] == "2026-10-05"


def test_a_change_of_sums_spreads_what_is_left(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    desk("2026-07-18T09:00").plans.pay(case, "300")
    there = desk("2026-08-18T09:00")
    there.record(case, "plan_changed", {"next_due_on": "2026-09-05", "monthly": "150"})
    found = there.plans.schedule(case)

    assert [(each["n"], each["amount"]) for each in found["instalments"]] == [
        (1, "300.00"), *((n, "150.00") for n in range(2, 8)),
    ]  # fmt: skip


def test_what_follows_from_the_terms_is_named_with_them(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    there = desk("2026-08-18T09:00")
    there.record(case, "plan_changed", {"next_due_on": "2026-09-05", "monthly": "150"})

    assert {k: there.plans.schedule(case)["terms"][k] for k in ("principal", "monthly", "months")} == {
        "principal": "1200.00", "monthly": "150.00", "months": 8,
    }  # fmt: skip


def test_a_change_does_not_make_a_late_payment_one_in_time(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    desk("2026-07-25T09:00").plans.pay(case, "300")
    there = desk("2026-08-18T09:00")
    there.record(case, "plan_changed", {"next_due_on": "2026-09-05"})
    found = there.plans.schedule(case)

    assert (found["instalments"][0]["status"], found["standing"]) == ("late", "cured")


def test_a_sum_that_would_end_a_plan_with_interest_early_is_said_to(desk: Opener) -> None:
    case = signed(desk, principal="12000", months="12", rate="12")
    there = desk("2026-07-10T09:00")
    ends = there.plans.schedule(case)["payoff"]["total"]

    assert there.plans.pay(case, ends, preview=True)["payment"]["payoff"] == ends
    less = f"{Decimal(ends) - Decimal('0.01')}"
    assert there.plans.pay(case, less, preview=True)["payment"]["payoff"] is None
    assert there.plans.pay(case, "12794.23", preview=True)["payment"]["payoff"] is None


def test_terms_that_the_agreement_left_open_come_from_facts(desk: Opener) -> None:
    case = signed(desk)
    there = desk("2026-07-02T09:00")
    found = there.plans.schedule(case)
    assert (found["missing"], found["instalments"]) == (["principal", "monthly", "months"], [])
    with pytest.raises(BadInput) as refused:
        there.plans.pay(case, "300")
    assert expected(refused) == ["plan_unknown"]
    assert "Each instalment as agreed" in (refused.value.problems[0].limit or "")

    there.set_facts(case, {"plan_monthly": "300", "plan_months": "4"})
    assert [each["amount"] for each in there.plans.schedule(case)["instalments"]] == ["300.00"] * 4


def test_the_last_payment_settles_the_case(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    there = desk("2026-07-18T09:00")
    done = there.plans.pay(case, "1200")

    assert (done["payment"]["event"], state(there, case)) == ("paid_in_full", "settling")
    assert there.plans.schedule(case)["standing"] == "done"
    assert there.log(case)[-1]["data"] == {"amount": "1200.00"}
    assert there.plans.schedule(case)["payments"][-1]["amount"] == "1200.00"
    with pytest.raises(BadInput) as refused:
        there.plans.pay(case, "1")
    assert expected(refused) == ["plan_paid"]


@pytest.mark.parametrize(
    ("now", "where", "standing", "arrears"),
    [("2026-07-19T09:00", "paying", "kept", "0.00"), ("2026-07-25T09:00", "plan_at_risk", "behind", "300.00")],
)
def test_a_full_payment_taken_back_leaves_state_and_plan_of_one_mind(
    desk: Opener, now: str, where: str, standing: str, arrears: str
) -> None:
    case = signed(desk, **TERMS)
    seq = desk("2026-07-18T09:00").plans.pay(case, "1200")["seq"]
    there = desk(now)
    there.withdraw(case, seq)
    found = there.plans.schedule(case)

    assert (state(there, case), found["standing"], found["arrears"]) == (where, standing, arrears)


def test_what_is_paid_ahead_skips_to_the_first_open_day(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    done = desk("2026-07-18T09:00").plans.pay(case, "650")

    assert (done["payment"]["next_due"], done["payment"]["left"]) == ("2026-09-20", "550.00")


@pytest.mark.parametrize(
    ("amount", "code"), [("1200.01", "plan_too_much"), ("0", "min"), ("-5", "min"), ("many", "money")]
)
def test_a_payment_that_cannot_be_is_refused_and_nothing_is_logged(desk: Opener, amount: str, code: str) -> None:
    case = signed(desk, **TERMS)
    there = desk("2026-07-18T09:00")
    head = there.show(case)["head"]
    with pytest.raises(BadInput) as refused:
        there.plans.pay(case, amount)

    assert (expected(refused), there.show(case)["head"]) == ([code], head)


def test_a_previewed_payment_is_not_logged(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    there = desk("2026-07-18T09:00")
    head = there.show(case)["head"]
    seen = there.plans.pay(case, "300", preview=True)

    assert (seen["payment"]["event"], there.show(case)["head"]) == ("instalment_paid", head)
    assert seen["after"]["deadlines"][0]["due"] == "2026-08-20"


def test_a_corrected_payment_is_followed_as_corrected(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    seq = desk("2026-07-18T09:00").plans.pay(case, "300")["seq"]
    there = desk("2026-07-19T09:00")
    there.amend(case, seq, data={"amount": "250"})
    assert there.plans.schedule(case)["instalments"][0]["missing"] == "50.00"

    there.withdraw(case, seq)
    found = there.plans.schedule(case)
    assert (found["paid"], found["payments"], found["outstanding"]["total"]) == ("0.00", [], "1200.00")


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"principal": "1200", "months": "4", "rate": "5000"}, "rate"),
        ({"principal": "1200", "monthly": "0", "months": "4"}, "monthly"),
        ({"principal": "0", "months": "4"}, "principal"),
        ({"principal": "1200", "monthly": "10", "rate": "24"}, "months"),
        ({"principal": "1200", "monthly": "100", "months": "4"}, "does_not_reach"),
        ({"principal": "1200", "months": "4", "kind": "step_up"}, "step"),
    ],
)
def test_agreed_terms_that_cannot_be_are_said_to_be_and_nothing_is_paid_on_them(
    desk: Opener, terms: dict[str, str], reason: str
) -> None:
    case = signed(desk, **terms)
    there = desk("2026-07-18T09:00")
    found = there.plans.schedule(case)
    with pytest.raises(BadInput) as refused:
        there.plans.pay(case, "100")

    assert (found["impossible"]["reason"], found["instalments"]) == (reason, [])
    assert expected(refused) == ["plan_unknown"]


def test_an_agreement_with_a_fee_is_followed_as_it_was_agreed(desk: Opener) -> None:
    case = signed(desk, principal="23600", monthly="2139.73", months="12")
    found = desk("2026-07-18T09:00").plans.schedule(case)

    assert [each["amount"] for each in found["instalments"]] == ["2139.73"] * 12
    assert found["outstanding"] == {
        "total": "25676.76", "principal": "23600.00", "interest": "2076.76", "costs": "0.00",
    }  # fmt: skip


def test_a_corrected_first_day_moves_every_day(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    there = desk("2026-07-02T09:00")
    seq = there.log(case)[-1]["seq"]
    there.amend(case, seq, data={"first_due_on": "2026-07-31"})
    assert [each["due"] for each in there.plans.schedule(case)["instalments"]] == [
        "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31",
    ]  # fmt: skip
    with pytest.raises(BadInput):
        there.amend(case, seq, data={"first_due_on": ""})


def test_a_payment_of_an_earlier_day_counts_on_that_day(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    there = desk("2026-07-25T09:00")
    assert there.plans.schedule(case)["standing"] == "behind"
    there.plans.pay(case, "300", at="2026-07-20")

    assert there.plans.schedule(case)["standing"] == "kept"
    assert state(there, case) == "paying"


def test_a_payment_does_not_slip_in_after_somebody_elses(desk: Opener) -> None:
    case = signed(desk, **TERMS)
    there = desk("2026-07-18T09:00")
    head = there.show(case)["head"]
    there.note(case, "I called them")
    with pytest.raises(CaseMoved):
        there.plans.pay(case, "300", head=head)


def test_a_payment_where_no_plan_runs_is_refused(desk: Opener) -> None:
    there = desk("2026-07-18T09:00")
    case = there.open("alipay-repayment")
    with pytest.raises(BadInput) as refused:
        there.plans.pay(case, "300")
    assert expected(refused) == ["no_plan"]
    assert there.plans.schedule(case)["agreed_on"] is None

    signed_case = signed(desk, **TERMS)
    desk("2026-07-18T09:00").record(signed_case, "left_to_court")
    with pytest.raises(Refused):
        desk("2026-07-18T10:00").plans.pay(signed_case, "300")


@pytest.mark.parametrize(
    ("procedure", "events"),
    [("alipay-repayment", ["agreement_signed", "mediation_agreement_signed"]), ("court-papers", []),
     ("credit-record-objection", []), ("online-shopping-12315", [])],
)  # fmt: skip
def test_the_schedule_says_with_which_events_a_plan_can_begin(desk: Opener, procedure: str, events: list[str]) -> None:
    there = desk("2026-07-18T09:00")

    assert there.plans.schedule(there.open(procedure))["begins_with"] == events


def test_where_no_plan_can_be_agreed_none_is_asked_for(desk: Opener) -> None:
    there = desk("2026-07-18T09:00")
    case = there.open("court-papers")
    with pytest.raises(BadInput) as no_plan:
        there.plans.pay(case, "300")
    with pytest.raises(BadInput) as no_offers:
        there.plans.compare(case)
    with pytest.raises(BadInput) as no_budget:
        there.plans.keep(case, {"income_wages": "5200"})

    assert [expected(e) for e in (no_plan, no_offers, no_budget)] == [
        ["no_plan_here"], ["no_offers_here"], ["budget_none"],
    ]  # fmt: skip
    assert there.plans.compare(case, [{"principal": "1200", "months": "4"}])["offers"]


def test_what_was_paid_is_what_the_log_says(desk: Opener) -> None:
    case = signed(desk, principal="1200", months="4", rate="12", kind="equal_instalments", imputation="principal_first")
    for day, amount in (("2026-07-18", "100"), ("2026-07-19", "250.50"), ("2026-08-19", "400")):
        desk(f"{day}T09:00").plans.pay(case, amount)
    there = desk("2026-08-20T09:00")
    found = there.plans.schedule(case)
    log = there.engine.store.log(there.engine.store.case(case).id)

    logged = sum(Decimal(e.data.get("amount", "0")) for e in log if isinstance(e, EventEntry))
    assert Decimal(found["paid"]) == logged == Decimal("750.50")
    whole = sum(Decimal(each["amount"]) for each in found["instalments"])
    assert Decimal(found["outstanding"]["total"]) == whole - logged
    assert Decimal(found["payoff"]["total"]) + Decimal(found["payoff"]["saved"]) == whole - logged
