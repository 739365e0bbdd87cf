"""Fields: what lies on the floor, as data (``fields/*.toml``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic import Field as Facts

from kanikko.errors import KanikkoError
from robots.shelf import Shelf
from robots.simulator.floor import Floor, Paint
from robots.simulator.shapes import Point, mirrored

FOLDER = Path(__file__).resolve().parent / "fields"

Colour = Annotated[str, StringConstraints(pattern="^#([0-9a-f]{3}|[0-9a-f]{6})$")]
Name = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9-]{0,39}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Shade = Annotated[float, Facts(ge=0, le=1)]

OTHER = "other-"
"""Begins the names of areas and things on the opponent's half."""


class FieldError(KanikkoError):
    """A field is not there or does not make sense."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Line(_Part):
    """A painted line through ``points``; ``width`` in metres, ``shade`` 0 white … 1 black."""

    points: tuple[Point, ...] = Facts(min_length=2, max_length=500)
    width: float = Facts(gt=0, le=1)
    shade: Shade
    colour: Colour
    closed: bool = False


class Area(_Part):
    """A named place: a polygon. With ``shade`` it is painted so, else it is only a place."""

    name: Name
    title: Title
    points: tuple[Point, ...] = Facts(min_length=3, max_length=100)
    colour: Colour
    shade: Shade | None = None


class Start(_Part):
    """Where the crab starts. ``heading`` in degrees: 0 to the right, 90 up."""

    x: float
    y: float
    heading: float = 90


class Thing(_Part):
    """What lies on the field. ``held``: in the crab's arm from the start (``x`` and ``y`` then say nothing)."""

    kind: Literal["egg", "ball", "rare", "pin"]
    name: Name
    x: float = 0
    y: float = 0
    held: bool = False
    radius: float = Facts(0.02, gt=0, le=0.1)


class Block(_Part):
    """Something that does not give way: a box from one corner to the other."""

    title: Title
    x: tuple[float, float]
    y: tuple[float, float]


class Opponent(_Part):
    """The other robot: drives along ``path`` at ``speed`` (m/s) from ``after`` seconds on; its path's end is its goal.

    On a mirrored field the path is written as if on our half.
    """

    path: tuple[Point, ...] = Facts(min_length=2, max_length=100)
    speed: float = Facts(0.15, gt=0, le=1)
    after: float = Facts(1.0, ge=0)
    takes: tuple[Name, ...] = ()


class Field(_Part):
    """One field. ``size``: width and height in metres; the corner below on the left is (0, 0).

    ``mirrored``: what the file says is the left half, and the right half is its mirror image. ``goal_after``: coming home counts as the
    goal once this area was reached.
    """

    name: Name
    title: Title
    about: str = ""
    size: tuple[Annotated[float, Facts(gt=0.2, le=20)], Annotated[float, Facts(gt=0.2, le=20)]]
    paper: Colour
    paper_shade: Shade
    start: Start
    lines: tuple[Line, ...] = Facts((), max_length=100)
    areas: tuple[Area, ...] = Facts((), max_length=50)
    things: tuple[Thing, ...] = Facts((), max_length=30)
    blocks: tuple[Block, ...] = Facts((), max_length=30)
    opponent: Opponent | None = None
    mirrored: bool = False
    goal_after: Name | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        width, height = self.size
        if not (0 < self.start.x < width and 0 < self.start.y < height):
            raise ValueError("the start is off the field")
        for what, names in (("area", [area.name for area in self.areas]), ("thing", [thing.name for thing in self.things])):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"two of the {what}s are called {twice[0]}")
        for thing in self.things:
            if not thing.held and not (0 <= thing.x <= width and 0 <= thing.y <= height):
                raise ValueError(f"{thing.name} is off the field")
        if self.goal_after is not None and all(area.name != self.goal_after for area in self.areas):
            raise ValueError(f"goal_after: there is no area {self.goal_after}")
        rare = {thing.name for thing in self.things if thing.kind == "rare"}
        if self.opponent is not None and not rare.issuperset(self.opponent.takes):
            raise ValueError("opponent: takes names a rare ball that is not there")
        return self

    def whole(self) -> Field:
        """The field with both halves."""
        if not self.mirrored:
            return self
        width = self.size[0]
        lines = [line.model_copy(update={"points": mirrored(line.points, width)}) for line in self.lines]
        areas = [
            area.model_copy(update={"name": OTHER + area.name, "title": f"あいての {area.title}", "points": mirrored(area.points, width)})
            for area in self.areas
        ]
        things = [
            thing.model_copy(update={"name": OTHER + thing.name, "x": round(width - thing.x, 6)})
            for thing in self.things
            if thing.kind in ("ball", "pin")  # rare balls belong to nobody; the opponent's egg is its own affair
        ]
        opponent = self.opponent and self.opponent.model_copy(update={"path": mirrored(self.opponent.path, width)})
        added = {"lines": self.lines + tuple(lines), "areas": self.areas + tuple(areas), "things": self.things + tuple(things)}
        return self.model_copy(update={**added, "opponent": opponent, "mirrored": False})

    def area(self, name: str) -> Area | None:
        """The area called ``name``."""
        return next((area for area in self.areas if area.name == name), None)

    def shade(self, x: float, y: float) -> float:
        """What an eye sees at ``(x, y)``: 0 white … 1 black, averaged over its spot."""
        return self.floor.shade(x, y)

    @cached_property
    def floor(self) -> Floor:
        """The painted floor, ready to be looked at often."""
        painted = [Paint(area.points, None, area.shade) for area in self.areas if area.shade is not None]
        painted += [Paint(line.points + line.points[: int(line.closed)], line.width, line.shade) for line in self.lines]
        return Floor(self.size, self.paper_shade, painted)


_SHELF = Shelf(FOLDER, Field, FieldError, "field")
fields = _SHELF.names


def field_from(facts: Mapping[str, object], name: str = "field") -> Field:
    """A whole field from what a file says. Raises FieldError, with the place and what is wrong there."""
    return _SHELF.read(facts, name).whole()


def load_field(place: str | Path) -> Field:
    """A field by its name (``kanazawa``) or file (``….toml``). Raises FieldError."""
    return _SHELF.load(place).whole()
