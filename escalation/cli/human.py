"""What the commands say to people, by kind of answer: one function each, found here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from escalation.cli import (
    human_answers,
    human_cases,
    human_daemon,
    human_doctor,
    human_evidence,
    human_ground,
    human_letters,
    human_next,
    human_plan,
    human_procedures,
    human_simulate,
    human_written,
)
from escalation.cli.human_page import Page
from escalation.cli.output import Output

KINDS: dict[str, Callable[[Page, Any], None]] = {
    "show": human_cases.show,
    "list": human_cases.list_,
    "due": human_cases.due,
    "log": human_written.log,
    "recorded": human_written.recorded,
    "opened": human_written.opened,
    "migrated": human_written.migrated,
    "verify": human_written.verify,
    "imported": human_written.imported,
    "next": human_next.next_,
    "next_all": human_next.next_all,
    "why_event": human_answers.why_event,
    "why_deadline": human_answers.why_deadline,
    "forecast": human_answers.forecast,
    "preview": human_answers.preview,
    "procedure_list": human_procedures.procedure_list,
    "procedure_show": human_procedures.procedure_show,
    "check": human_procedures.check,
    "test": human_procedures.test,
    "schema": human_procedures.schema,
    "draw": human_procedures.draw,
    "diff": human_procedures.diff,
    "installed": human_procedures.installed,
    "simulate": human_simulate.simulate,
    "calendar_list": human_procedures.calendar_list,
    "calendar_year": human_procedures.calendar_year,
    "calendar_installed": human_procedures.calendar_installed,
    "daemon_status": human_daemon.status,
    "daemon_once": human_daemon.once,
    "daemon_installed": human_daemon.installed,
    "daemon_removed": human_daemon.removed,
    "doctor": human_doctor.doctor,
    "acknowledged": human_daemon.acknowledged,
    "assigned": human_daemon.assigned,
    "settings": human_daemon.settings,
    "attached": human_evidence.attached,
    "evidence": human_evidence.evidence,
    "exhibit": human_evidence.exhibit,
    "contacts": human_evidence.contacts,
    "contact": human_evidence.contact,
    "conduct": human_evidence.conduct,
    "files_verified": human_evidence.verified,
    "bundled": human_evidence.bundled,
    "ground_pages": human_ground.pages,
    "ground_page": human_ground.one_page,
    "contract": human_ground.contract,
    "reasonable": human_ground.reasonable,
    "trust_kinds": human_ground.kinds,
    "trust_question": human_ground.question,
    "trust": human_ground.trust,
    "calm": human_ground.calm,
    "letters": human_letters.letters,
    "plan_capacity": human_plan.capacity,
    "plan_compare": human_plan.compare,
    "plan_show": human_plan.show,
    "plan_paid": human_plan.paid,
}


def render(kind: str, data: Any, extra: dict[str, Any], out: Output) -> None:
    """Print an answer. `extra`: `titles`, `today`, and what the function for the kind says it takes."""
    KINDS[kind](Page(out, extra), data)
