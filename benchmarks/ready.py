"""What several benchmarks start from: the compiled table, and stores that are built once a run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from machine import NOW, PROCEDURE, Planned, plans, write_cases

from escalation.core.table import Table
from states.calendar import load_calendar
from states.reader import read_procedure

MANY, FEW = 100_000, 3_000
"""Cases of the big store, in full and with --quick."""

PROGRAM = str(Path(sys.executable).parent / "escalation")
"""As `pip install` put it beside this Python."""

_IMPORT = """
import sys, time
from escalation.cli import run
start, used = time.perf_counter(), time.process_time()
code = run(sys.argv[1:])
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
peak = status["VmHWM"].split()[0]
print(time.perf_counter() - start, time.process_time() - used, peak, file=sys.stderr)
sys.exit(code)
"""


class Built(NamedTuple):
    """A store, and what building it through `import` took."""

    path: Path
    refs: dict[str, str]
    """Id by the key of the import file."""
    cases: list[Planned]
    entries: int
    seconds: float
    cpu: float
    peak: int
    """KiB that the importing process ever held."""
    file_size: int
    """Of the import file."""

    def fresh(self, walked: int | None = None) -> list[tuple[str, int]]:
        """Ids of open cases with no lapse behind them, and how far each has walked."""
        return [
            (self.refs[c.key], c.walked) for c in self.cases if c.fresh and c.walked >= 0 and walked in (None, c.walked)
        ]


class _Folder:
    """Where everything is kept; gone when the run ends, however it ends."""

    def __init__(self) -> None:
        self._made: TemporaryDirectory[str] | None = None

    def __enter__(self) -> None:
        self._made = TemporaryDirectory(prefix="escalation-bench-")

    def __exit__(self, *_: object) -> None:
        if self._made is not None:
            self._made.cleanup()

    @property
    def path(self) -> Path:
        assert self._made is not None, "only inside run.py"
        return Path(self._made.name)


FOLDER = _Folder()


def the_table() -> Table:
    """The procedure of `machine`, compiled."""
    reading = read_procedure(PROCEDURE.read_bytes())
    return Table(reading.procedure, load_calendar(reading.procedure.calendar), reading.hash)


@cache
def store(cases: int) -> Built:
    """A store of that many cases with ten entries each, taken in by `escalation import`."""
    folder = FOLDER.path
    path, lines = folder / f"{cases}.db", folder / f"{cases}.jsonl"
    write_cases(lines, cases)
    options = ["--store", str(path), "--now", NOW.isoformat(), "--json"]
    subprocess.run([PROGRAM, "procedure", "install", str(PROCEDURE), *options], check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT, "import", str(lines), *options], check=True, capture_output=True, text=True
    )
    told = json.loads(done.stdout)
    assert not told["skipped"], told["skipped"][:3]
    seconds, cpu, peak = done.stderr.split()[-3:]
    refs = {each["key"]: each["case"] for each in told["cases"]}
    size = lines.stat().st_size
    lines.unlink()
    return Built(path, refs, list(plans(cases)), told["entries"], float(seconds), float(cpu), int(peak), size)


def copy_of(built: Built, there: Path) -> Path:
    """A store's file once more, for a candidate that writes."""
    shutil.copyfile(built.path, there)
    return there


def drop(path: Path) -> None:
    """Give the disk back."""
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
