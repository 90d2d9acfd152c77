"""Made-up lives: logs that the real evaluation accepts, numbers that can be worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cases import PARCEL, table_of

from escalation.core.entries import EventEntry, FactsEntry, Opened
from escalation.core.evaluate import evaluate
from escalation.core.lives import HORIZON, Life, lives
from escalation.core.table import Table
from escalation.simulate import simulate, spread
from states.calendar import load_calendar
from states.library import load, shipped

OPENED = datetime(2026, 1, 5, 10, tzinfo=ZoneInfo("Asia/Shanghai"))

HEAD = """
procedure: tiny
version: "1"
title: Tiny
timezone: Asia/Shanghai
calendar: CN
initial: waiting
stages: {one: {title: One}}
parties: {me: {title: Me}, other: {title: Other}}
"""
ASKED = (
    HEAD
    + """
events:
  answered: {title: Answered, by: other}
  no_answer: {title: No answer, by: clock}
states:
  waiting:
    stage: one
    title: Waiting
    deadlines: {answer: {title: Answer, owed_by: other, within: 10 days, lapses: no_answer}}
    transitions: {answered: {to: fine}, no_answer: {to: failed}}
  fine: {stage: one, title: Fine, final: true, outcome: success}
  failed: {stage: one, title: Failed, final: true, outcome: failure}
"""
)


def tiny(text: str, **facts: str) -> Table:
    """A table of a few states, checks left aside: some are wrong on purpose."""
    return table_of(HEAD + text.format(**facts) if facts else HEAD + text, strict=False)


def lived(table: Table, cases: int = 50, seed: int = 1, silent: tuple[str, ...] = ()) -> list[Life]:
    return list(lives(table, Random(seed), OPENED, cases, silent))


def counted(table: Table, cases: int = 1000, seed: int = 1, silent: tuple[str, ...] = ()) -> dict[str, Any]:
    return simulate(table, "en", cases=cases, seed=seed, silent=silent, opened_at=None, progress=None)


@cache
def shipped_table(name: str) -> Table:
    reading = load(shipped()[name]).reading
    return Table(reading.procedure, load_calendar(reading.procedure.calendar), reading.hash)


def ends(found: dict[str, Any]) -> dict[str, Any]:
    return {each["state"]: each for each in found["ends"]}


# -- what can be worked out by hand ----------------------------------------------------------------


def test_half_of_what_others_owe_comes_in_time_and_the_rest_lapses_on_the_day() -> None:
    found = counted(table_of(ASKED))

    fine, failed = ends(found)["fine"], ends(found)["failed"]
    assert fine["cases"] + failed["cases"] == 1000
    assert 450 < fine["cases"] < 550
    assert failed["days"] == {"median": 11, "p10": 11, "p90": 11, "min": 11, "max": 11}
    assert fine["days"]["min"] == 0
    assert fine["days"]["max"] == 10
    (answer,) = found["deadlines"]
    assert (answer["started"], answer["met"], answer["missed"]) == (1000, fine["cases"], failed["cases"])
    assert answer["share"] == failed["share"] == failed["cases"] / 1000
    assert found["not_ended"] == found["never_entered"] == found["never_taken"] == found["loops"] == []


def test_what_i_owe_is_kept_nine_times_in_ten() -> None:
    found = counted(table_of(ASKED.replace("by: other", "by: me").replace("owed_by: other", "owed_by: me")))

    assert 870 < ends(found)["fine"]["cases"] < 930


def test_a_silent_party_leads_to_the_lapse() -> None:
    found = counted(table_of(ASKED), 20, silent=("other",))

    assert {state: each["cases"] for state, each in ends(found).items()} == {"failed": 20}
    assert [each["event"] for each in found["never_taken"]] == ["answered"]
    assert [each["state"] for each in found["never_entered"]] == ["fine"]
    assert found["silent"] == [{"party": "other", "title": "Other"}]


def test_the_shortest_and_the_longest_life_are_told_event_by_event() -> None:
    found = counted(table_of(ASKED), 200)

    assert found["longest"]["days"] == 11
    assert [(s["day"], s["event"], s["by"], s["to"]) for s in found["longest"]["steps"]] == [
        (0, "opened", "me", "waiting"), (11, "no_answer", "clock", "failed"),
    ]  # fmt: skip
    assert found["longest"]["steps"][1]["at"] == "2026-01-16T00:00:00+08:00"
    assert found["shortest"]["days"] == 0


def test_a_party_that_keeps_a_period_does_so_though_others_keep_busy() -> None:
    text = ASKED.replace("events:\n", "events:\n  noted: {title: Noted, by: me}\n").replace(
        "transitions: {answered", "transitions: {noted: {}, answered"
    )
    found = counted(table_of(text))

    assert 450 < ends(found)["fine"]["cases"] < 550


def test_each_way_out_of_an_event_is_meant_equally_often() -> None:
    table = tiny("""
events:
  told: {title: Told, by: me, asks: {what: {type: choice, of: [a, b, c, d, e], required: true}}}
