"""The page about made-up lives: narrow or wide, nothing of a file's text acted upon, long stories cut in the middle."""

from __future__ import annotations

from typing import Any

import pytest
from cases import PARCEL, table_of
from rich.cells import cell_len

from escalation.cli.human_page import Page
from escalation.cli.human_simulate import MOST_STEPS, simulate
from escalation.cli.output import Output
from escalation.simulate import simulate as counted


def data(**changed: Any) -> dict[str, Any]:
    table = table_of(PARCEL.read_bytes())
    return {**counted(table, "zh", cases=60, seed=2, silent=(), opened_at=None, progress=None), **changed}


def said(capsys: pytest.CaptureFixture[str], found: dict[str, Any], width: int = 80, lang: str = "zh") -> list[str]:
    page = Page(Output(json=False, quiet=False, color=False, lang=lang), {})
    page.width = width
    simulate(page, found)
    return capsys.readouterr().out.splitlines()


def step(day: int, event: str, to: str | None = None) -> dict[str, Any]:
    return {
        "day": day, "at": "", "event": event, "title": event.title(), "by": "me", "track": "main", "to": to,
        "to_title": to,
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [40, 69, 70, 100])
def test_it_stays_within_the_page_and_says_every_end(capsys: pytest.CaptureFixture[str], width: int, lang: str) -> None:
    found = data()
    lines = said(capsys, found, width, lang)

    assert max(map(cell_len, lines)) <= width
    assert all(any(end["title"] in line for line in lines) for end in found["ends"])
    assert any(set(line.split()) and set(line) <= {"-", " "} for line in lines) is (width >= 70)
    assert not any("simulate." in line or "{" in line for line in lines)


def test_what_is_rare_is_not_called_never(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(cases=5000)
    found["ends"][0]["cases"] = 1
    lines = said(capsys, found)

    assert "<0.1%" in next(line for line in lines if found["ends"][0]["title"] in line)


def test_the_same_step_again_and_again_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [step(0, "opened", "waiting"), *(step(day, "noted") for day in (3, 5, 9)), step(9, "over", "done")]
    lines = said(capsys, data(shortest={"days": 9, "steps": steps}, longest=None), lang="en")

    assert [line.split() for line in lines if "Noted" in line] == [["Day", "3-9", "Noted,", "3", "times"]]
    assert "  Day 0         Opened -> waiting" in lines


def test_a_long_life_is_cut_in_the_middle(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [step(day, f"e{day}") for day in range(MOST_STEPS + 7)]
    lines = said(capsys, data(shortest=None, longest={"days": 99, "steps": steps}), lang="en")

    told = [line.split()[1] for line in lines if line.startswith("  Day ")]
    half = MOST_STEPS // 2
    assert told == [str(day) for day in (*range(half), *range(half + 7, MOST_STEPS + 7))]
    assert "    (7 more lines here: --json has all)" in lines


def test_text_of_a_file_is_shown_and_not_acted_upon(capsys: pytest.CaptureFixture[str]) -> None:
    found = data()
    found["procedure"]["title"] = "[bold]x[/bold]\x1b[31m"
    lines = said(capsys, found)

    assert lines[0].startswith("[bold]x[/bold]")
    assert not any("\x1b" in line for line in lines)
