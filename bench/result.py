"""One line of the bench."""

from __future__ import annotations

from dataclasses import dataclass

UNITS = {
    "class_ready": "pupils",
    "class_start_s": "s",
    "server_start_s": "s",
    "pupil_memory_mb": "MB",
    "kernel_start_s": "s",
    "grade_per_s": "notebooks/s",
    "grade_command_per_s": "notebooks/s",
    "grade_outside_share": "of CPU time",
    "hand_in_median_s": "s",
    "hand_in_max_s": "s",
    "flash_30_s": "s",
    "crab_times_real_time": "times",
    "dispatch_cost": "points",
    "dispatch_s": "s",
}
"""Everything that is measured, in the order of the table."""


@dataclass(frozen=True)
class Reading:
    """What one side measured; ``value`` is None where it could not, and ``note`` says why or what else is to be known."""

    value: float | None
    note: str = ""


Readings = dict[str, Reading]
"""By name; a name that is missing was not asked for."""


@dataclass(frozen=True)
class Result:
    """``ratio`` is ours over stock in ``unit``; ``n`` is how many pupils (or boards) took part."""

    name: str
    ours: float | None
    stock: float | None
    ratio: float | None
    unit: str
    n: int
    note: str = ""


def compare(n: int, ours: Readings, stock: Readings) -> list[Result]:
    """The lines of one class size, in the order of `UNITS`."""
    found = []
    for name, unit in UNITS.items():
        if name not in ours and name not in stock:
            continue
        one, other = (side.get(name, Reading(None, "not measured")) for side in (ours, stock))
        ratio = one.value / other.value if one.value is not None and other.value else None
        notes = [f"{side}: {reading.note}" for side, reading in (("ours", one), ("stock", other)) if reading.note]
        found.append(Result(name, one.value, other.value, ratio, unit, n, "; ".join(notes)))
    return found
