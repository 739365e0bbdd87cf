"""One small house with real warm processes, looked after as the supervisor does."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "spawner"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from rooms_house import House, Visitor

from hub.room import check_machine
from kanikko.errors import MachineError


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    try:
        check_machine()
    except MachineError as error:
        pytest.skip(str(error))
    var = Path(tempfile.mkdtemp(prefix="kkwarm", dir="/tmp"))
    made = House(var)
    try:
        made.open()
        yield made
    finally:
        made.close()
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def pupil(house: House) -> Iterator[Visitor]:
    """A pupil with a running server, a fresh one for each test."""
    person = house.person(house.pupils.pop()).enter()
    yield person
    person.stop()
