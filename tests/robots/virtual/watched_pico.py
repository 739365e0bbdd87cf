"""An emulated Pico whose motor pins are watched: ``rp2040py micropython --board-spec watched_pico.py:board``.

Each change of a watched pin is a line of the file in WATCHED_PINS: pin, level, nanoseconds since power.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from rp2040py.boards import BOARDS

PINS = (10, 11, 12, 13, 15)


class Watcher:
    def attach(self, rp2040: Any) -> None:
        file = Path(os.environ["WATCHED_PINS"]).open("w", buffering=1)  # noqa: SIM115 - as long as the process
        for pin in PINS:

            def changed(new: int, old: int, pin: int = pin) -> None:
                file.write(f"{pin} {int(new)} {int(rp2040.clock.nanos)}\n")

            rp2040.gpio[pin].add_listener(changed)


board = replace(BOARDS["pico"], extras=(*BOARDS["pico"].extras, Watcher))
