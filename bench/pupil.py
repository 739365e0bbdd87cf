"""One pupil's way from the button to the first answer of a kernel, step by step and timed."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from bench.browser import Browser
from bench.kernel import Connection
from bench.site import PAUSE, TURN, Site, SiteError

PHASES = ("pressed", TURN, "server up", "signed in", "page calls", "kernel up", "connected", "1+1")
"""Ends of: the button's request · the site's queue · the waiting page's wait · OAuth and the notebook's page · its calls ·
POST of the session · the websocket and the kernel's facts · the first cell."""


@dataclass
class Pupil:
    """A signed-in pupil. ``times`` holds the seconds from the press to the end of each phase; ``trouble`` is why it went no further."""

    site: Site
    account: str
    browser: Browser
    times: dict[str, float] = field(default_factory=dict)
    trouble: str = ""
    kernel_id: str = ""
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def ready(self) -> bool:
        return PHASES[-1] in self.times

    @property
    def base(self) -> str:
        return f"/user/{self.account}"

    def lasted(self, phase: str) -> float:
        """Seconds from the phase before, of those he went through, to the end of this one."""
        before = [self.times[earlier] for earlier in PHASES[: PHASES.index(phase)] if earlier in self.times]
        return self.times[phase] - (before[-1] if before else 0.0)

    @property
    def notebook(self) -> str:
        return self.site.notebook(self.account)

    async def close(self) -> None:
        """Leave the page: its websockets end."""
        await self._open.aclose()
        await self.browser.__aexit__(None, None, None)

    async def begins(self, last: str = PHASES[-1]) -> None:
        """Go all the way to the end of phase ``last``, or until the site's time-outs are over. Never raises: see ``trouble``."""
        steps: dict[str, Callable[[], Awaitable[None]]] = {
            "pressed": self._press, "server up": self._wait, "signed in": self._enter, "page calls": self._load,
            "kernel up": self._start_kernel, "connected": self._connect, "1+1": self._calculate,
        }  # fmt: skip
        self._began = time.perf_counter()
        try:
            async with asyncio.timeout(self.site.stops_after):
                for phase, step in steps.items():
                    await step()
                    self.times[phase] = time.perf_counter() - self._began
                    if phase == last:
                        break
        except TimeoutError:
            self.trouble = f"not within {self.site.stops_after:.0f} s"
        except Exception as error:  # noqa: BLE001 - whatever it was, this pupil did not come in
            self.trouble = f"{type(error).__name__}: {error}"

    # ------------------------------------------------------------------ steps
    async def _press(self) -> None:
        self._runs = await self.site.press(self.browser, self.account)

    async def _wait(self) -> None:
        if not self._runs:
            async for phase in self.site.wait(self.browser, self.account):
                self.times.setdefault(phase, time.perf_counter() - self._began)

    async def _enter(self) -> None:
        """Through OAuth to the notebook's page."""
        while True:
            answer = await self.browser.page(self.site.first_page(self.account))
            if answer.status == 200 and "/notebooks/" in answer.path:
                return
            if answer.status != 202:  # 202: a waiting page that looks again by itself
                raise SiteError(f"no notebook: {answer.status} at {answer.path}")
            await asyncio.sleep(PAUSE)

    async def _load(self) -> None:
        """The page's calls, wave by wave, and its subscription to events."""
        token, notebook = self.token, quote(self.notebook)
        subscription = self.browser.socket(f"{self.base}/api/events/subscribe", ())
        await self._open.enter_async_context(subscription)
        for wave in self.site.calls.of(notebook):
            await asyncio.gather(*(self.browser.drain(f"{self.base}/{call}", token) for call in wave))

    async def _start_kernel(self) -> None:
        """The session of the notebook, as the page makes it: under a name of its own first, then the notebook's."""
        path = self.notebook
        folder, _, name = path.rpartition("/")
        body = {"path": f"{folder}/{uuid.uuid4()}".lstrip("/"), "type": "notebook", "name": name, "kernel": {"name": "python3"}}
        session = await self.asks("POST", "api/sessions", body)
        self.kernel_id = session["kernel"]["id"]
        own = f"api/sessions/{session['id']}"
        await self.browser.drain(f"{self.base}/api/sessions", self.token)
        await self.asks("PATCH", own, {"path": path, "id": session["id"]})
        await self.browser.drain(f"{self.base}/api/kernels", self.token)
        await self.asks("PATCH", own, {"name": name, "id": session["id"]})

    async def _connect(self) -> None:
        self._kernel = Connection(await self._open.enter_async_context(self._channels(self.kernel_id)))
        await self._kernel.ready()

    async def _calculate(self) -> None:
        await self._kernel.calculates()

    # ------------------------------------------------------------------ what other measurements do
    async def new_kernel(self) -> float:
        """Seconds from asking for one more kernel to its ``1+1``; it is ended after that."""
        began = time.perf_counter()
        kernel_id = (await self.asks("POST", "api/kernels", {"name": "python3"}))["id"]
        async with self._channels(kernel_id) as socket:
            connection = Connection(socket)
            await connection.ready()
            await connection.calculates()
        seconds = time.perf_counter() - began
        await self._send("DELETE", f"api/kernels/{kernel_id}", None)
        return seconds

    async def leaves(self) -> None:
        """End his server, as the hub's own page does."""
        answer = await self.browser.fetch("DELETE", f"/hub/api/users/{self.account}/server", self.browser.xsrf("/hub/"))
        if answer.status >= 400:
            raise SiteError(f"the server did not end: {answer.status} {answer.text[:200]}")

    async def asks(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request of the page to his server that answers JSON."""
        answer: dict[str, Any] = json.loads(await self._send(method, path, body))
        return answer

    @property
    def token(self) -> str:
        """The XSRF token of his server's pages."""
        return self.browser.xsrf(self.base)

    def _channels(self, kernel_id: str) -> Any:
        return self.browser.socket(f"{self.base}/api/kernels/{kernel_id}/channels?session_id={uuid.uuid4()}", self.site.protocols)

    async def _send(self, method: str, path: str, body: dict[str, Any] | None) -> str:
        answer = await self.browser.fetch(method, f"{self.base}/{path}", self.token, json=body)
        if answer.status >= 400:
            raise SiteError(f"{method} {path}: {answer.status} {answer.text[:200]}")
        return answer.text


async def signed_in(site: Site, accounts: list[str], together: int = 8) -> list[Pupil]:
    """These pupils with sessions of their own, signed in a few at a time. Raises SiteError if one does not get in."""
    gate = asyncio.Semaphore(together)

    async def one(account: str) -> Pupil:
        browser = Browser(site.url)
        async with gate:
            await site.sign_in(browser, account)
        return Pupil(site, account, browser)

    return list(await asyncio.gather(*(one(account) for account in accounts)))
