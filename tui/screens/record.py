"""Writing down what happened, correcting it, and taking the last entry back."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from escalation.wording import Titles, Wording, lacking, visible
from tui.forms import AT, FILES, NOTE, Field, fields_of, size_said
from tui.screens.sheet import Question, Sheet, special
from tui.widgets.hints import Hints
from tui.widgets.preview import HIDDEN, Preview, hanging

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
ME = "me"


class RecordScreen(Sheet):
    """First what happened, unless that is known; then the form of that event."""

    name_of_help: ClassVar[str] = "record_page"
    DEFAULT_CSS = """
    RecordScreen #events { height: 1fr; border: none; padding: 0 1; background: $background; }
    """

    def __init__(self, case: str, event: str | None = None) -> None:
        super().__init__(case)
        self.event = event
        self._chosen_here = event is None
        self._key = secrets.token_hex(8)
        self._recorded = False
        self._attached: set[Path] = set()

    def body(self) -> ComposeResult:
        yield OptionList(id="events", markup=False)
        yield from self.sheet()

    def draft_key(self) -> tuple[object, ...]:
        return ("record", self.case, self.event)

    async def read(self) -> None:
        def question(desk: Desk) -> tuple[Data, Titles, list[Data]]:
            return desk.show(self.case), desk.titles(self.case), desk.events(self.case)

        shown, self.titles, events = await self.ask(question)
        self.now = datetime.fromisoformat(shown["as_of"])
        choosing = self.event is None
        self.query_one("#events").display = choosing
        self.query_one("#sheet").display = not choosing
        if choosing:
            self.fields = ()
            self.entitle_case(self.say("record.what_happened"), shown["title"])
            self._offer(shown["possible"], events)
            return
        event = next((e for e in events if e["event"] == self.event), None)
        asks = fields_of(event["asks"]) if event else ()
        self.fields = (*special(self.say, AT), *asks, *special(self.say, NOTE, FILES))
        self.entitle_case(event["title"] if event else str(self.event), shown["title"])

    # -- choosing ----------------------------------------------------------------------------------------

    def _offer(self, possible: list[Data], events: list[Data]) -> None:
        shown = self.query_one("#events", OptionList)
        was = shown.highlighted_option.id if shown.highlighted_option is not None else None
        known = {e["event"]: e for e in events}
        rows = list(self._rows([p for p in possible if p["event"] in known], events))
        shown.clear_options()
        shown.add_options(rows)
        ids = [row.id for row in rows]
        first = next((i for i, row in enumerate(rows) if not row.disabled), None)
        shown.highlighted = ids.index(was) if was is not None and was in ids else first
        if self.focused is None:
            shown.focus()

    def _rows(self, possible: list[Data], events: list[Data]) -> Iterator[Option]:
        """What can be recorded now, by whom it is done; what cannot, and why; what could have been, earlier."""
        parties = dict.fromkeys(p["by"] for p in sorted(possible, key=lambda p: p["by"] != ME) if p["ready"])
        for party in parties:
            name = self.titles.get("party", {}).get(party, party)
            yield self._head(self.say("record.by_me") if party == ME else self.say("record.by_party", party=name))
            yield from (self._option(p["event"], ()) for p in possible if p["ready"] and p["by"] == party)
        if any(not p["ready"] for p in possible):
            yield self._head(self.say("record.not_yet"))
        for each in (p for p in possible if not p["ready"]):
            lines = [line for m in each["missing"] for line in lacking(m, each["event"], self.words, self.titles)]
            yield self._option(each["event"], tuple(dict.fromkeys(lines)))
        earlier = {e["event"] for e in events} - {p["event"] for p in possible}
        if earlier:
            yield self._head(self.say("record.earlier"))
            yield from (self._option(e["event"], ()) for e in events if e["event"] in earlier)

    def _head(self, text: str) -> Option:
        return Option(Text(visible(text), "bold"), disabled=True)

    def _option(self, event: str, why: tuple[str, ...]) -> Option:
        title = visible(self.titles["event"].get(event, event))
        width = self.size.width - 6
        lines = [hanging(f"      {visible(line)}", width) for line in why]
        for line in lines:
            line.stylize("dim")
        return Option(Text("\n").join([Text(f"  {title}"), *lines]), id=event)

    @on(OptionList.OptionSelected, "#events")
    async def _choose(self, event: OptionList.OptionSelected) -> None:
        self.event = str(event.option_id)
        self._key, self._recorded, self._asked_to_save = secrets.token_hex(8), False, False
        self.refill()

    def leave(self) -> None:
        if not self._chosen_here or self.event is None:
            self.app.pop_screen()
        else:
            self.event, self.fields = None, ()
            self.query_one("#sheet").display = False
            self.query_one("#events").display = True
            self.query_one("#events").focus()
            self.form.fields = ()
            self.refill()

    # -- saving ------------------------------------------------------------------------------------------

    def would(self) -> Question:
        event, a = str(self.event), self.answers
        return lambda desk: desk.record(self.case, event, a.values, at=a.at, note=a.note, preview=True)

    async def write(self) -> None:
        event, a, accept = str(self.event), self.answers, self.preview.accepted
        if not self._recorded:
            await self.ask(
                lambda desk: desk.record(
                    self.case, event, a.values, at=a.at, note=a.note, head=self.seen, accept=accept, key=self._key
                )
            )
            self._recorded = True
        for file in self.files():
            if file not in self._attached:
                await self.ask(lambda desk, file=file: desk.attach(self.case, file, at=a.at))  # type: ignore[misc]
                self._attached.add(file)


class CorrectScreen(Sheet):
    """The form of an earlier entry, filled in: what is changed is amended, and what never happened withdrawn."""

    name_of_help: ClassVar[str] = "correct_page"

    def __init__(self, case: str, seq: int) -> None:
        super().__init__(case)
        self.seq = seq
        self._gone = False
        self._kind = ""

    def draft_key(self) -> tuple[object, ...]:
        return ("correct", self.case, self.seq)

    def acts(self) -> ComposeResult:
        yield from super().acts()
        yield Button(self.say("record.never"), id="never", compact=True)
        yield Button(self.say("record.no"), id="no", compact=True)
        yield Button(self.say("record.yes_never"), id="yes_never", compact=True, variant="warning")

    async def read(self) -> None:
        def question(desk: Desk) -> tuple[Data, Titles, list[Data], Data]:
            return desk.show(self.case), desk.titles(self.case), desk.log(self.case), desk.asks(self.case, self.seq)

        shown, self.titles, log, asks = await self.ask(question)
        self.now = datetime.fromisoformat(shown["as_of"])
        row = next(r for r in log if r["seq"] == self.seq)
        row = {**row, **(row.get("now") or {})}
        self._kind = row["kind"]
        self.fields = self._fields(asks)
        self.initial = _typed(row)
        text = entry_said(self.words, self.titles, row, self.app.masked)
        self.entitle_case(self.say("record.correct", seq=self.seq, text=text), shown["title"])
        self._show_acts()

    def _fields(self, asks: Data) -> tuple[Field, ...]:
        if self._kind in ("amend", "withdraw", "migrate"):
            return special(self.say, NOTE)[:0]
        note = () if self._kind == "opened" else special(self.say, NOTE)
        if self._kind == "check":
            asks = {"done": {**asks["done"], "title": self.say("form.done_title")}}
        return (*special(self.say, AT), *fields_of(asks), *note)

    def _show_acts(self) -> None:
        for id in ("save", "leave", "never"):
            self.query_one(f"#{id}").display = not self._gone and (id != "never" or self._kind != "opened")
        for id in ("no", "yes_never"):
            self.query_one(f"#{id}").display = self._gone

    def would(self) -> Question | None:
        if self._gone:
            return lambda desk: desk.withdraw(self.case, self.seq, preview=True)
        changed = self._changed_only()
        return (lambda desk: desk.amend(self.case, self.seq, preview=True, **changed)) if changed else None

    def _changed_only(self) -> Data:
        """What differs from how it stands, as `amend` takes it."""
        typed, a = self.form.typed, self.answers
        other = {n for n in (f.name for f in self.fields) if typed.get(n, "") != self.initial.get(n, "")}
        found: Data = {}
        if AT in other:
            found["at"] = a.at or a.shown[AT]
        if NOTE in other:
            found["note"] = a.note or ""
        data = {n: a.values.get(n, "") for n in sorted(other - {AT, NOTE})}
        return found | ({"data": data} if data else {})

    async def write(self) -> None:
        accept, changed = self.preview.accepted, self._changed_only()
        if self._gone:
            await self.ask(lambda desk: desk.withdraw(self.case, self.seq, head=self.seen, accept=accept))
        elif changed:
            await self.ask(lambda desk: desk.amend(self.case, self.seq, head=self.seen, accept=accept, **changed))

    @on(Button.Pressed, "#never")
    def _never(self) -> None:
        self._turn(True, "#no")

    @on(Button.Pressed, "#no")
    def _not_never(self) -> None:
        self._turn(False, "#never")

    @on(Button.Pressed, "#yes_never")
    @work(exclusive=True, group="save")
    async def _withdraw(self) -> None:
        if not self.preview.all_accepted:
            self.hold(self.say("record.accept_first"))
            return
        await self.kept(self.write)

    @property
    def ready(self) -> bool:
        return self._gone or super().ready

    def _turn(self, gone: bool, focus: str) -> None:
        self._gone = gone
        self._show_acts()
        self.query_one(focus).focus()
        self.hold("")
        self.work_out()

    def action_back(self) -> None:
        if self._gone:
            self._turn(False, "#never")
        else:
            super().action_back()


class UndoScreen(Sheet):
    """The last entry that can be taken back, what that would change, and one question with the focus on no."""

    commands: ClassVar[tuple[str, ...]] = ("back",)
    name_of_help: ClassVar[str] = "undo_page"
    AUTO_FOCUS = "#no"
    DEFAULT_CSS = """
    UndoScreen #what { height: auto; padding: 1 1 0 1; }
    UndoScreen Preview { max-height: 70%; }
    """

    def __init__(self, case: str) -> None:
        super().__init__(case)
        self.target: int | None = None

    def draft_key(self) -> tuple[object, ...]:
        return ("undo", self.case)

    def body(self) -> ComposeResult:
        with VerticalScroll(id="what", can_focus=False):
            yield Static("", id="entry", markup=False)
        yield Preview(id="preview")
        with Horizontal(id="acts"):
            yield Button(self.say("record.no"), id="no", compact=True)
            yield Button(self.say("record.yes_undo"), id="yes_undo", compact=True, variant="warning")

    async def say_again(self) -> None:
        for button in self.query(Button):
            button.label = self.say(f"record.{button.id}")
        self.query_one(Hints).refresh()
        self.refill()

    async def fill(self) -> None:
        shown, self.titles, log = await self.ask(
            lambda desk: (desk.show(self.case), desk.titles(self.case), desk.log(self.case))
        )
        self.entitle_case(self.say("record.undo"), shown["title"])
        row = next((r for r in reversed(log) if not r["withdrawn"] and r["kind"] not in ("opened", "withdraw")), None)
        self.target = row["seq"] if row else None
        self.query_one("#yes_undo").display = row is not None
        what = self.query_one("#entry", Static)
        if row is None:
            what.update(self.say("record.nothing_to_undo"))
            return
        text = entry_said(self.words, self.titles, {**row, **(row.get("now") or {})}, self.app.masked)
        at = self.words.instant(row["occurred_at"], shown["as_of"])
        what.update(Text(self.say("record.undo_what", seq=row["seq"], text=text, at=at)))
        self.work_out()

    def would(self) -> Question | None:
        target = self.target
        return (lambda desk: desk.withdraw(self.case, target, preview=True)) if target is not None else None

    async def write(self) -> None:
        target, accept = self.target, self.preview.accepted
        if target is not None:
            await self.ask(lambda desk: desk.withdraw(self.case, target, head=self.seen, accept=accept))

    @on(Button.Pressed, "#yes_undo")
    @work(exclusive=True, group="save")
    async def _undo(self) -> None:
        if not self.preview.all_accepted:
            self.hold(self.say("record.accept_first"))
            return
        await self.kept(self.write)

    @on(Button.Pressed, "#no")
    def _no(self) -> None:
        self.app.pop_screen()

    def action_back(self) -> None:
        self.app.pop_screen()


def entry_said(words: Wording, titles: Titles, row: Data, masked: bool) -> str:
    """An entry of the log in a line."""

    def name(kind: str, id: str) -> str:
        return visible(titles.get(kind, {}).get(id) or id)

    match row["kind"]:
        case "opened":
            return words.kind("opened")
        case "event":
            return name("event", row["event"])
        case "facts":
            return words.kind("facts") + words.say("word.colon") + words.listed([name("fact", n) for n in row["facts"]])
        case "check":
            return words.say("log.checked" if row["done"] else "log.unchecked", item=name("item", row["item"]))
        case "attach":
            shown = HIDDEN if masked else str(row.get("title") or row["name"])
            return words.say("log.attached", name=shown, size=size_said(row["size"]))
        case "note":
            text = HIDDEN if masked else " / ".join(str(row["text"]).splitlines())
            return words.kind("note") + words.say("word.colon") + visible(text)
        case "follow_up":
            text = HIDDEN if masked else str(row.get("text") or "")
            day = words.day(row["due"]) if row.get("due") else ""
            return words.say(f"log.follow_{row['action']}", n=row["n"], day=day, text=text)
    target = words.say("log.entry", seq=row["target"]) if row.get("target") else ""
    return words.kind(row["kind"]) + (words.say("word.colon") + target if target else "")


def _typed(row: Data) -> dict[str, str]:
    """An entry as one would have typed it."""
    values = row.get("data") or row.get("facts") or ({"done": row["done"]} if row["kind"] == "check" else {})
    typed = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
    typed[AT] = f"{datetime.fromisoformat(row['occurred_at']):%Y-%m-%d %H:%M}"
    note = row.get("text") if row["kind"] == "note" else row.get("note")
    return typed | ({NOTE: note} if note else {})
