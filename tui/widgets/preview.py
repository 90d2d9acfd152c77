"""What saving would do, worked out by the library: before and after, what is undone, what must be accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from escalation.wording import Titles, Wording, lacking, visible

if TYPE_CHECKING:
    from tui.app import EscalationApp

Data = dict[str, Any]
NEAR_DAYS = 7
HIDDEN = "***"


class Change(NamedTuple):
    """One thing that is otherwise afterwards."""

    what: str
    before: str
    after: str


def changes(data: Data, titles: Titles, words: Wording, masked: bool = False) -> list[Change]:
    """What lies between the two sides of a preview: states, values, deadlines."""
    before, after = data["before"], data["after"]
    moved = [*_states(before, after, titles, words), *_deadlines(data, titles, words)]
    return [*moved, *_facts(data, titles, words, masked)]


def same(data: Data, titles: Titles, words: Wording) -> str:
    """Where nothing moves: that nothing does."""
    tracks = data["after"]["tracks"]
    here = [_name(titles, "state", t["state"]) for t in tracks if not t["final"] or not data["after"]["open"]]
    return words.say("record.same", states=words.listed(here))


def undone(data: Data, titles: Titles, words: Wording) -> list[str]:
    """Lapses that, as it turns out, never happened."""
    known = {d["id"]: d["title"] for side in ("before", "after") for d in data[side]["deadlines"]}
    found = []
    for each in data["undone"]:
        title = known.get(each["id"]) or _name(titles, "deadline", each["id"])
        text = words.say("preview.undone", at=words.instant(each["lapsed_at"]), title=title)
        if each["event"]:
            text += words.say("preview.undone_event", event=_name(titles, "event", each["event"]))
        found.append(text + words.say("word.stop"))
    return found


def mark(words: Wording, row: Data, today: str) -> str:
    """How a deadline stands, as a sign and a word."""
    status, due = row["status"], row.get("due") or row.get("lapses_at")
    if status != "running":
        return words.say(f"mark.{status}")
    if due is None:
        return words.say("mark.waiting")
    left = (date.fromisoformat(due[:10]) - date.fromisoformat(today)).days
    if left <= NEAR_DAYS:
        return words.say("mark.today" if left <= 0 else "mark.soon")
    return words.say("mark.provisional" if row.get("provisional") else "mark.running")


def _states(before: Data, after: Data, titles: Titles, words: Wording) -> Iterator[Change]:
    was = {t["track"]: t["state"] for t in before["tracks"]}
    now = {t["track"]: t["state"] for t in after["tracks"]}
    for track in dict.fromkeys((*was, *now)):
        if was.get(track) == now.get(track):
            continue
        name = words.say("preview.state") if track == "main" else _name(titles, "track", track)
        one, other = (_name(titles, "state", s[track]) if track in s else words.say("preview.none") for s in (was, now))
        yield Change(name, one, other)
    if before["open"] and not after["open"]:
        outcome = after["tracks"][0]["outcome"] if after["tracks"] else None
        yield Change(words.say("record.case"), words.say("record.open"), words.outcome(outcome))


def _deadlines(data: Data, titles: Titles, words: Wording) -> Iterator[Change]:
    today = data["after"]["as_of"][:10]
    rows = {side: {(d["id"], d["track"]): d for d in data[side]["deadlines"]} for side in ("before", "after")}
    for each in data["moved"]:
        known = [rows[side].get((each["id"], each["track"])) for side in ("after", "before")]
        row = next((r for r in known if r is not None), None)
        name = row["title"] if row else _name(titles, "deadline", each["id"])
        one, other = (_side(words, each, side, rows[side].get((each["id"], each["track"])), today) for side in rows)
        yield Change(visible(name), one, other or words.say("record.over"))


def _side(words: Wording, moved: Data, side: str, row: Data | None, today: str) -> str:
    """A deadline on one side: the day, the days left, the mark, and how sure it is. Empty: it does not stand there."""
    status, due, lapses = (moved[f"{key}_{side}"] for key in ("status", "due", "lapses"))
    if status is None:
        return words.say("preview.none") if side == "before" else ""
    left = (date.fromisoformat(due) - date.fromisoformat(today)).days if due else 0
    when = words.say("by.due", day=words.day(due, today), left=words.days_left(left)) if due else ""
    if not due and lapses:
        when = words.say("by.hours", at=words.instant(lapses, today))
    sign = mark(words, {**(row or {}), "status": status, "due": due, "lapses_at": lapses}, today)
    unsure = ""
    if row is not None and (row.get("basis") or {}).get("certainty") in ("practice", "default", "reported", "local"):
        unsure = words.say("word.paren", text=words.say(f"certainty_short.{row['basis']['certainty']}"))
    parts = [when + unsure, sign]
    if row is not None and row["provisional"] and sign != words.say("mark.provisional"):
        parts.append(words.say("mark.provisional"))
    return "  ".join(part for part in parts if part)


def _facts(data: Data, titles: Titles, words: Wording, masked: bool) -> Iterator[Change]:
    was, now = data["before"]["facts"], data["after"]["facts"]
    for name in dict.fromkeys((*was, *now)):
        if was.get(name) != now.get(name):
            values = (_value(words, titles, name, side.get(name), masked) for side in (was, now))
            yield Change(_name(titles, "fact", name), *values)


def _value(words: Wording, titles: Titles, name: str, value: Any, masked: bool) -> str:
    if value is None:
        return words.say("preview.none")
    if isinstance(value, bool):
        return words.say("word.yes" if value else "word.no")
    if f"{name}={value}" in titles.get("choice", {}):
        key = f"form.of_{value}"
        return words.say(key if words.has(key) else f"choice.{value}")
    return HIDDEN if masked else visible(str(value))


def _name(titles: Titles, kind: str, id: str) -> str:
    return visible(titles.get(kind, {}).get(id) or id)


# -- the widgets ------------------------------------------------------------------------------------------


class Tick(Widget, can_focus=True):
    """Something to be accepted by itself: `[x] …`. Enter, the space bar or a click."""

    DEFAULT_CSS = """
    Tick { height: auto; }
    Tick:focus { background: $panel; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "tick", show=False)]

    ticked: reactive[bool] = reactive(False)

    class Changed(Message):
        """Ticked, or not any more."""

    def __init__(self, seq: int, label: str, ticked: bool) -> None:
        super().__init__()
        self.seq, self._label = seq, label
        self.set_reactive(Tick.ticked, ticked)

    def render(self) -> Text:
        return Text(f"{'[x]' if self.ticked else '[ ]'} {self._label}")

    def action_tick(self) -> None:
        self.ticked = not self.ticked
        self.post_message(self.Changed())

    def on_click(self) -> None:
        self.action_tick()


