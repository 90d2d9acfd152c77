"""What reading and checking can say about a definition: findings, and the error that carries them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that is wrong with a definition, or doubtful, or worth telling, and where."""

    code: str
    """Stable, for programs: a key of `findings.SENTENCES`."""
    severity: str
    """`error`: no case can use it; `warning`: it can, but look again."""
    file: str
    line: int
    """From 1, as editors count."""
    column: int
    key: str
    """The path of keys, joined by dots: `states.waiting.deadlines.answer.within`."""
    facts: dict[str, str]
    """What the sentence is made of; `expected`, `found` and `meant` (a near miss) where they apply."""

    @property
    def expected(self) -> str | None:
        """What would have been right there, where that can be said."""
        return self.facts.get("expected")

    @property
    def found(self) -> str | None:
        """What stands there."""
        return self.facts.get("found")

    @property
    def meant(self) -> str | None:
        """The name that was probably meant."""
        return self.facts.get("meant")


class ProcedureError(Exception):
    """A definition is wrong, and no case can use it. Nothing was stored or changed.

    `problems` holds all of its errors at once, in the order of the file; mend them and load it again.
    """

    exit_code = 6

    def __init__(self, problems: Iterable[Finding]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} problem(s) in a procedure definition")

    def __str__(self) -> str:
        return "; ".join(f"{p.file}:{p.line}:{p.column}: {p.code} ({p.key})" for p in self.problems)


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` was probably meant to be, or None."""
    import difflib  # 3 ms, which only a slip pays

    listed = list(known)
    alike = 0.75 if len(name) > 5 else 0.6  # of a short word, one slip is much
    close = difflib.get_close_matches(name, listed, n=3, cutoff=alike) if name else []
    # Two names may be alike for a long word that they share, and mean different things by the rest.
    found = [each for each in close if _slips(name, each) <= max(2, min(len(name), len(each)) // 4)]
    begun = [each for each in listed if name and each.startswith((f"{name}_", f"{name}-"))]
    return found[0] if found else begun[0] if len(begun) == 1 else None


def _slips(one: str, other: str) -> int:
    """How many letters were left out, added or mistyped between two words (Levenshtein)."""
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (letter != wanted)))
        above = row
    return above[-1]
