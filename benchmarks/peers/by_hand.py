"""What one writes by hand: a Machine for each case that is loaded, rows as SQLModel objects, a session an event."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from machine import PAPERS
from sqlalchemy import Engine, event
from sqlmodel import Field, Session, SQLModel, create_engine, select

from peers import bare_transitions

WITHIN = {"waiting": 21, "supplementing": 10, "complaint": 60}
"""Days until the deadline of a state."""


class HandCase(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True)
    title: str
    state: str
    amount: int
    head: int


class HandEntry(SQLModel, table=True):
    case_id: int = Field(primary_key=True, foreign_key="handcase.id")
    seq: int = Field(primary_key=True)
    at: datetime
    event: str
    data: str


class HandTimer(SQLModel, table=True):
    case_id: int = Field(primary_key=True, foreign_key="handcase.id")
    at: datetime = Field(index=True)


def connect(path: Path) -> Engine:
    """WAL, FULL, BEGIN IMMEDIATE: the settings that our store has."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _plain(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "busy_timeout = 30000", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def build(engine: Engine, cases: list[tuple[str, str]], at: datetime) -> None:
    """Cases by ref and state, each with ten entries and a timer."""
    SQLModel.metadata.create_all(engine)
    data = json.dumps({"note": ""})
    with engine.begin() as connection:
        connection.execute(
            HandCase.__table__.insert(),  # type: ignore[attr-defined]
            [
                {"id": i, "ref": ref, "title": "借款", "state": state, "amount": 500, "head": 10}
                for i, (ref, state) in enumerate(cases, 1)
            ],
        )
        for seq in range(1, 11):
            connection.execute(
                HandEntry.__table__.insert(),  # type: ignore[attr-defined]
                [
                    {"case_id": i, "seq": seq, "at": at, "event": "noted", "data": data}
                    for i in range(1, len(cases) + 1)
                ],
            )
        connection.execute(
            HandTimer.__table__.insert(),  # type: ignore[attr-defined]
            [{"case_id": i, "at": at + timedelta(days=i % 60)} for i in range(1, len(cases) + 1)],
        )


def apply(engine: Engine, ref: str, name: str, at: datetime) -> str:
    """One durable event; the answer is the state it leads to."""
    with Session(engine) as session:
        case = session.exec(select(HandCase).where(HandCase.ref == ref)).one()
        assert case.id is not None
        model = bare_transitions.Model(case.state)
        model.amount, model.checks = case.amount, dict.fromkeys(PAPERS, True)
        machine = bare_transitions.machine(model, case.state)
        assert machine.events[name].trigger(model)
        case.state, case.head = model.state, case.head + 1
        session.add(case)
        session.add(HandEntry(case_id=case.id, seq=case.head, at=at, event=name, data=json.dumps({"note": ""})))
        timer = session.get(HandTimer, case.id)
        if timer is not None:
            session.delete(timer)
            session.flush()
        if model.state in WITHIN:
            session.add(HandTimer(case_id=case.id, at=at + timedelta(days=WITHIN[model.state])))
        session.commit()
        return model.state
