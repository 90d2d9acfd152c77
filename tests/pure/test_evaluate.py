"""What a log means: semantics §4 and §5, sentence by sentence."""

from __future__ import annotations

import pytest
from cases import PARCEL, Case, instant, parcel, run, state, table_of

from escalation.core.entries import EventEntry
from escalation.core.evaluate import lacking, possibilities, step
from escalation.core.snapshot import Announced, Refusal

CLAIM = {"amount": "300.00", "channel": "app"}


def waiting() -> Case:
    return parcel().event("claim_sent", "2026-03-02T11:00", CLAIM)


def test_a_lapse_counts_from_its_own_instant_however_late_it_is_looked_at() -> None:
    snapshot = waiting().at("2027-01-01T00:00")

    assert state(snapshot) == "refused"
    assert snapshot.tracks[0].entered_at == instant("2026-03-10T00:00")
    assert snapshot.history[-1].by == "clock"
    assert snapshot.history[-1].seq is None


def test_what_occurs_before_the_lapse_is_in_time_and_what_occurs_at_it_is_late() -> None:
    in_time = waiting().event("offer_made", "2026-03-09T23:59:59", {"amount": "300.00"})
    late = waiting().event("offer_made", "2026-03-10T00:00", {"amount": "300.00"})

    assert state(in_time.at("2026-03-11T00:00")) == "settled"
    assert state(late.at("2026-03-11T00:00")) == "refused"
    assert [i.seq for i in late.at("2026-03-11T00:00").inapplicable] == [5]


def test_the_lapse_is_there_at_its_instant_and_not_a_microsecond_before() -> None:
    case = waiting()

    assert state(case.at("2026-03-09T23:59:59.999999")) == "waiting"
    assert state(case.at("2026-03-10T00:00")) == "refused"


def test_an_extension_counts_from_the_same_start() -> None:
    found = run(waiting().event("extension_notified", "2026-03-05T09:00").at("2026-03-06T09:00"), "answer")

    assert found is not None
    assert (found.due, found.length) == ("2026-03-17", "15 days")


def test_an_extension_at_or_after_the_lapse_extends_nothing() -> None:
    case = waiting().event("extension_notified", "2026-03-10T00:00")

    assert state(case.at("2026-03-10T00:00")) == "refused"


def test_a_restart_forgets_extension_and_pause() -> None:
    case = (
        waiting()
        .event("extension_notified", "2026-03-03T09:00")
        .event("papers_requested", "2026-03-04T09:00")
        .event("new_facts_sent", "2026-03-06T09:00")
    )
    found = run(case.at("2026-03-06T10:00"), "answer")

    assert found is not None
    assert (found.status, found.due, found.length) == ("running", "2026-03-13", "7 days")


def test_a_pause_uses_up_what_ran_and_the_rest_runs_from_the_resumption() -> None:
    case = waiting().event("papers_requested", "2026-03-05T11:00")
    paused = run(case.at("2026-06-01T00:00"), "answer")
    resumed = run(case.event("papers_sent", "2026-06-01T11:00").at("2026-06-01T12:00"), "answer")

    assert paused is not None
    assert (paused.status, paused.due, paused.lapses_at) == ("paused", None, None)
    assert resumed is not None
    assert resumed.due == "2026-06-05"


def test_only_the_paired_event_ends_a_pause() -> None:
    case = waiting().event("papers_requested", "2026-03-05T11:00").event("papers_requested", "2026-03-06T11:00")

    assert run(case.at("2026-03-20T00:00"), "answer").status == "paused"  # type: ignore[union-attr]


def test_a_deadline_stopped_by_the_party_that_owes_it_is_met_and_by_another_ended() -> None:
    met = run(waiting().event("offer_made", "2026-03-04T09:00", {"amount": "1.00"}).at("2026-03-05T00:00"), "answer")
    ended = run(waiting().event("dropped_by_me", "2026-03-04T09:00").at("2026-03-05T00:00"), "answer")

    assert met is not None
    assert met.status == "met"
    assert ended is not None
    assert ended.status == "ended"


def test_a_guard_sees_the_events_own_data_among_the_facts() -> None:
    enough = waiting().event("offer_made", "2026-03-04T09:00", {"amount": "300.00"})
    below = waiting().event("offer_made", "2026-03-04T09:00", {"amount": "299.99"})

    assert state(enough.at("2026-03-05T00:00")) == "settled"
    assert state(below.at("2026-03-05T00:00")) == "refused"
    assert below.at("2026-03-05T00:00").history[-1].because == {"zh": "低于损失", "en": "Below the loss"}