states:
  waiting:
    stage: one
    title: Waiting
    transitions: {told: [{to: first, when: "event.what == 'a'"}, {to: second, when: "event.what == 'b'"}, {to: third}]}
  first: {stage: one, title: First, final: true, outcome: success}
  second: {stage: one, title: Second, final: true, outcome: success}
  third: {stage: one, title: Third, final: true, outcome: success}
""")

    assert all(280 < each["cases"] < 410 for each in ends(counted(table)).values())


def test_facts_that_nobody_asks_for_are_made_up_on_both_sides_of_what_they_are_compared_with() -> None:
    table = tiny("""
facts: {sum: {type: money, title: Sum, min: 0}, mine: {type: boolean, title: Mine}}
events: {told: {title: Told, by: me}}
states:
  waiting:
    stage: one
    title: Waiting
    transitions: {told: [{to: large, when: "facts.sum > 100.50 and facts.mine"}, {to: small}]}
  large: {stage: one, title: Large, final: true, outcome: success}
  small: {stage: one, title: Small, final: true, outcome: failure}
""")
    found = lived(table, 200)

    sums = {float(life.snapshot.facts["sum"]) for life in found}
    assert min(sums) < 100.5 < max(sums)
    assert 100.5 in sums
    assert {life.snapshot.facts["mine"] for life in found} == {True, False}
    assert {life.snapshot.tracks[0].state for life in found} == {"large", "small"}


def test_a_fact_that_an_event_asks_for_is_told_then_and_not_before() -> None:
    table = tiny("""
facts: {kind: {type: choice, of: [a, b], title: Kind}, other: {type: text, title: Other}}
events:
  told: {title: Told, by: me, asks: {kind: {type: choice, of: [a, b], sets: kind}, more: {type: text, sets: other}}}
  went: {title: Went, by: me}
states:
  waiting: {stage: one, title: Waiting, transitions: {told: {to: known}}}
  known: {stage: one, title: Known, transitions: {went: [{to: fine, when: "facts.kind == 'a'"}, {to: over}]}}
  fine: {stage: one, title: Fine, final: true, outcome: success}
  over: {stage: one, title: Over, final: true, outcome: success}
""")
    found = lived(table, 60)

    assert all(isinstance(life.log[0], Opened) and life.log[0].facts == {} for life in found)
    assert {tuple(life.snapshot.facts.items()) for life in found} == {(("kind", "a"),), (("kind", "b"),)}
    assert {life.snapshot.tracks[0].state for life in found} == {"fine", "over"}


def test_giving_up_and_what_can_happen_anywhere_are_twenty_times_rarer() -> None:
    table = tiny("""
events: {went: {title: Went, by: me}, dropped: {title: Dropped, by: me}, struck: {title: Struck, by: other}}
states:
  waiting: {stage: one, title: Waiting, transitions: {went: {to: fine}, dropped: {to: given_up}}}
  fine: {stage: one, title: Fine, final: true, outcome: success}
  given_up: {stage: one, title: Given up, final: true, outcome: withdrawn}
  lost: {stage: one, title: Lost, final: true, outcome: failure}
transitions: {struck: {to: lost}}
""")
    found = ends(counted(table, 2200))

    assert 60 < found["given_up"]["cases"] < 145
    assert 60 < found["lost"]["cases"] < 145


def test_a_date_that_a_deadline_waits_for_is_made_up() -> None:
    table = tiny("""
facts: {hearing_on: {type: date, title: Hearing}}
events: {heard: {title: Heard, by: clock}}
states:
  waiting:
    stage: one
    title: Waiting
    deadlines: {hearing: {title: Hearing, owed_by: other, due_on: hearing_on, lapses: heard}}
    transitions: {heard: {to: over}}
  over: {stage: one, title: Over, final: true, outcome: success}
""")
    found = lived(table, 30)

    assert all(any(isinstance(entry, FactsEntry) for entry in life.log) for life in found)
    assert ends(counted(table, 300))["over"]["days"]["min"] == 8
    assert ends(counted(table, 300))["over"]["days"]["max"] == 61


def test_checklists_are_ticked_before_the_event_that_needs_them() -> None:
    table = table_of(PARCEL.read_bytes())
    life = next(life for life in lived(table) if any(row.event == "claim_sent" for row in life.snapshot.history))

    assert life.snapshot.checks == {"evidence.waybill": True, "evidence.photos": True}


# -- lives that do not end ---------------------------------------------------------------------------

STUCK = """
facts: {{n: {{type: integer, title: N, min: 0, max: 5}}}}
events: {{went: {{title: Went, by: other}}, noted: {{title: Noted, by: me}}}}
states:
  waiting: {{stage: one, title: Waiting, transitions: {{{transitions}}}}}
  over: {{stage: one, title: Over, final: true, outcome: success}}
