"""Pages on law and contract, and the reader of contracts: sourced, certain, in both languages, and right."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from rich.cells import cell_len

from escalation.contract import clauses, entered, read
from escalation.errors import BadInput
from escalation.sourced import CITABLE, ground
from states.known_facts import CONTRACT
from states.library import shipped
from states.model import Procedure
from states.reader import read_procedure

PAGES = ground("pages")["page"]
LANGUAGES = ("zh", "en")


def repayment() -> Procedure:
    """The shipped procedure that pages and checks are written for."""
    return read_procedure(shipped()["alipay-repayment"].read_bytes()).procedure


def cites() -> list[tuple[str, dict[str, str]]]:
    """Every citation of the data, with where it stands."""
    found = [(page["id"], cite) for page in PAGES for cite in page["cites"]]
    for table, part in (("trust", "question"), ("contract", "finding"), ("tone.zh", "rule"), ("tone.en", "rule")):
        found += [(f"{table} {id}", c) for id, each in ground(table)[part].items() for c in each.get("cites", ())]
    return found + [(q["id"], c) for q in ground("reasonable")["question"] for c in q.get("cites", ())]


def texts() -> list[tuple[str, str]]:
    """Every text of the data that people read, with its language."""
    found: list[tuple[str, str]] = []

    def walk(each: Any) -> None:
        if isinstance(each, dict):
            for key, value in each.items():
                if isinstance(value, str) and (key in LANGUAGES or key.startswith("rate_")):
                    found.append((key[-2:], value))
                walk(value)
        elif isinstance(each, list):
            for value in each:
                walk(value)

    for name in ("pages", "trust", "contract", "reasonable", "sources"):
        walk(ground(name))
    return found


def test_every_citation_names_a_source_and_how_certain_it_is_and_nothing_is_less_than_reported() -> None:
    sources = ground("sources")
    for where, cite in cites():
        assert cite["source"] in sources, where
        assert cite["certainty"] in CITABLE, where
        assert cite.keys() <= {"source", "article", "certainty"}, where
        assert cite["certainty"] != "statute" or cite.get("article"), f"{where}: a statute is cited by its article"


def test_every_source_is_cited_somewhere_and_has_both_titles() -> None:
    cited = {cite["source"] for _, cite in cites()}

    assert ground("sources").keys() == cited
    assert all(each["title"]["zh"] and each["title"]["en"] for each in ground("sources").values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page["id"])
def test_a_page_is_short_sourced_and_in_both_languages(page: dict[str, Any]) -> None:
    assert page["cites"]
    assert page["title"].keys() == page["text"].keys() == set(LANGUAGES)
    assert all(cell_len(title) <= 30 for title in page["title"].values()), "a list on a small screen cuts it"
    assert 40 <= len(page["text"]["en"].split()) <= 120
    assert 60 <= len(re.findall(r"[\u4e00-\u9fff]|[0-9]+", page["text"]["zh"])) <= 200


def test_pages_are_needed_by_states_stages_facts_and_events_that_there_are() -> None:
    procedure = repayment()
    for page in PAGES:
        needs = page["for"]
        assert set(needs.get("states", ())) <= procedure.states.keys(), page["id"]
        assert set(needs.get("stages", ())) <= procedure.stages.keys(), page["id"]
        assert {f.partition("=")[0] for f in needs.get("facts", ())} <= procedure.facts.keys(), page["id"]
        assert set(needs.get("events", ())) <= procedure.events.keys(), page["id"]


def test_every_stage_of_the_way_has_a_page() -> None:
    procedure = repayment()
    served = {stage for page in PAGES for stage in page["for"].get("stages", ())}

    assert procedure.stages.keys() - served <= {"done"}


def test_what_people_read_aligns_in_every_terminal_and_does_not_shout() -> None:
    for lang, text in texts():
        assert not [c for c in text if unicodedata.east_asian_width(c) == "A"], text
        assert not re.search("[!！]|您", text), text
        assert lang == "zh" or not re.search("[\u4e00-\u9fff]", text.replace("法发〔2017〕22号", "")), text


def test_nothing_that_is_only_practice_or_remembered_is_told() -> None:
    told = "\n".join(text for _, text in texts())

    assert not re.search(r"12363.{0,20}(?:15|60)|20\s?%|95188", told)


# -- the contract ------------------------------------------------------------------------------------------------


def findings(lang: str = "en", **given: str) -> dict[str, dict[str, Any]]:
    """What is found, by clause and finding."""
    return {f"{f['clause']} {f['finding']}": f for f in read(entered(given), lang)["findings"]}


def test_interest_taken_beforehand_is_no_principal_and_makes_the_rate_higher() -> None:
    found = findings(contract_principal="12000", received_amount="11400", contract_rate="18")
    prepaid = found["received_amount against_rule"]

    assert (prepaid["sum"], prepaid["article"], prepaid["certainty"]) == ("600.00", "670", "statute")
    assert Decimal(prepaid["rate"]) == (Decimal(18) * 12000 / 11400).quantize(Decimal("0.01"))


def test_a_sum_received_in_full_fits_and_one_that_is_more_is_asked_about() -> None:
    assert "received_amount fits" in findings(contract_principal="12000", received_amount="12000")
    assert "received_amount worth_asking" in findings(contract_principal="12000", received_amount="12001")
    assert "received_amount not_checkable" in findings(contract_principal="12000")


@pytest.mark.parametrize(("rate", "finding"), [("24", "fits"), ("24.01", "worth_asking")])
@pytest.mark.parametrize("lender", ["bank", "consumer_finance"])
def test_a_rate_is_held_against_the_line_for_this_kind_of_lender(lender: str, rate: str, finding: str) -> None:
    found = findings(respondent=lender, contract_rate=rate)[f"contract_rate {finding}"]

    assert found["certainty"] == "reported"
    assert found["source"]


def test_four_times_the_prime_rate_is_said_not_to_apply_to_a_licensed_lender() -> None:
    notes = read(entered({"respondent": "consumer_finance"}), "en")["notes"]

    assert any("prime rate" in each["text"] for each in notes)
    assert {each["certainty"] for each in notes} <= set(CITABLE)


def test_a_lender_without_a_known_line_is_not_judged_by_that_of_others() -> None:
    assert "contract_rate not_checkable" in findings(respondent="debt_buyer", contract_rate="99")


def test_without_the_lender_no_rate_is_judged() -> None:
    found = findings(contract_rate="99")

    assert "respondent not_checkable" in found
    assert not [key for key in found if key.startswith("contract_rate")]


@pytest.mark.parametrize(("penalty", "finding"), [("23.4", "fits"), ("23.41", "worth_asking")])
def test_a_penalty_is_asked_about_above_thirty_percent(penalty: str, finding: str) -> None:
    found = findings(contract_rate="18", penalty_rate=penalty)[f"penalty_rate {finding}"]

    assert (found["article"], found["certainty"]) == ("585", "statute")


@pytest.mark.parametrize(
    ("signed", "seen", "expected"),
    [
        ("2026-07-31", "no", "cost_sheet_seen not_checkable"),
        ("2026-08-01", "no", "cost_sheet_seen against_rule"),
        ("2026-08-01", "yes", "cost_sheet_seen fits"),
        ("", "no", "cost_sheet_seen not_checkable"),
    ],
)
def test_the_cost_sheet_is_due_since_august_2026(signed: str, seen: str, expected: str) -> None:
    assert expected in findings(signed_on=signed, cost_sheet_seen=seen)


def test_without_an_arbitration_clause_the_trap_of_silence_is_told() -> None:
    assert "deny" in findings(arbitration_clause="no")["arbitration_clause worth_asking"]["text"]
    assert "3 months" in findings(arbitration_clause="yes")["arbitration_clause worth_asking"]["text"]


def test_words_of_the_user_are_only_shown() -> None:
    found = findings("zh", jurisdiction_clause="{principal} [b]杭州[/b] {0}")

    assert "{principal} [b]杭州[/b] {0}" in found["jurisdiction_clause worth_asking"]["text"]


def test_the_gravest_findings_come_first_and_all_are_sourced() -> None:
    given = {
        "respondent": "bank", "contract_principal": "100", "received_amount": "90", "contract_rate": "30",
        "penalty_rate": "60", "liquidated_damages": "5", "signed_on": "2026-09-01", "cost_sheet_seen": "no",
        "charged_beyond_sheet": "yes", "terms_changed_alone": "yes", "clauses_pointed_out": "no",
        "arbitration_clause": "yes", "jurisdiction_clause": "杭州",
    }  # fmt: skip
    found = read(entered(given), "zh")
    order = [f["finding"] for f in found["findings"]]

    assert order == sorted(order, key=["against_rule", "worth_asking", "not_checkable", "fits"].index)
    assert found["missing"] == []
    for each in found["findings"]:
        assert each["rests_on"], each["clause"]
        assert {cite["certainty"] for cite in each["rests_on"]} <= set(CITABLE), each["clause"]
        assert each["certainty"] in CITABLE


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(BadInput) as error:
        entered({"contract_rate": "much", "signed_on": "soon", "rate": "1"})

    assert [p.field for p in error.value.problems] == ["rate", "signed_on", "contract_rate"]


def test_sums_beyond_all_measure_do_not_break_it() -> None:
    findings(
        respondent="bank", contract_principal="999999999999999", received_amount="0.01", contract_rate="999999",
        penalty_rate="0.000001",
    )  # fmt: skip


def test_the_clauses_are_facts_of_the_procedure_with_the_same_types() -> None:
    facts = repayment().facts
    for each in clauses("zh"):
        assert each["id"] in CONTRACT
        assert facts[each["id"]].type == each["type"]
        assert facts[each["id"]].of == each["of"]
