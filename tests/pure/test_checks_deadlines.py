"""Deadlines and guards: every rule has a file that breaks it and one near it that does not."""

from __future__ import annotations

import pytest
from patched import Change, Rule, assert_found, assert_near, findings

WITHIN = "        within: 7 days\n"
CONDITIONAL = """\
          - {when: "facts.loss >= 1000", length: 30 working days}
          - {length: 7 working days}
"""
ANSWER = "states.waiting.deadlines.answer"
DECISION = "states.complaint.deadlines.decision"
REMIND = "        remind: [2 days before, on the day]\n"
BASIS = '        basis: {source: express-rules, article: "27", certainty: statute}\n'
STARTS = "    starts: [claim_sent]\n"
LIMIT = "    within: 3 years\n"
DAY = "    due_on: pickup_on\n"
STANDING = "  dropped_by_me: {to: dropped}\n"
GIVEN_UP: Change = (STANDING, STANDING + "  given_up: {to: dropped}\n")
GIVEN_UP_EVENT: Change = ("  picked_up: {title:", "  given_up: {title: Given up, by: clock}\n  picked_up: {title:")
SERVED_TOO: Change = (
    "    transitions: {claim_dropped: {to: court_over}}",
    "    transitions: {claim_dropped: {to: court_over}, given_up: {}}",
)
CLOSED: Change = (LIMIT, LIMIT + "    lapses: given_up\n")
NO_ANSWER = "      no_answer: {to: refused}\n"
NO_ANSWER_EVENT = "  no_answer: {title: {zh: 逾期未答复, en: No answer}, by: clock}\n"
DECIDED = "      decided: {to: settled}\n"
REFUSED = "      complained: {to: complaint}\n      claim_sent: {to: waiting}\n"
SECOND = '        basis: {source: express-rules, article: "41"'
LAPSES_TOO: tuple[Change, ...] = (
    (SECOND, "        lapses: late\n" + SECOND),
    (NO_ANSWER_EVENT, NO_ANSWER_EVENT + "  late: {title: Late, by: clock}\n"),
)
BRANCHES = (
    '        - {to: settled, when: "facts.offered >= facts.loss"}\n'
    "        - {to: refused, because: {zh: 低于损失, en: Below the loss}}\n"
)
LOSS = "loss: {type: money, title: {zh: 损失金额, en: Loss}, min: 0}"
OTHER_DEADLINE = """\
      other:
        title: Other
        owed_by: authority
        within: 1 week
        lapses: no_answer
        basis: {certainty: default}
    transitions:
      late: {to: refused}
      no_answer: {to: refused}
"""
OTHER: Change = ("    transitions:\n" + DECIDED, OTHER_DEADLINE + DECIDED)
ROUND = (NO_ANSWER, "      no_answer: {to: complaint}\n")
AGAIN = '      late: [{to: waiting, when: "case.visits.complaint < 3"}, {to: refused}]\n'
FIVE = '{to: settled, when: "facts.offered >= 5"}'


def guards(*branches: str) -> Change:
    """The branches on an offer, instead of those that are there."""
    return BRANCHES, "".join(f"        - {b}\n" for b in branches)


DEADLINES = (
    Rule("no-length", ((WITHIN, ""),), ANSWER, "      answer:"),
    Rule("two-lengths", ((DAY, DAY + "    within: 3 days\n"),), "deadlines.pickup.due_on", "due_on"),
    Rule("due-on-no-date", ((DAY, "    due_on: loss\n"),), "deadlines.pickup.due_on", "due_on"),
    Rule("due-on-changed", ((DAY, DAY + "    pauses: {papers_requested: papers_sent}\n"),), "deadlines.pickup.pauses",
         "pauses: {papers_requested: papers_sent}", ((DAY, DAY + "    restarts: [pickup_agreed]\n"),)),
    Rule("due-on-changed", ((DAY, DAY + "    extends: {papers_sent: 3 days}\n"),), "deadlines.pickup.extends",
         "extends: {papers_sent"),
    Rule("bad-length", ((WITHIN, "        within: 7 dayes\n"),), f"{ANSWER}.within", "dayes",
         ((WITHIN, "        within: 1 day\n"),)),
    Rule("bad-length", ((WITHIN, "        within: 0 days\n"),), f"{ANSWER}.within", "0 days"),
    Rule("bad-length", (("every: 1 week", "every: 0 weeks"),), "states.refused.follow_up.every", "0 weeks"),
    Rule("bad-length", (("extension_notified: 15 days", "extension_notified: 0 days"),),
         f"{ANSWER}.extends.extension_notified", "0 days"),
    Rule("absurd-length", ((LIMIT, "    within: 101 years\n"),), "deadlines.limitation.within", "101 years",
         ((LIMIT, "    within: 100 years\n"),)),
    Rule("length-no-last", ((CONDITIONAL, CONDITIONAL.splitlines(keepends=True)[0]),), f"{DECISION}.within[0].when",
         "30 working days", ((CONDITIONAL, CONDITIONAL.replace("7 working days", "none")),)),
    Rule("length-no-last", (("        within:\n" + CONDITIONAL, "        within: []\n"),), f"{DECISION}.within",
         "within: []"),
    Rule("length-never", ((CONDITIONAL, CONDITIONAL + "          - {length: 9 days}\n"),), f"{DECISION}.within[2]",
         "9 days"),
    Rule("bad-offset", ((REMIND, REMIND.replace("2 days", "0 days")),), f"{ANSWER}.remind[0]", "0 days before"),
    Rule("reminder-hours", ((REMIND, REMIND.replace("2 days", "2 hours")),), f"{ANSWER}.remind[0]", "2 hours before",
         ((REMIND, REMIND.replace("2 days", "2 hours")), (WITHIN, "        within: 72 hours\n"))),
    Rule("no-basis", ((BASIS, ""),), ANSWER, "      answer:", ((BASIS, "        basis: {certainty: practice}\n"),),
         "warning"),
    Rule("same-instant", (*LAPSES_TOO, ("        within:\n" + CONDITIONAL, "        within: 7 days\n"), OTHER),
         "states.complaint.deadlines.other", "      other:",
         (*LAPSES_TOO, ("        within:\n" + CONDITIONAL, "        within: 7 working days\n"), OTHER), "warning"),
)  # fmt: skip

