"""One entry per thing a person can do: its keys, its hint, its place in the palette and in the help.

Letters do not reach a program while a Chinese input method is on, so every command can be had without them:
by a digit, a function key, an arrow, the palette or the mouse; punctuation and digits have their full-width twins.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from textual.binding import Binding, BindingType

_FULL_WIDTH = {
    "1": "１", "2": "２", "3": "３", "4": "４", "5": "５", "6": "６", "7": "７", "8": "８", "9": "９", "0": "０",
    "slash": "／", "question_mark": "？", "asterisk": "＊", "plus": "＋", "minus": "－",
}  # fmt: skip


class Command(NamedTuple):
    """Something a person can do. Its words are `command.ID` (short, for hints) and `help.ID` (a sentence)."""

    id: str
    keys: tuple[str, ...]
    action: str
    shown: str
    """The key as the hints write it."""
    hint: bool = True
    """Whether it stands in the hints; all stand in the help and the palette."""


_ALL = (
    # everywhere
    Command("help", ("f1", "question_mark"), "app.help", "F1"),
    Command("language", ("f2",), "app.language", "F2"),
    Command("theme", ("f3",), "app.next_theme", "F3", hint=False),
    Command("mask", ("f4", "asterisk"), "app.mask", "F4", hint=False),
    Command("reload", ("f5",), "screen.reload", "F5", hint=False),
    Command("back", ("escape",), "screen.back", "Esc"),
    Command("palette", ("ctrl+p",), "app.command_palette", "^P"),
    Command("quit", ("ctrl+q", "f10"), "app.quit", "^Q"),
    # home
    Command("open", ("enter",), "screen.open", "Enter"),
    Command("new", ("f6", "n"), "screen.new", "F6"),
    Command("filter", ("slash", "ctrl+f"), "screen.filter", "/"),
    Command("board", ("f7",), "app.board", "F7"),
    Command("delivery", ("f8",), "app.delivery", "F8"),
    Command("procedures", ("f9",), "app.procedures", "F9"),
    Command("sort", ("s", "ctrl+o"), "screen.sort", "^O"),
    Command("mark", ("space",), "screen.mark", "Space"),
    Command("bulk", ("b", "ctrl+b"), "screen.bulk", "^B"),
    Command("views", ("v", "ctrl+e"), "screen.views", "^E"),
    # a case
    Command("do", ("enter",), "screen.do", "Enter"),
    Command("tab_next", ("1",), "screen.tab('next')", "1"),
    Command("tab_deadlines", ("2",), "screen.tab('deadlines')", "2"),
    Command("tab_path", ("3",), "screen.tab('path')", "3"),
    Command("tab_timeline", ("4",), "screen.tab('timeline')", "4"),
    Command("tab_papers", ("5",), "screen.tab('papers')", "5"),
    Command("tab_forecast", ("6",), "screen.tab('forecast')", "6"),
    Command("record", ("7", "r"), "screen.record", "7"),
    Command("note", ("8",), "screen.note", "8"),
    Command("basis", ("9", "w"), "screen.basis", "9"),
    Command("undo", ("ctrl+z",), "screen.undo", "^Z"),
    Command("seen", ("0",), "screen.seen", "0"),
    Command("find", ("slash", "ctrl+f"), "screen.filter", "/"),
    Command("follow_up", ("ctrl+n",), "screen.follow_up", "^N"),
    Command("plan", ("ctrl+g",), "screen.plan", "^G"),
    Command("evidence", ("ctrl+l",), "screen.evidence", "^L"),
    Command("letters", ("ctrl+o",), "screen.letters", "^O"),
    Command("ground", ("ctrl+k",), "screen.ground", "^K"),
    # the ground
    Command("contract", ("ctrl+n",), "screen.contract", "^N"),
    Command("trust", ("ctrl+y",), "screen.trust", "^Y"),
    # forms
    Command("save", ("ctrl+s",), "screen.save", "^S"),
    Command("attach", ("ctrl+t",), "screen.attach", "^T"),
    Command("forward", ("ctrl+s",), "screen.forward", "^S"),
    # boards
    Command("earlier", ("left", "pageup"), "screen.earlier", "←", hint=False),
    Command("later", ("right", "pagedown"), "screen.later", "→", hint=False),
    Command("today", ("home", "t"), "screen.today", "Home"),
    Command("mine", ("m", "ctrl+n"), "screen.mine", "^N"),
    Command("retry", ("ctrl+r",), "screen.retry", "^R"),
    Command("add_channel", ("1", "plus"), "screen.add_channel", "1"),
    Command("try_channel", ("1",), "screen.try_channel", "1"),
    Command("drop_channel", ("2",), "screen.drop_channel", "2"),
    # plans
    Command("plan_budget", ("1",), "screen.tab('budget')", "1"),
    Command("plan_compare", ("2",), "screen.tab('compare')", "2"),
    Command("plan_offer", ("3",), "screen.tab('offer')", "3"),
    Command("plan_agreed", ("4",), "screen.tab('agreed')", "4"),
    Command("export", ("ctrl+e",), "screen.export", "^E"),
    # letters
    Command("letters_list", ("1",), "screen.tab('list')", "1"),
    Command("letters_write", ("2",), "screen.tab('write')", "2"),
    Command("letters_english", ("3",), "screen.tab('english')", "3"),
    Command("letters_first", ("ctrl+n",), "screen.first", "^N", hint=False),
    Command("copy", ("f6",), "screen.copy", "F6"),
    # evidence
    Command("evidence_exhibits", ("1",), "screen.tab('exhibits')", "1"),
    Command("evidence_contacts", ("2",), "screen.tab('contacts')", "2"),
    Command("evidence_conduct", ("3",), "screen.tab('conduct')", "3"),
    Command("evidence_bundle", ("4",), "screen.tab('bundle')", "4"),
    Command("record_this", ("7", "ctrl+n"), "screen.record", "7", hint=False),
    Command("bundle", ("ctrl+b",), "screen.bundle", "^B"),
    # procedures
    Command("draw", ("1", "ctrl+d"), "screen.draw", "1"),
)
COMMANDS = {each.id: each for each in _ALL}
EVERYWHERE = ("help", "language", "theme", "mask", "board", "delivery", "procedures", "palette", "quit")
"""Those of the app."""


def bindings(*ids: str) -> list[BindingType]:
    """The key bindings of some commands, for `BINDINGS`."""
    return [Binding(",".join(with_twins(COMMANDS[id].keys)), COMMANDS[id].action, id, show=False, id=id) for id in ids]


def with_twins(keys: Iterable[str]) -> list[str]:
    """The keys, and what a Chinese input method makes of them."""
    found = []
    for key in keys:
        found.append(key)
        if key in _FULL_WIDTH:
            found.append(_FULL_WIDTH[key])
    return found
