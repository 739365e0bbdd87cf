"""A pupil's server and an exchange for it, new for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kanikko.settings import Settings
from tests.page.house import Door, Exchange, Pupil, free_port, lesson_notebook, serving


@pytest.fixture
def exchange(var: Path) -> Iterator[Exchange]:
    """The exchange with one lesson released: a notebook and a data file."""
    made = Exchange(var / "exchange.sock", files={"kani.ipynb": lesson_notebook(), "data.csv": b"x,y\n1,2\n"})
    made.marks = {
        "score": 8.0,
        "max_score": 10.0,
        "cells": [
            {"grade_id": "check-variables", "notebook": "kani", "points": 4.0, "max_points": 4.0, "hint": None},
            {"grade_id": "check-loop", "notebook": "kani", "points": 4.0, "max_points": 6.0, "hint": "5かい あるいて いないよ"},
        ],
    }
    with serving(made):
        yield made


@pytest.fixture
def pupil(var: Path, exchange: Exchange) -> Iterator[Pupil]:
    made = Pupil(var / "home", var / "scratch", exchange, free_port())
    for folder in (made.home, made.scratch):
        folder.mkdir()
    made.start()
    yield made
    made.die()


@pytest.fixture
def door(var: Path) -> Iterator[Door]:
    """The proxy of a house in which nobody has opened anything yet."""
    settings = Settings(var=var / "v", port=free_port())
    settings.make_dirs()
    made = Door(settings)
    yield made
    if made.process:
        made.stop()
