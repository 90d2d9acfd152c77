"""The JSON Schema of the procedure format, for editors: made from the model, so it cannot differ from it."""

from __future__ import annotations

from typing import Any

import msgspec

from states.model import Procedure

Data = dict[str, Any]

_LENGTH = r"^[0-9]{1,9} (hour|day|working day|week|month|year)s?$"
_SAID = {
    "Procedure.procedure": "The id: small letters, digits and -.",
    "Procedure.version": "A label for people. What pins a case is the content.",
    "Procedure.timezone": "Where its days are days: Asia/Shanghai.",
    "Procedure.calendar": "The working days: CN, or a country code of the holidays library.",
    "Procedure.initial": "The state of the main track in which a case begins.",
    "Procedure.stages": "The lanes, in the order drawn.",
    "Procedure.parties": "Who can owe a deadline or cause an event; `me` is the person whose case it is.",
    "Procedure.events": "What can happen, and what is asked then.",
    "Procedure.sources": "What the periods rest on.",
    "Procedure.facts": "Typed values that a case holds.",
    "Procedure.checklists": "What must be at hand before something can be done.",
    "Procedure.transitions": "Those of every state of the main track that is not final.",
    "Procedure.tracks": "What runs beside the main track.",
    "Procedure.deadlines": "Those that run whatever the state.",
    "Procedure.documents": "Templates offered, per state or event.",
    "Event.by": "A party, or `clock`.",
    "Ask.sets": "The fact that the answer is stored as, too.",
    "Item.why": "Why it is needed, for the person who has to find it.",
    "Source.number": "The number of the document.",
    "Source.effective": "The first day it was in force.",
    "Source.until": "The last day it was in force; none while it is.",
    "Basis.certainty": "statute: in force, read in the text. local: one province's rule. reported: a secondary source "
    "only. practice: what people report. default: a suggestion of this procedure.",
    "State.stage": "The lane it is drawn in.",
    "State.track": "Left out for the main track.",
    "State.guidance": "Markdown: what to do here, and how.",
    "State.deadlines": "They start when the state is entered and stop when it is left. Ids are unique in the file.",
    "State.transitions": "By event. A list is tried in order, and the first whose conditions hold is taken.",
    "State.outcome": "How the matter ended; of a final state only.",
    "Track.starts": "The events that start it.",
    "Transition.to": "The state entered. Left out: nothing is left or entered, and deadlines keep running.",
    "Transition.requires": "Checklists that must be complete.",
    "Transition.when": "An expression over facts, event, case, tracks and checklists: facts.offered >= facts.loss.",
    "Transition.because": "Why it goes this way, in words.",
    "Deadline.owed_by": "The party that must act by then.",
    "Deadline.within": "A length, or a list of lengths with conditions, the last without.",
    "Deadline.due_on": "Instead of `within`: the date fact that holds the last day.",
    "Deadline.roll": "What becomes of a last day off. Left out: it moves on for what others owe, not for what I owe.",
    "Deadline.remind": "When to be reminded, seen from the last day.",
    "Deadline.lapses": "The event that the clock applies when it runs out.",
    "Deadline.extends": "By event, the new length, counted from the same start.",
    "Deadline.pauses": "By event that stops the clock, the event that lets it go on.",
    "Deadline.restarts": "Events that start it afresh.",
    "StandingDeadline.starts": "Events that start it.",
    "StandingDeadline.stops": "Events that end it.",
    "Value.of": "The choices.",
    "Value.max_length": "The most characters of a text.",
    "Document.for": "States and events where it is offered.",
}
"""What an editor shows at a key, by class and key; the class itself is described by its docstring."""
_BASES = {"StandingDeadline": "Deadline", "Fact": "Value", "Ask": "Value"}


def json_schema() -> Data:
    """The schema, draft 2020-12. What it refuses the reader or the checks refuse; they refuse more."""
    schema: Data = msgspec.json.schema(Procedure)
    parts: dict[str, Data] = schema["$defs"]
    for name, part in parts.items():
        part["description"] = " ".join(part["description"].split())
        for key, shape in part["properties"].items():
            said = _SAID.get(f"{name}.{key}") or _SAID.get(f"{_BASES.get(name)}.{key}")
            part["properties"][key] = {**({"description": said} if said else {}), **_without_null(shape)}
    for name in ("Deadline", "StandingDeadline"):
        _exactly_one_length(parts[name])
    for name in ("Fact", "Ask"):
        _choices_of_a_choice(parts[name])
    _outcome_of_an_end(parts["State"])
    parts["Words"]["minProperties"] = 1
    parts["Procedure"]["properties"]["parties"]["propertyNames"]["not"] = {"const": "clock"}
    parts["Procedure"]["properties"]["tracks"]["propertyNames"]["not"] = {"const": "main"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:escalation:procedure:1",
        "title": "Escalation procedure",
        "description": "One file is one procedure: its states, transitions and deadlines.",
        **schema,
    }


def _without_null(shape: Data) -> Data:
    """An optional key is left out: the reader takes no `null`, so an editor must not offer it."""
    shape = {key: value for key, value in shape.items() if (key, value) != ("default", None)}
    if "anyOf" not in shape:
        return shape
    kept = [each for each in shape.pop("anyOf") if each != {"type": "null"}]
    return {**shape, **kept[0]} if len(kept) == 1 else {**shape, "anyOf": kept}


def _exactly_one_length(deadline: Data) -> None:
    """Of `within` and `due_on`; and text in `within` is a length, which the model cannot say."""
    for each in deadline["properties"]["within"]["anyOf"]:
        if each.get("type") == "string":
            each |= {"pattern": _LENGTH, "examples": ["7 days", "10 working days", "3 months", "48 hours"]}
        else:
            each["minItems"] = 1
    deadline["oneOf"] = [{"required": ["within"]}, {"required": ["due_on"]}]


def _choices_of_a_choice(value: Data) -> None:
    value["properties"]["of"] |= {"minItems": 1, "uniqueItems": True}
    value["if"] = {"properties": {"type": {"const": "choice"}}}
    value["then"] = {"required": ["of"]}
    value["else"] = {"properties": {"of": False}}


def _outcome_of_an_end(state: Data) -> None:
    """A final state has an outcome and nothing goes on in it; no other state has one."""
    state["if"] = {"properties": {"final": {"const": True}}, "required": ["final"]}
    state["then"] = {
        "required": ["outcome"],
        "properties": {"follow_up": False, "deadlines": {"maxProperties": 0}, "transitions": {"maxProperties": 0}},
    }
    state["else"] = {"properties": {"outcome": False}}