def test_a_track_begins_beside_the_main_one_and_the_case_is_open_while_any_runs() -> None:
    case = waiting().event("court_papers_received", "2026-03-04T09:00").event("dropped_by_me", "2026-03-05T09:00")
    snapshot = case.at("2026-03-06T00:00")

    assert (state(snapshot), state(snapshot, "court")) == ("dropped", "served")
    assert snapshot.open
    assert not case.event("claim_dropped", "2026-03-07T09:00").at("2026-03-08T00:00").open


def test_when_no_track_runs_the_procedures_own_deadlines_end() -> None:
    found = run(waiting().event("dropped_by_me", "2026-03-05T09:00").at("2026-03-06T00:00"), "limitation")

    assert found is not None
    assert not found.standing


def test_a_finished_track_begins_again_when_its_event_happens_again() -> None:
    case = (
        waiting()
        .event("court_papers_received", "2026-03-03T09:00")
        .event("claim_dropped", "2026-03-04T09:00")
        .event("court_papers_received", "2026-03-05T09:00")
    )
    snapshot = case.at("2026-03-06T00:00")

    assert state(snapshot, "court") == "served"
    assert snapshot.visits["served"] == 2


def test_a_missed_deadline_without_an_event_stands_until_the_state_is_left() -> None:
    case = waiting().event("court_papers_received", "2026-03-03T09:00")
    missed = run(case.at("2026-04-01T00:00"), "defence")
    left = run(case.event("defence_sent", "2026-04-01T09:00").at("2026-04-02T00:00"), "defence")

    assert missed is not None
    assert (missed.status, missed.standing) == ("missed", True)
    assert left is not None
    assert (left.status, left.standing) == ("missed", False)


def test_what_i_owe_is_not_rolled_and_what_others_owe_is() -> None:
    case = parcel("2026-09-16T09:00").event("claim_sent", "2026-09-24T10:00", CLAIM)
    case.event("court_papers_received", "2026-09-18T10:00", recorded="2026-09-24T10:00")
    snapshot = case.at("2026-09-25T00:00")
    theirs, mine = run(snapshot, "answer"), run(snapshot, "defence")

    assert theirs is not None
    assert (theirs.due, theirs.other_reading) == ("2026-10-08", "2026-10-01")
    assert mine is not None
    assert (mine.due, mine.other_reading) == ("2026-10-03", "2026-10-08")


@pytest.mark.parametrize(("loss", "due"), [("999.99", "2026-03-11"), ("1000.00", "2026-04-14")])
def test_a_conditional_length_is_chosen_when_the_deadline_starts(loss: str, due: str) -> None:
    case = parcel().event("claim_sent", "2026-03-02T10:30", {"amount": loss, "channel": "app"})
    case.event("offer_made", "2026-03-02T10:40", {"amount": "1.00"}).event("complained", "2026-03-02T11:00")
    case.facts("2026-03-03T09:00", loss="5000.00")

    assert run(case.at("2026-03-04T00:00"), "decision").due == due  # type: ignore[union-attr]


def test_a_date_fact_moves_its_deadline_until_it_lapses() -> None:
    case = parcel().event("pickup_agreed", "2026-03-02T12:00")
    unknown = run(case.at("2026-03-03T00:00"), "pickup")
    case.facts("2026-03-03T09:00", pickup_on="2026-03-08")
    known = run(case.at("2026-03-04T00:00"), "pickup")
    case.facts("2026-03-05T09:00", pickup_on="2026-03-10")
    moved = run(case.at("2026-03-06T00:00"), "pickup")
    case.facts("2026-03-12T09:00", pickup_on="2026-03-20")
    missed = run(case.at("2026-03-13T00:00"), "pickup")

    assert unknown is not None
    assert (unknown.status, unknown.due, unknown.lapses_at) == ("running", None, None)
    assert [r.due for r in (known, moved) if r] == ["2026-03-08", "2026-03-10"]
    assert missed is not None
    assert (missed.status, missed.due) == ("missed", "2026-03-10")


def test_a_date_already_past_lapses_when_it_became_known() -> None:
    case = parcel().event("pickup_agreed", "2026-03-05T12:00").facts("2026-03-06T09:30", pickup_on="2026-03-01")
    found = run(case.at("2026-03-07T00:00"), "pickup")

    assert found is not None
    assert (found.status, found.lapses_at) == ("missed", instant("2026-03-06T09:30"))


def test_a_date_known_before_the_deadline_starts_lapses_when_it_starts() -> None:
    case = parcel().facts("2026-03-03T09:30", pickup_on="2026-03-01").event("pickup_agreed", "2026-03-05T12:00")
    found = run(case.at("2026-03-07T00:00"), "pickup")

    assert found is not None
    assert (found.status, found.lapses_at) == ("missed", instant("2026-03-05T12:00"))


