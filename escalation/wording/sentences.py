"""Sentences with facts in them, days, lengths and the fixed words, in one language."""

from __future__ import annotations

import ast
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from states.lengths import parse_length

Titles = Mapping[str, Mapping[str, str]]
"""What people call everything that has an id: `views.titles`."""


@cache
def wording(lang: str) -> Wording:
    """The sentences of a language; Chinese for `zh`, else English."""
    name = "zh" if lang == "zh" else "en"
    table = tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))
    return Wording(name, {f"{section}.{key}": said for section, each in table.items() for key, said in each.items()})


class Wording:
    """What is said in one language."""

    def __init__(self, lang: str, sentences: Mapping[str, str | Mapping[str, str]]) -> None:
        self.lang = lang
        self.sentences = sentences

    def say(self, key: str, /, **facts: Any) -> str:
        """The sentence of that dotted key. A fact that is missing leaves its place empty.

        A key that is missing gives itself: whoever tells of an error must not fail for another one.
        """
        said = self.sentences.get(key, key)
        if not isinstance(said, str):
            said = said["one" if str(facts.get("n")) == "1" else "other"]
        return said.format_map(_Facts(facts)) if "{" in said else said

    def has(self, key: str) -> bool:
        """Whether there is a sentence of that key."""
        return key in self.sentences

    def day(self, iso: str, today: str | None = None) -> str:
        """A day with its weekday: 12月8日 周二, Tue 8 Dec. The year is said where it is not that of `today`."""
        found = date.fromisoformat(iso[:10])
        other_year = today is not None and not today.startswith(f"{found.year:04}")
        return self.say(
            "day.year" if other_year else "day.plain",
            year=found.year,
            month=self.say("day.months").split()[found.month - 1],
            day=found.day,
            weekday=self.say("day.weekdays").split()[found.weekday()],
        )

    def instant(self, iso: str, today: str | None = None) -> str:
        """An instant as its own offset has it: 12月8日 周二 09:00."""
        at = datetime.fromisoformat(iso)
        return self.say("day.instant", day=self.day(iso, today), time=f"{at:%H:%M}")

    def days_left(self, n: int) -> str:
        """今天, 明天, 还有 5 天, 已过 3 天."""
        if n in (-1, 0, 1):
            return self.say(("day.yesterday", "day.today", "day.tomorrow")[n + 1])
        return self.say("day.ahead" if n > 0 else "day.past", n=abs(n))

    def length(self, text: str) -> str:
        """A length as people say it: 15 个工作日. What is no length is given back."""
        found = parse_length(text)
        if found is None:
            return self.say("length.none") if text == "none" else visible(text)
        return self.say(f"length.{found.unit}", n=found.n)

    def certainty(self, word: str | None) -> str:
        """How sure a period is, in words."""
        return self._fixed("certainty", word)

    def status(self, word: str | None) -> str:
        """The status of a deadline or a follow-up."""
        return self._fixed("status", word)

    def outcome(self, word: str | None) -> str:
        """How a case ended."""
        return self._fixed("outcome", word)

    def kind(self, word: str) -> str:
        """The kind of an entry."""
        return self._fixed("kind", word)

    def holiday(self, name: str) -> str:
        """A holiday's name, as the calendar has it (several joined by 、), in this language."""
        return self.listed([self._fixed("holiday", each) for each in name.split("、")])

    def listed(self, names: list[str]) -> str:
        """Names one after the other, as the language joins them."""
        return self.say("word.list").join(names)

    def expression(self, text: str, titles: Titles | None = None) -> str:
        """A guard as people say it, with the names they know. What cannot be read is given back as it is."""
        try:
            return _Reader(self, titles or {}).said(ast.parse(text, mode="eval").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return visible(text)

    def name(self, dotted: str, titles: Titles | None = None) -> str:
        """A name of an expression as people call it: `facts.loss` is 损失金额."""
        return _Reader(self, titles or {}).name(dotted)

    def _fixed(self, section: str, word: str | None) -> str:
        key = f"{section}.{word or 'none'}"
        return self.say(key) if self.has(key) else visible(word or "")


class _Facts(dict[str, Any]):
    """Facts of a sentence, made harmless; a missing one is empty."""

    def __getitem__(self, key: str) -> str:
        found = self.get(key)
        return "" if found is None else visible(str(found))


def visible(text: str) -> str:
    r"""`text` on one line as it was typed, with control and direction characters shown as escapes (\x1b, \u202e).

    Emoji joiners and variation selectors are left out: terminals disagree on their width.
    """
    if text.isprintable() and "\ufe0f" not in text:
        return text
    return "".join(c if c.isprintable() else _shown(c) for c in text if c not in "\ufe0f\u200d")


def _shown(character: str) -> str:
    if unicodedata.category(character) == "Zs":
        return character
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character) or character.encode("unicode_escape").decode()


