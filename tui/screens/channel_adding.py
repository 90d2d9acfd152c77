"""A form for a new way to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from escalation.errors import BadInput, DeliveryFailed, EscalationError
from escalation.wording import error_lines, visible
from escalation.wording.errors import reason_said
from states.errors import ProcedureError
from tui.commands import bindings
from tui.forms import Answers, Field, Problem, problem_said, read_form
from tui.screens.drafts import Key
from tui.screens.leaving import FormPage
from tui.widgets.form import Form
from tui.widgets.hints import Hints

ADDRESS = "channel_address"
_CHOICES = {
    "channel_kind": ("apprise", "command", "log"), "channel_privacy": ("discreet", "titles", "full"),
    "channel_lang": ("zh", "en"), "channel_digest": ("daily", "weekly", "none"),
    "channel_least": ("quiet", "normal", "loud", "urgent"), "channel_keep": ("auto", "keyring", "file"),
}  # fmt: skip
"""Answers, each shown under `form.of_FIELD_ANSWER`: two fields may have answers of the same name."""
_FIELDS = (
    "channel_name", "channel_kind", ADDRESS, "channel_privacy", "channel_quiet", "channel_client", "channel_person",
    "channel_lang", "channel_digest", "channel_digest_at", "channel_least", "channel_zone", "channel_env",
    "channel_keep",
)  # fmt: skip
_USUAL = {
    "channel_privacy": "discreet", "channel_quiet": "22:00-08:00", "channel_digest": "daily",
    "channel_digest_at": "08:00", "channel_least": "quiet", "channel_zone": "Asia/Shanghai", "channel_keep": "auto",
}  # fmt: skip
_LIBRARY = {
    "channel": "channel_name", "channel_kind": "channel_kind", "address": ADDRESS, "quiet_hours": "channel_quiet",
    "from_env": "channel_env", "digest_at": "channel_digest_at", "zone": "channel_zone", "keep": "channel_keep",
}  # fmt: skip
"""Which field a problem of the library's is about."""


