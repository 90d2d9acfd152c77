"""The usual way: every case read, every row given to a DataTable. Arguments: a store's file, how many rows."""

from __future__ import annotations

import sqlite3
import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable

COLUMNS = ("ref", "title", "client", "stage", "state", "person", "overdue", "next_lapse")


class Cases(App[None]):
    """A table of cases."""

    def __init__(self, path: str, rows: int) -> None:
        super().__init__()
        self.path, self.rows = path, rows

    def compose(self) -> ComposeResult:
        yield DataTable[str](cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns(*COLUMNS)
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        query = f'SELECT {", ".join(COLUMNS)} FROM "case" ORDER BY open DESC, overdue DESC, next_lapse LIMIT ?'
        table.add_rows(tuple(str(value) for value in row) for row in connection.execute(query, (self.rows,)))
        connection.close()
        table.focus()


if __name__ == "__main__":
    Cases(sys.argv[1], int(sys.argv[2])).run()
