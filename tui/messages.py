"""What widgets ask of screens (imperative) and what everybody hears of the world (past tense)."""

from __future__ import annotations

from textual.message import Message


class StoreChanged(Message):
    """Another process committed something, or time passed: what is shown may no longer be so."""


class OpenCase(Message):
    """A person chose a case."""

    def __init__(self, case: str) -> None:
        self.case = case
        super().__init__()


class RunCommand(Message):
    """A person clicked a hint."""

    def __init__(self, id: str) -> None:
        self.id = id
        super().__init__()
