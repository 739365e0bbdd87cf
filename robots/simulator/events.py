"""What happens in a run, in order: the one thing that rules look at and that a replay tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EventKind = Literal[
    "start",  # the run begins
    "walking",  # this robot walks (told at the start)
    "entered",  # the crab came into an area
    "left",  # it went out of an area
    "goal",  # it came home after it had been where it was to go
    "picked",  # the arm closed over a thing
    "placed",  # the arm let a thing go, in an area or (area "") anywhere
    "brought",  # a thing came into the crab's home
    "carried-off",  # a thing left the crab's home again
    "taken",  # the opponent took a thing
    "opponent-goal",  # the opponent came home
    "bumped",  # the crab ran into something that does not give way
    "pin",  # a pin fell
    "lost",  # a thing is out of the match
    "retry",  # a child called retry
    "finish",  # a child called finish
    "pressed",  # the button was pressed
    "beep",
    "light",
    "stopped",  # the run is over
]


@dataclass(frozen=True)
class Event:
    """At ``t`` seconds, ``kind``; with the area's name, the thing's kind and name. ``text``: the same for people.

    Where areas overlap, ``area`` is the one drawn last and ``around`` names the others.
    """

    t: float
    kind: EventKind
    text: str = ""
    area: str = ""
    thing: str = ""
    name: str = ""
    points: int = 0
    around: tuple[str, ...] = ()
