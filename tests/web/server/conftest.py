from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from kanikko.settings import PROJECT, Settings


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait until something is so; fail after a minute, which is no measure of speed."""

    def wait(so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not so():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.02)

    return wait


class RunningSite:
    """``kanikko site run --port 0`` as a process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.log = settings.var / "site.log"
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kanikko", "site", "run", "--port", "0"], cwd=PROJECT, stdout=out, stderr=out,
                env=os.environ | {"KANIKKO_VAR": str(settings.var), "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip

    @property
    def port(self) -> int:
        """0 while it is not open."""
        place = self.settings.run_dir / "site.port"
        return int(place.read_text()) if place.exists() else 0

    @property
    def words(self) -> str:
        return self.log.read_text()

    def answers(self) -> bool:
        assert self.process.poll() is None, self.words
        return healthy(self.port)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


def healthy(port: int) -> bool:
    try:
        return bool(port) and httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def run_site(settings: Settings) -> Iterator[Callable[[], RunningSite]]:
    started: list[RunningSite] = []

    def start() -> RunningSite:
        started.append(RunningSite(settings))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.var
