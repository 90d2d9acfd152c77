"""Several commands of the library as one: kept whole, not at all, or only tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalation import Desk, open_store
from escalation.errors import NotFound, Refused

NOW = "2026-11-22T10:00"


def opened(desk: Desk) -> str:
    case = desk.open("court-papers", title="传票")
    with pytest.raises(Refused):
        desk.record(case, "appeal_filed")  # what is refused leaves the rest as it is
    desk.record(case, "papers_received", {"kind": "suit"})
    return case


def test_what_is_tried_is_answered_and_gone(tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db", now=NOW) as desk:
        state = desk.at_once(lambda: desk.show(opened(desk))["tracks"][0]["state"], keep=False)
        assert state == "suit_defence"
        assert desk.first_refs(9) == []
        assert desk.announcements() == []
        case = desk.at_once(lambda: opened(desk))  # and its procedure can still be opened
        assert desk.show(case)["tracks"][0]["state"] == "suit_defence"


def test_what_fails_halfway_is_not_there(tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db", now=NOW) as desk:
        with pytest.raises(NotFound):
            desk.at_once(lambda: (opened(desk), desk.note("zzzz", "nowhere")))
        assert desk.first_refs(9) == []
        desk.open("court-papers")
        assert len(desk.first_refs(9)) == 1
