"""Starting a room: bwrap builds it, and the call begins in it, in a new Python or in a child of a warm process."""

from __future__ import annotations

import json
import logging
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import hub.room.inside as inside_program
from hub.room import bwrap, cgroup, limits, machine, warm
from hub.room.descriptors import Descriptors
from hub.room.errors import RoomError
from hub.room.process import RoomProcess, start_time
from hub.room.seccomp import memory_file
from hub.room.spec import Call, Room

log = logging.getLogger("kanikko.rooms")

Stream = int | IO[Any] | None
START_SECONDS = 30.0
"""Longest that a room may take to stand; usually it is some hundredths of a second."""

DOORKEEPER = ("/bin/sh", "-c", 'echo in; exec >/dev/null 2>&1; read -r code || exit 137; exit "$code"')
"""What bwrap runs in a warm room: says that everything is mounted, then ends with the call, which holds the other end of its input."""

MODES = ("wb", "rb", "rb")
"""How we open our ends of standard input, output and errors."""

LONGEST_WORD = 1 << 16
GO = b"g"
"""What a booth waits for: it has been put into its cgroup."""


@dataclass(frozen=True)
class Beside:
    """Another call in the same room, warm and without streams. It and the first one get the two ends of a socket pair as ``peer``."""

    call: Call
    warm_socket: Path


def start(
    room: Room, call: Call, *, warm_socket: Path | None = None, beside: Beside | None = None, listener: socket.socket | None = None,
    stdin: Stream = None, stdout: Stream = None, stderr: Stream = None, timeout: float = START_SECONDS,
) -> RoomProcess:  # fmt: skip
    """Build the room and begin the call; returns when the function is about to run (it blocks meanwhile).

    ``stdin``, ``stdout``, ``stderr``: None for nothing (/dev/null), subprocess.PIPE, or an open file or descriptor; nothing is
    ever inherited. ``listener`` must be a Unix socket: a TCP one would carry the host's network inside. The socket stays ours to close.
    ``warm_socket``: where a warm process listens (:mod:`hub.warm`). If that is away for longer than it takes to come back, the
    call begins in a new Python, as it does without it, and with nothing ``beside`` it.
    Raises MachineError where rooms cannot be made, RoomError if this one could not, ValueError for a listener of another kind.
    """
    if listener is not None and listener.family != socket.AF_UNIX:
        raise ValueError("only a Unix socket may be carried into a room")
    machine.check_machine()
    request = _Request(room, call, listener, (stdin, stdout, stderr), time.monotonic() + timeout)
    if warm_socket is not None:
        try:
            if room.booth:
                return _start(request, lambda launch: launch.booth(warm_socket))
            return _start(request, lambda launch: launch.warm(warm_socket, beside))
        except warm.WarmAwayError as error:
            log.warning("room %s starts cold: %s", room.name, error)
    return _start(request, _Launch.cold)


def common_room(room: Room) -> RoomProcess:
    """A room in which nothing runs but its doorkeeper, until this process ends: the frame of booths (:mod:`hub.warm.booths`)."""
    request = _Request(room, Call(""), None, (None, None, None), time.monotonic() + START_SECONDS)
    return _start(request, _Launch.empty)


class _Request(NamedTuple):
    """What was asked of :func:`start`."""

    room: Room
    call: Call
    listener: socket.socket | None
    streams: tuple[Stream, Stream, Stream]
    deadline: float


def _start(request: _Request, way: Callable[[_Launch], RoomProcess]) -> RoomProcess:
    with Descriptors() as ours, Descriptors() as theirs:
        launch = _Launch(ours, theirs, request)
        process = way(launch)
        process.stdin, process.stdout, process.stderr = launch.our_streams()
    return process


class _Word(NamedTuple):
    """What came through the report, and the number that its sender has outside."""

    said: bytes
    pid: int


@contextmanager
def _ended_on_error(process: RoomProcess) -> Iterator[None]:
    """End the room if the block fails: nothing half-built stays."""
    try:
        yield
    except BaseException:
        process.kill()
        process.wait()
        raise


def _hold(process: RoomProcess, call: int) -> None:
    """Hold on to the call, unless it was so short that it has ended: then the room ends by itself."""
    try:
        process.hold(call)
    except ProcessLookupError:
        if start_time(call) is not None:
            raise