class AddChannelScreen(FormPage):
    """What a new way out is called, where it leads, how much it says and when. Kept once a test message was taken."""

    commands: ClassVar[tuple[str, ...]] = ("save", "back")
    name_of_help: ClassVar[str] = "page_channel_add"
    SECRET = frozenset({ADDRESS})
    BINDINGS: ClassVar[list[BindingType]] = bindings("save")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-usual"), (100, "-wide")]
    DEFAULT_CSS = """
    AddChannelScreen #how { height: auto; padding: 0 1; color: $secondary; }
    AddChannelScreen.-narrow #how { display: none; }
    AddChannelScreen.-narrow #acts { layout: vertical; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._now: datetime | None = None
        self._asked_to_save = False

    def draft_key(self) -> Key:
        return ("channel",)

    def body(self) -> ComposeResult:
        yield Form(id="form")
        yield Static("", id="how", markup=False)
        yield from self.question()
        with Horizontal(id="acts"):
            yield Button("", id="save", compact=True, variant="primary")
            yield Button("", id="untested", compact=True)
            yield Button("", id="leave", compact=True)

    async def fill(self) -> None:
        self._now = await self.ask(lambda desk: desk.now())
        self.entitle(self.say("channels.add"))
        self.query_one("#how", Static).update(self.say("channels.how"))
        self.query_one("#save", Button).label = self.say("channels.save")
        self.query_one("#untested", Button).label = self.say("channels.save_untested")
        self.query_one("#leave", Button).label = self.say("record.leave")
        fields = tuple(self._field(name) for name in _FIELDS)
        self.initial = self.initial or {
            "channel_lang": f"channel_lang_{self.app.lang}",
            **{name: f"{name}_{usual}" if name in _CHOICES else usual for name, usual in _USUAL.items()},
        }
        draft = self.draft()
        if await self.form.ask(fields, {**self.initial, **(draft or {})}):
            self.form.focus_first()
            if draft:
                self.app.notify(self.say("record.draft_back"), timeout=3)
        self._check()

    async def say_again(self) -> None:
        """In place: what is typed, and where one was, stays."""
        for id in ("stay", "draft", "discard"):
            self.query_one(f"#{id}", Button).label = self.say(f"record.{id}")
        self.query_one("#asked", Static).update(self.say("record.unsaved"))
        self.query_one(Hints).refresh()
        self.hold("")
        self.refill()

    def _field(self, name: str) -> Field:
        of = tuple(f"{name}_{each}" for each in _CHOICES.get(name, ()))
        kind = "choice" if of else "secret" if name == ADDRESS else "text"
        required = name == "channel_name" or (bool(of) and name != "channel_kind")
        title = self.say(f"channels.{name.removeprefix('channel_')}")
        return Field(name, title, kind, required, of, {"max_length": 200} if kind == "text" else {})

    def _check(self) -> Answers:
        """Say beside each field what is missing, once one has asked to save."""
        typed = {name: text for name, text in self.form.typed.items() if name != ADDRESS}
        fields = [field for field in self.form.fields if field.name != ADDRESS]
        assert self._now is not None
        answers = read_form(fields, typed, self._now)
        for field in self.form.fields:
            missing = self._asked_to_save and field.name in answers.missing
            self.form.about(field.name, problem_said(self.words, Problem("required")) if missing else "", bad=missing)
        return answers

    @on(Form.Changed)
    def _changed(self) -> None:
        self.hold("")
        if self._now is not None:
            self._check()

    # -- keeping it ----------------------------------------------------------------------------------------

    def action_save(self) -> None:
        self._save(test=True)

    @on(Button.Pressed, "#save")
    def _save_pressed(self) -> None:
        self.action_save()

    @on(Button.Pressed, "#untested")
    def _untested(self) -> None:
        self._save(test=False)

    def _said(self) -> dict[str, Any]:
        """What is typed, as the library wants it."""
        typed = {name.removeprefix("channel_"): text.strip() for name, text in self.form.typed.items()}
        said: dict[str, Any] = {
            name.removeprefix("channel_"): typed.get(name.removeprefix("channel_"), "").removeprefix(f"{name}_")
            for name in _CHOICES
        }
        said |= {name: typed.get(name) or None for name in ("client", "person", "env")}
        said |= {"quiet_hours": typed.get("quiet") or None, "digest_at": typed.get("digest_at", "")}
        keep = said.pop("keep")
        # Left as it is, an address from the environment stays there.
        said |= {"zone": typed.get("zone", ""), "kind": said["kind"] or None, "keep": None if keep == "auto" else keep}
        return said

    @work(exclusive=True, group="save")
    async def _save(self, test: bool) -> None:
        self._asked_to_save = True
        answers = self._check()
        if answers.missing:
            names = self.words.listed([f.title for f in self.form.fields if f.name in answers.missing])
            self.hold(self.say("channels.lacks", names=names))
            self.form.focus_field(answers.missing[0])
            return
        name, address = (self.form.typed.get(field, "").strip() for field in ("channel_name", ADDRESS))
        said = self._said()
        if test:
            self.hold(self.say("channels.trying"))
        try:
            await self.ask(lambda desk: desk.add_channel(name, address, test=test, **said))
        except BadInput as error:
            self._beside(error)
        except DeliveryFailed as error:
            why = reason_said(error.reason, self.words)
            lines = [self.say("channel.not_taken", name=visible(name), why=why), self.say("channel.not_kept")]
            how = "channel.how_permanent_add" if error.permanent else "channels.how_later"
            self.hold("\n".join([*lines, self.say(how)]))
        except (EscalationError, ProcedureError) as error:
            self.hold("\n".join([*error_lines(error, self.app.lang), self.say("record.still_here")]))
        else:
            self.forget_draft()
            said_key = "channel.tested" if test else "channels.kept_untested"
            self.app.notify(self.say(said_key, name=name), timeout=6, markup=False)
            self.app.pop_screen()

    def _beside(self, error: BadInput) -> None:
        """Each problem beside its field; the first of them is where one goes on."""
        first = None
        for each in error.problems:
            name = _LIBRARY.get(each.field, f"channel_{each.field}")
            self.form.about(name, problem_said(self.words, Problem(each.expected, each.limit, each.meant)), bad=True)
            first = first or name
        titles = {f.name: f.title for f in self.form.fields}
        wrong = [titles[_LIBRARY.get(each.field, f"channel_{each.field}")] for each in error.problems]
        self.hold(self.say("record.wrong", names=self.words.listed(wrong)))
        if first is not None:
            self.form.focus_field(first)
