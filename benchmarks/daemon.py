"""Goals 15, 17 and 31: the daemon against others at one moment, at rest, and beside a person; and a year of ticks."""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from child import Child, cpu
from held import Held, late, live, moment, wall_clock
from measure import Row, Table, Turn, in_turn, ratios
from ours import at_work
from ready import FOLDER
from timers import DUE, lateness

from escalation.deliveries import Deliveries
from escalation.store import Store, to_int

HELD = 10_000
PEERS = {
    "APScheduler, WAL": ("peers.apscheduler_store", ("wal",)),
    "huey": ("peers.huey_peer", ()),
    "DBOS, WAL": ("peers.dbos_peer", ("wal",)),
}


def measure(quick: bool) -> list[Table]:
    return [_one_moment(quick), _idle(quick), _beside_a_person(quick), _year(quick)]


# -- 15: a hundred at one moment -------------------------------------------------------------------------


def _one_moment(quick: bool) -> Table:
    held_by_all, rounds = (1_000, 2) if quick else (HELD, 9)
    with TemporaryDirectory(dir=FOLDER.path) as made, ExitStack() as stack:
        folder = Path(made)
        held = Held(folder / "ours.db", held_by_all, wall_clock())
        stack.enter_context(at_work(held.path))
        turns = {"ours": lateness(held)}
        for i, (name, (module, settings)) in enumerate(PEERS.items()):
            path = folder / f"{i}.db"
            turns[name] = _peer(stack.enter_context(Child(module, path, *settings, held_by_all)), path)
        time.sleep(3)
        found = in_turn(turns, rounds)
    ours = found["ours"]
    rows = [
        Row("15a", "APScheduler, WAL", ratios(found["APScheduler, WAL"], ours)),
        Row("15b", "huey", ratios(found["huey"], ours)),
        Row("15c", "DBOS, WAL", ratios(found["DBOS, WAL"], ours)),
    ]
    notes = ["ms: " + ", ".join(f"{name} {_spread(took)}" for name, took in found.items())]
    title = f"{DUE} due at one moment, {held_by_all:,} held, until all are durable: peer over `escalation daemon run`"
    return Table(title, rows, notes)


def _peer(child: Child, path: Path) -> Turn:
    moments = moment(2.5)

    def turn() -> float:
        at = next(moments)
        query = child.ask("arm", DUE, at)
        assert time.time() < at, "armed too late"
        return late(path, query, at)

    return turn


# -- 17: at rest -----------------------------------------------------------------------------------------


def _idle(quick: bool) -> Table:
    seconds, rounds, tries = (2, 1, 3) if quick else (12, 5, 20)
    with TemporaryDirectory(dir=FOLDER.path) as made, ExitStack() as stack:
        folder = Path(made)
        held = Held(folder / "ours.db", HELD, wall_clock())
        pids = {
            "ours": stack.enter_context(at_work(held.path)),
            "polled": stack.enter_context(Child("peers.dbos_peer", folder / "a.db", "wal", HELD)).pid,
            "plain": stack.enter_context(Child("peers.dbos_peer", folder / "b.db", "wal", 0)).pid,
        }
        time.sleep(5)
        used: dict[str, list[float]] = {name: [] for name in pids}
        for _ in range(rounds):
            before = {name: cpu(pid) for name, pid in pids.items()}
            start = time.perf_counter()
            time.sleep(seconds)
            for name, pid in pids.items():
                used[name].append((cpu(pid) - before[name]) / (time.perf_counter() - start))
        react = _reactions(held, tries, rounds)
    rows = [
        Row("17a", "CPU over DBOS that polls a queue every 0.1 s", ratios(used["ours"], used["polled"])),
        Row("-", "CPU over DBOS without a queue", ratios(used["ours"], used["plain"])),
        Row("17b", f"ms until another's commit is acted upon, worst of {tries}", tuple(max(r) * 1e3 for r in react)),
        Row("-", "ms, the median", tuple(statistics.median(r) * 1e3 for r in react)),
    ]
    notes = ["ms of CPU a second: " + ", ".join(f"{name} {_spread(took)}" for name, took in used.items())]
    return Table(f"`escalation daemon run` at rest, {HELD:,} cases held", rows, notes)


