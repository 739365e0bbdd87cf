"""What is measured with a class's pupils on one side, ours or stock: start, memory, kernels, hand-ins."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Collection

from rich.console import Console

from bench import cpu
from bench.classroom import Start, start_class, told
from bench.handing_in import hand_in_at_once
from bench.memory import MemoryReader
from bench.pupil import Pupil, signed_in
from bench.result import Reading, Readings
from bench.site import ROOMS, Site, SiteError
from bench.static_files import fetch_all

SINGLES = 5
"""Servers started one after the other, for the time of one alone."""
KERNELS = 10
"""Servers in which a new kernel's time is taken."""
SETTLE_SECONDS = 2.0
CLASS = {"class_ready", "class_start_s", "pupil_memory_mb", "kernel_start_s", "hand_in_median_s", "hand_in_max_s"}
"""Measurements for which a whole class must come in."""
HAND_INS = {"hand_in_median_s", "hand_in_max_s"}


async def visit(site: Site, size: int, wanted: Collection[str], reader: MemoryReader | None, console: Console) -> Readings:
    """Let a class of ``size`` come to an open site and measure what is ``wanted``. The site has pupils to spare for single starts."""
    found: Readings = {}
    pupils = await signed_in(site, site.pupils[: size + SINGLES])
    try:
        await cpu.until_quiet(site)
        if "server_start_s" in wanted:
            found["server_start_s"] = await _single_starts(pupils[size:])
        if CLASS & set(wanted):
            await cpu.until_quiet(site)
            start = await start_class(site, pupils[:size])
            told(console, site, start)
            found |= await _class(site, start, wanted, reader)
    finally:
        await asyncio.gather(*(pupil.close() for pupil in pupils), return_exceptions=True)
    return {name: reading for name, reading in found.items() if name in wanted}


async def _class(site: Site, start: Start, wanted: Collection[str], reader: MemoryReader | None) -> Readings:
    size, ready = len(start.pupils), start.ready
    found = {"class_ready": Reading(len(ready))}
    if len(ready) == size:
        found["class_start_s"] = Reading(start.last_ready)
    else:
        note = f"{len(ready)} of {size} by then, the last of them after {start.last_ready:.1f} s"
        found["class_start_s"] = Reading(start.seconds, note)
    if "pupil_memory_mb" in wanted:
        found["pupil_memory_mb"] = await _memory(site, ready, reader)
    if "kernel_start_s" in wanted:
        found["kernel_start_s"] = await _kernels(ready[:KERNELS])
    if HAND_INS & set(wanted) and site.hands_in:
        found |= await hand_in_at_once(ready)
    return found


async def _single_starts(pupils: list[Pupil]) -> Reading:
    """Median seconds from the press to the notebook's page, each server alone; each is ended after that."""
    seconds = []
    for pupil in pupils:
        await pupil.begins(last="signed in")
        if pupil.trouble:
            return Reading(None, pupil.trouble)
        seconds.append(pupil.times["signed in"])
        await pupil.leaves()
        await asyncio.sleep(SETTLE_SECONDS)
    return Reading(statistics.median(seconds))


async def _memory(site: Site, ready: list[Pupil], reader: MemoryReader | None) -> Reading:
    """Mean MB a pupil, after each has loaded the page's files too."""
    if reader is None:
        return Reading(None, "not measurable without root: rooms are closed to an ordinary user")
    for pupil in ready:
        await fetch_all(pupil.browser, f"{pupil.base}/notebooks/{pupil.notebook}", pupil.token)
    await asyncio.sleep(SETTLE_SECONDS)
    groups = cpu.groups(site)
    found = reader.read(list(groups))
    each = site.by_pupil({pid: one for pid, one in found.items() if groups[pid] == ROOMS})
    besides = sum(one.pss_mb for pid, one in found.items() if groups[pid] != ROOMS)
    if not each:
        return Reading(None, "nobody came in")
    return Reading(statistics.mean(each), f"mean of {len(each)}, the site's own programs {besides:.0f} MB")


async def _kernels(ready: list[Pupil]) -> Reading:
    """Median seconds of a new kernel, one after the other."""
    try:
        seconds = [await pupil.new_kernel() for pupil in ready]
    except SiteError as error:
        return Reading(None, str(error))
    return Reading(statistics.median(seconds)) if seconds else Reading(None, "nobody came in")
