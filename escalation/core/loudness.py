"""How loud an announcement is: the nearer and the graver what happens otherwise, the louder.

Levels are small whole numbers, so that a channel can ask for those from one level on.
Source: semantics §8; docs/daemon.md, "How loud".
"""

from __future__ import annotations

from datetime import datetime, timedelta

from escalation.core.snapshot import Announced, Run
from escalation.core.table import Rule
from states.model import ME

QUIET, NORMAL, LOUD, URGENT = range(4)
LEVELS = ("quiet", "normal", "loud", "urgent")
_RULES = ("statute", "local")


def subject_of(announced: Announced) -> str:
    """What an announcement is about: one running of a deadline, a stay in a state, a person's follow-up."""
    about = "deadline" if announced.kind not in ("follow_up", "user_follow_up") else announced.kind
    return f"{about}:{announced.subject}:{announced.started_at.isoformat()}"
