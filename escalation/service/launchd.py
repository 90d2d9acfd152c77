"""launchd: an agent of the user's own on macOS."""

from __future__ import annotations

import os
import plistlib
from collections.abc import Mapping
from pathlib import Path

from escalation.service.program import MARK, Command, File, Program, Run

LABEL = "org.escalation.daemon"


class Launchd:
    """The files and commands of `launchctl`."""

    forget: tuple[Command, ...] = ()

    def __init__(self, home: Path, environ: Mapping[str, str], run: Run) -> None:
        self._plist = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        self.log = home / "Library" / "Logs" / "escalation" / "daemon.log"
        self.paths = (self._plist,)
        self._domain = f"gui/{os.getuid() if hasattr(os, 'getuid') else 0}"
        service = f"{self._domain}/{LABEL}"
        # launchd does not read a file again: an earlier agent is sent away first.
        self.halt: tuple[Command, ...] = (("launchctl", "bootout", service),)
        self.stop = self.halt
        self.known: Command | None = ("launchctl", "print", service)

    def files(self, made: Program) -> list[File]:
        """The agent. It is readable by its account alone, so a secret address may stand in its variables."""
        secret = {"ESCALATION_STORE": made.secret} if made.secret else {}
        agent: dict[str, object] = {
            "Label": LABEL,
            "ProgramArguments": list(made.words),
            # Not read by launchd.
            "EscalationNote": MARK,
            "EnvironmentVariables": {**made.environment, **secret},
            "RunAtLoad": True,
            # Started again where it failed, not where it was told to stop.
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 30,
            "ExitTimeOut": 60,
            "ProcessType": "Background",
            "Umask": 0o077,
            "StandardOutPath": str(self.log),
            "StandardErrorPath": str(self.log),
        }
        shown = agent | {"EnvironmentVariables": {**made.environment, **dict.fromkeys(secret, "***")}}
        return [File(self._plist, plistlib.dumps(agent), plistlib.dumps(shown).decode())]

    def start(self, changed: bool, known: bool) -> tuple[Command, ...]:
        """What takes the agent into use: it runs as soon as it is loaded, and one that runs goes on."""
        if known and not changed:
            return (("launchctl", "kickstart", f"{self._domain}/{LABEL}"),)
        return (("launchctl", "bootstrap", self._domain, str(self._plist)),)

    def notes(self, made: Program) -> tuple[str, ...]:
        """Where the address is."""
        return ("service.secret_plist",) * bool(made.secret)
