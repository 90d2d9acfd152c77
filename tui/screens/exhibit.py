"""The form for evidence: files and whole folders, what they are, of which day, what they show."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from escalation.wording import visible
from tui.forms import FILES, Field, Problem, paths, size_said
from tui.screens.case_adding import AttachScreen

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
MOST_LISTED = 12
"""Files that a preview names one by one."""
TEXT = "text"
"""The field for what was pasted: it is kept as a file of its own."""
LONGEST = 100_000


class ExhibitScreen(AttachScreen):
    """As the form for one file of a checklist, with folders, pasted text, and with what is said of the files."""

    name_of_help: ClassVar[str] = "exhibit_page"

    def __init__(self, case: str, *, paste: bool = False) -> None:
        """`paste`: begin where text is pasted."""
        super().__init__(case)
        self._begins = TEXT if paste else None

    async def fill(self) -> None:
        await super().fill()
        if self._begins is not None and self.form.fields:
            self.form.focus_field(self._begins)
            self._begins = None

    def entitle_case(self, what: str, title: str) -> None:
        super().entitle_case(self.say("evidence.add"), title)

    async def read(self) -> None:
        await super().read()
        from escalation.core.values import DESCRIBES

        kinds = {name: DESCRIBES[name] for name in ("type", "dated", "proves")}
        files, title = self.fields
        pasted = Field(TEXT, self.say("evidence.text"), "text", limits={"max_length": LONGEST})
        self.fields = (files._replace(required=False), pasted, title)
        self.fields += tuple(
            Field(name, self.say(f"exhibit.{name}"), each.type, of=tuple(each.of or ()),
                  limits={"max_length": each.max_length} if each.max_length else {})
            for name, each in kinds.items()
        )  # fmt: skip

    def draft_key(self) -> tuple[object, ...]:
        return ("exhibit", self.case)

    def files(self) -> list[Path]:
        """The files and folders that were typed or pasted."""
        return [Path(each).expanduser() for each in paths(self.form.typed.get(FILES, ""), _exists)]

    def _look_at_files(self, field: Field) -> None:
        lines, bad = [], False
        for each in self.files():
            name = self.say("evidence.hidden_file") if self.app.masked else visible(each.name or str(each))
            if os.path.isdir(each):
                lines.append(self.say("evidence.folder_ok", name=name))
            elif os.path.isfile(each):
                lines.append(self.say("form.file_ok", name=name, size=size_said(each.stat().st_size)))
            else:
                bad = True
                lines.append(self.say("evidence.folder_missing", name=name))
        if bad:
            self.answers.problems[field.name] = Problem("file_missing")
        self.form.about(field.name, "\n".join(lines), bad=bad)

    @property
    def pasted(self) -> str:
        """What was pasted, as it was; blanks alone are nothing."""
        text = self.form.typed.get(TEXT, "")
        return text if text.strip() else ""

    @property
    def _text_name(self) -> str:
        day = self.now.date().isoformat() if self.now is not None else ""
        return f"{self.answers.values.get('title') or self.say('evidence.text_name', day=day)}.txt"

    def check(self) -> None:
        """Of a file and text one is needed; which, is one's own choice."""
        super().check()
        if self.now is not None and not self.pasted and not self.files():
            self.answers = self.answers._replace(missing=(FILES,))

    def _lacks(self) -> list[str]:
        return super()._lacks() if self.pasted or self.files() else [self.say("evidence.nothing_yet")]

    @property
    def _options(self) -> Data:
        said = {name: self.answers.values.get(name) for name in ("title", "type", "dated", "proves")}
        return {**said, "item": self.item or None}

    async def foreseen(self) -> list[str]:
        """Which copies would be kept, what is there already, and what a folder holds that is left out."""
        files, options, text, named = self.files(), self._options, self.pasted, self._text_name
        return self._would(await self.ask(lambda desk: _looked(desk, self.case, files, options, (named, text))))

    def _would(self, found: Data) -> list[str]:
        def name(row: Data) -> str:
            return self.say("evidence.hidden_file") if self.app.masked else visible(Path(row["path"]).name)

        lines = [self.say("evidence.would_all", n=len(found["attached"]))]
        lines += [self.say("evidence.would", name=name(row), size=size_said(row["size"])) for row in found["attached"]]
        lines += [self.say("evidence.would_already", name=name(row)) for row in found["already"]]
        lines += [
            self.say("evidence.would_skip", name=name(row), why=self.say(f"attached.why_{row['why']}"))
            for row in found["skipped"]
        ]
        more = len(lines) - MOST_LISTED
        return lines if more <= 0 else [*lines[:MOST_LISTED], self.say("evidence.more", n=more)]

    async def write(self) -> None:
        files, options, text, named = self.files(), self._options, self.pasted, self._text_name
        done = await self.ask(lambda desk: _attached(desk, self.case, files, options, (named, text)))
        counts = {name: len(done[name]) for name in ("attached", "already", "skipped")}
        rest = counts["already"] or counts["skipped"]
        key = "evidence.attached_rest" if rest else "evidence.attached"
        self.app.notify(self.say(key, n=counts["attached"], **counts), timeout=5)


def _looked(desk: Desk, case: str, files: list[Path], options: Data, text: tuple[str, str]) -> Data:
    """What attaching would do, with sizes: nothing is kept."""
    found = _attached(desk, case, files, {**options, "preview": True}, text)
    for row in found["attached"]:
        row["size"] = len(text[1].encode()) if row["path"] == text[0] else Path(row["path"]).stat().st_size
    return found


def _attached(desk: Desk, case: str, files: list[Path], options: Data, text: tuple[str, str]) -> Data:
    """The files, and the text under its name, each in a transaction of its own."""
    nothing: Data = {"attached": [], "already": [], "skipped": []}
    done = desk.evidence.attach(case, files, **options) if files else nothing
    name, pasted = text
    if pasted:
        kept = desk.attach(case, name, text=pasted, **options)
        done["already" if kept.get("already") else "attached"].append({"path": name})
    return done


def _exists(path: str) -> bool:
    try:
        return Path(path).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False
