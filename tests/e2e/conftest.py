"""The real house for the end-to-end tests: opened once for a file of tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.house import House


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    var = Path("/tmp") / f"kk{os.urandom(5).hex()}"
    var.mkdir(mode=0o700)
    opened = House.open(var)
    try:
        yield opened
    finally:
        opened.close()
        shutil.rmtree(var, ignore_errors=True)
