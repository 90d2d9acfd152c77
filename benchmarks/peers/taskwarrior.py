"""Taskwarrior, if it is installed (apt-get install taskwarrior), with tasks of its own in a folder of ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

from machine import NOW


class Taskwarrior:
    """`task` with a data folder that holds `tasks` pending tasks with due days."""

    def __init__(self, folder: Path, tasks: int) -> None:
        folder.mkdir()
        (folder / "taskrc").write_text(f"data.location={folder}\nconfirmation=off\nverbose=nothing\nhooks=off\n")
        self.env = os.environ | {"TASKRC": str(folder / "taskrc"), "TASKDATA": str(folder)}
        listed = [
            {
                "description": f"借款 k{i}", "status": "pending", "project": f"c{i % 200}",
                "entry": f"{NOW:%Y%m%dT%H%M%SZ}", "due": f"{NOW + timedelta(days=i % 60 + 1):%Y%m%dT%H%M%SZ}",
            }
            for i in range(tasks)
        ]  # fmt: skip
        (folder / "tasks.json").write_text(json.dumps(listed))
        subprocess.run(
            ["task", "import", str(folder / "tasks.json")],
            env=self.env, check=True, capture_output=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    @staticmethod
    def there() -> bool:
        return shutil.which("task") is not None

    @property
    def list_30(self) -> list[str]:
        return ["task", "limit:30", "list"]
