"""Importing what a list names."""

from __future__ import annotations

import importlib
from pathlib import Path

LISTS = Path(__file__).parent / "imported"


def import_listed(name: str) -> None:
    """Import the modules of ``imported/NAME.txt``. One that is gone (after an upgrade) costs its time in each room, nothing else."""
    for module in (LISTS / f"{name}.txt").read_text().split():
        try:
            importlib.import_module(module)
        except Exception as error:  # noqa: BLE001  (a package may raise anything while imported)
            print(f"{module} cannot be imported ahead: {error}", flush=True)