class _Launch:
    """One start. ``theirs`` are the descriptors for the room; ``ours`` are closed here unless the started room keeps them."""

    def __init__(self, ours: Descriptors, theirs: Descriptors, request: _Request) -> None:
        self.ours, self.theirs, self.room, self.deadline = ours, theirs, request.room, request.deadline
        # Packets with the sender's number on them: so we learn which process outside is the call inside.
        report, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        report.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.report, self.report_writer = ours.add(report.detach()), theirs.add(writer.detach())
        self.errors: int | None = None  # bwrap's own words; a booth is built without it
        self._outer: list[int | None] = []
        inner = [self._stream(wanted, place) for place, wanted in enumerate(request.streams)]
        self.handed = self._handed(request.call, inner)
        if request.listener is not None:
            self.handed["listener"] = theirs.add(os.dup(request.listener.fileno()))

    def our_streams(self) -> list[IO[bytes] | None]:
        """Our ends of the standard streams that are pipes."""
        ends = zip(self._outer, MODES, strict=True)
        return [None if end is None else os.fdopen(self.ours.release(end), mode, buffering=0) for end, mode in ends]

    def _stream(self, wanted: Stream, place: int) -> int:
        """The inner descriptor for standard stream ``place``; ours, if it is a pipe, is kept for :meth:`our_streams`."""
        self._outer.append(None)
        if wanted is None or wanted == subprocess.DEVNULL:
            return self.theirs.add(os.open(os.devnull, os.O_RDWR))
        if wanted == subprocess.PIPE:
            reader, writer = os.pipe()
            inner, outer = (reader, writer) if place == 0 else (writer, reader)
            self._outer[place] = self.ours.add(outer)
            return self.theirs.add(inner)
        return self.theirs.add(os.dup(wanted if isinstance(wanted, int) else wanted.fileno()))

    def _handed(self, call: Call, streams: list[int]) -> dict[str, int]:
        """The descriptors for the first program of ours inside, by their names in :class:`hub.room.inside.Handed`."""
        text = json.dumps({"target": call.target, "arguments": call.arguments, "environment": call.environment})
        stdin, stdout, stderr = streams
        written = self.theirs.add(memory_file(text.encode(), "call"))
        return {"report": self.report_writer, "call": written, "stdin": stdin, "stdout": stdout, "stderr": stderr}

    # ---------------------------------------------------------------- ways to begin
    def cold(self) -> RoomProcess:
        """Begin the call in a new Python."""
        header = json.dumps({"limits": vars(self.room.limits), "project": str(bwrap.PROJECT), "handed": self.handed})
        process = self._build([sys.executable, "-I", "-B", inside_program.__file__, header], list(self.handed.values()))
        self.theirs.close_all()  # from here on only those inside hold the other ends
        with _ended_on_error(process):
            _hold(process, self._begun(process))
        return process

    def empty(self) -> RoomProcess:
        """Begin nothing: the room stands as long as we hold the other end of its doorkeeper's input."""
        process, ours = self._with_doorkeeper()
        process.keep(self.theirs.release(ours))
        return process

    def booth(self, place: Path) -> RoomProcess:
        """Begin the call in a booth of the warm process that listens at ``place``. Raises WarmAwayError."""
        ours, leash = self._pair(socket.SOCK_STREAM)
        booth = [(space.target, space.size_mb * bwrap.MIB) for space in self.room.tmpfs]
        with warm.knock(place) as connection:
            self._wish(connection, None, {"leash": leash, **self.handed}, booth=booth)
        self.theirs.release(ours)
        self.ours.add(ours)
        self.theirs.close_all()
        word = self._hear()
        started = start_time(word.pid) if word.said == inside_program.BUILT else None
        if started is None:
            raise RoomError(f"booth {self.room.name} could not be built: {word.said.decode(errors='replace') or 'it took too long'}")
        first = os.pidfd_open(word.pid)
        process = RoomProcess(word.pid, started, first=first, monitor=os.dup(first))
        with _ended_on_error(process):
            process.group = cgroup.place(word.pid, self.room)
            os.write(ours, GO)
            _hold(process, self._begun(process))
        process.keep(self.ours.release(ours))  # the leash: let go when the booth has ended, or we have
        return process

    def warm(self, place: Path, beside: Beside | None) -> RoomProcess:
        """Begin the call in a child of the warm process that listens at ``place``. Raises WarmAwayError."""
        with warm.knock(place) as connection, warm.knock(beside.warm_socket) if beside else nullcontext() as other:
            process, leaving = self._with_doorkeeper()
            with _ended_on_error(process):
                room = self.theirs.add(os.pidfd_open(process.pid))
                if beside is not None and other is not None:
                    self.handed["peer"], peer = self._pair(socket.SOCK_SEQPACKET)
                    nowhere = self.theirs.add(os.open(os.devnull, os.O_RDWR))
                    self._wish(other, process, {"room": room, "peer": peer, **self._handed(beside.call, [nowhere] * 3)})
                    process.kept.append(self._begun(process))
                self._wish(connection, process, {"room": room, "leaving": leaving, **self.handed})
                self.theirs.close_all()
                _hold(process, self._begun(process))
        return process

    def _with_doorkeeper(self) -> tuple[RoomProcess, int]:
        """A room that stands, everything mounted, as long as somebody holds the descriptor (the room ends with what is written there)."""
        held, keeper = self._pair(socket.SOCK_STREAM)
        process = self._build(list(DOORKEEPER), [], stdin=keeper, stdout=self.report_writer)
        with _ended_on_error(process):
            if (word := self._hear()).said != inside_program.BUILT:
                raise self._failed(process, "could not be built", b"")
            process.kept.append(word.pid)
        return process, held

    def _wish(self, connection: socket.socket, process: RoomProcess | None, descriptors: dict[str, int], **more: object) -> None:
        group = str(process.group.path) if process is not None and process.group else None
        header = {"limits": vars(self.room.limits), "group": group, "handed": list(descriptors), **more}
        warm.wish(connection, header, list(descriptors.values()))

    def _pair(self, kind: socket.SocketKind) -> tuple[int, int]:
        one, other = socket.socketpair(socket.AF_UNIX, kind)
        return self.theirs.add(one.detach()), self.theirs.add(other.detach())

    # ---------------------------------------------------------------- the steps
    def _build(self, command: list[str], inherited: list[int], *, stdin: int | None = None, stdout: int | None = None) -> RoomProcess:
        """Let bwrap build the room, and limit its first process before that begins ``command``."""
        status, status_writer = self.ours.pipe()
        self.errors, errors_writer = self.ours.pipe()
        block, go = self.ours.pipe()
        with Descriptors() as files:
            opened: list[int] = []
            arguments = bwrap.arguments(self.room, bwrap.Pipes(status_writer, block), opened)
            # By a descriptor: the command line of the room's first process is readable inside, and would tell the host's paths.
            opened.append(memory_file(b"".join(os.fsencode(word) + b"\0" for word in arguments), "options"))
            for descriptor in opened:
                files.add(descriptor)
            monitor = subprocess.Popen(
                [machine.bwrap(), "--args", str(opened[-1]), "--", *command],
                env={}, pass_fds=[status_writer, block, *opened, *inherited], stderr=errors_writer, start_new_session=True,
                stdin=subprocess.DEVNULL if stdin is None else stdin, stdout=subprocess.DEVNULL if stdout is None else stdout,
            )  # fmt: skip
        self.ours.close(status_writer, errors_writer, block)
        process = self._room_process(monitor, status)
        with suppress(BrokenPipeError):  # it has failed already, and says so in ``errors``
            os.write(go, GO)
        process.keep(self.ours.release(status))  # bwrap writes the exit code there; without a reader that would kill it
        return process

    def _room_process(self, monitor: subprocess.Popen[bytes], status: int) -> RoomProcess:
        """Wait until bwrap names the room's first process (it waits for us then), and put that into its cgroup and limits."""
        line = self._read(status, until=b"\n")
        pid = json.loads(line)["child-pid"] if line.endswith(b"\n") else 0
        started = start_time(pid) if pid else None
        if started is None:
            monitor.kill()
            monitor.wait()
            raise RoomError(f"room {self.room.name} could not be built: {self._last_words()}")
        process = RoomProcess(pid, started, first=os.pidfd_open(pid), monitor=os.pidfd_open(monitor.pid), popen=monitor)
        with _ended_on_error(process):
            try:
                process.group = cgroup.place(pid, self.room)
                # A program inside can write into this process's memory: it must hold no more than the program itself.
                limits.apply(pid, **vars(self.room.limits))
            except OSError as error:
                raise RoomError(f"room {self.room.name} could not be limited: {error}") from error
        return process

    def _begun(self, process: RoomProcess) -> int:
        """The number of the process whose call is about to begin."""
        word = self._hear()
        if word.said != inside_program.READY:
            raise self._failed(process, "could not begin its call", word.said)
        return word.pid

    def _failed(self, process: RoomProcess, what: str, said: bytes) -> RoomError:
        process.kill()
        process.wait()  # then nobody holds the other end of ``errors``
        detail = said.decode(errors="replace") + self._last_words()
        return RoomError(f"room {self.room.name} {what}: {detail.strip() or 'it took too long'}")

    def _last_words(self) -> str:
        return "" if self.errors is None else self._read(self.errors).decode(errors="replace").strip()

    # ---------------------------------------------------------------- listening
    def _hear(self) -> _Word:
        """The next word from inside; an empty one if none can come any more, or in time."""
        with socket.socket(fileno=os.dup(self.report)) as report:
            report.settimeout(max(0.0, self.deadline - time.monotonic()))
            try:
                said, extra, _, _ = report.recvmsg(LONGEST_WORD, socket.CMSG_SPACE(12))
            except TimeoutError:
                return _Word(b"", 0)
        senders = [int.from_bytes(data[:4], sys.byteorder) for _, kind, data in extra if kind == socket.SCM_CREDENTIALS]
        return _Word(said, senders[0] if senders else 0)

    def _read(self, descriptor: int, until: bytes | None = None) -> bytes:
        text = b""
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while not (until and text.endswith(until)) and poll.poll(max(0.0, self.deadline - time.monotonic()) * 1000):
            if not (piece := os.read(descriptor, 1 if until else 1 << 16)):
                break
            text += piece
        return text
