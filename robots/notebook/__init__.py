"""The crab in a notebook: the cell magic ``%%kani``, the run for checks, trying on a virtual board, the mark for the robot.

    import robots.notebook          (or %load_ext robots.notebook)

Loading it costs a kernel next to nothing: what runs a program is imported when the first one is run.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

PLACES = {
    "kani_run": "runs",
    "try_on_board": "board",
    "send_to_robot": "sending",
    "mark": "marked",
    "marked": "marked",
    "Marked": "marked",
}
"""Where each public name comes from."""
IN_JAPANESE = {"ためす": "try_on_board", "おくる": "send_to_robot"}
FOR_PUPILS = ("kani_run", "try_on_board", "send_to_robot", *IN_JAPANESE)
"""What a notebook finds without importing it."""


def __getattr__(name: str) -> Any:
    name = IN_JAPANESE.get(name, name)
    if name not in PLACES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *PLACES, *IN_JAPANESE})


def _when_called(name: str) -> Any:
    def call(*arguments: Any, **keywords: Any) -> Any:
        return __getattr__(name)(*arguments, **keywords)

    call.__name__ = call.__qualname__ = name
    return call


def _cell(line: str, cell: str) -> None:
    """カニの プログラムを うごかします: %%kani なまえ --field コース --seed かず"""
    import_module(f"{__name__}.magic").run_cell(line, cell)


def load_ipython_extension(shell: Any) -> None:
    """Give a shell the magics ``%%kani`` and ``%%かに`` and the names for pupils. Again: nothing more happens."""
    for name in ("kani", "かに"):
        shell.register_magic_function(_cell, "cell", name)
    shell.push({name: _when_called(name) for name in FOR_PUPILS if name not in shell.user_ns}, interactive=False)


if "IPython" in sys.modules and (_shell := sys.modules["IPython"].get_ipython()) is not None:
    load_ipython_extension(_shell)
