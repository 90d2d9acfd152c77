"""`escalation serve`: who comes in, what is passed on, and that nothing is left behind. The process, over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError
from serving import PATIENCE, ROOT, STEP, Serving, Tab, Visitor, installed, is_running, until

from escalation import open_store
from tui.browser.site import MOST

NOW = "2026-11-22T10:00"
SECRET = "一笔借款 hunter2"
NONSENSE = (
    "{", "[]", "null", '["stdin", 7]', '["stdin", "\\ud83d"]', '["resize", {"width": 1e9, "height": -5}]',
    '["resize", {"width": 100000, "height": 100000}]', '["meta", {"type": "quit"}]',
)  # fmt: skip
has_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A store with one case, in a file whose name a shell would take apart."""
    path = tmp_path / 'it\'s "我的" $HOME `x`; & cases.db'
    with open_store(path, now="2026-11-22T09:00", lang="zh") as desk:
        desk.open("alipay-repayment", title=SECRET)
    return str(path)


@asynccontextmanager
async def inside(folder: Path, store: str, *words: str, **env: str) -> AsyncIterator[tuple[Serving, Visitor]]:
    """A server, and somebody who has come in."""
    with Serving(folder, store, "--no-open", "--now", NOW, *(words or ("--lang", "zh")), **env) as serving:
        async with Visitor(serving) as visitor:
            await visitor.come_in()
            yield serving, visitor


async def gone(*pids: int) -> None:
    end = time.monotonic() + PATIENCE
    while any(map(is_running, pids)):
        assert time.monotonic() < end, pids
        await asyncio.sleep(STEP)


# -- who comes in -----------------------------------------------------------------------------------------


async def test_a_link_opens_once_and_leaves_a_cookie_that_scripts_and_other_sites_do_not_get(
    tmp_path: Path, store: str
) -> None:
    with Serving(tmp_path, store, "--no-open", "--lang", "zh") as serving:
        first = serving.link
        async with Visitor(serving) as visitor, Visitor(serving) as other:
            async with visitor.http.head(first) as answer:
                assert answer.status != 200
            async with visitor.http.get(first) as answer:
                cookie = answer.headers["Set-Cookie"]
                led_to = await answer.text()
            until(lambda: serving.link != first)

            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
            assert f"Path={serving.folder.removeprefix(f'http://127.0.0.1:{serving.port}')}" in cookie
            assert 'content="0;url=./"' in led_to
            assert "key=" not in led_to
            assert (await visitor.get(serving.folder))[0] == 200
            assert (await visitor.get(first))[0] == 200
            assert (await other.get(first))[0] == 403
            assert (await other.get(serving.folder))[0] == 403
            assert (await other.get(serving.link))[0] == 200


async def test_without_a_cookie_every_page_says_in_both_languages_what_to_do_and_nothing_else(
    tmp_path: Path, store: str
) -> None:
    with Serving(tmp_path, store, "--no-open", "--lang", "zh") as serving:
        async with Visitor(serving) as stranger:
            root = f"http://127.0.0.1:{serving.port}/"
            for address in (root, serving.folder, f"{serving.folder}js/textual.js", f"{serving.folder}ws", root + "no"):
                status, text = await stranger.get(address)

                assert status == 403
                assert "从终端里的地址进来" in text
                assert "Come in by the address in the terminal" in text
                assert "hunter2" not in text
                assert "cases.db" not in text


async def test_a_wrong_key_or_cookie_is_refused(tmp_path: Path, store: str) -> None:
    with Serving(tmp_path, store, "--no-open") as serving:
        async with Visitor(serving) as stranger:
            name = f"escalation-{serving.port}"
            assert (await stranger.get(f"{serving.folder}open?key=%ED%A0%80guess"))[0] == 403
            assert (await stranger.get(f"{serving.folder}open"))[0] == 403
            assert (await stranger.get(serving.folder, Cookie=f"{name}=guess"))[0] == 403
            assert (await stranger.get(serving.folder, Cookie=f"{name}="))[0] == 403


