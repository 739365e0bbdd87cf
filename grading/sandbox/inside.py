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
import fcntl
import json
import logging
import os
import signal
import sys
import tempfile
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

import zmq
from ipykernel.inprocess.socket import DummySocket
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from IPython.core.profiledir import ProfileDir
from jupyter_client.session import Session
from traitlets.config import Config

from hub.warm.importing import import_from_here

REQUEST_IDENTITY = b"grader"
LAUNCHER = "ipykernel_launcher.py"
"""What a pupil's program sees as its own name in a kernel."""

FLUSH_CHARACTERS = 1 << 20


class Pipe:
    """Writes whole lines to one descriptor, for every thread and every forked child of the program."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._threads = threading.Lock()
        # POSIX locks belong to a process: they keep forked children apart and die with their holder.
        self._processes = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the process)
        os.register_at_fork(after_in_child=self._renew_lock)

    def _renew_lock(self) -> None:
        self._threads = threading.Lock()

    def write(self, line: bytes) -> None:
        # A line starts with a newline too: one that an interrupt cut short spoils only itself.
        rest = memoryview(b"\n" + line + b"\n")
        with self._threads:
            fcntl.lockf(self._processes, fcntl.LOCK_EX)
            try:
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
            finally:
                fcntl.lockf(self._processes, fcntl.LOCK_UN)


class PipeSession(Session):
    """A Session for which every stream is the same pipe, and a message one JSON line."""

    pipe: Pipe | None = None

    def send(  # type: ignore[override]
        self,
        stream: object,
        msg_or_type: dict[str, Any] | str,
        content: dict[str, Any] | None = None,
        parent: dict[str, Any] | None = None,
        ident: object = None,
        buffers: list[bytes | memoryview] | None = None,
        track: bool = False,
        header: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        message = (
            msg_or_type
            if isinstance(msg_or_type, dict)
            else self.msg(msg_or_type, content=content, parent=parent, header=header, metadata=metadata)
        )
        if self.pipe is not None:
            line = {
                "type": message["header"]["msg_type"],
                "parent": (message.get("parent_header") or {}).get("msg_id"),
                "content": message["content"],
                "buffers": [base64.b64encode(bytes(buffer)).decode() for buffer in buffers or message.get("buffers") or []],
            }
            self.pipe.write(self.pack(line))
        return message


class _Stream(OutStream):
    """Sends what a program prints in pieces of bounded size.

    ipykernel makes one message of all that is printed within its interval; the message of a flood is more than the
    room's memory can hold, and would be lost without a word.
    """

    _unsent = 0
    """Characters since the last flush that was asked for."""

    def write(self, string: str) -> int | None:  # type: ignore[override]  # as ipykernel has it
        if not (isinstance(string, str) and string):
            return super().write(string)  # says what is wrong with it
        for start in range(0, len(string), FLUSH_CHARACTERS):
            piece = string[start : start + FLUSH_CHARACTERS]
            super().write(piece)
            self._unsent += len(piece)
            if self._unsent >= FLUSH_CHARACTERS:
                self.flush()
        return len(string)

    def flush(self) -> None:
        """Send what is there. A kernel flushes both streams several times a cell: with nothing to send, no thread is woken."""
        if self._unsent:
            self._unsent = 0
            super().flush()  # type: ignore[no-untyped-call]


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
        log = logging.getLogger("grading.sandbox.inside")
        log.setLevel(logging.CRITICAL)
        log.addHandler(logging.NullHandler())
        # Under a name that nobody could have taken before us; each child makes it again in its own /tmp.
        with tempfile.TemporaryDirectory(prefix="ipython-") as folder:
            os.environ["IPYTHONDIR"] = folder
            _kernel = IPythonKernel.instance(
                session=PipeSession(key=os.urandom(32)),
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
    profile, session = cast(ProfileDir, kernel.profile_dir), cast(Session, kernel.session)
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
    session.pipe = Pipe(answers)
    _make_its_own(kernel)
    _new_session()
    _write_files(Path(workdir), json.loads(requests.readline())["files"])
    os.chdir(workdir)
    import_from_here()
    _redirect_streams(kernel, session)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # between cells; ipykernel sets its own while a cell runs
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    session.pipe.write(b'{"type": "ready"}')
    task = loop.create_task(_answer(kernel, requests))
    while not task.done():
        try:
            loop.run_until_complete(task)
        except RuntimeError:
            continue  # exit() in a cell stops the loop; the cells after it still count
    os._exit(0)  # no exit handler of the program may hold the room


def _take_pipes() -> tuple[int, BinaryIO]:
    """Keep the two pipes for ourselves. Standard error stays for our own last words until the program begins."""
    answers, requests = os.dup(1), os.dup(0)
    _lead_nowhere(0, 1)
    return answers, os.fdopen(requests, "rb")


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


def _redirect_streams(kernel: IPythonKernel, session: PipeSession) -> None:
    """ipykernel's own streams, with its own thread: prints, raw writes to 1 and 2 and children's output arrive as in a kernel."""
    _lead_nowhere(2)
    thread = IOPubThread(DummySocket(), session=session)
    thread.start()
    sys.stdout = _Stream(session, thread, "stdout")  # type: ignore[no-untyped-call]
    sys.stderr = _Stream(session, thread, "stderr")  # type: ignore[no-untyped-call]
    kernel.iopub_thread, kernel.iopub_socket = thread, thread.background_socket


async def _answer(kernel: IPythonKernel, requests: BinaryIO) -> None:
    kernel.start()
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_listen, args=(requests, loop, queue), name="requests", daemon=True).start()
    session = cast(PipeSession, kernel.session)
    while True:
        message = await queue.get()
        frames = [zmq.Message(part) for part in session.serialize(message, ident=REQUEST_IDENTITY)]
        await kernel.dispatch_shell(frames)


def _listen(requests: BinaryIO, loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[dict[str, Any]]) -> None:
    """Read requests while a cell runs, so that an interrupt reaches it."""
    for line in requests:
        request = json.loads(line)
        if request.get("op") == "interrupt":
            os.killpg(os.getpgid(0), signal.SIGINT)
        else:
            loop.call_soon_threadsafe(queue.put_nowait, request["message"])
    os._exit(0)  # the grader has what it wants, or is gone
