"""A small Typer + SQLModel + rich program on the table of our store: typer_program.py listed|shown FILE …."""

from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from sqlmodel import Field, Session, SQLModel, create_engine, select

app = typer.Typer()


class Case(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    ref: str
    title: str
    client: str | None = None
    state: str
    next_lapse: int | None = None


@app.command()
def listed(store: Path, limit: int = 30) -> None:
    """The first cases."""
    table = Table("case", "title", "client", "state", "next")
    with Session(create_engine(f"sqlite:///{store}")) as session:
        for case in session.exec(select(Case).order_by(Case.id).limit(limit)):  # type: ignore[arg-type]
            table.add_row(case.ref, case.title, case.client, case.state, str(case.next_lapse))
    Console().print(table)


@app.command()
def shown(store: Path, ref: str) -> None:
    """One case."""
    with Session(create_engine(f"sqlite:///{store}")) as session:
        case = session.exec(select(Case).where(Case.ref == ref)).one()
    Console().print(case.ref, case.title, case.client, case.state, case.next_lapse)


if __name__ == "__main__":
    app()
