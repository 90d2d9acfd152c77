"""The program: `escalation`, or `python -m escalation`."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command line. While its modules are imported nothing becomes garbage, so nothing is collected."""
    gc.disable()
    from escalation.cli import main as run

    try:
        run()
    finally:
        gc.freeze()  # the process ends: what it holds need not be looked at once more


if __name__ == "__main__":
    main()