_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
    ast.In: "in", ast.NotIn: "not_in",
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class _Reader:
    """The syntax tree of a guard, said in words."""

    def __init__(self, said: Wording, titles: Titles) -> None:
        self.wording = said
        self.titles = titles

    def said(self, node: ast.expr, inner: bool = False) -> str:
        """A condition as a sentence; `inner`: it stands within another one."""
        match node:
            case ast.BoolOp(op=op, values=values):
                word = self.wording.say("word.and" if isinstance(op, ast.And) else "word.or")
                text = f" {word} ".join(self.said(v, inner=True) for v in values)
                return f"({text})" if inner else text
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._not(operand)
            case ast.Compare(left=left, ops=ops, comparators=right):
                sides = [left, *right]
                return f" {self.wording.say('word.and')} ".join(
                    self._compared(sides[i], op, sides[i + 1]) for i, op in enumerate(ops)
                )
            case ast.Name() | ast.Attribute():
                dotted = ast.unparse(node)
                name = self.name(dotted)
                return name if dotted.startswith("checklists.") else self.wording.say("op.set_boolean", name=name)
        return self._value(node)

    def name(self, dotted: str) -> str:
        space, _, name = dotted.partition(".")
        if dotted in ("case.state", "case.days_in_state"):
            return self.wording.say(f"op.{name}")
        if dotted.startswith("case.visits."):
            return self.wording.say("op.visits", name=self._title("state", name.partition(".")[2]))
        if space == "tracks":
            return self.wording.say("op.track", name=self._title("track", name))
        if space == "checklists":
            return self.wording.say("op.checklist", name=self._title("checklist", name))
        return self._title("fact", name or space)

    def _not(self, operand: ast.expr) -> str:
        if isinstance(operand, ast.Attribute):
            dotted = ast.unparse(operand)
            if dotted.startswith("checklists."):
                return self.wording.say("op.no_checklist", name=self._title("checklist", dotted.partition(".")[2]))
            return self.wording.say("op.unset_boolean", name=self.name(dotted))
        return self.wording.say("op.not", part=self.said(operand, inner=True))

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
        states = any(ast.unparse(s).startswith(("case.state", "tracks.")) for s in (left, right))
        names = [ast.unparse(s).removeprefix("facts.") for s in (left, right) if ast.unparse(s).startswith("facts.")]
        fact = names[0] if names else None
        sides = {"left": self._value(left, states, fact), "right": self._value(right, states, fact)}
        return self.wording.say(f"op.{_OPERATORS[type(op)]}", **sides)

    def _value(self, node: ast.expr, state: bool = False, fact: str | None = None) -> str:
        """`fact`: what it is compared with, whose choices have words."""
        match node:
            case ast.Constant(value=bool(value)):
                return self.wording.say("word.yes" if value else "word.no")
            case ast.Constant(value=value):
                if state and isinstance(value, str):
                    return self._title("state", value)
                return visible(self.titles.get("choice", {}).get(f"{fact}={value!s}") or str(value))
            case ast.Name() | ast.Attribute():
                return self.name(ast.unparse(node))
            case ast.List(elts=each) | ast.Tuple(elts=each):
                return self.wording.listed([self._value(e, state, fact) for e in each])
            case ast.BinOp(left=left, op=op, right=right):
                return f"{self._value(left)} {_ARITHMETIC[type(op)]} {self._value(right)}"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"-{self._value(operand)}"
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp():
                return f"({self.said(node, inner=True)})"
        raise ValueError(f"no guard: {ast.dump(node)}")

    def _title(self, kind: str, id: str) -> str:
        return visible(self.titles.get(kind, {}).get(id) or id)
