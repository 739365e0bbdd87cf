"""The geometry of the trend charts. Pure: numbers in, rectangles and lines out; the page draws them as SVG, the report in PDF.

A bar a fiscal year with its figure above it, and the target as a dashed line with its figure at the end: nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 260
TOP, BOTTOM, SIDE = 34, 34, 12
_ROUND = (4, 8, 12, 16, 20, 24, 32, 40)


@dataclass(frozen=True)
class Point:
    """One fiscal year; None where there is no figure or no target."""

    year: int
    actual: int | None
    target: int | None


@dataclass(frozen=True)
class Bar:
    """``x``, ``y`` of the upper left corner; ``middle`` for the words above and below."""

    year: int
    value: int | None
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True)
class Tick:
    """A year's target: a dashed line over the year's column."""

    value: int
    x1: float
    x2: float
    y: float


@dataclass(frozen=True)
class Chart:
    """In a box of ``width`` × ``height``; ``base`` is the y of zero. ``grid``: (y, value) of the thin lines."""

    bars: list[Bar]
    targets: list[Tick]
    grid: list[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    base: float = HEIGHT - BOTTOM


def chart(points: Sequence[Point]) -> Chart:
    """The chart of these years, in order. Without any figure the bars are empty and the grid ends at 1."""
    most = max([number for point in points for number in (point.actual, point.target) if number is not None], default=1)
    top = ceiling(most)
    inner, base = HEIGHT - TOP - BOTTOM, HEIGHT - BOTTOM
    column = (WIDTH - 2 * SIDE) / max(len(points), 1)
    width = min(column * 0.6, 64)

    def y(number: float) -> float:
        return base - inner * number / top

    bars, targets = [], []
    for at, point in enumerate(points):
        left = SIDE + column * at
        high = inner * (point.actual or 0) / top
        bars.append(Bar(point.year, point.actual, left + (column - width) / 2, base - high, width, high))
        if point.target is not None:
            targets.append(Tick(point.target, left + column * 0.08, left + column * 0.92, y(point.target)))
    grid = (
        [(y(top * step / 4), round(top * step / 4)) for step in range(5)]
        if top >= 4
        else [(y(number), number) for number in range(top + 1)]
    )
    return Chart(bars, targets, grid)


def ceiling(most: int) -> int:
    """A round number at or above ``most`` whose quarters are whole; below 4 the number itself, at least 1."""
    if most <= 4:
        return max(most, 1)
    power = 1
    while most > power * _ROUND[-1]:
        power *= 10
    return next(number * power for number in _ROUND if number * power >= most)
