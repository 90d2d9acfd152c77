"""Entries on disk: kept whole or not at all, previewed, corrected, recorded once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from places import Place

from escalation import Desk, clock, open_store
from escalation.errors import BadInput, CaseMoved, NotFound, Refused, WouldConflict

Opener = Callable[[str], Desk]
CLAIM = {"amount": "300", "channel": "app"}


def opened(desk: Opener, parcel: Path, at: str = "2026-03-02T10:00") -> str:
    """A case with its papers together."""
    there = desk(at)
    case = there.open(str(parcel), title="a vase")
    waybill = parcel.parent / "parcel-dispute.yaml"
    there.attach(case, waybill, item="waybill")
    there.done(case, "waybill")
    there.done(case, "photos")
    return case


def waiting(desk: Opener, parcel: Path) -> str:
    case = opened(desk, parcel)
    desk("2026-03-02T11:00").record(case, "claim_sent", CLAIM)
    return case


def main_state(desk: Desk, case: str, **options: str) -> str:
    return str(desk.show(case, **options)["tracks"][0]["state"])  # type: ignore[arg-type]


def test_a_case_is_shown_in_the_promised_shape(desk: Opener, parcel: Path) -> None:
    case = waiting(desk, parcel)
    shown = desk("2026-03-05T09:00").show(case)

    assert list(shown) == [
        "case", "title", "procedure", "as_of", "head", "open", "tracks", "deadlines", "follow_ups", "facts",
        "checklists", "possible", "inapplicable", "history",
    ]  # fmt: skip
    assert shown["head"] == 5
    assert shown["facts"] == {"loss": "300.00"}
    assert shown["deadlines"][0] == {
        "id": "answer", "track": "main", "title": "Answer", "owed_by": "company", "status": "running",
        "started_at": "2026-03-02T11:00:00+08:00", "due": "2026-03-09", "lapses_at": "2026-03-10T00:00:00+08:00",
        "provisional": False, "length": "7 days", "other_reading": None,
        "basis": {"source": "express-rules", "article": "27", "certainty": "statute"},
    }  # fmt: skip
    assert shown["history"][1] == {
        "at": "2026-03-02T11:00:00+08:00", "event": "claim_sent", "by": "me", "track": "main", "to": "waiting",
        "seq": 5,
    }  # fmt: skip


def test_a_refused_event_leaves_the_database_alike(desk: Opener, parcel: Path, place: Place) -> None:
    there = desk("2026-03-02T10:00")
    case = there.open(str(parcel))
    before = place.dump()

    with pytest.raises(Refused) as refused:
        there.record(case, "claim_sent", CLAIM)
    assert place.dump() == before
    assert refused.value.refusal.missing[0].checklists == {"evidence": ("waybill", "photos")}


def test_a_preview_writes_nothing(desk: Opener, parcel: Path, place: Place) -> None:
    case = waiting(desk, parcel)
    there = desk("2026-03-20T09:00")
    before = place.dump()
    found = there.record(case, "offer_made", {"amount": "300"}, at="2026-03-08", preview=True)

    assert place.dump() == before
    assert found["undone"] == [{"id": "answer", "lapsed_at": "2026-03-10T00:00:00+08:00", "event": "no_answer"}]
    assert found["before"]["tracks"][0]["state"] == "refused"
    assert found["after"]["tracks"][0]["state"] == "settled"


def test_a_reply_logged_three_weeks_late_undoes_the_timeout(desk: Opener, parcel: Path) -> None:
    case = waiting(desk, parcel)
    there = desk("2026-03-29T09:00")
    there.engine.advance(case, there.now())
    announced = [(p.kind, p.status) for p in there.engine.store.outbox(1)]
    there.record(case, "offer_made", {"amount": "300"}, at="2026-03-08T10:00")

    assert main_state(there, case) == "settled"
    assert main_state(there, case, known_at="2026-03-28T09:00") == "refused"
    assert ("lapse", "pending") in announced
    lapses = [p.status for p in there.engine.store.outbox(1) if p.kind == "lapse"]
    assert lapses == ["superseded"]


def test_what_becomes_true_again_is_told_again(desk: Opener, parcel: Path) -> None:
    case = waiting(desk, parcel)
    there = desk("2026-03-29T09:00")
    there.engine.advance(case, there.now())
    there.record(case, "offer_made", {"amount": "300"}, at="2026-03-08T10:00")
    there.withdraw(case, 6)

    assert main_state(there, case) == "refused"
    assert [p.status for p in there.engine.store.outbox(1) if p.kind == "lapse"] == ["superseded", "pending"]


def test_a_correction_that_makes_a_later_entry_impossible_is_refused_unless_accepted(
    desk: Opener, parcel: Path
) -> None:
    case = waiting(desk, parcel)
    there = desk("2026-03-20T09:00")
    there.record(case, "complained")
    with pytest.raises(WouldConflict) as conflict:
        there.record(case, "offer_made", {"amount": "300"}, at="2026-03-08T10:00")
    assert [c.seq for c in conflict.value.conflicts] == [6]

    shown = there.record(case, "offer_made", {"amount": "300"}, at="2026-03-08T10:00", accept=[6])
    assert [i["seq"] for i in shown["inapplicable"]] == [6]
    again = there.withdraw(case, 7)
    assert again["inapplicable"] == []
    assert again["tracks"][0]["state"] == "complaint"


def test_the_same_key_twice_is_recorded_once_and_answers_the_same(desk: Opener, parcel: Path) -> None:
    case = waiting(desk, parcel)
    there = desk("2026-03-03T09:00")
    first = there.record(case, "papers_requested", key="k1")
    second = there.record(case, "papers_requested", key="k1")

    assert first == second
    assert there.show(case)["head"] == 6


def test_a_writer_that_saw_an_older_head_is_refused(desk: Opener, parcel: Path) -> None:
    case = waiting(desk, parcel)
    there = desk("2026-03-03T09:00")
    there.note(case, "rang them", head=5)

    with pytest.raises(CaseMoved) as moved:
        there.note(case, "rang them again", head=5)
    assert (moved.value.expected, moved.value.found) == (5, 6)
    assert there.show(case)["head"] == 6


@pytest.mark.parametrize(
    ("do", "error", "field"),
    [
        (lambda d, c: d.record(c, "offer_made", {"amount": "1"}, at="2026-03-05"), BadInput, "at"),
        (lambda d, c: d.record(c, "offer_made", {"amount": "1"}, at="2026-03-02T09:59"), BadInput, "at"),
        (lambda d, c: d.record(c, "offer_made", {"amount": "1.005"}), BadInput, "amount"),
        (lambda d, c: d.record(c, "offer_made"), BadInput, "amount"),
        (lambda d, c: d.record(c, "offer_made", {"amount": "1", "amout": "2"}), BadInput, "amout"),
        (lambda d, c: d.record(c, "no_answer"), BadInput, "event"),
        (lambda d, c: d.record(c, "offer_mode"), NotFound, "offer_made"),
        (lambda d, c: d.amend(c, 9, at="2026-03-02"), NotFound, None),
        (lambda d, c: d.withdraw(c, 1), BadInput, "target"),
        (lambda d, c: d.amend(c, 1, at="2026-03-02T10:30"), BadInput, "at"),
        (lambda d, c: d.amend(c, 5, at="2026-03-02T09:00"), BadInput, "at"),
        (lambda d, c: d.amend(c, 5, data={"channel": "fax"}), BadInput, "channel"),
        (lambda d, c: d.amend(c, 5, data={"channel": ""}), BadInput, "channel"),
        (lambda d, c: d.set_facts(c, {"loss": "-1"}), BadInput, "loss"),
        (lambda d, c: d.done(c, "photo"), NotFound, "evidence.photos"),
        (lambda d, c: d.follow_up(c, "done", n=3), NotFound, None),
        (lambda d, c: d.follow_up(c, "add", due="soon", text="x"), BadInput, "date"),
        (lambda d, c: d.note(c, "\udcff"), BadInput, "text"),
        (lambda d, c: d.note(c, "  "), BadInput, "text"),
    ],
)
def test_bad_input_is_named_by_field_and_changes_nothing(  # type: ignore[no-untyped-def]
    desk: Opener, parcel: Path, place: Place, do, error: type[Exception], field: str | None
) -> None:
    case = waiting(desk, parcel)
    there = desk("2026-03-02T12:00")
    before = place.dump()

    with pytest.raises(error) as raised:
        do(there, case)
    if isinstance(raised.value, BadInput):
        assert field in [p.field for p in raised.value.problems]
    else:
        assert getattr(raised.value, "meant", None) == field
    assert place.dump() == before


def test_an_item_that_requires_an_attachment_can_be_ticked_only_once_one_is_there(desk: Opener, parcel: Path) -> None:
    there = desk("2026-03-02T10:00")
    case = there.open(str(parcel))
    with pytest.raises(BadInput):
        there.done(case, "waybill")
    there.attach(case, parcel, item="waybill")

    assert there.done(case, "waybill")["checklists"]["evidence"]["missing"] == ["photos"]


def test_an_attached_file_is_kept_privately_by_its_content(
    desk: Opener, parcel: Path, tmp_path: Path, place: Place
) -> None:
    there = desk("2026-03-02T10:00")
    case = there.open(str(parcel))
    there.attach(case, parcel)
    there.attach(case, parcel, title="again")
    kept = [p for p in (tmp_path / "files").rglob("*") if p.is_file()]

    assert [p.read_bytes() for p in kept] == [parcel.read_bytes()]
    assert kept[0].stat().st_mode & 0o777 == 0o400
    if place.kind == "sqlite":
        assert Path(place.url()).stat().st_mode & 0o777 == 0o600


def test_an_amended_instant_moves_everything_that_follows(desk: Opener, parcel: Path) -> None:
    case = waiting(desk, parcel)
    there = desk("2026-03-20T09:00")
    there.amend(case, 5, at="2026-03-02T10:30")
    moved = there.show(case, as_of="2026-03-05")["deadlines"][0]

    assert moved["started_at"] == "2026-03-02T10:30:00+08:00"
    rows = there.log(case)
    assert rows[4]["amended"]
    assert rows[4]["occurred_at"] == "2026-03-02T10:30:00+08:00"


def test_verify_names_the_first_entry_that_does_not_fit(desk: Opener, parcel: Path, place: Place) -> None:
    from escalation.errors import StoreDamaged

    case = waiting(desk, parcel)
    there = desk("2026-03-03T09:00")
    assert [row["ok"] for row in there.verify()] == [True]
    there.close()
    changed = "replace(CAST(body AS TEXT), 'photos', 'photoz')"
    if place.kind == "postgresql":
        changed = "convert_to(replace(convert_from(body, 'UTF8'), 'photos', 'photoz'), 'UTF8')"
    place.run(f"UPDATE entry SET body = {changed} WHERE seq = 4")
    with pytest.raises(StoreDamaged) as damaged:
        list(desk("2026-03-03T09:00").verify())

    assert (damaged.value.case, damaged.value.seq) == (case, 4)


def test_a_store_of_a_later_version_is_left_alone(desk: Opener, parcel: Path, place: Place) -> None:
    from escalation.errors import StoreTooNew

    desk("2026-03-02T10:00").close()
    later = "PRAGMA user_version = 99" if place.kind == "sqlite" else "UPDATE alembic_version SET version_num = '0099'"
    place.run(later)

    with pytest.raises(StoreTooNew):
        desk("2026-03-02T10:00")


def test_a_future_instant_is_a_forecast_and_marked_so(desk: Opener, parcel: Path) -> None:
    case = waiting(desk, parcel)
    there = desk("2026-03-03T09:00")
    ahead = there.show(case, as_of="2026-03-20T09:00")
    come = desk("2026-03-20T09:00").show(case)

    assert ahead.pop("forecast") is True
    assert ahead == come
    assert there is not None


def test_migrating_is_previewed_and_then_logged(desk: Opener, parcel: Path, tmp_path: Path) -> None:
    case = waiting(desk, parcel)
    there = desk("2026-03-03T09:00")
    text = parcel.read_text().replace('version: "1"', 'version: "2"').replace("within: 7 days", "within: 10 days")
    (tmp_path / "longer.yaml").write_text(text)
    preview = there.migrate(case, str(tmp_path / "longer.yaml"), preview=True)
    shown = there.migrate(case, str(tmp_path / "longer.yaml"))

    assert [(m["id"], m["due_before"], m["due_after"]) for m in preview["moved"]] == [
        ("answer", "2026-03-09", "2026-03-12")
    ]
    assert shown["procedure"]["version"] == "2"
    assert shown["deadlines"][0]["due"] == "2026-03-12"
    assert next(iter(there.verify()))["ok"]


def test_a_state_that_went_away_must_be_mapped(desk: Opener, parcel: Path, tmp_path: Path) -> None:
    case = waiting(desk, parcel)
    there = desk("2026-03-03T09:00")
    renamed = parcel.read_text().replace("  waiting:", "  awaiting:").replace("to: waiting", "to: awaiting")
    (tmp_path / "renamed.yaml").write_text(renamed)
    with pytest.raises(Refused):
        there.migrate(case, str(tmp_path / "renamed.yaml"))
    shown = there.migrate(case, str(tmp_path / "renamed.yaml"), mapping={"waiting": "awaiting"})

    assert shown["tracks"][0]["state"] == "awaiting"
    assert shown["deadlines"][0]["due"] == "2026-03-09"


def test_a_batch_is_kept_whole_or_not_at_all_and_a_refusal_in_it_changes_nothing(
    desk: Opener, parcel: Path, place: Place
) -> None:
    case = waiting(desk, parcel)
    there = desk("2026-03-03T09:00")
    with there.engine.batch():
        there.note(case, "one")
        with pytest.raises(Refused):
            there.record(case, "complained")
        there.note(case, "two")
    before = place.dump()

    def half() -> None:
        with there.engine.batch():
            there.note(case, "three")
            there.note("zzzz", "four")

    with pytest.raises(NotFound):
        half()
    assert place.dump() == before
    assert [row.get("text") for row in there.log(case)[-2:]] == ["one", "two"]


def test_many_cases_take_the_same_event_and_those_that_cannot_say_why(desk: Opener, parcel: Path) -> None:
    ready = [waiting(desk, parcel) for _ in range(3)]
    there = desk("2026-03-03T09:00")
    unready = there.open(str(parcel))
    found = there.record_many([*ready, unready, "zzzz"], "offer_made", {"amount": "300"})

    assert [isinstance(each, dict) for each in found] == [True, True, True, False, False]
    assert isinstance(found[3], Refused)
    assert isinstance(found[4], NotFound)
    assert [main_state(there, case) for case in ready] == ["settled"] * 3
    assert [row["ok"] for row in there.verify()] == [True] * 4
    assert there.show(unready)["head"] == 1


def test_a_machine_whose_clock_is_a_little_slow_writes_after_the_others(place: Place, parcel: Path) -> None:
    ahead = clock.now() + timedelta(seconds=90)
    with open_store(place.url(), now=ahead) as theirs, open_store(place.url()) as mine:
        case = theirs.open(str(parcel))
        theirs.note(case, "theirs")
        answer = mine.note(case, "mine")
        log = mine.engine.store.log(mine.engine.store.case(case).id)

    assert answer["seq"] == answer["head"] == 3
    assert [entry.recorded_at for entry in log] == [ahead] * 3


def test_a_machine_whose_clock_is_wrong_is_told_so_in_local_time(place: Place, parcel: Path) -> None:
    with open_store(place.url(), now=clock.now() + timedelta(minutes=10)) as theirs, open_store(place.url()) as mine:
        case = theirs.open(str(parcel))
        with pytest.raises(BadInput) as caught:
            mine.note(case, "mine")
        (problem,) = caught.value.problems

        assert (problem.field, problem.expected) == ("clock", "clock_behind")
        assert str(problem.limit).endswith("+08:00")
        assert mine.show(case, as_of=clock.now() + timedelta(minutes=11))["head"] == 1


def test_an_instant_that_was_said_is_meant_as_it_is_said(place: Place, parcel: Path) -> None:
    with (
        open_store(place.url(), now="2026-03-02T10:00:30") as theirs,
        open_store(place.url(), now="2026-03-02T10:00") as mine,
    ):
        case = theirs.open(str(parcel))
        with pytest.raises(BadInput) as caught:
            mine.note(case, "mine")

        assert caught.value.problems[0].field == "now"
