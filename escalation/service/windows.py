"""Windows: a scheduled task that starts when its account logs on."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from xml.etree import ElementTree

from escalation.service.program import MARK, Command, File, Program, Run

TASK = "Escalation"

_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_Tree = Mapping[str, "str | _Tree"]


class Windows:
    """The file and commands of `schtasks`."""

    halt: tuple[Command, ...] = (("schtasks", "/End", "/TN", TASK),)
    known: Command | None = ("schtasks", "/Query", "/TN", TASK)
    stop: tuple[Command, ...] = (*halt, ("schtasks", "/Delete", "/TN", TASK, "/F"))
    log: Path | None = None
    forget: tuple[Command, ...] = ()

    def __init__(self, home: Path, environ: Mapping[str, str], run: Run) -> None:
        local = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        self._xml = local / "escalation" / "daemon-task.xml"
        self.paths = (self._xml,)
        domain, user = environ.get("USERDOMAIN"), environ.get("USERNAME", "")
        self._account = f"{domain}\\{user}" if domain else user

    def files(self, made: Program) -> list[File]:
        """The task. A language that is not the system's is said by an option: a task has no variables."""
        python = PureWindowsPath(made.words[0])
        # python.exe would open a console window at every logon.
        quiet = str(python.with_name("pythonw.exe")) if python.name.lower() == "python.exe" else made.words[0]
        lang = ("--lang", "zh") if made.environment["LANG"].lower().startswith("zh") else ()
        tree: _Tree = {
            "RegistrationInfo": {"Author": self._account, "Description": f"Escalation. {MARK}."},
            "Triggers": {"LogonTrigger": {"Enabled": "true", "UserId": self._account}},
            "Principals": {
                "Principal": {
                    "UserId": self._account, "LogonType": "InteractiveToken", "RunLevel": "LeastPrivilege",
                },
            },
            "Settings": {
                "MultipleInstancesPolicy": "IgnoreNew",
                # A laptop that runs on its battery has deadlines, too.
                "DisallowStartIfOnBatteries": "false",
                "StopIfGoingOnBatteries": "false",
                "StartWhenAvailable": "true",
                "Hidden": "true",
                # Unlimited; three days unless said.
                "ExecutionTimeLimit": "PT0S",
                "RestartOnFailure": {"Interval": "PT1M", "Count": "255"},
            },
            "Actions": {
                "Exec": {"Command": quiet, "Arguments": subprocess.list2cmdline((*made.words[1:], *lang))},
            },
        }  # fmt: skip
        root = ElementTree.Element("Task", {"version": "1.2", "xmlns": _NAMESPACE})
        _grow(root, tree)
        ElementTree.indent(root)
        # schtasks reads UTF-16 only, with its mark of byte order.
        data = ElementTree.tostring(root, "utf-16", xml_declaration=True)
        return [File(self._xml, data, data.decode("utf-16"))]

    def start(self, changed: bool, known: bool) -> tuple[Command, ...]:
        """What takes the task into use, now and at each logon; one that runs goes on."""
        create = ("schtasks", "/Create", "/TN", TASK, "/XML", str(self._xml), "/F")
        return (*((create,) if changed or not known else ()), ("schtasks", "/Run", "/TN", TASK))

    def notes(self, made: Program) -> tuple[str, ...]:
        """A task has no variables and no private place: a secret address is the account's to set."""
        return ("service.store_by_hand",) * bool(made.secret)


def _grow(parent: ElementTree.Element, tree: _Tree) -> None:
    for name, inside in tree.items():
        child = ElementTree.SubElement(parent, name)
        if isinstance(inside, str):
            child.text = inside
        else:
            _grow(child, inside)
