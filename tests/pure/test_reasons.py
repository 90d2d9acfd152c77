"""Why a last day is that day: the lines are the count itself."""

from __future__ import annotations

from cases import PARCEL, Case, parcel, table_of

from escalation.reasons import why_deadline, why_event

CLAIM = {"amount": "300.00", "channel": "app"}


def lines(case: Case, id: str, now: str) -> list[tuple[str, dict[str, object]]]:
    found = why_deadline(case.book, case.at(now), "k3f9", id, "en")
    return [(line["kind"], line) for line in found["lines"]]


def test_a_pause_an_extension_and_a_roll_are_told_line_by_line() -> None:
    case = parcel("2026-09-14T09:00").event("claim_sent", "2026-09-14T10:00", CLAIM)
    case.event("papers_requested", "2026-09-16T10:00").event("papers_sent", "2026-09-18T10:00")
    case.event("extension_notified", "2026-09-19T10:00")
    told = lines(case, "answer", "2026-09-20T10:00")

    assert [kind for kind, _ in told] == [
        "started", "extended", "start", "paused", "counted", "rolled", "lapses", "other_reading",
    ]  # fmt: skip
    by_kind = dict(told)
    assert by_kind["extended"]["before"] == "7 days"
    assert by_kind["extended"]["after"] == "15 days"
    assert (by_kind["paused"]["used"], by_kind["paused"]["rest"]) == (2, 13)
    assert by_kind["counted"]["to"] == "2026-10-01"
    assert by_kind["rolled"]["to"] == "2026-10-08"
    assert [day for day, _ in by_kind["rolled"]["names"]] == [f"2026-10-0{d}" for d in range(1, 8)]  # type: ignore[attr-defined]
    assert by_kind["lapses"]["at"] == "2026-10-09T00:00:00+08:00"


def test_working_days_over_a_make_up_weekend_name_what_is_off_and_what_is_worked() -> None:
    case = parcel("2026-09-14T09:00").event("claim_sent", "2026-09-14T10:00", CLAIM)
    case.event("offer_made", "2026-09-15T10:00", {"amount": "1.00"}).event("complained", "2026-09-18T10:00")
    counted = dict(lines(case, "decision", "2026-09-20T10:00"))["counted"]

    assert counted["to"] == "2026-09-29"
    assert counted["made_up"] == ["2026-09-20"]
    assert [day for day, _ in counted["off"]] == ["2026-09-19", "2026-09-25", "2026-09-26", "2026-09-27"]  # type: ignore[attr-defined]


def test_a_restart_is_told() -> None:
    case = parcel().event("claim_sent", "2026-03-02T11:00", CLAIM).event("new_facts_sent", "2026-03-04T09:00")

    assert [kind for kind, _ in lines(case, "answer", "2026-03-05T00:00")][:2] == ["restarted", "started"]


def test_a_paused_deadline_says_that_it_stands_still() -> None:
    case = parcel().event("claim_sent", "2026-03-02T11:00", CLAIM).event("papers_requested", "2026-03-04T09:00")

    assert "stands_still" in dict(lines(case, "answer", "2026-03-05T00:00"))


def test_a_year_without_a_notice_is_told_to_be_provisional() -> None:
    case = parcel("2026-12-21T09:00").event("claim_sent", "2026-12-28T10:00", CLAIM)
    case.event("offer_made", "2026-12-28T10:30", {"amount": "1.00"}).event("complained", "2026-12-28T11:00")
    lapses = dict(lines(case, "decision", "2026-12-29T00:00"))["lapses"]

    assert (lapses["due"], lapses["provisional"]) == ("2027-01-07", True)


def test_why_an_event_cannot_be_recorded_names_both_sides_of_a_comparison() -> None:
    case = parcel().event("claim_sent", "2026-03-02T11:00", CLAIM)
    found = why_event(case.book, case.at("2026-03-03T00:00"), "k3f9", "complained", "en")

    assert (found["ready"], found["has_transition"]) == (False, False)
    assert found["taken_in"] == ["refused"]


def test_a_source_that_was_not_in_force_yet_says_so() -> None:
    text = PARCEL.read_text().replace("effective: 2018-05-01", "effective: 2026-03-03")
    case = Case("2026-03-02T10:00", table_of(text)).check("evidence.waybill", "2026-03-02T10:01")
    case.check("evidence.photos", "2026-03-02T10:02").event("claim_sent", "2026-03-02T11:00", CLAIM)
    early = why_deadline(case.book, case.at("2026-03-04T00:00"), "k3f9", "answer", "en")["basis"]
    case.event("new_facts_sent", "2026-03-03T11:00")
    in_time = why_deadline(case.book, case.at("2026-03-04T00:00"), "k3f9", "answer", "en")["basis"]

    assert (early["in_force"], early["started_on"]) == (False, "2026-03-02")
    assert (in_time["in_force"], in_time["started_on"]) == (True, "2026-03-03")
