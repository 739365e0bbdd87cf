"""One line of the bench."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """``ratio`` is ours over stock in ``unit``; ``n`` is how many things were measured."""

    name: str
    ours: float
    stock: float
    unit: str
    n: int
    ratio: float

    @classmethod
    def of(cls, name: str, ours: float, stock: float, unit: str, n: int) -> Result:
        return cls(name, ours, stock, unit, n, ours / stock)
