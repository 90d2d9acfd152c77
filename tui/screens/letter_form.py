"""What a letter asks, on the letters' screen: the fields, what is typed, and what of it is a fact of the case."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from textual.app import App
from textual.widgets import Input

from escalation.wording import visible
from tui.forms import Answers, Field, Problem, fields_of, problem_said, read_form, shown_said
from tui.screens.drafts import Key, Typed
from tui.screens.page import Page
from tui.widgets.field_row import Row
from tui.widgets.form import Form

Data = dict[str, Any]
FILE, KEEP = "to_file", "keep_file"
"""Fields of every letter's form, besides those of its template."""

_DRAFTS: WeakKeyDictionary[App[Any], dict[tuple[str, str], dict[str, str]]] = WeakKeyDictionary()
"""What was typed for a letter in this run of the program."""


class LetterForm(Page):
    """A page with the form of one letter at a time."""

    def __init__(self, case: str, document: str | None) -> None:
        super().__init__()
        self.case = case
        self.document = document
        self.now: datetime | None = None
        self.fields: tuple[Field, ...] = ()
        self._initial: dict[str, str] = {}
        """What the form holds where nothing is typed."""
        self._kept: frozenset[str] = frozenset()
        """The fields that are facts of the case."""
        self._files: dict[str, str] = {}
        """By letter: the name that its file gets unless another is typed."""
        self._written: set[str] = set()
        """Letters whose file is as they are now."""
        self._asked_to_save = False

    @property
    def form(self) -> Form:
        return self.query_one("#form", Form)

    async def put(self, asked: list[Data], title: str) -> None:
        """The form: what the template asks, then where the file goes."""
        self.fields = (
            *(past(field) for field in fields_of({a["name"]: a for a in asked})),
            Field(FILE, self.say("letters_screen.file"), "text", limits={"max_length": 200}),
            Field(KEEP, self.say("letters_screen.keep"), "boolean"),
        )
        self._kept = frozenset(a["name"] for a in asked if a["kept"])
        before = self._initial
        self._initial = {a["name"]: _typed(a["value"]) for a in asked}
        self._initial |= {FILE: self._file_of(title), KEEP: "false"}
        try:
            anew = await self.form.ask(self.fields, {**self._initial, **self._draft})
        except asyncio.CancelledError:
            self.form.fields = ()  # a newer question came while the rows were put there: it puts all of them
            raise
        if not anew:
            for name, value in self._initial.items():
                was = before.get(name, "")
                if was != value and self.form.typed.get(name, "") == was and name != FILE:
                    self.form.query_one(f"#in-a-{name}", Input).value = value

    def _file_of(self, title: str) -> str:
        """The letter and the day, in the folder where the program was started; a name that is free at first."""
        document = self.document or ""
        if document not in self._files:
            assert self.now is not None
            self._files[document] = free_name(f"{title}-{self.now.date().isoformat()}", Path.cwd())
        return self._files[document]

    @property
    def _draft(self) -> dict[str, str]:
        """What was typed for this letter and not yet written; of another run of the program what it kept."""
        drafts, key = _DRAFTS.setdefault(self.app, {}), (self.case, self.document or "")
        if key not in drafts:
            drafts[key] = dict(self.app.drafts_of(self.store).get(self.draft_key()) or {})
        return drafts[key]

    def draft_key(self) -> Key:
        return ("letter", self.case, self.document)

    def unsaved(self) -> Typed | None:
        """What could be a fact of the case; what is asked each time, as an identity number, ends with the program."""
        if self.now is None or self.document is None or self.document in self._written:
            return None
        return {name: text for name, text in self._draft.items() if name in self._kept} or None

    def lay_down(self) -> None:
        """Keep what is typed for another time, or forget what is written now."""
        if self.now is None or self.document is None:
            return
        typed, kept = self.unsaved(), self.app.drafts_of(self.store)
        if typed:
            kept.keep(self.draft_key(), typed)
        else:
            kept.drop(self.draft_key())

    def read(self) -> Answers:
        """What is typed."""
        assert self.now is not None
        return read_form(self.fields, self.form.typed, self.now)

    @property
    def _values(self) -> Data:
        """What goes before the facts of the case: what is typed differently, and what was taken out."""
        typed, read = self.form.typed, self.read().values
        changed = (f.name for f in self.fields if typed.get(f.name, "") != self._initial.get(f.name, ""))
        return {name: read.get(name, "") for name in changed if name not in (FILE, KEEP)}

    def _facts(self) -> Data:
        """What is typed and could be kept as a fact of the case: not what is asked anew each time."""
        if self.now is None:
            return {}
        return {name: value for name, value in self._values.items() if name in self._kept and value != ""}

    def check(self) -> None:
        """Say beside each field how it was understood or what is wrong."""
        if self.now is None or len(self.form.query(Row)) != len(self.fields):
            return
        answers = self.read()
        for field in self.fields:
            problem = answers.problems.get(field.name)
            if problem is None and self._asked_to_save and field.name in answers.missing:
                problem = Problem("required")
            shown = answers.shown.get(field.name)
            if problem is not None:
                self.form.about(field.name, problem_said(self.words, problem), bad=True)
            elif field.name == FILE:
                self.form.about(field.name, self._file_said())
            else:
                self.form.about(field.name, shown_said(self.words, shown, self.now) if shown else "")

    def _file_said(self) -> str:
        """In which folder the file would lie, where the name does not say so."""
        typed = self.form.typed.get(FILE, "").strip()
        if not typed or self.app.masked or Path(typed).expanduser().is_absolute():
            return ""
        return self.say("letters_screen.file_in", folder=visible(str(Path.cwd())))


def past(field: Field) -> Field:
    """A day since when something is so, or on which it was signed, has come: `3月1日` is not next year's."""
    come = field.type == "date" and (field.name.endswith("_since") or field.name == "signed_on")
    return field._replace(type="past") if come else field


def free_name(name: str, folder: Path) -> str:
    """`name` as that of a PDF, numbered where there is such a file already; it fits into one part of a path."""
    stem = "".join("-" if sign in '/\\:*?"<>|' else sign for sign in name)
    names = (f"{stem}{end}.pdf" for end in ("", *(f"-{n}" for n in range(2, 100))))
    return next((each for each in names if not (folder / each).exists()), f"{stem}.pdf")


def _typed(value: Any) -> str:
    """A stored value as one types it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
