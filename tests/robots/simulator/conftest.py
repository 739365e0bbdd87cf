"""What the simulator's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from robots.board import Profile, load_profile
from robots.simulator.field import Field, load_field
from robots.simulator.rules import load_rules
from robots.simulator.run import Run, simulate
from robots.simulator.setup import Setup

Make = Callable[..., Setup]
Go = Callable[..., Run]


@pytest.fixture(scope="session")
def pico() -> Profile:
    return load_profile("pico")


@pytest.fixture(scope="session")
def make(pico: Profile) -> Make:
    """A setup; ``field`` and ``rules`` may be names."""

    def made(field: str | Field = "empty", **more: Any) -> Setup:
        if isinstance(more.get("rules"), str):
            more["rules"] = load_rules(more["rules"])
        if isinstance(more.get("profile"), str):
            more["profile"] = load_profile(more["profile"])
        return Setup(load_field(field) if isinstance(field, str) else field, more.pop("profile", pico), **more)

    return made


@pytest.fixture(scope="session")
def go(make: Make) -> Go:
    """Run a program; the words of kani are imported already."""

    def gone(source: str, field: str | Field = "empty", *, wall: float = 20, bare: bool = False, **more: Any) -> Run:
        return simulate(source if bare else f"from kani import *\n{source}", make(field, **more), wall_seconds=wall)

    return gone


@pytest.fixture
def kinds() -> Iterator[Callable[[Run], list[str]]]:
    """The kinds of a run's events, without its beginning and its end."""
    yield lambda run: [event.kind for event in run.recording.events if event.kind not in ("start", "stopped")]
