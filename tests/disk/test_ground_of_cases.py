"""What a case needs to know, asked of a store: pages, the contract, the questions before a complaint, whom to trust."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from escalation import Desk, open_store
from escalation.errors import BadInput, NotFound

NOW = "2026-11-22T10:00"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_store(tmp_path / "cases.db", now=NOW, lang="en") as opened:
        yield opened


def needed(desk: Desk, case: str) -> dict[str, str]:
    return {page["id"]: page["because"] for page in desk.ground.pages(case)}


def test_a_new_case_first_needs_to_know_who_the_lender_is(desk: Desk) -> None:
    case = desk.open("alipay-repayment")

    assert desk.ground.pages(case)[0]["id"] == "lender"
    assert "court-dates" not in needed(desk, case)


def test_court_papers_bring_the_pages_about_courts(desk: Desk) -> None:
    case = desk.open("alipay-repayment")
    desk.record(case, "court_papers_received", {"kind": "payment_order"})

    assert needed(desk, case)["payment-order"] == "state"
    assert needed(desk, case)["court-dates"] == "state"


def test_what_was_entered_and_what_happened_bring_their_pages(desk: Desk) -> None:
    case = desk.open("alipay-repayment", facts={"penalty_owed": "300", "received_amount": "0"})
    desk.record(case, "collector_contacted", {"channel": "call"})

    assert needed(desk, case)["penalty"] == "fact"
    assert needed(desk, case)["collection"] == "event"


def test_a_case_of_another_procedure_is_not_bothered_with_pages_about_loans(desk: Desk, parcel: Path) -> None:
    assert desk.ground.pages(desk.open(str(parcel))) == []


def test_a_window_that_closed_is_said_to_be_over(desk: Desk) -> None:
    assert desk.ground.page("credit-repair")["over"]
    assert not desk.ground.page("credit")["over"]


def test_a_page_that_is_not_there_names_the_one_probably_meant(desk: Desk) -> None:
    with pytest.raises(NotFound) as error:
        desk.ground.page("creditt")

    assert error.value.meant == "credit"


def test_clauses_given_go_before_those_kept_and_an_empty_one_leaves_it_out(desk: Desk) -> None:
    case = desk.open("alipay-repayment", facts={"respondent": "bank"})
    desk.ground.keep_contract(case, {"contract_rate": "18", "signed_on": "2026-03-01"})

    assert desk.ground.contract(case)["clauses"]["contract_rate"] == "18"
    assert desk.ground.contract(case, contract_rate="25")["clauses"]["contract_rate"] == "25"
    assert "contract_rate" not in desk.ground.contract(case, contract_rate="")["clauses"]
    assert desk.show(case)["facts"]["contract_rate"] == "18"


def test_an_offer_beyond_the_budget_is_a_worry_and_one_within_it_is_none(desk: Desk) -> None:
    case = desk.open("alipay-repayment", facts={"income_wages": "3000", "cost_food": "2500", "monthly_offer": "900"})

    def demand() -> str | None:
        worry: str | None = next(q for q in desk.ground.reasonable(case)["questions"] if q["id"] == "demand")["worry"]
        return worry

    assert "900.00" in (demand() or "")
    desk.set_facts(case, {"monthly_offer": "300"})
    assert demand() is None


def test_an_offer_that_needs_income_that_may_not_come_is_a_worry_and_the_sure_sum_is_named(desk: Desk) -> None:
    budget = {"income_wages": "3000", "income_unsure": "1000", "cost_food": "2500"}
    case = desk.open("alipay-repayment", facts={**budget, "monthly_offer": "900"})

    found = next(q for q in desk.ground.reasonable(case)["questions"] if q["id"] == "demand")
    assert "450.00" in found["worry"]
    desk.set_facts(case, {"monthly_offer": "450"})
    found = next(q for q in desk.ground.reasonable(case)["questions"] if q["id"] == "demand")
    assert found["worry"] is None
    assert any("450.00" in each for each in found["have"])
    assert not any("1,350.00" in each for each in found["have"])


def test_a_waiver_that_reaches_into_the_principal_is_a_worry(desk: Desk) -> None:
    case = desk.open(
        "alipay-repayment", facts={"amount_owed": "12000", "principal_owed": "10000", "waiver_asked": "2000.01"}
    )
    found = next(q for q in desk.ground.reasonable(case)["questions"] if q["id"] == "demand")

    assert "principal" in found["next"]


def test_ticking_and_attaching_answers_a_question_and_unticking_opens_it_again(desk: Desk, tmp_path: Path) -> None:
    case = desk.open("alipay-repayment")
    paper = tmp_path / "chat.png"
    paper.write_bytes(b"picture")

    def answered(id: str) -> bool:
        return bool(next(q for q in desk.ground.reasonable(case)["questions"] if q["id"] == id)["answered"])

    desk.attach(case, paper)
    for item in ("reasonable.true_facts", "complaint.statement", "complaint.history", "complaint.proofs"):
        assert not answered("evidence")
        desk.done(case, item)
    assert answered("evidence")
    desk.done(case, "complaint.proofs", undo=True)
    assert not answered("evidence")


def test_one_thing_comes_first_and_everything_open_has_something_to_do(desk: Desk) -> None:
    found = desk.ground.reasonable(desk.open("alipay-repayment"))

    assert (found["ready"], found["answered"], found["first"]) == (False, 0, "talked")
    assert all(each["next"] for each in found["questions"])


def test_a_check_is_logged_and_changes_no_state(desk: Desk) -> None:
    case = desk.open("alipay-repayment")
    before = desk.show(case)["tracks"]
    desk.ground.record_trust(case, "agent", {"fee_first": "yes"}, "Some Consulting")
    logged = desk.log(case)[-1]

    assert (logged["event"], logged["data"]["verdict"]) == ("third_party_checked", "walk_away")
    assert desk.show(case)["tracks"] == before
    assert needed(desk, case)["agents"] == "event"


def test_a_claim_of_a_recording_is_quiet_once_the_case_holds_one(desk: Desk, tmp_path: Path) -> None:
    case = desk.open("alipay-repayment")
    text = "我有录音为证"
    assert [each["kind"] for each in desk.ground.calm(text, case)] == ["claim"]
    file = tmp_path / "call.m4a"
    file.write_bytes(b"sound")
    desk.attach(case, file)

    assert desk.ground.calm(text, case) == []


def test_to_look_a_text_over_writes_nothing(desk: Desk) -> None:
    case = desk.open("alipay-repayment")
    before = desk.log(case)
    desk.ground.calm("我不想活了", case)

    assert desk.log(case) == before


def test_clauses_that_are_wrong_are_not_kept(desk: Desk) -> None:
    case = desk.open("alipay-repayment")
    with pytest.raises(BadInput):
        desk.ground.keep_contract(case, {"contract_rate": "-1", "signed_on": "2026-03-01"})

    assert desk.show(case)["facts"] == {}
