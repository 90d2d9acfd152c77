"""What is typed on the pages of money: their fields, what they hold at first, what of it differs from the case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from rich.text import Text
from textual.app import App
from textual.widgets import Input, Static

from tui.forms import AT, Answers, Field, Problem, problem_said, read_form, shown_said
from tui.screens.drafts import Key, Typed
from tui.screens.page import Page
from tui.screens.sheet import special
from tui.widgets.form import Form

Data = dict[str, Any]
FORMS = {"budget": "budget", "offer": "offered", "agreed": "pay"}
"""The form of each page that has one."""
LASTING = ("budget", "offer")
"""Pages whose typing outlives the program."""
OFFER = {
    "name": "text", "kind": "choice", "principal": "money", "months": "integer", "rate": "percent", "monthly": "money",
    "total": "money", "fee": "percent", "waived": "money", "first_months": "integer", "first_monthly": "money",
    "wait": "integer", "wait_free": "boolean", "first_due": "date",
}  # fmt: skip
AMOUNT = "amount"

_DRAFTS: WeakKeyDictionary[App[Any], dict[str, Draft]] = WeakKeyDictionary()
_SUM = re.compile(r"\d[\d,]*\.\d\d")


class Draft:
    """What was typed about a case and is not kept in it, with the plans put beside each other."""

    def __init__(self) -> None:
        self.typed: dict[str, dict[str, str]] = {name: {} for name in FORMS}
        self.offers: list[Data] = []
        self.tab = "budget"


class PlanForm(Page):
    """The forms of the pages, and where their answers are shown."""

    def __init__(self, case: str, tab: str | None = None) -> None:
        super().__init__()
        self.case = case
        self.tab = tab or "budget"
        self._start = tab
        self._draft = Draft()
        self.fields: dict[str, tuple[Field, ...]] = dict.fromkeys(FORMS, ())
        self.titles: Mapping[str, Mapping[str, str]] = {}
        self.now: datetime | None = None
        self._agreed: Data = {}
        self._compared: Data | None = None
        self._initial: dict[str, dict[str, str]] = {tab: {} for tab in FORMS}
        """What the forms hold where nothing is typed."""
        self._facts: dict[str, str | None] = {}
        """The budget as the case has it."""
        self._asked_to_save = False

    def form(self, tab: str) -> Form:
        """The form of a page."""
        return self.query_one(f"#form-{FORMS[tab]}", Form)

    def _take_over(self, tab: str, before: Mapping[str, str]) -> None:
        """What changed in the case meanwhile comes into fields that nobody has touched."""
        form = self.form(tab)
        for name, value in self._initial[tab].items():
            was = before.get(name, "")
            if was != value and form.typed.get(name, "") == was:
                form.query_one(f"#in-a-{name}", Input).value = value

    def _offer_fields(self) -> tuple[Field, ...]:
        from escalation.offers import FIELDS

        return tuple(
            Field(name, self.say(f"plan_screen.field_{name}"), kind, of=tuple(FIELDS[name].of or ()),
                  limits={"max_length": FIELDS[name].max_length} if kind == "text" else {})
            for name, kind in OFFER.items()
        )  # fmt: skip

    @property
    def _payable(self) -> bool:
        """Whether there is a plan with something left to pay."""
        return bool(self._agreed["first_open"]) and not self._agreed["cancelled_on"]

    def _pay_fields(self) -> tuple[Field, ...]:
        if not self._payable:
            return ()
        return (Field(AMOUNT, self.say("plan_screen.pay_amount"), "money", required=True), *special(self.say, AT))

    def _next_payment(self) -> dict[str, str]:
        """What is missing of the oldest open instalment: what one most likely comes to log."""
        opened = next((e for e in self._agreed["instalments"] if e["n"] == self._agreed["first_open"]), None)
        return {AMOUNT: opened["missing"]} if opened else {}

    # -- what is typed -------------------------------------------------------------------------------------

    def read(self, tab: str) -> Answers:
        """What is typed into the form of a page."""
        assert self.now is not None
        return read_form(self.fields[tab], self.form(tab).typed, self.now)

    def check(self) -> None:
        """Say beside each field how it was understood or what is wrong."""
        if self.now is None or self.tab not in FORMS:
            return
        answers = self.read(self.tab)
        for field in self.fields[self.tab]:
            problem = answers.problems.get(field.name)
            if problem is None and self._asked_to_save and field.name in answers.missing:
                problem = Problem("required")
            shown = answers.shown.get(field.name)
            if problem is not None:
                self.form(self.tab).about(field.name, problem_said(self.words, problem), bad=True)
            else:
                self.form(self.tab).about(field.name, shown_said(self.words, shown, self.now) if shown else "")

    @property
    def _values(self) -> Data:
        """The budget as it is typed; what cannot be read counts as not given."""
        read = self.read("budget")
        return {f.name: read.values.get(f.name) for f in self.fields["budget"] if f.name not in read.problems}

    @property
    def _width(self) -> int:
        return max(self.app.size.width - 4, 24)

    def _put(self, id: str, text: Text) -> None:
        """An answer on its page, sums covered where somebody may look on."""
        if self.app.masked:
            text.plain = _SUM.sub(lambda found: "*" * len(found[0]), text.plain)
        self.query_one(f"#{id}", Static).update(text)

    def _changed(self) -> Data:
        """What is typed of the budget and differs from the case; a sum that was taken out is none."""
        found = {n: v for n, v in self._values.items() if v != self._facts[n]}
        return {n: v if v is not None else "0" for n, v in found.items()}

    # -- what is left half typed ---------------------------------------------------------------------------

    def draft_key(self) -> Key:
        return ("plan", self.case)

    def unsaved(self) -> Typed | None:
        """The budget and the plan of one's own; a payment is typed in a moment, and would mislead later."""
        if self.now is None or not (self._changed() or any(self._draft.typed["offer"].values())):
            return None
        return {f"{tab}.{name}": text for tab in LASTING for name, text in self._draft.typed[tab].items() if text}

    def take_up(self) -> None:
        """What was typed here before, in this run of the program or in one before it."""
        drafts = _DRAFTS.setdefault(self.app, {})
        if self.case not in drafts:
            drafts[self.case] = Draft()
            for name, text in (self.app.drafts_of(self.store).get(self.draft_key()) or {}).items():
                tab, _, field = name.partition(".")
                if tab in LASTING:
                    drafts[self.case].typed[tab][field] = text
        self._draft = drafts[self.case]

    def lay_down(self) -> bool:
        """Keep what is not saved for another time, or forget what has been. Whether there is anything."""
        typed, kept = self.unsaved(), self.app.drafts_of(self.store)
        if typed:
            kept.keep(self.draft_key(), typed)
        elif self.now is not None:
            kept.drop(self.draft_key())
        return bool(typed)
