"""The screens over a real store, for tests: opened at an instant, a language, a size; no sleep."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static
from textual.worker import WorkerCancelled, WorkerFailed

from escalation import Desk, open_store
from tui import terminal

terminal.prepare()

from tui.app import EscalationApp  # noqa: E402  (after what Textual reads at its import)

NOW = "2026-11-22T10:00"
USUAL, WIDE, SMALL = (80, 24), (140, 40), (40, 12)


@asynccontextmanager
async def stage(
    folder: Path, fill: Callable[[Desk], object] | None = None, *, now: str = NOW, lang: str = "zh",
    size: tuple[int, int] = USUAL, demo: bool = False, mishaps: bool = False, store: str | None = None,
) -> AsyncIterator[Pilot[None]]:  # fmt: skip
    """The app, running and settled. `fill` puts cases into the store first (with clocks of its own if it likes).

    `store`: another one than the file in `folder`. Errors that nobody expected, which the screens survive, fail the
    test unless it is about `mishaps`.
    """
    path = store or str(folder / "cases.db")
    if fill is not None:
        with open_store(path, now=now, lang=lang) as desk:
            fill(desk)
    app = EscalationApp(path, now=now, lang=lang, demo=demo)
    app.animation_level = "none"
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield pilot
    assert mishaps or not app.mishaps


async def settled(pilot: Pilot[None]) -> None:
    """Until every question has been answered and shown."""
    for _ in range(3):
        for worker in list(pilot.app.workers):
            with suppress(WorkerCancelled, WorkerFailed):  # a newer question took its place; the app has said so
                await worker.wait()
        await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Keys, one after the other, each with its answer."""
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


def shown(pilot: Pilot[None]) -> str:
    """The text on the screen, line by line, as a person sees it (blanks at the ends of lines cut off)."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def title(pilot: Pilot[None]) -> str:
    """What stands at the top."""
    return str(pilot.app.screen.query_one("#title", Static).render())
