"""The screens on a disk that is full: all of it can be looked at, and what is typed is kept once there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent

INSIDE = """
import asyncio, contextlib, subprocess, sys
from pathlib import Path
from escalation import open_store
from stage import NOW, press, settled, shown, stage

there, lang = Path(sys.argv[1]), sys.argv[2]
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(there)], capture_output=True).returncode:
    sys.exit(77)
with open_store(there / "cases.db", now=NOW) as desk:
    case = desk.open("alipay-repayment", title="花呗")
filling = there / "filling"
with contextlib.suppress(OSError), open(filling, "wb", buffering=0) as file:
    while True:
        file.write(b"0" * 4096)

async def look():
    async with stage(there, lang=lang, size=(80, 24)) as pilot:
        first = shown(pilot)
        assert "花呗" in first
        assert {"zh": "!! 磁盘满了，只能看", "en": "!! disk full, read only"}[lang] in first.splitlines()[0], first
        await press(pilot, "f8")
        assert {"zh": "只能看，写不进去：磁盘满了", "en": "not written: the disk is full"}[lang] in shown(pilot)
        await press(pilot, "escape", "8", *"hello", "enter")
        for _ in range(3):  # what is said stays until one goes on
            said = shown(pilot)
            assert {"zh": "腾出一点地方", "en": "Make some room"}[lang] in said, said
            assert "hello" in said
            pilot.app.look()
            await settled(pilot)
        filling.unlink()
        await press(pilot, "enter")

asyncio.run(look())
with open_store(there / "cases.db") as desk:
    assert [each["text"] for each in desk.log(case) if each["kind"] == "note"] == ["hello"]
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs a disk of its own")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_there_is_shown_and_what_is_typed_is_kept_once_there_is_room(tmp_path: Path, lang: str) -> None:
    words = ["unshare", "-r", "-m", sys.executable, "-c", INSIDE, str(tmp_path), lang]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)]), "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(words, capture_output=True, text=True, env=env, timeout=120, check=False)
    if ran.returncode == 77 or "unshare failed" in ran.stderr:
        pytest.skip("this system gives no disk of one's own")

    assert ran.returncode == 0, ran.stderr
