"""The opening minute: a real server, and families who fill in the form, each in a browser of its own."""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from threading import Thread

import httpx
from sqlite_utils import Database

from kanikko.settings import PROJECT, Settings
from web.data import open_database, value

NO_NETWORK_NEEDED = ssl.create_default_context()
"""One for all clients: making it takes longer than a visit."""
PATIENCE = 60.0


class RunningSite:
    """``kanikko site run`` as a process of its own, which can be killed and started again at the same port."""

    def __init__(self, var: Path) -> None:
        self.var, self.port = var, 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "kanikko", "site", "run", "--port", str(self.port)]
        environment = {**os.environ, "KANIKKO_VAR": str(self.var)}
        self.process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = next((line for line in self.process.stdout if "Open http" in line), "")
        found = re.search(r":(\d+)\b", line)
        assert found, "the site did not start"
        self.port = int(found[1])

    def pull_the_plug(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


@contextmanager
def running_site(var: Path) -> Iterator[RunningSite]:
    site = RunningSite(var)
    try:
        yield site
    finally:
        site.close()


@dataclass
class Family:
    """One guardian with a phone: opens the link from the mail, fills in the form, sends it until there is an answer."""

    path: str
    number: int
    statuses: list[int] = field(default_factory=list)
    slowest: float = 0.0
    tries: int = 0
    sent_at: float = 0.0
    answered_at: float = 0.0
    done: str = ""

    def applies(self, url: str) -> None:
        with httpx.Client(base_url=url, verify=NO_NETWORK_NEEDED, trust_env=False, timeout=30) as browser:
            form = self._until_answered(browser, "GET", self.path)
            self.sent_at = time.monotonic()
            answer = self._until_answered(browser, "POST", self.path, self._filled(form.text))
            self.answered_at = time.monotonic()
            assert answer.status_code == 303, answer.text
            if self.number % 5 == 0:  # not everybody stays to read
                self.done = self._until_answered(browser, "GET", answer.headers["location"]).text

    def _until_answered(self, browser: httpx.Client, method: str, path: str, data: dict[str, str] | None = None) -> httpx.Response:
        until = time.monotonic() + PATIENCE
        while True:
            begun = time.monotonic()
            try:
                answer = browser.request(method, path, data=data)
            except httpx.TransportError:
                assert time.monotonic() < until, "the site did not come back"
                self.tries += 1
                time.sleep(0.2)
                continue
            self.slowest = max(self.slowest, time.monotonic() - begun)
            self.statuses.append(answer.status_code)
            return answer

    def _filled(self, page: str) -> dict[str, str]:
        hidden = {name: unescape(value) for name, value in re.findall(r'<input[^>]*name="(csrf_token|key)"[^>]*value="([^"]*)"', page)}
        assert set(hidden) == {"csrf_token", "key"}, page
        return {
            **hidden,
            "guardian_name": f"保護者{self.number}",
            "guardian_kana": "ほごしゃ",
            "phone": f"090{self.number:08}",
            "resident": "yes",
            "consent": "y",
            "children-0-name": f"子ども{self.number}",
            "children-0-kana": "こども",
            "children-0-birth_year": "2017",
            "children-0-birth_month": "6",
            "children-0-birth_day": str(self.number % 28 + 1),
        }


class Watcher:
    """Looks at the database all the while: how many places were ever taken at once."""

    def __init__(self, settings: Settings, class_id: str) -> None:
        self.most, self._over = 0, False
        self._thread = Thread(target=self._look, args=(settings, class_id), daemon=True)

    def _look(self, settings: Settings, class_id: str) -> None:
        db: Database = open_database(settings.site_db)
        while not self._over:
            taken = value(db, "select count(*) from entries where class = ? and state in ('accepted', 'offered')", (class_id,))
            self.most = max(self.most, taken)
            time.sleep(0.05)
        db.close()

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()
