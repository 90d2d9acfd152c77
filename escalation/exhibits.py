"""What a case can show: exhibits, contacts, how it was collected from, and the bundle to hand over.

desk.evidence.exhibits(case)    numbered in the order of their days, each held against its hash
desk.evidence.contacts(case)    every call and chat, with what its record lacks
desk.evidence.conduct(case)     collecting by day, and what exceeds what is recommended
desk.evidence.bundle(case, to)  all of it in one archive that anybody can check
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from escalation.beside import hash_of
from escalation.core.conduct import Contact, Mark, contacts, days, marks
from escalation.core.entries import Attach, Worldly
from escalation.core.history import effective
from escalation.core.snapshot import Snapshot
from escalation.core.table import Table
from escalation.errors import BadInput
from escalation.evidence import Skipped, files_of, own_files, path_of, said
from escalation.store import CaseRow
from escalation.views import local
from states.conduct import Conduct, Rule, conduct
from states.model import branches, words

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
Rows = list[Data]

INTACT, ALTERED, MISSING, ELSEWHERE = "intact", "altered", "missing", "elsewhere"
TOGETHER = timedelta(seconds=5)
"""Within it a file was attached along with an event: where nobody says when, each entry has its own now."""
NOTED = (
    "channel", "to_whom", "connected", "who", "company", "from_number", "ticket", "said", "said_by_me", "promise",
    "promised_on", "amount_offered", "next_on",
)  # fmt: skip
"""What a contact may say of itself; every row has each of them, or null."""


class Evidence:
    """What the cases of a desk can show."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # -- answers -----------------------------------------------------------------------------------

    def exhibits(self, case: str, *, anew: bool = False) -> Rows:
        """What was attached, each content once, numbered E01, E02 … in the order of their days.

        `day`: the one the paper bears, else that on which it was attached. `state`: `intact`, `altered` or
        `missing`, by the hash of the copy that is kept; of a store on a server `elsewhere`, where it is not on this
        machine. Numbers move when an older paper comes in. `anew`: read each
        file again; else one whose time and size are as they were when it was last read stays what it was.
        """
        row, snapshot, now = self.desk._read(case)
        return self._stated(numbered(self._history(row, now), self._table(snapshot)), anew)

    def missing(self, case: str) -> Rows:
        """Checklist items that want a file and have none, those of the present step first.

        Each: `item`, `title`, `checklist`, `attachment`, `done`, and `now`: a step out of a present state needs them.
        """
        _, snapshot, _ = self.desk._read(case)
        procedure = self._table(snapshot).procedure
        here = [procedure.states[t.state].transitions for t in snapshot.tracks if not t.final]
        needed = {name for steps in here for event in steps for b in branches(steps, event) for name in b.requires}
        found = [
            {
                "item": f"{name}.{id}", "title": words(item.title, self.desk.lang), "checklist": name,
                "attachment": item.attachment, "done": bool(snapshot.checks.get(f"{name}.{id}")), "now": name in needed,
            }
            for name, checklist in procedure.checklists.items()
            for id, item in checklist.items.items()
            if item.attachment is not None and not snapshot.attached.get(f"{name}.{id}")
        ]  # fmt: skip
        return sorted(found, key=lambda row: not row["now"])

    def contacts(self, case: str) -> Rows:
        """Every contact in order, with the fields of its event (`NOTED`), what it `lacks`, and its exhibits."""
        row, snapshot, now = self.desk._read(case)
        table = self._table(snapshot)
        history = self._history(row, now)
        labels = _labels(history, table)
        today = now.astimezone(table.clock.zone).date().isoformat()
        return [
            self._contact(each, table, [label for at, label in labels if abs(at - each.at) <= TOGETHER], today)
            for each in contacts(history, table.clock.zone)
        ]

    def conduct(self, case: str) -> Data:
        """How they collected: `days` with counts, and `marks` with the rule, its sources and how certain it is."""
        row, snapshot, now = self.desk._read(case)
        table = self._table(snapshot)
        rules = conduct()
        found = contacts(self._history(row, now), table.clock.zone)
        made = marks(found, rules)
        return {
            "case": row.ref,
            "as_of": local(snapshot.as_of, table),
            "days": [_day_row(each) for each in days(found, made)],
            "marks": [self._mark(each, rules) for each in made],
            "rules": [self._rule(id, rule, rules, None) for id, rule in rules.rule.items()],
            "undetermined": [each.seq for each in found if each.data.get("channel") == "collector" and not each.theirs],
        }

    def verify(self, case: str) -> Data:
        """Whether every file that was attached is there, unaltered: `ok`, and each that is not in `problems`."""
        store = self.desk.engine.store
        row = store.case(case)
        # Whatever instant this desk acts at: a file is there or it is not.
        rows = self._stated(numbered(effective(store.log(row.id)), self.desk.engine.shelf.table(row.definition)), True)
        wrong = [row for row in rows if row["state"] != INTACT]
        return {
            "case": row.ref,
            "files": len(rows),
            "ok": not wrong,
            "problems": [{k: row[k] for k in ("label", "name", "title", "seqs", "sha256", "state")} for row in wrong],
        }

    # -- taking in, handing over ---------------------------------------------------------------------

    def found(self, paths: Sequence[str | Path]) -> Data:
        """The files that `attach` would take of files and folders, and what it would leave out, and why.

        Raises: BadInput with every path that cannot be taken.
        """
        files, skipped = self._files(paths)
        rows = []
        for file in files:
            try:
                rows.append({"path": str(file), "name": said(file), "size": os.stat(file).st_size})
            except OSError:
                continue  # it went away; `attach` will say so
        return {"files": rows, "skipped": [each._asdict() for each in skipped]}

    def attach(
        self, case: str, paths: Sequence[str | Path], *, title: str | None = None, key: str | None = None,
        head: int | None = None, **options: Any,
    ) -> Data:  # fmt: skip
        """Attach files and whole folders. Options as of `Desk.attach`; several get a number after title and key.

        Each file is a transaction of its own: `attached` with its `seq`, `already` where the case had its content,
        `skipped` with why. Raises: BadInput before anything is attached, if a path cannot be taken.
        """
        files, left_out = self._files(paths)
        found: Data = {"case": self.desk.engine.store.case(case).ref, "attached": [], "already": []}
        found["skipped"] = [each._asdict() for each in left_out]
        for n, file in enumerate(files, 1):
            several = len(files) > 1
            name, own = (f"{text} {n}" if text and several else text for text in (title, key))
            try:
                done = self.desk.attach(case, file, title=name, key=own, head=head if n == 1 else None, **options)
            except BadInput as error:
                if any(problem.field != "file" for problem in error.problems):
                    raise  # what was said of all of them is wrong
                found["skipped"].append({"path": said(file), "why": _why(error, file)})
                continue
            row = {"path": said(file), "seq": done.get("seq")}
            found["already" if done.get("already") else "attached"].append(row)
        return found

    def bundle(self, case: str, to: str | Path) -> Data:
        """One archive with everything, for whoever is to look at the case: docs/evidence.md.

        `left_out`: exhibits whose file is missing or was altered; they are listed, and not in it. Raises: BadInput
        if it cannot be written; then there is none.
        """
        from escalation.bundle import bundled  # a page of evidence does without archives

        return bundled(self, case, Path(to))

    # -- how ---------------------------------------------------------------------------------------

    def _files(self, paths: Sequence[str | Path]) -> tuple[list[Path], list[Skipped]]:
        store = self.desk.engine.store
        return files_of([Path(path) for path in paths], own_files(store.path, store.folder))

    def _table(self, snapshot: Snapshot) -> Table:
        return self.desk.engine.shelf.table(snapshot.definition)

    def _history(self, row: CaseRow, now: datetime) -> list[Worldly]:
        log = self.desk.engine.store.log(row.id)
        return [each for each in effective(log) if each.occurred_at <= now]

    def _stated(self, rows: Rows, anew: bool) -> Rows:
        store = self.desk.engine.store
        # Who shares a server may each have a folder of their own; then what is not here need not be lost.
        absent = ELSEWHERE if store.kind == "postgresql" else MISSING
        for each in rows:
            found = state_of(path_of(each["sha256"], store.folder), each["sha256"], each["size"], anew)
            each["state"] = absent if found == MISSING else found
        return rows

    def _contact(self, contact: Contact, table: Table, labels: list[str], today: str) -> Data:
        event = table.event(contact.event)
        promised = contact.data.get("promised_on")
        return {
            "seq": contact.seq,
            "at": contact.at.isoformat(),
            "event": contact.event,
            "title": words(event.title, self.desk.lang) if event is not None else contact.event,
            "theirs": contact.theirs,
            "collecting": contact.collecting,
            **{name: contact.data.get(name) for name in NOTED},
            "night": _at_night(contact.at.time(), conduct()),
            "nth": contact.nth,
            "promise_overdue": promised is not None and promised < today,
            "lacks": list(contact.lacks),
            "note": contact.note,
            "exhibits": labels,
        }

    def _mark(self, mark: Mark, rules: Conduct) -> Data:
        told = self._rule(mark.rule, rules.rule[mark.rule], rules, mark.day)
        own = {"day": mark.day.isoformat(), "seqs": list(mark.seqs), "count": mark.count, "most": mark.most}
        return {**told, **own}

    def _rule(self, id: str, rule: Rule, rules: Conduct, day: date | None) -> Data:
        """A rule as people read it; of a mark only the sources that were in force on its day."""
        lang = self.desk.lang
        sources = [rules.source[name] for name in rule.sources if day is None or rules.source[name].since <= day]
        return {
            "rule": id, "title": rule.title.in_(lang), "text": rule.text.in_(lang), "weight": rule.weight,
            "certainty": rule.certainty,
            "sources": [{"short": s.short.in_(lang), "title": s.title.in_(lang)} for s in sources],
        }  # fmt: skip


