"""The look ahead: what is shown first is looked up by a process of its own, and what goes wrong there harms nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from escalation import open_store

LOOK = """
import asyncio, sys
from tui.bridge import Bridge
bridge = Bridge(sys.argv[1], now="2026-11-22T10:00", lang="zh")
bridge.begin()
seen = asyncio.run(bridge.begun())
print(None if seen is None else (seen.year, seen.refs, [line["title"] for line in seen.lines.values()]))
print("asked", len(asyncio.run(bridge.ask(lambda desk: desk.first_refs(2)))))
bridge.close()
"""
GIVEN_UP = """
import asyncio, sys
from escalation import open_store
from tui.bridge import Bridge

async def main():
    bridge = Bridge(sys.argv[1], now="2026-11-22T10:00", lang="zh")
    (case,) = await bridge.ask(lambda desk: desk.first_refs(2))
    with open_store(sys.argv[1], now="2026-11-22T10:00") as other:
        other.note(case, "by another")
    given_up = asyncio.ensure_future(bridge.changed())
    await asyncio.sleep(0)
    given_up.cancel()
    print(await bridge.changed(), await bridge.changed())
    bridge.close()

asyncio.run(main())
"""
LEAVE = """
import sys
from tui.bridge import Bridge
bridge = Bridge(sys.argv[1], now="2026-11-22T10:00", lang="zh")
bridge.begin()
bridge.close()
print("left")
"""


def _run(script: str, store: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script, str(store)], capture_output=True, text=True, timeout=60)


def test_the_look_ahead_sees_the_cases_and_the_store_can_be_asked_after_it(tmp_path: Path) -> None:
    store = tmp_path / "cases.db"
    with open_store(store, now="2026-11-20T10:00", lang="zh") as desk:
        ref = desk.open("alipay-repayment", title="花呗 [b]一案[/b]")

    done = _run(LOOK, store)

    assert done.stdout.splitlines() == [f"(2026, ['{ref}'], ['花呗 [b]一案[/b]'])", "asked 1"]
    assert done.stderr == ""


def test_a_store_that_cannot_be_read_is_told_by_who_asks_next(tmp_path: Path) -> None:
    store = tmp_path / "cases.db"
    store.write_bytes(b"this is no database, it is a shopping list" * 100)

    done = _run(LOOK, store)

    assert done.stdout.splitlines() == ["None"]
    assert "StoreBroken" in done.stderr


def test_who_leaves_before_it_has_seen_anything_is_not_kept(tmp_path: Path) -> None:
    done = _run(LEAVE, tmp_path / "cases.db")

    assert (done.stdout, done.stderr, done.returncode) == ("left\n", "", 0)


def test_a_change_is_told_even_where_the_first_question_about_it_was_given_up(tmp_path: Path) -> None:
    store = tmp_path / "cases.db"
    with open_store(store, now="2026-11-20T10:00", lang="zh") as desk:
        desk.open("alipay-repayment")

    done = _run(GIVEN_UP, store)

    assert (done.stdout, done.stderr) == ("True False\n", "")
