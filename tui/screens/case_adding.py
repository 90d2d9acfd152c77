"""Forms for what a case holds beside its events: a file, a reminder of one's own, a fact."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from escalation.wording import Titles, visible
from tui.forms import FILES, Field, fields_of, size_said
from tui.screens.sheet import Question, Sheet
from tui.widgets.choice import Choice

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
REPEATS = {"week": "7 days", "fortnight": "14 days", "month": "1 months"}
"""How often a reminder comes again; the library's lengths."""


class AttachScreen(Sheet):
    """Files by path or paste, with a title, for an item of a checklist or for none."""

    name_of_help: ClassVar[str] = "attach_page"
    DEFAULT_CSS = """
    AttachScreen #items { height: auto; }
    AttachScreen #items .asked { width: 20; padding: 0 1 0 0; color: $secondary; }
    AttachScreen.-narrow #items { layout: vertical; }
    """

    def __init__(self, case: str, item: str | None = None, first: list[str] | None = None) -> None:
        """`item`: which it is for, `checklist.item`. `first`: the checklists that matter now."""
        super().__init__(case)
        self.item = self._item_before = item or ""
        self._first = first or []
        self._items: list[tuple[str, str]] = []
        self._missing: set[str] = set()
        """Items that still need a tick."""
        self._kept: set[Path] = set()

    def draft_key(self) -> tuple[object, ...]:
        return ("attach", self.case)

    async def read(self) -> None:
        def question(desk: Desk) -> tuple[Data, Titles]:
            return desk.show(self.case), desk.titles(self.case)

        shown, self.titles = await self.ask(question)
        self.now = datetime.fromisoformat(shown["as_of"])
        self.fields = (
            Field(FILES, self.say("form.files_title"), "files", required=True),
            Field("title", self.say("case.file_title"), "text", limits={"max_length": 200}),
        )
        self._missing = {f"{id}.{item}" for id, each in shown["checklists"].items() for item in each["missing"]}
        lists = [id for id in self._first if id in shown["checklists"]] or list(shown["checklists"])
        if self.item and self.item.partition(".")[0] not in lists:
            lists.insert(0, self.item.partition(".")[0])
        names = {id: title for id, title in self.titles["item"].items() if id.partition(".")[0] in lists}
        self._items = [("", self.say("case.for_none")), *((id, visible(title)) for id, title in names.items())]
        self.entitle_case(self.say("case.add_file"), shown["title"])

    async def fill(self) -> None:
        await super().fill()
        found = self.form.query("#items")
        if not found:
            await self.form.mount(
                Horizontal(
                    Static(self.say("case.for_item"), classes="asked", markup=False),
                    Choice(self._items, self.item, clearable=False, id="item"),
                    id="items",
                )
            )
        self.query_one("#items .asked", Static).update(self.say("case.for_item"))
        self.query_one("#item", Choice).offer(self._items)

    @on(Choice.Chosen, "#item")
    def _for_item(self, event: Choice.Chosen) -> None:
        self.item = event.value
        self.hold("")
        self.work_out()

    @property
    def dirty(self) -> bool:
        return super().dirty or self.item != self._item_before

    async def foresee(self) -> None:
        try:
            await self.preview.tell(await self.foreseen())
        except OSError:
            self.check()  # it went away meanwhile, which the field says

    async def foreseen(self) -> list[str]:
        """What attaching would do: which copies are kept, and for what. The state never moves by it."""
        item, title = self.item or None, self.answers.values.get("title")
        lines = []
        for file in self.files():
            found = await self.ask(
                lambda desk, file=file: desk.attach(self.case, file, title=title, item=item, preview=True)  # type: ignore[misc]
            )
            self.seen = found["before"]["head"]
            name = self.say("case.hidden_file") if self.app.masked else visible(file.name)
            key = "case.has_already" if found.get("already") else "case.would_attach"
            lines.append(self.say(key, name=name, size=size_said(file.stat().st_size)))
        if item is not None:
            lines.append(self.say("case.would_for", item=visible(self.titles["item"].get(item, item))))
            if item in self._missing:
                lines.append(self.say("case.would_tick"))
        return [*lines, self.say("case.would_stay")]

    async def write(self) -> None:
        item, title = self.item or None, self.answers.values.get("title")
        for file in self.files():
            if file not in self._kept:  # after a failure on the way the first ones are not attached twice
                await self.ask(lambda desk, file=file: desk.attach(self.case, file, title=title, item=item))  # type: ignore[misc]
                self._kept.add(file)