def _reactions(held: Held, tries: int, rounds: int) -> list[list[float]]:
    """Another process commits a case that is due already: seconds until the daemon has advanced it."""
    moments, found = moment(0.2), []
    for _ in range(rounds):
        took = []
        for _ in range(tries):
            time.sleep(max(0.0, next(moments) - time.time()))
            committed = held.make_due(held.some(1), to_int(wall_clock()))
            took.append(late(held.path, held.due_query(), committed))
        found.append(took)
    return found


# -- 31: a person's command meanwhile ---------------------------------------------------------------------


def _beside_a_person(quick: bool) -> Table:
    cases, rounds = (1_000, 1) if quick else (HELD, 5)
    with TemporaryDirectory(dir=FOLDER.path) as made, ExitStack() as stack:
        held = Held(Path(made) / "ours.db", cases + 1, wall_clock())
        person = stack.enter_context(Child("ours"))
        daemon = stack.enter_context(Child("ours"))
        waits: dict[str, list[list[float]]] = {}
        took: dict[str, list[float]] = {}
        sides = {"ours": ("catch_up", False), "obvious": ("one_by_one", True), "halfway": ("one_by_one", False)}
        for _ in range(rounds + 1):
            for name, (daemons_way, plainly) in sides.items():
                held.make_due(range(2, cases + 2), to_int(held.now))
                person.begin("notes", str(held.path), held.first, plainly)
                time.sleep(0.3)
                took.setdefault(name, []).append(daemon.ask(daemons_way, str(held.path)))
                person.begin("stop")
                waits.setdefault(name, []).append(person.end())
                person.end()
    worst = {name: [max(each) for each in found[1:]] for name, found in waits.items()}
    rows = [
        Row("31a", "worst wait over that beside one case a commit", ratios(worst["ours"], worst["obvious"])),
        Row("31b", "worst wait, ms", tuple(each * 1e3 for each in worst["ours"])),
        Row("-", "31a where both writers wait as ours does", ratios(worst["ours"], worst["halfway"])),
        Row("-", "median wait, ms", tuple(statistics.median(each) * 1e3 for each in waits["ours"][1:])),
        Row("-", "catching up, over one case a commit: time", ratios(took["ours"][1:], took["obvious"][1:])),
    ]
    notes = [
        f"worst ms: {_spread(worst['ours'])}; one case a commit, no pause {_spread(worst['obvious'])}",
        f"cases a second: {cases / statistics.median(took['ours'][1:]):,.0f} and "
        f"{cases / statistics.median(took['obvious'][1:]):,.0f}",
    ]
    return Table(f"A note every 30 ms by another process while the daemon catches up with {cases:,} cases", rows, notes)


# -- memory ----------------------------------------------------------------------------------------------


def _year(quick: bool) -> Table:
    days, cases = (90, 20) if quick else (360, 200)
    with TemporaryDirectory(dir=FOLDER.path) as made, Child("ours") as child:
        path = Path(made) / "ours.db"
        live(path, cases, 21, wall_clock())
        store = Store.open(str(path))
        Deliveries(store).add_channel(**CHANNEL)
        store.close()
        found = child.ask("year", str(path), days)
    months = found["held"]
    quarters = [sum(months[i : i + 3]) for i in (0, len(months) - 3)] if len(months) >= 6 else [months[0], months[-1]]
    rows = [Row("year", "KiB held in the last quarter over those in the first", (quarters[1] / quarters[0],))]
    notes = [
        "MiB by month: " + " ".join(f"{each / 1024:.1f}" for each in months),
        f"{days * 24:,} hourly ticks, a backup every night; {found['counts']['announced']} announced, "
        f"{found['sent']} messages; {found['cpu']:.0f} s of CPU",
    ]
    return Table(f"A simulated year of ticks over {cases} cases", rows, notes)


CHANNEL = {
    "name": "all", "kind": "log", "address": "log", "secret": "none", "lang": "zh", "privacy": "titles",
    "zone": "Asia/Shanghai", "quiet_from": "22:00", "quiet_to": "08:00", "client": None, "person": None,
    "digest": "daily", "digest_at": "08:00", "least": 0, "created_at": 0,
}  # fmt: skip


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1e3:.3g} ({min(seconds) * 1e3:.3g}..{max(seconds) * 1e3:.3g})"
