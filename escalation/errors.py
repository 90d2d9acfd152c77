"""Every error a caller can meet. Each carries its facts; `wording` makes the sentence and the advice.

`str()` is plain English for logs and holds no personal text. A refusal is an answer, a failure is an
error, a bug is an assertion. Errors of definitions are `states.errors.ProcedureError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from escalation.core.snapshot import Inapplicable, Refusal, plain_missing


class EscalationError(Exception):
    """Root of all errors of this package. Whatever was asked for was not done."""

    exit_code = 1
    kind = "error"

    def facts(self) -> dict[str, Any]:
        """What the error knows, as plain data for `--json`."""
        return {}


class Then(NamedTuple):
    """The case that refused an event, as it is at present: the event may be of an earlier day, or supposed to come."""

    case: str
    states_now: Mapping[str, str]
    """State by running track, at present."""
    now: datetime
    zone: ZoneInfo
    """Of the procedure."""


class Refused(EscalationError):
    """The procedure says no. Nothing was logged; do what is missing, or one of what is possible."""

    exit_code = 3
    kind = "refused"

    def __init__(self, refusal: Refusal, then: Then | None = None) -> None:
        self.refusal, self.then = refusal, then
        states = ", ".join(f"{track}: {state}" for track, state in refusal.states.items())
        super().__init__(f"{refusal.event} cannot be recorded ({states or 'the case is closed'})")

    def facts(self) -> dict[str, Any]:
        r = self.refusal
        zone, now = (self.then.zone, self.then.states_now) if self.then else (None, r.states)
        return {
            "event": r.event, "at": r.at.astimezone(zone or r.at.tzinfo).isoformat(), "states": r.states,
            "states_now": dict(now), "missing": plain_missing(r.missing), "possible": list(r.possible),
        }  # fmt: skip


class Unmapped(Refused):
    """A case cannot be moved to another definition: states that it is in have none there. Name one for each.

    `states`: those without one, by track. `meant`: the state there that is called almost the same, by state.
    """

    def __init__(self, refused: Refused, case: str, to: str, meant: Mapping[str, str]) -> None:
        super().__init__(refused.refusal, refused.then)
        self.case, self.to, self.meant = case, to, meant
        self.states = {each.track: each.state for each in refused.refusal.missing}

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"to": self.to, "unmapped": self.states}


class FieldProblem(NamedTuple):
    """What is wrong with one field of what was said."""

    field: str
    value: Any
    expected: str
    """A key of the wording's `expected` table, or signs that need no language."""
    meant: str | None = None
    line: int | None = None
    """Of an imported file."""
    limit: str | None = None
    """The bound that was passed, the choices there are, the length allowed."""


class BadInput(EscalationError):
    """Fields of what was said are wrong; all of them are named. Nothing was logged; say them again."""

    exit_code = 2
    kind = "bad_input"

    def __init__(self, *problems: FieldProblem) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{p.field}: expected {p.expected}" for p in problems))

    def facts(self) -> dict[str, Any]:
        return {"problems": [{k: v for k, v in p._asdict().items() if v is not None} for p in self.problems]}


class NotFound(EscalationError):
    """There is no such case, entry, event, deadline or procedure. Nothing was changed."""

    exit_code = 4
    kind = "not_found"

    def __init__(self, what: str, key: str, meant: str | None = None, known: tuple[str, ...] = ()) -> None:
        self.what, self.key, self.meant, self.known = what, key, meant, known
        super().__init__(f"no {what} {key!r}")

    def facts(self) -> dict[str, Any]:
        return {"what": self.what, "key": self.key, "meant": self.meant, "known": list(self.known)}


class WouldConflict(EscalationError):
    """A correction makes later entries impossible. Nothing was logged; accept them by name, or leave it."""

    exit_code = 3
    kind = "would_conflict"

    def __init__(self, conflicts: tuple[Inapplicable, ...]) -> None:
        self.conflicts = conflicts
        super().__init__(f"{len(conflicts)} later entries would become inapplicable")

    def facts(self) -> dict[str, Any]:
        return {
            "conflicts": [{"seq": c.seq, "event": c.event, "missing": plain_missing(c.missing)} for c in self.conflicts]
        }


class CaseMoved(EscalationError):
    """Someone else wrote first: the log has a newer head than the one that was seen. Nothing was logged."""

    exit_code = 3
    kind = "case_moved"

    def __init__(self, case: str, expected: int, found: int) -> None:
        self.case, self.expected, self.found = case, expected, found
        super().__init__(f"case {case}: head is {found}, expected {expected}")

    def facts(self) -> dict[str, Any]:
        return {"case": self.case, "expected": self.expected, "found": self.found}


class StoreError(EscalationError):
    """The store cannot be used. Nothing was changed in it."""

    exit_code = 5
    kind = "store"
    again = False
    """Whether what was tried may go well on a second try: the connection was lost, or others were in the way."""

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")

    def facts(self) -> dict[str, Any]:
        return {"store": self.path, "reason": self.reason}


class StoreTooNew(StoreError):
    """A later version of this program wrote the store. It was not touched; install that version."""

    kind = "store_too_new"


class StoreBusy(StoreError):
    """The store was locked by another process for longer than the timeout. Try again."""

    kind = "store_busy"


