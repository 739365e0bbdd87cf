"""The part that runs inside the room: a real IPython kernel whose only sockets are two pipes.

Messages leave as JSON lines on what was standard output; requests come as JSON lines on what was standard input.
Everything here shares a process with a pupil's program, so nothing here is trusted: the other side
(``grading.sandbox.driver``) checks every byte and holds the clock.

``prepare()`` does all importing and builds the kernel without starting a thread, so that a warm process may fork
after it; ``serve()`` runs one notebook.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import select
import signal
import sys
import tempfile
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, cast

import zmq
from ipykernel import zmqshell
from ipykernel.ipkernel import IPythonKernel
from IPython.core.profiledir import ProfileDir
from traitlets import Type
from traitlets.config import Config

from grading.sandbox.messages import Outlet, Pipe, PipeSession
from hub.warm.importing import import_from_here

REQUEST_IDENTITY = b"grader"
LAUNCHER = "ipykernel_launcher.py"
"""What a pupil's program sees as its own name in a kernel."""

READ_SIZE = 1 << 20
TICK_SECONDS = 0.1
"""How often to look whether something printed has waited long enough."""


@dataclass
class _NoSubshells:
    """The subshell manager of a kernel that has none."""

    def get_subshell_to_shell_channel_socket(self, subshell_id: str | None) -> None:
        return None

    def get_subshell_aborting(self, subshell_id: str | None) -> bool:
        return False


@dataclass
class _ShellThread:
    """What ipykernel asks of its shell thread: which thread runs cells (it compares with this one before it takes SIGINT)."""

    parent_thread: threading.Thread = field(default_factory=threading.main_thread)
    manager: _NoSubshells = field(default_factory=_NoSubshells)


class _Shell(zmqshell.ZMQInteractiveShell):
    """A kernel transforms each cell twice, to see how to run it and to run it; the second time nothing can have changed."""

    _transformed: tuple[str, str] | None = None

    def transform_cell(self, raw_cell: str) -> str:
        known, self._transformed = self._transformed, None
        if known is not None and known[0] == raw_cell:
            return known[1]
        cell: str = super().transform_cell(raw_cell)  # type: ignore[no-untyped-call]
        self._transformed = raw_cell, cell
        return cell


class _Kernel(IPythonKernel):
    shell_class = Type(_Shell)

    async def execute_request(self, stream: Any, ident: Any, parent: Any) -> None:
        cast(_Shell, self.shell)._transformed = None
        await super().execute_request(stream, ident, parent)  # type: ignore[no-untyped-call]


# A program that looks finds the names it knows.
for _ours, _known in ((_Shell, zmqshell.ZMQInteractiveShell), (_Kernel, IPythonKernel)):
    _ours.__name__, _ours.__qualname__, _ours.__module__ = _known.__name__, _known.__qualname__, _known.__module__

_kernel: IPythonKernel | None = None


def prepare() -> IPythonKernel:
    """Import everything and build the kernel; starts no thread. A warm process calls it before it forks, else ``serve`` does."""
    global _kernel
    if _kernel is None:
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        # A debugger has no place here, and importing it would double our start: ipykernel does without where it is missing.
        sys.modules["debugpy"] = None  # type: ignore[assignment]
        config = Config()
        config.HistoryManager.hist_file = ":memory:"  # as nbclient starts its kernels
        config.IPythonKernel._execute_sleep = 0  # for messages that could overtake each other: here none can
        log = logging.getLogger("grading.sandbox.inside")
        log.setLevel(logging.CRITICAL)
        log.addHandler(logging.NullHandler())
        # Under a name that nobody could have taken before us; each child makes it again in its own /tmp.
        with tempfile.TemporaryDirectory(prefix="ipython-") as folder:
            os.environ["IPYTHONDIR"] = folder
            _kernel = _Kernel.instance(
                session=PipeSession(key=b""),
                profile_dir=ProfileDir(location=f"{folder}/profile_default"),
                shell_channel_thread=_ShellThread(),
                log=log,
                config=config,
            )
    return _kernel


REHEARSED = (
    "1 + 1",
    "def rehearsed(n):\n    raise NotImplementedError()\n\nrehearsed(2)",
    "def rehearsed(n)\n  pass",
    "assert [1] == [2], 'no'",
)


