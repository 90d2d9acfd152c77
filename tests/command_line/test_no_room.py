"""The worst evening: the disk is full, or nothing can be written. What is there can still be read, and says so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent

INSIDE = """
import contextlib, io, json, os, subprocess, sys
from escalation import open_store
from escalation.cli import run

how, there = sys.argv[1:3]
def mount(*words):
    if subprocess.run(["mount", *words, there], capture_output=True).returncode:
        sys.exit(77)
full, crashed = how.startswith("full"), how.endswith("crashed")
beside = ("", "-wal", "-shm") if crashed else ("", "-wal") if how == "left_over" else ()
if full:
    mount("-t", "tmpfs", "-o", "size=2m", "none")
store = os.path.join(there, "cases.db")
os.environ["ESCALATION_STORE"] = store
with open_store(store, now="2026-03-02T10:00") as desk:
    case = desk.open("court-papers", title="a paper")
    # As a crash leaves it: what was written last stands beside the file.
    kept = {end: open(store + end, "rb").read() for end in beside}
for end, content in kept.items():
    with open(store + end, "wb") as file:
        file.write(content)
if full:
    with contextlib.suppress(OSError), open(os.path.join(there, "filling"), "wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)
else:
    mount("--bind", there)
    mount("-o", "remount,ro,bind", there)
before = sorted(os.listdir(there))

def said(words):
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([word.replace("CASE", case) for word in words.split()])
    return {"code": code, "out": out.buffer.getvalue().decode(), "err": err.getvalue()}

found = {words: said(words) for words in json.load(sys.stdin)}
print(json.dumps({"case": case, "found": found, "new": [f for f in sorted(os.listdir(there)) if f not in before]}))
"""

READING = (
    "next", "next CASE", "show CASE", "due", "list", "log CASE", "export --all --format jsonl", "verify",
    "evidence CASE", "daemon status", "channel list", "write CASE", "settings", "ground CASE", "trust CASE",
    "list --json",
)  # fmt: skip
NEEDS_NO_CASE = (
    "calendar show 2026", "calendar list", "procedure list", "procedure show court-papers", "ground", "trust",
    "plan capacity --income 5000", "simulate court-papers --cases 2",
)  # fmt: skip
WRITING = (
    "note CASE hello",
    "open court-papers",
    "settings refuse_now=yes",
    "assign CASE --to me",
    "channel add x log --kind log",
)
PLACES = ("full", "full_crashed", "read_only", "read_only_crashed", "left_over")


def inside(place: Path, how: str, *commands: str) -> dict[str, Any]:
    """What these commands said in a place where nothing can be written, and which files are new there."""
    words = ["unshare", "-r", "-m", sys.executable, "-c", INSIDE, how, str(place)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    asked = json.dumps(commands)
    ran = subprocess.run(words, capture_output=True, text=True, input=asked, env=env, timeout=120, check=False)
    if ran.returncode == 77 or "unshare failed" in ran.stderr:
        pytest.skip("this system gives no disk of one's own")
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


needs_a_disk = pytest.mark.skipif(not shutil.which("unshare"), reason="needs a disk of its own")


@needs_a_disk
@pytest.mark.parametrize("how", PLACES)
def test_where_nothing_can_be_written_everything_can_be_read(tmp_path: Path, how: str) -> None:
    told = inside(tmp_path, how, *READING)
    found = told["found"]

    assert {words: said["code"] for words, said in found.items() if said["code"] not in (0, 1)} == {}
    assert {words: said["err"] for words, said in found.items() if said["err"]} == {}
    assert "a paper" in found["show CASE"]["out"]
    assert told["case"] in found["list"]["out"] + found["next"]["out"]
    assert json.loads(found["export --all --format jsonl"]["out"].splitlines()[0])
    assert told["new"] in ([], ["cases.db-shm", "cases.db-wal"], ["cases.db-wal"])


@needs_a_disk
@pytest.mark.parametrize("how", PLACES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_would_write_there_is_refused_with_what_to_do(tmp_path: Path, how: str, lang: str) -> None:
    commands = [f"{words} --lang {lang}" for words in WRITING]
    found = inside(tmp_path, how, *commands, "log CASE", "note CASE again --json")["found"]
    full = {"zh": ("磁盘满了", "腾出"), "en": ("the disk is full", "room")}
    only = {"zh": ("只能读，不能写", "能看"), "en": ("can only be read", "can be read")}

    for words in commands:
        assert (words, found[words]["code"]) == (words, 5)
        says = (full if how.startswith("full") else only)[lang]
        assert [each for each in says if each not in found[words]["err"]] == [], found[words]["err"]
    assert "hello" not in found["log CASE"]["out"]
    assert json.loads(found["note CASE again --json"]["err"])["error"] == "store_read_only"


@needs_a_disk
@pytest.mark.parametrize("how", PLACES)
def test_what_needs_no_case_needs_no_store_there(tmp_path: Path, how: str) -> None:
    found = inside(tmp_path, how, *NEEDS_NO_CASE)["found"]

    assert {words: said for words, said in found.items() if said["code"] or said["err"]} == {}


ROOM_AGAIN = """
import contextlib, os, subprocess, sys
from pathlib import Path
from escalation import open_store
from escalation.errors import StoreReadOnly

there, elsewhere = sys.argv[1:3]
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", there], capture_output=True).returncode:
    sys.exit(77)
store = os.path.join(there, "cases.db")
with open_store(store, now="2026-03-02T10:00") as desk:
    case = desk.open("court-papers", title="a paper")
filling = Path(there, "filling")
with contextlib.suppress(OSError), open(filling, "wb", buffering=0) as file:
    while True:
        file.write(b"0" * 4096)
with open_store(store) as desk:
    assert desk.engine.store.read_only == os.strerror(28), desk.engine.store.read_only
    assert desk.daemon_status()["read_only"] == os.strerror(28)
    watched = desk.changes()
    from escalation.backup import backup, check
    made = backup(desk.engine.store, elsewhere, desk.now())
    assert check(elsewhere).tables["case"].rows == 1
    try:
        desk.note(case, "no room")
        raise AssertionError("it was written")
    except StoreReadOnly:
        pass
    filling.unlink()
    by_another = [sys.executable, "-m", "escalation", "--store", store, "note", case, "by another"]
    subprocess.run(by_another, check=True, capture_output=True)
    assert [each["text"] for each in desk.log(case) if each["kind"] == "note"] == ["by another"], desk.log(case)
    assert desk.changes() != watched
    desk.note(case, "room again")
    assert desk.engine.store.read_only is None
    assert desk.daemon_status()["read_only"] is None
with open_store(store) as desk:
    assert len(desk.log(case)) == 3
print("all of it")
"""


@needs_a_disk
def test_a_full_disk_can_be_backed_up_elsewhere_and_is_written_to_as_soon_as_there_is_room(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    places = (str(tmp_path / "full"), str(tmp_path / "b.tar.gz"))
    words = ["unshare", "-r", "-m", sys.executable, "-c", ROOM_AGAIN, *places]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(words, capture_output=True, text=True, env=env, timeout=120, check=False)
    if ran.returncode == 77 or "unshare failed" in ran.stderr:
        pytest.skip("this system gives no disk of one's own")

    assert ran.stdout == "all of it\n", ran.stderr
