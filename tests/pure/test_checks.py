"""Names, states and texts: every rule has a file that breaks it and one near it that does not."""

from __future__ import annotations

import pytest
from patched import PARCEL, Rule, assert_found, assert_near, findings

from states.errors import near_miss

LAST = "    basis: {certainty: default}\n"
DOCUMENTS = "documents:\n  letter: {title: Brief, template: claim_letter.typ, for: [drafting, decided]}\n"
DECIDED = "      decided: {to: settled}\n"
REFUSED = "      complained: {to: complaint}\n      claim_sent: {to: waiting}\n"
STATE = "  settled: {stage: done,"
FOLLOW_UP = "    follow_up: {every: 1 week, do: {zh: 想想下一步, en: Think of the next step}}\n"
ANSWERED = "    follow_up: {every: 2 weeks, do: {zh: 问问开庭时间, en: Ask for the hearing day}}\n"
CHANNEL = "channel: {type: choice, of: [hotline, app, letter], required: true}"
AMOUNT = "amount: {type: money, sets: loss, required: true, min: 0}"
OFFER = "asks: {amount: {type: money, sets: offered, required: true}}"
LATER = "  later:\n    stage: outside\n    title: {zh: 以后, en: Later}\n"
LATER_ENDS = LATER + "    follow_up: {every: 1 day, do: Look}\n    transitions: {decided: {to: settled}}\n"
TO_LATER = (DECIDED, DECIDED + "      papers_sent: {to: later}\n")
SETTLED = "zh: 已解决, en: Settled}, final: true, outcome: success"
HAND_IN = (
    ("      court_accepted: {}\n", "      court_accepted: {}\n      handed_in: {to: court_over}\n"),
    ("  picked_up: {title:", "  handed_in: {title: {zh: 交了, en: Handed in}, by: me}\n  picked_up: {title:"),
)

NAMES = (
    Rule("undefined-state", (("initial: drafting", "initial: draftin"),), "initial", "initial: d"),
    Rule(
        "undefined-state",
        ((DECIDED, "      decided: {to: setled}\n"),),
        "states.complaint.transitions.decided.to", "setled", (),
    ),
    Rule("undefined-state", (("initial: served", "initial: serve"),), "tracks.court.initial", "initial: serve"),
    Rule(
        "undefined-stage", ((STATE, "  settled: {stage: don,"),), "states.settled.stage", "stage: don,",
        ((STATE, "  settled: {stage: outside,"),),
    ),
    Rule("undefined-track", (("答辩, en: Answered}\n    track: court", "答辩, en: Answered}\n    track: curt"),),
         "states.answered.track", "track: curt"),
    Rule(
        "undefined-party", (("Decided}, by: authority}", "Decided}, by: autority}"),), "events.decided.by", "autority",
        (("Decided}, by: authority}", "Decided}, by: company}"),),
    ),
    Rule("undefined-party", (("        owed_by: authority\n", "        owed_by: clock\n"),),
         "states.complaint.deadlines.decision.owed_by", "owed_by: clock"),
    Rule(
        "undefined-event",
        (("      papers_sent: {}\n", "      papers_sent: {}\n      paper_sent: {}\n"),),
        "states.waiting.transitions.paper_sent", " paper_sent: {}", (),
    ),
    Rule("undefined-event", (("lapses: no_answer", "lapses: no_anser"),), "states.waiting.deadlines.answer.lapses",
         "no_anser"),
    Rule("undefined-event", (("starts: [court_papers_received]", "starts: [court_papers_received, curt]"),),
         "tracks.court.starts[1]", "curt"),
    Rule("undefined-checklist", (("requires: [evidence]", "requires: [evidence, evidense]"),),
         "states.drafting.transitions.claim_sent.requires[1]", "evidense"),
    Rule("undefined-fact", (("sets: offered", "sets: ofered"),), "events.offer_made.asks.amount.sets", "ofered"),
    Rule("undefined-fact", (("due_on: pickup_on", "due_on: pickup_no"),), "deadlines.pickup.due_on", "pickup_no"),
    Rule("undefined-source", (('{source: express-rules, article: "41"', '{source: express, article: "41"'),),
         "states.complaint.deadlines.decision.basis.source", "{source: express,"),
    Rule(
        "undefined-template", ((LAST, LAST + DOCUMENTS.replace("claim_letter", "claim_leter")),),
        "documents.letter.template", "claim_leter", ((LAST, LAST + DOCUMENTS),),
    ),
    Rule("undefined-state-or-event", ((LAST, LAST + DOCUMENTS.replace("drafting", "draft")),),
         "documents.letter.for[0]", "for: [draft,"),
    Rule("expression-name", (('when: "facts.loss >= 1000"', 'when: "facts.lost >= 1000"'),),
         "states.complaint.deadlines.decision.within[0].when", "facts.lost"),
    Rule("expression-type", (('when: "facts.loss >= 1000"', 'when: "facts.loss"'),),
         "states.complaint.deadlines.decision.within[0].when", '"facts.loss"'),
    Rule("expression-syntax", (('when: "facts.offered >= facts.loss"', 'when: "facts.offered >="'),),
         "states.waiting.transitions.offer_made[0].when", 'facts.offered >="'),
    Rule("unused-stage", (("  done: {title:", "  more: {title: {zh: 更多, en: More}}\n  done: {title:"),),
         "stages.more", "更多", severity="warning"),
    Rule("unused-party", (("  authority: {title:", "  court: {title: {zh: 法院, en: Court}}\n  authority: {title:"),),
         "parties.court", "  court: {title:", severity="warning"),
    Rule("unused-event", (("      complained: {to: complaint}\n", ""),), "events.complained", "  complained:",
         severity="warning"),
    Rule("unused-fact", (("  pickup_on: {type: date", "  other: {type: text, title: x}\n  pickup_on: {type: date"),),
         "facts.other", "  other:", severity="warning"),
    Rule("unused-checklist", ((", requires: [evidence]", ""),), "checklists.evidence", "  evidence:",
         ((", requires: [evidence]", ', when: "checklists.evidence"'),), "warning"),
    Rule("unused-source", (("facts:\n", "  old: {title: a, issuer: b, number: c, effective: 2001-01-01}\nfacts:\n"),),
         "sources.old", "  old:", severity="warning"),
    Rule("unused-deadline", (("    starts: [pickup_agreed]\n", ""),), "deadlines.pickup", "  pickup:",
         severity="warning"),
    Rule("reserved-name", (("  authority: {title:", "  clock: {title: x}\n  authority: {title:"),), "parties.clock",
         "  clock: {"),
    Rule("reserved-name", (("  court:\n    title: {zh: 诉讼", "  main:\n    title: {zh: 诉讼"),),
         "tracks.main", "  main:"),
    Rule("duplicate-deadline", (("      decision:\n", "      answer:\n"),), "states.complaint.deadlines.answer",
         "      answer:", (("      decision:\n", "      answer2:\n"),)),
)  # fmt: skip

