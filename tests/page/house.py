"""A real Notebook server with our page, and a small exchange that speaks the house's API over a Unix socket."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tornado import httpserver, netutil, web

from hub.page import FILES_ADDRESS, FILES_VARIABLE, SCRATCH, common, jupyter_paths
from hub.proxy.address import routes_file
from kanikko.settings import PROJECT, Settings

COURSE, LESSON, ACCOUNT, TOKEN = "cab3d5fg", "kani-1", "u2345abcde", "room-token"
KEY = "pupils-own-key"
"""Stands for JupyterHub's sign-in: who brings it is the pupil."""


# ------------------------------------------------------------------------------------------- the lesson
def _marked(source: str, *, grade: bool = False, solution: bool = False, points: int | None = None, grade_id: str) -> Any:
    locked = not solution
    nbgrader = {"grade": grade, "solution": solution, "locked": locked, "task": False, "schema_version": 3, "grade_id": grade_id}
    if points is not None:
        nbgrader["points"] = points
    return new_code_cell(source, metadata={"nbgrader": nbgrader, "deletable": False, "editable": not locked})


def lesson_notebook() -> bytes:
    """Shaped as nbgrader releases it: text, a free cell, places to write in, locked checks."""
    ruby = "<ruby>変数<rt>へんすう</rt></ruby>"
    cells = [
        new_markdown_cell(f"# カニを うごかそう\n\n{ruby}に かずを いれて うごかしてみよう。\n\n<script>window.hacked = 1</script>"),
        new_code_cell('aruku = 3\nprint("カニは", aruku, "ほ あるいた")'),
        new_markdown_cell(f"## もんだい 1 {ruby}を つくろう\n\n`kani` に すきな なまえを いれてね。"),
        _marked('kani = "???"', solution=True, grade_id="variables"),
        _marked('assert kani != "???", "なまえを いれてね"', grade=True, points=4, grade_id="check-variables"),
        new_markdown_cell("## もんだい 2 くりかえそう\n\n5 かい あるかせよう。"),
        _marked("def aruku_kaisu():\n    pass", solution=True, grade_id="loop"),
        _marked("assert aruku_kaisu() == 5", grade=True, points=6, grade_id="check-loop"),
    ]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
    return str(nbformat.writes(notebook)).encode()


