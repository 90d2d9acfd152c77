"""The screens in a real browser: what is drawn, typed and clicked there, and that nothing is asked of anybody else."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from browsing import PROGRAM, Page, browser
from serving import PATIENCE, STEP, Serving

from escalation import open_store

NOW = "2026-11-22T10:00"
TITLE = "一笔借款"

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="no browser here: chromium, chromium-browser or google-chrome is needed"
)


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A store with one case."""
    path = tmp_path / "cases.db"
    with open_store(path, now="2026-11-22T09:00", lang="zh") as desk:
        desk.open("alipay-repayment", title=TITLE)
    return str(path)


def notes(store: str) -> list[str]:
    with open_store(store, now=NOW) as desk:
        (case,) = desk.first_refs(1)
        return [each["text"] for each in desk.log(case) if each["kind"] == "note"]


async def kept(store: str, note: str) -> None:
    end = time.monotonic() + PATIENCE
    while notes(store) != [note]:
        assert time.monotonic() < end, notes(store)
        await asyncio.sleep(STEP)


def asked_elsewhere(page: Page, serving: Serving) -> list[str]:
    own = (serving.folder, serving.folder.replace("http:", "ws:"), "file:", "data:")
    return [each for each in page.asked_for if not each.startswith(own)]


async def test_from_the_file_that_opens_it_to_a_note_that_was_typed_with_an_input_method_and_saved_by_mouse(
    tmp_path: Path, store: str
) -> None:
    with Serving(tmp_path, store, "--no-open", "--lang", "zh", "--now", NOW) as serving:
        async with browser() as chromium:
            page = await chromium.page(1280, 800)
            # As a browser is opened by `serve` itself: from a file, so from another site.
            opening = tmp_path / "open.html"
            opening.write_text(f'<meta http-equiv="refresh" content="0;url={serving.link}">')
            await page.go(opening.as_uri())
            await page.shows(TITLE)

            assert await page.value("location.href") == serving.folder
            assert await page.value("document.title") == "Escalation"
            assert await page.value("document.documentElement.lang") == "zh-CN"
            assert await page.value("document.cookie") == ""
            assert page.cells[0] >= 120
            assert page.cells[1] >= 30

            await page.do("Input.insertText", text="8")
            await page.shows("写一句备注")
            await page.compose("k", "ke f", "客服")
            await page.shows("客服")
            await page.compose("h", "hua b", "花呗")
            await page.shows("花呗")
            await page.compose("y", "yu q", "逾期")
            await page.shows("逾期")
            x, y = await page.place_of("保存")
            await page.click(x, y)
            await kept(store, "客服花呗逾期")

            before = len(page.screen)
            await page.do(
                "Emulation.setDeviceMetricsOverride", width=640, height=480, deviceScaleFactor=1, mobile=False
            )
            end = time.monotonic() + PATIENCE
            while page.cells[0] > 80 or len(page.screen) == before:
                assert time.monotonic() < end
                await asyncio.sleep(STEP)

            stranger = await chromium.page(own_profile=True)
            await stranger.go(serving.folder)
            end = time.monotonic() + PATIENCE
            while "从终端里的地址进来" not in (text := str(await stranger.value("document.body?.innerText"))):
                assert time.monotonic() < end, text
                await asyncio.sleep(STEP)
            assert TITLE not in text

            assert asked_elsewhere(page, serving) == []
            assert asked_elsewhere(stranger, serving) == []
            assert [each for each in page.said if "Content Security" in each or "xception" in each] == []

            assert serving.ask_to_end() == 0
            end = time.monotonic() + PATIENCE
            while "这一页已经关上了" not in (text := str(await page.value("document.body?.innerText"))):
                assert time.monotonic() < end, text
                await asyncio.sleep(STEP)
            assert "This page is closed" in text


async def test_what_was_copied_elsewhere_is_pasted_with_ctrl_v_and_no_address_in_a_case_leads_anywhere(
    tmp_path: Path, store: str
) -> None:
    with Serving(tmp_path, store, "--no-open", "--lang", "zh", "--now", NOW) as serving:
        async with browser() as chromium:
            page = await chromium.page(1000, 700)
            await page.go(serving.link)
            await page.shows(TITLE)
            await page.do("Input.insertText", text="8")
            await page.shows("写一句备注")
            taken = await page.value(
                "(() => { const at = document.querySelector('.xterm-helper-textarea');"
                " const key = (letter) => at.dispatchEvent(new KeyboardEvent('keydown',"
                " {key: letter, code: 'Key' + letter.toUpperCase(), keyCode: letter.toUpperCase().charCodeAt(0),"
                " ctrlKey: true, bubbles: true, cancelable: true}));"
                " return [key('v'), key('a')]; })()"
            )
            await page.value(
                "(() => { const data = new DataTransfer(); data.setData('text/plain', 'http://evil.example/还款');"
                " document.querySelector('.xterm-helper-textarea').dispatchEvent("
                "new ClipboardEvent('paste', {clipboardData: data, bubbles: true})); })()"
            )
            await page.shows("evil.example/还款")
            x, y = await page.place_of("保存")
            await page.click(x - 900, y)
            opened = await page.value("window.open('http://evil.example/')")

            assert taken == [True, False]  # the browser's own pasting goes on; other keys are the screens'
            assert opened is None
            assert asked_elsewhere(page, serving) == []
