"""The screens in a browser, on this machine only.

In reading order:

    gate         who may come in: the link, the cookie, the names this machine goes by
    tab          one tab: a process of the screens, and what is carried between it and the browser
    site         pages, files, the socket, how many tabs
    serving      listens, says where, ends everything
    driver       what the screens draw on in such a process; `python -m tui.browser` is one

textual-serve gives the files that draw a terminal in a page. Its server is not used: it lets everybody in, starts the
screens by a shell, and its page fetches a font from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable


def serve(
    store: str, *, port: int, now: str | None = None, lang: str = "en", listening: Callable[[str, int], None],
    used: Callable[[str], None], failed: Callable[[int], None],
) -> int:  # fmt: skip
    """Serve until Ctrl-C or SIGTERM. The exit code.

    `listening`: hears the link and the port once both can be used. `used`: a link was used up; the next one.
    `failed`: the screens of a tab ended with this exit code although nobody asked them to.

    Raises: BadInput where textual-serve is not installed, or the port is taken.
    """
    from tui.browser.serving import serve as served

    return served(store, port=port, now=now, lang=lang, listening=listening, used=used, failed=failed)
