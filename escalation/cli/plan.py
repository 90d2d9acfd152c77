"""Commands about money: plan capacity, plan compare, plan show, plan pay."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from escalation.cli.arguments import add_globals, desk, naming, pairs
from escalation.cli.output import Output
from escalation.errors import BadInput, FieldProblem

_PARTS = {"income": "income", "unsure": "income_unsure", "cost": "cost", "debt": "debts"}
"""What the names of facts begin with, by option."""
_ALONE = {"income": "income_wages", "unsure": "income_unsure", "cost": "cost_other", "debt": "debts_monthly"}
"""The fact that a sum without a name is."""


def build_plan(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    actions = made.add_subparsers(metavar="ACTION", required=True)
    capacity = actions.add_parser("capacity", help=said["capacity"])
    capacity.add_argument("case", metavar="CASE", nargs="?", help=said["case"])
    _budget_options(capacity, lang)
    capacity.add_argument("--keep", action="store_true", help=said["keep"])
    capacity.set_defaults(run=run_capacity)
    compare = actions.add_parser("compare", help=said["compare"])
    compare.add_argument("case", metavar="CASE", nargs="?", help=said["case"])
    compare.add_argument("--offer", metavar="KIND …", action="append", help=said["offer"])
    _budget_options(compare, lang)
    compare.set_defaults(run=run_compare)
    show = actions.add_parser("show", help=said["show"])
    show.add_argument("case", metavar="CASE", help=said["case"])
    show.set_defaults(run=run_show)
    pay = actions.add_parser("pay", help=said["pay"])
    pay.add_argument("case", metavar="CASE", help=said["case"])
    pay.add_argument("sum", metavar="SUM", help=said["sum"])
    pay.add_argument("--at", metavar="DAY", help=said["at"])
    pay.add_argument("--preview", action="store_true", help=said["preview"])
    pay.set_defaults(run=run_pay)
    for each in (capacity, compare, show, pay):
        add_globals(each, lang)


def _budget_options(made: ArgumentParser, lang: str) -> None:
    for option in _PARTS:
        made.add_argument(f"--{option}", metavar="NAME=SUM", nargs="+", action="extend", help=_SAID[lang][option])
    made.add_argument("--margin", metavar="PERCENT", help=_SAID[lang]["margin"])


def _budget(options: Namespace) -> dict[str, str]:
    """The facts of a budget that the options mean. Raises: BadInput with every one that is wrong."""
    found: dict[str, str] = {}
    wrong: list[FieldProblem] = []
    for option, begins in _PARTS.items():
        for each in getattr(options, option) or ():
            name, sign, value = each.rpartition("=")
            fact = (f"{begins}_{name}" if name else "") if sign else _ALONE[option]
            if not fact or fact in found:
                wrong.append(FieldProblem(option, each, "pair"))
            found[fact] = value
    if wrong:
        raise BadInput(*wrong)
    return found | ({"margin_percent": options.margin} if options.margin is not None else {})


def run_capacity(options: Namespace, out: Output) -> int:
    """What can be paid a month; with `--keep` also kept in the case."""
    given = _budget(options)
    with desk(options, "told" if options.case else "empty") as opened:
        if options.keep:
            if options.case is None:
                raise BadInput(FieldProblem("case", None, "required"))
            opened.plans.keep(options.case, given)
            given = {}
        facts = () if out.json or not options.case else opened.plans.fields(options.case)
        out.emit("plan_capacity", opened.plans.capacity(options.case, **given), kept=options.keep, fields=facts)
    return 0


def run_compare(options: Namespace, out: Output) -> int:
    """Ways to pay, side by side."""
    with desk(options, "told" if options.case else "empty") as opened:
        data = opened.plans.compare(options.case, _offers(options.offer or ()), **_budget(options))
        facts = () if out.json or not options.case else opened.titles(options.case)["fact"]
        out.emit("plan_compare", data, today=data["today"], facts=facts)
    return 0


def _offers(texts: Sequence[str]) -> list[dict[str, str]]:
    """`kind=equal_instalments principal=23600 rate=15 months=24`, one for each option."""
    found, wrong = [], []
    for text in texts:
        try:
            found.append(pairs(shlex.split(text), "offer"))
        except ValueError:  # a quotation mark without its twin
            wrong.append(FieldProblem("offer", text, "pair"))
    if wrong:
        raise BadInput(*wrong)
    return found


def run_show(options: Namespace, out: Output) -> int:
    """The agreed plan with every instalment."""
    with desk(options) as opened:
        data = opened.plans.schedule(options.case)
        out.emit("plan_show", data, today=data["today"], titles=opened.titles(options.case))
    return 0


def run_pay(options: Namespace, out: Output) -> int:
    """Log a payment as what it is."""
    with desk(options) as opened, naming(opened, options.case, out):
        data = opened.plans.pay(options.case, options.sum, at=options.at, preview=options.preview)
        extra: dict[str, Any] = {"case": options.case}
        if not out.json:
            extra |= {"titles": opened.titles(options.case), "today": opened.today()}
        if not (out.json or options.preview):
            extra["next"] = opened.next(options.case)
        out.emit("plan_paid", data, **extra)
    return 0


BUILD = {"plan": build_plan}

_SAID = {
    "zh": {
        "case": "案件编号（开头几位够分辨就行）",
        "capacity": "收入、开支、别的欠款 -> 每月能还多少",
        "compare": "几种还法放在一起比",
        "show": "约定的还款安排，每一期怎么样了",
        "pay": "记一笔还款：是一期、一部分，还是最后一笔，会自己认出来",
        "income": "靠得住的收入，例如 wages=5000；只写金额就是工资",
        "unsure": "不一定有的收入",
        "cost": "必要开支，例如 food=1200",
        "debt": "别的欠款每月要还多少",
        "margin": "留百分之几的余地（默认 10）",
        "keep": "把这些留在案件里",
        "offer": "一个方案，写在引号里：kind=equal_instalments principal=23600 rate=15 months=24",
        "sum": "还了多少",
        "at": "哪天还的（默认现在）",
        "preview": "只看会怎样，什么也不记",
    },
    "en": {
        "case": "the case's id (a unique beginning is enough)",
        "capacity": "income, costs, other debts -> what can be paid a month",
        "compare": "ways to pay, side by side",
        "show": "the agreed plan, and how each instalment stands",
        "pay": "log a payment: an instalment, part of one or the last is told apart by the sum",
        "income": "sure income: wages=5000; a sum alone is wages",
        "unsure": "income that may not come",
        "cost": "what you need: food=1200",
        "debt": "what other debts take a month",
        "margin": "percent to keep back (default 10)",
        "keep": "keep these in the case",
        "offer": "a plan, in quotes: kind=equal_instalments principal=23600 rate=15 months=24",
        "sum": "how much was paid",
        "at": "the day it was paid (default now)",
        "preview": "only look at what would follow",
    },
}
