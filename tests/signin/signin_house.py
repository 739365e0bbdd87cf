"""A real hub with our sign-in, on loopback, for the tests of this room. Its spawner is JupyterHub's own; nothing is spawned."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from hub.roster import Person, Roster, SchoolClass, apply_oneroster
from hub.roster.demo_city import write_demo
from hub.signin.credentials import Credentials
from kanikko.settings import Settings

CONFIG = """
from hub.signin.configure import configure
from kanikko.settings import get_settings

c = get_config()
settings = get_settings()
c.JupyterHub.db_url = f"sqlite:///{settings.hub_db}"
c.JupyterHub.cookie_secret = bytes.fromhex(settings.secret("cookie-secret"))
c.JupyterHub.bind_url = f"http://127.0.0.1:{settings.port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{HUB_PORT}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{API_PORT}"
c.ConfigurableHTTPProxy.command = [PROXY]
c.ConfigurableHTTPProxy.auth_token = settings.secret("proxy-token")
c.ConfigurableHTTPProxy.pid_file = str(settings.run_dir / "proxy.pid")
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.redirect_to_server = False
c.JupyterHub.cleanup_servers = True
configure(c, settings)
EXTRA
"""

XSRF = re.compile(r'name="_xsrf" value="([^"]+)"')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def small_city(settings: Settings) -> Settings:
    """Two schools, four classes, forty pupils each."""
    settings.make_dirs()
    folder = settings.var / "oneroster"
    write_demo(folder)
    apply_oneroster(Roster(settings.roster_db), folder)
    return settings


class House:
    """The hub's settings, roster and credentials as the operator has them, and its process."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], extra: str = "") -> None:
        self.settings = settings
        self.url = f"http://127.0.0.1:{settings.port}"
        self.roster = Roster(settings.roster_db)
        self.credentials = Credentials(settings)
        self.log = settings.logs_dir / "hub.log"
        self._config = settings.var / "hub_config.py"
        text = CONFIG.replace("HUB_PORT", str(free_port())).replace("API_PORT", str(free_port()))
        text = text.replace("PROXY", repr(str(Path(sys.executable).with_name("configurable-http-proxy")))).replace("EXTRA", extra)
        self._config.write_text(text)
        self._environment = {**os.environ, **environment, "KANIKKO_VAR": str(settings.var), "KANIKKO_PORT": str(settings.port)}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kanikko.quickly", "jupyterhub", "-f", str(self._config)],
                cwd=self.settings.var, env=self._environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/hub/health", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"the hub did not start:\n{self.log.read_text()[-4000:]}")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    # ------------------------------------------------------------------ who is there
    @property
    def fifth_grade(self) -> SchoolClass:
        return next(each for each in self.roster.classes() if each.grade == 5)

    def pupil(self, at: int = 0) -> Person:
        return self.roster.pupils(self.fifth_grade.course)[at]

    @property
    def teacher(self) -> Person:
        return self.roster.teachers(self.fifth_grade.course)[0]


class Tablet:
    """A browser without a screen: keeps cookies, follows links, fills in the page's own form."""

    def __init__(self, house: House, address: str = "") -> None:
        headers = {"User-Agent": "tablet", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
        if address:  # as if another proxy stood before ours
            headers["X-Forwarded-For"] = address
        self.client = httpx.Client(base_url=house.url, headers=headers, follow_redirects=True, timeout=30)
        self.page: httpx.Response

    def open(self, path: str) -> httpx.Response:
        self.page = self.client.get(path)
        return self.page

    def send(self, path: str = "", **fields: str) -> httpx.Response:
        """Post the form of the page that is open (to the page itself unless ``path`` is given)."""
        token = XSRF.search(self.page.text)
        assert token, f"no form on this page:\n{self.page.text[:2000]}"
        self.page = self.client.post(path or str(self.page.url), data={"_xsrf": token[1], **fields})
        return self.page

    @property
    def at(self) -> str:
        return urlsplit(str(self.page.url)).path

    @property
    def account(self) -> str | None:
        """Who is signed in, as the hub's own API says."""
        xsrf = self.client.cookies.get("_xsrf", path="/hub/")
        answer = self.client.get(
            "/hub/api/user", headers={"X-XSRFToken": xsrf or "", "Sec-Fetch-Mode": "cors", "Accept": "application/json"}
        )
        return answer.json()["name"] if answer.status_code == 200 else None

    # ------------------------------------------------------------------ what people do
    def enter_class(self, code: str) -> httpx.Response:
        self.open("/hub/login")
        return self.send("/hub/login", code=code)

    def enter_pictures(self, account: str, pictures: list[str]) -> httpx.Response:
        self.open(f"/hub/login/pictures?pupil={account}")
        return self.send(pictures=" ".join(pictures))

    def enter_password(self, identifier: str, password: str) -> httpx.Response:
        self.open("/hub/login/staff")
        return self.send(identifier=identifier, password=password)

    def enter_badge(self, secret: str) -> httpx.Response:
        self.open("/hub/badge")
        return self.send(badge=secret)


@contextmanager
def running_house(settings: Settings, environment: Mapping[str, str] | None = None, extra: str = "") -> Iterator[House]:
    house = House(settings, environment or {}, extra)
    house.start()
    try:
        yield house
    finally:
        house.stop()