class StoreUnsure(StoreError):
    """The connection was lost while a change was being kept, and the server does not say whether it was. Look first."""

    kind = "store_unsure"


class Damaged(StoreError):
    """Something a store holds is not as it was written. Write nothing more to it, keep a copy, go back to a backup."""


class StoreDamaged(Damaged):
    """The log's hash chain or the snapshot does not fit. `case` and `seq` name the first entry that does not."""

    kind = "store_damaged"

    def __init__(self, path: str, case: str, seq: int, reason: str) -> None:
        self.case, self.seq = case, seq
        super().__init__(path, reason)

    def facts(self) -> dict[str, Any]:
        return {"store": self.path, "case": self.case, "entry": self.seq, "reason": self.reason}


class DefinitionDamaged(Damaged):
    """What a store keeps of a procedure is not as it was written; its cases cannot be worked out.

    `reason`: `missing`, `altered` (its content does not fit its hash), or `unreadable` (another version wrote it);
    `procedure` is None if it is missing.
    """

    kind = "definition_damaged"

    def __init__(self, path: str, hash: str, reason: str, procedure: str | None = None, version: str = "") -> None:
        self.hash, self.procedure, self.version = hash, procedure, version
        super().__init__(path, reason)

    def facts(self) -> dict[str, Any]:
        found = {"definition": self.hash, "procedure": self.procedure, "version": self.version}
        return {"store": self.path, "reason": self.reason} | found


class StoreReadOnly(StoreError):
    """The disk is full, or the store may only be read. It can be read; nothing was written. Make room, then again."""

    kind = "store_read_only"


class StoreBroken(StoreError):
    """The file of the store is damaged, or is none at all. `backup`: the newest of the nightly ones, if there is any.

    What became of a change that was being written is not known.
    """

    kind = "store_broken"

    def __init__(self, path: str, reason: str, backup: str | None = None) -> None:
        self.backup = backup
        super().__init__(path, reason)

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"backup": self.backup}


class ImportStopped(StoreError):
    """The store was lost in the midst of a file. What went in is whole and stays; the rest can be imported later.

    `cases`: key in the file, id here and head of each that went in; `skipped`: those with something wrong in them;
    `left`: keys of those that were not reached; `unsure`: key and id of some that are either all in, or none of them.
    """

    kind = "import_stopped"
    rest: str | None = None
    """The file that `left` and `skipped` were written to."""
    rest_unsure: str | None = None

    def __init__(
        self, cause: StoreError, cases: list[tuple[Any, str, int]], entries: int,
        skipped: list[tuple[Any, list[FieldProblem]]], left: list[Any], unsure: list[tuple[Any, str]],
    ) -> None:  # fmt: skip
        super().__init__(cause.path, cause.reason)
        self.cause, self.cases, self.entries, self.skipped = cause.kind, cases, entries, skipped
        self.left, self.unsure = left, unsure

    def facts(self) -> dict[str, Any]:
        return super().facts() | {
            "cause": self.cause,
            "cases": [{"key": key, "case": ref, "head": head} for key, ref, head in self.cases],
            "entries": self.entries,
            "skipped": [{"case": key, "problems": BadInput(*ps).facts()["problems"]} for key, ps in self.skipped],
            "left": self.left,
            "unsure": [{"key": key, "case": ref} for key, ref in self.unsure],
            "rest": self.rest,
            "rest_unsure": self.rest_unsure,
        }


class DeliveryFailed(EscalationError):
    """One attempt at one channel failed. It is tried again later, unless `permanent`: then it cannot ever succeed.

    `reason` is plain English without anything secret or personal.
    """

    kind = "delivery"

    def __init__(self, reason: str, permanent: bool = False) -> None:
        self.reason, self.permanent = reason, permanent
        super().__init__(reason)

    def facts(self) -> dict[str, Any]:
        return {"reason": self.reason, "permanent": self.permanent}


class CalendarDamaged(EscalationError):
    """A calendar file beside the store cannot be read, so what rests on its year cannot be worked out.

    Nothing was changed; mend the file or take it away. `problems`: line (from 1, or None), key, what is wrong.
    """

    exit_code = 2
    kind = "calendar_damaged"

    def __init__(self, file: str, problems: tuple[tuple[int | None, str, str], ...]) -> None:
        self.file, self.problems = file, problems
        super().__init__(f"{file}: {problems[0][2]}")

    @classmethod
    def of(cls, error: ValueError) -> CalendarDamaged | None:
        """What reading a calendar file raised, as an error of ours; None of any other."""
        from states.calendar_file import CalendarFileError  # only who meets one pays for it

        if not isinstance(error, CalendarFileError):
            return None
        return cls(str(error.path), tuple((each.line, each.key, each.message) for each in error.problems))

    def facts(self) -> dict[str, Any]:
        return {"file": self.file, "problems": [{"line": n, "key": key, "message": m} for n, key, m in self.problems]}


class ConfigError(EscalationError):
    """A setting cannot be used. Nothing was changed."""

    exit_code = 2
    kind = "config"

    def __init__(self, key: str, value: str, expected: str) -> None:
        self.key, self.value, self.expected = key, value, expected
        super().__init__(f"{key}: expected {expected}")

    def facts(self) -> dict[str, Any]:
        return {"key": self.key, "value": self.value, "expected": self.expected}
