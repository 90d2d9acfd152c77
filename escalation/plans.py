"""What can be paid, offers compared, the agreed plan followed: `desk.plans`.

Reads a case's facts and log by the names in `states/known_facts.py`, whatever its procedure. The only thing it
writes is a payment, as an event, and a budget, as facts: both by the desk, so that previews and corrections hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation.core.agreed import PAID, PAID_IN_FULL, PART_PAID, SIGNED, InForce, as_payments, in_force
from escalation.core.history import effective
from escalation.core.instalments import Instalment, Payment, follow, payoff
from escalation.core.plan import CENT, Line, capacity
from escalation.core.values import Wrong, read_value
from escalation.errors import BadInput, FieldProblem
from escalation.offers import (
    bound_data,
    capacity_data,
    compared,
    impossible_said,
    money,
    offers_of,
    read_offer,
)
from escalation.said import When, instant, not_future
from escalation.wording import wording
from states.ceilings import ceilings
from states.errors import near_miss
from states.known_facts import BUDGET, MARGIN
from states.model import Value

if TYPE_CHECKING:
    from escalation.api import Desk
    from escalation.core.snapshot import Snapshot
    from escalation.core.table import Table
    from escalation.store import CaseRow

Data = dict[str, Any]

USUAL_MARGIN = Decimal(10)
_MONEY, _PERCENT = Value(type="money", min=0), Value(type="percent", min=0, max=90)


class _Case(NamedTuple):
    """A case that was read."""

    row: CaseRow
    snapshot: Snapshot
    table: Table
    now: datetime
    titles: Mapping[str, str]
    """Of its facts."""


class Plans:
    """Budgets, offers and agreed plans of a desk's cases."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.said = wording(desk.lang)

    # -- what can be paid --------------------------------------------------------------------------------

    def capacity(self, case: str | None = None, **values: Any) -> Data:
        """What can be paid a month, from the budget of a case, with other values where some are given.

        `values`: facts of the budget (`income_…`, `income_unsure…`, `cost_…`, `debts_…`, `margin_percent`); None or
        empty leaves one out. Raises: BadInput, NotFound.
        """
        read = self._case(case) if case is not None else None
        facts = read.snapshot.facts if read else {}
        known = _budget_facts(read.table) if read else {}
        merged = {n: v for n, v in facts.items() if n in known} | self._budget(values)
        lines = [Line(n, Decimal(v), _part(n)) for n, v in merged.items() if n != MARGIN and v is not None]
        margin = Decimal(merged[MARGIN]) if merged.get(MARGIN) is not None else USUAL_MARGIN
        titles = read.titles if read else {}
        return {
            "case": read.row.ref if read else None,
            "lines": [
                {"name": e.name, "title": titles.get(e.name) or self._title(e.name), "amount": money(e.amount),
                 "part": e.part}
                for e in lines
            ],
            **capacity_data(capacity(lines, margin)),
        }  # fmt: skip

    def fields(self, case: str) -> list[Data]:
        """What the budget of a case is made of: `name`, `title`, `type`, and the `value` it has or null."""
        read = self._case(case)
        return [
            {"name": n, "title": read.titles.get(n, n), "type": kind, "value": read.snapshot.facts.get(n)}
            for n, kind in _budget_facts(read.table).items()
        ]

    def keep(self, case: str, values: Mapping[str, Any], **options: Any) -> Data:
        """Keep a budget as facts of the case.

        Options as of `set_facts`. Raises: BadInput for a line that the case's procedure has no fact for.
        """
        read, given = self._case(case), self._budget(values)
        known = list(_budget_facts(read.table))
        expected = "budget_fact" if known else "budget_none"
        wrong = [
            FieldProblem(name, values[name], expected, near_miss(name, known), limit=", ".join(known))
            for name in given
            if name not in known
        ]
        if wrong:
            raise BadInput(*wrong)
        return self.desk.set_facts(case, {n: v for n, v in given.items() if v is not None}, **options)

    def _budget(self, values: Mapping[str, Any]) -> Data:
        """Typed values of a budget. Raises: BadInput with every one that is wrong."""
        found: Data = {}
        wrong: list[FieldProblem] = []
        for name, raw in values.items():
            if name != MARGIN and not name.startswith(BUDGET):
                wrong.append(FieldProblem(name, raw, "budget_name"))
                continue
            value = read_value(_PERCENT if name == MARGIN else _MONEY, raw) if raw not in (None, "") else None
            if isinstance(value, Wrong):
                wrong.append(FieldProblem(name, raw, value.expected, value.meant, limit=value.limit))
            found[name] = value
        if wrong:
            raise BadInput(*wrong)
        return found

    def _title(self, name: str) -> str:
        """A line that is no fact: by its usual name, or as it was called."""
        if self.said.has(f"plan_line.{name}"):
            return self.said.say(f"plan_line.{name}")
        begins = next((b for b in ("income_unsure_", *BUDGET) if name.startswith(b)), "")
        return name.removeprefix(begins) or name

    # -- offers ------------------------------------------------------------------------------------------

    def compare(self, case: str | None = None, offers: Sequence[Mapping[str, Any]] = (), **values: Any) -> Data:
        """Ways to pay side by side: those of the case, and `offers` (fields as in `offers.FIELDS`).

        `values`: a budget, as of `capacity`. Raises: BadInput, also where there is nothing to compare.
        """
        read = self._case(case) if case is not None else None
        facts = read.snapshot.facts if read else {}
        today = self._day(read)
        budget = self.capacity(case, **values)
        room = _room(budget, facts)
        lender = facts.get("respondent")
        bounds = ceilings(lender) if lender is not None else ()
        proposed = offers_of(facts, room[0] if room else None, today, self.said)
        proposed += [read_offer(each, facts, today, self.said) for each in offers]
        if not proposed:
            raise BadInput(_no_offers(read))
        return {
            "case": read.row.ref if read else None,
            "today": today.isoformat(),
            "owed": facts.get("amount_owed"),
            "room": {"low": money(room[0]), "likely": money(room[1]), "rests_on": room[2]} if room else None,
            "capacity": budget if budget["lines"] else None,
            "lender": lender,
            "offers": [compared(each, room[:2] if room else None, bounds, self.said) for each in proposed],
            "ceilings": [bound_data(bound, self.desk.lang) for bound in bounds],
        }

    # -- the agreed plan ---------------------------------------------------------------------------------

    def schedule(self, case: str) -> Data:
        """The agreed plan with every instalment and how it stands today. `agreed_on` is None where there is none.

        `begins_with`: the events of the case's procedure that begin a plan; none where it keeps no plan at all.
        """
        read = self._case(case)
        today = self._day(read)
        found = self._in_force(read, today)
        begins = _begin(read.table)
        shown: Data = {"case": read.row.ref, "today": today.isoformat(), "begins_with": begins, **_NO_PLAN}
        if found is None:
            return shown
        shown |= {
            "agreed_on": found.since.isoformat(), "event": found.event, "seq": found.seq,
            "first_due": found.first_due.isoformat(), "terms": _terms(found), "missing": list(found.missing),
            "cancelled_on": found.cancelled_on.isoformat() if found.cancelled_on else None,
            "impossible": None,
            "payments": [
                {"seq": p.seq, "day": p.day.isoformat(), "event": p.event,
                 "amount": money(p.amount) if p.amount is not None else None}
                for p in (*found.payments_before, *found.payments)
            ],
        }  # fmt: skip
        if found.impossible is not None:
            text = impossible_said(found.impossible, self.said)
            shown["impossible"] = {"reason": found.impossible.reason, "text": text}
        return shown | (self._standing(found, today) if found.followed is not None else {})

    def _standing(self, found: InForce, today: date) -> Data:
        """The instalments and sums of a plan whose terms are known."""
        assert found.followed is not None
        now, ends = found.followed, payoff(found.followed, today)
        following = next((each for each in now.instalments if each.missing and each.due >= today), None)
        was_late = any(each.status == "late" for each in found.earlier)
        return {
            "instalments": [_instalment(each) for each in (*found.earlier, *now.instalments)],
            "standing": "cured" if was_late and now.standing == "kept" else now.standing,
            "paid": money(found.paid_before + now.paid),
            "credit": money(now.credit),
            "arrears": money(now.arrears),
            "outstanding": {
                "total": money(now.outstanding), "principal": money(now.principal),
                "interest": money(now.interest), "costs": money(now.costs),
            },
            "payoff": {
                "total": money(ends.total), "principal": money(ends.principal), "interest": money(ends.interest),
                "saved": money(ends.saved),
            },
            "first_open": now.first_open,
            "next_due": following.due.isoformat() if following else None,
            "next_amount": money(following.missing) if following else None,
        }  # fmt: skip

    def pay(self, case: str, amount: Any, *, at: When = None, preview: bool = False, **options: Any) -> Data:
        """Log a payment as what it is: an instalment, part of one, or the last of all.

        The answer is that of `record`, with `payment`: the event, the sum, what it leaves, the next day. Raises:
        BadInput (no plan, terms unknown, nothing open, more than is open), Refused, CaseMoved.
        """
        read = self._case(case)
        sum_ = read_value(Value(type="money", min=0), amount)
        if isinstance(sum_, Wrong) or not Decimal(sum_):
            expected = sum_.expected if isinstance(sum_, Wrong) else "min"
            raise BadInput(FieldProblem("amount", amount, expected, limit=str(CENT)))
        zone = read.table.clock.zone
        when = not_future(instant("at", at, zone, read.now, read.snapshot.opened_at), at, read.now)
        day = read.table.clock.day(when)
        found = self._payable(read, day, Decimal(sum_), amount)
        event, data, told = self._payment(found, day, Decimal(sum_))
        note = None
        if event == PAID_IN_FULL and not _asks_amount(read.table):  # earlier versions of a procedure
            data, note = {}, self.said.say("plan.note_last", sum=sum_)
        options.setdefault("head", None if preview else read.row.head)
        done = self.desk.record(case, event, data, at=at, note=note, preview=preview, **options)
        return {**done, "payment": told}

    def _payable(self, read: _Case, day: date, amount: Decimal, typed: Any) -> InForce:
        """The plan that a payment goes to. Raises: BadInput where there is none that could take it."""
        found = self._in_force(read, day)
        if found is None:
            expected = "no_plan" if _begin(read.table) else "no_plan_here"
            raise BadInput(FieldProblem("case", read.row.ref, expected, limit=read.row.ref))
        if found.cancelled_on is not None:
            raise BadInput(FieldProblem("case", read.row.ref, "plan_cancelled", limit=found.cancelled_on.isoformat()))
        if found.followed is None:
            names = self.said.listed([read.titles.get(f"plan_{n}", n) for n in found.missing])
            why = impossible_said(found.impossible, self.said) if found.impossible else names
            raise BadInput(FieldProblem("case", read.row.ref, "plan_unknown", limit=why))
        if not found.followed.outstanding:
            raise BadInput(FieldProblem("amount", typed, "plan_paid"))
        if amount > found.followed.outstanding:
            raise BadInput(FieldProblem("amount", typed, "plan_too_much", limit=money(found.followed.outstanding)))
        return found

    def _payment(self, found: InForce, day: date, amount: Decimal) -> tuple[str, Data, Data]:
        """The event that a payment is, its data, and what to say of it."""
        assert found.agreed is not None
        assert found.followed is not None
        before = found.followed
        after = follow(found.agreed, [*as_payments(found.payments), Payment(day, amount)], day)
        following = next((each for each in after.instalments if each.missing), None)
        ends = payoff(before, day)
        enough = ends.saved and ends.total <= amount < before.outstanding
        told: Data = {
            "amount": money(amount), "instalment": before.first_open, "left": money(after.outstanding),
            "next_due": following.due.isoformat() if following else None, "arrears": money(after.arrears),
            "missing": money(following.missing) if following else "0.00",
            "payoff": money(ends.total) if enough else None,
        }  # fmt: skip
        if following is None:
            return PAID_IN_FULL, {"amount": money(amount)}, {"event": PAID_IN_FULL, **told}
        if following.n == before.first_open:
            return PART_PAID, {"amount": money(amount)}, {"event": PART_PAID, **told}
        data = {"amount": money(amount), "next_due_on": following.due.isoformat()}
        return PAID, data, {"event": PAID, **told}

    # -- reading -----------------------------------------------------------------------------------------

    def _case(self, case: str) -> _Case:
        row, snapshot, now = self.desk._read(case)
        table = self.desk.engine.shelf.table(snapshot.definition)
        return _Case(row, snapshot, table, now, self.desk.titles(case)["fact"])

    def _day(self, read: _Case | None) -> date:
        return read.table.clock.day(read.now) if read else date.fromisoformat(self.desk.today())

    def _in_force(self, read: _Case, day: date) -> InForce | None:
        """The plan as of the end of a day, from what took effect; entries that no longer apply are left out."""
        off = {each.seq for each in read.snapshot.inapplicable}
        log = self.desk.engine.store.log(read.row.id)
        return in_force((e for e in effective(log) if e.seq not in off), read.table.clock.day, day)


