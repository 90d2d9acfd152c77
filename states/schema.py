"""The JSON Schema of the procedure format, for editors: made from the model, so it cannot differ from it."""

from __future__ import annotations

from typing import Any

import msgspec

from states.model import Procedure

_LENGTH = r"^[0-9]{1,9} (hour|day|working day|week|month|year)s?$"


def json_schema() -> dict[str, Any]:
    """The schema, draft 2020-12. What it refuses the reader refuses; checks refuse more."""
    schema: dict[str, Any] = msgspec.json.schema(Procedure)
    parts: dict[str, dict[str, Any]] = schema["$defs"]
    for part in parts.values():
        if "description" in part:
            part["description"] = " ".join(part["description"].split())
    for name in ("Deadline", "StandingDeadline"):
        _one_length(parts[name])
    parts["Words"]["anyOf"] = [{"required": ["zh"]}, {"required": ["en"]}]
    for name in ("Fact", "Ask"):
        parts[name]["if"] = {"properties": {"type": {"const": "choice"}}}
        parts[name]["then"] = {"required": ["of"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:escalation:procedure:1",
        "title": "Escalation procedure",
        **schema,
    }


def _one_length(deadline: dict[str, Any]) -> None:
    """Exactly one of `within` and `due_on`, and a length where `within` is text."""
    for each in deadline["properties"]["within"]["anyOf"]:
        if each.get("type") == "string":
            each |= {"pattern": _LENGTH, "examples": ["7 days", "10 working days", "3 months", "48 hours"]}
    deadline["oneOf"] = [{"required": ["within"]}, {"required": ["due_on"]}]
