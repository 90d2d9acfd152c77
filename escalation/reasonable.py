"""The questions before a complaint, answered from the case: what is there, what is missing, one next thing for each.

They are those of the guide the product follows: is my demand reasonable, is the evidence there, what is the other
side's position, what does a complaint not do. The texts are in `states/ground/reasonable.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from escalation.sourced import citations, ground, text
from escalation.wording import Wording, wording

Data = dict[str, Any]


class Case(NamedTuple):
    """What is known of a case."""

    show: Data
    """As `desk.show` says it."""
    titles: Mapping[str, Mapping[str, str]]
    log: Sequence[Data]
    """As `desk.log` says it."""
    room: Data | None
    """What can be paid a month (`low`, `likely`), or None where there is no budget."""


class Weighed(NamedTuple):
    """What figures and papers say about a question."""

    have: list[str]
    missing: list[str]
    worry: str | None = None
    """Something that speaks against it."""


def reasonable(case: Case, lang: str) -> Data:
    """Every question with its answer.

    Shape: `questions`: each `id`, `text`, `why`, `answered`, `have` and `missing` (texts), `worry` (a text or None),
    `next` (one thing to do, None when answered), `item` (the checklist item to tick next, or None), `rests_on`;
    `answered` (how many), `of`, `ready` (all, and no worry), `first` (the id of the first that is open).
    """
    said = wording(lang)
    found = [_answered(each, case, lang, said) for each in ground("reasonable")["question"]]
    first = next((each["id"] for each in found if not each["answered"]), None)
    return {
        "case": case.show["case"],
        "questions": found,
        "answered": sum(each["answered"] for each in found),
        "of": len(found),
        "ready": first is None,
        "first": first,
    }


def _answered(entry: Mapping[str, Any], case: Case, lang: str, said: Wording) -> Data:
    have, missing, item = _written(entry, case)
    weighed = _WEIGHS[entry["weighs"]](case, said) if "weighs" in entry else Weighed([], [])
    have, missing = have + weighed.have, missing + weighed.missing
    answered = bool(have) and not missing and weighed.worry is None
    return {
        "id": entry["id"],
        "text": text(entry["text"], lang),
        "why": text(entry["why"], lang),
        "answered": answered,
        "have": have,
        "missing": missing,
        "worry": weighed.worry,
        "next": None if answered else weighed.worry or text(entry["next"], lang),
        "item": None if answered else item,
        "rests_on": citations(entry, lang),
    }


def _written(entry: Mapping[str, Any], case: Case) -> tuple[list[str], list[str], str | None]:
    """Ticked and unticked items, filled and empty facts, logged and unlogged events, by what people call them."""
    have: list[str] = []
    missing: list[str] = []
    unticked = [i for i in entry.get("items", ()) if _known(case, "item", i) and not _ticked(case, i)]
    for kind in ("item", "fact", "event"):
        for id in entry.get(f"{kind}s", ()):
            if _known(case, kind, id):
                (have if _there(case, kind, id) else missing).append(case.titles[kind][id])
    return have, missing, next(iter(unticked), None)


def _known(case: Case, kind: str, id: str) -> bool:
    return id in case.titles.get(kind, {})


def _there(case: Case, kind: str, id: str) -> bool:
    """Whether an item is ticked, a fact filled in, an event logged."""
    if kind == "item":
        return _ticked(case, id)
    if kind == "fact":
        return case.show["facts"].get(id) is not None
    return any(row["event"] == id for row in case.show["history"])


def _ticked(case: Case, item: str) -> bool:
    """Whether an item was ticked last, not unticked."""
    rows = [r for r in case.log if r["kind"] == "check" and r["item"] == item and not r["withdrawn"]]
    return bool(rows) and bool((rows[-1].get("now") or rows[-1]).get("done", rows[-1]["done"]))


# -- what figures and papers say ----------------------------------------------------------------------------


def _demand(case: Case, said: Wording) -> Weighed:
    """What I ask, held against my own budget and what is owed."""
    facts, have = case.show["facts"], []
    offer, waiver = _amount(facts, "monthly_offer"), _amount(facts, "waiver_asked")
    principal, owed = _amount(facts, "principal_owed"), _amount(facts, "amount_owed")
    if offer is not None:
        key = "reasonable.offer_months" if facts.get("months_offer") else "reasonable.offer"
        have.append(said.say(key, amount=f"{offer:,.2f}", months=facts.get("months_offer")))
    room = Decimal(case.room["low"]) if case.room else None
    if offer is not None and room is not None:
        if offer > room:
            hoped = case.room is not None and offer <= Decimal(case.room["likely"])
            key = "reasonable.above_sure_room" if hoped else "reasonable.above_room"
            return Weighed(have, [], said.say(key, offer=f"{offer:,.2f}", room=f"{room:,.2f}"))
        have.append(said.say("reasonable.within_room", room=f"{room:,.2f}"))
    if waiver is not None and owed is not None and principal is not None and waiver > owed - principal:
        return Weighed(have, [], said.say("reasonable.waiver_of_principal", waiver=f"{waiver:,.2f}"))
    missing = []
    if offer is None and _known(case, "fact", "monthly_offer"):
        missing.append(said.say("reasonable.no_offer"))
    if room is None and _known(case, "fact", "income_wages"):
        missing.append(said.say("reasonable.no_budget"))
    return Weighed(have, missing)


def _evidence(case: Case, said: Wording) -> Weighed:
    """What is attached, and the conversations that were logged."""
    files = {r["sha256"] for r in case.log if r["kind"] == "attach" and not r["withdrawn"]}
    talks = sum(
        r["kind"] == "event" and r["event"] in ("contact_logged", "collector_contacted") and not r["withdrawn"]
        for r in case.log
    )
    have = [said.say("reasonable.files", n=len(files))] if files else []
    have += [said.say("reasonable.talks", n=talks)] if talks else []
    return Weighed(have, [] if files else [said.say("reasonable.no_files")])


def _other_side(case: Case, said: Wording) -> Weighed:
    """What they said last, as far as it was logged."""
    rows = [row for row in case.show["history"] if row["by"] not in ("me", "clock")]
    if not rows:
        return Weighed([], [said.say("reasonable.not_heard")])
    last = rows[-1]
    event = case.titles["event"].get(last["event"], last["event"])
    return Weighed([said.say("reasonable.heard", event=event, day=said.day(last["at"], case.show["as_of"]))], [])


def _amount(facts: Mapping[str, Any], name: str) -> Decimal | None:
    return Decimal(str(facts[name])) if facts.get(name) is not None else None


_WEIGHS = {"demand": _demand, "evidence": _evidence, "other_side": _other_side}
