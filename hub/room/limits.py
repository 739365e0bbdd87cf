"""Limits the kernel keeps for every process of a room (rlimits). Set before the call; nobody inside can raise them."""

from __future__ import annotations

import os
import resource

MIB = 1 << 20
NICENESS = 5
"""Forty endless loops must not make the hub wait."""

ADDRESS_SPACE_BEYOND_MB = 4096
"""Mapped but untouched memory (libraries, arenas, guard pages) that a process may have beside what it uses."""


def apply(pid: int, memory_mb: int, processes: int, open_files: int, file_mb: int, cpu_seconds: int | None) -> None:
    """Set both the soft and the hard limit of process ``pid`` (0: this one) and of all that come from it afterwards."""
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: processes,  # of this user namespace, since Linux 5.14: the whole room, threads included
        resource.RLIMIT_NOFILE: open_files,
        resource.RLIMIT_FSIZE: file_mb * MIB,
        resource.RLIMIT_DATA: memory_mb * MIB,  # private writable memory of one process
        resource.RLIMIT_AS: (memory_mb + ADDRESS_SPACE_BEYOND_MB) * MIB,  # bounds shared anonymous memory, which DATA does not count
        resource.RLIMIT_MEMLOCK: 64 << 10,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if cpu_seconds is not None:
        wanted[resource.RLIMIT_CPU] = cpu_seconds
    for limit, value in wanted.items():
        _, hard = resource.prlimit(pid, limit)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.prlimit(pid, limit, (value, value))
    os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
