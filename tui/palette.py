"""The palette's entries: what the screen can do, then what can be done everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.command import CommandPalette as CommandPalette
from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.commands import COMMANDS, EVERYWHERE
from tui.words import words

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui.app import EscalationApp


class CommandProvider(Provider):
    """Commands are found by their words, by pinyin, whole or initials, and by the words of the other language."""

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(command.title, command.callback, help=command.help)

    async def search(self, query: str) -> Hits:
        typed = query.lower().replace(" ", "")
        matcher = self.matcher(query)
        app: Any = self.app
        for id, command in zip(ids_of(self.screen), self._commands(), strict=True):
            score = max(matcher.match(command.title), *(_also(typed, each) for each in also(app, id)), 0.0)
            if score > 0:
                yield Hit(score, matcher.highlight(command.title), command.callback, help=command.help)

    def _commands(self) -> Iterator[SystemCommand]:
        app: Any = self.app
        return system_commands(app, self.screen)


def ids_of(screen: Screen[Any]) -> list[str]:
    """What can be done on a screen, its own first."""
    found = dict.fromkeys((*getattr(screen, "commands", ()), "reload", "board", "delivery", "procedures", *EVERYWHERE))
    return [id for id in found if id != "palette"]


def also(app: EscalationApp, id: str) -> Iterator[str]:
    """What else a command is called: pinyin with its initials, and its words in both languages."""
    for lang in ("zh", "en"):
        said = words(lang)
        yield said.say(f"command.{id}").lower().replace(" ", "")
        if said.has(f"also.{id}"):
            yield from said.say(f"also.{id}").lower().split()


def _also(typed: str, word: str) -> float:
    """How well something typed fits another word for a command: its beginning counts most."""
    if not typed or typed not in word:
        return 0.0
    return 1.0 if word == typed else 0.9 if word.startswith(typed) else 0.5


def system_commands(app: EscalationApp, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Each command with its words and its sentence."""
    for id in ids_of(screen):
        yield SystemCommand(app.words.say(f"command.{id}"), app.words.say(f"help.{id}"), partial(_run, app, screen, id))


async def _run(app: EscalationApp, screen: Screen[Any], id: str) -> None:
    await screen.run_action(COMMANDS[id].action)