class FollowUpScreen(Sheet):
    """A reminder of one's own: a new one; or of one that is there, that it is done, put off, or not needed."""

    name_of_help: ClassVar[str] = "follow_up_page"

    def __init__(self, case: str, n: int | None = None) -> None:
        super().__init__(case)
        self.n = n
        self._key = secrets.token_hex(8)
        self._open: Data | None = None

    def draft_key(self) -> tuple[object, ...]:
        return ("follow_up", self.case, self.n)

    def sheet(self) -> ComposeResult:
        yield Static("", id="about_it", markup=False, classes="strong")
        with Vertical(id="whole"):
            yield from super().sheet()

    async def read(self) -> None:
        shown = await self.ask(lambda desk: desk.show(self.case))
        self.now = datetime.fromisoformat(shown["as_of"])
        day = Field("due", self.say("case.follow_day"), "date", required=self.n is None)
        if self.n is None:
            self.fields = (
                Field("text", self.say("case.follow_text"), "text", required=True, limits={"max_length": 200}),
                day,
                Field("every", self.say("case.follow_every"), "choice", of=tuple(REPEATS)),
            )
            self.entitle_case(self.say("case.add_follow_up"), shown["title"])
            return
        own = [each for each in shown["follow_ups"] if each["from"] == "user" and each["status"] == "open"]
        self._open = next((each for each in own if each["n"] == self.n), None)
        self.fields = (Field("act", self.say("case.follow_act"), "choice", of=("done", "move", "drop")), day)
        self.initial = {"act": "done"}
        self.entitle_case(self.say("case.follow_up"), shown["title"])
        self._say_it()

    def _say_it(self) -> None:
        said = ""
        if self._open is not None and self.now is not None:
            text = self.say("case.hidden_text") if self.app.masked else visible(self._open["text"])
            said = f" {self.words.day(self._open['due'], self.now.date().isoformat())}  {text}"
        self.query_one("#about_it", Static).update(said)

    def check(self) -> None:
        """A day is for putting off alone; where one is typed, that is what is meant."""
        super().check()
        act = self.form.typed.get("act")
        if self.n is not None and act == "move" and not self.answers.values.get("due"):
            self.answers = self.answers._replace(missing=("due",))

    @property
    def dirty(self) -> bool:
        return self.form.typed.get("act", "done") != "done" or any(
            self.form.typed.get(name) for name in ("text", "due", "every")
        )

    def would(self) -> Question:
        return lambda desk: self._done(desk, preview=True)

    def _done(self, desk: Desk, **options: Any) -> Data:
        values = self.answers.values
        if self.n is None:
            every = REPEATS.get(values.get("every", ""))
            return desk.follow_up(self.case, "add", due=values["due"], text=values["text"], every=every, **options)
        act = values.get("act") or "done"
        due = values.get("due") if act == "move" else None
        return desk.follow_up(self.case, act, n=self.n, due=due, **options)

    async def foresee(self) -> None:
        """In a sentence; whether the library takes it is asked as well."""
        self.seen = (await self.ask(self.would()))["before"]["head"]
        await self.preview.tell([self._would_said(), self.say("case.would_stay")])

    def _would_said(self) -> str:
        values, today = self.answers.values, self.now.date().isoformat() if self.now else None
        day = self.words.day(values["due"], today) if values.get("due") else ""
        act = "add" if self.n is None else values.get("act") or "done"
        key = f"case.would_{'add_again' if act == 'add' and values.get('every') else act}"
        again = self.say(f"form.of_{values['every']}") if values.get("every") else ""
        return self.say(key, day=day, again=again)

    async def write(self) -> None:
        await self.ask(lambda desk: self._done(desk, key=self._key))


class FactScreen(Sheet):
    """One fact of a case, asked as an event would ask it, with what changes by it."""

    name_of_help: ClassVar[str] = "fact_page"

    def __init__(self, case: str, fact: str) -> None:
        super().__init__(case)
        self.fact = fact

    def draft_key(self) -> tuple[object, ...]:
        return ("fact", self.case, self.fact)

    async def read(self) -> None:
        def question(desk: Desk) -> tuple[Data, Titles, Data]:
            return desk.show(self.case), desk.titles(self.case), desk.asks(self.case, 1)

        shown, self.titles, asks = await self.ask(question)
        self.now = datetime.fromisoformat(shown["as_of"])
        value = shown["facts"].get(self.fact)
        said = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
        self.initial = {self.fact: said}
        ask = asks.get(self.fact) or {"type": "text", "title": self.titles["fact"].get(self.fact)}
        self.fields = fields_of({self.fact: {**ask, "required": True}})
        self.entitle_case(self.say("case.fill_fact"), shown["title"])

    def would(self) -> Question | None:
        value = self.answers.values.get(self.fact)
        if not self.dirty:
            return None
        return lambda desk: desk.set_facts(self.case, {self.fact: value}, preview=True)

    async def write(self) -> None:
        if self.dirty:
            value, accept = self.answers.values.get(self.fact), self.preview.accepted
            await self.ask(lambda desk: desk.set_facts(self.case, {self.fact: value}, head=self.seen, accept=accept))
