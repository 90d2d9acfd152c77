"""Letters from a case: which there are, what they lack, their text, and the file: `desk.letters`.

Writes nothing into the case, unless the letter is to be kept with it. What is asked when a letter is written (an
identity number) is in the letter, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation.core.evaluate import possibilities
from escalation.core.history import effective
from escalation.errors import BadInput, EscalationError, FieldProblem, NotFound
from escalation.letters.blocks import Block, plain
from escalation.letters.filling import Known, Lack, fields, from_case, lacking, names
from escalation.letters.markdown import markdown, plain_text
from escalation.letters.render import rendered
from escalation.said import typed
from escalation.templates import kept_template
from escalation.views import basis_in_full
from escalation.wording import Wording, error_lines, wording
from states.errors import ProcedureError, near_miss
from states.model import Basis, Document, Procedure, words
from states.template import Template, read_template, unfit

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
Rows = list[Data]


class _Letter(NamedTuple):
    """One letter of one case, ready to be filled."""

    id: str
    title: str
    template: Template
    known: Known
    values: Data
    """As stored: what the case knows, with what was given in its place."""


class Letters:
    """The letters that the cases of a desk can send.

    Where a method takes `english`, the answer is the reading version: what is sent is Chinese. `values` are those of
    the template's fields, as text or plain values; they go before the case's facts and are kept nowhere.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.said: Wording = wording(desk.lang)

    # -- answers ---------------------------------------------------------------------------------------

    def offered(self, case: str) -> Rows:
        """Every letter of the case's procedure, those that fit its present state first.

        Each: `document`, `title`, `to`, `fits`, `ready`, `missing` (as of `missing`, required ones), and `problem`:
        why its template cannot be used here, or null.
        """
        known = self._known(case, "zh")
        procedure = known.table.procedure
        rows = [self._offer(id, document, known) for id, document in procedure.documents.items()]
        return sorted(rows, key=lambda row: not row["fits"])

    def asked(self, case: str, document: str, values: Mapping[str, Any] | None = None) -> Rows:
        """What a form for this letter asks: each field with its type, its bounds, and the value it has now.

        `kept`: it is a fact of the case; otherwise it is asked each time and kept nowhere.
        """
        letter = self._letter(case, document, values, english=False)
        types = fields(letter.template, letter.known.table)
        return [
            {
                "name": name, "title": self._title(name, letter), "why": words(field.why, self.desk.lang) or None,
                "type": types[name].type, "of": types[name].of, "required": field.required,
                "min": types[name].min, "max": types[name].max, "max_length": types[name].max_length,
                "kept": field.ask is None, "value": letter.values.get(name),
            }
            for name, field in letter.template.head.fields.items()
        ]  # fmt: skip

    def missing(self, case: str, document: str, values: Mapping[str, Any] | None = None) -> Rows:
        """What is not there: `name`, `kind`, `title`, `why`, `required`, and `how`: the command that puts it there.

        Required things stand first; without them there is no letter. Raises: BadInput for values that are wrong.
        """
        letter = self._letter(case, document, values, english=False)
        return [self._lack(each, letter) for each in lacking(letter.template, letter.known, letter.values)]

    def text(self, case: str, document: str, values: Mapping[str, Any] | None = None, *, english: bool = False) -> Data:
        """The letter, to read before it is written.

        `markdown`, `plain` (for a form), `blocks`; `length` in characters of `plain`, against `limit`; `basis` with
        how certain each is; `notes` to the writer; `tone`: what a calm reader would say to it. Raises: BadInput with
        everything required that is missing.
        """
        letter = self._letter(case, document, values, english)
        blocks = self._blocks(letter)
        head, lang = letter.template.head, letter.known.lang
        text = plain_text(blocks, lang)
        procedure = letter.known.table.procedure
        return {
            "case": letter.known.ref,
            "document": letter.id,
            "title": letter.title,
            "to": words(head.to, self.desk.lang),
            "language": lang,
            "markdown": markdown(blocks),
            "plain": text,
            "blocks": plain(blocks),
            "length": len(text.strip()),
            "limit": head.limit,
            "notes": words(head.notes, self.desk.lang) or None,
            "basis": [
                basis_in_full(_with_certainty(each, procedure), letter.known.table, self.desk.lang)
                for each in head.basis
            ],
            "left_out": [
                self._lack(each, letter) for each in lacking(letter.template, letter.known, letter.values)
            ],
            "tone": _tone(text, self.desk.lang, letter),
        }  # fmt: skip

    def write(
        self, case: str, document: str, to: str | Path, values: Mapping[str, Any] | None = None, *,
        english: bool = False, keep: bool = False, overwrite: bool = False,
    ) -> Data:  # fmt: skip
        """Write the letter to a file, PDF, Markdown, Word or plain text by its suffix, for its writer's eyes only.

        Whole or not at all, never over a file that is there unless `overwrite`. `keep`: it is attached to the case,
        too. The answer is that of `text`, with `file`, and `seq` where it was kept. Raises: BadInput.
        """
        from escalation.letters.writing import bytes_of, checked_path, put

        path = checked_path(to, overwrite)
        found = self.text(case, document, values, english=english)
        blocks = self._blocks(self._letter(case, document, values, english))
        put(bytes_of(path.suffix.lower(), found["title"], blocks, found["language"]), path, overwrite)
        found["file"] = str(path)
        if keep:
            done = self.desk.attach(case, path, title=found["title"], type="letter")
            found["seq"] = done["seq"]
        return found

    # -- how -------------------------------------------------------------------------------------------

    def _known(self, case: str, lang: str) -> Known:
        row, snapshot, now = self.desk._read(case)
        table = self.desk.engine.shelf.table(snapshot.definition)
        entries = [e for e in effective(self.desk.engine.store.log(row.id)) if e.occurred_at <= now]
        return Known(row.ref, table, snapshot, entries, _exhibits(entries, table), self._capacity(case), lang)

    def _capacity(self, case: str) -> Data | None:
        """What can be paid a month, where the case has a budget."""
        found = self.desk.plans.capacity(case)
        if not found["lines"]:
            return None
        left = Decimal(found["sure"]) - Decimal(found["costs"]) - Decimal(found["debts"])
        return {
            "income": found["sure"], "unsure": found["unsure"], "costs": found["costs"], "debts": found["debts"],
            "left": f"{left:.2f}", "low": found["low"], "likely": found["likely"],
        }  # fmt: skip

    def _offer(self, id: str, document: Document, known: Known) -> Data:
        row: Data = {"document": id, "title": words(document.title, self.desk.lang), "to": None}
        row |= {"fits": _fits(document, known), "ready": False, "missing": [], "problem": None}
        try:
            template = self._template(document, known)
            letter = _Letter(id, row["title"], template, known, from_case(template, known))
        except (EscalationError, ProcedureError) as error:
            return row | {"problem": "\n".join(error_lines(error, self.desk.lang))}
        lacks = [e for e in lacking(template, known, letter.values) if e.required]
        row["to"] = words(template.head.to, self.desk.lang)
        return row | {"ready": not lacks, "missing": [self._lack(each, letter) for each in lacks]}

    def _letter(self, case: str, document: str, values: Mapping[str, Any] | None, english: bool) -> _Letter:
        known = self._known(case, "en" if english else "zh")
        procedure = known.table.procedure
        defined = procedure.documents.get(document)
        if defined is None:
            ids = tuple(procedure.documents)
            raise NotFound("document", document, near_miss(document, ids), ids)
        template = self._template(defined, known)
        given = typed(fields(template, known.table), values or {}, require=False)
        taken_out = {name for name, value in (values or {}).items() if value in (None, "")}
        own = {name: value for name, value in from_case(template, known).items() if name not in taken_out}
        title = words(defined.title, known.lang)
        return _Letter(document, title, template, _without(title, known), own | given)

    def _template(self, document: Document, known: Known) -> Template:
        """Raises: NotFound if it is gone; ProcedureError if it does not fit the case's definition."""
        name, procedure = document.template, known.table.procedure
        folder = self.desk.engine.store.folder
        file = kept_template(name, procedure.procedure, folder, known.table.hash, known.lang)
        if file is None:
            raise NotFound("template_english" if known.lang == "en" else "template", name)
        try:
            template = _read(file.read_bytes(), str(file))
        except OSError as error:
            raise BadInput(FieldProblem("file", str(file), "file", limit=error.strerror)) from error
        problems = unfit(template, procedure)
        if problems:
            raise ProcedureError(problems)
        return template

    def _blocks(self, letter: _Letter) -> tuple[Block, ...]:
        lacks = [each for each in lacking(letter.template, letter.known, letter.values) if each.required]
        if lacks:
            raise BadInput(*(FieldProblem(each.name, None, f"letter_{each.kind}", limit=each.how) for each in lacks))
        return rendered(letter.template, names(letter.template, letter.known, letter.values), letter.known.lang)

    def _lack(self, lack: Lack, letter: _Letter) -> Data:
        field = letter.template.head.fields.get(lack.name)
        why = words(field.why, self.desk.lang) if field else ""
        return {
            "name": lack.name, "kind": lack.kind, "title": self._title(lack.name, letter, lack.kind),
            "why": why or None, "required": lack.required, "how": lack.how,
        }  # fmt: skip

    def _title(self, name: str, letter: _Letter, kind: str = "fact") -> str:
        """What people call a field, an event, or a thing that the letter needs."""
        procedure, field = letter.known.table.procedure, letter.template.head.fields.get(name)
        if kind == "event":
            return words(procedure.events[name].title, self.desk.lang)
        if kind == "deadline":
            found = procedure.deadline(name)
            return words(found.title, self.desk.lang) if found else name
        if field is not None:
            fact = procedure.facts.get(name)
            return words(field.title, self.desk.lang) or (words(fact.title, self.desk.lang) if fact else name)
        return self.said.say(f"letter.{name}")

    def titles(self, case: str, document: str) -> Mapping[str, Mapping[str, str]]:
        """What people call the things that an error about this letter may name."""
        letter = self._letter(case, document, None, english=False)
        rows = [self._lack(each, letter) for each in lacking(letter.template, letter.known, {})]
        return {"fact": {row["name"]: row["title"] for row in rows}}


