"""Stories: what they say is held against what the case shows, strictly; and what none of them takes is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cases import PARCEL

from escalation.errors import NotFound
from escalation.stories import StoryReport, run_stories
from states.errors import ProcedureError
from states.library import STORIES, shipped

HEAD = """\
procedure: parcel-dispute
stories:
  one:
    title: {zh: 一, en: One}
    opened: "2026-03-02T10:00"
    entries:
"""
READY = ['{at: "2026-03-02T10:05", check: evidence.waybill}', '{at: "2026-03-02T10:06", check: evidence.photos}']
CLAIM = '{at: "2026-03-02T11:00", event: claim_sent, data: {channel: app, amount: 300}}'


def told(folder: Path, *lines: str, head: str = HEAD) -> StoryReport:
    """The story of these lines, beside a copy of the small procedure."""
    (folder / "parcel-dispute.yaml").write_bytes(PARCEL.read_bytes())
    (folder / "parcel-dispute.stories.yaml").write_text(head + "".join(f"      - {line}\n" for line in lines))
    return run_stories(folder / "parcel-dispute.yaml")


def mismatches(report: StoryReport) -> list[tuple[int, str, str, str]]:
    return [(m.line, m.what, m.expected, m.found) for story in report.stories for m in story.mismatches]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_story_shipped_is_as_told_and_together_they_take_every_transition(name: str) -> None:
    report = run_stories(shipped()[name])

    assert report.stories
    assert [story.transcript for story in report.stories if not story.passed] == []
    assert report.untaken == ()


def test_a_story_that_is_as_told(tmp_path: Path) -> None:
    report = told(
        tmp_path,
        '{at: "2026-03-02T10:01", shows: {state: drafting, missing: {claim_sent: [evidence.waybill]}}}',
        '{at: "2026-03-02T10:01", shows: {possible: [dropped_by_me]}}',
        '{at: "2026-03-02T10:02", refused: claim_sent}',
        *READY,
        '{at: "2026-03-02T10:07", check: evidence.photos, done: false, note: blurred}',
        '{at: "2026-03-02T10:08", check: evidence.photos}',
        CLAIM,
        '{at: "2026-03-02T11:05", shows: {state: waiting, deadlines: {answer: "2026-03-09"}}}',
        '{at: "2026-03-02T11:06", shows: {facts: {loss: "300", offered: null}}}',
        '{at: "2026-03-03", event: papers_requested}',
        '{at: "2026-03-03T13:00", shows: {deadlines: {answer: {status: paused, due: null}}}}',
        '{at: "2026-03-04", event: papers_sent}',
        '{at: "2026-03-20", shows: {state: refused, deadlines: {answer: null, limitation: {status: running}}}}',
        '{at: "2026-03-20", shows: {overdue: [], open: true}}',
        '{at: "2026-03-21", event: court_papers_received}',
        '{at: "2026-04-07", shows: {tracks: {court: served, main: refused}, overdue: [defence]}}',
        '{at: "2026-04-08", event: defence_sent, occurred: "2026-04-01T10:00"}',
        '{at: "2026-04-08T13:00", shows: {deadlines: {defence: {status: met, due: "2026-04-05"}}, overdue: []}}',
        '{at: "2026-04-09", event: claim_dropped}',
        '{at: "2026-04-09T13:00", event: dropped_by_me}',
        '{at: "2026-04-10", shows: {open: false, outcome: withdrawn, tracks: {court: court_over}}}',
    )

    assert [story.transcript for story in report.stories] == [()]
    assert report.passed


def test_every_mismatch_is_told_with_its_line_and_the_whole_script(tmp_path: Path) -> None:
    report = told(
        tmp_path,
        '{at: "2026-03-02T10:01", shows: {state: waiting, open: false, possible: [claim_sent], overdue: [answer]}}',
        *READY,
        '{at: "2026-03-02T10:07", refused: claim_sent}',
        '{at: "2026-03-02T10:08", event: decided}',
        CLAIM,
        '{at: "2026-03-03", shows: {deadlines: {answer: "2026-03-10", defence: "2026-03-10"}, facts: {loss: "301"}}}',
        '{at: "2026-03-04", shows: {tracks: {court: served}, missing: {decided: [evidence.photos]}, outcome: success}}',
    )

    assert not report.passed
    assert mismatches(report) == [
        (7, "state", "waiting", "drafting"),
        (7, "open", "false", "true"),
        (7, "overdue", '["answer"]', "[]"),
        (7, "possible", '["claim_sent"]', '["court_papers_received","dropped_by_me","picked_up","pickup_agreed"]'),
        (10, "claim_sent", "refused", "possible"),
        (11, "decided", "recorded", "refused: main: drafting"),
        (13, "deadlines.answer", "2026-03-10", "running, due 2026-03-09"),
        (13, "deadlines.defence", "2026-03-10", "null"),
        (13, "facts.loss", "301.00", "300.00"),
        (14, "outcome", "success", "null"),
        (14, "tracks.court", "served", "null"),
        (14, "missing.decided", '["evidence.photos"]', "no transition"),
    ]
    transcript = report.stories[0].transcript
    assert len([line for line in transcript if line[:2] in ("  ", "!!") and line[3:8].strip()]) == 9
    assert [line[:8].split()[1] for line in transcript if line.startswith("!!")] == ["7", "10", "11", "13", "14"]
    assert "         state: says waiting, is drafting" in transcript


def test_the_report_as_data(tmp_path: Path) -> None:
    data = told(tmp_path, '{at: "2026-03-02T10:01", shows: {state: waiting}}').data("zh")

    assert json.loads(json.dumps(data))["stories"][0]["title"] == "一"
    assert data["procedure"] == "parcel-dispute"
    assert data["stories"][0]["mismatches"] == [
        {"line": 7, "at": "2026-03-02T10:01", "what": "state", "expected": "state: waiting", "found": "drafting"}
    ]
    assert data["coverage"]["of"] == data["coverage"]["taken"] + len(data["coverage"]["missing"])


def test_corrections_are_judged_as_the_engine_would(tmp_path: Path) -> None:
    late = '{at: "2026-03-20", event: offer_made, occurred: "2026-03-08T10:00", data: {amount: 300}}'
    before = [*READY, CLAIM, '{at: "2026-03-19", event: complained}']
    refused = told(tmp_path, *before, late, '{at: "2026-03-20T13:00", shows: {state: complaint}}')
    accepted = told(
        tmp_path,
        *before,
        late.replace("event:", "accept: [5], event:"),
        '{at: "2026-03-20T13:00", shows: {state: settled, inapplicable: [5]}}',
        '{at: "2026-03-20T14:00", withdraw: 6}',
        '{at: "2026-03-20T15:00", shows: {state: complaint, inapplicable: []}}',
        '{at: "2026-03-20T16:00", amend: 4, occurred: "2026-03-03T11:00", data: {amount: "1200"}}',
        '{at: "2026-03-20T17:00", shows: {facts: {loss: 1200}, deadlines: {decision: "2026-05-06"}}}',
    )

    assert mismatches(refused) == [(11, "conflicts", "none, or accepted", "5 complained: closed")]
    assert mismatches(accepted) == []


def test_a_correction_may_not_come_before_the_opening(tmp_path: Path) -> None:
    early = '{at: "2026-03-03", amend: 4, occurred: "2026-03-01"}'
    report = told(tmp_path, *READY, CLAIM, early, '{at: "2026-03-03", withdraw: 1}')

    assert [m[:3] for m in mismatches(report)] == [
        (10, "at", "not_before_opening 2026-03-02T10:00:00+08:00"), (11, "target", "not_opened"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "what", "expected"),
    [
        ('{at: "2026-03-03", event: offer_made}', "amount", "required"),
        ('{at: "2026-03-03", event: offer_made, data: {amount: 1, amout: 2}}', "amout", "unknown amount"),
        ('{at: "2026-03-03", refused: offer_made, data: {amount: much}}', "amount", "money"),
        ('{at: "2026-03-03", event: no_answer}', "event", "not_clock"),
        ('{at: "2026-03-03", refused: no_answer}', "no_answer", "by a person"),
        ('{at: "2026-03-03", facts: {loss: -1}}', "loss", "min 0"),
        ('{at: "2026-03-03", note: " "}', "text", "required"),
        ('{at: "2026-03-03", follow_up: {due: soon, text: x}}', "due", "date"),
        ('{at: "2026-03-03", note: x, occurred: "2026-03-04"}', "at", "not_future 2026-03-03T12:00:00+08:00"),
        ('{at: "2026-03-01", note: x}', "at", ">= 2026-03-02T10:00:00+08:00"),
        ("{at: soon, note: x}", "at", "2026-03-02T10:00"),
        ('{at: "2026-03-03", withdraw: 9}', "target", "unknown 1-1"),
    ],
)
def test_what_the_engine_would_not_take_is_a_mismatch(tmp_path: Path, line: str, what: str, expected: str) -> None:
    assert [m[:3] for m in mismatches(told(tmp_path, line))] == [(7, what, expected)]


def test_attachments_notes_and_follow_ups_may_be_told(tmp_path: Path) -> None:
    report = told(
        tmp_path,
        '{at: "2026-03-02T10:05", attach: waybill.jpg, item: evidence.waybill}',
        '{at: "2026-03-02T10:06", note: rang them}',
        '{at: "2026-03-02T10:07", follow_up: {due: "2026-03-09", text: ring, every: 1 week}}',
        '{at: "2026-03-02T10:08", follow_up: {action: drop, n: 1}}',
        '{at: "2026-03-02T10:09", facts: {loss: 12}, note: counted}',
        '{at: "2026-03-02T10:10", shows: {facts: {loss: "12.00"}}}',
    )

    assert report.stories[0].transcript == ()


@pytest.mark.parametrize(
    ("line", "code", "meant"),
    [
        ('{at: "2026-03-03", evnt: offer_made}', "unknown-key", "event"),
        ('{at: "2026-03-03"}', "wrong-value", None),
        ("{event: offer_made}", "missing-key", None),
        ('{at: "2026-03-03", event: offer_made, check: evidence.photos}', "wrong-value", None),
        ('{at: "2026-03-03", event: offer_made, done: true}', "unknown-key", None),
        ('{at: "2026-03-03", shows: {state: waiting}, occurred: "2026-03-03"}', "unknown-key", None),
        ('{at: "2026-03-03", event: offer_mode}', "undefined-event", "offer_made"),
        ('{at: "2026-03-03", refused: offer_mode}', "undefined-event", "offer_made"),
        ('{at: "2026-03-03", check: evidence.photo}', "undefined-checklist", "evidence.photos"),
        ('{at: "2026-03-03", facts: {los: 1}}', "undefined-fact", "loss"),
        ('{at: "2026-03-03", shows: {state: wating}}', "undefined-state", "waiting"),
        ('{at: "2026-03-03", shows: {stat: waiting}}', "unknown-key", "state"),
        ('{at: "2026-03-03", shows: {tracks: {curt: served}}}', "undefined-track", "court"),
        ('{at: "2026-03-03", shows: {tracks: {court: srved}}}', "undefined-state", "served"),
        ('{at: "2026-03-03", shows: {deadlines: {anser: null}}}', "unknown-key", "answer"),
        ('{at: "2026-03-03", shows: {deadlines: {answer: {status: runing}}}}', "wrong-value", "running"),
        ('{at: "2026-03-03", shows: {overdue: [anser]}}', "unknown-key", "answer"),
        ('{at: "2026-03-03", shows: {possible: [offer_mode]}}', "undefined-event", "offer_made"),
        ('{at: "2026-03-03", shows: {missing: {offer_mode: []}}}', "undefined-event", "offer_made"),
        ('{at: "2026-03-03", shows: {missing: {decided: [evidence.photo]}}}', "undefined-checklist", "evidence.photos"),
        ('{at: "2026-03-03", shows: {facts: {los: null}}}', "undefined-fact", "loss"),
        ('{at: "2026-03-03", at: "2026-03-04", note: x}', "duplicate-key", None),
        ("{at: null, note: x}", "wrong-value", None),
    ],
)
def test_a_stories_file_is_read_strictly_with_line_and_column(
    tmp_path: Path, line: str, code: str, meant: str | None
) -> None:
    with pytest.raises(ProcedureError) as error:
        told(tmp_path, '{at: "2026-03-02T10:01", note: x}', line)
    (found,) = error.value.problems

    assert (found.code, found.meant, found.line) == (code, meant, 8)
    assert found.file.endswith("parcel-dispute.stories.yaml")


def test_a_story_of_another_procedure_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProcedureError) as error:
        told(tmp_path, CLAIM, head=HEAD.replace("parcel-dispute", "parcel-disputes"))

    assert [(p.code, p.line, p.meant) for p in error.value.problems] == [("wrong-value", 1, "parcel-dispute")]


def test_facts_given_at_the_opening_are_typed(tmp_path: Path) -> None:
    head = HEAD.replace("    entries:", "    facts: {loss: much}\n    entries:")
    report = told(tmp_path, '{at: "2026-03-02T10:01", note: x}', head=head)

    assert mismatches(report) == [(3, "loss", "money", "much")]


def test_coverage_names_each_branch_once_by_its_place(tmp_path: Path) -> None:
    report = told(
        tmp_path, *READY, CLAIM, '{at: "2026-03-03", event: offer_made, data: {amount: 1}}',
        '{at: "2026-03-04", event: pickup_agreed, data: {day: "2026-03-06"}}',
        '{at: "2026-03-05", refused: decided}',
    )  # fmt: skip
    places: list[Any] = list(report.untaken)

    assert report.stories[0].transcript == ()
    assert report.transitions == len(places) + 3
    assert "states.waiting.transitions.offer_made[0]" in places
    assert "states.waiting.transitions.offer_made[1]" not in places
    assert "states.drafting.transitions.claim_sent" not in places
    assert "transitions.pickup_agreed" not in places
    assert {"transitions.picked_up", "tracks.court.transitions.claim_dropped"} < set(places)
    assert "states.waiting.transitions.no_answer" in places


def test_what_the_clock_takes_is_covered_also_at_the_end(tmp_path: Path) -> None:
    report = told(tmp_path, *READY, CLAIM, '{at: "2026-03-20", shows: {state: refused}}')

    assert "states.waiting.transitions.no_answer" not in report.untaken


def test_files_are_found_from_either_side(tmp_path: Path) -> None:
    assert told(tmp_path, CLAIM).stories == run_stories(tmp_path / "parcel-dispute.stories.yaml").stories
    (tmp_path / ("parcel-dispute" + STORIES)).unlink()
    assert run_stories(tmp_path / "parcel-dispute.yaml").stories == ()
    (tmp_path / "alone.stories.yaml").write_text("")
    with pytest.raises(NotFound):
        run_stories(tmp_path / "alone.stories.yaml")
