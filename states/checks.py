"""What must hold of a whole procedure before a case may use it: every rule, in one list."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from states import checks_deadlines, checks_guards, checks_lapses, checks_names, checks_states, checks_values
from states.errors import Finding
from states.reader import Reading
from states.subject import Subject

RULES = (
    checks_names.undefined_names,
    checks_names.unused_names,
    checks_names.reserved_names,
    checks_names.deadline_names,
    checks_values.values,
    checks_values.settings,
    checks_values.dates,
    checks_values.places,
    checks_values.texts,
    checks_values.expressions,
    checks_states.initial_states,
    checks_states.track_starts,
    checks_states.outcomes,
    checks_states.branches,
    checks_states.targets,
    checks_states.reachable,
    checks_states.waiting,
    checks_states.idle_loops,
    checks_states.clock_events,
    checks_deadlines.within_or_due_on,
    checks_deadlines.readable_lengths,
    checks_deadlines.conditional_lengths,
    checks_deadlines.reminders,
    checks_deadlines.reminders_in_vain,
    checks_deadlines.bases,
    checks_deadlines.same_instant,
    checks_lapses.taken_events,
    checks_lapses.pauses,
    checks_lapses.lapse_events,
    checks_guards.read_too_early,
)
"""One function per rule, each from a subject to its findings."""
RULES_OF_GUARDS = (
    checks_guards.never_taken,
    checks_guards.gaps,
    checks_guards.overlaps,
    checks_lapses.lapse_cycles,
)
"""Those that also need to know what guards can be."""


def check(reading: Reading, templates: Collection[str] | None = None, today: str | None = None) -> tuple[Finding, ...]:
    """Everything that is wrong or doubtful, in the order of the file; empty if nothing is.

    `templates`: the names of those that exist, None where that is not known. `today` (ISO): sources
    that have ended by then are warned of.
    """
    found = {(*f[:6], *sorted(f.facts.items())): f for f in _all(Subject(reading, templates, today))}
    return tuple(sorted(found.values(), key=lambda f: (f.line, f.column)))


def _all(subject: Subject) -> Iterator[Finding]:
    for rule in RULES:
        yield from rule(subject)
    outcomes = checks_guards.outcomes(subject)
    for rule_of_guards in RULES_OF_GUARDS:
        yield from rule_of_guards(subject, outcomes)
