"""Fixtures of the flashing station's tests: real MicroPython on virtual boards, the real station beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from rig import Beside, Table

from robots.flash import wire


@pytest.fixture(autouse=True)
def _no_wait_for_young_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Ctrl-C comes too early for a virtual board."""
    monkeypatch.setattr(wire, "START_SECONDS", 0)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    made = Table(tmp_path / "table")
    yield made
    made.close()


@pytest.fixture
def station(table: Table, tmp_path: Path) -> Iterator[Callable[..., Beside]]:
    """``station(programs=…)``: a station that watches the table; stopped at the end."""
    made: list[Beside] = []

    def start(**facts: object) -> Beside:
        made.append(Beside(table, tmp_path / "events" / "test.db", **facts))  # type: ignore[arg-type]
        return made[-1]

    yield start
    for one in made:
        one.close()
