"""Fixtures around a real exchange; the house itself is in exchange_house.py."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode knows no sibling modules

from exchange_house import COURSE, TEACHER, House, Worker, notebook


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    var = Path(tempfile.mkdtemp(prefix="kk", dir="/tmp"))
    house = House(var)
    try:
        house.start_hub()
        house.start_exchange()
        yield house
    finally:
        house.close()
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def var() -> Iterator[Path]:
    var = Path(tempfile.mkdtemp(prefix="kk", dir="/tmp"))
    yield var
    shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def released(house: House, request: pytest.FixtureRequest) -> str:
    """The id of a lesson of this test's own, released to the class."""
    lesson = request.node.name.replace("test_", "")[:50].replace("[", "-").replace("]", "").strip()
    house.client(TEACHER).put_release(COURSE, lesson, {"kani.ipynb": notebook("# ここに かいてね")}, title="カニを うごかそう")
    return lesson


@pytest.fixture
def worker(house: House) -> Iterator[Worker]:
    worker = Worker(house.settings)
    yield worker
    worker.stop()
