"""The procedure of the tests with small changes, and what checking says of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from states.checks import check
from states.errors import Finding
from states.reader import read_procedure

PARCEL = (Path(__file__).parent / "procedures" / "parcel-dispute.yaml").read_text(encoding="utf-8")
TEMPLATES = ("claim_letter.typ",)
TODAY = "2026-03-02"

Change = tuple[str, str]
"""What stands there, exactly once, and what is put in its place."""


class Rule(NamedTuple):
    """A broken file, where the finding is, and a file near it with which nothing is wrong."""

    code: str
    changes: tuple[Change, ...]
    key: str
    at: str
    """Part of the line that the finding names."""
    near: tuple[Change, ...] = ()
    """Nothing where the procedure itself is near enough."""
    severity: str = "error"


def patched(*changes: Change) -> str:
    """The text of the procedure with `changes`."""
    text = PARCEL
    for old, new in changes:
        assert text.count(old) == 1, (text.count(old), old)
        text = text.replace(old, new)
    return text


@cache
def findings(*changes: Change) -> tuple[Finding, ...]:
    """What checking says of the procedure with `changes`."""
    return check(read_procedure(patched(*changes), "parcel.yaml"), TEMPLATES, TODAY)


def assert_found(rule: Rule) -> None:
    """The broken file has the finding of the rule, once, and nothing hides where it is."""
    found = [f for f in findings(*rule.changes) if f.code == rule.code]
    said = [(f.code, f.key, f.line) for f in findings(*rule.changes)]

    assert len(found) == 1, said
    assert (rule.severity, rule.key) == (found[0].severity, found[0].key), said
    assert rule.at in patched(*rule.changes).splitlines()[found[0].line - 1], said
    assert found[0].file == "parcel.yaml"


def assert_near(rule: Rule) -> None:
    """The file near it has no finding at all."""
    assert not findings(*rule.near)
