"""A form: what is asked, one below the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import on
from textual.containers import VerticalScroll
from textual.message import Message

from tui.forms import AT, Field
from tui.widgets.field_row import Row, id_of


class Form(VerticalScroll, can_focus=False):
    """Fields one below the other. What is typed is in `typed`, by field."""

    SCOPED_CSS = False  # how it is laid out depends on the width of the screen, which is a class of that
    DEFAULT_CSS = """
    Form { height: 1fr; padding: 0 1; }
    Form .row { height: auto; margin: 0 0 1 0; }
    Form .pair { height: auto; }
    Form .asked { width: 20; padding: 0 1 0 0; color: $secondary; }
    Form .about { display: none; padding: 0 0 0 20; color: $success; height: auto; }
    Form .about.-bad { color: $error; }
    Form Input { width: 1fr; background: $panel; }
    Form TextArea { width: 1fr; height: auto; min-height: 2; max-height: 5; background: $panel; }
    Form Input:focus, Form TextArea:focus { background: $surface; }
    Form .-when Choice { width: 36; }
    .-narrow Form .pair { layout: vertical; }
    .-narrow Form .asked { width: 1fr; }
    .-narrow Form .about { padding: 0 0 0 2; }
    .-narrow Form .-when Choice { width: 1fr; }
    .-narrow Form .row { margin: 0; }
    """

    class Changed(Message):
        """Something else is typed now."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.fields: tuple[Field, ...] = ()
        self.typed: dict[str, str] = {}

    async def ask(self, fields: Sequence[Field], typed: Mapping[str, str]) -> bool:
        """Ask this. Fields that stand already keep what is typed into them. Whether they are others than before."""
        same = [(f.name, f.type, f.of) for f in fields] == [(f.name, f.type, f.of) for f in self.fields]
        self.fields = tuple(fields)
        if same:
            for row, field in zip(self.query(Row), self.fields, strict=True):
                row.reword(field)
            return False
        self.typed = dict(typed)
        await self.remove_children()
        await self.mount_all(Row(field, self.typed.get(field.name, "")) for field in self.fields)
        return True

    def about(self, name: str, text: str, *, bad: bool = False) -> None:
        """A line below a field; an empty one takes it away."""
        self.query_one(f"#row-{id_of(name)}", Row).about(text, bad)

    def focus_field(self, name: str) -> None:
        """Go to a field."""
        found = self.query(f"#in-{id_of(name)}") if name != AT else self.query(f"#in-{id_of(name)}-day")
        for each in found:
            each.focus()

    def focus_first(self) -> None:
        """To where typing begins: what is required and empty, else the first."""
        empty = [f.name for f in self.fields if f.required and not self.typed.get(f.name)]
        self.focus_field((empty or [f.name for f in self.fields] or [AT])[0])

    @on(Row.Typed)
    def _typed(self, event: Row.Typed) -> None:
        event.stop()
        self.typed[event.name] = event.text
        self.post_message(self.Changed())
