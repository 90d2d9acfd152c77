"""A command as a way out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from escalation.channels.outgoing import Message
from escalation.errors import DeliveryFailed

MOST_ENVIRONMENT = 30_000
"""Characters of the body in a variable: the system takes 128 KiB in one. All of it is on the input."""


def run(words: Sequence[str], message: Message, seconds: float) -> None:
    """Run a command to its end. What it prints is not kept: it may repeat what it was told."""
    told = {
        "ESCALATION_TITLE": message.title.replace("\0", ""),
        "ESCALATION_BODY": message.body.replace("\0", "")[:MOST_ENVIRONMENT],
        "ESCALATION_LEVEL": str(message.level),
    }
    if not words:
        raise DeliveryFailed("the address cannot be used", permanent=True)
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, **told}, start_new_session=True,
        )  # fmt: skip
    except FileNotFoundError:
        raise DeliveryFailed("the command was not found", permanent=True) from None
    except PermissionError:
        raise DeliveryFailed("the command may not be run", permanent=True) from None
    except OSError as error:
        raise DeliveryFailed(f"the command could not be started: {error.strerror}") from None
    with process:
        try:
            process.communicate(f"{message.title}\n\n{message.body}".encode(errors="replace"), seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            raise DeliveryFailed("the command did not end in time") from None
    if process.returncode:
        raise DeliveryFailed(f"the command failed: {process.returncode}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """A command and all that it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
