"""The screens in a browser: serve. What serves them is another package, found by an entry point, as the screens are."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol

from escalation.cli.arguments import desk, store_path
from escalation.cli.output import Output
from escalation.errors import BadInput, FieldProblem

PORT = 12348
"""The number of legal aid (12348), so that it is remembered."""


class Served(Protocol):
    """Serves the screens on a store until it is told to stop, and gives the exit code.

    `listening` hears the link and the port, `used` each link that takes the place of one that was used up, `failed`
    the exit code of screens that ended although nobody asked them to.
    """

    def __call__(
        self, store: str, *, port: int, now: str | None, lang: str, listening: Callable[[str, int], None],
        used: Callable[[str], None], failed: Callable[[int], None],
    ) -> int: ...  # fmt: skip


def build_serve(made: ArgumentParser, lang: str) -> None:
    made.add_argument("--port", metavar="N", default=str(PORT), help=_SAID[lang]["port"])
    made.add_argument("--no-open", action="store_true", help=_SAID[lang]["no_open"])
    made.set_defaults(run=run_serve)


def run_serve(options: Namespace, out: Output) -> int:
    """In the foreground, until Ctrl-C or SIGTERM."""
    port, served = _port(options.port), _served()
    # What is wrong with the store, or with --now, is said here and not on every page.
    with desk(options, missing="later"):
        pass
    with ExitStack() as stack:

        def listening(link: str, port: int) -> None:
            out.message("serve_here")
            out.raw(link, "url", port=port)
            out.message("serve_stop")
            if not (options.no_open or out.json) and _has_display():
                _open(link, stack)

        code = served(
            store_path(options), port=port, now=getattr(options, "now", None), lang=out.lang, listening=listening,
            used=lambda link: out.message("serve_used", link=link),
            failed=lambda code: out.message("serve_failed", code=code),
        )  # fmt: skip
    out.message("serve_over")
    return code


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < 65536):
        raise BadInput(FieldProblem("port", text, "port"))
    return int(text)


def _served() -> Served:
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    found = next(iter(entry_points(group="escalation.screens", name="browser")), None)
    try:
        loaded: Served | None = None if found is None else found.load()
    except ImportError:
        loaded = None
    if loaded is None or find_spec("textual_serve") is None:
        raise BadInput(FieldProblem("serve", None, "serve_extra", limit="escalation[serve]"))
    return loaded


def _has_display() -> bool:
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open(link: str, stack: ExitStack) -> None:
    """By a file that only its owner can read: other accounts see how a browser was called, and could be faster."""
    import webbrowser
    from html import escape
    from pathlib import Path
    from tempfile import TemporaryDirectory
    from threading import Thread

    # A browser in a snap sees nothing but what lies in the home folder.
    within = Path.home() if Path("/snap/bin").is_dir() else None
    try:
        folder = stack.enter_context(TemporaryDirectory(prefix="escalation-", dir=within, ignore_cleanup_errors=True))
        page = Path(folder) / "open.html"
        page.touch(0o600)
        link = escape(link)
        page.write_text(f'<meta http-equiv="refresh" content="0;url={link}"><a href="{link}">Escalation</a>\n', "utf-8")
    except OSError:
        return  # the address has been printed
    # Some ways to open one come back only when the browser is closed.
    Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()


BUILD = {"serve": build_serve}

_SAID = {
    "zh": {
        "port": f"在哪个端口（默认 {PORT}；0 是随便挑一个空的）",
        "no_open": "不自动打开浏览器，只给出地址",
    },
    "en": {
        "port": f"the port (default {PORT}; 0 takes any that is free)",
        "no_open": "print the address, do not open a browser",
    },
}
