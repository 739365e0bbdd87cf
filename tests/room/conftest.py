"""Fixtures of the rooms' tests. They run as an ordinary user, and are skipped only where the machine forbids rooms."""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.room import check_machine
from kanikko.errors import MachineError

sys.path.insert(0, str(Path(__file__).resolve().parent))

from room_place import Ended, Place


@pytest.fixture(scope="session", autouse=True)
def _machine_can_hold_rooms() -> None:
    try:
        check_machine()
    except MachineError as error:
        pytest.skip(str(error))


@pytest.fixture
def place() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="kkroom", dir="/tmp"))
    made = Place(folder)
    yield made
    for room in made.rooms:
        room.kill()
        room.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def probe(place: Place) -> Callable[..., Ended]:
    return place.run


@pytest.fixture
def knock(place: Place) -> Iterator[tuple[socket.socket, Path]]:
    """A Unix listener of the host, and its path."""
    path = place.folder / "listener.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield listener, path
