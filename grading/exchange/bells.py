"""Wake-ups between the service and the grading worker: a datagram says "look at the database now".

Nothing is lost when a bell is not heard: everybody also looks from time to time.
"""

from __future__ import annotations

import os
import secrets
import select
import socket
from contextlib import suppress
from pathlib import Path

GRADER = "grader"
"""Rung when there is a new job."""
EXCHANGE = "exchange"
"""Rung when a job or a submission changed."""


class Listener:
    """Hears one bell. It has a ``fileno``, so an event loop can watch it; ``clear`` after each ring."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.place = folder / f"{name}-{os.getpid()}-{secrets.token_hex(3)}.bell"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._socket.bind(str(self.place))

    def fileno(self) -> int:
        return self._socket.fileno()

    def clear(self) -> bool:
        """Take all rings so far; whether there was one."""
        rung = False
        with suppress(BlockingIOError):
            while self._socket.recv(16):
                rung = True
        return rung

    def wait(self, seconds: float) -> bool:
        """Sleep until it rings (True) or ``seconds`` are over (False)."""
        select.select([self._socket], [], [], seconds)
        return self.clear()

    def close(self) -> None:
        self._socket.close()
        self.place.unlink(missing_ok=True)


def ring(folder: Path, name: str) -> None:
    """Wake every listener to ``name``; never blocks, never fails."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC) as bell:
        for place in folder.glob(f"{name}-*.bell"):
            try:
                bell.sendto(b"!", str(place))
            except (ConnectionRefusedError, FileNotFoundError):
                place.unlink(missing_ok=True)  # its owner was killed
            except OSError:
                pass  # its buffer is full: it has been rung and not looked yet
