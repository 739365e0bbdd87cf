"""A real hub, with a real proxy and servers, follows the roster while it runs."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from hub.roster import Roster, apply_oneroster
from kanikko.settings import PROJECT

CONFIG = Path(__file__).with_name("followed_hub_config.py")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Callable[[], Any], seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)
    return found


class Hub:
    """The running hub as an outsider sees it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.url = f"http://127.0.0.1:{free_port()}"
        self.token = secrets.token_hex(16)
        self.environment = os.environ | {
            "KANIKKO_TEST_PLACE": str(place),
            "KANIKKO_TEST_URL": self.url,
            "KANIKKO_TEST_PROXY_API": f"http://127.0.0.1:{free_port()}",
            "KANIKKO_TEST_TOKEN": self.token,
            "KANIKKO_TEST_HUB": f"http://127.0.0.1:{free_port()}",
            "PYTHONPATH": str(PROJECT),
        }

    def start(self) -> None:
        with (self.place / "hub.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kanikko.quickly", "jupyterhub", "-f", str(CONFIG)],
                cwd=self.place, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until(self.answers, 60)

    def answers(self) -> bool:
        assert self.process.poll() is None, (self.place / "hub.log").read_text()
        try:
            return requests.get(f"{self.url}/hub/api/", timeout=5).ok
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def api(self, path: str, method: str = "GET", token: str = "", **arguments: Any) -> requests.Response:
        headers = {"Authorization": f"token {token or self.token}"}
        return requests.request(method, f"{self.url}/hub/api/{path}", headers=headers, timeout=30, **arguments)

    def groups(self, account: str) -> list[str]:
        return sorted(self.api(f"users/{account}").json()["groups"])

    def sign_in(self, account: str) -> requests.Session:
        browser = requests.Session()
        form = browser.get(f"{self.url}/hub/login", timeout=30)
        xsrf = form.text.split('name="_xsrf" value="')[1].split('"')[0]
        answer = browser.post(
            f"{self.url}/hub/login?next=/hub/home",
            data={"username": account, "password": "x", "_xsrf": xsrf},
            timeout=30,
            allow_redirects=False,
        )
        browser.headers["X-Signed-In"] = str(answer.status_code == 302)
        return browser

    def is_in(self, browser: requests.Session) -> bool:
        return browser.get(f"{self.url}/hub/home", timeout=30, allow_redirects=False).status_code == 200

    def has_server(self, account: str, name: str = "") -> bool:
        return bool(self.api(f"users/{account}").json()["servers"].get(name, {}).get("ready"))


@pytest.fixture
def followed(var, delivery) -> Iterator[tuple[Hub, Roster]]:
    roster = Roster(var / "roster.db")
    apply_oneroster(roster, delivery.save())
    hub = Hub(var)
    try:
        hub.start()
        yield hub, roster
    finally:
        hub.stop()


def test_the_hub_follows_the_roster(followed, delivery):
    hub, roster = followed
    course, other = (each.course for each in roster.classes()[:2])
    mover, leaver, stays = roster.pupils(course)
    teacher = roster.teachers(course)[0]
    browsers = {person.account: hub.sign_in(person.account) for person in (mover, leaver, stays, teacher)}
    assert all(hub.is_in(browser) for browser in browsers.values())
    assert hub.groups(mover.account) == [f"nbgrader-{course}"]
    assert hub.groups(teacher.account) == sorted([f"formgrade-{course}", f"formgrade-{other}"])
    tokens = {each.account: hub.api(f"users/{each.account}/tokens", "POST", json={}).json()["token"] for each in (leaver, stays)}
    for each in (leaver, stays):
        hub.api(f"users/{each.account}/server", "POST")
        until(lambda each=each: hub.has_server(each.account))
    server_pid = pid_of_server(hub, leaver.account)
    for each in (course, other):
        hub.api(f"users/{teacher.account}/servers/{each}", "POST")
        until(lambda each=each: hub.has_server(teacher.account, each))

    # One moves to the other class, one leaves, the helper stops helping.
    rows = {
        roster.db.execute("select account from people where sourced_id = ?", [row["sourcedId"]]).fetchone()[0]: row
        for row in delivery["users"]
    }
    delivery.enrollment(rows[mover.account]["sourcedId"])["classSourcedId"] = delivery["classes"][1]["sourcedId"]
    rows[leaver.account]["enabledUser"] = "false"
    delivery["enrollments"].pop()
    apply_oneroster(roster, delivery.save())

    until(lambda: hub.groups(mover.account) == [f"nbgrader-{other}"])
    until(lambda: hub.groups(teacher.account) == [f"formgrade-{course}"])
    until(lambda: not hub.has_server(teacher.account, other))
    assert hub.has_server(teacher.account, course), "the class that is still taught stays open"
    until(lambda: hub.groups(leaver.account) == [])
    until(lambda: not hub.is_in(browsers[leaver.account]))
    until(lambda: hub.api("user", token=tokens[leaver.account]).status_code == 403)
    until(lambda: not hub.has_server(leaver.account))
    until(lambda: not Path(f"/proc/{server_pid}").exists())
    assert not hub.is_in(hub.sign_in(leaver.account)), "who has left cannot sign in again"
    # Everybody else notices nothing.
    assert hub.is_in(browsers[mover.account]) and hub.is_in(browsers[stays.account])
    assert hub.api("user", token=tokens[stays.account]).json()["name"] == stays.account
    assert hub.has_server(stays.account)

    until(lambda: f"{leaver.account} has left" in (hub.place / "hub.log").read_text())
    # The one who left comes back.
    rows[leaver.account]["enabledUser"] = "true"
    apply_oneroster(roster, delivery.save())
    until(lambda: hub.groups(leaver.account) == [f"nbgrader-{course}"])
    assert hub.is_in(hub.sign_in(leaver.account))

    # Operators too; and a change while the hub is down is followed when it is up again.
    operator = roster.add_staff("運用", "担当", "operator")
    browser = hub.sign_in(operator.account)
    assert hub.groups(operator.account) == ["operators"]
    hub.process.terminate()
    hub.process.wait(20)
    roster.set_staff_active(operator.account, False)
    hub.start()
    until(lambda: hub.groups(operator.account) == [])
    until(lambda: not hub.is_in(browser))

    log = (hub.place / "hub.log").read_text()
    assert leaver.account in log and "has left" in log
    assert "Traceback" not in log
    for person in roster.people(include_left=True):
        assert person.name not in log


def pid_of_server(hub: Hub, account: str) -> int:
    return int(hub.api(f"users/{account}?include_stopped_servers=0").json()["servers"][""]["state"]["pid"])
