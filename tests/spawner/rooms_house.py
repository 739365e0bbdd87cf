"""A small house: the real hub and the real proxy as processes, and a person's view of them."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tornado.ioloop import IOLoop
from tornado.websocket import websocket_connect

from hub.roster import Roster, apply_oneroster
from hub.roster.demo_city import write_demo
from hub.spawner import end_all_rooms
from kanikko.settings import Settings

AGAIN = ["/bin/sh", "-c", 'while :; do "$@"; done', "again"]
HERE = Path(__file__).resolve().parent


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(true: Callable[[], Any], seconds: float = 120, what: str = "") -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := true()) not in (None, False):
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s in vain for {what or true}")


class House:
    def __init__(self, var: Path) -> None:
        self.settings = Settings(var=var, port=free_port())
        self.settings.make_dirs()
        self.url = f"http://127.0.0.1:{self.settings.port}"
        self.token = secrets.token_hex(16)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.roster = Roster(self.settings.roster_db)
        city = var / "city"
        write_demo(city)
        apply_oneroster(self.roster, city)
        self.course = self.roster.classes()[0].course
        self.pupils = [person.account for person in self.roster.pupils(self.course)]
        self.teacher = self.roster.teachers(self.course)[0].account

    def environment(self) -> dict[str, str]:
        own = {"KANIKKO_VAR": str(self.settings.var), "KANIKKO_PORT": str(self.settings.port), "TESTER_TOKEN": self.token}
        return {**os.environ, **own, "PYTHONDONTWRITEBYTECODE": "1"}

    def start(self, name: str) -> None:
        commands = {
            "proxy": [sys.executable, "-m", "kanikko", "proxy"],
            # looked after as the supervisor does
            **{f"warm-{kind}": [*AGAIN, sys.executable, "-m", "kanikko", "warm", kind] for kind in ("server", "kernel")},
            "hub": [sys.executable, "-m", "kanikko.quickly", "jupyterhub", "-f", str(HERE / "hub_for_rooms.py")],
        }
        with (self.settings.logs_dir / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                commands[name], env=self.environment(), cwd=self.settings.var, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait()

    def open(self) -> None:
        for name in ("warm-server", "warm-kernel", "proxy", "hub"):
            self.start(name)
        until(self.answers, what=f"the hub; its log: {self.log('hub')[-2000:]}")

    def close(self) -> None:
        for process in self.processes.values():
            os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        end_all_rooms(self.settings)

    def answers(self) -> bool:
        try:
            return self.call("GET", "/hub/api/")[0] == 200
        except OSError:
            return False

    def log(self, name: str) -> str:
        place = self.settings.logs_dir / f"{name}.log"
        return place.read_text(errors="replace") if place.exists() else ""

    def call(self, method: str, path: str, token: str | None = "", body: Any = None) -> tuple[int, Any]:
        """An API request through the proxy: (status, JSON or text). Without a token: the administrator's."""
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"token {token or self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            status, text = refusal.code, refusal.read().decode(errors="replace")
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def person(self, account: str, server: str = "") -> Visitor:
        self.call("POST", f"/hub/api/users/{account}")
        status, made = self.call("POST", f"/hub/api/users/{account}/tokens", body={"expires_in": 3600})
        assert status == 201, made
        return Visitor(self, account, made["token"], server)


class Visitor:
    """One person with a token of his own."""

    def __init__(self, house: House, account: str, token: str, server: str) -> None:
        self.house, self.account, self.token, self.server = house, account, token, server
        self.base = f"/user/{account}/{server}".rstrip("/")

    def start(self) -> tuple[int, Any]:
        place = f"servers/{self.server}" if self.server else "server"
        return self.house.call("POST", f"/hub/api/users/{self.account}/{place}", self.token)

    def stop(self) -> tuple[int, Any]:
        place = f"servers/{self.server}" if self.server else "server"
        return self.house.call("DELETE", f"/hub/api/users/{self.account}/{place}", self.token)

    def ready(self) -> bool:
        status, user = self.house.call("GET", f"/hub/api/users/{self.account}")
        return status == 200 and bool(user["servers"].get(self.server, {}).get("ready"))

    def enter(self) -> Visitor:
        status, said = self.start()
        assert status in (201, 202), said
        until(self.ready, what=f"the server; hub: {self.house.log('hub')[-3000:]} room: {self.log()[-3000:]}")
        return self

    def log(self) -> str:
        name = f"{self.account}-{self.server}" if self.server else self.account
        return self.house.log(f"rooms/{name}")

    def get(self, path: str, **more: Any) -> tuple[int, Any]:
        return self.house.call("GET", f"{self.base}/{path}", self.token, **more)

    def new_kernel(self) -> str:
        status, kernel = self.house.call("POST", f"{self.base}/api/kernels", self.token, body={})
        assert status == 201, kernel
        return str(kernel["id"])

    def run(self, code: str, kernel: str | None = None, seconds: float = 90) -> str:
        """Run code in a kernel over a websocket through the proxy; all it prints and its result, as one text."""
        used = kernel or self.new_kernel()
        place = f"ws{self.house.url[4:]}{self.base}/api/kernels/{used}/channels?token={self.token}"
        try:
            return str(IOLoop(make_current=False).run_sync(lambda: _run(place, self.token, code), timeout=seconds))
        finally:
            if kernel is None:
                self.house.call("DELETE", f"{self.base}/api/kernels/{used}", self.token)


async def _run(place: str, token: str, code: str) -> str:
    from tornado.httpclient import HTTPRequest

    socket = await websocket_connect(HTTPRequest(place, headers={"Authorization": f"token {token}"}, request_timeout=60))
    number, text = uuid.uuid4().hex, ""
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    header = {"msg_id": number, "msg_type": "execute_request", "username": "", "session": number, "version": "5.3", "date": ""}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
    await socket.write_message(json.dumps(message))
    while (received := await socket.read_message()) is not None:
        answer = json.loads(received)
        if answer["parent_header"].get("msg_id") != number:
            continue
        kind, said = answer["header"]["msg_type"], answer["content"]
        text += {"stream": lambda: said["text"], "execute_result": lambda: said["data"]["text/plain"]}.get(kind, str)()
        if kind == "error":
            text += f"{said['ename']}: {said['evalue']}"
        if kind == "status" and said["execution_state"] == "idle":
            socket.close()
            return text
    return f"{text} (the server closed: {socket.close_code})"
