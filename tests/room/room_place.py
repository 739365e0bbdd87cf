"""A room in which a test's probe runs as a pupil's program would: a child of the room's own first program."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.room import Bind, Call, Limits, Room, RoomProcess, Tmpfs, start

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

    def __init__(self, folder: Path, warm_socket: Path | None = None, *, booth: bool = False) -> None:
        self.folder = folder
        self.booth = booth
        self.warm_socket = warm_socket
        # The doorkeeper of a warm room learns that the call has ended, not by which signal; of a booth nobody asks how it ended.
        self.code_after_sigterm = 0 if booth else 128 + 15 if warm_socket is None else 137
        self.code_after_kill = 0 if booth else 137
        self._home = folder / "homes" / "u23456789a"
        self._home.mkdir(parents=True)
        self.rooms: list[RoomProcess] = []

    def facts(self, process: RoomProcess) -> dict[str, Any]:
        """What finds the room again."""
        if self.booth:
            pytest.skip("a booth ends with who started it, and is not found again")
        return process.facts()

    @property
    def home(self) -> Path:
        """The folder of the host that the room shows as its home."""
        if self.booth:
            pytest.skip("a booth shows nothing of the host: its home is in memory")
        return self._home

    def room(self, **changes: Any) -> Room:
        usual: dict[str, Any] = {"name": "probe", "limits": LIMITS}
        if self.booth:
            if changes.keys() & {"read_only", "writable", "workdir"} or not changes.get("dies_with_parent", True):
                pytest.skip("no booth is like that")
            usual |= {"tmpfs": (Tmpfs("/home/room", 16),), "dies_with_parent": True, "booth": True}
        else:
            usual |= {"writable": (Bind(self._home, "/home/room"),)}
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