class Preview(VerticalScroll, can_focus=False):
    """The lower part of a form: what saving would do. Nothing is written by looking."""

    app: EscalationApp

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Preview { height: auto; max-height: 45%; min-height: 2; padding: 0 1; border-top: solid $primary; }
    Preview #would { height: auto; }
    Preview #ticks { height: auto; display: none; }
    .-ascii Preview { border-top: ascii $primary; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._conflicts: tuple[tuple[int, str], ...] = ()

    def compose(self) -> ComposeResult:
        yield Static("", id="would", markup=False)
        yield Vertical(id="ticks")

    @property
    def accepted(self) -> list[int]:
        """The entries that were ticked."""
        return [each.seq for each in self.query(Tick) if each.ticked]

    @property
    def all_accepted(self) -> bool:
        """Whether nothing that must be accepted is left."""
        return all(each.ticked for each in self.query(Tick))

    async def tell(self, lines: Sequence[str], style: str = "") -> None:
        """Instead of a preview: why there is none, or what is missing."""
        width = max(self.container_size.width - 4, 20)  # beside a scroll bar as well
        said = [hanging(part, width) for line in lines for part in visible_lines(line.split("\n"))]
        self.query_one("#would", Static).update(Text("\n", style).join(said))
        await self._offer((), {})

    async def show(self, data: Data, titles: Titles, *, wide: bool, masked: bool) -> None:
        """The library's preview."""
        words = self.app.words
        found = changes(data, titles, words, masked)
        shown = _side_by_side(found, words) if wide else _stacked(found)
        lapses = undone(data, titles, words)
        would = self.query_one("#would", Static)
        rest = Text("\n".join(lapses))
        if not found:
            rest = Text(same(data, titles, words) + ("\n" if lapses else "")) + rest
            would.update(rest)
        elif lapses:
            both = Table.grid(expand=True)
            both.add_row(shown)
            both.add_row(rest)
            would.update(both)
        else:
            would.update(shown)
        await self._offer(_accepting(data["conflicts"], titles, words), titles)

    def _let_scroll(self) -> None:
        """The keys reach it only where there is more than is seen: one stop less on the way to the buttons."""
        self.can_focus = self.max_scroll_y > 0

    async def _offer(self, conflicts: tuple[tuple[int, str], ...], titles: Titles) -> None:
        """Ticks for what would no longer apply; those of before stay ticked."""
        self.call_after_refresh(self._let_scroll)
        if conflicts == self._conflicts:
            return
        ticked, self._conflicts = set(self.accepted), conflicts
        box = self.query_one("#ticks", Vertical)
        await box.remove_children()
        box.display = bool(conflicts)
        if conflicts:
            head = Static(self.app.words.say("record.conflicts", n=len(conflicts)), classes="soon", markup=False)
            await box.mount_all([head, *(Tick(seq, label, seq in ticked) for seq, label in conflicts)])


def _accepting(conflicts: Sequence[Data], titles: Titles, words: Wording) -> tuple[tuple[int, str], ...]:
    found = []
    for each in conflicts:
        event = _name(titles, "event", each["event"]) if each["event"] else ""
        lines = [line for m in each["missing"] for line in lacking(m, each["event"], words, titles)]
        why = [line.strip().removeprefix("- ") for line in lines]
        text = words.say("preview.conflict", seq=each["seq"], event=event)
        found.append((each["seq"], "\n    ".join([text, *dict.fromkeys(why)])))
    return tuple(found)


def _side_by_side(found: Sequence[Change], words: Wording) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    for ratio in (2, 3, 3):
        table.add_column(ratio=ratio, overflow="fold")
    table.add_row("", Text(words.say("head.before"), "dim"), Text(words.say("head.after"), "dim"))
    for each in found:
        table.add_row(Text(each.what), Text(each.before), Text(each.after, "bold"))
    return table


def _stacked(found: Sequence[Change]) -> Text:
    lines = [Text.assemble(c.what, "  ", c.before, "\n  -> ", (c.after, "bold")) for c in found]
    return Text("\n").join(lines)


def hanging(line: str, width: int) -> Text:
    """A line of prose within a width, its indent kept: broken at blanks, and in Chinese anywhere."""
    indent = len(line) - len(line.lstrip())
    lines, room = [" " * indent], max(width, indent + 8)
    for part in re.findall(r"[!-~]+ ?| +|.", line.lstrip()):
        if cell_len(lines[-1]) + cell_len(part.rstrip()) > room and lines[-1].strip():
            lines.append(" " * (indent + 2))
        lines[-1] += part
    return Text("\n".join(lines))


def visible_lines(lines: Sequence[str]) -> list[str]:
    """Lines with everything that could act on a terminal made visible."""
    return [visible(line) for line in lines]