@pytest.mark.parametrize(
    "host", ["evil.example:{port}", "127.0.0.1:1", "127.0.0.1", "127.0.0.1.evil.example:{port}", ""]
)
async def test_a_page_under_another_name_is_refused_even_with_the_cookie(tmp_path: Path, store: str, host: str) -> None:
    async with inside(tmp_path, store) as (serving, visitor):
        there = host.format(port=serving.port)

        assert (await visitor.get(serving.folder, Host=there))[0] == 403
        with pytest.raises(WSServerHandshakeError) as refused:
            await visitor.tab(Host=there, Origin=f"http://{there}")
        assert refused.value.status == 403
        assert (await visitor.get(serving.folder, Host=f"localhost:{serving.port}"))[0] == 200


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:1", "https://127.0.0.1:{port}", "null", "", "http://evil.example"]
)
async def test_the_socket_is_for_our_own_page(tmp_path: Path, store: str, origin: str) -> None:
    async with inside(tmp_path, store) as (serving, visitor):
        with pytest.raises(WSServerHandshakeError) as refused:
            await visitor.tab(Origin=origin.format(port=serving.port))

        assert refused.value.status == 403
        assert serving.tabs() == [] or sys.platform != "linux"


async def test_the_socket_wants_the_cookie(tmp_path: Path, store: str) -> None:
    with Serving(tmp_path, store, "--no-open") as serving:
        async with Visitor(serving) as stranger:
            with pytest.raises(WSServerHandshakeError) as refused:
                await stranger.tab()

            assert refused.value.status == 403


async def test_no_page_lets_anything_else_in(tmp_path: Path, store: str) -> None:
    async with inside(tmp_path, store) as (serving, visitor):
        for address in (serving.folder, serving.folder + "js/textual.js", serving.folder + "none", serving.link):
            async with visitor.http.get(address) as answer:
                policy = answer.headers["Content-Security-Policy"]
                text = await answer.text() if address == serving.folder else ""

                assert "default-src 'none'" in policy
                assert re.findall(r"(?:https?|wss?):\S*", policy) == [f"ws://127.0.0.1:{serving.port};"]
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert answer.headers["Cache-Control"] == "no-store"
            assert "<title>Escalation</title>" in text or address != serving.folder
            assert 'lang="zh-CN"' in text or address != serving.folder


@has_proc
async def test_nobody_outside_this_machine_reaches_it(tmp_path: Path, store: str) -> None:
    with Serving(tmp_path, store, "--no-open") as serving:
        listened = set()
        for table in ("tcp", "tcp6"):
            for row in (Path("/proc/net") / table).read_text().splitlines()[1:]:
                here, _, state = row.split()[1:4]
                if state == "0A" and int(here.rpartition(":")[2], 16) == serving.port:
                    listened.add(here.rpartition(":")[0])

        assert "0100007F" in listened
        assert listened <= {"0100007F", "00000000000000000000000001000000"}


# -- what is passed on ------------------------------------------------------------------------------------


@has_proc
async def test_the_screens_get_store_language_and_instant_and_no_list_of_processes_shows_the_store(
    tmp_path: Path, store: str
) -> None:
    async with inside(tmp_path, store, "--lang", "en") as (serving, visitor):
        tab = await visitor.tab()
        await tab.shows(SECRET)
        await tab.shows(Path(store).name.partition(" &")[0])
        await tab.shows("Find out who really lent you the money")
        (pid,) = serving.tabs()

        assert "cases.db" not in Path(f"/proc/{pid}/cmdline").read_text()
        await tab.type("8")
        await tab.shows("A note in one line")
        await tab.type("typed here\r")
        (note,) = until(lambda: notes(store))
    assert str(note["at"]).startswith(NOW)


def notes(store: str) -> list[dict[str, Any]]:
    with open_store(store, now=NOW) as desk:
        return [each for each in desk.log(desk.first_refs(1)[0]) if each["kind"] == "note"]