VALUES = (
    Rule("of-missing", ((CHANNEL, "channel: {type: choice, required: true}"),), "events.claim_sent.asks.channel",
         "channel:"),
    Rule("of-twice", ((CHANNEL, CHANNEL.replace("app,", "app, app,")),), "events.claim_sent.asks.channel.of",
         "app, app"),
    Rule("of-needless", ((CHANNEL, CHANNEL.replace("choice", "text")),), "events.claim_sent.asks.channel.of",
         "channel:", ((CHANNEL, "channel: {type: text, max_length: 20}"),)),
    Rule("bound-needless", ((CHANNEL, "channel: {type: boolean, max_length: 20}"),),
         "events.claim_sent.asks.channel.max_length", "channel:"),
    Rule("bound-needless", ((CHANNEL, "channel: {type: text, min: 2}"),), "events.claim_sent.asks.channel.min",
         "channel:"),
    Rule("bound-type", ((CHANNEL, "channel: {type: integer, min: 2.5}"),), "events.claim_sent.asks.channel.min",
         "channel:", ((CHANNEL, "channel: {type: integer, min: 2}"),)),
    Rule("bound-type", ((CHANNEL, 'channel: {type: date, max: "2026-02-30"}'),), "events.claim_sent.asks.channel.max",
         "channel:", ((CHANNEL, 'channel: {type: date, max: "2026-02-28"}'),)),
    Rule("bound-type", ((CHANNEL, 'channel: {type: money, max: "lots"}'),), "events.claim_sent.asks.channel.max",
         "channel:", ((CHANNEL, 'channel: {type: money, max: "12.50"}'),)),
    Rule("bounds-order", ((CHANNEL, "channel: {type: integer, min: 2, max: 1}"),), "events.claim_sent.asks.channel.max",
         "channel:", ((CHANNEL, "channel: {type: integer, min: 2, max: 2}"),)),
    Rule("sets-type", ((OFFER, OFFER.replace("money", "text")),), "events.offer_made.asks.amount.sets",
         "type: text, sets", ((OFFER, OFFER.replace("money", "integer")),)),
    Rule(
        "sets-choice",
        ((CHANNEL, CHANNEL.replace("required", "sets: by_way, required")),
         ("  pickup_on: {type", "  by_way: {type: choice, of: [app, letter], title: x}\n  pickup_on: {type")),
        "events.claim_sent.asks.channel.of[0]", "channel:",
        ((CHANNEL, CHANNEL.replace("required", "sets: by_way, required")),
         ("  pickup_on: {type", "  by_way: {type: choice, of: [letter, app, hotline], title: x}\n  pickup_on: {type")),
    ),
    Rule("sets-bounds", ((AMOUNT, AMOUNT.replace("min: 0", "min: -1")),), "events.claim_sent.asks.amount.min",
         "min: -1", ((AMOUNT, AMOUNT.replace("min: 0", "min: 1")),)),
    Rule("sets-bounds", ((CHANNEL, "channel: {type: text, sets: way, max_length: 9}"),
                         ("  pickup_on: {type", "  way: {type: text, max_length: 8, title: x}\n  pickup_on: {type")),
         "events.claim_sent.asks.channel.max_length", "max_length: 9",
         ((CHANNEL, "channel: {type: text, sets: way, max_length: 8}"),
          ("  pickup_on: {type", "  way: {type: text, max_length: 8, title: x}\n  pickup_on: {type"))),
    Rule("no-date", (("effective: 2018-05-01", "effective: 2018-05-32"),), "sources.express-rules.effective",
         "2018-05-32", (("effective: 2018-05-01", "effective: 2018-05-31"),)),
    Rule("until-before-effective", (("effective: 2018-05-01", "effective: 2018-05-01, until: 2018-04-30"),),
         "sources.express-rules.until", "2018-04-30",
         (("effective: 2018-05-01", "effective: 2018-05-01, until: 2026-03-02"),)),
    Rule("unknown-timezone", (("Asia/Shanghai", "Asia/Shangai"),), "timezone", "timezone",
         (("Asia/Shanghai", "Europe/Berlin"),)),
    Rule("unknown-timezone", (("Asia/Shanghai", "Asia"),), "timezone", "timezone"),
    Rule("bad-calendar", (("calendar: CN", "calendar: cn"),), "calendar", "calendar",
         (("calendar: CN", "calendar: DE-BY"),)),
    Rule("text-empty", (("{zh: 准备, en: Drafting}", '{zh: "", en: Drafting}'),), "states.drafting.title.zh",
         'zh: ""', (("{zh: 准备, en: Drafting}", "Drafting"),)),
    Rule("text-empty", (("{zh: 准备, en: Drafting}", '" "'),), "states.drafting.title", 'title: " "'),
    Rule("text-empty", (("{zh: 准备, en: Drafting}", "{}"),), "states.drafting.title", "title: {}"),
    Rule("text-missing", (("{zh: 准备, en: Drafting}", "{zh: 准备}"),), "states.drafting.title", "title: {zh: 准备}",
         severity="warning"),
)  # fmt: skip

