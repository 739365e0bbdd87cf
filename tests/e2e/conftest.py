"""The real house for the end-to-end tests: opened once for a file of tests."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Test folders are no packages; the helper beside us is loaded by its path.
_spec = importlib.util.spec_from_file_location("e2e_house", Path(__file__).with_name("house.py"))
assert _spec and _spec.loader
house_module = importlib.util.module_from_spec(_spec)
sys.modules["e2e_house"] = house_module
_spec.loader.exec_module(house_module)


@pytest.fixture(scope="module")
def house() -> Iterator[object]:
    var = Path("/tmp") / f"kk{os.urandom(5).hex()}"
    var.mkdir(mode=0o700)
    opened = house_module.House.open(var)
    try:
        yield opened
    finally:
        opened.close()
        shutil.rmtree(var, ignore_errors=True)