LAPSES = (
    Rule("not-taken", (("restarts: [new_facts_sent]", "restarts: [complained]"),), f"{ANSWER}.restarts[0]",
         "restarts: [complained]", (("restarts: [new_facts_sent]", "restarts: [court_papers_received]"),)),
    Rule("not-taken", (("{extension_notified: 15 days}", "{decided: 15 days}"),), f"{ANSWER}.extends.decided",
         "decided: 15 days", (("{extension_notified: 15 days}", "{court_accepted: 15 days}"),)),
    Rule("not-taken", (("papers_requested: papers_sent", "papers_requested: decided"),),
         f"{ANSWER}.pauses.papers_requested", "pauses"),
    Rule("not-taken-anywhere", (("      court_accepted: {}\n", "      claim_sent: {}\n"),),
         "deadlines.limitation.stops[0]", "stops: [court_accepted]"),
    Rule("pause-for-ever", (("papers_requested: papers_sent", "papers_requested: no_answer"),),
         f"{ANSWER}.pauses.papers_requested", "pauses",
         (("papers_requested: papers_sent", "papers_requested: pickup_agreed"),)),
    Rule("pause-for-ever", ((LIMIT, LIMIT + "    pauses: {decided: papers_sent}\n"),),
         "deadlines.limitation.pauses.decided", "pauses: {decided",
         ((LIMIT, LIMIT + "    pauses: {papers_sent: decided}\n"),)),
    Rule("lapse-not-taken", ((NO_ANSWER, ""),), f"{ANSWER}.lapses", "lapses: no_answer",
         ((NO_ANSWER, ""), (STANDING, STANDING + "  no_answer: {to: refused}\n"))),
    Rule("lapse-not-taken", (CLOSED, GIVEN_UP_EVENT, SERVED_TOO), "deadlines.limitation.lapses", "lapses: given_up",
         (CLOSED, GIVEN_UP_EVENT, SERVED_TOO, GIVEN_UP)),
    Rule("lapse-not-taken-warning", (CLOSED, GIVEN_UP_EVENT, GIVEN_UP), "deadlines.limitation.lapses",
         "lapses: given_up", (CLOSED, GIVEN_UP_EVENT, SERVED_TOO, GIVEN_UP), "warning"),
    Rule("lapse-guarded", ((NO_ANSWER, "      no_answer: {to: refused, requires: [evidence]}\n"),), f"{ANSWER}.lapses",
         "lapses: no_answer",
         ((NO_ANSWER, '      no_answer: [{to: settled, when: "facts.loss == 0"}, {to: refused}]\n'),)),
    Rule("lapse-asks",
         ((NO_ANSWER_EVENT, NO_ANSWER_EVENT.replace("clock}", "clock, asks: {why: {type: text, required: true}}}")),),
         f"{ANSWER}.lapses", "lapses: no_answer",
         ((NO_ANSWER_EVENT, NO_ANSWER_EVENT.replace("clock}", "clock, asks: {why: {type: text}}}")),)),
    Rule("lapse-cycle", (*LAPSES_TOO, (DECIDED, DECIDED + "      late: {to: waiting}\n"), ROUND),
         f"{ANSWER}.lapses", "lapses: no_answer", (*LAPSES_TOO, (DECIDED, DECIDED + AGAIN), ROUND)),
    Rule("lapse-cycle", ((NO_ANSWER, "      no_answer: {to: waiting}\n"),), f"{ANSWER}.lapses", "lapses: no_answer",
         ((NO_ANSWER, "      no_answer: {}\n"),)),
    Rule("lapse-cycle-deadlines",
         (CLOSED, GIVEN_UP_EVENT, SERVED_TOO, GIVEN_UP, (STARTS, "    starts: [claim_sent, given_up]\n")),
         "deadlines.limitation.lapses", "lapses: given_up"),
)  # fmt: skip

