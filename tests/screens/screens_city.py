"""A real hub with the real sign-in and screens, the real exchange beside it, and a demo city; the test plays pupils and grader."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pyotp
from playwright.sync_api import Page

from grading.exchange.store import Grade, Store
from hub.roster import Person, Roster, SchoolClass
from hub.signin.credentials import Credentials
from kanikko.exchange_facts import CellMark, Flag, Submission
from kanikko.settings import PROJECT, Settings

ARTEFACTS = PROJECT / "tests" / "artefacts"
HERE = Path(__file__).resolve().parent
TABLET, PORTRAIT = {"width": 1080, "height": 810}, {"width": 810, "height": 1080}
PASSWORD = "かにさんが はまべを あるく"
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"{what} did not come in {seconds} s"
        time.sleep(0.05)


@dataclass
class City:
    """The hub and what stands around it."""

    settings: Settings
    url: str
    environment: dict[str, str]
    roster: Roster
    credentials: Credentials
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    restarts: int = 0

    # ------------------------------------------------------------------ processes
    def start_hub(self) -> None:
        self._start("hub", "-m", "kanikko.quickly", "jupyterhub", "-f", str(HERE / "hub_for_screens.py"))
        wait_for(lambda: self._alive("hub") and self._answers(), START_SECONDS)

    def start_proxy(self) -> None:
        self._start("proxy", "-m", "kanikko", "proxy")

    def start_exchange(self) -> None:
        self._start("exchange", "-m", "kanikko", "exchange", "--verbose")
        wait_for(lambda: self._alive("exchange") and self.settings.exchange_socket.exists())

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        self.restarts += 1
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def log(self, name: str) -> str:
        return (self.settings.logs_dir / f"{name}.log").read_text()

    def _start(self, name: str, *command: str) -> None:
        log = (self.settings.logs_dir / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            [sys.executable, *command], env=self.environment, cwd=self.settings.var, stdout=log, stderr=subprocess.STDOUT
        )

    def _alive(self, name: str) -> bool:
        assert self.processes[name].poll() is None, self.log(name)[-4000:]
        return True

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/hub/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    # ------------------------------------------------------------------ people
    @property
    def classes(self) -> list[SchoolClass]:
        return self.roster.classes()

    def pupils(self, course: str) -> list[Person]:
        return self.roster.pupils(course)

    def teacher(self, course: str) -> Person:
        return self.roster.teachers(course)[0]

    # ------------------------------------------------------------------ signing in
    def client(self, person: Person) -> httpx.Client:
        """A signed-in client without a browser."""
        client = httpx.Client(base_url=self.url, timeout=30, headers={"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"})
        if person.account in self.states:
            client.cookies = httpx.Cookies(self.states[person.account])
            return client
        if person.role == "student":
            self._post(client, "/hub/badge", badge=self.credentials.issue_badge(person.account))
        else:
            self.credentials.set_password(person.account, PASSWORD)
            secret = pyotp.random_base32()
            self.credentials.set_totp_secret(person.account, secret)
            self._post(client, "/hub/login/staff", identifier=person.account, password=PASSWORD)
            self._post(client, "/hub/login/staff/code", code=pyotp.TOTP(secret).now())
        assert client.get("/hub/home").status_code == 200, self.log("hub")[-3000:]
        self.states[person.account] = dict(client.cookies)
        return client

    def _post(self, client: httpx.Client, path: str, **form: str) -> None:
        client.get(path)
        answer = client.post(path, data={**form, "_xsrf": xsrf(client)})
        assert answer.status_code in (302, 303), answer.text[-2000:]

    # ------------------------------------------------------------------ what pupils, teachers and the grader do elsewhere
    def release(self, course: str, lesson: str, title: str) -> None:
        with self._folder() as (store, folder):
            store.put_release(course, lesson, title, folder)

    def withdraw_all(self) -> None:
        store = Store(self.settings)
        for lesson in store.lessons([found.course for found in self.classes]):
            store.withdraw(lesson.course, lesson.lesson)
        store.close()

    def hand_in(self, course: str, lesson: str, account: str, **more: bytes) -> Submission:
        """``more``: further files, by names without a dot (``crab_py``)."""
        with self._folder() as (store, folder):
            for name, content in more.items():
                (folder / name.replace("_", ".")).write_bytes(content)
            return store.submit(course, lesson, account, folder)

    def grade(self, submission: Submission, score: float, most: float = 10, *, flagged: bool = False, note: str | None = None) -> None:
        store = Store(self.settings)
        flags = (Flag(grade_id="mondai1", kind="eq-always-true"),) if flagged else ()
        cell = CellMark(grade_id="mondai1", notebook="kani", points=score, max_points=most)
        store.record_grade(submission.id, Grade(score, most, (cell,), flags=flags, note=note))
        store.close()

    @contextmanager
    def _folder(self) -> Iterator[tuple[Store, Path]]:
        store = Store(self.settings)
        folder = store.stage()
        folder.mkdir(exist_ok=True)
        (folder / "kani.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
        try:
            yield store, folder
        finally:
            store.close()


def xsrf(client: httpx.Client) -> str:
    return next(cookie.value or "" for cookie in client.cookies.jar if cookie.name == "_xsrf")


def picture(page: Page, name: str) -> None:
    """Keep a screenshot of the whole page among the test's artefacts."""
    page.screenshot(path=ARTEFACTS / f"screens-{name}.png", full_page=True)
