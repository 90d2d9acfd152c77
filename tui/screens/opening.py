"""Where somebody stands, in their own words -> a case brought there: procedure, values, events with their days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation.errors import BadInput, NotFound, Refused, WouldConflict
from escalation.wording import Wording, visible
from tui.forms import Field

if TYPE_CHECKING:
    from escalation.api import Desk

PLACES = ("not_yet", "refused", "filed", "above", "papers", "bought", "credit", "demo")
"""What the first question offers, in its order."""

_LENDING, _PAPERS, _SHOPPING, _CREDIT = (
    "alipay-repayment", "court-papers", "online-shopping-12315", "credit-record-objection",
)  # fmt: skip
_RESPONDENTS = ("consumer_finance", "bank", "payment_company", "debt_buyer", "micro_lender")
_REASONS = ("more_information", "capacity", "policy", "not_said")
_REGIONS = ("shanghai", "zhejiang", "elsewhere")
_PAPER_EVENTS = {"enforcement": "enforcement_notice_received", "judgment": "judgment_against_me"}
"""Papers that are not the first ones of a case, by the event that tells of them."""

Say = Callable[[str], str]


class Step(NamedTuple):
    """One event to be recorded."""

    event: str
    day: str | None
    """As it was typed; None: none was said."""
    data: Mapping[str, Any] = {}
    ready: tuple[str, ...] = ()
    """Checklists that must have been in order then: whoever has done it has had them."""


class Plan(NamedTuple):
    """A case to be opened."""

    procedure: str
    title: str | None
    facts: dict[str, str]
    steps: tuple[Step, ...]

    @property
    def opened(self) -> str | None:
        """The first day that was said."""
        return min((s.day for s in self.steps if s.day), default=None)


class Progress:
    """How far the opening got: a store that is busy halfway is asked again for the rest only."""

    def __init__(self) -> None:
        self.case: str | None = None
        self.done = 0
        self.refused: list[str] = []
        """Events that the procedure did not take; they were kept as notes."""


def whom(place: str, say: Say) -> tuple[Field, ...]:
    """The fields of the second question: who it is about, and how much."""
    name = Field("name", say("welcome.field_name"), "text", limits={"max_length": 60})
    money = Field("amount", say("welcome.field_amount"), "money", limits={"min": 0})
    if place == "papers":
        kinds = ("suit", "payment_order", "arbitration", "judgment", "enforcement")
        return Field("kind", say("welcome.field_kind"), "choice", of=kinds), name, money
    if place == "bought":
        return name, money
    if place == "credit":
        return (name,)
    return name, Field("respondent", say("welcome.field_respondent"), "choice", of=_RESPONDENTS), money


def when(place: str, say: Say) -> tuple[Field, ...]:
    """The fields of the third question: the days that matter."""

    def day(name: str) -> Field:
        return Field(name, say(f"welcome.day_{name}"), "past")

    asked = (day("asked"), day("refused"), Field("reason", say("welcome.field_reason"), "choice", of=_REASONS))
    above = (
        day("answered"), Field("where", say("welcome.field_where"), "choice", of=("regulator", "association")),
        Field("place", say("welcome.field_place"), "choice", of=_REGIONS), day("above"),
    )  # fmt: skip
    return {
        "refused": asked, "filed": (*asked, day("filed")), "above": (*asked, day("filed"), *above),
        "papers": (day("received"),), "bought": (day("found"), day("contacted")),
    }.get(place, ())  # fmt: skip


def plan(place: str, said: Mapping[str, Any]) -> Plan:
    """What to open and to record. `said`: the answers by field, days as ISO text."""
    name = said.get("name") or None
    if place == "papers":
        return Plan(_PAPERS, name, {}, _papers(said))
    if place == "bought":
        facts = {"claimed": said["amount"]} if said.get("amount") else {}
        return Plan(_SHOPPING, name, facts, _dated(_bought(said)))
    if place == "credit":
        return Plan(_CREDIT, name, {}, ())
    facts = {"respondent": said.get("respondent"), "amount_owed": said.get("amount")}
    return Plan(_LENDING, name, {k: v for k, v in facts.items() if v}, _dated(_lending(place, said)))


def _papers(said: Mapping[str, Any]) -> tuple[Step, ...]:
    kind, day = said.get("kind"), said.get("received")
    if kind in _PAPER_EVENTS:
        return (Step(_PAPER_EVENTS[kind], day),)
    claimed = {"claimed": said["amount"]} if said.get("amount") else {}
    return (Step("papers_received", day, {"kind": kind, **claimed}),) if kind else ()


def _bought(said: Mapping[str, Any]) -> list[Step]:
    steps = [Step("problem_found", said.get("found"))]
    if said.get("contacted"):
        data = {"sum": said["amount"]} if said.get("amount") else {}
        steps.append(Step("seller_contacted", said["contacted"], data))
    return steps


def _lending(place: str, said: Mapping[str, Any]) -> list[Step]:
    if place == "not_yet":
        return []
    refused, filed = said.get("refused"), said.get("filed")
    steps = [
        Step("proposal_sent", said.get("asked") or refused, {}, ("hardship",)),
        Step("proposal_rejected", refused, {"reason": said.get("reason") or "not_said"}),
    ]
    if place == "refused":
        return steps
    whose = {"respondent": said["respondent"]} if said.get("respondent") else {}
    steps += [
        Step("complaint_considered", filed),
        Step("complaint_decided", filed, whose, ("contract", "reasonable")),
        Step("complaint_sent", filed, {}, ("complaint",)),
    ]
    if place == "filed":
        return steps
    if said.get("answered"):
        steps.append(Step("decision_received", said["answered"], {"result": "refused"}))
    above = said.get("above")
    if said.get("where") == "association":
        place_of = {"place": said["place"]} if said.get("place") else {}
        return [
            *steps, Step("help_sought", above),
            Step("association_contacted", above, place_of, ("genuine_association", "help_papers")),
        ]  # fmt: skip
    return [
        *steps, Step("regulator_considered", above),
        Step("regulator_complaint_sent", above, whose, ("regulator_papers",)),
    ]  # fmt: skip


def _dated(steps: Sequence[Step]) -> tuple[Step, ...]:
    """A day that was not said is that of the next thing, as far as one is known; else that of the one before."""
    found: list[Step] = []
    for i, step in enumerate(steps):
        later = next((s.day for s in steps[i:] if s.day), None)
        found.append(step._replace(day=later or (found[-1].day if found else None)))
    return tuple(found)


def sentences(
    made: Plan, described: Mapping[str, Any], words: Wording, day: Callable[[str | None], str], hidden: str | None
) -> list[str]:
    """What will be written, before it is. `described`: the procedure; `hidden`: what stands for name and amount."""
    titles = {t["event"]: t["title"] for s in described["states"] for t in s["transitions"]}
    title = hidden or visible(made.title or described["title"])
    lines = [words.say("welcome.will_open", title=title, procedure=described["title"])]
    amount = made.facts.get("amount_owed") or made.facts.get("claimed")
    if amount:
        lines.append(words.say("welcome.will_amount", amount=hidden or amount))
    lines += [words.say("welcome.will_record", day=day(s.day), event=titles.get(s.event, s.event)) for s in made.steps]
    if any(step.ready for step in made.steps):
        lines.append(words.say("welcome.will_tick"))
    return lines


def carry_out(desk: Desk, plan: Plan, progress: Progress, note: Callable[[str, str | None], str]) -> str:
    """Open the case and record what has happened; what the procedure does not take becomes a note. The case's id."""
    if progress.case is None:
        progress.case = desk.open(plan.procedure, title=plan.title, at=plan.opened, facts=plan.facts)
    case, titles = progress.case, desk.titles(progress.case)
    for n, step in enumerate(plan.steps[progress.done :], progress.done):
        key = f"opening-{n}"
        try:
            for checklist in step.ready:
                for item in desk.show(case, as_of=step.day)["checklists"][checklist]["missing"]:
                    desk.done(case, item if "." in item else f"{checklist}.{item}", at=step.day)
            desk.record(case, step.event, step.data, at=step.day, key=key)
        except (Refused, BadInput, NotFound, WouldConflict):
            title = titles["event"].get(step.event, step.event)
            desk.note(case, note(title, step.day), key=key)
            progress.refused.append(title)
        progress.done = n + 1
    return case