# ------------------------------------------------------------------------------------------- the exchange
@dataclass
class Exchange:
    """What the tests set and see of the small exchange."""

    socket: Path
    released_at: str = "2026-11-20T09:00:00+09:00"
    files: dict[str, bytes] = field(default_factory=dict)
    handed_in: list[dict[str, bytes]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    marks: dict[str, Any] = field(default_factory=dict)
    fault: tuple[int, str] | None = None
    slow: float = 0.0
    marking: float = 0.3
    loop: asyncio.AbstractEventLoop | None = None

    def submission(self, number: int, state: str) -> dict[str, Any]:
        known = {"id": f"s{number}", "course": COURSE, "lesson": LESSON, "student": ACCOUNT, "submitted_at": "2026-11-20T10:00:00+09:00"}
        return {**known, "state": state, **(self.marks if state == "graded" else {})}


class _Handler(web.RequestHandler):
    def initialize(self, exchange: Exchange) -> None:
        self.exchange = exchange

    async def prepare(self) -> None:
        self.exchange.tokens.append(self.request.headers.get("Authorization", ""))
        await asyncio.sleep(self.exchange.slow)
        if self.exchange.fault:
            status, code = self.exchange.fault
            self.set_status(status)
            self.finish({"error": {"code": code, "detail": "as the test wants"}})


class _Lessons(_Handler):
    def get(self) -> None:
        lesson = {
            "course": COURSE,
            "lesson": LESSON,
            "title": "カニを うごかそう",
            "notebooks": ["kani"],
            "released_at": self.exchange.released_at,
        }
        self.finish(json.dumps([lesson]))


class _Release(_Handler):
    def get(self) -> None:
        sink = io.BytesIO()
        with tarfile.open(fileobj=sink, mode="w") as archive:
            for name, content in self.exchange.files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        self.finish(sink.getvalue())


class _HandIn(_Handler):
    def post(self) -> None:
        with tarfile.open(fileobj=io.BytesIO(self.request.body)) as archive:
            members = {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}  # type: ignore[union-attr]
        self.exchange.handed_in.append(members)
        self.set_status(201)
        self.finish(self.exchange.submission(len(self.exchange.handed_in), "queued"))


class _Marks(_Handler):
    async def get(self, number: str) -> None:
        await asyncio.sleep(self.exchange.marking)
        self.finish(self.exchange.submission(int(number), "graded"))


def serve_exchange(exchange: Exchange, ready: threading.Event) -> None:
    async def main() -> None:
        given = {"exchange": exchange}
        routes = [
            (r"/api/lessons", _Lessons, given),
            (rf"/api/releases/{COURSE}/{LESSON}", _Release, given),
            (rf"/api/submissions/{COURSE}/{LESSON}", _HandIn, given),
            (r"/api/submissions/s(\d+)", _Marks, given),
        ]
        server = httpserver.HTTPServer(web.Application(routes))
        server.add_socket(netutil.bind_unix_socket(str(exchange.socket)))
        exchange.loop = asyncio.get_running_loop()
        stop = exchange.stop = asyncio.Event()  # type: ignore[attr-defined]
        ready.set()
        await stop.wait()
        server.stop()

    asyncio.run(main())


@contextmanager
def serving(exchange: Exchange) -> Iterator[Exchange]:
    """The exchange answers at its socket meanwhile."""
    ready = threading.Event()
    thread = threading.Thread(target=serve_exchange, args=(exchange, ready), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield exchange
    exchange.loop.call_soon_threadsafe(exchange.stop.set)  # type: ignore[union-attr, attr-defined]
    thread.join(10)


# ------------------------------------------------------------------------------------------- the proxy
@dataclass
class Door:
    """The house's real proxy, with routes to pupils' servers as the hub would have set them."""

    settings: Settings
    process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return self.settings.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def origin_of(self, account: str) -> str:
        """What a browser sees of a pupil's server: with a domain, each has an origin of his own."""
        domain = self.settings.domain
        return f"http://{account}.{domain}:{self.port}" if domain else self.url

    @property
    def files(self) -> str:
        """Where the common files of the installed version are."""
        return f"{self.url}{FILES_ADDRESS}/{common.key()}"

    def start(self, *pupils: Pupil) -> None:
        domain = self.settings.domain
        host = {pupil.account: f"/{pupil.account}.{domain}" if domain else "" for pupil in pupils}
        routes = {f"{host[pupil.account]}/user/{pupil.account}": {"target": f"http://127.0.0.1:{pupil.port}"} for pupil in pupils}
        routes_file(self.settings).write_text(json.dumps(routes))
        environment = os.environ | {"KANIKKO_VAR": str(self.settings.var), "KANIKKO_PORT": str(self.port), "KANIKKO_DOMAIN": domain}
        with (self.settings.logs_dir / "proxy.log").open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "kanikko", "proxy"], env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None, (self.settings.logs_dir / "proxy.log").read_text()
                time.sleep(0.05)
        raise AssertionError("the proxy did not listen")

    def stop(self) -> None:
        assert self.process
        self.process.terminate()
        self.process.wait(10)


# ------------------------------------------------------------------------------------------- the pupil's server
@dataclass
class Pupil:
    """A pupil's Notebook server, which can die and come back at the same address."""

    home: Path
    scratch: Path
    exchange: Exchange
    port: int
    role: str = "student"
    account: str = ACCOUNT
    door: Door | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        origin = self.door.origin_of(self.account) if self.door else f"http://127.0.0.1:{self.port}"
        return f"{origin}/user/{self.account}"

    @property
    def folder(self) -> Path:
        return self.home / COURSE / LESSON

    @property
    def notebook_url(self) -> str:
        """Where the home page's card leads, already signed in."""
        return f"{self.url}/kanikko/open/{COURSE}/{LESSON}?token={KEY}"

    def saved(self) -> str:
        """All code of the notebook as it lies on the disk."""
        deadline = time.monotonic() + 5
        while not (text := (self.folder / "kani.ipynb").read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)  # read in the moment of a save
        notebook = json.loads(text)
        return "\n".join("".join(cell["source"]) for cell in notebook["cells"])

    def ask(self, address: str, body: object = None, *, key: str | None = KEY, **headers: str) -> httpx.Response:
        """One request to the server: GET, or POST of ``body`` as JSON."""
        if key:
            headers["Authorization"] = f"token {key}"
        if body is None:
            return httpx.get(f"{self.url}/{address}", headers=headers, timeout=40)
        return httpx.post(f"{self.url}/{address}", json=body, headers=headers, timeout=40)

    def start(self) -> None:
        environment = {name: self._outside(value) for name, value in jupyter_paths(self.role).items()}  # type: ignore[arg-type]
        if self.door is None:
            environment.pop(FILES_VARIABLE, None)  # this server serves its own files
        elif self.door.settings.domain:
            environment["TEST_HUB_HOST"] = self.door.settings.public_url
        environment |= {
            "HOME": str(self.home),
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "PYTHONPATH": str(PROJECT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
            "KANIKKO_ROLE": self.role,
            "KANIKKO_QUOTA_MB": "200",
            "KANIKKO_EXCHANGE_SOCKET": str(self.exchange.socket),
            "JUPYTERHUB_API_TOKEN": TOKEN,
        }
        options = [
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.open_browser=False",
            f"--ServerApp.base_url=/user/{self.account}/",
            f"--ServerApp.root_dir={self.home}",
            f"--IdentityProvider.token={KEY}",
            "--KernelManager.transport=ipc",
        ]
        if self.door is not None:
            options += [
                "--ServerApp.identity_provider_class=tests.page.hub_host.WithHub",
                f"--WithHub.token={KEY}",
                "--ServerApp.allow_remote_access=True",
            ]
        log = (self.scratch / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *options],
            env=environment,
            cwd=self.home,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.scratch / "server.log").read_text()[-3000:]
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/user/{self.account}/api", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError((self.scratch / "server.log").read_text()[-3000:])

    def _outside(self, place: str) -> str:
        """A room has a /tmp of its own; here each pupil's scratch folder stands for it. The project's own paths stay."""
        return str(self.scratch) + place.removeprefix(SCRATCH) if place.startswith(f"{SCRATCH}/") else place

    def die(self) -> None:
        """As a power cut: the server and its kernels end at once."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        _end_kernels(self.home)


def _end_kernels(home: Path) -> None:
    """Kernels run in sessions of their own; ours are those whose HOME is the test's."""
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"HOME={home}\0".encode() in place.read_bytes():
                os.kill(int(place.parent.name), signal.SIGKILL)
        except OSError:
            continue


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
