"""How the bench tells its results: a table for people, JSON for the rest."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bench.result import UNITS, Result

VERSIONS = (
    *("jupyterhub", "nbgrader", "notebook", "jupyter-server", "ipykernel", "nbclient", "configurable-http-proxy"),
    *("mpremote", "ortools"),
)


def write(place: Path, results: Sequence[Result]) -> None:
    """Write ``{results, versions, machine}``."""
    told = {
        "results": [asdict(result) for result in results],
        "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONS}},
        "machine": machine(),
    }
    place.write_text(json.dumps(told, indent=1) + "\n")


def read(place: Path) -> list[Result]:
    """The lines of an earlier run that are still measured today; none from an empty file."""
    text = place.read_text()
    return [Result(**line) for line in json.loads(text)["results"] if line["name"] in UNITS] if text else []


def machine() -> dict[str, Any]:
    """What a number needs to be understood."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory_mb": psutil.virtual_memory().total // 2**20,
        "kernel": platform.release(),
        "load_at_the_end": round(os.getloadavg()[2], 2),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def show(console: Console, results: Sequence[Result]) -> None:
    """Print the table, and below it what is to be known of single lines."""
    table = Table(title="Kanikko beside stock")
    for heading in ("what", "n", "ours", "stock", "ratio", "unit"):
        table.add_column(heading, justify="left" if heading in ("what", "unit") else "right")
    for result in results:
        table.add_row(result.name, str(result.n), *map(_number, (result.ours, result.stock, result.ratio)), result.unit)
    console.print(table)
    for result in results:
        if result.note:
            console.print(f"{result.name}, n = {result.n}: {result.note}", highlight=False, markup=False)
    console.print(str(machine()), highlight=False)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
