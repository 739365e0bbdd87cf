"""How a kernel's messages and what its program prints leave the room: through one pipe, without a thread of their own.

ipykernel sends from a thread with a ZeroMQ context, and watches two pipes from two more. Here what is printed to descriptors 1 and 2
lands in files (in memory, as all is in a room) that are read on the way, and messages leave together: when a cell is done, when they
are many, or when they have waited. Who calls :meth:`Outlet.tick` a few times a second makes that wait a short one.
"""

from __future__ import annotations

import base64
import codecs
import fcntl
import os
import tempfile
import threading
import time
from typing import Any

from ipykernel.inprocess.socket import DummySocket
from ipykernel.iostream import IOPubThread, OutStream
from jupyter_client.session import Session

PIECE_CHARACTERS = 1 << 20
MOST_WAITING = 1 << 16
"""Bytes of messages that may wait."""


class Pipe:
    """Writes whole lines to one descriptor, for every thread and every forked child of the program."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting = bytearray()
        self._threads = threading.Lock()
        # POSIX locks belong to a process: they keep forked children apart and die with their holder.
        self._processes = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the process)
        os.register_at_fork(after_in_child=self._be_a_child)

    def _be_a_child(self) -> None:
        self._threads = threading.Lock()
        self._waiting = bytearray()  # the parent sends them

    def write(self, line: bytes, *, now: bool = True) -> None:
        """Write this line and all that wait; or let it wait too."""
        with self._threads:
            # A line starts with a newline too: one that an interrupt cut short spoils only itself.
            self._waiting += b"\n" + line + b"\n"
            if now or len(self._waiting) > MOST_WAITING:
                self._write()

    def flush(self) -> None:
        """Write all that wait."""
        with self._threads:
            if self._waiting:
                self._write()

    def _write(self) -> None:
        fcntl.lockf(self._processes, fcntl.LOCK_EX)
        try:
            while self._waiting:
                del self._waiting[: os.write(self._descriptor, self._waiting)]
        finally:
            fcntl.lockf(self._processes, fcntl.LOCK_UN)


class PipeSession(Session):
    """A Session for which every stream is the same pipe, and a message one JSON line."""

    pipe: Pipe | None = None
    _own_pid = 0

    def begin(self, descriptor: int) -> Pipe:
        """From here on messages go to this descriptor."""
        self.pipe, self._own_pid = Pipe(descriptor), os.getpid()
        return self.pipe

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
            kind = message["header"]["msg_type"]
            line = {
                "type": kind,
                "parent": (message.get("parent_header") or {}).get("msg_id"),
                "content": message["content"],
                "buffers": [base64.b64encode(bytes(buffer)).decode() for buffer in buffers or message.get("buffers") or []],
            }
            # A forked child may end at any moment; a cell's last word is what is waited for.
            now = os.getpid() != self._own_pid or (kind == "status" and message["content"].get("execution_state") == "idle")
            self.pipe.write(self.pack(line), now=now)
        return message


class _NoThread(IOPubThread):
    """What an OutStream asks of ipykernel's sending thread, where there is none."""

    def __init__(self) -> None:
        self.io_loop = None  # type: ignore[assignment]
        self.thread = None  # type: ignore[assignment]  # as if it were over: streams then send by themselves
        self._own_pid = os.getpid()

    def schedule(self, f: Any) -> None:
        if os.getpid() != self._own_pid:
            f()

    def close(self) -> None:
        """There is nothing to close."""

    __del__ = close


class Stream(OutStream):
    """ipykernel's stream, with what it prints in pieces of bounded size.

    One message of all that a flood printed is more than the room's memory can hold, and would be lost without a word.
    """

    def __init__(self, session: Session, thread: IOPubThread, name: str, descriptor: int) -> None:
        super().__init__(session, thread, name, watchfd=False)  # type: ignore[no-untyped-call]
        self._raw = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the process)
        fcntl.fcntl(self._raw, fcntl.F_SETFL, os.O_APPEND)
        self._raw_read = 0
        self._decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        self._unsent = 0
        self._since: float | None = None
        self._original_stdstream_copy = os.dup(descriptor)  # what a program gets for fileno()
        os.dup2(self._raw.fileno(), descriptor)
        os.register_at_fork(after_in_child=self._be_a_child)

    def _be_a_child(self) -> None:
        self._buffer_lock = threading.RLock()  # the other thread may have held it

    def write(self, string: str) -> int | None:  # type: ignore[override]  # as ipykernel has it
        if not (isinstance(string, str) and string):
            return super().write(string)  # says what is wrong with it
        self._take_raw()
        self._write_pieces(string)
        return len(string)

    def flush(self) -> None:
        """Send what is there."""
        with self._buffer_lock:  # until it is sent: what two threads send keeps its order
            self._take_raw()
            self._since, self._unsent = None, 0
            if self._buffers:
                super().flush()  # type: ignore[no-untyped-call]

    def flush_old(self) -> None:
        """Send what has been there for as long as ipykernel lets it wait. For another thread than the program's."""
        self._take_raw()
        if self._since is not None and time.monotonic() - self._since >= self.flush_interval:
            self.flush()

    def _write_pieces(self, string: str) -> None:
        for start in range(0, len(string), PIECE_CHARACTERS):
            piece = string[start : start + PIECE_CHARACTERS]
            super().write(piece)
            self._unsent += len(piece)
            if self._unsent >= PIECE_CHARACTERS:
                self._since, self._unsent = None, 0
                super().flush()  # type: ignore[no-untyped-call]

    def _take_raw(self) -> None:
        """What was written to the descriptor, by this program or others that it started, comes before what is printed now."""
        if not self._is_master_process():  # type: ignore[no-untyped-call]
            return
        with self._buffer_lock:
            while raw := os.pread(self._raw.fileno(), PIECE_CHARACTERS, self._raw_read):
                self._raw_read += len(raw)
                self._write_pieces(self._decoder.decode(raw))

    def _schedule_flush(self) -> None:
        if self._since is None:
            self._since = time.monotonic()


class Outlet:
    """All that leaves the room: messages of ``session`` and, from now on, what is printed."""

    def __init__(self, session: PipeSession, pipe: Pipe) -> None:
        self._pipe = pipe
        self.socket, self.thread = DummySocket(), _NoThread()
        self.streams = (Stream(session, self.thread, "stdout", 1), Stream(session, self.thread, "stderr", 2))

    def tick(self) -> None:
        """Let go what has waited long enough."""
        for stream in self.streams:
            stream.flush_old()
        self._pipe.flush()
