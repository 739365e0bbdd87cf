"""The trusted side of a room: what nbclient asks of a kernel, answered through two pipes.

Holds the clocks and the caps. A room that breaks one is killed whole; ``RoomKernel.ended`` then says which.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import secrets
import tempfile
import uuid
from collections.abc import Mapping
from queue import Empty
from typing import Any, Protocol

from jupyter_client.session import Session
from nbclient.exceptions import DeadKernelError

from grading.sandbox.wire import Garbled, Message, parse

log = logging.getLogger(__name__)

READ_SIZE = 1 << 16
MAX_MESSAGES = 20_000
"""Most messages of one notebook; a message costs us far more memory than its bytes."""
MAX_NOISE = 1_000
"""Most lines that are no message; an honest kernel sends none."""
KILL_SECONDS = 5.0


class RoomEnd(Protocol):
    """The part of ``hub.room.RoomProcess`` we need."""

    def wait(self, timeout: float | None = None) -> int: ...
    def kill(self) -> None: ...


class Opener(Protocol):
    """Starts a room with the given descriptors as standard streams."""

    def __call__(self, stdin: int, stdout: int, stderr: int) -> RoomEnd: ...


class Channel:
    """One of a kernel's channels: checked messages, in order."""

    def __init__(self, kernel: RoomKernel) -> None:
        self._kernel = kernel
        self._queue: asyncio.Queue[Message | None] = asyncio.Queue()

    def put(self, message: Message | None) -> None:
        """Add a message, or ``None`` when there will be no more."""
        self._queue.put_nowait(message)

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """Next message. Raises ``queue.Empty`` after ``timeout`` seconds, ``DeadKernelError`` when the room is gone."""
        try:
            message = self._queue.get_nowait()  # a clock for each message would cost more than the message
        except asyncio.QueueEmpty:
            try:
                message = await asyncio.wait_for(self._queue.get(), timeout)
            except TimeoutError:
                raise Empty from None
        if message is None:
            self._queue.put_nowait(None)
            raise DeadKernelError("Kernel died")
        return message.as_jupyter()

    def send(self, message: dict[str, Any]) -> None:
        """Send a message of a widget back to the kernel."""
        self._kernel.request({"message": message})


