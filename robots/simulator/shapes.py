"""Plane geometry of a field: distances, insides, mirror images. Metres; pure functions over points ``(x, y)``."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

Point = tuple[float, float]


def distance_to_segment(x: float, y: float, start: Point, end: Point) -> float:
    """From ``(x, y)`` to the nearest point of the segment."""
    ax, ay = start
    dx, dy = end[0] - ax, end[1] - ay
    square = dx * dx + dy * dy
    along = ((x - ax) * dx + (y - ay) * dy) / square if square else 0.0
    along = 0.0 if along < 0.0 else 1.0 if along > 1.0 else along
    dx, dy = x - ax - along * dx, y - ay - along * dy
    return sqrt(dx * dx + dy * dy)


def is_inside(x: float, y: float, corners: Sequence[Point]) -> bool:
    """Whether ``(x, y)`` lies in the polygon."""
    inside = False
    before_x, before_y = corners[-1]
    for corner_x, corner_y in corners:
        if (corner_y > y) != (before_y > y) and x < (before_x - corner_x) * (y - corner_y) / (before_y - corner_y) + corner_x:
            inside = not inside
        before_x, before_y = corner_x, corner_y
    return inside


def segments(points: Sequence[Point], *, closed: bool) -> tuple[tuple[Point, Point], ...]:
    """The pieces of a line through ``points``; ``closed``: back to the first."""
    ends = [*points[1:], points[0]] if closed else points[1:]
    return tuple(zip(points, ends, strict=False))


def mirrored(points: Sequence[Point], width: float) -> tuple[Point, ...]:
    """The same on the other half of a field of ``width``."""
    return tuple((round(width - x, 6), y) for x, y in points)
