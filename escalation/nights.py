"""The backups that are made every night beside a store: what they are called, and which is the newest."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

FOLDER = "backups"


def name_of(path: str | None) -> str:
    """What the backups of every night begin with, of a SQLite file, or (None) of a server's store.

    `escalation`; stores under other names share a folder without taking each other's day.
    """
    stem = "cases" if path is None else Path(path).stem
    return "escalation" if stem == "cases" else f"escalation-{stem}"


def made_by_night(there: Path, name: str) -> list[tuple[str, date]]:
    """The backups of every night in a folder, with their days, in no order."""
    ours = re.compile(rf"{re.escape(name)}-(\d{{4}}-\d\d-\d\d)\.tar\.gz")
    found = ((each.name, ours.fullmatch(each.name)) for each in there.iterdir())
    return list(_with_days({name: match[1] for name, match in found if match}))


def newest(path: str | None, folder: str | None = None) -> tuple[Path, date] | None:
    """The newest of them and its day. `path`: of a SQLite file; None for a server's store, which has a `folder`."""
    there = Path(folder if folder is not None else os.path.dirname(os.path.realpath(path or ""))) / FOLDER
    dated = made_by_night(there, name_of(path)) if there.is_dir() else []
    if not dated:
        return None
    name, day = max(dated, key=lambda each: each[1])
    return there / name, day


def bring_back(path: str, backup: str, option: str, word: Callable[[str], str]) -> str:
    """The command that moves a damaged SQLite file aside and brings a backup in its place.

    What stands beside the file belongs to it, and goes along. `word`: how a path is written for a shell.
    """
    beside = [end for end in ("", "-wal", "-journal") if not end or os.path.exists(path + end)]
    moves = [f"mv {word(path + end)} {word(f'{path}.damaged{end}')}" for end in beside]
    return " && ".join([*moves, f"escalation restore {backup}{option}"])


def _with_days(names: Mapping[str, str]) -> Iterator[tuple[str, date]]:
    for name, text in names.items():
        try:
            yield name, date.fromisoformat(text)
        except ValueError:
            continue
