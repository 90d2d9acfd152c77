"""The only caller of the library: questions go to it in a thread of their own, answers and errors come back.

One thread, one desk: a store is not for several threads at once. A screen never waits; it shows what it has
until the answer comes.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
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
    refs: list[str]
    """The ids of its first cases, two at most: whether there are none, one, or more."""


class Ahead(NamedTuple):
    """A process that looks at the store while this one still imports what draws."""

    pid: int
    pipe: int
    """Where it writes what it saw."""


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
        self._ahead: Ahead | None = None
        self._begun: Future[FirstLook | None] | None = None
        self.shown = asyncio.Event()
        """Set unless what `begin` saw is still to be put on the screen: then other questions wait for that."""
        self.shown.set()
        self._closed = False

    def begin(self) -> None:
        """Look at the store while the screens are still being made; by a process of its own where there is `fork`.

        The library and the toolkit take as long as each other to be imported, and within one process one at a time.
        To be called before anything has started a thread.
        """
        self.shown.clear()
        if hasattr(os, "fork"):
            self._ahead = _look_ahead(self.store, self._now, self._lang)
            self._begun = self._thread.submit(_told, self._ahead)
        else:
            self._begun = self._thread.submit(self._answer, _first_look)

    @property
    def seen(self) -> FirstLook | None:
        """What was seen, if it is there already."""
        if self._begun is None or not self._begun.done() or self._begun.exception() is not None:
            return None
        return self._begun.result()

    async def begun(self) -> FirstLook | None:
        """What was seen; None if nobody looked, or it could not be: who asks again hears why."""
        if self._begun is None:
            return None
        try:
            return await asyncio.wrap_future(self._begun)
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
        """Whether another process has committed since the last call that was answered, or since the store was opened.

        Noted only here: else the answer to a call that was given up meanwhile would be lost, and the change with it.
        """
        found = await self.ask(lambda desk: desk.changes())
        changed = self._changes is not None and found != self._changes
        self._changes = found
        if changed:
            await self.ask(lambda desk: desk.freshen())
        return changed

    async def speak(self, lang: str) -> None:
        """Answers are in this language from now on."""
        self._lang = lang

        await asyncio.get_running_loop().run_in_executor(self._thread, self._switch, lang)

    def close(self) -> None:
        """Give the store back, after the question that runs."""
        self._closed = True
        if self._ahead is not None and self._begun is not None and not self._begun.done():
            with suppress(ProcessLookupError):
                os.kill(self._ahead.pid, signal.SIGTERM)
        self._thread.submit(self._close)
        self._thread.shutdown(wait=True)

    def _answer(self, question: Callable[[Desk], T]) -> T:
        if self._desk is None:
            from escalation.api import open_store

            self._desk = open_store(self.store, now=self._now, lang=self._lang)
            self._file = self._found()
            if self._changes is None:
                self._changes = self._desk.changes()
        elif self._found() != self._file:
            self._gone()
        try:
            return question(self._desk)
        except ValueError as error:
            from escalation.errors import CalendarDamaged

            if (damaged := CalendarDamaged.of(error)) is None:
                raise
            self._desk.engine.shelf.forget()  # it is read again with the next question
            raise damaged from error

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

    def _close(self) -> None:
        if self._desk is not None:
            self._desk.close()
            self._desk = None


def _first_look(desk: Desk) -> FirstLook:
    numbers = desk.find(most=FIRST)
    return FirstLook(numbers, desk.lines(numbers), int(desk.today()[:4]), desk.first_refs(2))


def _look_ahead(store: str, now: str | None, lang: str) -> Ahead:
    reads, writes = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writes)
        return Ahead(pid, reads)
    code = 1
    try:
        os.close(reads)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):  # the terminal is not this one's
            os.dup2(nowhere, stream)
        from escalation.api import open_store

        with open_store(store, now=now, lang=lang) as desk:
            seen = _first_look(desk)
        with os.fdopen(writes, "wb") as pipe:
            # As a list: the keys of a JSON object would come back as texts.
            pipe.write(json.dumps((seen.numbers, list(seen.lines.items()), seen.year, seen.refs)).encode())
        code = 0
    finally:
        os._exit(code)


def _told(ahead: Ahead) -> FirstLook | None:
    """What it wrote, once it has ended; None where it could not look."""
    with os.fdopen(ahead.pipe, "rb") as pipe:
        body = pipe.read()
    os.waitpid(ahead.pid, 0)
    if not body:
        return None
    numbers, lines, year, refs = json.loads(body)
    return FirstLook(numbers, dict(lines), year, refs)
