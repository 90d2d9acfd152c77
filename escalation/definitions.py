"""What can be asked of definitions: check, test, list, read, compare, begin a new one. As plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from escalation.core.entries import Migrate
from escalation.core.evaluate import step
from escalation.core.preview import compare
from escalation.core.snapshot import Refusal
from escalation.engine import Engine
from escalation.errors import NotFound
from escalation.views import basis_in_full, inapplicable, local
from states.checks import check
from states.errors import Finding, ProcedureError
from states.findings import sentence
from states.library import load, shipped
from states.model import Procedure, branches, words
from states.reader import read_procedure

Data = dict[str, Any]


def checked(path: Path, calendars: Sequence[str | Path], today: str, lang: str) -> Data:
    """Every finding about a procedure file, and what is told of every procedure. Never raises for its content."""
    findings: Sequence[Finding]
    told: list[str] = []
    hash = None
    try:
        found = load(path, calendars, today)
        findings, hash = found.warnings, found.reading.hash
        told = told_lines(found.reading.procedure, lang)
    except ProcedureError as error:
        findings = error.problems
        findings = _with_warnings(path, findings, today)
    return {
        "file": str(path),
        "hash": hash,
        "errors": sum(f.severity == "error" for f in findings),
        "warnings": sum(f.severity == "warning" for f in findings),
        "findings": [finding(f, lang) for f in findings],
        "told": told,
    }


def _with_warnings(path: Path, problems: Sequence[Finding], today: str) -> Sequence[Finding]:
    """The warnings too, where the file has the right shape: all there is to say at once."""
    try:
        found = check(read_procedure(path.read_bytes(), str(path)), today=today)
    except ProcedureError:
        return problems
    known = set(map(_place, problems))
    return sorted([*problems, *(f for f in found if f.severity == "warning" and _place(f) not in known)], key=_place)


def _place(each: Finding) -> tuple[int, int, str]:
    return each.line, each.column, each.code


def finding(each: Finding, lang: str) -> Data:
    """One finding as plain data."""
    return {
        "code": each.code, "severity": each.severity, "file": each.file, "line": each.line, "column": each.column,
        "key": each.key, "expected": each.expected, "found": each.found, "meant": each.meant,
        "message": sentence(each, lang),
    }  # fmt: skip


def told_lines(procedure: Procedure, lang: str) -> list[str]:
    """The silence test, the shortest and the longest ways, in words."""
    from states.told import lines, told

    return lines(told(procedure), procedure, lang)


def tested(path: Path, calendars: Sequence[str | Path], lang: str) -> Data:
    """The stories beside a procedure file, run: which show what they say, and what no story takes."""
    from escalation.stories import run_stories

    found: Data = run_stories(path, calendars).data(lang)
    return found


def listed(engine: Engine, lang: str) -> Iterator[Data]:
    """Every procedure that `open` knows by name, shipped and installed."""
    kept = {d.procedure: d for d in engine.store.definitions() if d.current}
    for name in engine.shelf.names():
        own = kept.get(name)
        if own is not None and own.by_user:
            yield _listed(engine.shelf.table(own.hash).procedure, own.hash, "installed", lang)
        elif name in shipped():
            reading = read_procedure(shipped()[name].read_bytes(), name)
            yield _listed(reading.procedure, reading.hash, "shipped", lang)
        elif own is not None:
            yield _listed(engine.shelf.table(own.hash).procedure, own.hash, "kept", lang)


def every_procedure(engine: Engine) -> Iterator[Procedure]:
    """The procedures that the store holds, and those that are shipped."""
    for each in engine.store.definitions():
        yield engine.shelf.table(each.hash).procedure
    for name, file in shipped().items():
        yield read_procedure(file.read_bytes(), name).procedure


def _listed(procedure: Procedure, hash: str, source: str, lang: str) -> Data:
    deadlines = len(procedure.deadlines) + sum(len(s.deadlines) for s in procedure.states.values())
    return {
        "id": procedure.procedure, "version": procedure.version, "title": words(procedure.title, lang), "hash": hash,
        "source": source, "states": len(procedure.states), "deadlines": deadlines,
    }  # fmt: skip


def described(engine: Engine, hash: str, lang: str) -> Data:
    """A procedure to read: stages, states with guidance and ways out, deadlines with what they rest on."""
    table = engine.shelf.table(hash)
    procedure = table.procedure
    return {
        "id": procedure.procedure,
        "version": procedure.version,
        "hash": hash,
        "title": words(procedure.title, lang),
        "timezone": procedure.timezone,
        "calendar": procedure.calendar,
        "stages": _named(procedure.stages, lang),
        "parties": _named(procedure.parties, lang),
        "facts": _named(procedure.facts, lang),
        "checklists": _named(procedure.checklists, lang),
        "tracks": _named(procedure.tracks, lang),
        "states": [
            {
                "id": id,
                "title": words(state.title, lang),
                "stage": state.stage,
                "track": state.track,
                "final": state.final,
                "outcome": state.outcome,
                "guidance": words(state.guidance, lang),
                "transitions": [
                    {
                        "event": event,
                        "title": words(procedure.events[event].title, lang),
                        "by": procedure.events[event].by,
                        "to": each.to,
                        "requires": each.requires,
                        "when": each.when,
                    }
                    for event in state.transitions
                    for each in branches(state.transitions, event)
                ],
                "deadlines": [_deadline(i, d, table, lang) for i, d in state.deadlines.items()],
            }
            for id, state in procedure.states.items()
        ],
        "deadlines": [_deadline(i, d, table, lang) for i, d in procedure.deadlines.items()],
        "sources": [
            {"id": id, **{k: words(v, lang) if k in ("title", "issuer", "number") else v
                          for k, v in msgspec.structs.asdict(s).items()}}
            for id, s in procedure.sources.items()
        ],
    }  # fmt: skip


def _named(parts: Mapping[str, Any], lang: str) -> list[Data]:
    return [{"id": id, "title": words(each.title, lang)} for id, each in parts.items()]


def _deadline(id: str, deadline: Any, table: Any, lang: str) -> Data:
    within = deadline.within if isinstance(deadline.within, str | None) else msgspec.to_builtins(deadline.within)
    return {
        "id": id, "title": words(deadline.title, lang), "owed_by": deadline.owed_by, "within": within,
        "due_on": deadline.due_on, "rolls": deadline.rolls, "lapses": deadline.lapses, "remind": deadline.remind,
        "basis": basis_in_full(deadline.basis, table, lang),
    }  # fmt: skip


def drawn(procedure: Procedure, format: str, lang: str, here: dict[str, str] | None, width: int) -> str:
    """A procedure drawn; `here` marks the state of each track."""
    from states import draw, draw_svg

    if format == "text":
        return draw.lanes(procedure, lang, here=here, width=width)
    if format == "svg":
        return draw_svg.svg(procedure, lang)
    return draw.mermaid(procedure, lang) if format == "mermaid" else draw.dot(procedure, lang)


def compared(engine: Engine, old: str, new: str, cases: Iterator[Any], lang: str) -> Data:
    """What changed between two definitions, and what migrating would do to the live cases of the first."""
    one, other = engine.shelf.table(old), engine.shelf.table(new)
    return {
        "from": {"id": one.procedure.procedure, "version": one.procedure.version, "hash": old},
        "to": {"id": other.procedure.procedure, "version": other.procedure.version, "hash": new},
        "changes": _changes(msgspec.to_builtins(one.procedure), msgspec.to_builtins(other.procedure), ""),
        "cases": [found for row, snapshot in cases if (found := _migrated(engine, row, snapshot, new))],
    }


def _changes(old: Any, new: Any, key: str) -> list[Data]:
    """Leaves that differ, by the path of their keys."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = dict.fromkeys((*old, *new))
        deeper = (_changes(old.get(n), new.get(n), f"{key}.{n}" if key else n) for n in names)
        return [each for found in deeper for each in found]
    return [] if old == new else [{"key": key, "before": old, "after": new}]


