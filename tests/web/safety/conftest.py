"""One site for all, looked through once; each file has a copy, for some of its tests change it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kanikko.settings import Settings
from tests.web.conftest import TODAY
from tests.web.safety import world as worlds
from tests.web.safety.world import World
from web import clock


@pytest.fixture(scope="session")
def first_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    clock.travel_to(TODAY)
    made = worlds.build(Settings(var=tmp_path_factory.mktemp("world") / "var", site_port=0))
    made.db.close()
    clock.travel_to(None)
    return made


@pytest.fixture(scope="module")
def world(first_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from _copy(first_world, tmp_path_factory.mktemp("copy"), csrf=False)


@pytest.fixture(scope="module")
def strict_world(first_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """As ``world``, with forms that need their token."""
    yield from _copy(first_world, tmp_path_factory.mktemp("strict"), csrf=True)


def _copy(first: World, folder: Path, *, csrf: bool) -> Iterator[World]:
    clock.travel_to(TODAY)
    made = worlds.copy(first, Settings(var=folder / "var", site_port=0), csrf=csrf)
    yield made
    made.db.close()
    clock.travel_to(None)
