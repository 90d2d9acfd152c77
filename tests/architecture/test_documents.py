"""What the documents say must be so: commands run, links lead somewhere, shapes and words are those of the code."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from escalation import Desk, errors, open_store
from escalation.cli import COMMANDS, everything
from escalation.definitions import new_procedure
from escalation.errors import EscalationError

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
END = "@@@"
"""A line between what two blocks print."""
AVOIDED = {"playbook", "workflow", "ticket", "journal", "expiry", "todo"}

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_ENDS_COMMAND = {";", "|", "||", "&", "&&", "(", ")", "<", ">"}


def blocks(document: Path, *kinds: str) -> list[str]:
    """The code blocks of some kinds, in order."""
    return [text for kind, text in _BLOCK.findall(document.read_text("utf-8")) if kind in kinds]


def prose(document: Path) -> str:
    """The document without its code blocks."""
    return _BLOCK.sub("", document.read_text("utf-8"))


def command_lines(text: str) -> Iterator[list[str]]:
    """Every `escalation …` in shell text, as the words after it."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        words: list[str] | None = None
        for token in [*lexer, ";"]:
            if words is not None and token in _ENDS_COMMAND:
                yield words
                words = None
            elif words is not None:
                words.append(token)
            elif token == "escalation":
                words = []


COMMAND_LINES = [
    (document.relative_to(ROOT).as_posix(), words)
    for document in DOCUMENTS
    for kind, text in _BLOCK.findall(document.read_text("utf-8"))
    if kind in ("sh", "console")
    for words in command_lines(
        text if kind == "sh" else "\n".join(line for line in text.splitlines() if line.startswith("$ "))
    )
]


def test_there_are_command_lines() -> None:
    assert len(COMMAND_LINES) > 40


@pytest.mark.parametrize(("document", "words"), COMMAND_LINES, ids=lambda each: str(each)[:60])
def test_every_command_line_parses(document: str, words: list[str]) -> None:
    options = everything("en").parse_args(words)

    assert callable(options.run)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_every_command_that_prose_names_exists(document: Path) -> None:
    named = set(re.findall(r"`escalation ([a-z][a-z-]*)", prose(document)))

    assert named <= set(COMMANDS)


def test_every_command_stands_in_the_table() -> None:
    lines = prose(ROOT / "docs" / "command-line.md").splitlines()
    rows = [re.split(r"(?<!\\)\|", line)[1] for line in lines if line.startswith("|")]
    named = {word for row in rows for word in re.findall(r"`([a-z][a-z-]*)", row)}

    assert set(COMMANDS) <= named


@pytest.mark.skipif(shutil.which("bash") is None, reason="the transcript is for a shell")
def test_the_transcript_of_the_readme_runs_as_it_stands(tmp_path: Path) -> None:
    told = [
        (text, after if kind == "text" else None)
        for (shell, text), (kind, after) in pairwise(_BLOCK.findall((ROOT / "README.md").read_text("utf-8")))
        if shell == "sh" and "pip install" not in text
    ]
    program = tmp_path / "bin" / "escalation"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m escalation "$@"\n')
    program.chmod(0o755)
    there = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    there.pop("ESCALATION_STORE", None)
    there |= {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
    folder = tmp_path / "empty"
    folder.mkdir()

    script = ["exec 2>&1", *(f"echo {END}\n{text}" for text, _ in told), f"echo {END}$CASE"]
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)],
        cwd=folder, env=there, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    *printed, case = ran.stdout.removeprefix(f"{END}\n").rstrip().split(END)

    assert ran.returncode == 0, ran.stdout[-2000:]
    for (_, after), out in zip(told, printed, strict=True):
        assert after is None or same_each_time(after, "4qu5") == same_each_time(out.removeprefix("\n"), case)
    assert (folder / "try.db").stat().st_mode & 0o077 == 0
    assert "case.jsonl" in {file.name for file in folder.iterdir()}


def same_each_time(text: str, case: str) -> str:
    """What a block printed, without what differs by run and machine: the id, the hash of a file, the PDF."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "HASH", re.sub(rf"\b{case}\b", "CASE", text))
    return re.sub(r"The part that sets pages.*?'escalation\[pdf\]'\n", "", text, flags=re.DOTALL)


def test_the_example_runs(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "example.py")],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "2026-03-11" in ran.stdout


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_every_relative_link_resolves(document: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = document.parent / file if file else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


def anchors(document: Path) -> set[str]:
    """What headings can be linked as."""
    titles = _HEADING.findall(prose(document))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_words_that_the_glossary_avoids_are_in_no_name() -> None:
    rows = [line for line in (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines() if line.startswith("| **")]
    avoided = {word for row in rows for word in re.findall(r"\*\*(\w+)\*\*", row.split("|")[4])}
    found = {
        f"{file.relative_to(ROOT)}: {name}"
        for package in ("escalation", "states", "tui")
        for file in (ROOT / package).rglob("*.py")
        for name in (file.stem, *names(ast.parse(file.read_text("utf-8"))))
        if avoided & set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))
    }

    assert avoided == AVOIDED
    assert found == set()


def names(tree: ast.AST) -> Iterator[str]:
    """Every name that code gives or uses."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.keyword(arg=str(name)) | ast.alias(asname=str(name)):
                yield name


