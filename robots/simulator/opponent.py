"""The opponent's robot: it drives its path, takes what lies near, and reaches its goal. Nothing stops it."""

from __future__ import annotations

from math import sqrt

from robots.simulator.field import Opponent
from robots.simulator.shapes import Point, segments

TAKES_WITHIN = 0.2
"""Metres from its middle to a rare ball that it takes."""


class Rival:
    """Where the opponent is at any time."""

    def __init__(self, plan: Opponent) -> None:
        self.plan = plan
        self.x, self.y = plan.path[0]
        self._legs: list[tuple[float, float, Point, Point]] = []  # begins (s), lasts (s), from, to
        begins = plan.after
        for start, end in segments(plan.path, closed=False):
            dx, dy = end[0] - start[0], end[1] - start[1]
            lasts = sqrt(dx * dx + dy * dy) / plan.speed
            if lasts > 0:
                self._legs.append((begins, lasts, start, end))
                begins += lasts
        self.home_at = begins

    def go(self, seconds: float) -> bool:
        """Be where it is ``seconds`` after the match began. Whether it moves."""
        for begins, lasts, start, end in self._legs:
            if seconds < begins:
                return False
            if seconds < begins + lasts:
                share = (seconds - begins) / lasts
                self.x, self.y = start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
                return True
        self.x, self.y = self.plan.path[-1]
        return False
