"""What a store is told about itself: settings."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from escalation.cli.arguments import desk, pairs
from escalation.cli.output import Output


def build_settings(made: ArgumentParser, lang: str) -> None:
    made.add_argument("values", metavar="NAME=VALUE", nargs="*", help=_SAID[lang]["values"])
    made.set_defaults(run=run_settings)


def run_settings(options: Namespace, out: Output) -> int:
    """All settings of the store, once those that are given were changed."""
    values = pairs(options.values, "settings")
    with desk(options, "made" if values else "told") as opened:
        out.emit("settings", opened.change_settings(values) if values else opened.settings())
    return 0


BUILD = {"settings": build_settings}

_SAID = {
    "zh": {"values": "要改的设定，例如 refuse_now=yes；不写就看看现在是怎样的"},
    "en": {"values": "settings to change, such as refuse_now=yes; without, they are shown"},
}
