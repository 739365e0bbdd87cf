"""What the two sides of the bench have in common: a running site, its pupils, and how it is ended whatever happens."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.browser import Browser
from bench.kernel import PROTOCOL
from bench.memory import Footprint
from bench.page import PageCalls
from kanikko.settings import PROJECT

ROOMS = "servers and kernels"
TURN = "turn came"
PAUSE = 0.5
"""Seconds between two looks where the page itself would look again."""
START_SECONDS = 120
STOP_SECONDS = 60
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class SiteError(RuntimeError):
    """A site did not open, or a pupil could not go on in it."""


class Site(ABC):
    """A site with a class of pupils, each with the same notebook; a context manager, blocking.

    Subclasses say what is run and what a pupil does.
    """

    name: str
    calls: PageCalls
    protocols: tuple[str, ...] = (PROTOCOL,)
    """What a page offers when it connects to a kernel."""
    pupils: list[str]
    hands_in = False
    """Whether the page has a button to hand in and shows the points."""

    stops_after: float
    """Seconds after the press from which nobody comes up any more: the site's own time-outs."""

    def __init__(self) -> None:
        # mkdtemp may draw capitals; the hub folds the case of socket paths.
        self.folder = Path("/tmp") / f"kkbench{os.urandom(5).hex()}"  # noqa: S108
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "site.log"

    def __enter__(self) -> Self:
        self.folder.mkdir(mode=0o700)
        try:
            self._prepare()
            self._run()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with _undisturbed():
            with contextlib.suppress(ProcessLookupError):
                self._end()
            self._sweep()
            shutil.rmtree(self.folder, ignore_errors=True)

    @abstractmethod
    def _prepare(self) -> None:
        """Make people, homes and lessons in `folder`."""

    @abstractmethod
    def _command(self) -> tuple[Sequence[str], dict[str, str]]:
        """What runs the site, and its environment."""

    @abstractmethod
    def _open(self) -> bool:
        """Whether the site answers."""

    @abstractmethod
    def _sweep(self) -> None:
        """End what may have outlived the site."""

    @abstractmethod
    async def sign_in(self, browser: Browser, account: str) -> None:
        """Sign a pupil in, before any clock runs. Raises SiteError."""

    @abstractmethod
    async def press(self, browser: Browser, account: str) -> bool:
        """Press the site's button; whether the server runs already. Raises SiteError if it is refused."""

    @abstractmethod
    def wait(self, browser: Browser, account: str) -> AsyncIterator[str]:
        """What the waiting page does until the server runs; yields `TURN` when a queue is over. Raises SiteError if the start failed."""

    @abstractmethod
    def first_page(self, account: str) -> str:
        """Where the waiting page leads: an address that ends at the notebook."""

    @abstractmethod
    def notebook(self, account: str) -> str:
        """Path of the pupil's notebook in his server."""

    @abstractmethod
    def programs(self) -> dict[int, str]:
        """The site's own programs: process id and name. Their descendants belong to them, unless `group` knows better."""

    @abstractmethod
    def group(self, pid: int, program: str) -> str:
        """Whose a process below ``program`` is: `ROOMS` for the pupils' own servers and kernels."""

    @abstractmethod
    def by_pupil(self, found: Mapping[int, Footprint]) -> list[float]:
        """MB of each pupil who has a server and a kernel, from the footprints of all processes of the group `ROOMS`."""

    def _run(self) -> None:
        command, environment = self._command()
        # setpriv: the site ends in order even if the bench is killed with -9.
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                ["/usr/bin/setpriv", "--pdeathsig", "TERM", "--", *command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=PROJECT,
                start_new_session=True,  # Ctrl-C reaches the bench alone, which ends the site in order
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._open():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SiteError(f"{self.name} did not open:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.1)

    def _end(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C, or one that comes while a site ends, must not leave its processes behind."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def prepare_process() -> None:
    """Let SIGINT, SIGTERM and SIGHUP end the bench alike, through every ``with``; and allow as many open files as the system does.

    A class of 120 has some thousand connections, and the stock proxy inherits our limit.
    """
    for number in ENDING:
        signal.signal(number, signal.default_int_handler)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
