"""All benchmarks, or one: python benchmarks/run.py [--quick] [--only NAME] [--json FILE].

Run it with the Python of an environment into which the project was installed (not editable) with its
`bench` extra, so that what is measured is what a user has: compiled files, its own scripts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib import import_module
from pathlib import Path

from measure import Table, show
from ready import FOLDER, PROGRAM

MODULES = (
    "decide", "replay", "working_days", "memory", "durable", "durable_peers", "timers", "daemon", "postgres",
    "start_up", "big_store", "screens",
)  # fmt: skip


def main() -> int:
    made = argparse.ArgumentParser(description="Ratios side by side; see benchmarks/README.md.")
    made.add_argument("--quick", action="store_true", help="small stores and few rounds: to see that it runs")
    made.add_argument("--only", choices=MODULES, action="append", help="one module; may be given again")
    made.add_argument("--json", metavar="FILE", help="the rows as JSON, too")
    options = made.parse_args()
    if not Path(PROGRAM).exists():
        made.error(f"{PROGRAM} is not there: pip install '.[bench]' into this environment first")
    start, tables = time.perf_counter(), list[Table]()
    with FOLDER:
        for name in options.only or MODULES:
            for table in import_module(name).measure(options.quick):
                show(table)
                sys.stdout.flush()
                tables.append(table)
    _summary(tables, time.perf_counter() - start, options.quick)
    if options.json:
        rows = [row.plain() | {"table": table.title} for table in tables for row in table.rows]
        Path(options.json).write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 1 if any(row.verdict == "SHORT" for table in tables for row in table.rows) else 0


def _summary(tables: list[Table], seconds: float, quick: bool) -> None:
    rows = [row for table in tables for row in table.rows if row.promise]
    print(f"\n{len(rows)} promises in {seconds:.0f} s: ", end="")
    print(", ".join(f"{sum(r.verdict == v for r in rows)} {v}" for v in ("ok", "gate", "SHORT")))
    for row in rows:
        if row.verdict != "ok":
            print(f"  {row.verdict:5} {row.goal:>3}  {row.what}: {row.middle:.3g}, promised {row.promise}")
    if quick:
        print("--quick: small stores and few rounds; these figures say that it runs, not how well.")


if __name__ == "__main__":
    sys.exit(main())
