"""One world a file: its tests look at a whole site, and some of them change it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kanikko.settings import Settings
from tests.web.conftest import TODAY
from tests.web.safety.world import World, build
from web import clock


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    clock.travel_to(TODAY)
    made = build(_settings(tmp_path_factory.mktemp("world")))
    yield made
    made.db.close()
    clock.travel_to(None)


@pytest.fixture(scope="module")
def strict_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """As ``world``, with forms that need their token."""
    clock.travel_to(TODAY)
    made = build(_settings(tmp_path_factory.mktemp("strict")), csrf=True)
    yield made
    made.db.close()
    clock.travel_to(None)


def _settings(folder: Path) -> Settings:
    return Settings(var=folder / "var", site_port=0)
