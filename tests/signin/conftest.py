"""Fixtures of the sign-in room: a small city, a running hub, tablets."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from signin_house import House, Tablet, free_port, running_house, small_city

from kanikko.settings import Settings


class Clock:
    """A clock that only tests move."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """One hub for a module's tests; each test uses pupils of its own."""
    folder = Path("/tmp") / f"kk{os.urandom(5).hex()}"
    settings = small_city(Settings(var=folder, port=free_port()))
    with running_house(settings) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def tablet(house: House) -> Iterator[Callable[..., Tablet]]:
    """Makes tablets, each with its own cookies."""
    made: list[Tablet] = []

    def make(address: str = "") -> Tablet:
        made.append(Tablet(house, address))
        return made[-1]

    yield make
    for each in made:
        each.client.close()
