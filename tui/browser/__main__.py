"""The screens of one tab: `python -m tui.browser LANG [NOW]`, started by `escalation serve` and by nobody else."""

from __future__ import annotations

import os
import sys

from tui import main

if __name__ == "__main__":
    language, *instant = sys.argv[1:]
    sys.exit(main(os.environ["ESCALATION_STORE"], now=instant[0] if instant else None, lang=language))
