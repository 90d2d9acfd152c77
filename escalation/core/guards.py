"""`requires` and `when` -> holds, or exactly what is missing. Source: semantics §4."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from escalation.core.snapshot import Missing, Reason
from escalation.core.table import Branch
from states.expressions import Expression, Node, View
from states.model import Checklist

Chooser = Callable[[str, str, tuple[Branch, ...], View], "Branch | None"]
"""Takes a track's state, the event, its branches there and what guards see; gives the branch taken."""


def first_that_holds(state: str, event: str, listed: tuple[Branch, ...], view: View) -> Branch | None:
    """The first branch whose guard holds: the compiled table's way of taking a step."""
    for branch in listed:
        if holds(branch, view):
            return branch
    return None


def holds(branch: Branch, view: View) -> bool:
    """Whether both halves of a guard hold."""
    for name in branch.requires:
        if not view.checklists[name]:
            return False
    return branch.when is None or branch.when.holds(view)


def ruled_out(branch: Branch, view: View) -> bool:
    """Whether what was given with the event excludes the branch, whatever is ticked and set besides."""
    return branch.when is not None and _excluded(branch.when.node, view, True)


def _excluded(node: Node, view: View, wanted: bool) -> bool:
    """Whether the event's own values keep `node` from being `wanted`, whatever the other names stand for."""
    if node.kind == "not":
        return _excluded(node.parts[0], view, not wanted)
    if node.kind in ("and", "or"):
        parts = [_excluded(part, view, wanted) for part in node.parts]
        return any(parts) if (node.kind == "and") is wanted else all(parts)
    names = _names(node)
    given = all(name.startswith("event.") and name.partition(".")[2] in view.event for name in names)
    return bool(names) and given and Expression(node.text, node, names).holds(view) is not wanted


def _names(node: Node) -> frozenset[str]:
    own = frozenset((node.value,)) if node.kind == "name" else frozenset[str]()
    return own.union(*(_names(part) for part in node.parts))


def missing_for(branch: Branch, track: str, state: str, view: View, unticked: Mapping[str, tuple[str, ...]]) -> Missing:
    """What a guard that does not hold lacks. `unticked`: the items still to tick, by checklist."""
    reasons = branch.when.why_not(view) if branch.when is not None else ()
    return Missing(
        track=track,
        state=state,
        to=branch.to,
        checklists={name: unticked[name] for name in branch.requires if unticked[name]},
        when=branch.when.text if branch.when is not None and reasons else None,
        why=tuple(Reason(text=r.text, unset=r.unset, left=r.left, right=r.right) for r in reasons),
    )


def unticked_items(checklist: Checklist, name: str, checks: Mapping[str, bool]) -> tuple[str, ...]:
    """The items that keep a checklist from being complete."""
    return tuple(
        id for id, item in checklist.items.items() if not item.optional and not checks.get(f"{name}.{id}", False)
    )


class Checklists(Mapping[str, bool]):
    """Which checklists are complete, worked out when asked: most guards ask for none."""

    def __init__(self, defined: Mapping[str, Checklist], checks: Mapping[str, bool]) -> None:
        self._defined = defined
        self._checks = checks

    def __getitem__(self, name: str) -> bool:
        return not unticked_items(self._defined[name], name, self._checks)

    def __iter__(self) -> Iterator[str]:
        return iter(self._defined)

    def __len__(self) -> int:
        return len(self._defined)