async def test_what_the_page_sends_that_is_nonsense_harms_nobody(tmp_path: Path, store: str) -> None:
    async with inside(tmp_path, store) as (_, visitor):
        tab = await visitor.tab()
        await tab.shows(SECRET)
        for each in NONSENSE:
            await tab.socket.send_str(each)
        await tab.socket.send_bytes(b"M\x00\x00\x00\x01x")
        await tab.socket.send_str('["resize", {"width": 90, "height": 30}]')
        await tab.type("2")

        await tab.shows("期限")


async def test_there_is_an_end_to_how_many_tabs_there_are(tmp_path: Path, store: str) -> None:
    async with inside(tmp_path, store) as (serving, visitor):
        tabs = [await visitor.tab() for _ in range(MOST)]
        status, text = await visitor.get(serving.folder)
        with pytest.raises(WSServerHandshakeError) as refused:
            await visitor.tab()
        await tabs[0].socket.close()

        assert status == 503
        assert "最多开 8 页" in text
        assert "At most 8 at once" in text
        assert refused.value.status == 503
        end = time.monotonic() + PATIENCE
        while (await visitor.get(serving.folder))[0] != 200:
            assert time.monotonic() < end
        assert serving.ask_to_end() == 0


# -- the end ----------------------------------------------------------------------------------------------


async def half_filled(visitor: Visitor) -> Tab:
    """A tab in which somebody has begun to type a follow-up."""
    tab = await visitor.tab()
    await tab.shows(SECRET)
    await tab.type("\x0e")
    await tab.shows("到时候要做什么")
    await tab.type("打电话问客服")
    await tab.shows("打电话问客服")
    return tab


def drafts(store: str) -> str:
    file = Path(f"{store}.drafts.json")
    return file.read_text("utf-8") if file.exists() else ""


@has_proc
@pytest.mark.parametrize("how", ["closed", "torn", "ended", "killed"])
async def test_whatever_ends_a_tab_its_process_ends_and_what_is_half_typed_is_kept(
    tmp_path: Path, store: str, how: str
) -> None:
    async with inside(tmp_path, store) as (serving, visitor):
        tab = await half_filled(visitor)
        pids = serving.tabs()
        match how:
            case "closed":
                await tab.socket.close()
            case "torn":
                await visitor.http.close()
            case "ended":
                assert serving.ask_to_end() == 0
            case "killed":
                serving.process.kill()
        await gone(*pids)

        assert len(pids) == 1
        assert "打电话问客服" in drafts(store)


@has_proc
async def test_leaving_the_screens_closes_the_page(tmp_path: Path, store: str) -> None:
    async with inside(tmp_path, store) as (serving, visitor):
        tab = await visitor.tab()
        await tab.shows(SECRET)
        pids = serving.tabs()
        await tab.type("\x11")
        await tab.over()
        await gone(*pids)

        assert serving.process.poll() is None
        assert (await visitor.get(serving.folder))[0] == 200
        assert not [line for line in serving.err if "退出码" in line]


@has_proc
async def test_screens_that_end_by_themselves_are_told_of(tmp_path: Path, store: str) -> None:
    async with inside(tmp_path, store) as (serving, visitor):
        tab = await visitor.tab()
        await tab.shows(SECRET)
        os.kill(serving.tabs()[0], signal.SIGKILL)
        await tab.over()
        until(lambda: [line for line in serving.err if "退出码 -9" in line])

        assert (await visitor.get(serving.folder))[0] == 200


@has_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_everything_with_0_and_no_traceback(tmp_path: Path, store: str, number: int) -> None:
    async with inside(tmp_path, store) as (serving, visitor):
        first, second = await visitor.tab(), await visitor.tab()  # the second may still be starting
        await first.shows(SECRET)
        pids = serving.tabs()
        begun = time.monotonic()
        code = serving.ask_to_end(number)
        took = time.monotonic() - begun

        assert code == 0
        assert len(pids) == 2
        assert not any(map(is_running, pids))
        assert took < 10
        assert "Traceback" not in "".join(serving.err)
        assert second is not None


# -- what it says -----------------------------------------------------------------------------------------


