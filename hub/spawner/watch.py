"""Looking after running rooms from the hub: memory where no cgroup does it, disk where no quota does it, and the size of logs.

One thread of the hub. It comes back with the hub: the spawner enrols rooms that it finds again.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hub.room import RoomProcess, memory, quota
from hub.spawner import registry

log = logging.getLogger("kanikko.rooms")

TICK_SECONDS = 1.0
DISK_EVERY = 5
"""Ticks between two looks at homes and logs."""

ORPHANS_AFTER = 180
"""Ticks after which a room that no spawner has claimed is ended: its hub died between starting it and writing it down."""

MIB = 1 << 20
LOG_MB = 5
GROWTH = 1 * MIB
"""A home over its quota may still grow by this much between two looks: saving a notebook is never punished."""

FAR_OVER = 2


@dataclass
class Watched:
    """A running room and what it may hold."""

    name: str
    process: RoomProcess
    memory_mb: int
    home: Path
    quota_mb: int
    log_file: Path
    last_bytes: int | None = None


class Watch:
    """The one watch of a hub. ``folder`` is where rooms are written down."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rooms: dict[str, Watched] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, room: Watched) -> None:
        """Look after a room until it ends."""
        with self._lock:
            self._rooms[room.name] = room
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="room-watch", daemon=True)
                self._thread.start()

    def remove(self, name: str) -> None:
        """Stop looking after a room."""
        with self._lock:
            self._rooms.pop(name, None)

    def rooms(self) -> list[Watched]:
        """The rooms that run now."""
        with self._lock:
            for name in [name for name, room in self._rooms.items() if room.process.poll() is not None]:
                del self._rooms[name]
            return list(self._rooms.values())

    def _run(self) -> None:
        tick = 0
        while True:
            tick += 1
            self._try(lambda: check_memory(self.rooms()))
            if tick % DISK_EVERY == 0:
                self._try(lambda: check_disk(self.rooms()))
            if tick == ORPHANS_AFTER:
                self._try(self._end_orphans)
            time.sleep(TICK_SECONDS)

    def _try(self, look: Callable[[], None]) -> None:
        try:
            look()
        except Exception:  # a watch that died of one odd room would leave all others unwatched
            log.exception("looking after rooms")

    def _end_orphans(self) -> None:
        known = {room.name for room in self.rooms()}
        orphans = [name for name in registry.names(self._folder) if name not in known]
        if ended := registry.end(self._folder, orphans):
            log.warning("ended %d rooms that belonged to nobody", ended)


def check_memory(rooms: list[Watched]) -> None:
    """End the largest process of each room that holds more than it may (its kernel, before its server)."""
    counted = [room for room in rooms if room.process.group is None or room.process.group.memory() is None]
    if not counted:
        return
    found = memory.of_rooms([room.process.pid for room in counted])
    for room in counted:
        held = found[room.process.pid]
        used = held.used(room.process.kept)
        if used > room.memory_mb * MIB and (largest := held.largest(room.process.call, room.process.kept)) is not None:
            log.warning("room %s holds %d MiB of %d: ending its largest process", room.name, used // MIB, room.memory_mb)
            memory.signal_child(room.process.pid, largest, signal.SIGKILL)


def check_disk(rooms: list[Watched]) -> None:
    """Stop what fills a home beyond its quota, and keep logs short."""
    for room in rooms:
        shorten(room.log_file)
        usage = quota.measure(room.home)
        grew = usage.bytes - (usage.bytes if room.last_bytes is None else room.last_bytes)
        room.last_bytes = usage.bytes
        if not usage.over(room.quota_mb) or (usage.complete and grew < GROWTH):
            continue
        log.warning("room %s holds %d MiB of disk, %d files, and grows", room.name, usage.bytes // MIB, usage.files)
        if usage.bytes > FAR_OVER * room.quota_mb * MIB:
            room.process.kill()  # not even its server is left to write
        else:
            _end_kernels(room)


def shorten(log_file: Path) -> None:
    """Cut a log that has grown too long to its last part. Servers append, so they write on at the new end."""
    try:
        descriptor = os.open(log_file, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return
    with os.fdopen(descriptor, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size <= LOG_MB * MIB:
            return
        file.seek(size - LOG_MB * MIB // 2)
        tail = file.read(LOG_MB * MIB // 2)
        file.truncate(0)
        file.seek(0)
        file.write(tail)


def _end_kernels(room: Watched) -> None:
    held = memory.of_rooms([room.process.pid])[room.process.pid]
    for pid in held.by_process:
        if pid != room.process.call and pid not in room.process.kept:
            memory.signal_child(room.process.pid, pid, signal.SIGKILL)
