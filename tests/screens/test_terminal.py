"""What the terminal is told and asked: keys, widths, colours, Chinese from an input method, the way in."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.text import Text
from stage import press, settled, shown, stage
from textual.color import Color

from escalation import Desk, open_store
from tui.app import EscalationApp
from tui.commands import COMMANDS
from tui.themes import THEMES
from tui.widgets.prose import flowed
from tui.words import words

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 30.0
STEP = 0.05
SIZES = [(40, 12), (60, 20), (80, 24), (200, 60)]


def one(desk: Desk) -> str:
    return desk.open("alipay-repayment", title="一笔借款")


class Terminal:
    """A program at a pseudo-terminal, and everything it wrote."""

    def __init__(self, argv: list[str], env: dict[str, str], answer: bytes | None = None) -> None:
        self.written = b""
        self._answer = answer
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.chdir("/")
            os.execve(argv[0], argv, {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **env})
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def until(self, found: Callable[[bytes], object]) -> bytes:
        """What was written by the time that it is so. Fails if it never is."""
        end = time.monotonic() + PATIENCE
        while not found(self.written):
            assert time.monotonic() < end, self.written[-2000:]
            if not self._read():
                break
        assert found(self.written), self.written[-2000:]
        return self.written

    def type(self, data: bytes) -> None:
        os.write(self._fd, data)

    def ended(self) -> int:
        """Its exit code."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self._read()
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                os.close(self._fd)
                return os.waitstatus_to_exitcode(status)
        os.kill(self._pid, 9)
        os.waitpid(self._pid, 0)
        raise AssertionError(self.written[-2000:])

    def _read(self) -> bool:
        if not select.select([self._fd], [], [], STEP)[0]:
            return True
        try:
            found = os.read(self._fd, 65536)
        except OSError:  # the other end is gone
            return False
        if self._answer is not None and b"\x1b[6n" in found:
            os.write(self._fd, self._answer)
        self.written += found
        return bool(found)


@pytest.fixture
def installed(tmp_path: Path) -> str:
    """A folder that makes the entry points of this project known, as an installation does."""
    place = tmp_path / "installed" / "escalation-0.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: escalation\nVersion: 0\n")
    (place / "entry_points.txt").write_text("[escalation.screens]\nterminal = tui:main\n")
    return f"{ROOT}{os.pathsep}{place.parent}"


def plain(written: bytes) -> str:
    return re.sub(r"\x1b(\[[0-9;?<>=]*[a-zA-Z]|[()].|[=>])", "", written.decode("utf-8", "replace"))


# -- the way in -------------------------------------------------------------------------------------------


def test_no_argument_opens_the_screens_and_q_leaves_with_0(tmp_path: Path, installed: str) -> None:
    store = str(tmp_path / "cases.db")
    with open_store(store) as desk:
        one(desk)
    env = {"PYTHONPATH": installed, "ESCALATION_STORE": store, "LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"}
    terminal = Terminal([sys.executable, "-m", "escalation"], env, answer=b"\x1b[1;2R")
    terminal.until(lambda written: "一笔借款" in plain(written))
    terminal.type(b"\x11")
    assert terminal.ended() == 0
    assert re.search(rb"\x1b\[>\d+u", terminal.written) is None


def test_the_demo_ends_in_the_screens_and_leaves_nothing(tmp_path: Path, installed: str) -> None:
    env = {"PYTHONPATH": installed, "TMPDIR": str(tmp_path)}
    argv = [sys.executable, "-m", "escalation", "--lang", "zh", "demo"]
    terminal = Terminal(argv, env, answer=b"\x1b[1;2R")
    terminal.until(lambda written: "示例" in plain(written))
    terminal.type(b"\x11")
    assert terminal.ended() == 0
    assert not list(tmp_path.glob("escalation-demo-*"))


def test_demo_plain_prints(tmp_path: Path, installed: str) -> None:
    argv = [sys.executable, "-m", "escalation", "--lang", "en", "demo", "--plain"]
    terminal = Terminal(argv, {"PYTHONPATH": installed})
    assert terminal.ended() == 0
    assert b"\x1b[?1049h" not in terminal.written
    assert "Next" in plain(terminal.written)


