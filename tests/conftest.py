"""What tests share: files, a store in a temporary folder, and the ways to run a command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings
from places import KINDS, Place, Server, running

from escalation import Desk, open_store
from escalation.store import Store

ROOT = Path(__file__).parent.parent
PROCEDURES = Path(__file__).parent / "procedures"

settings.register_profile("usual", derandomize=True, deadline=None)
settings.register_profile("long", max_examples=int(os.environ.get("ESCALATION_EXAMPLES", "2000")), deadline=None)
settings.load_profile("long" if "ESCALATION_EXAMPLES" in os.environ else "usual")


@pytest.fixture
def parcel() -> Path:
    """A small procedure with everything in it: the one of the format page."""
    return PROCEDURES / "parcel-dispute.yaml"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL of this test process, started when it is first needed."""
    with running() as started:
        yield started


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Where the test's stores lie: the test runs on each kind of database."""
    monkeypatch.setenv("ESCALATION_FILES", str(tmp_path))
    made = Place(tmp_path, request.getfixturevalue("server") if request.param == "postgresql" else None)
    yield made
    made.close()


@pytest.fixture
def desk(place: Place) -> Iterator[Callable[[str], Desk]]:
    """Opens the test's own store at an instant; may be called again to let time pass."""
    opened: list[Desk] = []

    def at(now: str, lang: str = "en") -> Desk:
        while opened:
            opened.pop().close()
        opened.append(open_store(place.url(), now=now, lang=lang))
        return opened[-1]

    yield at
    for each in opened:
        each.close()


Stores = Callable[[str], Store]


@pytest.fixture(params=[(a, b) for a in KINDS for b in KINDS], ids="-to-".join)
def stores(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stores]:
    """Opens a store by name, each with a folder of its own: `two` is of the second kind, all others of the first."""
    folder = tmp_path_factory.mktemp("stores")
    monkeypatch.delenv("ESCALATION_FILES", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    places: list[Place] = []
    opened: list[Store] = []

    def opening(name: str) -> Store:
        server = request.getfixturevalue("server") if request.param[name == "two"] == "postgresql" else None
        places.append(Place(folder / name, server))
        opened.append(Store.open(places[-1].url()))
        return opened[-1]

    yield opening
    for store in opened:
        store.close()
    for each in places:
        each.close()


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Ran]:
    """Runs the program as a process, on the test's own store."""

    def run(*words: str, env: dict[str, str] | None = None, stdin: bytes | None = None) -> Ran:
        there = {
            **os.environ,
            "ESCALATION_STORE": str(tmp_path / "cases.db"),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
        }
        for name in ("LC_ALL", "LC_MESSAGES"):
            there.pop(name, None)
        found = subprocess.run(
            [sys.executable, "-m", "escalation", *words],
            capture_output=True, input=stdin, env=there | (env or {}), cwd=tmp_path, timeout=120, check=False,
        )  # fmt: skip
        return Ran(found.returncode, found.stdout.decode(), found.stderr.decode())

    return run
