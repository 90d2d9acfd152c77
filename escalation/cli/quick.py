"""Import msgspec without `typing_extensions`, which costs every command 8 ms and gives nothing from Python 3.11 on.

msgspec asks for it and does as well with `typing` where it is missing. Must come before every other import.
"""

from __future__ import annotations

import sys

if "msgspec" not in sys.modules and "typing_extensions" not in sys.modules:
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules["typing_extensions"]
