"""Fixtures of the rooms' tests. They run as an ordinary user, and are skipped only where the machine forbids rooms."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
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


WARM = """
import sys
from pathlib import Path
from hub.warm.cli import begin
begin("plain", Path(sys.argv[1], "plain.sock"), Path(sys.argv[1]))
"""


@pytest.fixture(scope="session")
def warm_process() -> Iterator[Path]:
    """A warm process of the plainest kind, looked after as the supervisor does; where it listens."""
    folder = Path(tempfile.mkdtemp(prefix="kkwarm", dir="/tmp"))
    again = ["/bin/sh", "-c", 'while :; do "$@"; done', "again", sys.executable, "-c", WARM, str(folder)]
    with subprocess.Popen(again, start_new_session=True) as supervisor:
        while not (folder / "plain.sock").exists():
            time.sleep(0.01)
        yield folder / "plain.sock"
        os.killpg(supervisor.pid, signal.SIGTERM)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["cold", "warm", "booth"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Everything that is said of rooms holds for every way to start one."""
    folder = Path(tempfile.mkdtemp(prefix="kkroom", dir="/tmp"))
    made = Place(folder, request.getfixturevalue("warm_process") if request.param != "cold" else None, booth=request.param == "booth")
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
