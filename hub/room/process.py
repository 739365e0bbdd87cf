"""Starting a room, and holding on to one that runs."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

import hub.room.inside as inside_program
from hub.room import bwrap, cgroup, machine, memory
from hub.room.errors import RoomError
from hub.room.seccomp import memory_file
from hub.room.spec import Call, Room

Stream = int | IO[Any] | None
START_SECONDS = 30.0
"""Longest that a room may take to stand; usually it is a tenth of a second."""

GONE_SECONDS = 5.0
"""How long the kernel may take to clear a room whose first process was killed; usually some milliseconds."""

ENDED = 0
"""What :meth:`RoomProcess.poll` answers when a room has ended and nobody knows how (after a restart of the hub)."""


class RoomProcess:
    """A room that runs. ``pid`` is its first process, seen from outside: with it the whole room ends.

    Beside it stands bwrap's monitor, outside. The monitor ends when the called function's process does; what that has
    left behind in the room is ended then, by :meth:`poll`.
    """

    def __init__(self, pid: int, started: int, *, first: int, monitor: int, popen: subprocess.Popen[bytes] | None = None) -> None:
        """``first`` and ``monitor`` are pidfds, ours from now on."""
        self.pid = pid
        self.started = started
        self.stdin: IO[bytes] | None = None
        self.stdout: IO[bytes] | None = None
        self.stderr: IO[bytes] | None = None
        self.group: cgroup.Group | None = cgroup.of_process(pid)
        self._first = first
        self._monitor = monitor
        self._popen = popen
        self._held = [first, monitor]
        self._code: int | None = None
        self._lock = threading.RLock()  # the hub's loop and its watch both look at a room

    def poll(self) -> int | None:
        """The exit code if the call has ended (128 + n by signal n), else None. Does not wait for it."""
        with self._lock:
            if self._held and _readable(self._monitor, 0):
                self._finish()
            return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the room. Raises TimeoutError after ``timeout`` seconds."""
        if self._held and not _readable(self._monitor, timeout):
            raise TimeoutError(f"room {self.pid} still runs after {timeout} s")
        code = self.poll()
        return ENDED if code is None else code

    def kill(self) -> None:
        """End the whole room now. Returns at once; wait() to see it gone."""
        with self._lock:
            if self._held:
                _send(self._first, signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the called function's process to end (SIGTERM). When it does, the room does."""
        if (first := memory.first_child(self.pid)) is not None and self.poll() is None:
            memory.signal_child(self.pid, first, signal.SIGTERM)

    def memory(self) -> int:
        """Bytes the whole room holds: its cgroup's, else anonymous, shared and swapped memory of all its processes."""
        if self.group and (used := self.group.memory()) is not None:
            return used
        return memory.of_rooms([self.pid])[self.pid].total

    def fileno(self) -> int:
        """A descriptor that becomes readable when the call ends (for an event loop). Raises ValueError once it has."""
        if not self._held:
            raise ValueError("the room has ended")
        return self._monitor

    def keep(self, descriptor: int) -> None:
        """Close this descriptor when the room has ended."""
        self._held.append(descriptor)

    def _finish(self) -> None:
        self._code = ENDED if self._popen is None else self._popen.wait()
        _send(self._first, signal.SIGKILL)
        _readable(self._first, GONE_SECONDS)  # until the kernel has cleared the room
        for descriptor in self._held:
            os.close(descriptor)
        self._held = []
        if self.group:
            self.group.remove()


def start(
    room: Room, call: Call, *, listener: socket.socket | None = None,
    stdin: Stream = None, stdout: Stream = None, stderr: Stream = None, timeout: float = START_SECONDS,
) -> RoomProcess:  # fmt: skip
    """Build the room and begin the call; returns when the function is about to run (about 0.1 s; it blocks meanwhile).

    ``stdin``, ``stdout``, ``stderr``: None for nothing (/dev/null), subprocess.PIPE, or an open file or descriptor; nothing is
    ever inherited. ``listener`` must be a Unix socket: a TCP one would carry the host's network inside. The socket stays ours to close.
    Raises MachineError where rooms cannot be made, RoomError if this one could not, ValueError for a listener of another kind.
    """
    if listener is not None and listener.family != socket.AF_UNIX:
        raise ValueError("only a Unix socket may be carried into a room")
    machine.check_machine()
    with ExitStack() as ours, ExitStack() as theirs:
        launch = _Launch(ours, theirs)
        streams = [launch.stream(wanted, place) for place, wanted in enumerate((stdin, stdout, stderr))]
        process = launch.run(room, call, listener, [inner for inner, _ in streams], timeout)
        process.stdin, process.stdout, process.stderr = (outer for _, outer in streams)
        ours.pop_all()
    return process


def reconnect(pid: int, started: int) -> RoomProcess | None:
    """The room that was started as ``pid`` at ``started``, if it still runs (after a restart of whoever started it)."""
    try:
        first = os.pidfd_open(pid)
    except (OSError, OverflowError):
        return None
    if start_time(pid) != started:  # the number has gone to somebody else
        os.close(first)
        return None
    monitor = _monitor_of(pid)
    if monitor is None:  # the call has ended while nobody was looking
        _send(first, signal.SIGKILL)
        os.close(first)
        return None
    return RoomProcess(pid, started, first=first, monitor=monitor)


def _monitor_of(pid: int) -> int | None:
    """A pidfd of the bwrap outside that waits for this room, or None if it has gone."""
    parent = memory.parent(pid)
    if parent is None:
        return None
    try:
        monitor = os.pidfd_open(parent)
        is_bwrap = Path(f"/proc/{parent}/comm").read_text() == "bwrap\n"
    except OSError:
        return None
    if is_bwrap and memory.parent(pid) == parent and parent > 1:
        return monitor
    os.close(monitor)
    return None


def start_time(pid: int) -> int | None:
    """When a process began, in clock ticks since the machine did; None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[19])


class _Launch:
    """The descriptors of one start: ``theirs`` are closed as soon as bwrap has them, ``ours`` if the start fails."""

    def __init__(self, ours: ExitStack, theirs: ExitStack) -> None:
        self.ours = ours
        self.theirs = theirs
        self.inherited: list[int] = []

    def pipe(self) -> tuple[int, int]:
        """Two ends: ours to read, theirs to write."""
        reader, writer = os.pipe()
        self.ours.callback(os.close, reader)
        self.give(writer)
        return reader, writer

    def give(self, descriptor: int) -> int:
        self.inherited.append(descriptor)
        self.theirs.callback(os.close, descriptor)
        return descriptor

    def stream(self, wanted: Stream, place: int) -> tuple[int, IO[bytes] | None]:
        """The inner descriptor for standard stream ``place``, and our file if it is a pipe."""
        if wanted is None or wanted == subprocess.DEVNULL:
            return self.give(os.open(os.devnull, os.O_RDWR)), None
        if wanted == subprocess.PIPE:
            reader, writer = os.pipe()
            inner, outer, mode = (reader, writer, "wb") if place == 0 else (writer, reader, "rb")
            return self.give(inner), self.ours.enter_context(os.fdopen(outer, mode, buffering=0))
        return self.give(os.dup(wanted if isinstance(wanted, int) else wanted.fileno())), None

    def run(self, room: Room, call: Call, listener: socket.socket | None, standard: list[int], timeout: float) -> RoomProcess:
        status, status_writer = self.pipe()
        report, report_writer = self.pipe()
        errors, errors_writer = self.pipe()
        block, go = os.pipe()
        self.give(block)
        self.ours.callback(os.close, go)
        wish = {
            "target": call.target, "arguments": call.arguments, "environment": call.environment,
            "limits": vars(room.limits), "project": str(bwrap.PROJECT), "standard": standard, "report": report_writer,
            "listener": self.give(os.dup(listener.fileno())) if listener is not None else None,
        }  # fmt: skip
        file = self.give(memory_file(json.dumps(wish).encode(), "call"))
        opened: list[int] = []
        arguments = bwrap.arguments(room, bwrap.Pipes(status_writer, block), opened)
        # By a descriptor: the command line of the room's first process is readable inside, and would tell the host's paths.
        options = memory_file(b"".join(os.fsencode(word) + b"\0" for word in arguments), "options")
        for descriptor in (*opened, options):
            self.give(descriptor)
        python = [sys.executable, "-I", "-B", inside_program.__file__, str(file)]
        self.inherited.remove(errors_writer)
        monitor = subprocess.Popen(
            [machine.bwrap(), "--args", str(options), "--", *python],
            env={}, pass_fds=self.inherited, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors_writer,
            start_new_session=True,
        )  # fmt: skip
        self.theirs.close()
        process = _room_process(room, monitor, status, errors, timeout)
        with suppress(BrokenPipeError):  # it has failed already, and says so in ``errors``
            os.write(go, b"g")
        if (said := _read_all(report, timeout)) != b"ready":
            process.kill()
            process.wait()
            detail = (said + _read_all(errors, 1)).decode(errors="replace").strip()
            raise RoomError(f"room {room.name} could not begin {call.target}: {detail or 'it took too long'}")
        for descriptor in (errors, report, go):
            os.close(descriptor)
        process.keep(status)  # bwrap writes the exit code there; without a reader that would kill it
        return process


def _room_process(room: Room, monitor: subprocess.Popen[bytes], status: int, errors: int, timeout: float) -> RoomProcess:
    """Wait until bwrap names the room's first process (it waits for us then), and put that into its cgroup."""
    line = _read_line(status, timeout)
    pid = json.loads(line)["child-pid"] if line else 0
    started = start_time(pid) if pid else None
    if started is None:
        monitor.kill()
        monitor.wait()
        raise RoomError(f"room {room.name} could not be built: {_read_all(errors, 1).decode(errors='replace').strip()}")
    first = os.pidfd_open(pid)
    try:
        cgroup.place(pid, room)
    except OSError as error:
        _send(first, signal.SIGKILL)
        os.close(first)
        monitor.wait()
        raise RoomError(f"room {room.name} could not be put into its cgroup: {error}") from error
    return RoomProcess(pid, started, first=first, monitor=os.pidfd_open(monitor.pid), popen=monitor)


def _readable(descriptor: int, timeout: float | None) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))


def _read_line(descriptor: int, timeout: float) -> bytes:
    end, line = time.monotonic() + timeout, b""
    while not line.endswith(b"\n") and _readable(descriptor, max(0.0, end - time.monotonic())):
        if not (byte := os.read(descriptor, 1)):
            return b""
        line += byte
    return line if line.endswith(b"\n") else b""


def _read_all(descriptor: int, timeout: float) -> bytes:
    end, text = time.monotonic() + timeout, b""
    while _readable(descriptor, max(0.0, end - time.monotonic())):
        if not (piece := os.read(descriptor, 1 << 16)):
            break
        text += piece
    return text


def _send(pidfd: int, number: int) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, number)
