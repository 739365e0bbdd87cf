"""Minutes between two places, from their coordinates. An estimate that errs on the long side, for people who go on foot or by bus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import asin, ceil, cos, radians, sin, sqrt

EARTH_KM = 6371.0
DETOUR = 1.35
"""Streets beside the straight line; usual in towns: 1.2 to 1.4."""
WALK_KMH = 4.0
"""Somebody of seventy with a bag of robots."""
BUS_KMH = 16.0
"""A city bus with its stops."""
BUS_FIXED = 12
"""Minutes to the stop, waiting, from the stop."""
ARRIVE = 5
"""Minutes to pack up here and find the room there, whatever the distance."""
UNKNOWN = 45
"""Minutes where one of the two has no coordinates."""


@dataclass(frozen=True)
class Point:
    latitude: float
    longitude: float


def kilometres(one: Point, other: Point) -> float:
    """The straight line over the ground (haversine)."""
    half_latitude = radians(other.latitude - one.latitude) / 2
    half_longitude = radians(other.longitude - one.longitude) / 2
    across = cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(half_longitude) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(sin(half_latitude) ** 2 + across)))


def minutes(one: Point | None, other: Point | None) -> int:
    """On foot or by bus, whichever is quicker, rounded up; :data:`UNKNOWN` where a point is missing."""
    if one is None or other is None:
        return UNKNOWN
    way = kilometres(one, other) * DETOUR
    return ARRIVE + ceil(min(way / WALK_KMH * 60, way / BUS_KMH * 60 + BUS_FIXED))


@dataclass(frozen=True)
class Travel:
    """``table`` holds minutes by (from, to); a place to itself takes none, a pair that is missing :data:`UNKNOWN`."""

    table: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def between(self, one: str | None, other: str | None) -> int:
        if one is None or other is None:
            return UNKNOWN
        return 0 if one == other else self.table.get((one, other), UNKNOWN)


def travel(points: Mapping[str, Point | None]) -> Travel:
    """The table of all pairs of places (and homes, under ids of their own)."""
    return Travel({(a, b): minutes(one, other) for a, one in points.items() for b, other in points.items() if a != b})
