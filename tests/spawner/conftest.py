"""One small house for all tests here: the real hub, proxy and rooms."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from rooms_house import House

from hub.room import check_machine
from kanikko.errors import MachineError


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    try:
        check_machine()
    except MachineError as error:
        pytest.skip(str(error))
    var = Path(tempfile.mkdtemp(prefix="kkroom", dir="/tmp"))
    made = House(var)
    try:
        made.open()
        yield made
    finally:
        made.close()
        if os.environ.get("KEEP") is None:
            shutil.rmtree(var, ignore_errors=True)