def test_without_the_screens_or_a_terminal_it_says_what_is_next(tmp_path: Path, installed: str) -> None:
    store = str(tmp_path / "cases.db")
    with open_store(store) as desk:
        one(desk)
    if not entry_points(group="escalation.screens"):  # else this very Python has the screens installed
        terminal = Terminal([sys.executable, "-m", "escalation", "--store", store, "--lang", "en"], {})
        assert terminal.ended() == 0
        assert "Next" in plain(terminal.written)
    env = {**os.environ, "PYTHONPATH": installed, "ESCALATION_STORE": store}
    argv = [sys.executable, "-m", "escalation", "--lang", "en"]
    piped = subprocess.run(argv, capture_output=True, env=env, cwd="/", check=True, timeout=60)
    assert b"Next" in piped.stdout


# -- the terminal ------------------------------------------------------------------------------------------

PROBE = "import sys; from tui import terminal; print('width', terminal.ambiguous_width())"


@pytest.mark.parametrize(("column", "width"), [(2, 1), (3, 2)])
def test_how_wide_a_box_character_is_gets_asked(column: int, width: int) -> None:
    terminal = Terminal([sys.executable, "-c", PROBE], {}, answer=f"\x1b[5;{column}R".encode())
    terminal.until(lambda written: f"width {width}".encode() in written)
    assert terminal.ended() == 0


def test_a_terminal_that_does_not_answer_is_narrow() -> None:
    terminal = Terminal([sys.executable, "-c", PROBE], {})
    terminal.until(lambda written: b"width 1" in written)
    assert terminal.ended() == 0


def test_it_can_be_said() -> None:
    terminal = Terminal([sys.executable, "-c", PROBE], {"ESCALATION_AMBIGUOUS": "2"})
    assert b"\x1b[6n" not in terminal.until(lambda written: b"width 2" in written)
    assert terminal.ended() == 0


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_tmux_answers(tmp_path: Path) -> None:
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    out = tmp_path / "width"
    script = tmp_path / "probe.py"
    script.write_text(PROBE.replace("print('width', ", f"open({str(out)!r}, 'w').write(str(").replace("())", "()))"))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    command = f"{sys.executable} {script}; tmux -S {tmp_path / 'socket'} wait-for -S over"
    subprocess.run([*tmux, "new-session", "-d", "-x", "80", "-y", "24", command], check=True, env=env)
    waited = subprocess.run([*tmux, "wait-for", "over"], env=env, timeout=PATIENCE, check=False, capture_output=True)
    assert waited.returncode in (0, 1)  # 1: the session, and with it the server, was over first
    assert out.read_text() == "1"


INPUT = """
from tui import terminal
terminal.prepare()
from textual.app import App
from textual.widgets import Input
class One(App):
    def compose(self):
        yield Input(id="one")
    def on_input_changed(self, event):
        if event.value == "还不上，怎么办":
            self.exit(0, message="typed " + event.value)
app = One()
app.run()
"""


@pytest.mark.parametrize("said", [None, "1"])
def test_chinese_as_an_input_method_commits_it_lands_in_a_field(said: str | None) -> None:
    env = {"LC_ALL": "C.UTF-8"} | ({"TEXTUAL_DISABLE_KITTY_KEY": said} if said else {})
    terminal = Terminal([sys.executable, "-c", INPUT], env)
    terminal.until(lambda written: b"\x1b[?1049h" in written and b"\x1b[?2004h" in written)
    terminal.type("还不上".encode())
    terminal.type("，怎么办".encode())
    assert terminal.ended() == 0
    assert "typed 还不上，怎么办" in plain(terminal.written)
    assert re.search(rb"\x1b\[>\d+u", terminal.written) is None


