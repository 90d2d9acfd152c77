"""The same machine for python-statemachine 3."""

from __future__ import annotations

from machine import PAPERS
from statemachine import State, StateMachine


class Eight(StateMachine):
    preparing = State(initial=True)
    waiting = State()
    supplementing = State()
    weighing = State()
    complaint = State()
    offered = State()
    paying = State()
    settled = State(final=True)

    sent = preparing.to(waiting, cond="papers_complete")
    papers_requested = waiting.to(supplementing)
    answered = waiting.to(weighing)
    no_answer = waiting.to(complaint)
    papers_sent = supplementing.to(waiting)
    refused = weighing.to(complaint) | offered.to(complaint)
    decided = complaint.to(offered)
    accepted = offered.to(paying, cond="enough")
    breached = paying.to(preparing)
    paid = paying.to(settled)

    def __init__(self) -> None:
        self.amount = 500
        self.checks = dict.fromkeys(PAPERS, True)
        super().__init__()

    def papers_complete(self) -> bool:
        return all(self.checks.get(item, False) for item in PAPERS)

    def enough(self) -> bool:
        return self.amount >= 100
