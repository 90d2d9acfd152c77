"""Values: types and bounds of facts and asks, dates, texts, the time zone, the expressions themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from states.errors import Finding, near_miss
from states.graph import Path
from states.model import Ask, Value, Words
from states.samples import NUMBERS, bound, day, limits
from states.subject import Subject

TEXTS = frozenset(("title", "issuer", "number", "guidance", "why", "because", "do"))
"""The fields that people read."""
_FITS = {("integer", "money"), ("integer", "percent"), ("choice", "text")}
"""Types of an ask and of a fact that can hold its answers without loss, apart from the same."""
_CALENDAR = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,6})?")


def values(subject: Subject) -> Iterator[Finding]:
    """Facts and asks: choices with `choice`, bounds of the right type and in order."""
    for path, value in _values(subject):
        if value.type == "choice":
            if not value.of:
                yield subject.error("of-missing", (*path, "of") if value.of is not None else path, expected="of")
            elif len(set(value.of)) < len(value.of):
                twice = next(c for c in value.of if value.of.count(c) > 1)
                yield subject.error("of-twice", (*path, "of"), found=twice)
        elif value.of is not None:
            yield subject.error("of-needless", (*path, "of"), found=value.type, expected="choice")
        if value.max_length is not None and value.type != "text":
            yield subject.error("bound-needless", (*path, "max_length"), found=value.type, bound="max_length")
        yield from _bounds(subject, path, value)


def settings(subject: Subject) -> Iterator[Finding]:
    """An answer that is stored as a fact must be one that the fact can hold."""
    for name, event in subject.procedure.events.items():
        for ask, each in event.asks.items():
            fact = subject.procedure.facts.get(each.sets) if each.sets is not None else None
            if fact is not None:
                yield from _fits(subject, ("events", name, "asks", ask), each, fact)


def dates(subject: Subject) -> Iterator[Finding]:
    """Sources have real dates, in order."""
    for name, source in subject.procedure.sources.items():
        path = ("sources", name)
        for key, text in (("effective", source.effective), ("until", source.until)):
            if text is not None and day(text) is None:
                yield subject.error("no-date", (*path, key), found=text, expected="2026-11-22")
        first, last = day(source.effective), day(source.until)
        if first is not None and last is not None and last < first:
            yield subject.error("until-before-effective", (*path, "until"), found=str(last), expected=str(first))


def places(subject: Subject) -> Iterator[Finding]:
    """The time zone is real; the calendar has a name that one can have (whether it exists, the library says)."""
    zone = subject.procedure.timezone
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # not found, not a name, a folder of names
        meant = near_miss(zone, available_timezones())
        yield subject.error("unknown-timezone", ("timezone",), found=zone, expected="Asia/Shanghai", meant=meant)
    if not _CALENDAR.fullmatch(subject.procedure.calendar):
        found = subject.procedure.calendar
        meant = found.upper() if _CALENDAR.fullmatch(found.upper()) else None
        yield subject.error("bad-calendar", ("calendar",), found=found, expected="CN, DE, DE-BY", meant=meant)


def texts(subject: Subject) -> Iterator[Finding]:
    """No text is empty, and each is there in every language that the file speaks."""
    found = list(_texts(subject.procedure, ()))
    spoken = {lang for _, text in found if isinstance(text, Words) for lang in ("zh", "en") if getattr(text, lang)}
    for path, text in found:
        if isinstance(text, str):
            if not text.strip():
                yield subject.error("text-empty", path)
            continue
        given = {"zh": text.zh, "en": text.en}
        empty = [lang for lang, each in given.items() if each is not None and not each.strip()]
        if empty or not any(given.values()):
            yield subject.error("text-empty", (*path, *empty[:1]))
        else:
            for lang in sorted(spoken - {k for k, v in given.items() if v is not None}):
                yield subject.warning("text-missing", path, lang=lang)


def expressions(subject: Subject) -> Iterator[Finding]:
    """Every `when` can be read, and its types fit."""
    for path, text, fault in subject.faults:
        yield subject.error(fault.code, path, **fault.facts, at=str(fault.at + 1), expression=text)


def _values(subject: Subject) -> Iterator[tuple[Path, Value]]:
    for name, fact in subject.procedure.facts.items():
        yield ("facts", name), fact
    for name, event in subject.procedure.events.items():
        for ask, each in event.asks.items():
            yield ("events", name, "asks", ask), each


def _bounds(subject: Subject, path: Path, value: Value) -> Iterator[Finding]:
    for key, given in (("min", value.min), ("max", value.max)):
        if given is None:
            continue
        if value.type not in NUMBERS and value.type != "date":
            yield subject.error("bound-needless", (*path, key), found=value.type, bound=key)
        elif bound(value, given) is None:
            expected = "2026-11-22" if value.type == "date" else "1, 2, 3" if value.type == "integer" else "1, 2.50"
            yield subject.error("bound-type", (*path, key), found=str(given), expected=expected)
    low, high = limits(value)
    if low is not None and high is not None and low > high:  # type: ignore[operator]
        yield subject.error("bounds-order", (*path, "max"), found=str(high), expected=str(low))


def _fits(subject: Subject, path: Path, ask: Ask, fact: Value) -> Iterator[Finding]:
    sets = (*path, "sets")
    if ask.type != fact.type and (ask.type, fact.type) not in _FITS:
        yield subject.error("sets-type", sets, found=ask.type, expected=fact.type, fact=ask.sets)
        return
    if fact.type == "choice":
        for i, choice in enumerate(ask.of or ()):
            if fact.of and choice not in fact.of:
                meant = near_miss(choice, fact.of)
                expected = " | ".join(fact.of)
                yield subject.error("sets-choice", (*path, "of", i), found=choice, expected=expected, meant=meant)
    # an ask that says no bound of its own takes the fact's
    low, high = limits(fact)
    for key in ("min", "max"):
        given = bound(ask, getattr(ask, key))
        if given is not None and (
            (low is not None and given < low)  # type: ignore[operator]
            or (high is not None and given > high)  # type: ignore[operator]
        ):
            expected = f"{'…' if low is None else low} – {'…' if high is None else high}"
            yield subject.error("sets-bounds", (*path, key), found=str(given), expected=expected, fact=ask.sets)
    if ask.max_length is not None and fact.max_length is not None and ask.max_length > fact.max_length:
        found, expected = str(ask.max_length), str(fact.max_length)
        yield subject.error("sets-bounds", (*path, "max_length"), found=found, expected=expected, fact=ask.sets)


def _texts(part: Any, path: Path) -> Iterator[tuple[Path, str | Words]]:
    """Every text that people read, with its place."""
    if isinstance(part, msgspec.Struct):
        for name, key in zip(part.__struct_fields__, part.__struct_encode_fields__, strict=True):
            value = getattr(part, name)
            if name in TEXTS and isinstance(value, str | Words):
                yield (*path, key), value
            elif isinstance(value, msgspec.Struct | dict | list):
                yield from _texts(value, (*path, key))
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from _texts(value, (*path, key))
    elif isinstance(part, list):
        for i, value in enumerate(part):
            yield from _texts(value, (*path, i))
