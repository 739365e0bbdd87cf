"""Who used the processor: CPU seconds by group of processes, told from /proc, which anybody may read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.site import Site

CLIENT = "client"
"""The group of this process: the browser-like pupils."""
QUIET_SECONDS, QUIET_PATIENCE = 0.1, 60.0
"""CPU seconds in one second below which a site counts as quiet, and how long to wait for that."""
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Snapshot:
    """CPU seconds (user and system, ended children included) of each process since it began, with its group."""

    seconds: dict[tuple[str, int], float]

    def since(self, before: Snapshot) -> dict[str, float]:
        """Seconds used since then, by group, most first."""
        used: dict[str, float] = defaultdict(float)
        for (group, pid), seconds in self.seconds.items():
            used[group] += seconds - before.seconds.get((group, pid), 0.0)
        return dict(sorted(used.items(), key=lambda item: -item[1]))


def snapshot(site: Site) -> Snapshot:
    """The account of a site at this moment."""
    own = os.times()
    used = {(CLIENT, os.getpid()): own.user + own.system}
    for pid, group in groups(site).items():
        with contextlib.suppress(OSError, ValueError):
            used[group, pid] = _seconds(pid)
    return Snapshot(used)


async def until_quiet(site: Site) -> None:
    """Wait until a site that was just opened has done its own preparations, at most a minute."""
    until = time.monotonic() + QUIET_PATIENCE
    while time.monotonic() < until:
        before = snapshot(site)
        await asyncio.sleep(1)
        used = snapshot(site).since(before)
        if sum(seconds for group, seconds in used.items() if group != CLIENT) < QUIET_SECONDS:
            return


def groups(site: Site) -> dict[int, str]:
    """Every process of the site with its group: ``server`` and ``kernel`` for the pupils' own, else the program it belongs to."""
    roots = site.programs()
    parents = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            parents[process.pid] = process.ppid()
    found = {}
    for pid in parents:
        program = _program(pid, parents, roots)
        if program is not None:
            found[pid] = site.group(pid, program)
    return found


def _program(pid: int, parents: dict[int, int], roots: dict[int, str]) -> str | None:
    """The program of the site that a process descends from."""
    while pid > 1:
        if pid in roots:
            return roots[pid]
        pid = parents.get(pid, 0)
    return None


def _seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICK  # utime, stime, cutime, cstime