# -- shapes ----------------------------------------------------------------------------------------


def published(heading: str) -> Any:
    """The first JSON example under a heading of the command line's page."""
    text = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    found = re.search(rf"^##+ {re.escape(heading)}\n.*?^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, heading
    return values(found[1])[0]


def values(text: str) -> list[Any]:
    """The JSON values of a block, one after the other."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text.rstrip()):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


@pytest.fixture
def case(tmp_path: Path) -> Iterator[tuple[Desk, str]]:
    """A case of the small procedure that waits for an answer."""
    file = tmp_path / "my-case.yaml"
    file.write_text(new_procedure("my-case"), "utf-8")
    with open_store(tmp_path / "cases.db", now="2026-03-02T10:00") as desk:
        ref = desk.open(str(file))
        desk.done(ref, "contract")
        desk.record(ref, "request_sent")
        yield desk, ref


def test_every_json_example_is_json() -> None:
    for text in blocks(ROOT / "docs" / "command-line.md", "json"):
        assert values(text)


def test_published_shapes_are_those_of_the_program(case: tuple[Desk, str]) -> None:
    desk, ref = case
    shapes = {
        "A case: `show`, each line of `list`, and whatever writes an entry": desk.show(ref),
        "`--preview`": desk.record(ref, "answer_received", {"accepted": "true"}, preview=True),
        "`next`": desk.next(ref),
        "`due`": desk.due()[0],
        "`why CASE EVENT`": desk.why_event(ref, "answer_received"),
        "`why CASE deadline ID`": desk.why_deadline(ref, "answer"),
        "`forecast`": desk.forecast(ref),
        "`verify`": next(iter(desk.verify())),
        "`procedure`": desk.procedures()[0],
        "`log`": desk.log(ref)[0],
    }

    for heading, shape in shapes.items():
        said = dict.fromkeys(published(heading))
        if heading == "`--preview`":
            said |= dict.fromkeys(("before", "after"))
        if heading == "`verify`":
            said = {key: None for key in said if not key.startswith("files")}  # the command looks at these too
        if heading == "`log`":
            said.pop("title", None)
            shape.pop("title", None)
        assert set(shape) == set(said), heading


def test_parts_of_published_shapes_are_those_of_the_program(case: tuple[Desk, str]) -> None:
    desk, ref = case
    shown, said = desk.show(ref), published("A case: `show`, each line of `list`, and whatever writes an entry")

    for part in ("procedure", "checklists"):
        assert set(shown[part]) == set(said[part])
    for part in ("tracks", "deadlines", "possible", "history"):
        assert set(shown[part][0]) == set(said[part][0])
    assert set(desk.forecast(ref)["steps"][0]) == set(published("`forecast`")["steps"][0])
    assert set(desk.forecast(ref)["ends"]) == set(published("`forecast`")["ends"])
    missing = desk.why_event(desk.open("alipay-repayment"), "proposal_sent")["missing"][0]
    assert set(missing) == set(published("`missing`")[0])


def test_the_shipped_procedures_that_are_listed_are_those_there_are(tmp_path: Path) -> None:
    text = blocks(ROOT / "docs" / "command-line.md", "json")
    rows = [row for block in text for row in values(block)]
    listed = [row for row in rows if isinstance(row, dict) and row.get("source") == "shipped"]
    with open_store(tmp_path / "cases.db") as desk:
        assert desk.procedures() == listed


def test_every_kind_of_error_stands_in_the_table() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8").partition("## Errors")[2]
    kinds = {each.kind for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, EscalationError)}

    assert sorted(kind for kind in kinds - {EscalationError.kind} if f"`{kind}`" not in page) == []


def test_what_daemon_status_answers_is_published(tmp_path: Path) -> None:
    said = next(v for b in blocks(ROOT / "docs" / "command-line.md", "json") for v in values(b) if "lag_seconds" in v)
    with open_store(tmp_path / "cases.db") as desk:
        assert set(said) == set(desk.daemon_status())


@pytest.mark.parametrize("area", ["", "plans.", "ground.", "evidence.", "letters."])
def test_the_page_about_the_library_calls_arguments_as_the_methods_do(case: tuple[Desk, str], area: str) -> None:
    desk, _ = case
    page = (ROOT / "docs" / "library.md").read_text("utf-8")
    there = getattr(desk, area[:-1]) if area else desk
    wrong = []
    cells = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    for name, said in re.findall(rf"`{re.escape(area)}([a-z_]+)\(([^`)]*)\)`", cells):
        known = inspect.signature(getattr(there, name)).parameters
        more = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in known.values())
        named = {word.strip().lstrip("*") for word in said.split(",")} - {"", "…"}
        wrong += [f"{name}: {word}" for word in sorted(named - known.keys()) if not more]

    assert wrong == []


def test_the_page_about_the_library_names_every_method() -> None:
    page = (ROOT / "docs" / "library.md").read_text("utf-8")
    methods = [name for name, _ in inspect.getmembers(Desk, inspect.isfunction) if not name.startswith("_")]

    assert [name for name in methods if f"`{name}(" not in page and f"`{name}(…)`" not in page] == []
