"""Looking at a room's processes from outside: what they hold in memory, and signals to one of them.

Only ``/proc/PID/status`` and ``stat`` are read: rooms hide the rest from us as from each other (they are not dumpable).
"""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

HELD = ("RssAnon", "RssShmem", "VmSwap")
"""What would come free if the process ended (pages shared after a fork count in each: on the safe side, see Held.used)."""

SHARERS = 3
"""Server, nursery and one kernel: what these have in common with the warm process is not the pupil's. More processes are his own."""

KIB = 1024


@dataclass
class Held:
    """Memory of one room in bytes, by process."""

    by_process: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.by_process.values())

    def used(self, kept: Collection[int]) -> int:
        """Bytes that count against the room's limit. ``kept``: its RoomProcess's; of these, the nursery holds what came from the
        warm process and hardly more."""
        common = max((self.by_process.get(pid, 0) for pid in kept), default=0)
        return self.total - common * min(SHARERS, len(self.by_process))

    def largest(self, last: int, never: Collection[int] = ()) -> int | None:
        """The process to end first: the largest but for ``never``; ``last`` (a pupil's server) only if there is no other."""
        others = [pid for pid in self.by_process if pid != last and pid not in never]
        return max(others or self.by_process, key=self.by_process.__getitem__, default=None)


def of_rooms(rooms: Collection[int]) -> dict[int, Held]:
    """Memory of the rooms whose first processes are ``rooms``, in one pass over ``/proc``."""
    children: dict[int, list[int]] = defaultdict(list)
    held: dict[int, int] = {}
    for pid in _processes():
        if (facts := _facts(pid)) is not None:
            parent, held[pid] = facts
            children[parent].append(pid)
    found = {}
    for room in rooms:
        inside = list(_below(room, children))
        found[room] = Held({pid: held[pid] for pid in inside})
    return found


def parent(pid: int) -> int | None:
    """The process that ``pid`` is a child of, or None if there is no ``pid``."""
    facts = _facts(pid)
    return facts[0] if facts else None


def signal_child(room: int, pid: int, number: signal.Signals) -> None:
    """Send a signal to a process if it still is below the room's first process; else do nothing."""
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return
    try:
        if _is_below(pid, room):  # looked at after the descriptor is held: the number cannot go to another now
            signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError:
        pass
    finally:
        os.close(pidfd)


def _is_below(pid: int, room: int) -> bool:
    while pid > 1 and (facts := _facts(pid)) is not None:
        if facts[0] == room:
            return True
        pid = facts[0]
    return False


def _below(room: int, children: dict[int, list[int]]) -> Iterable[int]:
    waiting = list(children[room])
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting.extend(children.get(pid, ()))


def _processes() -> Iterable[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())


def _facts(pid: int) -> tuple[int, int] | None:
    """(parent, bytes held) of a process, or None if it is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    parent, held = 0, 0
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == "PPid":
            parent = int(value)
        elif key in HELD:
            held += int(value.split()[0]) * KIB
    return parent, held