def rehearse() -> None:
    """Run cells well and badly before the fork, and forget them: what a first traceback builds is then there for all."""
    shell: Any = prepare().shell
    known = {*sys.modules["linecache"].cache}
    for cell in REHEARSED:
        shell.run_cell(cell)
    shell.reset(new_session=True)
    shell.execution_count = 1
    for name in {*sys.modules["linecache"].cache} - known:
        if name in shell.compile._filename_map:
            del sys.modules["linecache"].cache[name], shell.compile._filename_map[name]
    for name in ("last_type", "last_value", "last_traceback"):
        sys.__dict__.pop(name, None)


def _make_its_own(kernel: IPythonKernel) -> None:
    """What the kernel had from the process that prepared it and must not share: its folder and the name of its session."""
    sys.argv = [LAUNCHER]
    profile, session = cast(ProfileDir, kernel.profile_dir), cast(PipeSession, kernel.session)
    Path(profile.location).mkdir(parents=True)
    profile.check_dirs()
    session.session = uuid.uuid4().hex


def serve(workdir: str = "/home/room") -> None:
    """Run one notebook: the first request brings the files, each further one is a kernel message or an interrupt.

    ``workdir`` is the folder where the notebook's files go and its cells run. Ends the process when the grader closes the pipe.
    """
    answers, requests = _take_pipes()
    kernel = prepare()
    session = cast(PipeSession, kernel.session)
    pipe = session.begin(answers)
    _make_its_own(kernel)
    _new_session()
    _write_files(Path(workdir), requests.first()["files"])
    os.chdir(workdir)
    import_from_here()
    outlet = _redirect_streams(kernel, session, pipe)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # between cells; ipykernel sets its own while a cell runs
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pipe.write(b'{"type": "ready"}')
    task = loop.create_task(_answer(kernel, requests, outlet))
    while not task.done():
        try:
            loop.run_until_complete(task)
        except RuntimeError:
            continue  # exit() in a cell stops the loop; the cells after it still count
    os._exit(0)  # no exit handler of the program may hold the room


class _Requests:
    """What the grader asks, line by line."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._rest = bytearray()

    def first(self) -> dict[str, Any]:
        """The first request; no other comes before it has been answered."""
        while not (found := self.next(None)):
            pass
        return found[0]

    def next(self, seconds: float | None) -> list[dict[str, Any]]:
        """Those that are there, or come in time. Ends the process when the grader has what it wants, or is gone."""
        if not self._poll.poll(None if seconds is None else seconds * 1000):
            return []
        if not (read := os.read(self._descriptor, READ_SIZE)):
            os._exit(0)
        self._rest += read
        if b"\n" not in read:  # the files of a hand-in come in many pieces
            return []
        *lines, self._rest = self._rest.split(b"\n")
        return [json.loads(line) for line in lines]


def _take_pipes() -> tuple[int, _Requests]:
    """Keep the two pipes for ourselves. Standard error stays for our own last words until the program begins."""
    answers, requests = os.dup(1), os.dup(0)
    _lead_nowhere(0, 1)
    return answers, _Requests(requests)


def _lead_nowhere(*descriptors: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _new_session() -> None:
    with suppress(PermissionError):  # the room made us a leader already
        os.setsid()  # an interrupt goes to the program and all its children, as a kernel manager sends it


def _write_files(workdir: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        place = workdir / PurePosixPath(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(base64.b64decode(content))


def _redirect_streams(kernel: IPythonKernel, session: PipeSession, pipe: Pipe) -> Outlet:
    """Prints, raw writes to 1 and 2 and children's output arrive as in a kernel."""
    _lead_nowhere(2)
    outlet = Outlet(session, pipe)
    sys.stdout, sys.stderr = outlet.streams
    kernel.iopub_thread, kernel.iopub_socket = outlet.thread, outlet.socket
    return outlet


async def _answer(kernel: IPythonKernel, requests: _Requests, outlet: Outlet) -> None:
    kernel.start()
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_attend, args=(requests, outlet, loop, queue), name="requests", daemon=True).start()
    session = cast(PipeSession, kernel.session)
    while True:
        message = await queue.get()
        frames = [zmq.Message(part) for part in session.serialize(message, ident=REQUEST_IDENTITY)]
        await kernel.dispatch_shell(frames)


def _attend(requests: _Requests, outlet: Outlet, loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[dict[str, Any]]) -> None:
    """Read requests while a cell runs, so that an interrupt reaches it, and let out what it prints."""
    while True:
        for request in (found := requests.next(TICK_SECONDS)):
            if request.get("op") == "interrupt":
                os.killpg(os.getpgid(0), signal.SIGINT)
            else:
                loop.call_soon_threadsafe(queue.put_nowait, request["message"])
        if not found:
            with suppress(Exception):  # whatever the program has done to its streams, interrupts still come
                outlet.tick()
