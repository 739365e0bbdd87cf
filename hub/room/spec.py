"""What a room is, in plain values. Nothing here does anything."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

HOME = "/home/room"
"""The work folder of a room unless it says otherwise."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class Bind:
    """A file or folder of the host, shown inside at ``target`` (an absolute path)."""

    source: Path
    target: str


@dataclass(frozen=True)
class Tmpfs:
    """An empty folder in memory of at most ``size_mb`` MiB, gone with the room."""

    target: str
    size_mb: int


@dataclass(frozen=True)
class Limits:
    """What a room may use. Memory is the whole room's where the machine gives us a cgroup, else see docs/rooms.md."""

    memory_mb: int
    processes: int
    open_files: int
    file_mb: int
    cpu_seconds: int | None = None


@dataclass(frozen=True)
class Room:
    """One room. Raises ValueError for a name that could not stand in a log or a path."""

    name: str
    limits: Limits
    read_only: tuple[Bind, ...] = ()
    writable: tuple[Bind, ...] = ()
    tmpfs: tuple[Tmpfs, ...] = ()
    workdir: str = HOME
    dies_with_parent: bool = False
    """End the room when the thread that started it ends (graders). Pupils' rooms outlive a restart of the hub."""
    booth: bool = False
    """With a warm start, make it a booth (:mod:`hub.warm.booths`): as closed as a room, a quarter of its price, for rooms that bind
    nothing of the host and end with who started them."""
    nested: bool = False
    """The common room of booths: namespaces may be made within."""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"a room's name is lower-case letters, digits and dashes: {self.name!r}")
        if self.booth and (self.read_only or self.writable or not self.dies_with_parent or {space.target for space in self.tmpfs} - {HOME}):
            raise ValueError("a booth binds nothing, has no other work folder than the home, and ends with who started it")


@dataclass(frozen=True)
class Call:
    """The function that runs inside: ``"package.module:function"`` with JSON arguments and its environment."""

    target: str
    arguments: dict[str, object] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