@lru_cache(maxsize=64)
def _read(body: bytes, file: str) -> Template:
    """The same bytes are the same template: a list of letters is shown anew with every change of its case."""
    return read_template(body, file)


def _fits(document: Document, known: Known) -> bool:
    """Whether the case is where the letter belongs: in one of its states, or before one of its events."""
    here = {track.state for track in known.snapshot.tracks if not track.final}
    if here & set(document.for_):
        return True
    events = set(document.for_) & set(known.table.procedure.events)
    return bool(events & set(possibilities(lambda _: known.table, known.snapshot))) if events else False


def _with_certainty(basis: Basis, procedure: Procedure) -> Basis:
    """A citation, as certain as a period of the procedure that rests on the same article says it is."""
    if basis.certainty is not None:
        return basis
    listed = [*procedure.deadlines.values(), *(d for s in procedure.states.values() for d in s.deadlines.values())]
    same = [
        d.basis.certainty
        for d in listed
        if d.basis and d.basis.source == basis.source and d.basis.article == basis.article and d.basis.certainty
    ]
    return Basis(source=basis.source, article=basis.article, certainty=same[0] if same else None)


def _exhibits(entries: Sequence[Any], table: Any) -> Rows:
    """Numbered as the list of exhibits numbers them; `type` as it was said when the file was attached."""
    from escalation.exhibits import numbered

    return [
        {"no": n, "title": row["title"] or row["name"], **{k: row[k] for k in ("day", "proves", "type")}}
        for n, row in enumerate(numbered(entries, table), 1)
    ]


def _without(letter: str, known: Known) -> Known:
    """A letter does not list its own earlier copies as evidence; the numbers of the others stay."""
    return known._replace(exhibits=[e for e in known.exhibits if (e["type"], e["title"]) != ("letter", letter)])


def _tone(text: str, lang: str, letter: _Letter) -> Rows:
    """What a calm reader would say, knowing the evidence and the numbers that this letter is asked to give."""
    from escalation.calm import check, known_of  # its word lists are read by whoever writes

    facts = letter.known.snapshot.facts
    known = known_of(facts, [f"{each['type'] or ''} {each['title']}" for each in letter.known.exhibits])
    given = {"".join(c for c in str(value) if c.isalnum()) for value in letter.values.values()}
    return check(text, lang, known._replace(numbers=known.numbers | given))
