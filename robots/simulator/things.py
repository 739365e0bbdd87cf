"""Things on the field: eggs, balls, pins. Where they are and who holds them."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

from robots.simulator.field import OTHER, Block
from robots.simulator.field import Thing as Described

TITLES = {"egg": "たまご", "ball": "ボール", "rare": "レアボール", "pin": "ピン", "other-ball": "あいての ボール"}

GRAMS = {"egg": 12.0, "ball": 5.0, "rare": 20.0, "pin": 0.0}


@dataclass
class Thing:
    """One thing. ``where``: on the floor, in the crab's arm, with the opponent, or out of the match.

    ``home``: it lies in the crab's home; ``domestic``: it did so from the start, so nobody brings it there.
    """

    described: Described
    x: float
    y: float
    where: Literal["floor", "arm", "opponent", "out"] = "floor"
    home: bool = False
    domestic: bool = False
    fallen: bool = False
    moved: bool = True

    @classmethod
    def of(cls, described: Described, arm: tuple[float, float]) -> Thing:
        """As it is when a match begins; ``arm``: where the crab's arm is."""
        if described.held:
            return cls(described, *arm, where="arm")
        return cls(described, described.x, described.y)

    @property
    def name(self) -> str:
        """Its name on this field."""
        return self.described.name

    @property
    def kind(self) -> str:
        """What rules call it; a ball of the opponent's half is none of ours."""
        return "other-ball" if self.described.kind == "ball" and self.name.startswith(OTHER) else self.described.kind

    @property
    def title(self) -> str:
        """What people call it."""
        return TITLES[self.kind]


def push_out(x: float, y: float, radius: float, from_x: float, from_y: float, from_radius: float) -> tuple[float, float] | None:
    """Where a circle goes when another one pushes it; None when they do not touch."""
    dx, dy = x - from_x, y - from_y
    near = radius + from_radius
    square = dx * dx + dy * dy
    if square >= near * near:
        return None
    distance = sqrt(square)
    if distance == 0.0:
        return from_x + near, from_y
    return from_x + dx * near / distance, from_y + dy * near / distance


def keep_out(x: float, y: float, radius: float, block: Block) -> tuple[float, float] | None:
    """Where a circle that ran into ``block`` comes to stand; None when it does not touch it."""
    near_x = min(max(x, block.x[0]), block.x[1])
    near_y = min(max(y, block.y[0]), block.y[1])
    if (near_x, near_y) != (x, y):
        return push_out(x, y, radius, near_x, near_y, 0.0)
    outs = ((x - block.x[0], 0), (block.x[1] - x, 1), (y - block.y[0], 2), (block.y[1] - y, 3))
    side = min(outs)[1]
    places = ((block.x[0] - radius, y), (block.x[1] + radius, y), (x, block.y[0] - radius), (x, block.y[1] + radius))
    return places[side]
