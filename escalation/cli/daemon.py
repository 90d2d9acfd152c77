"""The background scheduler: daemon run, once, status, install; and what a person says to it: ack, assign."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from escalation import clock
from escalation.cli.arguments import add_globals, desk, store_named, store_path, whole
from escalation.cli.output import Output

NOT_WELL = 1
"""Exit code of `daemon status` when somebody should look."""
NOT_STARTED = 1
"""Exit code of `daemon install` when something is left to be run by hand."""


def build_daemon(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    actions = made.add_subparsers(metavar="ACTION", required=True)
    for action in _RUN:
        each = actions.add_parser(action, help=said[action], description=said[action])
        if action in ("run", "once"):
            each.add_argument("--log-format", choices=("text", "json", "journal"), help=said["log_format"])
            each.add_argument(
                "--log-level", choices=("debug", "info", "warning"), default="info", help=said["log_level"]
            )
            each.add_argument("--metrics-file", metavar="FILE", help=said["metrics_file"])
        if action == "run":
            each.add_argument("--metrics-port", metavar="N", help=said["metrics_port"])
            each.add_argument("--no-backup", action="store_true", help=said["no_backup"])
        if action == "install":
            each.add_argument("--system", choices=("systemd", "launchd", "windows", "cron"), help=said["system"])
            each.add_argument("--no-start", action="store_true", help=said["no_start"])
            each.add_argument("--remove", action="store_true", help=said["remove"])
        add_globals(each, lang)
        each.set_defaults(run=_RUN[action])


def run_run(options: Namespace, out: Output) -> int:
    """In the foreground, until SIGTERM or Ctrl-C; the step that runs is finished."""
    from escalation.daemon import Daemon, Loop

    _configure_logs(options)
    metrics = _metrics(options)
    try:
        with desk(options, _missing(options)) as opened:
            now = clock.going_on_from(opened.now()) if hasattr(options, "now") else clock.now
            Loop(Daemon(opened.engine.store, nightly=not options.no_backup), metrics, now).run()
    finally:
        if metrics is not None:
            metrics.close()
    return 0


def run_once(options: Namespace, out: Output) -> int:
    """Everything that is due now, then the end: for cron."""
    from escalation.daemon import Daemon, status

    _configure_logs(options)
    metrics = _metrics(options)
    try:
        with desk(options, _missing(options)) as opened:
            daemon = Daemon(opened.engine.store, id=_once_id())
            did = daemon.once(opened.now)
            daemon.back_up(opened.now())
            daemon.sending.close()
            daemon.deliveries.stopped(daemon.id, opened.now())
            if metrics is not None:
                metrics.show(status(opened.engine.store, opened.now()) | {"counts": daemon.counts})
            out.emit("daemon_once", did._asdict() | {"put_off": opened.engine.store.put_off_count()})
    finally:
        if metrics is not None:
            metrics.close()
    return 0


def _once_id() -> str:
    """By which `daemon status` knows that it looks now and then, and is not there in between."""
    import socket
    from secrets import token_hex

    from escalation.standing import ONCE

    return f"{ONCE}{socket.gethostname()}-{os.getpid()}-{token_hex(3)}"


def _missing(options: Namespace) -> str:
    """It may be installed before the first case. But a folder that is not there may be a disk that is not connected:
    a store made in its place would be another one.
    """
    path = store_path(options)
    there = os.path.isdir(os.path.dirname(os.path.abspath(path)))
    return "made" if there or store_named(options) == "default" else "told"


def run_status(options: Namespace, out: Output) -> int:
    """Exit code 1 when somebody should look: not running, late, a channel that fails, something parked."""
    from escalation.daemon import status

    with desk(options) as opened:
        now = opened.now()
        found = status(opened.engine.store, now)
        out.emit("daemon_status", _plain(found), now=now)
        return 0 if found["well"] else NOT_WELL


def run_install(options: Namespace, out: Output) -> int:
    """The files and commands by which the system runs the daemon whenever the person is logged in.

    Exit code 1 if they are written and it could not be started.
    """
    from escalation import service

    system = options.system or service.detect()
    if options.remove:
        _remove(out, (options.system,) if options.system else service.installed() or (system,))
        return 0
    store, asked = _absolute(store_path(options)), options.system is not None
    made = service.install(store, system=system, start=not options.no_start, asked=asked)
    data = {
        "system": system, "path": None if made.path is None else str(made.path), "text": made.text,
        "commands": [list(c) for c in made.commands], "notes": _said(made.notes, out.lang),
    }  # fmt: skip
    out.emit("daemon_installed", data, option=_option(options, store), notes=made.notes)
    return NOT_STARTED if "service.not_started" in made.notes else 0


def _option(options: Namespace, store: str) -> str:
    """What a command needs to find the store; nothing where that would tell a password, or the store is the usual."""
    from shlex import quote

    from escalation.service.program import has_password

    usual = store_named(options) != "option" or has_password(store)
    return "" if usual else f" --store {quote(store)}"


def _remove(out: Output, systems: tuple[str, ...]) -> None:
    """What was installed, whichever system it was for: the machine may have had another one then."""
    from escalation import service

    gone = [service.uninstall(system=system) for system in systems]
    notes = dict.fromkeys(note for each in gone for note in each.notes)
    data = {
        "system": systems[0], "paths": [str(path) for each in gone for path in each.paths],
        "commands": [list(command) for each in gone for command in each.commands], "notes": _said(notes, out.lang),
    }  # fmt: skip
    out.emit("daemon_removed", data, notes=tuple(notes))


def _said(notes: Iterable[str], lang: str) -> list[dict[str, str]]:
    """What else is to be known, by a short name that stays the same and as a sentence."""
    from escalation.wording import wording

    return [{"note": note.partition(".")[2], "message": wording(lang).say(note)} for note in notes]


def build_ack(made: ArgumentParser, lang: str) -> None:
    made.add_argument("cases", metavar="CASE", nargs="+", help=_SAID[lang]["cases"])
    made.set_defaults(run=run_ack)


def run_ack(options: Namespace, out: Output) -> int:
    """Seen: what was announced about these cases falls silent until something graver comes."""
    with desk(options) as opened:
        found = [{"case": opened.engine.store.case(c).ref, "seen": opened.acknowledge(c)} for c in options.cases]
        out.emit("lines" if out.json else "acknowledged", found)
    return 0


def build_assign(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("cases", metavar="CASE", nargs="+", help=said["cases"])
    who = made.add_mutually_exclusive_group(required=True)
    who.add_argument("--to", metavar="PERSON", help=said["to"])
    who.add_argument("--nobody", action="store_true", help=said["nobody"])
    made.set_defaults(run=run_assign)


def run_assign(options: Namespace, out: Output) -> int:
    """Who looks after these cases."""
    with desk(options) as opened:
        cases = opened.assign(options.cases, options.to)
        out.emit("assigned", {"cases": cases, "person": options.to})
    return 0


def _configure_logs(options: Namespace) -> None:
    from escalation import logs

    format = options.log_format or ("text" if sys.stderr.isatty() else "json")
    if options.log_format is None and os.environ.get("JOURNAL_STREAM"):
        format = "journal"
    logs.configure(format, options.log_level, sys.stderr)


def _metrics(options: Namespace) -> Any:
    port = getattr(options, "metrics_port", None)
    if port is None and options.metrics_file is None:
        return None
    from escalation.metrics import Metrics

    return Metrics(
        None if port is None else whole(port), None if options.metrics_file is None else Path(options.metrics_file)
    )


def _absolute(store: str) -> str:
    """A service is started elsewhere: a file is named in full."""
    return store if "://" in store else str(Path(store).absolute())


def _plain(value: Any) -> Any:
    """With instants as text, for JSON and for people."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


