"""What a procedure tells: silence, ways, limitation periods."""

from __future__ import annotations

from patched import Change, patched

from states.model import Procedure
from states.reader import read_procedure
from states.told import Silence, Step, Told, lines, told

NO_ANSWER = "      no_answer: {to: refused}\n"
REFUSED = "      complained: {to: complaint}\n      claim_sent: {to: waiting}\n"
BACK_FIRST: Change = (REFUSED, "      claim_sent: {to: waiting}\n      complained: {to: complaint}\n")
BASIS = '        basis: {source: express-rules, article: "41"'
LATE: tuple[Change, ...] = (
    (BASIS, "        lapses: late\n" + BASIS),
    ("      decided: {to: settled}\n", "      decided: {to: settled}\n      late: {to: dropped}\n"),
    ("  extension_notified: {title", "  late: {title: Late, by: clock}\n  extension_notified: {title"),
)


def procedure(*changes: Change) -> Procedure:
    return read_procedure(patched(*changes)).procedure


def silence(*changes: Change) -> Silence:
    return told(procedure(*changes)).silence


def runs_out(found: Told) -> dict[str, str]:
    return {each.deadline: each.runs_out for each in found.limitations}


def test_silence_goes_as_far_as_i_and_the_clock_can() -> None:
    steps = (
        Step("drafting", "claim_sent", ""),
        Step("waiting", "no_answer", "7 days"),
        Step("refused", "complained", ""),
        Step("complaint", None, ""),
    )

    assert silence() == Silence(steps, "rests", ("7 days",), 7.0)


def test_silence_can_arrive_at_an_end() -> None:
    found = silence(*LATE)

    assert found.ends == "final"
    assert found.steps[-1] == Step("dropped", None, "")
    assert found.waited == ("7 days", "7 working days")
    assert round(found.days, 1) == 16.8


def test_where_i_come_back_i_take_my_next_step() -> None:
    found = silence(BACK_FIRST)

    assert [s.event for s in found.steps] == ["claim_sent", "no_answer", "claim_sent", "no_answer", "complained", None]
    assert found.days == 14


def test_i_wait_out_a_period_of_others_before_i_give_up() -> None:
    found = silence(("      papers_sent: {}\n", "      papers_sent: {to: dropped}\n"))

    assert found.steps[1] == Step("waiting", "no_answer", "7 days")


def test_a_period_of_mine_does_not_keep_me_from_acting() -> None:
    mine: Change = ("        owed_by: company\n        within: 7 days", "        owed_by: me\n        within: 7 days")
    found = silence(mine, ("      papers_sent: {}\n", "      papers_sent: {to: refused}\n"))

    assert found.steps[1] == Step("waiting", "papers_sent", "")


def test_a_lapse_counts_how_often_it_was_there() -> None:
    again = "      no_answer: [{to: waiting, when: case.visits.waiting < 3}, {to: refused}]\n"

    assert silence((NO_ANSWER, again)).waited == ("7 days",) * 3


def test_a_clock_that_goes_round_is_said_to() -> None:
    assert silence((NO_ANSWER, "      no_answer: {to: waiting}\n")).ends == "goes-round"


def test_a_deadline_of_the_procedure_can_end_the_waiting() -> None:
    found = silence(
        ("    within: 3 years\n", "    within: 30 days\n    lapses: late\n"),
        ("  dropped_by_me: {to: dropped}\n", "  dropped_by_me: {to: dropped}\n  late: {to: dropped}\n"),
        LATE[2],
    )

    assert found.steps[-2] == Step("complaint", "late", "30 days")
    assert (found.ends, found.days) == ("final", 30)


def test_ways_to_each_end_are_the_shortest_and_the_longest() -> None:
    ways = {w.state: w for w in told(procedure()).ways}

    assert list(ways) == ["settled", "dropped", "court_over"]
    assert ways["settled"].shortest == ("claim_sent", "offer_made")
    assert ways["settled"].longest == ("claim_sent", "offer_made", "complained", "decided")
    assert ways["dropped"].shortest == ("dropped_by_me",)
    assert ways["court_over"].track == "court"
    assert not any(w.bounded for w in ways.values())


def test_an_end_that_cannot_be_reached_has_no_way() -> None:
    ways = told(procedure(("    transitions: {claim_dropped: {to: court_over}}", "    transitions: {}"))).ways

    assert "court_over" not in {w.state for w in ways}


def test_a_search_that_is_too_long_says_so() -> None:
    names = [f"s{i}" for i in range(14)]
    moves = "".join(f"      {name}: {{to: {name}}}\n" for name in names)
    states = "".join(f"  {n}:\n    stage: direct\n    title: {n}\n    transitions:\n{moves}" for n in names)
    events = "".join(f"  {n}: {{title: {n}, by: me}}\n" for n in names)
    wide = procedure(
        ("  settled: {stage: done,", states + "  settled: {stage: done,"),
        ("      complained: {to: complaint}\n", "      complained: {to: s0}\n"),
        ("  picked_up: {title:", events + "  picked_up: {title:"),
    )
    found = told(wide)

    assert found.ways[0].bounded
    assert any("至少" in line for line in lines(found, wide, "zh"))


def test_a_limitation_can_run_out_while_waiting() -> None:
    assert runs_out(told(procedure())) == {"limitation": "resting"}
    assert runs_out(told(procedure(*LATE))) == {"limitation": "no"}
    assert runs_out(told(procedure(*LATE, ("    within: 3 years\n", "    within: 10 days\n")))) == {
        "limitation": "waiting"
    }


def test_a_limitation_stops_where_its_event_comes() -> None:
    stops: Change = ("    stops: [court_accepted]\n", "    stops: [court_accepted, complained]\n")

    assert runs_out(told(procedure(stops))) == {"limitation": "no"}
    assert runs_out(told(procedure(stops, ("    within: 3 years\n", "    within: 5 days\n")))) == {
        "limitation": "waiting"
    }


def test_a_limitation_that_silence_does_not_start_is_not_told() -> None:
    assert told(procedure(("    starts: [claim_sent]\n", "    starts: [decided]\n"))).limitations == ()


def test_lines_are_for_people_in_both_languages() -> None:
    for changes in ((), LATE, ((NO_ANSWER, "      no_answer: {to: waiting}\n"),)):
        found = procedure(*changes)
        zh, en = (lines(told(found), found, lang) for lang in ("zh", "en"))

        assert len(zh) == len(en)
        assert zh[1] == "  准备 → 已提出索赔"
        assert en[1] == "  Drafting: Claim sent"
    assert lines(told(procedure()), procedure(), "zh")[-1] == "诉讼时效（3 年）如果一直停在那里，会过期。"
    assert "  Waiting, after 7 days: No answer" in lines(told(procedure()), procedure(), "en")


def test_a_procedure_with_errors_is_told_as_far_as_it_goes() -> None:
    lost = procedure(("initial: drafting", "initial: nowhere"))

    assert told(lost).silence.steps == (Step("nowhere", None, ""),)
    assert lines(told(lost), lost, "en")
