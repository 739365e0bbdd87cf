"""What the tests of virtual boards share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from robots.virtual import VirtualBoard


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Callable[..., VirtualBoard]]:
    """Makes boards that are gone after the test."""
    made: list[VirtualBoard] = []

    def one(name: str = "board", **more: Any) -> VirtualBoard:
        made.append(VirtualBoard(tmp_path / name, **more))
        return made[-1]

    yield one
    for board in made:
        board.close()


@pytest.fixture
def started() -> Callable[[], list[psutil.Process]]:
    """The processes that this test has started and that still run; others belong to tests that share this process."""
    before = {process.pid for process in psutil.Process().children()}
    return lambda: [process for process in psutil.Process().children() if process.pid not in before]


@pytest.fixture
def board(plug: Callable[..., VirtualBoard]) -> VirtualBoard:
    return plug()
