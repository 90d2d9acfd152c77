"""What is done with a letter: its facts kept in the case, its file written, and what is wrong with either said."""

from __future__ import annotations

from pathlib import Path

from textual import work

from escalation.errors import BadInput, EscalationError
from escalation.wording import error_lines
from states.errors import ProcedureError
from tui.forms import Problem, problem_said
from tui.screens.letter_form import FILE, KEEP, LetterForm


class LetterFile(LetterForm):
    """A form of a letter that can be kept and written."""

    tab: str

    def action_keep(self) -> None:
        """What is typed and is a fact becomes one of the case."""
        self._keep_facts()

    @work(exclusive=True, group="save")
    async def _keep_facts(self) -> None:
        facts = self._facts()
        if not facts:
            return
        try:
            await self.ask(lambda desk: desk.set_facts(self.case, facts))
        except (EscalationError, ProcedureError) as error:
            self.hold("\n".join(error_lines(error, self.app.lang)))
        else:
            self.app.notify(self.say("letters_screen.kept_facts", n=len(facts)), timeout=3)
            for name in facts:
                self._draft.pop(name, None)
            self.lay_down()
            self.refill()

    def action_save(self) -> None:
        """Write it to the file that is named."""
        if self.now is None or self.document is None or self.tab != "write":
            return
        self._asked_to_save = True
        self.check()
        answers = self.read()
        if answers.ready:
            self._write()
            return
        names = [f.name for f in self.fields]
        self.form.focus_field(next(n for n in names if n in answers.problems or n in answers.missing))

    @work(exclusive=True, group="save")
    async def _write(self) -> None:
        document, values, answers = str(self.document), self._values, self.read().values
        file = Path(str(answers.get(FILE) or "")).expanduser()
        keep = bool(answers.get(KEEP))
        try:
            found = await self.ask(lambda desk: desk.letters.write(self.case, document, file, values, keep=keep))
        except BadInput as error:
            self._tell(error)
        except (EscalationError, ProcedureError) as error:
            self.hold("\n".join(error_lines(error, self.app.lang)))
        else:
            self._written.add(document)
            self.lay_down()
            self.hold(self.say("letter.written", file=Path(found["file"]).absolute()))
            self.refill()

    def _tell(self, error: BadInput) -> None:
        """What is wrong, beside its field where it has one."""
        left = []
        for each in error.problems:
            key = "letters_screen.exists" if each.expected == "letter_exists" else ""
            said = self.say(key) if key else problem_said(self.words, Problem(each.expected, each.limit, each.meant))
            name = FILE if each.field == "file" else each.field
            if any(field.name == name for field in self.fields):
                self.form.about(name, said, bad=True)
                self.form.focus_field(name)
            left.append(said)
        self.hold("\n".join(left))
