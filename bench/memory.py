"""Memory of pupils' servers and kernels: PSS, that is private pages and a fair share of those in common.

Rooms are closed to ordinary users' eyes, and the bench is one. If root started it, a small reader stays behind before root is given up;
it answers one question, the PSS of a process, and ends with the bench.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

VARIABLE = "KANIKKO_BENCH_MEMORY"
"""Holds the descriptor of the reader's socket, past the exec in which root is given up."""


@dataclass(frozen=True)
class Footprint:
    """PSS in MB, and which PID namespace the process lives in."""

    pss_mb: float
    namespace: str


class MemoryReader:
    """The bench's end of the reader."""

    def __init__(self, channel: socket.socket) -> None:
        self._lines = channel.makefile("rw")

    @classmethod
    def from_environment(cls) -> Self | None:
        """The reader that `leave_reader` left, or None where the bench was not started by root."""
        number = os.environ.pop(VARIABLE, "")
        if not number:
            return None
        os.set_inheritable(int(number), False)
        return cls(socket.socket(fileno=int(number)))

    def read(self, pids: list[int]) -> dict[int, Footprint]:
        """Those of these processes that still run."""
        self._lines.write(json.dumps(pids) + "\n")
        self._lines.flush()
        answer: dict[str, tuple[float, str]] = json.loads(self._lines.readline())
        return {int(pid): Footprint(*facts) for pid, facts in answer.items()}


def leave_reader() -> None:
    """As root, before it is given up: fork the reader. Nothing for an ordinary user."""
    if os.geteuid() != 0:
        return
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends when its socket does
        _serve(theirs)
        os._exit(0)
    theirs.close()
    os.set_inheritable(ours.fileno(), True)
    os.environ[VARIABLE] = str(ours.detach())


def _serve(channel: socket.socket) -> None:
    lines = channel.makefile("rw")
    for line in lines:
        found = {pid: facts for pid in json.loads(line) if (facts := _facts(int(pid)))}
        lines.write(json.dumps(found) + "\n")
        lines.flush()


def _facts(pid: int) -> tuple[float, str] | None:
    try:
        with Path(f"/proc/{pid}/smaps_rollup").open() as rollup:
            kilobytes = next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        return kilobytes / 1024, str(Path(f"/proc/{pid}/ns/pid").readlink())
    except (OSError, StopIteration):
        return None
