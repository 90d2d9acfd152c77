"""Deadlines and follow-ups by day, thousands of them: overdue, what they owe late, today, this week, later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from rich.cells import cell_len
from textual.strip import Strip

from escalation.wording import Wording, visible
from tui.widgets.case_columns import short_day
from tui.widgets.lines import Lines, cell, strip

Data = Mapping[str, Any]

GROUPS = ("mine", "theirs", "today", "week", "later")
STYLES = {"missed": "-late", "late": "-soon", "today": "-soon", "soon": "-soon", "provisional": "-soon"}
SIGNS = 2


def group_of(row: Data, today: date) -> str:
    """Where a row stands. What the other side owes is never my delay; a follow-up of an earlier day is today's."""
    if row["status"] == "missed" and row["kind"] == "deadline":
        return "mine" if row["owed_by"] == "me" else "theirs"
    day = date.fromisoformat(row["day"])
    if day <= today:
        return "today"
    return "week" if day <= today + timedelta(days=6 - today.weekday()) else "later"


def grouped(rows: Sequence[Data], today: date) -> list[tuple[str, list[Data]]]:
    """The groups that there are, each by day, mine first."""
    found: dict[str, list[Data]] = {name: [] for name in GROUPS}
    for row in rows:
        found[group_of(row, today)].append(row)
    for each in found.values():
        each.sort(key=lambda r: (r["day"], r["owed_by"] != "me", r["title"], r["case"], str(r["id"])))
    return [(name, each) for name, each in found.items() if each]


def mark_of(row: Data) -> str:
    """The mark of a row: a key of `home.mark_*` or `board.mark_*`."""
    mine, left = row["owed_by"] == "me", row["days_left"]
    if row["kind"] == "follow_up":
        return "today" if left <= 0 else "follow_up"
    if row["status"] == "missed":
        return "missed" if mine else "late"
    if not mine:
        return "provisional" if row["provisional"] else "theirs"
    if left <= 7:
        return "today" if left <= 0 else "soon"
    return "provisional" if row["provisional"] else "running"


def sign_of(row: Data) -> str:
    """How a day is marked in the month: a key of `month.SIGNS`."""
    if row["owed_by"] != "me":
        return "theirs"
    return "missed" if row["status"] == "missed" and row["kind"] == "deadline" else "mine"


