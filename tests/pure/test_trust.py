"""The guided check of a third party: what answers come to, and that the best is never more than looks."""

from __future__ import annotations

import pytest

from escalation.errors import BadInput, NotFound
from escalation.sourced import CITABLE, ground
from escalation.trust import entry, judge, kinds, questions
from states.library import shipped
from states.model import Procedure
from states.reader import read_procedure

KINDS = [each["kind"] for each in kinds("en")]


def repayment() -> Procedure:
    """The shipped procedure that pages and checks are written for."""
    return read_procedure(shipped()["alipay-repayment"].read_bytes()).procedure


def good(kind: str) -> dict[str, str]:
    """The answers that speak for it."""
    return {each["id"]: each["good"] for each in questions(kind, "en")}


@pytest.mark.parametrize("kind", KINDS)
def test_good_answers_to_everything_look_genuine_and_are_called_no_more(kind: str) -> None:
    found = judge(kind, good(kind), "en")

    assert (found["verdict"], found["reasons"], found["next"]) == ("looks_genuine", [], None)


@pytest.mark.parametrize("kind", KINDS)
def test_without_answers_one_cannot_tell(kind: str) -> None:
    found = judge(kind, {}, "en")

    assert found["verdict"] == "unclear"
    assert found["next"] == questions(kind, "en")[0]["id"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_answer_that_is_not_good_changes_the_verdict(kind: str) -> None:
    for id, answer in good(kind).items():
        bad = {"yes": "no", "no": "yes"}[answer]

        assert judge(kind, good(kind) | {id: bad}, "en")["verdict"] in ("walk_away", "unclear"), id
        assert judge(kind, good(kind) | {id: "unknown"}, "en")["verdict"] == "unclear", id


def test_one_grave_sign_outweighs_everything_good() -> None:
    found = judge("lawyer", good("lawyer") | {"false_papers": "yes", "written_contract": "no"}, "zh")

    assert found["verdict"] == "walk_away"
    assert [each["id"] for each in found["reasons"]] == ["false_papers", "written_contract"]
    assert found["signs"][0].endswith("：是")


@pytest.mark.parametrize("kind", ["agent", "credit_repair", "legal_aid", "association"])
def test_a_fee_before_anything_is_done_is_a_reason_to_walk_away(kind: str) -> None:
    assert judge(kind, {"fee_first": "yes"}, "en")["verdict"] == "walk_away"


def test_legal_aid_that_takes_money_is_none() -> None:
    found = judge("legal_aid", {"aid_free": "yes"}, "en")

    assert found["verdict"] == "walk_away"
    assert [(c["source"], c["article"], c["certainty"]) for c in found["reasons"][0]["rests_on"]] == [
        ("legal_aid_law", "20", "statute")
    ]


@pytest.mark.parametrize(
    ("typed", "meant"), [("是", "yes"), (" Y ", "yes"), ("没有", "no"), ("不知道", "unknown"), ("", "unknown")]
)
def test_answers_are_taken_as_people_type_them(typed: str, meant: str) -> None:
    found = judge("other", {"fee_first": typed}, "zh")

    assert {each["id"]: each["answer"] for each in found["questions"]}["fee_first"] == meant


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(BadInput) as error:
        judge("other", {"fee_frist": "yes", "screen": "perhaps"}, "en")

    assert [(p.field, p.meant) for p in error.value.problems] == [("answer", "fee_first"), ("screen", None)]


def test_a_kind_unheard_of_is_not_found() -> None:
    with pytest.raises(NotFound) as error:
        judge("lawer", {}, "en")

    assert error.value.meant == "lawyer"


def test_what_is_logged_fits_the_event_of_the_procedure() -> None:
    event = repayment().events["third_party_checked"]

    for kind in KINDS:
        logged = entry(judge(kind, {"screen": "yes"}, "zh", "某公司"))
        assert logged["kind"] in (event.asks["kind"].of or ())
        assert logged["verdict"] in (event.asks["verdict"].of or ())
        assert len(logged["signs"]) <= (event.asks["signs"].max_length or 0)


def test_a_check_without_a_name_is_not_logged() -> None:
    with pytest.raises(BadInput):
        entry(judge("agent", {}, "zh", "  "))


def test_every_question_says_why_and_how_in_both_languages_and_what_it_rests_on() -> None:
    table = ground("trust")
    used = {id for each in table["kind"].values() for id in each["asks"]} | set(table["everyone"]["asks"])

    assert used == table["question"].keys()
    for id, each in table["question"].items():
        assert all(each[part][lang].strip() for part in ("text", "why", "how") for lang in ("zh", "en")), id
        assert each["cites"], id
        assert {cite["certainty"] for cite in each["cites"]} <= set(CITABLE), id
        assert (each["good"], each["bad"]) in {(g, b) for g in ("yes", "no") for b in ("walk_away", "unclear")}, id
