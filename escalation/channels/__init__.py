"""The ways out of the program: services that apprise speaks to, a command, the log.

    outgoing     a message, and what may be told of it when it did not arrive
    addresses    whether an address can be used, and what of it may be shown
    service      one attempt by way of apprise
    program      one run of a command

Knows no store and keeps nothing.
"""

from __future__ import annotations

from escalation.channels.addresses import guessed, meant, problem_of, shown, words
from escalation.channels.outgoing import Message

__all__ = ["KINDS", "Message", "guessed", "meant", "problem_of", "send", "shown"]

KINDS = ("apprise", "command", "log")


def send(kind: str, address: str, message: Message, *, seconds: float = 30.0) -> None:
    """Hand a message over; back within `seconds`, whatever the other side does.

    Raises: DeliveryFailed. Its reason is a phrase of the wording's `reason` table, with a detail after a colon where
    there is one, and holds nothing of the address or of the message.
    """
    if kind == "log":
        import logging

        logging.getLogger("escalation.told").info("%s", " ".join(message.title.split()))
    elif kind == "command":
        from escalation.channels.program import run

        run(words(address), message, seconds)
    else:
        from escalation.channels.service import notify

        notify(address, message, seconds)