GUARDS = (
    Rule("never-taken", (guards('{to: settled, when: "facts.offered < 0"}', "{to: refused}"),),
         "states.waiting.transitions.offer_made[0].when", "facts.offered < 0",
         (guards('{to: settled, when: "facts.offered <= 0"}', "{to: refused}"),)),
    Rule("never-taken-shadowed", (guards("{to: settled}", '{to: refused, when: "facts.offered > 5"}'),),
         "states.waiting.transitions.offer_made[1]", "facts.offered > 5"),
    Rule("never-taken-shadowed",
         (guards(FIVE, '{to: refused, when: "facts.offered < 5"}', "{to: dropped}"),),
         "states.waiting.transitions.offer_made[2]", "to: dropped",
         (guards(FIVE, '{to: refused, when: "facts.offered < 5"}'),)),
    Rule("guard-gap",
         (guards('{to: settled, when: "facts.offered > 5"}', '{to: refused, when: "facts.offered < 5"}'),),
         "states.waiting.transitions.offer_made", "offer_made:",
         (guards('{to: settled, when: "facts.offered > 5"}', '{to: refused, when: "facts.offered <= 5"}'),), "warning"),
    Rule("guard-gap", ((DECIDED, '      decided: {to: settled, when: "facts.loss > 5"}\n'),),
         "states.complaint.transitions.decided", "decided:",
         (("      papers_sent: {}\n", '      papers_sent: {when: "facts.loss > 5"}\n'),), "warning"),
    Rule("guard-overlap",
         (guards(FIVE, '{to: refused, when: "facts.offered >= 1"}', "{to: dropped}"),),
         "states.waiting.transitions.offer_made[1].when", "facts.offered >= 1",
         (guards(FIVE, '{to: refused, when: "5 > facts.offered >= 1"}',
                 "{to: dropped}"),), "warning"),
    Rule("read-before-set", (("requires: [evidence]", 'requires: [evidence], when: "facts.offered == 0"'),),
         "states.drafting.transitions.claim_sent.when", "facts.offered == 0",
         (("requires: [evidence]", 'requires: [evidence], when: "facts.loss == 0"'),), "warning"),
)  # fmt: skip
RULES = (*DEADLINES, *LAPSES, *GUARDS)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r.code}:{r.key}")
def test_a_broken_file_is_found(rule: Rule) -> None:
    assert_found(rule)


@pytest.mark.parametrize("rule", [r for r in RULES if r.near], ids=lambda r: f"{r.code}:{r.key}")
def test_one_near_it_is_not(rule: Rule) -> None:
    assert_near(rule)


def test_a_source_that_has_ended_is_said_wherever_it_is_named() -> None:
    ended = findings(("effective: 2018-05-01", "effective: 2018-05-01, until: 2026-03-01"))

    assert {"source-ended"} == {f.code for f in ended}
    assert [f"{ANSWER}.basis.source", f"{DECISION}.basis.source"] == [f.key for f in ended][:2]


def test_a_slip_in_a_length_says_what_was_meant() -> None:
    (found,) = findings((WITHIN, "        within: 3 workingdays\n"))

    assert found.meant == "3 working days"


def test_two_guards_that_lead_to_the_same_state_may_overlap() -> None:
    same = guards(FIVE, '{to: settled, when: "facts.offered >= 1"}', "{to: dropped}")

    assert not findings(same)


def test_too_many_cases_claim_nothing_but_what_order_alone_shows() -> None:
    many = [f'{{to: settled, when: "facts.offered == {i} and facts.loss == {i}"}}' for i in range(150)]
    found = findings(guards(*many, "{to: refused}", "{to: dropped}"))

    assert not findings(guards(*many))
    assert [(f.code, f.key) for f in found] == [("never-taken-shadowed", "states.waiting.transitions.offer_made[151]")]


def test_bounds_out_of_order_say_nothing_of_guards() -> None:
    loss = "loss: {type: money, title: {zh: 损失金额, en: Loss}, min: 0}"
    found = findings(
        (loss, loss.replace("min: 0", "min: 9, max: 1")),
        guards("{to: settled, when: facts.loss > 10}", "{to: refused}"),
    )

    assert {f.code for f in found if f.severity == "error"} == {"bounds-order", "sets-bounds"}
