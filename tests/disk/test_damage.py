"""What was damaged beside the logs is told, or worked out anew, and never silences the other cases."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import PROCEDURES
from places import Place
from ways import AT_NIGHT, ZONE, House

from escalation import Desk
from escalation.doctor import report
from escalation.engine import Engine
from escalation.errors import DefinitionDamaged, StoreDamaged
from escalation.store import Store

REPLYING = str(PROCEDURES / "replying.yaml")
Opener = Callable[[str], Desk]
NO_TEXT = b"\xa4"
"""No UTF-8, at whatever place."""


@pytest.fixture
def house(desk: Opener, place: Place, monkeypatch: pytest.MonkeyPatch) -> House:
    desk("2026-03-02T09:00").close()
    return House(place, monkeypatch)


def begun(desk: Opener, title: str, procedure: str = REPLYING) -> str:
    """A case in which I must reply within five days, by 7 March."""
    case = desk("2026-03-02T10:00").open(procedure, title=title)
    desk("2026-03-02T11:00").record(case, "start_mine")
    return case


def damage(place: Place, table: str, column: str, where: str, change: Callable[[bytes], bytes]) -> None:
    """Put other bytes where some are, behind the program's back."""
    with closing(Store.open(place.url())) as store, store.writing():
        ((found,),) = store.run(f'SELECT "{column}" FROM "{table}" WHERE {where}').fetchall()
        store.execute_many(f'UPDATE "{table}" SET "{column}" = ? WHERE {where}', [(change(bytes(found)),)])


def no_text(body: bytes) -> bytes:
    return body[:40] + NO_TEXT + body[41:]


def other_figure(body: bytes) -> bytes:
    assert b'"5 days"' in body
    return body.replace(b'"5 days"', b'"9 days"')


def test_a_kept_state_that_is_no_text_is_worked_out_anew(desk: Opener, place: Place) -> None:
    case = begun(desk, "Sued")
    there = desk("2026-03-03T09:00")
    before = there.show(case)
    damage(place, "case", "snapshot", f"ref = '{case}'", no_text)

    assert there.show(case) == before
    assert there.record(case, "answered")["seq"] == 3
    assert [row["ok"] for row in there.verify()] == [True]


def test_an_entry_that_is_no_text_is_told_after_the_cases_that_are_well(desk: Opener, place: Place) -> None:
    bad, good = begun(desk, "Bad"), begun(desk, "Good")
    for table, column, where in (("entry", "body", "seq = 2"), ("case", "snapshot", "1 = 1")):
        id = f"(SELECT id FROM \"case\" WHERE ref = '{bad}')"
        damage(place, table, column, f"{where} AND {'case_id' if table == 'entry' else 'id'} = {id}", no_text)
    found = desk("2026-03-03T09:00").cases()

    assert next(found)["case"] == good
    with pytest.raises(StoreDamaged) as damaged:
        next(found)
    assert (damaged.value.case, damaged.value.seq, damaged.value.reason) == (bad, 2, "entry")


@pytest.fixture
def other(tmp_path: Path) -> str:
    """The same procedure under another name, with other days."""
    file = tmp_path / "asking.yaml"
    text = Path(REPLYING).read_text(encoding="utf-8")
    assert "procedure: walk2" in text
    file.write_text(text.replace("procedure: walk2", "procedure: asking"), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("change", [no_text, other_figure, lambda body: body[:100]])
def test_a_procedure_that_was_altered_in_the_store_gives_no_days(
    desk: Opener, place: Place, other: str, change: Callable[[bytes], bytes]
) -> None:
    bad, good = begun(desk, "Bad"), begun(desk, "Good", other)
    damage(place, "definition", "body", "procedure = 'walk2'", change)
    there = desk("2026-03-03T09:00")
    found = there.cases()

    with pytest.raises(DefinitionDamaged) as damaged:
        there.show(bad)
    assert (damaged.value.procedure, damaged.value.reason) == ("walk2", "altered")
    with pytest.raises(DefinitionDamaged):
        there.record(bad, "answered")
    assert next(found)["case"] == good
    with pytest.raises(DefinitionDamaged):
        next(found)
    assert there.lines(there.find())
    checks = report(place.url(), now=datetime(2026, 3, 3, tzinfo=UTC), offset=timedelta(0))["checks"]
    (looked,) = [each for each in checks if each["id"] == "procedures"]
    assert (looked["verdict"], looked["facts"]["unusable"]) == ("broken", 1)


def test_a_damaged_procedure_does_not_silence_the_cases_of_another(
    house: House, desk: Opener, place: Place, other: str
) -> None:
    house.channel("phone", **AT_NIGHT)
    begun(desk, "Bad")
    begun(desk, "Good", other)
    damage(place, "definition", "body", "procedure = 'walk2'", no_text)

    assert house.look("2026-03-08T00:01") == [("phone", "Overdue: Reply")]
    assert desk("2026-03-08T00:02").daemon_status()["put_off"] == 1


@pytest.mark.parametrize("status", ["pending", "told"])
def test_an_announcement_that_cannot_be_read_does_not_silence_the_others(
    house: House, desk: Opener, place: Place, status: str
) -> None:
    house.channel("phone", **AT_NIGHT)
    bad, good = begun(desk, "Bad"), begun(desk, "Good")
    if status == "told":
        house.look("2026-03-08T00:01")
    else:
        with closing(Store.open(place.url())) as store:
            Engine(store).advance_due(datetime(2026, 3, 8, 0, 1, tzinfo=ZONE))
    of_bad = f"case_id = (SELECT id FROM \"case\" WHERE ref = '{bad}') AND kind = 'lapse'"
    damage(place, "outbox", "body", of_bad, no_text)
    said = house.look("2026-03-08T00:02")
    there = desk("2026-03-08T09:00")
    for case in (bad, good):
        there.record(case, "answered", at="2026-03-06T10:00")

    assert said == ([] if status == "told" else [("phone", "Overdue: Reply")])
    assert house.look("2026-03-08T09:01") == [("phone", "Not overdue after all: Reply")]
