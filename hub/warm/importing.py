"""What kernels and warm processes import, and from where."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

LISTS = Path(__file__).parent / "imported"


def import_listed(name: str) -> None:
    """Import the modules of ``imported/NAME.txt``. One that is gone (after an upgrade) costs its time in each room, nothing else."""
    for module in (LISTS / f"{name}.txt").read_text().split():
        try:
            importlib.import_module(module)
        except Exception as error:  # noqa: BLE001  (a package may raise anything while imported)
            print(f"{module} cannot be imported ahead: {error}", flush=True)


def import_from_here() -> None:
    """Find modules beside the notebook after the standard library and before packages, as a stock kernel does.

    IPython does it too, but not in a Python that was started with ``-I``.
    """
    packages = (index for index, place in enumerate(sys.path) if place.endswith(("site-packages", "dist-packages")))
    sys.path.insert(next(packages, 0), "")
