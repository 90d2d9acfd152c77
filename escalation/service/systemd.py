"""systemd: a unit of the user's own manager. It needs no rights, and sees the keyring and the desktop."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from escalation.service.program import MARK, Command, File, Program, Run

UNIT = "escalation.service"
LINGERING = Path("/var/lib/systemd/linger")
"""Where systemd keeps, by name, the accounts whose services outlive their sessions."""
STEPS_SINCE = 254
"""The version that knows `RestartSteps=`; an earlier one complains of it at every start."""

_USER = ("systemctl", "--user")
_SAFE = re.compile(r"[A-Za-z0-9_@:/.=+,-]+")

_TEXT = """\
# {mark}, which writes it anew.
# What you want otherwise belongs in `systemctl --user edit escalation`; that is kept.

[Unit]
Description=Escalation: tells what is due in your cases

[Service]
Type=notify
ExecStart={command}
{variables}
SyslogIdentifier=escalation

# A large store may be brought up to date first.
TimeoutStartSec=300
# Killed and started again where it does not say for two minutes that it is alive.
WatchdogSec=120
Restart=on-failure
RestartSec=10
{steps}# A setting that is wrong stays wrong.
RestartPreventExitStatus=2

# SIGTERM goes to the daemon alone: it finishes the step, and what it is just sending is not torn off.
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec=60

UMask=0077
# Only what works in every user's manager. ProtectSystem=, PrivateTmp= and their like need user namespaces, which
# many machines forbid: there the unit would not start, or run unprotected without a word. They would also hide the
# sockets of the keyring and of the desktop's notifications. MemoryDenyWriteExecute= breaks libraries that build code
# at run time. If a command channel needs sudo or a local sendmail, set the first two to no.
NoNewPrivileges=yes
RestrictSUIDSGID=yes

[Install]
WantedBy=default.target
"""


class Systemd:
    """The files and commands of `systemctl --user`."""

    halt: tuple[Command, ...] = ()
    known: Command | None = None
    log: Path | None = None
    stop: tuple[Command, ...] = ((*_USER, "disable", "--now", UNIT),)
    forget: tuple[Command, ...] = ((*_USER, "daemon-reload"),)

    def __init__(self, home: Path, environ: Mapping[str, str], run: Run) -> None:
        folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "systemd" / "user"
        self.paths = (folder / UNIT, folder / "escalation.env")
        self._user = environ.get("USER") or environ.get("LOGNAME") or ""
        self._run = run

    def files(self, made: Program) -> list[File]:
        """The unit, and beside it the address where that is secret."""
        unit, secret = self.paths
        variables = [f"Environment={quoted(f'{name}={value}')}" for name, value in made.environment.items()]
        if made.secret:
            variables.append(f"EnvironmentFile={str(secret).replace('%', '%%')}")
        steps = "RestartSteps=6\nRestartMaxDelaySec=600\n" if self._version() >= STEPS_SINCE else ""
        text = _TEXT.format(mark=MARK, command=command(made.words), variables="\n".join(variables), steps=steps)
        files = [File(unit, text.encode(), text)]
        if made.secret:
            value = re.sub(r'([\\"`$])', r"\\\1", made.secret)
            files.append(File(secret, f'# {MARK}.\nESCALATION_STORE="{value}"\n'.encode(), ""))
        return files

    def start(self, changed: bool, known: bool) -> tuple[Command, ...]:
        """What takes the unit into use; one that runs as it is written goes on."""
        return ((*_USER, "daemon-reload"), (*_USER, "enable", UNIT), (*_USER, "restart" if changed else "start", UNIT))

    def notes(self, made: Program) -> tuple[str, ...]:
        """Where the address is, and that the unit ends with the session unless it lingers."""
        lingers = bool(self._user) and (LINGERING / self._user).exists()
        return ("service.secret_file",) * bool(made.secret) + ("service.linger",) * (not lingers)

    def _version(self) -> int:
        """That of systemd; 0 where it does not say."""
        try:
            asked = ("systemctl", "--version")
            said = self._run(asked, capture_output=True, text=True, timeout=30, check=False).stdout
        except (OSError, subprocess.SubprocessError):
            return 0
        found = re.match(r"systemd (\d+)", said or "")
        return int(found[1]) if found else 0


def command(words: Command) -> str:
    """Words as `ExecStart=` wants them: nothing in them is expanded."""
    if set(words[0]) & set("\"'\\"):
        words = ("/usr/bin/env", *words)  # systemd runs no program with a quote in its path.
    # The colon turns variables off; as `$$` they would be wrong in the program's own path. (Since systemd 244.)
    first = ":" + words[0] if any("$" in each for each in words) else words[0]
    return " ".join(quoted(each) for each in (first, *words[1:]))


def quoted(word: str) -> str:
    """One word of a unit's line. Source: systemd.syntax(7), "Quoting"; systemd.unit(5), "Specifiers"."""
    if _SAFE.fullmatch(word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'
