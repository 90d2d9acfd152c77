"""A store that is elsewhere: the screens say where what one writes is kept, and when nobody can read it any more."""

from __future__ import annotations

from pathlib import Path

import pytest
from places import Place
from stage import SMALL, USUAL, settled, shown, stage

from escalation import Desk, open_store
from escalation.wording import Wording
from tui.app import EscalationApp
from tui.widgets.status import kept_said, name_of
from tui.words import words

HERE = {"zh": "只存在这台电脑上", "en": "stays on this computer"}
AWAY = {"zh": "现在读不到案件", "en": "cases cannot be read now"}
NOW = "2026-11-22T10:00"


def two(desk: Desk) -> None:
    for name in ("花呗", "借呗"):
        desk.open("alipay-repayment", title=name, at="2026-11-10")


@pytest.mark.parametrize(("lang", "size"), [("zh", USUAL), ("en", USUAL), ("zh", SMALL)])
async def test_the_first_question_says_where_it_is_kept(
    place: Place, tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    async with stage(tmp_path, store=place.url(), lang=lang, size=size) as pilot:
        said = shown(pilot).replace("\n", "")
        if place.server is None:
            assert (HERE[lang] in said) or size == SMALL
        else:
            assert HERE[lang] not in said
            assert ("数据库" if lang == "zh" else "in the database") in said or size == SMALL


@pytest.mark.parametrize(
    ("store", "where"),
    [
        ("postgresql://ann:se[cret@db.example.org:5433/cases?sslmode=require", "cases (db.example.org)"),
        ("postgresql://ann@db1.example.org:5432,db2.example.org/cases", "cases (db1.example.org, db2.example.org)"),
        ("postgresql:///cases?host=db.example.org", "cases (db.example.org)"),
        ("postgresql://ann@[2001:db8::1]:5432/cases", "cases ([2001:db8::1])"),
        ("postgresql:///cases?host=/var/run/postgresql", "cases"),
        ("postgresql:///?service=office", ""),
    ],
)
def test_a_database_is_named_with_its_server_and_without_its_password(store: str, where: str) -> None:
    said: Wording = words("en")
    text = kept_said(said, store)

    assert where in text
    assert "secret" not in text + name_of(store)
    assert "se[cret" not in text + name_of(store)
    assert "ann" not in text
    assert HERE["en"] not in text


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_who_cannot_read_the_store_does_not_say_how_the_daemon_stands(
    place: Place, tmp_path: Path, lang: str
) -> None:
    with open_store(place.url(), now=NOW) as desk:
        two(desk)
    runs = words(lang).say("status.never")
    async with stage(tmp_path, store=place.url(), lang=lang) as pilot:
        app = pilot.app
        assert isinstance(app, EscalationApp)
        assert runs in shown(pilot)
        _take_away(place)
        for _ in range(2):  # what a server said last may have to be read first
            app.look()
            await settled(pilot)
        assert AWAY[lang] in shown(pilot)
        assert runs not in shown(pilot)
        _bring_back(place)
        app.look()
        await settled(pilot)
        assert AWAY[lang] not in shown(pilot)
        assert runs in shown(pilot)


def _take_away(place: Place) -> None:
    if place.server is None:
        Path(place.url()).rename(f"{place.url()}.away")
        return
    place.server.admin.execute(f"ALTER DATABASE {place.database()} ALLOW_CONNECTIONS false")
    place.server.cut(place.database())


def _bring_back(place: Place) -> None:
    if place.server is None:
        Path(f"{place.url()}.away").rename(place.url())
        return
    place.server.admin.execute(f"ALTER DATABASE {place.database()} ALLOW_CONNECTIONS true")
