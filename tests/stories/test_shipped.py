"""Every procedure that is shipped: checks clean, and its stories show what they say and take every transition."""

from __future__ import annotations

import pytest

from escalation.stories import run_stories
from states.library import STORIES, load, shipped
from states.model import Certainty
from states.reader import Reading, read_procedure

SHIPPED = shipped()


def reading(name: str) -> Reading:
    return read_procedure(SHIPPED[name].read_bytes(), name)


@pytest.mark.parametrize("name", SHIPPED)
def test_it_checks_without_errors_and_warnings(name: str) -> None:
    assert load(SHIPPED[name], today="2026-11-22").warnings == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_its_stories_show_what_they_say_and_take_every_transition(name: str) -> None:
    report = run_stories(SHIPPED[name])
    told = report.data("en")

    assert [story for story in told["stories"] if not story["passed"]] == []
    assert told["coverage"]["missing"] == []
    assert SHIPPED[name].with_name(name + STORIES).is_file()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_period_says_what_it_rests_on_and_no_suggestion_claims_an_article(name: str) -> None:
    procedure = reading(name).procedure
    deadlines = [*procedure.deadlines.values(), *(d for s in procedure.states.values() for d in s.deadlines.values())]

    for deadline in deadlines:
        basis = deadline.basis
        assert basis is not None, deadline.title
        assert basis.certainty in Certainty.__args__  # type: ignore[attr-defined]
        if basis.certainty == "default":
            assert basis.article is None, deadline.title
        else:
            assert basis.source is not None, deadline.title


@pytest.mark.parametrize("name", SHIPPED)
def test_every_state_that_is_not_final_says_what_to_do(name: str) -> None:
    for id, state in reading(name).procedure.states.items():
        assert state.final or state.guidance is not None, id


def test_the_four_promised_procedures_are_shipped() -> None:
    assert set(SHIPPED) == {
        "alipay-repayment", "court-papers", "credit-record-objection", "online-shopping-12315",
    }  # fmt: skip