_NO_PLAN: Data = {
    "agreed_on": None, "event": None, "seq": None, "first_due": None, "terms": {}, "missing": [], "impossible": None,
    "cancelled_on": None, "payments": [], "instalments": [], "standing": None, "paid": "0.00", "credit": "0.00",
    "arrears": "0.00", "outstanding": None, "payoff": None, "first_open": None, "next_due": None, "next_amount": None,
}  # fmt: skip


def _no_offers(read: _Case | None) -> FieldProblem:
    """Nothing to compare: fill in the facts that offers are made of, or, where there are none, say the sums."""
    if read is not None and "amount_owed" in read.table.procedure.facts:
        return FieldProblem("offer", None, "no_offers")
    command = f"plan compare {read.row.ref}" if read is not None else "plan compare"
    return FieldProblem("offer", None, "no_offers_here", limit=command)


def _begin(table: Table) -> list[str]:
    """The events of a procedure that begin a plan."""
    return sorted(SIGNED & table.procedure.events.keys())


def _asks_amount(table: Table) -> bool:
    event = table.event(PAID_IN_FULL)
    return event is not None and "amount" in event.asks


def _terms(found: InForce) -> Data:
    """What was agreed, and of sum and number what follows from it."""
    if found.offer is None:
        return dict(found.terms)
    return {"principal": money(found.offer.principal), "months": found.offer.months, **found.terms}


