"""A real Chromium as one pupil's tablet: it keeps what it may keep from one opening to the next."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

from playwright.async_api import BrowserContext, async_playwright

from bench.pupil import Pupil

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
SHOWN = ".kk-label"
PATIENCE_MS = 180_000
CHUNK = re.compile(r"/notebook/([^./]+)\.[0-9a-f]+\.js")


class Tablet:
    """One browser with a profile of its own."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context

    @classmethod
    @asynccontextmanager
    async def started(cls) -> AsyncIterator[Tablet]:
        """A fresh one; it and its profile are gone at the end."""
        with tempfile.TemporaryDirectory(prefix="kktablet") as profile:
            async with async_playwright() as playwright:
                context = await playwright.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=FLAGS)
                try:
                    yield cls(context)
                finally:
                    await context.close()

    async def opens(self, pupil: Pupil) -> float:
        """Open the pupil's notebook with his sign-in; seconds until its cells are shown."""
        await self._take_cookies(pupil)
        page = await self._context.new_page()
        began = time.perf_counter()
        await page.goto(_address(pupil), timeout=PATIENCE_MS)
        await page.wait_for_selector(SHOWN, timeout=PATIENCE_MS)
        seconds = time.perf_counter() - began
        await page.close()
        return seconds

    async def chunks(self, pupil: Pupil) -> set[str]:
        """Names of the parts of Notebook that the page asks for if they do not come in one file."""
        await self._take_cookies(pupil)
        page = await self._context.new_page()
        await page.route("**/notebook/first.js", lambda route: route.abort())
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(_address(pupil), timeout=PATIENCE_MS)
        await page.wait_for_selector(".kk-saved[data-state=saved]", timeout=PATIENCE_MS)
        await page.locator("[data-kk=run]").click()  # some come with the first words of a kernel
        await page.wait_for_timeout(5000)
        await page.close()
        return {found[1] for url in asked if (found := CHUNK.search(url)) is not None} - {"main"}

    async def _take_cookies(self, pupil: Pupil) -> None:
        await self._context.clear_cookies()
        await self._context.add_cookies(
            [
                {"name": cookie.key, "value": cookie.value, "domain": pupil.browser.url.host or "", "path": cookie["path"] or "/"}
                for cookie in pupil.browser.session.cookie_jar
            ]
        )


def _address(pupil: Pupil) -> str:
    return f"{pupil.site.url}{pupil.base}/notebooks/{quote(pupil.notebook)}"