async def test_json_is_one_line_and_what_strangers_send_is_written_nowhere(tmp_path: Path, store: str) -> None:
    async with inside(tmp_path, store, "--json") as (serving, visitor):
        tab = await visitor.tab()
        await tab.shows(SECRET)
        with socket.create_connection(("127.0.0.1", serving.port), PATIENCE) as raw:
            raw.sendall(b"GET /open?key=private HTTP/9.9\r\n\x00\r\n\r\n")
            raw.recv(1000)
        await visitor.get(f"http://127.0.0.1:{serving.port}/open?key=private")
        code = serving.ask_to_end()

    assert code == 0
    assert json.loads("".join(serving.out)) == {"url": serving.link, "port": serving.port}
    assert serving.err == []


def test_a_port_that_is_taken_is_named_with_another_that_is_free(tmp_path: Path, store: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        with Serving(tmp_path, store, "--no-open", "--lang", "zh", port=port) as serving:
            code = serving.ended()

    told = "".join(serving.err)
    other = re.search(r"escalation serve --port (\d+)", told)
    assert code == 2
    assert serving.out == []
    assert str(port) in told
    assert other is not None
    with socket.create_server(("127.0.0.1", int(other[1]))):
        pass


@pytest.mark.parametrize("port", ["65536", "-1", "eins", "1e3"])
def test_what_is_no_port_is_told(command: object, port: str) -> None:
    ran = command("serve", f"--port={port}", "--no-open")  # type: ignore[operator]

    assert (ran.code, ran.out) == (2, "")
    assert "a port, a whole number from 0 to 65535" in ran.err


def test_a_store_that_cannot_be_opened_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    (tmp_path / "cases.db").write_text("no store")
    with Serving(tmp_path, str(tmp_path / "cases.db"), "--no-open") as serving:
        assert serving.ended() == 5
    assert serving.out == []


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    script = "import sys; sys.modules['textual_serve'] = None; from escalation.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", script, "--lang", "en", "serve", "--no-open", "--store", str(tmp_path / "cases.db")],
        env={**os.environ, "PYTHONPATH": installed(tmp_path)}, capture_output=True, text=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip

    assert (ran.returncode, ran.stdout) == (2, ""), ran.stderr
    assert "pip install 'escalation[serve]'" in ran.stderr
    assert not (tmp_path / "cases.db").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="how a browser is opened differs")
@pytest.mark.parametrize("wanted", [True, False])
async def test_a_browser_is_opened_with_a_private_file_and_not_with_the_link(
    tmp_path: Path, store: str, wanted: bool
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "some-browser"
    program.write_text(
        f'#!/bin/sh\necho "$1" > "{told}.new"; mv "{told}.new" "{told}"\n'
        "exec tail --pid=$PPID -f /dev/null > /dev/null 2>&1\n"  # a browser that stays open as long as we do
    )
    program.chmod(0o755)
    env = {
        "BROWSER": f"{program} %s",
        "DISPLAY": ":77" if wanted else "",
        "WAYLAND_DISPLAY": "",
        "TMPDIR": str(tmp_path),
    }
    with Serving(tmp_path, store, "--lang", "en", **env) as serving:
        link = serving.link
        if wanted:
            address = until(lambda: told.exists() and told.read_text().strip())
            page = Path(address.removeprefix("file://"))

            assert link not in address
            assert link in page.read_text("utf-8")
            assert (page.stat().st_mode & 0o77, page.parent.stat().st_mode & 0o77) == (0, 0)
        async with Visitor(serving) as visitor:
            await visitor.come_in()
        assert serving.ask_to_end() == 0

    assert told.exists() == wanted
    assert not list(tmp_path.glob("escalation-*"))


def test_other_commands_do_not_pay_for_it(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom escalation.cli import run\nrun(['list', '--json'])\n"
        "print([each for each in ('aiohttp', 'webbrowser', 'tui', 'asyncio') if each in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ESCALATION_STORE": str(tmp_path / "cases.db")},
    )  # fmt: skip

    assert ran.stdout == "[]\n"