class RoomKernel:
    """One room with one kernel. Serves nbclient as kernel manager and as kernel client.

    ``output_bytes`` caps all that comes out; ``seconds`` is the wall clock from the first cell on.
    """

    has_kernel = True
    allow_stdin = False

    def __init__(self, open_room: Opener, files: Mapping[str, bytes], *, seconds: float, output_bytes: int) -> None:
        self.ended: str | None = None
        self.interrupted = False
        self.noise = 0
        self.session = Session(key=secrets.token_bytes())  # makes messages; nobody checks signatures on a pipe
        self._seconds, self._output_left, self._messages_left = seconds, output_bytes, MAX_MESSAGES
        self._inbox, self._outbox = bytearray(), bytearray()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clock: asyncio.TimerHandle | None = None
        # The room's own words before its kernel stands; a program inside never holds this descriptor.
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115
        self._requests, self._answers, self._room = self._start(open_room)
        self.request({"files": {name: base64.b64encode(content).decode() for name, content in files.items()}})

    def _start(self, open_room: Opener) -> tuple[int, int, RoomEnd]:
        stdin, requests = os.pipe()
        answers, stdout = os.pipe()
        try:
            room = open_room(stdin, stdout, self._stderr.fileno())
        except BaseException:
            os.close(requests)
            os.close(answers)
            raise
        finally:
            os.close(stdin)
            os.close(stdout)
        os.set_blocking(requests, False)
        os.set_blocking(answers, False)
        return requests, answers, room

    # ---------------------------------------------------------------- as nbclient's kernel manager
    def client(self) -> RoomKernel:
        return self

    def is_alive(self) -> bool:
        return self.ended is None

    def cleanup_resources(self) -> None:
        """:meth:`close` does it."""

    async def interrupt_kernel(self) -> None:
        """The cell's time is over."""
        self.interrupted = True
        self.request({"op": "interrupt"})

    # ---------------------------------------------------------------- as nbclient's kernel client
    def start_channels(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.shell_channel, self.iopub_channel = Channel(self), Channel(self)
        self._ready = asyncio.Event()
        self._loop.add_reader(self._answers, self._read)
        self._write()

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        try:
            await asyncio.wait_for(self._ready.wait(), timeout)
        except TimeoutError:
            raise DeadKernelError("the room did not start in time") from None
        if self.ended:
            raise DeadKernelError("the room ended while it started")
        self._clock = asyncio.get_running_loop().call_later(self._seconds, self.end, "timeout")

    def stop_channels(self) -> None:
        """nbclient's name for the end of a kernel client; :meth:`close` does the work."""

    def kernel_info(self) -> str:
        return self._send("kernel_info_request", {})

    def execute(
        self,
        code: str,
        silent: bool = False,
        store_history: bool = True,
        user_expressions: dict[str, str] | None = None,
        allow_stdin: bool | None = None,
        stop_on_error: bool = True,
    ) -> str:
        """Ask the kernel to run ``code``; returns the request's id."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": user_expressions or {},
            "allow_stdin": False,
            "stop_on_error": stop_on_error,
        }
        return self._send("execute_request", content)

    # ---------------------------------------------------------------- pipes
    def _send(self, kind: str, content: dict[str, Any]) -> str:
        message = self.session.msg(kind, content)
        # An id that no earlier cell can guess, so that none can answer for a later one.
        message["header"]["msg_id"] = message["msg_id"] = uuid.uuid4().hex
        self.request({"message": message})
        return str(message["msg_id"])

    def request(self, request: dict[str, Any]) -> None:
        """Queue one line for the room; never waits for it (a stopped program does not read)."""
        self._outbox += json.dumps(request, default=str).encode() + b"\n"
        self._write()

    def _write(self) -> None:
        if self._loop is None:
            return
        try:
            while self._outbox:
                del self._outbox[: os.write(self._requests, self._outbox[:READ_SIZE])]
        except BlockingIOError:
            self._loop.add_writer(self._requests, self._write)
            return
        except OSError:
            self._outbox.clear()  # the room is gone; the reader finds out
        self._loop.remove_writer(self._requests)

    def _read(self) -> None:
        try:
            chunk = os.read(self._answers, READ_SIZE)
        except BlockingIOError:
            return
        self._output_left -= len(chunk)
        if not chunk or self._output_left < 0:
            self.end("output" if chunk else "died")
            return
        self._inbox += chunk
        *lines, rest = self._inbox.split(b"\n") if b"\n" in chunk else [self._inbox]
        self._inbox = bytearray(rest)
        for line in lines:
            if line:
                self._receive(bytes(line))

    def _receive(self, line: bytes) -> None:
        try:
            message = parse(line)
        except Garbled:
            self.noise += 1
            if self.noise > MAX_NOISE:
                self.end("output")
            return
        self._messages_left -= 1
        if self._messages_left < 0:
            self.end("output")
        elif message.type == "ready":
            self._ready.set()
        else:
            (self.shell_channel if message.on_shell else self.iopub_channel).put(message)

    # ---------------------------------------------------------------- the end
    def end(self, reason: str) -> None:
        """End the room now, for this reason; the first reason stays."""
        if self.ended is not None:
            return
        self.ended = reason
        self._room.kill()
        if self._loop is not None:
            self._loop.remove_reader(self._answers)
            self._ready.set()
            self.shell_channel.put(None)  # iopub stays silent: one waiter that learns of the end is enough

    def last_words(self) -> str:
        """What the room said on its standard error before the kernel stood, for the log."""
        self._stderr.seek(0)
        return self._stderr.read(4000).decode("utf-8", "replace").strip()

    def close(self) -> None:
        """End the room and give everything back. Safe to call again."""
        if self._clock is not None:
            self._clock.cancel()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._answers)
            self._loop.remove_writer(self._requests)
        self._room.kill()
        try:
            self._room.wait(timeout=KILL_SECONDS)
        except TimeoutError:
            log.error("a killed room did not end within %s s", KILL_SECONDS)
        for descriptor in (self._requests, self._answers):
            if descriptor >= 0:
                os.close(descriptor)
        self._requests = self._answers = -1
        self._stderr.close()
