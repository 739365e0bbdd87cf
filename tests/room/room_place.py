"""A room in which a test's probe runs as a pupil's program would: a child of the room's own first program."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.room import Bind, Call, Limits, Room, RoomProcess, start

LIMITS = Limits(memory_mb=256, processes=48, open_files=128, file_mb=8)
SECONDS = 60


@dataclass
class Ended:
    """What a probe said."""

    said: str
    errors: str
    code: int


class Place:
    """A home, and the means to run a probe in a room that holds it."""

    def __init__(self, folder: Path, warm_socket: Path | None = None) -> None:
        self.folder = folder
        self.warm_socket = warm_socket
        # The doorkeeper of a warm room learns that the call has ended, not by which signal.
        self.code_after_sigterm = 128 + 15 if warm_socket is None else 137
        self.home = folder / "homes" / "u23456789a"
        self.home.mkdir(parents=True)
        self.rooms: list[RoomProcess] = []

    def room(self, **changes: Any) -> Room:
        usual: dict[str, Any] = {"name": "probe", "limits": LIMITS, "writable": (Bind(self.home, "/home/room"),)}
        return Room(**(usual | changes))

    def start(self, code: str, room: Room | None = None, **more: Any) -> RoomProcess:
        """Begin a probe; it prints to the process's stdout."""
        call = Call(
            "subprocess:run",
            {"args": [sys.executable, "-c", textwrap.dedent(code)]},
            more.pop("environment", {"PATH": "/usr/bin:/bin", "HOME": "/home/room"}),
        )
        more.setdefault("warm_socket", self.warm_socket)
        process = start(room or self.room(), call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        self.rooms.append(process)
        return process

    def run(self, code: str, room: Room | None = None, **more: Any) -> Ended:
        """Run a probe to its end."""
        process = self.start(code, room, **more)
        assert process.stdout is not None and process.stderr is not None
        said, errors = process.stdout.read().decode(), process.stderr.read().decode()
        return Ended(said.strip(), errors.strip(), process.wait(SECONDS))