def state_of(file: Path, sha256: str, size: int, anew: bool = True) -> str:
    """Whether a kept copy is still what was attached."""
    try:
        if not file.is_file():
            return MISSING
        found = file.stat()
        if found.st_size != size:
            return ALTERED
        read = hash_of(file) if anew else _hash_then(file, found.st_mtime_ns, found.st_ino)
        return INTACT if read == sha256 else ALTERED
    except OSError:
        return ALTERED


@lru_cache(4096)
def _hash_then(file: Path, changed: int, inode: int) -> str:
    """A screen that is drawn again cannot read recordings of gigabytes each time."""
    return hash_of(file)


def _labels(history: Iterable[Worldly], table: Table) -> list[tuple[datetime, str]]:
    """When each file was attached, and the number of its exhibit."""
    by_seq = {seq: each["label"] for each in numbered(history, table) for seq in each["seqs"]}
    return [(each.occurred_at, by_seq[each.seq]) for each in history if isinstance(each, Attach)]


def numbered(history: Iterable[Worldly], table: Table) -> Rows:
    """Each content once, by day; what was said of it first stands, what was left open is filled by the later ones."""
    held: dict[str, Data] = {}
    for each in history:
        if not isinstance(each, Attach):
            continue
        row = held.setdefault(each.sha256, _exhibit(each, table.clock.zone))
        row["seqs"].append(each.seq)
        if each.item is not None and each.item not in row["items"]:
            row["items"].append(each.item)
        for name in ("title", "type", "dated", "proves", "note"):
            row[name] = row[name] if row[name] is not None else getattr(each, name)
    rows = sorted(held.values(), key=lambda r: (r["dated"] or r["attached_at"][:10], r["attached_at"], r["seqs"][0]))
    wide = max(2, len(str(len(rows))))
    return [
        {"label": f"E{n:0{wide}}", **row, "day": row["dated"] or row["attached_at"][:10]}
        for n, row in enumerate(rows, 1)
    ]


def _exhibit(entry: Attach, zone: ZoneInfo) -> Data:
    return {
        "seqs": [], "name": entry.name, "title": entry.title, "type": entry.type, "dated": entry.dated,
        "proves": entry.proves, "items": [], "size": entry.size, "sha256": entry.sha256, "note": entry.note,
        "attached_at": entry.occurred_at.astimezone(zone).isoformat(),
    }  # fmt: skip


def _at_night(at: time, rules: Conduct) -> bool:
    rule = rules.rule["night"]
    return rule.begins is not None and rule.ends is not None and (at >= rule.begins or at < rule.ends)


def _day_row(day: Any) -> Data:
    import msgspec

    found: Data = msgspec.to_builtins(day)
    return found


def _why(error: BadInput, file: Path) -> str:
    """Why a file was left out, in the words of `evidence.Skipped`."""
    reasons = {"file_size": "too_large", "file_empty": "empty", "plain_file": "special"}
    if not os.path.lexists(file):
        return "gone"
    return reasons.get(error.problems[0].expected, "unreadable")