STATES = (
    Rule("initial-foreign", (("initial: drafting", "initial: served"),), "initial", "initial: served"),
    Rule("initial-final", (("initial: served", "initial: court_over"),), "tracks.court.initial", "initial: court_over",
         ()),
    Rule("no-final", (("track: court, final: true, outcome: success", "track: court"),), "tracks.court", "  court:",
         ()),
    Rule("outcome-not-final", (("    guidance: {zh: 把", "    outcome: success\n    guidance: {zh: 把"),),
         "states.drafting.outcome", "    outcome: success"),
    Rule("final-no-outcome", ((", final: true, outcome: withdrawn", ", final: true"),), "states.dropped", "  dropped:",
         ((", final: true, outcome: withdrawn", ", final: true, outcome: failure"),)),
    Rule("final-goes-on", ((SETTLED, SETTLED + ", transitions: {complained: {to: complaint}}"),),
         "states.settled.transitions", "  settled:"),
    Rule("foreign-target", ((DECIDED, "      decided: {to: court_over}\n"),), "states.complaint.transitions.decided.to",
         "decided: {to: court_over}"),
    Rule("empty-list", ((DECIDED, "      decided: []\n"),), "states.complaint.transitions.decided", "decided: []"),
    Rule("unreachable", ((STATE, LATER_ENDS + STATE),), "states.later", "  later:",
         (TO_LATER, (STATE, LATER_ENDS + STATE))),
    Rule("dead-end", (("  dropped_by_me: {to: dropped}\n", ""),
                      ("      offer_made: {to: settled}\n", "      papers_sent: {to: later}\n"),
                      (STATE, LATER + STATE)),
         "states.later", "  later:", (TO_LATER, (STATE, LATER_ENDS + STATE))),
    Rule("waits-forever", ((ANSWERED, ""),), "states.answered", "  answered:", ((ANSWERED, ""), *HAND_IN)),
    Rule("waits-forever-warning", ((FOLLOW_UP, ""), (REFUSED, DECIDED.replace("decided", "offer_made")),
                                   ("      claim_sent: {to: waiting, requires: [evidence]}\n",
                                    "      claim_sent: {to: waiting, requires: [evidence]}\n"
                                    "      complained: {to: complaint}\n")),
         "states.refused", "  refused:", severity="warning"),
    Rule("idle-loop", ((FOLLOW_UP, ""), (REFUSED, REFUSED + "      papers_sent: {to: refused}\n")), "states.refused",
         "  refused:", ((REFUSED, REFUSED + "      papers_sent: {to: refused}\n"),), "warning"),
    Rule("clock-never", ((DECIDED, DECIDED + "      no_answer: {to: refused}\n"),),
         "states.complaint.transitions.no_answer", "no_answer: {to: refused}"),
    Rule("clock-never", (("  court_papers_received: {title: {zh: 收到传票, en: Court papers}, by: authority}",
                          "  court_papers_received: {title: {zh: 收到传票, en: Court papers}, by: clock}"),),
         "tracks.court.starts[0]", "starts: [court"),
    Rule("track-never-starts", (("starts: [court_papers_received]", "starts: []"),
                                ("      decided: {to: settled}\n", DECIDED + "      court_papers_received: {}\n")),
         "tracks.court.starts", "starts: []"),
)  # fmt: skip
RULES = (*NAMES, *VALUES, *STATES)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r.code}:{r.key}")
def test_a_broken_file_is_found(rule: Rule) -> None:
    assert_found(rule)


