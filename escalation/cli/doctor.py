"""`doctor`: is everything all right, and what to put into a bug report."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import datetime

from escalation.cli.arguments import language_by, store_named, store_path
from escalation.cli.output import Output
from escalation.errors import BadInput, FieldProblem


def build_doctor(made: ArgumentParser, lang: str) -> None:
    made.set_defaults(run=run_doctor)


def run_doctor(options: Namespace, out: Output) -> int:
    """Exit code 5 where the store or a log is broken or out of reach, 1 where anything else is, else 0."""
    from escalation.doctor import exit_code, report

    by = language_by(options)
    found = report(store_path(options), now=_now(options), lang=out.lang, named=store_named(options), lang_by=by)
    out.emit("doctor", found)
    return exit_code(found)


def _now(options: Namespace) -> datetime:
    """The present, or the instant to act at."""
    from escalation import clock
    from escalation.core.instants import read_instant
    from escalation.reading import DEFAULT_ZONE

    said = getattr(options, "now", None)
    at = clock.now() if said is None else read_instant(said, DEFAULT_ZONE, clock.now())
    if at is None:
        raise BadInput(FieldProblem("now", said, "instant"))
    return at


BUILD = {"doctor": build_doctor}
