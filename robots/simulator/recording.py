"""A run as a replay needs it: what was where at each step, and what happened (``docs/robots.md``). No pupil's name is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from robots.simulator.crab import ARM, EYES, LENGTH, WIDTH
from robots.simulator.events import Event
from robots.simulator.field import Field
from robots.simulator.rules import Score
from robots.simulator.world import COARSE_US, World

MIME = "application/vnd.kanikko.crab+json"
STEP = COARSE_US / 1000000.0
LISTS = ("x", "y", "heading", "left", "right", "arm", "left_eye", "right_eye", "volts")
BLACK = 4095

Number = int | float


@dataclass(frozen=True)
class Track:
    """A thing over time: one value each step, or a single one if it never changed."""

    kind: str
    name: str
    x: tuple[Number, ...]
    y: tuple[Number, ...]
    held: tuple[int, ...]

    def as_json(self) -> dict[str, object]:
        """As in a recording."""
        return {"kind": self.kind, "name": self.name, "x": list(self.x), "y": list(self.y), "held": list(self.held)}


@dataclass(frozen=True)
class Recording:
    """``frames``: the lists of :data:`LISTS`, each with one value a :data:`STEP` from time 0 on. Metres, seconds, radians."""

    field: Field
    frames: Mapping[str, tuple[Number, ...]]
    things: tuple[Track, ...]
    events: tuple[Event, ...]
    ended: str
    seconds: float
    score: Score

    def as_json(self) -> dict[str, Any]:
        """Plain values, ready for ``json.dumps``; a few hundred kB for three minutes."""
        return {
            "version": 1,
            "field": _field_json(self.field),
            "crab": {"length": LENGTH, "width": WIDTH, "eyes": [list(eye) for eye in EYES], "arm": list(ARM)},
            "step": STEP,
            "frames": {name: list(self.frames[name]) for name in LISTS},
            "things": [thing.as_json() for thing in self.things],
            "events": [_event_json(event) for event in self.events],
            "ended": self.ended,
            "seconds": self.seconds,
            "score": self.score.as_json(),
        }

    def dumps(self) -> str:
        """The JSON without a space too many."""
        return json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _field_json(field: Field) -> dict[str, object]:
    lines = [
        {
            "points": [list(point) for point in line.points + line.points[: int(line.closed)]],
            "width": line.width,
            "colour": line.colour,
        }
        for line in field.lines
    ]
    areas = [
        {"name": area.name, "title": area.title, "points": [list(point) for point in area.points], "colour": area.colour}
        for area in field.areas
    ]
    blocks = [{"title": block.title, "x": list(block.x), "y": list(block.y)} for block in field.blocks]
    return {
        "name": field.name,
        "title": field.title,
        "size": list(field.size),
        "paper": field.paper,
        "lines": lines,
        "areas": areas,
        "blocks": blocks,
    }


def _event_json(event: Event) -> dict[str, object]:
    made: dict[str, object] = {"t": round(event.t, 3), "kind": event.kind, "text": event.text, "points": event.points}
    for key, value in (("area", event.area), ("thing", event.thing), ("name", event.name)):
        if value:
            made[key] = value
    return made


@dataclass
class _Open:
    """A thing's track while it is being written."""

    kind: str
    name: str
    x: list[Number] = field(default_factory=list)
    y: list[Number] = field(default_factory=list)
    held: list[int] = field(default_factory=list)

    def add(self, x: float, y: float, held: int) -> None:
        self.x.append(_short(x, 3))
        self.y.append(_short(y, 3))
        self.held.append(held)

    def closed(self, steps: int) -> Track:
        kept = self.x[:steps], self.y[:steps], self.held[:steps]
        if all(len(set(values)) <= 1 for values in kept):
            return Track(self.kind, self.name, tuple(self.x[:1]), tuple(self.y[:1]), tuple(self.held[:1]))
        return Track(self.kind, self.name, tuple(kept[0]), tuple(kept[1]), tuple(kept[2]))


def _short(value: float, digits: int) -> Number:
    """Rounded; an int where nothing is behind the point."""
    value = round(value, digits)
    return int(value) if value == int(value) else value


class Recorder:
    """Writes down a world at each of its coarse steps."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._frames: dict[str, list[Number]] = {name: [] for name in LISTS}
        self._things = [_Open(thing.described.kind, thing.name) for thing in world.things]
        self._rival = _Open("opponent", "opponent") if world.rival else None
        world.sampled = self.sample
        self.sample()

    def sample(self) -> None:
        """The world as it is now."""
        world, crab, frames = self._world, self._world.crab, self._frames
        frames["x"].append(_short(crab.x, 3))
        frames["y"].append(_short(crab.y, 3))
        frames["heading"].append(_short(crab.heading, 2))
        frames["left"].append(int(crab.power[0] * 100))
        frames["right"].append(int(crab.power[1] * 100))
        frames["arm"].append(int(crab.arm))
        for name, eye in zip(("left_eye", "right_eye"), EYES, strict=True):
            frames[name].append(int(world.field.shade(*crab.place(eye)) * BLACK))
        frames["volts"].append(_short(crab.volts, 2))
        for thing, track in zip(world.things, self._things, strict=True):
            if thing.where == "out":
                track.add(-1, -1, 0)
            else:
                track.add(thing.x, thing.y, int(thing.where != "floor"))
        if self._rival is not None and world.rival is not None:
            self._rival.add(world.rival.x, world.rival.y, 0)

    def finish(self, ended: str) -> Recording:
        """All of it. A step that was not written to its end (the run was broken off in it) is left out."""
        world = self._world
        tracks = self._things + ([self._rival] if self._rival else [])
        steps = min([len(values) for values in self._frames.values()] + [len(track.held) for track in tracks])
        return Recording(
            field=world.field,
            frames={name: tuple(values[:steps]) for name, values in self._frames.items()},
            things=tuple(track.closed(steps) for track in tracks),
            events=tuple(world.events),
            ended=ended,
            seconds=round(world.us / 1000000.0, 3),
            score=world.score,
        )
