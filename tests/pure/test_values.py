"""What guards can be, by cases: what a case can show is never called impossible; simple guards are known exactly."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from states.expressions import Expression, View, read_expression
from states.model import Transition
from states.reader import read_procedure
from states.values import Cases, cases

PROCEDURE = read_procedure("""
procedure: cases
version: "1"
title: Cases
timezone: Asia/Shanghai
calendar: CN
initial: here
stages: {all: {title: All}}
parties: {me: {title: Me}, you: {title: You}}
facts:
  a: {type: integer, title: A, min: 0, max: 6}
  b: {type: integer, title: B, min: 0, max: 6}
  m: {type: money, title: M, min: 0}
  n: {type: money, title: N}
  day: {type: date, title: Day}
  end: {type: date, title: End, min: "2026-01-01", max: "2026-01-04"}
  yes: {type: boolean, title: Is it}
  kind: {type: choice, of: [x, y, z], title: Kind}
  said: {type: text, title: Said}
checklists:
  papers: {title: Papers, items: {one: {title: One}}}
events:
  plain: {title: Plain, by: you}
  asked:
    title: Asked
    by: you
    asks:
      sum: {type: money, sets: m, required: true, max: 100}
      how: {type: choice, of: [x, y]}
      really: {type: boolean, required: true}
  late: {title: Late, by: clock, asks: {sum: {type: money}}}
states:
  here: {stage: all, title: Here}
  there: {stage: all, title: There}
  away: {stage: all, title: Away, track: side}
tracks:
  side: {title: Side, initial: away, starts: [plain]}
