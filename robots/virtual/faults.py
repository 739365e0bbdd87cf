"""What may go wrong with a board: chosen by a test, or by whoever practises for the event."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Faults:
    """Nothing goes wrong unless said. Counts begin when the faults are set; each happens once, but for the lasting ones.

    Lasting: ``bytes_per_second`` (each way), ``silent`` (a port that never answers), ``full_disk`` (not one block is free; the files that
    fill it, ``full.log…``, go with the fault; a running board starts anew for both), ``restart_every`` (seconds). Once:
    ``unplug_after_bytes`` and ``corrupt_after_bytes`` (from the computer to the board), ``unplug_after_commands`` (pieces of code sent by
    mpremote), ``corrupt_after_writes`` and ``power_lost_after_writes`` (writes into flash; the block under way stays half written, and the
    board is gone until it is plugged in).
    """

    bytes_per_second: int | None = None
    silent: bool = False
    full_disk: bool = False
    restart_every: float | None = None
    unplug_after_bytes: int | None = None
    unplug_after_commands: int | None = None
    corrupt_after_bytes: int | None = None
    corrupt_after_writes: int | None = None
    power_lost_after_writes: int | None = None


NO_FAULTS = Faults()