_RUN = {"run": run_run, "once": run_once, "status": run_status, "install": run_install}

BUILD = {"daemon": build_daemon, "ack": build_ack, "assign": build_assign}

_SAID = {
    "zh": {
        "run": "在前台一直运行，直到被叫停",
        "once": "把现在到点的都办了，然后结束（给 cron 用）",
        "status": "后台还在吗，上次是什么时候，有没有积压",
        "install": "装成系统服务：登录后自己运行",
        "log_format": "日志的样子（默认：终端里是 text，否则是 json）",
        "log_level": "写多细",
        "metrics_file": "把 Prometheus 指标写到这个文件",
        "metrics_port": "在本机这个端口提供 Prometheus 指标",
        "no_backup": "夜里不备份",
        "system": "装到哪种系统（默认自己看）",
        "no_start": "只写文件，不启动",
        "remove": "卸掉",
        "cases": "案件编号，可以写几个",
        "to": "交给谁",
        "nobody": "不再归谁管",
    },
    "en": {
        "run": "run in the foreground until told to stop",
        "once": "do all that is due now, then end (for cron)",
        "status": "is it alive, when did it last look, is anything waiting",
        "install": "install it as a service that runs whenever you are logged in",
        "log_format": "how the log looks (default: text at a terminal, else json)",
        "log_level": "how much it tells",
        "metrics_file": "write Prometheus metrics to this file",
        "metrics_port": "serve Prometheus metrics on this port of this machine",
        "no_backup": "no backup at night",
        "system": "for which system (default: look)",
        "no_start": "write the files, do not start it",
        "remove": "take it away again",
        "cases": "ids of cases",
        "to": "who looks after them",
        "nobody": "nobody does any longer",
    },
}