def _migrated(engine: Engine, row: Any, snapshot: Any, new: str) -> Data | None:
    """What a case would become, if that differs; how it would fail, if it would."""
    if snapshot.definition == new:
        return None
    table = engine.shelf.table(new)
    entry = Migrate(
        seq=row.head + 1, recorded_at=snapshot.as_of, occurred_at=snapshot.as_of,
        procedure=table.procedure.procedure, version=table.procedure.version, definition=new,
    )  # fmt: skip
    after = step(engine.shelf.table, snapshot, entry, snapshot.as_of)
    if isinstance(after, Refusal):
        states = [m.state for m in after.missing]
        return {"case": row.ref, "title": row.title, "possible": False, "states": states, "moved": [], "conflicts": []}
    found = compare(snapshot, after)
    states = [t.state for t in after.tracks]
    if not found.moved and not found.conflicts and states == [t.state for t in snapshot.tracks]:
        return None
    moved = [
        {"id": m.id, "due_before": m.due_before, "due_after": m.due_after,
         "lapses_before": local(m.lapses_before, table), "lapses_after": local(m.lapses_after, table)}
        for m in found.moved
    ]  # fmt: skip
    conflicts = [inapplicable(c) for c in found.conflicts]
    return {
        "case": row.ref, "title": row.title, "possible": True, "states": states, "moved": moved, "conflicts": conflicts,
    }  # fmt: skip


def new_procedure(id: str) -> str:
    """The text of a small procedure that checks clean, to begin from. Raises: NotFound for a bad id."""
    import re

    if not re.fullmatch(r"[a-z0-9-]{1,80}", id):
        meant = re.sub("[^a-z0-9]+", "-", id.lower()).strip("-")[:80].strip("-")
        raise NotFound("procedure_id", id, meant or None)
    template = Path(__file__).parent / "new_procedure.yaml"
    return template.read_text(encoding="utf-8").replace("my-procedure", id)
