"""A store of 100,000 cases and 1,000,000 entries: taking it in, and whether it is as quick as an empty one."""

from __future__ import annotations

from machine import NOW
from measure import Row, Table, in_turn, process, ratios
from ready import FEW, MANY, PROGRAM, Built, store


def _commands(built: Built) -> dict[str, list[str]]:
    case = built.fresh()[0][0]
    return {"next CASE": ["next", case], "show CASE": ["show", case], "log CASE": ["log", case]}


def measure(quick: bool) -> list[Table]:
    cases, rounds = (FEW, 3) if quick else (MANY, 15)
    big, small = store(cases), store(20)

    def common(built: Built) -> list[str]:
        return ["--json", "--store", str(built.path), "--now", NOW.isoformat()]

    candidates = {}
    for name, built in (("big", big), ("small", small)):
        for what, words in _commands(built).items():
            candidates[f"{name} {what}"] = process([PROGRAM, *words, *common(built)])
    found = in_turn(candidates, rounds)
    wide = ("list --overdue --limit 30", "list --overdue", "due --within 7d", "list", "next")
    turns = {what: process([PROGRAM, *what.split(), *common(big)]) for what in wide}
    turns["next CASE"] = candidates["big next CASE"]
    whole = in_turn(turns, 1 if quick else 3)
    rows = [
        Row("big", f"{what}, over a store of 20 cases", ratios(found[f"big {what}"], found[f"small {what}"]))
        for what in _commands(big)
    ]
    rows += [Row("-", f"{what}, over next CASE", ratios(whole[what], whole["next CASE"])) for what in wide]
    rate, size = big.entries / big.seconds, big.path.stat().st_size
    left = sum(c.walked >= 0 and not c.fresh for c in big.cases)
    notes = [
        f"import: {big.entries:,} entries in {big.seconds:.0f} s, {rate:,.0f}/s ({big.cpu / big.seconds:.0%} CPU)",
        f"peak memory {big.peak / 1024:.0f} MiB (for 20 cases {small.peak / 1024:.0f})",
        f"file {size / 2**20:.0f} MiB, {size / big.entries:,.0f} B an entry; the lines {big.file_size / 2**20:.0f} MiB",
        f"{sum(c.walked >= 0 for c in big.cases):,} cases open, {left:,} of them left alone for long",
    ]
    return [Table(f"A store of {cases:,} cases and {big.entries:,} entries, --json, whole processes", rows, notes)]
