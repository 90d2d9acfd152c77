"""The article's whole path by commands alone, and the same by one import file."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from places import Place

from escalation.cli import run
from escalation.story_file import Line, read_stories
from states.library import STORIES, shipped
from states.model import Procedure
from states.reader import read_procedure

NAME = "alipay-repayment"


@pytest.fixture
def story() -> tuple[Procedure, str, list[Line]]:
    path = shipped()[NAME]
    procedure = read_procedure(path.read_bytes()).procedure
    stories, _ = read_stories(path.with_name(NAME + STORIES), procedure)
    told = stories["article-path"]
    return procedure, told.opened, [line for line in told.entries if line.shows is None and line.refused is None]


class Shell:
    """Runs commands on one store, each at its own instant."""

    def __init__(self, store: str, capfd: pytest.CaptureFixture[str]) -> None:
        self.store = store
        self.capfd = capfd

    def __call__(self, now: str, *words: str, code: int = 0) -> Any:
        self.capfd.readouterr()
        found = run(["--store", self.store, "--now", now, "--json", *words])
        out, err = self.capfd.readouterr()
        assert found == code, err
        return json.loads(out) if out.startswith("{") and out.count("\n") == 1 else out


def test_by_commands_alone_and_by_one_file_a_case_is_the_same(
    story: tuple[Procedure, str, list[Line]], place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    procedure, opened, lines = story
    shell = Shell(place.url("commands"), capfd)
    case = shell(opened, "open", NAME, "--title", "the path")["case"]
    (tmp_path / "paper.txt").write_text("a paper")
    for line in lines:
        advised = shell(line.at, "next", case)
        assert advised["do"]["kind"]
        assert advised["do"]["text"]
        assert advised["why"]
        _typed(shell, line, case, procedure, tmp_path)
    last = lines[-1].at
    by_commands = shell(last, "show", case)

    file = tmp_path / "path.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in _import_lines(opened, lines)))
    other = Shell(place.url("imported"), capfd)
    imported = other(last, "import", str(file))
    by_file = other(last, "show", imported["cases"][0]["case"])
    for each in (by_commands, by_file):
        for row in each["history"]:
            del row["seq"]
        del each["case"], each["head"]
    assert by_commands == by_file
    assert by_file["tracks"][0]["outcome"] == "success"


def _typed(shell: Shell, line: Line, case: str, procedure: Procedure, folder: Path) -> None:
    at = ["--at", line.occurred] if line.occurred else []
    if line.event is not None:
        said = [f"{k}={v}" for k, v in (line.data or {}).items()]
        shell(line.at, "record", case, line.event, *(["--set", *said] if said else []), *at)
    elif line.check is not None:
        checklist, _, item = line.check.partition(".")
        if procedure.checklists[checklist].items[item].attachment == "required":
            shell(line.at, "attach", case, str(folder / "paper.txt"), "--for", line.check, *at)
        shell(line.at, "done", case, line.check, *([] if line.done else ["--undo"]), *at)
    elif line.facts is not None:
        shell(line.at, "facts", case, *(f"{k}={v}" for k, v in line.facts.items()), *at)
    elif line.amend is not None or line.withdraw is not None:
        pytest.fail("the path needs no corrections")


def _import_lines(opened: str, lines: list[Line]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"case": "a1", "kind": "opened", "procedure": NAME, "at": opened, "title": "the path"}
    ]
    for line in lines:
        said = line.logged(datetime.fromisoformat(line.at))
        kept = {k: v for k, v in said.items() if v is not None}
        found.append({"case": "a1", **kept})
    return found
