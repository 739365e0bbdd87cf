"""One house with a culler for all tests here."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "spawner"))

from culled_house import CulledHouse

from hub.room import check_machine
from kanikko.errors import MachineError


@pytest.fixture(scope="module")
def culled_house() -> Iterator[CulledHouse]:
    try:
        check_machine()
    except MachineError as error:
        pytest.skip(str(error))
    var = Path("/tmp") / f"kkcull{os.urandom(4).hex()}"
    var.mkdir(mode=0o700)
    made = CulledHouse(var)
    try:
        made.open()
        yield made
    finally:
        made.close()
        shutil.rmtree(var, ignore_errors=True)
