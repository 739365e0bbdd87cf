"""Holding on to a room that runs: watching it, ending it, finding it again."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from hub.room import cgroup, memory

GONE_SECONDS = 5.0
"""How long the kernel may take to clear a room whose first process was killed; usually some milliseconds."""

LAST_SECONDS = 1.0
"""How long bwrap may take to hear that the call has ended. One that a program inside keeps from hearing it is not waited for."""

ENDED = 0
"""What :meth:`RoomProcess.poll` answers when a room has ended and nobody knows how (after a restart of the hub)."""


class RoomProcess:
    """A room that runs. ``pid`` is its first process, seen from outside: with it the whole room ends.

    ``call`` is the process of the called function (a pupil's server); ``kept`` are others that belong to the room itself and are never
    ended alone. Outside stands bwrap's monitor, which ends with the call; what that has left behind is ended then, by :meth:`poll`.
    """

    def __init__(self, pid: int, started: int, *, first: int, monitor: int, popen: subprocess.Popen[bytes] | None = None) -> None:
        """``first`` and ``monitor`` are pidfds, ours from now on."""
        self.pid, self.started, self.call = pid, started, 0
        self.kept: list[int] = []
        self.stdin: IO[bytes] | None = None
        self.stdout: IO[bytes] | None = None
        self.stderr: IO[bytes] | None = None
        self.group: cgroup.Group | None = cgroup.of_process(pid)
        self._first, self._monitor, self._popen = first, monitor, popen
        self._call = -1
        self._held = [first, monitor]
        self._code: int | None = None
        self._lock = threading.RLock()  # the hub's loop and its watch both look at a room

    def hold(self, call: int) -> None:
        """Hold on to the process of the called function. Raises ProcessLookupError if that is none of this room, or gone."""
        held = os.pidfd_open(call)
        self._held.append(held)
        if memory.parent(call) != self.pid:  # looked at after it is held: the number cannot go to another now
            raise ProcessLookupError(f"{call} is no process of room {self.pid}")
        self.call, self._call = call, held

    def facts(self) -> dict[str, Any]:
        """What :func:`reconnect` needs to find the room again."""
        return {"pid": self.pid, "started": self.started, "call": self.call, "kept": self.kept}

    def poll(self) -> int | None:
        """The exit code if the call has ended (128 + n by signal n; 137 too if only its end is known), else None. Does not wait for it."""
        with self._lock:
            if self._held and any(readable(descriptor, 0) for descriptor in self._ends()):
                self._finish()
            return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the room. Raises TimeoutError after ``timeout`` seconds."""
        if self._held and not readable_any(self._ends(), timeout):
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
        with self._lock:
            if self._held and self._call >= 0:
                _send(self._call, signal.SIGTERM)

    def memory(self) -> int:
        """Bytes the whole room holds: its cgroup's, else anonymous, shared and swapped memory of all its processes."""
        if self.group and (used := self.group.memory()) is not None:
            return used
        return memory.of_rooms([self.pid])[self.pid].used(self.kept)

    def keep(self, descriptor: int) -> None:
        """Close this descriptor when the room has ended."""
        self._held.append(descriptor)

    def _ends(self) -> list[int]:
        """Descriptors of which one becomes readable when the call has ended."""
        return [self._monitor] if self._call < 0 else [self._monitor, self._call]

    def _finish(self) -> None:
        readable(self._monitor, LAST_SECONDS)
        _send(self._first, signal.SIGKILL)
        self._code = ENDED if self._popen is None else self._popen.wait()
        readable(self._first, GONE_SECONDS)  # until the kernel has cleared the room
        for descriptor in self._held:
            os.close(descriptor)
        self._held = []
        if self.group:
            self.group.remove()


def reconnect(facts: Mapping[str, Any]) -> RoomProcess | None:
    """The room of which these are the facts, if it still runs (after a restart of whoever started it). Raises KeyError for other facts."""
    pid, started = facts["pid"], facts["started"]
    try:
        first = os.pidfd_open(pid)
    except (OSError, OverflowError):
        return None
    if start_time(pid) != started:  # the number has gone to somebody else
        os.close(first)
        return None
    if (monitor := _monitor_of(pid)) is None:  # the call has ended while nobody was looking
        _send(first, signal.SIGKILL)
        os.close(first)
        return None
    process = RoomProcess(pid, started, first=first, monitor=monitor)
    process.kept = list(facts["kept"])
    try:
        process.hold(facts["call"])
    except OSError:
        process.kill()
        process.wait(GONE_SECONDS)
        return None
    return process


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


def readable(descriptor: int, timeout: float | None) -> bool:
    """Whether something can be read, within ``timeout`` seconds (None: for ever). A pidfd is readable once its process has ended."""
    return readable_any([descriptor], timeout)


def readable_any(descriptors: list[int], timeout: float | None) -> bool:
    """Whether something can be read from one of these."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))


def _send(pidfd: int, number: int) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, number)