def test_a_start_event_starts_a_missed_procedure_deadline_afresh() -> None:
    case = parcel().facts("2026-03-02T12:00", pickup_on="2026-03-03").event("pickup_agreed", "2026-03-02T12:30")
    case.event("pickup_agreed", "2026-03-08T09:00", {"day": "2026-03-20"})
    found = run(case.at("2026-03-09T00:00"), "pickup")

    assert found is not None
    assert (found.status, found.due) == ("running", "2026-03-20")


def test_a_refusal_names_what_every_candidate_lacks_and_what_can_happen() -> None:
    case = Case("2026-03-02T10:00", table_of(PARCEL.read_bytes())).check("evidence.waybill", "2026-03-02T10:05")
    snapshot = case.at("2026-03-02T11:00")
    entry = EventEntry(
        seq=3, recorded_at=snapshot.as_of, occurred_at=snapshot.as_of, event="claim_sent", data={"amount": "1.00"}
    )
    refusal = step(case.book, snapshot, entry, snapshot.as_of)

    assert isinstance(refusal, Refusal)
    assert [m.checklists for m in refusal.missing] == [{"evidence": ("photos",)}]
    assert "dropped_by_me" in refusal.possible
    assert "claim_sent" not in refusal.possible


def test_an_event_without_a_transition_says_so() -> None:
    case = waiting()
    refusal = lacking(case.book, case.at("2026-03-03T00:00"), "complained", {})

    assert refusal is not None
    assert [m.transition for m in refusal.missing] == [False]


def test_possible_are_events_by_people_those_that_start_a_track_included() -> None:
    case = waiting()
    found = possibilities(case.book, case.at("2026-03-03T00:00"))

    assert "court_papers_received" in found
    assert "no_answer" not in found
    assert found["offer_made"] == ()


def test_reminders_fall_at_nine_and_none_at_or_before_the_start() -> None:
    told: list[Announced] = []
    parcel("2026-03-02T10:00").event("claim_sent", "2026-03-02T11:00", CLAIM).at("2026-03-10T00:00", tell=told)
    reminders = [(a.offset, a.at) for a in told if a.subject == "answer" and a.kind == "reminder"]

    assert reminders == [("2 days before", instant("2026-03-07T09:00")), ("on the day", instant("2026-03-09T09:00"))]


def test_a_state_nudges_every_length_from_entry_while_it_lasts() -> None:
    told: list[Announced] = []
    waiting().event("complained", "2026-03-25T10:00").at("2026-05-01T00:00", tell=told)
    days = [a.due for a in told if a.kind == "follow_up" and a.subject == "refused"]

    assert days == ["2026-03-17", "2026-03-24"]


def test_a_follow_up_of_ones_own_is_done_moved_and_repeats() -> None:
    case = parcel()
    case.follow_up("2026-03-02T12:00", "add", 1, due="2026-03-10", text="ring them", every="1 week")
    case.follow_up("2026-03-02T12:01", "add", 2, due="2026-03-11", text="copy the waybill")
    case.follow_up("2026-03-10T18:00", "done", 1).follow_up("2026-03-10T18:01", "move", 2, due="2026-03-15")
    weekly, once = case.at("2026-03-11T00:00").follow_ups

    assert (weekly.due, weekly.status) == ("2026-03-17", "open")
    assert (once.due, once.status) == ("2026-03-15", "open")
    assert case.follow_up("2026-03-15T10:00", "done", 2).at("2026-03-16T00:00").follow_ups[1].status == "done"


def test_a_new_version_keeps_starts_and_takes_the_new_length() -> None:
    text = PARCEL.read_text()
    longer = table_of(text.replace('version: "1"', 'version: "2"').replace("within: 7 days", "within: 10 days"))
    found = run(waiting().migrate("2026-03-05T09:00", longer).at("2026-03-06T00:00"), "answer")

    assert found is not None
    assert (found.started_at, found.due) == (instant("2026-03-02T11:00"), "2026-03-12")


def test_a_new_length_that_has_run_out_lapses_at_the_migration() -> None:
    text = PARCEL.read_text()
    shorter = table_of(text.replace('version: "1"', 'version: "2"').replace("within: 7 days", "within: 2 days"))
    snapshot = waiting().migrate("2026-03-06T09:00", shorter).at("2026-03-06T09:00")

    assert state(snapshot) == "refused"
    assert snapshot.tracks[0].entered_at == instant("2026-03-06T09:00")
