"""Circles and boxes that push each other."""

from __future__ import annotations

import pytest

from robots.simulator.field import Block
from robots.simulator.things import keep_out, push_out

BOX = Block(title="box", x=(1.0, 3.0), y=(1.0, 2.0))


def test_circles_push_along_the_line_between_them() -> None:
    assert push_out(1.0, 0.0, 0.5, 0.0, 0.0, 0.4) is None
    assert push_out(0.6, 0.0, 0.5, 0.0, 0.0, 0.5) == pytest.approx((1.0, 0.0))
    assert push_out(0.3, 0.4, 0.5, 0.0, 0.0, 0.5) == pytest.approx((0.6, 0.8))
    assert push_out(2.0, 2.0, 0.5, 2.0, 2.0, 0.5) == (3.0, 2.0)  # no line between them: to the right


@pytest.mark.parametrize(
    ("place", "out"),
    [
        ((0.5, 1.5), None),
        ((0.9, 1.5), (0.8, 1.5)),  # at a side
        ((3.1, 1.5), (3.2, 1.5)),
        ((2.0, 2.1), (2.0, 2.2)),
        ((2.0, 0.9), (2.0, 0.8)),
        ((0.94, 0.92), (0.88, 0.84)),  # at a corner
        ((1.1, 1.5), (0.8, 1.5)),  # inside: out by the nearest side
        ((2.9, 1.5), (3.2, 1.5)),
        ((2.0, 1.1), (2.0, 0.8)),
        ((2.0, 1.9), (2.0, 2.2)),
        ((1.0, 1.5), (0.8, 1.5)),  # right on the edge
    ],
)
def test_a_box_keeps_a_circle_out(place: tuple[float, float], out: tuple[float, float] | None) -> None:
    found = keep_out(*place, 0.2, BOX)
    assert found is None if out is None else found == pytest.approx(out)