""").procedure


def judged(*whens: str | None, event: str = "plain", requires: tuple[str, ...] = (), state: str = "here") -> Cases:
    found = cases(PROCEDURE, state, event, [guard(when, event, requires) for when in whens])
    assert found is not None
    return found


def guard(when: str | None, event: str, requires: tuple[str, ...] = ()) -> tuple[Transition, Expression | None]:
    if when is None:
        return Transition(to="there", requires=list(requires)), None
    expression = read_expression(when, PROCEDURE, PROCEDURE.events[event])
    assert isinstance(expression, Expression), expression
    return Transition(to="there", when=when, requires=list(requires)), expression


@pytest.mark.parametrize(
    ("when", "event"),
    [
        ("facts.a > 6", "plain"),
        ("facts.a < 0", "plain"),
        ("facts.a > 5 and facts.a < 6", "plain"),
        ("facts.a == 2.5", "plain"),
        ("facts.m > 1 and facts.m < 1.01", "plain"),
        ("facts.m < 0", "plain"),
        ("facts.n >= 1 and not facts.n > 0", "plain"),
        ("facts.a >= facts.b and facts.a < facts.b", "plain"),
        ("facts.a > facts.b and facts.b >= facts.a", "plain"),
        ("facts.a > facts.a", "plain"),
        ("facts.a < 2 and facts.b > 4 and facts.a > facts.b", "plain"),
        ("facts.a + facts.b > 5 and facts.b + facts.a < 5", "plain"),
        ('facts.kind == "x" and facts.kind == "y"', "plain"),
        ('facts.kind not in ["x", "y", "z"]', "plain"),
        ('facts.said == "p" and facts.said != "p"', "plain"),
        ("facts.yes and not facts.yes", "plain"),
        ("facts.yes == True and facts.yes == False", "plain"),
        ('facts.end > "2026-01-04"', "plain"),
        ('facts.day > "2026-01-03" and facts.day < "2026-01-04"', "plain"),
        ('case.state == "there"', "plain"),
        ('tracks.main == "there"', "plain"),
        ('tracks.side == "here"', "plain"),
        ("case.visits.here == 0", "plain"),
        ("case.days_in_state < 0", "plain"),
        ("event.sum > 100", "asked"),
        ("facts.m > 100", "asked"),
        ("event.sum != facts.m", "asked"),
        ("event.sum < 0", "asked"),
        ("not facts.m >= 0", "asked"),
        ('event.how == "x" and event.how == "y"', "asked"),
        ("event.sum > 0", "late"),
        ('"x" in ["y", "z"]', "plain"),
        ("1 > 2", "plain"),
        ("True == False", "plain"),
        ("facts.yes in [True] and not facts.yes", "plain"),
        ("2 > facts.a and facts.a > 2", "plain"),
    ],
)
def test_what_cannot_hold_is_known(when: str, event: str) -> None:
    assert judged(when, event=event).holding == frozenset()


@pytest.mark.parametrize(
    ("when", "event"),
    [
        ("facts.a >= 6", "plain"),
        ("facts.m > 1 and facts.m < 1.02", "plain"),
        ("facts.a > 4 and facts.a < 6", "plain"),
        ("facts.a / facts.b > 5 and facts.b > 4", "plain"),
        ("facts.a < 2 and facts.b > 4 and facts.a < facts.b", "plain"),
        ('facts.kind not in ["x", "y"]', "plain"),
        ('facts.said not in ["p", "q"]', "plain"),
        ('facts.said != "p"', "plain"),
        ("facts.yes == False", "plain"),
        ('facts.end >= "2026-01-04"', "plain"),
        ('case.state == "here" and tracks.main == "here"', "plain"),
        ('tracks.side == ""', "plain"),
        ("case.visits.there == 0", "plain"),
        ("event.sum >= 100 and facts.m >= 100", "asked"),
        ("checklists.papers", "plain"),
        ("facts.yes in [False]", "plain"),
        ('"x" in ["x", "z"]', "plain"),
        ("facts.m + 0.5 > 1000000000000000000", "plain"),
        ("facts.n < -1000000000000000000", "plain"),
        ('facts.day == "2026-01-03"', "plain"),
        ("facts.a > facts.b and facts.b > facts.a - 1", "plain"),
    ],
)
def test_what_can_hold_is_not_called_impossible(when: str, event: str) -> None:
    assert judged(when, event=event).holding == {0}


def test_a_branch_behind_one_that_always_holds_is_never_taken() -> None:
    assert judged(None, "facts.a > 1").taken == {0}
    assert judged("facts.a > 1", "facts.a > 3", None).taken == {0, 2}
    assert judged("event.really", "not event.really", None, event="asked").taken == {0, 1}


def test_an_answer_that_must_be_given_closes_the_gap() -> None:
    assert judged("event.sum > 5", "event.sum <= 5", event="asked").gap is None
    assert judged("facts.m > 5", "event.sum <= 5", event="asked").gap is None
    assert judged("facts.m > 5", "facts.m <= 5").gap == "facts.m = –"


def test_what_is_required_counts_as_met_in_a_gap() -> None:
    assert judged("facts.yes", "not facts.yes", requires=("papers",)).gap is None
    assert judged("checklists.papers", requires=("papers",)).taken == {0}
    assert judged("not checklists.papers", requires=("papers",)).taken == frozenset()


def test_overlaps_are_of_branches_with_a_when() -> None:
    assert judged("facts.a > 1", "facts.a > 2", None).overlaps == ((0, 1, "facts.a = 3 … 6"),)
    assert judged("facts.a > 1", "facts.a <= 1", None).overlaps == ()
    assert judged("facts.a >= facts.b", "facts.a < facts.b", None).overlaps == ()


def test_too_many_combinations_claim_nothing() -> None:
    few = [guard(" or ".join(f"facts.{n} == {i}" for i in range(6)), "plain") for n in "ab"]
    many = [guard(f"facts.m == {i} and facts.n == {i}", "plain") for i in range(150)]

    assert cases(PROCEDURE, "here", "plain", few) is not None
    assert cases(PROCEDURE, "here", "plain", many) is None


def test_many_guards_on_many_combinations_claim_nothing_either() -> None:
    many = [guard(f"facts.m == {i} and facts.n == {i}", "plain") for i in range(100)]

    assert cases(PROCEDURE, "here", "plain", many) is None


def test_a_case_is_said_with_few_names() -> None:
    gap = judged("facts.a > 1 and facts.b > 1 and facts.m > 1 and facts.n > 1 and facts.yes and checklists.papers").gap

    assert gap is not None
    assert gap.endswith(" …")


NUMBERS = st.integers(-1, 7)
SIGNS = st.sampled_from(["<", "<=", "==", "!=", ">=", ">"])
ATOMS = st.one_of(
    st.builds("facts.{} {} {}".format, st.sampled_from("ab"), SIGNS, NUMBERS),
    st.builds("facts.{} in [{}, {}]".format, st.sampled_from("ab"), st.integers(0, 7), st.integers(0, 7)),
    st.sampled_from(
        ["facts.yes", "facts.yes == False", "checklists.papers", 'facts.kind == "x"', 'facts.kind != "y"',
         'facts.kind not in ["x", "z"]'],
    ),
)  # fmt: skip
RELATIONS = st.one_of(
    ATOMS,
    st.sampled_from(
        ["facts.a > facts.b", "facts.b >= facts.a", "facts.a == facts.b", "facts.a + facts.b > 4",
         "facts.b + facts.a <= 2", "facts.a - facts.b > facts.b", "facts.a / facts.b >= 2", "-facts.a < -3",
         "2 * facts.a != facts.b", "(facts.a > 2) == facts.yes"],
    ),
)  # fmt: skip


def combined(atoms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.builds("({} and {})".format, inner, inner),
            st.builds("({} or {})".format, inner, inner),
            st.builds("(not {})".format, inner),
        ),
        max_leaves=5,
    )


def guards(atoms: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str | None, bool]]]:
    return st.lists(st.tuples(st.one_of(st.none(), combined(atoms)), st.booleans()), min_size=1, max_size=4)


class Truth:
    """What all the cases there are show."""

    def __init__(self, branches: list[tuple[Transition, Expression | None]]) -> None:
        self.holding: set[int] = set()
        self.taken: set[int] = set()
        self.gap = False
        self.overlaps: set[tuple[int, int]] = set()
        values: list[list[Any]] = [[None, *range(7)], [None, *range(7)], [None, True, False], [None, *"xyz"]]
        for a, b, yes, kind in product(*values):
            facts = {k: v for k, v in (("a", a), ("b", b), ("yes", yes), ("kind", kind)) if v is not None}
            for papers in (True, False):
                self._see(branches, View(facts, {}, "here", 0, {"here": 1}, {"main": "here"}, {"papers": papers}))

    def _see(self, branches: list[tuple[Transition, Expression | None]], view: View) -> None:
        said_yes = [i for i, (_, e) in enumerate(branches) if e is None or e.holds(view)]
        self.gap |= not said_yes
        met = [i for i in said_yes if all(view.checklists[c] for c in branches[i][0].requires)]
        self.holding.update(met)
        self.taken.update(met[:1])
        both = [i for i in met if branches[i][1] is not None]
        self.overlaps.update((i, j) for i in both for j in both if i < j)


@given(guards(ATOMS))
def test_guards_that_compare_with_constants_are_known_exactly(rows: list[tuple[str | None, bool]]) -> None:
    branches = [guard(when, "plain", ("papers",) if required else ()) for when, required in rows]
    found, truth = cases(PROCEDURE, "here", "plain", branches), Truth(branches)

    assert found is not None
    assert truth.holding == found.holding
    assert truth.taken == found.taken
    assert truth.gap is (found.gap is not None)
    assert truth.overlaps == {(i, j) for i, j, _ in found.overlaps}


@given(guards(RELATIONS))
@example([("facts.a == facts.b", False), ("facts.a != facts.b", False)])
def test_nothing_is_called_impossible_that_a_case_can_show(rows: list[tuple[str | None, bool]]) -> None:
    branches = [guard(when, "plain", ("papers",) if required else ()) for when, required in rows]
    found, truth = cases(PROCEDURE, "here", "plain", branches), Truth(branches)
    if found is None:
        return

    assert truth.holding <= found.holding
    assert truth.taken <= found.taken
    assert not truth.gap or found.gap is not None
    assert truth.overlaps <= {(i, j) for i, j, _ in found.overlaps}


def test_a_case_says_how_names_compare_and_what_they_are() -> None:
    assert judged("facts.n > facts.m").gap == "facts.m = facts.n, facts.n = …, facts.m ≥ 0"
    assert judged('facts.said == "p"').gap == "facts.said = …"
    assert judged("facts.said == facts.kind", "facts.said != facts.kind").gap == "facts.said = …, facts.kind = –"
    assert judged('facts.end > "2026-01-02"').gap == "facts.end = 2026-01-01"
    assert judged("checklists.papers").gap == "checklists.papers = false"


def test_another_track_can_be_anywhere() -> None:
    assert judged('tracks.side == "away"', 'tracks.side != "away"').taken == {0, 1}
    assert judged('tracks.side == "away"', None, state="away").taken == {0}
