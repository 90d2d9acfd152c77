"""What becomes of a case: the log of what happened, and what it means.

In reading order:

    core/        pure: entries, snapshot, history, days, evaluate, preview, announce
    errors       every error a caller can meet
    tables, migrations, statements, store   rows, and the one place where they become values
    shelf        the procedures a store can open cases of
    engine       record, correct, preview, advance: load -> evaluate -> announce -> commit
    views, advice, reasons, forecast        read-only answers
    transfer     what leaves and enters as a file; `xes` for process mining
    simulate     many made-up lives of a procedure, counted
    api          the library: `from escalation import open_store`
    cli/         the command line
    wording/     every sentence the product says by itself

Importing the package imports nothing: a command pays only for what it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from escalation.api import Desk, open_store

__all__ = ["Desk", "open_store"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from escalation import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
