"""The travel allowance (交通費): what one way there and back is worth. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Literal

from web.dispatch.travel import DETOUR, Point, kilometres

Basis = Literal["settled", "same_way", "told", "distance", "missing"]
"""settled: paid already; same_way: came there once for two sessions of a day; told: what staff entered for this mentor and place;
distance: from coordinates; missing: nobody knows."""


@dataclass(frozen=True)
class DistanceRule:
    """For a mentor whose fare to a place nobody entered: yen a kilometre, there and back by the streets, rounded up to tens.

    Below ``walk_km`` (one way) nothing is paid, as for staff's own ways; never more than ``most``.
    """

    yen_a_km: int = 37
    walk_km: float = 2.0
    most: int = 3000


RULE = DistanceRule()


@dataclass(frozen=True)
class Fare:
    """``yen`` None: missing. ``km``: one way, where the distance decided."""

    yen: int | None
    basis: Basis
    km: float | None = None


def fare(
    settled: int | None, told: int | None, home: Point | None, place: Point | None, *, same_way: bool = False, rule: DistanceRule = RULE
) -> Fare:
    """The first that holds, in this order: what was paid, nothing where the way is paid with an earlier session, what staff entered,
    the distance."""
    if settled is not None:
        return Fare(settled, "settled")
    if same_way:
        return Fare(0, "same_way")
    if told is not None:
        return Fare(told, "told")
    if home is None or place is None:
        return Fare(None, "missing")
    way = round(kilometres(home, place) * DETOUR, 1)
    if way < rule.walk_km:
        return Fare(0, "distance", way)
    return Fare(min(rule.most, ceil(2 * way * rule.yen_a_km / 10) * 10), "distance", way)


def total(fares: Iterable[Fare]) -> int:
    """The sum of what is known."""
    return sum(one.yen or 0 for one in fares)
