"""A class starts at once: all pupils press in the same moment, and each goes on until a kernel has answered ``1+1``.

``python -m bench.classroom --pupils 10 --ours`` prints where the time went, by phase and by group of processes.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from dataclasses import dataclass

import click
from rich.console import Console
from rich.table import Table

from bench import cpu
from bench.ours import OurHouse
from bench.pupil import PHASES, Pupil, signed_in
from bench.site import Site, prepare_process
from bench.stock import StockHub
from kanikko.unroot import give_up_root


@dataclass(frozen=True)
class Start:
    """How a class's start went."""

    pupils: list[Pupil]
    seconds: float
    """From the press until the last pupil was ready or had given up."""

    cpu: dict[str, float]

    @property
    def ready(self) -> list[Pupil]:
        return [pupil for pupil in self.pupils if pupil.ready]

    @property
    def last_ready(self) -> float:
        """Seconds until the last of those who got there was ready; 0 if nobody did."""
        return max((pupil.times[PHASES[-1]] for pupil in self.ready), default=0.0)


async def start_class(site: Site, pupils: list[Pupil]) -> Start:
    """All press at once."""
    before = cpu.snapshot(site)
    began = time.perf_counter()
    await asyncio.gather(*(pupil.begins() for pupil in pupils))
    seconds = time.perf_counter() - began
    return Start(pupils, seconds, cpu.snapshot(site).since(before))


def told(console: Console, site: Site, start: Start) -> None:
    """Print a start: phases, processor, and why pupils did not get there."""
    phases = Table(title=f"{site.name}: {len(start.ready)} of {len(start.pupils)} ready, the last after {start.last_ready:.2f} s")
    for heading in ("until", "pupils", "median s", "max s", "phase median s"):
        phases.add_column(heading, justify="left" if heading == "until" else "right")
    for phase in PHASES:
        ends = [pupil.times[phase] for pupil in start.pupils if phase in pupil.times]
        if ends:
            lasted = statistics.median(pupil.lasted(phase) for pupil in start.pupils if phase in pupil.times)
            phases.add_row(phase, str(len(ends)), f"{statistics.median(ends):.2f}", f"{max(ends):.2f}", f"{lasted:.2f}")
    console.print(phases)
    shares = Table(title=f"CPU seconds in {start.seconds:.1f} s")
    shares.add_column("processes")
    shares.add_column("CPU s", justify="right")
    shares.add_column("a pupil, ms", justify="right")
    for group, seconds in start.cpu.items():
        shares.add_row(group, f"{seconds:.2f}", f"{1000 * seconds / len(start.pupils):.0f}")
    console.print(shares)
    for trouble in sorted({pupil.trouble for pupil in start.pupils if pupil.trouble}):
        console.print(f"[red]{sum(pupil.trouble == trouble for pupil in start.pupils)} pupils:[/] {trouble}", highlight=False)


async def _rehearse(console: Console, site: Site) -> None:
    pupils = await signed_in(site, site.pupils)
    try:
        await cpu.until_quiet(site)
        told(console, site, await start_class(site, pupils))
    finally:
        for pupil in pupils:
            await pupil.close()


@click.command()
@click.option("--pupils", default=10, show_default=True, help="How many press at once.")
@click.option("--ours/--stock", default=True, help="Which side.")
@click.option("--hold", is_flag=True, help="Wait for Enter before the press and after it, to look around.")
def main(pupils: int, ours: bool, hold: bool) -> None:
    """Start a class of so many pupils once and say where the time went."""
    give_up_root([sys.executable, "-m", "bench.classroom", *sys.argv[1:]])
    prepare_process()
    console = Console()
    site: Site = OurHouse(pupils) if ours else StockHub(pupils)
    console.print(f"Opening {site.name} …")
    with site:
        if hold:
            console.input(f"{site.url}, state in {site.folder}. Enter to press … ")
        asyncio.run(_rehearse(console, site))
        if hold:
            console.input("Enter to close … ")


if __name__ == "__main__":
    main()
