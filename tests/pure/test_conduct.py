"""Collecting is counted by local day and held against what is recommended, never more than that."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from cases import ZONE, instant

from escalation.core.conduct import Contact, Mark, contacts, days, marks
from escalation.core.entries import Amend, Entry, EventEntry, Withdraw
from escalation.core.history import effective
from states.conduct import conduct

RULES = conduct()
COUNTED = {"calls", "attempts"}


def came(at: str, event: str = "collector_contacted", **data: Any) -> tuple[str, str, dict[str, Any]]:
    return at, event, data


def call(at: str, connected: bool | None = True, **data: Any) -> tuple[str, str, dict[str, Any]]:
    answered: dict[str, Any] = {} if connected is None else {"connected": connected}
    return came(at, channel="call", **answered, **data)


def log_of(*told: tuple[str, str, dict[str, Any]]) -> list[Entry]:
    return [
        EventEntry(seq=n, recorded_at=instant("2026-06-30T10:00"), occurred_at=instant(at), event=event, data=data)
        for n, (at, event, data) in enumerate(told, 1)
    ]


def found(*told: tuple[str, str, dict[str, Any]]) -> list[Contact]:
    return contacts(effective(log_of(*told)), ZONE)


def marked(*told: tuple[str, str, dict[str, Any]]) -> list[Mark]:
    return marks(found(*told), RULES)


def rules(*told: tuple[str, str, dict[str, Any]]) -> set[str]:
    return {mark.rule for mark in marked(*told)}


def test_the_shipped_file_reads_and_every_rule_names_sources_that_exist() -> None:
    for id, rule in RULES.rule.items():
        assert set(rule.sources) <= set(RULES.source), id
        assert rule.sources, id


def test_no_rule_of_collecting_claims_to_be_more_than_reported() -> None:
    assert {rule.certainty for rule in RULES.rule.values()} == {"reported"}


@pytest.mark.parametrize(("hour", "night"), [
    ("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("07:59", True), ("08:00", False),
])  # fmt: skip
def test_the_night_begins_at_ten_and_ends_before_eight(hour: str, night: bool) -> None:
    assert ("night" in rules(call(f"2026-05-05T{hour}"))) == night


def test_the_hour_is_that_of_the_place_not_of_greenwich() -> None:
    (contact,) = found(call("2026-05-05T07:30"))

    assert contact.at.hour == 7
    assert contact.day == date(2026, 5, 5)


def test_an_hour_that_was_agreed_is_no_night_call() -> None:
    assert "night" not in rules(call("2026-05-05T22:30", i_agreed_to_the_hour=True))
    assert "night" in rules(call("2026-05-05T22:30", i_agreed_to_the_hour=False))


def test_a_letter_that_was_opened_at_night_is_no_night_contact() -> None:
    assert rules(came("2026-05-05T23:00", channel="letter")) == set()


def test_three_answered_calls_are_within_and_the_fourth_exceeds() -> None:
    four = [call(f"2026-05-05T{hour}:00") for hour in (9, 10, 11, 12)]

    assert "calls" not in rules(*[(at.replace("T9", "T09"), e, d) for at, e, d in four[:3]])
    (mark,) = marked(*[(at.replace("T9", "T09"), e, d) for at, e, d in four])
    assert (mark.rule, mark.seqs, mark.count, mark.most) == ("calls", (1, 2, 3, 4), 4, 3)


def test_calls_of_two_days_are_not_added_up() -> None:
    late = [call(f"2026-05-05T{hour}:00") for hour in (19, 20)]
    early = [call(f"2026-05-06T{hour:02}:00") for hour in (9, 10)]

    assert rules(*late, *early) == set()


def test_six_unanswered_calls_are_within_and_the_seventh_exceeds() -> None:
    seven = [call(f"2026-05-05T{hour:02}:00", connected=False) for hour in range(9, 16)]

    assert rules(*seven[:6]) == set()
    assert [(m.rule, m.count, m.most) for m in marked(*seven)] == [("attempts", 7, 6)]


def test_a_call_of_which_nobody_noted_whether_it_was_answered_counts_for_no_limit() -> None:
    unclear = [call(f"2026-05-05T{hour:02}:00", connected=None) for hour in range(9, 19)]
    (day,) = days(found(*unclear), marked(*unclear))

    assert rules(*unclear) == set()
    assert (day.contacts, day.answered, day.unanswered, day.unclear) == (10, 0, 0, 10)


def test_calls_to_others_are_not_counted_as_calls_to_the_debtor() -> None:
    others = [call(f"2026-05-05T{hour:02}:00", to_whom="family") for hour in range(9, 14)]

    assert rules(*others) & COUNTED == set()


def test_a_contact_of_somebody_else_is_to_be_looked_at_and_telling_them_the_debt_exceeds() -> None:
    told = marked(call("2026-05-05T10:00", to_whom="employer", told_my_debt=True))

    assert {m.rule: m.weight for m in told} == {"others": "look", "told_my_debt": "exceeds"}


@pytest.mark.parametrize("name", ["threatened", "insulted", "posed_as_officials", "published", "entered_home"])
def test_what_should_never_happen_is_marked_when_it_was_said_and_not_when_it_was_denied(name: str) -> None:
    assert rules(call("2026-05-05T10:00", **{name: True})) == {name}
    assert rules(call("2026-05-05T10:00", **{name: False})) == set()


def test_nothing_is_marked_by_a_text_that_was_not_yet_in_force() -> None:
    before_both = "2025-02-27"
    between = "2025-06-01"

    assert rules(call(f"{before_both}T23:00", threatened=True)) == set()
    assert rules(call(f"{between}T23:00", threatened=True)) == {"night"}


def test_my_own_call_to_a_collector_is_a_contact_and_no_collecting() -> None:
    mine = came("2026-05-05T23:00", "contact_logged", channel="collector", direction="mine", said="later")

    assert rules(mine) == set()
    assert len(found(mine)) == 1
    assert days(found(mine), []) == []


def test_a_collector_who_was_logged_as_a_contact_counts_for_the_hour_and_not_as_a_call() -> None:
    theirs = [
        came(f"2026-05-05T{hour}:00", "contact_logged", channel="collector", direction="theirs")
        for hour in (10, 11, 12, 13, 23)
    ]

    assert rules(*theirs) == {"night"}
    assert [day.contacts for day in days(found(*theirs), marked(*theirs))] == [5]


def test_who_called_whom_is_never_guessed() -> None:
    (contact,) = found(came("2026-05-05T23:00", "contact_logged", channel="collector"))

    assert contact.theirs is None
    assert not contact.collecting


def test_a_call_that_was_withdrawn_or_moved_does_not_count_where_it_was() -> None:
    told = [call(f"2026-05-05T{hour:02}:00") for hour in (9, 10, 11, 12)]
    log = log_of(*told)
    at = instant("2026-06-30T10:00")
    withdrawn = [*log, Withdraw(seq=5, recorded_at=at, target=4)]
    moved = [*log, Amend(seq=5, recorded_at=at, target=4, at=instant("2026-05-06T12:00"))]

    assert [m.rule for m in marks(contacts(effective(log), ZONE), RULES)] == ["calls"]
    assert marks(contacts(effective(withdrawn), ZONE), RULES) == []
    assert marks(contacts(effective(moved), ZONE), RULES) == []


def test_contacts_of_a_day_are_numbered_from_one() -> None:
    told = [call("2026-05-05T09:00"), call("2026-05-05T10:00"), call("2026-05-06T09:00")]

    assert [contact.nth for contact in found(*told)] == [1, 2, 1]


def test_a_record_says_what_it_lacks_for_a_complaint() -> None:
    bare, hotline, silent, whole = found(
        call("2026-05-05T09:00", connected=None),
        came("2026-05-05T10:00", "contact_logged", channel="hotline", direction="mine", said="no", promise="a call"),
        call("2026-05-05T11:00", connected=False, company="X", from_number="1"),
        call("2026-05-05T12:00", company="X", who="007", said="pay", from_number="1"),
    )

    assert bare.lacks == ("company", "who", "said", "from_number", "connected")
    assert hotline.lacks == ("who", "ticket", "promised_on")
    assert silent.lacks == ()
    assert whole.lacks == ()


def test_a_rule_file_with_a_word_that_nobody_reads_is_refused() -> None:
    body = msgspec.to_builtins(RULES)
    body["rule"]["night"]["hours"] = 3

    with pytest.raises(msgspec.ValidationError, match="hours"):
        msgspec.convert(body, type(RULES), strict=False)
