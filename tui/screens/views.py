"""What is often sought: the usual, what was kept under names, each stage, each person, and how many cases there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Button, Input, OptionList
from textual.widgets.option_list import Option

from escalation.errors import EscalationError
from escalation.wording import error_lines, visible
from states.errors import ProcedureError
from tui.screens.page import Page
from tui.widgets.options import Options
from tui.widgets.tally import found_by

Data = dict[str, Any]
USUAL = ("all", "open", "overdue", "week", "nobody")


class View(NamedTuple):
    """One line to choose."""

    id: str
    name: str
    text: str
    order: str
    n: int | None


class ViewsScreen(Page):
    """Choose what to see of all cases; keep what is sought now under a name."""

    commands: ClassVar[tuple[str, ...]] = ("open", "back")
    name_of_help: ClassVar[str] = "page_views"
    AUTO_FOCUS: ClassVar[str] = "#views"
    DEFAULT_CSS = """
    ViewsScreen #name { margin: 0 1; }
    ViewsScreen #views, ViewsScreen #views:focus { height: 1fr; border: none; padding: 0; }
    ViewsScreen #drop { width: auto; margin: 0 1; display: none; }
    """

    def __init__(self, text: str, order: str, tally: Data | None, found: Callable[[str, str], None]) -> None:
        super().__init__()
        self.text, self.order = text, order
        self._found = found
        self._views: list[View] = []
        self._label = ""
        self._at: str | None = None
        self._sure: str | None = None
        """The view that is taken away when that is asked for once more."""

    def body(self) -> ComposeResult:
        yield Input(self._label, id="name", disabled=not self.text.strip(), placeholder=self._placeholder())
        yield Button(self.say("views.drop"), id="drop", compact=True)
        yield Options(id="views")

    def _placeholder(self) -> str:
        return self.say("views.keep", text=self.text) if self.text.strip() else self.say("views.keep_nothing")

    async def fill(self) -> None:
        self.entitle(self.say("views.title"))
        texts = {id: "" if id == "all" else self._text_of(id) for id in USUAL}
        counts = {id: await self.ask(lambda desk, t=text: desk.tally(t)) for id, text in texts.items()}  # type: ignore[misc]
        kept = await self.ask(lambda desk: desk.views())
        all_ = counts["all"]
        groups: list[tuple[str, Sequence[View]]] = [
            ("builtin", [
                View(f"u:{id}", self.say(f"views.{id}"), texts[id], "due", counts[id]["total"]) for id in USUAL
            ]),
            ("kept", [View(f"k:{v['name']}", v["name"], v["text"], v["order"], v["n"]) for v in kept]),
            ("stages", [
                View(f"s:{s['title']}", s["title"], found_by(self.words, "stage", s["title"]), "due", s["n"])
                for s in all_["stages"]
            ]),
            ("people", [
                View(f"p:{p['person']}", p["person"], found_by(self.words, "person", p["person"]), "due", p["n"])
                for p in all_["persons"] if p["person"]
            ]),
        ]  # fmt: skip
        self._list(groups)

    def _text_of(self, id: str) -> str:
        return self.say("home.find_overdue" if id == "overdue" else f"views.find_{id}")

    def _list(self, groups: list[tuple[str, Sequence[View]]]) -> None:
        shown = self.query_one("#views", OptionList)
        self._views = [view for _, views in groups for view in views]
        at = self._at
        shown.clear_options()
        for label, views in groups:
            if views:
                shown.add_option(Option(Text(self.say(f"views.{label}"), "bold"), disabled=True))
            for view in views:
                name = visible(view.name)
                if self.app.masked and view.id.startswith("p:"):
                    from tui.text import masked

                    name = masked(name)
                line = Text(f"  {name}  {view.n}")
                if label in ("builtin", "kept") and view.text:
                    line.append(f"   {visible(view.text)}", "dim")
                shown.add_option(Option(line, id=view.id))
        ids = [view.id for view in self._views]
        shown.highlighted = shown.get_option_index(at) if at in ids and at is not None else 1
        if self.focused is None:
            shown.focus()

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        if event.option.id != self._at:
            self._sure = None
        self._at = event.option.id
        self.query_one("#drop").display = str(self._at).startswith("k:")

    @on(OptionList.OptionSelected)
    def action_open(self) -> None:
        """See those cases."""
        view = next((view for view in self._views if view.id == self._at), None)
        if view is not None:
            self.app.pop_screen()
            self._found(view.text, view.order)

    @on(Input.Changed)
    def _naming(self, event: Input.Changed) -> None:
        self._label = event.value

    @on(Input.Submitted)
    def _named(self) -> None:
        if self._label.strip():
            self._keep(self._label.strip())

    @work(exclusive=True, group="write")
    async def _keep(self, name: str) -> None:
        if await self._written(lambda desk: desk.keep_view(name, self.text, self.order)):
            self._at, self._label = f"k:{name}", ""
            self.query_one("#name", Input).value = ""
            self.app.notify(self.say("views.saved", name=name), timeout=3, markup=False)
            self.query_one("#views", OptionList).focus()
            self.refill()

    @on(Button.Pressed, "#drop")
    def action_drop(self) -> None:
        """Take the chosen view away, when asked for twice."""
        if self._at is None or not self._at.startswith("k:"):
            return
        name = self._at.removeprefix("k:")
        if self._sure != self._at:
            self._sure = self._at
            self.notice(self.say("views.sure", name=name))
        else:
            self._drop(name)

    def key_delete(self) -> None:
        if isinstance(self.focused, OptionList):
            self.action_drop()

    @work(exclusive=True, group="write")
    async def _drop(self, name: str) -> None:
        if await self._written(lambda desk: desk.drop_view(name)):
            self._at, self._sure = None, None
            self.app.notify(self.say("views.dropped", name=name), timeout=3, markup=False)
            self.refill()

    async def _written(self, question: Callable[[Any], None]) -> bool:
        try:
            await self.ask(question)
        except (EscalationError, ProcedureError) as error:
            self.notice("\n".join(error_lines(error, self.app.lang)))
            return False
        return True