def _budget_facts(table: Table) -> dict[str, str]:
    """The facts of a budget and their types. Others may be called alike: whether a cost sheet was seen is no cost."""
    wanted = {"money": lambda n: n.startswith(BUDGET), "percent": lambda n: n == MARGIN}
    return {n: f.type for n, f in table.procedure.facts.items() if f.type in wanted and wanted[f.type](n)}


def _part(name: str) -> str:
    """Which part of a budget a fact belongs to."""
    if name.startswith("income_unsure"):
        return "unsure"
    return {"income": "income", "cost": "cost", "debts": "debt"}[name.partition("_")[0]]


def _room(budget: Mapping[str, Any], facts: Mapping[str, Any]) -> tuple[Decimal, Decimal, str] | None:
    """What can be paid a month: by the budget, else what I said I can."""
    if budget["lines"]:
        return Decimal(budget["low"]), Decimal(budget["likely"]), "budget"
    said = facts.get("monthly_offer")
    return (Decimal(said), Decimal(said), "offer") if said is not None else None


def _instalment(each: Instalment) -> Data:
    return {
        "n": each.n, "due": each.due.isoformat(), "amount": money(each.amount), "principal": money(each.principal),
        "interest": money(each.interest), "paid": money(each.paid), "missing": money(each.missing),
        "paid_on": each.paid_on.isoformat() if each.paid_on else None, "status": each.status,
    }  # fmt: skip
