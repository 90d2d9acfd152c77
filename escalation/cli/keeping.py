"""Commands that keep whole stores safe: backup, restore, copy."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from escalation.cli.arguments import desk, store_path
from escalation.cli.output import Output
from escalation.errors import NotFound

if TYPE_CHECKING:
    from escalation.cli.human_page import Page
    from escalation.copying import Progress
    from escalation.store import Store


def build_backup(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("file", metavar="FILE", help=said["to_file"])
    made.add_argument("--force", action="store_true", help=said["force"])
    made.set_defaults(run=run_backup)


def run_backup(options: Namespace, out: Output) -> int:
    from escalation.backup import backup

    _existing(store_path(options))
    with desk(options) as opened, _progress(out) as told:
        made = backup(opened.engine.store, options.file, opened.now(), options.force, told)
    _tell(out, "backed_up", msgspec.to_builtins(made))
    return 0


def build_restore(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("file", metavar="FILE", help=said["from_file"])
    made.add_argument("--replace", action="store_true", help=said["replace"])
    made.set_defaults(run=run_restore)


def run_restore(options: Namespace, out: Output) -> int:
    from escalation.backup import leaving_nothing, restore

    with leaving_nothing(store_path(options)), desk(options, "made") as opened, _progress(out) as told:
        found = restore(options.file, opened.engine.store, opened.now(), options.replace, told)
    _tell(out, "restored", msgspec.to_builtins(found))
    return 0


def build_copy(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("--from", dest="source", required=True, metavar="URL", help=said["from"])
    made.add_argument("--to", dest="target", required=True, metavar="URL", help=said["to"])
    made.set_defaults(run=run_copy)


def run_copy(options: Namespace, out: Output) -> int:
    from escalation.copying import copy
    from escalation.evidence import path_of

    with _store(options.source, must_exist=True) as source, _store(options.target) as target:
        with _progress(out) as told:
            copied = copy(source, target, told, path_of)
        data = msgspec.to_builtins(copied)
        _tell(out, "copied", data | {"from": source.path, "to": target.path})
    return 0


@contextmanager
def _store(url: str, must_exist: bool = False) -> Iterator[Store]:
    from escalation.store import Store

    path = store_path(Namespace(store=url))
    if must_exist:
        _existing(path)
    with closing(Store.open(path)) as store:
        yield store


def _existing(path: str) -> None:
    """A mistyped name must not become a new store, and then a backup of nothing."""
    if "://" not in path and not os.path.exists(path):
        raise NotFound("store", path)


@contextmanager
def _progress(out: Output) -> Iterator[Progress | None]:
    """A bar on standard error, where a person looks on; nothing elsewhere."""
    if out.json or out.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    from escalation.wording import wording

    said = wording(out.lang)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda name, done, total: bar.update(
            task, description=said.say(f"keeping.at_{name}"), completed=done, total=total
        )


def _tell(out: Output, what: str, data: Mapping[str, Any]) -> None:
    if out.json:
        out.emit(what, data)
        return
    from escalation.cli.human_page import Page

    try:
        _lines(Page(out, {}), what, data)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; what was asked for is done.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lines(page: Page, what: str, data: Mapping[str, Any]) -> None:
    from escalation.cli.human_page import SOON, STRONG

    page.put((page.say("mark.ok") + " ", ""), (page.say(f"keeping.{what}", **_places(data)), STRONG), hang=3)
    rows = data["tables"]
    page.put(page.say("keeping.cases", n=rows["case"]["rows"], entries=rows["entry"]["rows"]), indent=3)
    if data["files"]:
        page.put(page.say("keeping.files", n=data["files"]), indent=3)
    page.put(page.say("keeping.verified"), indent=3)
    if data.get("before"):
        page.put(page.say("keeping.before"), indent=3)
        page.whole(data["before"], indent=3)
    if data["missing_files"]:
        n, server = len(data["missing_files"]), _of_server(what, data)
        page.put((page.say("keeping.missing_here" if server else "keeping.missing", n=n), SOON), indent=3)
        if server:
            page.put(page.say("keeping.elsewhere"), indent=3)
    if data["kept_calendars"]:
        page.put(page.say("keeping.kept_calendars", names=page.said.listed(data["kept_calendars"])), indent=3)
    if data["channels"]:
        page.put(page.say("keeping.channels", names=page.said.listed(data["channels"])), indent=3)
    if what == "backed_up":
        page.muted(page.say("keeping.private"), indent=3)


def _of_server(what: str, data: Mapping[str, Any]) -> bool:
    """Whether what is not on this machine may lie on another one that has the same store."""
    return data["store"] == "postgresql" if what == "backed_up" else what == "copied" and "://" in data["from"]


def _places(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data.get(name) for name in ("file", "from", "to")}


BUILD = {"backup": build_backup, "restore": build_restore, "copy": build_copy}

_SAID = {
    "zh": {
        "to_file": "备份写到这个文件（.tar；名字以 .gz 结尾就压缩）",
        "force": "文件已经有了也写：新备份核对无误后才换掉旧的",
        "from_file": "要恢复的备份文件",
        "replace": "换掉现在的内容（会先在旁边另存一份备份）",
        "from": "从哪个存储复制",
        "to": "复制到哪个存储（要是空的）",
    },
    "en": {
        "to_file": "the file to write (.tar; compressed if its name ends in .gz)",
        "force": "replace a file of that name, once the new backup is verified",
        "from_file": "the backup to restore",
        "replace": "replace what the store holds (it is backed up beside it first)",
        "from": "the store to copy",
        "to": "the store to copy into; it must be empty",
    },
}