@pytest.mark.parametrize("size", [(80, 24), (60, 12)])
async def test_what_an_input_method_composes_stands_in_the_field_from_its_first_key_on(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with stage(tmp_path, one, size=size) as pilot:
        await press(pilot, "ctrl+n")
        seen = 0
        for _ in range(4):
            field = pilot.app.focused
            if (there := getattr(field, "cursor_screen_offset", None)) is not None:
                assert field is not None
                assert field.region.contains_point(there)
                assert pilot.app.cursor_position == there
                seen += 1
            await press(pilot, "tab")

        assert seen


# -- colours -----------------------------------------------------------------------------------------------


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance."""
    light = sorted((_luminance(Color.parse(each)) for each in (one, other)), reverse=True)
    return (light[0] + 0.05) / (light[1] + 0.05)


def _luminance(color: Color) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_text_can_be_read(theme: object) -> None:
    for ground in ("background", "surface", "panel"):
        for text in ("foreground", "primary", "secondary", "success", "warning", "error"):
            found = contrast(getattr(theme, text), getattr(theme, ground))
            assert found >= 4.5, (text, ground, found)
    assert contrast(theme.background, theme.primary) >= 4.5  # type: ignore[attr-defined]


# -- screens, whatever the terminal ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_no_size_breaks_a_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, one, size=size) as pilot:
        for keys in (("f7",), ("f8",), ("f9",), ("enter",), ("f1",), ("f3",), ("f4",), ("f2",)):
            await press(pilot, *keys)
            lines = shown(pilot).splitlines()
            assert len(lines) <= size[1]
            assert "Esc" in lines[-1] or "F1" in lines[-1] or size == (40, 12)


async def test_wide_terminals_get_plain_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCALATION_AMBIGUOUS", "2")
    async with stage(tmp_path, one) as pilot:
        assert pilot.app.has_class("-ascii")


async def test_a_letter_of_an_input_method_is_answered(tmp_path: Path) -> None:
    async with stage(tmp_path, one) as pilot:
        await press(pilot, "f8", "ｊ")
        assert "输入法为中文时" in " ".join(n.message for n in pilot.app._notifications)


async def test_no_color_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(tmp_path, one) as pilot:
        assert isinstance(pilot.app, EscalationApp)
        assert pilot.app.no_color


@pytest.mark.parametrize("typed", ["后台", "houtai", "ht", "daemon", "Reminders"])
async def test_the_palette_knows_pinyin_and_english(tmp_path: Path, typed: str) -> None:
    async with stage(tmp_path, one) as pilot:
        await press(pilot, "ctrl+p", *typed)
        for _ in range(500):
            if "提醒和后台" in shown(pilot):
                break
            await pilot.pause()
        assert "提醒和后台" in shown(pilot)
        await press(pilot, "enter")
        await settled(pilot)
        assert "提醒和后台" in shown(pilot).splitlines()[0]


def test_every_command_has_its_words() -> None:
    for lang in ("zh", "en"):
        for id in COMMANDS:
            assert words(lang).has(f"command.{id}"), id
            assert words(lang).has(f"help.{id}"), id


async def test_hints_can_be_clicked(tmp_path: Path) -> None:
    async with stage(tmp_path, one, lang="en") as pilot:
        await press(pilot, "f9")
        line = shown(pilot).splitlines()[-1]
        await pilot.click("#hints", offset=(line.index("Help") + 1, 0))
        await settled(pilot)
        assert "What can be done here" in shown(pilot) or "procedures there are" in shown(pilot)


@pytest.mark.parametrize("width", [1, 2, 7, 20, 80])
def test_chinese_is_broken_between_characters_and_nothing_is_lost(width: int) -> None:
    said = (
        "- 您好，我的合同号是 2026-11，因为（某某）原因暂时不能按原计划还。See https://example.org/a/long/one\n\n好。"
    )
    lines = flowed(Text(said), width).plain.split("\n")
    assert "".join("".join(lines).split()) == "".join(said.split())
    if width >= 20:
        assert all(cell_len(line) <= width for line in lines if "https" not in line)
        assert not any(line.startswith(("，", "。", "）")) for line in lines)
        assert lines[0].startswith("- 您好")