"""


@pytest.mark.parametrize(
    ("transitions", "silent", "why"),
    [
        ("went: {to: over}", ("other",), "silent"),
        ("went: {to: over, when: 'facts.n > 5'}", (), "guards"),
        ("", (), "nothing"),
        ("went: {to: over}, noted: {}", ("other",), "horizon"),
    ],
)
def test_a_life_that_does_not_end_says_why(transitions: str, silent: tuple[str, ...], why: str) -> None:
    found = counted(tiny(STUCK, transitions=transitions), 5, silent=silent)

    (stuck,) = found["not_ended"]
    assert (stuck["state"], stuck["why"], stuck["cases"], stuck["share"]) == ("waiting", why, 5, 1.0)
    assert [each["event"] for each in stuck["waiting_for"]] == [e for e in ("went", "noted") if e in transitions]
    assert stuck["example"]["steps"][0]["event"] == "opened"
    assert (found["ends"], found["shortest"], found["longest"]) == ([], None, None)


def test_a_life_is_left_at_the_horizon() -> None:
    (life,) = lived(tiny(STUCK, transitions="went: {to: over}, noted: {}"), 1, silent=("other",))

    assert life.snapshot.as_of == OPENED + HORIZON
    assert life.log[-1].recorded_at <= OPENED + HORIZON
    assert len(life.log) > 300


def test_time_alone_can_open_a_way() -> None:
    found = counted(tiny(STUCK, transitions="went: {to: over, when: 'case.days_in_state >= 60'}"), 100)

    assert ends(found)["over"]["cases"] == 100
    assert ends(found)["over"]["days"]["min"] >= 60


def test_a_state_that_goes_round_is_told() -> None:
    text = """
events: {on: {title: On, by: me}, back: {title: Back, by: me}}
states:
  waiting: {stage: one, title: Waiting, transitions: {on: {to: again}}}
  again: {stage: one, title: Again, transitions: {back: [{to: over, when: "case.visits.waiting > 8"}, {to: waiting}]}}
  over: {stage: one, title: Over, final: true, outcome: success}
"""
    text = text.replace("on:", '"on":')
    found, five_times = (counted(tiny(text.replace("> 8", f"> {n}")), 10) for n in (8, 4))

    assert [(each["state"], each["cases"], each["most"]) for each in found["loops"]] == [
        ("waiting", 10, 9), ("again", 10, 9),
    ]  # fmt: skip
    assert five_times["loops"] == []


# -- every life is one that could be recorded ----------------------------------------------------------


@pytest.mark.parametrize("name", [*shipped(), "parcel"])
@pytest.mark.parametrize("seed", [0, 1, 77])
def test_a_life_is_a_log_that_evaluation_accepts(name: str, seed: int) -> None:
    table = table_of(Path(PARCEL).read_bytes()) if name == "parcel" else shipped_table(name)

    for life in lived(table, 15, seed):
        replayed = evaluate(lambda hash: table, life.log, life.snapshot.as_of)
        assert replayed == life.snapshot
        assert replayed.inapplicable == ()
        assert [entry.seq for entry in life.log] == list(range(1, len(life.log) + 1))
        taken = {row.seq for row in replayed.history if row.seq is not None}
        assert {entry.seq for entry in life.log if isinstance(entry, EventEntry)} == taken - {1}


@pytest.mark.parametrize("name", list(shipped()))
def test_no_life_of_a_shipped_procedure_is_stuck(name: str) -> None:
    found = counted(shipped_table(name), 60)

    assert found["not_ended"] == []
    assert sum(each["cases"] for each in found["ends"] if each["track"] == "main") == 60


@pytest.mark.parametrize(
    ("name", "party"), [("alipay-repayment", "lender"), ("online-shopping-12315", "seller"), ("parcel", "company")]
)
def test_what_a_silent_party_owes_is_never_kept(name: str, party: str) -> None:
    table = table_of(PARCEL.read_bytes()) if name == "parcel" else shipped_table(name)
    found = counted(table, 60, silent=(party,))

    owed = [each for each in found["deadlines"] if each["owed_by"] == party]
    assert sum(each["met"] for each in owed) == 0
    assert sum(each["missed"] for each in owed) > 20
    events = {name for name, event in table.procedure.events.items() if event.by == party}
    assert events <= {each["event"] for each in found["never_taken"]}


def test_the_first_lives_are_the_same_however_many_follow() -> None:
    table = shipped_table("court-papers")

    assert [life.log for life in lived(table, 5)] == [life.log for life in lived(table, 20)[:5]]
    assert lived(table, 5, seed=1) != lived(table, 5, seed=2)


def test_days_are_spread_by_the_nearest_rank() -> None:
    assert spread([4]) == {"median": 4, "p10": 4, "p90": 4, "min": 4, "max": 4}
    assert spread(range(1, 11)) == {"median": 5, "p10": 1, "p90": 9, "min": 1, "max": 10}
    assert spread([9, 1, 5]) == {"median": 5, "p10": 1, "p90": 9, "min": 1, "max": 9}


def test_progress_ends_with_all_of_them() -> None:
    told: list[tuple[int, int]] = []
    simulate(
        table_of(ASKED), "en", cases=120, seed=1, silent=(), opened_at=OPENED + timedelta(days=1),
        progress=lambda done, of: told.append((done, of)),
    )  # fmt: skip

    assert told == [(50, 120), (100, 120), (120, 120)]
