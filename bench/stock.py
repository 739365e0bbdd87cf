"""The other side of the bench: JupyterHub as its guide sets it up for one machine, with Notebook 7 and nbgrader installed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import psutil

from bench import page
from bench.browser import Browser
from bench.lesson import NAME, SOURCE
from bench.memory import Footprint
from bench.site import PAUSE, ROOMS, TURN, Site, SiteError, free_port

CONFIG = Path(__file__).with_name("stock_hub.py")
MARK = "KANIKKO_BENCH_SITE"
"""In the environment of every stock server and kernel: what outlives the hub is found by it."""


class StockHub(Site):
    """JupyterHub with SimpleLocalProcessSpawner, the dummy sign-in and every default."""

    name = "stock JupyterHub"
    calls = page.STOCK
    protocols = ()
    """The proxy asks the server for the newer framing and keeps the answer to itself: browsers refuse that and connect again without."""
    stops_after = 120.0
    """start_timeout 60 s, http_timeout 30 s, and time for the page and a kernel after it."""

    def __init__(self, pupils: int) -> None:
        super().__init__()
        self.pupils = [f"pupil{number:03d}" for number in range(pupils)]

    def _prepare(self) -> None:
        for account in self.pupils:
            home = self.folder / "homes" / account
            home.mkdir(parents=True)
            shutil.copy(SOURCE, home / f"{NAME}.ipynb")

    def _command(self) -> tuple[Sequence[str], dict[str, str]]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("KANIKKO_", "JUPYTER", "PYTHON"))}
        own = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "STOCK_FOLDER": str(self.folder),
            "STOCK_PORTS": " ".join(map(str, (self.port, free_port(), free_port()))),
            "STOCK_MARK": f"{MARK}={self.folder.name}",
            "HOME": str(self.folder),
        }
        return [sys.executable, "-m", "jupyterhub", "-f", str(CONFIG)], environment | own

    def _open(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/hub/health", timeout=2) as answer:  # noqa: S310 - our own address
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def _end(self) -> None:
        # The hub would end forty servers one by one, each with its own patience: the bench needs none of it.
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _sweep(self) -> None:
        mine = f"{MARK}={self.folder.name}"
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                name, value = mine.split("=")
                if process.environ().get(name) == value or process.environ().get("STOCK_MARK") == mine:
                    process.kill()

    async def sign_in(self, browser: Browser, account: str) -> None:
        await browser.page("/hub/login")
        fields = {"username": account, "password": "", "_xsrf": browser.xsrf("/hub/")}
        answer = await browser.form("/hub/login?next=%2Fhub%2Fhome", fields)
        if answer.path != "/hub/home":
            raise SiteError(f"{account} did not get in: {answer.status} {answer.path}")

    async def press(self, browser: Browser, account: str) -> bool:
        opened = await browser.page(f"/hub/spawn/{account}")
        if opened.status != 200:
            raise SiteError(f"the server was refused: {opened.status}")
        return opened.path.startswith("/user/")

    async def wait(self, browser: Browser, account: str) -> AsyncIterator[str]:
        yield TURN  # there is no queue
        while True:
            async for told in browser.events("GET", f"/hub/api/users/{account}/server/progress", browser.xsrf("/hub/")):
                if told.get("failed"):
                    raise SiteError(f"the server did not start: {told.get('message')}")
                if told.get("ready"):
                    return
            await asyncio.sleep(PAUSE)

    def first_page(self, account: str) -> str:
        return f"/user/{account}/notebooks/{self.notebook(account)}"

    def notebook(self, account: str) -> str:
        return f"{NAME}.ipynb"

    def programs(self) -> dict[int, str]:
        return {self.process.pid: "hub"} if self.process else {}

    def group(self, pid: int, program: str) -> str:
        try:
            words = " ".join(psutil.Process(pid).cmdline())
        except psutil.Error:
            return program
        if "configurable-http-proxy" in words:
            return "proxy"
        return ROOMS if "singleuser" in words or "ipykernel" in words else program

    def by_pupil(self, found: Mapping[int, Footprint]) -> list[float]:
        servers: dict[int, list[float]] = defaultdict(list)
        for pid, footprint in found.items():
            with contextlib.suppress(psutil.Error):
                above = [parent.pid for parent in psutil.Process(pid).parents() if parent.pid in found]
                servers[above[-1] if above else pid].append(footprint.pss_mb)
        return [sum(parts) for parts in servers.values() if len(parts) > 1]  # a server and its kernel