@pytest.mark.parametrize("rule", [r for r in RULES if r.near], ids=lambda r: f"{r.code}:{r.key}")
def test_one_near_it_is_not(rule: Rule) -> None:
    assert_near(rule)


def test_the_valid_procedure_has_no_findings() -> None:
    assert not findings()


def test_one_mistake_is_one_finding() -> None:
    lasting = (
        SETTLED + ", deadlines: {more: {title: x, owed_by: me, within: 1 day, restarts: [decided], lapses: no_answer}}"
    )
    unknown = ("      papers_sent: {}\n", '      papers_sent: {}\n      paper_sent: {when: "event.x > 1"}\n')

    assert [f.code for f in findings((SETTLED, lasting)) if f.severity == "error"] == ["final-goes-on"]
    assert [f.code for f in findings(unknown)] == ["undefined-event"]


def test_a_near_miss_is_said() -> None:
    (found,) = (f for f in findings(("Decided}, by: authority}", "Decided}, by: autority}")) if f.severity == "error")

    assert (found.found, found.meant) == ("autority", "authority")


@pytest.mark.parametrize(
    ("typed", "known", "meant"),
    [
        ("wating", ("won_waiting", "waiting"), "waiting"),
        ("wating", ("won_waiting", "offered"), None),
        ("answer_received", ("court_papers_received", "answered"), None),
        ("alipay", ("alipay-repayment", "court-papers"), "alipay-repayment"),
        ("amount", ("amount_owed", "amount_paid"), None),
        ("", ("_a",), None),
        ("fone", ("phone", "mail"), "phone"),
        ("paid", ("not_paid", "owed"), None),
        ("waiting", ("won_waiting", "offered"), None),
        ("complaint_filed", ("complaint_decided",), None),
        ("enforcement_oepn", ("enforcement_over", "enforcement_open"), "enforcement_open"),
        ("7kq5", ("7a95", "x3kd"), None),
        ("答辨期限", ("答辩期限", "上诉期限"), "答辩期限"),
    ],
)
def test_only_what_was_meant_is_suggested(typed: str, known: tuple[str, ...], meant: str | None) -> None:
    assert near_miss(typed, known) == meant


def test_findings_come_in_the_order_of_the_file() -> None:
    found = findings(("initial: drafting", "initial: draftin"), ("sets: offered", "sets: ofered"))

    assert sorted((f.line, f.column) for f in found) == [(f.line, f.column) for f in found]
    assert len({f.line for f in found}) > 1


def test_the_column_is_that_of_the_key() -> None:
    (found,) = (f for f in findings(("due_on: pickup_on", "due_on: pickup_no")) if f.code == "undefined-fact")

    assert found.column == len("    d")
    assert PARCEL.splitlines()[found.line - 1] == "    due_on: pickup_on"
