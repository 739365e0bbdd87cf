"""Cells are parsed in several threads at once."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator

import pytest

from grading.marks.syntax import parse

CELL = "\n".join(f"def f{n}(a, b):\n    return [x * {n} for x in (a, b, {{'k': (1, 2, [3, 4])}})]" for n in range(200))


class Litter:
    """Garbage whose collection lets another thread run in the middle of a parse."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        time.sleep(0.0001)


@pytest.fixture
def busy_collector() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(50)
    yield
    gc.set_threshold(*before)


def test_threads_that_parse_at_the_same_time_do_not_disturb_each_other(busy_collector: None) -> None:
    troubles: list[BaseException] = []
    until = time.monotonic() + 3

    def at_depth(depth: int) -> None:
        if depth:
            at_depth(depth - 1)
            return
        while time.monotonic() < until:
            Litter()
            try:
                assert parse(CELL) is not None
            except BaseException as trouble:
                troubles.append(trouble)

    threads = [threading.Thread(target=at_depth, args=(depth,)) for depth in (1, 10, 30, 60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []


@pytest.mark.parametrize("source", ["for", "(" * 10_000, "\0", "-" * 200_000 + "1", "%matplotlib inline"])
def test_what_is_no_python_has_no_tree(source: str) -> None:
    assert parse(source) is None
