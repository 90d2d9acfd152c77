"""What a person sees: where am I, by when, what next.

In reading order:

    terminal     what must be known about the terminal before Textual is imported
    words        every sentence the screens say, in both languages
    commands     one entry per thing a person can do: keys, hints, palette, help
    text         views -> words and cells; pure, tested without Textual
    bridge       the only caller of the library: asks it in a thread of its own
    messages     what widgets ask of screens, and hear of the world
    widgets/     one thing to look at each
    screens/     one place to be each; `page` is what they share
    app          wiring: screens, themes, language, live refresh; no case logic

The library's package does not know this one: `escalation` without arguments finds `main` by an entry point.
"""

from __future__ import annotations


def main(store: str, *, now: str | None = None, lang: str = "en", demo: bool = False) -> int:
    """Open the screens on a store and stay until the person leaves. The exit code."""
    import gc

    from tui import terminal
    from tui.bridge import Bridge

    gc.disable()  # a tenth of the way to the first frame would go into looking for rubbish that is not there yet
    terminal.prepare()
    bridge = Bridge(store, now=now, lang=lang)
    bridge.begin()  # while Textual is imported
    from tui.app import EscalationApp

    app = EscalationApp(store, now=now, lang=lang, demo=demo, bridge=bridge)
    app.run(mouse=True)
    return app.return_code or 0
