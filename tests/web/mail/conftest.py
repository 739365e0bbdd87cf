from __future__ import annotations

import time
from collections.abc import Callable

import pytest


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait until something is so; fail after half a minute."""

    def wait(so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not so():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.02)

    return wait
