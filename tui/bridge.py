"""The only caller of the library: questions go to it in a thread of their own, answers and errors come back.

One thread, one desk: a store is not for several threads at once. A screen never waits; it shows what it has
until the answer comes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from escalation.api import Desk

T = TypeVar("T")

FIRST = 60
"""Lines that are asked for before everything else."""


class FirstLook(NamedTuple):
    """What is shown first of a store: its most pressing cases."""

    numbers: list[int]
    lines: dict[int, dict[str, Any]]
    year: int


class Bridge:
    """Asks the library. Opened with the first question."""

    def __init__(self, store: str, *, now: str | None = None, lang: str = "en") -> None:
        self.store = store
        self._now = now
        self._lang = lang
        self._desk: Desk | None = None
        self._file: tuple[int, int] | None = None
        self._changes: int | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
        self._begun: Future[FirstLook] | None = None
        self.shown = asyncio.Event()
        """Set unless what `begin` saw is still to be put on the screen: then other questions wait for that."""
        self.shown.set()
        self._closed = False

    def begin(self) -> None:
        """Open the store and look at it while the screens are still being made: both take a third of a second."""
        self._begun = self._thread.submit(self._answer, _first_look)
        self.shown.clear()

    async def begun(self) -> FirstLook | None:
        """What was seen, once; None if nobody looked, or it could not be: who asks again hears why."""
        begun, self._begun = self._begun, None
        if begun is None:
            return None
        try:
            return await asyncio.wrap_future(begun)
        except Exception:
            return None

    async def ask(self, question: Callable[[Desk], T]) -> T:
        """The answer to one question. Raises what the library raises: EscalationError, ProcedureError.

        While the screens are being left nobody waits for an answer any more: the question is dropped.
        """
        if self._closed:
            raise asyncio.CancelledError
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, question)

    async def changed(self) -> bool:
        """Whether another process has committed since the last call."""
        return await self.ask(self._look)

    async def speak(self, lang: str) -> None:
        """Answers are in this language from now on."""
        self._lang = lang

        await asyncio.get_running_loop().run_in_executor(self._thread, self._switch, lang)

    def close(self) -> None:
        """Give the store back, after the question that runs."""
        self._closed = True
        self._thread.submit(self._close)
        self._thread.shutdown(wait=True)

    def _answer(self, question: Callable[[Desk], T]) -> T:
        if self._desk is None:
            from escalation.api import open_store

            self._desk = open_store(self.store, now=self._now, lang=self._lang)
            self._file = self._found()
        elif self._found() != self._file:
            self._gone()
        return question(self._desk)

    def _found(self) -> tuple[int, int] | None:
        """Which file the store's name means. None where it is no file, or there is none."""
        if "://" in self.store:
            return None
        try:
            found = os.stat(self.store)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _gone(self) -> None:
        """The file was taken away, or another put in its place: what is written to the old one would be lost.

        Another one is opened with the next question; none is made anew, as a store is that never was.
        """
        from escalation.errors import StoreError

        if self._found() is not None:
            self._close()
        raise StoreError(self.store, "the file is no longer there")

    def _switch(self, lang: str) -> None:
        if self._desk is not None:  # else it is opened with it, when the store can be had again
            self._desk.lang = lang

    def _look(self, desk: Desk) -> bool:
        found = desk.changes()
        changed = self._changes is not None and found != self._changes
        self._changes = found
        return changed

    def _close(self) -> None:
        if self._desk is not None:
            self._desk.close()
            self._desk = None


def _first_look(desk: Desk) -> FirstLook:
    numbers = desk.find(most=FIRST)
    return FirstLook(numbers, desk.lines(numbers), int(desk.today()[:4]))
