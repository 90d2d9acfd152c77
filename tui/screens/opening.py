"""Where somebody stands, in their own words -> a case brought there: procedure, values, events with their days.

Nothing that was said is lost: what the procedure does not take, now or ever, the case keeps as a note.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation.errors import BadInput, NotFound, Refused, WouldConflict
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

DAYS = ("asked", "refused", "filed", "answered", "above", "received", "found", "contacted")
"""The answers that are days. Each is the day of a step."""
_ANSWERS = {"amount_owed": "amount", "claimed": "amount", "sum": "amount"}
"""Answers that a procedure calls otherwise."""

Say = Callable[[str], str]


class Step(NamedTuple):
    """One event to be recorded."""

    event: str
    day: str | None
    """As it was typed; None: none was said."""
    data: Mapping[str, Any] = {}
    ready: tuple[str, ...] = ()
    """Checklists that must have been in order then: whoever has done it has had them."""
    tells: tuple[str, ...] = ()
    """Answers that are said by it and its data, besides the day."""


class Plan(NamedTuple):
    """A case to be opened."""

    procedure: str
    title: str | None
    facts: dict[str, str]
    steps: tuple[Step, ...]
    said: Mapping[str, Any]
    """The answers that it was made of, by field."""

    @property
    def opened(self) -> str | None:
        """The first day that was said."""
        return min((s.day for s in self.steps if s.day), default=None)

    @property
    def other(self) -> tuple[str, ...]:
        """Answers, but for the name and the days, that are no value of the case."""
        facts = {_ANSWERS.get(name, name) for name in self.facts}
        return tuple(n for n in self.said if n != "name" and n not in DAYS and n not in facts)


class Kept(NamedTuple):
    """A step that the procedure does not take yet; a note keeps it."""

    title: str
    day: str | None
    lacks: str | None
    """The answer without which it cannot be recorded."""
    unready: tuple[str, ...]
    """What checklists that are not in order are called."""


class Opened(NamedTuple):
    """What became of a plan."""

    case: str
    taken: tuple[Step, ...]
    kept: tuple[Kept, ...]
    apart: tuple[str, ...]
    """Answers that a note keeps, by field."""
    ticked: bool
    """Whether anything was taken as ready because of what was done."""

    @property
    def lacks(self) -> str | None:
        """The first answer without which something could not be recorded."""
        return next((each.lacks for each in self.kept if each.lacks), None)


class Notes(NamedTuple):
    """How notes are worded."""

    step: Callable[[str, str | None], str]
    """From what the event is called, and its day."""
    answers: Callable[[Sequence[str]], str]
    """From the answers that it is to say, by field."""


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
    name, said = said.get("name") or None, {n: value for n, value in said.items() if value}
    if place == "papers":
        return Plan(_PAPERS, name, {}, _papers(said), said)
    if place == "bought":
        facts = {"claimed": said["amount"]} if said.get("amount") else {}
        return Plan(_SHOPPING, name, facts, _dated(_bought(said)), said)
    if place == "credit":
        return Plan(_CREDIT, name, {}, (), said)
    facts = {"respondent": said.get("respondent"), "amount_owed": said.get("amount")}
    return Plan(_LENDING, name, {k: v for k, v in facts.items() if v}, _dated(_lending(place, said)), said)


def _papers(said: Mapping[str, Any]) -> tuple[Step, ...]:
    kind, day = said.get("kind"), said.get("received")
    if kind in _PAPER_EVENTS:
        return (Step(_PAPER_EVENTS[kind], day, tells=("kind",)),)
    data = {name: said[answer] for name, answer in (("kind", "kind"), ("claimed", "amount")) if answer in said}
    return (Step("papers_received", day, data, tells=("kind", "amount")),) if data or day else ()


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
        Step("proposal_rejected", refused, {"reason": said.get("reason") or "not_said"}, tells=("reason",)),
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
        papers = ("genuine_association", "help_papers")
        return [
            *steps, Step("help_sought", above, tells=("where",)),
            Step("association_contacted", above, place_of, papers, ("place",)),
        ]  # fmt: skip
    return [
        *steps, Step("regulator_considered", above, tells=("where",)),
        Step("regulator_complaint_sent", above, whose, ("regulator_papers",)),
    ]  # fmt: skip


def _dated(steps: Sequence[Step]) -> tuple[Step, ...]:
    """A day that was not said is that of the next thing, as far as one is known; else that of the one before."""
    found: list[Step] = []
    for i, step in enumerate(steps):
        later = next((s.day for s in steps[i:] if s.day), None)
        found.append(step._replace(day=later or (found[-1].day if found else None)))
    return tuple(found)


def carry_out(desk: Desk, made: Plan, notes: Notes) -> Opened:
    """Open the case and record what has happened; what the procedure does not take becomes a note.

    To be run by `Desk.at_once`: it is several entries, and belongs together.
    """
    case = desk.open(made.procedure, title=made.title, at=made.opened, facts=made.facts)
    titles, ticked = desk.titles(case), False
    taken, kept = list[Step](), list[Kept]()
    for step in made.steps:
        try:
            for item in _unticked(desk, case, step):
                desk.done(case, item, at=step.day)
                ticked = True
            desk.record(case, step.event, step.data, at=step.day)
            taken.append(step)
        except (Refused, BadInput, NotFound, WouldConflict) as error:
            title = titles["event"].get(step.event, step.event)
            unready = tuple(titles["checklist"].get(name, name) for name in _unready(error))
            kept.append(Kept(title, step.day, _lacking(error), unready))
            desk.note(case, notes.step(title, step.day))
    told = {name for step in taken for name in step.tells}
    apart = tuple(name for name in made.other if name not in told)
    if apart:
        desk.note(case, notes.answers(apart))
    return Opened(case, tuple(taken), tuple(kept), apart, ticked)


def _unticked(desk: Desk, case: str, step: Step) -> list[str]:
    """What its checklists still lack on its day."""
    if not step.ready:
        return []
    lists = desk.show(case, as_of=step.day)["checklists"]
    missing = [(name, item) for name in step.ready for item in lists[name]["missing"]]
    return [item if "." in item else f"{name}.{item}" for name, item in missing]


def _lacking(error: Exception) -> str | None:
    """The answer that a step asks for, and nobody gave."""
    problems = error.problems if isinstance(error, BadInput) else ()
    required = (p.field for p in problems if p.expected == "required")
    return next((_ANSWERS.get(name, name) for name in required), None)


def _unready(error: Exception) -> list[str]:
    """The checklists that keep a step out."""
    if isinstance(error, Refused):
        return [name for each in error.refusal.missing for name in each.checklists]
    problems = error.problems if isinstance(error, BadInput) else ()
    return [str(p.value).partition(".")[0] for p in problems if p.expected == "attachment"]
