"""Limits for a room as a whole, where the machine has delegated a cgroup (version 2) to us; elsewhere nothing happens.

systemd delegates when told so: ``Delegate=memory pids cpu`` in the service, or ``systemd-run --user --scope -p Delegate=yes``. It marks
such a group with the attribute ``user.delegate``: without the mark we leave cgroups alone, whatever their permissions say.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

from hub.room.spec import Room

ROOT = Path("/sys/fs/cgroup")
HOUSE = "house"
"""The leaf that our own processes move to: a group that hands out controllers must hold none itself."""

PREFIX = "room-"
CONTROLLERS = ("memory", "pids", "cpu")
CPU_WEIGHT = 50
"""Half of what the house's own processes have (100 is usual)."""

MIB = 1 << 20


class Group:
    """The cgroup of one room."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def memory(self) -> int | None:
        """Bytes in use, page cache included; None if nobody counts."""
        try:
            return int((self.path / "memory.current").read_text())
        except (OSError, ValueError):
            return None

    def remove(self) -> None:
        """Remove the empty group. One that is not empty yet stays for the next start of a room of that name."""
        with suppress(OSError):
            self.path.rmdir()


def place(pid: int, room: Room) -> Group | None:
    """Put a room's first process, which has no children yet, into a group of its own with its limits; None if we have no cgroup."""
    base = delegated()
    if base is None:
        return None
    path = base / f"{PREFIX}{room.name}-{pid}"
    path.mkdir(exist_ok=True)
    limits = room.limits
    _write(path / "memory.max", limits.memory_mb * MIB)
    with suppress(OSError):  # absent where the kernel has no swap accounting
        _write(path / "memory.swap.max", 0)
    _write(path / "pids.max", limits.processes + 1)  # and the room's first process
    with suppress(OSError):
        _write(path / "cpu.weight", CPU_WEIGHT)
    _write(path / "cgroup.procs", pid)
    return Group(path)


def of_process(pid: int) -> Group | None:
    """The group of a running room, if it has one."""
    base = delegated()
    path = _path_of(str(pid)) if base is not None else None
    return Group(path) if path is not None and path.parent == base and path.name.startswith(PREFIX) else None


@cache
def delegated() -> Path | None:
    """The group in which ours may be made, ready for use, or None. Moves our own processes to a leaf of it once."""
    own = _path_of("self")
    if own is None:
        return None
    base = own.parent if own.name == HOUSE else own
    if not _is_ours(base):
        return None
    try:
        if base == own:
            leaf = base / HOUSE
            leaf.mkdir(exist_ok=True)
            for pid in (base / "cgroup.procs").read_text().split():
                with suppress(ProcessLookupError):
                    _write(leaf / "cgroup.procs", pid)
        _write(base / "cgroup.subtree_control", " ".join(f"+{name}" for name in CONTROLLERS))
    except OSError:
        return None  # half a delegation: rlimits and the warden do the work
    return base


def _is_ours(base: Path) -> bool:
    try:
        marked = os.getxattr(base, "user.delegate") == b"1"
        has = (base / "cgroup.controllers").read_text().split()
    except OSError:
        return False
    return marked and set(CONTROLLERS) <= set(has) and os.access(base, os.W_OK)


def _path_of(pid: str) -> Path | None:
    """Where a process stands in the unified hierarchy, or None on a machine without it."""
    if not (ROOT / "cgroup.controllers").is_file():
        return None
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return None
    return next((ROOT / line[3:].lstrip("/") for line in lines if line.startswith("0::")), None)


def _write(path: Path, value: object) -> None:
    path.write_text(str(value))
