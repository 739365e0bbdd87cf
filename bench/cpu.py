"""Who used the processor: CPU seconds by group of processes, told from /proc, which anybody may read."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.site import Site

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Snapshot:
    """CPU seconds (user and system, ended children included) of each process since it began, with its group."""

    seconds: dict[tuple[str, int], float]

    def since(self, before: Snapshot) -> dict[str, float]:
        """Seconds used since then, by group, most first. ``client`` is this process."""
        used: dict[str, float] = defaultdict(float)
        for (group, pid), seconds in self.seconds.items():
            used[group] += seconds - before.seconds.get((group, pid), 0.0)
        return dict(sorted(used.items(), key=lambda item: -item[1]))


def snapshot(site: Site) -> Snapshot:
    """The account of a site at this moment."""
    own = os.times()
    used = {("client", os.getpid()): own.user + own.system}
    for pid, group in groups(site).items():
        with contextlib.suppress(OSError, ValueError):
            used[group, pid] = _seconds(pid)
    return Snapshot(used)


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
