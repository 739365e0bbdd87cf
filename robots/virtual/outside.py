"""What the world does to a virtual board, in a file that the board looks at whenever it reads a pin or writes into flash."""

from __future__ import annotations

import json
import os
from pathlib import Path

from robots.virtual.faults import Faults

SIZE = 4096  # one write of one page: a reader sees the old or the new


class Outside:
    """Levels of pins, readings of analog pins (0…65535), and what goes wrong with flash."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._facts: dict[str, object] = {"armed": 0, "cut": None, "flip": None}
        self.pins: dict[str, int] = {}
        self.analog: dict[str, int] = {}
        self._armed = 0
        self.write()

    def arm(self, faults: Faults) -> None:
        """Counting of writes begins anew."""
        self._armed += 1
        self._facts = {"armed": self._armed, "cut": faults.power_lost_after_writes, "flip": faults.corrupt_after_writes}
        self.write()

    def write(self) -> None:
        line = json.dumps({**self._facts, "pins": self.pins, "adc": self.analog}).encode().ljust(SIZE)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.pwrite(descriptor, line, 0)
        finally:
            os.close(descriptor)
