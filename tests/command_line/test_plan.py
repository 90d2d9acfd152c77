"""The commands about money: what they print for people and programs, and how they leave."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from escalation import open_store

Command = Callable[..., Any]
NOW = ("--now", "2026-11-22T10:00")
FACTS = {
    "amount_owed": "23600", "monthly_offer": "1000", "months_offer": "24", "offered_monthly": "2139.73",
    "offered_months": "12", "respondent": "consumer_finance", "first_payment_on": "2026-12-15",
}  # fmt: skip


@pytest.fixture
def case(tmp_path: Path) -> str:
    """A case with an offer of each side."""
    with open_store(tmp_path / "cases.db", now="2026-11-20T10:00") as desk:
        return desk.open("alipay-repayment", facts=FACTS)


@pytest.fixture
def agreed(tmp_path: Path) -> str:
    """A case with a plan of four instalments from 20 December."""
    with open_store(tmp_path / "cases.db", now="2026-11-20T10:00") as desk:
        ref = desk.open("alipay-repayment", facts={"amount_owed": "1200"})
        desk.record(ref, "offer_made", {"monthly": "300"})
        for name in ("budget", "terms"):
            for item in desk.show(ref)["checklists"][name]["missing"]:
                desk.done(ref, f"{name}.{item}")
        terms = {"first_due_on": "2026-12-20", "principal": "1200", "monthly": "300", "months": "4"}
        desk.record(ref, "agreement_signed", terms)
    return ref


def cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def test_capacity_is_worked_out_from_the_command_alone(command: Command) -> None:
    found = command("plan", "capacity", "--income", "工资=5200", "--unsure", "800", "--cost", "房租=1800", "吃饭=1200",
                    "--debt", "600", "--lang", "zh", *NOW)  # fmt: skip

    assert (found.code, found.err) == (0, "")
    assert "每月能还" in found.out
    assert "1,440.00" in found.out
    assert "2,160.00" in found.out
    sums = [line for line in found.out.splitlines() if line.endswith(".00")]
    assert len({cells(line) for line in sums}) == 1
    assert len(sums) >= 5


def test_a_budget_that_does_not_reach_is_said_plainly(command: Command) -> None:
    found = command("plan", "capacity", "--income", "3000", "--cost", "3500", *NOW)

    assert "Short, a month" in found.out
    assert "do not borrow to repay" in found.out


def test_a_kept_budget_is_in_the_case(command: Command, case: str) -> None:
    budget = ("--income", "wages=5200", "--cost", "food=1200", "--margin", "20")
    found = command("plan", "capacity", case, *budget, "--keep", "--json", *NOW)
    facts = json.loads(command("show", case, "--json", *NOW).out)["facts"]

    assert json.loads(found.out)["low"] == "3200.00"
    assert (facts["income_wages"], facts["cost_food"], facts["margin_percent"]) == ("5200.00", "1200.00", "20")


@pytest.mark.parametrize(
    "words",
    [
        ("capacity", "--income", "=500"),
        ("capacity", "--income", "wages=1", "wages=2"),
        ("capacity", "--keep", "--income", "5"),
        ("compare", "--offer", 'name="half'),
        ("compare", "--offer", "months=twelve principal=100"),
        ("compare",),
    ],
)
def test_bad_words_are_refused_calmly(command: Command, words: tuple[str, ...]) -> None:
    found = command("plan", *words, *NOW)

    assert (found.code, found.out) == (2, "")
    assert "Traceback" not in found.err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_offers_stand_side_by_side_within_the_page(command: Command, case: str, lang: str) -> None:
    command("plan", "capacity", case, "--income", "wages=5200", "--cost", "food=3600", "--keep", *NOW)
    found = command("plan", "compare", case, "--offer", "name=慢慢还 kind=equal_instalments rate=30 months=36",
                    "--lang", lang, *NOW)  # fmt: skip

    assert (found.code, found.err) == (0, "")
    assert max(cells(line) for line in found.out.splitlines()) <= 80
    for text in ("25,676.76", "15.86%", "17.07%", "30.00%", "慢慢还", "xxx"):
        assert text in found.out
    assert {"zh": "超过了「全部息费加起来", "en": 'above "Interest, penalty and fees'}[lang] in found.out
    assert {"zh": "管不到", "en": "does not apply"}[lang] in found.out


def test_offers_as_data_are_what_the_library_says(command: Command, case: str) -> None:
    data = json.loads(command("plan", "compare", case, "--json", *NOW).out)

    assert [offer["kind"] for offer in data["offers"]] == ["interest_free", "custom", "interest_free"]
    assert data["room"] == {"low": "1000.00", "likely": "1000.00", "rests_on": "offer"}
    assert data["offers"][0]["rows"][-1] == {
        "n": 24, "due": "2028-11-15", "principal": "600.00", "interest": "0.00", "total": "600.00", "left": "0.00",
    }  # fmt: skip


def test_names_of_offers_cannot_act_on_the_terminal(command: Command) -> None:
    found = command("plan", "compare", "--offer", "name='\x1b[31mred[/b]' principal=100 months=2", *NOW)

    assert "\x1b" not in found.out
    assert r"\x1b[31mred[/b]" in found.out


def test_the_agreed_plan_is_shown_and_paid(command: Command, agreed: str) -> None:
    seen = command("plan", "pay", agreed, "300", "--preview", "--now", "2026-12-18T10:00")
    paid = command("plan", "pay", agreed, "300", "--now", "2026-12-18T10:00", "--lang", "zh")
    part = command("plan", "pay", agreed, "100", "--at", "2027-01-21", "--now", "2027-01-22T10:00")
    shown = command("plan", "show", agreed, "--now", "2027-01-22T10:00", "--lang", "zh")

    assert (seen.code, paid.code, part.code) == (0, 0, 0)
    assert "Only a preview" in seen.out
    assert "第 1 期还上了" in paid.out
    assert "1月20日" in paid.out
    assert "200.00 of instalment 2 is still missing" in part.out
    assert "有 200.00 到期没还上" in shown.out
    assert "法律没有给宽限期" in shown.out
    assert max(cells(line) for line in shown.out.splitlines()) <= 80


def test_a_payment_as_data_is_the_case_with_what_it_was(command: Command, agreed: str) -> None:
    data = json.loads(command("plan", "pay", agreed, "300", "--json", "--now", "2026-12-18T10:00").out)

    assert data["payment"] == {
        "event": "instalment_paid", "amount": "300.00", "instalment": 1, "left": "900.00", "next_due": "2027-01-20",
        "arrears": "0.00", "missing": "300.00", "payoff": None,
    }  # fmt: skip
    assert data["history"][-1]["event"] == "instalment_paid"


def test_a_payment_that_cannot_be_leaves_with_two_and_says_what_to_do(command: Command, case: str) -> None:
    found = command("plan", "pay", case, "300", "--lang", "zh", *NOW)

    assert (found.code, found.out) == (2, "")
    assert "agreement_signed" in found.err
    assert "什么也没有写入" in found.err


def test_showing_a_plan_that_is_not_there_is_no_error(command: Command, case: str) -> None:
    found = command("plan", "show", case, *NOW)
    data = json.loads(command("plan", "show", case, "--json", *NOW).out)

    assert found.code == 0
    assert "No plan has been agreed yet" in found.out
    assert (data["agreed_on"], data["instalments"]) == (None, [])


@pytest.mark.parametrize(
    ("typed", "sum_"),
    [
        ("1.2万", "12000.00"), ("1.2万元", "12000.00"), ("1,200元", "1200.00"), ("￥１，２００．５", "1200.50"),
        ("300块", "300.00"),
    ],
)  # fmt: skip
def test_a_sum_is_taken_as_people_write_it(command: Command, typed: str, sum_: str) -> None:
    found = command("plan", "capacity", "--income", f"wages={typed}", "--json", *NOW)

    assert (found.code, json.loads(found.out)["sure"]) == (0, sum_)


@pytest.mark.parametrize("typed", ["1,20", "12,00元", "万", "1万2", "五千", "1e5", "NaN", "-1.2万", "1.23456789万"])
def test_a_sum_that_could_be_read_two_ways_is_asked_again(command: Command, typed: str) -> None:
    found = command("plan", "capacity", "--income", f"wages={typed}", "--lang", "zh", *NOW)

    assert found.code == 2
    assert typed in found.err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_is_told_in_one_line(lang: str) -> None:
    from escalation.cli import COMMANDS
    from escalation.cli.start import summary

    assert [each for each in COMMANDS if summary(each, lang) == each] == []


def test_what_was_paid_ahead_is_no_alarm(command: Command, agreed: str) -> None:
    command("plan", "pay", agreed, "100", "--now", "2026-12-10T10:00")
    early = command("plan", "show", agreed, "--now", "2026-12-11T10:00", "--lang", "zh").out
    late = command("plan", "show", agreed, "--now", "2026-12-22T10:00", "--lang", "zh").out

    assert "-  先还了一部分" in early
    assert "!  还了一部分" not in early
    assert "!  还了一部分" in late


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_who_pays_a_loan_off_early_is_told_how_to_say_so(command: Command, tmp_path: Path, lang: str) -> None:
    with open_store(tmp_path / "cases.db", now="2026-11-20T10:00") as desk:
        ref = desk.open("alipay-repayment", facts={"amount_owed": "12000"})
        desk.record(ref, "offer_made", {"monthly": "1066.19"})
        for name in ("budget", "terms"):
            for item in desk.show(ref)["checklists"][name]["missing"]:
                desk.done(ref, f"{name}.{item}")
        terms = {"first_due_on": "2026-12-20", "principal": "12000", "months": "12", "rate": "12"}
        desk.record(ref, "agreement_signed", terms)
        ends = desk.plans.schedule(ref)["payoff"]["total"]

    shown = command("plan", "show", ref, "--lang", lang, "--now", "2026-11-20T10:00").out
    paid = command("plan", "pay", ref, ends, "--preview", "--lang", lang, "--now", "2026-11-20T10:00").out

    assert f"escalation record {ref} paid_in_full" in " ".join(shown.split())
    assert f"escalation record {ref} paid_in_full" in " ".join(paid.split())
    assert max(cells(line) for line in paid.splitlines()) <= 80


def test_a_period_that_waits_for_a_day_is_not_called_paused(command: Command, case: str) -> None:
    found = command("show", case, "--lang", "zh", *NOW).out

    assert "日期还没有填" in found
    assert "暂停中" not in found


@pytest.mark.parametrize(("lang", "says"), [("zh", "还没有附上文件"), ("en", "nothing to check")])
def test_a_case_without_files_is_not_said_to_have_them_all(command: Command, case: str, lang: str, says: str) -> None:
    found = command("evidence", case, "verify", "--lang", lang, *NOW)

    assert (found.code, says in found.out) == (0, True)


def test_lines_by_their_usual_names_are_called_in_the_readers_language(command: Command) -> None:
    words = ("plan", "capacity", "--income", "wages=5200", "--cost", "housing=1800", "food=900", "狗粮=100")
    found = command(*words, "--lang", "zh", *NOW).out

    for title in ("工资", "房租", "吃饭", "狗粮"):
        assert title in found
    assert "wages" not in found


@pytest.fixture
def planless(tmp_path: Path) -> str:
    """A case of a procedure that has neither an agreement nor a budget."""
    with open_store(tmp_path / "cases.db", now="2026-11-20T10:00") as desk:
        return desk.open("court-papers")


NAMES = ("agreement_signed", "amount_owed", "monthly_offer", "respondent", "--keep")
"""What a procedure without plans has not got, or cannot do."""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_no_plan_can_be_agreed_show_says_so_and_names_a_command_that_works(
    command: Command, planless: str, lang: str
) -> None:
    found = command("plan", "show", planless, "--lang", lang, *NOW)
    works = command(*said_command(found.out), "--lang", lang, *NOW)

    assert (found.code, works.code, works.err) == (0, 0, "")
    assert {"zh": "这个流程不记还款安排", "en": "This procedure keeps no plan"}[lang] in found.out
    assert not [name for name in NAMES if name in found.out + works.out]
    assert "15.00%" in works.out
    assert "1,440.00" in works.out


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("of_a_case", [True, False])
def test_where_no_facts_give_offers_the_whole_command_is_said_and_works(
    command: Command, planless: str, lang: str, of_a_case: bool
) -> None:
    case = [planless] if of_a_case else []
    refused = command("plan", "compare", *case, "--lang", lang, *NOW)
    works = command(*said_command(refused.err), "--lang", lang, *NOW)

    assert (refused.code, works.code, works.err) == (2, 0, "")
    assert not [name for name in NAMES if name in refused.err]


def said_command(text: str) -> list[str]:
    """The command for comparing that a text names, as the shell would read it."""
    whole = " ".join(text.split())
    words = shlex.split(whole[whole.index("plan compare") :])
    return words[: words.index("--offer") + 2]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_payment_or_a_budget_that_a_procedure_has_no_place_for_is_sent_nowhere(
    command: Command, planless: str, lang: str
) -> None:
    paid = command("plan", "pay", planless, "300", "--lang", lang, *NOW)
    kept = command("plan", "capacity", planless, "--income", "5200", "--keep", "--lang", lang, *NOW)
    seen = command("plan", "capacity", planless, "--income", "5200", "--lang", lang, *NOW)

    assert (paid.code, kept.code, seen.code) == (2, 2, 0)
    assert "agreement_signed" not in paid.err
    assert f"escalation note {planless}" in " ".join(paid.err.split())
    assert "income_wages" in kept.err
    assert {"zh": "这个流程不记收支", "en": "This procedure keeps no budget"}[lang].lower() in kept.err.lower()
    assert "--keep" not in seen.out