class DueTable(Lines):
    """What is due, under headings."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[Data | str] = []
        self._year = 0
        self._widths: tuple[object, dict[str, int]] | None = None
        """How wide the columns are, and what that was found for."""

    @property
    def count(self) -> int:
        return len(self._rows)

    @property
    def chosen(self) -> Data | None:
        """The row under the cursor."""
        row = self._rows[self.cursor] if self.cursor < len(self._rows) else None
        return None if isinstance(row, str) else row

    def may_choose(self, at: int) -> bool:
        return not isinstance(self._rows[at], str)

    def show(self, rows: Sequence[Data], today: date) -> None:
        """These rows; the one that was chosen stays so."""
        before, first, at = self.chosen, round(self.scroll_y), self.cursor
        self._year, self._widths = today.year, None
        self._rows = []
        for name, each in grouped(rows, today):
            self._rows.append(name)
            self._rows += each
        key = _key(before) if before is not None else None
        found = next((i for i, r in enumerate(self._rows) if not isinstance(r, str) and _key(r) == key), None)
        self.cursor = found if found is not None else min(max(at, 1), max(0, len(self._rows) - 1))
        if self._rows and not self.may_choose(self.cursor):
            self.cursor += 1 if self.cursor + 1 < len(self._rows) else -1
        self.resized()
        self.refresh()
        if found is not None and found != at:
            self.scroll_to(y=max(0, first + found - at), animate=False)
        self.into_view()

    def into_view(self) -> None:
        """The first row brings its heading with it."""
        if self.cursor <= 1:
            self.scroll_to(y=0, animate=False)
        else:
            super().into_view()

    def line(self, at: int, width: int) -> Strip:
        row = self._rows[at]
        if isinstance(row, str):
            style = self.style_of("-heading")
            n = next((i for i, r in enumerate(self._rows[at + 1 :]) if isinstance(r, str)), len(self._rows) - at - 1)
            return strip([(f" {self.app.words.say(f'board.group_{row}')}  {n}", style)], width, style)
        chosen = at == self.cursor
        under = ("-chosen",) if chosen else ()
        plain, mark = self.style_of(*under), mark_of(row)
        coloured = self.style_of(*under, STYLES[mark]) if mark in STYLES else plain
        parts = [(">" if chosen else " ", plain), (" ", plain)]
        wide = self._columns(width)
        said = cells(self.app.words, row, self._year, wide["day"], self.app.masked)
        for name, size in wide.items():
            parts.append((cell(said[name], size) + " ", coloured if name in ("mark", "day", "left") else plain))
        return strip(parts, width, plain)

    def _columns(self, width: int) -> dict[str, int]:
        """As wide as these rows need them, found once for a width, a language, and names shown or hidden."""
        words, masked = self.app.words, self.app.masked
        found_for = (width, words.lang, masked)
        if self._widths is None or self._widths[0] != found_for:
            rows = [row for row in self._rows if not isinstance(row, str)]
            self._widths = found_for, columns(words, rows, width, self._year, masked)
        return self._widths[1]


NARROW, SHORT = 56, 72
"""Cells from which on there is room for whose case it is, and for the weekday and how far off the day is."""


def columns(words: Wording, rows: Sequence[Data], width: int, year: int, masked: bool) -> dict[str, int]:
    """The columns that there is room for, with their widths: sign and word, last day, how far off, what, who, case.

    What is to be done and in which case share what the others leave; neither takes what it has no use for.
    """
    wide = {"mark": 9 if words.lang == "zh" else 12, "day": 10 if width >= SHORT else 5}
    said = [cells(words, row, year, wide["day"], masked) for row in rows]
    needed = {name: max((cell_len(each[name]) for each in said), default=0) for name in ("left", "what", "who", "case")}
    if width >= SHORT:
        wide["left"] = min(8, needed["left"])
    wide["what"] = 0
    if width >= NARROW:
        wide |= {"who": min(needed["who"], max(8, width // 8)), "case": 0}
    rest = max(8, width - SIGNS - sum(wide.values()) - len(wide))
    if "case" in wide:
        wide["case"] = min(needed["case"], max(rest * 2 // 5, rest - needed["what"]))
    wide["what"] = rest - wide.get("case", 0)
    return wide


def cells(words: Wording, row: Data, year: int, day_wide: int, masked: bool) -> dict[str, str]:
    """What a row says, by column."""
    mark, left = mark_of(row), row["days_left"]
    key = "list.today" if left == 0 else "list.ahead" if left > 0 else "list.past"
    what, title = visible(row["text"]), visible(row["title"])
    if masked:
        from tui.text import masked as stars  # it brings the pages of the command line with it

        title, what = stars(title), stars(what) if row["kind"] == "follow_up" else what
    notes = []
    if row["provisional"] and mark != "provisional":
        notes.append(words.say("mark.provisional"))
    if (row["basis"] or {}).get("certainty") == "practice":
        notes.append(words.say("certainty_short.practice"))
    if row["kind"] == "follow_up" and mark != "follow_up":  # else the sign says so
        what = words.say("board.follow_up", text=what)
    return {
        "mark": words.say(f"board.mark_{mark}" if mark in ("theirs", "follow_up") else f"home.mark_{mark}"),
        "day": short_day(words, row["day"], year, day_wide),
        "left": words.say(key, n=abs(left)),
        "what": "  ".join([*notes, what]),
        "who": words.say("word.me") if row["owed_by"] == "me" else visible(row["party"]),
        "case": title,
    }


def _key(row: Data) -> tuple[Any, ...]:
    return row["case"], row["kind"], row["id"], row["track"], row["day"]
