"""What the pages of money do: what is typed worked out, kept in the case, put beside other plans, or exported."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from rich.text import Text
from textual import on, work

from escalation.errors import BadInput, EscalationError
from escalation.wording import error_lines
from states.errors import ProcedureError
from tui.forms import Problem, problem_said
from tui.screens.plan_form import AMOUNT, FORMS, PlanForm
from tui.screens.sheet import PAUSE
from tui.text import told
from tui.widgets.form import Form

Data = dict[str, Any]


class PlanWork(PlanForm):
    """Works out what is typed, and saves it."""

    def action_tab(self, tab: str) -> None:
        """Another page, by its digit."""
        raise NotImplementedError

    def _show_acts(self) -> None:
        """The buttons of the page."""
        raise NotImplementedError

    # -- what it comes to ----------------------------------------------------------------------------------

    @on(Form.Changed)
    def _typed(self) -> None:
        self.hold("")
        for tab in FORMS:
            typed, initial = self.form(tab).typed, self._initial[tab]
            self._draft.typed[tab] = {n: text for n, text in typed.items() if text != initial.get(n, "")}
        self.check()
        self.work_out()

    @work(exclusive=True, group="work_out")
    async def work_out(self) -> None:
        """What can be paid, what offers cost, what a payment would be; the newest question wins."""
        await asyncio.sleep(PAUSE)
        if not self.is_mounted or self.now is None:
            return
        try:
            await getattr(self, f"_work_out_{self.tab}")()
        except BadInput as error:
            self._tell_wrong(error)
        except (EscalationError, ProcedureError) as error:
            self.notice("\n".join(error_lines(error, self.app.lang, self.titles)))

    def _tell_wrong(self, error: BadInput) -> None:
        text = Text("\n".join(problem_said(self.words, _problem(each)) for each in error.problems))
        if self.tab == "agreed":
            self._would(text)
        else:
            self._put("comparison" if self.tab == "compare" else "capacity", text)

    async def _work_out_budget(self) -> None:
        values = self._values
        if not self.fields["budget"] or not any(v is not None for n, v in values.items() if n != "margin_percent"):
            key = "nothing_yet" if self.fields["budget"] else "no_budget"
            self._put("capacity", Text(self.say(f"plan_screen.{key}")))
            return
        data = await self.ask(lambda desk: desk.plans.capacity(self.case, **values))
        width = 60 if self.size.width >= 100 else self._width
        self._put("capacity", told("plan_capacity", {**data, "case": None}, self.app.lang, width))

    async def _work_out_compare(self) -> None:
        values, offers = self._values, list(self._draft.offers)
        self._compared = None
        self._compared = await self.ask(lambda desk: desk.plans.compare(self.case, offers, **values))
        data = self._compared
        self._put("comparison", told("plan_compare", data, self.app.lang, self._width, today=data["today"]))

    async def _work_out_offer(self) -> None:
        """Nothing is worked out before it is put to the others."""

    async def _work_out_agreed(self) -> None:
        answers = self.read("agreed")
        if not self._payable or not answers.ready:
            self._would(Text(""))
            return
        amount = answers.values[AMOUNT]
        data = await self.ask(lambda desk: desk.plans.pay(self.case, amount, at=answers.at, preview=True))
        event = self.titles["event"].get(data["payment"]["event"], data["payment"]["event"])
        paid = told("plan_paid", data, self.app.lang, self._width, titles=self.titles, today=self._agreed["today"])
        lines = paid.split("\n", allow_blank=True)
        gap = next((i for i, line in enumerate(lines) if not line.plain), len(lines))
        self._would(Text("\n").join([Text(self.say("plan_screen.pay_as", event=event)), *lines[1:gap]]))

    def _would(self, text: Text) -> None:
        self._put("would", text)
        self.query_one("#would").display = bool(text.plain)

    # -- saving ----------------------------------------------------------------------------------------------

    def action_save(self) -> None:
        if self.now is None:
            return
        if self.tab == "compare":
            self.action_tab("offer")
            self.form("offer").focus_first()
            return
        self._asked_to_save = True
        self.check()
        answers = self.read(self.tab)
        if answers.ready:
            self._save()
            return
        names = [f.name for f in self.fields[self.tab]]
        self.form(self.tab).focus_field(next(n for n in names if n in answers.problems or n in answers.missing))

    @work(exclusive=True, group="save")
    async def _save(self) -> None:
        try:
            await getattr(self, f"_save_{self.tab}")()
        except BadInput as error:
            if not self._beside(error):
                self.hold("\n".join(error_lines(error, self.app.lang, self.titles)))
        except (EscalationError, ProcedureError) as error:
            self.hold("\n".join(error_lines(error, self.app.lang, self.titles)))

    def _beside(self, error: BadInput) -> bool:
        """Tell what is wrong beside its field; whether every problem has one."""
        names = {f.name for f in self.fields[self.tab]}
        for each in error.problems:
            if each.field in names:
                self.form(self.tab).about(each.field, problem_said(self.words, _problem(each)), bad=True)
        return all(each.field in names for each in error.problems)

    async def _save_budget(self) -> None:
        changed = self._changed()
        if not changed:
            self.hold(self.say("plan_screen.no_change"))
            return
        await self.ask(lambda desk: desk.plans.keep(self.case, changed))
        self._draft.typed["budget"] = {}
        self.lay_down()
        self.app.notify(self.say("plan_screen.kept"), timeout=3)
        self.refill()

    async def _save_offer(self) -> None:
        offer, values = self.read("offer").values, self._values
        offers = [*self._draft.offers, offer]
        data = await self.ask(lambda desk: desk.plans.compare(self.case, offers, **values))
        last = data["offers"][-1]
        if last["impossible"]:
            self.hold(last["impossible"]["text"])
            return
        self._draft.offers = offers
        await self._begin_anew("offer")
        self.lay_down()
        self.app.notify(self.say("plan_screen.added"), timeout=3)
        self.action_tab("compare")
        self.query_one("#tabs").focus()

    async def _save_agreed(self) -> None:
        answers = self.read("agreed")
        amount = answers.values[AMOUNT]
        await self.ask(lambda desk: desk.plans.pay(self.case, amount, at=answers.at))
        await self._begin_anew("agreed")
        self.app.notify(self.say("plan_screen.paid"), timeout=3)
        self.query_one("#tabs").focus()
        self.refill()

    async def _begin_anew(self, tab: str) -> None:
        """An empty form: what stood in it is done with."""
        self._draft.typed[tab] = {}
        self._asked_to_save = False
        form = self.form(tab)
        await form.remove_children()
        form.fields, form.typed = (), {}
        if tab == "offer":
            await form.ask(self.fields[tab], {})

    def action_export(self) -> None:
        """The table of this page as a file where the program was started; never over one that is there."""
        from escalation.plan_csv import instalments_csv, new_file, offers_csv

        if self.tab == "compare" and self._compared is not None:
            name, text = f"plans-{self.case}", offers_csv(self._compared)
        elif self.tab == "agreed" and self._agreed.get("instalments"):
            name, text = f"instalments-{self.case}", instalments_csv(self._agreed)
        else:
            self.hold(self.say("plan_screen.nothing_to_export"))
            return
        try:
            file = new_file(Path.cwd(), name, text)
        except OSError as error:
            self.hold(self.say("plan_screen.not_exported", reason=error.strerror or ""))
        else:
            self.hold(self.say("plan_screen.exported", file=file))


def _problem(each: Any) -> Problem:
    return Problem(each.expected, each.limit, each.meant)
